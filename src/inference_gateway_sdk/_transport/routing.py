"""Routing: transport settings, proxies of the environment, and address lookup."""

from __future__ import annotations

import functools
import os
import socket
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from .._http1.failures import NotSent
from .._http1.request import Proxy, RequestTarget, origin_of, request_target

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

    from .trust import Cert

__all__ = [
    "ATTEMPT_DELAY",
    "IDLE_SECONDS",
    "LIMIT",
    "Address",
    "LookupResult",
    "TransportSettings",
    "environment_proxies",
    "environment_proxy",
    "look_up",
    "new_socket",
    "numeric",
    "set_up",
]


_Where: TypeAlias = "tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]"
Address: TypeAlias = "tuple[socket.AddressFamily, socket.SocketKind, int, str, _Where]"
LookupResult: TypeAlias = "Sequence[Address] | OSError"
ATTEMPT_DELAY = 0.25
"""Seconds before a parallel attempt with the next address (Connection Attempt Delay, RFC 8305 section 5)."""
_PROBES = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))


def numeric(host: str, port: int) -> Sequence[Address] | None:
    """Return the address of a numeric `host`, or None if it is a name."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):  # a label that is empty or too long cannot even be encoded
        return None


def permitted(host: str, addresses: Sequence[Address], may_connect: Callable[[str], bool] | None) -> Sequence[Address]:
    """Return the addresses of a host to which connections are allowed.

    The check is made here, on the addresses that are then connected to, because a second lookup could differ.

    Raises:
        NotSent: No address is allowed.
    """
    if may_connect is None:
        return addresses
    found = [address for address in addresses if may_connect(str(address[4][0]))]
    if not found:
        raise NotSent(
            f"{host} leads to an address near this machine, which is refused", permanent=True, about="address"
        )
    return found


class _Lookup:
    """One query to the system's resolver, and the calls that wait for its result."""

    def __init__(self, host: str, port: int) -> None:
        self.began = monotonic()
        self._name = (host, port)
        self._waiting: list[Callable[[LookupResult], None]] = []

    @property
    def is_recent(self) -> bool:
        """Whether another call may wait for it too; one that hangs may do so because of a network since gone."""
        return monotonic() - self.began < _LOOKUP_SECONDS

    def join(self, deliver: Callable[[LookupResult], None]) -> None:
        """Call `deliver` with the result. The caller holds the lock."""
        self._waiting.append(deliver)

    def ask(self) -> None:
        """Ask the system, and deliver whatever comes of it."""
        host, port = self._name
        found: LookupResult
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            found = error
        except UnicodeError:  # a label that is empty or too long
            found = OSError("not a valid host name")
        except BaseException as error:  # noqa: BLE001  (a call waits for it, and this thread has no other reader)
            found = OSError(f"{type(error).__name__}: {error}")
        self.finish(found)

    def finish(self, found: LookupResult) -> None:
        """Deliver the result to every call."""
        with _lookup_lock:
            if _lookups.get(self._name) is self:
                del _lookups[self._name]
            waiting, self._waiting = self._waiting, []
        for deliver in waiting:
            deliver(found)


_LOOKUP_SECONDS = 10.0
_lookup_lock = threading.RLock()
_lookups: dict[tuple[str, int], _Lookup] = {}


def look_up(host: str, port: int, deliver: Callable[[LookupResult], None]) -> None:
    """Ask the system for the addresses of a name; `deliver` is called once, mostly from another thread.

    Calls that ask for the same name meanwhile share one thread: a resolver that hangs would leave one for each.
    """
    with _lookup_lock:
        lookup = _lookups.get((host, port))
        if lookup is not None and lookup.is_recent:
            lookup.join(deliver)
            return
        lookup = _lookups[host, port] = _Lookup(host, port)
        lookup.join(deliver)
    try:
        threading.Thread(target=lookup.ask, name=f"look up {host}", daemon=True).start()
    except RuntimeError as error:  # the system has no thread left
        lookup.finish(OSError(str(error)))


def _forget_lookups() -> None:
    """Begin afresh in a forked child: the threads that ask are the parent's."""
    global _lookup_lock  # noqa: PLW0603  (a thread of the parent may hold the old one)
    _lookup_lock = threading.RLock()
    _lookups.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lookups)


def new_socket(address: Address) -> socket.socket:
    """Return a non-blocking socket for an address, not yet connected."""
    sock = socket.socket(*address[:3])
    try:
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def set_up(sock: socket.socket) -> None:
    """Disable Nagle's algorithm and enable TCP keepalive, because a response may be silent for minutes."""
    with suppress(OSError):  # the connection is closed already: the next send or read reports it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if (option := getattr(socket, name, None)) is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)


_KINDS = ("http", "https", "all", "no")


