"""Behaviour particular to a driver over a user's httpx2 client: ownership, additions, exceptions."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from inference_gateway_sdk import AsyncHttpx2Driver, Httpx2Driver
from inference_gateway_sdk._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    NotSentInTime,
    TransportFailure,
    TruncatedResponse,
)
from inference_gateway_sdk._transport.httpx2 import mapping
from transport.conftest import Serve
from transport.scripted import Peer, keep_answering
from transport.test_bad_heads import HEADS
from transport.worlds import World
from transport_httpx2.deviations import DEVIATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "transport.md"
BELIEVED = {
    "version-2.0",
    "version-1.2",
    "bare-lf",
    "bare-lf-header",
    "folded",
    "two-equal-lengths",
    "listed-length",
    "length-and-chunked",
    "chunked-and-length",
}
WAITED_FOR = {"html", "ssh", "http-0.9"}


def _every(cls: type[BaseException]) -> set[type[BaseException]]:
    return {cls}.union(*(_every(below) for below in cls.__subclasses__()))


PUBLIC = [
    value
    for name in dir(httpx2)
    if isinstance(value := getattr(httpx2, name), type)
    and issubclass(value, Exception)
    and not issubclass(value, Warning)
]
ASKED = httpx2.Request("GET", "http://gateway.test/")
IN_HEAD = {
    httpx2.PoolTimeout: NotSentInTime,
    httpx2.ConnectTimeout: NotSentInTime,
    httpx2.ReadTimeout: DeadlineExceeded,
    httpx2.WriteTimeout: DeadlineExceeded,
    httpx2.TimeoutException: DeadlineExceeded,
    httpx2.ConnectError: NotSent,
    httpx2.ProxyError: NotSent,
    httpx2.UnsupportedProtocol: NotSent,
    httpx2.LocalProtocolError: NotSent,
    httpx2.InvalidURL: NotSent,
    httpx2.ReadError: NoResponse,
    httpx2.WriteError: NoResponse,
    httpx2.CloseError: NoResponse,
    httpx2.NetworkError: NoResponse,
    httpx2.RemoteProtocolError: NoResponse,
    httpx2.ProtocolError: NoResponse,
    httpx2.TransportError: NoResponse,
    httpx2.SSEError: NoResponse,
}


def _made(cls: type[Exception]) -> Exception:
    if cls is httpx2.HTTPStatusError:
        return httpx2.HTTPStatusError("no", request=ASKED, response=httpx2.Response(500))
    try:
        return cls("why")
    except TypeError:
        return cls()


@pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)
def test_every_exception_of_httpx2_is_one_of_ours(cls: type[Exception]) -> None:
    """Before the head and after it each exception is mapped, and a request that may have been sent is never NotSent."""
    error = _made(cls)
    assert isinstance(error, mapping.HTTPX_ERRORS)
    head = mapping.in_head(error, "gateway.test:80", unsent=False)
    assert type(head) is IN_HEAD.get(cls, InvalidResponse)
    assert head.__cause__ is error
    body = mapping.in_body(error)
    assert isinstance(body, TransportFailure)
    if issubclass(cls, (httpx2.NetworkError, httpx2.ProtocolError)):
        assert type(body) is TruncatedResponse


@pytest.mark.parametrize("name", HEADS)
def test_a_bad_head_is_refused_or_listed(world: World, serve: Serve, name: str) -> None:
    """A head that httpx2 accepts or waits for is listed by name, and every other one is InvalidResponse."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HEADS[name])
        peer.idle()

    driver, url = world.driver(), serve(script).url()
    if name in BELIEVED:
        assert driver.get(url, b"{}", seconds=5) == (200, b"hi")
        return
    with pytest.raises(DeadlineExceeded if name in WAITED_FOR else InvalidResponse):
        driver.open(url, b"{}", seconds=0.3 if name in WAITED_FOR else 10)


@pytest.mark.parametrize("close", [False, True])
def test_the_client_stays_the_users_unless_it_is_given_away(serve: Serve, close: bool) -> None:
    """Closing the driver closes the httpx2 client only if requested."""
    server = serve(keep_answering())
    with httpx2.Client() as client:
        driver = Httpx2Driver(client, close=close)
        assert driver.open("GET", server.url(), (), None).read() == b"hello"
        driver.close()
        assert client.is_closed is close
        with pytest.raises(RuntimeError, match="driver is closed"):
            driver.open("GET", server.url(), (), None)

    async def main() -> None:
        async with httpx2.AsyncClient() as own:
            driver = AsyncHttpx2Driver(own, close=close)
            assert await (await driver.open("GET", server.url(), (), None)).read() == b"hello"
            await driver.aclose()
            assert own.is_closed is close

    asyncio.run(main(), debug=True)


def test_the_client_is_asked_with_all_that_it_brings(serve: Serve) -> None:
    """Its headers, parameters, hooks and authentication apply; its content codings are not requested."""
    server = serve(keep_answering())
    hooked: list[str] = []
    client = httpx2.Client(
        headers={"X-Team": "a"},
        params={"k": "v"},
        auth=("me", "secret"),
        event_hooks={"request": [lambda request: hooked.append(request.method)]},
        follow_redirects=True,
        timeout=0.001,
    )
    driver = Httpx2Driver(client, close=True)
    assert driver.open("POST", server.url("/v1/x"), [("X-Call", "b")], b"{}").read() == b"hello"
    driver.close()
    (request,) = server.requests
    assert request.line == "POST /v1/x?k=v HTTP/1.1"
    assert (request.headers["x-team"], request.headers["x-call"]) == ("a", "b")
    assert request.headers["authorization"].startswith("Basic ")
    assert "accept-encoding" not in request.headers
    assert hooked == ["POST"]


