"""Calls with fallback: which routes are asked, in which order, and the answer or error in which they end."""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import sys
from typing import Any

import pytest

from failover.routes import CUT, SILENCE, STREAM, TEXT, URL, WHOLE, WORDS, Reply, Transport, event, refusal
from inference_gateway_sdk import (
    AllRoutesFailedError,
    BadRequestError,
    ConnectError,
    Fallback,
    InferenceGatewayClient,
    RateLimitError,
    Restarted,
    ServiceUnavailableError,
    StreamTruncatedError,
    TextDelta,
    TimeoutError,  # noqa: A004
    Timeouts,
    UnauthorizedError,
)
from inference_gateway_sdk.transport import NoResponse, NotSent, TruncatedResponse
from support.worlds import World, refused_unsent

A, B, C = "openai/a", "groq/b", "mistral/c"
DOWN = refusal(503, "down")


@pytest.fixture(params=["async", "blocking"])
def world(request: pytest.FixtureRequest) -> World:
    """Run a test with each of the two clients."""
    return World(request.param)


def ask(world: World, transport: Transport, *, fallback: Any = (B,), model: str = A, **options: Any) -> Any:
    """Make a chat, whole. Return the answer."""

    async def scenario(client: Any) -> Any:
        return await client.generate_content(model, "Hi", fallback=fallback, **options)

    return world.with_client(scenario, URL, **transport.options(world))


def stream(world: World, transport: Transport, view: str, *, fallback: Any = (B,), **options: Any) -> Any:
    """Read a streamed chat in one view. Return the items of the view, and the final answer."""

    async def scenario(client: Any) -> Any:
        async with client.generate_content_stream(A, "Hi", fallback=fallback, **options) as opened:
            items = []
            if view == "chunks":
                async for item in opened:
                    items.append(item.text)
            elif view != "final":
                async for item in getattr(opened, view)():
                    items.append(item)
            return items, await opened.final()

    return world.with_client(scenario, URL, **transport.options(world))


def test_the_next_route_answers(world: World) -> None:
    """A failing route is asked once more, as another one exists, and then the next one answers."""
    transport = Transport({A: [DOWN], B: [WHOLE]})
    reply = ask(world, transport)
    assert transport.models == [A, A, B]
    assert (reply.text, reply.meta.route, reply.meta.attempts) == (TEXT, B, 1)
    (tried,) = reply.meta.tried
    assert (tried.model, type(tried.error), tried.attempts, tried.usage) == (A, ServiceUnavailableError, 2, None)
    assert tried.seconds == pytest.approx(sum(transport.pauses))


def test_the_only_route_keeps_all_its_retries(world: World) -> None:
    """The last route has the attempts of the retry policy, and the error lists every route in order."""
    transport = Transport({A: [DOWN], B: [DOWN]})
    with pytest.raises(AllRoutesFailedError, match="no route answered: openai/a: Serv.*groq/b: Serv") as caught:
        ask(world, transport)
    assert transport.models == [A, A, B, B, B]
    assert [one.model for one in caught.value.tried] == [A, B]
    assert isinstance(caught.value.__cause__, ServiceUnavailableError)


def test_the_shortest_wait_is_in_the_summary() -> None:
    """The error of all routes has the shortest wait that one of them asked for."""
    late = refusal(429, headers=(("retry-after", "90"),))
    transport = Transport({A: [late], B: [refusal(429, "Please try again in 70s.")]})
    with pytest.raises(AllRoutesFailedError) as caught:
        ask(World("blocking"), transport)
    assert caught.value.retry_after == 70.0
    assert transport.models == [A, B]


def test_without_fallback_nothing_is_noted(world: World) -> None:
    """A call without fallback has neither route nor tried, and a copy switches the client's off."""
    transport = Transport({A: [WHOLE]})

    async def scenario(client: Any) -> Any:
        off = client.with_options(fallback=None)
        return await client.generate_content(A, "Hi"), await off.generate_content(A, "Hi")

    on, off = world.with_client(scenario, URL, fallback=[B], **transport.options(world))
    assert (on.meta.route, on.meta.tried) == (A, ())
    assert (off.meta.route, off.meta.tried) == (None, ())


