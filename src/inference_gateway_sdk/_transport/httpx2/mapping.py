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
    "check_client",
    "host_and_port",
    "in_body",
    "in_head",
    "lift_read_timeout",
    "remaining",
]


MAX_BUFFERED = 256 * 1024
"""Maximum number of bytes read ahead of the reader."""

_UNVERIFIABLE_END = "the body has no length, and under TLS httpx2 cannot distinguish its end from a truncation"


class BufferedBody:
    """The received bytes of a body, still compressed. It implements `_http1.response.BodySource`."""

    __slots__ = ("_waiting", "body", "complete", "failure", "headers", "provable", "status")

    def __init__(self, response: httpx2.Response) -> None:
        self.status: int = response.status_code
        self.headers: list[tuple[str, str]] = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
        ]
        self.provable: bool = not _ends_with_tls(response)
        self.body: list[bytes] = []
        self.complete: bool = False
        self.failure: TransportFailure | None = None
        self._waiting = 0
        if response.is_stream_consumed:  # a hook has read the body, which is then already decoded
            self.headers = [(name, value) for name, value in self.headers if name != "content-encoding"]
            self.put(response.content)
            self.finish()

    @property
    def full(self) -> bool:
        """True if reading ahead must pause."""
        return self._waiting >= MAX_BUFFERED

    def put(self, piece: bytes) -> None:
        """Append received bytes."""
        self.body.append(piece)
        self._waiting += len(piece)

    def finish(self) -> None:
        """Process the end of the body as reported by httpx2."""
        if self.failure is not None:
            return
        if self.provable:
            self.complete = True
        else:
            self.failure = TruncatedResponse(_UNVERIFIABLE_END)

    def take(self) -> bytes:
        """Return all buffered bytes, or b"" if there are none."""
        data = self.body[0] if len(self.body) == 1 else b"".join(self.body)
        self.body.clear()
        self._waiting = 0
        return data

    def fail(self, failure: TransportFailure) -> None:
        """Record a failure. Only the first one is kept."""
        if self.failure is None:
            self.failure = failure

    def end(self, why: str, *, orderly: bool) -> None:
        """Process the end of the connection. `orderly` is ignored, because httpx2 does not report it."""
        if not self.complete:
            self.fail(TruncatedResponse(f"{why} before the end of the body"))


def _ends_with_tls(response: httpx2.Response) -> bool:
    """Return whether only the end of a TLS connection delimits the body. httpx2 accepts any FIN as that end."""
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
"""The base classes of httpx2's errors. Any other exception comes from a hook or a transport, and is passed on."""

_BROKEN_BY_HOOK = "a hook, a transport or the authentication of the httpx2 client broke the response"
_ENDED_SHORT = "closed connection"  # part of h11's message for a truncated body
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def in_head(error: Exception, where: str, *, unsent: bool) -> TransportFailure:
    """Map an error before the end of the response head to a transport failure.

    Args:
        error: One of `HTTPX_ERRORS`.
        where: Host and port of the request.
        unsent: True if it is certain that no byte of the request was sent.
    """
    failure = _in_head(error, where)
    if unsent and isinstance(failure, NoResponse):
        failure = NotSent(f"the proxy did not open a tunnel to {where}: {failure}", about="proxy")
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
        return _not_sent(error, where)
    if isinstance(error, (httpx2.LocalProtocolError, httpx2.InvalidURL)):
        return NotSent(f"httpx2 rejected the request: {error}", permanent=True)
    if isinstance(error, httpx2.TransportError):
        return _no_response(error)
    return _broken_by_hook(error)


def in_body(error: Exception) -> TransportFailure:
    """Map an error after the response head, one of `HTTPX_ERRORS`, to a transport failure."""
    if isinstance(error, httpx2.TimeoutException):
        return _late(error, "body")
    if isinstance(error, httpx2.TransportError):
        if _is_malformed(error) and _ENDED_SHORT not in str(error):
            return InvalidResponse(f"malformed HTTP response: {error}")
        return TruncatedResponse(str(error) or "the connection broke before the end of the body")
    return _broken_by_hook(error)


