"""What httpx2 raises as what a transport may raise: never sent, no answer, cut short, not to be trusted, too late.

httpx2 has one class for a malformed answer and for one that never came; which it was shows in what caused it. Whatever
is in doubt is taken for sent, so that nothing is repeated that may have been done.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx2

from inference_gateway_sdk._http1.failures import (
    BadAnswer,
    DeadlineExceeded,
    Failure,
    NoAnswer,
    NotSent,
    NotSentInTime,
    Truncated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OURS", "in_body", "in_head"]

OURS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.CookieConflict, httpx2.StreamError)
"""The roots of everything httpx2 raises by intent; anything else is a fault of a hook or a transport, and passes."""

_SPOILT = "the answer was spoilt by a hook, a transport or the authentication of the httpx2 client"
_CUT = "closed connection"  # with which h11 says that a body ended short
_REFUSALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def in_head(error: Exception, where: str, *, unsent: bool) -> Failure:
    """What went wrong before the answer's head was there.

    Args:
        error: One of `OURS`.
        where: The host and port that were asked.
        unsent: Certainly no byte of the request has left.
    """
    failure = _in_head(error, where)
    if unsent and isinstance(failure, NoAnswer):
        failure = NotSent(f"the proxy gave no tunnel to {where}: {failure}")
    elif unsent and type(failure) is DeadlineExceeded:
        failure = NotSentInTime("connect")
    failure.__cause__ = error
    return failure


def _in_head(error: Exception, where: str) -> Failure:
    refusal = _refused_certificate(error)
    if refusal is not None:
        return NotSent(f"the server refused the client certificate: {refusal}", permanent=True)
    if isinstance(error, httpx2.TimeoutException):
        return _late(error, "headers")
    if isinstance(error, (httpx2.ConnectError, httpx2.ProxyError, httpx2.UnsupportedProtocol)):
        return _never_sent(error, where)
    if isinstance(error, (httpx2.LocalProtocolError, httpx2.InvalidURL)):
        return NotSent(f"httpx2 does not send this request: {error}", permanent=True)
    if isinstance(error, httpx2.TransportError):
        return _unanswered(error)
    return _spoilt(error)


def in_body(error: Exception) -> Failure:
    """What went wrong behind the head; `error` is one of `OURS`."""
    if isinstance(error, httpx2.TimeoutException):
        return _late(error, "body")
    if isinstance(error, httpx2.TransportError):
        if _is_malformed(error) and _CUT not in str(error):
            return BadAnswer(f"the answer is not well-formed HTTP: {error}")
        return Truncated(str(error) or "the connection broke before the end of the body")
    return _spoilt(error)


def _never_sent(error: Exception, where: str) -> NotSent:
    if isinstance(error, httpx2.UnsupportedProtocol):
        return NotSent(str(error), permanent=True)
    if isinstance(error, httpx2.ProxyError):
        refused = str(error).startswith("4")  # else a 502 or the like, which may pass
        return NotSent(f"the proxy answered {error} [{where} through the proxy]", permanent=refused)
    unknown = next((cause for cause in _causes(error) if isinstance(cause, socket.gaierror)), None)
    if unknown is not None:
        return NotSent(f"cannot resolve {where.rpartition(':')[0]}: {unknown.strerror}")
    trouble = _tls_trouble(error)
    if trouble is None:
        return NotSent(f"cannot connect to {where}: {error}")
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return NotSent(f"the server's certificate does not verify: {trouble.verify_message} [{where}]", permanent=True)
    passing = isinstance(trouble, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return NotSent(f"TLS failed: {trouble.reason or trouble} [{where}]", permanent=not passing)


def _unanswered(error: Exception) -> Failure:
    if _is_malformed(error):
        return BadAnswer(f"the answer is not well-formed HTTP: {error}")
    return NoAnswer(str(error) or "the connection ended before any answer")


def _late(error: Exception, which: str) -> DeadlineExceeded:
    if isinstance(error, httpx2.PoolTimeout):
        return NotSentInTime("pool")
    if isinstance(error, httpx2.ConnectTimeout):
        return NotSentInTime("connect")
    return DeadlineExceeded(which)


def _spoilt(error: Exception) -> BadAnswer:
    return BadAnswer(f"{_SPOILT}: {type(error).__name__}: {error}")


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
