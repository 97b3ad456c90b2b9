"""The events common to all dialects, for a Messages stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._wire.deltas import (
    Delta,
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageReport,
)

if TYPE_CHECKING:
    from .._generated.messages import MessagesStreamEvent
    from .messages import Block, MessageState

__all__ = ["MessageDeltas"]


class MessageDeltas:
    """The events of one stream, read from its state.

    Text and reasoning are emitted as the event has them. Tool calls are emitted from the state: each block there
    counts how many characters of its input have been emitted.
    """

    __slots__ = ("_calls", "_state")

    def __init__(self, state: MessageState) -> None:
        self._state = state
        self._calls = 0  # the number of tool calls that were started

    def of(self, event: MessagesStreamEvent) -> list[Delta]:
        """Return the events of the event that was last added to the state."""
        match event.type:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                return [delta for block in self._state.opened for delta in self._start_block(block)]
            case "content_block_stop" if self._state.block is not None:
                return self._end_block(self._state.block)
            case "message_start":
                return self._start_message(event)
            case "message_delta":
                return [] if event.usage is None else self._report_usage()
            case "message_stop":
                return self._finish()
            case _:
                return []

    def at_end(self) -> list[Delta]:
        """Return an empty list: the stream's end adds nothing to `message_stop`."""
        return []

    def _start_message(self, event: MessagesStreamEvent) -> list[Delta]:
        message = event.message
        if message is None:
            return []
        usage: Any = message.usage  # required, but some servers leave it out
        deltas = [] if usage is None else self._report_usage()
        return deltas + [delta for block in self._state.opened for delta in self._start_block(block)]

    def _start_block(self, block: Block) -> list[Delta]:
        """Emit the start of a block. Some servers send complete blocks here, which are emitted like any other."""
        if block.is_call:
            block.number = self._calls
            self._calls += 1
            call = block.call()
            return [ToolCallStart(block.number, call.id, call.name)]
        match block.get("type"):
            case "text":
                return _piece(TextDelta, block.get("text"))
            case "thinking":
                return _piece(ReasoningDelta, block.get("thinking"))
            case _:
                return []

    def _delta(self, event: MessagesStreamEvent) -> list[Delta]:
        delta, block = event.delta, self._state.block
        if delta is None or block is None:
            return []
        deltas: list[Delta] = []
        if block.is_call:
            if self._state.opened:
                deltas += self._start_block(block)
            deltas += [ToolCallDelta(block.number, piece) for piece in block.written.since(block.emitted)]
            block.emitted = block.written.size
        if delta.thinking:
            deltas.append(ReasoningDelta(delta.thinking))
        text = event.text
        if text:
            deltas.append(TextDelta(text))
        return deltas

    def _end_block(self, block: Block) -> list[Delta]:
        """Emit the end of a tool call, once."""
        if not block.is_call or block.ended:
            return []
        block.ended = True
        call = block.call()
        deltas: list[Delta] = [] if block.emitted else [ToolCallDelta(block.number, call.arguments)]
        deltas.append(ToolCallEnd(block.number, call.id, call.name, call.arguments, ran_on_gateway=call.ran_on_gateway))
        if not self._state.keep:
            block.written.forget()
        return deltas

    def _report_usage(self) -> list[Delta]:
        """Emit all numbers reported so far."""
        usage = self._state.usage
        return [] if usage is None else [UsageReport(usage.input_tokens, usage.output_tokens, usage)]

    def _finish(self) -> list[Delta]:
        deltas: list[Delta] = []
        for block in self._state.calls:  # some servers do not end their blocks
            deltas += self._end_block(block)
        native = self._state.stop_reason
        deltas.append(Finish(self._state.finish_reason or FinishReason(native), native=native))
        return deltas


def _piece(kind: type[TextDelta | ReasoningDelta], text: object) -> list[Delta]:
    """Return a piece of text as an event; an empty list for empty text."""
    return [kind(text)] if isinstance(text, str) and text else []