def _not_sent(error: Exception, where: str) -> NotSent:
    if isinstance(error, httpx2.UnsupportedProtocol):
        return NotSent(str(error), permanent=True)
    if isinstance(error, httpx2.ProxyError):
        refused = str(error).startswith("4")  # otherwise "502 Bad Gateway" or similar, which may be temporary
        return NotSent(f"the proxy answered {error} [{where} through the proxy]", permanent=refused, about="proxy")
    unknown = next((cause for cause in _causes(error) if isinstance(cause, socket.gaierror)), None)
    if unknown is not None:
        return NotSent(f"cannot resolve {where.rpartition(':')[0]}: {unknown.strerror}")
    tls_error = _tls_error(error)
    if tls_error is None:
        return NotSent(f"cannot connect to {where}: {error}")
    if isinstance(tls_error, ssl.SSLCertVerificationError):
        why = f"the server's certificate does not verify: {tls_error.verify_message} [{where}]"
        return NotSent(why, permanent=True, about="tls")
    temporary = isinstance(tls_error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return NotSent(f"TLS failed: {tls_error.reason or tls_error} [{where}]", permanent=not temporary, about="tls")


def _no_response(error: Exception) -> TransportFailure:
    if _is_malformed(error):
        return InvalidResponse(f"malformed HTTP response: {error}")
    return NoResponse(str(error) or "connection closed before any response")


def _late(error: Exception, which: str) -> DeadlineExceeded:
    if isinstance(error, httpx2.PoolTimeout):
        return NotSentInTime("pool")
    if isinstance(error, httpx2.ConnectTimeout):
        return NotSentInTime("connect")
    return DeadlineExceeded(which)


def _broken_by_hook(error: Exception) -> InvalidResponse:
    return InvalidResponse(f"{_BROKEN_BY_HOOK}: {type(error).__name__}: {error}")


def _refused_certificate(error: Exception) -> str | None:
    """Return why the server refused the client certificate, or None if it did not.

    In TLS 1.3 this alert arrives only after the request was written.
    """
    for cause in _causes(error):
        reason = getattr(cause, "reason", None) if isinstance(cause, ssl.SSLError) else None
        if reason and "ALERT" in reason and any(word in reason for word in _REFUSALS):
            return str(reason)
    return None


def _tls_error(error: Exception) -> ssl.SSLError | None:
    """Return the TLS error among the causes. Ignore that TLS was waiting for data when the connection ended."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLWantReadError, ssl.SSLWantWriteError)):
            return cause
    return None


def _is_malformed(error: Exception) -> bool:
    """Return whether the error comes from the parser (h11), rather than from the connection."""
    return any(type(cause).__module__.partition(".")[0] == "h11" for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


_GRACE = 0.05
"""Seconds that httpx2's own timeouts have beyond a deadline, because they name the stage that timed out."""


class SendProgress:
    """The progress of one request, from httpx2's `trace` extension. Some transports do not report it.

    Attributes:
        stopped: True after the caller gave up on the response. The next connect or send is refused.
    """

    __slots__ = ("_connect_by", "_connect_seconds", "_deadline", "_on_sent", "_phase", "stopped")

    def __init__(self, deadline: float | None, connect_seconds: float | None, on_sent: Callable[[], None]) -> None:
        self.stopped: bool = False
        self._deadline = deadline
        self._connect_seconds = connect_seconds
        self._connect_by: float | None = None
        self._phase = "headers"  # without a trace, the request counts as sent
        self._on_sent = on_sent

    def step(self, event: str, info: dict[str, Any]) -> None:
        """Process one event of the trace, such as "connection.connect_tcp.started"."""
        connects = event.endswith(("connect_tcp.started", "connect_unix_socket.started"))
        sends = event.endswith("send_request_headers.started")
        if self.stopped and (connects or sends):
            raise httpx2.ConnectError("the request was given up")
        if connects:
            self._connecting()
        elif sends and not _is_tunnel(info):
            self._phase, self._connect_by = "headers", None

    async def async_step(self, event: str, info: dict[str, Any]) -> None:
        """Process one event of the trace, as `step`. An async client requires an async function."""
        self.step(event, info)

    @property
    def limit(self) -> float | None:
        """The time at which waiting for the head ends, or None."""
        limits = [limit + _GRACE for limit in (self._deadline, self._connect_by) if limit is not None]
        return min(limits, default=None)

    @property
    def timeouts(self) -> httpx2.Timeout:
        """The timeouts of httpx2 for each step until the head."""
        left = remaining(self._deadline)
        limits = [limit for limit in (left, self._connect_seconds) if limit is not None]
        return httpx2.Timeout(connect=min(limits, default=None), pool=left, write=left, read=left)

    @property
    def unsent(self) -> bool:
        """True if it is certain that no byte of the request was sent."""
        return self._phase == "connect"

    def deadline_failure(self) -> DeadlineExceeded:
        """Return the failure for a `limit` that has passed."""
        return NotSentInTime("connect") if self.unsent else DeadlineExceeded("headers")

    def closed_failure(self) -> TransportFailure:
        """Return the failure for a driver that was closed before the head arrived."""
        why = "the driver was closed before a response arrived"
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
    """Build the request. Raise ValueError for the same input as `_http1.request` does."""
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


def lift_read_timeout(response: httpx2.Response) -> None:
    """Remove the read timeout for the body. httpx2 fixes it at the first read, but each read has its own deadline."""
    timeouts = response.request.extensions.get("timeout")
    if isinstance(timeouts, dict):
        timeouts["read"] = None


def check_client(client: object, kind: type[httpx2.Client | httpx2.AsyncClient]) -> None:
    """Raise TypeError if `client` is not of this class."""
    if not isinstance(client, kind):
        raise TypeError(f"client must be an httpx2.{kind.__name__}, got {type(client).__name__}")


def host_and_port(request: httpx2.Request) -> str:
    """Return "host:port" of a request."""
    url = request.url
    return f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def remaining(deadline: float | None) -> float | None:
    """Return the seconds until a deadline, 0 after it, and None for no deadline."""
    return None if deadline is None else max(0.0, deadline - monotonic())


def _is_tunnel(info: dict[str, Any]) -> bool:
    """Return whether the event is about the CONNECT request to a proxy, not the request itself."""
    return getattr(info.get("request"), "method", b"") == b"CONNECT"
