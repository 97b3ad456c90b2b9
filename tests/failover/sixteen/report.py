"""The scores as a table, beside those that FailoverBench has published."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from failover.sixteen.playing import Score

__all__ = ["PAGE", "PUBLISHED", "block_of_page", "counts", "markdown", "write_page"]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
VERDICTS = ("pass", "partial", "safe", "fail")

# Its scorecard of 12 September 2026, profile "full": pass, partial, safe, fail.
PUBLISHED = {
    "its reference client": (16, 0, 0, 0),
    "DeepSeek Harness with dsh-llm-fallbacks": (12, 3, 1, 0),
    "Portkey Gateway": (11, 2, 0, 3),
    "Bifrost 2.1.1": (9, 3, 3, 1),
    "LangChain, `with_fallbacks`": (9, 3, 4, 0),
    "LiteLLM Router": (9, 3, 4, 0),
    "openai-python": (6, 0, 10, 0),
}
_BLOCK = re.compile(r"(<!-- failover -->\n)(.*?)(<!-- /failover -->)", re.DOTALL)


def counts(scores: Iterable[Score]) -> tuple[int, ...]:
    """Return how many scenarios have each verdict."""
    found = Counter(score.verdict for score in scores)
    return tuple(found[verdict] for verdict in VERDICTS)


def markdown(own: dict[str, tuple[int, ...]]) -> str:
    """Return the table of our rows and the published ones."""
    lines = ["| client | pass | partial | safe | fail | measured by |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    rows = [(f"**{name}**", row, "our bed") for name, row in own.items()]
    rows += [(name, row, "FailoverBench, published 2026-09-12") for name, row in PUBLISHED.items()]
    lines += [f"| {name} | {' | '.join(map(str, row))} | {source} |" for name, row, source in rows]
    return "\n".join(lines) + "\n"


def block_of_page() -> str:
    """Return the table in the page."""
    match = _BLOCK.search(PAGE.read_text("utf-8"))
    assert match is not None
    return match[2]


def write_page(table: str) -> None:
    """Replace the table in the page."""
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_BLOCK.sub(lambda match: match[1] + table + match[3], page), "utf-8")
