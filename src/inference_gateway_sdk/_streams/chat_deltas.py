"""The events common to all dialects, for a chat stream.

A `finish_reason` is the end only when nothing follows it. The gateway may run the tools and continue with another turn,
and some providers send a `finish_reason` with every chunk. Ends are therefore emitted when the turn or the stream ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.answers import texts_of_parts
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
from .chat_state import place_of

if TYPE_CHECKING:
    from .._generated.chat import ChatCompletionStreamChoice, CreateChatCompletionStreamResponse
    from .chat_state import ChatState, Choice
    from .tool_calls import Slot, ToolCalls

__all__ = ["ChatDeltas"]


class ChatDeltas:
    """The events of one stream, read from its state.

    Text is emitted as the chunk has it. Tool calls are emitted from the state: each call there counts how many
    characters of its arguments have been emitted.
    """

    __slots__ = ("_counts", "_ended", "_state", "_turn")

    def __init__(self, state: ChatState) -> None:
        self._state = state
        self._turn = state.turn
        self._counts: dict[int, int] = {}  # by choice: the number of the turn's tool calls that were started
        self._ended: set[int] = set()  # choices whose Finish was emitted

    def of(self, chunk: CreateChatCompletionStreamResponse) -> list[Delta]:
        """Return the events of the chunk that was last added to the state."""
        deltas: list[Delta] = []
        if self._turn != self._state.turn:
            self._end_turn(deltas)
        for piece in chunk.choices:
            self._add(piece, deltas)
        usage = chunk.usage
        if usage is not None:
            deltas.append(UsageReport(usage.prompt_tokens, usage.completion_tokens, usage))
        return deltas

    def at_end(self) -> list[Delta]:
        """Return the events of the stream's end: the tool calls of each finished choice, then the finish reasons.

        A second call returns an empty list.
        """
        deltas: list[Delta] = []
        finished = [
            choice
            for index, choice in sorted(self._state.choices.items())
            if choice.finish_reason and index not in self._ended
        ]
        for choice in finished:
            self._end_calls(choice, self._state.turn, deltas)
        for choice in finished:
            reason = choice.finish_reason
            if reason is not None:
                deltas.append(Finish(reason, choice.index, str(reason)))
                self._ended.add(choice.index)
        return deltas

    def _end_turn(self, deltas: list[Delta]) -> None:
        for _, choice in sorted(self._state.ended.items()):
            self._end_calls(choice, self._turn, deltas, ran_on_gateway=True)
        deltas.append(TurnEnd(self._turn))
        self._turn = self._state.turn
        self._counts.clear()

    def _add(self, piece: ChatCompletionStreamChoice, deltas: list[Delta]) -> None:
        delta: Any = piece.delta  # a provider may leave it out
        if delta is None:
            return
        choice = place_of(piece.index)
        thought = delta.reasoning_content or delta.reasoning  # some providers send the same text under both names
        if thought:
            deltas.append(ReasoningDelta(thought, choice))
        if delta.content:
            deltas.append(TextDelta(delta.content, choice))
        elif delta._unknown is not None:
            for kind, text in texts_of_parts(delta._unknown.raw.get("content")):
                deltas.append(ReasoningDelta(text, choice) if kind == "thinking" else TextDelta(text, choice))
        if delta.refusal:
            deltas.append(RefusalDelta(delta.refusal, choice))
        if delta.tool_calls:
            tools = self._state.choices[choice].tools
            if tools is not None:
                self._add_calls(tools, choice, deltas)

    def _add_calls(self, tools: ToolCalls, choice: int, deltas: list[Delta]) -> None:
        """Emit the new parts of the tool calls that changed.

        A call's start waits for its arguments: by then its name, in pieces or not, is whole.
        """
        for slot in tools.changed:
            slot.changed = False
            if slot.arguments.size > slot.emitted:
                self._start(slot, slot.id, slot.name, choice, deltas)
                deltas += [ToolCallDelta(slot.number, text, choice) for text in slot.arguments.since(slot.emitted)]
                slot.emitted = slot.arguments.size
        tools.changed.clear()

    def _end_calls(self, choice: Choice, turn: int, deltas: list[Delta], *, ran_on_gateway: bool = False) -> None:
        """Emit the ends of a choice's calls, in the order and with the ids that the assembled answer has."""
        if choice.tools is None:
            return
        for slot, call in zip(choice.tools.in_order(), choice.calls(turn), strict=True):
            self._start(slot, call.id, call.name, choice.index, deltas)
            deltas.append(ToolCallEnd(slot.number, call.id, call.name, call.arguments, choice.index, ran_on_gateway))

    def _start(self, slot: Slot, id: str, name: str, choice: int, deltas: list[Delta]) -> None:
        """Emit the start of a call, unless it was emitted."""
        if slot.number < 0:
            slot.number = self._counts.get(choice, 0)
            self._counts[choice] = slot.number + 1
            deltas.append(ToolCallStart(slot.number, id, name, choice))
