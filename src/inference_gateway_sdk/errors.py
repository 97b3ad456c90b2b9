"""The exceptions of this package, by what the caller can do next.

GatewayError                      the base class
 + RequestError                   no complete response was received
 |  - ConnectError                nothing was sent: repeating is safe
 |  - TimeoutError                a timeout of the client (`limit` names it); also a builtin TimeoutError
 + StatusError                    an HTTP error response
 |  - BadRequestError             400
 |  - UnauthorizedError           401
 |  - ForbiddenError              403
 |  - NotFoundError               404
 |  - PayloadTooLargeError        413
 |  - UnsupportedMediaTypeError   415
 |  - UnprocessableError          422
 |  - RateLimitError              429
 |  - InternalError               500, and any other 5xx
 |  - BadGatewayError             502, and the 400 by which the gateway reports that its request to itself broke
 |  - ServiceUnavailableError     503
 |  - GatewayTimeoutError         504, and the 400 by which the gateway reports a silent provider
 |  - OverloadedError             529
 + StreamError                    a stream that broke; `partial` holds the partial answer
 |  - StreamTruncatedError        it ended without its terminal marker
 |  - StreamStalledError          it sent nothing for too long (`limit`, `seconds`); also a builtin TimeoutError
 + DecodingError                  invalid bytes, such as malformed JSON
 + DeserializationError           JSON that does not match its type (`path`, `text`)
 + SerializationError             a value that cannot be sent (`path`)
 + BudgetExceededError            the call was not sent, as a budget does not allow it
 + BatchBusyError                 another process writes to the output of a batch
 + BatchMismatchError             the output or the input of a batch is another one
 + AllRoutesFailedError           every route of a fallback was asked, and none answered

Each error stores its facts as attributes and builds its text in `__str__`, so that pickling preserves it.
This module imports nothing from the package.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "AllRoutesFailedError",
    "BadGatewayError",
    "BadRequestError",
    "BatchBusyError",
    "BatchMismatchError",
    "BudgetExceededError",
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
    """Set the class's module to the package root, from which users import it, for tracebacks."""
    cls.__module__ = "inference_gateway_sdk"
    return cls


@_public
class GatewayError(Exception):
    """Base class of the errors of this package.

    Attributes:
        message: Description of the error in one sentence, without the hint.
        hint: Advice on how to resolve the error, or None.
        partial: The partial answer of a stream that broke, of the type that the non-streamed call returns, or None.
        meta: The `Meta` of the response that caused the error, or None if there was no response.
        tried: The routes that a call with `fallback` asked, as `Tried`. Empty without fallback.
    """

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        partial: Any = None,
        meta: Any = None,
    ) -> None:
        # args contains only the message: BaseException's pickling restores the other attributes from __dict__.
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.partial = partial
        self.meta = meta
        self.tried: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message


