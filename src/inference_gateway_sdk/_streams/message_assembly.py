"""The events of a Messages stream to one whole `MessagesResponse`; linear in their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.messages import MessagesResponse
from .._model.json_value import is_array, is_object
from .._model.kept import mark_incomplete
from .._wire import codec
from .extras import merge_facts, settled
from .message_blocks import Block, Blocks, fields_of

if TYPE_CHECKING:
    from .._generated.messages import MessagesStreamEvent

__all__ = ["MessageAssembly"]


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
        whole: dict[str, Any] = {"type": "message", "role": "assistant", **settled(self._fields)}
        whole["content"] = [block.built() for block in self._content]
        if self._usage:
            whole["usage"] = settled(self._usage)
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
