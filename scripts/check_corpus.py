"""Run the checks of a folder of recorded traffic, and explain each failure that is not a fault of this package.

    python scripts/check_corpus.py FOLDER [--only whole,requests] [--out OUT] [ARGUMENTS of its check.py]

FOLDER holds `records/*.jsonl.xz` and a `check.py`, which serves every recorded body to both clients and compares whole
answers, streams, truncated streams, errors and requests with its own independent decoding. The folder is not part of
this repository; tests/client/test_exchanges.py checks the same on a sample that is part of it.

It prints the totals by kind, the share of answers that msgspec's strict decoding accepts, and the parameters that the
client refused. Then it prints each reason for a failure with its explanation from the tables below. The exit status is
1 if a reason has no explanation.
"""

from __future__ import annotations

import argparse
import base64
import json
import lzma
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import DecodeError

import inference_gateway_sdk as sdk
from inference_gateway_sdk._model.tolerant_decode import hook
from inference_gateway_sdk._model.type_info import build_decoder
from inference_gateway_sdk._wire.params import check_params
from inference_gateway_sdk._wire.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES: dict[str, tuple[type, type]] = {
    "chat": (sdk.CreateChatCompletionResponse, sdk.CreateChatCompletionStreamResponse),
    "messages": (sdk.MessagesResponse, sdk.MessagesStreamEvent),
    "responses": (sdk.Response, sdk.ResponseStreamEvent),
}
"""By dialect, the types of a whole answer and of one event."""

REQUESTS = {
    "chat": "CreateChatCompletionRequest",
    "messages": "CreateMessagesRequest",
    "responses": "CreateResponseRequest",
}

HOSTS = ("api.openai.com", "api.anthropic.com")
"""The hosts whose answers must take the strict path."""

NOT_STRICT = {
    "unknown field `status_details`": "written by hand: the status is `complete`, which the provider does not have",
}
"""Why an answer of these hosts may need the tolerant path."""

EXPLAINED = {
    "unknown message.channel not kept": "a field of chunks alone stays out of the assembled answer (docs/streams.md)",
    "unknown message.token_id not kept": "a field of chunks alone stays out of the assembled answer (docs/streams.md)",
    "unknown choice.text not kept": "a field of chunks alone stays out of the assembled answer (docs/streams.md)",
    "to_dict ADDED $.choices[].message.tool_calls[].type": "the provider left out a required constant (docs/types.md)",
    "sent back ADDED $.tool_calls[].type": "the provider left out a required constant (docs/types.md)",
    "fold: CHANGED $.model": "a fallback block names the model that answered, as in Anthropic's own accumulator",
    "fold: usage": "the check drops the usage of an error event, which the partial answer keeps",
    "deltas: thinking": "thinking in parts of the content is in the deltas, and in the content instead of `reasoning`",
    "anthropic: TYPE $.container.expires_at": "the official client converts the received text to a date",
    "anthropic: TYPE $.content[].input": "arguments cut off by the token limit stay unchanged text",
    "openai: calls": "null arguments are an empty text here, null in the official client",
    "message?": "the message repeats an API key, which is hidden",
    "raised DeserializationError (models)": "a listing of Google's own form, which the gateway converts, has no `data`",
    "provider must be a provider id": "a `provider` object: the error names extra_body",
}
"""Explanations of reasons of check.py that are not faults, by reason without a prefix `partial: `."""


def explanation(reason: str) -> str | None:
    """Return why a failure for this reason is not a fault, or None if it may be one."""
    return EXPLAINED.get(reason.removeprefix("partial: ")) or NOT_STRICT.get(reason)


def run(folder: Path, out: Path, more: list[str]) -> None:
    """Run the folder's own checks."""
    command = [sys.executable, str(folder / "check.py"), str(folder), "--out", str(out), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"check.py failed:\n{done.stderr[-2000:]}")


def totals(rows: list[list[Any]]) -> list[str]:
    """Return a table of the checks, by dialect and kind."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for _, dialect, kind, row in rows:
        counted.setdefault((dialect, kind), Counter()).update({name: row.get(name, 0) for name in ("n", "passed")})
    lines = [f"{'dialect':15}{'kind':10}{'checked':>9}{'passed':>9}{'failed':>9}"]
    for (dialect, kind), row in sorted(counted.items()):
        lines.append(f"{dialect:15}{kind:10}{row['n']:9}{row['passed']:9}{row['n'] - row['passed']:9}")
    return lines


def reasons(out: Path, state: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Return how often each reason came in each phase."""
    fails = [json.loads(line) for line in (out / "fails.jsonl").read_text(encoding="utf-8").splitlines()]
    found = Counter((fail["phase"], _with_dialect(fail)) for fail in fails)
    for _, message, outcome, count, _ in state["wrong"]:
        if outcome == "accepted":  # by the provider, but refused by this package before sending
            found["requests", message.partition(" such as")[0]] += count
    return found


