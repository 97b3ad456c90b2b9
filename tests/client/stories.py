"""Random whole answers, and the ways in which providers stream them: the pieces must add up to the answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Draw = st.DrawFn

TEXTS = st.text(min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{2,8}", fullmatch=True)
SCALARS = st.one_of(st.booleans(), st.integers(-1000, 1000), TEXTS)
ARGUMENTS = st.dictionaries(TEXTS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=3)

IN_ANY_ORDER = ("index", "index from 1", "index with gaps", "index and id on every piece", "no id at all")
BY_ID_ALONE = "id on every piece, no index"
ONE_AFTER_ANOTHER = (
    "neither index nor id, names only",
    "no index, id at first",
    "index always 0, ids differ",
    "name on every piece",
    "name in pieces",
    "arguments as an object",
    "index, one call after another",
)
WAYS = (*IN_ANY_ORDER, BY_ID_ALONE, *ONE_AFTER_ANOTHER)


@dataclass(frozen=True)
class Story:
    """A stream's chunks, and the whole answer that they were made from."""

    chunks: list[Json]
    whole: Json


@st.composite
def stories(draw: Draw, *, id: str = "c1", way: str | None = None, tools: bool | None = None, most: int = 3) -> Story:
    """Draw a whole answer and one way to stream it.

    Args:
        draw: Provided by Hypothesis.
        id: The answer's id.
        way: The entry of `WAYS` by which its tool calls are streamed; None for any.
        tools: Whether the first choice calls tools; None for either.
        most: The maximum number of choices.
    """
    choices, streams = [], []
    for index in range(draw(st.integers(1, most))):
        chosen = draw(st.sampled_from(WAYS)) if way is None else way
        choice, pieces = draw(_choices(index, chosen, tools if index == 0 else None))
        choices.append(choice)
        streams.append(pieces)
    pieces = _interleaved(draw, streams)
    envelope: Json = {"id": id, "object": "chat.completion.chunk", "created": 7, "model": "up"}
    whole: Json = {**envelope, "object": "chat.completion", "choices": choices}
    chunks = [{**envelope, "choices": group} for group in _grouped(draw, pieces)]
    _add_usage(draw, chunks, whole, envelope)
    _add_unknown_fields(draw, chunks, whole)
    return Story(chunks, whole)


@st.composite
def _choices(draw: Draw, index: int, way: str, tools: bool | None) -> tuple[Json, list[Json]]:
    message: Json = {"role": "assistant", "content": draw(st.none() | TEXTS)}
    streams: list[list[Json]] = []
    if message["content"] is not None:
        streams.append([{"content": piece} for piece in _cut(draw, message["content"])])
    for name in draw(st.sets(st.sampled_from(("reasoning", "reasoning_content", "refusal", "x_aside")))):
        message[name] = draw(TEXTS)
        streams.append([{name: piece} for piece in _cut(draw, message[name])])
    if draw(st.booleans()):
        message["x_items"] = draw(st.lists(SCALARS, min_size=1, max_size=4))
        streams.append([{"x_items": [item]} for item in message["x_items"]])
    if tools or (tools is None and draw(st.booleans())):
        message["tool_calls"], pieces = draw(_tool_calls(way))
        streams.append([{"tool_calls": [piece]} for piece in pieces])
    deltas = _interleaved(draw, streams)
    if draw(st.booleans()):
        deltas.insert(0, {"role": "assistant"} if message["content"] is None else {"role": "assistant", "content": ""})
    choice: Json = {
        "index": index,
        "message": message,
        "finish_reason": draw(st.sampled_from(("stop", "length", "odd"))),
    }
    pieces = [{"index": index, "delta": delta, "finish_reason": None} for delta in deltas]
    _add_logprobs(draw, choice, pieces)
    if pieces and draw(st.booleans()):
        pieces[-1]["finish_reason"] = choice["finish_reason"]
    else:
        pieces.append({"index": index, "delta": {}, "finish_reason": choice["finish_reason"]})
    return choice, pieces


@st.composite
def _tool_calls(draw: Draw, way: str) -> tuple[list[Json], list[Json]]:
    calls: list[Json] = []
    streams: list[list[Json]] = []
    gap = draw(st.integers(2, 5))
    for place in range(draw(st.integers(1, 3))):
        given = draw(ARGUMENTS)
        call: Json = {
            "id": f"call_0_{place}" if way in ("no id at all", ONE_AFTER_ANOTHER[0]) else f"id-{place}",
            "type": "function",
            "function": {"name": f"{draw(NAMES)}_{place}", "arguments": json.dumps(given)},
        }
        if draw(st.booleans()):
            call["extra_content"] = {"google": {"thought_signature": draw(TEXTS)}}
        if draw(st.booleans()):
            call["x_mark"] = draw(SCALARS)
        calls.append(call)
        streams.append(_call_pieces(draw, call, given, place, way, gap))
    if way == BY_ID_ALONE:
        return calls, _interleaved(draw, streams, starts_in_order=True)
    if way in IN_ANY_ORDER:
        return calls, _interleaved(draw, streams)
    return calls, [piece for stream in streams for piece in stream]


