"""A regular expression turned into a text that it matches: for what schemas usually ask of one, a code, a name, a date.

It understands the part of ECMA-262 that JSON schemas are advised to keep to (JSON Schema Core section 6.4): literals,
classes, groups, alternatives, counted repetitions, and anchors at the ends. Anything else is refused.
"""

from __future__ import annotations

import re

__all__ = ["NoText", "matching"]

_PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
_CLASSES = {
    "d": "0123456789",
    "w": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
    "s": " \t\n",
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_COUNTED = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_MOST = 100_000  # characters
_START, _END = "\ufdd0", "\ufdd1"  # anchors, in a text that is being written: no characters (Unicode section 23.7)


class NoText(Exception):  # noqa: N818  (it says what there is not)
    """No text is found; the text says why."""


def matching(pattern: str, least: int = 0, most: int = _MOST) -> str:
    """A text the pattern matches: the first of all alternatives, repeating as little as will do for the length.

    Args:
        pattern: Unanchored, as in JSON schemas: it may match a part of the text.
        least: The fewest characters.
        most: The most characters.

    Raises:
        NoText: The pattern is not understood, or no such text is found.
    """
    for extra in (0, 1, max(least, 1)):
        begun = _Reader(pattern, extra).whole().lstrip(_START)
        text = begun.rstrip(_END)
        if _START in text or _END in text:
            raise NoText("an anchor stands in the middle")
        if len(text) < least and text == begun:  # no anchor says that it ends
            text = text.ljust(least, ".")
        if least <= len(text) <= most:
            return text
    raise NoText(f"none of {least} to {most} characters")


class _Reader:
    """Reads the pattern once from left to right and writes what it asks for.

    Args:
        pattern: What to read.
        extra: How often more than it must each open repetition repeats.
    """

    def __init__(self, pattern: str, extra: int) -> None:
        self._pattern = pattern
        self._at = 0
        self._extra = extra

    def whole(self) -> str:
        """The text, with marks where the anchors stand."""
        if _START in self._pattern or _END in self._pattern:
            raise NoText("it asks for what is no character")
        text = self._alternatives()
        if self._at < len(self._pattern):
            raise NoText("a bracket is closed that was never opened")
        return text

    def _alternatives(self) -> str:
        """The first of the alternatives up to the end of the group."""
        first = self._sequence()
        while self._next() == "|":
            self._at += 1
            self._sequence()
        return first

    def _sequence(self) -> str:
        text = ""
        while self._next() not in ("", "|", ")"):
            text += self._repeated(self._atom())
            if len(text) > _MOST:
                raise NoText("it would be too long")
        return text

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._next()
        if not character:
            raise NoText("it ends too soon")
        self._at += 1
        return character

    def _atom(self) -> str:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._choice()
        if character == "\\":
            return self._escaped()[0]
        if character in "^$":
            return _START if character == "^" else _END
        if character in "*+?{":
            raise NoText("nothing stands before a repetition")
        return "x" if character == "." else character

    def _group(self) -> str:
        if self._next() == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                raise NoText("it looks around or names a group")
            self._at += 2
        text = self._alternatives()
        if self._take() != ")":
            raise NoText("a bracket is not closed")
        return text

    def _escaped(self) -> str:
        """The characters that an escape stands for."""
        letter = self._take()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES:
            return "".join(each for each in _PRINTABLE if each not in _CLASSES[letter.lower()])
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isalnum():
            raise NoText(f"it uses \\{letter}")
        return letter

    def _choice(self) -> str:
        """The first character of a class."""
        inverted = self._next() == "^"
        self._at += inverted
        members = ""
        while (character := self._take()) != "]":
            start = self._escaped() if character == "\\" else character
            members += self._range(start)
        if inverted:
            members = next((each for each in ["x", *_PRINTABLE] if each not in members), "")
        if not members:
            raise NoText("a class is empty")
        return members[0]

    def _range(self, start: str) -> str:
        """The characters from `start` to what stands behind a hyphen, or `start` where none follows."""
        if len(start) > 1 or self._next() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("", "]"):
            return start
        self._at += 1
        character = self._take()
        end = self._escaped() if character == "\\" else character
        if len(end) > 1 or end < start:
            raise NoText("a range goes backwards")
        return "".join(map(chr, range(ord(start), ord(end) + 1)))

    def _repeated(self, text: str) -> str:
        counted = _COUNTED.match(self._pattern, self._at)
        mark = self._next()
        if counted:
            self._at = counted.end()
            least, more, most = int(counted[1]), counted[2], counted[3]
            count = min(least + self._extra, int(most)) if most else least + self._extra * bool(more)
        elif mark in ("*", "+", "?"):
            self._at += 1
            count = (mark == "+") + (self._extra if mark != "?" else 0)
        else:
            return text
        self._at += self._next() == "?"  # a lazy one matches the same texts
        if count * len(text) > _MOST:
            raise NoText("it would be too long")
        return text * count
