"""Tools that read types at run time, and editors that complete names, see the whole public interface."""

from __future__ import annotations

import inspect
import pydoc
import re
import types
import typing
from typing import Any

import jedi
import msgspec
import pytest

import inference_gateway_sdk as sdk

CLASSES = sorted(name for name in sdk.__all__ if isinstance(getattr(sdk, name), type))
STRUCTS = [name for name in CLASSES if issubclass(getattr(sdk, name), msgspec.Struct)]


@pytest.mark.parametrize("name", STRUCTS)
def test_msgspec_can_decode_every_public_struct(name: str) -> None:
    """A user's struct may have any of ours as a field: msgspec finds every name in its annotations."""
    assert msgspec.json.Decoder(getattr(sdk, name)).type is getattr(sdk, name)


@pytest.mark.parametrize("name", CLASSES)
def test_annotations_of_every_public_class_resolve(name: str) -> None:
    """`typing.get_type_hints` works, as documentation tools and dependency injection call it."""
    assert isinstance(typing.get_type_hints(getattr(sdk, name)), dict)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from inference_gateway_sdk import InferenceGatewayCli", "InferenceGatewayClient"),
        ("import inference_gateway_sdk\ninference_gateway_sdk.Timeo", "Timeouts"),
        (
            "from inference_gateway_sdk import InferenceGatewayClient\nInferenceGatewayClient().generate_content_st",
            "generate_content_stream",
        ),
    ],
)
def test_jedi_completes_public_names(source: str, wanted: str) -> None:
    """IPython, Jupyter, Spyder and vim complete the root's names and the client's methods without running them."""
    assert wanted in [completion.name for completion in jedi.Script(source).complete()]


CALLS = ["generate_content(temperatu", "create_message(temperatu", "create_response_stream(temperatu", "run(output_mo",
         "generate_image(qualit", "list_models(extra_que", "create_speech_stream(spee"]  # fmt: skip


def _keywords(completions: list[Any]) -> list[str]:
    return [one.name for one in completions if one.name.endswith("=")]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("client", ["InferenceGatewayClient", "AsyncInferenceGatewayClient"])
def test_editors_complete_the_parameters_of_methods(client: str, call: str) -> None:
    """Jedi, which does not read `Unpack`, completes keyword parameters: in a file, and on a live object."""
    wanted = f"{call.partition('(')[2]}"
    source = f"from inference_gateway_sdk import {client}\nclient = {client}()\nclient.{call}"
    found = _keywords(jedi.Script(source).complete())
    assert found and found[0].startswith(wanted)
    live = {"client": getattr(sdk, client)("http://127.0.0.1:1")}
    assert _keywords(jedi.Interpreter(f"client.{call}", [live]).complete())[:1] == found[:1]


@pytest.mark.parametrize("client", [sdk.InferenceGatewayClient, sdk.AsyncInferenceGatewayClient])
def test_signatures_and_help_list_every_parameter(client: Any) -> None:
    """Each public method has a signature without `**params`, and `help()` describes each parameter."""
    methods = [name for name, value in inspect.getmembers(client, inspect.isfunction) if not name.startswith("_")]
    assert len(methods) > 30
    for name in methods:
        method = getattr(client, name)
        parameters = inspect.signature(method, eval_str=True).parameters
        assert inspect.Parameter.VAR_KEYWORD not in {one.kind for one in parameters.values()}, name
        assert typing.get_type_hints(method)
        assert inspect.getsource(method).lstrip().startswith(("def ", "async def ", "@"))
    shown = pydoc.render_doc(client.generate_content)
    described = re.findall(r"^\s+(\w+): \w", shown.partition("Keyword parameters:")[2], re.MULTILINE)
    own = {"self", "model", "messages", "provider"}
    assert set(described) == set(inspect.signature(client.generate_content).parameters) - own
    assert {"temperature", "tools", "timeout", "mcp_bypass"} <= set(described)
    assert "output_mode" in pydoc.render_doc(client.run)


def test_help_of_the_package() -> None:
    """`help(inference_gateway_sdk)` and the signature of every public name work."""
    assert "InferenceGatewayClient" in pydoc.render_doc(sdk)
    without = []
    for name in sdk.__all__:
        try:
            inspect.signature(getattr(sdk, name))
        except (TypeError, ValueError):
            without.append(name)
    assert all(_has_none(getattr(sdk, name)) for name in without), without


def _has_none(value: Any) -> bool:
    """Return whether Python itself has no signature for a value: aliases, TypedDicts, exceptions without `__init__`."""
    if not isinstance(value, type) or isinstance(value, types.GenericAlias):
        return True
    return issubclass(value, dict) or (issubclass(value, Exception) and value.__init__ is Exception.__init__)
