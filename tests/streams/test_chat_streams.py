"""Chat streams as providers send them: content in parts, padding, chunk-only fields, errors after the end."""

from __future__ import annotations

from typing import Any

import pytest

from inference_gateway_sdk import (
    BadRequestError,
    CreateChatCompletionStreamResponse,
    Finish,
    ReasoningDelta,
    StreamTruncatedError,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
)
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._wire import codec
from streams.reading import fed, viewed
from support.server import DONE, chunk, event


def thinking(text: str) -> dict[str, Any]:
    """Return a part of thinking in Mistral's form."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def text(piece: str) -> dict[str, Any]:
    """Return a part of text."""
    return {"type": "text", "text": piece}


MISTRAL = [
    chunk("", delta={"role": "assistant", "content": ""}),
    chunk(delta={"content": [thinking("2 and 2")]}),
    chunk(delta={"content": [thinking(" is 4")]}),
    chunk(delta={"content": [thinking("."), text("It")]}),
    chunk(delta={"content": [text(" is")]}),
    chunk(delta={"content": " 4"}),
    chunk(delta={"content": "."}),
    chunk("", "stop"),
    DONE,
]


def answered(*chunks: bytes, **options: Any) -> Any:
    """Return the answer of a stream of these chunks."""
    dialect, _ = fed(ChatDialect(**options), b"".join([*chunks, DONE]))
    assert dialect.failure is None
    (answer,) = dialect.turns()
    return answer


# Content in parts


def test_text_in_parts_is_text_of_the_chunk_and_of_the_stream() -> None:
    """Text that comes in parts is in `chunk.text` and `text()`, together with that in plain strings."""
    dialect, chunks = fed(ChatDialect(), b"".join(MISTRAL))
    assert "".join(one.text or "" for one in chunks) == "It is 4."
    assert "".join(dialect.text(one) or "" for one in chunks) == "It is 4."


def test_thinking_in_parts_is_reasoning() -> None:
    """The deltas give thinking parts as reasoning, in order with the text."""
    _, deltas = viewed(ChatDialect(), b"".join(MISTRAL))
    assert deltas == [
        ReasoningDelta("2 and 2"),
        ReasoningDelta(" is 4"),
        ReasoningDelta("."),
        TextDelta("It"),
        TextDelta(" is"),
        TextDelta(" 4"),
        TextDelta("."),
        Finish("stop", native="stop"),
    ]


def test_content_in_parts_assembles_to_one_part_of_each_kind() -> None:
    """A streamed answer has one part of thinking and one of text, as a whole answer has."""
    answer = answered(*MISTRAL[:-1])
    assert answer.to_dict()["choices"][0]["message"]["content"] == [thinking("2 and 2 is 4."), text("It is 4.")]
    assert answer.text == "It is 4."


def test_other_parts_separate_texts() -> None:
    """A part of another kind keeps its position, and text after it is a new part."""
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    answer = answered(
        chunk("a"), chunk(delta={"content": [text("b"), picture, picture, text("c")]}), chunk("d", "stop")
    )
    assert answer.to_dict()["choices"][0]["message"]["content"] == [text("ab"), picture, picture, text("cd")]


def test_the_state_has_text_and_reasoning_at_every_chunk() -> None:
    """The state holds exactly the data that was handed over."""
    dialect = ChatDialect()
    seen = []
    for data in MISTRAL:
        for one, _ in dialect.feed(data):
            if one is not None:
                dialect.fold(one)
                seen.append((dialect.state.text, dialect.state.reasoning))
    assert seen[2:5] == [("", "2 and 2 is 4"), ("It", "2 and 2 is 4."), ("It is", "2 and 2 is 4.")]
    assert seen[-1] == ("It is 4.", "2 and 2 is 4.")


# Several choices


def test_text_is_that_of_the_first_choice() -> None:
    """With several choices, `text()` gives the first one's, as `final().text` does."""
    sent = [chunk("a"), chunk("B", index=1), chunk("b"), chunk(index=1, finish="stop"), chunk(finish="stop"), DONE]
    dialect, chunks = fed(ChatDialect(choices=2), b"".join(sent))
    assert "".join(dialect.text(one) or "" for one in chunks) == "ab" == dialect.turns()[0].text


def test_the_text_of_the_only_choice_needs_no_index_0() -> None:
    """The only choice of a provider that counts from 1 still gives its text."""
    dialect, chunks = fed(ChatDialect(), chunk("a", index=1) + chunk("b", "stop", index=1))
    assert [dialect.text(one) for one in chunks] == ["a", "b"]


# Chunk-only fields


def test_padding_is_typed_and_no_part_of_the_answer() -> None:
    """`obfuscation` and `p` are attributes of a chunk, whose decoding stays strict, and are not assembled."""
    padded = chunk("Hi", "stop", obfuscation="xxx", p="yy")
    ((one, _),) = ChatDialect().feed(padded)
    assert one is not None
    assert (one.obfuscation, one.p, one._unknown) == ("xxx", "yy", None)
    assert set(answered(padded).to_dict()) == {"id", "object", "created", "model", "choices"}


