"""A chat stream: the bytes of one attempt to chunks, chunks to whole answers, and the verdict at the end.

`ChatDialect` is what a `StreamCall` starts for each attempt. It tells the truth about the end: an answer is whole when
each choice that was opened has its `finish_reason`. `[DONE]` alone proves nothing (the gateway sends it after errors,
WIRE section 13) and its absence is no failure (section 9).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .chat_assembly import ChatAssembly
from .chat_deltas import ChatDeltas
from .event_dialect import EventDialect
from .turn import Turn, has_content

if TYPE_CHECKING:
    from typing import Unpack

    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent
    from .event_dialect import Options

__all__ = ["ChatDialect"]

Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse


class ChatDialect(EventDialect[Chunk, Answer]):
    """One attempt at a chat stream.

    Args:
        choices: How many were asked for.
        options: As for every dialect.
    """

    __slots__ = ("_choices", "_deltas", "_read_so_far", "_starts", "_turn")

    def __init__(self, *, choices: int = 1, **options: Unpack[Options]) -> None:
        self._starts: deque[int] = deque()  # which of the chunks, counted from 0, begin another turn
        super().__init__(Chunk, Answer, lambda: ChatAssembly(self._starts), **options)
        self._turn = Turn()
        self._deltas = ChatDeltas()
        self._choices = choices
        self._read_so_far = 0

    @property
    def terminal(self) -> bool:
        """Every choice that was asked for, or opened, has its finish reason."""
        return self._turn.whole and self._turn.finished >= self._choices

    @property
    def may_continue(self) -> bool:
        """Another turn may follow the terminal marker: the gateway runs tool calls itself (WIRE section 13)."""
        return self._turn.calls_tools

    def has_content(self, chunk: Chunk) -> bool:
        """Whether a chunk brings what a reader waits for: content or an end, not an empty delta or usage alone."""
        for choice in chunk.choices:  # noqa: SIM110  (asked for each read: a generator would cost more than the loop)
            if choice.finish_reason or has_content(choice):
                return True
        return False

    def text(self, chunk: Chunk) -> str | None:
        """The text a chunk brings."""
        return chunk.text

    def deltas(self, chunk: Chunk | None) -> list[Delta]:
        """What a chunk, or the stream's end, says in the words that all dialects share."""
        return self._deltas.at_end() if chunk is None else self._deltas.of(chunk)

    def _follow(self, chunk: Chunk, event: RawEvent) -> Chunk | None:
        if event[1] == "error" or (chunk.kept_ is not None and _is_error(chunk)):
            self._fail(chunk, event)
            return chunk if any(has_content(choice) for choice in chunk.choices) else None
        if self._turn.follow(chunk) and self._assembly is not None:
            self._starts.append(self._read_so_far)
        self._read_so_far += 1
        return chunk

    def _missing(self) -> str:
        waiting, finished = self._turn.open, self._turn.finished
        if waiting:
            return f"choice {', '.join(map(str, waiting))} has no finish_reason"
        return f"only {finished} of {self._choices} choices came" if finished else "no choice was finished"

    def _ends_whole(self) -> bool:
        """Whether an orderly end here is the end of the answer; a provider may give fewer choices than asked for."""
        if self._turn.whole:
            self._choices = min(self._choices, self._turn.finished)
        return self.terminal


def _is_error(chunk: Chunk) -> bool:
    """Whether an error stands in the place of a chunk, or in one."""
    return bool(chunk.extra_fields.get("error")) or chunk.object == "error"
