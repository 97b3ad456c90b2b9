"""Twice the input is twice the work: counted at two sizes for events, chunks, assembly and decoding."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from growth.counting import instructions
from inference_gateway_sdk import CreateChatCompletionResponse, ListModelsResponse
from inference_gateway_sdk._run.events import Ask, Began, Done, Execute, Finished, Replied, RunSettings
from inference_gateway_sdk._run.history import read_history
from inference_gateway_sdk._run.result import Limits
from inference_gateway_sdk._run.state import RunState
from inference_gateway_sdk._schema.partial import PartialReader
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect
from inference_gateway_sdk._tools.tool import Toolbox
from inference_gateway_sdk._wire import codec
from inference_gateway_sdk._wire.sse import EventParser
from inference_gateway_sdk.testing.cassettes.redaction import Redaction, hide_text, is_base64
from inference_gateway_sdk.testing.cassettes.redactor import hide_body

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.once

FEW, TIMES = 60, 4
SLACK = 1.15  # a list that grows, a dict that is rebuilt: never another power


def event(value: object) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chat(delta: object, finish: str | None = None, **more: object) -> bytes:
    """Return one chunk of a chat stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event(
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}
    )


def words(count: int) -> list[bytes]:
    """Return a chat stream of that many words."""
    return [*(chat({"content": f"word {number} "}) for number in range(count)), chat({}, "stop")]


def odd_words(count: int) -> list[bytes]:
    """Return the same with a field outside the contract, which grows with the stream if it is text."""
    return [*(chat({"content": "word ", "novel": "n"}, vendor={"a": 1}) for _ in range(count)), chat({}, "stop")]


def one_call(count: int) -> list[bytes]:
    """Return a tool call whose arguments come in that many pieces."""
    begun = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{"}}
    pieces = ['"a":[', *("1," for _ in range(count)), "2]", "}"]
    deltas = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return [chat({"tool_calls": [begun]}), *(chat(delta) for delta in deltas), chat({}, "tool_calls")]


def many_calls(count: int) -> list[bytes]:
    """Return that many tool calls in one answer."""
    calls = [
        {"index": number, "id": f"call_{number}", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        for number in range(count)
    ]
    return [*(chat({"tool_calls": [call]}) for call in calls), chat({}, "tool_calls")]


def message(count: int) -> list[bytes]:
    """Return a Messages stream of one block in that many pieces."""
    begun = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}}
    return [
        event({"type": "message_start", "message": begun}),
        event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        *(event(delta) for _ in range(count)),
        event({"type": "content_block_stop", "index": 0}),
        event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
        event({"type": "message_stop"}),
    ]


