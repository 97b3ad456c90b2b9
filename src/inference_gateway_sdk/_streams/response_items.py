"""The output items of a Responses stream, assembled from the events about them.

An item arrives three times: at its start, in pieces, and complete when it is done. The complete form wins. The pieces
serve streams that were cut off, and providers that leave out one or two of the three:
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "m", "content": []}}
    {"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": {"type": "output_text", ...}}
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"}
    {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hi"}
    {"type": "response.content_part.done", "output_index": 0, "content_index": 0, "part": {..., "text": "Hi"}}
    {"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": [{...}]}}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .._model.json_values import is_array, is_object
from .._model.open_types import Unknown
from .._wire import codec
from .state import MAX_INDEX, CallState, TextBuffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._generated.responses import ResponseStreamEvent

__all__ = ["Item", "Items", "Part", "Subject", "subject_of"]


class Subject(NamedTuple):
    """The field that events of one type write to: of an item, or of one of its parts.

    Attributes:
        item: The type of the item, for an item whose start did not arrive.
        parts: The item's list of parts, "" for a field of the item itself.
        part: The type of the part.
        field: The text that arrives in pieces.
    """

    item: str
    parts: str
    part: str
    field: str


_SUBJECTS = {
    "output_text": Subject("message", "content", "output_text", "text"),
    "refusal": Subject("message", "content", "refusal", "refusal"),
    "reasoning_text": Subject("reasoning", "content", "reasoning_text", "text"),
    "reasoning_summary_text": Subject("reasoning", "summary", "summary_text", "text"),
    "function_call_arguments": Subject("function_call", "", "", "arguments"),
    "custom_tool_call_input": Subject("custom_tool_call", "", "", "input"),
    "mcp_call_arguments": Subject("mcp_call", "", "", "arguments"),
    "code_interpreter_call_code": Subject("code_interpreter_call", "", "", "code"),
}
_KNOWN: dict[str, tuple[Subject | None, str]] = {
    f"response.{kind}.{step}": (subject, step) for kind, subject in _SUBJECTS.items() for step in ("delta", "done")
}
_TEXTS = frozenset(subject.field for subject in _SUBJECTS.values() if not subject.parts)
_LISTS = ("summary", "content")
_FACTS_OF_A_CALL = frozenset({"type", "id", "call_id", "name", "status"})


def subject_of(event: ResponseStreamEvent) -> tuple[Subject | None, str]:
    """Return the field that an event writes to (None if unknown) and its step: "delta", "done" or another."""
    kind = event.type or ""
    return _KNOWN.get(kind) or (None, kind.rpartition(".")[2])


class _Fields:
    """A JSON object in pieces: facts, of which the last one counts, and texts that grow.

    Attributes:
        emitted: The number of characters of its text that `deltas()` has emitted.
    """

    __slots__ = ("emitted", "facts", "texts")

    def __init__(self, type: str) -> None:
        self.facts: dict[str, Any] = {"type": type} if type else {}
        self.texts: dict[str, TextBuffer] = {}
        self.emitted = 0

    def text(self, name: str) -> TextBuffer:
        """Return the text of that name."""
        text = self.texts.get(name)
        if text is None:
            text = self.texts[name] = TextBuffer()
        return text

    def replace_text(self, name: str, whole: str | None) -> None:
        """Replace the pieces by the whole text."""
        if whole:
            self.texts[name] = TextBuffer((whole,))

    def extend(self, name: str, values: list[Any]) -> None:
        """Add values to a list."""
        known = self.facts.get(name)
        if is_array(known):
            known.extend(values)
        else:
            self.facts[name] = values

    def build(self) -> dict[str, Any]:
        """Return the object as JSON."""
        return {**self.facts, **{name: "".join(pieces) for name, pieces in self.texts.items()}}


class Part(_Fields):
    """A piece of content or of a summary."""

    __slots__ = ()

    def update(self, fields: dict[str, Any], *, keep: bool) -> None:
        """Add the complete part, at its start or when it is done."""
        for name, value in fields.items():
            if name in ("text", "refusal") and isinstance(value, str):
                self.text(name)
                self.replace_text(name, value)
            elif keep or name == "type":
                self.facts[name] = value


class Item(_Fields):
    """One output item.

    Attributes:
        parts: Its lists of parts, each by the index that events give the part.
        begun: True once the item itself has arrived, and not only pieces of it.
        done: True once it has arrived as done, and was not cut off.
        number: The number that `deltas()` gave the call when it emitted its start; -1 before.
        ended: True once `deltas()` has emitted the call's end.
    """

    __slots__ = ("begun", "done", "ended", "number", "parts")

    def __init__(self, type: str, id: str | None) -> None:
        super().__init__(type)
        if id:
            self.facts["id"] = id
        self.parts: dict[str, dict[int, Part]] = {}
        self.begun = False
        self.done = False
        self.number = -1
        self.ended = False

    @property
    def type(self) -> Any:
        """Its type; "" while unknown."""
        return self.facts.get("type") or ""

    def update(self, fields: dict[str, Any], *, done: bool, keep: bool) -> list[Part]:
        """Add the complete item, at its start or when it is done. Return the parts that came with it."""
        self.begun = True
        self.done = done and fields.get("status") != "incomplete"  # the model was stopped within the item
        keep_text = keep or fields.get("type") == "function_call"
        touched: list[Part] = []
        for name, value in fields.items():
            if name in _TEXTS and isinstance(value, str):
                if keep_text:
                    self.text(name)
                    self.replace_text(name, value)
            elif name not in _LISTS:
                if keep or name in _FACTS_OF_A_CALL:
                    self.facts[name] = value
            elif is_array(value) and all(map(is_object, value)):
                touched += self._update_parts(name, value, keep)
            elif keep and not self.parts.get(name):
                self.facts[name] = value
        return touched

    def part(self, parts: str, index: int, type: str) -> Part:
        """Return the part at that index of a list; if there is none, create one of that type."""
        known = self.parts.setdefault(parts, {})
        part = known.get(index)
        if part is None:
            part = known[index] = Part(type)
        return part

    def call(self) -> CallState:
        """Return the function call."""
        facts = self.facts
        call_id = facts.get("call_id") or facts.get("id") or ""
        return CallState(str(call_id), str(facts.get("name") or ""), "".join(self.texts.get("arguments", ())))

    def build(self) -> dict[str, Any]:
        """Return the item as JSON."""
        whole = super().build()
        for name, parts in self.parts.items():
            whole[name] = [parts[index].build() for index in sorted(parts)]
        if whole.get("type") == "message":
            whole.setdefault("role", "assistant")
            whole.setdefault("content", [])
        return whole

    def _update_parts(self, name: str, values: list[dict[str, Any]], keep: bool) -> list[Part]:
        """Add a complete list of parts. Return them.

        Events may not count from 0: Bedrock gives the only part of a message the content_index 1. Parts whose index is
        beyond the complete list are matched in order.
        """
        known = sorted(self.parts.setdefault(name, {}))
        fits = not known or known[-1] < len(values)
        touched: list[Part] = []
        for place, fields in enumerate(values):
            index = place if fits else known[place] if place < len(known) else known[-1] + place
            part = self.part(name, index, "")
            part.update(fields, keep=keep)
            touched.append(part)
        return touched


class _Places:
    """The positions of items in `output`, and of parts in items, as the events give them.

    An item is identified by its index, else by its id, else it is the last one. A part is identified by its index, else
    it is the last one.
    """

    __slots__ = ("_by_id", "_last", "_last_part", "_next")

    def __init__(self) -> None:
        self._by_id: dict[str, int] = {}
        self._last_part: dict[tuple[int, str], int] = {}
        self._last = 0
        self._next = 0

    def of(self, event: ResponseStreamEvent) -> int:
        """Return the position of the item that an event refers to."""
        place, item_id = _index(event.output_index), event.item_id or _id_of(event.item)
        if place is None and item_id:
            place = self._by_id.get(item_id, self._next)
        if place is None:
            begins = event.item is not None and subject_of(event)[1] == "added"
            place = self._next if begins else self._last
        if item_id:
            self._by_id[item_id] = place
        self._last = place
        if place >= self._next:
            self._next = place + 1
        return place

    def of_part(self, place: int, parts: str, event: ResponseStreamEvent) -> int:
        """Return the position of the part that an event refers to, in the list of that name."""
        index = _index(event.summary_index if parts == "summary" else event.content_index)
        if index is None:
            last = self._last_part.get((place, parts))
            begins = event.part is not None and subject_of(event)[1] == "added"
            index = 0 if last is None else last + begins
        self._last_part[place, parts] = index
        return index

    def with_id(self, item_id: object) -> int | None:
        """Return the position of the item with that id."""
        return self._by_id.get(item_id) if isinstance(item_id, str) else None

    def after(self) -> int:
        """Return the position after all others."""
        self._next += 1
        return self._next - 1


class Items:
    """The output items of one response, by their position in `output`.

    Args:
        keep: Keep the content. Otherwise text is kept until `deltas()` has emitted it, and arguments of function calls
            until the call has ended.

    Attributes:
        touched: The items and parts that the last event refers to.
    """

    __slots__ = ("_items", "_keep", "_places", "touched")

    def __init__(self, *, keep: bool) -> None:
        self._items: dict[int, Item] = {}
        self._places = _Places()
        self._keep = keep
        self.touched: Sequence[Item | Part] = ()

    def __len__(self) -> int:
        return len(self._items)

    def begin(self, output: list[Any]) -> None:
        """Add the items of a first snapshot, when the stream continues a response that was begun before."""
        for place, fields in enumerate(output):
            if is_object(fields):
                self._at(place, "", None).update(fields, done=False, keep=self._keep)

    def add(self, event: ResponseStreamEvent) -> None:
        """Add an event about an item, or about a part of one."""
        subject, step = subject_of(event)
        if subject is not None:
            self._add_text(event, subject, step)
        elif event.item is not None:
            item = self._at(self._places.of(event), "", event.item_id)
            parts = item.update(codec.to_builtins(event.item), done=step == "done", keep=self._keep)
            self.touched = (item, *parts)
        elif event.part is not None:
            self._add_part(event)
        else:
            self.touched = ()
            if event.annotation is not None and self._keep:
                part = self._part(event, "message", "content", "output_text")
                part.extend("annotations", [codec.to_builtins(event.annotation)])

    def reconcile(self, output: list[Any]) -> None:
        """Add the items of the last snapshot, matched by id, else with the next item of the same type."""
        found: list[tuple[dict[str, Any], int | None]] = [
            (fields, self._places.with_id(fields.get("id"))) for fields in output if is_object(fields)
        ]
        taken = {place for _, place in found}
        free: dict[Any, list[int]] = {}  # by type, the last one first
        for place in sorted(self._items, reverse=True):
            if place not in taken:
                free.setdefault(self._items[place].type, []).append(place)
        touched: list[Item | Part] = []
        for fields, known in found:
            waiting = free.get(str(fields.get("type") or ""))
            place = known if known is not None else waiting.pop() if waiting else self._places.after()
            item = self._at(place, "", None)
            parts = item.update(fields, done=True, keep=self._keep)
            touched += (item, *parts)
        self.touched = touched

    def build(self) -> list[dict[str, Any]]:
        """Return the items as JSON, in order."""
        return [self._items[place].build() for place in sorted(self._items)]

    def _add_text(self, event: ResponseStreamEvent, subject: Subject, step: str) -> None:
        into: Item | Part
        if subject.parts:
            into = self._part(event, subject.item, subject.parts, subject.part)
        else:
            into = self._at(self._places.of(event), subject.item, event.item_id)
        self.touched = (into,)
        if not (self._keep or subject.parts or subject.item == "function_call"):
            return
        if step == "done":
            into.replace_text(subject.field, _whole_text(event, subject))
        elif event.delta:
            into.text(subject.field).add(event.delta)
            if event.logprobs and self._keep:
                into.extend("logprobs", codec.to_builtins(event.logprobs))

    def _add_part(self, event: ResponseStreamEvent) -> None:
        parts = "summary" if event.summary_index is not None or "summary" in (event.type or "") else "content"
        part = self._part(event, "reasoning" if parts == "summary" else "message", parts, "")
        part.update(codec.to_builtins(event.part), keep=self._keep)
        self.touched = (part,)

    def _part(self, event: ResponseStreamEvent, item: str, parts: str, part: str) -> Part:
        """Return the part that an event refers to; if its start did not arrive, create one of that type."""
        place = self._places.of(event)
        index = self._places.of_part(place, parts, event)
        return self._at(place, item, event.item_id).part(parts, index, part)

    def _at(self, place: int, type: str, id: str | None) -> Item:
        """Return the item at that position; if its start did not arrive, create one of that type."""
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = Item(type, id)
        return item


def _whole_text(event: ResponseStreamEvent, subject: Subject) -> str | None:
    """Return the whole text of a "done" event."""
    value = getattr(event, subject.field, None) or event.extra_fields.get(subject.field)
    return value if isinstance(value, str) else None


def _index(index: int | None) -> int | None:
    """Return an event's index; an invalid one counts as missing."""
    return index if index is None or 0 <= index <= MAX_INDEX else None


def _id_of(item: object) -> str | None:
    """Return the id of an item of any type."""
    found = item.data.get("id") if isinstance(item, Unknown) else getattr(item, "id", None)
    return found if isinstance(found, str) else None
