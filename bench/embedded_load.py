"""A load test of the embedded gateway: concurrent streams, events per second, memory and time for each.

Three processes: a provider, the gateway (`igw serve`), and the clients here. `python bench/embedded_load.py --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from inference_gateway_sdk import AsyncInferenceGatewayClient, Timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVENT = (
    b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%s}]}\n\n'
)
WORD = EVENT % b'{"content":"word "},"finish_reason":null'
LAST = EVENT % b'{},"finish_reason":"stop"' + b"data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def provide(events: int, pause: float, together: int) -> None:
    """Run a provider on a free port, print the port, and send `events` to each request with a pause after each.

    Args:
        events: The number of events before the last.
        pause: The pause in seconds.
        together: The number of streams to wait for after the first event.
    """
    waiting, all_there = 0, asyncio.Event()

    async def begun() -> None:
        nonlocal waiting
        waiting += 1
        if waiting >= together:
            all_there.set()
        await all_there.wait()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *([0-9]+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                writer.write(HEAD)
                for number, data in enumerate([WORD] * events + [LAST]):
                    writer.write(b"%x\r\n%s\r\n" % (len(data), data))
                    await writer.drain()
                    await (asyncio.sleep(pause) if number else begun())
                writer.write(b"0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def consume(url: str, streams: int, events: int) -> tuple[int, int, float]:
    """Return the number of complete streams, the largest number of concurrent streams, and the seconds."""
    opened = most = whole = 0

    async def one(client: AsyncInferenceGatewayClient) -> None:
        nonlocal opened, most, whole
        async with client.generate_content_stream("openai/m", "Go") as stream:
            opened += 1
            most = max(most, opened)
            words = [chunk.text async for chunk in stream if chunk.text]
            opened -= 1
            whole += len(words) == events

    timeouts = Timeouts(connect=60, first_content=120, idle=120)
    began = time.perf_counter()
    options = {"timeout": timeouts, "max_retries": 0, "max_connections": streams, "proxy": None}
    async with AsyncInferenceGatewayClient(url, **options) as client:
        await asyncio.gather(*(one(client) for _ in range(streams)))
    return whole, most, time.perf_counter() - began


@contextlib.contextmanager
def child(*command: str, output: IO[bytes] | int = subprocess.PIPE, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process for the duration of the block, with its standard output in a pipe or in `output`."""
    piped, given = subprocess.PIPE, {**os.environ, **environ}
    with subprocess.Popen(command, stdout=output, stderr=piped, text=True, env=given) as process:
        try:
            yield process
        finally:
            process.terminate()


