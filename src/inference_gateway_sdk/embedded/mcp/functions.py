"""Plain Python functions turned into tools, so that a test can have a gateway run tools without an MCP server.

A function's name, docstring and annotated parameters become the tool's name, description and schema. What it returns
is the tool's result: a text as it is, anything else as JSON. An exception is the tool's failure.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
from msgspec import Struct

from ..._wire import codec
from ..._wire.mcp_tools import McpServerTool, McpToolResult
from .source import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["FunctionTools"]

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
            return _result(await function(arguments))
        except Exception as error:  # noqa: BLE001  (whatever a user's function raises is the tool's failure)
            return McpToolResult(content=[_text(str(error) or type(error).__name__)], is_error=True)

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


def _result(value: object) -> McpToolResult:
    if isinstance(value, McpToolResult):
        return value
    return McpToolResult(content=[_text(value if isinstance(value, str) else codec.encode(value).decode())])


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
