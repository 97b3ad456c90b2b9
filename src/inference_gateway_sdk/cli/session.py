"""A session at the terminal: the loop of questions, its commands, and the reading of a question of several lines."""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import image_part
from ..errors import GatewayError
from .output import FailureError, echo_err, print_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from .chat import ChatSession

__all__ = ["run_session"]

_PROMPT = "> "
_MORE = ". "  # before the further lines of a question in triple quotes
_QUOTES = '"""'
_HELP = """\
/help           list these commands
/reset          clear the history
/model NAME     go on with another model
/system TEXT    set the system message, and clear the history
/image FILE     show an image to the model with the next question
/exit, /quit    leave, as Ctrl-D does
\"\"\"             begin and end a question of several lines; a paste needs none
Ctrl-C          stop an answer, and keep the part that arrived"""


def run_session(conversation: ChatSession) -> None:
    """Answer questions in a loop. An error or a Ctrl-C ends an answer, not the session."""
    _edit_lines()
    echo_err(f"chatting with {conversation.model}; /help lists the commands, Ctrl-D leaves")
    while (question := _read_question()) is not None:
        if not question.strip():
            continue
        word, _, rest = question.strip().partition(" ")
        if _is_command(word):
            if not _command(conversation, word, rest.strip()):
                return
        else:
            _answer(conversation, question)


def _edit_lines() -> None:
    """Turn on line editing, and pastes of several lines as one question, where the platform has them."""
    if not sys.stdin.isatty():
        return
    with contextlib.suppress(ImportError):
        readline: Any = importlib.import_module("readline")
        if "libedit" not in (readline.__doc__ or ""):
            readline.parse_and_bind("set enable-bracketed-paste on")  # Python turns it off


def _is_command(word: str) -> bool:
    """Return whether a question's first word is a command: `/help`, `?`; a path such as `/etc/hosts` is not."""
    return word == "?" or (word.startswith("/") and word[1:].isalpha())


def _command(conversation: ChatSession, word: str, rest: str) -> bool:
    """Run a command of the session. Return False to leave."""
    name = word.lower()
    if name in ("/exit", "/quit", "/bye", "/q"):
        return False
    if name in ("/help", "/h", "?"):
        print(_HELP, file=sys.stderr)
    elif name in ("/reset", "/clear"):
        conversation.reset()
        echo_err("history cleared")
    elif name in _WITH_VALUE:
        if rest:
            _WITH_VALUE[name](conversation, rest)
        else:
            echo_err(f"{name} needs a value: /help lists the commands")
    else:
        echo_err(f"no command {word}: /help lists the commands")
    return True


def _set_model(conversation: ChatSession, name: str) -> None:
    conversation.model = name
    echo_err(f"chatting with {name}")


def _set_system(conversation: ChatSession, text: str) -> None:
    conversation.set_system(text)
    echo_err("system message set, history cleared")


def _add_image(conversation: ChatSession, path: str) -> None:
    try:
        part = image_part(Path(path).expanduser())
    except OSError as error:
        echo_err(f"{path} cannot be read: {error.strerror}")
    except ValueError as error:
        echo_err(str(error))
    else:
        conversation.images.append(part)
        echo_err("the next question shows it")


_WITH_VALUE: dict[str, Callable[[ChatSession, str], None]] = {
    "/model": _set_model,
    "/system": _set_system,
    "/image": _add_image,
}


def _answer(conversation: ChatSession, question: str) -> None:
    try:
        conversation.ask(question)
    except KeyboardInterrupt:
        echo_err("stopped")
    except (GatewayError, FailureError) as error:
        print_error(error)
    except ValueError as error:  # a model's name that no provider can have
        echo_err(str(error))


class _InterruptedError(Exception):
    """A Ctrl-C dropped the line that was being typed."""


def _read_question() -> str | None:
    """Return the next question, "" after a Ctrl-C, or None at the end of input."""
    try:
        line = _read_line(_PROMPT)
        if line is None or not line.lstrip().startswith(_QUOTES):
            return line
        lines = [line.lstrip().removeprefix(_QUOTES)]
        while not lines[-1].rstrip().endswith(_QUOTES) and (more := _read_line(_MORE)) is not None:
            lines.append(more)
    except _InterruptedError:
        return ""
    lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
    return "\n".join(lines).strip("\n")


def _read_line(prompt: str) -> str | None:
    """Return the next line, or None at the end of input.

    Raises:
        _InterruptedError: A Ctrl-C dropped the line.
    """
    try:
        if sys.stdout.isatty():
            return input(prompt)
        print(prompt, end="", file=sys.stderr, flush=True)  # standard output is for answers only
        return input()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise _InterruptedError from None
    except EOFError:
        print(file=sys.stderr)
        return None
