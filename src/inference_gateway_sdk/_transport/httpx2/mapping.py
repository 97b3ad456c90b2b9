"""The mapping between httpx2 and the transport's terms: requests, failures, buffered bodies."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx2

from ..._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    NotSentInTime,
    TransportFailure,
    TruncatedResponse,
)
from ..._http1.request import HeadBuilder, request_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "HTTPX_ERRORS",
    "MAX_BUFFERED",
    "BufferedBody",
    "SendProgress",
    "build_request",
    "head_is_there",
    "in_body",
    "in_head",
    "remaining",
    "request_headers",
    "require",
]


MAX_BUFFERED = 256 * 1024
"""Bytes that wait for the reader before no more are fetched."""

_UNVERIFIABLE_END = "the body has no length, and httpx2 does not tell its end from a cut under TLS"


class BufferedBody:
    """See `_http1.response.Source`; bytes are as they were sent, still compressed."""

    __slots__ = ("_waiting", "body", "complete", "failure", "headers", "provable", "status")

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
        ]
        self.provable = not _ends_with_tls(response)
        self.body: list[bytes] = []
        self.complete = False
        self.failure: TransportFailure | None = None
        self._waiting = 0
        if response.is_stream_consumed:  # by a hook: what it read is decoded already
            self.headers = [(name, value) for name, value in self.headers if name != "content-encoding"]
            self.put(response.content)
            self.finish()

    @property
    def full(self) -> bool:
        """Enough waits for the reader."""
        return self._waiting >= MAX_BUFFERED

    def put(self, piece: bytes) -> None:
        """Take what came."""
        self.body.append(piece)
        self._waiting += len(piece)

    def finish(self) -> None:
        """Take the end as httpx2 sees it."""
        if self.failure is not None:
            return
        if self.provable:
            self.complete = True
        else:
            self.failure = TruncatedResponse(_UNVERIFIABLE_END)

    def take(self) -> bytes:
        """All that is there, b"" when nothing is."""
        data = self.body[0] if len(self.body) == 1 else b"".join(self.body)
        self.body.clear()
        self._waiting = 0
        return data

    def fail(self, failure: TransportFailure) -> None:
        """Nothing more will be taken; the first failure stays."""
        if self.failure is None:
            self.failure = failure

    def end(self, why: str, *, orderly: bool) -> None:
        """Take the end of the connection; `orderly` makes no difference, for httpx2 knows none."""
        if not self.complete:
            self.fail(TruncatedResponse(f"{why} before the end of the body"))


def _ends_with_tls(response: httpx2.Response) -> bool:
    """Whether only the end of a TLS connection says where the body ends: httpx2 takes any FIN for it."""
    if not str(response.http_version).startswith("HTTP/1") or response.status_code in (204, 304):
        return False
    if response.request.method == "HEAD" or "content-length" in response.headers:
        return False
    stream = response.extensions.get("network_stream")
    return (
        stream is not None
        and "transfer-encoding" not in response.headers
        and stream.get_extra_info("ssl_object") is not None
    )


HTTPX_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.CookieConflict, httpx2.StreamError)
"""The roots of everything httpx2 raises by intent; anything else is a fault of a hook or a transport, and passes."""

_BROKEN_BY_HOOK = "the answer was spoilt by a hook, a transport or the authentication of the httpx2 client"
_ENDED_SHORT = "closed connection"  # with which h11 says that a body ended short
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def in_head(error: Exception, where: str, *, unsent: bool) -> TransportFailure:
    """What went wrong before the answer's head was there.

    Args:
        error: One of `HTTPX_ERRORS`.
        where: The host and port that were asked.
        unsent: Certainly no byte of the request has left.
    """
    failure = _in_head(error, where)
    if unsent and isinstance(failure, NoResponse):
        failure = NotSent(f"the proxy gave no tunnel to {where}: {failure}", about="proxy")
    elif unsent and type(failure) is DeadlineExceeded:
        failure = NotSentInTime("connect")
    failure.__cause__ = error
    return failure


def _in_head(error: Exception, where: str) -> TransportFailure:
    refusal = _refused_certificate(error)
    if refusal is not None:
        why = f"the server refused the client certificate: {refusal}"
        return NotSent(why, permanent=True, about="client certificate")
    if isinstance(error, httpx2.TimeoutException):
        return _late(error, "headers")
    if isinstance(error, (httpx2.ConnectError, httpx2.ProxyError, httpx2.UnsupportedProtocol)):
        return _never_sent(error, where)
    if isinstance(error, (httpx2.LocalProtocolError, httpx2.InvalidURL)):
        return NotSent(f"httpx2 does not send this request: {error}", permanent=True)
    if isinstance(error, httpx2.TransportError):
        return _no_response(error)
    return _broken_by_hook(error)


def in_body(error: Exception) -> TransportFailure:
    """What went wrong behind the head; `error` is one of `HTTPX_ERRORS`."""
    if isinstance(error, httpx2.TimeoutException):
        return _late(error, "body")
    if isinstance(error, httpx2.TransportError):
        if _is_malformed(error) and _ENDED_SHORT not in str(error):
            return InvalidResponse(f"the answer is not well-formed HTTP: {error}")
        return TruncatedResponse(str(error) or "the connection broke before the end of the body")
    return _broken_by_hook(error)


def _never_sent(error: Exception, where: str) -> NotSent:
    if isinstance(error, httpx2.UnsupportedProtocol):
        return NotSent(str(error), permanent=True)
    if isinstance(error, httpx2.ProxyError):
        refused = str(error).startswith("4")  # else a 502 or the like, which may pass
        return NotSent(f"the proxy answered {error} [{where} through the proxy]", permanent=refused, about="proxy")
    unknown = next((cause for cause in _causes(error) if isinstance(cause, socket.gaierror)), None)
    if unknown is not None:
        return NotSent(f"cannot resolve {where.rpartition(':')[0]}: {unknown.strerror}")
    trouble = _tls_trouble(error)
    if trouble is None:
        return NotSent(f"cannot connect to {where}: {error}")
    if isinstance(trouble, ssl.SSLCertVerificationError):
        why = f"the server's certificate does not verify: {trouble.verify_message} [{where}]"
        return NotSent(why, permanent=True, about="tls")
    passing = isinstance(trouble, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return NotSent(f"TLS failed: {trouble.reason or trouble} [{where}]", permanent=not passing, about="tls")


def _no_response(error: Exception) -> TransportFailure:
    if _is_malformed(error):
        return InvalidResponse(f"the answer is not well-formed HTTP: {error}")
    return NoResponse(str(error) or "the connection ended before any answer")


def _late(error: Exception, which: str) -> DeadlineExceeded:
    if isinstance(error, httpx2.PoolTimeout):
        return NotSentInTime("pool")
    if isinstance(error, httpx2.ConnectTimeout):
        return NotSentInTime("connect")
    return DeadlineExceeded(which)


def _broken_by_hook(error: Exception) -> InvalidResponse:
    return InvalidResponse(f"{_BROKEN_BY_HOOK}: {type(error).__name__}: {error}")


def _refused_certificate(error: Exception) -> str | None:
    """Why the server refused our certificate, if it did; TLS 1.3 says so only after the request was written."""
    for cause in _causes(error):
        reason = getattr(cause, "reason", None) if isinstance(cause, ssl.SSLError) else None
        if reason and "ALERT" in reason and any(word in reason for word in _REFUSALS):
            return str(reason)
    return None


def _tls_trouble(error: Exception) -> ssl.SSLError | None:
    """What TLS had against it; that it waited for bytes when the connection ended is nothing."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
            return cause
    return None


