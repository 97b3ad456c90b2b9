"""JSON as the real gateway reads and writes it (gateway-behaviour.md#limits-and-timeouts, #chat-completions)."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.embedded import go_json
from inference_gateway_sdk.embedded.chat_schema import ChatRequest, ChatResponse, narrow

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(_VALUES)
def test_what_is_written_means_the_same(value: object) -> None:
    """Sorting and escaping change the text, never the value."""
    assert json.loads(go_json.encode(value)) == value


def test_five_characters_are_escaped_and_keys_are_in_order() -> None:
    """Keys are sorted, and five characters that could end a script are escaped, as by Go."""
    written = go_json.encode({"b": "<a>&\u2028\u2029\u00e9", "a": 1})
    assert written == b'{"a":1,"b":"\\u003ca\\u003e\\u0026\\u2028\\u2029\xc3\xa9"}'


@pytest.mark.parametrize("tail", [b"", b" ", b" {}", b"garbage", b"\n]"])
def test_only_the_first_value_is_read(tail: bytes) -> None:
    """Bytes after the first value are ignored on chat."""
    assert go_json.read_first(b' {"model":"m"}' + tail, ChatRequest).model == "m"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff",
        b'{"model":"m',
        b"NaN",
        b'{"model":"m","x":Infinity}',
        b'{"model":null,}',
        b'{"model":null',
        b'{"messages":[{"role":null,}]}',
        b'{"model":null,"x":NaN}',
    ],
)
def test_a_body_without_a_first_value_is_refused(body: bytes) -> None:
    """A body without a whole first value is refused."""
    with pytest.raises(msgspec.DecodeError):
        go_json.read_first(body, ChatRequest)


@pytest.mark.parametrize(
    "body",
    [
        {"model": 1},
        {"messages": {}},
        {"messages": ["hi"]},
        {"max_tokens": "5"},
        {"stream": "yes"},
        {"logit_bias": {"1": 0.5}},
        {"tools": {}},
    ],
)
def test_a_field_of_the_wrong_type_is_refused(body: dict[str, object]) -> None:
    """A field of the wrong type is refused, because the request is decoded into fixed types."""
    with pytest.raises(msgspec.ValidationError):
        go_json.read_first(json.dumps(body).encode(), ChatRequest)


@pytest.mark.parametrize("number", [b"100.0", b"1e2"])
@pytest.mark.parametrize("name", [b"max_tokens", b"n", b"seed", b"top_logprobs", b"max_completion_tokens"])
def test_a_whole_number_written_as_a_float_is_refused(name: bytes, number: bytes) -> None:
    """An integer written as a float is refused (gateway-behaviour.md#limits-and-timeouts)."""
    with pytest.raises(msgspec.ValidationError):
        go_json.read_first(b'{"%s":%s}' % (name, number), ChatRequest)


def _passed(into: type[msgspec.Struct], body: dict[str, object]) -> dict[str, object]:
    return json.loads(go_json.encode(go_json.read_first(json.dumps(body).encode(), into)))


def test_a_request_keeps_what_the_gateway_knows_and_loses_the_rest() -> None:
    """Unknown keys are dropped, null counts as absent, raw JSON passes in any shape.

    See gateway-behaviour.md#chat-completions.
    """
    passed = _passed(
        ChatRequest,
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": [{"type": "input_audio", "novel": 1}], "name": "n", "refusal": None},
                {"role": "assistant", "tool_calls": [{"id": "t", "extra_content": {"google": {"z": 1}, "other": 2}}]},
            ],
            "stop": ["a"],
            "tool_choice": None,
            "temperature": 0.5,
            "n": None,
            "top_k": 5,
            "metadata": {},
            "tools": [{"type": "web_search", "x": 1}, {"type": "function", "function": {"name": "f", "x": 1}}],
        },
    )
    assert passed == {
        "model": "m",
        "messages": [
            {"role": "user", "content": [{"type": "input_audio", "novel": 1}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "t",
                        "type": "",
                        "function": {"name": "", "arguments": ""},
                        "extra_content": {"google": {"z": 1}},
                    }
                ],
            },
        ],
        "stop": ["a"],
        "temperature": 0.5,
        "tools": [
            {"type": "web_search", "function": {"name": ""}},
            {"type": "function", "function": {"name": "f"}},
        ],
    }


