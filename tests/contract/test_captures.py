"""The contract against answers captured from real servers, whose truth decides between it and the published one.

Keys that the contract does not list may come with any answer, and are kept; a listed key must match its schema.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.document import Node, read
from contract.shape import expanded, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "data" / "captures"
CONTRACT = read(ROOT / "openapi.yaml")

# Folder and pattern of the captures, and the schemas of a whole answer and of an event of a stream.
KINDS = [
    ("llamacpp", "chat_*", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    ("llamacpp", "tools_*", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    ("gateway/real", "chat*", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    ("gateway/base", "s_*", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    ("gateway/base", "chat_tools*", "CreateChatCompletionResponse", ""),
    ("gateway/base", "msg*", "MessagesResponse", "MessagesStreamEvent"),
    ("gateway/base", "resp*", "Response", "ResponseStreamEvent"),
    ("gateway/base", "models*", "ListModelsResponse", ""),
    ("gateway/real", "models*", "ListModelsResponse", ""),
    ("gateway/full", "img*", "ImagesResponse", ""),
]

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


def misfits(node: Node, value: Any, place: str) -> Iterator[str]:
    """Yield the places where `value` does not match the schema `node`."""
    shape = expanded(CONTRACT, shape_of(CONTRACT, node))
    if value is None:
        if not shape.nullable:
            yield f"{place} is null"
    elif shape.variants:
        tries = [list(misfits(variant, value, place)) for variant in shape.variants]
        yield from min(tries, key=len)
    elif not fits(shape.facets.get("type"), value):
        yield f"{place} is {value!r}, no {shape.facets['type']}"
    elif shape.enum and value not in shape.enum:
        yield f"{place} is {value!r}, none of {shape.enum}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(shape.items or {}, item, f"{place}[{index}]")
    elif isinstance(value, dict):
        yield from (f"{place}.{name} is missing" for name in shape.required - value.keys())
        for name in shape.properties.keys() & value.keys():
            yield from misfits(shape.properties[name], value[name], f"{place}.{name}")


def fits(name: str | None, value: Any) -> bool:
    """Return whether the value is of that JSON type; a boolean is not a number."""
    return name is None or (isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean"))


def answer(file: Path) -> tuple[str, bytes]:
    """Return head and body of a captured answer, without chunk framing, which some captures do not keep."""
    head, _, rest = file.read_bytes().partition(b"\r\n\r\n")
    if not re.match(rb"[0-9a-f]+\r\n", rest):
        return head.decode(), rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return head.decode(), body


def values(head: str, body: bytes) -> list[Any]:
    """Return the values sent as JSON: the whole body, or the data of each event."""
    if "text/event-stream" not in head:
        return [json.loads(body)]
    frames = [line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:")]
    return [json.loads(frame) for frame in frames if frame != b"[DONE]"]


def test_misfits_are_found() -> None:
    """The check finds a missing key, a null, a wrong type, an odd value, at any depth."""
    chunk = {"id": None, "choices": [{"index": True, "delta": {"role": "owl"}}], "created": 1, "model": "m"}
    found = sorted(misfits({"$ref": "#/components/schemas/CreateChatCompletionStreamResponse"}, chunk, "$"))
    assert [line.split(",")[0] for line in found] == [
        "$.choices[0].delta.role is 'owl'",
        "$.choices[0].index is True",
        "$.id is null",
        "$.object is missing",
    ]


@pytest.mark.parametrize(("folder", "pattern", "whole", "event"), KINDS)
def test_captured_answers_fit(folder: str, pattern: str, whole: str, event: str) -> None:
    """Every success of a real server has the fields, types and values of the contract."""
    checked = 0
    for file in sorted((CAPTURES / folder).glob(f"{pattern}.response.http")):
        head, body = answer(file)
        if head.split()[1] != "200":
            continue
        name = event if "text/event-stream" in head else whole
        for value in values(head, body):
            if "error" not in value:  # an error within a stream is read as one, not as a chunk
                assert list(misfits({"$ref": f"#/components/schemas/{name}"}, value, "$")) == [], file.name
                checked += 1
    assert checked
