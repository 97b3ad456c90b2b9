"""Mix-ins of the generated answer types: text, tool calls and arguments of each dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, overload

import msgspec

from ..errors import DecodingError, DeserializationError
from .display import AnswerDisplay
from .encode import encode
from .json_values import is_array, is_object, parse
from .type_info import build_converter
from .unknown_fields import raw_value, unknown_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Arguments",
    "ChatAnswer",
    "ChatChunk",
    "MessageText",
    "MessagesAnswer",
    "MessagesEvent",
    "PushOutcome",
    "ResponseAnswer",
    "ToolCallMixin",
    "ToolInput",
    "convert",
]


if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class Arguments:
    """A mix-in of `ChatCompletionMessageToolCallFunction`."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: str
        arguments: str

    @overload
    def parse_arguments(self) -> dict[str, Any]: ...

    @overload
    def parse_arguments(self, type: type[T]) -> T: ...

    def parse_arguments(self, type: Any = dict) -> Any:
        """Return the arguments as a value of the given type.

        Empty arguments count as `{}`, because models leave them out for tools without parameters.

        Args:
            type: `dict`, a msgspec struct, a dataclass, a TypedDict or a pydantic model.

        Raises:
            DeserializationError: When the arguments are not JSON or do not fit the type. `.text` holds their text.
        """
        text, value = self._written()
        try:
            return convert(parse(text) if value is None else value, type)
        except (DecodingError, ValueError, TypeError) as error:
            called = f" of {self.name}" if self.name else ""
            raise DeserializationError(f"the arguments{called} do not fit: {error}", text=text) from error

    def _written(self) -> tuple[str, object]:
        """Return the text, and the value where a provider sent an object instead of text."""
        if self.arguments is not None:  # pyright: ignore[reportUnnecessaryComparison]
            return self.arguments if self.arguments.strip() else "{}", None
        value: object = raw_value(self, "arguments")  # type: ignore[unreachable, unused-ignore]
        return ("{}", None) if value is None else (msgspec.json.encode(value).decode(), value)


def convert(value: object, kind: Any) -> Any:
    """Convert a plain value to the type. A value that does not fit raises the error of msgspec, or of pydantic."""
    validate = getattr(kind, "model_validate", None)
    if validate is not None:  # a pydantic model, detected by this method
        return cast("Callable[[object], Any]", validate)(value)
    if kind is dict:
        return _as_mapping(value)
    return build_converter(kind)(value)  # not cached: a cache would keep the classes of users alive


