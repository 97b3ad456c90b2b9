"""Parameters refused before anything is sent: unknown names, wrong types, values out of bounds."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from inference_gateway_sdk import ChatCompletionTool, FunctionObject, Message, MessageRole
from inference_gateway_sdk._generated.requests import REQUESTS
from inference_gateway_sdk._wire.params import check_params

CHAT = "CreateChatCompletionRequest"


@dataclasses.dataclass
class Tool:
    type: str = "function"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"temperature": 0, "top_p": 1.0, "n": 128, "seed": -5},
        {"temperature": 2},
        {"stop": "x"},
        {"stop": ["a", "b"]},
        {"stop": ("a",)},
        {"reasoning_effort": "brand-new"},
        {"tools": [ChatCompletionTool(function=FunctionObject(name="f")), {"type": "function"}, Tool()]},
        {"tool_choice": "auto"},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"messages": [Message(role=MessageRole.USER, content="a"), {"role": "user"}]},
        {"logit_bias": {"50256": -100}},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_what_the_contract_takes_passes(params: dict[str, Any]) -> None:
    """Typed objects, mappings, sequences, numbers of either kind and unlisted values are accepted."""
    check_params(CHAT, params)


@pytest.mark.parametrize(
    ("params", "error", "phrase"),
    [
        ({"temprature": 1}, TypeError, "unknown parameter 'temprature'; did you mean 'temperature'?"),
        ({"zzz": 1}, TypeError, r"unknown parameter 'zzz' \(the gateway drops it from chat completions; extra_body="),
        ({"temperature": "hot"}, TypeError, "temperature must be a number, got str 'hot'"),
        ({"temperature": True}, TypeError, "temperature must be a number, got bool True"),
        ({"temperature": None}, TypeError, r"temperature must be a number, got None \(leave it out for the default\)"),
        ({"n": 1.0}, TypeError, "n must be a whole number, got float 1.0"),
        ({"stream_options": 1}, TypeError, "stream_options must be an object"),
        ({"tools": "f"}, TypeError, "tools must be a list, got str 'f'"),
        ({"tools": [1]}, TypeError, r"tools\[0\] must be an object"),
        ({"tools": [Tool]}, TypeError, r"tools\[0\] must be an object"),
        ({"stop": 1}, TypeError, "stop must be a string or a list, got int 1"),
        ({"stop": ["a", 1]}, TypeError, r"stop\[1\] must be a string, got int 1"),
        ({"user": "x" * 10, "logprobs": 1}, TypeError, "logprobs must be True or False, got int 1"),
        ({"temperature": 3.5}, ValueError, "temperature must be at most 2, got 3.5"),
        ({"temperature": -1}, ValueError, "temperature must be at least 0, got -1"),
        ({"temperature": math.nan}, ValueError, "temperature must be a finite number, got nan"),
        ({"n": 0}, ValueError, "n must be at least 1, got 0"),
        ({"n": 10**400}, ValueError, "n must be at most 128"),
        ({"messages": []}, ValueError, "messages must have at least 1 item, got 0"),
        ({"stop": ["a"] * 5}, ValueError, "stop must have at most 4 items, got 5"),
    ],
)
def test_anything_else_is_refused_by_name(params: dict[str, Any], error: type[Exception], phrase: str) -> None:
    """The message has the parameter's name, the expected and the given type."""
    with pytest.raises(error, match=phrase) as caught:
        check_params(CHAT, params)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("schema", "params", "phrase"),
    [
        ("CreateSpeechRequest", {"input": "a" * 4097}, "input must have at most 4096 characters, got 4097"),
        ("CreateSpeechRequest", {"language": "english"}, r"language must match \^\[a-z\]\{2\}\$, got 'english'"),
        ("CreateSpeechRequest", {"speed": 0.1}, "speed must be at least 0.25, got 0.1"),
        ("CreateImageRequest", {"n": 11}, "n must be at most 10, got 11"),
    ],
)
def test_bounds_of_other_requests_hold(schema: str, params: dict[str, Any], phrase: str) -> None:
    """Lengths, patterns and ranges come from the contract."""
    with pytest.raises(ValueError, match=phrase):
        check_params(schema, params)


def test_null_passes_where_the_contract_allows_it() -> None:
    """A nullable parameter may be None."""
    check_params("CreateResponseRequest", {"instructions": None, "temperature": None})


def test_a_file_may_be_bytes_a_path_or_an_open_file() -> None:
    """Images to upload are not checked further here; a string is refused, because it is usually a path."""
    check_params("CreateImageEditRequest", {"image": b"png"})
    with pytest.raises(TypeError, match="image must be bytes, a path or an open binary file"):
        check_params("CreateImageEditRequest", {"image": "cat.png"})


def test_every_request_of_the_contract_has_its_table() -> None:
    """The table has the parameters of every request type."""
    assert REQUESTS.keys() >= {CHAT, "CreateMessagesRequest", "CreateResponseRequest", "CreateImageRequest"}
    assert REQUESTS[CHAT]["temperature"] == {"kinds": ("number",), "minimum": 0, "maximum": 2}
