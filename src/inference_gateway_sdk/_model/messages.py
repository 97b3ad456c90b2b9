"""Conveniences of the Messages dialect: its answers, its stream's events, its tool calls.

The classes they are mixed into are made from the contract, one room up: here stands only what they must look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast, overload

from ..errors import DeserializationError
from .arguments import fitted
from .display import AnswerDisplay
from .kept import kept_of, raw_value
from .writing import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MessagesAnswer", "MessagesEvent", "ToolInput"]

T = TypeVar("T")
CallT = TypeVar("CallT")


class _Written(Protocol):
    @property
    def content(self) -> Sequence[object]: ...


class _Texted(Protocol):
    @property
    def text(self) -> str | None: ...


class _Delta(_Texted, Protocol):
    @property
    def type(self) -> str | None: ...


class _Streamed(Protocol):
    @property
    def message(self) -> _Texted | None: ...
    @property
    def content_block(self) -> object | None: ...
    @property
    def delta(self) -> _Delta | None: ...


class MessagesAnswer(AnswerDisplay, Generic[CallT]):
    """Mixed into `MessagesResponse`."""

    __slots__ = ()

    @property
    def text(self: _Written) -> str | None:
        """The text blocks joined; None when there is none."""
        texts = [text for block in self.content if (text := _text(block)) is not None]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your tools, possibly none; tools that the provider runs itself are not among them."""
        blocks = cast("_Written", self).content
        return [cast("CallT", block) for block in blocks if isinstance(block, ToolInput)]

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted."""
        return kept_of(self).marks.complete


class MessagesEvent:
    """Mixed into `MessagesStreamEvent`."""

    __slots__ = ()

    @property
    def text(self: _Streamed) -> str | None:
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
