"""Failures: statuses in each dialect's form, errors inside streams, and every fault on the wire."""

from __future__ import annotations

import time
from typing import Any

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import GatewayError, RateLimitError, RequestError, StatusError, StreamError, Timeouts
from inference_gateway_sdk.embedded.faults import KINDS
from inference_gateway_sdk.testing import ScriptedGateway, fault

from .asking import WAYS, ask
from .conftest import Kit

pytestmark = pytest.mark.wire

NAMES = {
    "bad_request": sdk.BadRequestError,
    "unauthorized": sdk.UnauthorizedError,
    "forbidden": sdk.ForbiddenError,
    "not_found": sdk.NotFoundError,
    "too_large": sdk.PayloadTooLargeError,
    "unprocessable": sdk.UnprocessableError,
    "rate_limit": sdk.RateLimitError,
    "internal": sdk.InternalError,
    "bad_gateway": sdk.BadGatewayError,
    "unavailable": sdk.ServiceUnavailableError,
    "timeout": sdk.GatewayTimeoutError,
    "overloaded": sdk.OverloadedError,
}


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_its_status(script: ScriptedGateway, name: str) -> None:
    """The client raises the class of that status."""
    script.fail(name)
    with script.client(max_retries=0) as client, pytest.raises(NAMES[name]):
        client.generate_content("openai/x", "Hi")


@pytest.mark.parametrize("way", WAYS)
def test_a_status_fails_in_every_dialect(kit: Kit, way: str) -> None:
    """An error has the provider's message and code, through the gateway's envelopes, before a stream begins."""
    kit.gateway.fail(529, message="come back later")

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.OverloadedError, match="come back later"):
            await ask(client, way)

    kit.run(scenario, max_retries=0)


def test_any_status_can_be_failed_with(script: ScriptedGateway) -> None:
    """A failure takes any status by number; the code is the provider's."""
    script.fail(418, code="teapot")
    with script.client() as client, pytest.raises(StatusError) as caught:
        client.generate_content("openai/x", "Hi")
    assert (caught.value.status, caught.value.code) == (418, "teapot")


@pytest.mark.parametrize("seconds", [0, 0.25, 1.5, 30, 86400 * 100])
def test_seconds_are_written_as_a_header_has_them(script: ScriptedGateway, seconds: float) -> None:
    """Any number of seconds is written in the header's format."""
    script.fail(429, retry_after=seconds)
    with script.client(max_retries=0) as client, pytest.raises(RateLimitError) as caught:
        client.generate_content("openai/x", "Hi")
    assert caught.value.headers["retry-after"] == str(seconds)


@pytest.mark.parametrize("way", WAYS)
def test_a_rate_limit_has_a_retry_after(script: ScriptedGateway, way: str) -> None:
    """A rate limit has a Retry-After, which the gateway itself never sends but a proxy may."""
    script.fail("rate_limit", retry_after=7)

    async def scenario(client: Any) -> None:
        with pytest.raises(RateLimitError) as caught:
            await ask(client, way)
        assert caught.value.retry_after == 7

    Kit(script, "async").run(scenario, max_retries=0)


@pytest.mark.parametrize("way", WAYS)
def test_a_failure_and_then_an_answer(kit: Kit, way: str) -> None:
    """The client retries a repeatable failure without waiting, however long the Retry-After."""
    kit.gateway.fail("rate_limit", retry_after=30)
    kit.gateway.fail(503)
    kit.gateway.reply("Hello")
    began = time.monotonic()
    assert kit.run(lambda client: ask(client, way)).text == "Hello"
    assert time.monotonic() - began < 20
    assert len(kit.gateway.requests) == 3


def test_failures_are_matched_like_replies(script: ScriptedGateway) -> None:
    """A failure of one provider leaves the others working."""
    script.on(model="openai/*").fail(503, times="always")
    script.on(model="groq/*").reply("Hello")
    with script.client() as client:
        with pytest.raises(sdk.ServiceUnavailableError):
            client.generate_content("openai/x", "Hi")
        assert client.generate_content("groq/x", "Hi").text == "Hello"
    assert [request.model for request in script.requests] == ["openai/x"] * 3 + ["groq/x"]


@pytest.mark.parametrize("endpoint", ["models", "mcp", "metrics"])
def test_what_no_model_answers_can_fail_too(script: ScriptedGateway, endpoint: Any) -> None:
    """A request without a model can fail when the endpoint is named."""
    script.on(endpoint=endpoint).fail(429, retry_after=3, message="slowly", times="always")
    calls: dict[str, Any] = {"models": "list_models", "mcp": "list_tools", "metrics": "push_metrics"}
    arguments: list[Any] = [{"resourceMetrics": []}] if endpoint == "metrics" else []
    with script.client() as client, pytest.raises(RateLimitError, match="slowly") as caught:
        getattr(client, calls[endpoint])(*arguments)
    assert caught.value.retry_after == 3
    assert len(script.requests) == 3


