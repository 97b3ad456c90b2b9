"""A compressed body's pieces as the bytes that were compressed, never more than a bounded step at a time.

gzip (several members too), zlib's deflate, and the raw deflate that some servers send under the same name.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .failures import BadAnswer, Truncated

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STEP", "Inflate", "decoder_for"]

STEP = 1 << 20
"""Most bytes one step may give: a bomb grows no faster than it is read."""

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's own numbers for what surrounds the deflate stream


def decoder_for(headers: Iterable[tuple[str, str]]) -> Inflate | None:
    """What undoes the answer's Content-Encoding, None when there is nothing to undo.

    Raises:
        BadAnswer: A coding that was never asked for.
    """
    codings = [value for name, value in headers if name == "content-encoding"]
    if not codings:
        return None
    coding = ", ".join(codings).strip().lower()
    if coding in ("", "identity"):
        return None
    if coding in ("gzip", "x-gzip", "deflate"):
        return Inflate(gzip=coding != "deflate")
    raise BadAnswer(f"the content-encoding {coding!r}, which was not asked for")


class Inflate:
    """One compressed body. `pending` says that `step()` may give more without being fed."""

    __slots__ = ("_at", "_begun", "_gzip", "_input", "_zlib", "pending")

    def __init__(self, *, gzip: bool) -> None:
        self.pending = False
        self._gzip = gzip
        self._zlib = zlib.decompressobj(_GZIP if gzip else _ZLIB)
        self._input = memoryview(b"")
        self._at = 0  # how much of the input was used
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """The next step's output with `data` behind what was fed before; call only when nothing is pending."""
        self._input = memoryview(data)
        self._at = 0
        if not self._begun and data:
            self._begun = True
            if not self._gzip and data[0] & 15 != 8:  # not zlib's header
                self._zlib = zlib.decompressobj(_RAW)
        return self.step()

    def step(self) -> bytes:
        """At most `STEP` bytes more, perhaps none."""
        if self._zlib.eof and not self._next_member():
            self.pending = False
            return b""
        rest = self._input[self._at :]
        try:
            out = self._zlib.decompress(rest, STEP)
        except zlib.error as error:
            raise BadAnswer(f"the body is not the compression it claims to be: {error}") from None
        unused = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        self._at = len(self._input) - len(unused)
        self.pending = bool(unused) or len(out) == STEP
        return out

    def end(self) -> None:
        """Take the end of the body.

        Raises:
            Truncated: The compression had not ended.
        """
        if self._begun and not self._zlib.eof:
            raise Truncated("the compressed body ended short")

    def _next_member(self) -> bool:
        """Whether what follows a whole gzip member is another one; zeros are padding, and nothing follows padding."""
        if not self._gzip or self._at == len(self._input):
            return False
        if self._input[self._at] == 0:
            self._gzip = False
            return False
        self._zlib = zlib.decompressobj(_GZIP)
        return True
