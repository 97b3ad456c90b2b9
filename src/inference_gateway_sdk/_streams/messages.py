r"""A Messages stream: the verdict at its end, and the state that assembles the message from its blocks.

A `StreamCall` starts one `MessagesDialect` for each attempt. A message is whole after `message_stop`. The end of the
body proves nothing: the gateway ends it in the same way when the provider broke off (gateway-behaviour.md#messages).
The events, without their `event:` lines:
    {"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 9}, ...}}
    {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "f", ...}}
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{\"a\":"}}
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "1}"}}
    {"type": "content_block_stop", "index": 0}
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}}
    {"type": "message_stop"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import FinishReason
from .._generated.messages import MessagesResponse, MessagesStreamEvent, MessagesStreamEventType, MessagesUsage
from .._model.json_values import is_array, is_object, parse
from .._model.unknown_fields import mark_incomplete, raw_value, unknown_of
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
from ..errors import GatewayError, SerializationError
from .dialect import EventDialect
from .state import MAX_INDEX, CallState, TextBuffer, finalize, merge, merge_facts

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.messages import MessagesResponseContentBlock, MessagesStreamEventDelta
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["Block", "MessageDeltas", "MessageState", "MessagesDialect"]


# `_unknown` is private to users, not to the rooms.
# pyright: reportPrivateUsage=false


_BLOCK_OF_DELTA = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "input_json_delta": "tool_use",
}
_PIECES = ("text", "partial_json", "thinking", "signature")
_RARE = ("citation", "stop_reason", "stop_sequence", "stop_details", "container")
_OF_THE_MESSAGE = ("context_management", "input_transformations")
_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class MessagesDialect(EventDialect[MessagesStreamEvent, MessagesResponse, "MessageState"]):
    """One attempt at a Messages stream."""

    __slots__ = ("_begun", "_id", "_stopped")

    def __init__(self, **options: Unpack[Options]) -> None:
        state = MessageState(keep=options.get("assemble", True))
        super().__init__(MessagesStreamEvent, MessagesResponse, state, **options)
        self._id = ""
        self._begun = False
        self._stopped = False

    @property
    def terminal(self) -> bool:
        """True after `message_stop`, if a message had begun before it."""
        return self._stopped

    def has_content(self, chunk: MessagesStreamEvent) -> bool:
        """Return whether an event has a piece of a block, or an end; a ping or an empty start has neither."""
        match chunk.type:
            case "content_block_delta":
                return chunk.delta is not None and any(_fields_of(chunk.delta).values())
            case "content_block_start":
                return chunk.content_block is not None and _block_brings(chunk.content_block)
            case "message_start":
                return chunk.message is not None and any(map(_block_brings, chunk.message.content))
            case "message_delta":
                return chunk.delta is not None and chunk.delta.stop_reason is not None
            case _:
                return False

    def text(self, chunk: MessagesStreamEvent) -> str | None:
        """Return the text that an event adds."""
        return chunk.text

    def _make_view(self) -> MessageDeltas:
        return MessageDeltas(self.state)

    def _follow(self, chunk: MessagesStreamEvent, event: RawEvent) -> MessagesStreamEvent | None:
        name = event[1]
        if name and chunk._unknown is not None and "type" in chunk._unknown.absent:
            chunk.type = MessagesStreamEventType(name)  # some servers send the type only in the `event` line
        if name == "error" or _is_error(chunk):
            self._fail(chunk, event)
            return None
        match chunk.type:
            case "message_start" if self._is_another(chunk):
                self._cut_off("another message began")
                return None
            case "message_start" | "content_block_start" | "content_block_delta":
                self._begun = True
            case "message_stop" if self._begun:
                self._stopped = self.closed = True
            case "message_stop":
                self._cut_off("the stream sent message_stop")
            case _:
                pass
        return chunk

    def _is_another(self, chunk: MessagesStreamEvent) -> bool:
        """Return whether a `message_start` begins another message while the first is open.

        A relay that retries after a failure may splice two answers into one stream. Neither is whole then:
            message_start msg_1, content_block_start 0, content_block_delta 0, message_start msg_2, ...
        """
        message: Any = chunk.message
        before, self._id = self._id, (message.id if message is not None else "") or self._id
        return bool(before) and before != self._id

    def _missing(self) -> str:
        return "message_stop did not come" if self._begun else "no message had begun"


class MessageState:
    """The part of a Messages stream that has been handed over (see `StreamState`).

    Args:
        keep: Keep the content, for `turns`.

    Attributes:
        turn: Always 0: a stream has one message.
        keep: The argument.
        block: The block of the last delta or stop, None if there is none.
        opened: The blocks that the last block event began; a delta begins a block that was never started.
        calls: The blocks that call tools.
        stop_reason: The stop reason of the Messages API; "" while the message is open.
    """

    __slots__ = ("_adopted", "_by_index", "_content", "_fields", "_last", "_size", "_usage", "block", "calls",
                 "keep", "opened", "stop_reason", "turn")  # fmt: skip

    def __init__(self, *, keep: bool = True) -> None:
        self.turn = 0
        self.block: Block | None = None
        self.opened: list[Block] = []
        self.calls: list[Block] = []
        self.stop_reason: str = ""
        self.keep = keep
        self._fields: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._content: list[Block] = []  # in the order they began
        self._by_index: dict[int, Block] = {}
        self._last: Block | None = None
        self._size = 0
        self._adopted: MessagesResponse | None = None

    def add(self, event: MessagesStreamEvent) -> None:
        """Add the next event; pings and events of unknown types change nothing."""
        match event.type:
            case "content_block_delta":
                self._add_delta(event)
            case "content_block_start":
                self._start_block(event)
            case "content_block_stop":
                self.block = self._block_of(_index_of(event))
            case "message_start":
                self._begin(event)
            case "message_delta" | "message_stop":
                self._add_facts(event)
            case _:
                pass

    def adopt(self, answer: MessagesResponse) -> None:
        """Use a complete answer in place of the assembled one, unless it is empty."""
        if self.keep and answer.content:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[MessagesResponse]:
        """Return the message so far as the only turn; an empty list before it begins."""
        if not self.keep or not (self._fields or self._content or self._adopted):
            return []
        return [self._build(complete)]

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(str(finalize(block.get("text")) or "") for block in self._content if block.get("type") == "text")

    @property
    def reasoning(self) -> str:
        """The thinking blocks, joined."""
        thinking = (block.get("thinking") for block in self._content if block.get("type") == "thinking")
        return "".join(str(finalize(text) or "") for text in thinking)

    @property
    def tool_calls(self) -> list[CallState]:
        """The tool calls, including those that the provider runs; none without assembly."""
        return [block.call() for block in self.calls] if self.keep else []

    @property
    def usage(self) -> MessagesUsage | None:
        """All numbers reported so far. Those of `message_start` come only once."""
        return codec.from_builtins(finalize(self._usage), MessagesUsage) if self._usage else None

    @property
    def finish_reason(self) -> FinishReason | None:
        """The finish reason, as the term of chat completions where one applies."""
        reason = self.stop_reason
        return (_REASONS.get(reason) or FinishReason(reason)) if reason else None

    def _begin(self, event: MessagesStreamEvent) -> None:
        message: dict[str, Any] = codec.to_builtins(event.message) or {}
        content, usage = message.pop("content", None), message.pop("usage", None)
        if is_object(usage):
            merge_facts(self._usage, usage)
        self.stop_reason = message.get("stop_reason") or self.stop_reason
        if self.keep:
            self._fields.update(message)
        self.opened = [self._begin_block(None, fields) for fields in (content if is_array(content) else ())]

    def _start_block(self, event: MessagesStreamEvent) -> None:
        index = _index_of(event)
        if event.content_block is None:  # the deltas imply the type then
            self._by_index.pop(self._size if index is None else index, None)
            self.opened = []
        else:
            self.opened = [self._begin_block(index, codec.to_builtins(event.content_block))]

    def _add_delta(self, event: MessagesStreamEvent) -> None:
        delta = event.delta
        if delta is None:
            return
        block = self._last if event.index is None else self._by_index.get(event.index)
        if self.opened:
            self.opened = []
        if block is None:
            block = self._implied(event, delta.type or "text_delta")
        if self.keep or block.is_call:
            block.add(delta)
        self.block = block

    def _implied(self, event: MessagesStreamEvent, kind: str) -> Block:
        """Return the block of a delta with an unknown index: a new one, of the type that has such deltas."""
        index = _index_of(event)
        block = None if index is not None else self._last
        if block is None:
            block = self._begin_block(index, {"type": _BLOCK_OF_DELTA.get(kind, kind.removesuffix("_delta"))})
            self.opened = [block]
        return block

    def _block_of(self, index: int | None) -> Block | None:
        """Return the block that an event refers to, by index, else the last one."""
        return self._last if index is None else self._by_index.get(index)

    def _begin_block(self, index: int | None, fields: dict[str, Any]) -> Block:
        """Begin a block. A repeated index refers to the new block from now on."""
        block = self._last = self._by_index[self._size if index is None else index] = Block(fields)
        self._size += 1
        if block.is_call:
            self.calls.append(block)
        if self.keep:
            self._content.append(block)
            if fields.get("type") == "fallback":
                self._adopt_model(fields.get("to"))
        return block

    def _adopt_model(self, to: Any) -> None:
        """Adopt the model that continues the answer: a non-streamed answer names that model.

        {"type": "fallback", "from": {"model": "claude-opus-4-7"}, "to": {"model": "claude-sonnet-4-5"}, ...}
        """
        model = to.get("model") if is_object(to) else None
        if isinstance(model, str) and model:
            self._fields["model"] = model

    def _add_facts(self, event: MessagesStreamEvent) -> None:
        """Add fields of the whole message. Usage is cumulative, so the last number counts."""
        delta = event.delta
        if delta is not None:
            self.stop_reason = delta.stop_reason or self.stop_reason
        if event.usage is not None:
            merge_facts(self._usage, codec.to_builtins(event.usage))
        if self.keep:
            if delta is not None:
                merge_facts(self._fields, _fields_of(delta))
            merge_facts(self._fields, _given(event, _OF_THE_MESSAGE))
            merge_facts(self._fields, event.extra_fields)

    def _build(self, complete: bool) -> MessagesResponse:
        """Return the message so far; its `stop_reason` is None while it is open."""
        if self._adopted is not None:
            return self._adopted
        whole: dict[str, Any] = {"type": "message", "role": "assistant", **finalize(self._fields)}
        whole["content"] = [block.build() for block in self._content]
        if self._usage:
            whole["usage"] = finalize(self._usage)
        answer = codec.from_builtins(whole, MessagesResponse)
        if not complete:
            mark_incomplete(answer)
        return answer


class Block:
    """One content block: its `content_block_start`, with every delta of any type merged into it.

    New types of blocks and deltas appear more often than the contract changes. Two fields of a delta are not fields of
    its block. Pieces of a tool's input are joined and then parsed; citations are collected.

    Attributes:
        is_call: True when the block calls a tool.
        written: The pieces of a tool's input, as JSON text.
        number: The number that `deltas()` gave the call when it emitted its start; -1 before.
        emitted: The number of characters of the input that `deltas()` has emitted.
        ended: True once `deltas()` has emitted the call's end.
    """

    __slots__ = ("_citations", "_fields", "emitted", "ended", "is_call", "number", "written")

    def __init__(self, fields: dict[str, Any]) -> None:
        kind = fields.get("type")
        self.is_call = isinstance(kind, str) and kind.endswith("tool_use")
        self.written = TextBuffer()
        self.number = -1
        self.emitted = 0
        self.ended = False
        self._fields = fields
        self._citations: list[Any] = []

    def add(self, delta: MessagesStreamEventDelta) -> None:
        """Add one delta."""
        fields = _fields_of(delta)
        piece = fields.pop("partial_json", None)
        if piece:
            self.written.add(piece if isinstance(piece, str) else codec.encode(piece).decode())
        citation = fields.pop("citation", None)
        if citation is not None:
            self._citations.append(citation)
        merge(self._fields, fields)

    def get(self, name: str) -> Any:
        """Return a field as far as it has arrived."""
        return self._fields.get(name)

    def call(self) -> CallState:
        """Return the tool call. The provider runs a `server_tool_use`, and any other type than `tool_use`."""
        arguments = "".join(self.written) or codec.encode(self._fields.get("input") or {}).decode()
        ran = self._fields.get("type") != "tool_use"
        return CallState(str(self.get("id") or ""), str(self.get("name") or ""), arguments, ran)

    def build(self) -> dict[str, Any]:
        """Return the block as the JSON object of a whole message."""
        block: dict[str, Any] = finalize(self._fields)
        if self.written:
            block["input"] = _parsed("".join(self.written))
        if self._citations:
            earlier = block.get("citations")
            block["citations"] = [*(earlier if is_array(earlier) else ()), *finalize(self._citations)]
        return block


def _index_of(event: MessagesStreamEvent) -> int | None:
    """Return the index of the block that an event refers to; an invalid index counts as missing."""
    index = event.index
    return index if index is None or 0 <= index <= MAX_INDEX else None


def _parsed(text: str) -> Any:
    """Return a tool's input; text that is not a JSON object stays text."""
    try:
        value: object = parse(text)
    except GatewayError:
        return text
    return value if is_object(value) else text