def spent(pid: int) -> tuple[float, float, float]:
    """Return the CPU seconds, the current megabytes and the peak megabytes of a process (Linux)."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    memory = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()))
    seconds = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(memory["VmRSS"]) / 1024, int(memory["VmHWM"]) / 1024


def measured(asked: argparse.Namespace, *options: str) -> tuple[int, int, float, float, float, float]:
    """Run once: whole streams, most at once, seconds, processor seconds of the gateway, megabytes before and at most.

    Args:
        asked: The options of this program.
        options: Options of `igw serve`. Its standard output goes to a file.
    """
    provider = [sys.executable, __file__, "--provide", *sys.argv[1:]]
    command = [
        sys.executable,
        "-c",
        "from inference_gateway_sdk.cli import main; main()",
        "serve",
        "--port=0",
        *options,
    ]
    with child(*provider) as upstream, tempfile.TemporaryFile() as log:
        where = f"http://127.0.0.1:{upstream.stdout.readline().strip()}/v1"
        patient = {"CLIENT_RESPONSE_HEADER_TIMEOUT": "2m", "SERVER_READ_TIMEOUT": "2m"}
        with child(*command, output=log, OPENAI_API_URL=where, OPENAI_API_KEY="k", **patient) as gateway:
            url = re.search(r"http://\S+/v1", gateway.stderr.readline())[0]
            before = spent(gateway.pid)
            with polled(url.removesuffix("/v1")) if "--inspect" in options else contextlib.nullcontext():
                whole, most, seconds = asyncio.run(consume(url, asked.streams, asked.events))
            after = spent(gateway.pid)
        log.seek(0)
        lines = log.read().count(b"POST /v1/chat/completions")
    if lines != (0 if "--quiet" in options else asked.streams):
        raise SystemExit(f"the request log has {lines} lines of {asked.streams} requests")
    return whole, most, seconds, after[0] - before[0], before[1], after[2]


@contextlib.contextmanager
def polled(base: str) -> Iterator[None]:
    """Read the traffic page's data as an open page does, with the details of one request, until the block ends."""
    ended = threading.Event()

    def poll() -> None:
        run, since, wait, rest, chosen = "", 0, 0.0, 0.0, None
        with contextlib.closing(
            http.client.HTTPConnection(base.removeprefix("http://"))
        ) as page:  # reused, as by a page

            def read(path: str) -> tuple[dict[str, Any], float]:
                page.request("GET", f"/inspect/requests{path}")
                answer = page.getresponse()
                return json.load(answer), float(answer.headers["x-wait"])

            while not ended.wait(wait):
                found, wait = read(f"?run={run}&since={since}")
                run, since = found["run"], found["version"]
                changed = [one["number"] for one in found["requests"]] + [one[0] for one in found.get("progress", ())]
                chosen = chosen or next(iter(changed), None)
                if chosen in changed and time.monotonic() >= rest:
                    rest = read(f"/{chosen}")[1] + time.monotonic()

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def compare(asked: argparse.Namespace, turns: int, name: str, options: Sequence[str], without: Sequence[str]) -> None:
    """Print the processor time of the gateway with some options and without them, by turns, and their ratio."""
    used: dict[bool, list[float]] = {True: [], False: []}
    measured(asked, *without)  # the first run of a session takes longer, whatever its options
    for turn in range(turns):
        for given in (False, True)[:: 1 if turn % 2 else -1]:
            whole, _, _, spent, _, _ = measured(asked, *(options if given else without))
            if whole != asked.streams:
                raise SystemExit(f"{whole} of {asked.streams} streams were whole")
            used[given].append(spent)
        print(f"turn {turn + 1}: {used[True][-1]:.2f} s with {name}, {used[False][-1]:.2f} s without")
    ratio = statistics.median(used[True]) / statistics.median(used[False])
    pairs = statistics.median(one / other for one, other in zip(used[True], used[False], strict=True))
    print(
        f"medians of {asked.streams} streams: {ratio:.3f} times the processor time with {name} ({pairs:.3f} by pairs)"
    )


def main() -> None:
    """Run once and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds after each event; 0 for maximum speed")
    parser.add_argument("--together", action="store_true", help="continue only when all streams are open")
    parser.add_argument("--log-cost", type=int, metavar="TURNS", help="compare the request log with --quiet, by turns")
    parser.add_argument("--inspect-cost", type=int, metavar="TURNS", help="compare an open traffic page with none")
    parser.add_argument("--provide", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.provide:
        asyncio.run(provide(asked.events, asked.pause, asked.streams if asked.together else 0))
        return
    if asked.log_cost:
        compare(asked, asked.log_cost, "the log", (), ("--quiet",))
        return
    if asked.inspect_cost:
        compare(asked, asked.inspect_cost, "the traffic page open", ("--inspect",), ())
        return
    whole, most, seconds, used, before, after = measured(asked, "--quiet")
    handed = asked.streams * (asked.events + 2)
    each = (after - before) / asked.streams * 1024
    print(f"{whole} of {asked.streams} streams whole, {most} open at the same time, {seconds:.1f} s")
    print(
        f"{handed / seconds:.0f} events/s; {used:.1f} s of the gateway's processor: {used / handed * 1e6:.0f} µs each"
    )
    print(f"the gateway's memory: {before:.0f} MB before, {after:.0f} MB at most: {each:.0f} KB a stream")
    print(json.dumps({"whole": whole, "open": most, "events_a_second": handed / seconds, "kilobytes": each}))


if __name__ == "__main__":
    main()
