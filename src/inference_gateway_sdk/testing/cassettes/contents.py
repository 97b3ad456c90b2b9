"""Bodies and stream pieces as the fields of a cassette file, with JSON layouts that restore the exact bytes."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar, get_args

from .exchange import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "COMPACT",
    "LAYOUTS",
    "ContentError",
    "Fields",
    "NotJsonError",
    "body_fields",
    "body_of",
    "is_array",
    "is_object",
    "laid_out",
    "members_of",
    "piece_fields",
    "piece_of",
    "read_json",
    "read_shallow",
    "styled",
    "unpacked_body",
]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether the value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether the value is an array."""
    return isinstance(value, list)


def members_of(value: object) -> list[Any]:
    """Return the values in an object or an array; nothing for other values."""
    if is_object(value):
        return list(value.values())
    return value if is_array(value) else []


COMPACT: Final = "compact"
_SPACINGS: Final[dict[str, dict[str, Any]]] = {
    COMPACT: {"separators": (",", ":")},
    "spaced": {"separators": (", ", ": ")},
    "indented": {"indent": 2},
}
_MAX_DEPTH: Final = 100
_ESCAPES: Final = ("", "ascii", "html")
_LAYOUT_ENDS: Final = ("", "newline")
LAYOUTS: Final = tuple(" ".join(filter(None, parts)) for parts in product(_SPACINGS, _ESCAPES, _LAYOUT_ENDS))
"""All layouts, the most common first."""

_HTML: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}  # escaped by Go's encoder


