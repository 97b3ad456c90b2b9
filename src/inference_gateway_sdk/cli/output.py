"""A model's words on the standard output, as they come."""

from __future__ import annotations

import sys

__all__ = ["Words", "is_terminal"]

# A terminal acts on these: what a model writes must not move the cursor or set the window's title.
_COMMANDS = {code: None for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\n\t"}


def is_terminal() -> bool:
    """Whether somebody looks at the standard output."""
    return sys.stdout.isatty()


class Words:
    """Text written piece by piece; `end` closes it with a line break where it has none."""

    def __init__(self) -> None:
        self._last = ""
        self._terminal = is_terminal()
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # an ASCII locale is no reason to fail

    def write(self, text: str) -> None:
        """Show the piece at once."""
        if self._terminal:
            text = text.translate(_COMMANDS)
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._last = text

    def end(self) -> None:
        """Be at the beginning of a line."""
        if not self._last.endswith("\n"):
            self.write("\n")
