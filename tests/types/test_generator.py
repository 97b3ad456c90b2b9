"""The generator: its output equals the committed files, is deterministic, and a schema without a rule is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk._generated.operations import OPERATIONS
from inference_gateway_sdk._generated.requests import REQUESTS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from generate_types import models  # noqa: E402
from generate_types.contract import ContractError, read_contract  # noqa: E402
from generate_types.params import params_module, requests_module  # noqa: E402


def document(**schemas: Any) -> dict[str, Any]:
    """Return a contract of these schemas, all of the chat family."""
    return {
        "components": {"schemas": {name: {"x-family": "chat", **schema} for name, schema in schemas.items()}},
        "paths": {},
    }


def module(**schemas: Any) -> str:
    """Return the source of the chat family."""
    return models.family_module(read_contract(document(**schemas)), "chat")


def an_object(**properties: Any) -> dict[str, Any]:
    """Return an object schema."""
    return {"type": "object", "properties": properties}


def test_the_committed_files_are_what_it_writes() -> None:
    """`--check` compares whole texts and finds no difference."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_types"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_wrong_argument_is_reported() -> None:
    """An unknown option exits with 2 and the usage."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_types"), "--chek"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_inline_schemas_are_named_after_their_position() -> None:
    """An inline schema is named after its parent and property, with Item for items, unless a title names it."""
    source = module(
        Thing=an_object(
            kind={"type": "string", "enum": ["a-b", "2x"]},
            parts={"type": "array", "items": an_object(n={"type": "integer"})},
            mode={"oneOf": [{"type": "string", "enum": ["x"], "title": "Mode"}, {"type": "string"}]},
        )
    )
    assert "class ThingKind(OpenEnum)" in source
    assert 'A_B = "a-b"' in source
    assert 'KIND_2X = "2x"' in source
    assert "class ThingPartsItem(_Model, kw_only=True)" in source
    assert "class Mode(OpenEnum)" in source
    assert 'ThingKindValue: TypeAlias = ThingKind | Literal["a-b", "2x"] | str' in source
    assert "kind: ThingKindValue | None = None" in source


def test_annotations_follow_required_and_nullable() -> None:
    """A required field has its type, an optional or nullable one the type or None; a required array is never None."""
    text = {"type": "string"}
    source = module(
        Thing={
            **an_object(
                a=text,
                b=text,
                c={"type": ["string", "null"]},
                d={"type": "array", "items": text},
                e={"type": "array", "items": text},
                f={"oneOf": [{"type": "integer"}, {"type": "null"}]},
            ),
            "required": ["b", "c", "d"],
        }
    )
    for line in (
        "a: str | None = None",
        "b: Required[str]",
        "c: str | None",
        "d: list[str]",
        "e: list[str] | None = None",
    ):
        assert f"    {line}\n" in source
    assert "    f: int | None = None\n" in source


def test_names_that_python_does_not_allow_keep_their_wire_name() -> None:
    """A keyword and a dash get another attribute and the same name in JSON."""
    source = module(Thing=an_object(**{"from": {"type": "string"}, "x-y": {"type": "string"}}))
    assert 'from_: str | None = field(default=None, name="from")' in source
    assert 'x_y: str | None = field(default=None, name="x-y")' in source


def test_classes_come_after_their_dependencies() -> None:
    """The order of the file does not matter."""
    source = module(
        Outer=an_object(inner={"$ref": "#/components/schemas/Inner"}), Inner=an_object(n={"type": "integer"})
    )
    assert source.index("class Inner") < source.index("class Outer")


@pytest.mark.parametrize(
    ("schemas", "phrase"),
    [
        ({"A": an_object(b={"$ref": "#/components/schemas/A"})}, "a cycle"),
        ({"A": an_object(b=an_object(n={"type": "string"})), "AB": an_object(n={"type": "string"})}, "named AB"),
        ({"A": an_object(b={"type": "nonsense"})}, "no rule for the type 'nonsense'"),
        ({"A": an_object(b={"type": ["string", "integer"]})}, "no rule for the types"),
        ({"Message": an_object(text={"type": "string"})}, "MessageText.text would hide Message.text"),
        (
            {
                "A": an_object(b={"oneOf": [{"$ref": "#/components/schemas/C"}, {"$ref": "#/components/schemas/D"}]}),
                "C": an_object(n={"type": "string"}),
                "D": an_object(n={"type": "string"}),
            },
            "several objects without a discriminator",
        ),
    ],
)
def test_what_it_has_no_rule_for_is_refused(schemas: dict[str, Any], phrase: str) -> None:
    """The error has the path of the schema; nothing is guessed."""
    with pytest.raises(ContractError, match=phrase):
        module(**schemas)


def test_parameters_take_generous_types_and_leave_out_what_is_positional() -> None:
    """Required properties and `stream` are not keywords; models may be mappings, enumerations plain strings."""
    contract = read_contract(
        document(
            PickRequest={
                **an_object(
                    model={"type": "string"},
                    stream={"type": "boolean"},
                    part={"$ref": "#/components/schemas/Part"},
                    parts={"type": "array", "items": {"$ref": "#/components/schemas/Part"}, "maxItems": 2},
                    mode={"type": "string", "enum": ["a"]},
                    more={"type": "object", "additionalProperties": {"type": "integer"}},
                    file={"type": "string", "format": "binary"},
                ),
                "required": ["model"],
            },
            Part=an_object(n={"type": "integer"}),
        )
    )
    source = params_module(contract)
    assert "class PickParams(TypedDict, total=False)" in source
    assert "model:" not in source
    assert "stream:" not in source
    assert "part: Part | Mapping[str, object]" in source
    assert "parts: Sequence[Part | Mapping[str, object]]" in source
    assert "mode: PickRequestModeValue | str" in source
    assert "more: Mapping[str, int]" in source
    assert "file: bytes | os.PathLike[str] | IO[bytes]" in source
    assert "\"parts\": {'kinds': ('array',), 'maxItems': 2, 'items': ('object',)}" in requests_module(contract)


def test_operations_have_their_path_and_types() -> None:
    """The table has paths, the gateway's root, and the types of request, answer and stream."""
    chat = OPERATIONS["createChatCompletion"]
    assert (chat.method, chat.path, chat.at_root) == ("POST", "/chat/completions", False)
    assert chat.request == "CreateChatCompletionRequest"
    assert (chat.answer, chat.chunk) == ("CreateChatCompletionResponse", "CreateChatCompletionStreamResponse")
    assert OPERATIONS["healthCheck"].at_root
    assert OPERATIONS["createSpeech"].answer is None
    assert {op.request for op in OPERATIONS.values() if op.request} <= {*REQUESTS, "ProviderRequest"}
