"""Random whole messages in Anthropic's dialect, and the ways in which servers stream them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Draw = st.DrawFn

TEXTS = st.text(min_size=1, max_size=12)
SCALARS = st.one_of(st.booleans(), st.integers(-1000, 1000), TEXTS)
OBJECTS = st.dictionaries(TEXTS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=3)

INTERLEAVED = "blocks interleaved"
ONE_AFTER_ANOTHER = ("in order", "no index", "index always 0", "blocks never end")
WAYS = (*ONE_AFTER_ANOTHER, INTERLEAVED)


@dataclass(frozen=True)
class Story:
    """A stream's events, and the whole message that they were made from."""

    events: list[Json]
    whole: Json


@st.composite
def stories(draw: Draw, *, ways: tuple[str, ...] = WAYS) -> Story:
    """Draw a whole message and one of these ways to stream it."""
    chosen = draw(st.sampled_from(ways))
    parts = [draw(_blocks(place)) for place in range(draw(st.integers(0, 4)))]
    streams = [_events_of(place, start, deltas, chosen) for place, (_, start, deltas) in enumerate(parts)]
    middle = _interleaved(draw, streams) if chosen == INTERLEAVED else [event for events in streams for event in events]
    whole: Json = {"id": "m1", "type": "message", "role": "assistant", "model": "up", "x_made": draw(SCALARS)}
    usage: Json = {"input_tokens": 3, "output_tokens": 1, "cache_read_input_tokens": 2, "x_tier": "standard"}
    begun = {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None, "usage": usage}}
    ended, facts, grown = draw(_endings())
    whole |= {"content": [block for block, _, _ in parts], **facts, "usage": {**usage, **grown}}
    return Story(_with_pings(draw, [begun, *middle, *ended]), whole)


@st.composite
def _blocks(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    """Draw a block, its beginning, and its deltas."""
    make = draw(st.sampled_from((_text, _thinking, _redacted, _tool_use, _server_tool_use, _result, _novel)))
    block, start, deltas = make(draw, place)
    mark = draw(st.none() | SCALARS)
    if mark is not None:
        block, start = {**block, "x_mark": mark}, {**start, "x_mark": mark}
    return block, start, deltas


def _text(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    first, *rest = _cut(draw, draw(TEXTS))
    block: Json = {"type": "text", "text": first + "".join(rest)}
    start: Json = {"type": "text", "text": ""}
    if draw(st.booleans()):
        start["text"] = first
    else:
        rest = [first, *rest]
    deltas = [{"type": "text_delta", "text": piece} for piece in rest]
    cited = [{"type": "char_location", "index": 0, **citation} for citation in draw(st.lists(OBJECTS, max_size=2))]
    if cited:
        block["citations"] = cited
        deltas = _interleaved(draw, [deltas, [{"type": "citations_delta", "citation": one} for one in cited]])
    return block, start, deltas


def _thinking(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    block: Json = {"type": "thinking", "thinking": draw(TEXTS), "signature": draw(TEXTS)}
    deltas: list[Json] = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(draw, block["thinking"])]
    deltas.append({"type": "signature_delta", "signature": block["signature"]})
    return block, {**block, "thinking": "", "signature": ""}, deltas


def _redacted(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    block: Json = {"type": "redacted_thinking", "data": draw(TEXTS)}
    return block, block, []


def _tool_use(draw: Draw, place: int, kind: str = "tool_use") -> tuple[Json, Json, list[Json]]:
    """Draw a call whose input comes in pieces, or whole at its beginning."""
    block: Json = {"type": kind, "id": f"call-{place}", "name": f"tool_{place}", "input": draw(OBJECTS)}
    if draw(st.booleans()):
        return block, block, [{"type": "input_json_delta", "partial_json": ""}] * draw(st.integers(0, 1))
    pieces = ["", *_cut(draw, json.dumps(block["input"], ensure_ascii=draw(st.booleans())))]
    return block, {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def _server_tool_use(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    return _tool_use(draw, place, "server_tool_use")


def _result(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    found = [{"type": "web_search_result", **one} for one in draw(st.lists(OBJECTS, max_size=2))]
    block: Json = {"type": "web_search_tool_result", "tool_use_id": f"call-{place}", "content": found}
    return block, block, []


def _novel(draw: Draw, place: int) -> tuple[Json, Json, list[Json]]:
    """Draw a block of an unlisted kind, with deltas of an unlisted kind."""
    block: Json = {"type": "x_block", "x_body": draw(TEXTS), "x_items": draw(st.lists(SCALARS, min_size=1, max_size=3))}
    deltas: list[Json] = [{"type": "x_delta", "x_body": piece} for piece in _cut(draw, block["x_body"])]
    deltas += [{"type": "x_delta", "x_items": [item]} for item in block["x_items"]]
    return block, {"type": "x_block", "x_body": "", "x_items": []}, deltas


@st.composite
def _endings(draw: Draw) -> tuple[list[Json], Json, Json]:
    """Draw the last events, with their values for the message and its usage."""
    reason = draw(st.sampled_from(("end_turn", "max_tokens", "tool_use", "stop_sequence", "x_reason")))
    facts: Json = {"stop_reason": reason}
    if reason == "stop_sequence":
        facts["stop_sequence"] = draw(TEXTS)
    if draw(st.booleans()):
        facts["container"] = draw(OBJECTS)
    grown: Json = {"output_tokens": draw(st.integers(1, 99)), "x_requests": {"web_search": draw(st.integers(0, 9))}}
    events: list[Json] = [{"type": "message_delta", "delta": dict(facts), "usage": grown}]
    if draw(st.booleans()):
        facts["x_edits"] = draw(st.lists(SCALARS, min_size=1, max_size=2))
        events[-1]["x_edits"] = facts["x_edits"]
    return [*events, {"type": "message_stop"}], facts, grown


def _events_of(place: int, start: Json, deltas: list[Json], way: str) -> list[Json]:
    at: Json = {"no index": {}, "index always 0": {"index": 0}}.get(way, {"index": place})
    events: list[Json] = [{"type": "content_block_start", **at, "content_block": start}]
    events += [{"type": "content_block_delta", **at, "delta": delta} for delta in deltas]
    return events if way == "blocks never end" else [*events, {"type": "content_block_stop", **at}]


def _with_pings(draw: Draw, events: list[Json]) -> list[Json]:
    """Insert a ping here and there, and an event of an unlisted kind."""
    for more in draw(st.lists(st.sampled_from(({"type": "ping"}, {"type": "x_event", "x": 1})), max_size=2)):
        events.insert(draw(st.integers(0, len(events) - 1)), more)
    return events


def _cut(draw: Draw, text: str) -> list[str]:
    """Return the text in one to four pieces, some of which may be empty."""
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _interleaved(draw: Draw, streams: list[list[Json]]) -> list[Json]:
    """Return all items interleaved; those of one stream keep their order, and the streams begin in theirs."""
    waiting = [list(stream) for stream in streams if stream]
    begun = 0
    found: list[Json] = []
    while any(waiting):
        place = draw(st.sampled_from([place for place, stream in enumerate(waiting) if stream and place <= begun]))
        begun = max(begun, place + 1)
        found.append(waiting[place].pop(0))
    return found
