"""Tool sources, and the tools that a model is offered: each directly, or all through two selector tools."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Struct

from ..._model.json_values import is_array, is_object
from ..._model.type_info import strict_decode
from .. import go_json
from ..chat_schema import ChatFunction, ChatTool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._wire.mcp import McpServerTool, McpToolResult


__all__ = ["Direct", "Offer", "Selector", "SourcedTool", "ToolError", "ToolSource"]


class ToolError(Exception):
    """A tool could not be run or a server could not be queried. The message gives the reason."""


class ToolSource(Protocol):
    """A source of tools."""

    @property
    def address(self) -> str:
        """The source's name in listings: an MCP server's URL."""
        ...

    @property
    def alias(self) -> str:
        """The source's part of a tool's name: lower-case letters, digits, `_` and `-`."""
        ...

    @property
    def tools(self) -> Sequence[McpServerTool]:
        """The source's tools under their own names; empty while it cannot be reached."""
        ...

    async def refresh(self) -> None:
        """Fetch the list of tools again.

        Raises:
            ToolError: The list could not be fetched. The source then has no tools.
        """
        ...

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """Run a tool and return its result. A tool that ran and failed has a result too.

        Raises:
            ToolError: The tool could not be run.
        """
        ...

    async def stop(self) -> None:
        """Release all resources. May be called twice."""
        ...


_GET = "mcp_tools_get"
_EXECUTE = "mcp_tools_execute"
_TEXT: dict[str, object] = {"type": "string"}
_GET_PARAMETERS: dict[str, object] = {
    "type": "object",
    "properties": {
        "names": {"type": "array", "items": _TEXT, "description": "The tools to list; leave out for all tools."},
        "query": {**_TEXT, "description": "Part of a tool's name or description; leave out for all tools."},
    },
}
_EXECUTE_PARAMETERS: dict[str, object] = {
    "type": "object",
    "properties": {
        "name": {**_TEXT, "description": f"The tool's name, as {_GET} gives it."},
        "arguments": {"type": "object", "description": "As the tool's input_schema wants them."},
    },
    "required": ["name"],
}


class SourcedTool(Struct, frozen=True):
    """A tool, its source, and its name for models and clients: `mcp_python_add`."""

    tool: McpServerTool
    source: ToolSource
    name: str

    async def run(self, arguments: Mapping[str, object]) -> McpToolResult:
        """Run the tool and return its result.

        Raises:
            ToolError: The tool could not be run.
        """
        return await self.source.call(self.tool.name, arguments)


class Offer(ABC):
    """The tools that a chat is offered.

    Args:
        placed: The available tools.
    """

    def __init__(self, placed: Sequence[SourcedTool]) -> None:
        self._placed = {each.name: each for each in placed}

    @property
    @abstractmethod
    def tools(self) -> list[ChatTool]:
        """The tools as the model sees them."""

    async def run(self, name: str, arguments: str) -> str:
        """Run a tool call and return its result as a text for the model.

        Args:
            name: The tool's name as the model wrote it.
            arguments: The model's JSON.
        """
        try:
            return await self._run(name, _read_arguments(arguments))
        except ToolError as error:
            return f"Error: {error}"

    @abstractmethod
    async def _run(self, name: str, arguments: Mapping[str, object]) -> str: ...

    async def _run_tool(self, name: str, arguments: Mapping[str, object]) -> str:
        """Run the tool of this name, with or without the prefix `mcp_`, and return its text."""
        placed = self._placed.get(name) or self._placed.get(f"mcp_{name}")
        if placed is None:
            raise ToolError(f"unknown tool {name}")
        result = await placed.run(arguments)
        text = result.text or ("" if result.is_error else _structured(result.structured_content))
        return f"Error: {text}" if result.is_error else text


class Direct(Offer):
    """An offer of each tool directly."""

    @property
    def tools(self) -> list[ChatTool]:
        """One entry per tool, with the tool's own schema."""
        return [
            _offered_tool(name, each.tool.description or "", each.tool.input_schema or {})
            for name, each in self._placed.items()
        ]

    async def _run(self, name: str, arguments: Mapping[str, object]) -> str:
        return await self._run_tool(name, arguments)


class Selector(Offer):
    """An offer of two tools that list and run the others."""

    @property
    def tools(self) -> list[ChatTool]:
        """The tool that lists and the tool that runs."""
        return [
            _offered_tool(_GET, "List the tools there are, with what each does and takes.", _GET_PARAMETERS),
            _offered_tool(_EXECUTE, "Run a tool and get its result.", _EXECUTE_PARAMETERS),
        ]

    async def _run(self, name: str, arguments: Mapping[str, object]) -> str:
        if name == _GET:
            return self._listing(arguments.get("names"), str(arguments.get("query") or "").lower())
        if name != _EXECUTE:
            return await self._run_tool(name, arguments)
        given = arguments.get("arguments")
        return await self._run_tool(str(arguments.get("name") or ""), given if is_object(given) else {})

    def _listing(self, names: object, query: str) -> str:
        wanted = set(map(str, names)) if is_array(names) and names else None
        listed = [
            {
                "name": name,
                "description": each.tool.description or "",
                "input_schema": each.tool.input_schema or {},
            }
            for name, each in self._placed.items()
            if wanted is None or not wanted.isdisjoint((name, name.removeprefix("mcp_")))
        ]
        found = [each for each in listed if query in f"{each['name']} {each['description']}".lower()]
        return msgspec.json.encode(found).decode()


def _offered_tool(name: str, description: str, parameters: dict[str, Any]) -> ChatTool:
    return ChatTool("function", ChatFunction(name=name, description=description, parameters=parameters))


def _read_arguments(arguments: str) -> dict[str, object]:
    """Decode the arguments that a model wrote. An empty text means no arguments.

    Raises:
        ToolError: The text is not a JSON object.
    """
    try:
        return strict_decode(arguments.strip() or "{}", dict[str, object])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ToolError(f"the arguments are not a JSON object: {error}") from error


def _structured(value: object) -> str:
    return "" if value is None else go_json.encode(value).decode()
