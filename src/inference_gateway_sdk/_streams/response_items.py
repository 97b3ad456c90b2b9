"""The output items of one Responses stream: their JSON, and the deltas they emit.

An item comes three times: as it begins, in pieces, and once more whole as it is done.

    {"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m","content":[]}}
    {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"}
    {"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello"}
    {"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"text":"Hello"}]}}

The whole form counts where it came. The pieces are for streams that were cut off, and for providers that leave out one
or two of the three. Of each text the state remembers how many letters were emitted, so a whole form emits the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .._model.json_values import is_array, is_object
from .._model.open_types import Unknown
from .._wire import codec
from .._wire.deltas import Delta, ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart
from .turns import TextBuffer, usable_index

if TYPE_CHECKING:
    from .._generated.responses import ResponseStreamEvent

__all__ = ["Items", "subject_of"]


class Subject(NamedTuple):
    """What the events of one kind write to: a field of an item, or a field of one of its parts.

    Attributes:
        item: The kind of item, for an item whose beginning did not come.
        parts: The item's list of parts, "" for a field of the item itself.
        part: The kind of part.
        field: The text in pieces.
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
_TEXTS = frozenset(subject.field for subject in _SUBJECTS.values() if not subject.parts)
_LISTS = ("summary", "content")
_DELTAS: dict[str, type[TextDelta | ReasoningDelta | RefusalDelta]] = {
    "output_text": TextDelta,
    "refusal": RefusalDelta,
    "reasoning_text": ReasoningDelta,
    "summary_text": ReasoningDelta,
}


def subject_of(event: ResponseStreamEvent) -> tuple[Subject | None, str]:
    """What an event writes to (None for nothing known) and its step: "delta", "done" or another."""
    kind, _, step = (event.type or "").removeprefix("response.").rpartition(".")
    return _SUBJECTS.get(kind), step


class _Fields:
    """A JSON object in the making: facts, of which the last one counts, and texts in pieces."""

    __slots__ = ("facts", "sent", "texts")

    def __init__(self, type: str) -> None:
        self.facts: dict[str, Any] = {"type": type} if type else {}
        self.texts: dict[str, TextBuffer] = {}
        self.sent = 0  # letters of its text that were emitted

    def grow(self, name: str, piece: str) -> None:
        text = self.texts.get(name)
        if text is None:
            text = self.texts[name] = TextBuffer()
        text.add(piece)

    def settle(self, name: str, whole: str | None) -> None:
        """The whole text has come."""
        if whole:
            self.texts[name] = TextBuffer((whole,))

    def extend(self, name: str, values: list[Any]) -> None:
        """More values of a list."""
        known = self.facts.get(name)
        if is_array(known):
            known.extend(values)
        else:
            self.facts[name] = values

    def built(self) -> dict[str, Any]:
        return {**self.facts, **{name: "".join(pieces) for name, pieces in self.texts.items()}}


class _Part(_Fields):
    """A piece of content or of summary in the making."""

    __slots__ = ()

    def take(self, fields: dict[str, Any]) -> None:
        """The part itself, as it begins or as it is done."""
        for name, value in fields.items():
            if name in ("text", "refusal") and isinstance(value, str):
                self.texts.setdefault(name, TextBuffer())
                self.settle(name, value)
            else:
                self.facts[name] = value


class Item(_Fields):
    """One output item in the making."""

    __slots__ = ("call_id", "ended", "name", "number", "parts")

    def __init__(self, type: str, id: str | None) -> None:
        super().__init__(type)
        if id:
            self.facts["id"] = id
        self.parts: dict[str, dict[int, _Part]] = {}
        self.number = -1  # of a function call whose start was emitted
        self.call_id = ""
        self.name = ""
        self.ended = False

    @property
    def arguments(self) -> str:
        """The arguments of a function call so far."""
        return "".join(self.texts.get("arguments", ()))

    def take(self, fields: dict[str, Any]) -> None:
        """The item itself, as it begins or as it is done."""
        for name, value in fields.items():
            if name in _TEXTS and isinstance(value, str):
                self.texts.setdefault(name, TextBuffer())
                self.settle(name, value)
            elif name in _LISTS and is_array(value) and all(map(is_object, value)):
                self._take_parts(name, value)
            elif name not in _LISTS or not self.parts.get(name):
                self.facts[name] = value

    def part(self, parts: str, index: int, type: str) -> _Part:
        """The part at that place of a list; a new one of that type where there is none."""
        known = self.parts.setdefault(parts, {})
        part = known.get(index)
        if part is None:
            part = known[index] = _Part(type)
        return part

    def built(self) -> dict[str, Any]:
        """The item as JSON."""
        whole = super().built()
        for name, parts in self.parts.items():
            whole[name] = [parts[index].built() for index in sorted(parts)]
        if whole.get("type") == "message":
            whole.setdefault("role", "assistant")
            whole.setdefault("content", [])
        return whole

    def indexes(self, name: str, count: int) -> list[int]:
        """Return the indexes of the parts of a whole item: the nth is the nth that is known, whatever its index.

        Indexes need not begin at 0: Bedrock writes to `"content_index":1` of an item whose only part it is.
        """
        known = sorted(self.parts.get(name, ()))
        following = known[-1] + 1 if known else 0
        return [*known[:count], *range(following, following + count - len(known))]

    def _take_parts(self, name: str, values: list[dict[str, Any]]) -> None:
        self.parts.setdefault(name, {})
        for index, fields in zip(self.indexes(name, len(values)), values, strict=True):
            self.part(name, index, "").take(fields)


