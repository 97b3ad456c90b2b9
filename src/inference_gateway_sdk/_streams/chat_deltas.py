"""Chunks of a chat stream to the events that all dialects share.

What a provider means by a `finish_reason` is known only when more comes or nothing does: the gateway may have run the
tools and go on with another turn, and some providers send it with every chunk. Ends are therefore told at the turn's
end and at the stream's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.json_value import is_array, is_object
from .._wire.deltas import (
    Delta,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    TurnEnd,
    UsageReport,
)
from .tool_calls import ToolCalls
from .turn import Turn

if TYPE_CHECKING:
    from .._generated.chat import (
        ChatCompletionStreamChoice,
        CreateChatCompletionStreamResponse,
        FinishReason,
    )

__all__ = ["ChatDeltas"]


class ChatDeltas:
    """The view of one stream; chunks go in in order."""

    __slots__ = ("_calls", "_finish", "_turn", "_turns")

    def __init__(self) -> None:
        self._turn = Turn()
        self._turns = 0
        self._calls: dict[int, _ToolCallView] = {}
        self._finish: dict[int, FinishReason] = {}

    def of(self, chunk: CreateChatCompletionStreamResponse) -> list[Delta]:
        """What a chunk says."""
        deltas: list[Delta] = []
        if self._turn.follow(chunk):
            self._end_turn(deltas)
        for piece in chunk.choices:
            self._add(piece, deltas)
        usage = chunk.usage
        if usage is not None:
            deltas.append(UsageReport(usage.prompt_tokens, usage.completion_tokens, usage))
        return deltas

    def at_end(self) -> list[Delta]:
        """What the stream's end says: of each choice that has a finish reason its tool calls, then that reason."""
        finish, self._finish = self._finish, {}
        deltas: list[Delta] = []
        for choice in sorted(finish):
            if choice in self._calls:
                deltas += self._calls.pop(choice).ends(choice, self._turns)
        deltas += [Finish(reason, choice, str(reason)) for choice, reason in sorted(finish.items())]
        return deltas

    def _end_turn(self, deltas: list[Delta]) -> None:
        for choice, calls in sorted(self._calls.items()):
            deltas += calls.ends(choice, self._turns, ran_on_gateway=True)
        deltas.append(TurnEnd(self._turns))
        self._turns += 1
        self._calls.clear()
        self._finish.clear()

    def _add(self, piece: ChatCompletionStreamChoice, deltas: list[Delta]) -> None:
        choice = piece.index or 0
        delta: Any = piece.delta  # a provider may leave it out
        if delta is not None:
            thought = delta.reasoning_content or delta.reasoning  # some send the same text under both names
            if thought:
                deltas.append(ReasoningDelta(thought, choice))
            deltas += [TextDelta(text, choice) for text in _texts(delta)]
            if delta.refusal:
                deltas.append(RefusalDelta(delta.refusal, choice))
            if delta.tool_calls:
                calls = self._calls.get(choice)
                if calls is None:
                    calls = self._calls[choice] = _ToolCallView()
                for part in delta.tool_calls:
                    deltas += calls.add(part, choice)
        if piece.finish_reason:
            self._finish[choice] = piece.finish_reason


class _ToolCallView:
    """The tool calls of one choice, and how much of each has been told."""

    __slots__ = ("_calls", "_index", "_told")

    def __init__(self) -> None:
        self._calls = ToolCalls()
        self._index: dict[int, int] = {}  # by place: the number under which the call's start was told
        self._told: dict[int, int] = {}  # by place: how many pieces of its arguments were told

    def add(self, piece: Any, choice: int) -> list[Delta]:
        """What a piece adds. A call's start waits for its arguments: by then its name, in pieces or not, is whole."""
        call = self._calls.add(piece)
        told = self._told.get(call.place, 0)
        new = call.arguments[told:]
        if not new:
            return []
        deltas = self._start(call.place, call.id, call.name, choice)
        self._told[call.place] = told + len(new)
        deltas += [ToolCallDelta(self._index[call.place], text, choice) for text in new]
        return deltas

    def ends(self, choice: int, turn: int, *, ran_on_gateway: bool = False) -> list[Delta]:
        """The ends of all calls, in the order and with the ids that the assembled answer has."""
        deltas: list[Delta] = []
        for call, built in zip(self._calls.in_order(), self._calls.built(turn), strict=True):
            call_id, name, arguments = built["id"], built["function"]["name"], built["function"]["arguments"]
            deltas += self._start(call.place, call_id, name, choice)
            deltas.append(ToolCallEnd(self._index[call.place], call_id, name, arguments, choice, ran_on_gateway))
        return deltas

    def _start(self, place: int, id: str, name: str, choice: int) -> list[Delta]:
        """The start of a call, unless it was told."""
        if place in self._index:
            return []
        index = self._index[place] = len(self._index)
        return [ToolCallStart(index, id, name, choice)]


def _texts(delta: Any) -> list[str]:
    """The text of a delta, as one string or, of some providers, as the texts among a list of parts."""
    if delta.content:
        return [delta.content]
    parts = None if delta.kept_ is None else delta.kept_.raw.get("content")
    if not is_array(parts):
        return []
    texts = [part.get("text") for part in parts if is_object(part) and part.get("type") == "text"]
    return [text for text in texts if text and isinstance(text, str)]
