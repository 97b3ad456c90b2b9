"""Changes to a body that lies in pieces: each falls into the piece where it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Edit", "edited"]


class Edit(Struct, frozen=True):
    """The bytes from `start` to `end` of the whole body become `new`."""

    start: int
    end: int
    new: bytes

    @classmethod
    def between(cls, offset: int, before: bytes, after: bytes) -> Iterator[Edit]:
        """What turns one text, which begins at `offset`, into the other: nothing, or the part in which they differ."""
        if before == after:
            return
        head = _common(before, after)
        tail = _common(before[head:][::-1], after[head:][::-1])
        yield cls(offset + head, offset + len(before) - tail, after[head : len(after) - tail])


def edited(pieces: list[bytes], edits: Iterable[Edit]) -> list[bytes]:
    """The pieces with these changes, which do not overlap; a piece may be empty afterwards."""
    pieces = list(pieces)
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        _apply(pieces, edit)
    return pieces


def _common(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _apply(pieces: list[bytes], edit: Edit) -> None:
    begin, new = 0, edit.new
    for at, piece in enumerate(pieces):
        end = begin + len(piece)
        first, last = max(edit.start, begin) - begin, min(edit.end, end) - begin
        # An edit that only puts something in belongs to the piece before it, or to the first.
        if first < last or (edit.start == edit.end and begin <= edit.start <= end):
            pieces[at] = piece[:first] + new + piece[max(first, last) :]
            if edit.start == edit.end:
                return
            new = b""
        begin = end
