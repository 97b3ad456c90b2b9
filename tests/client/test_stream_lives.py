"""The life of a stream: how it is entered, read, left, broken, forgotten and closed, over a real socket."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
import warnings
from typing import Any

import pytest

from client.faults import drip, reset, sends, stall
from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    InferenceGatewayClient,
    SSEvents,
    StreamError,
    StreamTruncatedError,
    Timeouts,
)
from support.server import DONE, GOOD, ROLE, USAGE, Connection, Handler, Request, Server, chunk, event, serving
from support.worlds import World

pytestmark = pytest.mark.wire

HEL = [ROLE, chunk("Hel")]
FINISH = chunk(finish="stop")
SOON = 5.0  # seconds within which something must have happened that takes none


def gateway(serve: Handler) -> Handler:
    """A gateway that streams so and is healthy."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/health":
            connection.json({"message": "OK"})
        else:
            serve(connection, request)

    return handler


def run(world: World, scenario: Any, serve: Handler, **options: Any) -> Server:
    """Run a scenario with a client of a gateway that streams so; the server, to be asked what it saw."""
    with serving(gateway(serve)) as server:
        world.with_client(scenario, server.url, **options)
    return server


def ask(client: Any, **params: Any) -> Any:
    """One streamed chat."""
    return client.generate_content_stream("p/m", "hi", **params)