def _is_malformed(error: Exception) -> bool:
    """Whether the parser complained; otherwise the connection did."""
    return any(type(cause).__module__.partition(".")[0] == "h11" for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


_GRACE = 0.05
"""Seconds by which httpx2's own clocks may be later than a deadline: they know better what was waited for."""


class SendProgress:
    """How far one request has come, as httpx2's `trace` extension tells it; a transport without it tells nothing.

    Attributes:
        stopped: Nobody wants the answer any more: the next step is refused, so that it is not sent after all.
    """

    __slots__ = ("_connect_by", "_connect_seconds", "_deadline", "_on_sent", "_phase", "stopped")

    def __init__(self, deadline: float | None, connect_seconds: float | None, on_sent: Callable[[], None]) -> None:
        self.stopped = False
        self._deadline = deadline
        self._connect_seconds = connect_seconds
        self._connect_by: float | None = None
        self._phase = "headers"  # what is in doubt counts as sent
        self._on_sent = on_sent

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
        left = remaining(self._deadline)
        limits = [limit for limit in (left, self._connect_seconds) if limit is not None]
        return httpx2.Timeout(connect=min(limits, default=None), pool=left, write=left, read=left)

    @property
    def unsent(self) -> bool:
        """Certainly no byte of the request has left."""
        return self._phase == "connect"

    def late(self) -> DeadlineExceeded:
        """What it means that `limit` has passed."""
        return NotSentInTime("connect") if self.unsent else DeadlineExceeded("headers")

    def given_up(self) -> TransportFailure:
        """What it means that the driver was closed meanwhile."""
        why = "the driver was closed before an answer came"
        return NotSent(why) if self.unsent else NoResponse(why)

    def _connecting(self) -> None:
        self._phase = "connect"
        if self._connect_seconds is not None and self._connect_by is None:
            self._connect_by = monotonic() + self._connect_seconds
            self._on_sent()


def build_request(
    client: httpx2.Client | httpx2.AsyncClient,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    *,
    body: bytes | None,
    progress: SendProgress,
) -> httpx2.Request:
    """The request; ValueError where `_http1.request` gives one."""
    HeadBuilder()(request_target(url, None), method, headers, body)
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


def request_headers(request: httpx2.Request) -> str:
    """The host and port that a request is for."""
    url = request.url
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def remaining(deadline: float | None) -> float | None:
    """Seconds until a deadline, 0 when it has passed."""
    return None if deadline is None else max(0.0, deadline - monotonic())


def _is_tunnel(info: dict[str, Any]) -> bool:
    """Whether it is the CONNECT to a proxy that is being sent, not the request."""
    return getattr(info.get("request"), "method", b"") == b"CONNECT"
