"""What the commands print: answers as they stream, tables, JSON, notes and errors."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import (
    Delta,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    TurnEnd,
    UsageReport,
)
from ..errors import (
    ConnectError,
    GatewayError,
    TimeoutError,  # noqa: A004  (a builtin one too)
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from .. import Stream

__all__ = [
    "NO_GATEWAY",
    "FailureError",
    "Printer",
    "Term",
    "UsageError",
    "complain",
    "echo_err",
    "is_terminal",
    "outcome",
    "print_answer",
    "print_json",
    "print_rows",
    "replace_unprintable",
    "sanitize",
]


# A terminal acts on these: what a model writes must not move the cursor, set the window's title or reorder a line.
_CODES = (*range(32), 127, *range(128, 160), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_COMMANDS = {code: None for code in _CODES if chr(code) not in "\n\t"}
_ESCAPED = {code: f"\\u{code:04x}" for code in _CODES if code >= 127}  # JSON itself escapes those below


def is_terminal() -> bool:
    """Whether somebody looks at the standard output."""
    return sys.stdout.isatty()


def sanitize(text: str) -> str:
    """The text without what a terminal would obey."""
    return text.translate(_COMMANDS)


def replace_unprintable() -> None:
    """From now on print a question mark for what the locale cannot show: an ASCII one is no reason to fail."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def print_json(text: str) -> None:
    """Print a JSON text: in plain ASCII where the locale can show no more."""
    text = text.translate(_ESCAPED)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text))
    print(text)


class Term:
    """Text written piece by piece; `end` closes it with a line break where it has none."""

    def __init__(self) -> None:
        self._last = ""
        self._terminal = is_terminal()
        replace_unprintable()

    def write(self, text: str) -> None:
        """Show the piece at once."""
        if self._terminal:
            text = sanitize(text)
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._last = text

    def end(self) -> None:
        """Be at the beginning of a line."""
        if self._last and not self._last.endswith("\n"):
            self.write("\n")

    def make_way(self) -> None:
        """Be at the beginning of a line, where the standard error is about to write on the same screen."""
        if self._terminal and sys.stderr.isatty():
            self.end()


def print_rows(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows; the titles only where people look."""
    if is_terminal():
        _print_table(titles, rows)
        return
    replace_unprintable()
    for row in rows:
        print("\t".join(" ".join(cell.split()) for cell in row))


def _print_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(sanitize(cell)) for cell in row))  # brackets in a cell are no markup
    Console().print(table)


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
    echo_err(_error_text(error))
    if hint := NO_GATEWAY if _is_unreachable(error) else error.hint:
        echo_err(hint, "hint")


def echo_err(text: str, what: str = "igw") -> None:
    """One line on the standard error."""
    print(f"{what}: {sanitize(' '.join(text.split()))}", file=sys.stderr, flush=True)


def _is_unreachable(error: GatewayError | FailureError) -> bool:
    return isinstance(error, ConnectError) or (isinstance(error, TimeoutError) and error.limit == "connect")


def _error_text(error: GatewayError | FailureError) -> str:
    """The error without its hint, which has a line of its own."""
    text = str(error)
    return text.removesuffix(f" Hint: {error.hint}") if error.hint else text


def _drop_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not stumble over it at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file
        return


_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_REMARKS = {
    "length": "the answer was cut at its token limit",
    "content_filter": "the answer was stopped by a content filter",
}


class _Json(Protocol):
    def to_json(self) -> str: ...


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT", bound=_Json)


def print_answer(stream: Stream[ChunkT, FinalT], *, as_json: bool) -> None:
    """Open the stream and print what it tells, or in the end the whole answer as JSON; raises as the stream."""
    with stream:
        if as_json:
            print_json(stream.final().to_json())
        else:
            Printer().show(stream.deltas())


class Printer:
    """Prints the answer of one stream."""

    def __init__(self) -> None:
        self._term = Term()
        self._thoughts = _Thoughts()
        self._pieces: list[str] = []
        self._called = False
        self._reasons: list[str] = []

    @property
    def text(self) -> str:
        """What was said so far, a refusal included."""
        return "".join(self._pieces)

    def show(self, deltas: Iterable[Delta]) -> None:
        """Print each delta as it comes and, after the last, what is odd about the answer.

        Raises:
            GatewayError: The stream broke; what had come is on the screen, and ends with a line break.
        """
        try:
            for delta in deltas:
                self._print_delta(delta)
        finally:
            self._thoughts.end()
            self._term.end()
        if not self._pieces and not self._called:
            echo_err("the answer is empty")
        for reason in dict.fromkeys(self._reasons):
            if remark := _REMARKS.get(reason):
                echo_err(remark)

    def _print_delta(self, delta: Delta) -> None:
        match delta:
            case TextDelta(text) | RefusalDelta(text):
                self._thoughts.end()
                self._pieces.append(text)
                self._term.write(text)
            case ReasoningDelta(text):
                self._term.make_way()
                self._thoughts.write(text)
            case ToolCallEnd():
                self._print_tool_call(delta)
            case TurnEnd():
                self._term.end()
            case Finish(reason):
                self._reasons.append(str(reason))
            case ToolCallStart() | ToolCallDelta() | UsageReport():
                return

    def _print_tool_call(self, call: ToolCallEnd) -> None:
        self._called = True
        self._thoughts.end()
        self._term.make_way()
        echo_err(f"{call.name}({call.arguments})", "tool ran" if call.ran_on_gateway else "tool call")


class _Thoughts:
    """What a model thinks, dimmed on the standard error; for people only, so that a file or a pipe gets none of it."""

    def __init__(self) -> None:
        self._last = ""
        self._seen = sys.stderr.isatty()
        self._dimmed = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Show the piece at once."""
        text = sanitize(text)
        if self._seen and text:
            sys.stderr.write(f"{_DIM}{text}{_PLAIN}" if self._dimmed else text)
            sys.stderr.flush()
            self._last = text

    def end(self) -> None:
        """Be at the beginning of a line, and done with this thought."""
        if self._last and not self._last.endswith("\n"):
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._last = ""
