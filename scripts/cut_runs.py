"""Check over recorded traffic that a run starts no tool of an answer that was cut off, and no call twice.

    python scripts/cut_runs.py FOLDER [--bytes 50] [--seed 11]

FOLDER holds `records/*.jsonl.xz`, one exchange per line: `dialect`, `streamed`, `status` and `body` (base64). Each
recorded stream with tool calls is played to `client.run` by a transport without sockets: whole, cut after every event,
and cut at random bytes. Every tool of the recording counts its calls. The run's next request gets a text.

A call may start only if the played part contains the end of the answer. The table counts runs by dialect. Runs that
break the rule are printed, and the exit status is then 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import lzma
import random
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference_gateway_sdk import GatewayError, InferenceGatewayClient, Run, tool
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect

if TYPE_CHECKING:
    from collections.abc import Iterator

DIALECTS: dict[str, Any] = {"chat": ChatDialect, "messages": MessagesDialect, "responses": ResponsesDialect}
MODELS = {"chat": "openai/m", "messages": "anthropic/m", "responses": "openai/m"}
AFTER = {
    "chat": b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
    b'{"role":"assistant","content":"Done."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    "messages": b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":'
    b'"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text",'
    b'"text":"Done."}}\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":'
    b'{"output_tokens":1}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    "responses": b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r","object":'
    b'"response","created_at":1,"model":"m","status":"completed","output":[{"type":"message","id":"x","role":'
    b'"assistant","status":"completed","content":[{"type":"output_text","text":"Done.","annotations":[]}]}]}}\n\n',
}


class Played:
    """A response without a socket."""

    status = 200
    headers = (("content-type", "text/event-stream"),)

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, deadline: float | None = None) -> bytes:
        """Return the body, then its end."""
        del deadline
        body, self._rest = self._rest, b""
        return body

    def release(self) -> None:
        """Do nothing."""

    def abandon(self) -> None:
        """Do nothing."""


class Player:
    """A transport that answers the first request with recorded bytes and the others with a text."""

    def __init__(self, dialect: str, body: bytes) -> None:
        self.requests = 0
        self._dialect, self._body = dialect, body

    def open(self, *_: Any, **__: Any) -> Played:
        """Return the next answer."""
        self.requests += 1
        return Played(self._body if self.requests == 1 else AFTER[self._dialect])

    def close(self) -> None:
        """Do nothing."""


def recorded(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, dialect and body of every recorded stream of a model's answer."""
    for path in sorted((folder / "records").glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record.get("streamed") and record.get("status") == 200 and record.get("dialect") in DIALECTS:
                    yield str(record.get("file", path.name)), record["dialect"], base64.b64decode(record["body"])


def calls_of(dialect: str, body: bytes) -> list[str] | None:
    """Return the names of the calls of a whole answer, or None for an incomplete one."""
    reader = DIALECTS[dialect]()
    try:
        for chunk, _ in (*reader.feed(body), *reader.end()):
            if chunk is not None:
                reader.fold(chunk)
        turns = reader.turns(complete=False)
    except GatewayError:
        return None
    if reader.failure is not None and not reader.terminal:
        return None
    if not turns:
        return []
    calls = turns[-1].tool_calls
    return [one.function.name if dialect == "chat" else one.name for one in calls if one]


def play(dialect: str, body: bytes, names: set[str]) -> tuple[Counter[str], str]:
    """Return the number of starts of each tool, and the end of the run."""
    started: Counter[str] = Counter()

    def count(name: str, arguments: dict[str, Any]) -> str:
        del arguments
        started[name] += 1
        return "ok"

    empty = {"type": "object"}
    tools = [tool({"type": "function", "function": {"name": name, "parameters": empty}}) for name in sorted(names)]
    for one in tools:
        one.runner = "gateway"  # whose tools take any arguments
    player = Player(dialect, body)
    more: Any = {"max_tokens": 100} if dialect == "messages" else {}
    with InferenceGatewayClient("http://recorded", driver=player, max_retries=0, proxy=None) as client:
        try:
            with client.run_stream(MODELS[dialect], "Hi", tools=tools, dialect=dialect, limits=3, **more) as stream:
                stream._runner._call_mcp_tool = count  # noqa: SLF001
                run: Run[str] = stream.final()
        except GatewayError as error:
            return started, type(error).__name__
    return started, run.finish


def cuts(body: bytes, count: int, chance: random.Random) -> Iterator[int]:
    """Yield the positions of cuts: after every event, and at random bytes."""
    yield from (match.end() for match in re.finditer(rb"\r?\n\r?\n", body))
    yield from sorted(chance.sample(range(1, len(body)), min(count, max(len(body) - 1, 0))))


def main() -> int:
    """Play everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bytes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    table: dict[str, Counter[str]] = {dialect: Counter() for dialect in DIALECTS}
    wrong = 0
    for name, dialect, body in recorded(given.folder):
        whole = calls_of(dialect, body)
        if not whole or (b"tool" not in body and b"function_call" not in body):
            continue
        counts = table[dialect]
        counts["streams"] += 1
        for cut in (*cuts(body, given.bytes, chance), len(body)):
            part = body[:cut]
            allowed = Counter(calls_of(dialect, part) or ())
            started, end = play(dialect, part, set(whole))
            counts["runs"] += 1
            counts["ended by an error" if end.endswith("Error") else "ended"] += 1
            counts["calls started"] += started.total()
            if started - allowed:
                wrong += 1
                print(f"{name} cut at {cut} of {len(body)}: started {dict(started)}, allowed {dict(allowed)}")
    columns = ("streams", "runs", "ended", "ended by an error", "calls started")
    print(f"{'dialect':10}", *(f"{column:>18}" for column in columns))
    for dialect, counts in table.items():
        print(f"{dialect:10}", *(f"{counts[column]:18}" for column in columns))
    print(f"runs that started a call of an answer without its end, or one twice: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
