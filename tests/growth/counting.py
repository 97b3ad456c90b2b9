"""Work counted in bytecode instructions, which neither a clock nor other processes can disturb."""

from __future__ import annotations

import sys
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

TOOL = 4  # one of six tool ids; debuggers, coverage and profilers have others


def instructions(work: Callable[[], object]) -> int:
    """Return how many bytecode instructions the work takes, in any Python code that it calls."""
    return _monitored(work) if sys.version_info >= (3, 12) else _traced(work)


def _monitored(work: Callable[[], object]) -> int:
    monitoring: Any = sys.monitoring
    count, here = 0, get_ident()

    def one(code: object, offset: int) -> None:
        nonlocal count
        if get_ident() == here:  # every thread is counted: servers of other tests may be running
            count += 1

    event = monitoring.events.INSTRUCTION
    monitoring.use_tool_id(TOOL, "instructions")
    try:
        monitoring.register_callback(TOOL, event, one)
        monitoring.set_events(TOOL, event)
        work()
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)
    return count


def _traced(work: Callable[[], object]) -> int:
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
