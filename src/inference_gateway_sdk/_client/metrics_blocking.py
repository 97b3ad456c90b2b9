# Derived from metrics_async.py by scripts/derive_blocking.py: do not edit.
"""The clients' method for metrics: an OTLP push to the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .settings import bodiless

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from .._generated.metrics import ExportMetricsServiceRequest, ExportMetricsServiceResponse
    from .._wire.metrics import MetricsType
    from .params import ListOptions
    from .session_blocking import Session
    from .settings import Settings
    from .token import TokenSource

__all__ = ["MetricsMethods"]


class MetricsMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: Session
        _settings: Settings[TokenSource]

    def push_metrics(
        self,
        payload: ExportMetricsServiceRequest | Mapping[str, Any] | bytes,
        *,
        content_type: MetricsType | None = None,
        gzip: bool = False,
        **options: Unpack[ListOptions],
    ) -> ExportMetricsServiceResponse:
        """What became of an OTLP export of metrics (contract: POST /metrics).

        `accepted` says whether all was taken, `rejected` how many data points were not, `reason` why. The gateway keeps
        seven metrics, with delta temporality only (WIRE section 15).

        Args:
            payload: An object or a mapping, sent as JSON; or bytes.
            content_type: What the bytes are. Default: Protobuf.
            gzip: Send it compressed.
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ForbiddenError: The gateway takes no metrics; the hint says how it would.
        """
        from .._wire.metrics import push_call

        call = push_call(payload, content_type, compress=gzip)
        return self._session.send(call, bodiless(self._settings, options))
