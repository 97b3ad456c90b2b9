"""Pieces of choices to the state of the assistant turn they belong to: what is open, what is finished, who comes next.

The gateway relays all turns of an MCP conversation in one stream (WIRE section 13), and nothing but the pieces
themselves says where one ends and the next begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._generated.chat import ChatCompletionStreamChoice, CreateChatCompletionStreamResponse

__all__ = ["Turn", "has_content"]


def has_content(piece: ChatCompletionStreamChoice) -> bool:
    """Whether a piece carries what a reader waits for: text, reasoning, a refusal, a tool call, an extra."""
    delta: Any = piece.delta  # required, and left out by some providers
    if delta is None:
        return False
    if delta.content or delta.tool_calls or delta.reasoning_content or delta.reasoning or delta.refusal:
        return True
    kept = delta.kept_
    return kept is not None and (any(kept.raw.values()) or any(delta.extra_fields.values()))


class Turn:
    """The current turn.

    Attributes:
        calls_tools: A piece of a tool call has come.
    """

    __slots__ = ("_finish", "_id", "_open", "_role_again", "calls_tools")

    def __init__(self) -> None:
        self._finish: dict[int, str] = {}
        self._open: set[int] = set()
        self._id = ""
        self._role_again = False
        self.calls_tools = False

    @property
    def finished(self) -> int:
        """How many choices have their finish reason."""
        return len(self._finish)

    @property
    def open(self) -> list[int]:
        """The choices that were begun and have no finish reason yet."""
        return sorted(self._open)

    @property
    def whole(self) -> bool:
        """Something was finished, and nothing is open."""
        return bool(self._finish) and not self._open

    def follow(self, chunk: CreateChatCompletionStreamResponse) -> bool:
        """Take a chunk into account; whether it begins another turn."""
        choices = chunk.choices
        if len(choices) == 1:
            piece = choices[0]
            delta: Any = piece.delta
            if not piece.finish_reason and (piece.index or 0) in self._open and not (delta and delta.tool_calls):
                self._id = chunk.id or ""  # most chunks
                return False
        begins = belongs = False
        for piece in choices:
            index = piece.index or 0
            if index not in self._finish:
                belongs = True
            elif self._follows(piece, index, chunk.id or ""):
                begins = True
                self._begin()
            if _calls_tools(piece):
                self.calls_tools = True
            if piece.finish_reason:
                self._open.discard(index)
                self._finish[index] = piece.finish_reason
            elif index not in self._finish:
                self._open.add(index)
        if begins or belongs:  # an empty piece after a finish may be the beginning of what follows, with its id
            self._id = chunk.id or ""
        return begins

    def _begin(self) -> None:
        self._finish.clear()
        self._open.clear()
        self._role_again = False
        self.calls_tools = False

    def _follows(self, piece: ChatCompletionStreamChoice, index: int, chunk_id: str) -> bool:
        """Whether a piece of a choice that had finished belongs to another turn.

        Only tool calls are followed by another turn, which has an id of its own, and a role or content. Under the same
        id, or without one, a provider may mean less by a `finish_reason`: some send it with every chunk, some an empty
        piece after it. There only text after a finish for the sake of tools is a turn, or a role and then content.
        """
        if not self.calls_tools:
            return False
        delta: Any = piece.delta
        if chunk_id and self._id and chunk_id != self._id:
            return has_content(piece) or bool(delta is not None and delta.role)
        if self._finish[index] != "tool_calls" or delta is None:
            return False
        if not has_content(piece):
            self._role_again = self._role_again or bool(delta.role)
            return False
        return self._role_again or not delta.tool_calls


def _calls_tools(piece: ChatCompletionStreamChoice) -> bool:
    delta: Any = piece.delta  # required, and left out by some providers
    return delta is not None and bool(delta.tool_calls)
