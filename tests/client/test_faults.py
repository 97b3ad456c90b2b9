"""The fault matrix (`faults.py`) over a real socket: both clients, plain and, for the slow ones, under TLS."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from client.faults import FAULTS, Fault
from client.invented import Invented
from inference_gateway_sdk import GatewayError, StatusError, StreamStalledError
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._wire.call import StreamCall
from support.server import Connection, Handler, Request, Server, serving

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.wire


@dataclass
class Seen:
    """What the reader of one stream saw."""

    texts: list[str] = field(default_factory=list)
    error: GatewayError | None = None
    final: str | None = None
    complete: bool | None = None
    well_afterwards: bool = False
    seconds: float = 0.0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_reader_sees_what_became_of_the_stream(world: World, fault: Fault) -> None:
    """Each fault of a stream ends as its row says, and leaves a client that works."""
    with serving(_also_healthy(fault.serve), read_bodies=fault.reads_body) as server:
        invented = Invented()
        seen = _watch(world, server, fault, _effects=invented.effects(world))
    _check(fault, seen, server)
    assert len(invented.pauses) == fault.attempts - 1


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.tls], ids=lambda fault: fault.name)
def test_the_reader_sees_the_same_under_tls(world: World, fault: Fault, authority: trustme.CA) -> None:
    """The slow faults end as their rows say when the bytes travel in TLS records."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(_also_healthy(fault.serve), context, read_bodies=fault.reads_body) as server:
        ca = authority.cert_pem.bytes().decode()
        seen = _watch(world, server, fault, _effects=Invented().effects(world), ca=ca)
    _check(fault, seen, server)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of the test's own."""
    return trustme.CA()


def _also_healthy(serve: Handler) -> Handler:
    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/health":
            connection.json({"message": "OK"})
        else:
            serve(connection, request)

    return handler


def _watch(world: World, server: Server, fault: Fault, **options: Any) -> Seen:
    seen = Seen()

    async def scenario(client: Any) -> None:
        start = time.monotonic()
        try:
            await _read(_stream(client, fault), fault, seen)
        except GatewayError as error:
            seen.error = error
        seen.seconds = time.monotonic() - start
        seen.well_afterwards = await client.health_check()

    world.with_client(scenario, server.url, max_retries=1, **options)
    return seen


def _stream(client: Any, fault: Fault) -> Any:
    if fault.max_event is None:
        return client.generate_content_stream("p/m", "x" * fault.size, timeout=fault.timeouts)
    bound = fault.max_event
    call = StreamCall(method="POST", path="/chat/completions", body=b"{}", start=lambda: ChatDialect(max_event=bound))
    return client.open(call)


async def _read(stream: Any, fault: Fault, seen: Seen) -> None:
    async with stream:
        chunks = 0
        async for chunk in stream:
            chunks += 1
            if chunk.text:
                seen.texts.append(chunk.text)
            if fault.pause:
                await asyncio.sleep(fault.pause)
            if chunks == fault.leave_after:
                return
        answer = await stream.final()
        seen.final, seen.complete = answer.text or "", answer.complete


def _check(fault: Fault, seen: Seen, server: Server) -> None:
    assert seen.texts == fault.texts
    assert type(seen.error) is (fault.error or type(None)), repr(seen.error)
    if seen.error is None:
        whole = None if fault.leave_after else "".join(fault.texts)
        assert (seen.final, seen.complete) == (whole, None if fault.leave_after else True)
    else:
        _check_error(fault, seen.error)
    assert sum(request.method == "POST" for request in server.requests) == fault.attempts
    assert seen.well_afterwards
    assert fault.connections in (None, server.connections)
    assert seen.seconds < 10, "a fault must be noticed by a clock, not by patience"


def _check_error(fault: Fault, error: GatewayError) -> None:
    assert fault.says in error.message
    assert (error.partial and error.partial.text) == fault.partial
    assert error.partial is None or not error.partial.complete or fault.name == "plain JSON body"
    assert (error.status if isinstance(error, StatusError) else None) == fault.status
    assert (error.limit if isinstance(error, StreamStalledError) else None) == fault.limit
    if isinstance(error, StreamStalledError):
        assert 0.25 <= error.elapsed < 5
