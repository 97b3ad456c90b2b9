"""The ends of a stream: left, closed, collected, interrupted, or read by two readers."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
import warnings
from typing import Any

import pytest

from client.misbehaviour import drip, sends, stall
from client.reading import FINISH, HEL, SOON, ask, gateway, read_all, read_texts, run
from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    InferenceGatewayClient,
    StreamError,
    StreamTruncatedError,
)
from support.server import DONE, GOOD, ROLE, Connection, Handler, Request, chunk, serving
from support.worlds import World

pytestmark = pytest.mark.wire


# Leaving


def test_leaving_early_drains_a_short_rest(world: World) -> None:
    """Data that has arrived is drained, so that the connection serves the next request."""

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
    """A long or late rest is not waited for: the connection is closed, and the server notices."""
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
    """The reader's own error propagates unchanged, and the connection is closed at once."""

    async def scenario(client: Any) -> None:
        with pytest.raises(LookupError, match="mine"):
            async with ask(client) as stream:
                async for _ in stream:
                    raise LookupError("mine")
        with pytest.raises(RuntimeError, match="the stream is closed"):
            await read_all(stream)
        assert await client.health_check()

    assert run(world, scenario, sends(*HEL, end=stall)).connections == 2


def test_an_exception_after_the_end_does_not_cost_the_connection(world: World) -> None:
    """An answer that was read whole has already returned its connection."""

    async def scenario(client: Any) -> None:
        with pytest.raises(LookupError):
            async with ask(client) as stream:
                await read_all(stream)
                raise LookupError
        assert await client.health_check()

    assert run(world, scenario, sends(*GOOD)).connections == 1


def test_closing_the_client_ends_its_open_streams(world: World) -> None:
    """A stream that is open when its client closes ends with a clear error, and keeps its partial answer."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for _ in stream:
                break
            await client.aclose()
            with pytest.raises(StreamTruncatedError, match="the client was closed while the stream was open") as caught:
                await read_all(stream)
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


# Collection


def _forget(make: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
        gc.collect()
    return [warning for warning in caught if issubclass(warning.category, ResourceWarning)]


def test_a_forgotten_stream_is_warned_of_once_with_its_line() -> None:
    """A stream that was entered and dropped gives one ResourceWarning with the place of its creation."""
    with (
        serving(gateway(sends(*HEL, end=stall))) as server,
        InferenceGatewayClient(server.url, proxy=None) as client,
    ):

        def forget() -> None:
            stream = ask(client)
            stream.__enter__()
            next(iter(stream))

        (warning,) = _forget(forget)
        code = ask.__code__
        assert str(warning.message) == f"unclosed stream, opened at {code.co_filename}:{code.co_firstlineno + 2}"
        assert client.health_check()
    assert server.connections == 2


def test_a_forgotten_async_stream_is_warned_of_once_with_its_line() -> None:
    """A dropped stream of the async client warns too, and its loop closes the connection."""

    async def scenario(url: str) -> list[warnings.WarningMessage]:
        async with AsyncInferenceGatewayClient(url, proxy=None) as client:
            stream = ask(client)
            await stream.__aenter__()
            holder = [stream]
            del stream
            found = _forget(holder.clear)
            end = asyncio.get_running_loop().time() + SOON
            while server.open_connections:
                assert asyncio.get_running_loop().time() < end, "the stream's connection is still open"
                await asyncio.sleep(0.005)
            assert await client.health_check()
            return found

    with serving(gateway(sends(*HEL, end=stall))) as server:
        (warning,) = asyncio.run(scenario(server.url), debug=True)
    code = ask.__code__
    assert str(warning.message) == f"unclosed stream, opened at {code.co_filename}:{code.co_firstlineno + 2}"


@pytest.mark.parametrize("serve", [sends(*GOOD), sends(*HEL)], ids=["whole", "broken"])
def test_a_stream_that_was_read_to_its_end_is_not_missed(serve: Handler) -> None:
    """A stream without a `with` block that was read to its end gives no warning."""
    with serving(gateway(serve)) as server, InferenceGatewayClient(server.url, proxy=None) as client:

        def read() -> None:
            stream = ask(client, on_truncation="return")
            stream.__enter__()
            assert list(stream)

        assert _forget(read) == []


# Interrupts


def test_a_cancelled_reader_closes_its_stream() -> None:
    """Cancellation passes through a read unchanged; the connection is closed and the client stays usable."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        reading = asyncio.Event()

        async def read() -> None:
            async with ask(client) as stream:
                async for chunk_ in stream:
                    if chunk_.text == "Hel":
                        reading.set()

        task = asyncio.create_task(read())
        await reading.wait()  # set by the reader, which then runs until it waits
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.health_check()

    assert run(World("async"), scenario, sends(*HEL, end=stall)).connections == 2