class NotJsonError(ValueError):
    """The text is not JSON, or its value does not represent all of it."""


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        NotJsonError: The text is not JSON, repeats a key, or has a number beyond a float's range.
    """
    try:
        return json.loads(text, object_pairs_hook=_layout_object, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None


def read_shallow(text: str) -> Any:
    """Return the value of a JSON text that will be nested in another value.

    Raises:
        NotJsonError: As in `read_json`, or the value is nested too deeply.
    """
    value = read_json(text)
    if _deeper(value, _MAX_DEPTH):
        raise NotJsonError("nested too deeply")
    return value


def laid_out(text: str) -> tuple[Any, str]:
    """Return the text's value, and the layout that restores the text.

    Raises:
        NotJsonError: The text is not JSON in a known layout.
    """
    value = read_shallow(text)
    for layout in LAYOUTS:
        if styled(value, layout) == text:
            return value, layout
    raise NotJsonError("the layout is unknown")


def styled(value: Any, layout: str) -> str:
    """Encode a value as JSON in this layout."""
    spacing, *rest = layout.split(" ")
    text = json.dumps(value, ensure_ascii="ascii" in rest, **_SPACINGS[spacing])
    if "html" in rest:
        text = text.translate(_HTML)
    return text + "\n" if "newline" in rest else text


def _deeper(value: Any, levels: int) -> bool:
    return levels == 0 or any(_deeper(item, levels - 1) for item in members_of(value))


def _layout_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJsonError("a key is repeated")
    return members


def _no_constant(name: str) -> float:
    raise NotJsonError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJsonError("a number beyond a float's range")
    return number


_MAX_UNPACKED: Final = 64 * 1024 * 1024
_WINDOWS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # zlib's; raw deflate is common too


def unpacked_body(data: bytes, codings: str) -> bytes | None:
    """Undo the content codings of a body, None where one is unknown or the data is not in it.

    Args:
        data: The body.
        codings: The value of `Content-Encoding`.
    """
    for coding in reversed(codings.lower().split(",")):
        name = coding.strip()
        if name in ("", "identity"):
            continue
        found = next((text for bits in _WINDOWS.get(name, ()) if (text := _inflated(data, bits)) is not None), None)
        if found is None:
            return None
        data = found
    return data


def _inflated(data: bytes, bits: int) -> bytes | None:
    """Return the contents of all members, None unless each is whole."""
    members: list[bytes] = []
    left = _MAX_UNPACKED
    while data:
        member = zlib.decompressobj(bits)
        try:
            members.append(member.decompress(data, left))
        except zlib.error:
            return None
        left -= len(members[-1])
        if not member.eof or left <= 0 or (member.unused_data and bits != 31):
            return None
        data = member.unused_data
    return b"".join(members)


# Whole lines of an event stream: "data: x", "event:", ": comment" or empty (WHATWG HTML, server-sent events).
_EVENT_LINES: Final = re.compile(r"(?:(?:(?:data|event|id|retry)?:[^\n]*)?\n)+")
_DATA: Final = "data: "


class ContentError(ValueError):
    """The fields of the file do not describe a body."""


def body_fields(data: bytes) -> dict[str, Any]:
    """Return the fields of a whole body, from which `body_of` restores the same bytes."""
    text = _content_text(data)
    if text is None:
        return {"base64": base64.b64encode(data).decode("ascii")}
    try:
        value, layout = laid_out(text)
    except NotJsonError:
        return {"text": text}
    return {"json": value} if layout == COMPACT else {"json": value, "layout": layout}


def body_of(fields: dict[str, Any]) -> bytes | None:
    """Return the bytes of a body's fields, or None if there are none.

    Raises:
        ContentError: The fields contradict each other, or are malformed.
    """
    _one_of(fields, ("json", "text", "base64", "lines"))
    if "json" in fields:
        return _encoded(styled(fields["json"], _layout(fields)))
    if "lines" in fields:
        return _encoded("".join([_line_text(line, _layout(fields)) + "\n" for line in _list(fields["lines"])]))
    if "text" in fields:
        return _encoded(_string(fields, "text"))
    return _unpacked(_string(fields, "base64")) if "base64" in fields else None


def piece_fields(data: bytes) -> dict[str, Any]:
    r"""Return the fields of one piece of a stream, from which `piece_of` restores the same bytes.

    Complete lines of an event stream are stored as lines, and JSON data as a value. Other text is stored as it is:

        b'data: {"a":1}\n\n'  ->  {"lines": [{"data": {"a": 1}}, ""]}
        b'data: {"a"'         ->  {"text": 'data: {"a"'}
    """
    text = _content_text(data)
    if text is None:
        return {"base64": base64.b64encode(data).decode("ascii")}
    if not _EVENT_LINES.fullmatch(text):
        return {"text": text}
    lines = text.split("\n")[:-1]
    layout = _common_layout([line.removeprefix(_DATA) for line in lines if line.startswith(_DATA)])
    fields: dict[str, Any] = {"lines": [_line(line, layout) for line in lines]}
    return fields if layout == COMPACT else fields | {"layout": layout}


def piece_of(fields: dict[str, Any]) -> bytes:
    """Return the bytes of a piece's fields.

    Raises:
        ContentError: The fields are missing or malformed.
    """
    data = body_of(fields)
    if data is None:
        raise ContentError("a piece needs one of lines, text and base64")
    return data


def _common_layout(texts: list[str]) -> str:
    """Return the layout of the first line that has one. Lines of one piece rarely differ."""
    for text in texts:
        try:
            return laid_out(text)[1]
        except NotJsonError:
            continue
    return COMPACT


def _line(line: str, layout: str) -> Any:
    """Return one line, with its data as a value if the layout restores it exactly."""
    data = line.removeprefix(_DATA)
    try:
        value = read_shallow(data) if data != line else None
    except NotJsonError:
        return line
    return {"data": value} if data != line and styled(value, layout) == data else line


def _line_text(line: object, layout: str) -> str:
    if isinstance(line, str):
        return line
    if not is_object(line) or "data" not in line:
        raise ContentError(f"a line must be a string or an object with data, got {line!r:.60}")
    return _DATA + styled(line["data"], layout)


def _content_text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ContentError("a lone surrogate needs a layout with ascii") from None


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ContentError(f"base64: {error}") from None


def _layout(fields: dict[str, Any]) -> str:
    layout = fields.get("layout", COMPACT)
    if layout not in LAYOUTS:
        raise ContentError(f"unknown layout {layout!r}: write one of {', '.join(LAYOUTS)}")
    return str(layout)


def _one_of(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    given = [name for name in names if name in fields]
    if len(given) > 1:
        raise ContentError(f"{' and '.join(given)} exclude each other: keep one of them")


def _list(value: object) -> list[object]:
    if not is_array(value):
        raise ContentError("lines must be a list")
    return value


def _string(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise ContentError(f"{name} must be a string")
    return value


T = TypeVar("T")
_FIELD_KINDS: tuple[Kind, ...] = get_args(Kind)


class Fields:
    """An object of the file with its path ("$.exchanges[2].answer")."""

    __slots__ = ("_members", "path")

    def __init__(self, members: dict[str, Any], path: str) -> None:
        self._members = members
        self.path: str = path

    @classmethod
    def of(cls, value: object, path: str) -> Fields:
        """Return the object at a path.

        Raises:
            ContentError: The value is not an object.
        """
        if not is_object(value):
            raise ContentError(f"{path} must be an object, got {_abbreviated(value)}")
        return cls(value, path)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def given(self, name: str) -> Any:
        """Return the value under a name, or None."""
        return self._members.get(name)

    def inner(self, name: str) -> Fields:
        """Return the object under a name."""
        return Fields.of(self.given(name), f"{self.path}.{name}")

    def list(self, name: str) -> list[Any]:
        """Return the list under a name."""
        value = self.given(name)
        return value if is_array(value) else self._wrong(name, "a list")

    def string(self, name: str, default: str | None = None) -> str:
        """Return the string under a name, or the default if there is no value."""
        value = self._members.get(name, default)
        return value if isinstance(value, str) else self._wrong(name, "a string")

    def number(self, name: str) -> float:
        """Return the number of seconds under a name."""
        value = self.given(name)
        ok = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return float(value) if ok else self._wrong(name, "a number of seconds")

    def whole(self, name: str) -> int:
        """Return the HTTP status under a name."""
        value = self.given(name)
        return value if type(value) is int and 100 <= value <= 999 else self._wrong(name, "a status")

    def flag(self, name: str) -> bool:
        """Return the boolean under a name, or False."""
        value = self._members.get(name, False)
        return value if isinstance(value, bool) else self._wrong(name, "true or false")

    def kind(self, name: str) -> Kind:
        """Return the kind of ending under a name."""
        for kind in _FIELD_KINDS:
            if kind == self.given(name):
                return kind
        raise ContentError(
            f"{self.path}.{name} must be one of {', '.join(_FIELD_KINDS)}, got {_abbreviated(self.given(name))}"
        )

    def read(self, reader: Callable[[dict[str, Any]], T]) -> T:
        """Apply a reader to the object, and add the path to its error."""
        try:
            return reader(self._members)
        except ContentError as error:
            raise ContentError(f"{self.path}: {error}") from None

    def _wrong(self, name: str, what: str) -> Any:
        raise ContentError(f"{self.path}.{name} must be {what}, got {_abbreviated(self.given(name))}")


def _abbreviated(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
