"""The Messages dialect of streams: events, the assembled answer, and its deltas."""

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
from ..errors import GatewayError, StreamError
from .dialect import EventDialect
from .turns import TextBuffer, finalize, merge, merge_facts, usable_index

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.messages import MessagesResponseContentBlock, MessagesStreamEventDelta
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["Block", "Blocks", "MessageState", "MessagesDialect"]


_BLOCK_OF_DELTA = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "input_json_delta": "tool_use",
}
_FIELDS = ("text", "partial_json", "thinking", "signature", "stop_reason", "stop_sequence")


def fields_of(delta: MessagesStreamEventDelta) -> dict[str, Any]:
    """What a delta brings, by field and without its type."""
    fields: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(delta, name)
        if value is not None:
            fields[name] = value
    if delta.kept_ is not None:
        odd = {name: value for name, value in unknown_of(delta).raw.items() if name != "type" and value is not None}
        fields = {**odd, **fields, **delta.extra_fields}
    return fields


def block_brings(block: MessagesResponseContentBlock) -> bool:
    """Whether a block holds more than its type when it begins: text, a name, a result."""
    return any(value for name, value in block.to_dict().items() if name != "type")


class Block:
    """One content block in the making.

    Attributes:
        written: The pieces of a tool's input, as JSON text.
        number: The number its deltas carry; -1 when it is not a tool call.
        ended: Its end was emitted.
    """

    __slots__ = ("_citations", "_fields", "ended", "number", "written")

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self._citations: list[Any] = []
        self.written = TextBuffer()
        self.number = -1
        self.ended = False

    @property
    def id(self) -> str:
        """The id of a tool call."""
        return str(self._fields.get("id") or "")

    @property
    def name(self) -> str:
        """The tool's name."""
        return str(self._fields.get("name") or "")

    def add(self, delta: MessagesStreamEventDelta) -> str:
        """Add one delta; return what it added to the tool's input."""
        fields = fields_of(delta)
        piece = fields.pop("partial_json", None)
        new = ""
        if piece:
            new = piece if isinstance(piece, str) else codec.encode(piece).decode()
            self.written.add(new)
        citation = fields.pop("citation", None)
        if citation is not None:
            self._citations.append(citation)
        merge(self._fields, fields)
        return new

    def get(self, name: str) -> Any:
        """A field that came whole."""
        return self._fields.get(name)

    @property
    def input_text(self) -> str:
        """The tool's input as JSON text."""
        return "".join(self.written) or codec.encode(self._fields.get("input") or {}).decode()

    def built(self) -> dict[str, Any]:
        """The block as the JSON object of a whole message."""
        block: dict[str, Any] = finalize(self._fields)
        if self.written:
            block["input"] = _parsed("".join(self.written))
        if self._citations:
            earlier = block.get("citations")
            block["citations"] = [*(earlier if is_array(earlier) else ()), *finalize(self._citations)]
        return block


class Blocks:
    """The blocks of one message, in the order they began."""

    __slots__ = ("_by_index", "_last", "_size")

    def __init__(self) -> None:
        self._by_index: dict[int, Block] = {}
        self._last: Block | None = None
        self._size = 0

    def begin(self, index: int | None, fields: dict[str, Any]) -> Block:
        """A new block; an index that comes again means the new one from now on."""
        block = self._last = self._by_index[self._size if index is None else index] = Block(fields)
        self._size += 1
        return block

    def started(self, event: MessagesStreamEvent) -> Block | None:
        """The block that a `content_block_start` begins; None when it names none, which the deltas then do."""
        if event.content_block is None:
            index = usable_index(event.index)
            self._by_index.pop(self._size if index is None else index, None)
            return None
        return self.begin(usable_index(event.index), codec.to_builtins(event.content_block))

    def meant(self, event: MessagesStreamEvent) -> Block | None:
        """The block that an event is about: by index, else the last one."""
        index = usable_index(event.index)
        return self._last if index is None else self._by_index.get(index)

    def implied(self, event: MessagesStreamEvent) -> Block:
        """A block for a delta whose block never began."""
        kind = (event.delta.type if event.delta is not None else None) or "text_delta"
        return self.begin(usable_index(event.index), {"type": _BLOCK_OF_DELTA.get(kind, kind.removesuffix("_delta"))})


def _parsed(text: str) -> Any:
    """A tool's input; what is no JSON object stays the text that came."""
    try:
        value: object = parse(text)
    except GatewayError:
        return text
    return value if is_object(value) else text


