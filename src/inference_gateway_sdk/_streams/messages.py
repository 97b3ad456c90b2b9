"""A Messages stream: the bytes of one attempt to events, events to the whole message, and the verdict at the end.

`MessagesDialect` is what a `StreamCall` starts for each attempt. A message is whole when `message_stop` has come: the
gateway ends a body whose provider broke off as cleanly as any other (WIRE section 10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._generated.messages import MessagesResponse, MessagesStreamEvent, MessagesStreamEventType
from .._model.kept import raw_value
from .event_dialect import EventDialect
from .message_assembly import MessageAssembly
from .message_blocks import block_brings, fields_of
from .message_deltas import MessageDeltas

if TYPE_CHECKING:
    from typing import Unpack

    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent
    from .event_dialect import Options

__all__ = ["MessagesDialect"]


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
