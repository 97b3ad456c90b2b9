"""Check over recorded traffic that `deltas()`, joined, is the assembled answer.

    python scripts/check_corpus_deltas.py FOLDER

FOLDER holds `records/*.jsonl.xz`, one exchange per line: `dialect`, `streamed`, `status`, `file` and `body` (base64).
Each recorded stream is decoded, assembled and viewed without a socket. The table counts the streams by dialect:
complete ones, incomplete ones, and those whose deltas differ from the assembled answer. Each of the latter is printed
with its differences, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import lzma
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from inference_gateway_sdk import (
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    TurnEnd,
    UsageReport,
)
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect

if TYPE_CHECKING:
    from collections.abc import Iterator

DIALECTS: dict[str, Any] = {"chat": ChatDialect, "messages": MessagesDialect, "responses": ResponsesDialect}


class Summary(NamedTuple):
    """The facts of one turn that deltas and assembled answers have in common.

    Attributes:
        texts: By choice and kind ("text", "reasoning", "refusal").
        calls: By choice, in order: id, name and arguments.
        pieces: The same calls with the arguments as their deltas give them, joined.
        finish: By choice.
        usage: As JSON.
    """

    texts: dict[tuple[int, str], str]
    calls: dict[int, list[tuple[str, str, str]]]
    pieces: dict[int, list[str]]
    finish: dict[int, str]
    usage: Any


def joined(deltas: list[Any]) -> list[Summary]:
    """Return the turns that deltas add up to."""
    turns = [Summary({}, {}, {}, {}, [None])]
    pieces: dict[tuple[int, int], str] = {}
    for delta in deltas:
        texts, calls, ended, finish, usage = turns[-1]
        match delta:
            case TextDelta(text, choice):
                texts[choice, "text"] = texts.get((choice, "text"), "") + text
            case ReasoningDelta(text, choice):
                texts[choice, "reasoning"] = texts.get((choice, "reasoning"), "") + text
            case RefusalDelta(text, choice):
                texts[choice, "refusal"] = texts.get((choice, "refusal"), "") + text
            case ToolCallDelta(index, text, choice):
                pieces[choice, index] = pieces.get((choice, index), "") + text
            case ToolCallEnd(index, id, name, arguments, choice):
                calls.setdefault(choice, []).append((id, name, arguments))
                ended.setdefault(choice, []).append(pieces.pop((choice, index), ""))
            case TurnEnd():
                pieces.clear()
                turns.append(Summary({}, {}, {}, {}, [None]))
            case Finish(reason, choice):
                finish[choice] = str(reason)
            case UsageReport(_, _, report):
                usage[0] = report.to_dict()
            case _:
                pass
    return [turn._replace(usage=turn.usage[0]) for turn in turns]


def chat(answer: Any) -> Summary:
    """Return the facts of an assembled chat answer."""
    summary = Summary({}, {}, {}, {}, answer.usage and answer.usage.to_dict())
    for choice in answer.choices:
        index, message = choice.index, choice.message
        parts = message.content if isinstance(message.content, list) else []
        thoughts = [thought(part.to_dict()) for part in parts if str(part.type) == "thinking"]
        reasoning = (message.reasoning_content or message.reasoning or "") + "".join(thoughts)
        texts = {"text": message.text, "reasoning": reasoning, "refusal": message.refusal}
        summary.texts.update({(index, kind): text for kind, text in texts.items() if text})
        calls = [(one.id, one.function.name, one.function.arguments) for one in message.tool_calls or []]
        if calls:
            summary.calls[index] = calls
        if choice.finish_reason:
            summary.finish[index] = str(choice.finish_reason)
    return summary


def thought(part: dict[str, Any]) -> str:
    """Return the text of a thinking part, which is a string or a list of parts."""
    thinking = part.get("thinking") or ""
    return thinking if isinstance(thinking, str) else "".join(one.get("text", "") for one in thinking)


def messages(answer: Any) -> Summary:
    """Return the facts of an assembled message; the input of a call is compared as JSON."""
    summary = Summary({}, {}, {}, {}, answer.usage and answer.usage.to_dict())
    blocks = [block.to_dict() for block in answer.content]
    texts = {
        "text": "".join(block.get("text") or "" for block in blocks if block["type"] == "text"),
        "reasoning": "".join(block.get("thinking") or "" for block in blocks if block["type"] == "thinking"),
    }
    summary.texts.update({(0, kind): text for kind, text in texts.items() if text})
    calls = [block for block in blocks if block["type"].endswith("tool_use")]
    if calls:
        summary.calls[0] = [(call["id"], call["name"], canonical(call["input"])) for call in calls]
    return summary


def canonical(value: Any) -> str:
    """Return JSON in a canonical form; a text that is not JSON is unchanged."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True)


