"""The local model: a provider that runs a llama.cpp server in a child process."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import httpx2
import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ..._model.json_values import is_array, is_object
from ..._version import install_command
from .. import go_json, weights
from ..chat_schema import ChatMessage, ChatRequest, ChatTool
from .catalogue import CATALOGUE
from .http_provider import HttpProvider
from .provider import (
    Listed,
    ProviderError,
    ProviderRequest,
    ProviderResponse,
    ProviderStatusError,
    ProviderUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from ..weights import Place, Progress, Report
    from .llama_child import Order

__all__ = ["CONTEXT_TOKENS", "SMOKE_TEST_MODEL", "LlamaServer", "LlamaServerError", "LocalModel", "with_forced_call"]


CONTEXT_TOKENS = 4096
_SLOTS = 2  # concurrent answers; further requests wait
_ANSWER_TOKENS = 512  # default limit: a model this small may never stop by itself
_THREADS = 1  # a second one gains little on an idle machine; on a busy one speed drops from 50 tokens a second to 5
_CHILD = Path(__file__).with_name("llama_child.py")
_PATIENCE = 3.0  # seconds until the killed child must have ended

# With the file's own template the model rambles. With this system prompt and temperature 0 it answers.
# It has one JSON object for each tool, and one for each call between <tool_call> and </tool_call>.
_TEMPLATE = r"""
{%- if messages and messages[0].role == 'system' -%}
    {%- set system = messages[0].content -%}
{%- else -%}
    {%- set system = 'You are a helpful assistant.' -%}
{%- endif -%}
{{- '<|im_start|>system\n' + system -}}
{%- if tools -%}
    {{- '\n\nThese functions can be called, one per line:' -}}
    {%- for tool in tools -%}{{- '\n' + (tool.function | tojson) -}}{%- endfor -%}
    {{- '\nA call is JSON: <tool_call>\n{"name": "...", "arguments": {...}}\n</tool_call>' -}}
{%- endif -%}
{{- '<|im_end|>\n' -}}
{%- for message in messages -%}
    {%- if message.role == 'tool' -%}
        {{- '<|im_start|>user\nThe function returned ' + message.content -}}
        {{- '. Answer my question with it.<|im_end|>\n' -}}
    {%- elif not (loop.first and message.role == 'system') -%}
        {{- '<|im_start|>' + message.role + '\n' + (message.content or '') -}}
        {%- for call in message.tool_calls or [] -%}
            {{- '<tool_call>\n{"name": ' + (call.function.name | tojson) -}}
            {{- ', "arguments": ' + (call.function.arguments | tojson) + '}\n</tool_call>' -}}
        {%- endfor -%}
        {{- '<|im_end|>\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}
"""
_CALL_BEGINS: Final = "<tool_call>\n"
_CALL_ENDS: Final = "</tool_call>"


class LlamaServerError(Exception):
    """llama.cpp did not start. The message gives the reason."""


class LlamaServer:
    """A server for one GGUF file.

    Args:
        weights: The file.
        alias: The model's name.
        own_template: Use the chat template in the file and not the smoke-test model's.

    Attributes:
        key: The bearer token that the server requires. Only this process knows it.
        supports_tools: True if the chat template has tools. It is known once the server runs.
    """

    def __init__(self, weights: Path, *, alias: str, own_template: bool) -> None:
        self.key: str = secrets.token_urlsafe(16)
        self.supports_tools: bool = False
        self._weights = weights
        self._order: Order = {
            "weights": str(weights),
            "alias": alias,
            "key": self.key,
            "template": None if own_template else _TEMPLATE,
            "context_tokens": CONTEXT_TOKENS,
            "answer_tokens": _ANSWER_TOKENS,
            "slots": _SLOTS,
            "threads": _THREADS,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def start(self) -> str:
        """Load the weights, which takes about a second, and return the server's address, with /v1.

        Raises:
            LlamaServerError: The file is not usable, xllamacpp is missing, llama.cpp refused, or `stop` was called.
        """
        _check(self._weights)
        if importlib.util.find_spec("xllamacpp") is None:
            raise LlamaServerError(f"the smoke-test model needs xllamacpp: {install_command('local')}")
        with tempfile.TemporaryFile() as log:
            # In its own session, a Ctrl-C at the terminal does not reach the child.
            try:
                self._process = process = subprocess.Popen(  # noqa: S603  (the command is ours)
                    [sys.executable, "-P", str(_CHILD)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_child_environment(os.environ),
                    start_new_session=True,
                )
            except OSError as error:
                raise LlamaServerError(f"cannot start {sys.executable}: {error.strerror or error}") from error
            if self._stopped:  # `stop` ran while the process was being created
                self.stop()
                raise LlamaServerError("llama.cpp was stopped before it started")
            address = self._address(process, log)
            self.supports_tools = _template_has_tools(address, self.key)
            return f"{address}/v1"

    def stop(self) -> None:
        """Kill the server, even while it loads or answers. May be called twice, and from another thread."""
        self._stopped = True
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(_PATIENCE)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _address(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
        if process.stdin is None or process.stdout is None:
            raise LlamaServerError("the child has no pipes")
        try:
            process.stdin.write(json.dumps(self._order).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise LlamaServerError(f"llama.cpp ended while it loaded {self._weights}") from error
        if "address" not in answer:
            self.stop()
            raise LlamaServerError(f"llama.cpp could not serve {self._weights}: {_reason(answer, log)}")
        return str(answer["address"])


def _template_has_tools(address: str, key: str) -> bool:
    """Return whether llama.cpp found tools in the chat template.

    It answers {"chat_template_caps": {"supports_tools": true, ...}, ...}. A template without them drops tools silently.
    """
    try:
        answer = httpx2.get(
            f"{address}/props", headers={"authorization": f"Bearer {key}"}, timeout=_PATIENCE, trust_env=False
        )
        properties: object = answer.json()
    except (httpx2.HTTPError, ValueError):
        return False
    found: object = properties.get("chat_template_caps") if is_object(properties) else None
    return is_object(found) and found.get("supports_tools") is True


def _reason(answer: dict[str, str], log: IO[bytes]) -> str:
    """Return the child's error and the last lines of llama.cpp's log."""
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    reasons = [line.strip() for line in (answer.get("error", ""), *lines[-2:]) if line.strip()]
    return "; ".join(reasons) or "it ended without an error message"


# A parser of a downloaded file needs no API keys: the child gets what loaders, interpreters and accelerators read.
_PASSED: Final = frozenset(
    {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "WINDIR", "VIRTUAL_ENV"}
)
_PASSED_PREFIXES: Final = ("LC_", "LD_", "DYLD_", "PYTHON", "OMP_", "GGML_", "LLAMA_", "CUDA_", "HIP_", "ROCR_", "VK_")
_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL", re.IGNORECASE)


def _child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if (name.upper() in _PASSED or name.upper().startswith(_PASSED_PREFIXES)) and not _SECRET_NAME.search(name)
    }


def _check(weights: Path) -> None:
    """Check for errors that llama.cpp would report without a clear reason."""
    try:
        with weights.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise LlamaServerError(f"cannot read the weights at {weights}: {error.strerror or error}") from error
    if magic != b"GGUF":
        raise LlamaServerError(f"{weights} is not a GGUF file")


SMOKE_TEST_MODEL = "smollm2-135m-instruct"


class _StoppingError(Exception):
    """The gateway is stopping while the weights are downloaded."""


class LocalModel:
    """The smoke-test model, or the user's own GGUF file in its place.

    Args:
        place: The location of the weights.
        pull: Download missing weights when a chat needs them.
        report: Called with the progress of a download, from another thread.

    Attributes:
        name: The model's name.
    """

    def __init__(self, place: Place, *, pull: bool = False, report: Report = lambda _: None) -> None:
        self._place = place
        self._pull = pull and place.ours
        self._report = report
        self.name: str = SMOKE_TEST_MODEL if place.ours else re.sub(r"[^\w.-]+", "-", place.path.stem.lower())
        self._loading: asyncio.Task[HttpProvider] | None = None
        self._server: LlamaServer | None = None
        self._stopping = False
        self._since = int(time.time())

    async def start(self) -> None:
        """Begin to load the weights if they need no download."""
        if self._place.ready:
            self._begin()

    async def models(self) -> list[Listed]:
        """Return the only model."""
        if not (self._place.ready or self._pull):
            raise ProviderUnreachableError(str(self._place.missing()))
        model = Listed(
            id=self.name,
            object="model",
            created=self._since,
            owned_by="llamacpp",
            context_tokens=CONTEXT_TOKENS,
            context_source="runtime",
        )
        return [model]

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the answer, as `ModelProvider.chat` does."""
        provider = await self._started()
        return await provider.chat(self._with_tools(request))

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of the answer, as `ModelProvider.chat_stream` does."""
        provider = await self._started()
        lines = provider.chat_stream(self._with_tools(request))
        try:
            async for line in lines:
                yield line
        finally:
            await lines.aclose()

    @asynccontextmanager
    async def exchange(self, outgoing: ProviderRequest) -> AsyncGenerator[ProviderResponse]:
        """Open an answer of llama.cpp's server, as `ModelProvider.exchange` does."""
        async with (await self._started()).exchange(outgoing) as answer:
            yield answer

    async def stop(self) -> None:
        """Stop a download and the server."""
        self._stopping = True
        if self._loading is None:
            return
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
        try:
            relay = await self._loading
        except ProviderError:
            return
        await relay.stop()

    def _with_tools(self, request: ChatRequest) -> ChatRequest:
        """Return a chat in the form in which the model calls its tools. A chat without tools is unchanged.

        Raises:
            ProviderStatusError: The chat has tools, which the model's chat template would drop silently.
        """
        if not request.tools:
            return request
        if self._server is None or not self._server.supports_tools:
            raise _bad_request(
                f"the chat template of {self.name} does not support tools: leave `tools` out or use another model"
            )
        return with_forced_call(request, request.tools) if self._place.ours else request

    async def _started(self) -> HttpProvider:
        """Return a provider for the server, once it runs.

        Raises:
            ProviderUnreachableError: The server could not be started.
        """
        loading = self._begin()
        try:
            return await asyncio.shield(loading)  # a caller that leaves does not cancel loading for the others
        except ProviderError:
            self._loading = None if self._loading is loading else self._loading  # the next call tries again
            raise

    def _begin(self) -> asyncio.Task[HttpProvider]:
        if self._loading is None:
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(_retrieve_exception)
        return self._loading

    async def _load(self) -> HttpProvider:
        try:
            url, key = await asyncio.to_thread(self._serve)
        except (weights.WeightsError, LlamaServerError, _StoppingError) as error:
            raise ProviderUnreachableError(str(error)) from error
        return HttpProvider(CATALOGUE["llamacpp"], url=url, key=key)

    def _serve(self) -> tuple[str, str]:
        """Start the server and return its address and key."""
        place = self._place
        damaged = place.ready and place.ours and not weights.is_intact(place.path)
        if damaged or not place.ready:
            if not self._pull:
                raise place.damaged() if damaged else place.missing()
            weights.pull(place.path, self._log_progress)
        server = LlamaServer(self._place.path, alias=self.name, own_template=not self._place.ours)
        self._server = server
        if self._stopping:
            raise _StoppingError
        return server.start(), server.key

    def _log_progress(self, progress: Progress) -> None:
        if self._stopping:
            raise _StoppingError
        self._report(progress)


def _retrieve_exception(task: asyncio.Task[HttpProvider]) -> None:
    """Retrieve the exception of a task that no caller awaits. The first chat raises it again."""
    if not task.cancelled():
        task.exception()


def _bad_request(message: str) -> ProviderStatusError:
    """Return a refusal in the form of llama.cpp's own."""
    error = {"code": 400, "message": message, "type": "invalid_request_error"}
    return ProviderStatusError(400, go_json.encode({"error": error}))


def with_forced_call(request: ChatRequest, tools: list[ChatTool]) -> ChatRequest:
    r"""Return a chat with tools in the form in which the smoke-test model calls one.

    The model is too small to begin a call by itself, and llama.cpp does not enforce `tool_choice: "required"` alone. So
    the gateway writes the beginning of a call, and llama.cpp's grammar for the tools holds the model to the rest:

        {"role": "assistant", "content": "<tool_call>\n"}     -> {"name": "weather", "arguments": {"city": "Oslo"}}

    With `tool_choice` "auto" it calls after a message of the user, and answers after a result. A response format
    excludes calls. The choice of the tool and its arguments are the model's.

    Raises:
        ProviderStatusError: `tool_choice` names a tool that the request does not have.
    """
    choice: object = msgspec.json.decode(request.tool_choice) if bytes(request.tool_choice) else "auto"
    role = request.messages[-1].role if request.messages else ""
    wanted = role == "user" if choice == "auto" else role in {"user", "tool"}
    if choice == "none" or not wanted or bytes(request.response_format):
        return replace(request, tool_choice=Raw(b'"none"'))
    if is_object(choice):
        function: object = choice.get("function")
        name = function.get("name") if is_object(function) else None
        tools = [one for one in tools if one.function.name == name]
        if not tools:
            raise _bad_request(f"tool_choice names {name!r}, which is not among the tools")
    stops: object = msgspec.json.decode(request.stop) if bytes(request.stop) else []
    stops = [*stops, _CALL_ENDS] if is_array(stops) else [stops, _CALL_ENDS]
    beginning = ChatMessage(role="assistant", content=Raw(msgspec.json.encode(_CALL_BEGINS)))
    return replace(
        request,
        messages=[*(request.messages or ()), beginning],
        tools=tools,
        tool_choice=Raw(b'"required"'),
        stop=Raw(msgspec.json.encode(stops)),
    )
