"""A body that is no event stream, piece by piece as it comes: sound, or whatever a provider's own API sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import StreamError, StreamTruncatedError

if TYPE_CHECKING:
    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent
    from ..errors import GatewayError

__all__ = ["ByteDialect"]


class ByteDialect:
    """Reads one attempt at a stream of bytes (see `Dialect`). It is whole when its body is, and keeps nothing.

    Args:
        wanted: What must be there, for the error when there is nothing; None when nothing is fine.
    """

    __slots__ = ("_any", "_wanted", "closed", "failure", "terminal")

    def __init__(self, wanted: str | None = None) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self.terminal = False
        self._any = False
        self._wanted = wanted

    @property
    def may_continue(self) -> bool:
        """Never: nothing follows the end of a body."""
        return False

    def feed(self, data: bytes) -> list[tuple[bytes | None, RawEvent]]:
        """The bytes themselves."""
        self._any = True
        return [(data, (data, "", None))]

    def end(self) -> list[tuple[bytes | None, RawEvent]]:
        """Nothing more; an empty body fails where something was wanted."""
        if self._any or self._wanted is None:
            self.terminal = True
        else:
            self.failure = StreamError(f"the answer says 200 but holds no {self._wanted}")
        return []

    def truncated(self, why: str = "the body ended too early") -> StreamTruncatedError:
        """The error for a body that was cut."""
        return StreamTruncatedError(f"the answer was cut: {why}")

    def has_content(self, chunk: bytes) -> bool:
        """Every byte is content."""
        return bool(chunk)

    def text(self, chunk: bytes) -> str | None:
        """None: bytes are not taken for text."""
        return None

    def deltas(self, chunk: bytes | None) -> list[Delta]:
        """None: bytes tell no story."""
        return []

    def fold(self, chunk: bytes) -> None:
        """Nothing is kept."""

    def turns(self, *, complete: bool = True) -> list[bytes]:
        """None: nothing is kept."""
        return []
