"""The cost of importing, and the names of the root."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import inference_gateway_sdk
from inference_gateway_sdk import errors, types

RUST_NAMES = """
ChatCompletionChoice ChatCompletionChoiceLogprobs ChatCompletionMessageToolCall ChatCompletionMessageToolCallChunk
ChatCompletionMessageToolCallFunction ChatCompletionStreamChoice ChatCompletionStreamChoiceLogprobs
ChatCompletionStreamOptions ChatCompletionStreamResponseDelta ChatCompletionTokenLogprob
ChatCompletionTokenLogprobTopLogprobsItem ChatCompletionTool ChatCompletionToolType CompletionUsage Config ContentPart
CreateChatCompletionRequest CreateChatCompletionResponse CreateChatCompletionStreamResponse Endpoints Error FinishReason
FunctionObject FunctionParameters GatewayError ImageContentPart ImageContentPartType ImageUrl ImageUrlDetail
InferenceGatewayAPI InferenceGatewayClient ListModelsResponse ListToolsResponse McpTool Message MessageContent
MessageRole
Model Provider ProviderAuthType ProviderSpecificResponse SSEvents SsEvent SsEventEvent TextContentPart
TextContentPartType ToolCallExtraContent ToolCallExtraContentGoogle
""".split()


def loaded_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after this code, beyond those it starts with."""
    script = f"import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_else() -> None:
    """No module of ours, no msgspec and no network code is loaded before it is used."""
    loaded = loaded_after("import inference_gateway_sdk")
    heavy = {"asyncio", "httptools", "http.client", "msgspec", "pydantic", "ssl", "socket", "email", "logging"}
    assert not loaded & heavy
    assert {name for name in loaded if name.startswith("inference_gateway_sdk.")} == set()


def test_a_type_loads_its_family_only() -> None:
    """Using a chat type makes chat's classes, not the two hundred of the contract, and no pydantic."""
    loaded = loaded_after("from inference_gateway_sdk import Message")
    assert "inference_gateway_sdk._generated.chat" in loaded
    assert "inference_gateway_sdk._generated.responses" not in loaded
    assert "inference_gateway_sdk._generated.params" not in loaded
    assert not loaded & {"pydantic", "asyncio", "ssl", "httptools", "http.client"}


LATE = {"asyncio", "json", "logging", "queue", "random", "ssl", "dataclasses", "email", "http.client", "pydantic"}
"""Modules that a program without async code, odd JSON, log records or retries does without."""


@pytest.mark.parametrize(
    ("client", "spared"),
    [("InferenceGatewayClient", LATE), ("AsyncInferenceGatewayClient", LATE - {"asyncio", "logging", "ssl", "queue"})],
)
def test_the_first_client_loads_few_modules(client: str, spared: set[str]) -> None:
    """At most 45 modules of the package are loaded, and none of the libraries that most programs do not need."""
    loaded = loaded_after(f"import inference_gateway_sdk as sdk; sdk.{client}('http://127.0.0.1:1')")
    ours = {name for name in loaded if name.partition(".")[0] == "inference_gateway_sdk"}
    assert 0 < len(ours) <= 45
    assert not loaded & spared


def test_a_program_that_imports_logging_later_gets_the_log_records() -> None:
    """The debug record of a response is written although the client was made before `logging` was imported."""
    code = (
        "import inference_gateway_sdk as sdk\n"
        "from inference_gateway_sdk._client import retry_state\n"
        "import sys\n"
        "retry_state.log_response('GET', 'http://h/v1/models', 200, 1.5)\n"
        "assert 'logging' not in sys.modules\n"
        "import logging\n"
        "logging.basicConfig(level=logging.DEBUG, format='%(name)s %(message)s')\n"
        "retry_state.log_response('GET', 'http://h/v1/models', 200, 2.5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "inference_gateway_sdk GET http://h/v1/models: 200 after 2.500 s\n"


OPTIONAL = ["AsyncHttpx2Driver", "Httpx2Driver"]


@pytest.mark.parametrize("name", [*inference_gateway_sdk.__all__, *OPTIONAL])
def test_every_root_name_is_there(name: str) -> None:
    """Each name of the root resolves, and dir() lists it."""
    assert getattr(inference_gateway_sdk, name) is not None
    assert name in dir(inference_gateway_sdk)


def test_checkers_see_what_python_offers() -> None:
    """The names imported for static tools are those of `__all__`, and at the root the optional ones too."""
    for module, optional in ((inference_gateway_sdk, OPTIONAL), (types, [])):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        imported = [alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
        seen = [alias.asname for alias in imported if alias.name == alias.asname]
        assert sorted(seen) == sorted([*module.__all__, *optional])


def test_the_names_of_the_rust_sdk_are_there() -> None:
    """Each name of the Rust SDK is available."""
    assert set(RUST_NAMES) <= set(inference_gateway_sdk.__all__)


def test_every_error_is_a_root_name() -> None:
    """All errors can be caught by names that the root exports."""
    assert set(errors.__all__) <= set(inference_gateway_sdk.__all__)
    assert inference_gateway_sdk.errors is errors


def test_types_offers_the_models_alone() -> None:
    """`types` has every type of the contract, the same objects, and nothing else."""
    assert types.Message is inference_gateway_sdk.Message
    assert set(types.__all__) < set(inference_gateway_sdk.__all__)
    assert "InferenceGatewayClient" not in types.__all__
    assert dir(types) == types.__all__


@pytest.mark.parametrize("module", [inference_gateway_sdk, types])
def test_a_name_that_is_not_there_is_an_attribute_error(module: object) -> None:
    """A missing name is an AttributeError with module and name, so that hasattr works."""
    assert not hasattr(module, "NoSuchName")
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchName'"):
        module.NoSuchName  # type: ignore[attr-defined]  # noqa: B018


def test_a_star_import_brings_everything() -> None:
    """`from inference_gateway_sdk import *` imports every public name."""
    names: dict[str, object] = {}
    exec("from inference_gateway_sdk import *", names)
    assert names["Message"] is inference_gateway_sdk.Message


def test_without_httpx2_the_root_can_still_be_inspected() -> None:
    """Star imports, hasattr and inspect.getmembers work without httpx2, and only its two drivers are missing."""
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        "import inspect\n"
        "from inference_gateway_sdk import *\n"
        "import inference_gateway_sdk as sdk\n"
        "assert Message is sdk.Message\n"
        "members = dict(inspect.getmembers(sdk))\n"
        "assert set(sdk.__all__) <= set(members)\n"
        "for name in ('Httpx2Driver', 'AsyncHttpx2Driver'):\n"
        "    assert name not in members and not hasattr(sdk, name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
