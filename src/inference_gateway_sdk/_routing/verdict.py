"""The meaning of a failed try for fallback: whether another route may help, and what it shows about this one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from ..errors import (
    BadGatewayError,
    ConnectError,
    DecodingError,
    DeserializationError,
    GatewayError,
    GatewayTimeoutError,
    RequestError,
    ResponseTooLargeError,
    StatusError,
    StreamError,
    StreamStalledError,
    TimeoutError,  # noqa: A004
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KINDS", "Verdict", "judge"]

Effect: TypeAlias = Literal["none", "bad", "cool", "cool provider", "provider out", "model out", "mark"]
"""The effect of a failure on the health of its route."""


class Verdict(Struct, frozen=True, kw_only=True):
    """The consequences of one failed try.

    Attributes:
        kind: The name of the row.
        moves: Another route may be asked.
        repeats: The same route may be asked again, as the retry table allows.
        effect: What it shows about the health of the route.
        seconds: The wait that the response asks for, None without one.
        feature: The feature that the route refused, for the effect "mark".
        larger: Only a model with a larger context window may be asked next.
        of_request: The request caused it. If no route answers, this error is raised instead of a summary.
    """

    kind: str
    moves: bool = True
    repeats: bool = False
    effect: Effect = "none"
    seconds: float | None = None
    feature: str = ""
    larger: bool = False
    of_request: bool = False


_GATEWAY: Final = Verdict(kind="gateway", moves=False, repeats=True)
_CLOSED: Final = Verdict(kind="closed", repeats=True)
_SILENT: Final = Verdict(kind="silent", effect="bad")
_TOTAL: Final = Verdict(kind="total", moves=False)
_QUOTA: Final = Verdict(kind="quota", effect="cool provider")
_FAILED: Final = Verdict(kind="failed", repeats=True, effect="bad")
_OVERFLOW: Final = Verdict(kind="context_overflow", larger=True, of_request=True)
_FILTER: Final = Verdict(kind="content_filter", moves=False)
_NO_PROVIDER: Final = Verdict(kind="provider", effect="provider out")
_NO_MODEL: Final = Verdict(kind="model", effect="model out")
_REQUEST: Final = Verdict(kind="request", moves=False)
_BROKEN: Final = Verdict(kind="broken", repeats=True, effect="bad")

KINDS: Final = frozenset({"content_filter"})
"""The kinds of failures that `Fallback(on=...)` may add."""


def _any(*patterns: str) -> Callable[[str], object]:
    return re.compile("|".join(patterns), re.IGNORECASE).search


# Texts of providers, and of the gateway (docs/gateway-behaviour.md). Each is searched in the error's code and message.
_overflows = _any(
    r"context[_ ](?:length|window|size|limit)",  # "This model's maximum context length is 8192 tokens"
    r"(?:prompt|input|request)[^.]{0,40}too (?:long|large)",  # "prompt is too long: 210000 tokens > 200000 maximum"
    r"too many (?:input )?tokens",
    r"token count[^.]{0,40}exceeds",  # "The input token count (1200000) exceeds the maximum number of tokens allowed"
    r"reduce the length",
)
_filters = _any(
    r"content[_ ](?:filter|policy|management policy)",
    r"guardrail",
    r"safety (?:system|filter|setting)",
    r"prohibited[_ ]content",
    r"violat\w+ [^.]{0,60}polic",
    r"(?:flagged|blocked) (?:by|as|for|due)",
)
_no_provider = _any(
    r"provider requires an api key",
    r"provider not (?:found|available)",
    r"endpoint not supported|not_supported_error",
)
_spent = _any(r"insufficient[_ ](?:quota|balance|credit)", r"credit balance", r"billing[_ ]", r"payment required")
_no_model = _any(r"model[^.]{0,80}not (?:allowed|found|exist|available|supported)", r"model_not_found",
                 r"(?:does not|not) have access to[^.]{0,20} model", r"no such model", r"unknown model",
                 r"model[^.]{0,60}does not exist")  # fmt: skip
_FEATURES: Final = (
    ("tools", _any(r"(?:does not|doesn't|not) support (?:tool|function)", r"(?:tools?|function calling)\b[^.]{0,40}"
                   r"(?:not|un)[ -]?support")),
    ("image", _any(r"(?:does not|doesn't|not) support (?:image|vision|multimodal)",
                   r"images?\b[^.]{0,40}(?:not|un)[ -]?support")),
    ("prefill", _any(r"prefill", r"(?:last|final) (?:message|turn|role)", r"must end with a user")),
)  # fmt: skip
_unsupported = _any(
    r"unsupported[_ ](?:parameter|value|field)",
    r"(?:parameter|argument|field|option|value)\b[^.]{0,80}(?:not|un)[ -]?(?:support|recogni|permit)",
    r"(?:does not|doesn't) support",
    r"(?:un(?:known|recognized|expected)|extra) (?:parameter|argument|field|name|input)",
)


def judge(error: GatewayError) -> Verdict:
    """Return the consequences of a failed try."""
    if isinstance(error, StatusError):
        return _judge_status(error)
    if isinstance(error, (TimeoutError, StreamStalledError)):
        if error.limit == "total":
            return _TOTAL
        return _GATEWAY if error.limit in ("connect", "pool") else _SILENT
    if isinstance(error, ConnectError):
        return _GATEWAY
    if isinstance(error, ResponseTooLargeError):
        return _REQUEST
    if isinstance(error, RequestError):
        return _CLOSED if type(error.__cause__).__name__ == "NoResponse" else _BROKEN
    if isinstance(error, (StreamError, DecodingError, DeserializationError)):
        return _BROKEN
    return _REQUEST


def _judge_status(error: StatusError) -> Verdict:
    status, text = error.status, f"{error.code or ''} {error.message}"
    if status == 402:
        return _QUOTA
    if status == 429:
        if error.retry_after is None and _spent(text):
            return _QUOTA
        return Verdict(kind="busy", repeats=True, effect="cool", seconds=error.retry_after)
    if status == 400 and not isinstance(error, (GatewayTimeoutError, BadGatewayError)):
        return _judge_bad_request(text)
    if status == 403:
        return _NO_MODEL if not _filters(text) and _no_model(text) else _FILTER if _filters(text) else _REQUEST
    if status == 404:
        return _NO_MODEL if _no_model(text) else _REQUEST
    if status >= 500 and _no_provider(text):
        return _NO_PROVIDER
    if status >= 500 or status in (200, 400, 408):
        return Verdict(kind="failed", repeats=True, effect="bad", seconds=error.retry_after)
    return _REQUEST  # 401, 413, 415, 422 and others: the caller's or the gateway's


def _judge_bad_request(text: str) -> Verdict:
    if _filters(text):
        return _FILTER
    if _overflows(text):
        return _OVERFLOW
    if _no_provider(text):
        return _NO_PROVIDER
    if _spent(text):
        return _QUOTA
    for feature, mentions in _FEATURES:
        if mentions(text):
            return Verdict(kind="unsupported", effect="mark", feature=feature, of_request=True)
    if _unsupported(text):
        return Verdict(kind="unsupported", effect="mark", feature="parameter", of_request=True)
    return _NO_MODEL if _no_model(text) else _REQUEST