def _as_mapping(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {msgspec.json.encode(value).decode():.40}")  # noqa: TRY004
    return cast("object", value)


MessageT = TypeVar("MessageT")
MessageT_co = TypeVar("MessageT_co", covariant=True)
CallT = TypeVar("CallT")


class _ChatChoice(Protocol[MessageT_co]):
    @property
    def message(self) -> MessageT_co: ...


class _ChatAnswer(Protocol[MessageT_co]):
    @property
    def choices(self) -> Sequence[_ChatChoice[MessageT_co]]: ...


class _ChatTexted(Protocol):
    @property
    def text(self) -> str | None: ...


class _Calling(Protocol[CallT]):
    @property
    def tool_calls(self) -> list[CallT] | None: ...


class _ChatStreamed(Protocol):
    @property
    def choices(self) -> Sequence[object]: ...


class _ChatWritten(Protocol):
    @property
    def content(self) -> str | Sequence[object] | None: ...


class WholeAnswer(AnswerDisplay):
    """A mix-in of the answers of the three dialects: reads the text as a value of a type."""

    __slots__ = ()

    def parse(self, type: type[T]) -> T:
        """Return the answer's text, which is JSON, as a value of a type.

        Args:
            type: A msgspec Struct, a pydantic model, a dataclass, a TypedDict, `list[X]` or a scalar.

        Raises:
            OutputError: The text is not JSON or does not fit, or the answer was cut off, filtered or refused; `reason`
                names which, and `text` is the text.
            TypeError: The type has no JSON form.
        """
        from .._run.output import parse_answer  # a run reads answers the same way; its room is loaded when it is used

        return cast("T", parse_answer(self, type))


class ChatAnswer(WholeAnswer):
    """A mix-in of `CreateChatCompletionResponse`."""

    __slots__ = ()

    @property
    def message(self: _ChatAnswer[MessageT]) -> MessageT | None:
        """The first choice's message, None when there is no choice."""
        return self.choices[0].message if self.choices else None

    @property
    def text(self: _ChatAnswer[_ChatTexted]) -> str | None:
        """The first choice's text, None when it has none."""
        message = self.choices[0].message if self.choices else None
        return message.text if message else None

    @property
    def tool_calls(self: _ChatAnswer[_Calling[CallT]]) -> list[CallT]:
        """The first choice's tool calls; an empty list when there are none."""
        message = self.choices[0].message if self.choices else None
        return (message.tool_calls or []) if message else []

    @property
    def complete(self) -> bool:
        """False for an answer assembled from a stream that ended early, where the caller accepted that."""
        return unknown_of(self).notes.complete


class ChatChunk:
    """A mix-in of `CreateChatCompletionStreamResponse`."""

    __slots__ = ()

    @property
    def text(self: _ChatStreamed) -> str | None:
        """The text that this chunk adds to the first choice with any, None when it adds none.

        Of content that arrives as a list of parts (Mistral's reasoning models), the text parts count.
        """
        for choice in self.choices:
            content = getattr(getattr(choice, "delta", None), "content", None)
            text = content if isinstance(content, str) else text_of(choice)  # saves a call for most chunks
            if text is not None:
                return text
        return None


def text_of(choice: Any) -> str | None:
    """Return the text of a chunk's choice, None when it has none."""
    delta = getattr(choice, "delta", None)  # a provider may leave the delta out, although it is required
    content = getattr(delta, "content", None)
    if isinstance(content, str):
        return content
    unknown = getattr(delta, "_unknown", None)
    texts = [] if unknown is None else texts_of_parts(unknown.raw.get("content"))
    return "".join([text for kind, text in texts if kind == "text"]) or None


def texts_of_parts(parts: object) -> list[tuple[str, str]]:
    """Return the texts in a list of content parts as (kind, text); the kind is "text" or "thinking".

    A part is `{"type":"text","text":"..."}` or `{"type":"thinking","thinking":[{"type":"text","text":"..."}]}`.
    """
    found: list[tuple[str, str]] = []
    for part in parts if is_array(parts) else ():
        if not is_object(part):
            continue
        kind, value = part.get("type"), part.get("thinking")
        if kind == "thinking":
            inner = [text for _, text in texts_of_parts(value)] if is_array(value) else [value]
            text: object = "".join([piece for piece in inner if isinstance(piece, str)])
        else:
            text = part.get("text")
        if kind in ("text", "thinking") and isinstance(text, str) and text:
            found.append((kind, text))
    return found


class MessageText:
    """A mix-in of `Message`."""

    __slots__ = ()

    @property
    def text(self: _ChatWritten) -> str | None:
        """The text, with its parts joined; None when there is none."""
        if self.content is None or isinstance(self.content, str):
            return self.content
        texts = [text for part in self.content if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None


class ToolCallMixin:
    """A mix-in of `ChatCompletionMessageToolCall`."""

    __slots__ = ()

    @property
    def ran_on_gateway(self) -> bool:
        """True when the gateway ran this call itself (its MCP tools): do not run it again."""
        return unknown_of(self).notes.ran_on_gateway


class _MessagesWritten(Protocol):
    @property
    def content(self) -> Sequence[object]: ...


class _MessagesTexted(Protocol):
    @property
    def text(self) -> str | None: ...


class _MessagesDelta(_MessagesTexted, Protocol):
    @property
    def type(self) -> str | None: ...


class _MessagesStreamed(Protocol):
    @property
    def message(self) -> _MessagesTexted | None: ...
    @property
    def content_block(self) -> object | None: ...
    @property
    def delta(self) -> _MessagesDelta | None: ...


class MessagesAnswer(WholeAnswer, Generic[CallT]):
    """A mix-in of `MessagesResponse`."""

    __slots__ = ()

    @property
    def text(self: _MessagesWritten) -> str | None:
        """The text blocks joined; None when there is none."""
        texts = [text for block in self.content if (text := _text(block)) is not None]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your tools, possibly none. Tools that the provider runs itself are not included."""
        blocks = cast("_MessagesWritten", self).content
        return [cast("CallT", block) for block in blocks if isinstance(block, ToolInput)]

    @property
    def complete(self) -> bool:
        """False for an answer assembled from a stream that ended early, where the caller accepted that."""
        return unknown_of(self).notes.complete


class MessagesEvent:
    """A mix-in of `MessagesStreamEvent`."""

    __slots__ = ()

    @property
    def text(self: _MessagesStreamed) -> str | None:
        """The text that this event adds to the answer, None when it adds none."""
        delta = self.delta
        if delta is not None:
            return delta.text if delta.type in ("text_delta", None) else None
        if self.content_block is not None:
            return _text(self.content_block)
        return None if self.message is None else self.message.text


class ToolInput:
    """A mix-in of `MessagesToolUseBlock`."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: str
        input: dict[str, Any]

    @property
    def input_text(self) -> str | None:
        """The model's text where it is not a JSON object, None where `input` holds it."""
        raw = raw_value(self, "input")
        if raw is None or self.input is not None:  # pyright: ignore[reportUnnecessaryComparison]
            return None
        return raw if isinstance(raw, str) else encode(raw).decode()  # type: ignore[unreachable, unused-ignore]

    @overload
    def parse_input(self) -> dict[str, Any]: ...

    @overload
    def parse_input(self, type: type[T]) -> T: ...

    def parse_input(self, type: Any = dict) -> Any:
        """Return the input as a value of the given type.

        Args:
            type: `dict`, a msgspec struct, a dataclass, a TypedDict or a pydantic model.

        Raises:
            DeserializationError: When the input is not a JSON object or does not fit the type. `.text` holds its text.
        """
        called = f" of {self.name}" if self.name else ""
        text = self.input_text
        if text is not None:
            raise DeserializationError(f"the input{called} is not a JSON object: {text[:200]!r}", text=text)
        value: dict[str, Any] = self.input or {}
        try:
            return convert(value, type)
        except (ValueError, TypeError) as error:
            text = encode(value).decode()
            raise DeserializationError(f"the input{called} does not fit: {error}", text=text) from error


def _text(block: object) -> str | None:
    """Return the text of a text block, None for other blocks."""
    text: object = getattr(block, "text", None)
    return text if isinstance(text, str) else None


class _ResponseOutput(Protocol):
    @property
    def output(self) -> Sequence[object]: ...


class ResponseAnswer(WholeAnswer, Generic[CallT]):
    """A mix-in of `Response`."""

    __slots__ = ()

    @property
    def output_text(self: _ResponseOutput) -> str | None:
        """The text of all messages, joined; None when there is none. Refusals and reasoning are not included."""
        messages = [
            item for item in self.output if getattr(item, "type", None) == "message"
        ]  # reasoning has content, too
        parts = [part for item in messages for part in getattr(item, "content", None) or ()]
        texts = [text for part in parts if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your functions, possibly none. Tools that the provider runs itself are not included."""
        items = cast("_ResponseOutput", self).output
        return [cast("CallT", item) for item in items if isinstance(item, Arguments)]

    @property
    def complete(self) -> bool:
        """False for a response assembled from a stream that ended early, where the caller accepted that.

        See also `status`.
        """
        return unknown_of(self).notes.complete


class _PartialSuccess(Protocol):
    @property
    def rejectedDataPoints(self) -> str | None: ...  # noqa: N802  (OTLP's name)
    @property
    def errorMessage(self) -> str | None: ...  # noqa: N802


class _PushResponse(Protocol):
    @property
    def partialSuccess(self) -> _PartialSuccess | None: ...  # noqa: N802


class PushOutcome:
    """A mix-in of `ExportMetricsServiceResponse`."""

    __slots__ = ()

    @property
    def rejected(self: _PushResponse) -> int:
        """The number of rejected data points; 0 when all were accepted."""
        return _rejections(self.partialSuccess)

    @property
    def accepted(self: _PushResponse) -> bool:
        """True when every data point was accepted."""
        return _rejections(self.partialSuccess) == 0

    @property
    def reason(self: _PushResponse) -> str | None:
        """The reason for rejections, or a warning when there were none; None without either."""
        return (self.partialSuccess.errorMessage or None) if self.partialSuccess is not None else None


def _rejections(part: _PartialSuccess | None) -> int:
    count = None if part is None else part.rejectedDataPoints or raw_value(part, "rejectedDataPoints")
    try:
        return int(count or 0)
    except (TypeError, ValueError):
        return 0