@pytest.mark.parametrize("serve", [lambda c, r: c.stall(), sends(ROLE, end=stall)], ids=["no head", "no content"])
def test_a_cancelled_entry_leaves_nothing_open(serve: Handler) -> None:
    """A stream cancelled before the first content was never open, and its connection is closed."""
    asked = threading.Event()

    def watched(connection: Connection, request: Request) -> None:
        asked.set()
        serve(connection, request)

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        stream = ask(client)
        task = asyncio.create_task(stream.__aenter__())
        assert await asyncio.to_thread(asked.wait, SOON)
        await asyncio.sleep(0.05)  # until the head is read, where there is one
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RuntimeError, match="this stream is closed"):
            await stream.__aenter__()
        assert await client.health_check()

    assert run(World("async"), scenario, watched).connections == 2


def test_a_timeout_of_the_users_own_passes_through() -> None:
    """`asyncio.timeout` around a read ends it as usual, not as an error of the package."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.5), ask(client) as stream:
                await read_all(stream)
        assert type(caught.value) is TimeoutError
        assert await client.health_check()

    assert run(World("async"), scenario, sends(*HEL, end=stall)).connections == 2


def _interrupting(*pieces: bytes, read: threading.Event | None = None) -> Handler:
    """Return a gateway that presses Ctrl-C once the events have been sent, and `read` is set."""

    def serve(connection: Connection, request: Request) -> None:
        connection.events(*pieces, end=False)
        assert read is None or read.wait(SOON)
        connection.pause(0.1)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        connection.stall()

    return gateway(serve)


@pytest.mark.parametrize("pieces", [(), tuple(HEL)], ids=["while entering", "while reading"])
def test_ctrl_c_passes_through_a_blocking_read(pieces: tuple[bytes, ...]) -> None:
    """KeyboardInterrupt leaves a waiting read at once; the connection is closed and the client stays usable."""
    with serving(_interrupting(*pieces)) as server, InferenceGatewayClient(server.url, proxy=None) as client:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt), ask(client) as stream:
            for _ in stream:
                pass
        assert time.monotonic() - start < SOON
        assert client.health_check()
    assert server.connections == 2


def test_ctrl_c_during_a_read_that_goes_on_loses_the_stream_not_the_client() -> None:
    """A stream whose interrupt was caught inside the block reports that it is broken, instead of leaving a gap."""
    read = threading.Event()
    with serving(_interrupting(*HEL, read=read)) as server, InferenceGatewayClient(server.url, proxy=None) as client:
        with ask(client) as stream:
            with pytest.raises(KeyboardInterrupt):
                for _ in stream:
                    read.set()
            with pytest.raises((StreamError, RuntimeError)):
                next(iter(stream))
        assert client.health_check()


def test_ctrl_c_ends_an_async_program_in_order() -> None:
    """`asyncio.run` turns Ctrl-C into a cancellation: the stream and the client close on the way out."""

    async def scenario(url: str) -> None:
        async with AsyncInferenceGatewayClient(url, proxy=None) as client, ask(client) as stream:
            await read_all(stream)

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
            first = asyncio.create_task(read_texts(stream))
            await asyncio.sleep(0)  # the first reader runs until it waits
            with pytest.raises(RuntimeError, match="read by another task or thread: one reader at a time"):
                await read_all(stream)
            go_on.set()
            assert await first == ["Hel", "lo"]

    run(World("async"), scenario, serve)


def test_a_second_thread_cannot_read_at_the_same_time() -> None:
    """A second reader in another thread of the blocking client gets the same error."""
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
        time.sleep(0.05)  # until the thread waits for the next chunk
        with pytest.raises(RuntimeError, match="one reader at a time"):
            list(stream)
        go_on.set()
        first.join(SOON)
        assert texts == ["Hel", "lo"]


def test_a_stream_may_be_closed_under_its_reader() -> None:
    """Closing from another task ends a running read with a clear error."""

    async def scenario(client: AsyncInferenceGatewayClient) -> None:
        async with ask(client) as stream:
            reader = asyncio.create_task(read_all(stream))
            await asyncio.sleep(0)  # the reader runs until it waits
        with pytest.raises(StreamError, match="the stream was closed"):
            await asyncio.wait_for(reader, SOON)
        assert await client.health_check()

    run(World("async"), scenario, sends(*HEL, end=stall))


def test_a_stream_may_be_closed_under_its_reading_thread() -> None:
    """Closing from another thread of the blocking client wakes the thread that waits."""
    with (
        serving(gateway(sends(*HEL, end=stall))) as server,
        InferenceGatewayClient(server.url, proxy=None) as client,
    ):
        errors: list[BaseException] = []
        begun = threading.Event()

        def read() -> None:
            try:
                for _ in stream:
                    begun.set()
            except StreamError as error:
                errors.append(error)

        with ask(client) as stream:
            reader = threading.Thread(target=read)
            reader.start()
            assert begun.wait(SOON)
            time.sleep(0.1)  # until the thread waits for the next chunk
        reader.join(SOON)
        assert not reader.is_alive()
        assert "the stream was closed" in str(errors[0])
        assert client.health_check()
