"""Transports without sockets for tests of batches, and small files."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Reply = tuple[int, dict[str, Any], dict[str, str]]


def chat(text: str, **more: Any) -> dict[str, Any]:
    """Return a chat completion."""
    message = {"role": "assistant", "content": text} | more
    choice = {"index": 0, "finish_reason": "tool_calls" if "tool_calls" in more else "stop", "message": message}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def text_of(body: dict[str, Any]) -> str:
    """Return the text of a request's first user message."""
    first = next(message for message in body["messages"] if message["role"] == "user")
    return str(first["content"])


def echo(body: dict[str, Any]) -> Reply:
    """Answer with the text of the request."""
    return 200, chat(f"re: {text_of(body)}"), {}


def as_stream(body: dict[str, Any]) -> bytes:
    """Return a completion as an event stream of one chunk."""
    choice = body["choices"][0]
    calls = [one | {"index": 0} for one in choice["message"].get("tool_calls", [])]
    delta = choice["message"] | ({"tool_calls": calls} if calls else {})
    chunk = body | {"object": "chat.completion.chunk"}
    chunk["choices"] = [{"index": 0, "delta": delta, "finish_reason": choice["finish_reason"]}]
    return b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n"


class _Response:
    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str], *, stream: bool = False) -> None:
        stream = stream and status == 200
        self.status = status
        kind = "text/event-stream" if stream else "application/json"
        self.headers = [("content-type", kind), *headers.items()]
        self.left = as_stream(body) if stream else json.dumps(body).encode()

    def take(self) -> bytes:
        data, self.left = self.left, b""
        return data

    def abandon(self) -> None:
        self.left = b""


class _AsyncResponse(_Response):
    async def read(self, deadline: float | None = None) -> bytes:
        return self.take()

    async def release(self) -> None:
        self.abandon()


class _BlockingResponse(_Response):
    def read(self, deadline: float | None = None) -> bytes:
        return self.take()

    def release(self) -> None:
        self.abandon()


class _Counting:
    """What both transports count: requests, those in flight, and the keys asked for."""

    def __init__(self, answer: Callable[[dict[str, Any]], Reply] = echo, seconds: float = 0.0) -> None:
        self.answer = answer
        self.seconds = seconds
        self.bodies: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.busy = 0
        self.most = 0
        self.lock = threading.Lock()

    def begin(self, url: str, body: bytes | None) -> Reply:
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
            request = json.loads(body or b"{}")
            self.bodies.append(request)
            self.urls.append(url)
            return self.answer(request)

    def end(self) -> None:
        with self.lock:
            self.busy -= 1


class AsyncServer(_Counting):
    """An in-process transport of the async client."""

    async def open(self, method: str, url: str, headers: Any, body: bytes | None, **more: Any) -> _AsyncResponse:
        reply = self.begin(url, body)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.end()
        return _AsyncResponse(*reply, stream=b'"stream":true' in (body or b""))

    async def aclose(self) -> None:
        pass


class BlockingServer(_Counting):
    """An in-process transport of the blocking client."""

    def open(self, method: str, url: str, headers: Any, body: bytes | None, **more: Any) -> _BlockingResponse:
        reply = self.begin(url, body)
        if self.seconds:
            time.sleep(self.seconds)
        self.end()
        return _BlockingResponse(*reply, stream=b'"stream":true' in (body or b""))

    def close(self) -> None:
        pass


def write_rows(path: Path, rows: Iterable[Any]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def some_rows(count: int) -> list[dict[str, Any]]:
    """Return rows with `id` and `text`."""
    return [{"id": f"k{number}", "text": f"row {number}"} for number in range(count)]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of an output."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def by_key(path: Path) -> dict[str | int, dict[str, Any]]:
    """Return the lines of an output by key, and check that each key is there once."""
    lines = read_lines(path)
    found = {line["key"]: line for line in lines}
    assert len(found) == len(lines), "a key has more than one line"
    return found


def ask(row: Any) -> dict[str, Any]:
    """Return the request of a row."""
    return {"model": "openai/gpt-4o-mini", "messages": row["text"], "max_tokens": 40}