class Places:
    """Where the items of a stream stand in `output`, and their parts in them.

    Items stand by their index, else by their id, else as the last one did; parts by their index, else as the last one.
    """

    __slots__ = ("_by_id", "_last", "_last_part", "_next", "_seen")

    def __init__(self) -> None:
        self._by_id: dict[str, int] = {}
        self._last_part: dict[tuple[int, str], int] = {}
        self._seen: set[int] = set()
        self._last = 0
        self._next = 0

    def of(self, event: ResponseStreamEvent) -> int:
        """The place of the item that an event is about."""
        place, item_id = usable_index(event.output_index), event.item_id or _id_of(event.item)
        if place is None and item_id:
            place = self._by_id.get(item_id, self._next)
        if place is None:
            begins = event.item is not None and subject_of(event)[1] == "added"
            place = self._next if begins else self._last
        if item_id:
            self._by_id[item_id] = place
        self._last = place
        self._seen.add(place)
        self._next = max(self._next, place + 1)
        return place

    def of_part(self, place: int, parts: str, event: ResponseStreamEvent) -> int:
        """The place of the part that an event is about, in the list of that name."""
        index = usable_index(event.summary_index if parts == "summary" else event.content_index)
        last = self._last_part.get((place, parts))
        if index is None:
            begins = event.part is not None and subject_of(event)[1] == "added"
            index = 0 if last is None else last + begins
        self._last_part[place, parts] = index
        return index

    def in_output(self, rank: int, item_id: object) -> int:
        """The place of an item of the whole response: by its id, else by its rank, should the stream's indexes gap."""
        if isinstance(item_id, str) and item_id in self._by_id:
            return self._by_id[item_id]
        seen = sorted(self._seen)
        return seen[rank] if rank < len(seen) else self._next + rank


