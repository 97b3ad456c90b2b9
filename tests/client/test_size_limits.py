"""The limits of memory: `max_body`, `max_event`, and the data buffered before the first content."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.well import gateway
from support.server import DONE, ROLE, Connection, Request, chunk, serving

if TYPE_CHECKING:
    from support.worlds import World

LARGE = 300_000
SILENT = chunk(choices=[], padding="p" * 10_000)


def _large(connection: Connection, _: Request) -> None:
    connection.json({"error": "x" * LARGE})


def _refuses(connection: Connection, _: Request) -> None:
    connection.json({"error": "x" * LARGE}, 422)


def _large_event(connection: Connection, _: Request) -> None:
    connection.events(ROLE, chunk("x" * LARGE), chunk(finish="stop"), DONE)


def _silent_then_text(connection: Connection, _: Request) -> None:
    connection.events(*[SILENT] * 300, ROLE, chunk("Hi"), chunk(finish="stop"), DONE)


def _silent_then_gone(connection: Connection, _: Request) -> None:
    connection.events(*[SILENT] * 300, end=False)
    connection.close()


def test_a_body_over_max_body_is_not_read(world: World) -> None:
    """The error has the limit and how to raise it, and a copy with a higher limit reads the same body."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.ResponseTooLargeError, match=f"larger than max_body={LARGE // 2} bytes") as caught:
            await client.generate_content("a/b", "hi")
        assert caught.value.limit == LARGE // 2
        assert "with_options()" in str(caught.value)
        assert caught.value.attempts == 1
        with pytest.raises(sdk.GatewayError) as caught:  # read whole, but not a chat completion
            await client.with_options(max_body=2 * LARGE).generate_content("a/b", "hi")
        assert not isinstance(caught.value, sdk.ResponseTooLargeError)

    with serving(_large) as server:
        world.with_client(scenario, server.url, max_body=LARGE // 2)


def test_a_refusal_over_max_body_keeps_its_status(world: World) -> None:
    """The status of an error response takes precedence over the size of its body."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.UnprocessableError):
            await client.generate_content("a/b", "hi")

    with serving(_refuses) as server:
        world.with_client(scenario, server.url, max_body=1000)


def test_an_event_over_max_event_ends_the_stream(world: World) -> None:
    """The error has the limit and how to raise it, and a copy with a higher limit reads the same event."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.StreamError, match=r"max_event=1000 bytes.*with_options"):
            async with client.generate_content_stream("a/b", "hi") as stream:
                await stream.final()
        async with client.with_options(max_event=2 * LARGE).generate_content_stream("a/b", "hi") as stream:
            assert len((await stream.final()).text) == LARGE

    with serving(_large_event) as server:
        world.with_client(scenario, server.url, max_event=1000)


def test_events_without_content_are_handed_over_when_they_become_many(world: World) -> None:
    """Three megabytes before content are not buffered: entering the block ends, and the answer is the same."""

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("a/b", "hi") as stream:
            held = len(stream.inner._open_stream.queue if world.blocking else stream._open_stream.queue)
            assert 0 < held < 200
            assert (await stream.final()).text == "Hi"

    with serving(_silent_then_text) as server:
        world.with_client(scenario, server.url)


def test_a_stream_that_breaks_after_many_empty_events_raises_while_reading(world: World) -> None:
    """Once events were handed over, a break is not retried."""

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("a/b", "hi") as stream:
            with pytest.raises(sdk.StreamTruncatedError):
                await stream.final()

    with serving(_silent_then_gone) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == 1


def test_the_rest_of_a_byte_stream_is_bounded_too(world: World) -> None:
    """`read()` of a byte stream keeps to `max_body`; iteration keeps nothing and has no limit."""

    async def scenario(client: Any) -> None:
        async with client.proxy_stream("openai", "x") as stream:
            with pytest.raises(sdk.ResponseTooLargeError, match="max_body=1000"):
                await stream.read()
        async with client.proxy_stream("openai", "x") as stream:
            assert sum([len(piece) async for piece in stream]) > LARGE

    with serving(_large) as server:
        world.with_client(scenario, server.url, max_body=1000)


@pytest.mark.parametrize("name", ["max_body", "max_event"])
def test_a_limit_that_is_not_a_size_is_refused(world: World, name: str) -> None:
    """A bad limit raises when the client is made, and the error names the argument."""
    for value, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), (None, TypeError)):
        with pytest.raises(error, match=name):
            world.client("http://127.0.0.1:1", **{name: value})


def test_the_limits_survive_pickling() -> None:
    """A client that is pickled keeps its limits."""
    with sdk.InferenceGatewayClient("http://127.0.0.1:1", max_body=1000, max_event=50) as client:
        copy = pickle.loads(pickle.dumps(client))
    with copy, serving(gateway) as server, pytest.raises(sdk.ResponseTooLargeError):
        sdk.InferenceGatewayClient(server.url, proxy=None, max_body=copy._settings.max_body // 100).list_models()
    assert (copy._settings.max_body, copy._settings.max_event) == (1000, 50)
