"""Telemetry of calls. A watcher from here is an argument of the client: `watchers=[GatewayMetrics(...)]`.

Importing the client imports none of it. `OpenTelemetry` needs the extra `otel`, and is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .gateway_metrics import GatewayMetrics

if TYPE_CHECKING:
    from .otel import OpenTelemetry

__all__ = ["GatewayMetrics", "OpenTelemetry"]


def __getattr__(name: str) -> Any:
    if name != "OpenTelemetry":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .otel import OpenTelemetry
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "opentelemetry":
            raise
        from .._version import install_command

        text = f"OpenTelemetry needs the package opentelemetry-api: {install_command('otel')}"
        raise ModuleNotFoundError(text, name=error.name) from None
    globals()[name] = OpenTelemetry
    return OpenTelemetry


def __dir__() -> list[str]:
    return sorted(__all__)
