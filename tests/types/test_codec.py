"""Decoding and encoding, case by case: deviations from the contract, and values that cannot be sent."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import pickle
import uuid
from collections import UserDict
from typing import Any

import msgspec
import pydantic
import pytest

from inference_gateway_sdk import (
    ChatCompletionMessageToolCall,
    ChatCompletionMessageToolCallFunction,
    ChatCompletionStreamChoice,
    ChatCompletionTokenLogprob,
    CompletionUsage,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    DecodingError,
    DeserializationError,
    FinishReason,
    ListModelsResponse,
    Message,
    MessageRole,
    Response,
    SerializationError,
    TextContentPart,
    UnknownContentPart,
)
from inference_gateway_sdk._model.encode import decoded_to_builtins
from inference_gateway_sdk._model.unknown_fields import Meta, mark_incomplete, mark_ran_on_gateway, raw_value, set_meta
from inference_gateway_sdk._wire.codec import ChunkDecoder, decode, encode, to_builtins

CHUNK: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
}


def body(value: object) -> bytes:
    """Return JSON text."""
    return json.dumps(value).encode()


def round_trip(text: bytes, kind: type) -> bytes:
    """Return the encoding of a decoded text."""
    return encode(decode(text, kind))


@pytest.mark.parametrize(
    ("field", "came", "read"),
    [
        ("created", None, None),
        ("created", 1.0, 1),
        ("created", "3", 3),
        ("created", "-3", -3),
        ("created", "3.5", None),
        ("created", True, None),
        ("created", 1.5, None),
        ("created", [], None),
        ("id", 7, "7"),
        ("id", True, None),
        ("id", {"a": 1}, None),
        ("choices", None, []),
        ("choices", "none", []),
        ("choices", {}, []),
        ("usage", "none", None),
        ("usage", [], None),
    ],
)
def test_a_mistyped_field_is_coerced_or_none_and_sent_as_it_came(field: str, came: Any, read: Any) -> None:
    """The attribute has the value that can be read without loss, and encoding gives the received JSON."""
    reply = decode(body({**CHUNK, field: came}), CreateChatCompletionStreamResponse)
    assert getattr(reply, field) == read
    assert type(getattr(reply, field)) is type(read)
    assert json.loads(encode(reply)).get(field) == came


@pytest.mark.parametrize(
    ("came", "read"), [(3, 3.0), ("0.5", 0.5), ("nan", None), ("x", None), (True, None), (None, None)]
)
def test_a_number_is_read_where_it_is_one(came: Any, read: float | None) -> None:
    """Whole numbers and their texts become floats; booleans and words do not."""
    found = decode(body({"token": "a", "logprob": came, "bytes": None, "top_logprobs": []}), ChatCompletionTokenLogprob)
    assert found.logprob == read
    assert json.loads(encode(found))["logprob"] == came


def test_numbers_with_one_unreadable_among_them_are_none_not_a_shorter_list() -> None:
    """A list of numbers with one unreadable item is not read, and is sent back unchanged."""
    came = {"token": "a", "logprob": -1.0, "bytes": [1, "2", "x"], "top_logprobs": []}
    found = decode(body(came), ChatCompletionTokenLogprob)
    assert found.bytes is None
    assert json.loads(encode(found)) == came


def test_an_object_list_leaves_out_what_is_no_object() -> None:
    """Loops over choices do not meet a None, and unreadable items are sent back all the same."""
    came = {**CHUNK, "choices": [None, {"index": 0, "delta": {}}, "junk"]}
    reply = decode(body(came), CreateChatCompletionStreamResponse)
    assert [choice.index for choice in reply.choices] == [0]
    assert json.loads(encode(reply)) == came


def test_absent_required_fields_stay_absent() -> None:
    """A missing field is None or [], and encoding leaves it out."""
    reply = decode(b"{}", CreateChatCompletionResponse)
    assert (reply.id, reply.choices, reply.created) == (None, [], None)
    assert encode(reply) == b"{}"
    reply.choices.append(decode(b'{"index": 1}', type_of_choice()))
    assert json.loads(encode(reply)) == {"choices": [{"index": 1}]}


def type_of_choice() -> Any:
    """Return the class of an answer's choices."""
    from inference_gateway_sdk import ChatCompletionChoice

    return ChatCompletionChoice


