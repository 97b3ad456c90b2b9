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
    """The metrics, grouped by the resource they were measured on."""


class ExportMetricsServiceResponsePartialSuccess(_Model, kw_only=True):
    """The rejected part of the export."""

    rejectedDataPoints: str | None = None
    """The number of rejected data points, as decimal text."""
    errorMessage: str | None = None
    """The reasons, one after the other."""


class ExportMetricsServiceResponse(PushOutcome, WithMeta, _Model, kw_only=True):
    """The result of an export; empty if everything was accepted."""

    partialSuccess: ExportMetricsServiceResponsePartialSuccess | None = None
    """The rejected part of the export."""
