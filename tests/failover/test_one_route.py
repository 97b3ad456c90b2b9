"""The faults that a client meets on its one route, and its reaction: return, retry, or raise.

docs/faults.md names these tests in its table.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from failover.calling import ANSWER, HASTY, HASTY_IDLE, PATIENT, Outcome, Route, streamed, whole
from inference_gateway_sdk import (
    BadRequestError,
    ConnectError,
    DecodingError,
    InternalError,
    RateLimitError,
    RequestError,
    ServiceUnavailableError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
    TimeoutError,  # noqa: A004
    Timeouts,
)
from inference_gateway_sdk.embedded.faults import Rule, fault
from support.limits import for_some_limit

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.wire

WORDS = ["You ", "wrote: ", "one ", "two ", "three"]


@pytest.fixture(params=["streamed", "whole"])
def ask(request: pytest.FixtureRequest, route: Route) -> Callable[..., Outcome]:
    """Make a chat in each of the two ways to read it."""
    return getattr(route, request.param)


def refused(status: int, code: str, message: str) -> Any:
    """Return a provider's refusal, wrapped as the gateway wraps it (gateway-behaviour.md#errors)."""
    inner = json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": code}})
    return fault("status", status=status, body=json.dumps({"error": inner}))


def answered(outcome: Outcome, attempts: int) -> None:
    """Assert that the answer is whole and took so many attempts."""
    assert outcome.error is None
    assert (outcome.answer.text, outcome.answer.complete) == (ANSWER, True)
    assert outcome.answer.meta.attempts == outcome.attempts == attempts
    assert outcome.texts in (WORDS, None)  # streamed to the end, or not streamed


def test_429_with_recovery(ask: Callable[..., Outcome]) -> None:
    """The client waits as long as the response asks, and then gets its answer."""
    outcome = ask(Rule(["status; status=429; retry_after=3", "answer"]))
    answered(outcome, 2)
    assert outcome.pauses == [3.0]


def test_429_without_recovery(ask: Callable[..., Outcome]) -> None:
    """After two retries the refusal is raised, with the time to wait."""
    outcome = ask("status; status=429; retry_after=3")
    assert type(outcome.error) is RateLimitError
    assert (outcome.error.status, outcome.error.retry_after, outcome.error.partial) == (429, 3.0, None)
    assert (outcome.attempts, outcome.pauses) == (3, [3.0, 3.0])


def test_429_that_asks_for_too_long_a_wait(ask: Callable[..., Outcome]) -> None:
    """A wait of more than a minute is left to the caller: nothing is retried."""
    outcome = ask("status; status=429; retry_after=61")
    assert type(outcome.error) is RateLimitError
    assert (outcome.error.retry_after, outcome.attempts, outcome.pauses) == (61.0, 1, [])


def test_500_once(ask: Callable[..., Outcome]) -> None:
    """A crash is retried after a delay."""
    outcome = ask(Rule(["status; status=500", "answer"]))
    answered(outcome, 2)
    assert outcome.pauses == [0.25]


def test_500_without_a_body(ask: Callable[..., Outcome]) -> None:
    """A permanent crash without a message still has its class."""
    outcome = ask('status; status=500; body=""')
    assert type(outcome.error) is InternalError
    assert (outcome.error.status, outcome.error.body, outcome.attempts) == (500, None, 3)


def test_503_persistent(ask: Callable[..., Outcome]) -> None:
    """Each delay is longer than the one before; then the last refusal is raised."""
    outcome = ask("status; status=503")
    assert type(outcome.error) is ServiceUnavailableError
    assert (outcome.attempts, outcome.pauses) == (3, [0.25, 0.5])


def test_connection_reset(ask: Callable[..., Outcome]) -> None:
    """A connection that is reset before any byte of a response is retried."""
    answered(ask(Rule(["reset-before-headers", "answer"])), 2)


def test_connection_closed(ask: Callable[..., Outcome]) -> None:
    """A connection that is closed in order is retried too; a permanent fault raises an error without a response."""
    answered(ask(Rule(["close-before-headers", "answer"])), 2)
    outcome = ask("close-before-headers")
    assert type(outcome.error) is RequestError
    assert "without a response" in outcome.error.message
    assert (outcome.error.attempts, outcome.attempts, outcome.error.partial) == (3, 3, None)


def test_no_response_at_all_to_a_stream(route: Route) -> None:
    """The limit on the first content ends the wait; silence is not retried."""

    @for_some_limit(HASTY)
    def _(timeouts: Timeouts, _: int) -> None:
        outcome = route.streamed("stall-before-headers", timeout=timeouts)
        assert type(outcome.error) is StreamStalledError
        assert (outcome.error.limit, outcome.error.partial) == ("first_content", None)
        assert (outcome.attempts, outcome.pauses) == (1, [])


