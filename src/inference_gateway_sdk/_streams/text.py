"""The pieces of a text that grows, held so that they cost little more than what they say.

A string of a few letters takes ten times their bytes. So pieces are joined from time to time: each of them once, which
keeps folding linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Text"]

_RECENT = 256


class Text(list[str]):
    """The pieces in order; `"".join(text)` is the text. Pieces are only added."""

    __slots__ = ("_joined",)

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        super().__init__(pieces)
        self._joined = 0  # how many stand for pieces that were joined

    def add(self, piece: str) -> None:
        """The next piece."""
        self.append(piece)
        if len(self) - self._joined >= _RECENT:
            self[self._joined :] = ["".join(self[self._joined :])]
            self._joined += 1
