"""Memory that the package itself holds, measured by `tracemalloc`: allocations of other code do not count."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import inference_gateway_sdk

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE = Path(inference_gateway_sdk.__file__).parent


def held(*rooms: str) -> int:
    """Return how many bytes allocated by these rooms (folders or files of the package) are held, while tracing."""
    return sum(trace.size for trace in _traces(rooms))


def blocks(*rooms: str) -> int:
    """Return the number of memory blocks that these rooms hold."""
    return len(_traces(rooms))


def _traces(rooms: tuple[str, ...]) -> Sequence[tracemalloc.Trace]:
    ours = [tracemalloc.Filter(True, f"{_PACKAGE / room}{'' if room.endswith('.py') else '/*'}") for room in rooms]
    return tracemalloc.take_snapshot().filter_traces(ours).traces
