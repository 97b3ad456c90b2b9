"""The attempts of one call: classify each failure, decide the delay, log it."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from msgspec.structs import replace

from .._http1.failures import (
    DeadlineExceeded,
    InvalidResponse,
    NoResponse,
    NotSent,
    ResponseTooLarge,
    TransportFailure,
)
from .._model.unknown_fields import Meta
from .._wire.call import StreamCall
from .._wire.headers import Headers, Outgoing
from .._wire.retry import EARLY_SECONDS, Outcome, RetryPolicy
from .._wire.url import redact_url
from ..errors import (
    ConnectError,
    GatewayError,
    RequestError,
    ResponseTooLargeError,
    StatusError,
    StreamStalledError,
    TimeoutError,  # noqa: A004
)
from .hooks import RequestSent, ResponseReceived, RetryPlanned

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from .._routing.plan import Journey
    from .._wire.call import Call
    from .._wire.retry import DelayRule
    from .settings import ClientSettings

__all__ = [
    "RAISE_MAX_BODY",
    "DefaultHeaders",
    "FailedAttempt",
    "RetryState",
    "hide_token",
    "log_response",
    "log_retry",
    "log_unexpected_end",
]


_DEBUG, _INFO = 10, 20  # the values of `logging.DEBUG` and `logging.INFO`
_logger: logging.Logger | None = None


def _get_logger() -> logging.Logger:
    global _logger  # noqa: PLW0603  (set once)
    if _logger is None:
        import logging

        _logger = logging.getLogger("inference_gateway_sdk")
    return _logger


def _logs(level: int) -> bool:
    """Return whether records of a level below a warning go anywhere.

    A program that shows them has imported `logging`. Others are spared the import, which is slow.
    """
    return (_logger is not None or "logging" in sys.modules) and _get_logger().isEnabledFor(level)


def log_response(method: str, url: str, status: int, elapsed: float) -> None:
    """Log the head of a response."""
    if _logs(_DEBUG):
        _get_logger().debug("%s %s: %d after %.3f s", method, redact_url(url), status, elapsed)


def log_retry(method: str, url: str, error: GatewayError, delay: float) -> None:
    """Log a failed attempt that another one follows."""
    if _logs(_INFO):
        _get_logger().info("%s %s: %s; trying again in %.2f s", method, redact_url(url), type(error).__name__, delay)


def log_unexpected_end(error: GatewayError) -> None:
    """Log a stream that ended irregularly after its answer was whole."""
    _get_logger().warning("the answer is whole, but its stream ended irregularly: %s", type(error).__name__)


SourceT = TypeVar("SourceT")

_CACHE_SIZE = 64
RAISE_MAX_BODY = "raise max_body= of the client, or of with_options(), if answers of this size are expected"

_LONG_WAIT = (
    "a wait of {0:g} s is over longest_retry_after={1:g}, so the call was not repeated: call again later, or raise it "
    "with retry=RetryPolicy(longest_retry_after=...)"
)
_MAYBE_TLS = "if the server speaks TLS there, write https:// in base_url"
_TOKEN_STAYED = (
    "this client was unpickled, and its token did not travel with it: set INFERENCE_GATEWAY_TOKEN in the process that "
    "unpickles, or call client.with_token(...) there"
)


def _connect_hint(failure: str = "", about: str = "") -> str:
    from .._wire.hints import connect_hint  # here: most programs never need the hints

    return connect_hint(failure, about)


_SHORTEST_SECRET = 8  # a shorter token would be found inside ordinary words


def hide_token(error: GatewayError, token: str | None) -> None:
    """Replace the token with "..." in the error, for servers repeat the tokens that they refuse."""
    if token is None or len(token) < _SHORTEST_SECRET:
        return
    for name, value in vars(error).items():
        if name != "partial":
            try:
                hidden = _without(value, token)
            except RecursionError:  # JSON that is nested as deeply as it could just be read
                hidden = "..."
            setattr(error, name, hidden)
    error.args = (error.message,)


def _without(value: Any, token: str) -> Any:
    """Return the value, which is an error's attribute or a part of one, without the token."""
    if isinstance(value, str):
        return value.replace(token, "...")
    if isinstance(value, bytes):
        return value.replace(token.encode(), b"...")
    if isinstance(value, dict):
        members: dict[Any, Any] = cast("Any", value)
        return {_without(name, token): _without(item, token) for name, item in members.items()}
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        return [_without(item, token) for item in items]
    if isinstance(value, Headers):
        return Headers([(name, _without(text, token)) for name, text in value.pairs()])
    if isinstance(value, Meta):
        return replace(value, headers=_without(value.headers, token), raw=_without(value.raw, token))
    return value


