"""A transport's call as an httpx2 request that tells how far it has come.

What `_http1` refuses to send is refused here alike. What the user's client adds (headers, cookies, parameters) is
added, but for the codings it would accept: those that are undone are for the caller to ask for.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx2

from inference_gateway_sdk._http1.failures import DeadlineExceeded, Failure, NoAnswer, NotSent, NotSentInTime
from inference_gateway_sdk._http1.head import Composer
from inference_gateway_sdk._http1.route import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Progress", "asked", "build", "head_is_there", "require", "until"]

_GRACE = 0.05
"""Seconds by which httpx2's own clocks may be later than a deadline: they know better what was waited for."""


class Progress:
    """How far one request has come, as httpx2's `trace` extension tells it; a transport without it tells nothing.

    Attributes:
        stopped: Nobody wants the answer any more: the next step is refused, so that it is not sent after all.
    """

    __slots__ = ("_connect_by", "_connect_seconds", "_deadline", "_phase", "_told", "stopped")

    def __init__(self, deadline: float | None, connect_seconds: float | None, told: Callable[[], None]) -> None:
        self.stopped = False
        self._deadline = deadline
        self._connect_seconds = connect_seconds
        self._connect_by: float | None = None
        self._phase = "headers"  # what is in doubt counts as sent
        self._told = told

    def step(self, event: str, info: dict[str, Any]) -> None:
        """Take one event of the trace."""
        connects = event.endswith(("connect_tcp.started", "connect_unix_socket.started"))
        sends = event.endswith("send_request_headers.started")
        if self.stopped and (connects or sends):
            raise httpx2.ConnectError("the request was given up")
        if connects:
            self._connecting()
        elif sends and not _is_tunnel(info):
            self._phase, self._connect_by = "headers", None

    async def async_step(self, event: str, info: dict[str, Any]) -> None:
        """As `step`: an async client wants to await it."""
        self.step(event, info)

    @property
    def limit(self) -> float | None:
        """When waiting for the head must end."""
        limits = [limit + _GRACE for limit in (self._deadline, self._connect_by) if limit is not None]
        return min(limits, default=None)

    @property
    def timeouts(self) -> httpx2.Timeout:
        """What httpx2 itself is to keep to, of each step until the head."""
        left = until(self._deadline)
        limits = [limit for limit in (left, self._connect_seconds) if limit is not None]
        return httpx2.Timeout(connect=min(limits, default=None), pool=left, write=left, read=left)

    @property
    def unsent(self) -> bool:
        """Certainly no byte of the request has left."""
        return self._phase == "connect"

    def late(self) -> DeadlineExceeded:
        """What it means that `limit` has passed."""
        return NotSentInTime("connect") if self.unsent else DeadlineExceeded("headers")

    def given_up(self) -> Failure:
        """What it means that the driver was closed meanwhile."""
        why = "the driver was closed before an answer came"
        return NotSent(why) if self.unsent else NoAnswer(why)

    def _connecting(self) -> None:
        self._phase = "connect"
        if self._connect_seconds is not None and self._connect_by is None:
            self._connect_by = monotonic() + self._connect_seconds
            self._told()


def build(
    client: httpx2.Client | httpx2.AsyncClient,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    *,
    body: bytes | None,
    progress: Progress,
) -> httpx2.Request:
    """The request; ValueError where `_http1.head` gives one."""
    Composer()(plan(url, None), method, headers, body)
    request = client.build_request(
        method,
        url,
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        content=body,
        timeout=progress.timeouts,
        extensions={"trace": progress.step if isinstance(client, httpx2.Client) else progress.async_step},
    )
    coded = any(name.lower() == "accept-encoding" for name, _ in headers)
    if not coded and "accept-encoding" in request.headers:
        del request.headers["accept-encoding"]
    return request


def head_is_there(response: httpx2.Response) -> None:
    """Leave reads to the reader's deadlines: httpx2 fixes the timeout of all reads of a body at the first."""
    timeouts = response.request.extensions.get("timeout")
    if isinstance(timeouts, dict):
        timeouts["read"] = None


def require(client: object, kind: type[httpx2.Client | httpx2.AsyncClient]) -> None:
    """Refuse what is not a client of this kind."""
    if not isinstance(client, kind):
        raise TypeError(f"client must be an httpx2.{kind.__name__}, got {type(client).__name__}")


def asked(request: httpx2.Request) -> str:
    """The host and port that a request is for."""
    url = request.url
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def until(deadline: float | None) -> float | None:
    """Seconds until a deadline, 0 when it has passed."""
    return None if deadline is None else max(0.0, deadline - monotonic())


def _is_tunnel(info: dict[str, Any]) -> bool:
    """Whether it is the CONNECT to a proxy that is being sent, not the request."""
    return getattr(info.get("request"), "method", b"") == b"CONNECT"