async def _all(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


# Entering and reading


def test_nothing_is_sent_before_the_stream_is_entered(world: World) -> None:
    """A stream that is made and dropped costs nothing and warns of nothing."""

    async def scenario(client: Any) -> None:
        ask(client)
        gc.collect()

    assert run(world, scenario, sends(*GOOD)).requests == []


def test_the_with_block_gives_the_stream_and_ends_it(world: World) -> None:
    """Inside the block the stream is read; after it, only what was read can be asked for."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            texts = [chunk.text for chunk in await _all(stream)]
            assert await _all(stream) == []
        assert texts == ["", "Hel", "lo", None, None]
        assert (await stream.final()).text == "Hello"
        with pytest.raises(RuntimeError, match="the stream is closed: read it inside its `with` block"):
            await _all(stream)

    run(world, scenario, sends(*GOOD))


def test_a_stream_must_be_entered(world: World) -> None:
    """Every way to read a stream that was not entered says how to open it."""

    async def scenario(client: Any) -> None:
        for read in (_all, _final, _texts, _events):
            with pytest.raises(RuntimeError, match=r"a stream is opened by its `with` block: write `with client\."):
                await read(ask(client))
        with pytest.raises(RuntimeError, match="not open yet"):
            _ = ask(client).meta
        assert ask(client).partial() is None
        assert ask(client).turns == []

    assert run(world, scenario, sends(*GOOD)).requests == []


async def _final(stream: Any) -> Any:
    return await stream.final()


async def _texts(stream: Any) -> list[str]:
    return [text async for text in stream.text()]


async def _events(stream: Any) -> list[SSEvents]:
    return [event async for event in stream.events()]


def test_a_stream_is_entered_once(world: World) -> None:
    """Entering again, while open or afterwards, is refused in words that say what to do."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(RuntimeError, match="this stream is open: a stream is used once, ask for another"):
                await stream.__aenter__()
            assert len(await _all(stream)) == 5
        with pytest.raises(RuntimeError, match="this stream is closed: a stream is used once"):
            await stream.__aenter__()

    assert len(run(world, scenario, sends(*GOOD)).requests) == 1


def test_a_stream_that_could_not_be_opened_is_closed(world: World) -> None:
    """After a refused entry there is nothing to read and nothing left open."""

    async def scenario(client: Any) -> None:
        stream = ask(client, max_retries=0)
        with pytest.raises(StreamTruncatedError):
            await stream.__aenter__()
        with pytest.raises(RuntimeError, match="opened by its `with` block"):
            await _all(stream)

    run(world, scenario, sends())


def test_closing_twice_is_fine(world: World) -> None:
    """A second close, inside or after the block, does nothing."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(RuntimeError, match="the stream is closed"):
                await _all(stream)
        await stream.aclose()
        assert await client.health_check()

    run(world, scenario, sends(*HEL, end=stall))


# Views


def test_text_gives_the_pieces_of_text(world: World) -> None:
    """`text()` leaves out chunks without text, and the whole answer is there afterwards."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            assert await _texts(stream) == ["Hel", "lo"]
            assert (await stream.final()).text == "Hello"

    run(world, scenario, sends(*GOOD))


def test_events_gives_the_raw_events(world: World) -> None:
    """`events()` shows what came, `[DONE]` and event names included, and folds it all the same."""
    named = b"event: delta\nretry: 9\n" + chunk("lo")

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            events = await _events(stream)
            assert (await stream.final()).text == "Hello"
        assert [event.data for event in events] == [
            *(data[6:-2].decode() for data in (*HEL, chunk("lo"), FINISH)),
            "[DONE]",
        ]
        assert (events[2].event, events[2].retry) == ("delta", 9)
        assert (events[0].event, events[0].retry) == (None, None)
        assert events[1].json()["choices"][0]["delta"] == {"content": "Hel"}

    run(world, scenario, sends(*HEL, named, FINISH, DONE))


def test_views_of_one_stream_share_its_place(world: World) -> None:
    """A view that is left goes on where another took over: nothing is read twice."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for text in stream.text():
                assert text == "Hel"
                break
            assert [chunk.text for chunk in await _all(stream)] == ["lo", None, None]
            assert (await stream.final()).text == "Hello"

    run(world, scenario, sends(*GOOD))


# The whole answer, and parts of it


def test_final_before_the_loop_reads_the_stream(world: World) -> None:
    """`final()` drains what was not read, may be asked again, and leaves the loop nothing."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            first = await stream.final()
            assert (first.text, first.usage.total_tokens, first.complete) == ("Hello", 3, True)
            assert first.meta.status == 200
            assert await stream.final() == first
            assert await _all(stream) == []

    run(world, scenario, sends(*GOOD))


def test_final_in_the_middle_reads_the_rest(world: World) -> None:
    """After some chunks `final()` has these and the rest."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for chunk_ in stream:
                if chunk_.text == "Hel":
                    break
            assert (await stream.final()).text == "Hello"

    run(world, scenario, sends(*GOOD))


def test_final_after_leaving_early_says_so(world: World) -> None:
    """A stream that was left before its end has no whole answer."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for _ in stream:
                break
        with pytest.raises(RuntimeError, match="the stream is closed"):
            await stream.final()
        assert stream.partial().text == ""

    run(world, scenario, sends(*HEL, end=stall))


def test_final_of_a_broken_stream_raises_what_broke_it(world: World) -> None:
    """The loop and `final()` raise the same error, with what had come."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            for read in (_all, _final, _final):
                with pytest.raises(StreamTruncatedError) as caught:
                    await read(stream)
                assert caught.value.partial.text == "Hel"
                assert caught.value.partial.complete is False
                assert caught.value.meta.status == 200

    run(world, scenario, sends(*HEL))


def test_partial_is_the_fold_of_what_was_handed_over(world: World) -> None:
    """In mid-stream `partial()` and `turns` have just what the reader was given, though more has arrived."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            assert stream.partial() is None
            text = ""
            async for chunk_ in stream:
                text += chunk_.text or ""
                partial = stream.partial()
                assert (partial.text, partial.complete) == (text, False)
                (turn,) = stream.turns
                assert turn.text == text
                assert (turn.usage is None) or turn.complete
            assert stream.turns == [await stream.final()]
            assert stream.turns[0].complete

    run(world, scenario, sends(*GOOD))


def test_a_turn_that_was_not_read_to_its_end_is_not_complete(world: World) -> None:
    """What has arrived but was not handed over does not make an answer complete."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for chunk_ in stream:
                if chunk_.text == "Hel":
                    break
            assert [(turn.text, turn.complete) for turn in stream.turns] == [("Hel", False)]

    run(world, scenario, sends(*GOOD))


def test_an_early_end_may_be_accepted(world: World) -> None:
    """`on_truncation="return"` ends the loop instead of raising, and the result says that it is not complete."""

    async def scenario(client: Any) -> None:
        async with ask(client, on_truncation="return") as stream:
            assert [chunk.text for chunk in await _all(stream)] == ["", "Hel"]
            answer = await stream.final()
        assert (answer.text, answer.complete) == ("Hel", False)
        assert [turn.complete for turn in stream.turns] == [False]

    for ending in ({}, {"end": reset}):
        run(world, scenario, sends(*HEL, **ending))
    run(world, scenario, sends(*HEL, DONE))


def test_only_truncation_is_accepted(world: World) -> None:
    """`on_truncation="return"` does not hide an error that came inside the stream, nor a stall."""

    async def scenario(client: Any) -> None:
        for kind in ("error", "stall"):
            async with ask(client, on_truncation="return", user=kind, timeout=Timeouts(idle=0.2)) as stream:
                with pytest.raises(StreamError if kind == "stall" else Exception, match="busy|no content came"):
                    await _all(stream)

    def serve(connection: Connection, request: Request) -> None:
        if request.json()["user"] == "stall":
            sends(*HEL, end=stall)(connection, request)
        else:
            sends(*HEL, event({"error": {"message": "busy", "code": 429}}))(connection, request)

    run(world, scenario, serve)


def test_without_assembly_nothing_is_kept(world: World) -> None:
    """`assemble=False` hands the chunks over and keeps nothing; asking for the whole says why there is none."""

    async def scenario(client: Any) -> None:
        async with ask(client, assemble=False) as stream:
            assert await _texts(stream) == ["Hel", "lo"]
            assert stream.partial() is None
            assert stream.turns == []
            with pytest.raises(RuntimeError, match="assemble=False"):
                await stream.final()

    run(world, scenario, sends(*GOOD))


def test_without_assembly_an_error_has_no_partial(world: World) -> None:
    """A broken stream is as broken with `assemble=False`, but nothing of it was kept."""

    async def scenario(client: Any) -> None:
        async with ask(client, assemble=False) as stream:
            with pytest.raises(StreamTruncatedError) as caught:
                await _all(stream)
        assert caught.value.partial is None

    run(world, scenario, sends(*HEL))


# Turns of the gateway's own tools


def _turn(id: str, text: str | None = None, tool: str | None = None, *, role: bool = True) -> list[bytes]:
    pieces = [chunk(delta={"role": "assistant"}, id=id)] if role else []
    if text is not None:
        pieces += [chunk(part, id=id) for part in text]
    if tool is not None:
        call = {"index": 0, "id": f"{tool}-id", "type": "function", "function": {"name": tool, "arguments": ""}}
        pieces.append(chunk(delta={"tool_calls": [call]}, id=id))
        pieces.append(chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, id=id))
    return [*pieces, chunk(finish="tool_calls" if tool else "stop", id=id)]


TURNS = {
    "two turns": [*_turn("a", tool="mcp_x"), *_turn("b", "Hi"), DONE],
    "two turns, the second without a role": [*_turn("a", tool="mcp_x"), *_turn("b", "Hi", role=False), DONE],
    "three turns, the tools' names restarting": [
        *_turn("a", tool="mcp_x"),
        *_turn("b", tool="mcp_x"),
        *_turn("c", "Hi"),
        DONE,
    ],
    "three turns with text before the calls": [
        *_turn("a", "Let", tool="search"),
        *_turn("b", "me", tool="search"),
        *_turn("c", "Hi"),
        DONE,
    ],
    "three turns under the same id": [*_turn("a", tool="x"), *_turn("a", tool="y"), *_turn("a", "Hi"), DONE],
    "three turns without ids": [*_turn("", tool="x"), *_turn("", tool="y"), *_turn("", "Hi"), DONE],
    "two turns, each in one chunk": [
        chunk(None, "tool_calls", id="a", delta={"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}),
        chunk("Hi", "stop", id="b"),
        DONE,
    ],
    "usage kept in the last turn": [*_turn("a", tool="mcp_x"), *_turn("c1", "Hi"), USAGE, DONE],
}


@pytest.mark.parametrize("name", TURNS)
def test_each_turn_is_an_answer_and_the_last_is_final(world: World, name: str) -> None:
    """Turns of one stream are kept apart; the calls of those before the last were run by the gateway."""
    pieces = TURNS[name]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            await _all(stream)
            turns, final = stream.turns, await stream.final()
        assert len(turns) == (3 if "three" in name else 2)
        assert final == turns[-1]
        assert (final.text, final.tool_calls, final.complete) == ("Hi", [], True)
        assert final.usage is None or final.usage.total_tokens == 3
        assert (final.usage is None) == ("usage" not in name)
        for turn in turns[:-1]:
            assert [(call.ran_on_gateway, call.function.arguments) for call in turn.tool_calls] == [(True, "{}")]

    run(world, scenario, sends(*pieces))


def test_tool_calls_of_the_last_turn_are_the_readers_to_run(world: World) -> None:
    """Whatever their names say, calls that no other turn follows were not run."""
    pieces = [*_turn("a", tool="mcp_x"), *_turn("b", tool="mcp_y"), DONE]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            final = await stream.final()
            assert [call.ran_on_gateway for call in stream.turns[0].tool_calls] == [True]
        assert [(call.function.name, call.ran_on_gateway) for call in final.tool_calls] == [("mcp_y", False)]

    run(world, scenario, sends(*pieces))


def test_a_turn_that_breaks_is_a_broken_stream(world: World) -> None:
    """When a further turn was begun, the stream is whole only with its end; the turns before it are kept."""
    pieces = [*_turn("a", tool="mcp_x"), *_turn("b", "Hi")[:2]]

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(StreamTruncatedError) as caught:
                await _all(stream)
            assert [turn.complete for turn in stream.turns] == [True, False]
        assert caught.value.partial.text == "H"

    run(world, scenario, sends(*pieces))


def test_an_error_after_a_turn_with_tools_is_not_swallowed(world: World) -> None:
    """The gateway may fail to go on after its tools ran: the finished turn does not make that a success."""
    error = event({"error": {"message": "the follow-up failed", "code": 502}})

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(Exception, match="the follow-up failed") as caught:
                await _all(stream)
        assert [call.function.name for call in caught.value.partial.tool_calls] == ["mcp_x"]

    run(world, scenario, sends(*_turn("a", tool="mcp_x"), error, DONE))


# Leaving


def test_leaving_early_drains_a_short_rest(world: World) -> None:
    """What is left and has arrived is read, so that the connection serves the next request."""

    async def scenario(client: Any) -> None:
        for _ in range(3):
            async with ask(client) as stream:
                async for _ in stream:
                    break

    assert run(world, scenario, sends(*GOOD)).connections == 1


@pytest.mark.parametrize(
    "serve",
    [sends(*HEL, end=stall), sends(*HEL, end=drip(chunk("more"))), sends(*HEL, chunk("x" * 2_000_000), end=stall)],
    ids=["silence", "endless", "much"],
)
def test_leaving_early_does_not_wait_for_the_rest(world: World, serve: Handler) -> None:
    """A rest that is long or does not come is not waited for: the connection is closed, and the server notices."""
    gone = threading.Event()

    def watched(connection: Connection, request: Request) -> None:
        try:
            serve(connection, request)
        finally:
            gone.set()

    async def scenario(client: Any) -> None:
        start = time.monotonic()
        async with ask(client) as stream:
            async for _ in stream:
                break
        assert time.monotonic() - start < SOON
        await asyncio.sleep(0)
        assert await client.health_check()
        assert await asyncio.to_thread(gone.wait, SOON)

    assert run(world, scenario, watched).connections == 2


def test_an_exception_in_the_body_closes_the_stream(world: World) -> None:
    """The reader's own error comes out as it is, and the connection is closed at once."""

    async def scenario(client: Any) -> None:
        with pytest.raises(LookupError, match="mine"):
            async with ask(client) as stream:
                async for _ in stream:
                    raise LookupError("mine")
        with pytest.raises(RuntimeError, match="the stream is closed"):
            await _all(stream)
        assert await client.health_check()

    assert run(world, scenario, sends(*HEL, end=stall)).connections == 2


def test_an_exception_after_the_end_does_not_cost_the_connection(world: World) -> None:
    """An answer that was read whole has given its connection back already."""

    async def scenario(client: Any) -> None:
        with pytest.raises(LookupError):
            async with ask(client) as stream:
                await _all(stream)
                raise LookupError
        assert await client.health_check()

    assert run(world, scenario, sends(*GOOD)).connections == 1


def test_closing_the_client_ends_its_open_streams(world: World) -> None:
    """A stream that is open when its client closes ends with an error that says so, and has what had come."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for _ in stream:
                break
            await client.aclose()
            with pytest.raises(StreamTruncatedError, match="the client was closed while the stream was open") as caught:
                await _all(stream)
            assert caught.value.partial.text == "Hel"
        with pytest.raises(RuntimeError, match="the client is closed"):
            async with ask(client):
                pass
        await client.aclose()

    run(world, scenario, sends(*HEL, end=stall))


def test_a_copy_shares_the_clients_end(world: World) -> None:
    """Closing a client closes its copies, which share its connections."""

    async def scenario(client: Any) -> None:
        copy = client.with_options(max_retries=0)
        await client.aclose()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await copy.list_models()

    run(world, scenario, sends(*GOOD))


# Forgetting


def _forget(make: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
        gc.collect()
    return [warning for warning in caught if issubclass(warning.category, ResourceWarning)]


def test_a_forgotten_stream_is_warned_of_once_with_its_line() -> None:
    """A stream that was entered and dropped gives one ResourceWarning that names where it was asked for."""
    with (
        serving(gateway(sends(*HEL, end=stall))) as server,
        InferenceGatewayClient(server.url, proxy=None) as client,
    ):

        def forget() -> None:
            stream = ask(client)
            stream.__enter__()
            next(iter(stream))

        (warning,) = _forget(forget)
        line = ask.__code__.co_firstlineno + 2
        assert str(warning.message) == f"unclosed stream, opened at {__file__}:{line}"
        assert client.health_check()
    assert server.connections == 2


def test_a_forgotten_async_stream_is_warned_of_once_with_its_line() -> None:
    """The same in the async client, whose loop then closes the connection."""

    async def scenario(url: str) -> list[warnings.WarningMessage]:
        async with AsyncInferenceGatewayClient(url, proxy=None) as client:
            stream = ask(client)
            await stream.__aenter__()
            holder = [stream]
            del stream
            found = _forget(holder.clear)
            await asyncio.sleep(0.05)
            assert await client.health_check()
            return found

    with serving(gateway(sends(*HEL, end=stall))) as server:
        (warning,) = asyncio.run(scenario(server.url), debug=True)
    line = ask.__code__.co_firstlineno + 2
    assert str(warning.message) == f"unclosed stream, opened at {__file__}:{line}"


@pytest.mark.parametrize("serve", [sends(*GOOD), sends(*HEL)], ids=["whole", "broken"])
def test_a_stream_that_was_read_to_its_end_is_not_missed(serve: Handler) -> None:
    """Without a `with` block but read to its end, a stream holds nothing that would be worth a warning."""
    with serving(gateway(serve)) as server, InferenceGatewayClient(server.url, proxy=None) as client:

        def read() -> None:
            stream = ask(client, on_truncation="return")
            stream.__enter__()
            assert list(stream)

        assert _forget(read) == []


# Interrupting


def test_a_cancelled_reader_closes_its_stream() -> None:
    """Cancellation passes through a read as it is; the connection is closed and the client works on."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        reading = asyncio.Event()

        async def read() -> None:
            async with ask(client) as stream:
                async for chunk_ in stream:
                    if chunk_.text == "Hel":
                        reading.set()

        task = asyncio.create_task(read())
        await reading.wait()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.health_check()

    assert run(World("async"), scenario, sends(*HEL, end=stall)).connections == 2


@pytest.mark.parametrize("serve", [lambda c, r: c.stall(), sends(ROLE, end=stall)], ids=["no head", "no content"])
def test_a_cancelled_entry_leaves_nothing_open(serve: Handler) -> None:
    """Cancelled before the first content, a stream was never open and its connection is closed."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        stream = ask(client)
        task = asyncio.create_task(stream.__aenter__())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RuntimeError, match="this stream is closed"):
            await stream.__aenter__()
        assert await client.health_check()

    assert run(World("async"), scenario, serve).connections == 2


def test_a_timeout_of_the_users_own_passes_through() -> None:
    """`asyncio.timeout` around a read ends it as usual, not as an error of ours."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1), ask(client) as stream:
                await _all(stream)
        assert type(caught.value) is TimeoutError
        assert await client.health_check()

    assert run(World("async"), scenario, sends(*HEL, end=stall)).connections == 2


def _interrupting(*pieces: bytes) -> Handler:
    """A gateway that presses Ctrl-C once these have been sent."""

    def serve(connection: Connection, request: Request) -> None:
        connection.events(*pieces, end=False)
        connection.pause(0.1)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        connection.stall()

    return gateway(serve)


@pytest.mark.parametrize("pieces", [(), tuple(HEL)], ids=["while entering", "while reading"])
def test_ctrl_c_passes_through_a_blocking_read(pieces: tuple[bytes, ...]) -> None:
    """KeyboardInterrupt comes out of a waiting read at once; the connection is closed and the client works on."""
    with serving(_interrupting(*pieces)) as server, InferenceGatewayClient(server.url, proxy=None) as client:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt), ask(client) as stream:
            for _ in stream:
                pass
        assert time.monotonic() - start < SOON
        assert client.health_check()
    assert server.connections == 2


