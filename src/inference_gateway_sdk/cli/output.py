"""Output of the commands: streamed answers, tables, JSON, notes and errors."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import textwrap
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
    Restarted,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolDone,
    ToolRun,
    TurnEnd,
    UsageReport,
)
from ..errors import (
    ConnectError,
    GatewayError,
    TimeoutError,  # noqa: A004  (shadows the built-in one)
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from .. import Stream

__all__ = [
    "NO_GATEWAY",
    "FailureError",
    "Printer",
    "TextWriter",
    "UsageError",
    "describe",
    "echo_err",
    "in_shell_terms",
    "is_terminal",
    "outcome",
    "print_answer",
    "print_error",
    "print_json",
    "print_rows",
    "replace_unprintable",
    "sanitize",
    "shell_hint",
]


# Control characters: a model's text must not move the cursor, set the window's title or change the order of a line.
_CODES = (*range(32), 127, *range(128, 160), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_COMMANDS = {code: None for code in _CODES if chr(code) not in "\n\t"}
_ESCAPED = {code: f"\\u{code:04x}" for code in _CODES if code >= 127}  # json escapes the lower ones itself


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def sanitize(text: str) -> str:
    """Remove control characters from a text."""
    return text.translate(_COMMANDS)


def replace_unprintable() -> None:
    """Print a question mark for characters that the locale cannot encode, instead of failing."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def print_json(text: str) -> None:
    """Print a JSON text, in ASCII if the locale requires it."""
    text = text.translate(_ESCAPED)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text))
    print(text)


class TextWriter:
    """Standard output for a text in pieces. `end` adds a line break if the text has none."""

    def __init__(self) -> None:
        self._last = ""
        self._terminal = is_terminal()
        replace_unprintable()

    def write(self, text: str) -> None:
        """Write the piece at once."""
        if self._terminal:
            text = sanitize(text)
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._last = text

    def end(self) -> None:
        """Go to the beginning of a line."""
        if self._last and not self._last.endswith("\n"):
            self.write("\n")

    def start_line(self) -> None:
        """Go to the beginning of a line before standard error writes to the same terminal."""
        if self._terminal and sys.stderr.isatty():
            self.end()


def print_rows(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows, with titles on a terminal only."""
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
        table.add_row(*(Text(sanitize(cell)) for cell in row))  # a Text and not a str: brackets are not markup
    Console().print(table)


NO_GATEWAY = "is a gateway running? Set INFERENCE_GATEWAY_URL, start one with 'igw serve', or chat with --local"


_NO_SPACE = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)  # a full disk, a limit of the size of files, a full quota


class FailureError(Exception):
    """The command failed: ends it with 1."""

    code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FailureError):
    """The command was used incorrectly or lacks an installed package: ends it with 2."""

    code = 2


@contextmanager
def outcome() -> Generator[None]:
    """End the process with the exit code for an exception of the block."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()  # the reader has closed the pipe: `igw models | head`
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (GatewayError, FailureError) as error:
        print_error(error)
        raise SystemExit(error.code if isinstance(error, FailureError) else 1) from None
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        print_error(FailureError(f"standard output cannot be written: {error.strerror}"))
        _drop_output()
        raise SystemExit(1) from None


def print_error(error: GatewayError | FailureError) -> None:
    """Print an error on one line, and its hint on another."""
    text, hint = describe(error)
    echo_err(text)
    if hint:
        echo_err(hint, "hint")


def describe(error: GatewayError | FailureError) -> tuple[str, str | None]:
    """Return the text of an error and its hint, both in the terms of the command line."""
    text = str(error).removesuffix(f" (hint: {error.hint})") if error.hint else str(error)
    if isinstance(error, FailureError):
        return text, error.hint
    unreachable = isinstance(error, ConnectError) or (isinstance(error, TimeoutError) and error.limit == "connect")
    if unreachable and (not error.hint or error.hint.startswith(_NOT_THERE)):
        return in_shell_terms(text), NO_GATEWAY
    return in_shell_terms(text), shell_hint(error.hint) if error.hint else None


def echo_err(text: str, what: str = "igw") -> None:
    """Print one line on standard error, which a terminal gets wrapped at words."""
    line = f"{what}: {sanitize(' '.join(text.split()))}"
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, max(width - 1, 20), break_long_words=False, break_on_hyphens=False)
    print(line, file=sys.stderr, flush=True)


