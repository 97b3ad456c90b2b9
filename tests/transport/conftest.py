"""Fixtures for both worlds, plain and TLS, and a scripted server on loopback."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from .scripted import Script, Server
from .worlds import AsyncioWorld, World


class Authority:
    """A certificate authority of the test run, with the certificates that it signed."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.file = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.file)

    def server(
        self, *names: str, client_ca: trustme.CA | None = None, only: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """Return a server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("localhost", "127.0.0.1", "::1"))).configure_cert(context)
        if client_ca is not None:
            client_ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        if only is not None:
            context.minimum_version = context.maximum_version = only
        return context


Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return one authority for the whole run, because generating keys takes time."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session", autouse=True)
def _quick_collections() -> Iterator[None]:
    """Collect garbage after each test to detect leaks; objects that existed before need not be walked."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(params=["blocking", "asyncio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Run each test that uses this fixture with the blocking driver and with the asyncio one."""
    world = World() if request.param == "blocking" else AsyncioWorld()
    yield world
    world.end()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start scripted servers, and stop them at the end of the test."""
    servers: list[Server] = []

    def start(script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Server:
        servers.append(Server(script, context, host))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Wire:
    """Plain or TLS: starts servers and makes drivers that trust them."""

    def __init__(self, world: World, serve: Serve, authority: Authority | None) -> None:
        self.world, self._serve, self._authority = world, serve, authority
        self.secure = authority is not None

    def serve(self, script: Script) -> Server:
        return self._serve(script, self._authority.server() if self._authority else None)

    def driver(self, **options: object):
        if self._authority:
            options.setdefault("ca", self._authority.file)
        return self.world.driver(**options)


@pytest.fixture(params=["plain", "tls"])
def wire(request: pytest.FixtureRequest, world: World, serve: Serve, authority: Authority) -> Wire:
    """Run each test that uses this fixture without and with TLS, in both worlds."""
    return Wire(world, serve, authority if request.param == "tls" else None)
