"""Watchers: the facts that they receive about a call, and the cost of having none."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from client.faulty_transport import HANG, STREAM, WHOLE, AsyncTransport, Attempt, BlockingTransport
from client.invented import Invented
from inference_gateway_sdk import (
    CallBegan,
    CallEnded,
    InferenceGatewayClient,
    ServiceUnavailableError,
    StreamTruncatedError,
    Usage,
    Watcher,
)
from support.server import DONE, GOOD, USAGE, chunk, event

if TYPE_CHECKING:
    from support.worlds import World

URL = "http://gateway.invalid"


class Seen(Watcher):
    """A watcher that keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[CallBegan] = []
        self.contents: list[float] = []
        self.ends: list[CallEnded] = []

    def began(self, call: CallBegan, /) -> object:
        self.calls.append(call)
        return len(self.calls) - 1

    def content(self, state: Any, seconds: float, /) -> None:
        self.contents.append(seconds)

    def ended(self, state: Any, call: CallEnded, /) -> None:
        assert call.began is self.calls[state]
        self.ends.append(call)

    @property
    def end(self) -> CallEnded:
        (only,) = self.ends
        return only


def run(world: World, scenario: Any, *plan: Attempt, **options: Any) -> Any:
    """Run a scenario over a client whose requests go as planned."""
    transport = (BlockingTransport if world.blocking else AsyncTransport)([*plan])
    options.setdefault("_runtime", Invented().runtime(world))
    return world.with_client(scenario, URL, driver=transport, **options)


def json_attempt(value: object, status: int = 200) -> Attempt:
    """Return a response with a JSON body."""
    return Attempt(status=status, body=(json.dumps(value).encode(),))


async def whole(client: Any) -> Any:
    """Make a chat that is not streamed."""
    return await client.generate_content("openai/gpt-4o", "Hi")


async def streamed(client: Any) -> Any:
    """Make a streamed chat."""
    async with client.generate_content_stream("openai/gpt-4o", "Hi") as stream:
        return await stream.final()


def test_a_whole_call_is_reported(world: World) -> None:
    """A call that needed two attempts is one call, with its result, usage and metadata."""
    seen = Seen()
    answer = run(world, whole, json_attempt({"error": "busy"}, 503), WHOLE, watchers=[seen], tags={"team": "search"})
    (began,) = seen.calls
    assert (began.operation, began.method, began.path) == ("chat", "POST", "/chat/completions")
    assert (began.provider, began.model, began.stream, began.parent) == ("openai", "openai/gpt-4o", False, None)
    assert began.tags == {"team": "search"}
    end = seen.end
    assert (end.end, end.error, end.attempts, end.chunks) == ("whole", None, 2, 0)
    assert end.usage == Usage(input=1, output=2) and end.result is answer and end.meta == answer.meta
    assert seen.contents == [] and end.first_content is None and end.elapsed >= 0
    assert "Hello" not in repr(end), "a log of ends has no content"


@pytest.mark.parametrize("assemble", [True, False])
def test_a_stream_is_reported(world: World, assemble: bool) -> None:
    """A stream read to its end has usage, chunks and the time of its first content, also when nothing is kept."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("openai/gpt-4o", "Hi", assemble=assemble) as stream:
            async for _ in stream:
                pass

    run(world, scenario, STREAM, watchers=[seen], tags={"a": "1"})
    end = seen.end
    assert end.began.stream and end.began.tags == {"a": "1"}
    assert (end.end, end.chunks, end.attempts) == ("whole", 5, 1)
    assert end.usage is not None and end.usage.total is not None
    assert seen.contents == [end.first_content] and end.first_content is not None
    assert end.first_content <= end.elapsed
    assert (end.result.text if assemble else end.result) == ("Hello" if assemble else None)


RESPONSES = [
    event({"type": "response.output_text.delta", "delta": "Hi", "item_id": "m", "output_index": 0, "content_index": 0}),
    event(
        {
            "type": "response.completed",
            "response": {
                "id": "r",
                "status": "completed",
                "output": [],
                "usage": {
                    "input_tokens": 9,
                    "output_tokens": 4,
                    "total_tokens": 13,
                    "output_tokens_details": {"reasoning_tokens": 3},
                },
            },
        }
    ),
]
MESSAGES = [
    event(
        {
            "type": "message_start",
            "message": {
                "id": "m",
                "role": "assistant",
                "content": [],
                "usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "output_tokens": 1},
            },
        }
    ),
    event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}),
    event({"type": "content_block_stop", "index": 0}),
    event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}),
    event({"type": "message_stop"}),
]


@pytest.mark.parametrize("assemble", [True, False])
def test_usage_of_the_other_dialects(world: World, assemble: bool) -> None:
    """Responses and Messages report usage in their own events, which become the same numbers."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        async with client.create_response_stream("openai/o", "Hi", assemble=assemble) as stream:
            async for _ in stream:
                pass
        async with client.create_message_stream("anthropic/c", "Hi", 9, assemble=assemble) as stream:
            async for _ in stream:
                pass
        async with client.create_message_stream("anthropic/c", "Hi", 9, assemble=assemble) as stream:
            async for _ in stream:
                break

    plan = [Attempt(body=tuple(RESPONSES)), Attempt(body=tuple(MESSAGES)), Attempt(body=(*MESSAGES[:3], HANG))]
    run(world, scenario, *plan, watchers=[seen])
    assert [end.usage for end in seen.ends] == [
        Usage(input=9, output=4, reasoning=3),
        Usage(input=25, output=7, cache_read=20),
        None,  # the first event has the input, but not the output
    ]
    assert [end.end for end in seen.ends] == ["whole", "whole", "left"]


