"""Telemetry of calls. A watcher from here is an argument of the client: `watchers=[GatewayMetrics(...)]`.

Importing the client imports none of it.
"""

from __future__ import annotations

from .gateway_metrics import GatewayMetrics

__all__ = ["GatewayMetrics"]
