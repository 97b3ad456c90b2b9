"""The contract's types: metrics.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any

from .._model.answers import PushOutcome
from .._model.model import Model as _Model
from .._model.unknown_fields import WithMeta

__all__ = ["ExportMetricsServiceRequest", "ExportMetricsServiceResponse", "ExportMetricsServiceResponsePartialSuccess"]


class ExportMetricsServiceRequest(_Model, kw_only=True):
    """An OTLP export of metrics in its JSON form. The gateway refuses keys that OTLP does not define."""

    resourceMetrics: list[dict[str, Any]] | None = None
    """The metrics, grouped by what they were measured on."""


class ExportMetricsServiceResponsePartialSuccess(_Model, kw_only=True):
    """Which part was refused."""

    rejectedDataPoints: str | None = None
    """How many points were refused, as decimal text."""
    errorMessage: str | None = None
    """Why, one reason after the other."""


class ExportMetricsServiceResponse(PushOutcome, WithMeta, _Model, kw_only=True):
    """What became of an export; empty when all was taken."""

    partialSuccess: ExportMetricsServiceResponsePartialSuccess | None = None
    """Which part was refused."""
