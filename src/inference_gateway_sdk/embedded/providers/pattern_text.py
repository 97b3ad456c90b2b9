"""Make a text that matches a regular expression, as schemas use them: for a code, a name, a date.

It supports the subset of ECMA-262 that is recommended for JSON schemas (JSON Schema Core section 6.4): literals,
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
_START, _END = "\ufdd0", "\ufdd1"  # placeholders for ^ and $ in the text being built: noncharacters (Unicode 23.7)


class NoText(Exception):  # noqa: N818  (the name describes the result)
    """No matching text was found. The message gives the reason."""


def matching(pattern: str, least: int = 0, most: int = _MOST) -> str:
    """Return a text that the pattern matches: the first alternatives, with as few repetitions as the length allows.

    Args:
        pattern: A pattern without implicit anchors, as in JSON schemas: it may match a part of the text.
        least: The smallest number of characters.
        most: The largest number of characters.

    Raises:
        NoText: The pattern is not understood, or no such text was found.
    """
    for extra in (0, 1, max(least, 1)):
        begun = _Reader(pattern, extra).whole().lstrip(_START)
        text = begun.rstrip(_END)
        if _START in text or _END in text:
            raise NoText("an anchor is in the middle")
        if len(text) < least and text == begun:  # no `$` ends the text, so any character may follow
            text = text.ljust(least, ".")
        if least <= len(text) <= most:
            return text
    raise NoText(f"none has {least} to {most} characters")


class _Reader:
    """Reads the pattern once from left to right and builds a matching text.

    Args:
        pattern: The pattern to read.
        extra: The number of additional repetitions of each open-ended quantifier.
    """

    def __init__(self, pattern: str, extra: int) -> None:
        self._pattern = pattern
        self._at = 0
        self._extra = extra

    def whole(self) -> str:
        """Return the text, with placeholders for anchors."""
        if _START in self._pattern or _END in self._pattern:
            raise NoText("it contains a noncharacter")
        text = self._alternatives()
        if self._at < len(self._pattern):
            raise NoText("a closing parenthesis has no opening one")
        return text

    def _alternatives(self) -> str:
        """Return the text of the first alternative, and read all of them up to the end of the group."""
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
                raise NoText("the text would be too long")
        return text

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._next()
        if not character:
            raise NoText("the pattern ends too early")
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
            raise NoText("a quantifier has nothing to repeat")
        return "x" if character == "." else character

    def _group(self) -> str:
        if self._next() == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                raise NoText("lookaround and named groups are not supported")
            self._at += 2
        text = self._alternatives()
        if self._take() != ")":
            raise NoText("a group is not closed")
        return text

    def _escaped(self) -> str:
        """Return the characters that an escape matches."""
        letter = self._take()
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES:
            return "".join(each for each in _PRINTABLE if each not in _CLASSES[letter.lower()])
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isalnum():
            raise NoText(f"\\{letter} is not supported")
        return letter

    def _choice(self) -> str:
        """Return a character that a character class matches."""
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
        """Return the characters of a range such as `a-z`, or `start` if no hyphen follows."""
        if len(start) > 1 or self._next() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("", "]"):
            return start
        self._at += 1
        character = self._take()
        end = self._escaped() if character == "\\" else character
        if len(end) > 1 or end < start:
            raise NoText("a range ends before its start")
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
        self._at += self._next() == "?"  # a lazy quantifier matches the same texts
        if count * len(text) > _MOST:
            raise NoText("the text would be too long")
        return text * count