def test_unknown_fields_are_kept_at_every_depth_and_shown() -> None:
    """Unknown fields can be read by name and are sent back in place."""
    came = {**CHUNK, "x_vendor": {"id": "r", "none": None}}
    came["choices"] = [{"index": 0, "delta": {"content": "a", "x_audio": [1, None]}, "x": 1.0}]
    reply = decode(body(came), CreateChatCompletionStreamResponse)
    assert reply.extra_fields["x_vendor"] == {"id": "r", "none": None}
    assert reply.choices[0].delta.extra_fields == {"x_audio": [1, None]}
    assert json.loads(encode(reply)) == came
    with pytest.raises(TypeError):
        reply.extra_fields["x_vendor"] = 1  # type: ignore[index]


def test_an_unknown_finish_reason_is_kept_and_equals_its_text() -> None:
    """A new value is kept without an error or a default."""
    choice = decode(b'{"index":0,"delta":{},"finish_reason":"eos"}', ChatCompletionStreamChoice)
    assert choice.finish_reason == "eos"
    assert isinstance(choice.finish_reason, FinishReason)
    assert json.loads(encode(choice))["finish_reason"] == "eos"
    assert decode(b'{"index":0,"delta":{},"finish_reason":"stop"}', ChatCompletionStreamChoice).finish_reason is (
        FinishReason.STOP
    )


def test_an_unlisted_variant_is_kept_whole() -> None:
    """A content part of a new type is an Unknown with its mapping, among known ones."""
    came = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "input_audio", "audio": {"n": None}}]}
    message = decode(body(came), Message)
    assert isinstance(message.content, list)
    known, unlisted = message.content
    assert isinstance(known, TextContentPart)
    assert isinstance(unlisted, UnknownContentPart)
    assert unlisted.type == "input_audio"
    assert unlisted.data == {"type": "input_audio", "audio": {"n": None}}
    assert json.loads(encode(message)) == came


def test_a_known_variant_with_a_wrong_field_stays_that_variant() -> None:
    """A text part whose text is not a string is still a text part, and is sent back unchanged."""
    came = {"role": "user", "content": [{"type": "text", "text": {"oops": 1}, "cache": True}]}
    message = decode(body(came), Message)
    assert isinstance(message.content, list)
    assert isinstance(message.content[0], TextContentPart)
    assert message.content[0].text is None
    assert json.loads(encode(message)) == came


@pytest.mark.parametrize(
    "text",
    [
        b'{"role":"user","content":"\\ud800 alone"}',
        b'{"role":"user","content":null,"x":"\\udfff"}',
        b'{"role":"user","content":"a","x":[NaN,Infinity,-Infinity]}',
        b'{"role":"user","content":"a","x":1e400}',
        b'{"role":"user","content":"a","x":123456789012345678901234567890}',
        b'{"role":"user","content":"a","\\u007fkept":null}',
        b'{"role":"user","content":"a","\\u007fkept":{"unknown":1}}',
        b'{"role":"user","content":[{"type":"text","text":"\\ud83d"}]}',
    ],
)
def test_odd_json_is_read_and_sent_back(text: bytes) -> None:
    """Lone surrogates, NaN, huge numbers and hostile names pass through."""
    assert repr(json.loads(round_trip(text, Message))) == repr(json.loads(text))


def nested(depth: int) -> bytes:
    """Return a message with lists in lists in an unknown field."""
    return b'{"role":"user","content":"a","x":' + b"[" * depth + b"]" * depth + b"}"


def test_deep_nesting_comes_back() -> None:
    """A hundred levels of nesting pass through."""
    assert json.loads(round_trip(nested(100), Message)) == json.loads(nested(100))


@pytest.mark.parametrize("depth", [200, 400, 700, 900, 990, 2000])
def test_deeper_nesting_comes_back_or_is_refused(depth: int) -> None:
    """Near Python's own limit the result is the value or one of our errors, never a crash."""
    try:
        sent = round_trip(nested(depth), Message)
    except (DecodingError, SerializationError) as error:
        sent = nested(depth)
        assert "too deep" in str(error)  # noqa: PT017  (either outcome is right)
    assert sent.count(b"[") == depth


