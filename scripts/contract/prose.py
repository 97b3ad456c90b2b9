"""Two documents' sentences to those of ours that stand, whole or nearly so, in the published one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from contract.document import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.document import Node

__all__ = ["Borrowed", "borrowed", "sentences"]

PROSE = frozenset({"description", "summary"})
SHINGLE = 3
"""Words in a row that are compared at a time."""

LIMIT = 0.5
"""The share of a text's shingles that may stand together in one published text."""


class Borrowed(NamedTuple):
    """A text of ours that is too close to a published one."""

    pointer: str
    text: str
    published: str

    def __str__(self) -> str:
        """One line for the terminal."""
        return f"{self.pointer}: prose: {self.text!r} is too close to the published {self.published!r}"


def sentences(document: Node) -> Iterator[tuple[str, str]]:
    """Every description and summary with its pointer, and none of the properties that bear such a name."""
    yield from _texts(document, "", names=False)


def _texts(value: Any, place: str, *, names: bool) -> Iterator[tuple[str, str]]:
    """`names`: the keys of `value` are names that somebody chose, not keywords of OpenAPI."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{place}/{index}", names=False)
    elif isinstance(value, dict):
        for key, item in value.items():
            at = f"{place}/{escaped(key)}"
            if key in PROSE and not names and isinstance(item, str):
                yield at, item
            elif key not in {"example", "examples", "default"} or names:
                yield from _texts(item, at, names=key in {"properties", "schemas"} and not names)


def borrowed(ours: Node, theirs: Node) -> list[Borrowed]:
    """Our texts that equal a published one, or share more than `LIMIT` of their shingles with one."""
    published = sorted({" ".join(text.split()) for _, text in sentences(theirs)})
    whole = {tuple(_words(text)): text for text in published}
    index: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for text in published:
        for shingle in _shingles(_words(text)):
            index[shingle].add(text)
    found = ((pointer, text, _source(_words(text), whole, index)) for pointer, text in sentences(ours))
    return [Borrowed(pointer, text, source) for pointer, text, source in found if source]


def _source(words: list[str], whole: dict[tuple[str, ...], str], index: dict[tuple[str, ...], set[str]]) -> str | None:
    if tuple(words) in whole:
        return whole[tuple(words)]
    mine = _shingles(words)
    shared = Counter(text for shingle in mine for text in index.get(shingle, ()))
    if not shared:
        return None
    text, count = min(shared.items(), key=lambda item: (-item[1], item[0]))
    return text if count > LIMIT * len(mine) else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}
