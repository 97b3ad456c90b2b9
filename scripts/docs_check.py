"""Checks of the built site: links, anchors, pages that no text links to, public names, and foreign resources."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

VOID = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src"}
LOADED = {"stylesheet", "preload", "modulepreload", "preconnect", "prefetch", "icon"}


class Page(HTMLParser):
    """The anchors and links of one page.

    Attributes:
        ids: The ids of its elements.
        links: The targets of its links.
        in_text: The targets of links in the text, without the navigation.
        resources: The addresses that a browser loads for the page.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.in_text: set[str] = set()
        self.resources: set[str] = set()
        self._inside = 0
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the parts of one element."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self._inside += tag == "article"
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
            if self._inside:
                self.in_text.add(given["href"])
        elif tag in VOID and given.get(VOID[tag]) and (tag != "link" or LOADED & set(given.get("rel", "").split())):
            self.resources.add(given[VOID[tag]])

    def handle_endtag(self, tag: str) -> None:
        """Note the end of the text."""
        self._inside -= tag == "article"


def problems(site: Path, public: AbstractSet[str]) -> list[str]:
    """Return one line for each problem of a site.

    Args:
        site: The folder of the built site.
        public: The full path of each public name.
    """
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    found = [line for path, page in pages.items() for line in _broken(site, path, page, pages)]
    linked = {
        target
        for path, page in pages.items()
        for link in page.in_text
        if (target := _target(path, link)) is not None and target != path
    }
    found += [f"{path.name}: no text links to it" for path in pages if path not in linked and path.name != "index.html"]
    shown = {name for path, page in pages.items() if path.parent.name == "reference" for name in page.ids}
    found += [f"{name} is not in the reference" for name in sorted(public - shown)]
    return found


def _broken(site: Path, path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """Yield the broken links and the foreign resources of one page."""
    name = path.relative_to(site.resolve())
    for link in sorted(page.links):
        target = _target(path, link)
        if target is None:
            continue
        anchor = unquote(urlsplit(link).fragment)
        if target not in pages and not target.exists():
            yield f"{name}: {link} leads nowhere"
        elif anchor and target in pages and anchor not in pages[target].ids:
            yield f"{name}: {link} has no such anchor"
    for address in sorted(page.resources):
        if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
            yield f"{name}: loads {address}"


def _target(path: Path, link: str) -> Path | None:
    """Return the file of a link within the site, None for a link that leaves it."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        return path
    target = (path.parent / unquote(parts.path)).resolve()
    return target / "index.html" if target.is_dir() else target
