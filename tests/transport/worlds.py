"""One interface to both drivers, so that a test is written once: the asyncio one runs on a loop in its own thread."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import Any

from inference_gateway_sdk._transport._async import AsyncioDriver
from inference_gateway_sdk._transport._blocking import BlockingDriver

PATIENCE = 20.0  # seconds after which a test has failed


def _by(seconds: float | None) -> float | None:
    return None if seconds is None else monotonic() + seconds


class Answer:
    """A response of either world; times are seconds from now."""

    def __init__(self, world: World, inner: Any) -> None:
        self.world, self.inner = world, inner
        self.status: int = inner.status
        self.headers: list[tuple[str, str]] = inner.headers

    def read(self, seconds: float | None = PATIENCE) -> bytes:
        return self.world.run(self.inner.read(_by(seconds)))

    def read_all(self, seconds: float | None = PATIENCE) -> bytes:
        parts = []
        while part := self.read(seconds):
            parts.append(part)
        return b"".join(parts)

    def release(self) -> None:
        self.world.run(self.inner.release())

    def abandon(self) -> None:
        self.inner.abandon()
        self.world.settle()


class Driver:
    """A driver of either world."""

    def __init__(self, world: World, inner: Any) -> None:
        self.world, self.inner = world, inner

    def open(
        self,
        url: str,
        body: bytes | None = None,
        *,
        method: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        seconds: float | None = PATIENCE,
        connect: float | None = None,
    ) -> Answer:
        method = method or ("GET" if body is None else "POST")
        opening = self.inner.open(method, url, headers, body, deadline=_by(seconds), connect_seconds=connect)
        return Answer(self.world, self.world.run(opening))

    def get(self, url: str, body: bytes | None = None, **more: Any) -> tuple[int, bytes]:
        """Return the status and the whole body."""
        answer = self.open(url, body, **more)
        return answer.status, answer.read_all()

    def close(self) -> None:
        self.world.close(self.inner)


class World:
    """The blocking world; the asyncio one overrides the differences."""

    name = "blocking"

    def __init__(self) -> None:
        self._drivers: list[Driver] = []

    def driver(self, **options: Any) -> Driver:
        driver = Driver(self, self._make(options))
        self._drivers.append(driver)
        return driver

    def run(self, value: Any) -> Any:
        return value

    def settle(self) -> None:
        """Let pending work complete."""

    def close(self, inner: Any) -> None:
        inner.close()

    def end(self) -> None:
        for driver in self._drivers:
            driver.close()
        self._drivers.clear()
        if self.name == "blocking":
            gc.collect()

    def _make(self, options: dict[str, Any]) -> Any:
        return BlockingDriver(**{"proxy": None, **options})


class AsyncioWorld(World):
    """A loop in debug mode; anything it would only log fails the test."""

    name = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[dict[str, Any]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(PATIENCE)

    def run(self, value: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(value, self.loop).result(PATIENCE * 2)

    def settle(self) -> None:
        self.run(asyncio.sleep(0.01))  # callbacks of closed sockets run in it

    def close(self, inner: Any) -> None:
        self.run(inner.aclose())

    def end(self) -> None:
        super().end()
        if self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        gc.collect()
        assert not self.complaints, self.complaints

    def _make(self, options: dict[str, Any]) -> Any:
        return AsyncioDriver(**{"proxy": None, **options})

    def _serve(self) -> None:
        with asyncio.Runner(debug=True) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        self.loop.slow_callback_duration = 10
        self._stop = asyncio.Event()
        self._ready.set()
        await self._stop.wait()
