"""Run the checks of a folder of recorded traffic, and explain each failure that is not a fault of this package.

    python scripts/check_corpus.py FOLDER [--out OUT] [ARGUMENTS of its check.py]

FOLDER holds `records/*.jsonl.xz` and a `check.py`, which serves every recorded body to both clients and compares whole
answers, streams, truncated streams, errors and requests with its own independent decoding. The folder is not part of
this repository; tests/client/test_exchanges.py checks the same on a sample that is part of it.

It prints the totals by kind, then each reason for a failure with its explanation from the table below. The exit status
is 1 if a reason has no explanation.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

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
    "provider must be a provider id": "a `provider` object: the error names extra_body",
}
"""Explanations of reasons of check.py that are not faults, by reason without a prefix `partial: `."""


def explanation(reason: str) -> str | None:
    """Return why a failure for this reason is not a fault, or None if it may be one."""
    return EXPLAINED.get(reason.removeprefix("partial: "))


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
    found = Counter((fail["phase"], fail["reason"]) for fail in fails)
    for _, message, outcome, count, _ in state["wrong"]:
        if outcome == "accepted":  # by the provider, but refused by this package before sending
            found["requests", message.partition(" such as")[0]] += count
    return found


def main() -> None:
    """Run the checks and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="the output folder of check.py; kept afterwards")
    parser.add_argument("--read", action="store_true", help="only explain the results of an earlier run in OUT")
    chosen, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = chosen.out or Path(temporary)
        if not chosen.read:
            run(chosen.folder, out, more)
        state = json.loads((out / "state.json").read_text(encoding="utf-8"))
        print("\n".join(totals(state["rows"])))
        found = reasons(out, state)
    print()
    for (phase, reason), count in sorted(found.items()):
        print(f"{count:6} {phase:9}{reason}: {explanation(reason) or 'NOT EXPLAINED'}")
    raise SystemExit(any(explanation(reason) is None for _, reason in found))


if __name__ == "__main__":
    main()