@_public
class BatchBusyError(GatewayError):
    """Another process writes to the output of this batch.

    Attributes:
        pid: The id of the process, or None if it is not known.
        since: The time at which it began, in UTC, or None.
    """

    def __init__(self, message: str = "", *, pid: int | None = None, since: str | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.pid = pid
        self.since = since


@_public
class BatchMismatchError(GatewayError):
    """The output belongs to another batch, or the input has changed since it was begun. Nothing was sent.

    Attributes:
        differences: What differs, as (name, before, now).
    """

    def __init__(self, message: str = "", *, differences: Sequence[tuple[str, Any, Any]] = (), **more: Any) -> None:
        super().__init__(message, **more)
        self.differences: list[tuple[str, Any, Any]] = list(differences)


@_public
class BudgetExceededError(GatewayError):
    """The call was not sent, because it could exceed a budget.

    Attributes:
        limit: The limit of the budget, a `Decimal`.
        spent: The amount of the calls that have ended.
        reserved: The amount reserved by other calls.
        asked: The upper bound of this call.
    """

    def __init__(
        self, message: str = "", *, limit: Any = None, spent: Any = None, reserved: Any = None, asked: Any = None,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(message, **more)
        self.limit = limit
        self.spent = spent
        self.reserved = reserved
        self.asked = asked


@_public
class AllRoutesFailedError(GatewayError):
    """No route answered: each one that the call's `fallback` allows failed. `tried` has their errors, in order.

    Attributes:
        retry_after: The shortest wait that one of the routes asked for, in seconds, or None.
    """

    def __init__(self, message: str = "", *, retry_after: float | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after = retry_after


@_public
class RequestError(GatewayError):
    """No complete response was received: the connection broke, or the response was not valid HTTP.

    Attributes:
        url: URL of the request, without user information or query.
        elapsed: Seconds from the start of the last attempt to the failure, or None if unknown.
        attempts: Number of attempts.
    """

    def __init__(
        self, message: str = "", *, url: str = "", elapsed: float | None = None, attempts: int = 1, **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.url = url
        self.elapsed = elapsed
        self.attempts = attempts

    def __str__(self) -> str:
        tried = f" [{self.attempts} attempts]" if self.attempts > 1 else ""
        return f"{self.message}{tried} (hint: {self.hint})" if self.hint else f"{self.message}{tried}"


@_public
class ConnectError(RequestError):
    """No byte of the request was sent. The request is safe to repeat."""


@_public
class TimeoutError(RequestError, builtins.TimeoutError):  # noqa: A001  (the name that users expect)
    """A timeout of the client expired before the response was complete.

    Attributes:
        limit: The timeout that expired: "connect", "pool", "response", "total", or "max_wait" of `wait_for_video`.
        seconds: The value of that timeout.
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
    """The gateway or the provider returned an error.

    Attributes:
        status: The HTTP status. For an error inside a 200, the code in that error, or 200 without one.
        message: The innermost message. (The gateway wraps a provider's error as JSON inside a string, see
            gateway-behaviour.md#errors.)
        code: The provider's error code or type in the body, or None.
        body: The body: its JSON value if it is JSON, else its text, or None if it is empty.
        headers: Headers of the response, by case-insensitive name.
        request_id: The request id from the provider or gateway, or None.
        provider: The provider requested or selected, or None if unknown.
        model: The model requested or selected, or None if unknown.
        retry_after: Seconds to wait before another attempt, or None if the response does not specify them.
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
        facts = ", ".join(self._facts())
        text = f"{self.message} [{facts}]" if facts else self.message
        if self.status:
            text = f"{self.status}: {text}"
        return f"{text} (hint: {self.hint})" if self.hint else text

    def _facts(self) -> Iterator[str]:
        if self.model:
            known = not self.provider or self.model.startswith(f"{self.provider}/")
            yield self.model if known else f"{self.provider}/{self.model}"
        elif self.provider:
            yield self.provider
        attempts = getattr(self.meta, "attempts", 1)
        if attempts > 1:
            yield f"{attempts} attempts"
        if self.retry_after is not None:
            yield f"retry after {self.retry_after:g} s"


@_public
class BadRequestError(StatusError):
    """400: the request is invalid."""


@_public
class UnauthorizedError(StatusError):
    """401: the token is missing, expired or invalid."""


@_public
class ForbiddenError(StatusError):
    """403: the request is not allowed (by a model list, a guardrail or a disabled feature)."""


@_public
class NotFoundError(StatusError):
    """404: the gateway does not have this route, model or feature."""


@_public
class PayloadTooLargeError(StatusError):
    """413: the request body exceeds the gateway's limit."""


@_public
class UnsupportedMediaTypeError(StatusError):
    """415: the content type is not supported."""


@_public
class UnprocessableError(StatusError):
    """422: the request is well-formed but cannot be processed."""


@_public
class RateLimitError(StatusError):
    """429: too many requests or tokens. `retry_after` is the wait that the response asks for, if any."""


@_public
class InternalError(StatusError):
    """500: an internal error, or any other 5xx without its own class."""


@_public
class BadGatewayError(StatusError):
    """502: the gateway could not reach or understand the provider.

    Also the 400 by which the gateway reports that its request to itself broke off.
    See gateway-behaviour.md#faults-of-the-inner-hop.
    """


@_public
class ServiceUnavailableError(StatusError):
    """503: the service is temporarily unavailable."""


@_public
class GatewayTimeoutError(StatusError):
    """504: the provider did not respond in time. It also covers the 400 with which the gateway reports this.

    See gateway-behaviour.md#limits-and-timeouts.
    """


@_public
class OverloadedError(StatusError):
    """529: the provider is overloaded."""


@_public
class StreamError(GatewayError):
    """The stream broke after it had started. `partial` holds the partial answer."""


@_public
class StreamTruncatedError(StreamError):
    """The stream ended without its terminal marker, so the answer is incomplete."""


@_public
class StreamStalledError(StreamError, builtins.TimeoutError):
    """The stream sent nothing for too long.

    Attributes:
        limit: The timeout that expired: "first_content", "idle" or "total".
        seconds: The value of that timeout.
        elapsed: Seconds spent waiting for the server until it expired.
        chunks: Number of chunks received before.
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
    """The received bytes are invalid: malformed JSON, UTF-8 or compressed data."""


@_public
class DeserializationError(GatewayError):
    """The JSON does not match the requested type.

    Attributes:
        path: Path to the mismatch, such as `$.choices[0].message`. "$" means the whole value.
        text: The text that was parsed if it is short enough to keep, else None.
    """

    def __init__(self, message: str = "", *, path: str = "$", text: str | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.path = path
        self.text = text

    def __str__(self) -> str:
        return super().__str__() if self.path == "$" else f"{super().__str__()} (at {self.path})"


@_public
class SerializationError(GatewayError):
    """A value cannot be encoded as JSON.

    Attributes:
        path: Path to the value in the request.
    """

    def __init__(self, message: str = "", *, path: str = "$", **more: Any) -> None:
        super().__init__(message, **more)
        self.path = path

    def __str__(self) -> str:
        return super().__str__() if self.path == "$" else f"{super().__str__()} (at {self.path})"
