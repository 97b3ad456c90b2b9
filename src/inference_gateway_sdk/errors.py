"""Everything this package raises on purpose, split by what the caller can do next.

GatewayError                      anything below
 + RequestError                   no answer came
 |  - ConnectError                nothing was sent: repeating is safe
 |  - TimeoutError                one of our clocks ran out (`limit` names it); also a builtin TimeoutError
 + StatusError                    an answer that says no
 |  - BadRequestError             400
 |  - UnauthorizedError           401
 |  - ForbiddenError              403
 |  - NotFoundError               404
 |  - PayloadTooLargeError        413
 |  - UnsupportedMediaTypeError   415
 |  - UnprocessableError          422
 |  - RateLimitError              429
 |  - InternalError               500, and any 5xx without a class of its own
 |  - BadGatewayError             502
 |  - ServiceUnavailableError     503
 |  - GatewayTimeoutError         504, and the 400 by which the gateway reports a silent provider
 |  - OverloadedError             529
 + StreamError                    a stream that broke; `partial` holds what it had brought
 |  - StreamTruncatedError        it ended without its terminal marker
 |  - StreamStalledError          it went silent (`limit`, `elapsed`, `chunks`); also a builtin TimeoutError
 + DecodingError                  bytes that are not what they claim to be
 + DeserializationError           JSON that does not fit (`path`, `text`)
 + SerializationError             a value that cannot be sent (`path`)

Each error stores its facts as attributes and builds its text in `__str__`, so that it survives pickling whole.
This module imports nothing of the package.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BadGatewayError",
    "BadRequestError",
    "ConnectError",
    "DecodingError",
    "DeserializationError",
    "ForbiddenError",
    "GatewayError",
    "GatewayTimeoutError",
    "InternalError",
    "NotFoundError",
    "OverloadedError",
    "PayloadTooLargeError",
    "RateLimitError",
    "RequestError",
    "ResponseTooLargeError",
    "SerializationError",
    "ServiceUnavailableError",
    "StatusError",
    "StreamError",
    "StreamStalledError",
    "StreamTruncatedError",
    "TimeoutError",
    "UnauthorizedError",
    "UnprocessableError",
    "UnsupportedMediaTypeError",
]

_T = TypeVar("_T", bound=type)


def _public(cls: _T) -> _T:
    """The class, named in tracebacks as users import it."""
    cls.__module__ = "inference_gateway_sdk"
    return cls


@_public
class GatewayError(Exception):
    """Anything this package raises on purpose.

    Attributes:
        message: What went wrong, in one sentence, without the hint.
        hint: What to try, where that is certain; None otherwise.
        partial: What a stream had brought before it broke, as the type of the non-streamed call; None elsewhere.
        meta: The `Meta` of the answer that caused the error, None when no answer came.
    """

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        partial: Any = None,
        meta: Any = None,
    ) -> None:
        # args carries the message alone: BaseException's own pickling then restores the rest from __dict__.
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.partial = partial
        self.meta = meta

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{stop} Hint: {self.hint}"


@_public
class RequestError(GatewayError):
    """No answer came: the connection broke, or what came was not HTTP.

    Attributes:
        url: What was asked, without user information or query.
        elapsed: Seconds from the start of the last attempt to the failure, None when unknown.
        attempts: How many times the request was tried.
    """

    def __init__(
        self, message: str = "", *, url: str = "", elapsed: float | None = None, attempts: int = 1, **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.url = url
        self.elapsed = elapsed
        self.attempts = attempts


@_public
class ConnectError(RequestError):
    """No byte of the request was sent: repeating it is safe."""


@_public
class TimeoutError(RequestError, builtins.TimeoutError):  # noqa: A001  (the tree is named as users say it)
    """One of our clocks ran out before the answer was whole.

    Attributes:
        limit: The clock: "connect", "pool", "response" or "total".
        seconds: What that clock was set to.
    """

    def __init__(self, message: str = "", *, limit: str = "", seconds: float | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.limit = limit
        self.seconds = seconds


@_public
class ResponseTooLargeError(RequestError):
    """The body of the answer is larger than `max_body`, so the rest of it was not read.

    Attributes:
        limit: What `max_body` was set to, in bytes.
    """

    def __init__(self, message: str = "", *, limit: int = 0, **more: Any) -> None:
        super().__init__(message, **more)
        self.limit = limit


@_public
class StatusError(GatewayError):
    """The gateway, or the provider behind it, answered no.

    Attributes:
        status: The HTTP status; for an error inside a 200 stream, the code that the error carries.
        message: The innermost message (the gateway wraps a provider's error as JSON inside a string,
            gateway-behaviour.md#errors).
        code: The provider's own error code or type as it stands in the body, None when there is none.
        body: The body: its JSON value where it is JSON, its text otherwise, None when empty.
        headers: The answer's headers, by case-insensitive name.
        request_id: The provider's or gateway's id of the request, None when none was sent.
        provider: The provider asked or selected, None when unknown.
        model: The model asked or selected, None when unknown.
        retry_after: Seconds to wait before another try, None when the answer does not say.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        code: str | int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        retry_after: float | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message, **more)
        self.status = status
        self.code = code
        self.body = body
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.request_id = request_id
        self.provider = provider
        self.model = model
        self.retry_after = retry_after

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.status}: {text}" if self.status else text


