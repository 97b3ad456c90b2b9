"""The events about content blocks to the blocks of a whole message.

A block is its `content_block_start` with every delta merged into it, whatever its kind: new kinds of blocks and deltas
appear more often than contracts do. Two things of a delta are no fields of its block: pieces of a tool's input, which
are parsed once they are joined, and citations, which are collected as they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.json_text import parse
from .._model.json_value import is_array, is_object
from .._model.kept import kept_of
from .._wire import codec
from ..errors import GatewayError
from .extras import merge, settled
from .text import Text

if TYPE_CHECKING:
    from .._generated.messages import MessagesResponseContentBlock, MessagesStreamEvent, MessagesStreamEventDelta

__all__ = ["Block", "Blocks", "block_brings", "fields_of"]

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
        odd = {name: value for name, value in kept_of(delta).raw.items() if name != "type" and value is not None}
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
        self.written = Text()

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
        block: dict[str, Any] = settled(self._fields)
        if self.written:
            block["input"] = _parsed("".join(self.written))
        if self._citations:
            earlier = block.get("citations")
            block["citations"] = [*(earlier if is_array(earlier) else ()), *settled(self._citations)]
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
