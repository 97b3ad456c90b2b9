"""An answer's circumstances: what HTTP said about it, beside what it says itself."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct

from .public import publish

__all__ = ["Meta"]


@publish
class Meta(Struct, frozen=True, kw_only=True):
    """How an answer came.

    Attributes:
        status: The HTTP status.
        headers: The answer's headers; names are compared without case.
        selected_provider: The provider behind a routing alias (`X-Selected-Provider`, WIRE section 3), else None.
        selected_model: The model behind a routing alias (`X-Selected-Model`), else None.
        elapsed: Seconds from the start of the last attempt until the answer was whole (a stream: until its head came).
        attempts: How many times the request was sent, 1 when the first try succeeded.
        raw: The body's bytes as they came; None for streams.
    """

    status: int
    headers: Mapping[str, str]
    selected_provider: str | None = None
    selected_model: str | None = None
    elapsed: float = 0.0
    attempts: int = 1
    raw: bytes | None = None

    def __repr__(self) -> str:
        size = "" if self.raw is None else f", raw=<{len(self.raw)} bytes>"
        routed = f", selected={self.selected_provider}/{self.selected_model}" if self.selected_provider else ""
        return f"Meta(status={self.status}, elapsed={self.elapsed:.3f}, attempts={self.attempts}{routed}{size})"
