"""The tools of one run: unique names, the calls that mean them, and their description in each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, cast

from .._model.json_values import is_iterable, is_mapping
from .tool import Tool, tool

__all__ = ["DialectName", "Toolbox", "describe_tool"]

DialectName: TypeAlias = Literal["chat", "responses", "messages"]
_PREFIX: Final = "functions."  # some models write it before the name, as their training data did


class Toolbox(Mapping[str, Tool[..., Any]]):
    """Tools by name, in the order given.

    Args:
        tools: Functions, tools, MCP tools, or descriptions.

    Raises:
        TypeError: Something that cannot be a tool; the message names its place.
        ValueError: Two tools of one name.
    """

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._tools: dict[str, Tool[..., Any]] = {}
        if isinstance(tools, str) or is_mapping(tools) or not is_iterable(tools):
            raise TypeError(f"tools must be a list of functions or tools, got {type(tools).__name__}")
        for place, given in enumerate(tools):
            one = self._read(given, place)
            if one.name in self._tools:
                raise ValueError(f"tools[{place}]: the name {one.name} is taken; give it another, as tool(f, name=...)")
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
        """Return the tool that a call names exactly, with or without the prefix `functions.`; None for none."""
        return self._tools.get(name) or self._tools.get(name.removeprefix(_PREFIX))

    def refuse_async(self) -> None:
        """Refuse tools that a blocking client cannot run.

        Raises:
            TypeError: A tool is async.
        """
        for one in self._tools.values():
            if one.is_async:
                raise TypeError(f"tool {one.name} is async; give it to AsyncInferenceGatewayClient")


def describe_tool(
    name: str, description: str, parameters: Mapping[str, Any], dialect: DialectName, *, strict: bool | None = None
) -> dict[str, Any]:
    """Return the description of a tool as a dialect has it.

    Args:
        name: What the model calls it by.
        description: When to call it; left out when empty.
        parameters: The JSON schema of its arguments.
        dialect: Whose form.
        strict: Hold the model to the schema; left out when None.
    """
    about = {"name": name, **({"description": description} if description else {})}
    held = {} if strict is None else {"strict": strict}
    if dialect == "messages":
        return {**about, "input_schema": dict(parameters), **held}
    if dialect == "responses":
        return {"type": "function", **about, "parameters": dict(parameters), "strict": bool(strict)}
    return {"type": "function", "function": {**about, "parameters": dict(parameters), **held}}
