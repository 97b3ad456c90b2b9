"""What a user says to a model: an argument, or the standard input."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .outcome import UsageError

__all__ = ["Prompt", "read_prompt", "require_prompt"]

Prompt = Annotated[
    str | None,
    typer.Argument(
        metavar="[PROMPT]",
        help="What to say; - reads the standard input, as a pipe without PROMPT does.",
        show_default=False,
    ),
]


def read_prompt(prompt: str | None, command: str) -> str | None:
    """What the user said; None when that is nothing, and somebody sits at a terminal.

    Raises:
        UsageError: What was said is empty.
    """
    if prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return None
    text = prompt
    if prompt in (None, "-") and sys.stdin is not None:
        text = sys.stdin.read().rstrip("\r\n")  # the last line's end is the file's, not the question's
    if not text or not text.strip():
        raise _empty(command)
    return text


def require_prompt(prompt: str | None, command: str) -> str:
    """What the user said.

    Raises:
        UsageError: Nothing.
    """
    text = read_prompt(prompt, command)
    if text is None:
        raise _empty(command)
    return text


def _empty(command: str) -> UsageError:
    return UsageError(f"the prompt is empty: write igw {command} 'Hello', or pipe text into igw {command}")
