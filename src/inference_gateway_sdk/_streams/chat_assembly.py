"""The chunks of a chat stream to whole answers, one a turn; linear in their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import CompletionUsage, CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.kept import kept_of, mark_incomplete, mark_ran_on_gateway
from .._wire import codec
from .choice import Choice
from .extras import merge_facts, settled

if TYPE_CHECKING:
    from collections import deque

__all__ = ["ChatAssembly"]

Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse
_ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier", "reasoning_format")


class ChatAssembly:
    """The answers in the making.

    Args:
        starts: Which of the chunks, counted from 0, begin another turn. The list may grow until that chunk is added.
    """

    __slots__ = ("_added", "_choices", "_done", "_envelope", "_extra", "_missing", "_starts", "_usage")

    def __init__(self, starts: deque[int]) -> None:
        self._starts = starts
        self._added = 0
        self._done: list[Answer] = []
        self._usage: CompletionUsage | None = None
        self._begin()

    def add(self, chunk: Chunk) -> None:
        """Fold one chunk."""
        if self._starts and self._starts[0] == self._added:
            self._starts.popleft()
            self._next_turn()
        self._added += 1
        for piece in chunk.choices:
            index = piece.index or 0
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = Choice(index)
            choice.add(piece)
        if self._missing:
            self._add_envelope(chunk)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if chunk.kept_ is not None:
            self._add_kept(chunk)

    def turns(self, *, complete: bool) -> list[Answer]:
        """Each turn as a whole answer; the last may be unfinished."""
        if self._empty:
            return list(self._done)
        return [*self._done, self._built(complete)]

    def adopt(self, answer: Answer) -> None:
        """Take a whole answer as the only turn, unless it holds nothing."""
        if answer.choices:
            self._done = [answer]

    @property
    def _empty(self) -> bool:
        return not self._choices and not self._envelope and not self._extra

    def _next_turn(self) -> None:
        """Close the current turn: what follows it shows that the gateway ran its tool calls."""
        answer = self._built(complete=True)
        for choice in answer.choices:
            for call in choice.message.tool_calls or ():
                mark_ran_on_gateway(call)
        self._done.append(answer)
        self._begin()

    def _begin(self) -> None:
        self._choices: dict[int, Choice] = {}
        self._envelope: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _ENVELOPE
        self._usage = None

    def _add_envelope(self, chunk: Chunk) -> None:
        """Take what describes the whole answer from the first chunk that says it (some begin with empty names)."""
        envelope, found = self._envelope, False
        for name in self._missing:
            value = getattr(chunk, name)
            if value:
                envelope[name] = value
                found = True
        if found:
            self._missing = tuple(name for name in self._missing if name not in envelope)

    def _add_kept(self, chunk: Chunk) -> None:
        """What the contract does not know, and known fields that came in another type."""
        merge_facts(self._extra, chunk.extra_fields)
        raw = kept_of(chunk).raw
        odd = {name: value for name, value in raw.items() if name != "choices" and getattr(chunk, name) is None}
        merge_facts(self._extra, odd)

    def _built(self, complete: bool) -> Answer:
        choices = sorted(self._choices.values(), key=lambda choice: choice.index)
        turn = len(self._done)
        whole: dict[str, Any] = {
            **self._envelope,
            "object": "chat.completion",
            "choices": [choice.built(turn) for choice in choices],
            **settled(self._extra),
        }
        if self._usage is not None:
            whole["usage"] = codec.to_builtins(self._usage)
        answer = codec.from_builtins(whole, Answer)
        if not complete or any(choice.finish_reason is None for choice in choices):
            mark_incomplete(answer)
        return answer
