"""Assembly and deltas are read from one state, so they agree for whatever providers send."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from inference_gateway_sdk import (
    DecodingError,
    Finish,
    ReasoningDelta,
    StreamError,
    StreamTruncatedError,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
)
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect
from streams.reading import fed, wire
from support.server import DONE, chunk, event

STREAMS = 10_000
LETTERS = 'ab {}"\\\n\u00e9\U0001f600'


def deltas_of(dialect: Any, data: bytes) -> list[Any]:
    """Return all deltas of a body, those of its end included."""
    _, events = fed(dialect, data)
    found = [delta for one in events for delta in events.of(one)]
    return found + dialect.deltas(None)


def joined(deltas: list[Any], kind: type, choice: int = 0) -> str:
    """Return the text of all deltas of a kind."""
    return "".join(delta.text for delta in deltas if isinstance(delta, kind) and delta.choice == choice)


def arguments(deltas: list[Any]) -> dict[int, str]:
    """Return the pieces of each call's arguments, joined."""
    found: dict[int, str] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallDelta):
            found[delta.index] = found.get(delta.index, "") + delta.arguments
    return found


def ended(deltas: list[Any]) -> dict[int, tuple[str, str, str]]:
    """Return id, name and arguments of each call that ended."""
    return {d.index: (d.id, d.name, d.arguments) for d in deltas if isinstance(d, ToolCallEnd)}


def pieces(chance: random.Random, most: int = 6) -> list[str]:
    """Return pieces of a random text; now and then several hundred, so that buffers join them."""
    count = 300 if chance.random() < 0.01 else chance.randint(0, most)
    return ["".join(chance.choices(LETTERS, k=chance.randint(1, 4))) for _ in range(count)]


def chat_stream(chance: random.Random) -> bytes:
    """Return a chat stream: reasoning, text as strings or parts, calls in pieces, several choices."""
    out = b""
    for index in range(chance.choice([1, 1, 2])):
        for text in pieces(chance, 3):
            out += chunk(index=index, delta={"reasoning_content": text})
        for text in pieces(chance):
            as_parts = chance.random() < 0.2
            content: Any = [{"type": "text", "text": text}] if as_parts else text
            out += chunk(index=index, delta={"content": content}, obfuscation="x" * chance.randint(0, 9))
        for number in range(chance.choice([0, 0, 1, 2])):
            head = {"index": number, "id": f"c{index}{number}", "type": "function", "function": {"name": "f"}}
            out += chunk(index=index, delta={"tool_calls": [head]})
            for text in pieces(chance):
                out += chunk(index=index, delta={"tool_calls": [{"index": number, "function": {"arguments": text}}]})
        out += chunk(index=index, finish=chance.choice(["stop", "length", "tool_calls"]))
    return out + DONE


def message_stream(chance: random.Random) -> bytes:
    """Return a Messages stream: blocks of text, thinking and tool use, in pieces."""
    out: list[dict[str, Any]] = [{"type": "message_start", "message": {"id": "m", "model": "x", "content": []}}]
    for index in range(chance.randint(0, 4)):
        kind = chance.choice(["text", "thinking", "tool_use"])
        block = {
            "text": {"type": "text", "text": ""},
            "thinking": {"type": "thinking", "thinking": ""},
            "tool_use": {"type": "tool_use", "id": f"t{index}", "name": "f", "input": {}},
        }[kind]
        out.append({"type": "content_block_start", "index": index, "content_block": block})
        whole = json.dumps({"value": "".join(pieces(chance))}) if kind == "tool_use" else None
        for text in pieces(chance) if whole is None else [whole[n : n + 3] for n in range(0, len(whole), 3)]:
            field = {"text": "text", "thinking": "thinking", "tool_use": "partial_json"}[kind]
            delta = {"type": "input_json_delta" if kind == "tool_use" else f"{kind}_delta", field: text}
            out.append({"type": "content_block_delta", "index": index, "delta": delta})
        out.append({"type": "content_block_stop", "index": index})
    return wire([*out, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}])