class FailedAttempt:
    """One failed attempt: the error to raise if it was the last, and its row of the retry table."""

    __slots__ = ("cause", "error", "outcome")

    def __init__(self, error: GatewayError, outcome: Outcome, cause: BaseException | None = None) -> None:
        self.error: GatewayError = error
        self.outcome: Outcome = outcome
        self.cause: BaseException | None = cause


class RetryState(Generic[SourceT]):
    """The attempts of one call.

    Attributes:
        call: The call.
        url: The URL of the request. Errors show it without its query.
        settings: The settings of the call.
        began: The time at which the current attempt began.
        count: The number of attempts begun so far.
        token: The token that the current attempt sends.
        refused_token: The token that a 401 refused, or None.
        journey: The routes of a call with fallback, of which these attempts are at one; None without fallback.
    """

    __slots__ = ("_defaults", "_total_left", "began", "call", "count", "journey", "refused_token", "settings", "token",
                 "url")  # fmt: skip

    def __init__(
        self,
        call: Call[Any] | StreamCall[Any, Any],
        url: str,
        settings: ClientSettings[SourceT],
        defaults: DefaultHeaders,
        *,
        token: str | None,
    ) -> None:
        self._defaults = defaults
        self.call: Call[Any] | StreamCall[Any, Any] = call
        self.url: str = url
        self.settings: ClientSettings[SourceT] = settings
        self.began: float = 0.0
        self.count: int = 0
        self.token: str | None = token
        self.refused_token: str | None = None
        self.journey: Journey | None = None
        self._total_left = settings.timeouts.total

    @property
    def spent(self) -> float:
        """Seconds of the `total` timeout used by earlier attempts and the delays between them."""
        total = self.settings.timeouts.total
        return 0.0 if total is None or self._total_left is None else total - self._total_left

    def outgoing(self) -> Outgoing:
        """Return the headers of this attempt. Call headers override client headers, which override defaults."""
        call = self.call
        content_type = None if call.body is None else call.content_type
        usual = self._defaults.get(self.settings.headers, call.accept, content_type, self.token)
        return Outgoing.of(call.headers, usual) if call.headers else usual

    def follow(self, journey: Journey) -> None:
        """Make these the attempts at one route of a call with fallback."""
        self.journey = journey
        if self._total_left is not None:
            self._total_left -= journey.spent

    def begin(self, now: float) -> None:
        """Start an attempt."""
        self.count += 1
        self.began = now

    def deadline(self) -> float | None:
        """Return the time by which this attempt must have the whole response, or None for no limit."""
        left, total = self.settings.timeouts.response, self._total_left
        if left is None or (total is not None and total < left):
            left = total
        return None if left is None else self.began + left

    def failed(self, failure: TransportFailure, now: float) -> FailedAttempt:
        """Classify a failure of the transport."""
        elapsed = now - self.began
        if isinstance(failure, DeadlineExceeded):
            return FailedAttempt(self._timed_out(failure, elapsed), Outcome.OWN_TIMEOUT, failure)
        if isinstance(failure, NotSent):
            hint = _connect_hint(str(failure), failure.about)
            never = ConnectError(f"{failure} ({self._where})", hint=hint, **self._facts(elapsed))
            return FailedAttempt(never, Outcome.not_sent(permanent=failure.permanent), failure)
        if isinstance(failure, NoResponse):
            from .._wire.hints import LATE_CLOSE, LATE_STREAM  # here: most programs never need the hints

            text = f"{self._where} closed the connection after {elapsed:.1f} s without a response: {failure}"
            late = LATE_STREAM if isinstance(self.call, StreamCall) else LATE_CLOSE
            early = _MAYBE_TLS if self.url.startswith("http:") else None
            error = RequestError(text, hint=late if elapsed > EARLY_SECONDS else early, **self._facts(elapsed))
            return FailedAttempt(error, Outcome.no_answer(elapsed), failure)
        return FailedAttempt(self._unreadable(failure, elapsed), Outcome.REFUSED, failure)

    def refused(self, error: StatusError, elapsed: float) -> FailedAttempt:
        """Classify an error response that came after `elapsed` seconds."""
        hide_token(error, self.token)
        if error.status == 401 and "token" in self.settings.left_behind:
            error.hint = _TOKEN_STAYED
        return FailedAttempt(error, Outcome.answered(error, elapsed))

    def broke(self, error: GatewayError, now: float) -> FailedAttempt:
        """Classify a stream that broke or stalled before its first content."""
        if isinstance(error, StreamStalledError):
            return FailedAttempt(error, Outcome.OWN_TIMEOUT, error.__cause__)
        return FailedAttempt(error, Outcome.broken_before_content(error, now - self.began), error.__cause__)

    def delay(self, failed_attempt: FailedAttempt, now: float, random: float) -> float | None:
        """Return the seconds to wait before the next attempt, or None if there is none."""
        error = failed_attempt.error
        retry_after = error.retry_after if isinstance(error, StatusError) else None
        refreshed = self.refused_token is not None  # the attempt with an expired token does not count as a failure
        policy: DelayRule = self.journey or self.settings.retry or RetryPolicy(attempts=self.settings.max_retries + 1)
        if retry_after is not None and retry_after > policy.longest_retry_after and error.hint is None:
            error.hint = _LONG_WAIT.format(retry_after, policy.longest_retry_after)
        delay = policy.delay(
            self.count - refreshed,
            failed_attempt.outcome,
            self.call.repeat,
            error,
            retry_after=retry_after,
            random=random,
        )
        if delay is not None and self._total_left is not None:
            self._total_left -= now - self.began + delay
            if self._total_left <= 0:
                return None
        return delay

    def request_sent(self) -> RequestSent:
        """Return the event for the attempt that begins next."""
        method, headers = self.call.method, self.outgoing().without_secrets()
        return RequestSent(method=method, url=self._where, attempt=self.count + 1, headers=headers)

    def response_received(self, meta: Meta) -> ResponseReceived:
        """Return the event for the response to the current attempt."""
        return ResponseReceived(
            method=self.call.method,
            url=self._where,
            attempt=self.count,
            status=meta.status,
            elapsed=meta.elapsed,
            meta=meta,
        )

    def retry_planned(self, error: GatewayError, delay: float) -> RetryPlanned:
        """Return the event for a failed attempt that another one follows."""
        return RetryPlanned(method=self.call.method, url=self._where, attempt=self.count, error=error, delay=delay)

    @property
    def _where(self) -> str:
        return redact_url(self.url)

    def _facts(self, elapsed: float) -> dict[str, Any]:
        return {"url": self._where, "elapsed": elapsed, "attempts": self.count}

    def _timed_out(self, failure: DeadlineExceeded, elapsed: float) -> TimeoutError:
        limit, seconds = self._limit(failure.which, elapsed)
        if limit == "pool":
            what = f"no connection to {self._where} became free within {elapsed:.1f} s"
            hint: str | None = "raise max_connections, or close streams that are no longer read."
        elif limit == "connect":
            what = f"no connection to {self._where} within {seconds:g} s (timeout.connect)"
            hint = _connect_hint()
        else:
            what = f"no complete response from {self._where} within {seconds:g} s (timeout.{limit})"
            hint = f"raise timeout=Timeouts({limit}=...) if the call is expected to take longer."
        return TimeoutError(what, limit=limit, seconds=seconds, hint=hint, **self._facts(elapsed))

    def _limit(self, which: str, elapsed: float) -> tuple[str, float | None]:
        limits, total = self.settings.timeouts, self._total_left
        if total is not None and elapsed >= total - 0.005:
            return "total", limits.total
        if which == "pool":
            return "pool", limits.response
        if which == "connect" and (limits.response is None or elapsed < limits.response - 0.005):
            return "connect", limits.connect
        return "response", limits.response

    def _unreadable(self, failure: TransportFailure, elapsed: float) -> RequestError:
        if isinstance(failure, ResponseTooLarge):
            text = f"the answer of {self._where} is larger than max_body={failure.limit} bytes"
            return ResponseTooLargeError(text, limit=failure.limit, hint=RAISE_MAX_BODY, **self._facts(elapsed))
        if isinstance(failure, InvalidResponse):
            text = f"invalid HTTP response from {self._where}: {failure}"
        else:
            text = f"the response from {self._where} was cut off: {failure}"
        return RequestError(text, **self._facts(elapsed))


class DefaultHeaders:
    """The headers of calls that have none of their own.

    Equal ones are one object, which transports notice. Each client has its own cache, so that no token outlives it.
    """

    __slots__ = ("clear", "get")

    def __init__(self) -> None:
        cached = functools.lru_cache(_CACHE_SIZE)(_default_headers)
        self.get: Callable[[tuple[tuple[str, str], ...], str, str | None, str | None], Outgoing] = cached
        self.clear: Callable[[], None] = cached.cache_clear


def _default_headers(
    headers: tuple[tuple[str, str], ...], accept: str, content_type: str | None, token: str | None
) -> Outgoing:
    own = [("Accept", accept)]
    if content_type is not None:
        own.append(("Content-Type", content_type))
    if token is not None:
        own.append(("Authorization", f"Bearer {token}"))
    return Outgoing.of(headers, own)