def test_no_response_at_all_to_a_call(route: Route) -> None:
    """The limit on the whole answer ends the wait; silence is not retried."""

    @for_some_limit(HASTY)
    def _(timeouts: Timeouts, _: int) -> None:
        outcome = route.whole("stall-before-headers", timeout=timeouts)
        assert type(outcome.error) is TimeoutError
        assert (outcome.error.limit, outcome.attempts, outcome.pauses) == ("response", 1, [])


def test_connection_refused(route: Route) -> None:
    """A refused connection is retried, and the error names the address to check."""
    with route.plan.refusing():
        outcome = route.whole("answer")
    assert type(outcome.error) is ConnectError
    assert (outcome.attempts, outcome.error.attempts, outcome.pauses) == (0, 3, [0.25, 0.5])
    assert "igw serve" in (outcome.error.hint or "")
    answered(route.whole("answer"), 1)


def test_connection_refused_for_a_time(route: Route) -> None:
    """A gateway that goes away during a request gives no response, and then refuses connections."""
    outcome = route.streamed(Rule("refuse; seconds=1", times=1))
    assert type(outcome.error) is ConnectError
    assert (outcome.attempts, outcome.error.attempts) == (1, 3)
    route.await_listening()
    answered(route.streamed("answer"), 1)


@pytest.mark.parametrize("slow", ["stall-before-headers; seconds=0.2", "stall-mid-body; after=1; seconds=0.2"])
def test_slow_first_token(ask: Callable[..., Outcome], slow: str) -> None:
    """A slow answer within the limits is returned without a retry."""
    began = time.monotonic()
    answered(ask(slow), 1)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("cut", ["reset-mid-body", "close-mid-body", "truncate", "truncate; mid_event=true"])
def test_stream_cut(route: Route, cut: str) -> None:
    """A stream that ends early, in any way, raises an error with the partial answer, and is not retried."""
    outcome = route.streamed(f"{cut}; after=3")
    assert type(outcome.error) is StreamTruncatedError
    assert outcome.texts == WORDS[:2]
    assert outcome.error.partial.text == "".join(WORDS[:2])
    assert not outcome.error.partial.complete
    assert (outcome.attempts, outcome.pauses) == (1, [])


@pytest.mark.parametrize("cut", ["reset-mid-body", "close-mid-body", "truncate"])
def test_stream_cut_before_its_content(route: Route, cut: str) -> None:
    """A break before content is retried, and its first attempt leaves no trace."""
    outcome = route.streamed(Rule([f"{cut}; after=1", "answer"]))
    answered(outcome, 2)
    assert outcome.texts == WORDS


def test_answer_cut(route: Route) -> None:
    """An answer that is cut short is an error and is not retried, because it may have been charged."""
    outcome = route.whole("close-mid-body")
    assert type(outcome.error) is RequestError
    assert "cut off" in outcome.error.message
    assert outcome.attempts == 1


@pytest.mark.parametrize("silence", ["stall-mid-body", "trickle-comments", "trickle-chunk-size"])
def test_stall(route: Route, silence: str) -> None:
    """Silence, and data without content, end at their limit, with the partial answer."""

    @for_some_limit(HASTY_IDLE)
    def _(timeouts: Timeouts, _: int) -> None:
        outcome = route.streamed(f"{silence}; after=2", timeout=timeouts)
        assert type(outcome.error) is StreamStalledError
        assert (outcome.error.limit, outcome.error.chunks) == ("idle", 2)
        assert outcome.error.partial.text == WORDS[0]
        assert (outcome.attempts, outcome.pauses) == (1, [])


def test_malformed_chunk_of_http(route: Route) -> None:
    """Data that is not HTTP ends the stream with the partial answer, and is not retried."""
    outcome = route.streamed("malformed-chunk; after=3")
    assert type(outcome.error) is StreamError
    assert "chunk size" in outcome.error.message
    assert (outcome.error.partial.text, outcome.attempts) == ("".join(WORDS[:2]), 1)


def test_malformed_chunk_of_chat(route: Route) -> None:
    """A chunk that is not JSON ends the stream with the partial answer, though more would follow."""
    outcome = route.streamed("malformed-event; after=3")
    assert type(outcome.error) is StreamError
    assert "not JSON" in outcome.error.message
    assert (outcome.error.partial.text, outcome.attempts) == ("".join(WORDS[:2]), 1)


def test_malformed_answer(route: Route) -> None:
    """An answer that is not JSON is an error that quotes it."""
    outcome = route.whole("malformed-event")
    assert type(outcome.error) is DecodingError
    assert "oops" in outcome.error.message
    assert outcome.attempts == 1


