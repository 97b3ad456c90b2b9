"""A parser of docstrings: the description and the parameters, in Google, NumPy and Sphinx style.

Args:                 Parameters              :param city: Its English name.
    city: Its name.   ----------              :type city: str
                      city : str
                          Its name.
"""

from __future__ import annotations

import inspect
import itertools
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Docstring", "read_docstring"]

_PARAMETERS: Final = frozenset(
    "args,arguments,parameters,params,attributes,keyword args,keyword arguments,keyword parameters,other parameters,"
    "other args,other arguments".split(",")
)
_OTHERS: Final = frozenset(
    "returns,return,yields,yield,receives,raises,raise,exceptions,warns,warnings,warning,examples,example,notes,note,"
    "references,todo,methods,usage,tip,hint,important,danger,see also,see-also".split(",")
)
_GOOGLE_SECTION: Final = re.compile(r"([A-Za-z][A-Za-z -]*[A-Za-z]):\s*")
_NUMPY_RULE: Final = re.compile(r"-{2,}\s*")
_GOOGLE_NAME: Final = re.compile(r"\*{0,2}([A-Za-z_]\w*)\s*")
_SPHINX_FIELD: Final = re.compile(r":(\w+)(?:\s+([^:]*?))?:(?:\s+(.*))?$")
_SPHINX_PARAMETER: Final = frozenset("param parameter arg argument key keyword ivar cvar var".split())
_BULLET: Final = re.compile(r"(?:[-*+•]|\d+[.)])\s")


class Docstring(Struct, frozen=True):
    """A parsed docstring.

    Attributes:
        description: The text before the first section or field, or "".
        parameters: Descriptions by the name of the parameter or attribute.
    """

    description: str = ""
    parameters: dict[str, str] = {}


def read_docstring(text: str | None) -> Docstring:
    """Parse a docstring in the style that yields the most parameters."""
    if not text:
        return Docstring()
    lines = inspect.cleandoc(text).splitlines()
    return max((_google(lines), _numpy(lines), _sphinx(lines)), key=lambda read: len(read.parameters))


def _reflow(lines: list[str]) -> str:
    """Join wrapped lines with spaces. Paragraphs and bullets stay on separate lines."""
    text = ""
    for line in lines:
        bare = line.strip()
        if not bare:
            text = text.rstrip("\n ") + "\n\n" if text else ""
        elif not text or text.endswith("\n"):
            text += bare
        else:
            text += ("\n" if _BULLET.match(bare) else " ") + bare
    return text.strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _entries(block: list[str]) -> Iterator[list[str]]:
    """Split a block into its entries. A line at the block's indent starts an entry, deeper lines continue it."""
    own = min((_indent(line) for line in block if line.strip()), default=0)
    entry: list[str] = []
    for line in block:
        if line.strip() and _indent(line) == own and entry:
            yield entry
            entry = []
        if entry or line.strip():
            entry.append(line)
    if entry:
        yield entry


# --- Google


def _google(lines: list[str]) -> Docstring:
    parameters: dict[str, str] = {}
    first: int | None = None
    index = 0
    while index < len(lines):
        section = _google_section(lines, index)
        index += 1
        if section is None:
            continue
        first = index - 1 if first is None else first
        block: list[str] = []
        while index < len(lines) and (not lines[index].strip() or _indent(lines[index])):
            block.append(lines[index])
            index += 1
        if section in _PARAMETERS:
            for entry in _entries(block):
                name, text = _google_entry(entry)
                if name:
                    parameters.setdefault(name, text)
    return Docstring(_reflow(lines if first is None else lines[:first]), parameters)


def _google_section(lines: list[str], index: int) -> str | None:
    """Return the name of the section that starts here: a known title with an indented line after it."""
    match = _GOOGLE_SECTION.fullmatch(lines[index])
    title = match[1].lower() if match else ""
    if title not in _PARAMETERS and title not in _OTHERS:
        return None
    after = next((line for line in lines[index + 1 :] if line.strip()), "")
    return title if _indent(after) else None


def _google_entry(entry: list[str]) -> tuple[str, str]:
    """Split `name (type): text`. The type may itself contain colons and brackets."""
    line = entry[0].strip()
    match = _GOOGLE_NAME.match(line)
    if match is None:
        return "", ""
    rest = line[match.end() :]
    if rest.startswith("("):
        rest = rest[_closing(rest) + 1 :].lstrip()
    if not rest.startswith(":"):
        return "", ""
    return match[1], _reflow([rest[1:], *entry[1:]])


def _closing(text: str) -> int:
    """Return the index of the bracket that closes the first one, or of the last character."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return index
    return len(text) - 1


# --- NumPy


def _numpy(lines: list[str]) -> Docstring:
    parameters: dict[str, str] = {}
    titles = [
        index
        for index in range(len(lines) - 1)
        if _NUMPY_RULE.fullmatch(lines[index + 1]) and lines[index].strip().lower() in _PARAMETERS | _OTHERS
    ]
    for index, after in itertools.pairwise([*titles, len(lines)]):
        if lines[index].strip().lower() not in _PARAMETERS:
            continue
        for entry in _entries(lines[index + 2 : after]):
            # `a, b : int` describes two parameters. The colon and the type may be missing.
            names = entry[0].partition(" :")[0] if " :" in entry[0] else entry[0].partition(":")[0]
            for name in names.split(","):
                if (bare := name.strip().lstrip("*")).isidentifier():
                    parameters.setdefault(bare, _reflow(entry[1:]))
    return Docstring(_reflow(lines[: titles[0]] if titles else lines), parameters)


# --- Sphinx


def _sphinx(lines: list[str]) -> Docstring:
    parameters: dict[str, str] = {}
    first: int | None = None
    name = ""
    block: list[str] = []
    for index, line in enumerate([*lines, ":end:"]):
        match = _SPHINX_FIELD.match(line)
        if match is None:
            if name and line.strip() and not _indent(line) and not block[-1].strip():
                parameters.setdefault(name, _reflow(block))  # a paragraph after the fields
                name = ""
            elif name:
                block.append(line)
            continue
        if name:
            parameters.setdefault(name, _reflow(block))
        first = index if first is None else first
        words = (match[2] or "").split()  # `:param str city:` has the type before the name
        name = words[-1].lstrip("*").replace("\\", "") if words and match[1] in _SPHINX_PARAMETER else ""
        block = [match[3] or ""]
    return Docstring(_reflow(lines[:first]), parameters)
