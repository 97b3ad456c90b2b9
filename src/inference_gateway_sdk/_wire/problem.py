"""Turns an answer that says no, or an error met inside a stream, into the error to raise. Never raises one itself.

The class follows from the status, the message is the innermost one of the body (`envelope`), and a hint is added where
one is certain (`hints`).
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from .. import errors
from .envelope import Finding, Json, find, parse
from .hints import hint_for
from .redaction import redact

if TYPE_CHECKING:
    from .headers import Headers

__all__ = ["read_bad_frame", "read_error", "read_stream_error"]

_LONGEST_JSON: Final = 1024 * 1024  # a longer body is not searched for its message
_LONGEST_BODY: Final = 64 * 1024  # of which so much is kept
_EXCERPT: Final = 120

_CLASSES: Final[dict[int, type[errors.StatusError]]] = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    413: errors.PayloadTooLargeError,
    415: errors.UnsupportedMediaTypeError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
    500: errors.InternalError,
    502: errors.BadGatewayError,
    503: errors.ServiceUnavailableError,
    504: errors.GatewayTimeoutError,
    529: errors.OverloadedError,
}
# Go's words for a provider that was silent, which the gateway reports as a 400 (WIRE section 4).
_SILENCE: Final = ("timeout awaiting response headers", "context deadline exceeded", "Client.Timeout")


def read_error(
    status: int,
    headers: Headers,
    body: bytes,
    *,
    now: float | None = None,
    provider: str | None = None,
    model: str | None = None,
    path: str = "",
) -> errors.StatusError:
    """The error that an answer with a status of 400 or more is.

    Args:
        status: The HTTP status.
        headers: The answer's headers.
        body: The whole body, decoded.
        now: Seconds since the epoch, for a `Retry-After` that is a date; without it such a date is not read.
        provider: The provider asked, None when unknown.
        model: The model asked, None when unknown.
        path: The call's path, for the hint.
    """
    value, kept = _value(body)
    found = find(value)
    return _class_of(status, found.message)(
        _message(status, found),
        status=status,
        code=found.code,
        body=kept,
        headers=headers,
        request_id=headers.get("x-request-id") or headers.get("request-id") or found.request_id,
        provider=headers.get("x-selected-provider") or provider,
        model=headers.get("x-selected-model") or model,
        retry_after=_retry_after(headers, now),
        hint=hint_for(status, found.message, provider=provider, model=model, path=path),
    )


def read_stream_error(
    value: Json, text: bytes = b"", *, provider: str | None = None, model: str | None = None
) -> errors.GatewayError:
    """The error that an error object inside a 200 stream is: of the class of the status inside it, else a StreamError.

    Args:
        value: The object, parsed: the frame's whole JSON value.
        text: The frame's bytes, for an object that holds no message.
        provider: The provider asked, None when unknown.
        model: The model asked, None when unknown.
    """
    found = find(value)
    message = found.message or f"The stream sent an error without a message: {_excerpt(text)}"
    return _in_stream(found, message, value, provider, model)


def read_bad_frame(text: bytes, *, provider: str | None = None, model: str | None = None) -> errors.GatewayError:
    """The error that a frame which is not JSON stands for.

    The gateway writes a provider's error unescaped into its own (WIRE section 13): the error inside is still found, and
    its status decides the class as in `read_stream_error`. Anything else is a StreamError that shows how it begins.
    """
    readable = _text(text)
    found = find(readable)
    if found.shape == "html":
        message = f"The stream sent no event but {_page(found)}"
    elif found.shape == "json":
        message = found.message
    else:
        message = f"The stream sent a frame that is not JSON: {_excerpt(text)}"
    return _in_stream(found, message, readable, provider, model)


def _in_stream(
    found: Finding, message: str, body: Json, provider: str | None, model: str | None
) -> errors.GatewayError:
    hint = hint_for(found.status or 200, found.message, provider=provider, model=model)
    if found.status is None:
        return errors.StreamError(message, hint=hint)
    return _class_of(found.status, found.message)(
        message,
        status=found.status,
        code=found.code,
        body=body,
        request_id=found.request_id,
        provider=provider,
        model=model,
        hint=hint,
    )


def _class_of(status: int, message: str) -> type[errors.StatusError]:
    if status == 400 and any(text in message for text in _SILENCE):
        return errors.GatewayTimeoutError
    return _CLASSES.get(status, errors.InternalError if 500 <= status <= 599 else errors.StatusError)


def _message(status: int, found: Finding) -> str:
    if found.shape == "html":
        return f"{_phrase(status)} ({_page(found)})"
    return found.message or _phrase(status)


def _page(found: Finding) -> str:
    return f"an HTML page: {found.message}" if found.message else "an HTML page"


def _phrase(status: int) -> str:
    """The status' own name."""
    if status == 529:
        return "Overloaded"  # not registered; Anthropic's
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def _value(body: bytes) -> tuple[Json, Json]:
    """What to search for a message, and what to keep of the body: JSON where it is JSON, text otherwise."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        return None, None
    valid, value = parse(body) if len(body) <= _LONGEST_JSON else (False, None)
    text = _text(body)
    if not valid:
        return text, text
    return value, value if len(body) <= _LONGEST_BODY else text


def _text(body: bytes) -> str:
    return body[:_LONGEST_BODY].decode("utf-8", "replace")


def _excerpt(text: bytes) -> str:
    shown = redact(_text(text[: 2 * _EXCERPT]))
    return repr(shown if len(shown) <= _EXCERPT else shown[:_EXCERPT] + "...")


def _retry_after(headers: Headers, now: float | None) -> float | None:
    """The seconds that the answer asks to wait, never negative (RFC 9110 section 10.2.3, and OpenAI's milliseconds)."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is None and now is not None:
        seconds = _seconds_until(text, now)
    return seconds


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _seconds_until(date: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime  # dear to import, and such dates are rare

    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