class Items:
    """The output items, by their place in `output`.

    Args:
        keep: Keep the items for the assembled response; otherwise only what open function calls need.

    Attributes:
        emitted: Where deltas are appended; None when nobody reads them.
    """

    __slots__ = ("_calls", "_items", "_keep", "_places", "emitted")

    def __init__(self, *, keep: bool = True) -> None:
        self._items: dict[int, Item] = {}
        self._calls: list[Item] = []  # whose start was emitted
        self._places = Places()
        self._keep = keep
        self.emitted: list[Delta] | None = None

    def __len__(self) -> int:
        return len(self._items)

    @property
    def has_calls(self) -> bool:
        """Whether the start of a function call was emitted."""
        return bool(self._calls)

    def begin(self, output: list[Any]) -> None:
        """Take items that came whole: the stream continues a response that was begun before."""
        for place, fields in enumerate(output):
            if is_object(fields):
                self._at(place, "", None).take(fields)

    def add(self, event: ResponseStreamEvent) -> None:
        """Add an event about an item, or about a part of one."""
        subject, step = subject_of(event)
        if subject is not None:
            self._add_text(event, subject, step)
        elif event.item is not None:
            place = self._places.of(event)
            self._add_item(self._at(place, "", event.item_id), codec.to_builtins(event.item), done=step == "done")
        elif event.part is not None:
            self._add_part(event)
        elif event.annotation is not None and self._keep:
            self._part(event, "message", "content", "output_text").extend(
                "annotations", [codec.to_builtins(event.annotation)]
            )

    def end(self, output: Any, *, completed: bool) -> None:
        """Emit what the whole output of the last event adds, and the ends of calls that had none."""
        if self.emitted is None:
            return
        for rank, fields in enumerate(output if is_array(output) else ()):
            if is_object(fields):
                place = self._places.in_output(rank, fields.get("id"))
                self._emit_item(self._at(place, "", None), fields, done=True)
        for item in self._calls if completed else ():
            self._emit_call_end(item)

    def built(self) -> list[dict[str, Any]]:
        """Return the items as JSON, in order."""
        return [self._items[place].built() for place in sorted(self._items)]

    def _add_text(self, event: ResponseStreamEvent, subject: Subject, step: str) -> None:
        into: _Fields
        if subject.parts:
            into = self._part(event, subject.item, subject.parts, subject.part)
            kind = _DELTAS.get(subject.part)
        else:
            into = self._at(self._places.of(event), subject.item, event.item_id)
            kind = None
        keeps = self._keep or subject.item == "function_call"
        if step == "done":
            whole = whole_text(event, subject)
            if keeps:
                into.settle(subject.field, whole)
            self._emit_rest(into, kind, whole)
        elif step == "delta" and event.delta:
            if keeps:
                into.grow(subject.field, event.delta)
            self._emit(into, kind, event.delta)
            if event.logprobs and self._keep:
                into.extend("logprobs", codec.to_builtins(event.logprobs))

    def _add_part(self, event: ResponseStreamEvent) -> None:
        parts = list_of_part(event)
        part = self._part(event, "reasoning" if parts == "summary" else "message", parts, "")
        fields = codec.to_builtins(event.part)
        if self._keep:
            part.take(fields)
        self._emit_part(part, fields)

    def _add_item(self, item: Item, fields: dict[str, Any], *, done: bool) -> None:
        if self._keep:
            item.take(fields)
        elif not item.facts.get("type"):
            item.facts["type"] = fields.get("type")
        self._emit_item(item, fields, done=done)

    def _emit(self, into: _Fields, kind: type[TextDelta | ReasoningDelta | RefusalDelta] | None, text: str) -> None:
        """Emit a piece of a text, or of the arguments of a call whose start was emitted."""
        emitted = self.emitted
        if emitted is None or not text:
            return
        if kind is not None:
            emitted.append(kind(text))
        elif isinstance(into, Item) and into.number >= 0 and not into.ended:
            emitted.append(ToolCallDelta(into.number, text))
        else:
            return
        into.sent += len(text)

    def _emit_rest(
        self, into: _Fields, kind: type[TextDelta | ReasoningDelta | RefusalDelta] | None, whole: object
    ) -> None:
        """Emit what of a whole text was not emitted yet."""
        if isinstance(whole, str) and len(whole) > into.sent:
            self._emit(into, kind, whole[into.sent :])

    def _emit_part(self, part: _Part, fields: dict[str, Any]) -> None:
        kind = fields.get("type")
        if self.emitted is not None and kind in _DELTAS:
            self._emit_rest(part, _DELTAS[kind], fields.get("refusal" if kind == "refusal" else "text"))

    def _emit_item(self, item: Item, fields: dict[str, Any], *, done: bool) -> None:
        if self.emitted is None:
            return
        if fields.get("type") == "function_call":
            self._emit_call(item, fields, done=done)
            return
        for name in _LISTS:
            values = fields.get(name)
            parts = [value for value in values if is_object(value)] if is_array(values) else []
            for index, value in zip(item.indexes(name, len(parts)), parts, strict=True):
                self._emit_part(item.part(name, index, ""), value)

    def _emit_call(self, item: Item, fields: dict[str, Any], *, done: bool) -> None:
        if self.emitted is None or item.ended:
            return
        if item.number < 0:
            item.number = len(self._calls)
            self._calls.append(item)
            item.call_id = str(fields.get("call_id") or fields.get("id") or "")
            item.name = str(fields.get("name") or "")
            self.emitted.append(ToolCallStart(item.number, item.call_id, item.name))
            if not done and item.texts.get("arguments") and not fields.get("arguments"):
                self._emit(item, None, "".join(item.texts["arguments"]))  # pieces that came before the beginning
        if done:
            whole = fields.get("arguments")
            if isinstance(whole, str) and whole:
                item.settle("arguments", whole)
            self._emit_rest(item, None, item.arguments)
            if fields.get("status") != "incomplete":  # the model was stopped while it wrote them
                self._emit_call_end(item)

    def _emit_call_end(self, item: Item) -> None:
        if self.emitted is None or item.ended:
            return
        item.ended = True
        self.emitted.append(ToolCallEnd(item.number, item.call_id, item.name, item.arguments))
        if not self._keep:
            item.texts.clear()

    def _part(self, event: ResponseStreamEvent, item: str, parts: str, part: str) -> _Part:
        """Return the part that an event is about; where its beginning did not come, a new one of that type."""
        place = self._places.of(event)
        index = self._places.of_part(place, parts, event)
        return self._at(place, item, event.item_id).part(parts, index, part)

    def _at(self, place: int, type: str, id: str | None) -> Item:
        item = self._items.get(place)
        if item is None:
            item = self._items[place] = Item(type, id)
        return item


def list_of_part(event: ResponseStreamEvent) -> str:
    """Which list of its item the part of an event is in: "content" or "summary"."""
    return "summary" if event.summary_index is not None or "summary" in (event.type or "") else "content"


def whole_text(event: ResponseStreamEvent, subject: Subject) -> str | None:
    """The whole text that a "done" event brings."""
    value = getattr(event, subject.field, None) or event.extra_fields.get(subject.field)
    return value if isinstance(value, str) else None


def _id_of(item: object) -> str | None:
    """The id of an item of any kind."""
    found = item.data.get("id") if isinstance(item, Unknown) else getattr(item, "id", None)
    return found if isinstance(found, str) else None