def test_an_answer_that_a_hook_has_read_is_still_given(world: World, serve: Serve) -> None:
    """A logging hook that reads the response disables streaming, but the answer is complete."""
    server = serve(keep_answering())

    async def read_there(response: httpx2.Response) -> None:
        await response.aread()

    if world.name == "blocking":
        hooks = {"response": [lambda response: response.read()]}
        driver = Httpx2Driver(httpx2.Client(event_hooks=hooks), close=True)
        answer = driver.open("GET", server.url(), (), None)
        assert (answer.read(), answer.read()) == (b"hello", b"")
        driver.close()
        return

    async def main() -> None:
        driver = AsyncHttpx2Driver(httpx2.AsyncClient(event_hooks={"response": [read_there]}), close=True)
        answer = await driver.open("GET", server.url(), (), None)
        assert (await answer.read(), await answer.read()) == (b"hello", b"")
        await driver.aclose()

    asyncio.run(main(), debug=True)


def test_an_error_of_a_hook_is_the_callers_to_see(serve: Serve) -> None:
    """An exception of a hook propagates from `open` unchanged, though another thread ran it."""
    server = serve(keep_answering())

    def hook(request: httpx2.Request) -> None:
        raise LookupError("no tenant")

    with httpx2.Client(event_hooks={"request": [hook]}) as client, pytest.raises(LookupError, match="no tenant"):
        Httpx2Driver(client).open("GET", server.url(), (), None)
    assert server.connections == 0


class _Breaking(httpx2.SyncByteStream):
    def __iter__(self):
        yield b"hello"
        raise OSError("the cable")


def test_a_transport_of_the_users_that_breaks_its_stream_never_ends_it() -> None:
    """An exception of any kind in a body is an error on this read and the next."""
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=_Breaking()))
    driver = Httpx2Driver(httpx2.Client(transport=transport), close=True)
    answer = driver.open("GET", "http://gateway.test/", (), None)
    assert answer.read() == b"hello"
    for _ in range(2):
        with pytest.raises(InvalidResponse, match="the cable"):
            answer.read()
    driver.close()


def test_closing_the_driver_wakes_who_waits_for_a_head(world: World, serve: Serve) -> None:
    """A request without a response ends at once as NoResponse when the driver closes."""
    asked = threading.Event()
    server = serve(lambda peer: (peer.request(), asked.set(), peer.idle()))
    driver = world.driver()

    def close() -> None:
        asked.wait(10)
        time.sleep(0.1)  # until the driver waits in httpx2, which gives no sign of it
        driver.close()

    closer = threading.Thread(target=close)
    closer.start()
    began = time.monotonic()
    with pytest.raises(NoResponse, match="closed"):
        driver.open(server.url(), b"{}")
    assert time.monotonic() - began < 5
    closer.join()


def test_a_request_that_was_late_while_connecting_is_not_sent_after_all(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `NotSentInTime` nothing is sent, even if the connection is established late."""
    server = serve(keep_answering())
    late = threading.Event()
    real = httpx2.HTTPTransport.handle_request

    def slow(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        step = request.extensions["trace"]

        def held(event: str, info: dict) -> None:
            step(event, info)
            if event == "connection.connect_tcp.started":
                late.wait(10)

        request.extensions["trace"] = held
        return real(transport, request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", slow)
    driver = Httpx2Driver(httpx2.Client(), close=True)
    with pytest.raises(NotSentInTime):
        driver.open("POST", server.url(), (), b"{}", connect_seconds=0.1)
    late.set()
    time.sleep(0.2)  # nothing may be sent in it
    assert server.requests == []
    driver.close()


def test_a_name_that_does_not_resolve_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is NotSent, and its text names the host."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSent, match=r"cannot resolve gateway\.test: Name or service not known"):
        world.driver().open("http://gateway.test/v1/models")


def test_a_client_of_the_other_world_is_refused() -> None:
    """The error names the argument and its type."""
    with pytest.raises(TypeError, match=r"client must be an httpx2\.Client, got AsyncClient"):
        Httpx2Driver(httpx2.AsyncClient())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"client must be an httpx2\.AsyncClient, got Client"):
        AsyncHttpx2Driver(httpx2.Client())  # type: ignore[arg-type]


def test_without_httpx2_the_error_has_the_install_command() -> None:
    """The error has the install command, and no other part of the package needs httpx2."""
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        "import inference_gateway_sdk as sdk; sdk.InferenceGatewayClient().close()\n"
        "try: sdk.Httpx2Driver\n"
        "except AttributeError as error: assert 'pip install httpx2' in str(error), error\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_docs_table_is_the_list() -> None:
    """Every deviation has its row, and no row is without one."""
    section = PAGE.read_text("utf-8").partition("## Using your own httpx2 client")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", section, re.MULTILINE)[2:]
    assert sorted(rows) == sorted({deviation.what for deviation in DEVIATIONS})


def test_every_deviation_names_tests_that_exist() -> None:
    """A renamed test fails here."""
    from transport_httpx2 import test_conformance, test_streams

    known = {*vars(test_conformance), *vars(test_streams)}
    missing = {name for deviation in DEVIATIONS for name in deviation.tests} - known
    assert not missing
