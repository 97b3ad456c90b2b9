"""Structured output: how a model is held to a type, how its value is read, and how it is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from .._model.json_values import is_object
from .._schema.adapter import InvalidValueError, Problem, TypeAdapter
from .._schema.partial import PartialReader
from .._schema.strict import PLAIN, Strict, strict
from .._tools.tool import describe_tool
from .answers import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._tools.tool import DialectName
    from .providers import OutputMode, ProviderRules

__all__ = ["FINAL_TOOL", "Hold", "OutputType", "asks_again", "reads_value"]

FINAL_TOOL: Final = "final_answer"
_FINAL_TEXT: Final = "Give the final answer with this tool, when everything else is done."
_CALL_IT: Final = "When you have the answer, give it by calling the tool {name}, and not as text."
_AS_JSON: Final = "Answer with JSON only, without any other text. The JSON must fit this JSON schema:\n{schema}"


class Hold(Struct, frozen=True):
    """What is added to a request to hold the model to a type.

    Attributes:
        params: Parameters of the dialect.
        tool: The final tool, None in other modes.
        instruction: A text for the model, None for none.
        demands_call: Whether a call, of any tool, is to be demanded.
    """

    params: dict[str, Any]
    tool: dict[str, Any] | None = None
    instruction: str | None = None
    demands_call: bool = False


class OutputType:
    """The type a run's output must have, in one mode for one provider.

    Args:
        adapter: The type.
        mode: How the model is held to it.
        dialect: The dialect of the requests.
        rules: The provider's rules.
        taken: Names of tools, which the final tool must not have.
    """

    def __init__(
        self,
        adapter: TypeAdapter[Any],
        mode: OutputMode,
        dialect: DialectName,
        rules: ProviderRules,
        taken: Mapping[str, Any],
    ) -> None:
        self.adapter = adapter
        self.mode: OutputMode = mode
        self.dialect: DialectName = dialect
        self.rules = rules
        self.tool_name = FINAL_TOOL
        while self.tool_name in taken:
            self.tool_name += "_"
        form = rules.schema if mode == "schema" else rules.tools if mode == "tool" and rules.tools else PLAIN
        self.form: Strict = strict(adapter.schema, form)
        self.promised = mode in {"schema", "tool"} and form is not PLAIN and self.form.holds

    def hold(self) -> Hold:
        """Return what to add to a request."""
        schema = self.form.schema
        if self.mode == "schema":
            return Hold(self._format(schema))
        if self.mode == "tool":
            held = self.promised or None
            made = describe_tool(self.tool_name, _FINAL_TEXT, schema, self.dialect, strict=held)
            return Hold({}, made, _CALL_IT.format(name=self.tool_name), demands_call=self.rules.forced)
        text = _AS_JSON.format(schema=msgspec.json.encode(schema).decode())
        if self.mode == "json" and self.dialect == "chat":
            return Hold({"response_format": {"type": "json_object"}}, instruction=text)
        if self.mode == "json" and self.dialect == "responses":
            return Hold({"text": {"format": {"type": "json_object"}}}, instruction=text)
        return Hold({}, instruction=text)

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        named = {"name": self.adapter.name, "schema": schema, "strict": self.promised}
        if self.dialect == "responses":
            return {"text": {"format": {"type": "json_schema", **named}}}
        if self.dialect == "messages":
            return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    def read(self, text: str) -> Any:
        """Return the value of the type that a model wrote.

        Raises:
            InvalidValueError: It is not JSON, or does not fit; the error names each place.
        """
        return self.adapter.decode(self.form.restore(reads_value(text)))

    def partial(self, text: str) -> Any:
        """Return the JSON value of a text that was cut off, as far as it came."""
        reader = PartialReader(prose=not text.lstrip().startswith(("{", "[")))
        reader.feed(text)
        reader.changed()
        value: Any = reader.value
        return value.get("value") if self.form.wrapped and is_object(value) else value


def reads_value(text: str) -> Any:
    """Return the JSON value of a text; prose and fences around an object are skipped.

    Raises:
        InvalidValueError: There is no whole JSON value.
    """
    try:
        if text.strip():
            return parse_arguments(text)
        problem = "the answer is empty"
    except ValueError as error:
        problem = str(error)
    reader = PartialReader(prose=True)
    reader.feed(text)
    if reader.finished:
        return reader.value
    raise InvalidValueError((Problem("$", problem),))


def asks_again(error: InvalidValueError, *, tool: str | None = None) -> str:
    """Return the text that asks a model to correct its value."""
    again = f"Call {tool} again" if tool else "Answer again"
    return f"The answer does not fit: {error}. {again} with the whole corrected value."
