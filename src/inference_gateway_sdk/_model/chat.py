"""Conveniences of chat answers, chunks, messages and tool calls.

The classes they are mixed into are made from the contract, one room up: here stands only what they must look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from .display import AnswerDisplay
from .kept import kept_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChatAnswer", "ChatChunk", "MessageText", "ToolCall"]

MessageT = TypeVar("MessageT")
MessageT_co = TypeVar("MessageT_co", covariant=True)
CallT = TypeVar("CallT")


class _Choice(Protocol[MessageT_co]):
    @property
    def message(self) -> MessageT_co: ...


class _Answer(Protocol[MessageT_co]):
    @property
    def choices(self) -> Sequence[_Choice[MessageT_co]]: ...


class _Texted(Protocol):
    @property
    def text(self) -> str | None: ...


class _Calling(Protocol[CallT]):
    @property
    def tool_calls(self) -> list[CallT] | None: ...


class _Streamed(Protocol):
    @property
    def choices(self) -> Sequence[object]: ...


class _Written(Protocol):
    @property
    def content(self) -> str | Sequence[object] | None: ...


class ChatAnswer(AnswerDisplay):
    """Mixed into `CreateChatCompletionResponse`."""

    __slots__ = ()

    @property
    def message(self: _Answer[MessageT]) -> MessageT | None:
        """The first choice's message, None when there is no choice."""
        return self.choices[0].message if self.choices else None

    @property
    def text(self: _Answer[_Texted]) -> str | None:
        """The first choice's text, None when it has none."""
        message = self.choices[0].message if self.choices else None
        return message.text if message else None

    @property
    def tool_calls(self: _Answer[_Calling[CallT]]) -> list[CallT]:
        """The first choice's tool calls, possibly none."""
        message = self.choices[0].message if self.choices else None
        return (message.tool_calls or []) if message else []

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted."""
        return kept_of(self).marks.complete


class ChatChunk:
    """Mixed into `CreateChatCompletionStreamResponse`."""

    __slots__ = ()

    @property
    def text(self: _Streamed) -> str | None:
        """What this chunk adds to the text of the first choice that has any, None when it adds none."""
        for choice in self.choices:
            # A provider may leave the delta out, whatever its annotation says.
            content = getattr(getattr(choice, "delta", None), "content", None)
            if isinstance(content, str):
                return content
        return None


class MessageText:
    """Mixed into `Message`."""

    __slots__ = ()

    @property
    def text(self: _Written) -> str | None:
        """The text, its parts joined; None when there is none."""
        if self.content is None or isinstance(self.content, str):
            return self.content
        texts = [text for part in self.content if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None


class ToolCall:
    """Mixed into `ChatCompletionMessageToolCall`."""

    __slots__ = ()

    @property
    def ran_on_gateway(self) -> bool:
        """True when the gateway ran this call itself (its MCP tools): do not run it again."""
        return kept_of(self).marks.ran_on_gateway