def test_a_byte_order_mark_does_no_harm() -> None:
    """JSON that begins with a byte order mark is read."""
    assert decode(b'\xef\xbb\xbf{"role":"user","content":"a"}', Message).content == "a"


@pytest.mark.parametrize("number", ["1", "0", "-3", "1.0", "0.7", "1152921504606846977", "9" * 40], ids=str)
@pytest.mark.parametrize("bytes_", ["[1]", '["1"]', '[1],"more":1'], ids=["strict", "field by field", "unknown field"])
def test_a_number_is_sent_back_as_it_came(number: str, bytes_: str) -> None:
    """A whole number in a field for numbers with a fraction stays whole, on every path of the decoder."""
    came = f'{{"token":"a","logprob":{number},"bytes":{bytes_},"top_logprobs":[]}}'.encode()
    found = decode(came, ChatCompletionTokenLogprob)
    assert found.logprob == json.loads(number)
    assert f'"logprob":{number},'.encode() in encode(found)


def test_a_temperature_of_one_is_sent_back_as_one() -> None:
    """An answer's optional field sends 1 back as 1 too."""
    came = b'{"id":"r","object":"response","created_at":1,"model":"m","output":[],"temperature":1,"top_p":1.0}'
    found = decode(came, Response)
    assert (found.temperature, found.top_p) == (1, 1.0)
    sent = encode(found)
    assert b'"temperature":1,' in sent
    assert b'"top_p":1.0' in sent


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (b"", "the text is empty"),
        (b"<html>no</html>", "not JSON"),
        (b'{"a":', "not JSON"),
        (b'"\xff\xfe"', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' + b"9" * 5000 + b"}", "cannot be read"),
    ],
)
def test_an_error_about_invalid_json_has_the_reason(data: bytes, phrase: str) -> None:
    """The error has the reason and quotes the beginning of the text."""
    with pytest.raises(DecodingError, match=phrase) as caught:
        decode(data, Message)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"[]", "an array"), (b"null", "null"), (b'"x"', "a string"), (b"1", "a number"), (b"true", "a boolean")],
)
def test_a_root_of_the_wrong_kind_is_an_error(data: bytes, what: str) -> None:
    """An array in place of an object is an error with the expected and the received kind."""
    with pytest.raises(DeserializationError, match=f"expected Message, got {what}") as caught:
        decode(data, Message)
    assert caught.value.path == "$"
    assert caught.value.text is not None


def test_a_list_of_objects_and_plain_types_can_be_read_too() -> None:
    """Any annotation of contract types works, not only a class."""
    assert decode(b'[{"role":"user","content":"a","x":1}]', list[Message])[0].extra_fields == {"x": 1}
    assert decode(b'{"a":[1]}', dict[str, Any]) == {"a": [1]}


class TestChunkDecoder:
    def test_it_settles_where_an_exception_a_chunk_would_be_too_dear(self) -> None:
        """After one chunk with an unknown field, further ones take the wide path with the same results."""
        decoder = ChunkDecoder(CreateChatCompletionStreamResponse)
        clean, extra, odd = body(CHUNK), body({**CHUNK, "x": 1}), body({**CHUNK, "created": "1"})
        for text in (clean, extra, clean, odd, extra, odd, odd, clean, extra):
            assert decoder.decode(text) == decode(text, CreateChatCompletionStreamResponse)

    def test_text_that_is_no_json_does_not_unsettle_it(self) -> None:
        """A frame that is not JSON raises and leaves the decoder unchanged."""
        decoder = ChunkDecoder(CreateChatCompletionStreamResponse)
        with pytest.raises(DecodingError):
            decoder.decode(b"oops")
        assert decoder.decode(memoryview(body(CHUNK))).text == "Hi"


