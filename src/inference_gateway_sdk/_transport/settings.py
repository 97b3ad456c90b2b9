"""A driver's constructor arguments as checked values, the same for both worlds.

A wrong argument is refused here, by name, before anything is opened. A proxy's password is never repeated.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import NotSent
from inference_gateway_sdk._http1.route import Plan, Proxy, origin_of, plan

from .proxies import environment_proxies, environment_proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from .trust import Cert

__all__ = ["IDLE_SECONDS", "LIMIT", "Settings"]

LIMIT = 100
IDLE_SECONDS = 60.0
"""Half of the 120 s after which the gateway itself closes a connection (WIRE section 4)."""
_PLANS = 512


class Settings:
    """What a driver was told.

    Attributes:
        limit: Most connections in use at a time, and most idle ones kept.
        idle_seconds: How long an idle connection is kept.
        plan: How to ask a URL (remembered for the latest ones). Raises ValueError for a URL that cannot be asked, and
            NotSent when the environment names a proxy that is not spoken.
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
            raise ValueError(f"limit must be a whole number of connections, 1 or more, got {limit!r}")
        if not idle_seconds >= 0:
            raise ValueError(f"idle_seconds must be 0 or more, got {idle_seconds!r}")
        _check_types(proxy, tls, ca, cert)
        if tls is not None and (ca is not None or cert is not None):
            raise ValueError("tls is a complete SSLContext: give ca and cert to it instead of beside it")
        self.limit = limit
        self.idle_seconds = idle_seconds
        self.plan: Callable[[str], Plan] = functools.lru_cache(_PLANS)(_planner(proxy))
        self._context = tls
        self._cert = cert
        if tls is None and (ca is not None or cert is not None):
            self._context = _context(ca, cert)

    def context(self) -> ssl.SSLContext:
        """The TLS settings; those of the system, read when first needed, where none were given."""
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


def _planner(proxy: str | None) -> Callable[[str], Plan]:
    if proxy == "env":
        return functools.partial(_plan_by_environment, environment_proxies(os.environ))
    try:
        fixed = None if proxy is None else Proxy.parse(proxy)
    except ValueError as error:
        raise ValueError(f'proxy: {error}; or "env" for the environment\'s, or None') from None
    return functools.partial(_plan_by, fixed)


def _plan_by(proxy: Proxy | None, url: str) -> Plan:
    return plan(url, proxy)


def _plan_by_environment(proxies: dict[str, str], url: str) -> Plan:
    if not proxies:
        return plan(url, None)
    scheme, host, port = origin_of(url)
    found = environment_proxy(proxies, scheme, host, port)
    try:
        proxy = None if found is None else Proxy.parse(found)
    except ValueError as error:
        raise NotSent(f"the proxy that the environment names for {scheme}: {error}", permanent=True) from None
    return plan(url, proxy)
