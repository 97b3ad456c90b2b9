"""Random streams of all three dialects, from a seeded generator: some thousand a second, each reproducible.

They vary as providers vary: how tool calls are numbered and named, which fields are whole or in pieces, repeated, left
out or added, and where indexes begin. One text in two hundred has several hundred pieces.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

Json = dict[str, Any]
LETTERS = 'abc {}":,\\\n\u00e9\u4e16\U0001f600'


def text(rng: Random) -> str:
    """Return a short text, seldom empty."""
    return "".join(rng.choices(LETTERS, k=rng.randrange(12)))


def pieces(rng: Random, whole: str | None = None) -> list[str]:
    """Return a text in pieces, some of them empty, and seldom in several hundred."""
    more = "x" if whole is None else " "  # still JSON
    if whole is None:
        whole = text(rng)
    if rng.random() < 0.005:
        whole, count = whole + more * 600, rng.choice((256, 300, 600))
    else:
        count = rng.randrange(1, 5)
    ends = sorted(rng.randint(0, len(whole)) for _ in range(count - 1))
    return [whole[start:end] for start, end in zip([0, *ends], [*ends, len(whole)], strict=True)]


def arguments(rng: Random) -> Json:
    """Return the arguments of a tool call."""
    return {text(rng): rng.choice((1, None, text(rng), [text(rng)], {"a": True})) for _ in range(rng.randrange(3))}


def interleaved(rng: Random, streams: list[list[Any]]) -> list[Any]:
    """Return all items interleaved; those of one stream keep their order."""
    waiting = [list(reversed(stream)) for stream in streams if stream]
    found = []
    while waiting:
        stream = rng.choice(waiting)
        found.append(stream.pop())
        if not stream:
            waiting.remove(stream)
    return found


# Chat


def chat(rng: Random) -> tuple[list[Json], int]:
    """Return the chunks of a chat stream, and the number of its choices."""
    turns = rng.choice((1, 1, 1, 2, 3))
    choices = 1 if turns > 1 else rng.choice((1, 1, 2, 3))
    chunks: list[Json] = []
    for turn in range(turns):
        calls = turn < turns - 1 or rng.random() < 0.4
        envelope = {"id": f"c{turn}", "object": "chat.completion.chunk", "created": 7, "model": "m"}
        found = interleaved(rng, [_choice(rng, index, calls) for index in range(choices)])
        chunks += [{**envelope, "choices": [piece]} for piece in found]
        if rng.random() < 0.7:
            usage = {"prompt_tokens": 3, "completion_tokens": rng.randrange(9), "total_tokens": 9}
            chunks.append({**envelope, "choices": [], "usage": usage})
    for chunk in chunks:
        if rng.random() < 0.1:
            chunk.update({"x_unknown": text(rng), "obfuscation": "xx", "p": "y"})
    return chunks, choices


def _choice(rng: Random, index: int, calls: bool) -> list[Json]:
    deltas: list[list[Json]] = []
    way = rng.choice(("reasoning", "reasoning_content", "both", "parts", "none", "none"))
    thoughts = pieces(rng)
    match way:
        case "both":
            deltas.append([{"reasoning": one, "reasoning_content": one} for one in thoughts])
        case "parts":
            inner = [[{"type": "text", "text": one}] if rng.random() < 0.9 else one for one in thoughts]
            if not all(isinstance(one, list) for one in inner):
                inner = thoughts
            deltas.append([{"content": [{"type": "thinking", "thinking": one}]} for one in inner])
        case "none":
            pass
        case name:
            deltas.append([{name: one} for one in thoughts])
    content = [{"content": one} for one in pieces(rng)]
    if way == "parts" or rng.random() < 0.1:
        content = [{"content": [{"type": "text", "text": one["content"]}]} for one in content[:2]] + content[2:]
    deltas.append(content)
    if rng.random() < 0.2:
        deltas.append([{"refusal": one} for one in pieces(rng)])
    ordered = [delta for stream in deltas for delta in stream] if way == "parts" else interleaved(rng, deltas)
    if calls:
        ordered += [{"tool_calls": [piece]} for piece in _calls(rng)]
    found: list[Json] = [{"index": index, "delta": delta, "finish_reason": None} for delta in ordered]
    for piece in found:
        if rng.random() < 0.1:
            piece["delta"] = {**piece["delta"], "x_aside": text(rng)}
    found[0]["delta"] = {**found[0]["delta"], "role": "assistant"}
    found.append(
        {"index": index, "delta": {}, "finish_reason": "tool_calls" if calls else rng.choice(("stop", "length"))}
    )
    return found


def _calls(rng: Random) -> list[Json]:
    way = rng.choice(("index", "from 1", "ids", "index 0", "no id", "names"))
    streams = []
    for place in range(rng.randrange(1, 4)):
        given = arguments(rng)
        whole = json.dumps(given, ensure_ascii=rng.random() < 0.5)
        at: Json = {"index": {"index": place, "from 1": place + 1, "no id": place, "index 0": 0}.get(way)}
        at = {} if at["index"] is None else at
        named = {} if way in ("no id", "names") else {"id": f"id-{place}"}
        first = {**at, **named, "type": "function", "function": {"name": f"tool_{place}"}}
        more: list[Json] = [{**at, "function": {"arguments": one}} for one in pieces(rng, whole)]
        if way == "ids":
            more = [{**piece, **named} for piece in more]
        elif way == "index" and rng.random() < 0.2:
            more = [{**at, "function": {"arguments": given}}]
        if rng.random() < 0.1:
            more = []
        streams.append([first, *more])
    if way in ("index", "from 1", "no id", "ids"):
        return interleaved(rng, streams)
    return [piece for stream in streams for piece in stream]


# Messages


def messages(rng: Random) -> tuple[list[Json], bool]:
    """Return the events of a Messages stream, and whether its blocks come one after another."""
    way = rng.choice(("in order", "in order", "no index", "index 0", "never end", "never begin", "interleaved"))
    blocks = [_block(rng, place, way) for place in range(rng.randrange(1, 5))]
    middle = interleaved(rng, blocks) if way == "interleaved" else [event for block in blocks for event in block]
    start: Json = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    if rng.random() < 0.1 and way in ("in order", "never end"):
        start["content"] = [{"type": "text", "text": text(rng)}]
        middle = [{**event, "index": event["index"] + 1} for event in middle]
    if rng.random() < 0.8:
        start["usage"] = {"input_tokens": rng.randrange(9), "output_tokens": 1}
    events = [{"type": "message_start", "message": start}, *middle]
    if rng.random() < 0.2:
        events.insert(rng.randrange(1, len(events) + 1), {"type": "ping"})
    reason = rng.choice(("end_turn", "tool_use", "max_tokens", "x_novel"))
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}})
    return [*events, {"type": "message_stop"}], way != "interleaved"


def _block(rng: Random, place: int, way: str) -> list[Json]:
    at: Json = {"no index": {}, "index 0": {"index": 0}}.get(way, {"index": place})
    start, deltas = rng.choice((_text, _thinking, _tool, _tool, _novel))(rng, place)
    if way == "never begin" and start["type"] in ("text", "thinking") and not any(map(start.get, ("text", "thinking"))):
        events = []
    else:
        events = [{"type": "content_block_start", **at, "content_block": start}]
    events += [{"type": "content_block_delta", **at, "delta": delta} for delta in deltas]
    return events if way == "never end" else [*events, {"type": "content_block_stop", **at}]


def _text(rng: Random, place: int) -> tuple[Json, list[Json]]:
    start = text(rng) if rng.random() < 0.2 else ""
    deltas: list[Json] = [{"type": "text_delta", "text": one} for one in pieces(rng)]
    if rng.random() < 0.2:
        deltas.append({"type": "citations_delta", "citation": {"type": "char_location", "cited_text": text(rng)}})
    return {"type": "text", "text": start}, deltas


def _thinking(rng: Random, place: int) -> tuple[Json, list[Json]]:
    deltas: list[Json] = [{"type": "thinking_delta", "thinking": one} for one in pieces(rng)]
    return {"type": "thinking", "thinking": ""}, [*deltas, {"type": "signature_delta", "signature": "s"}]


def _tool(rng: Random, place: int) -> tuple[Json, list[Json]]:
    given = arguments(rng)
    start = {
        "type": rng.choice(("tool_use", "tool_use", "server_tool_use")),
        "id": f"t{place}",
        "name": f"tool_{place}",
    }
    way = rng.choice(("pieces", "pieces", "whole", "object"))
    if way == "whole":
        return {**start, "input": given}, []
    written: list[Any] = [given] if way == "object" and given else ["", *pieces(rng, json.dumps(given))]
    return {**start, "input": {}}, [{"type": "input_json_delta", "partial_json": one} for one in written]


def _novel(rng: Random, place: int) -> tuple[Json, list[Json]]:
    return {"type": "x_block", "x": ""}, [{"type": "x_delta", "x": one} for one in pieces(rng)]


# Responses


def responses(rng: Random) -> tuple[list[Json], bool]:
    """Return the events of a Responses stream, and whether its items come one after another."""
    places = range(rng.randrange(1, 5))
    ids, indexes = rng.random() < 0.8, rng.random() < 0.8
    items = [_item(rng, place, ids=ids) for place in places]
    in_order = not indexes or rng.random() < 0.7
    streams = [_item_events(rng, place, *items[place], indexes=indexes or not ids) for place in places]
    middle = [event for stream in streams for event in stream] if in_order else interleaved(rng, streams)
    output = [item for item, _ in items]
    last: Json = {"id": "r", "status": "completed", "output": output if rng.random() < 0.6 else []}
    if not middle:
        last["output"] = output
    if rng.random() < 0.8:
        last["usage"] = {"input_tokens": 3, "output_tokens": rng.randrange(9), "total_tokens": 9}
    begun = {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}
    return [begun, *middle, {"type": "response.completed", "response": last}], in_order


def _item(rng: Random, place: int, *, ids: bool) -> tuple[Json, list[tuple[str, Json, list[str]]]]:
    """Return an item, and its texts: the kind of their events, their position, and their pieces."""
    named = {"id": f"i{place}"} if ids else {}
    base = rng.choice((0, 0, 0, 1))
    kind = rng.choice(("message", "message", "reasoning", "function_call", "x_novel"))
    if kind == "function_call":
        written = pieces(rng, json.dumps(arguments(rng)))
        call = {"call_id": f"call-{place}", "name": f"tool_{place}", "arguments": "".join(written)}
        return {"type": kind, **named, **call, "status": "completed"}, [("function_call_arguments", {}, written)]
    if kind == "x_novel":
        return {"type": kind, **named, "x": text(rng)}, []
    parts, texts = [], []
    for number in range(rng.randrange(1, 4)):
        found = pieces(rng)
        name, field, event = ("summary_text", "text", "reasoning_summary_text") if kind == "reasoning" else rng.choice(
            (("output_text", "text", "output_text"), ("refusal", "refusal", "refusal"))
        )  # fmt: skip
        parts.append({"type": name, field: "".join(found)})
        at = "summary_index" if kind == "reasoning" else "content_index"
        texts.append((event, {at: number + (base if kind == "message" else 0)}, found))
    item = {"type": kind, **named, "summary" if kind == "reasoning" else "content": parts}
    return ({**item, "role": "assistant"} if kind == "message" else item), texts


def _item_events(
    rng: Random, place: int, item: Json, texts: list[tuple[str, Json, list[str]]], *, indexes: bool
) -> list[Json]:
    where = {"output_index": place} if indexes else {}
    about = {**where, **({"item_id": item["id"]} if "id" in item else {})}
    begins = {name: [] if name in ("content", "summary") else value for name, value in item.items()}
    if "arguments" in begins:
        begins["arguments"] = ""
    added = {"type": "response.output_item.added", **where, "item": begins}
    done = {"type": "response.output_item.done", **where, "item": item}
    way = rng.choice(("full", "full", "nothing done", "no text done", "done alone"))
    middle: list[Json] = []
    for kind, at, found in texts:
        field = {"refusal": "refusal", "function_call_arguments": "arguments"}.get(kind, "text")
        middle += [{"type": f"response.{kind}.delta", **about, **at, "delta": one} for one in found]
        if way == "full":
            middle.append({"type": f"response.{kind}.done", **about, **at, field: "".join(found)})
    if way == "done alone":
        return [done]
    return [added, *middle] if way == "nothing done" else [added, *middle, done]
