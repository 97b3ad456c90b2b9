"""A conversation at the terminal: a question a line, until the user leaves."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING

from ..errors import GatewayError
from .outcome import complain, note

if TYPE_CHECKING:
    from .conversation import Conversation

__all__ = ["hold_session"]

_PROMPT = "> "


def hold_session(conversation: Conversation) -> None:
    """Answer question after question; an error or a Ctrl-C ends an answer, not the session."""
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # lines can be edited where the platform has it
    note(f"chatting with {conversation.model}; Ctrl-C stops an answer, /reset forgets, /exit or Ctrl-D leaves")
    while (line := _read_line()) is not None:
        match line.strip():
            case "":
                continue
            case "/exit":
                return
            case "/reset":
                conversation.reset()
                note("forgotten")
            case question:
                _answer(conversation, question)


def _answer(conversation: Conversation, question: str) -> None:
    try:
        conversation.ask(question)
    except KeyboardInterrupt:
        note("stopped")
    except GatewayError as error:
        complain(error)


def _read_line() -> str | None:
    """The next line, "" after a Ctrl-C, None at the end."""
    try:
        if sys.stdout.isatty():
            return input(_PROMPT)
        print(_PROMPT, end="", file=sys.stderr, flush=True)  # the standard output is for answers alone
        return input()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return ""
    except EOFError:
        print(file=sys.stderr)
        return None