@_public
class BadRequestError(StatusError):
    """400: the request is wrong as it stands."""


@_public
class UnauthorizedError(StatusError):
    """401: the token is missing, expired or not accepted."""


@_public
class ForbiddenError(StatusError):
    """403: not allowed (a model list, a guardrail, a feature that is not exposed)."""


@_public
class NotFoundError(StatusError):
    """404: no such route, model or feature on this gateway."""


@_public
class PayloadTooLargeError(StatusError):
    """413: the body is over the gateway's limit."""


@_public
class UnsupportedMediaTypeError(StatusError):
    """415: the content type is not accepted."""


@_public
class UnprocessableError(StatusError):
    """422: understood, and refused."""


@_public
class RateLimitError(StatusError):
    """429: too many requests or tokens; `retry_after` when the answer says how long."""


@_public
class InternalError(StatusError):
    """500, and any 5xx without a class of its own."""


@_public
class BadGatewayError(StatusError):
    """502: the gateway could not reach or understand the provider."""


@_public
class ServiceUnavailableError(StatusError):
    """503: not now."""


@_public
class GatewayTimeoutError(StatusError):
    """504: the provider was silent too long; also the 400 by which the gateway reports it.

    See gateway-behaviour.md#limits-and-timeouts.
    """


@_public
class OverloadedError(StatusError):
    """529: the provider is overloaded."""


@_public
class StreamError(GatewayError):
    """A stream broke after it had begun; `partial` holds what it had brought."""


@_public
class StreamTruncatedError(StreamError):
    """The stream ended without its terminal marker: what came is not the whole answer."""


@_public
class StreamStalledError(StreamError, builtins.TimeoutError):
    """The stream went silent.

    Attributes:
        limit: The clock that ran out: "first_content", "idle" or "total".
        seconds: What that clock was set to.
        elapsed: Seconds spent waiting for the server when it ran out.
        chunks: How many chunks had come.
    """

    def __init__(
        self,
        message: str = "",
        *,
        limit: str = "",
        seconds: float | None = None,
        elapsed: float | None = None,
        chunks: int = 0,
        **more: Any,
    ) -> None:
        super().__init__(message, **more)
        self.limit = limit
        self.seconds = seconds
        self.elapsed = elapsed
        self.chunks = chunks


@_public
class DecodingError(GatewayError):
    """Bytes that are not what they claim to be: not JSON, not UTF-8, not the announced compression."""


@_public
class DeserializationError(GatewayError):
    """JSON that does not fit the type asked for.

    Attributes:
        path: Where, as `$.choices[0].message`; "$" for the whole.
        text: The text that was read, where it is short enough to keep.
    """

    def __init__(self, message: str = "", *, path: str = "$", text: str | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.path = path
        self.text = text

    def __str__(self) -> str:
        return super().__str__() if self.path == "$" else f"{super().__str__()} (at {self.path})"


@_public
class SerializationError(GatewayError):
    """A value that cannot be sent as JSON.

    Attributes:
        path: Where in the request the value stands.
    """

    def __init__(self, message: str = "", *, path: str = "$", **more: Any) -> None:
        super().__init__(message, **more)
        self.path = path

    def __str__(self) -> str:
        return super().__str__() if self.path == "$" else f"{super().__str__()} (at {self.path})"
