"""The transport's failures as endings of a recording, and back, so that what failed then fails the same way again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inference_gateway_sdk._http1.failures import (
    BadAnswer,
    DeadlineExceeded,
    Failure,
    NoAnswer,
    NotSent,
    NotSentInTime,
    Truncated,
)

from .exchange import Ending

if TYPE_CHECKING:
    from .exchange import Kind

__all__ = ["ending_of", "failure_of"]

_KINDS: Final[tuple[tuple[type[Failure], Kind], ...]] = (  # the most special first
    (NotSentInTime, "not_sent_in_time"),
    (NotSent, "not_sent"),
    (DeadlineExceeded, "silence"),
    (NoAnswer, "no_answer"),
    (BadAnswer, "bad_answer"),
    (Truncated, "truncated"),
)


def ending_of(failure: Failure, at: float) -> Ending:
    """The ending that a failure is, `at` seconds after the request was sent."""
    which = failure.which if isinstance(failure, DeadlineExceeded) else ""
    permanent = isinstance(failure, NotSent) and failure.permanent
    return Ending(_kind(failure), at, str(failure), which, permanent)


def _kind(failure: Failure) -> Kind:
    for cls, kind in _KINDS:
        if isinstance(failure, cls):
            return kind
    return "truncated"


def failure_of(ending: Ending) -> Failure | None:
    """The failure that an ending was, None for one that was none: complete or abandoned."""
    match ending.kind:
        case "not_sent":
            return NotSent(ending.why, permanent=ending.permanent)
        case "not_sent_in_time":
            return NotSentInTime(ending.which)
        case "silence":
            return DeadlineExceeded(ending.which)
        case "no_answer":
            return NoAnswer(ending.why)
        case "bad_answer":
            return BadAnswer(ending.why)
        case "truncated":
            return Truncated(ending.why)
        case "complete" | "abandoned":
            return None
