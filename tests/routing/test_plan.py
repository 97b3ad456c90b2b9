"""Properties of the plan of a call: it ends, within its bounds, whatever its routes do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failover.routes import SILENCE, STREAM, URL, WHOLE, AsyncTransport, BlockingTransport, Reply, Transport, event
from failover.routes import refusal as refused
from inference_gateway_sdk import Fallback, GatewayError, InferenceGatewayClient, Timeouts
from inference_gateway_sdk._client.runtime import Runtime
from inference_gateway_sdk._routing.candidates import ModelFacts, Request, misfit, select
from inference_gateway_sdk._wire.call import Target
from inference_gateway_sdk.transport import NoResponse, NotSent, TruncatedResponse

ROUTES = ("openai/a", "groq/b", "mistral/c", "cohere/d")
ENDS = st.sampled_from([
    WHOLE, STREAM, Reply(seconds=1000.0), Reply(failure=NoResponse("x")), Reply(failure=NotSent("x")),
    Reply(body=(event("x"), SILENCE)), Reply(body=(event("x"), TruncatedResponse("x"))), Reply(body=(b"oops",)),
    *(refused(status, seconds=late) for status in (400, 401, 404, 429, 500, 502, 503, 529) for late in (0.0, 3.0)),
    refused(429, "Please try again in 1.5s."), refused(503, "retry after 20 seconds"),
    refused(400, "x", "context_length_exceeded"), refused(400, "does not support tools"), refused(400, "prefill"),
    refused(400, "Provider not found."), refused(400, "x", "content_filter"), refused(402, "x"),
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(data=st.data(), routes=st.integers(1, 4), retries=st.integers(0, 4), calls=st.integers(1, 3))
def test_bounds_of_a_call(data: Any, routes: int, retries: int, calls: int) -> None:
    """For any ends: no more tries than routes x (1 + retries), no longer than `total`, and no probe is left over."""
    names = ROUTES[:routes]
    transport = Transport({name: data.draw(st.lists(ENDS, min_size=1, max_size=4)) for name in names})
    fallback = Fallback(*(names[1:] or names), prefer=data.draw(st.sampled_from(["order", "latency"])))
    with InferenceGatewayClient(
        URL, driver=BlockingTransport(transport), fallback=fallback, max_retries=retries, timeout=Timeouts(total=30.0)
    ) as client:
        client._with_runtime(Runtime(lambda: transport.now, lambda: transport.now, transport.pause, lambda: 0.5))
        for _ in range(calls):
            before, began, failure = len(transport.asked), transport.now, None
            try:
                if data.draw(st.booleans()):
                    client.generate_content(names[0], "Hi")
                else:
                    with client.generate_content_stream(names[0], "Hi") as stream:
                        stream.final()
            except GatewayError as error:
                failure = error
            assert failure is None or failure.tried
            assert len(transport.asked) - before <= routes * (1 + retries)
            assert transport.now - began <= 30.0 + 1e-6
            assert {one.condition for one in client.routes()} <= {"closed", "open", "half-open", "out"}


def test_the_drivers_of_both_clients() -> None:
    """Both transports of these tests share their routes."""
    transport = Transport()
    assert AsyncTransport(transport).inner is BlockingTransport(transport).inner


REQUEST = Request(path="/chat/completions", least_input=100, output=50, needs=frozenset({"text"}))


@pytest.mark.parametrize(("facts", "needs", "reason"), [
    (ModelFacts(), frozenset(), None),
    (ModelFacts(window=100), frozenset(), None),
    (ModelFacts(window=99), frozenset(), "the request has at least 100 tokens, and the context window 99"),
    (ModelFacts(accepts=frozenset({"text"})), frozenset({"image"}), "the model does not accept image"),
    (ModelFacts(accepts=frozenset({"text", "image"})), frozenset({"image", "tools"}), None),
    (ModelFacts(generates=frozenset({"image"})), frozenset(), "the model does not generate text"),
])  # fmt: skip
def test_misfits(facts: ModelFacts, needs: frozenset[str], reason: str | None) -> None:
    """A model is left out only for what is known about it."""
    assert misfit(Target.resolve("groq/b"), facts, REQUEST, needs=needs) == reason


@pytest.mark.parametrize(("path", "model", "fits"), [
    ("/messages", "anthropic/x", True), ("/messages", "groq/x", False),
    ("/responses", "openai/x", True), ("/responses", "anthropic/x", False),
    ("/chat/completions", "anthropic/x", True),
])  # fmt: skip
def test_endpoints(path: str, model: str, *, fits: bool) -> None:
    """Two endpoints are served for one provider each."""
    reason = misfit(Target.resolve(model), ModelFacts(), Request(path=path))
    assert (reason is None) is fits


def test_named_models_are_always_included() -> None:
    """`max_routes` bounds the added models, not the named ones."""
    fallback = Fallback("a/1", "a/2", "a/3", auto=True, max_routes=2)
    rows = select(Target.resolve("a/0"), fallback, REQUEST, {"a/4": ModelFacts()}, {})
    assert [(row[0].model, row[2]) for row in rows] == [
        ("a/0", None), ("a/1", None), ("a/2", None), ("a/3", None), ("a/4", "max_routes is reached"),
    ]  # fmt: skip


@pytest.mark.parametrize(("body", "needs"), [
    (b'{"messages":[{"role":"user","content":"\\"image_url\\": \\"tools\\":"}]}', {"text"}),
    (b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}', {"text", "image"}),
    (b'{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}', {"text", "audio"}),
    (b'{"messages":[{"role":"user","content":"x"}],"tools":[]}', {"text", "tools"}),
    (b'{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]}', {"text", "prefill"}),
])  # fmt: skip
def test_needs_of_a_request(body: bytes, needs: set[str]) -> None:
    """The needs of a request are read from its JSON, and never from the text inside its strings."""
    assert Request.read("/chat/completions", body).needs == needs


def test_sizes_of_a_request() -> None:
    """The lower bound of a request's tokens is an eighth of its bytes, and 85 for each image."""
    text = b'{"messages":[{"role":"user","content":"' + b"x" * 800 + b'"}],"max_tokens":7}'
    read = Request.read("/chat/completions", text)
    assert (read.least_input, read.output) == (len(text) // 8, 7)
    image = b'[{"image_url":{"url":"data:image/png;base64,' + b"A" * 9000 + b'"}}]'
    assert Request.read("/chat/completions", image).least_input == 85