def responses(answer: Any) -> Summary:
    """Return the facts of an assembled response."""
    summary = Summary({}, {}, {}, {}, answer.usage and answer.usage.to_dict())
    found: dict[str, str] = {}
    kinds = {"output_text": "text", "refusal": "refusal", "summary_text": "reasoning", "reasoning_text": "reasoning"}
    for item in answer.to_dict()["output"]:
        for part in [*(item.get("summary") or ()), *(item.get("content") or ())]:
            kind = kinds.get(part.get("type"))
            if kind:
                found[kind] = found.get(kind, "") + (part.get("text") or part.get("refusal") or "")
    summary.texts.update({(0, kind): text for kind, text in found.items() if text})
    calls = [(call.call_id, call.name, call.arguments) for call in answer.tool_calls]
    if calls:
        summary.calls[0] = calls
    return summary


READERS = {"chat": chat, "messages": messages, "responses": responses}


def differences(dialect: str, emitted: Summary, answer: Any, *, whole: bool) -> list[str]:
    """Return where deltas and the assembled answer differ. Calls and reasons are compared in whole answers only."""
    wanted = READERS[dialect](answer)
    found = [
        f"{key[1]} of choice {key[0]}: {cut(emitted.texts.get(key))} is not {cut(wanted.texts.get(key))}"
        for key in sorted({*emitted.texts, *wanted.texts})
        if emitted.texts.get(key, "") != wanted.texts.get(key, "")
    ]
    if emitted.usage != wanted.usage:
        found.append(f"usage: {emitted.usage} is not {wanted.usage}")
    if not whole:
        return found
    for choice in sorted({*emitted.calls, *wanted.calls}):
        calls, pieces = emitted.calls.get(choice, []), emitted.pieces.get(choice, [])
        if [call[2] for call in calls] != pieces:
            found.append(f"joined arguments of choice {choice}: {cut(pieces)} are not those of the ends, {cut(calls)}")
        seen = [(*call[:2], canonical(call[2]) if dialect == "messages" else call[2]) for call in calls]
        if seen != wanted.calls.get(choice, []):
            found.append(f"calls of choice {choice}: {cut(seen)} are not {cut(wanted.calls.get(choice))}")
    if dialect == "chat" and emitted.finish != wanted.finish:
        found.append(f"finish: {emitted.finish} is not {wanted.finish}")
    return found


def cut(value: Any) -> str:
    """Return a value short enough to print."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:70]}...{text[-25:]} ({len(text)} characters)"


def check(dialect: str, body: bytes) -> tuple[bool, list[str]]:
    """Return whether a stream is complete, and the differences between its deltas and the assembled answer."""
    reader = DIALECTS[dialect]()
    reader.watch_deltas()
    deltas: list[Any] = []
    for chunk, _ in (*reader.feed(body), *reader.end()):
        if chunk is not None:
            reader.fold(chunk)
            deltas += reader.deltas(chunk)
    whole = reader.failure is None
    while whole and (more := reader.deltas(None)):
        deltas += more
    turns, emitted = reader.turns(complete=whole), joined(deltas)
    if not turns:
        return whole, []
    found = [] if len(turns) == len(emitted) else [f"{len(emitted)} turns are not {len(turns)}"]
    for number, (one, turn) in enumerate(zip(emitted, turns, strict=False)):
        last = number == len(turns) - 1
        one = one if last else one._replace(finish={c.index: str(c.finish_reason) for c in turn.choices})
        found += differences(dialect, one, turn, whole=whole or not last)
    return whole, found


def streams(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield the dialect, the name and the body of each recorded stream, each body once."""
    seen: set[tuple[str, bytes]] = set()
    for path in sorted((folder / "records").glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if not record["streamed"] or record["dialect"] not in DIALECTS or not 200 <= record["status"] < 300:
                    continue
                body = base64.b64decode(record["body"])
                if body and (record["dialect"], body) not in seen:
                    seen.add((record["dialect"], body))
                    yield record["dialect"], f"{path.name.partition('.')[0]}: {record['file']}", body


def main(arguments: list[str]) -> int:
    """Print the counts and the differences; return 1 if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder that holds records/")
    folder = parser.parse_args(arguments).folder
    counts: Counter[tuple[str, str]] = Counter()
    for dialect, name, body in streams(folder):
        whole, found = check(dialect, body)
        counts[dialect, "whole" if whole else "not whole"] += 1
        if found:
            counts[dialect, "differ"] += 1
            print(f"{dialect} {name}", *found, sep="\n  ")
    print(f"{'dialect':10} {'whole':>6} {'not whole':>10} {'differ':>7}")
    for dialect in DIALECTS:
        row = [counts[dialect, name] for name in ("whole", "not whole", "differ")]
        print(f"{dialect:10} {row[0]:6} {row[1]:10} {row[2]:7}")
    return 1 if any(name == "differ" for _, name in counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