MOVES = {
    "500": refusal(500),
    "502": refusal(502),
    "504": refusal(504),
    "529": refusal(529),
    "402": refusal(402, "Insufficient Balance"),
    "quota": refusal(429, "You exceeded your current quota", "insufficient_quota"),
    "429": refusal(429),
    "the 400 that is a timeout": refusal(400, "net/http: timeout awaiting response headers"),
    "200 that is an error": Reply(body=(b'{"error":{"message":"oops"}}',)),
    "200 without choices": Reply(body=(b'{"choices":[]}',)),
    "not JSON": Reply(body=(b"oops",)),
    "silence": Reply(seconds=1000.0),
    "closed early": Reply(failure=NoResponse("reset")),
    "cut off": Reply(body=(b"{", TruncatedResponse("cut"))),
    "key missing": refusal(400, "Provider requires an API key. Please configure the provider's API key."),
    "provider unknown": refusal(400, "Provider not found. Please check the list of supported providers."),
    "model not allowed": refusal(403, "Model not allowed. Please check the list of allowed models."),
    "model unknown": refusal(404, "The model `a` does not exist", "model_not_found"),
    "prefill": refusal(400, "This model does not support assistant message prefill."),
    "parameter": refusal(400, "Unsupported parameter: 'logit_bias'", "unsupported_parameter"),
    "overflow": refusal(400, "too long", "context_length_exceeded"),
}


@pytest.mark.parametrize("failure", MOVES)
def test_failures_that_another_route_may_cure(failure: str) -> None:
    """After these failures of the first route, the second one answers."""
    transport = Transport({A: [MOVES[failure]], B: [WHOLE]})
    reply = ask(World("async"), transport)
    assert (reply.meta.route, [one.model for one in reply.meta.tried]) == (B, [A])


STAYS: dict[str, tuple[Reply, type[Exception]]] = {
    "401": (refusal(401, "token required"), UnauthorizedError),
    "400": (refusal(400, "messages must not be empty"), BadRequestError),
    "content filter": (refusal(400, "bad", "content_policy_violation"), BadRequestError),
    "never sent": (Reply(failure=NotSent("refused")), ConnectError),
}


@pytest.mark.parametrize("failure", STAYS)
def test_failures_that_another_route_cannot_cure(failure: str) -> None:
    """After these failures no other route is asked, and the error is the route's own."""
    reply, kind = STAYS[failure]
    transport = Transport({A: [reply], B: [WHOLE]})
    with pytest.raises(kind) as caught:
        ask(World("async"), transport)
    assert B not in transport.models
    assert [one.model for one in caught.value.tried] == [A]


def test_a_content_filter_when_asked_for(world: World) -> None:
    """`on={"content_filter"}` goes on after a filter."""
    transport = Transport({A: [refusal(400, "bad", "content_filter")], B: [WHOLE]})
    assert ask(world, transport, fallback=Fallback(B, on={"content_filter"})).meta.route == B


def test_one_total_for_all_routes(world: World) -> None:
    """`total` covers all routes together, and then its error is raised."""
    slow = Reply(500, (b"{}",), seconds=4.0)
    transport = Transport({A: [slow], B: [slow], C: [WHOLE]})
    with pytest.raises(AllRoutesFailedError) as caught:
        ask(world, transport, fallback=[B, C], timeout=Timeouts(total=10.0))
    last = caught.value.tried[-1].error
    assert isinstance(last, TimeoutError)
    assert last.limit == "total"
    assert transport.now - 1000.0 <= 10.0 + 1e-6
    assert C not in transport.models


def test_a_short_wait_is_waited_for(world: World) -> None:
    """With prefer="order" a wait of two seconds is kept, and a longer one is not."""
    busy = refusal(429, "Please retry after 2 seconds.")
    transport = Transport({A: [busy, WHOLE], B: [WHOLE]})
    assert ask(world, transport).meta.route == A
    assert transport.pauses == [2.0]
    transport = Transport({A: [refusal(429, "Please retry after 3 seconds."), WHOLE], B: [WHOLE]})
    assert ask(world, transport).meta.route == B
    assert transport.pauses == []


