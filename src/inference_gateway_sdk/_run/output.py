"""Structured output: constrain a model to a type, decode its value, and ask again for an invalid one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_origin

import msgspec
from msgspec import Struct

from .._model.json_values import is_object
from .._schema.adapter import InvalidValueError, Problem, TypeAdapter, adapt
from .._schema.partial import PartialReader
from .._schema.strict import OPENAI, PLAIN, Strict, strict
from .._tools.tool import describe_tool
from .answers import parse_arguments
from .history import read_reply
from .providers import rules_for
from .result import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._tools.tool import DialectName
    from .providers import OutputMode, ProviderRules

__all__ = [
    "FINAL_TOOL",
    "Constraint",
    "OutputType",
    "correction_request",
    "cut_output",
    "no_output",
    "parse_answer",
    "parse_value",
    "response_format",
]

FINAL_TOOL: Final = "final_answer"
_FINAL_TEXT: Final = "Give the final answer with this tool, when everything else is done."
_CALL_IT: Final = "When you have the answer, give it by calling the tool {name}, and not as text."
_AS_JSON: Final = "Answer with JSON only, without any other text. The JSON must match this JSON schema:\n{schema}"


class Constraint(Struct, frozen=True):
    """The additions to a request that constrain the model to a type.

    Attributes:
        params: Parameters of the dialect.
        tool: The final tool, None in other modes.
        instruction: A text for the model, or None.
        requires_call: True if `tool_choice` must require a call of any tool.
    """

    params: dict[str, Any]
    tool: dict[str, Any] | None = None
    instruction: str | None = None
    requires_call: bool = False


class OutputType:
    """The output type of a run, in one mode for one provider.

    Args:
        adapter: The type.
        mode: The mode in which the model is constrained to it.
        dialect: The dialect of the requests.
        rules: The provider's rules.
        taken: Names of other tools. The final tool gets a different name.
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
        self.promised = mode in {"schema", "tool"} and form is not PLAIN and self.form.is_strict

    def constraint(self) -> Constraint:
        """Return the additions to a request."""
        schema = self.form.schema
        if self.mode == "schema":
            return Constraint(self._format(schema))
        if self.mode == "tool":
            made = describe_tool(self.tool_name, _FINAL_TEXT, schema, self.dialect, strict=self.promised or None)
            return Constraint({}, made, _CALL_IT.format(name=self.tool_name), requires_call=self.rules.forced)
        text = _AS_JSON.format(schema=msgspec.json.encode(schema).decode())
        if self.mode == "json" and self.dialect == "chat":
            return Constraint({"response_format": {"type": "json_object"}}, instruction=text)
        if self.mode == "json" and self.dialect == "responses":
            return Constraint({"text": {"format": {"type": "json_object"}}}, instruction=text)
        return Constraint({}, instruction=text)

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        named = {"name": self.adapter.name, "schema": schema, "strict": self.promised}
        if self.dialect == "responses":
            return {"text": {"format": {"type": "json_schema", **named}}}
        if self.dialect == "messages":
            return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    def read(self, text: str) -> Any:
        """Decode a model's text to the type.

        Raises:
            InvalidValueError: The text is not JSON, or does not match the type. The error lists all mismatches.
        """
        return self.adapter.decode(self.form.restore(parse_value(text)))

    def partial(self, text: str) -> Any:
        """Return the partial JSON value of a truncated text."""
        return _partial_value(text, self.form)


def _partial_value(text: str, form: Strict) -> Any:
    reader = PartialReader(prose=not text.lstrip().startswith(("{", "[")))
    reader.feed(text)
    reader.changed()  # updates an open string
    value: Any = reader.value
    return value.get("value") if form.wrapped and is_object(value) else value


def parse_value(text: str) -> Any:
    """Return the JSON value of a text. Prose and Markdown fences around an object are skipped.

    Raises:
        InvalidValueError: The text contains no complete JSON value.
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


def correction_request(error: InvalidValueError, *, tool: str | None = None) -> str:
    """Return the text that asks a model to correct its value."""
    again = f"Call {tool} again" if tool else "Answer again"
    return f"The answer is invalid: {error}. {again} with the whole corrected value."


def no_output(reason: str, text: str | None) -> OutputError:
    """Return the error for an answer that was refused or filtered."""
    word = "refused" if reason == "refusal" else "was stopped by a content filter"
    return OutputError(f"the model {word}: {text or ''}".rstrip(": "), reason=reason, text=text)


def cut_output(text: str, value: Any) -> OutputError:
    """Return the error for a value that was cut off."""
    message = "the answer was cut off before its value was complete"
    return OutputError(message, reason="length", text=text, value=value, hint="allow more tokens")


def response_format(kind: Any, provider: str | None) -> dict[str, Any]:
    """Return the `response_format` of chat completions that constrains a provider's model to a type.

    Raises:
        TypeError: The value is not a type, or cannot be represented in JSON.
    """
    if not isinstance(kind, type) and get_origin(kind) is None:
        raise TypeError(f"response_format must be an object or a type, got {type(kind).__name__}")
    try:
        adapter = adapt(kind)
    except TypeError as error:
        raise TypeError(f"response_format cannot be described to a model: {error}") from None
    found: dict[str, Any] = OutputType(adapter, "schema", "chat", rules_for("chat", provider), {}).constraint().params
    return found["response_format"]  # type: ignore[no-any-return]


def parse_answer(reply: Any, kind: Any) -> Any:
    """Decode the text of an answer of any dialect to a type.

    Raises:
        OutputError: The text is not JSON or does not match the type, or the answer was cut off, filtered or refused.
        TypeError: The type cannot be represented in JSON.
    """
    adapter = adapt(kind)
    answer = read_reply(reply)
    text = answer.text or ""
    if answer.end in {"content_filter", "refusal"}:
        raise no_output(answer.end, answer.refusal or answer.text)
    if answer.end == "length":
        raise cut_output(text, _partial_value(text, strict(adapter.schema, OPENAI)))
    try:
        value = parse_value(text)
        try:
            return adapter.decode(value)
        except InvalidValueError:  # wrapped, or with nulls for absent properties, as in strict schemas
            return adapter.decode(strict(adapter.schema, OPENAI).restore(value))
    except InvalidValueError as error:
        raise OutputError(
            f"the answer does not match the type: {error}", text=text, problems=(error.problems,)
        ) from None