def response(count: int) -> list[bytes]:
    """Return a Responses stream of one text in that many pieces, whose last event omits the output."""
    whole = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": []}
    delta = {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": "w "}
    return [
        event({"type": "response.created", "response": {**whole, "status": "in_progress"}}),
        *(event(delta) for _ in range(count)),
        event({"type": "response.completed", "response": {**whole, "status": "completed"}}),
    ]


def fold(dialect: Any, reads: list[bytes]) -> Any:
    """Return the answer of these reads."""
    for read in reads:
        for item, _ in dialect.feed(read):
            if item is not None:
                dialect.fold(item)
    assert dialect.failure is None
    return dialect.turns()


def joined(reads: list[bytes]) -> list[bytes]:
    """Return the same bytes in one read."""
    return [b"".join(reads)]


def in_crumbs(reads: list[bytes]) -> list[bytes]:
    """Return the same bytes, five a read."""
    data = b"".join(reads)
    return [data[start : start + 5] for start in range(0, len(data), 5)]


STREAMS = [
    pytest.param(ChatDialect, words, id="words"),
    pytest.param(ChatDialect, odd_words, id="words with unknown fields"),
    pytest.param(ChatDialect, one_call, id="one long tool call"),
    pytest.param(ChatDialect, many_calls, id="many tool calls"),
    pytest.param(MessagesDialect, message, id="Messages"),
    pytest.param(ResponsesDialect, response, id="Responses"),
]


def is_linear(work: Callable[[int], Callable[[], object]]) -> None:
    """Assert that the work for a multiple of the size takes at most that multiple of the instructions."""
    work(2)()  # for everything that is made once
    few, many = instructions(work(FEW)), instructions(work(FEW * TIMES))
    assert few > FEW  # something was counted
    assert many <= TIMES * SLACK * few


@pytest.mark.parametrize("cut", [list, joined], ids=["an event a read", "one read"])
@pytest.mark.parametrize(("dialect", "stream_of"), STREAMS)
def test_a_stream_is_read_and_assembled_in_linear_time(
    dialect: type[Any], stream_of: Callable[[int], list[bytes]], cut: Callable[[list[bytes]], list[bytes]]
) -> None:
    """Four times the chunks take four times the instructions, from their bytes to the whole answer."""

    def work(count: int) -> Callable[[], object]:
        reads = cut(stream_of(count))
        return lambda: fold(dialect(), reads)

    is_linear(work)


def test_events_in_crumbs_are_parsed_in_linear_time() -> None:
    """Four times the bytes take four times the instructions, in reads of any size."""

    def work(count: int) -> Callable[[], object]:
        crumbs, parser = in_crumbs(words(count)), EventParser()
        return lambda: [parser.feed(crumb) for crumb in crumbs]

    is_linear(work)


def listing(count: int, **more: object) -> bytes:
    """Return a list of that many models."""
    model = {"id": "a/b", "object": "model", "created": 1, "owned_by": "a", "served_by": "openai", **more}
    return json.dumps({"object": "list", "data": [model] * count}).encode()


def answer(count: int, **more: object) -> bytes:
    """Return an answer of that many choices."""
    choices = [{"index": number, "finish_reason": "stop", "message": {"role": "assistant", "content": "a", **more}}
               for number in range(count)]  # fmt: skip
    return json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}).encode()


@pytest.mark.parametrize(
    ("made", "kind", "more"),
    [
        pytest.param(listing, ListModelsResponse, {"novel": 1}, id="models with an unknown field"),
        pytest.param(listing, ListModelsResponse, {"created": "5"}, id="models with a field of another type"),
        pytest.param(answer, CreateChatCompletionResponse, {"novel": {"a": [1]}}, id="choices with an unknown field"),
        pytest.param(answer, CreateChatCompletionResponse, {"content": 5}, id="choices with content of another type"),
    ],
)
def test_an_odd_answer_is_decoded_in_linear_time(
    made: Callable[..., bytes], kind: type[Any], more: dict[str, object]
) -> None:
    """Values outside the contract are walked once: four times as many take four times the instructions."""

    def work(count: int) -> Callable[[], object]:
        data = made(count, **more)
        return lambda: codec.decode(data, kind)

    is_linear(work)


def test_a_clean_answer_is_decoded_without_a_walk() -> None:
    """A list that fits the contract takes the same few instructions at any length."""
    few, many = listing(5), listing(500)
    codec.decode(few, ListModelsResponse)  # for everything that is made once
    wanted = instructions(lambda: codec.decode(few, ListModelsResponse))
    assert 0 < instructions(lambda: codec.decode(many, ListModelsResponse)) == wanted


HOSTILE = [
    pytest.param('form-data; name="a', "", id="form parts that never end"),
    pytest.param("form-data;", "", id="form parts without a name"),
    pytest.param('form-data; name="api_key"\r\n\r\n', "", id="form parts without a boundary"),
    pytest.param(" ", "A" * 200 + "{}!", id="space before something that is not base64"),
    pytest.param("A" * 50 + "\n", "data:a;base64,{}!", id="lines before something that is not base64"),
    pytest.param('"a": "', "", id="members that never end"),
    pytest.param('"a" ', "", id="names without values"),
    pytest.param('\\"a\\": \\"', "", id="escaped members that never end"),
    pytest.param("\\", "", id="backslashes"),
    pytest.param('"a": 1 , ', "", id="numbers"),
    pytest.param("a_key ", "", id="names"),
    pytest.param("A_KEY='", "", id="assignments that never end"),
    pytest.param("-u a:", "", id="users without passwords"),
    pytest.param("x-key: ", "", id="headers without values"),
    pytest.param("?token=", "", id="queries"),
    pytest.param("://a", "", id="addresses without users"),
    pytest.param("bearer  ", "", id="schemes without tokens"),
    pytest.param("-----BEGIN PRIVATE ", "", id="keys that never begin"),
    pytest.param("-----BEGIN PRIVATE KEY-----", "", id="keys that never end"),
    pytest.param("%22", "a=", id="percent signs"),
]