def test_the_first_error_of_an_overflow(world: World) -> None:
    """If the prompt is too long everywhere, the first error is raised, and the others are in `tried`."""
    transport = Transport({A: [refusal(400, "first", "context_length_exceeded")], B: [DOWN]})
    with pytest.raises(BadRequestError, match="first") as caught:
        ask(world, transport)
    assert [type(one.error) for one in caught.value.tried] == [BadRequestError, ServiceUnavailableError]


@pytest.mark.parametrize("view", ["chunks", "text", "deltas", "events", "final"])
def test_every_view_of_a_stream(world: World, view: str) -> None:
    """A route that fails before its content is left unnoticed in every view."""
    transport = Transport({A: [DOWN], B: [STREAM]})
    _, final = stream(world, transport, view)
    assert (final.text, final.meta.route, len(final.meta.tried)) == (TEXT, B, 1)


@pytest.mark.parametrize("body", [
    CUT.body, (*map(event, WORDS[:2]), SILENCE), (event(WORDS[0]), b"data: oops\n\n"),
    (event(WORDS[0]), b'data: {"error":{"message":"overloaded","code":529}}\n\n'), (event(WORDS[0]),),
])  # fmt: skip
def test_final_moves_at_any_point(world: World, body: tuple[Any, ...]) -> None:
    """`final()` without a loop has handed nothing over: after a break in the middle, the next route answers."""
    transport = Transport({A: [Reply(body=body)], B: [STREAM]})
    _, final = stream(world, transport, "final")
    assert (final.text, final.complete, final.meta.route) == (TEXT, True, B)
    assert transport.models == [A, B]


@pytest.mark.parametrize("view", ["chunks", "text", "deltas", "events"])
def test_a_loop_commits(world: World, view: str) -> None:
    """After content was handed over, no other route is asked, and the partial answer is in the error."""
    transport = Transport({A: [CUT], B: [STREAM]})
    with pytest.raises(StreamTruncatedError) as caught:
        stream(world, transport, view)
    assert caught.value.partial.text == "".join(WORDS[:2])
    assert [one.model for one in caught.value.tried] == [A]
    assert transport.models == [A]


def test_restart(world: World) -> None:
    """With after_content="restart", `deltas()` begins anew, and shows it."""
    transport = Transport({A: [CUT], B: [STREAM]})
    deltas, final = stream(world, transport, "deltas", fallback=Fallback(B, after_content="restart"))
    texts = [delta.text for delta in deltas if isinstance(delta, TextDelta)]
    assert texts == [*WORDS[:2], *WORDS]
    assert deltas[2] == Restarted(B)
    assert (final.text, final.meta.route) == (TEXT, B)


@pytest.mark.parametrize("view", ["chunks", "text", "events"])
def test_views_that_cannot_show_a_restart(world: World, view: str) -> None:
    """Other views refuse after_content="restart", before anything is sent."""
    transport = Transport({A: [STREAM]})
    with pytest.raises(ValueError, match="cannot show a restart: use deltas"):
        stream(world, transport, view, fallback=Fallback(B, after_content="restart"))
    assert transport.asked == []


def test_a_stream_that_all_routes_break(world: World) -> None:
    """If every route breaks, `final()` raises the summary with the last partial answer."""
    transport = Transport({A: [CUT], B: [CUT]})
    with pytest.raises(AllRoutesFailedError) as caught:
        stream(world, transport, "final")
    assert caught.value.partial.text == "".join(WORDS[:2])
    assert [type(one.error) for one in caught.value.tried] == [StreamTruncatedError] * 2


def test_a_client_that_is_closed_asks_no_other_route(world: World) -> None:
    """Closing the client ends a stream without another request."""
    transport = Transport({A: [Reply(body=(event("x"), event("y")))], B: [STREAM]})

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream(A, "Hi", fallback=[B]) as opened:
            await client.aclose()
            with pytest.raises(StreamTruncatedError, match="the client was closed"):
                await opened.final()

    world.with_client(scenario, URL, **transport.options(world))
    assert transport.models == [A]


