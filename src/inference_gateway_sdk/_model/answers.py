"""Mix-ins of the generated answer types: text, tool calls and arguments of each dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, overload

import msgspec

from ..errors import DecodingError, DeserializationError
from .display import AnswerDisplay
from .encode import encode
from .json_values import is_array, is_object, parse
from .type_info import build_decoder
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
    "fitted",
]


if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class Arguments:
    """Mixed into `ChatCompletionMessageToolCallFunction`."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: str
        arguments: str

    @overload
    def parse_arguments(self) -> dict[str, Any]: ...

    @overload
    def parse_arguments(self, type: type[T]) -> T: ...

    def parse_arguments(self, type: Any = dict) -> Any:
        """The arguments as a value of that type.

        Empty arguments count as `{}`: models leave them out for tools that take none.

        Args:
            type: `dict`, a msgspec struct, a dataclass, a TypedDict or a pydantic model.

        Raises:
            DeserializationError: When the model wrote no JSON, or JSON that does not fit; `.text` is what it wrote.
        """
        text, value = self._written()
        try:
            return fitted(parse(text) if value is None else value, type)
        except (DecodingError, ValueError, TypeError) as error:
            called = f" of {self.name}" if self.name else ""
            raise DeserializationError(f"The arguments{called} do not fit: {error}", text=text) from error

    def _written(self) -> tuple[str, object]:
        """The text, and the value where a provider sent it unquoted."""
        if self.arguments is not None:  # pyright: ignore[reportUnnecessaryComparison]
            return self.arguments if self.arguments.strip() else "{}", None
        value: object = raw_value(self, "arguments")  # type: ignore[unreachable, unused-ignore]
        return ("{}", None) if value is None else (msgspec.json.encode(value).decode(), value)


def fitted(value: object, kind: Any) -> Any:
    """A plain value as that type; raises what msgspec, or pydantic for its models, raises of values that do not fit."""
    validate = getattr(kind, "model_validate", None)
    if validate is not None:  # a pydantic model, known by its method
        return cast("Callable[[object], Any]", validate)(value)
    if kind is dict:
        return _as_mapping(value)
    build_decoder(kind)  # each time: to remember the classes of users would keep them alive
    return msgspec.convert(value, kind)


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


