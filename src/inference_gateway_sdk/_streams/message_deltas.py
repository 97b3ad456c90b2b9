"""The events that all dialects share, for a Messages stream."""

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

    Text and thinking are emitted as the event has them. Tool calls are emitted from the state: each block there
    counts how many characters of its input have been emitted.
    """

    __slots__ = ("_calls", "_state")

    def __init__(self, state: MessageState) -> None:
        self._state = state
        self._calls = 0  # how many tool calls were started

    def of(self, event: MessagesStreamEvent) -> list[Delta]:
        """Return the events of the event that the state took last."""
        match event.type:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                return [delta for block in self._state.opened for delta in self._started(block)]
            case "content_block_stop" if self._state.block is not None:
                return self._ended(self._state.block)
            case "message_start":
                return self._begun(event)
            case "message_delta":
                return [] if event.usage is None else self._usage()
            case "message_stop":
                return self._stopped()
            case _:
                return []

    def at_end(self) -> list[Delta]:
        """Return nothing: the stream's end adds nothing to `message_stop`."""
        return []

    def _begun(self, event: MessagesStreamEvent) -> list[Delta]:
        message = event.message
        if message is None:
            return []
        usage: Any = message.usage  # required, and left out by some servers
        deltas = [] if usage is None else self._usage()
        return deltas + [delta for block in self._state.opened for delta in self._started(block)]

    def _started(self, block: Block) -> list[Delta]:
        """Emit the beginning of a block. Some servers send whole blocks here, which are emitted like any other."""
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
                deltas += self._started(block)
            deltas += [ToolCallDelta(block.number, piece) for piece in block.written.since(block.emitted)]
            block.emitted = block.written.size
        if delta.thinking:
            deltas.append(ReasoningDelta(delta.thinking))
        text = event.text
        if text:
            deltas.append(TextDelta(text))
        return deltas

    def _ended(self, block: Block) -> list[Delta]:
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

    def _usage(self) -> list[Delta]:
        """Emit all figures reported so far."""
        usage = self._state.usage
        return [] if usage is None else [UsageReport(usage.input_tokens, usage.output_tokens, usage)]

    def _stopped(self) -> list[Delta]:
        deltas: list[Delta] = []
        for block in self._state.calls:  # some servers never end their blocks
            deltas += self._ended(block)
        native = self._state.stop_reason
        deltas.append(Finish(self._state.finish_reason or FinishReason(native), native=native))
        return deltas


def _piece(kind: type[TextDelta | ReasoningDelta], text: object) -> list[Delta]:
    """Return a piece of text as an event; nothing for no text."""
    return [kind(text)] if isinstance(text, str) and text else []