def test_iterators_are_read_once(world: World) -> None:
    """Messages and tools given as iterators reach every route."""
    transport = Transport({A: [DOWN], B: [WHOLE]})
    tool = {"type": "function", "function": {"name": "f"}}

    async def scenario(client: Any) -> Any:
        return await client.generate_content(A, iter(["Hi", "there"]), tools=iter([tool]), fallback=[B])

    assert world.with_client(scenario, URL, **transport.options(world)).meta.route == B
    first, last = transport.bodies[0], transport.bodies[-1]
    assert len(last["messages"]) == 2
    assert {**first, "model": B} == last


def test_the_breaker_spares_a_failing_route(world: World) -> None:
    """After two failed calls the next route is asked at once, and the first one is probed after its wait."""
    transport = Transport({A: [DOWN], B: [WHOLE]})

    async def scenario(client: Any) -> None:
        for _ in range(3):
            await client.generate_content(A, "Hi")
        assert transport.models == [A, A, B] * 2 + [B]
        (first, second) = client.routes() if world.name == "async" else client.inner.routes()
        assert (first.model, first.condition, first.last_error) == (A, "open", "ServiceUnavailableError")
        assert (second.model, second.condition, first.opens_in) == (B, "closed", 0.5)
        transport.now += 1.0
        transport.routes[A] = [WHOLE]
        assert (await client.generate_content(A, "Hi")).meta.route == A

    world.with_client(scenario, URL, fallback=[B], **transport.options(world))


def test_a_call_is_never_refused_unasked(world: World) -> None:
    """If every route is open, the one that opens soonest is asked."""
    transport = Transport({A: [refusal(429, headers=(("retry-after", "50"),))], B: [refusal(429, "try again in 40s")]})

    async def scenario(client: Any) -> Any:
        with pytest.raises(AllRoutesFailedError):
            await client.generate_content(A, "Hi")
        transport.routes = {A: [WHOLE], B: [WHOLE]}
        return await client.generate_content(A, "Hi")

    reply = world.with_client(scenario, URL, fallback=[B], max_retries=0, **transport.options(world))
    assert reply.meta.route == B


def test_a_model_that_refuses_tools_is_remembered(world: World) -> None:
    """A route that answered that it has no tools is not asked with tools again."""
    transport = Transport({A: [refusal(400, "registry/a does not support tools")], B: [WHOLE]})
    tools = [{"type": "function", "function": {"name": "f"}}]

    async def scenario(client: Any) -> None:
        for _ in range(2):
            assert (await client.generate_content(A, "Hi", tools=tools)).meta.route == B
        assert transport.models == [A, B, B]
        transport.routes[A] = [WHOLE]
        assert (await client.generate_content(A, "Hi")).meta.route == A

    world.with_client(scenario, URL, fallback=[B], **transport.options(world))


@pytest.mark.parametrize(("method", "provider"), [("create_message", "anthropic"), ("create_response", "openai")])
def test_endpoints_of_one_provider(method: str, provider: str) -> None:
    """Messages and Responses move only to models of the provider that serves them."""
    first, second = f"{provider}/a", f"{provider}/b"
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "b", "usage": usage}
    response = {"id": "r", "object": "response", "output": [], "model": "b", "status": "completed"}
    body = json.dumps(message if method == "create_message" else response).encode()
    transport = Transport({first: [DOWN], second: [Reply(body=(body,))]})
    world = World("async")

    async def scenario(client: Any) -> Any:
        limit = {"max_tokens": 9} if method == "create_message" else {}
        return await getattr(client, method)(first, "Hi", fallback=["groq/x", second], **limit)

    assert world.with_client(scenario, URL, **transport.options(world)).meta.route == second
    assert transport.models == [first, first, second]


BAD: list[tuple[Any, type[Exception], str]] = [
    ([], ValueError, r"fallback is empty: name at least one route, or write Fallback\(auto=True\)"),
    (["gpt-4o"], ValueError, r"fallback\[0\]: 'gpt-4o' has no provider: write 'provider/gpt-4o'"),
    ([B, "/x"], ValueError, r"fallback\[1\]: '/x' has no provider"),
    ([3], TypeError, r"fallback\[0\] must be a string"),
    ("groq/b", TypeError, r"fallback must be a list of models, a Fallback or None, got str: write \['groq/b'\]"),
    ({"a": 1}, TypeError, "fallback must be a list of models"),
    (7, TypeError, "fallback must be a list of models"),
]


