"""Tools that read types at run time, and editors that complete names, see the whole public interface."""

from __future__ import annotations

import inspect
import pydoc
import re
import subprocess
import sys
import typing
from typing import Any

import jedi
import msgspec
import pytest

import inference_gateway_sdk as sdk

pytestmark = pytest.mark.once

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


CALLS = ["generate_content(temperatu", "create_message(mcp_serve", "create_response_stream(includ", "run(output_mo",
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


CLIENTS = (sdk.InferenceGatewayClient, sdk.AsyncInferenceGatewayClient)
METHODS = [
    (client, name)
    for client in CLIENTS
    for name in dir(client)
    if not name.startswith("_") and inspect.isfunction(getattr(client, name))
]


def keywords(client: type, name: str) -> dict[str, typing.Any]:
    """Return the keys of a method's `**params: Unpack[...]`, empty if it has none."""
    method = getattr(client, name)
    last = [*inspect.signature(method, follow_wrapped=False).parameters.values()][-1]
    hint = typing.get_type_hints(method).get(last.name)
    return typing.get_type_hints(typing.get_args(hint)[0]) if typing.get_origin(hint) is typing.Unpack else {}


UNPACKING = [(client, name) for client, name in METHODS if keywords(client, name)]


def test_the_methods_that_unpack_are_those_of_the_endpoints() -> None:
    """The tests below cover about as many methods of each client, with generate_content among them."""
    assert [name for client, name in UNPACKING if client is CLIENTS[0]] == [
        name for client, name in UNPACKING if client is CLIENTS[1]
    ]
    assert (CLIENTS[0], "generate_content") in UNPACKING
    assert len(UNPACKING) >= 40


@pytest.mark.parametrize(("client", "name"), UNPACKING)
def test_a_signature_has_each_keyword(client: type, name: str) -> None:
    """`inspect.signature` of a live method lists each key of the TypedDict as an optional keyword with its type."""
    method = getattr(object.__new__(client), name)
    signature = inspect.signature(method)
    for key, hint in keywords(client, name).items():
        parameter = signature.parameters[key]
        assert (parameter.kind, parameter.annotation) == (inspect.Parameter.KEYWORD_ONLY, hint)
        assert parameter.default is not inspect.Parameter.empty
    assert not [one for one in signature.parameters.values() if one.kind is inspect.Parameter.VAR_KEYWORD]
    assert "self" not in signature.parameters


@pytest.mark.parametrize(("client", "name"), UNPACKING)
def test_help_describes_each_keyword(client: type, name: str) -> None:
    """`help(client.generate_content)` has a line with a description for each keyword."""
    text = pydoc.plain(pydoc.render_doc(getattr(object.__new__(client), name)))
    lines = [line.strip() for line in text.splitlines()]
    for key in keywords(client, name):
        assert [line for line in lines if line.startswith(f"{key}: ") and len(line) > len(key) + 10], key


@pytest.mark.parametrize(("client", "name"), METHODS)
def test_tools_resolve_the_annotations_of_every_method(client: type, name: str) -> None:
    """Dependency injection and documentation tools evaluate annotations, and find the source."""
    method = getattr(client, name)
    signature = inspect.signature(method, eval_str=True)
    assert not [one for one in signature.parameters.values() if isinstance(one.annotation, str)]
    assert typing.get_type_hints(method).keys() == method.__annotations__.keys()
    assert f"def {name}(" in inspect.getsource(method)
    assert inspect.iscoroutinefunction(method) == bool(method.__code__.co_flags & inspect.CO_COROUTINE)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_constructor_has_no_private_parameter(client: type) -> None:
    """The signature of the class has the parameters that a user may pass, and no others."""
    signature = inspect.signature(client, eval_str=True)
    assert [name for name in signature.parameters if name.startswith("_")] == []
    assert "driver" in signature.parameters


ALIASES = {
    "CreateSFXRequest": "CreateSfxRequest",
    "MCPJSONRPCError": "McpJsonRpcError",
    "MCPJSONRPCRequest": "McpJsonRpcRequest",
    "MCPJSONRPCResponse": "McpJsonRpcResponse",
}


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_the_published_spelling_is_an_alias(alias: str, name: str) -> None:
    """Both names are the same class, at the root and among the types."""
    assert getattr(sdk, alias) is getattr(sdk, name)
    assert getattr(sdk.types, alias) is getattr(sdk, name)


@pytest.mark.parametrize("name", sdk.__all__)
def test_everything_public_can_be_inspected(name: str) -> None:
    """`inspect.signature` and `help` work for every public name that is a class or a function."""
    value = getattr(sdk, name)
    if isinstance(value, type) or inspect.isfunction(value):
        try:
            inspect.signature(value)
        except ValueError:
            # The constructors of dict and str have no signature; TypedDicts and open enumerations are such classes.
            assert typing.is_typeddict(value) or issubclass(value, str)
        assert ALIASES.get(name, name) in pydoc.render_doc(value)
    else:  # an alias such as `FunctionParameters`, a dict; the versions, and a price
        assert typing.get_origin(value) is not None or name in ("__version__", "MCP_PROTOCOL_VERSION", "FREE")


def test_help_of_the_package_shows_every_class() -> None:
    """`help(inference_gateway_sdk)` renders the whole root in a fresh process."""
    program = "import inference_gateway_sdk, pydoc; print(pydoc.plain(pydoc.render_doc(inference_gateway_sdk)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("InferenceGatewayClient", "Message", "tool_result"):
        assert name in done.stdout


def test_a_client_does_not_load_what_only_inspection_needs() -> None:
    """Making a client imports neither the keywords' types nor `inspect`'s view of them."""
    program = (
        "import sys; from inference_gateway_sdk import InferenceGatewayClient as C; c = C(proxy=None);"
        "names = {'inference_gateway_sdk._client.params', 'inference_gateway_sdk._client.keywords'};"
        "before = names & {*sys.modules}; import inspect; inspect.signature(c.generate_content);"
        "print(len(before), len(names & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "2"]