def test_ctrl_c_during_a_read_that_goes_on_loses_the_stream_not_the_client() -> None:
    """Caught inside the block, the interrupt leaves a stream that says it is broken instead of one with a gap."""
    with serving(_interrupting(*HEL)) as server, InferenceGatewayClient(server.url, proxy=None) as client:
        with ask(client) as stream:
            with pytest.raises(KeyboardInterrupt):
                for _ in stream:
                    pass
            with pytest.raises((StreamError, RuntimeError)):
                next(iter(stream))
        assert client.health_check()


def test_ctrl_c_ends_an_async_program_in_order() -> None:
    """`asyncio.run` turns Ctrl-C into a cancellation: the stream and the client close on the way out."""

    async def scenario(url: str) -> None:
        async with AsyncInferenceGatewayClient(url, proxy=None) as client, ask(client) as stream:
            await _all(stream)

    with serving(_interrupting(*HEL)) as server, pytest.raises(KeyboardInterrupt):
        asyncio.run(scenario(server.url), debug=True)


# Two readers


def test_a_second_task_cannot_read_at_the_same_time() -> None:
    """The second reader gets a clear error; the first is not disturbed."""
    go_on = threading.Event()

    def serve(connection: Connection, request: Request) -> None:
        connection.events(*HEL, end=False)
        assert go_on.wait(SOON)
        for piece in (chunk("lo"), FINISH, DONE):
            connection.chunk(piece)
        connection.end()

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        async with ask(client) as stream:
            first = asyncio.create_task(_texts(stream))
            await asyncio.sleep(0.1)
            with pytest.raises(RuntimeError, match="read by another task or thread: one reader at a time"):
                await _all(stream)
            go_on.set()
            assert await first == ["Hel", "lo"]

    run(World("async"), scenario, serve)


