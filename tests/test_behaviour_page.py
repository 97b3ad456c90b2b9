"""The references to docs/gateway-behaviour.md, which lead to headings that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = re.compile(r"gateway-behaviour\.md(#[a-z0-9-]+(?:,\s+#[a-z0-9-]+)*)")


def anchors() -> set[str]:
    """Return the anchors of the page, as a Markdown renderer makes them from its headings."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "gateway-behaviour.md").read_text("utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_anchor_exists() -> None:
    """Every docstring, comment and page refers to a section of the gateway's behaviour that exists."""
    known, missing, count = anchors(), [], 0
    for folder, pattern in (("src", "*.py"), ("tests", "*.py"), ("scripts", "*.toml"), ("docs", "*.md")):
        for path in sorted((ROOT / folder).rglob(pattern)):
            for match in REFERENCE.finditer(path.read_text("utf-8")):
                for anchor in re.findall(r"#[a-z0-9-]+", match[1]):
                    count += 1
                    if anchor not in known:
                        missing.append(f"{path.relative_to(ROOT)}: {anchor}")
    assert not missing, "\n".join(missing)
    assert count > 150
