"""Find sentences of our document that equal, or almost equal, a sentence of the published one."""

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
"""The number of consecutive words in a shingle."""

LIMIT = 0.5
"""The largest allowed share of one text's shingles that occur in the other text."""

SHORT = 4
"""A published text with fewer shingles may occur within a longer one of ours: it is too short to be original."""


class Borrowed(NamedTuple):
    """A text of ours that is too close to a published one."""

    pointer: str
    text: str
    published: str

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return f"{self.pointer}: prose: {self.text!r} is too close to the published {self.published!r}"


def sentences(document: Node) -> Iterator[tuple[str, str]]:
    """Yield every description and summary with its pointer, but not properties that have such a name."""
    yield from _texts(document, "", names=False)


def _texts(value: Any, place: str, *, names: bool) -> Iterator[tuple[str, str]]:
    """Yield the texts below `value`; with `names`, its keys are chosen names and not OpenAPI keywords."""
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
    """Return our texts that equal a published one, or share more than `LIMIT` of their shingles with one."""
    published = sorted({" ".join(text.split()) for _, text in sentences(theirs)})
    whole = {tuple(_words(text)): text for text in published}
    index: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for text in published:
        for shingle in _shingles(_words(text)):
            index[shingle].add(text)
    found = ((pointer, text, _source(_words(text), whole, index)) for pointer, text in sentences(ours))
    return [Borrowed(pointer, text, source) for pointer, text, source in found if source]


def _source(words: list[str], whole: dict[tuple[str, ...], str], index: dict[tuple[str, ...], set[str]]) -> str | None:
    """Return the published text that `words` come from, or None if they are ours."""
    if tuple(words) in whole:
        return whole[tuple(words)]
    mine = _shingles(words)
    shared = Counter(text for shingle in mine for text in index.get(shingle, ()))
    shares = {text: _share(count, len(mine), len(_shingles(_words(text)))) for text, count in shared.items()}
    nearest = max(sorted(shares), key=shares.__getitem__, default=None)
    return nearest if nearest is not None and shares[nearest] > LIMIT else None


def _share(count: int, ours: int, published: int) -> float:
    return count / (min(ours, published) if published >= SHORT else ours)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}
