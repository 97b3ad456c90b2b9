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

from turns import STUDENT, interval

from inference_gateway_sdk import AsyncInferenceGatewayClient, Timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVENT = (
    b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%s}]}\n\n'
)
WORD = EVENT % b'{"content":"word "},"finish_reason":null'
LAST = EVENT % b'{},"finish_reason":"stop"' + b"data: [DONE]\n\n"
PAGE = "the traffic page open"
TURNS = 3  # of each gateway of a pair
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


class OpenPage:
    """A reader of the traffic page's data, as a browser that has the page open, with one stream chosen.

    Args:
        base: The gateway's address.
    """

    def __init__(self, base: str) -> None:
        self._connection = http.client.HTTPConnection(base.removeprefix("http://"))
        self._run = ""
        self._since = 0
        self._wait = 0.0
        self._rest = 0.0
        self._chosen: int | None = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read for the duration of the block, and once more after it: the page shows how the streams ended."""
        ended, self._chosen = threading.Event(), None

        def poll() -> None:
            while not ended.wait(self._wait):
                self._poll()
            self._poll()

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _poll(self) -> None:
        found, self._wait = self._read(f"?run={self._run}&since={self._since}")
        self._run, self._since = found["run"], found["version"]
        # of open streams only the counters are sent again
        still_open = [one["number"] for one in found["requests"] if one["state"] == "open"]
        still_open += [one[0] for one in found["progress"]]
        self._chosen = self._chosen or next(iter(still_open), None)
        has_ended = self._chosen in {one["number"] for one in found["requests"] if one["state"] != "open"}
        if has_ended or (self._chosen in still_open and time.monotonic() >= self._rest):
            self._rest = self._read(f"/{self._chosen}")[1] + time.monotonic()

    def _read(self, path: str) -> tuple[dict[str, Any], float]:
        self._connection.request("GET", f"/inspect/requests{path}")
        answer = self._connection.getresponse()
        return json.load(answer), float(answer.headers["x-wait"])


class Served:
    """A running `igw serve`.

    Attributes:
        base: Its address.
        pid: Its process.
    """

    def __init__(self, process: subprocess.Popen[str], options: Sequence[str]) -> None:
        self.base: str = re.search(r"(http://\S+)/v1", process.stderr.readline())[1]
        self.pid: int = process.pid
        self._requests = 0
        self._quiet = "--quiet" in options
        self._page = OpenPage(self.base) if "--inspect" in options else None
        # a pipe that nobody reads would block the gateway at last
        threading.Thread(target=process.stderr.read, daemon=True).start()

    def cpu(self) -> float:
        """Return the processor seconds of all its threads so far (Linux)."""
        # The clock of another process, as clock_getcpuclockid(3) names it. /proc/PID/stat counts in steps of 10 ms.
        return time.clock_gettime(~self.pid << 3 | 2)

    def run(self, streams: int, events: int) -> tuple[int, int, float]:
        """Consume streams, with the page open if the gateway has one. Return the results of `consume`.

        Raises:
            SystemExit: A stream was not whole.
        """
        with self._page.reading() if self._page else contextlib.nullcontext():
            whole, most, seconds = asyncio.run(consume(f"{self.base}/v1", streams, events))
        if whole != streams:
            raise SystemExit(f"{whole} of {streams} streams were whole")
        self._requests += streams
        return whole, most, seconds

    def close(self) -> None:
        """Close the page."""
        if self._page:
            self._page.close()

    def check_log(self, log: IO[bytes]) -> None:
        """Exit unless the request log, which is whole once the gateway has stopped, has a line for each request.

        Raises:
            SystemExit: It has more or fewer.
        """
        log.seek(0)
        lines = log.read().count(b"POST /v1/chat/completions")
        if lines != (0 if self._quiet else self._requests):
            raise SystemExit(f"the request log has {lines} lines of {self._requests} requests")


@contextlib.contextmanager
def provided() -> Iterator[str]:
    """Run the provider of this command line for the duration of the block, and return its address."""
    with child(sys.executable, __file__, "--provide", *sys.argv[1:]) as upstream:
        yield f"http://127.0.0.1:{upstream.stdout.readline().strip()}/v1"


@contextlib.contextmanager
def served(provider: str, options: Sequence[str]) -> Iterator[Served]:
    """Run `igw serve` with some options for the duration of the block. Its standard output goes to a file."""
    program = "from inference_gateway_sdk.cli import main; main()"
    command = (sys.executable, "-c", program, "serve", "--port=0", *options)
    patient = {"CLIENT_RESPONSE_HEADER_TIMEOUT": "2m", "SERVER_READ_TIMEOUT": "2m"}
    with tempfile.TemporaryFile() as log:
        with (
            child(*command, output=log, OPENAI_API_URL=provider, OPENAI_API_KEY="k", **patient) as process,
            contextlib.closing(Served(process, options)) as gateway,
        ):
            yield gateway
        gateway.check_log(log)


def turn(gateway: Served, asked: argparse.Namespace) -> float:
    """Consume the streams once. Return the processor seconds of the gateway."""
    before = gateway.cpu()
    gateway.run(asked.streams, asked.events)
    return gateway.cpu() - before


def pair(asked: argparse.Namespace, provider: str, options: Sequence[Sequence[str]], number: int) -> list[float]:
    """Return the processor seconds of two new gateways, one with each of the options.

    Both live at the same time and work by short turns, so that whatever slows the machine slows both. The first to be
    started, and the first of two turns, change from pair to pair and from turn to turn.
    """
    with contextlib.ExitStack() as running:
        gateways: dict[int, Served] = {}
        for which in (0, 1) if number % 2 else (1, 0):
            gateways[which] = running.enter_context(served(provider, options[which]))
            gateways[which].run(asked.streams, asked.events)  # the first run of a process takes longer
        used = [0.0, 0.0]
        for at in range(TURNS):
            for which in (0, 1) if (number + at) % 2 else (1, 0):
                used[which] += turn(gateways[which], asked)
    return used


def compare(asked: argparse.Namespace, pairs: int, name: str, options: Sequence[str], without: Sequence[str]) -> None:
    """Print the processor time of gateways with some options and of ones without them, and their ratio.

    Every pair is two new processes: two of the same program differ by some per cent for as long as they live, so that
    turns of one pair would measure the pair. With `--control`, both have the same options: what the method adds.
    """
    events = TURNS * asked.streams * (asked.events + 1)
    used: list[tuple[float, float]] = []
    with provided() as provider:
        for number in range(pairs):
            one, other = (seconds / events * 1e6 for seconds in pair(asked, provider, (options, without), number))
            used.append((one, other))
            print(f"pair {number + 1}: {one:.1f} µs an event with {name}, {other:.1f} µs without", flush=True)
    medians = [statistics.median(column) for column in zip(*used, strict=True)]
    print(f"medians of {asked.streams} streams: {medians[0]:.1f} µs an event with {name}, {medians[1]:.1f} µs without")
    print(f"mean ratio of {pairs} pairs and its 95 % interval: {interval([a / b for a, b in used])}")


def measured(asked: argparse.Namespace) -> tuple[int, int, float, float, float, float]:
    """Run once.

    Returns:
        Whole streams, most at once, seconds, processor seconds of the gateway, its megabytes before and at most.
    """
    with provided() as provider, served(provider, ("--quiet",)) as gateway:
        before = spent(gateway.pid)
        whole, most, seconds = gateway.run(asked.streams, asked.events)
        after = spent(gateway.pid)
    return whole, most, seconds, after[0] - before[0], before[1], after[2]


def main() -> None:
    """Run once and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds after each event; 0 for maximum speed")
    parser.add_argument("--together", action="store_true", help="continue only when all streams are open")
    parser.add_argument("--log-cost", type=int, metavar="PAIRS", help="compare the request log with --quiet")
    parser.add_argument("--inspect-cost", type=int, metavar="PAIRS", help="compare an open traffic page with none")
    parser.add_argument("--control", action="store_true", help="compare a gateway with another of the same options")
    parser.add_argument("--provide", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.provide:
        asyncio.run(provide(asked.events, asked.pause, asked.streams if asked.together else 0))
        return
    if (pairs := asked.log_cost or asked.inspect_cost) is not None:
        if pairs < min(STUDENT):
            parser.error(f"compare at least {min(STUDENT)} pairs; 20 for a narrow interval")
        name, options, without = ("the log", (), ("--quiet",)) if asked.log_cost else (PAGE, ("--inspect",), ())
        compare(asked, pairs, name, without if asked.control else options, without)
        return
    whole, most, seconds, used, before, after = measured(asked)
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
