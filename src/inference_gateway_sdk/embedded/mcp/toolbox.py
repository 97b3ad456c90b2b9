"""The gateway's tools: MCP servers and functions, and how a model is offered them."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import httpx2
import msgspec
from msgspec import Struct

from ..._model.json_values import is_array, is_object
from ..._version import __version__
from ..._wire import codec
from ..._wire.call import Call, Reply
from ..._wire.headers import Headers
from ..._wire.mcp import PROTOCOL_VERSION, McpServerTool, McpToolResult, rpc_call, tool_call, tools_page_call
from ...errors import GatewayError
from ..oidc import is_this_machine
from ..settings import split_server
from .offer import Direct, Selector, ToolError, ToolSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..._generated.mcp import McpJsonRpcResponse
    from ..settings import McpSettings
    from .offer import Offer

__all__ = [
    "FunctionTools",
    "Placed",
    "RemoteTools",
    "Toolbox",
]


_REFS = "#/$defs/{name}"


class FunctionTools:
    """Functions that are offered as if an MCP server did.

    Args:
        functions: Each with a name of its own, and parameters that JSON can fill; they may be `async`. A function that
            is not runs in a thread.

    Raises:
        TypeError: One of them is no function, or cannot be described.
        ValueError: Two have the same name.
    """

    address = "python:functions"
    alias = "python"

    def __init__(self, functions: Iterable[Callable[..., object]]) -> None:
        self._functions: dict[str, _Function] = {}
        for function in functions:
            described = _Function.of(function)
            if described.tool.name in self._functions:
                raise ValueError(f"two tools are called {described.tool.name}: each needs a name of its own")
            self._functions[described.tool.name] = described

    @property
    def tools(self) -> tuple[McpServerTool, ...]:
        """All of them, always."""
        return tuple(function.tool for function in self._functions.values())

    async def refresh(self) -> None:
        """Nothing changes here."""

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """What the function returns or raises."""
        function = self._functions.get(name)
        if function is None:
            raise ToolError(f"there is no tool {name}")
        try:
            return _function_result(await function(arguments))
        except Exception as error:  # noqa: BLE001  (whatever a user's function raises is the tool's failure)
            return McpToolResult(content=[_function_text(str(error) or type(error).__name__)], is_error=True)

    async def stop(self) -> None:
        """There is nothing to let go of."""


class _Function(Struct, frozen=True):
    """A function, what it takes as a type, and how it is listed."""

    run: Callable[..., Any]
    arguments: type[Struct]
    tool: McpServerTool

    @classmethod
    def of(cls, function: object) -> _Function:
        if not callable(function) or not isinstance(name := getattr(function, "__name__", None), str):
            raise TypeError(f"tools must be functions, got {type(function).__name__}")
        try:
            arguments = _arguments(function)
            schema = _schema(arguments)
        except (TypeError, ValueError, NameError) as error:
            raise TypeError(f"the tool {name} cannot be described: {error}") from error
        tool = McpServerTool(name=name, description=inspect.getdoc(function) or "", input_schema=schema)
        return cls(function, arguments, tool)

    async def __call__(self, arguments: Mapping[str, object]) -> object:
        given = msgspec.convert(dict(arguments), self.arguments)
        named = {name: getattr(given, name) for name in given.__struct_fields__}
        if inspect.iscoroutinefunction(self.run):
            return await self.run(**named)
        return await asyncio.to_thread(self.run, **named)


def _arguments(function: Callable[..., object]) -> type[Struct]:
    """The function's parameters as the fields of a type, which checks them."""
    hints = get_type_hints(function, include_extras=True)
    fields: list[Any] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{parameter} cannot be given by name")
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
_SERVER_INFO = "io.modelcontextprotocol/serverInfo"
_INITIALIZED = codec.encode({"jsonrpc": "2.0", "method": "notifications/initialized"})
_MOST_PAGES = 100
_SESSION = "mcp-session-id"