_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class MessageState:
    """The state of one Messages stream: blocks, usage, stop reason. It is fed each event once, as it is handed over.

    The assembled message (`turns`) and the deltas (`emitted`) are both read from it.

    Args:
        keep: Keep what the assembled message needs; otherwise memory stays constant but for tool calls.

    Attributes:
        emitted: The deltas of the events added since it was last emptied; None when nobody reads them.
    """

    __slots__ = ("_adopted", "_blocks", "_calls", "_content", "_fields", "_keep", "_stop_reason", "_usage", "emitted")

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._fields: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks = Blocks()
        self._content: list[Block] = []
        self._calls: list[Block] = []
        self._stop_reason = ""
        self._adopted: MessagesResponse | None = None
        self.emitted: list[Delta] | None = None

    def add(self, event: MessagesStreamEvent) -> None:
        """Add one event; pings and unknown kinds change nothing."""
        match event.type:
            case "content_block_delta":
                self._add_delta(event)
            case "content_block_start":
                block = self._blocks.started(event)
                if block is not None:
                    self._begin_block(block)
            case "content_block_stop":
                block = self._blocks.meant(event)
                if block is not None:
                    self._end_call(block)
            case "message_start":
                self._begin(codec.to_builtins(event.message) or {})
            case "message_delta" | "message_stop":
                self._add_facts(event)
            case _:
                pass

    def end(self) -> None:
        """Do nothing: the last deltas came with `message_stop`."""

    def adopt(self, answer: MessagesResponse) -> None:
        """Take a whole answer as the message, unless it is empty."""
        if answer.content:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[MessagesResponse]:
        """Return the message so far, the only turn there is; empty before it begins."""
        return [] if self._empty else [self._built(complete)]

    @property
    def _empty(self) -> bool:
        return not (self._fields or self._content or self._adopted)

    def _built(self, complete: bool) -> MessagesResponse:
        """Return the message so far; its `stop_reason` is None while it is open."""
        if self._adopted is not None:
            return self._adopted
        answer = codec.from_builtins(self._whole(), MessagesResponse)
        if not complete:
            mark_incomplete(answer)
        return answer

    def _whole(self) -> dict[str, Any]:
        whole: dict[str, Any] = {"type": "message", "role": "assistant", **finalize(self._fields)}
        whole["content"] = [block.built() for block in self._content]
        if self._usage:
            whole["usage"] = finalize(self._usage)
        return whole

    def _begin(self, message: dict[str, Any]) -> None:
        content, usage = message.pop("content", None), message.pop("usage", None)
        self._fields.update(message)
        if is_object(usage):
            self._add_usage(usage)
        for fields in content if is_array(content) else ():
            self._begin_block(self._blocks.begin(None, fields))

    def _begin_block(self, block: Block) -> None:
        """Begin a block. One that is whole already, as some servers send them, is emitted like any other."""
        kind, emitted = block.get("type"), self.emitted
        if self._keep:
            self._content.append(block)
        if kind == "fallback":  # {"type":"fallback","from":{...},"to":{"model":"claude-..."}}: another model goes on
            to = block.get("to")
            if is_object(to) and to.get("model"):
                self._fields["model"] = to["model"]
        is_call = isinstance(kind, str) and kind.endswith("tool_use")
        if is_call:
            block.number = len(self._calls)
            self._calls.append(block)
        if emitted is None:
            return
        if kind == "text":
            _emit_text(emitted, TextDelta, block.get("text"))
        elif kind == "thinking":
            _emit_text(emitted, ReasoningDelta, block.get("thinking"))
        elif is_call:
            emitted.append(ToolCallStart(block.number, block.id, block.name))

    def _add_delta(self, event: MessagesStreamEvent) -> None:
        delta = event.delta
        if delta is None:
            return
        block = self._blocks.meant(event)
        if block is None:
            block = self._blocks.implied(event)
            self._begin_block(block)
        emitted = self.emitted
        if self._keep or block.number >= 0:
            new = block.add(delta)
            if new and emitted is not None and block.number >= 0:
                emitted.append(ToolCallDelta(block.number, new))
        if emitted is not None:
            _emit_text(emitted, ReasoningDelta, delta.thinking)
            _emit_text(emitted, TextDelta, event.text)

    def _end_call(self, block: Block) -> None:
        """Emit a whole tool call, once. Any kind but `tool_use`, such as `server_tool_use`, ran at the provider."""
        emitted = self.emitted
        if emitted is None or block.number < 0 or block.ended:
            return
        block.ended = True
        arguments = block.input_text
        if not block.written:
            emitted.append(ToolCallDelta(block.number, arguments))
        ran = block.get("type") != "tool_use"
        emitted.append(ToolCallEnd(block.number, block.id, block.name, arguments, ran_on_gateway=ran))

    def _add_facts(self, event: MessagesStreamEvent) -> None:
        """Add facts of the message as a whole. Usage counts from the beginning, so the last figure holds."""
        if event.delta is not None:
            self._stop_reason = event.delta.stop_reason or self._stop_reason
            merge_facts(self._fields, fields_of(event.delta))
        if event.usage is not None:
            self._add_usage(codec.to_builtins(event.usage))
        merge_facts(self._fields, event.extra_fields)
        if event.type == "message_stop" and self.emitted is not None:
            for block in self._calls:  # calls whose block was never ended
                self._end_call(block)
            native = self._stop_reason
            self.emitted.append(Finish(_REASONS.get(native) or FinishReason(native), native=native))

    def _add_usage(self, usage: dict[str, Any]) -> None:
        """Add a usage report. Each emitted report has all figures so far: those of the beginning come only once."""
        merge_facts(self._usage, usage)
        if self.emitted is not None:
            whole = codec.from_builtins(finalize(self._usage), MessagesUsage)
            self.emitted.append(UsageReport(whole.input_tokens, whole.output_tokens, whole))


