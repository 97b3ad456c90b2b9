"""The sources of the documentation site, and the check of a built one. `poe docs` builds the real site."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.chromium import Browser, find_chromium

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "inference_gateway_sdk"
sys.path.insert(0, str(ROOT / "scripts"))

import docs_check  # noqa: E402
import docs_site  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = ("", "errors", "types", *docs_site.modules())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sources of the site, in a folder of their own."""
    usual, docs_site.PAGES = docs_site.PAGES, tmp_path_factory.mktemp("site") / "docs"
    try:
        docs_site.write_pages()
        yield docs_site.PAGES
    finally:
        docs_site.PAGES = usual


def entries(nav: Any) -> Iterator[str]:
    """Yield each page of the navigation."""
    for item in nav if isinstance(nav, list) else nav.values():
        if isinstance(item, str):
            yield item
        else:
            yield from entries(item)


def test_every_public_name_is_in_the_reference(pages: Path) -> None:
    """Each name of each public module has a place of its own, under its module or under the root."""
    written = "".join(path.read_text("utf-8") for path in (pages / "reference").glob("*.md"))
    shown = set(re.findall(r"^::: inference_gateway_sdk\.(?:.+\.)?(\w+)$", written, re.MULTILINE))
    for module in MODULES:
        assert set(docs_site.names(module)) <= shown, module


def test_a_new_package_gets_a_page() -> None:
    """A public package without a title in the script is found."""
    assert set(docs_site.MODULES) < set(docs_site.modules()) | {"transport"}
    assert docs_site.modules()["batch"][0] == "The module batch"


def test_the_navigation_has_every_page(pages: Path) -> None:
    """No page is left out, and none is missing."""
    settings = yaml.safe_load((pages.parent / "mkdocs.yml").read_text("utf-8"))
    listed = list(entries(settings["nav"]))
    assert sorted(listed) == sorted(str(path.relative_to(pages)) for path in pages.rglob("*.md"))


def test_the_first_page_leads_to_every_other(pages: Path) -> None:
    """Each page of docs/ and the changelog is one click from the first page."""
    linked = set(re.findall(r"\]\(([\w-]+\.md)", (pages / "index.md").read_text("utf-8")))
    assert {path.name for path in pages.glob("*.md")} - {"index.md"} == linked


def test_the_table_has_every_variable_of_the_client() -> None:
    """A variable that the client or a command reads is in the page of the configuration, and no other."""
    rooms = ("_client", "_transport", "cli")
    code = "".join(path.read_text("utf-8") for room in rooms for path in (PACKAGE / room).rglob("*.py"))
    found = set(re.findall(r'environ\.get\("(\w+)"', code))
    found |= set(re.findall(r"INFERENCE_GATEWAY_(?!SERVE)[A-Z]+", code))
    proxies = {f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")}
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    table = page.partition("## Environment variables\n")[2].partition("\n## ")[0]
    assert found | proxies == set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_a_page_of_the_inside_ranks_below_a_page_for_users(pages: Path) -> None:
    """The search multiplies the score of a page by its boost."""
    front = re.compile(r"---\nsearch:\n  boost: ([\d.]+)\n---\n\n# ")
    boosts = {
        str(path.relative_to(pages)): float(found[1]) if (found := front.match(path.read_text("utf-8"))) else 1.0
        for path in pages.rglob("*.md")
    }
    below = ("transport.md", "architecture.md", "changelog.md", "reference/client.md", "reference/values.md")
    assert max(boosts[page] for page in below) < 1
    assert boosts["reference/chat-types.md"] < boosts["reference/values.md"]
    assert min(boosts[page] for page in ("retries.md", "configuration.md", "testing.md", "batch.md")) >= 1


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium is installed to run the script in")
def test_the_search_drops_the_common_words_of_a_question(tmp_path: Path) -> None:
    """Only a query is changed, and never to nothing."""
    script = (ROOT / "scripts" / "docs_assets" / "search.js").as_uri()
    page = tmp_path / "page.html"
    page.write_text(
        "<script>seen = []; Worker = class { postMessage(message) { seen.push(message.data); } };</script>"
        f'<script src="{script}"></script>'
    )
    asked = {
        "how do I set a timeout for the first token?": "set timeout first token",
        "corporate proxy CA": "corporate proxy CA^1",
        "how to": "how to^1",
        '"the end" of a stream': '"the end" of a stream',
        "": "",
    }
    program = find_chromium()
    assert program is not None
    with Browser(program) as browser:
        browser.open(page.as_uri())
        messages = [{"type": 2, "data": text} for text in asked] + [{"type": 0, "data": "how do I"}]
        browser.evaluate(f"{json.dumps(messages)}.forEach(message => new Worker('').postMessage(message))")
        assert browser.evaluate("seen") == [*asked.values(), "how do I"]


def test_links_out_of_the_docs_lead_to_the_repository(pages: Path) -> None:
    """A page of the site has no link to a file beside docs/."""
    for path in pages.glob("*.md"):
        assert "](../" not in path.read_text("utf-8"), path.name
    assert docs_site.outward("[x](../examples/a.py)").endswith("/blob/main/examples/a.py)")
    assert docs_site.outward("[x](../CHANGELOG.md)") == "[x](changelog.md)"
    assert docs_site.from_root("[x](docs/tools.md) [y](#a)") == "[x](tools.md) [y](#a)"


def test_the_settings_name_nothing_of_the_network() -> None:
    """The theme's fonts and the repository's figures would be fetched."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    assert settings["theme"]["font"] is False
    assert "repo_url" not in settings
    assert settings["extra"]["polyfills"] == ["assets/iframe-worker.js"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<a href="other.html#here">x</a>', None),
        ('<a href="other.html">x</a><a href="missing.html">x</a>', "index.html: missing.html leads nowhere"),
        ('<a href="other.html#there">x</a>', "index.html: other.html#there has no such anchor"),
        ('<a href="other.html">x</a><script src="https://cdn.example/x.js"></script>',
         "index.html: loads https://cdn.example/x.js"),
        ('<a href="other.html">x</a><link rel="stylesheet" href="//cdn.example/x.css">',
         "index.html: loads //cdn.example/x.css"),
        ('<nav><a href="other.html">x</a></nav>', "other.html: no text links to it"),
    ],
)  # fmt: skip
def test_the_check_finds_a_problem(tmp_path: Path, text: str, problem: str | None) -> None:
    """A broken link or anchor, a foreign resource, and a page that only the navigation names."""
    within = text if text.startswith("<nav>") else f"<article>{text}</article>"
    (tmp_path / "index.html").write_text(within)
    (tmp_path / "other.html").write_text('<p id="here">')
    assert docs_check.problems(tmp_path, set()) == ([problem] if problem else [])


def test_the_check_finds_a_missing_name(tmp_path: Path) -> None:
    """A public name without a place in the reference is reported."""
    (tmp_path / "reference").mkdir()
    (tmp_path / "index.html").write_text('<article><a href="reference/index.html">x</a></article>')
    (tmp_path / "reference" / "index.html").write_text('<h2 id="a.Known">')
    assert docs_check.problems(tmp_path, {"a.Known", "a.Other"}) == ["a.Other is not in the reference"]


def test_the_names_of_the_script_are_importable() -> None:
    """Each listed module exists and lists its names."""
    for module in docs_site.modules():
        assert importlib.import_module(f"inference_gateway_sdk.{module}").__all__
