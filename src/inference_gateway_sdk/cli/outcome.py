"""What went wrong, turned into one or two lines on the standard error and an exit code; never a traceback.

0: done. 1: the gateway said no or did not answer. 2: bad usage. 130: interrupted.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ConnectError, GatewayError, TimeoutError  # noqa: A004  (a builtin one too)
from .output import harmless

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["NO_GATEWAY", "FailureError", "UsageError", "complain", "note", "outcome"]

NO_GATEWAY = "is a gateway running? Set INFERENCE_GATEWAY_URL, start one with 'igw serve', or chat with --local"


class FailureError(Exception):
    """The command could not do what it was asked to; ends it with 1."""

    code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FailureError):
    """The command was asked wrongly, or cannot work as it is installed; ends it with 2."""

    code = 2


@contextmanager
def outcome() -> Generator[None]:
    """End the process with the exit code of what the block raises."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # whoever read our output has seen enough: `igw models | head`
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (GatewayError, FailureError) as error:
        complain(error)
        raise SystemExit(error.code if isinstance(error, FailureError) else 1) from None


def complain(error: GatewayError | FailureError) -> None:
    """Say what happened in one line, and what to try in another."""
    note(_text(error))
    if hint := NO_GATEWAY if _is_unreachable(error) else error.hint:
        note(hint, "hint")


def note(text: str, what: str = "igw") -> None:
    """One line on the standard error."""
    print(f"{what}: {harmless(' '.join(text.split()))}", file=sys.stderr, flush=True)


def _is_unreachable(error: GatewayError | FailureError) -> bool:
    return isinstance(error, ConnectError) or (isinstance(error, TimeoutError) and error.limit == "connect")


def _text(error: GatewayError | FailureError) -> str:
    """The error without its hint, which has a line of its own."""
    text = str(error)
    return text.removesuffix(f" Hint: {error.hint}") if error.hint else text


def _drop_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not stumble over it at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file
        return
