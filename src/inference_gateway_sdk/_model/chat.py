"""Conveniences of chat answers, chunks, messages and tool calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kept import kept_of

if TYPE_CHECKING:
    from .._generated.chat import (
        ChatCompletionChoice,
        ChatCompletionMessageToolCall,
        ChatCompletionStreamChoice,
        Message,
        MessageContent,
    )

__all__ = ["ChatAnswer", "ChatChunk", "MessageText", "ToolCall"]


class ChatAnswer:
    """Mixed into `CreateChatCompletionResponse`."""

    __slots__ = ()
    if TYPE_CHECKING:
        choices: list[ChatCompletionChoice]

    @property
    def message(self) -> Message | None:
        """The first choice's message, None when there is no choice."""
        return self.choices[0].message if self.choices else None

    @property
    def text(self) -> str | None:
        """The first choice's text, None when it has none."""
        message = self.message
        return None if message is None else message.text

    @property
    def tool_calls(self) -> list[ChatCompletionMessageToolCall]:
        """The first choice's tool calls, possibly none."""
        message = self.message
        return [] if message is None else message.tool_calls or []

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted."""
        return kept_of(self).marks.complete


class ChatChunk:
    """Mixed into `CreateChatCompletionStreamResponse`."""

    __slots__ = ()
    if TYPE_CHECKING:
        choices: list[ChatCompletionStreamChoice]

    @property
    def text(self) -> str | None:
        """What this chunk adds to the text of the first choice that has any, None when it adds none."""
        for choice in self.choices:
            # A provider may leave the delta out, whatever its annotation says.
            content = getattr(choice.delta, "content", None)
            if isinstance(content, str):
                return content
        return None


class MessageText:
    """Mixed into `Message`."""

    __slots__ = ()
    if TYPE_CHECKING:
        content: MessageContent | None

    @property
    def text(self) -> str | None:
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