class TestWhatTheUserChanges:
    def test_a_change_replaces_what_came(self) -> None:
        """A mistyped field that was set to a new value is sent as set."""
        reply = decode(body({**CHUNK, "created": "5", "x": 1}), CreateChatCompletionStreamResponse)
        assert reply.created == 5
        reply.created = 6
        assert json.loads(encode(reply)) == {**json.loads(body(CHUNK)), "created": 6, "x": 1, "choices": [
            {"index": 0, "delta": {"content": "Hi"}}]}  # fmt: skip

    def test_a_change_deep_inside_replaces_the_list_that_came(self) -> None:
        """A change of an object in a partly unreadable list is sent in the list."""
        reply = decode(
            body({**CHUNK, "choices": [None, {"index": 0, "delta": {}}]}), CreateChatCompletionStreamResponse
        )
        reply.choices[0].index = 9
        assert json.loads(encode(reply))["choices"] == [{"index": 9, "delta": {}}]

    def test_a_field_set_to_none_is_left_out(self) -> None:
        """None removes an optional field, whatever value came for it."""
        reply = decode(body({**CHUNK, "usage": "junk"}), CreateChatCompletionStreamResponse)
        assert json.loads(encode(reply))["usage"] == "junk"
        usage = CompletionUsage(prompt_tokens=1, completion_tokens=1, total_tokens=2)
        reply.usage = usage
        assert json.loads(encode(reply))["usage"]["total_tokens"] == 2
        reply = pickle.loads(pickle.dumps(reply))
        reply.usage = None
        # None is the reading of "junk": removing a value restores the received one.
        assert json.loads(encode(reply))["usage"] == "junk"


def test_extra_content_of_a_tool_call_is_sent_back_verbatim() -> None:
    """Thought signatures are sent back to the provider byte for byte, beside unknown fields."""
    came = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "f", "arguments": "{}", "thought": "x"},
        "extra_content": {"google": {"thought_signature": "c2ln", "more": [None]}, "acme": {"a": None}},
    }
    call = decode(body(came), ChatCompletionMessageToolCall)
    assert call.extra_content is not None
    assert call.extra_content.google is not None
    assert call.extra_content.google.thought_signature == "c2ln"
    assert json.loads(encode({"messages": [{"role": "assistant", "tool_calls": [call]}]}))["messages"][0][
        "tool_calls"
    ] == [came]


def test_arguments_that_came_unquoted_can_be_found() -> None:
    """An object where the contract has a text is kept unchanged."""
    function = decode(b'{"name":"f","arguments":{"a":1}}', ChatCompletionMessageToolCallFunction)
    assert raw_value(function, "arguments") == {"a": 1}


@dataclasses.dataclass
class Point:
    x: int
    y: TextContentPart


class Tagged(msgspec.Struct, tag="t", rename="camel", omit_defaults=True):
    some_field: int
    left_out: int = 5
    unset: int | msgspec.UnsetType = msgspec.UNSET


class Row(msgspec.Struct, array_like=True):
    a: int
    b: str


class Pydantic(pydantic.BaseModel):
    name: str = pydantic.Field(alias="theName")
    part: TextContentPart


class Colour(enum.Enum):
    RED = "red"


