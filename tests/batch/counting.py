"""A gateway that counts requests by their prompt, in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MODELS = {"object": "list", "data": []}


@dataclass
class CountingGateway:
    """Answers every chat with its prompt in capitals.

    Attributes:
        asked: The number of requests for each prompt.
        times: When requests came.
        url: The address.
        refuse: Returns the status with which the request of this number is refused, or None.
        delay: Seconds until an answer.
    """

    asked: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    url: str = ""
    refuse: Callable[[int], int | None] = lambda number: None
    delay: float = 0.01

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                status, answer = self._answer(json.loads(body)) if body else (200, MODELS)
                await asyncio.sleep(self.delay)
                data = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n" % status)
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    def _answer(self, request: dict[str, object]) -> tuple[int, dict[str, object]]:
        messages = request["messages"]
        assert isinstance(messages, list)
        prompt = messages[-1]["content"]
        self.times.append(time.monotonic())
        status = self.refuse(len(self.times))
        if status is not None:
            return status, {"error": {"message": "not now", "code": "refused"}}
        self.asked[prompt] += 1
        message = {"role": "assistant", "content": prompt.upper()}
        return 200, {
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }  # fmt: skip


@contextlib.contextmanager
def counting(**options: object) -> Iterator[CountingGateway]:
    """Run a gateway in a thread for the block."""
    gateway = CountingGateway(**options)  # type: ignore[arg-type]
    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
        gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        async with server:
            await loop.run_in_executor(None, stop.wait)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(60)
    try:
        yield gateway
    finally:
        stop.set()
        thread.join(60)