def test_several_turns_make_usage_partial(world: World) -> None:
    """The gateway reports the usage of the last of its turns, so that the numbers are lower bounds."""
    called = {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "x", "arguments": "{}"}}]}
    turns = (
        chunk(id="a", delta=called),
        chunk(finish="tool_calls", id="a"),
        chunk("", id="c1", delta={"role": "assistant"}),
        chunk("Hi", id="c1"),
        chunk(finish="stop", id="c1"),
        USAGE,
        DONE,
    )
    for scenario in (streamed, _unassembled):
        seen = Seen()
        run(world, scenario, Attempt(body=turns), watchers=[seen])
        assert seen.end.usage is not None and seen.end.usage.partial and seen.end.end == "whole"


async def _unassembled(client: Any) -> None:
    async with client.generate_content_stream("openai/gpt-4o", "Hi", assemble=False) as stream:
        async for _ in stream:
            pass


def test_failed_calls_have_their_error(world: World) -> None:
    """A refused call, a cut stream and an accepted cut are failures with the error; usage is unknown."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        with pytest.raises(ServiceUnavailableError):
            await whole(client)
        with pytest.raises(StreamTruncatedError):
            await streamed(client)
        async with client.generate_content_stream("openai/gpt-4o", "Hi", on_truncation="return") as stream:
            await stream.final()

    cut = Attempt(body=tuple(GOOD[:3]))
    run(world, scenario, json_attempt({}, 503), cut, cut, watchers=[seen], max_retries=0)
    assert [end.end for end in seen.ends] == ["failed"] * 3
    assert [type(end.error) for end in seen.ends] == [
        ServiceUnavailableError,
        StreamTruncatedError,
        StreamTruncatedError,
    ]
    assert [end.usage for end in seen.ends] == [None] * 3
    assert seen.ends[0].meta is not None and seen.ends[0].meta.status == 503
    assert seen.ends[1].result.text == "Hello"


def test_closing_the_client_ends_its_streams(world: World) -> None:
    """An open stream is reported as cancelled when its client is closed, and not again when it is left."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream("openai/gpt-4o", "Hi") as stream:
            async for _ in stream:
                break
            await client.aclose()
            assert seen.end.end == "cancelled"

    run(world, scenario, Attempt(body=(*GOOD[:2], HANG)), watchers=[seen])
    assert seen.end.usage is None


def test_rejected_speech_is_a_failed_call(world: World) -> None:
    """A JSON answer in place of audio is read to its end, and the call that raises for it has failed."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        with pytest.raises(Exception, match="no such voice"):
            async with client.create_speech_stream(model="openai/tts", input="Hi", voice="x") as stream:
                await stream.read()

    transport = (BlockingTransport if world.blocking else AsyncTransport)(
        [json_attempt({"error": {"message": "no such voice"}})]
    )
    transport.content_type = "application/json"
    world.with_client(scenario, URL, driver=transport, watchers=[seen], max_retries=0)
    assert (seen.end.end, seen.end.began.operation) == ("failed", "speech")


def test_a_watcher_that_raises_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a watcher is logged once, and neither the calls nor the other watchers notice it."""

    class Broken(Seen):
        def ended(self, state: Any, call: CallEnded, /) -> None:
            raise ZeroDivisionError

    async def scenario(client: Any) -> list[str]:
        return [(await whole(client)).text, (await whole(client)).text, (await streamed(client)).text]

    seen = Seen()
    with caplog.at_level(logging.ERROR, "inference_gateway_sdk"):
        assert run(world, scenario, WHOLE, WHOLE, STREAM, watchers=[Broken(), seen]) == ["Hello"] * 3
    assert len(seen.ends) == 3
    (record,) = caplog.records
    assert "Broken.ended" in record.getMessage() and "ZeroDivisionError" in record.getMessage()


