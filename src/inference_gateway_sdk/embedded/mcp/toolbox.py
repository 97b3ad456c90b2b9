"""The gateway's tools: MCP servers, Python functions, and the offers made to a model."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import httpx2
import msgspec
from msgspec import Struct

from ..._model.json_values import is_array
from ..._model.type_info import build_converter
from ..._version import __version__
from ..._wire import codec
from ..._wire.call import Call, Reply
from ..._wire.headers import Headers
from ..._wire.mcp import MCP_PROTOCOL_VERSION, McpServerTool, McpToolResult, rpc_call, tool_call, tools_page_call
from ..._wire.url import redact_url
from ...errors import GatewayError
from ..oidc import is_this_machine
from ..settings import server_alias, split_server
from .offer import Direct, Selector, SourcedTool, ToolError, ToolSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..._generated.mcp import McpJsonRpcResponse
    from ..settings import McpSettings
    from .offer import Offer

__all__ = [
    "FunctionTools",
    "RemoteTools",
    "Toolbox",
]


_REFS = "#/$defs/{name}"


class FunctionTools:
    """Python functions that are offered as tools, as if an MCP server had them.

    Args:
        functions: Functions with distinct names and parameters that JSON can fill. A function that is not `async` runs
            in a thread.

    Raises:
        TypeError: One of them is not a function, or cannot be described.
        ValueError: Two have the same name.
    """

    address = "python:functions"
    alias = "python"

    def __init__(self, functions: Iterable[Callable[..., object]]) -> None:
        self._functions: dict[str, _Function] = {}
        for function in functions:
            described = _Function.of(function)
            if described.tool.name in self._functions:
                raise ValueError(f"two tools are named {described.tool.name}: rename one of them")
            self._functions[described.tool.name] = described

    @property
    def tools(self) -> tuple[McpServerTool, ...]:
        """The functions as tools. The list never changes."""
        return tuple(function.tool for function in self._functions.values())

    async def refresh(self) -> None:
        """Do nothing: the list never changes."""

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """Run the function and return its result or its exception."""
        function = self._functions.get(name)
        if function is None:
            raise ToolError(f"unknown tool {name}")
        try:
            return _function_result(await function(arguments))
        except Exception as error:  # noqa: BLE001  (any exception of a user's function is the tool's failure)
            return McpToolResult(content=[_function_text(str(error) or type(error).__name__)], is_error=True)

    async def stop(self) -> None:
        """Do nothing: no resources are held."""


class _Function(Struct, frozen=True):
    """A function, the conversion of its arguments, and its description as a tool."""

    run: Callable[..., Any]
    convert: Callable[[object], Any]
    tool: McpServerTool

    @classmethod
    def of(cls, function: object) -> _Function:
        if not callable(function) or not isinstance(name := getattr(function, "__name__", None), str):
            raise TypeError(f"tools must be functions, got {type(function).__name__}")
        try:
            arguments = _arguments(function)
            schema, convert = _schema(arguments), build_converter(arguments)
        except (TypeError, ValueError, NameError) as error:
            raise TypeError(f"the tool {name} cannot be described: {error}") from error
        tool = McpServerTool(name=name, description=inspect.getdoc(function) or "", input_schema=schema)
        return cls(function, convert, tool)

    async def __call__(self, arguments: Mapping[str, object]) -> object:
        given = self.convert(dict(arguments))
        named = {name: getattr(given, name) for name in given.__struct_fields__}
        if inspect.iscoroutinefunction(self.run):
            return await self.run(**named)
        return await asyncio.to_thread(self.run, **named)


def _arguments(function: Callable[..., object]) -> type[Struct]:
    """Return a type whose fields are the function's parameters, to check arguments with."""
    hints = get_type_hints(function, include_extras=True)
    fields: list[Any] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{parameter} cannot be passed by name")
        kind = hints.get(parameter.name, Any)
        required = parameter.default is parameter.empty
        fields.append((parameter.name, kind) if required else (parameter.name, kind, parameter.default))
    return msgspec.defstruct("Arguments", fields, kw_only=True, forbid_unknown_fields=True)


def _schema(arguments: type[Struct]) -> dict[str, Any]:
    _, parts = msgspec.json.schema_components([arguments], ref_template=_REFS)
    whole = parts.pop("Arguments")
    return {**whole, "$defs": parts} if parts else whole


def _function_result(value: object) -> McpToolResult:
    if isinstance(value, McpToolResult):
        return value
    return McpToolResult(content=[_function_text(value if isinstance(value, str) else codec.encode(value).decode())])


def _function_text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


RemoteT = TypeVar("RemoteT")

_CLIENT = {"name": "inference-gateway-sdk-embedded", "version": __version__}
_HANDSHAKE_VERSION = "2025-06-18"
_INITIALIZED = codec.encode({"jsonrpc": "2.0", "method": "notifications/initialized"})
_MOST_PAGES = 100
_SESSION = "mcp-session-id"