def test_a_second_thread_cannot_read_at_the_same_time() -> None:
    """The same between threads of the blocking client."""
    go_on = threading.Event()

    def serve(connection: Connection, request: Request) -> None:
        connection.events(*HEL, end=False)
        assert go_on.wait(SOON)
        for piece in (chunk("lo"), FINISH, DONE):
            connection.chunk(piece)
        connection.end()

    with serving(serve) as server, InferenceGatewayClient(server.url, proxy=None) as client, ask(client) as stream:
        texts: list[str] = []
        first = threading.Thread(target=lambda: texts.extend(stream.text()))
        first.start()
        deadline = time.monotonic() + SOON
        while len(texts) < 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        with pytest.raises(RuntimeError, match="one reader at a time"):
            list(stream)
        go_on.set()
        first.join(SOON)
        assert texts == ["Hel", "lo"]


def test_a_stream_may_be_closed_under_its_reader() -> None:
    """Closing from another task ends a read that is under way, with an error that says so."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        async with ask(client) as stream:
            reader = asyncio.create_task(_all(stream))
            await asyncio.sleep(0.05)
        with pytest.raises(StreamError, match="the stream was closed"):
            await asyncio.wait_for(reader, SOON)
        assert await client.health_check()

    run(World("async"), scenario, sends(*HEL, end=stall))


def test_a_stream_may_be_closed_under_its_reading_thread() -> None:
    """The same from another thread of the blocking client: the waiting thread wakes."""
    with (
        serving(gateway(sends(*HEL, end=stall))) as server,
        InferenceGatewayClient(server.url, proxy=None) as client,
    ):
        errors: list[BaseException] = []

        def read() -> None:
            try:
                list(stream)
            except StreamError as error:
                errors.append(error)

        with ask(client) as stream:
            reader = threading.Thread(target=read)
            reader.start()
            time.sleep(0.1)
        reader.join(SOON)
        assert not reader.is_alive()
        assert "the stream was closed" in str(errors[0])
        assert client.health_check()
