"""Turns what became of an attempt into the seconds to wait before the next one, or the verdict that there is none.

The decision is a table, outcomes by what the request may be repeated after; time and chance come in as arguments.
"""

from __future__ import annotations

import enum
from collections.abc import Callable  # noqa: TC003  (annotations are evaluated)
from typing import Final

from msgspec import Struct

from .._model.unknown_fields import set_module
from ..errors import BadGatewayError, GatewayError, GatewayTimeoutError, StatusError
from .call import Idempotency

__all__ = ["EARLY_SECONDS", "REPEATABLE", "Outcome", "RetryPolicy", "delay_before"]

EARLY_SECONDS: Final = 10.0
"""A connection that ends unanswered within this time of sending broke; later, the gateway's own deadline closed it.

The gateway closes without a byte after SERVER_WRITE_TIMEOUT, 30 s by default
(gateway-behaviour.md#limits-and-timeouts)."""

_UNREACHED: Final = "Failed to reach upstream server"
"""The gateway's words for a provider that it cannot reach, and for one that is silent until its deadline.

The second is usual after 10 s: another attempt would be as late, and the provider charges for each
(gateway-behaviour.md#timeouts)."""

_FIRST_DELAY: Final = 0.5
_FACTOR: Final = 2.0
_LONGEST_DELAY: Final = 8.0
_LONGEST_RETRY_AFTER: Final = 60.0


class Outcome(enum.Enum):
    """How an attempt failed: the rows of the table."""

    NOT_SENT = "not sent"
    NOT_SENT_FOR_GOOD = "not sent, and the next attempt would fail the same way"
    NO_ANSWER_EARLY = "closed before any byte of the answer"
    NO_ANSWER_LATE = "no answer before a deadline of the gateway: a late close, or a late 502 for an unreached provider"
    BUSY = "an answer that says: later (429, 503)"
    FAILED = "an answer that says: it failed on the way (408, 502, 504, 529, the 400 that is a timeout)"
    CRASHED = "an answer that says: it broke (500)"
    REFUSED = "any other answer that says no"
    OWN_TIMEOUT = "one of our clocks ran out"
    AFTER_CONTENT = "a stream that broke after its first content"

    @classmethod
    def not_sent(cls, *, permanent: bool = False) -> Outcome:
        """No byte of the request left; `permanent` when another attempt would fail the same way."""
        return cls.NOT_SENT_FOR_GOOD if permanent else cls.NOT_SENT

    @classmethod
    def no_answer(cls, seconds: float) -> Outcome:
        """The connection ended this many seconds after sending, before any byte of the answer."""
        return cls.NO_ANSWER_EARLY if seconds <= EARLY_SECONDS else cls.NO_ANSWER_LATE

    @classmethod
    def answered(cls, error: StatusError, seconds: float = 0.0) -> Outcome:
        """Return the outcome of an error response, whether an HTTP status or inside a 200 stream.

        Args:
            error: The error.
            seconds: Since the request was sent; 0.0 when unknown.
        """
        inner_hop = isinstance(error, BadGatewayError) and error.status == 400
        if seconds > EARLY_SECONDS and (inner_hop or (error.status == 502 and _UNREACHED in error.message)):
            return cls.NO_ANSWER_LATE
        if inner_hop or isinstance(error, GatewayTimeoutError):
            return cls.FAILED
        return _OF_STATUS.get(error.status, cls.REFUSED)

    @classmethod
    def broken_before_content(cls, error: GatewayError, seconds: float) -> Outcome:
        """A stream that broke before its first content: as the status its error carries, otherwise as a reset.

        Args:
            error: What broke it.
            seconds: Since the request was sent.
        """
        return cls.answered(error, seconds) if isinstance(error, StatusError) else cls.no_answer(seconds)


_OF_STATUS: Final = {
    408: Outcome.FAILED,
    429: Outcome.BUSY,
    500: Outcome.CRASHED,
    502: Outcome.FAILED,
    503: Outcome.BUSY,
    504: Outcome.FAILED,
    529: Outcome.FAILED,
}

_ALWAYS: Final = frozenset(Idempotency)
_NEVER: Final = frozenset[Idempotency]()

REPEATABLE: Final = {
    Outcome.NOT_SENT: _ALWAYS,
    Outcome.NOT_SENT_FOR_GOOD: _NEVER,
    Outcome.NO_ANSWER_EARLY: frozenset({Idempotency.FREELY, Idempotency.PUSH}),
    Outcome.NO_ANSWER_LATE: _NEVER,
    Outcome.BUSY: _ALWAYS,
    Outcome.FAILED: frozenset({Idempotency.FREELY, Idempotency.PUSH}),
    Outcome.CRASHED: frozenset({Idempotency.FREELY}),
    Outcome.REFUSED: _NEVER,
    Outcome.OWN_TIMEOUT: _NEVER,
    Outcome.AFTER_CONTENT: _NEVER,
}
"""Which requests may be repeated after which outcome."""


