"""Random whole responses in OpenAI's newer dialect, and the ways in which servers stream them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Draw = st.DrawFn

TEXTS = st.text(min_size=1, max_size=12)
SCALARS = st.one_of(st.booleans(), st.integers(-1000, 1000), TEXTS)

IN_FULL = "as OpenAI does"
WAYS = (
    IN_FULL,
    "items interleaved",
    "no indexes",
    "nothing done",  # neither parts nor items are sent whole
    "only deltas",  # nor are their beginnings
    "only what is done",
    "only the last event",
    "an empty last event",
)


@dataclass(frozen=True)
class Story:
    """A stream's events, and the whole response that they were made from."""

    events: list[Json]
    whole: Json


@st.composite
def stories(draw: Draw, *, ways: tuple[str, ...] = WAYS) -> Story:
    """Draw a whole response and one of these ways to stream it."""
    way = draw(st.sampled_from(ways))
    parts = [draw(st.sampled_from(_MAKERS))(draw, place) for place in range(draw(st.integers(1, 4)))]
    whole: Json = {"id": "r1", "object": "response", "created_at": 7, "model": "up", "x_made": draw(SCALARS)}
    begun = {"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}
    lists = [_events_of(place, item, pieces, way) for place, (item, pieces) in enumerate(parts)]
    middle = (
        _interleaved(draw, lists) if way == "items interleaved" else [event for events in lists for event in events]
    )
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "x_tier": 1}
    whole |= {"status": "completed", "output": [item for item, _ in parts], "usage": usage}
    last = {**whole, "output": []} if way == "an empty last event" else whole
    return Story([begun, *middle, {"type": "response.completed", "response": last}], whole)


Pieces = list[tuple[str, Json, list[Json]]]
"""For each text of an item: the events' kind, the fields that place it, and the deltas."""


def _message(draw: Draw, place: int) -> tuple[Json, Pieces]:
    content, pieces = [], []
    for index in range(draw(st.integers(1, 3))):
        text, cut = _text(draw)
        if draw(st.integers(0, 3)):
            content.append({"type": "output_text", "text": text, "annotations": [], "x_mark": draw(SCALARS)})
            pieces.append(("output_text", {"content_index": index}, cut))
        else:
            content.append({"type": "refusal", "refusal": text})
            pieces.append(("refusal", {"content_index": index}, cut))
    item = {"type": "message", "id": f"m{place}", "role": "assistant", "status": "completed", "content": content}
    return item, pieces


def _reasoning(draw: Draw, place: int) -> tuple[Json, Pieces]:
    summary, pieces = [], []
    for index in range(draw(st.integers(1, 2))):
        text, cut = _text(draw)
        summary.append({"type": "summary_text", "text": text})
        pieces.append(("reasoning_summary_text", {"summary_index": index}, cut))
    return {"type": "reasoning", "id": f"r{place}", "summary": summary, "encrypted_content": "b64=="}, pieces


def _call(draw: Draw, place: int) -> tuple[Json, Pieces]:
    arguments, cut = _text(draw)
    item = {"type": "function_call", "id": f"f{place}", "call_id": f"call-{place}", "name": f"do_{place}"}
    return {**item, "arguments": arguments, "status": "completed"}, [("function_call_arguments", {}, cut)]


def _custom(draw: Draw, place: int) -> tuple[Json, Pieces]:
    text, cut = _text(draw)
    item = {"type": "custom_tool_call", "id": f"c{place}", "call_id": f"call-{place}", "name": "shell", "input": text}
    return item, [("custom_tool_call_input", {}, cut)]


def _novel(draw: Draw, place: int) -> tuple[Json, Pieces]:
    return {"type": "x_novel", "id": f"x{place}", "x": {"y": [1, None, draw(SCALARS)]}}, []


_MAKERS = (_message, _reasoning, _call, _custom, _novel)


def _text(draw: Draw) -> tuple[str, list[Json]]:
    pieces = draw(st.lists(TEXTS, min_size=1, max_size=4))
    return "".join(pieces), [{"delta": piece} for piece in pieces]


def _events_of(place: int, item: Json, pieces: Pieces, way: str) -> list[Json]:
    """Return the events of one item."""
    if way == "only the last event":
        return []
    about: Json = {"item_id": item["id"]} if way == "no indexes" else {"item_id": item["id"], "output_index": place}
    where = {name: value for name, value in about.items() if name != "item_id"}
    begins = {**item, **{name: [] if isinstance(item[name], list) else "" for name in _GROWING if name in item}}
    if "status" in item:
        begins["status"] = "in_progress"
    if way == "only deltas" and item["type"] not in _IMPLIED:
        way = IN_FULL  # only its beginning has its kind
    added = [] if way in ("only deltas", "only what is done") else [
        {"type": "response.output_item.added", **where, "item": begins if pieces else item}
    ]  # fmt: skip
    done = [] if way in ("only deltas", "nothing done") else [
        {"type": "response.output_item.done", **where, "item": item}
    ]  # fmt: skip
    texts = [event for piece in pieces for event in _text_events(item, piece, about, way)]
    return [*added, *texts, *done]


_GROWING = ("content", "summary", "arguments", "input")
_IMPLIED = ("message", "reasoning")


def _text_events(item: Json, piece: tuple[str, Json, list[Json]], about: Json, way: str) -> list[Json]:
    kind, at, deltas = piece
    at = {} if way == "no indexes" else at
    text = "".join(delta["delta"] for delta in deltas)
    lists = [{"type": f"response.{kind}.delta", **about, **at, **delta} for delta in deltas]
    field = {"refusal": "refusal", "function_call_arguments": "arguments", "custom_tool_call_input": "input"}
    whole = {"type": f"response.{kind}.done", **about, **at, field.get(kind, "text"): text}
    if way == "only deltas":
        return lists
    parts = "summary" if kind == "reasoning_summary_text" else "content"
    if not piece[1]:
        return [*lists, *([] if way == "nothing done" else [whole])]
    part = item[parts][piece[1][f"{parts}_index"]]
    empty = {**part, "refusal" if kind == "refusal" else "text": ""}
    name = "reasoning_summary_part" if parts == "summary" else "content_part"
    added = {"type": f"response.{name}.added", **about, **at, "part": empty}
    done = {"type": f"response.{name}.done", **about, **at, "part": part}
    if way == "nothing done":
        return [added, *lists]
    return [whole, done] if way == "only what is done" else [added, *lists, whole, done]


def _interleaved(draw: Draw, streams: list[list[Json]]) -> list[Json]:
    """Return all events, each stream's in its order; streams begin in the order of their places."""
    rest = [list(stream) for stream in streams]
    out = [stream.pop(0) for stream in rest if stream]
    while any(rest):
        stream = draw(st.sampled_from([stream for stream in rest if stream]))
        out.append(stream.pop(0))
    return out
