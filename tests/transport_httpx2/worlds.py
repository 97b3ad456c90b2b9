"""The drivers over httpx2 with the interface of the transport's tests: their options become an httpx2 client's."""

from __future__ import annotations

import ssl
from typing import Any

import httpx2

from inference_gateway_sdk import AsyncHttpx2Driver, Httpx2Driver
from inference_gateway_sdk._transport.trust import client_context
from transport.worlds import AsyncioWorld, World


def _client_options(
    *,
    limit: int = 100,
    idle_seconds: float = 60.0,
    proxy: str | None = None,
    tls: ssl.SSLContext | None = None,
    ca: Any = None,
    cert: Any = None,
) -> dict[str, Any]:
    limits = httpx2.Limits(max_connections=limit, max_keepalive_connections=limit, keepalive_expiry=idle_seconds)
    return {
        "limits": limits,
        "trust_env": proxy == "env",
        "proxy": None if proxy == "env" else proxy,
        "verify": tls or client_context(ca, cert),
    }


class Httpx2World(World):
    """The blocking driver over an `httpx2.Client`."""

    def _make(self, options: dict[str, Any]) -> Httpx2Driver:
        return Httpx2Driver(httpx2.Client(**_client_options(**options)), close=True)


class AsyncHttpx2World(AsyncioWorld):
    """The asyncio driver over an `httpx2.AsyncClient`."""

    def _make(self, options: dict[str, Any]) -> AsyncHttpx2Driver:
        return AsyncHttpx2Driver(httpx2.AsyncClient(**_client_options(**options)), close=True)
