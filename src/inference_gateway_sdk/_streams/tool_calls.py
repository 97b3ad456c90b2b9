r"""Assemble the tool calls of a chat from their pieces.

Providers send tool calls in different ways. Indexes start at 1, repeat, or are missing. Ids come once, with every
piece, or never. Names come in pieces, arguments as an object instead of text.

A piece belongs to the call with its index, else with its id, else to the last one. A contradicting id, another name
after arguments, or the same name before new arguments begins a new call.

The form of the contract (OpenAI), three chunks for one call:
    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    {"index": 0, "function": {"arguments": "{\"city\":"}}
    {"index": 0, "function": {"arguments": "\"Paris\"}"}}
No index, each call complete in one piece:
    {"id": "a", "function": {"name": "f", "arguments": "{}"}}
    {"id": "b", "function": {"name": "g", "arguments": "{}"}}
Every call at index 0, so that only the ids separate them:
    {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    {"index": 0, "id": "b", "function": {"name": "f", "arguments": "{}"}}
Neither index nor id: a name after arguments begins the next call:
    {"function": {"name": "f", "arguments": "{"}}
    {"function": {"arguments": "}"}}
    {"function": {"name": "g", "arguments": "{}"}}
"""

from __future__ import annotations

from typing import Any

from .._model.json_values import parse
from .._wire import codec
from ..errors import GatewayError
from .state import MAX_INDEX, TextBuffer, finalize, merge, merge_facts

__all__ = ["Slot", "ToolCalls"]

_MOST_PARSES = 16  # the number of times one call's arguments are parsed to check whether they are complete


class Slot:
    """One call that is being assembled.

    Attributes:
        number: The number that `deltas()` gave the call when it emitted its start; -1 before.
        emitted: The number of characters of its arguments that `deltas()` has emitted.
        changed: True when the call is in `ToolCalls.changed`.
        named_again: True when the name came again after arguments, so that the next piece may begin another call.
    """

    __slots__ = (
        "_parses",
        "arguments",
        "changed",
        "emitted",
        "extra",
        "extra_content",
        "function_extra",
        "id",
        "index",
        "name",
        "named_again",
        "number",
        "type",
    )

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.type = ""
        self.name = ""
        self.arguments = TextBuffer()
        self.extra_content: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self.function_extra: dict[str, Any] = {}
        self.number = -1
        self.emitted = 0
        self.changed = False
        self.named_again = False
        self._parses = 0

    def contradicts(self, id: str, name: str, arguments: str) -> bool:
        """Return whether a piece with this id, name and beginning of arguments cannot belong to this call."""
        if id and self.id:
            return id != self.id
        if id or not self.arguments:
            return False
        if name and name != self.name:
            return True
        # Some providers repeat the name with every piece. Only arguments that start anew show a second call:
        #   f '{"x":'   f '1}'      is one call
        #   f '{"x":1}' f '{"x":2}' are two
        self.named_again = self.named_again or bool(name)
        return self.named_again and arguments.startswith("{") and self._is_whole()

    def _is_whole(self) -> bool:
        """Return whether the arguments are complete JSON."""
        self._parses += 1
        if self._parses > _MOST_PARSES or not self.arguments[-1].rstrip().endswith("}"):
            return False
        try:
            parse("".join(self.arguments))
        except GatewayError:
            return False
        return True

    def add_name(self, name: str) -> None:
        """Append a piece of the name."""
        if name != self.name:  # some providers repeat the whole name with every piece
            self.name += name


class ToolCalls:
    """The tool calls of one message.

    Attributes:
        changed: The calls that have changed since `deltas()` last emptied this list, each once.
    """

    __slots__ = ("_by_id", "_by_index", "_slots", "changed")

    def __init__(self) -> None:
        self._slots: list[Slot] = []
        self._by_index: dict[int, Slot] = {}
        self._by_id: dict[str, Slot] = {}
        self.changed: list[Slot] = []

    def add(self, piece: Any) -> None:
        """Add one `ChatCompletionMessageToolCallChunk`."""
        function = piece.function
        slot = self._by_index.get(piece.index)
        if slot is not None and _has_only_arguments(piece, function) and not slot.named_again:  # most pieces
            slot.arguments.add(function.arguments)
        else:
            slot = self._add_odd(piece, function)
        if not slot.changed:
            slot.changed = True
            self.changed.append(slot)

    def _add_odd(self, piece: Any, function: Any) -> Slot:
        call_id = piece.id or ""
        name = (function.name or "") if function is not None else ""
        slot = self._slot(piece.index, call_id, name, _beginning(function))
        if call_id:
            slot.id = call_id
            self._by_id[call_id] = slot
        if piece.type:
            slot.type = str(piece.type)
        if name:
            slot.add_name(name)
        if function is not None:
            self._add_arguments(slot, function)
        if piece.extra_content is not None:
            merge_facts(slot.extra_content, codec.to_builtins(piece.extra_content))
        if piece._unknown is not None:
            merge(slot.extra, piece.extra_fields)
        return slot

    def in_order(self) -> list[Slot]:
        """Return the calls in the order of the whole answer: by index if each has its own."""
        slots = self._slots
        if all(slot.index is not None for slot in slots) and len(self._by_index) == len(slots):
            return sorted(slots, key=lambda slot: slot.index or 0)
        return slots

    def build(self, turn: int) -> list[dict[str, Any]]:
        """Return each call as the JSON object of a whole answer. A missing id is generated from turn and position."""
        return [self._object(slot, f"call_{turn}_{place}") for place, slot in enumerate(self.in_order())]

    def _slot(self, index: int | None, id: str, name: str, arguments: str) -> Slot:
        if index is not None and not 0 <= index <= MAX_INDEX:
            index = None
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
            slot = Slot(index)
            slot.name = "" if name or id or found is None else found.name
            self._slots.append(slot)
        if index is not None:
            self._by_index[index] = slot
        return slot

    def _add_arguments(self, slot: Slot, function: Any) -> None:
        if function.arguments:
            slot.arguments.add(function.arguments)
        if function._unknown is not None:
            raw = function._unknown.raw.get("arguments")
            if raw is not None:  # an object instead of its text
                slot.arguments.add(codec.encode(raw).decode())
            if function.extra_fields:
                merge(slot.function_extra, function.extra_fields)

    @staticmethod
    def _object(slot: Slot, made_up: str) -> dict[str, Any]:
        function = {"name": slot.name, "arguments": "".join(slot.arguments), **finalize(slot.function_extra)}
        call = {"id": slot.id or made_up, "type": slot.type or "function", "function": function}
        if slot.extra_content:
            call["extra_content"] = finalize(slot.extra_content)
        return {**call, **finalize(slot.extra)}


def _has_only_arguments(piece: Any, function: Any) -> bool:
    """Return whether a piece only continues the arguments of the call with its index."""
    return bool(
        function is not None
        and function.arguments
        and not (piece.id or function.name or piece.type)
        and piece.extra_content is piece._unknown is function._unknown is None
    )


def _beginning(function: Any) -> str:
    """Return the beginning of a piece's arguments; for an object, that of its text."""
    if function is None:
        return ""
    if function.arguments:
        return str(function.arguments[:16].lstrip())
    return "{" if function._unknown is not None and function._unknown.raw.get("arguments") else ""
