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
from ..errors import GatewayError
from .dialect import EventDialect
from .turns import TextBuffer, finalize, merge, merge_facts

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.messages import MessagesResponseContentBlock, MessagesStreamEventDelta, MessagesStreamEventUsage
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["Block", "Blocks", "MessageAssembly", "MessageDeltas", "MessagesDialect", "block_brings", "fields_of"]


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
    """

    __slots__ = ("_citations", "_fields", "written")

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields
        self._citations: list[Any] = []
        self.written = TextBuffer()

    def add(self, delta: MessagesStreamEventDelta) -> None:
        """Fold one delta."""
        fields = fields_of(delta)
        piece = fields.pop("partial_json", None)
        if piece:
            self.written.add(piece if isinstance(piece, str) else codec.encode(piece).decode())
        citation = fields.pop("citation", None)
        if citation is not None:
            self._citations.append(citation)
        merge(self._fields, fields)

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
            self._by_index.pop(self._size if event.index is None else event.index, None)
            return None
        return self.begin(event.index, codec.to_builtins(event.content_block))

    def meant(self, event: MessagesStreamEvent) -> Block | None:
        """The block that an event is about: by index, else the last one."""
        return self._last if event.index is None else self._by_index.get(event.index)

    def implied(self, event: MessagesStreamEvent) -> Block:
        """A block for a delta whose block never began."""
        kind = (event.delta.type if event.delta is not None else None) or "text_delta"
        return self.begin(event.index, {"type": _BLOCK_OF_DELTA.get(kind, kind.removesuffix("_delta"))})


def _parsed(text: str) -> Any:
    """A tool's input; what is no JSON object stays the text that came."""
    try:
        value: object = parse(text)
    except GatewayError:
        return text
    return value if is_object(value) else text


class MessageAssembly:
    """The message in the making."""

    __slots__ = ("_adopted", "_blocks", "_content", "_fields", "_usage")

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks = Blocks()
        self._content: list[Block] = []
        self._adopted: MessagesResponse | None = None

    def add(self, event: MessagesStreamEvent) -> None:
        """Fold one event; pings and kinds nobody listed change nothing."""
        match event.type:
            case "content_block_delta":
                self._add_delta(event)
            case "content_block_start":
                block = self._blocks.started(event)
                if block is not None:
                    self._content.append(block)
            case "message_start":
                self._begin(codec.to_builtins(event.message) or {})
            case "message_delta" | "message_stop":
                self._add_facts(event)
            case _:
                pass

    def adopt(self, answer: MessagesResponse) -> None:
        """Take a whole answer as what was assembled, unless it holds nothing."""
        if answer.content:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[MessagesResponse]:
        """The message so far, the only turn there is; empty before it begins."""
        return [] if self._empty else [self._built(complete)]

    @property
    def _empty(self) -> bool:
        return not (self._fields or self._content or self._adopted)

    def _built(self, complete: bool) -> MessagesResponse:
        """The message so far; its `stop_reason` is None while it is open."""
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
            merge_facts(self._usage, usage)
        for fields in content if is_array(content) else ():
            self._content.append(self._blocks.begin(None, fields))

    def _add_delta(self, event: MessagesStreamEvent) -> None:
        if event.delta is None:
            return
        block = self._blocks.meant(event)
        if block is None:
            block = self._blocks.implied(event)
            self._content.append(block)
        block.add(event.delta)

    def _add_facts(self, event: MessagesStreamEvent) -> None:
        """What is told of the message as a whole. Usage counts from the beginning, so that the last figure holds."""
        if event.delta is not None:
            merge_facts(self._fields, fields_of(event.delta))
        if event.usage is not None:
            merge_facts(self._usage, codec.to_builtins(event.usage))
        merge_facts(self._fields, event.extra_fields)


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
        whole = codec.from_builtins(finalize(self._usage), MessagesUsage)
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


class MessagesDialect(EventDialect[MessagesStreamEvent, MessagesResponse]):
    """One attempt at a Messages stream."""

    __slots__ = ("_begun", "_deltas", "_stopped")

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(MessagesStreamEvent, MessagesResponse, MessageAssembly, **options)
        self._deltas: MessageDeltas | None = None
        self._begun = False
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

    def deltas(self, chunk: MessagesStreamEvent | None) -> list[Delta]:
        """What an event says, in the words that all dialects share; the end itself adds nothing to `message_stop`."""
        if chunk is None:
            return []
        if self._deltas is None:
            self._deltas = MessageDeltas()
        return self._deltas.of(chunk)

    def _follow(self, chunk: MessagesStreamEvent, event: RawEvent) -> MessagesStreamEvent | None:
        name = event[1]
        if name and chunk.kept_ is not None and "type" in chunk.kept_.absent:
            chunk.type = MessagesStreamEventType(name)  # some leave the type to the `event` line
        if name == "error" or _is_error(chunk):
            self._fail(chunk, event)
            return None
        match chunk.type:
            case "message_start" | "content_block_start" | "content_block_delta":
                self._begun = True
            case "message_stop" if self._begun:
                self._stopped = self.closed = True
            case "message_stop":
                self._cut_off("the stream said message_stop")
            case _:
                pass
        return chunk

    def _missing(self) -> str:
        return "message_stop did not come" if self._begun else "no message had begun"


def _is_error(chunk: MessagesStreamEvent) -> bool:
    """Whether this is an error in the place of an event, in either of its shapes or in another dialect's."""
    if chunk.type == "error" or (chunk.error is not None and chunk.error.to_dict()):
        return True
    return chunk.kept_ is not None and bool(raw_value(chunk, "error") or chunk.extra_fields.get("object") == "error")