def _emit_text(emitted: list[Delta], kind: type[TextDelta | ReasoningDelta], text: object) -> None:
    if isinstance(text, str) and text:
        emitted.append(kind(text))


class MessagesDialect(EventDialect[MessagesStreamEvent, MessagesResponse]):
    """One attempt at a Messages stream."""

    __slots__ = ("_begun", "_id", "_stopped")

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(MessagesStreamEvent, MessagesResponse, lambda keep: MessageState(keep=keep), **options)
        self._begun = False
        self._id: str | None = None
        self._stopped = False

    @property
    def terminal(self) -> bool:
        """`message_stop` has come, of a message that had begun."""
        return self._stopped

    def has_content(self, chunk: MessagesStreamEvent) -> bool:
        """Whether an event brings what a reader waits for: a piece of a block or an end, not a ping or a beginning."""
        match chunk.type:
            case "content_block_delta":
                return chunk.delta is not None and any(fields_of(chunk.delta).values())
            case "content_block_start":
                return chunk.content_block is not None and block_brings(chunk.content_block)
            case "message_start":
                return chunk.message is not None and any(map(block_brings, chunk.message.content))
            case "message_delta":
                return chunk.delta is not None and chunk.delta.stop_reason is not None
            case _:
                return False

    def text(self, chunk: MessagesStreamEvent) -> str | None:
        """The text an event brings."""
        return chunk.text

    def _follow(self, chunk: MessagesStreamEvent, event: RawEvent) -> MessagesStreamEvent | None:
        name = event[1]
        if name and chunk.kept_ is not None and "type" in chunk.kept_.absent:
            chunk.type = MessagesStreamEventType(name)  # some leave the type to the `event` line
        if name == "error" or _is_error(chunk):
            self._fail(chunk, event)
            return None
        match chunk.type:
            case "message_start" if self._is_another(chunk):
                self.failure = StreamError("a second message began before the first had ended")
                return None
            case "message_start" | "content_block_start" | "content_block_delta":
                self._begun = True
            case "message_stop" if self._begun:
                self._stopped = self.closed = True
            case "message_stop":
                self._cut_off("the stream said message_stop")
            case _:
                pass
        return chunk

    def _is_another(self, event: MessagesStreamEvent) -> bool:
        """Return whether a `message_start` has another id than the message that is open."""
        new = event.message.id if event.message is not None else None
        known, self._id = self._id, self._id or new
        return bool(known and new and known != new)

    def _missing(self) -> str:
        return "message_stop did not come" if self._begun else "no message had begun"


def _is_error(chunk: MessagesStreamEvent) -> bool:
    """Whether this is an error in the place of an event, in either of its shapes or in another dialect's."""
    if chunk.type == "error" or (chunk.error is not None and chunk.error.to_dict()):
        return True
    return chunk.kept_ is not None and bool(raw_value(chunk, "error") or chunk.extra_fields.get("object") == "error")