def environment_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy variables that are set and not empty, by "http", "https", "all" and "no"."""
    found: dict[str, str] = {}
    for kind in _KINDS:
        upper = f"{kind.upper()}_PROXY"
        if kind == "http" and "REQUEST_METHOD" in environ:
            upper = ""  # in a CGI script, HTTP_PROXY is the "Proxy" header of the incoming request
        value = environ.get(f"{kind}_proxy") or environ.get(upper)
        if value and value.strip():
            found[kind] = value.strip()
    return found


def environment_proxy(proxies: Mapping[str, str], scheme: str, host: str, port: int) -> str | None:
    """Return the URL of the proxy for a host, or None for a direct connection."""
    url = proxies.get(scheme) or proxies.get("all")
    if url is None or _excepted(proxies.get("no", ""), host.lower().rstrip("."), port):
        return None
    return url


def _excepted(no_proxy: str, host: str, port: int) -> bool:
    return any(_matches(entry, host, port) for part in no_proxy.split(",") if (entry := part.strip().lower()))


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    name, wanted = _split_port(entry)
    if wanted is not None and wanted != str(port):
        return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str | None]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":") or None
    name, colon, port = entry.rpartition(":")
    return (name, port) if colon and port.isdecimal() and ":" not in name else (entry, None)


def _in_network(entry: str, host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


LIMIT = 100
IDLE_SECONDS = 60.0
"""Half of the 120 s after which the gateway itself closes a connection (gateway-behaviour.md#limits-and-timeouts)."""
_CACHE_SIZE = 512


class TransportSettings:
    """The settings of a driver.

    Attributes:
        limit: Maximum number of connections in use, and of idle connections.
        idle_seconds: Maximum time that a connection stays idle.
        destination: A function from a URL to its `RequestTarget`, cached for recent URLs. It raises ValueError for an
            invalid URL, and NotSent if the environment sets a proxy that is not supported.
    """

    def __init__(
        self,
        *,
        limit: int,
        idle_seconds: float,
        proxy: str | None,
        tls: ssl.SSLContext | None,
        ca: str | os.PathLike[str] | None,
        cert: Cert | None,
    ) -> None:
        if type(limit) is not int or limit < 1:
            raise ValueError(f"limit must be an integer of at least 1, got {limit!r}")
        if not idle_seconds >= 0:
            raise ValueError(f"idle_seconds must be 0 or more, got {idle_seconds!r}")
        _check_types(proxy, tls, ca, cert)
        if tls is not None and (ca is not None or cert is not None):
            raise ValueError("tls cannot be combined with ca or cert: load them into the SSLContext instead")
        self.limit = limit
        self.idle_seconds = idle_seconds
        self.destination: Callable[[str], RequestTarget] = functools.lru_cache(_CACHE_SIZE)(_target_resolver(proxy))
        self._context = tls
        self._cert = cert
        if tls is None and (ca is not None or cert is not None):
            self._context = _context(ca, cert)

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings. The system's defaults are loaded on first use."""
        if self._context is None:
            self._context = _context(None, None)
        return self._context


def _check_types(proxy: object, tls: object, ca: object, cert: Cert | None) -> None:
    if proxy is not None and not isinstance(proxy, str):
        raise TypeError(f'proxy must be a URL, "env" or None, got {type(proxy).__name__}')
    if tls is not None and not hasattr(tls, "wrap_bio"):  # ssl itself is imported only when it is needed
        raise TypeError(f"tls must be an ssl.SSLContext, got {type(tls).__name__}")
    parts = cert if isinstance(cert, tuple) else (cert,)
    paths: list[tuple[str, object]] = [("ca", ca), *(("cert", part) for part in parts)]
    for name, value in paths:
        if value is not None and not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"{name} must be a path, got {type(value).__name__}")


def _context(ca: str | os.PathLike[str] | None, cert: Cert | None) -> ssl.SSLContext:
    from .trust import client_context

    return client_context(ca, cert)


def _target_resolver(proxy: str | None) -> Callable[[str], RequestTarget]:
    if proxy == "env":
        # Each proxy is parsed once: routes compare its headers by identity, and only equal routes share connections.
        return functools.partial(_resolve_by_environment, environment_proxies(os.environ), functools.cache(Proxy.parse))
    try:
        fixed = None if proxy is None else Proxy.parse(proxy)
    except ValueError as error:
        raise ValueError(f'proxy: {error}; pass a URL, "env" for the environment, or None') from None
    return functools.partial(_resolve_by, fixed)


def _resolve_by(proxy: Proxy | None, url: str) -> RequestTarget:
    return request_target(url, proxy)


def _resolve_by_environment(proxies: dict[str, str], parse: Callable[[str], Proxy], url: str) -> RequestTarget:
    if not proxies:
        return request_target(url, None)
    scheme, host, port = origin_of(url)
    found = environment_proxy(proxies, scheme, host, port)
    try:
        proxy = None if found is None else parse(found)
    except ValueError as error:
        why = f"invalid proxy in the environment for {scheme}: {error}"
        del proxies, found, url  # error trackers record the variables of a traceback
        raise NotSent(why, permanent=True, about="proxy") from None
    return request_target(url, proxy)