def test_an_answer_keeps_what_the_gateway_knows_and_loses_the_rest() -> None:
    """gateway-behaviour.md#chat-completions: missing fields are zero, the provider's additions are dropped."""
    passed = _passed(
        ChatResponse,
        {
            "system_fingerprint": "f",
            "choices": [{"finish_reason": None, "vendor": 1, "message": {"content": "hi", "refusal": None}}],
            "usage": {"prompt_tokens": 1, "x": 1, "prompt_tokens_details": {"cached_tokens": 0, "y": 2}},
        },
    )
    assert passed == {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [{"finish_reason": "", "index": 0, "message": {"role": "", "content": "hi"}}],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 0,
            "total_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"model":"\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"model":"\\ud83d"}', "\ufffd"),
        (b'{"model":"a\\ude00b"}', "a\ufffdb"),
        (b'{"model":"\\\\ud83d\\ud83d"}', "\\ud83d\ufffd"),
        (b'{"model":"a\xffb"}', "a\ufffdb"),
        (b'{"model":null}', ""),
        (b'{"model":null} and more', ""),
        (b"null", ""),
        (b'{"model":"a","model":null}', "a"),
        (b'{"model":null,"x":' + b"9" * 5000 + b"}", ""),
    ],
)
def test_what_is_not_sound_is_read_as_go_reads_it(text: bytes, expected: str) -> None:
    """Half a surrogate pair and bytes that are not UTF-8 are U+FFFD; null is the empty value."""
    assert go_json.read_first(text, ChatRequest).model == expected


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"messages":[{"content":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
        b'{"seed":9223372036854775808}',
    ],
)
def test_what_go_does_not_read_is_refused(text: bytes) -> None:
    """JSON nested too deeply, or a number of more than 64 bits, is refused."""
    with pytest.raises(msgspec.DecodeError):
        go_json.read_first(text, ChatRequest)


def test_null_inside_of_what_is_passed_on_stays() -> None:
    """Only null in a known field is read as the empty value."""
    text = b'{"model":null,"temperature":1.50,"messages":[{"role":null,"content":[{"a":null}]}],"stop":[null]}'
    chat = go_json.read_first(text, ChatRequest)
    assert msgspec.json.decode(go_json.encode(chat)) == {
        "model": "",
        "temperature": 1.5,
        "messages": [{"role": "", "content": [{"a": None}]}],
        "stop": [None],
    }


@pytest.mark.parametrize(
    ("number", "expected"), [(0.1, 0.1), (0.123456789, 0.12345679), (16777217.0, 16777216.0), (-1e-45, -1e-45)]
)
def test_a_number_is_rounded_to_the_shortest_of_32_bits(number: float, expected: float) -> None:
    """gateway-behaviour.md#chat-completions: a number has the precision of the real gateway's structures."""
    assert narrow(number) == expected


def test_a_number_too_large_for_32_bits_is_refused() -> None:
    """A number too large for 32 bits is refused, as by Go."""
    with pytest.raises(msgspec.ValidationError):
        narrow(1e39)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b'{"a":', "unexpected EOF"),
        (b"nul", "unexpected EOF"),
        (b"not json", "invalid character 'o' in literal null (expecting 'u')"),
        (b"<html>", "invalid character '<' looking for beginning of value"),
        (b"[tru]", "invalid character ']' in literal true (expecting 'e')"),
        (b"[" * 100_000, "exceeded max depth"),
        (b"{} and more", None),
        (b"{'a'}", None),
        (b'{"a":' + b"9" * 5000 + b"}", None),
    ],
)
def test_text_that_is_not_json_has_gos_error(body: bytes, expected: str | None) -> None:
    """The error has Go's text for bodies that providers send in place of JSON, and none where it is unknown."""
    assert go_json.decode_error(body) == expected
