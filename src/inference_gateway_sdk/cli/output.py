"""Text for the standard output: a model's words as they come, JSON, and nothing that commands the terminal."""

from __future__ import annotations

import json
import sys

__all__ = ["Words", "harmless", "is_terminal", "print_json", "replace_unprintable"]

# A terminal acts on these: what a model writes must not move the cursor or set the window's title.
_CODES = (*range(32), 127, *range(128, 160))
_COMMANDS = {code: None for code in _CODES if chr(code) not in "\n\t"}
_ESCAPED = {code: f"\\u{code:04x}" for code in _CODES if code >= 127}  # JSON itself escapes those below


def is_terminal() -> bool:
    """Whether somebody looks at the standard output."""
    return sys.stdout.isatty()


def harmless(text: str) -> str:
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


class Words:
    """Text written piece by piece; `end` closes it with a line break where it has none."""

    def __init__(self) -> None:
        self._last = ""
        self._terminal = is_terminal()
        replace_unprintable()

    def write(self, text: str) -> None:
        """Show the piece at once."""
        if self._terminal:
            text = harmless(text)
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