def _with_dialect(fail: dict[str, Any]) -> str:
    """Return the reason; that of an error is explained by dialect."""
    reason = str(fail["reason"])
    return f"{reason} ({fail['dialect']})" if reason.startswith("raised ") else reason


def answers(folder: Path) -> Iterator[tuple[str, str, str, list[bytes]]]:
    """Yield the recorded successes: dialect, kind, host, and the JSON texts of the answer or of its events."""
    for file in sorted((folder / "records").glob("*.jsonl.xz")):
        with lzma.open(file) as lines:
            for line in lines:
                record = json.loads(line)
                dialect = record["dialect"].partition("-")[0]
                body = base64.b64decode(record["body"])
                if dialect in TYPES and 200 <= record["status"] < 300 and body:  # a few recordings lost their body
                    texts = list(_events(body)) if record["streamed"] else [body]
                    yield dialect, "streams" if record["streamed"] else "whole", record["host"], texts


def _events(body: bytes) -> Iterator[bytes]:
    for event in EventParser().feed(body):
        if not event[0].startswith(b"[DONE]"):
            yield bytes(event[0])


def strict_share(folder: Path) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Return a table of how many answers take the strict path, and the reasons why answers of `HOSTS` leave it."""
    decoders = {kind: build_decoder(kind, hook) for pair in TYPES.values() for kind in pair}
    counted: dict[tuple[str, str, str], list[int]] = {}
    left: Counter[tuple[str, str]] = Counter()
    for dialect, kind, host, texts in answers(folder):
        decoder = decoders[TYPES[dialect][kind == "streams"]]
        reason = _first_failure(decoder, texts)
        row = counted.setdefault((dialect, kind, host if host in HOSTS else "others"), [0, 0])
        row[0] += reason is None
        row[1] += 1
        if reason is not None and host in HOSTS:
            left["strict", reason] += 1
    lines = [f"{'dialect':15}{'kind':10}{'host':20}{'strict':>9}{'answers':>9}{'share':>9}"]
    for (dialect, kind, host), (strict, total) in sorted(counted.items()):
        lines.append(f"{dialect:15}{kind:10}{host:20}{strict:9}{total:9}{strict / total:9.1%}")
    return lines, left


def _first_failure(decoder: Any, texts: list[bytes]) -> str | None:
    for text in texts:
        try:
            decoder.decode(text)
        except (DecodeError, ValueError) as error:
            return re.sub(r"^Object contains ", "", re.sub(r"\[\d+\]", "[]", str(error)))
    return None


def refused_parameters(state: dict[str, Any]) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Return a line for each parameter that the client refused, and those whose error does not explain why."""
    lines = [f"{'dialect':15}{'parameter':25}{'requests':>9}{'accepted':>9}  error"]
    bare: Counter[tuple[str, str]] = Counter()
    for dialect, name, sent, accepted, *_ in sorted(state["params"]):
        try:
            check_params(REQUESTS[dialect], {name: None})
            message = f"{name} is not a provider id"  # an argument of the method, given as an object
        except TypeError as error:
            message = str(error)
        lines.append(f"{dialect:15}{name:25}{sent:9}{accepted:9}  {message}")
        if accepted and not re.search(r"the gateway (drops|does not forward)", message):
            bare["requests", f"unknown parameter {dialect}.{name}"] += accepted
    return lines, bare


def main() -> None:
    """Run the checks and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", metavar="PHASES", help="some of whole,streams,cuts,errors,requests; default all")
    parser.add_argument("--out", type=Path, help="the output folder of check.py; kept afterwards")
    parser.add_argument("--read", action="store_true", help="only explain the results of an earlier run in OUT")
    chosen, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = chosen.out or Path(temporary)
        if not chosen.read:
            run(chosen.folder, out, [*(["--only", chosen.only] if chosen.only else []), *more])
        state = json.loads((out / "state.json").read_text(encoding="utf-8"))
        print("\n".join(totals(state["rows"])))
        found = reasons(out, state)
    shares, left = strict_share(chosen.folder)
    refused, bare = refused_parameters(state)
    print("", *shares, "", *refused, "", sep="\n")
    found += left + bare
    for (phase, reason), count in sorted(found.items()):
        print(f"{count:6} {phase:9}{reason}: {explanation(reason) or 'NOT EXPLAINED'}")
    raise SystemExit(any(explanation(reason) is None for _, reason in found))


if __name__ == "__main__":
    main()
