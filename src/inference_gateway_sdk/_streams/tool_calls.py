"""Pieces of tool calls to whole tool calls.

Providers disagree on everything here: indexes that start at 1, repeat, or are missing; ids that come once, with every
piece, or never; names in pieces; arguments as an object instead of text. A piece belongs to the call with its index,
else with its id, else to the last one; a contradicting id, another name after arguments, or the same name before new
arguments begins a new call.
"""

from __future__ import annotations

from typing import Any

from .._model.json_values import parse
from .._wire import codec
from ..errors import GatewayError
from .turns import TextBuffer, finalize, merge, merge_facts, usable_index

__all__ = ["Slot", "ToolCalls"]

_DOUBTS = 16  # how often one call's arguments are parsed to see whether they are complete


class Slot:
    """One call that is being put together.

    Attributes:
        place: Which call of its message, in the order they begin.
        arguments: The pieces of its JSON text.
        fresh: What the last piece added to the arguments.
        number: The number its deltas carry; -1 before its start was emitted.
    """

    __slots__ = (
        "_doubts",
        "_named_again",
        "arguments",
        "extra",
        "extra_content",
        "fresh",
        "function_extra",
        "id",
        "index",
        "name",
        "number",
        "place",
        "type",
    )

    def __init__(self, index: int | None, place: int) -> None:
        self.index = index
        self.place = place
        self.id = ""
        self.type = ""
        self.name = ""
        self.arguments = TextBuffer()
        self.extra_content: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self.function_extra: dict[str, Any] = {}
        self.fresh = ""
        self.number = -1
        self._named_again = False
        self._doubts = 0

    def contradicts(self, id: str, name: str, arguments: str) -> bool:
        """Whether a piece with this id, name and beginning of arguments cannot be of this call."""
        if id and self.id:
            return id != self.id
        if id or not self.arguments:
            return False
        if name and name != self.name:
            return True
        # Some repeat the name with every piece: only arguments that begin anew tell that from a second call.
        self._named_again = self._named_again or bool(name)
        return self._named_again and arguments.startswith("{") and self._whole()

    def _whole(self) -> bool:
        """Whether the arguments are complete."""
        self._doubts += 1
        if self._doubts > _DOUBTS or not self.arguments[-1].rstrip().endswith("}"):
            return False
        try:
            parse("".join(self.arguments))
        except GatewayError:
            return False
        return True

    def add_name(self, name: str) -> None:
        if name != self.name:  # some repeat the whole name with every piece
            self.name += name


class ToolCalls:
    """The tool calls of one message, in the making."""

    __slots__ = ("_by_id", "_by_index", "_slots")

    def __init__(self) -> None:
        self._slots: list[Slot] = []
        self._by_index: dict[int, Slot] = {}
        self._by_id: dict[str, Slot] = {}

    def add(self, piece: Any) -> Slot:
        """Fold one `ChatCompletionMessageToolCallChunk`; the call it belongs to."""
        function = piece.function
        call_id = piece.id or ""
        name = (function.name or "") if function is not None else ""
        slot = self._slot(usable_index(piece.index), call_id, name, _beginning(function))
        if call_id:
            slot.id = call_id
            self._by_id[call_id] = slot
        if piece.type:
            slot.type = str(piece.type)
        if name:
            slot.add_name(name)
        slot.fresh = ""
        if function is not None:
            self._add_arguments(slot, function)
        if piece.extra_content is not None:
            merge_facts(slot.extra_content, codec.to_builtins(piece.extra_content))
        if piece.kept_ is not None:
            merge(slot.extra, piece.extra_fields)
        return slot

    def in_order(self) -> list[Slot]:
        """The calls in the order of the whole answer: by index where each has its own."""
        slots = self._slots
        if all(slot.index is not None for slot in slots) and len(self._by_index) == len(slots):
            return sorted(slots, key=lambda slot: slot.index or 0)
        return slots

    def built(self, turn: int) -> list[dict[str, Any]]:
        """Each call as the JSON object of a whole answer; a missing id is made up from turn and place."""
        return [self._object(slot, f"call_{turn}_{place}") for place, slot in enumerate(self.in_order())]

    def _slot(self, index: int | None, id: str, name: str, arguments: str) -> Slot:
        known = self._by_id.get(id) if id else None
        found = known if index is None else self._by_index.get(index)
        if found is None and index is None and not id and self._slots:
            found = self._slots[-1]
        slot = found
        if slot is not None and slot.contradicts(id, name, arguments):
            slot = known
        if slot is None and not name:
            slot = known  # a nameless piece under a new index still belongs to its id
        if slot is None:
            slot = Slot(index, len(self._slots))
            slot.name = "" if name or id or found is None else found.name
            self._slots.append(slot)
        if index is not None:
            self._by_index[index] = slot
        return slot

    def _add_arguments(self, slot: Slot, function: Any) -> None:
        if function.arguments:
            slot.fresh = function.arguments
            slot.arguments.add(function.arguments)
        if function.kept_ is not None:
            raw = function.kept_.raw.get("arguments")
            if raw is not None:  # an object instead of its text
                text = codec.encode(raw).decode()
                slot.fresh += text
                slot.arguments.add(text)
            if function.extra_fields:
                merge(slot.function_extra, function.extra_fields)

    @staticmethod
    def _object(slot: Slot, made_up: str) -> dict[str, Any]:
        function = {"name": slot.name, "arguments": "".join(slot.arguments), **finalize(slot.function_extra)}
        call = {"id": slot.id or made_up, "type": slot.type or "function", "function": function}
        if slot.extra_content:
            call["extra_content"] = finalize(slot.extra_content)
        return {**call, **finalize(slot.extra)}


def _beginning(function: Any) -> str:
    """How a piece's arguments begin, an object's as its text would."""
    if function is None:
        return ""
    if function.arguments:
        return str(function.arguments[:16].lstrip())
    return "{" if function.kept_ is not None and function.kept_.raw.get("arguments") else ""