_NOT_THERE = "is a gateway running there"
# The terms of the Python interface, and those of the command line.
_TERMS = (
    (re.compile(r"pass token=, or set"), "use --token, or set"),
    (re.compile(r"ca=\"ca\.pem\""), "--ca ca.pem"),
    (re.compile(r"model=[\"']([^\"']*)[\"']"), r"--model \1"),
    (re.compile(r"provider=[\"']([^\"']*)[\"']"), r"--provider \1"),
    (re.compile(r"\btoken="), "--token"),
    (re.compile(r"\bca="), "--ca"),
    (re.compile(r"\bbase_url\b"), "--base-url"),
    (re.compile(r"^(model|provider) (is|must)\b"), r"--\1 \2"),
    (re.compile(r"list_(mcp_)?tools\(\)"), "igw tools"),
    (re.compile(r'on_truncation="return"'), "on_truncation="),
)
_PYTHON = re.compile(r"\b[a-z_]+=|\w\(|\.partial\b|client\.")  # what only a program can act on


def in_shell_terms(text: str) -> str:
    """Return a text of the client with the command line's options in place of arguments."""
    for pattern, term in _TERMS:
        text = pattern.sub(term, text)
    return text


def shell_hint(hint: str) -> str | None:
    """Return the hint with options in place of arguments, without the clauses that only a program can follow."""
    clauses = [clause for clause in in_shell_terms(hint).split("; ") if not _PYTHON.search(clause)]
    return "; ".join(clauses) or None


def _drop_output() -> None:
    """Discard buffered output, so that the interpreter does not fail on it when it exits."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file
        return


_SHOWN = 200  # characters of a tool's result
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_REMARKS = {
    "length": "the answer was cut off at its token limit",
    "content_filter": "the answer was stopped by a content filter",
}


class _Json(Protocol):
    def to_json(self) -> str: ...


ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT", bound=_Json)


def print_answer(stream: Stream[ChunkT, FinalT], *, as_json: bool) -> None:
    """Open the stream and print its text, or with `as_json` the whole answer. Raises the errors of the stream."""
    with stream:
        if as_json:
            print_json(stream.final().to_json())
        else:
            Printer().show(stream.deltas())


class Printer:
    """Prints the answer of one stream.

    Args:
        silent: Collect the text without printing it.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._writer = TextWriter()
        self._reasoning = _ReasoningWriter()
        self._pieces: list[str] = []
        self._called = False
        self._reasons: list[str] = []

    @property
    def text(self) -> str:
        """The text printed so far, including a refusal."""
        return "".join(self._pieces)

    def show(self, deltas: Iterable[Delta | ToolRun | ToolDone]) -> None:
        """Print each delta as it arrives and, at the end, remarks on an unusual answer.

        Raises:
            GatewayError: The stream failed. The text so far has been printed, with a line break at its end.
        """
        try:
            for delta in deltas:
                self._print_delta(delta)
        finally:
            self._reasoning.end()
            self._writer.end()
        if not self._pieces and not self._called:
            echo_err("the answer is empty")
        for reason in dict.fromkeys(self._reasons):
            if remark := _REMARKS.get(reason):
                echo_err(remark)

    def _print_delta(self, delta: Delta | ToolRun | ToolDone) -> None:
        match delta:
            case TextDelta(text) | RefusalDelta(text):
                self._reasoning.end()
                self._pieces.append(text)
                if not self._silent:
                    self._writer.write(text)
            case ReasoningDelta(text):
                self._writer.start_line()
                self._reasoning.write(text)
            case ToolCallEnd():
                self._print_tool_call(delta)
            case TurnEnd():
                self._writer.end()
            case Finish(reason):
                self._reasons.append(str(reason))
            case ToolDone(call):
                self._writer.start_line()
                output = " ".join((call.output or "").split())
                shown = output if len(output) <= _SHOWN else f"{output[:_SHOWN]}..."
                echo_err(f"{call.name}: {shown}", f"tool {call.status}")
            case ToolCallStart() | ToolCallDelta() | UsageReport() | ToolRun() | Restarted():
                return

    def _print_tool_call(self, call: ToolCallEnd) -> None:
        self._called = True
        self._reasoning.end()
        self._writer.start_line()
        echo_err(f"{call.name}({call.arguments})", "tool ran" if call.ran_on_gateway else "tool call")


class _ReasoningWriter:
    """A model's reasoning, dimmed on standard error. It is printed on terminals only."""

    def __init__(self) -> None:
        self._last = ""
        self._seen = sys.stderr.isatty()
        self._dimmed = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write the piece at once."""
        text = sanitize(text)
        if self._seen and text:
            sys.stderr.write(f"{_DIM}{text}{_PLAIN}" if self._dimmed else text)
            sys.stderr.flush()
            self._last = text

    def end(self) -> None:
        """Go to the beginning of a line and begin a new thought."""
        if self._last and not self._last.endswith("\n"):
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._last = ""
