"""Values as a test wrote them, cut to a length that a line of a report can hold."""

from __future__ import annotations

import re
from typing import cast

__all__ = ["cut", "short"]


def short(value: object) -> str:
    """The value as it is written in Python: a function by its name, a pattern as the call that makes it."""
    if isinstance(value, re.Pattern):
        text = f"re.compile({cast('re.Pattern[str]', value).pattern!r})"
    else:
        text = getattr(value, "__name__", repr(value)) if callable(value) else repr(value)
    return cut(text, 60)


def cut(text: str, length: int = 200) -> str:
    """The text, without its middle where it is longer than this many characters."""
    return text if len(text) <= length else f"{text[: length - 20]}...{text[-17:]}"
