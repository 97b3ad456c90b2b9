"""The tools of one run: unique names, lookup by a call's name, and descriptions in each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, cast

from .._model.json_values import is_iterable, is_mapping
from .tool import Tool, tool

__all__ = ["DialectName", "Toolbox", "describe_tool"]

DialectName: TypeAlias = Literal["chat", "responses", "messages"]
_PREFIX: Final = "functions."  # some models write "functions.weather", as in their training data


class Toolbox(Mapping[str, Tool[..., Any]]):
    """A mapping of tools by name, in the order given.

    Args:
        tools: Functions, tools, MCP tools, or descriptions.

    Raises:
        TypeError: An item cannot be a tool. The message names its index.
        ValueError: Two tools have the same name.
    """

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._tools: dict[str, Tool[..., Any]] = {}
        if isinstance(tools, str) or is_mapping(tools) or not is_iterable(tools):
            raise TypeError(f"tools must be a list of functions or tools, got {type(tools).__name__}")
        for place, given in enumerate(tools):
            one = self._read(given, place)
            if one.name in self._tools:
                raise ValueError(
                    f"tools[{place}]: the name {one.name} is already used: set another with tool(f, name=...)"
                )
            self._tools[one.name] = one

    @staticmethod
    def _read(given: Any, place: int) -> Tool[..., Any]:
        if isinstance(given, Tool):
            return cast("Tool[..., Any]", given)
        try:
            return tool(given)
        except (TypeError, ValueError) as error:
            raise type(error)(f"tools[{place}]: {error}") from None

    def __getitem__(self, name: str) -> Tool[..., Any]:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, name: str) -> Tool[..., Any] | None:
        """Return the tool with the exact name of a call, with or without the prefix `functions.`, or None."""
        return self._tools.get(name) or self._tools.get(name.removeprefix(_PREFIX))

    def refuse_async(self) -> None:
        """Reject async tools, which a blocking client cannot run.

        Raises:
            TypeError: A tool is async. The message names it.
        """
        for one in self._tools.values():
            if one.is_async:
                raise TypeError(f"tool {one.name} is async: use AsyncInferenceGatewayClient")


def describe_tool(
    name: str, description: str, parameters: Mapping[str, Any], dialect: DialectName, *, strict: bool | None = None
) -> dict[str, Any]:
    """Return the description of a tool in the form of a dialect.

    Args:
        name: Name by which the model calls the tool.
        description: Description for the model. It is omitted if empty.
        parameters: The JSON schema of its arguments.
        dialect: The dialect.
        strict: Constrain the model to the schema. It is omitted if None.
    """
    about = {"name": name, **({"description": description} if description else {})}
    held = {} if strict is None else {"strict": strict}
    if dialect == "messages":
        return {**about, "input_schema": dict(parameters), **held}
    if dialect == "responses":
        return {"type": "function", **about, "parameters": dict(parameters), "strict": bool(strict)}
    return {"type": "function", "function": {**about, "parameters": dict(parameters), **held}}
