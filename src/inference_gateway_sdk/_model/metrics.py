"""Conveniences of the answer to a push of metrics: what was refused as a number, and why."""

from __future__ import annotations

from typing import Protocol

from .kept import raw_value

__all__ = ["PushOutcome"]


class _Part(Protocol):
    @property
    def rejectedDataPoints(self) -> str | None: ...  # noqa: N802  (OTLP's name)
    @property
    def errorMessage(self) -> str | None: ...  # noqa: N802


class _Answered(Protocol):
    @property
    def partialSuccess(self) -> _Part | None: ...  # noqa: N802


class PushOutcome:
    """Mixed into `ExportMetricsServiceResponse`."""

    __slots__ = ()

    @property
    def rejected(self: _Answered) -> int:
        """How many data points were refused; 0 when all were taken."""
        return _refused(self.partialSuccess)

    @property
    def accepted(self: _Answered) -> bool:
        """Whether every data point was taken."""
        return _refused(self.partialSuccess) == 0

    @property
    def reason(self: _Answered) -> str | None:
        """Why some were refused, one reason after the other; also a warning when none were. None for nothing to say."""
        return (self.partialSuccess.errorMessage or None) if self.partialSuccess is not None else None


def _refused(part: _Part | None) -> int:
    count = None if part is None else part.rejectedDataPoints or raw_value(part, "rejectedDataPoints")
    try:
        return int(count or 0)
    except (TypeError, ValueError):
        return 0