def test_the_health_can_be_bad(script: ScriptedGateway) -> None:
    """The health check can fail by a status, and by a broken connection."""
    script.on(endpoint="health").fail(503, times=3)
    script.on(endpoint="health").fail("reset-before-headers", times=3)
    with script.client() as client:
        assert [client.health_check() for _ in range(3)] == [False, False, True]
    script.assert_all_used()


@pytest.mark.parametrize("way", [way for way in WAYS if "stream" in way])
@pytest.mark.parametrize("then", ["overloaded", 503, "reset-mid-body", "close_mid_body", "truncate"])
def test_a_stream_can_break_after_its_pieces(kit: Kit, way: str, then: str | int) -> None:
    """All data before a break arrives, and the error has it, in the same field in every dialect."""
    kit.gateway.stream(["Hel", "lo"], then=then)

    async def scenario(client: Any) -> None:
        with pytest.raises((StreamError, StatusError)) as caught:
            await ask(client, way)
        partial = caught.value.partial
        assert (partial.output_text if "responses" in way else partial.text) == "Hello"

    kit.run(scenario)
    assert len(kit.gateway.requests) == 1


def test_a_break_that_is_asked_whole_is_the_status_itself(script: ScriptedGateway) -> None:
    """A break inside a stream is the answer's status for a request that is not streamed."""
    script.stream(["Hel", "lo"], then="overloaded")
    with script.client(max_retries=0) as client, pytest.raises(sdk.OverloadedError):
        client.generate_content("openai/x", "Hi")


def test_a_stall_ends_by_the_clients_clock(script: ScriptedGateway) -> None:
    """A stalled stream is silent after its data, and the client's deadline ends it."""
    script.stream(["Hel", "lo"], then=fault("stall-mid-body"))
    client = script.client(timeout=Timeouts(idle=1))
    with pytest.raises(sdk.StreamStalledError) as caught, client.generate_content_stream("openai/x", "Hi") as stream:
        for _ in stream:
            pass
    assert (caught.value.limit, caught.value.partial.text) == ("idle", "Hello")


WHAT_HAPPENS: dict[str, type[GatewayError] | tuple[type[GatewayError], ...] | None] = {
    "refuse": sdk.ConnectError,
    "reset-before-headers": RequestError,
    "close-before-headers": RequestError,
    "stall-before-headers": sdk.TimeoutError,
    "trickle-headers": sdk.TimeoutError,
    "reset-mid-body": RequestError,
    "close-mid-body": RequestError,
    "stall-mid-body": sdk.TimeoutError,
    "trickle-comments": sdk.TimeoutError,
    "trickle-chunk-size": sdk.TimeoutError,
    "truncate": sdk.DecodingError,
    "missing-done": None,
    "malformed-chunk": RequestError,
    "malformed-event": sdk.DecodingError,
    "error-event": StatusError,
    "wrong-content-type": None,
    "oversized-event": None,
    "close-on-reuse": None,
}
"""What a client makes of each fault in a whole answer; None for an answer that is fine all the same."""
MORE = {"oversized-event": {"size": 1000}, "refuse": {"seconds": 30}}


def test_every_fault_is_in_the_table() -> None:
    """Every fault has a row in this table."""
    assert set(WHAT_HAPPENS) == set(KINDS) - {"answer", "status"}


@pytest.mark.parametrize("name", WHAT_HAPPENS)
def test_every_fault_on_the_wire_is_the_same_with_and_without_a_wire(kit: Kit, name: str) -> None:
    """The client's result of a fault is the same with and without a socket."""
    if name == "refuse":  # the first connection is closed unanswered, those that follow are refused
        kit.gateway.fail("close-before-headers")
    kit.gateway.fail(name, **MORE.get(name, {}))
    expected = WHAT_HAPPENS[name]

    async def scenario(client: Any) -> None:
        if expected is None:
            assert (await ask(client, "chat")).text.startswith("One two three")
            return
        with pytest.raises(expected) as caught:
            await ask(client, "chat")
        if name != "refuse":
            assert type(caught.value) is expected or expected is StatusError

    patience = 0.2 if expected is sdk.TimeoutError else 20
    kit.run(scenario, max_retries=2 if name == "refuse" else 0, timeout=Timeouts(response=patience))


def test_a_fault_has_its_parameters(script: ScriptedGateway) -> None:
    """A fault's parameters are given by keyword, or in a fault made beforehand."""
    script.fail("error_event", after=2, code=429)
    script.fail(fault("error-event", after=3, code=429))
    with script.client(max_retries=0) as client:
        for words in (["One "], ["One ", "two "]):
            with pytest.raises(RateLimitError), client.generate_content_stream("openai/x", "Hi") as stream:
                got = []
                for text in stream.text():
                    got.append(text)
            assert got == words