class RemoteTools:
    """The tools of one MCP server.

    Args:
        server: Its URL, or "alias=URL".
        settings: How long it may take.
    """

    def __init__(self, server: str, settings: McpSettings) -> None:
        given, self.address = split_server(server)
        self.alias = given or _alias(httpx2.URL(self.address).netloc.decode())
        self._keeps_alias = given is not None
        self.tools: tuple[McpServerTool, ...] = ()
        self._settings = settings
        self._headers: dict[str, str] | None = None  # what each request says besides; None before the first contact
        self._client: httpx2.AsyncClient | None = None

    async def refresh(self) -> None:
        """As `ToolSource.refresh`."""
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                self.tools = tuple(await self._listed())
        except (ToolError, TimeoutError) as error:
            self.tools, self._headers = (), None
            raise error if isinstance(error, ToolError) else self._late() from error

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """As `ToolSource.call`."""
        result = await self._ask(tool_call(name, dict(arguments), _CLIENT))
        if result.extra_fields.get("resultType", "complete") != "complete":
            raise ToolError("the tool wants to be told more, and there is nobody to ask")
        return result

    async def stop(self) -> None:
        """End the session, if there is one, and close the connections."""
        session, self._headers = self._headers or {}, None
        if _SESSION in session:
            with suppress(ToolError):
                await self._exchange("DELETE", session)
        if self._client is not None:
            await self._client.aclose()

    async def _listed(self) -> list[McpServerTool]:
        tools: list[McpServerTool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._ask(tools_page_call(cursor, _CLIENT))
            tools += (tool for tool in page.tools if tool.name)
            cursor = page.cursor
            if cursor is None:
                return tools
        raise ToolError(f"its list of tools has more than {_MOST_PAGES} pages")

    async def _ask(self, call: Call[RemoteT]) -> RemoteT:
        """The result of a call; a session that the server has forgotten is begun anew, once."""
        headers = self._headers
        if headers is None:
            headers = self._headers = await self._greet()
        reply = await self._send(call, headers)
        if reply.status == 404 and _SESSION in headers:
            headers = self._headers = await self._greet()
            reply = await self._send(call, headers)
        return _read_remote(call, reply)

    async def _greet(self) -> dict[str, str]:
        """Find out how the server is spoken to, and its name; the headers that each request then has."""
        call = rpc_call("server/discover", None, _CLIENT)
        reply = await self._send(call, {})
        try:
            found = _remote_result(_read_remote(call, reply))
        except ToolError:
            found = {}
        versions = found.get("supportedVersions")
        if not is_array(versions) or PROTOCOL_VERSION not in versions:
            return await self._shake_hands()
        meta: Any = found.get("_meta")
        self._take_name(meta.get(_SERVER_INFO) if is_object(meta) else None)
        return {}

    async def _shake_hands(self) -> dict[str, str]:
        wanted = {"protocolVersion": _HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": _CLIENT}
        call = rpc_call("initialize", wanted, _CLIENT)
        reply = await self._send(call, {"mcp-protocol-version": _HANDSHAKE_VERSION})
        begun = _remote_result(_read_remote(call, reply))
        self._take_name(begun.get("serverInfo"))
        headers = {"mcp-protocol-version": str(begun.get("protocolVersion") or _HANDSHAKE_VERSION)}
        if _SESSION in reply.headers:
            headers[_SESSION] = reply.headers[_SESSION]
        await self._exchange("POST", {**_TYPES, **headers}, _INITIALIZED)
        return headers

    def _take_name(self, info: Any) -> None:
        name = info.get("name") if is_object(info) else None
        if isinstance(name, str) and _alias(name) and not self._keeps_alias:
            self.alias = _alias(name)

    async def _send(self, call: Call[RemoteT], headers: Mapping[str, str]) -> Reply:
        own = {name.lower(): value for name, value in call.headers}
        return await self._exchange(call.method, {**own, **_TYPES, **headers}, call.body or b"")

    async def _exchange(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """The whole answer.

        Raises:
            ToolError: There was none in time.
        """
        request = httpx2.Request(method, self.address, headers=headers, content=body)
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                async with asyncio.timeout(self._settings.header_timeout):
                    answer = await self._open_client().send(request, stream=True)
                try:
                    data = await answer.aread()
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise self._late() from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ToolError(f"{self.address} could not be reached: {error}") from error
        return Reply(answer.status_code, Headers(answer.headers.multi_items()), data)

    def _late(self) -> ToolError:
        return ToolError(f"{self.address} did not answer in time")

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                timeout=httpx2.Timeout(None, connect=self._settings.dial_timeout),
                trust_env=not is_this_machine(self.address),
                limits=httpx2.Limits(max_keepalive_connections=0),
                follow_redirects=True,  # many a server serves /mcp/ and sends who asks for /mcp there
            )
        return self._client


_TYPES = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def _read_remote(call: Call[RemoteT], reply: Reply) -> RemoteT:
    """The result in an answer.

    Raises:
        ToolError: There is an error in its place, or nothing that can be read.
    """
    try:
        return call.read(reply)
    except GatewayError as error:
        raise ToolError(str(getattr(error, "message", error)) or f"status {reply.status}") from error


def _remote_result(response: McpJsonRpcResponse) -> dict[str, Any]:
    if response.error is not None:
        raise ToolError(response.error.message)
    return response.result or {}


def _alias(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


_logger = logging.getLogger(__name__)


class Placed(Struct, frozen=True):
    """A tool and who offers it."""

    tool: McpServerTool
    source: ToolSource

    async def run(self, arguments: Mapping[str, object]) -> McpToolResult:
        """What it gives.

        Raises:
            ToolError: It could not be run.
        """
        return await self.source.call(self.tool.name, arguments)


class Toolbox:
    """The tools of all sources.

    Args:
        sources: In the order in which they are asked for a tool; empty for a gateway whose MCP is off.
        settings: Which tools are offered, and how often a server is asked.
    """

    def __init__(self, sources: Sequence[ToolSource], settings: McpSettings) -> None:
        self._sources = sources
        self._settings = settings
        self._watching: list[asyncio.Task[None]] = []

    @classmethod
    def build(cls, settings: McpSettings, functions: Iterable[Callable[..., object]] = ()) -> Toolbox:
        """The toolbox these settings describe.

        Args:
            settings: Whose servers are asked, if MCP is enabled.
            functions: Python functions that are offered as tools; that they are given is enough to enable them.

        Raises:
            TypeError: A function that cannot be described.
            ValueError: Two functions of one name.
        """
        own = tuple(functions)
        sources: list[ToolSource] = [FunctionTools(own)] if own else []
        if settings.enabled:
            sources += [RemoteTools(server, settings) for server in settings.servers]
        return cls(sources, settings)

    @property
    def enabled(self) -> bool:
        """MCP is on."""
        return bool(self._sources) or self._settings.enabled

    @property
    def configured(self) -> bool:
        """There is somebody to ask, reachable or not."""
        return bool(self._sources)

    def everything(self) -> list[Placed]:
        """What all sources offer, those that are not for models included."""
        return [Placed(tool, source) for source in self._sources for tool in source.tools]

    def offered(self) -> list[Placed]:
        """What models may use: of two tools with the same name only the first."""
        found: dict[str, Placed] = {}
        for placed in self.everything():
            if self._may_be_used(placed.tool.name):
                found.setdefault(placed.tool.name, placed)
        return list(found.values())

    def offer(self) -> Offer | None:
        """What a chat is offered; None when there is nothing."""
        placed = self.offered()
        if not placed:
            return None
        return Direct(placed) if self._settings.mode == "direct" else Selector(placed)

    def by_public_name(self) -> dict[str, Placed]:
        """What `/mcp` offers, by the names it has there: `mcp_`, the source's alias and the tool's own name."""
        aliases = self._aliases()
        return {
            f"mcp_{aliases[id(placed.source)]}_{placed.tool.name}": placed
            for placed in self.everything()
            if self._may_be_used(placed.tool.name)
        }

    async def start(self) -> None:
        """Ask every source, and go on asking."""
        await asyncio.gather(*(self._refresh(source) for source in self._sources))
        self._watching = [asyncio.ensure_future(self._watch(source)) for source in self._sources]

    async def stop(self) -> None:
        """Let go of everything. May be called twice."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for source in self._sources:
            await source.stop()

    async def _watch(self, source: ToolSource) -> None:
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
            if had or not self._watching:  # once, not each time anew
                _logger.warning("no tools from the MCP server %s: %s", source.address, error)

    def _may_be_used(self, name: str) -> bool:
        names = {name, f"mcp_{name}"}
        if self._settings.include:
            return not names.isdisjoint(self._settings.include)
        return names.isdisjoint(self._settings.exclude)

    def _aliases(self) -> dict[int, str]:
        """Each source's alias, with a number behind it where another has the same."""
        taken: set[str] = set()
        return {id(source): _untaken(source.alias, taken) for source in self._sources}


def _untaken(alias: str, taken: set[str]) -> str:
    name = next(each for each in _numbered(alias) if each not in taken)
    taken.add(name)
    return name


def _numbered(alias: str) -> Iterator[str]:
    yield alias
    number = 2
    while True:
        yield f"{alias}_{number}"
        number += 1
