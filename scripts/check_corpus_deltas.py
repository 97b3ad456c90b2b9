"""Check that the deltas of recorded streams add up to the assembled answers.

    python scripts/check_corpus_deltas.py FOLDER

FOLDER holds `records/*.jsonl.xz`: one exchange a line, with `dialect`, `streamed`, `status` and `body` (base64). Prints
a count per dialect and each difference. The exit status is 1 when there is a difference.
"""

from __future__ import annotations

import base64
import json
import lzma
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from inference_gateway_sdk import ReasoningDelta, TextDelta, ToolCallEnd
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect

DIALECTS: dict[str, Any] = {"chat": ChatDialect, "messages": MessagesDialect, "responses": ResponsesDialect}


def views(dialect: Any, body: bytes) -> tuple[list[Any], list[Any]]:
    """Return the deltas of a body and the answers assembled from it."""
    dialect.watch_deltas()
    deltas: list[Any] = []
    for chunk, _ in (*dialect.feed(body), *dialect.end()):
        if chunk is not None:
            dialect.fold(chunk)
            deltas += dialect.deltas(chunk)
    return deltas + dialect.deltas(None), dialect.turns(complete=False)


def joined(deltas: list[Any], kind: type) -> str:
    """Return the text of the deltas of a kind, of all choices in order."""
    return "".join(delta.text for delta in sorted(deltas, key=_place) if isinstance(delta, kind))


def assembled(name: str, answers: list[Any]) -> tuple[str, list[str]]:
    """Return the text of assembled answers, and the arguments of their tool calls."""
    texts: list[str] = []
    calls: list[str] = []
    for answer in answers:
        if name == "chat":
            for choice in sorted(answer.choices, key=lambda choice: choice.index):
                texts.append(choice.message.text or "")
                calls += [call.function.arguments for call in choice.message.tool_calls or ()]
        elif name == "messages":
            blocks = [block.to_dict() for block in answer.content]
            texts += [block.get("text") or "" for block in blocks if block.get("type") == "text"]
            kinds = [block for block in blocks if str(block.get("type")).endswith("tool_use")]
            calls += [_canonical(block.get("input") or {}) for block in kinds]
        else:
            texts.append(answer.output_text or "")
            calls += [call.arguments for call in answer.tool_calls]
    return "".join(texts), calls


def differs(name: str, body: bytes) -> str:
    """Return how deltas and answer of a body differ, "" when they agree."""
    dialect = DIALECTS[name]()
    deltas, answers = views(dialect, body)
    if dialect.failure is not None or not dialect.terminal:
        return ""  # a failed stream has no ends to compare
    text, calls = assembled(name, answers)
    if joined(deltas, TextDelta) != text:
        return f"text: {joined(deltas, TextDelta)[:60]!r} is not {text[:60]!r}"
    ends = [delta.arguments for delta in sorted(deltas, key=_place) if isinstance(delta, ToolCallEnd)]
    if name == "messages":
        ends = [_canonical(end or {}) for end in ends]
    return "" if ends == calls else f"calls: {ends} are not {calls}"


def _canonical(arguments: object) -> str:
    """Return a tool's input as JSON with sorted keys; text that is not JSON stays text, as in the answer."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return str(arguments)
    return json.dumps(arguments, sort_keys=True)


def _place(delta: Any) -> tuple[int, int]:
    return getattr(delta, "choice", 0) or 0, getattr(delta, "index", -1)


def main(folder: Path) -> int:
    """Print the counts and the differences."""
    counts: Counter[str] = Counter()
    found: list[str] = []
    reasoning = 0
    for path in sorted((folder / "records").glob("*.jsonl.xz")):
        with lzma.open(path, "rt") as lines:
            for line in lines:
                record = json.loads(line)
                name = record["dialect"]
                if name not in DIALECTS or not record["streamed"] or record["status"] != 200:
                    continue
                body = base64.b64decode(record["body"])
                counts[name] += 1
                difference = differs(name, body)
                reasoning += any(isinstance(delta, ReasoningDelta) for delta in views(DIALECTS[name](), body)[0])
                if difference:
                    found.append(f"{name} {record['project']} {record['file']}: {difference}")
    for name, count in sorted(counts.items()):
        print(f"{name:10} {count:5} streams")
    print(f"{reasoning} of them with reasoning")
    print("\n".join(found) or "the deltas of every stream add up to its answer")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
