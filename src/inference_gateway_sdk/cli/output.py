"""Output of the commands: streamed answers, tables, JSON, notes and errors."""

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
    "echo_err",
    "is_terminal",
    "outcome",
    "print_answer",
    "print_error",
    "print_json",
    "print_rows",
    "replace_unprintable",
    "sanitize",
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


def print_error(error: GatewayError | FailureError) -> None:
    """Print an error on one line, and its hint on another."""
    echo_err(_error_text(error))
    if hint := NO_GATEWAY if _is_unreachable(error) else error.hint:
        echo_err(hint, "hint")


def echo_err(text: str, what: str = "igw") -> None:
    """Print one line on standard error."""
    print(f"{what}: {sanitize(' '.join(text.split()))}", file=sys.stderr, flush=True)


def _is_unreachable(error: GatewayError | FailureError) -> bool:
    return isinstance(error, ConnectError) or (isinstance(error, TimeoutError) and error.limit == "connect")


def _error_text(error: GatewayError | FailureError) -> str:
    """Return the error without its hint, which is printed separately."""
    text = str(error)
    return text.removesuffix(f" (hint: {error.hint})") if error.hint else text


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
            case ToolCallStart() | ToolCallDelta() | UsageReport() | ToolRun():
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
