"""Behaviours 10 and 21: requests that cannot leave fail in time; IPv6 and names with several addresses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from inference_gateway_sdk._http1.failures import DeadlineExceeded, NotSent, NotSentInTime
from support.ipv6 import needs_ipv6

from .conftest import Serve
from .scripted import Peer, keep_answering
from .worlds import World

SHORT = 0.3
LATE = 5.0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _resolve_as(monkeypatch: pytest.MonkeyPatch, names: dict[str, Callable[[int], list]]) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, flags=0, **more):
        if host in names:
            if flags & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "not a number")
            return names[host](port)
        return real(host, port, *args, flags=flags, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _v4(port: int, address: str = "127.0.0.1"):
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


def _v6(port: int):
    return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0))


def test_a_refused_connection_was_never_sent(world: World) -> None:
    """A port without a listener raises a repeatable NotSent that names the address."""
    port = _free_port()
    with pytest.raises(NotSent, match=f"127.0.0.1:{port}") as caught:
        world.driver().open(f"http://127.0.0.1:{port}/", b"{}")
    assert not caught.value.permanent


def test_a_name_that_does_not_resolve_was_never_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a failed look-up names the host."""

    def unknown(port: int) -> list:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    _resolve_as(monkeypatch, {"gateway.test": unknown})
    with pytest.raises(NotSent, match=r"cannot resolve gateway\.test: Name or service not known"):
        world.driver().open("http://gateway.test/v1/models")


def test_a_slow_resolver_is_under_the_deadline(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow look-up is abandoned: neither the request nor the end of the loop waits for it."""
    release = threading.Event()

    def slow(port: int) -> list:
        release.wait(20)
        return [_v4(port)]

    _resolve_as(monkeypatch, {"gateway.test": slow})
    driver = world.driver()
    for times in ({"seconds": SHORT}, {"connect": SHORT}):
        began = time.monotonic()
        with pytest.raises(NotSentInTime) as caught:
            driver.open("http://gateway.test/v1/models", **times)
        assert SHORT - 0.01 <= time.monotonic() - began < LATE
        assert caught.value.which == "connect"
    began = time.monotonic()
    world.end()
    assert time.monotonic() - began < LATE
    release.set()


def test_a_connect_that_is_not_answered_is_under_the_deadline(world: World) -> None:
    """A listener with a full queue, which completes no handshake, raises NotSentInTime("connect")."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        try:
            began = time.monotonic()
            with pytest.raises(NotSentInTime) as caught:
                world.driver().open(f"http://127.0.0.1:{address[1]}/", seconds=20, connect=SHORT)
            assert time.monotonic() - began < LATE
            assert caught.value.which == "connect"
        finally:
            for filler in fillers:
                filler.close()


def test_a_silent_tls_handshake_is_under_the_deadline(world: World, serve: Serve, authority) -> None:
    """A server that accepts but never shakes hands raises NotSentInTime within the deadline."""
    server = serve(lambda peer: peer.idle())
    began = time.monotonic()
    with pytest.raises(NotSentInTime) as caught:
        world.driver(ca=authority.file).open(f"https://127.0.0.1:{server.port}/", b"{}", connect=SHORT)
    assert SHORT - 0.01 <= time.monotonic() - began < LATE
    assert caught.value.which == "connect"


def test_a_tls_handshake_that_drips_is_under_the_deadline(world: World, serve: Serve, authority) -> None:
    """A TLS record that trickles without end does not extend the deadline."""

    def script(peer: Peer) -> None:
        peer.send(b"\x16\x03\x03\x3f\xff")
        peer.drip(b"\x02")

    server = serve(script)
    began = time.monotonic()
    with pytest.raises(NotSent):
        world.driver(ca=authority.file).open(f"https://127.0.0.1:{server.port}/", b"{}", connect=SHORT)
    assert time.monotonic() - began < LATE


@pytest.mark.parametrize("heard", [False, True], ids=["at-once", "after-the-hello"])
@pytest.mark.parametrize("end", ["finish", "reset"])
def test_a_connection_that_ends_in_the_tls_handshake_was_never_sent(
    world: World, serve: Serve, authority, end: str, heard: bool
) -> None:
    """A connection closed during the handshake raises a repeatable NotSent."""

    def script(peer: Peer) -> None:
        if heard:
            peer.hello()
        getattr(peer, end)()

    server = serve(script)
    with pytest.raises(NotSent) as caught:
        world.driver(ca=authority.file).open(f"https://127.0.0.1:{server.port}/", b"{}")
    assert not caught.value.permanent


def test_tls_spoken_to_a_plain_server_was_never_sent(world: World, serve: Serve, authority) -> None:
    """A peer that does not use TLS raises a permanent NotSent whose text mentions TLS."""

    def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        peer.idle()

    server = serve(script)
    with pytest.raises(NotSent, match="TLS") as caught:
        world.driver(ca=authority.file).open(f"https://127.0.0.1:{server.port}/", b"{}")
    assert caught.value.permanent


def test_the_deadline_of_the_request_counts_while_connecting(world: World, serve: Serve, authority) -> None:
    """The nearer of the two limits applies."""
    server = serve(lambda peer: peer.idle())
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        world.driver(ca=authority.file).open(f"https://127.0.0.1:{server.port}/", seconds=SHORT, connect=15)
    assert time.monotonic() - began < LATE


@needs_ipv6
def test_an_ipv6_address_is_a_host(world: World, serve: Serve) -> None:
    """`http://[::1]:port` connects, and Host has the brackets."""
    server = serve(keep_answering(), None, "::1")
    assert world.driver().get(server.url()) == (200, b"hello")
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


@needs_ipv6
def test_an_ipv6_address_is_verified_under_tls(world: World, serve: Serve, authority) -> None:
    """A certificate for the address ::1 is accepted."""
    server = serve(keep_answering(), authority.server(), "::1")
    assert world.driver(ca=authority.file).get(f"https://[::1]:{server.port}/") == (200, b"hello")


@needs_ipv6
def test_a_localhost_that_is_ipv6_first_falls_back_to_ipv4(
    world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that listens on 127.0.0.1 alone is reached after a refused attempt at ::1."""
    server = serve(keep_answering())
    _resolve_as(monkeypatch, {"localhost": lambda port: [_v6(port), _v4(port)]})
    assert world.driver().get(f"http://localhost:{server.port}/") == (200, b"hello")


def test_a_dead_first_address_costs_a_quarter_of_a_second_not_a_timeout(
    world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first address does not answer, the next is tried in parallel."""
    server = serve(keep_answering())
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        dead = deaf.getsockname()[1]
        _resolve_as(monkeypatch, {"gateway.test": lambda port: [_v4(dead), _v4(port)]})
        began = time.monotonic()
        assert world.driver().get(f"http://gateway.test:{server.port}/", connect=30) == (200, b"hello")
        assert time.monotonic() - began < 15
        for filler in fillers:
            filler.close()