class ChatAnswer(AnswerDisplay):
    """Mixed into `CreateChatCompletionResponse`."""

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
        """The first choice's tool calls, possibly none."""
        message = self.choices[0].message if self.choices else None
        return (message.tool_calls or []) if message else []

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted."""
        return unknown_of(self).notes.complete


class ChatChunk:
    """Mixed into `CreateChatCompletionStreamResponse`."""

    __slots__ = ()

    @property
    def text(self: _ChatStreamed) -> str | None:
        """The text this chunk adds to the first choice that has any, None when it adds none.

        Content that comes as a list of parts (Mistral's reasoning models) counts with its text parts.
        """
        for choice in self.choices:
            content = getattr(getattr(choice, "delta", None), "content", None)
            text = content if isinstance(content, str) else text_of(choice)  # a call less for most chunks
            if text is not None:
                return text
        return None


def text_of(choice: Any) -> str | None:
    """Return the text that a choice of a chunk brings, None when it brings none."""
    delta = getattr(choice, "delta", None)  # a provider may leave the delta out, whatever its annotation states
    content = getattr(delta, "content", None)
    if isinstance(content, str):
        return content
    unknown = getattr(delta, "_unknown", None)
    texts = [] if unknown is None else texts_of_parts(unknown.raw.get("content"))
    return "".join([text for kind, text in texts if kind == "text"]) or None


def texts_of_parts(parts: object) -> list[tuple[str, str]]:
    """Return the texts in a list of content parts as (kind, text), the kind "text" or "thinking".

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
    """Mixed into `Message`."""

    __slots__ = ()

    @property
    def text(self: _ChatWritten) -> str | None:
        """The text, its parts joined; None when there is none."""
        if self.content is None or isinstance(self.content, str):
            return self.content
        texts = [text for part in self.content if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None


class ToolCallMixin:
    """Mixed into `ChatCompletionMessageToolCall`."""

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


class MessagesAnswer(AnswerDisplay, Generic[CallT]):
    """Mixed into `MessagesResponse`."""

    __slots__ = ()

    @property
    def text(self: _MessagesWritten) -> str | None:
        """The text blocks joined; None when there is none."""
        texts = [text for block in self.content if (text := _text(block)) is not None]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your tools, possibly none; tools that the provider runs itself are not among them."""
        blocks = cast("_MessagesWritten", self).content
        return [cast("CallT", block) for block in blocks if isinstance(block, ToolInput)]

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted."""
        return unknown_of(self).notes.complete


class MessagesEvent:
    """Mixed into `MessagesStreamEvent`."""

    __slots__ = ()

    @property
    def text(self: _MessagesStreamed) -> str | None:
        """What this event adds to the answer's text, None when it adds none."""
        delta = self.delta
        if delta is not None:
            return delta.text if delta.type in ("text_delta", None) else None
        if self.content_block is not None:
            return _text(self.content_block)
        return None if self.message is None else self.message.text


class ToolInput:
    """Mixed into `MessagesToolUseBlock`."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: str
        input: dict[str, Any]

    @property
    def input_text(self) -> str | None:
        """What the model wrote where that is no JSON object, None where `input` says it."""
        raw = raw_value(self, "input")
        if raw is None or self.input is not None:  # pyright: ignore[reportUnnecessaryComparison]
            return None
        return raw if isinstance(raw, str) else encode(raw).decode()  # type: ignore[unreachable, unused-ignore]

    @overload
    def parse_input(self) -> dict[str, Any]: ...

    @overload
    def parse_input(self, type: type[T]) -> T: ...

    def parse_input(self, type: Any = dict) -> Any:
        """The input as a value of that type.

        Args:
            type: `dict`, a msgspec struct, a dataclass, a TypedDict or a pydantic model.

        Raises:
            DeserializationError: When the model wrote no JSON object, or one that does not fit; `.text` is the input.
        """
        called = f" of {self.name}" if self.name else ""
        text = self.input_text
        if text is not None:
            raise DeserializationError(f"The input{called} is no JSON object: {text[:200]!r}", text=text)
        value: dict[str, Any] = self.input or {}
        try:
            return fitted(value, type)
        except (ValueError, TypeError) as error:
            text = encode(value).decode()
            raise DeserializationError(f"The input{called} does not fit: {error}", text=text) from error


def _text(block: object) -> str | None:
    """The text of a text block."""
    text: object = getattr(block, "text", None)
    return text if isinstance(text, str) else None


class _ResponseOutput(Protocol):
    @property
    def output(self) -> Sequence[object]: ...


class ResponseAnswer(AnswerDisplay, Generic[CallT]):
    """Mixed into `Response`."""

    __slots__ = ()

    @property
    def output_text(self: _ResponseOutput) -> str | None:
        """The text of all messages joined; None when there is none. Refusals and thinking are not part of it."""
        parts = [part for item in self.output for part in getattr(item, "content", None) or ()]
        texts = [text for part in parts if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your functions, possibly none; tools that the provider runs itself are not among them."""
        items = cast("_ResponseOutput", self).output
        return [cast("CallT", item) for item in items if isinstance(item, Arguments)]

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted; see also `status`."""
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
    """Mixed into `ExportMetricsServiceResponse`."""

    __slots__ = ()

    @property
    def rejected(self: _PushResponse) -> int:
        """How many data points were refused; 0 when all were taken."""
        return _rejections(self.partialSuccess)

    @property
    def accepted(self: _PushResponse) -> bool:
        """Whether every data point was taken."""
        return _rejections(self.partialSuccess) == 0

    @property
    def reason(self: _PushResponse) -> str | None:
        """Why some were refused, one reason after the other; also a warning when none were. None for nothing to say."""
        return (self.partialSuccess.errorMessage or None) if self.partialSuccess is not None else None


def _rejections(part: _PartialSuccess | None) -> int:
    count = None if part is None else part.rejectedDataPoints or raw_value(part, "rejectedDataPoints")
    try:
        return int(count or 0)
    except (TypeError, ValueError):
        return 0
