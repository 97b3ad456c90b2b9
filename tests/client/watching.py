"""The rows of a fault matrix, in any dialect: the reader of a stream is observed and compared with its row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from client.fault import Fault
from client.invented import Invented
from client.reading import gateway
from inference_gateway_sdk import GatewayError, StatusError, StreamStalledError, Timeouts
from support.limits import for_some_limit
from support.server import Server, serving

if TYPE_CHECKING:
    import ssl

    from support.worlds import World

Open = Callable[[Any, Fault], Any]
"""Makes the stream of a row, given the client."""
TextOf = Callable[[Any], "str | None"]
"""The text of a chunk, and that of a whole answer."""


@dataclass
class Seen:
    """The observations of one stream's reader."""

    texts: list[str] = field(default_factory=list)
    error: GatewayError | None = None
    final: str | None = None
    complete: bool | None = None
    well_afterwards: bool = False
    seconds: float = 0.0


def text(value: Any) -> str | None:
    """Return the text of dialects whose chunks and answers both have `text`."""
    return value.text


def holds(
    world: World,
    fault: Fault,
    opened: Open,
    tls: ssl.SSLContext | None = None,
    *,
    text_of: TextOf = text,
    **options: Any,
) -> None:
    """Assert that the reader of the row's stream gets the row's result, and keeps a working client."""

    @for_some_limit(fault.timeouts)
    def _(timeouts: Timeouts, factor: int) -> None:
        row = replace(fault, timeouts=timeouts, pause=fault.pause * factor)
        invented = Invented()
        with serving(gateway(row.serve), tls, read_bodies=row.reads_body) as server:
            seen = _watch(world, server, row, opened, text_of, _runtime=invented.runtime(world), **options)
        _check(row, seen, server, text_of, 10 * factor)
        assert len(invented.pauses) == row.attempts - 1


def _watch(world: World, server: Server, fault: Fault, opened: Open, text_of: TextOf, **options: Any) -> Seen:
    seen = Seen()

    async def scenario(client: Any) -> None:
        start = time.monotonic()
        try:
            await _read(opened(client, fault), fault, seen, text_of)
        except GatewayError as error:
            seen.error = error
        seen.seconds = time.monotonic() - start
        seen.well_afterwards = await client.health_check()

    world.with_client(scenario, server.url, max_retries=1, **options)
    return seen


async def _read(stream: Any, fault: Fault, seen: Seen, text_of: TextOf) -> None:
    async with stream:
        chunks = 0
        async for chunk in stream:
            chunks += 1
            if piece := text_of(chunk):
                seen.texts.append(piece)
            if fault.pause and chunks <= 2:  # the second chunk waits for a reader that was late once already
                await asyncio.sleep(fault.pause)
            if chunks == fault.leave_after:
                return
        answer = await stream.final()
        seen.final, seen.complete = text_of(answer) or "", answer.complete


def _check(fault: Fault, seen: Seen, server: Server, text_of: TextOf, soon: int) -> None:
    assert seen.texts == fault.texts
    assert type(seen.error) is (fault.error or type(None)), repr(seen.error)
    if seen.error is None:
        whole = None if fault.leave_after else "".join(fault.texts)
        assert (seen.final, seen.complete) == (whole, None if fault.leave_after else True)
    else:
        _check_error(fault, seen.error, text_of, soon)
    assert sum(request.method == "POST" for request in server.requests) == fault.attempts
    assert seen.well_afterwards
    assert fault.connections in (None, server.connections)
    assert seen.seconds < soon, "a fault must be noticed by a clock, not by patience"


def _check_error(fault: Fault, error: GatewayError, text_of: TextOf, soon: int) -> None:
    assert fault.message in error.message
    assert (error.partial and text_of(error.partial)) == fault.partial
    assert error.partial is None or not error.partial.complete or fault.name == "plain JSON body"
    assert (error.status if isinstance(error, StatusError) else None) == fault.status
    assert (error.limit if isinstance(error, StreamStalledError) else None) == fault.limit
    if isinstance(error, StreamStalledError):
        assert 0.25 <= error.elapsed < soon / 2
