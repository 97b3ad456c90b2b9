"""An incremental parser of incomplete JSON text.

Each character is scanned once, so that the time is linear in the length of the document, however small the pieces are.
The value only grows: strings get longer, containers get members. A number or literal appears only when it has ended,
because its prefix may be another value (`-2` is a prefix of `-2.5`).

    reader = PartialReader()
    reader.feed('{"title": "Le')     # reader.value == {"title": "Le"}
    reader.feed('ek", "minutes": 2') # reader.value == {"title": "Leek"}
    reader.feed('5}')                # reader.value == {"title": "Leek", "minutes": 25}, reader.finished
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias, cast

__all__ = ["PartialReader"]

_Container: TypeAlias = "dict[str, Any] | list[Any]"

_TEXT: Final = re.compile(r'[^"\\\x00-\x1f]+')
_SCALAR: Final = re.compile(r"[-+.0-9A-Za-z]+")
_SPACE: Final = re.compile(r"[ \t\n\r]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_LITERALS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_GROWTH: Final = 32  # an open string is joined again after it has grown by 1/32, so that all joins take linear time


class PartialReader:
    """A parser that reads JSON text piece by piece and has the partial value at any time.

    Args:
        prose: Skip all text before the first `{` and after the document, because models write around their JSON.
        items_at: Keys from the root to the list whose elements `take_items` returns. Use () for a list at the root.

    Attributes:
        value: The partial value, None at first. It is a single object that grows: copy it to keep a state.
        started: True once part of the value was read. A `value` of None then means null.
        finished: True once the document is complete.
        problem: The reason why the text is not JSON, or None. Text after a problem is ignored.
    """

    __slots__ = (
        "_escape", "_fresh", "_is_key", "_items", "_items_at", "_keys", "_offset", "_pieces", "_prose", "_revision",
        "_seen", "_shown", "_stack", "_state", "_token", "finished", "problem", "started", "value",
    )  # fmt: skip

    def __init__(self, *, prose: bool = False, items_at: tuple[str, ...] | None = None) -> None:
        self.value: Any = None
        self.started = False
        self.finished = False
        self.problem: str | None = None
        self._prose = prose
        self._items_at = items_at
        self._items: list[Any] = []
        self._stack: list[_Container] = []
        self._keys: list[str | None] = []  # for each open container, the key being read, or None for a list
        self._state = "prose" if prose else "value"
        self._is_key = False
        self._pieces: list[str] = []  # pieces of the open string
        self._shown = 0  # number of its characters that `value` contains
        self._fresh = 0  # number of its characters that `value` does not contain yet
        self._token: list[str] = []  # pieces of the open number or literal, such as "-2."
        self._escape = ""  # the open escape, such as "\\u00"
        self._offset = 0  # number of characters in earlier pieces of the text
        self._revision = 0
        self._seen = 0

    def feed(self, text: str) -> None:
        """Parse the next piece of the text."""
        index, end = 0, len(text)
        while index < end and self.problem is None:
            state = self._state
            if state == "string":
                index = self._string(text, index)
            elif state == "scalar":
                match = _SCALAR.match(text, index)
                if match:
                    self._token.append(match.group())
                    index = match.end()
                else:
                    self._end_scalar(index)
            elif state == "prose":
                found = text.find("{", index)
                index = end if found < 0 else found
                self._state = "prose" if found < 0 else "value"
            elif state == "done" and self._prose:
                index = end
            else:
                match = _SPACE.match(text, index)
                index = match.end() if match else self._structure(text[index], index)
        self._offset += end

    def end(self) -> None:
        """Process the end of the text. A number at the root ends here, and a truncated document is a problem."""
        if self.problem is None and self._state == "scalar" and not self._stack:
            self._end_scalar(0)
        if self.problem is None and not self.finished:
            self._fail("the text ends inside the document", 0)

    def changed(self) -> bool:
        """Return whether `value` has changed since the last call.

        This updates a long open string in `value` each time it has grown by 1/32 of its length.
        """
        if self._fresh and self._state == "string" and not self._is_key and self._fresh * _GROWTH >= self._shown:
            self._show()
        changed = self._revision != self._seen
        self._seen = self._revision
        return changed

    def take_items(self) -> list[Any]:
        """Return the elements of the list at `items_at` that were completed since the last call."""
        items, self._items = self._items, []
        return items

    def _fail(self, reason: str, index: int) -> None:
        self.problem = f"not JSON at character {self._offset + index}: {reason}"

    # --- strings

    def _string(self, text: str, index: int) -> int:
        """Continue the open string. Return the index after the characters read."""
        if self._escape:
            return self._in_escape(text, index)
        match = _TEXT.match(text, index)
        if match:
            self._add(match.group())
            return match.end()
        if text[index] == "\\":
            self._escape = "\\"
        elif text[index] == '"':
            self._end_string()
        else:
            self._fail("a control character inside a string", index)
        return index + 1

    def _in_escape(self, text: str, index: int) -> int:
        # The escape so far is `\`, or `\u` with up to three digits: "\u00e9" may arrive split at any character.
        if self._escape == "\\" and text[index] != "u":
            self._escape = ""
            char = _ESCAPES.get(text[index])
            if char is None:
                self._fail(f"\\{text[index]} is not an escape", index)
            else:
                self._add(char)
            return index + 1
        taken = text[index : index + 6 - len(self._escape)]
        self._escape += taken
        if len(self._escape) == 6:
            digits, self._escape = self._escape[2:], ""
            if _HEX.fullmatch(digits):
                self._add_code(int(digits, 16))
            else:
                self._fail(f"\\u{digits} is not an escape", index)
        return index + len(taken)

    def _add_code(self, code: int) -> None:
        r"""Add a UTF-16 code unit. The second half of a surrogate pair (\ud83d\ude00) is combined with the first."""
        last = self._pieces[-1][-1] if self._pieces and self._pieces[-1] else ""
        if 0xDC00 <= code <= 0xDFFF and "\ud800" <= last <= "\udbff":
            self._pieces[-1] = self._pieces[-1][:-1]
            self._fresh -= 1
            code = 0x10000 + ((ord(last) - 0xD800) << 10) + (code - 0xDC00)
        self._add(chr(code))

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._fresh += len(piece)

    def _show(self) -> None:
        """Update the open string in the value, without half of a surrogate pair at its end."""
        whole = "".join(self._pieces)
        half = whole[-1:] if "\ud800" <= whole[-1:] <= "\udbff" else ""
        shown = whole[:-1] if half else whole
        self._pieces = [shown, half] if half else [shown]
        self._fresh = len(half)
        if len(shown) > self._shown:
            self._shown = len(shown)
            self._replace(shown)

    def _end_string(self) -> None:
        text = "".join(self._pieces)
        self._pieces = []
        if self._is_key:
            self._keys[-1] = text
            self._state = "colon"
        else:
            if self._fresh:
                self._replace(text)
            self._end_value(text)
        self._fresh = self._shown = 0

    # --- structure, numbers and literals

    def _end_scalar(self, index: int) -> None:
        token, self._token = "".join(self._token), []
        value: Any
        if token in _LITERALS:
            value = _LITERALS[token]
        elif (match := _NUMBER.fullmatch(token)) is None:
            self._fail(f"{token[:20]} is not a value", index)
            return
        else:
            try:
                value = float(token) if match[1] or match[2] else int(token)
            except ValueError:  # more digits than int() converts (sys.get_int_max_str_digits)
                value = float(token)
        self._put(value)
        self._end_value(value)

    def _structure(self, char: str, index: int) -> int:
        """Read one character outside of strings, numbers and literals. Return the index after it."""
        state = self._state
        if state == "first" and char not in "]}":
            state = "key" if type(self._stack[-1]) is dict else "value"
        if state == "value":
            return self._begin(char, index)
        if state == "key" and char == '"':
            self._is_key = True
            self._state = "string"
        elif state == "colon" and char == ":":
            self._state = "value"
        elif state == "after" and char == ",":
            self._state = "key" if type(self._stack[-1]) is dict else "value"
        elif state in {"after", "first"} and char == ("}" if type(self._stack[-1]) is dict else "]"):
            self._keys.pop()
            self._end_value(self._stack.pop())
        else:
            self._fail(f"unexpected {char!r}", index)
        return index + 1

    def _begin(self, char: str, index: int) -> int:
        if char == '"':
            self._put("")
            self._is_key = False
            self._state = "string"
        elif char in "{[":
            opened: _Container = {} if char == "{" else []
            self._put(opened)
            self._stack.append(opened)
            self._keys.append(None)
            self._state = "first"
        elif _SCALAR.match(char):
            self._state = "scalar"
            return index
        else:
            self._fail(f"unexpected {char!r}", index)
        return index + 1

    def _put(self, value: Any) -> None:
        """Add a value to the innermost open container."""
        self._revision += 1
        if not self._stack:
            self.value = value
            self.started = True
        elif type(top := self._stack[-1]) is dict:
            top[cast("str", self._keys[-1])] = value
        else:
            cast("list[Any]", top).append(value)

    def _replace(self, text: str) -> None:
        """Replace the open string in the value with a longer text."""
        self._revision += 1
        if not self._stack:
            self.value = text
        elif type(top := self._stack[-1]) is dict:
            top[cast("str", self._keys[-1])] = text
        else:
            cast("list[Any]", top)[-1] = text

    def _end_value(self, value: Any) -> None:
        if not self._stack:
            self._state = "done"
            self.finished = True
            return
        self._state = "after"
        at = self._items_at
        if at is None or len(self._stack) != len(at) + 1 or type(self._stack[-1]) is not list:
            return
        if tuple(self._keys[:-1]) == at:
            self._items.append(value)