class RemoteTools:
    """The tools of one MCP server.

    Args:
        server: The server's URL, or "alias=URL".
        settings: The time limits.
    """

    def __init__(self, server: str, settings: McpSettings) -> None:
        _, self._url = split_server(server)
        self.address: str = redact_url(self._url)  # for the model, clients and the log: the query may hold a key
        self.alias: str = server_alias(server)
        self.tools: tuple[McpServerTool, ...] = ()
        self._settings = settings
        self._headers: dict[str, str] | None = None  # session headers of each request; None before the first contact
        self._client: httpx2.AsyncClient | None = None

    async def refresh(self) -> None:
        """Fetch the list of tools again, as `ToolSource.refresh` does."""
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                self.tools = tuple(await self._list_pages())
        except (ToolError, TimeoutError) as error:
            self.tools, self._headers = (), None
            raise error if isinstance(error, ToolError) else self._timed_out() from error

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """Run a tool, as `ToolSource.call` does."""
        result = await self._ask(tool_call(name, dict(arguments), _CLIENT), self._settings.call_timeout)
        if result.extra_fields.get("resultType", "complete") != "complete":
            raise ToolError("the tool needs more input, which the gateway cannot request")
        return result

    async def stop(self) -> None:
        """End the session, if there is one, and close the connections."""
        session, self._headers = self._headers or {}, None
        if _SESSION in session:
            with suppress(ToolError):
                await self._exchange("DELETE", session)
        if self._client is not None:
            await self._client.aclose()

    async def _list_pages(self) -> list[McpServerTool]:
        tools: list[McpServerTool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._ask(tools_page_call(cursor, _CLIENT), self._settings.request_timeout)
            tools += (tool for tool in page.tools if tool.name)
            cursor = page.cursor
            if cursor is None:
                return tools
        raise ToolError(f"its list of tools has more than {_MOST_PAGES} pages")

    async def _ask(self, call: Call[RemoteT], seconds: float) -> RemoteT:
        """Return the result of a call. If the server has lost the session, begin a new one and try once more."""
        headers = self._headers
        if headers is None:
            headers = self._headers = await self._negotiate()
        reply = await self._send(call, headers, seconds)
        if reply.status == 404 and _SESSION in headers:
            headers = self._headers = await self._negotiate()
            reply = await self._send(call, headers, seconds)
        return _read_remote(call, reply)

    async def _negotiate(self) -> dict[str, str]:
        """Negotiate the protocol and return the headers of further requests."""
        call = rpc_call("server/discover", None, _CLIENT)
        reply = await self._send(call, {})
        try:
            found = _remote_result(_read_remote(call, reply))
        except ToolError:
            found = {}
        versions = found.get("supportedVersions")
        if not is_array(versions) or MCP_PROTOCOL_VERSION not in versions:
            return await self._initialize()
        return {}

    async def _initialize(self) -> dict[str, str]:
        wanted = {"protocolVersion": _HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": _CLIENT}
        call = rpc_call("initialize", wanted, _CLIENT)
        reply = await self._send(call, {"mcp-protocol-version": _HANDSHAKE_VERSION})
        begun = _remote_result(_read_remote(call, reply))
        headers = {"mcp-protocol-version": str(begun.get("protocolVersion") or _HANDSHAKE_VERSION)}
        if _SESSION in reply.headers:
            headers[_SESSION] = reply.headers[_SESSION]
        await self._exchange("POST", {**_TYPES, **headers}, _INITIALIZED)
        return headers

    async def _send(self, call: Call[RemoteT], headers: Mapping[str, str], seconds: float | None = None) -> Reply:
        own = {name.lower(): value for name, value in call.headers}
        return await self._exchange(call.method, {**own, **_TYPES, **headers}, call.body or b"", seconds)

    async def _exchange(
        self, method: str, headers: Mapping[str, str], body: bytes = b"", seconds: float | None = None
    ) -> Reply:
        """Send a request and return the whole answer, which must be there after `seconds`, or `request_timeout`.

        Raises:
            ToolError: No answer came in time.
        """
        request = httpx2.Request(method, self._url, headers=headers, content=body)
        try:
            async with asyncio.timeout(seconds or self._settings.request_timeout):
                async with asyncio.timeout(self._settings.header_timeout):
                    answer = await self._open_client().send(request, stream=True)
                try:
                    data = await answer.aread()
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise self._timed_out() from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ToolError(f"{self.address} could not be reached: {error}") from error
        return Reply(answer.status_code, Headers(answer.headers.multi_items()), data)

    def _timed_out(self) -> ToolError:
        return ToolError(f"{self.address} did not answer in time")

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                timeout=httpx2.Timeout(None, connect=self._settings.dial_timeout),
                trust_env=not is_this_machine(self._url),
                limits=httpx2.Limits(max_keepalive_connections=0),
                follow_redirects=True,  # many servers redirect /mcp to /mcp/
                event_hooks={"response": [_refuse_foreign_redirect]},
            )
        return self._client


async def _refuse_foreign_redirect(answer: httpx2.Response) -> None:
    """Refuse a redirect to another host, which would get the arguments of a tool.

    Raises:
        ToolError: The answer is one.
    """
    if not answer.has_redirect_location:
        return
    here = answer.request.url
    there = here.join(answer.headers["location"])
    if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        raise ToolError(f"{redact_url(str(here))} redirects to {redact_url(str(there))}: name that in MCP_SERVERS")


_TYPES = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def _read_remote(call: Call[RemoteT], reply: Reply) -> RemoteT:
    """Return the result in an answer.

    Raises:
        ToolError: The answer is an error, or cannot be decoded.
    """
    try:
        return call.read(reply)
    except GatewayError as error:
        raise ToolError(str(getattr(error, "message", error)) or f"status {reply.status}") from error


def _remote_result(response: McpJsonRpcResponse) -> dict[str, Any]:
    if response.error is not None:
        raise ToolError(response.error.message)
    return response.result or {}


_logger = logging.getLogger(__name__)


class Toolbox:
    """The tools of all sources.

    Args:
        sources: The sources in order of precedence; empty for a gateway without MCP.
        settings: The filters of tools, and the polling intervals.
        bare: Name tools without their source's alias (a quirk).
    """

    def __init__(self, sources: Sequence[ToolSource], settings: McpSettings, *, bare: bool = False) -> None:
        self._sources = sources
        self._bare = bare
        self._settings = settings
        self._polling: list[asyncio.Task[None]] = []

    @classmethod
    def build(
        cls, settings: McpSettings, functions: Iterable[Callable[..., object]] = (), *, bare: bool = False
    ) -> Toolbox:
        """Build the toolbox that the settings describe.

        Args:
            settings: The servers, used if MCP is enabled.
            functions: Python functions to offer as tools. Any function enables MCP.
            bare: Name tools without their source's alias (a quirk).

        Raises:
            TypeError: A function cannot be described as a tool.
            ValueError: Two functions have the same name.
        """
        own = tuple(functions)
        sources: list[ToolSource] = [FunctionTools(own)] if own else []
        if settings.enabled:
            sources += [RemoteTools(server, settings) for server in settings.servers]
        return cls(sources, settings, bare=bare)

    @property
    def enabled(self) -> bool:
        """True if MCP is on."""
        return bool(self._sources) or self._settings.enabled

    @property
    def configured(self) -> bool:
        """True if there are tool sources, reachable or not."""
        return bool(self._sources)

    def everything(self) -> list[SourcedTool]:
        """Return the tools of all sources, also those that models are not offered."""
        return [
            SourcedTool(tool, source, f"mcp_{tool.name}" if self._bare else f"mcp_{alias}_{tool.name}")
            for alias, source in self._aliased()
            for tool in source.tools
        ]

    def offered(self) -> dict[str, SourcedTool]:
        """Return the tools that models and clients may use, by name. Of tools with the same name the first is used."""
        found: dict[str, SourcedTool] = {}
        for placed in self.everything():
            if self._is_allowed(placed):
                found.setdefault(placed.name, placed)
        return found

    def offer(self) -> Offer | None:
        """Return the offer for a chat, or None if there are no tools."""
        placed = list(self.offered().values())
        if not placed:
            return None
        return Direct(placed) if self._settings.mode == "direct" else Selector(placed)

    async def start(self) -> None:
        """Fetch the tools of every source, and keep fetching them in the background."""
        await asyncio.gather(*(self._refresh(source) for source in self._sources))
        self._polling = [asyncio.ensure_future(self._poll(source)) for source in self._sources]

    async def stop(self) -> None:
        """Stop fetching and stop all sources. May be called twice."""
        for task in self._polling:
            task.cancel()
        await asyncio.gather(*self._polling, return_exceptions=True)
        for source in self._sources:
            await source.stop()

    async def _poll(self, source: ToolSource) -> None:
        while True:
            settings = self._settings
            interval = settings.polling_interval if source.tools else settings.reconnect_interval
            if interval is None:
                return
            await asyncio.sleep(interval)
            await self._refresh(source)

    async def _refresh(self, source: ToolSource) -> None:
        had = bool(source.tools)
        try:
            await source.refresh()
        except ToolError as error:
            if had or not self._polling:  # once per outage, not at each attempt
                _logger.warning("no tools from the MCP server %s: %s", source.address, error)

    def _is_allowed(self, placed: SourcedTool) -> bool:
        own = placed.tool.name  # add, mcp_add, python_add, mcp_python_add
        names = {own, f"mcp_{own}", placed.name, placed.name.removeprefix("mcp_")}
        if self._settings.include:
            return not names.isdisjoint(self._settings.include)
        return names.isdisjoint(self._settings.exclude)

    def _aliased(self) -> Iterator[tuple[str, ToolSource]]:
        """Yield each source after its alias, with a number appended if an earlier one has the same."""
        taken: set[str] = set()
        for source in self._sources:
            yield _unused_name(source.alias, taken), source


def _unused_name(alias: str, taken: set[str]) -> str:
    name = next(each for each in _numbered(alias) if each not in taken)
    taken.add(name)
    return name


def _numbered(alias: str) -> Iterator[str]:
    yield alias
    number = 2
    while True:
        yield f"{alias}_{number}"
        number += 1
