"""The provider `llamacpp` without an address: a smoke-test model beside this process, behind llama.cpp's own server.

It is there to see that everything works, end to end, with no key and no network: it is tiny, and its answers are not to
be relied upon. It loads in the background as soon as the gateway starts, when its weights are there; otherwise the
first chat pulls them or says that they are missing.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .. import go_json, weights
from .catalogue import CATALOGUE
from .llama_server import CONTEXT_TOKENS, LlamaServer, LlamaServerError
from .provider import Answer, Ask, Listed, ProviderError, Refused, Unreachable
from .relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..chat_schema import ChatRequest
    from ..weights import Place, Progress, Report

__all__ = ["SMOKE_TEST_MODEL", "LocalModel"]

SMOKE_TEST_MODEL = "smollm2-135m-instruct"


class _StoppingError(Exception):
    """The gateway stops while the weights are being pulled."""


class LocalModel:
    """The smoke-test model, or the user's own GGUF in its place.

    Args:
        place: Where the weights are.
        pull: Fetch them when a chat needs them and they are missing.
        report: Called with the progress of a pull, from another thread.

    Attributes:
        name: What the model is called.
    """

    def __init__(self, place: Place, *, pull: bool = False, report: Report = lambda _: None) -> None:
        self._place = place
        self._pull = pull and place.ours
        self._report = report
        self.name = SMOKE_TEST_MODEL if place.ours else re.sub(r"[^\w.-]+", "-", place.path.stem.lower())
        self._loading: asyncio.Task[Relay] | None = None
        self._server: LlamaServer | None = None
        self._stopping = False
        self._since = int(time.time())

    async def start(self) -> None:
        """Begin to load, when that needs no download."""
        if self._place.ready:
            self._begin()

    async def models(self) -> list[Listed]:
        """The one model."""
        if not (self._place.ready or self._pull):
            raise Unreachable(str(self._place.missing()))
        model = Listed(
            id=self.name,
            object="model",
            created=self._since,
            owned_by="llamacpp",
            context_tokens=CONTEXT_TOKENS,
            context_source="runtime",
        )
        return [model]

    async def chat(self, request: ChatRequest) -> bytes:
        """As `Provider.chat`."""
        return await (await self._relay(request)).chat(request)

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        lines = (await self._relay(request)).chat_stream(request)
        try:
            async for line in lines:
                yield line
        finally:
            await lines.aclose()

    @asynccontextmanager
    async def exchange(self, ask: Ask) -> AsyncGenerator[Answer]:
        """As `Provider.exchange`: what llama.cpp's own server says."""
        async with (await self._running()).exchange(ask) as answer:
            yield answer

    async def stop(self) -> None:
        """End a pull and the server."""
        self._stopping = True
        if self._loading is None:
            return
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
        try:
            relay = await self._loading
        except ProviderError:
            return
        await relay.stop()

    async def _relay(self, request: ChatRequest) -> Relay:
        """The way to the running server, for a chat that the model can do.

        Raises:
            Refused: It cannot.
            Unreachable: The server could not be started.
        """
        if request.tools:
            raise _no_tools()
        return await self._running()

    async def _running(self) -> Relay:
        """The way to the server, once it runs.

        Raises:
            Unreachable: It could not be started.
        """
        loading = self._begin()
        try:
            return await asyncio.shield(loading)  # one caller that leaves does not end the loading for the others
        except ProviderError:
            self._loading = None if self._loading is loading else self._loading  # the next one tries again
            raise

    def _begin(self) -> asyncio.Task[Relay]:
        if self._loading is None:
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(_look)
        return self._loading

    async def _load(self) -> Relay:
        try:
            url, key = await asyncio.to_thread(self._serve)
        except (weights.WeightsError, LlamaServerError, _StoppingError) as error:
            raise Unreachable(str(error)) from error
        return Relay(CATALOGUE["llamacpp"], url=url, key=key)

    def _serve(self) -> tuple[str, str]:
        """The address and key of the running server."""
        if not self._place.ready:
            if not self._pull:
                raise self._place.missing()
            weights.pull(self._place.path, self._tell)
        server = LlamaServer(self._place.path, alias=self.name, own_template=not self._place.ours)
        self._server = server
        if self._stopping:
            raise _StoppingError
        return server.start(), server.key

    def _tell(self, progress: Progress) -> None:
        if self._stopping:
            raise _StoppingError
        self._report(progress)


def _look(task: asyncio.Task[Relay]) -> None:
    """Retrieve a failure that nobody waits for: the first chat will meet it again."""
    if not task.cancelled():
        task.exception()


def _no_tools() -> Refused:
    """The answer to a request with tools: the model's template would drop them without a word."""
    error = {
        "code": 400,
        "message": "the smoke-test model has no tools: leave `tools` out, or ask another provider",
        "type": "invalid_request_error",
    }
    return Refused(400, go_json.encode({"error": error}))
