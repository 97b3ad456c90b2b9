"""The retry decision: the outcome of an attempt in, the delay before the next one out, or None for no retry.

The decision is a table of outcomes by idempotency. Time and randomness are arguments.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable  # noqa: TC003  (annotations are evaluated)
from typing import Final, Protocol

from msgspec import Struct

from .._model.unknown_fields import set_module
from ..errors import BadGatewayError, GatewayError, GatewayTimeoutError, StatusError
from .call import Idempotency

__all__ = ["EARLY_SECONDS", "REPEATABLE", "DelayRule", "Outcome", "RetryPolicy"]

EARLY_SECONDS: Final = 10.0
"""Seconds after sending that separate a broken connection from one closed by the gateway's own deadline.

The gateway closes the connection without sending a byte after SERVER_WRITE_TIMEOUT, 30 s by default
(gateway-behaviour.md#limits-and-timeouts)."""

_UNREACHED: Final = "Failed to reach upstream server"
"""The gateway's words for a provider that it cannot reach, and for one that is silent until its deadline.

The second is usual after 10 s: another attempt would be as late, and the provider charges for each
(gateway-behaviour.md#timeouts)."""

_FIRST_DELAY: Final = 0.5
_FACTOR: Final = 2.0
_LONGEST_DELAY: Final = 8.0
_LONGEST_RETRY_AFTER: Final = 60.0
_BOUNDS: Final = (
    ("first_delay", 0.0, math.inf, "seconds, 0 or more"),
    ("longest_delay", 0.0, math.inf, "seconds, 0 or more"),
    ("longest_retry_after", 0.0, math.inf, "seconds, 0 or more"),
    ("factor", 1.0, 1000.0, "a number from 1 to 1000"),  # a larger one would overflow as a power
    ("jitter", 0.0, 1.0, "a share from 0 to 1"),
)


class Outcome(enum.Enum):
    """The outcomes of a failed attempt: the rows of the table."""

    NOT_SENT = "not sent"
    NOT_SENT_FOR_GOOD = "not sent, and the next attempt would fail the same way"
    NO_ANSWER_EARLY = "closed before the first byte of the response"
    NO_ANSWER_LATE = "closed by a deadline of the gateway, or a 502 as late for a provider that was not reached"
    BUSY = "a response that asks to retry later (429, 503)"
    FAILED = "a response that reports a failure upstream (408, 502, 504, 529, a 400 that is a timeout or a broken hop)"
    CRASHED = "a response that reports an internal error (500)"
    REFUSED = "any other error response"
    OWN_TIMEOUT = "a timeout of this client"
    AFTER_CONTENT = "a stream that broke after its first content"

    @classmethod
    def not_sent(cls, *, permanent: bool = False) -> Outcome:
        """Return the outcome when no byte was sent; `permanent` when another attempt would fail the same way."""
        return cls.NOT_SENT_FOR_GOOD if permanent else cls.NOT_SENT

    @classmethod
    def no_answer(cls, seconds: float) -> Outcome:
        """Return the outcome of a connection that closed without a response, `seconds` after the request was sent."""
        return cls.NO_ANSWER_EARLY if seconds <= EARLY_SECONDS else cls.NO_ANSWER_LATE

    @classmethod
    def answered(cls, error: StatusError, seconds: float = 0.0) -> Outcome:
        """Return the outcome of an error response, whether an HTTP status or an error inside a 200 stream.

        Args:
            error: The error.
            seconds: The time since the request was sent, 0.0 when unknown.
        """
        inner_hop = isinstance(error, BadGatewayError) and error.status == 400
        if seconds > EARLY_SECONDS and (inner_hop or (error.status == 502 and _UNREACHED in error.message)):
            return cls.NO_ANSWER_LATE
        if inner_hop or isinstance(error, GatewayTimeoutError):
            return cls.FAILED
        return _OF_STATUS.get(error.status, cls.REFUSED)

    @classmethod
    def broken_before_content(cls, error: GatewayError, seconds: float) -> Outcome:
        """Return the outcome of a stream that broke before its first content.

        Args:
            error: The error that broke it. One with a status counts as that status, any other as a closed connection.
            seconds: The time since the request was sent.
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
"""The requests that may be repeated, by outcome."""


class DelayRule(Protocol):
    """The part of a retry policy that the attempts of a call use."""

    @property
    def longest_retry_after(self) -> float:
        """The largest `Retry-After` that is obeyed."""
        ...

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
        """Return the seconds to wait before the next attempt, None for no further attempt."""
        ...


@set_module
class RetryPolicy(Struct, frozen=True, kw_only=True):
    """When and how often a failed call is retried: `retry=RetryPolicy(...)` of a client, `with_options` or a call.

    Attributes that are not set follow the table in docs/retries.md. Times are in seconds.

    Attributes:
        attempts: The largest number of times a request is sent, including the first. It replaces `max_retries`.
        first_delay: The delay before the first retry (exponential backoff).
        factor: The factor by which each further delay grows.
        longest_delay: The largest delay of the backoff.
        jitter: The random share of each delay, from 0 to 1. It spreads the retries of clients that failed together.
        longest_retry_after: The largest `Retry-After` that is obeyed; a longer one ends the attempts.
        statuses: HTTP statuses to retry instead of those of the table. A request that is not idempotent (proxied
            writes, uploads) is still retried only where the table allows it.
        retry_if: A predicate on the error: True retries, False does not, None leaves it to `statuses` and the table.

    Raises:
        ValueError: A value is out of its range; the message names the argument.
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
        for name, least, most, meaning in _BOUNDS:
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
                raise ValueError(f"{name}={value!r}: write {meaning}")
        if self.retry_if is not None and not callable(self.retry_if):
            raise ValueError(f"retry_if={self.retry_if!r}: write a function of the error, or None")

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
            attempt: The number of attempts that have failed so far.
            outcome: The outcome of the last attempt.
            repeat: The idempotency of the request.
            error: The error of the last attempt.
            retry_after: The delay that the response asks for, in seconds.
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
