"""The events of a Messages stream to the events that all dialects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._generated.messages import MessagesUsage
from .._wire import codec
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
from .extras import merge_facts, settled
from .message_blocks import Block, Blocks

if TYPE_CHECKING:
    from .._generated.messages import MessagesStreamEvent, MessagesStreamEventUsage

__all__ = ["MessageDeltas"]

_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class MessageDeltas:
    """The view of one stream; events go in in order."""

    __slots__ = ("_blocks", "_calls", "_stop_reason", "_usage")

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._calls: dict[Block, _Call] = {}
        self._stop_reason = ""
        self._usage: dict[str, Any] = {}

    def of(self, event: MessagesStreamEvent) -> list[Delta]:
        """What an event says."""
        match event.type:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                block = self._blocks.started(event)
                return [] if block is None else self._started(block)
            case "content_block_stop":
                block = self._blocks.meant(event)
                return [] if block is None else self._ended(block)
            case "message_start":
                return self._begun(event)
            case "message_delta":
                self._stop_reason = (event.delta and event.delta.stop_reason) or self._stop_reason
                return self._used(event.usage)
            case "message_stop":
                return self._stopped()
            case _:
                return []

    def _begun(self, event: MessagesStreamEvent) -> list[Delta]:
        message = event.message
        if message is None:
            return []
        deltas = self._used(message.usage)
        for block in message.content:
            deltas += self._started(self._blocks.begin(None, codec.to_builtins(block)))
        return deltas

    def _started(self, block: Block) -> list[Delta]:
        """A block begins; one that is there whole (as some servers send them) is told like any other."""
        kind = block.get("type")
        if kind == "text":
            return _told(TextDelta, block.get("text"))
        if kind == "thinking":
            return _told(ReasoningDelta, block.get("thinking"))
        if isinstance(kind, str) and kind.endswith("tool_use"):
            call = self._calls[block] = _Call(len(self._calls), block)
            return [ToolCallStart(call.index, call.id, call.name)]
        return []

    def _delta(self, event: MessagesStreamEvent) -> list[Delta]:
        delta = event.delta
        if delta is None:
            return []
        block = self._blocks.meant(event)
        deltas: list[Delta] = []
        if block is None:
            block = self._blocks.implied(event)
            deltas += self._started(block)
        call = self._calls.get(block)
        if call is not None:
            block.add(delta)
            deltas += call.new()
        return deltas + _told(ReasoningDelta, delta.thinking) + _told(TextDelta, event.text)

    def _ended(self, block: Block) -> list[Delta]:
        call = self._calls.get(block)
        return [] if call is None else call.end()

    def _used(self, usage: MessagesUsage | MessagesStreamEventUsage | None) -> list[Delta]:
        """Each report has all figures told so far: those of the beginning come only once."""
        if usage is None:
            return []
        merge_facts(self._usage, codec.to_builtins(usage))
        whole = codec.from_builtins(settled(self._usage), MessagesUsage)
        return [UsageReport(whole.input_tokens, whole.output_tokens, whole)]

    def _stopped(self) -> list[Delta]:
        deltas: list[Delta] = []
        for call in self._calls.values():  # calls whose block was never ended
            deltas += call.end()
        native = self._stop_reason
        deltas.append(Finish(_REASONS.get(native) or FinishReason(native), native=native))
        return deltas


class _Call:
    """A tool call, and how much of it has been told."""

    __slots__ = ("_block", "_ended", "_told", "index")

    def __init__(self, index: int, block: Block) -> None:
        self.index = index
        self._block = block
        self._told = 0
        self._ended = False

    @property
    def id(self) -> str:
        return str(self._block.get("id") or "")

    @property
    def name(self) -> str:
        return str(self._block.get("name") or "")

    def new(self) -> list[Delta]:
        """The pieces of the input that were not told yet."""
        pieces = self._block.written[self._told :]
        self._told += len(pieces)
        return [ToolCallDelta(self.index, piece) for piece in pieces]

    def end(self) -> list[Delta]:
        """The call as a whole, once. What is not `tool_use` but, say, `server_tool_use` was run by the provider."""
        if self._ended:
            return []
        self._ended = True
        arguments = self._block.input_text
        deltas: list[Delta] = [] if self._told else [ToolCallDelta(self.index, arguments)]
        ran = self._block.get("type") != "tool_use"
        return [*deltas, ToolCallEnd(self.index, self.id, self.name, arguments, ran_on_gateway=ran)]


def _told(kind: type[TextDelta | ReasoningDelta], text: object) -> list[Delta]:
    """A piece of text as an event; none for no text."""
    return [kind(text)] if isinstance(text, str) and text else []