@pytest.mark.parametrize(("value", "kind", "text"), BAD)
def test_bad_fallback(value: Any, kind: type[Exception], text: str) -> None:
    """A bad fallback is refused before anything is sent, in a call, in a copy and in a client."""
    refused_unsent(lambda client: client.generate_content(A, "Hi", fallback=value), kind, text)
    refused_unsent(lambda client: client.with_options(fallback=value), kind, text)
    with pytest.raises(kind, match=text):
        InferenceGatewayClient(URL, fallback=value)


@pytest.mark.parametrize(("options", "kind", "text"), [
    ({}, ValueError, "fallback is empty"),
    ({"auto": 1}, TypeError, "auto must be True or False"),
    ({"auto": True, "max_routes": 0}, ValueError, "max_routes must be at least 1"),
    ({"auto": True, "max_routes": "3"}, TypeError, "max_routes must be an integer"),
    ({"auto": True, "prefer": "best"}, ValueError, "prefer must be one of 'order', 'price', 'latency'"),
    ({"auto": True, "allow": "groq/*"}, TypeError, "allow must be a list of strings"),
    ({"auto": True, "deny": [1]}, TypeError, "deny must be a list of strings"),
    ({"auto": True, "needs": ["smell"]}, ValueError, "needs: 'smell' is unknown: choose from audio, image"),
    ({"auto": True, "price_factor": 0}, ValueError, "price_factor must be a positive number"),
    ({"auto": True, "cooldown": "1"}, TypeError, "cooldown must be a number"),
    ({"auto": True, "after_content": "go"}, ValueError, "after_content must be one of 'raise', 'restart'"),
    ({"auto": True, "on": ["timeout"]}, ValueError, "on: 'timeout' is unknown: choose from content_filter"),
])  # fmt: skip
def test_bad_arguments_of_fallback(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    """Each bad argument of `Fallback` is named."""
    with pytest.raises(kind, match=text):
        Fallback(**options)


@pytest.mark.parametrize("call", [
    lambda client: client.generate_image("a cat", model="openai/i", fallback=[B]),
    lambda client: client.create_speech("openai/t", "Hi", voice="a", fallback=[B]),
    lambda client: client.list_models(fallback=[B]),
])  # fmt: skip
def test_endpoints_without_fallback(call: Any) -> None:
    """An endpoint that cannot move refuses the option."""
    refused_unsent(call, TypeError, "fallback is not an option of this call: only chat completions")


def test_fallback_is_a_value() -> None:
    """A `Fallback` compares, pickles and prints, and a pickled client keeps it."""
    fallback = Fallback(B, C, auto=True, deny=["x/*"])
    assert pickle.loads(pickle.dumps(fallback)) == fallback
    assert {fallback, Fallback(B, C, auto=True, deny=["x/*"])} == {fallback}
    assert fallback != Fallback(B)
    assert repr(fallback) == "Fallback('groq/b', 'mistral/c', auto=True)"
    with InferenceGatewayClient(URL, fallback=fallback) as client, pickle.loads(pickle.dumps(client)) as copy:
        assert copy._settings.fallback == fallback


def test_off_imports_nothing() -> None:
    """A client without fallback imports neither the planner nor the routes."""
    code = (
        "import sys, inference_gateway_sdk as sdk\n"
        "with sdk.InferenceGatewayClient('http://127.0.0.1:9', max_retries=0, proxy=None) as client:\n"
        "    try: client.generate_content('openai/a', 'Hi')\n"
        "    except sdk.ConnectError: pass\n"
        "    with client.generate_content_stream('openai/a', 'Hi').__class__ and client: pass\n"
        "print([name for name in sys.modules if '_routing' in name or 'fallback' in name or name.endswith('routes')])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert run.stdout.strip() == "[]"


def test_a_limit_of_rate_without_a_wait_is_left_at_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A 429 without a wait is not repeated while another route may answer."""
    transport = Transport({A: [refusal(429)], B: [WHOLE]})
    with caplog.at_level(logging.WARNING):
        reply = ask(world, transport)
    assert (transport.models, transport.pauses) == ([A, B], [])
    assert isinstance(reply.meta.tried[0].error, RateLimitError)
    assert not caplog.records
