"""One exchange's body as its reader wants it: decoded bytes, a clean end, or the failure, each in its turn.

Both shells read by the same loop: `take()`, and wait for the connection while that gives None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .coding import decoder_for
from .failures import Failure, Truncated

if TYPE_CHECKING:
    from .coding import Inflate

__all__ = ["DRAIN_BYTES", "DRAIN_SECONDS", "Body", "Source"]

DRAIN_BYTES = 64 * 1024
"""Most bytes that a release reads to save a connection; more would cost more than a new one."""
DRAIN_SECONDS = 0.1
"""The longest that a release waits for them."""


class Source(Protocol):
    """Where a body comes from: `Exchange`, or what stands for one when the connection is not ours."""

    headers: list[tuple[str, str]]
    body: list[bytes]
    complete: bool
    failure: Failure | None

    def take(self) -> bytes:
        """All that is there, b"" when nothing is."""
        ...

    def fail(self, failure: Failure) -> None:
        """Nothing more will be taken; the first failure stays."""
        ...

    def end(self, why: str, *, orderly: bool) -> None:
        """Take the end of the connection."""
        ...


class Body:
    """What one answer brings behind its head."""

    __slots__ = ("_budget", "_decoder", "_dropped", "_exchange")

    def __init__(self, exchange: Source) -> None:
        """Read from `exchange`, whose head must be complete; BadAnswer when its content coding is unknown."""
        self._exchange = exchange
        self._decoder = decoder_for(exchange.headers)
        self._budget = DRAIN_BYTES
        self._dropped = False

    @property
    def settled(self) -> bool:
        """Nothing more will come from the connection (some of what came may still wait to be taken)."""
        return self._exchange.complete or self._exchange.failure is not None

    def take(self) -> bytes | None:
        """The next bytes, b"" at the end, None when more has to arrive first.

        Raises:
            Failure: The body broke; every further call says so again.
            RuntimeError: The answer was released before its end.
        """
        decoder = self._decoder
        if decoder is None:
            return self._exchange.take() if self._exchange.body else self._outcome()
        try:
            return self._decoded(decoder)
        except Failure as failure:
            self._exchange.fail(failure)
            self._decoder = None
            self._exchange.body.clear()
            raise

    def spoil(self) -> None:
        """Bytes may have been lost on their way to the reader: never read on as if nothing had happened."""
        self._exchange.fail(Truncated("reading was interrupted"))
        self._exchange.body.clear()
        self._decoder = None

    def interrupt(self) -> None:
        """The connection was given up: the body ends as broken, unless all of it was there."""
        self._exchange.end("the connection was given up", orderly=False)

    def drain(self) -> bool:
        """Throw away what came; True when nothing more is worth waiting for. What is dropped cannot be read later."""
        self._dropped = True
        self._decoder = None
        self._budget -= len(self._exchange.take())
        return self.settled or self._budget <= 0

    def _outcome(self) -> bytes | None:
        exchange = self._exchange
        if self._dropped:
            raise RuntimeError("the answer was released: it cannot be read any more")
        if exchange.failure is not None:
            raise exchange.failure.with_traceback(None)
        return b"" if exchange.complete else None

    def _decoded(self, decoder: Inflate) -> bytes | None:
        exchange = self._exchange
        while True:
            if decoder.pending:
                data = decoder.step()
            elif exchange.body:
                data = decoder.feed(exchange.take())
            else:
                outcome = self._outcome()
                if outcome == b"":
                    decoder.end()
                return outcome
            if data:
                return data