@pytest.mark.parametrize(("part", "around"), HOSTILE)
def test_hostile_text_is_redacted_in_linear_time(part: str, around: str) -> None:
    """Sixteen times the text takes far less than 256 times the CPU, which regular expressions use uncounted."""

    def seconds(size: int) -> float:
        text = (around or "{}").replace("{}", part * (size // len(part)))
        body = json.dumps({"text": text}).encode()
        start = time.thread_time()
        hide_text(text, Redaction())
        hide_body(body, Redaction())
        is_base64(text)
        return time.thread_time() - start

    seconds(1000)
    few = max(min(seconds(4_000) for _ in range(3)), 0.0005)  # the clock's grain
    assert min(seconds(64_000) for _ in range(2)) < 64 * few


def test_a_long_event_is_not_copied_with_each_read() -> None:
    """An event of sixteen times the size, in small reads, takes far less than 256 times the CPU."""

    def seconds(size: int) -> float:
        data, parser = event({"text": "x" * size}), EventParser()
        reads = [data[start : start + 256] for start in range(0, len(data), 256)]
        start = time.thread_time()
        events = [found for read in reads for found in parser.feed(read)]
        spent = time.thread_time() - start
        assert len(events) == 1
        return spent

    seconds(1000)
    few = min(seconds(250_000) for _ in range(3))
    assert min(seconds(4_000_000) for _ in range(2)) < 64 * few


@pytest.mark.parametrize("dialect", ["openai", "mistral"])
def test_a_round_of_a_long_run_takes_the_work_of_an_early_one(dialect: str) -> None:
    """The state machine renders and reads what is new, not the whole conversation for every request."""

    def look(at: int) -> str:
        """Look."""
        return "nothing"

    def answer(number: int, *, last: bool) -> Any:
        function = {"name": "look", "arguments": f'{{"at": {number}}}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, **({} if last else {"tool_calls": [call]})}
        choice = {"index": 0, "message": message, "finish_reason": "stop" if last else "tool_calls"}
        whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return codec.decode(json.dumps(whole).encode(), CreateChatCompletionResponse)

    settings = RunSettings(
        dialect="chat", provider=dialect, model="m", toolbox=Toolbox([look]), limits=Limits(rounds=None, repeats=None)
    )

    def run(count: int) -> int:
        answers = [answer(number, last=number == count) for number in range(count + 1)]
        state = RunState(settings, read_history("Hi", "chat"))

        def play() -> None:
            action: Any = state.start()
            for one in answers:
                assert isinstance(action, Ask)
                action = state.feed(Replied([one]))
                if isinstance(action, Execute):
                    (call,) = action.calls
                    state.feed(Began((call.call.id,)))
                    action = state.feed(Finished(call=call.call.id, value="nothing"))

            assert isinstance(action, Done)

        return instructions(play)

    run(2)
    assert run(10 * TIMES) <= TIMES * SLACK * run(10)


@pytest.mark.parametrize(
    "document",
    [
        lambda count: json.dumps([{"title": "Leek soup", "minutes": 25, "tags": ["warm", "green\n"]}] * count),
        lambda count: json.dumps("leek soup " * 8 * count),
        lambda count: "1." + "5" * 40 * count + " ",
    ],
    ids=["objects", "one string", "one number"],
)
def test_a_partial_document_is_read_in_linear_time(document: Callable[[int], str]) -> None:
    """Every character is scanned once, though a value is asked for after every four of them."""

    def read(count: int) -> int:
        text = document(count)
        reader = PartialReader()

        def feed() -> None:
            for start in range(0, len(text), 4):
                reader.feed(text[start : start + 4])
                reader.changed()
            reader.end()
            assert reader.finished

        return instructions(feed)

    assert read(FEW * TIMES) <= TIMES * SLACK * read(FEW)