class TestRequests:
    @pytest.mark.parametrize(
        ("value", "sent"),
        [
            ((1, "a"), [1, "a"]),
            (Point(1, TextContentPart(text="a")), {"x": 1, "y": {"type": "text", "text": "a"}}),
            (Tagged(some_field=1), {"type": "t", "someField": 1}),
            (Row(1, "a"), [1, "a"]),
            (
                Pydantic(theName="a", part=TextContentPart(text="b")),
                {"theName": "a", "part": {"type": "text", "text": "b"}},
            ),
            (Colour.RED, "red"),
            (MessageRole.USER, "user"),
            (UserDict({"a": 1}), {"a": 1}),
            (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00Z"),
            (dt.date(2026, 1, 2), "2026-01-02"),
            (decimal.Decimal("1.50"), "1.50"),
            (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
            ({"a" }, ["a"]),
            (range(3), [0, 1, 2]),
            (2**70, 2**70),
            (UnknownContentPart({"type": "x", "deep": (1,)}), {"type": "x", "deep": [1]}),
            ({MessageRole.USER: True}, {"user": True}),
        ],
    )  # fmt: skip
    def test_what_users_have_at_hand_can_be_sent(self, value: Any, sent: Any) -> None:
        """Dataclasses, structs, pydantic models, enumerations, dates and mappings become JSON at any depth."""
        assert json.loads(encode(value)) == sent
        kept = decode(b'{"role":"user","content":"a","x":1}', Message)
        assert json.loads(encode({"v": value, "kept": kept})) == {
            "v": sent,
            "kept": {"role": "user", "content": "a", "x": 1},
        }

    @pytest.mark.parametrize(
        ("value", "path", "phrase"),
        [
            ({"messages": [{}, {"content": b"raw"}]}, "$.messages[1].content", "base64"),
            ({"a": {1: "x"}}, "$.a", "keys must be strings"),
            ({"a": object()}, "$.a", "cannot be sent"),
            ({"a": [Point]}, "$.a[0]", "the class Point"),
            ({"a": (x for x in ())}, "$.a", "generator"),
        ],
    )
    def test_what_cannot_be_sent_names_its_place(self, value: Any, path: str, phrase: str) -> None:
        """The error has the value's type and its path."""
        with pytest.raises(SerializationError, match=phrase) as caught:
            encode(value)
        assert caught.value.path == path
        assert path in str(caught.value)

    def test_a_cycle_is_found(self) -> None:
        """A list inside itself is an error, not a crash."""
        ring: list[Any] = [1]
        ring.append({"again": ring})
        with pytest.raises(SerializationError, match="contains itself") as caught:
            encode({"messages": ring})
        assert caught.value.path == "$.messages[1].again"

    def test_a_value_twice_is_no_cycle(self) -> None:
        """The same list may occur in two places."""
        twice = [b"".decode()]
        assert encode({"a": twice, "b": (twice, object)[:1]}) == b'{"a":[""],"b":[[""]]}'

    def test_too_deep_a_value_is_refused_shortly(self) -> None:
        """A thousand levels are an error with a short path."""
        deep: Any = []
        for _ in range(5000):
            deep = [deep]
        with pytest.raises(SerializationError, match="nested too deeply") as caught:
            encode(deep)
        assert len(str(caught.value)) < 200

    def test_a_pydantic_model_that_fails_to_dump_is_an_error_of_ours(self) -> None:
        """Any exception of the model's own code arrives as a SerializationError with its cause."""

        class Broken(pydantic.BaseModel):
            @pydantic.model_serializer
            def fail(self) -> str:
                raise RuntimeError("no")

        with pytest.raises(SerializationError, match="no") as caught:
            encode({"tool": Broken()})
        assert caught.value.path == "$.tool"
        assert caught.value.__cause__ is not None

    def test_a_number_of_too_many_digits_is_refused(self) -> None:
        """A number that Python refuses to write raises an error of the package."""
        with pytest.raises(SerializationError, match="a number cannot be sent"):
            encode({"seed": 10**5000})

    def test_nan_is_not_sent_as_null(self) -> None:
        """NaN is sent as NaN: a value never changes silently."""
        assert encode({"x": math.nan}) == b'{"x":NaN}'


def test_models_of_three_hundred_entries_read_alike_dirty_and_clean() -> None:
    """A long list with an unknown field in each entry is read as one without, and keeps the fields."""
    entry = {"id": "a/b", "object": "model", "created": 1, "owned_by": "x", "served_by": "groq"}
    clean = decode(body({"object": "list", "data": [entry] * 300}), ListModelsResponse)
    dirty = decode(body({"object": "list", "data": [{**entry, "active": True}] * 300}), ListModelsResponse)
    assert [model.id for model in clean] == [model.id for model in dirty]
    assert all(model.extra_fields == {"active": True} for model in dirty)
    assert to_builtins(dirty)["data"][0] == {**entry, "active": True}


CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}, "finish_reason": "stop"}
    ],
}


@pytest.mark.parametrize("notes", ["none", "meta", "incomplete", "on the gateway"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"service_tier": "x"},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "novel": {"a": [1.5]}}},
        {"created": "1"},
        {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "novel"}]},
        {"choices": []},
    ],
)
def test_a_decoded_answer_becomes_the_same_values_faster(more: dict[str, Any], notes: str) -> None:
    """Whatever was received or recorded with it, the two ways to plain values agree."""
    answer = decode(body({**WHOLE, **more}), CreateChatCompletionResponse)
    if notes != "none":
        set_meta(answer, Meta(status=200, headers={}))
    if notes == "incomplete":
        mark_incomplete(answer)
    if notes == "on the gateway":
        for call in answer.tool_calls:
            mark_ran_on_gateway(call)
    found = decoded_to_builtins(answer)
    assert found == to_builtins(answer) == {**WHOLE, **more}
    assert encode(found) == encode(answer)