def test_no_done(route: Route) -> None:
    """The answer is whole when its choice has finished: a missing `[DONE]` is harmless."""
    answered(route.streamed("missing-done"), 1)


def test_error_in_the_stream(route: Route) -> None:
    """An error in place of a chunk has the class of its code and the partial answer; before content it is retried."""
    outcome = route.streamed("error-event; after=3; code=429")
    assert type(outcome.error) is RateLimitError
    assert (outcome.error.partial.text, outcome.attempts) == ("".join(WORDS[:2]), 1)
    answered(route.streamed(Rule(["error-event; after=1", "answer"])), 2)


def test_context_overflow(ask: Callable[..., Outcome]) -> None:
    """A prompt that is too long raises its code at once, for a caller with a larger model."""
    outcome = ask(refused(400, "context_length_exceeded", "the maximum context length is 8192 tokens"))
    assert type(outcome.error) is BadRequestError
    assert (outcome.error.code, outcome.error.message) == (
        "context_length_exceeded",
        "the maximum context length is 8192 tokens",
    )
    assert (outcome.attempts, outcome.pauses) == (1, [])


def test_content_filter_refuses(ask: Callable[..., Outcome]) -> None:
    """A refused prompt is never retried."""
    outcome = ask(refused(400, "content_filter", "the prompt was filtered"))
    assert type(outcome.error) is BadRequestError
    assert (outcome.error.code, outcome.attempts, outcome.pauses) == ("content_filter", 1, [])


def test_content_filter_stops_the_answer(route: Route) -> None:
    """An answer that the filter ended is returned with that finish reason."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "I "}, "finish_reason": "content_filter"}
    body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
    outcome = route.whole(fault("status", status=200, body=body))
    assert outcome.answer.choices[0].finish_reason == "content_filter"
    assert (outcome.answer.text, outcome.attempts) == ("I ", 1)


def test_prefill_refused(ask: Callable[..., Outcome]) -> None:
    """A model's refusal to continue an answer is a 400 with its own message, raised without a retry."""
    outcome = ask(refused(400, "invalid_request_error", "prefilling the answer is not supported by this model"))
    assert type(outcome.error) is BadRequestError
    assert "prefilling the answer" in outcome.error.message
    assert (outcome.attempts, outcome.pauses) == (1, [])


@pytest.mark.parametrize("call", [streamed, whole])
def test_flapping_target(route: Route, call: Any) -> None:
    """On a route that fails every other request, each call starts anew, without memory of the one before."""
    outcomes = route.calls(Rule(["status; status=503", "answer"], repeat=True), call, call, call)
    for outcome in outcomes:
        answered(outcome, 2)
        assert outcome.pauses == [0.25]


def test_accounting_of_a_repeated_stream(route: Route) -> None:
    """Usage is that of the successful attempt; the one cut off before its content adds nothing."""
    outcome = route.streamed(Rule(["truncate; after=1", "answer"]))
    answered(outcome, 2)
    usage = outcome.answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 5, 8)


def test_accounting_of_a_broken_stream(route: Route) -> None:
    """Usage that was not sent is None, not zero."""
    outcome = route.streamed("reset-mid-body; after=3")
    assert outcome.error is not None
    assert outcome.error.partial.usage is None


def test_connection_closed_on_reuse(route: Route) -> None:
    """A kept connection that closes on reuse costs the next call a retry, and no answer is lost."""
    first, second = route.calls("close-on-reuse", whole, whole)
    assert (first.answer.text, first.answer.meta.attempts) == (ANSWER, 1)
    assert (second.answer.text, second.answer.meta.attempts) == (ANSWER, 2)


def test_connection_reset_on_reuse(route: Route) -> None:
    """A kept connection that is reset on reuse costs a retry too."""
    _, second = route.calls("close-on-reuse; reset=true", streamed, streamed)
    assert (second.answer.text, second.answer.meta.attempts) == (ANSWER, 2)


def test_bytes_without_end_before_the_answer(ask: Callable[..., Outcome]) -> None:
    """A head that never ends counts as no response: the limits count responses, not bytes."""

    @for_some_limit(HASTY)
    def _(timeouts: Timeouts, _: int) -> None:
        outcome = ask("trickle-headers", timeout=timeouts)
        assert isinstance(outcome.error, StreamStalledError | TimeoutError)
        assert (outcome.error.limit in ("first_content", "response"), outcome.attempts) == (True, 1)


def test_wrong_content_type(ask: Callable[..., Outcome]) -> None:
    """A body of the requested kind is accepted under any content type."""
    answered(ask("wrong-content-type; content_type=text/html", timeout=PATIENT), 1)
