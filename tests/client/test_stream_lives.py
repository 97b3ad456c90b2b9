"""The life of a stream: how it is entered and read, over a real socket."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from client.misbehaviour import reset, sends, stall
from client.reading import FINISH, HEL, ask, read_all, read_events, read_final, read_texts, run
from inference_gateway_sdk import (
    StreamError,
    StreamTruncatedError,
    Timeouts,
)
from support.server import DONE, GOOD, Connection, Request, chunk, event
from support.worlds import World

pytestmark = pytest.mark.wire


# Entering and reading


def test_nothing_is_sent_before_the_stream_is_entered(world: World) -> None:
    """A stream that is made and dropped costs nothing and gives no warning."""

    async def scenario(client: Any) -> None:
        ask(client)
        gc.collect()

    assert run(world, scenario, sends(*GOOD)).requests == []


def test_the_with_block_gives_the_stream_and_ends_it(world: World) -> None:
    """The stream is read inside the block; after it, only the data that was read is available."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            texts = [chunk.text for chunk in await read_all(stream)]
            assert await read_all(stream) == []
        assert texts == ["", "Hel", "lo", None, None]
        assert (await stream.final()).text == "Hello"
        with pytest.raises(RuntimeError, match="the stream is closed: read it inside its `with` block"):
            await read_all(stream)

    run(world, scenario, sends(*GOOD))


def test_a_stream_must_be_entered(world: World) -> None:
    """Each way to read a stream that was not entered raises an error that explains how to open it."""

    async def scenario(client: Any) -> None:
        for read in (read_all, read_final, read_texts, read_events):
            with pytest.raises(RuntimeError, match=r"the stream is not open: write `with client\."):
                await read(ask(client))
        with pytest.raises(RuntimeError, match="not open yet"):
            _ = ask(client).meta
        assert ask(client).partial() is None
        assert ask(client).turns == []

    assert run(world, scenario, sends(*GOOD)).requests == []


def test_a_stream_is_entered_once(world: World) -> None:
    """Entering again, while open or afterwards, is refused with advice."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            with pytest.raises(
                RuntimeError, match="this stream is open: a stream can be used only once, so make another call"
            ):
                await stream.__aenter__()
            assert len(await read_all(stream)) == 5
        with pytest.raises(RuntimeError, match="this stream is closed: a stream can be used only once"):
            await stream.__aenter__()

    assert len(run(world, scenario, sends(*GOOD)).requests) == 1


def test_a_stream_that_could_not_be_opened_is_closed(world: World) -> None:
    """After a refused entry there is nothing to read and nothing left open."""

    async def scenario(client: Any) -> None:
        stream = ask(client, max_retries=0)
        with pytest.raises(StreamTruncatedError):
            await stream.__aenter__()
        with pytest.raises(RuntimeError, match="the stream is not open: write `with client"):
            await read_all(stream)

    run(world, scenario, sends())


def test_closing_twice_is_fine(world: World) -> None:
    """A second close, inside or after the block, does nothing."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(RuntimeError, match="the stream is closed"):
                await read_all(stream)
        await stream.aclose()
        assert await client.health_check()

    run(world, scenario, sends(*HEL, end=stall))


# Views


def test_text_gives_the_pieces_of_text(world: World) -> None:
    """`text()` leaves out chunks without text, and the whole answer is available afterwards."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            assert await read_texts(stream) == ["Hel", "lo"]
            assert (await stream.final()).text == "Hello"

    run(world, scenario, sends(*GOOD))


def test_events_gives_the_raw_events(world: World) -> None:
    """`events()` yields every event, `[DONE]` and event names included, and folds them all the same."""
    named = b"event: delta\nretry: 9\n" + chunk("lo")

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            events = await read_events(stream)
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
    """A view continues where another stopped: nothing is read twice."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for text in stream.text():
                assert text == "Hel"
                break
            assert [chunk.text for chunk in await read_all(stream)] == ["lo", None, None]
            assert (await stream.final()).text == "Hello"

    run(world, scenario, sends(*GOOD))


# The whole answer, and parts of it


def test_final_before_the_loop_reads_the_stream(world: World) -> None:
    """`final()` drains the rest, may be called again, and leaves the loop nothing."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            first = await stream.final()
            assert (first.text, first.usage.total_tokens, first.complete) == ("Hello", 3, True)
            assert first.meta.status == 200
            assert await stream.final() == first
            assert await read_all(stream) == []

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


def test_final_after_leaving_early_raises(world: World) -> None:
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
    """The loop and `final()` raise the same error, with the partial answer."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            for read in (read_all, read_final, read_final):
                with pytest.raises(StreamTruncatedError) as caught:
                    await read(stream)
                assert caught.value.partial.text == "Hel"
                assert caught.value.partial.complete is False
                assert caught.value.meta.status == 200

    run(world, scenario, sends(*HEL))


def test_partial_is_the_fold_of_what_was_handed_over(world: World) -> None:
    """In mid-stream `partial()` and `turns` hold exactly the data handed to the reader, though more has arrived."""

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
    """Data that has arrived but was not handed over does not make an answer complete."""

    async def scenario(client: Any) -> None:
        async with ask(client) as stream:
            async for chunk_ in stream:
                if chunk_.text == "Hel":
                    break
            assert [(turn.text, turn.complete) for turn in stream.turns] == [("Hel", False)]

    run(world, scenario, sends(*GOOD))


def test_an_early_end_may_be_accepted(world: World) -> None:
    """`on_truncation="return"` ends the loop instead of raising, and marks the result as incomplete."""

    async def scenario(client: Any) -> None:
        async with ask(client, on_truncation="return") as stream:
            assert [chunk.text for chunk in await read_all(stream)] == ["", "Hel"]
            answer = await stream.final()
        assert (answer.text, answer.complete) == ("Hel", False)
        assert [turn.complete for turn in stream.turns] == [False]

    for ending in ({}, {"end": reset}):
        run(world, scenario, sends(*HEL, **ending))
    run(world, scenario, sends(*HEL, DONE))


def test_only_truncation_is_accepted(world: World) -> None:
    """`on_truncation="return"` does not hide an error inside the stream, nor a stall."""

    async def scenario(client: Any) -> None:
        for kind in ("error", "stall"):
            async with ask(client, on_truncation="return", user=kind, timeout=Timeouts(idle=0.2)) as stream:
                with pytest.raises(StreamError if kind == "stall" else Exception, match="busy|no content came"):
                    await read_all(stream)

    def serve(connection: Connection, request: Request) -> None:
        if request.json()["user"] == "stall":
            sends(*HEL, end=stall)(connection, request)
        else:
            sends(*HEL, event({"error": {"message": "busy", "code": 429}}))(connection, request)

    run(world, scenario, serve)


def test_without_assembly_nothing_is_kept(world: World) -> None:
    """`assemble=False` hands the chunks over and keeps nothing; a request for the whole raises with the reason."""

    async def scenario(client: Any) -> None:
        async with ask(client, assemble=False) as stream:
            assert await read_texts(stream) == ["Hel", "lo"]
            assert stream.partial() is None
            assert stream.turns == []
            with pytest.raises(RuntimeError, match="assemble=False"):
                await stream.final()

    run(world, scenario, sends(*GOOD))


def test_without_assembly_an_error_has_no_partial(world: World) -> None:
    """A broken stream raises with `assemble=False` too, without a partial answer."""

    async def scenario(client: Any) -> None:
        async with ask(client, assemble=False) as stream:
            with pytest.raises(StreamTruncatedError) as caught:
                await read_all(stream)
        assert caught.value.partial is None

    run(world, scenario, sends(*HEL))
