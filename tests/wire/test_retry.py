"""The retry table, cell by cell, and the delays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import errors
from inference_gateway_sdk._wire.call import Idempotency
from inference_gateway_sdk._wire.retry import Outcome, RetryPolicy

FREELY, CAUTIOUSLY, PUSH = Idempotency.FREELY, Idempotency.CAUTIOUSLY, Idempotency.PUSH


def status(cls: type[errors.StatusError], number: int) -> Outcome:
    """Return the outcome of a response with this status."""
    return Outcome.answered(cls("no", status=number))


def unreached(seconds: float, text: str = "Failed to reach upstream server") -> Outcome:
    """Return the outcome of a 502 with this text after so many seconds."""
    return Outcome.answered(errors.BadGatewayError(text, status=502), seconds)


def in_stream(error: errors.GatewayError, seconds: float = 1.0) -> Outcome:
    """Return the outcome of a stream that this error broke before its first content."""
    return Outcome.broken_before_content(error, seconds)


def delay_before(
    attempt: int, outcome: Outcome, repeat: Idempotency, *, max_retries: int, random: float, **more: Any
) -> float | None:
    """Return the delay of the policy for `max_retries`."""
    policy = RetryPolicy(attempts=max_retries + 1)
    return policy.delay(attempt, outcome, repeat, errors.StatusError("no", status=503), random=random, **more)


# name: (outcome, may be repeated FREELY, CAUTIOUSLY, PUSH)
TABLE: dict[str, tuple[Outcome, bool, bool, bool]] = {
    "never sent": (Outcome.not_sent(), True, True, True),
    "never sent, for good": (Outcome.not_sent(permanent=True), False, False, False),
    "no answer, at once": (Outcome.no_answer(0.0), True, False, True),
    "no answer, after 10 s": (Outcome.no_answer(10.0), True, False, True),
    "no answer, after 10.1 s": (Outcome.no_answer(10.1), False, False, False),
    "no answer, after 30 s": (Outcome.no_answer(30.0), False, False, False),
    "408": (status(errors.StatusError, 408), True, False, True),
    "429": (status(errors.RateLimitError, 429), True, True, True),
    "500": (status(errors.InternalError, 500), True, False, False),
    "502": (status(errors.BadGatewayError, 502), True, False, True),
    "502 of an unreached provider, at once": (unreached(0.5), True, False, True),
    "502 of an unreached provider, after 10.1 s": (unreached(10.1), False, False, False),
    "502 of another kind, after 10.1 s": (unreached(10.1, "bad gateway"), True, False, True),
    "503": (status(errors.ServiceUnavailableError, 503), True, True, True),
    "504": (status(errors.GatewayTimeoutError, 504), True, False, True),
    "529": (status(errors.OverloadedError, 529), True, False, True),
    "the 400 that is a timeout": (status(errors.GatewayTimeoutError, 400), True, False, True),
    "the 400 that is a broken inner hop": (status(errors.BadGatewayError, 400), True, False, True),
    "the same, after 10.1 s": (Outcome.answered(errors.BadGatewayError(status=400), 10.1), False, False, False),
    "400": (status(errors.BadRequestError, 400), False, False, False),
    "401": (status(errors.UnauthorizedError, 401), False, False, False),
    "403": (status(errors.ForbiddenError, 403), False, False, False),
    "404": (status(errors.NotFoundError, 404), False, False, False),
    "409": (status(errors.StatusError, 409), False, False, False),
    "413": (status(errors.PayloadTooLargeError, 413), False, False, False),
    "415": (status(errors.UnsupportedMediaTypeError, 415), False, False, False),
    "422": (status(errors.UnprocessableError, 422), False, False, False),
    "501": (status(errors.InternalError, 501), False, False, False),
    "our own timeout": (Outcome.OWN_TIMEOUT, False, False, False),
    "stream: an error with 503 inside": (in_stream(errors.ServiceUnavailableError(status=503)), True, True, True),
    "stream: an error with 400 inside": (in_stream(errors.BadRequestError(status=400)), False, False, False),
    "stream: an error with 500 inside, late": (in_stream(errors.InternalError(status=500), 40), True, False, False),
    "stream: an error without a code": (in_stream(errors.StreamError("broken")), True, False, True),
    "stream: nothing in it": (in_stream(errors.StreamTruncatedError("empty")), True, False, True),
    "stream: nothing in it, late": (in_stream(errors.StreamTruncatedError("empty"), 30.0), False, False, False),
    "after the first content": (Outcome.AFTER_CONTENT, False, False, False),
}


@pytest.mark.parametrize("repeat", Idempotency)
@pytest.mark.parametrize("name", TABLE)
def test_every_cell_of_the_table(name: str, repeat: Idempotency) -> None:
    """Each outcome is repeated for exactly the requests that the table names."""
    outcome, *cells = TABLE[name]
    delay = delay_before(1, outcome, repeat, max_retries=1, random=0.5)
    assert (delay is not None) == dict(zip((FREELY, CAUTIOUSLY, PUSH), cells, strict=True))[repeat]


def test_every_outcome_is_in_the_table() -> None:
    """No outcome is left without a row of its own above."""
    assert {outcome for outcome, *_ in TABLE.values()} == set(Outcome)


@pytest.mark.parametrize(
    ("attempt", "max_retries", "repeated"), [(1, 0, False), (1, 1, True), (2, 1, False), (2, 2, True), (3, 2, False)]
)
def test_max_retries_counts_repetitions(attempt: int, max_retries: int, repeated: bool) -> None:
    """With max_retries=2 there are at most two retries, with 0 none."""
    assert (
        delay_before(attempt, Outcome.NOT_SENT, FREELY, max_retries=max_retries, random=0.0) is not None
    ) == repeated


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"),
    [(1, 0.25, 0.5), (2, 0.5, 1.0), (3, 1.0, 2.0), (4, 2.0, 4.0), (5, 4.0, 8.0), (6, 4.0, 8.0), (5000, 4.0, 8.0)],
)
def test_the_delay_doubles_up_to_eight_seconds(attempt: int, shortest: float, longest: float) -> None:
    """The delay is exponential, its second half is random, and it never exceeds eight seconds."""

    def delay(random: float) -> float | None:
        return delay_before(attempt, Outcome.BUSY, FREELY, max_retries=attempt, random=random)

    assert delay(0.0) == shortest
    assert delay(0.5) == (shortest + longest) / 2
    assert delay(1.0 - 2**-53) == pytest.approx(longest)


@pytest.mark.parametrize(
    ("retry_after", "delay"),
    [(None, 0.375), (0.0, 0.375), (0.02, 0.02), (7.0, 7.0), (60.0, 60.0), (60.5, None), (3600.0, None)],
)
def test_retry_after_is_honoured_up_to_a_minute(retry_after: float | None, delay: float | None) -> None:
    """A Retry-After is kept exactly; over a minute the request fails; 0 s gives the usual delay."""
    assert delay_before(1, Outcome.BUSY, FREELY, max_retries=2, retry_after=retry_after, random=0.5) == delay


def test_retry_after_permits_nothing_the_table_forbids() -> None:
    """A Retry-After neither makes a refused request repeatable nor adds attempts."""
    assert delay_before(1, Outcome.REFUSED, FREELY, max_retries=2, retry_after=1.0, random=0.5) is None
    assert delay_before(3, Outcome.BUSY, FREELY, max_retries=2, retry_after=1.0, random=0.5) is None


@given(
    st.integers(1, 10_000), st.sampled_from(Outcome), st.sampled_from(Idempotency), st.floats(0, 1, exclude_max=True)
)
def test_a_delay_is_always_between_a_quarter_and_eight_seconds(
    attempt: int, outcome: Outcome, repeat: Idempotency, random: float
) -> None:
    """Without a Retry-After no delay is outside these bounds, at any attempt."""
    delay = delay_before(attempt, outcome, repeat, max_retries=10_000, random=random)
    assert delay is None or 0.25 <= delay <= 8.0


def failed(code: int) -> errors.StatusError:
    """Return the error of a status."""
    return errors.StatusError("no", status=code)


@pytest.mark.parametrize(
    ("policy", "error", "outcome", "repeat", "delay"),
    [
        (RetryPolicy(), failed(503), Outcome.BUSY, FREELY, 0.25),
        (RetryPolicy(attempts=1), failed(503), Outcome.BUSY, FREELY, None),
        (RetryPolicy(first_delay=4.0, jitter=0.0), failed(503), Outcome.BUSY, FREELY, 4.0),
        (RetryPolicy(first_delay=4.0, longest_delay=1.0, jitter=0.0), failed(503), Outcome.BUSY, FREELY, 1.0),
        (RetryPolicy(jitter=1.0), failed(503), Outcome.BUSY, FREELY, 0.0),
        (RetryPolicy(statuses=frozenset({429})), failed(503), Outcome.BUSY, FREELY, None),
        (RetryPolicy(statuses=frozenset({418})), failed(418), Outcome.REFUSED, FREELY, 0.25),
        (RetryPolicy(statuses=frozenset({418})), failed(418), Outcome.REFUSED, Idempotency.CAUTIOUSLY, None),
        (RetryPolicy(retry_if=lambda error: False), failed(503), Outcome.BUSY, FREELY, None),
        (RetryPolicy(retry_if=lambda error: True), failed(400), Outcome.REFUSED, FREELY, 0.25),
        (RetryPolicy(retry_if=lambda error: None), failed(400), Outcome.REFUSED, FREELY, None),
    ],
)
def test_a_policy_decides(
    policy: RetryPolicy, error: errors.StatusError, outcome: Outcome, repeat: Idempotency, delay: float | None
) -> None:
    """A policy's settings replace the table's, and the table gives the others."""
    assert policy.delay(1, outcome, repeat, error, random=0.0) == delay


def test_a_policy_bounds_the_wait_that_is_asked_for() -> None:
    """A `Retry-After` is waited for up to the policy's bound."""
    policy = RetryPolicy(longest_retry_after=5.0)
    delays = [
        policy.delay(1, Outcome.BUSY, FREELY, failed(429), retry_after=seconds, random=0.0) for seconds in (3.0, 6.0)
    ]
    assert delays == [3.0, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": True},
        {"first_delay": -1},
        {"longest_delay": "8"},
        {"longest_retry_after": True},
        {"factor": 0.5},
        {"factor": 1e10},
        {"jitter": 2.0},
        {"retry_if": 3},
    ],
)
def test_a_policy_that_makes_no_sense_names_the_argument(wrong: dict[str, Any]) -> None:
    """Bad values raise when the policy is made."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)
