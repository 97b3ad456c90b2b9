"""The clocks of one stream: until when the next read may take, and what to say when it took longer.

Three limits (`Timeouts.first_content`, `idle`, `total`) run only while we wait for the server: the shell reports each
wait with `waited`. Bytes alone do not reset anything; only `content` does, so that a server which drips comments,
chunk sizes or halves of an event for ever is found out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import StreamStalledError

if TYPE_CHECKING:
    from .._wire.timeouts import Timeouts

__all__ = ["Guard"]

TAIL = 5.0  # seconds to wait for what may follow the terminal marker (usage, [DONE])


class Guard:
    """The clocks of one attempt at a stream.

    Args:
        limits: The call's timeouts.
        spent: Seconds of `total` that earlier attempts used up.
    """

    __slots__ = ("_clock", "_left", "_limits", "_since_content", "_total_left", "_waited")

    def __init__(self, limits: Timeouts, spent: float = 0.0) -> None:
        self._limits = limits
        self._clock = "first_content"
        self._left = limits.first_content
        self._total_left = None if limits.total is None else limits.total - spent
        self._since_content = 0.0
        self._waited = 0.0

    def deadline(self, now: float) -> float | None:
        """Until when a read that starts now may take, None for ever."""
        left, total = self._left, self._total_left
        if left is None or (total is not None and total < left):
            left = total
        return None if left is None else now + left

    def waited(self, seconds: float) -> None:
        """Count a wait for the server."""
        self._waited += seconds
        self._since_content += seconds
        if self._left is not None:
            self._left -= seconds
        if self._total_left is not None:
            self._total_left -= seconds

    def content(self) -> None:
        """Content has come: the idle clock starts anew."""
        self._clock = "idle"
        self._left = self._limits.idle
        self._since_content = 0.0

    def tail(self) -> None:
        """The terminal marker has come and nothing but bookkeeping may follow: wait for it only briefly.

        Said again, it changes nothing: what follows without content must not stretch the wait.
        """
        if self._clock == "tail":
            return
        self._clock = "tail"
        idle = self._limits.idle
        self._left = TAIL if idle is None else min(idle, TAIL)

    @property
    def spent(self) -> float:
        """Seconds spent waiting in this attempt."""
        return self._waited

    def stalled(self, chunks: int) -> StreamStalledError:
        """The error for a deadline that passed: it names the clock that ran out."""
        left, total = self._left, self._total_left
        if total is not None and (left is None or total <= left):
            limit, seconds = "total", self._limits.total
            what = f"the stream did not end within {seconds:g} s of waiting"
            elapsed = self._waited
        elif self._clock == "first_content":
            limit, seconds, elapsed = "first_content", self._limits.first_content, self._waited
            what = f"no content came within {seconds:g} s"
        else:
            limit, seconds, elapsed = "idle", self._limits.idle, self._since_content
            what = f"no content came for {seconds:g} s, after {chunks} chunk{'' if chunks == 1 else 's'}"
        return StreamStalledError(
            f"{what} (timeout.{limit})",
            limit=limit,
            seconds=seconds,
            elapsed=elapsed,
            chunks=chunks,
            hint=f"raise timeout=Timeouts({limit}=...) if the model may really take longer.",
        )