@set_module
class RetryPolicy(Struct, frozen=True, kw_only=True):
    """When and how often a failed call is retried: `retry=RetryPolicy(...)` of a client, `with_options` or a call.

    What is not set follows the table of docs/retries.md. Time is in seconds.

    Attributes:
        attempts: How often a request is sent at most, the first time included. It replaces `max_retries`.
        first_delay: The delay before the first retry (exponential backoff).
        factor: By how much each further delay grows.
        longest_delay: The largest delay of the backoff.
        jitter: The share of each delay that is random, from 0 to 1, so that clients which failed together spread.
        longest_retry_after: The largest `Retry-After` that is waited for; a longer one ends the attempts.
        statuses: HTTP statuses to retry instead of those of the table. A request that is not idempotent (proxied
            writes, uploads) is still retried only where the table allows it.
        retry_if: A predicate on the error: True retries, False does not, None leaves it to `statuses` and the table.

    Raises:
        ValueError: A value out of its range; it names the argument.
    """

    attempts: int = 3
    first_delay: float = _FIRST_DELAY
    factor: float = _FACTOR
    longest_delay: float = _LONGEST_DELAY
    jitter: float = 0.5
    longest_retry_after: float = _LONGEST_RETRY_AFTER
    statuses: frozenset[int] | None = None
    retry_if: Callable[[GatewayError], bool | None] | None = None

    def __post_init__(self) -> None:
        if type(self.attempts) is not int or self.attempts < 1:
            raise ValueError(f"attempts={self.attempts!r}: write a whole number, 1 for no retry")
        for name in ("first_delay", "longest_delay", "longest_retry_after"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: write seconds, 0 or more")
        if not self.factor >= 1:
            raise ValueError(f"factor={self.factor!r}: write 1 or more")
        if not 0 <= self.jitter <= 1:
            raise ValueError(f"jitter={self.jitter!r}: write a share from 0 to 1")

    def delay(
        self,
        attempt: int,
        outcome: Outcome,
        repeat: Idempotency,
        error: GatewayError,
        *,
        retry_after: float | None = None,
        random: float,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, None for no further attempt.

        Args:
            attempt: How many attempts have failed so far.
            outcome: How the last attempt failed.
            repeat: What the request may be repeated after.
            error: The error of the last attempt.
            retry_after: The seconds that the answer asks to wait.
            random: A number in [0, 1).
        """
        if attempt >= self.attempts or not self._retries(outcome, repeat, error):
            return None
        if retry_after:
            return retry_after if retry_after <= self.longest_retry_after else None
        longest = min(self.first_delay * self.factor ** min(attempt - 1, 64), self.longest_delay)
        return longest * (1 - self.jitter + self.jitter * random)

    def _retries(self, outcome: Outcome, repeat: Idempotency, error: GatewayError) -> bool:
        verdict = None if self.retry_if is None else self.retry_if(error)
        if verdict is not None:
            return verdict
        in_table = repeat in REPEATABLE[outcome]
        if self.statuses is None or not isinstance(error, StatusError):
            return in_table
        return error.status in self.statuses and (in_table or repeat is Idempotency.FREELY)


def delay_before(
    attempt: int,
    outcome: Outcome,
    repeat: Idempotency,
    *,
    max_retries: int,
    retry_after: float | None = None,
    random: float,
) -> float | None:
    """Seconds to wait before repeating the request, or None when it must not be repeated.

    Args:
        attempt: The number of the repetition this would be, from 1: how many attempts have failed so far.
        outcome: How the last attempt failed.
        repeat: What the request may be repeated after.
        max_retries: How many repetitions are allowed.
        retry_after: The seconds that the answer asks to wait; over 60, giving up is better than waiting.
        random: A number in [0, 1) that spreads clients which failed together.
    """
    if attempt > max_retries or repeat not in REPEATABLE[outcome]:
        return None
    if not retry_after:
        return _backoff(attempt, random)
    return retry_after if retry_after <= _LONGEST_RETRY_AFTER else None


def _backoff(attempt: int, random: float) -> float:
    """The exponential delay, of which the second half is left to chance."""
    doublings = min(attempt - 1, 8)  # past the cap the power would only grow to overflow
    longest = min(_FIRST_DELAY * _FACTOR**doublings, _LONGEST_DELAY)
    return longest * (0.5 + random / 2)
