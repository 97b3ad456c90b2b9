"""Where the cassette of a test lies: beside its file, in `cassettes/FILE/TEST.json`."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["place_of"]

_ODD: Final = re.compile(r"[^\w.\[\]=-]+")  # what a file system, a shell or an archive may not take
_LONGEST: Final = 120


def place_of(file: Path, test: str) -> Path:
    """The path of a test's cassette.

    Args:
        file: The test's file.
        test: The test's name in it, with its class and parameters ("TestChat::test_hello[openai/gpt-4o]").
    """
    name = _ODD.sub("-", test.replace("::", "."))
    if len(name) > _LONGEST or name != test.replace("::", "."):  # two names must not become one
        name = f"{name[:_LONGEST]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
    return file.parent / "cassettes" / file.stem / f"{name}.json"