def _call_pieces(draw: Draw, call: Json, given: Json, place: int, way: str, gap: int) -> list[Json]:
    """Return one call's pieces: the first has the name and every field sent once, the others more of the arguments."""
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    once = {key: value for key, value in call.items() if key not in ("id", "function")}
    if way == "arguments as an object":
        call["function"]["arguments"] = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
        return [{**once, "id": call["id"], "function": {"name": name, "arguments": given}}]
    names = _name_pieces(name) if way == "name in pieces" else [name]
    pieces: list[Json] = [{"function": {"name": part}} for part in names]
    pieces[0].update(once)
    pieces += [{"function": {"arguments": part}} for part in _cut(draw, arguments)]
    for number, piece in enumerate(pieces):
        index = {"index from 1": place + 1, "index with gaps": place * gap + gap, "index always 0, ids differ": 0}
        if "no index" not in way and "neither" not in way:
            piece["index"] = index.get(way, place)
        if (number == 0 and call["id"].startswith("id-")) or "id on every piece" in way:
            piece["id"] = call["id"]
        if way == "name on every piece":
            piece["function"]["name"] = name
    return pieces


def _name_pieces(name: str) -> list[str]:
    """Return the name in three pieces, none of which repeats the text before it."""
    return [name[:2], name[2:4], name[4:]] if name[:2] != name[2:4] and name[:4] != name[4:] else [name]


def _add_logprobs(draw: Draw, choice: Json, pieces: list[Json]) -> None:
    if not draw(st.booleans()):
        return
    logprobs = []
    for piece in pieces:
        tokens = [
            {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}
            for token in draw(st.lists(TEXTS, max_size=2))
        ]
        logprobs += tokens
        piece["logprobs"] = {"content": tokens, "refusal": None} if tokens else None
    if logprobs:
        choice["logprobs"] = {"content": logprobs, "refusal": None}


def _add_usage(draw: Draw, chunks: list[Json], whole: Json, envelope: Json) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8, "x_cost": 0.25}
    match draw(st.sampled_from(("never", "in a chunk of its own", "with the last chunk", "growing on every chunk"))):
        case "in a chunk of its own":
            chunks.append({**envelope, "choices": [], "usage": usage})
        case "with the last chunk":
            chunks[-1]["usage"] = usage
        case "growing on every chunk":
            for number, chunk in enumerate(chunks):
                chunk["usage"] = {**usage, "completion_tokens": number, "total_tokens": 3 + number}
            usage = chunks[-1]["usage"]
        case _:
            return
    whole["usage"] = usage


def _add_unknown_fields(draw: Draw, chunks: list[Json], whole: Json) -> None:
    """Add fields that no contract lists, beside the choices and within them: on every chunk, or on one."""
    everywhere = draw(st.booleans())
    for name, value in {"x_backend": draw(TEXTS), "x_sources": draw(st.lists(TEXTS, min_size=1, max_size=3))}.items():
        if draw(st.booleans()):
            whole[name] = value
            for chunk in chunks if everywhere else [draw(st.sampled_from(chunks))]:
                chunk[name] = value
    if draw(st.booleans()):
        verdict = {"hate": {"filtered": False, "severity": "safe"}}
        for chunk in chunks:
            for piece in chunk["choices"]:
                piece["x_filter"] = verdict
        for choice in whole["choices"]:
            choice["x_filter"] = verdict


def _cut(draw: Draw, text: str) -> list[str]:
    """Return the text in one to four pieces, some of which may be empty."""
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _interleaved(draw: Draw, streams: list[list[Json]], *, starts_in_order: bool = False) -> list[Json]:
    """Return all items interleaved; those of one stream keep their order."""
    waiting = [list(stream) for stream in streams if stream]
    started = 0
    found = []
    while any(waiting):
        ready = [place for place, stream in enumerate(waiting) if stream]
        if starts_in_order:
            ready = [place for place in ready if place <= started]
        place = draw(st.sampled_from(ready))
        started = max(started, place + 1)
        found.append(waiting[place].pop(0))
    return found


def _grouped(draw: Draw, pieces: list[Json]) -> list[list[Json]]:
    """Return the pieces as the choices of chunks: mostly one, sometimes several of different choices."""
    groups: list[list[Json]] = []
    for piece in pieces:
        last = groups[-1] if groups else []
        if last and piece["index"] not in {other["index"] for other in last} and draw(st.booleans()):
            last.append(piece)
        else:
            groups.append([piece])
    return groups