def response_stream(chance: random.Random) -> bytes:
    """Return a Responses stream; some events of each item, and sometimes the whole output, are left out."""
    out: list[dict[str, Any]] = [{"type": "response.created", "response": {"id": "r", "output": []}}]
    output: list[dict[str, Any]] = []
    for place in range(chance.randint(0, 3)):
        text = pieces(chance)
        first = chance.choice([0, 0, 1])
        at = {"output_index": place, "item_id": f"i{place}"}
        if chance.random() < 0.5:
            item: dict[str, Any] = {"type": "message", "id": f"i{place}", "role": "assistant", "content": []}
            out.append({"type": "response.output_item.added", **at, "item": item})
            for piece in text:
                out.append({"type": "response.output_text.delta", **at, "content_index": first, "delta": piece})
            whole = "".join(text)
            if chance.random() < 0.5:
                out.append({"type": "response.output_text.done", **at, "content_index": first, "text": whole})
            item = {**item, "content": [{"type": "output_text", "text": whole}] if text else []}
        else:
            call = {"type": "function_call", "id": f"i{place}", "call_id": f"c{place}", "name": "f"}
            out.append({"type": "response.output_item.added", **at, "item": {**call, "arguments": ""}})
            for piece in text:
                out.append({"type": "response.function_call_arguments.delta", **at, "delta": piece})
            item = {**call, "arguments": "".join(text), "status": "completed"}
        if chance.random() < 0.7:
            out.append({"type": "response.output_item.done", **at, "item": item})
        output.append(item)
    said = chance.choice([[], output])
    return wire([*out, {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": said}}])


def check_chat(data: bytes) -> None:
    """Assert that the deltas of a chat stream add up to its assembled answer."""
    dialect = ChatDialect()
    deltas = deltas_of(dialect, data)
    [answer] = dialect.turns()
    for choice in answer.choices:
        assert joined(deltas, TextDelta, choice.index) == (choice.message.text or "")
        assert joined(deltas, ReasoningDelta, choice.index) == (choice.message.reasoning_content or "")
        calls = [d for d in deltas if isinstance(d, ToolCallEnd) and d.choice == choice.index]
        built = [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
        assert [(d.id, d.name, d.arguments) for d in calls] == built
        assert "obfuscation" not in answer.extra_fields


def check_message(data: bytes) -> None:
    """Assert that the deltas of a Messages stream add up to its assembled message."""
    dialect = MessagesDialect()
    deltas = deltas_of(dialect, data)
    [answer] = dialect.turns()
    blocks = [block.to_dict() for block in answer.content]
    assert joined(deltas, TextDelta) == "".join(b["text"] for b in blocks if b["type"] == "text")
    assert joined(deltas, ReasoningDelta) == "".join(b["thinking"] for b in blocks if b["type"] == "thinking")
    inputs = [(b["id"], b["input"]) for b in blocks if b["type"] == "tool_use"]
    assert [(call[0], json.loads(call[2])) for call in ended(deltas).values()] == inputs
    assert arguments(deltas) == {index: call[2] for index, call in ended(deltas).items()}


def check_response(data: bytes) -> None:
    """Assert that the deltas of a Responses stream add up to its assembled response."""
    dialect = ResponsesDialect()
    deltas = deltas_of(dialect, data)
    [answer] = dialect.turns()
    assert joined(deltas, TextDelta) == (answer.output_text or "")
    calls = [(call.call_id, call.name, call.arguments) for call in answer.tool_calls]
    assert [call for _, call in sorted(ended(deltas).items())] == calls
    assert {index: text for index, text in arguments(deltas).items() if text} == {
        index: call[2] for index, call in ended(deltas).items() if call[2]
    }


@pytest.mark.parametrize(
    ("make", "check"),
    [(chat_stream, check_chat), (message_stream, check_message), (response_stream, check_response)],
    ids=["chat", "messages", "responses"],
)
def test_the_deltas_joined_are_the_assembled_answer(make: Any, check: Any) -> None:
    """For 10,000 generated streams of the three dialects, joined deltas equal what `final` returns."""
    for seed in range(STREAMS // 3 + 1):
        data = make(random.Random(seed))
        try:
            check(data)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {data!r}") from error


def test_a_call_in_a_thousand_pieces_is_emitted_whole() -> None:
    """Every piece of long arguments is emitted, also after the buffer has joined earlier ones."""
    letters = [chr(97 + number % 26) for number in range(1000)]
    head = chunk(delta={"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]})
    body = [chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": one}}]}) for one in letters]
    chat = deltas_of(ChatDialect(), head + b"".join(body) + chunk(finish="tool_calls") + DONE)
    assert arguments(chat) == {0: "".join(letters)} == {0: ended(chat)[0][2]}
    start = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": start},
        *[
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": one}}
            for one in letters
        ],
        {"type": "message_stop"},
    ]
    assert arguments(deltas_of(MessagesDialect(), wire(events))) == {0: "".join(letters)}


def test_reasoning_that_comes_in_parts() -> None:
    """Mistral's parts are text and reasoning in every view, and one part of each kind in the answer."""
    dialect = ChatDialect()
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": text}]} for text in ("2 ", "+ 2")]
    texts = [{"type": "text", "text": text} for text in ("It ", "is 4.")]
    data = b"".join(chunk(delta={"content": [part]}) for part in (*thinking, *texts)) + chunk(finish="stop") + DONE
    dialect.watch_deltas()
    chunks = [one for one, _ in (*dialect.feed(data), *dialect.end()) if one is not None]
    deltas: list[Any] = []
    for one in chunks:
        dialect.fold(one)
        deltas += dialect.deltas(one)
    assert "".join(one.text or "" for one in chunks) == "It is 4."
    assert (joined(deltas, ReasoningDelta), joined(deltas, TextDelta)) == ("2 + 2", "It is 4.")
    [answer] = dialect.turns()
    assert answer.text == "It is 4."
    assert answer.message.to_dict()["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "2 + 2"}]},
        {"type": "text", "text": "It is 4."},
    ]


def test_parts_whose_index_does_not_begin_at_0() -> None:
    """The only part of an item is emitted and assembled once, whatever its index."""
    at = {"output_index": 0, "item_id": "i", "content_index": 1}
    item = {"type": "message", "id": "i", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]}
    data = wire(
        [
            {"type": "response.created", "response": {"id": "r", "output": []}},
            {"type": "response.output_text.delta", **at, "delta": "Hi."},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}},
        ]
    )
    dialect = ResponsesDialect()
    assert joined(deltas_of(dialect, data), TextDelta) == "Hi."
    assert dialect.turns()[0].output_text == "Hi."


def test_a_second_message_in_one_stream_is_an_error() -> None:
    """A `message_start` with another id before the first message ended fails, and ends no call."""
    start = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    dialect = MessagesDialect()
    deltas = deltas_of(
        dialect,
        wire(
            [
                {"type": "message_start", "message": {"id": "one", "content": []}},
                {"type": "content_block_start", "index": 0, "content_block": start},
                {"type": "message_start", "message": {"id": "two", "content": []}},
                {"type": "message_stop"},
            ]
        ),
    )
    assert isinstance(dialect.failure, StreamError)
    assert not dialect.terminal
    assert not [delta for delta in deltas if isinstance(delta, (ToolCallEnd, Finish))]


def test_the_model_that_took_over_is_the_answers() -> None:
    """After a server-side fallback the answer names the model that went on."""
    block = {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}
    dialect = MessagesDialect()
    deltas_of(
        dialect,
        wire(
            [
                {"type": "message_start", "message": {"id": "m", "model": "a", "content": []}},
                {"type": "content_block_start", "index": 0, "content_block": block},
                {"type": "message_stop"},
            ]
        ),
    )
    assert dialect.turns()[0].model == "b"


def test_an_unknown_message_beside_the_deltas_does_not_replace_the_answer() -> None:
    """Perplexity repeats the text so far in `message`; an empty one leaves the assembled text."""
    data = chunk("Hi") + event(
        {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "message": {"content": ""}}]}
    )
    dialect, _ = fed(ChatDialect(), data + DONE)
    assert dialect.turns()[0].text == "Hi"


def test_a_tool_that_comes_twice_whole_is_not_doubled() -> None:
    """Groq sends an executed tool before and after it ran; its arguments are those of one call."""
    tool = {"index": 0, "type": "search", "arguments": '{"q":1}'}
    data = chunk(delta={"executed_tools": [tool]}) + chunk(delta={"executed_tools": [{**tool, "output": "x"}]})
    dialect, _ = fed(ChatDialect(), data + chunk("Hi") + chunk(finish="stop") + DONE)
    assert dialect.turns()[0].message.extra_fields["executed_tools"] == [{**tool, "output": "x"}]


def test_fields_of_chunks_alone_stay_out_of_the_answer() -> None:
    """Padding and per-piece fields (OpenAI, Mistral, Together, Groq) are not part of the assembled answer."""
    data = event(
        {
            "id": "c1",
            "obfuscation": "xxxx",
            "p": "abc",
            "choices": [{"index": 0, "text": "Hi", "delta": {"content": "Hi", "token_id": 7, "channel": "final"}}],
        }
    )
    dialect, _ = fed(ChatDialect(), data + chunk(finish="stop") + DONE)
    whole = dialect.turns()[0].to_dict()
    assert {"obfuscation", "p"}.isdisjoint(whole)
    assert set(whole["choices"][0]) == {"index", "message", "finish_reason"}
    assert set(whole["choices"][0]["message"]) == {"role", "content"}


def test_an_error_after_the_finish_reason_counts() -> None:
    """OpenRouter ends with `length` and then an error: the stream fails with it."""
    dialect, _ = fed(ChatDialect(), chunk("Hi") + chunk(finish="length") + event({"error": {"message": "limit"}}))
    assert dialect.failure is not None
    assert "limit" in str(dialect.failure)
    assert dialect.error_event


@pytest.mark.parametrize("cut", [b"d", b"da", b"even", b"id", b"re"])
def test_a_stream_cut_within_its_first_field_is_truncated(cut: bytes) -> None:
    """A body of half a field name is a truncated stream, not text."""
    dialect, _ = fed(ChatDialect(), cut)
    assert isinstance(dialect.failure, StreamTruncatedError)


def test_the_text_of_several_choices_is_that_of_the_first() -> None:
    """Where several choices were asked for, `text` brings choice 0 alone."""
    dialect = ChatDialect(choices=2)
    chunks = [chunk("A", index=0), chunk("B", index=1), chunk("a", index=0), chunk("b", index=1)]
    _, events = fed(dialect, b"".join(chunks))
    assert "".join(dialect.text(one) or "" for one in events) == "Aa"


@pytest.mark.parametrize("index", [2**61 - 1, -(2**61 - 1), 2**31, -1])
def test_an_index_out_of_bounds_counts_as_missing(index: int) -> None:
    """An index outside 0 to 2^31 - 1, which may collide as a hash, is that of the first choice and the last call."""
    call = {"index": index, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    data = chunk("Hi", index=index) + chunk(index=index, delta={"tool_calls": [call]}) + chunk(finish="tool_calls")
    dialect, _ = fed(ChatDialect(), data + DONE)
    [choice] = dialect.turns()[0].choices
    assert (choice.index, choice.message.text, choice.message.tool_calls[0].id) == (0, "Hi", "a")


@pytest.mark.parametrize("depth", [900, 20_000])
def test_a_chunk_nested_too_deeply_is_an_error_of_ours(depth: int) -> None:
    """However deep an unknown field is nested, it is read or refused by one of our errors, never a RecursionError."""
    data = b'data: {"id":"c","choices":[{"index":0,"delta":{"x":%s1%s}}]}\n\n' % (b"[" * depth, b"]" * depth)
    try:
        dialect, events = fed(ChatDialect(), data)
    except DecodingError:
        return
    assert len(events) == 1 or isinstance(dialect.failure, StreamError | DecodingError)