def _fields_of(delta: MessagesStreamEventDelta) -> dict[str, Any]:
    """Return the fields of a delta, without its type."""
    fields: dict[str, Any] = {}
    for name in _PIECES:
        value = getattr(delta, name)
        if value is not None:
            fields[name] = value
    if (
        delta.citation is not None
        or delta.stop_reason is not None
        or delta.stop_sequence is not None
        or delta.stop_details is not None
        or delta.container is not None
    ):
        fields |= _given(delta, _RARE)
    if delta._unknown is not None:
        odd = {name: value for name, value in unknown_of(delta).raw.items() if name != "type" and value is not None}
        fields = {**odd, **fields, **delta.extra_fields}
    return fields


def _given(event: MessagesStreamEvent | MessagesStreamEventDelta, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the fields that are present, as plain values."""
    return {name: codec.to_builtins(value) for name in names if (value := getattr(event, name)) is not None}


def _block_brings(block: MessagesResponseContentBlock) -> bool:
    """Return whether a block has more than its type at its start: text, a name, a result."""
    try:
        return any(value for name, value in block.to_dict().items() if name != "type")
    except SerializationError:  # nested too deeply; adding the event to the state raises
        return True


def _is_error(chunk: MessagesStreamEvent) -> bool:
    """Return whether this is an error instead of an event, in either of its forms or in another dialect's."""
    if chunk.type == "error" or (chunk.error is not None and chunk.error.to_dict()):
        return True
    return chunk._unknown is not None and bool(raw_value(chunk, "error") or chunk.extra_fields.get("object") == "error")


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