def test_padding_of_another_type_is_no_part_of_the_answer_either() -> None:
    """Padding that is not text is kept on the chunk alone."""
    assert set(answered(chunk("Hi", "stop", obfuscation=[1], p={})).to_dict()) == {
        "id", "object", "created", "model", "choices",
    }  # fmt: skip


def test_fields_that_describe_a_chunk_stay_with_it() -> None:
    """Token ids, channels and the text so far, in or beside a delta, are neither assembled nor sent back."""
    data = [
        {"index": 0, "text": "1", "seed": 7, "delta": {"token_id": 16, "index": 0, "content": "1"}},
        {"index": 0, "text": ",", "seed": 7, "delta": {"channel": "final", "content": ","}, "finish_reason": "stop"},
    ]
    answer = answered(*(event({"id": "c", "choices": [choice]}) for choice in data))
    assert answer.to_dict()["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "1,"}, "finish_reason": "stop", "seed": 7}
    ]


def test_what_was_assembled_wins_over_a_message_beside_the_delta() -> None:
    """The empty last of Perplexity's messages beside the deltas does not erase the answer."""
    choices = [
        {"index": 0, "delta": {"content": "Hel"}, "message": {"role": "assistant", "content": "Hel"}},
        {"index": 0, "delta": {"content": "lo"}, "message": {"content": ""}, "finish_reason": "stop"},
    ]
    assert answered(*(event({"id": "c", "choices": [choice]}) for choice in choices)).text == "Hello"


def test_a_message_in_the_place_of_a_delta_is_the_answer() -> None:
    """A whole message sent as one event is assembled."""
    whole = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    assert answered(event({"id": "c", "choices": [whole]})).text == "Hello"


def test_an_item_that_comes_again_whole_is_not_doubled() -> None:
    """Groq's tool calls, sent again with the output, are not doubled."""
    first = {"index": 0, "type": "search", "arguments": '{"q":1}', "results": [1]}
    second = {**first, "output": "Title"}
    chunks = [chunk(delta={"executed_tools": [item]}) for item in (first, second)]
    message = answered(*chunks, chunk(finish="stop")).to_dict()["choices"][0]["message"]
    assert message["executed_tools"] == [second]


def test_prose_that_repeats_itself_grows() -> None:
    """Two equal pieces of reasoning are both kept."""
    item = {"type": "reasoning.text", "index": 0, "text": "ha"}
    message = answered(*[chunk(delta={"reasoning_details": [item]})] * 2, chunk(finish="stop")).to_dict()
    assert message["choices"][0]["message"]["reasoning_details"][0]["text"] == "haha"


def test_a_list_after_a_growing_text_replaces_it() -> None:
    """A field that changes its type between chunks breaks nothing: the last value is kept."""
    deltas = [{"x": "a"}, {"x": "b"}, {"x": [{"y": 1}]}]
    message = answered(*(chunk(delta=delta) for delta in deltas), chunk(finish="stop")).to_dict()["choices"][0][
        "message"
    ]
    assert message["x"] == [{"y": 1}]


# Errors after the end


@pytest.mark.parametrize("done", [b"", DONE])
def test_an_error_after_the_finish_reason_is_one(done: bytes) -> None:
    """OpenRouter's error for a limit raises after the usage in the same event is handed over."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    error = event({"id": "c1", "choices": [], "usage": usage, "error": {"message": "Token limit reached", "code": 400}})
    dialect, chunks = fed(ChatDialect(), chunk("Hi") + chunk(finish="length") + error + done)
    assert type(dialect.failure) is BadRequestError
    assert dialect.error_event
    assert not dialect.terminal
    (partial,) = dialect.turns(complete=False)
    assert (partial.text, partial.complete, partial.usage.total_tokens) == ("Hi", False, 3)
    assert len(chunks) == 3


@pytest.mark.parametrize("body", [b"d", b"da", b"even", b"re", b"retr", b"i", b"id", b"\xef", b"\xef\xbb\xbfdat"])
def test_a_stream_cut_in_its_first_field_name_is_truncated(body: bytes) -> None:
    """A body that ends inside a field name is truncated, and is not text."""
    dialect, _ = fed(ChatDialect(), body)
    assert type(dialect.failure) is StreamTruncatedError


# Long tool calls


@pytest.mark.parametrize("pieces", [255, 256, 257, 1000])
def test_every_piece_of_long_arguments_is_in_the_deltas(pieces: int) -> None:
    """The deltas of a tool call of any number of pieces join to its arguments."""
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}
    more = [chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": "x"}}]})] * pieces
    data = b"".join([chunk(delta={"tool_calls": [call]}), *more, chunk(finish="tool_calls")])
    _, deltas = viewed(ChatDialect(), data)
    assert "".join(one.arguments for one in deltas if isinstance(one, ToolCallDelta)) == "x" * pieces
    assert [one.arguments for one in deltas if isinstance(one, ToolCallEnd)] == ["x" * pieces]


def test_the_padded_chunk_takes_the_strict_path() -> None:
    """A chunk with padding is decoded as one without: the decoder never leaves msgspec's strict path."""
    decoder = codec.ChunkDecoder(CreateChatCompletionStreamResponse)
    decoder.decode(chunk("Hi", obfuscation="xxx", p="y")[6:])
    assert decoder._strict is not None