def test_tags_and_parent(world: World) -> None:
    """Tags of a call are added to the client's. The calls of a run share a parent; other calls have none."""
    seen = Seen()

    async def scenario(client: Any) -> None:
        await client.generate_content("openai/m", "Hi", tags={"job": "a", "team": "b"})
        await client.run("openai/m", "Hi", tags={"job": "r"})
        await client.with_options(watchers=None).generate_content("openai/m", "Hi")

    run(world, scenario, WHOLE, STREAM, WHOLE, watchers=[seen], tags={"team": "x"})
    first, of_run = seen.calls
    assert first.tags == {"team": "b", "job": "a"} and first.parent is None
    assert of_run.tags == {"team": "x", "job": "r"} and of_run.parent


class _Async(Seen):
    async def ended(self, state: Any, call: CallEnded, /) -> None:  # type: ignore[override]
        """Do nothing."""


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"watchers": [print]}, TypeError, r"watchers\[0\] must be an object with the methods began, content, ended"),
        ({"watchers": [Seen(), Seen]}, TypeError, r"watchers\[1\] .* got the class Seen"),
        ({"watchers": [_Async()]}, TypeError, r"watchers\[0\].ended is an async function"),
        ({"watchers": Seen()}, TypeError, "watchers must be a list of watchers, got Seen"),
        ({"tags": ["a"]}, TypeError, "tags must be a mapping"),
        ({"tags": {"a": 1}}, TypeError, "tags must map strings to strings; 'a' does not"),
    ],
)
def test_bad_watchers_and_tags_are_refused(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    """A wrong watcher or tag is an error that names the argument, from the constructor and from `with_options`."""
    with pytest.raises(kind, match=text):
        InferenceGatewayClient(URL, **options)
    with pytest.raises(kind, match=text):
        InferenceGatewayClient(URL).with_options(**options)


def test_a_forked_child_leaves_reports_to_its_parent() -> None:
    """A stream that is open while the process forks is reported once, by the parent."""
    reader, writer = os.pipe()

    class Writing(Seen):
        def ended(self, state: Any, call: CallEnded, /) -> None:
            os.write(writer, f"{call.end}\n".encode())

    transport = BlockingTransport([STREAM])
    client = InferenceGatewayClient(URL, driver=transport, watchers=[Writing()])
    with client, client.generate_content_stream("openai/m", "Hi") as stream:
        next(iter(stream))
        pid = os.fork()
        if pid == 0:
            try:
                stream.close()
                client.close()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        stream.final()
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "whole\n"


def test_two_threads_that_end_a_stream_report_it_once() -> None:
    """Threads that close the same stream at once cause one report."""
    seen = Seen()
    transport = BlockingTransport([Attempt(body=(*GOOD[:2], HANG)) for _ in range(20)])
    with InferenceGatewayClient(URL, driver=transport, watchers=[seen]) as client:
        for _ in range(20):
            stream = client.generate_content_stream("openai/m", "Hi")
            stream.__enter__()
            threads = [threading.Thread(target=stream.close) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(seen.ends) == 20


def test_without_watchers_nothing_is_imported_or_called() -> None:
    """A plain call and stream import no watcher, and make the same calls whether `watchers` was given empty or not."""
    code = """
import sys
from client.faulty_transport import STREAM, WHOLE, BlockingTransport
from inference_gateway_sdk import InferenceGatewayClient
def calls(**options):
    client = InferenceGatewayClient("http://h.invalid", driver=BlockingTransport([WHOLE, STREAM] * 2), **options)
    count = []
    for work in range(2):
        if work: sys.setprofile(lambda frame, event, argument: count.append(frame.f_code.co_filename))
        client.generate_content("a/b", "Hi")
        with client.generate_content_stream("a/b", "Hi") as stream: stream.final()
        sys.setprofile(None)
    return count
calls()
plain, empty = calls(), calls(watchers=[])
assert len(plain) == len(empty), (len(plain), len(empty))
assert not any(name.endswith("watching.py") for name in plain)
names = {"inference_gateway_sdk._client.watching", "sqlite3", "opentelemetry"} & set(sys.modules)
assert not names, names
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
