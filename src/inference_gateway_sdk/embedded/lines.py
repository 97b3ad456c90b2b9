"""Bytes in any cuts turned into lines, each with its line end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lines"]


class Lines:
    """Give it bytes; `rest` is what follows the last line end."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def rest(self) -> bytes:
        """A last line that has not ended."""
        return bytes(self._rest)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now."""
        first, *others = data.split(b"\n")
        self._rest += first
        for piece in others:
            yield bytes(self._rest) + b"\n"
            self._rest = bytearray(piece)
