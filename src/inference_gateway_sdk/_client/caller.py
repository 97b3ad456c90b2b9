"""Where in the user's code a call was made, for the warning about a stream that was forgotten."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["caller"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (pathlib costs an import)


def caller() -> str:
    """File and line of the nearest frame outside this package."""
    frame = _current_frame()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _current_frame() -> FrameType | None:
    """The running frame, by the one public way that needs no further import."""
    try:
        raise LookupError
    except LookupError as error:
        trace = error.__traceback__
        return None if trace is None else trace.tb_frame
