"""Readable JSON documents for cassette files, and the diff that explains a miss."""

from __future__ import annotations

import json
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .contents import body_fields
from .layouts import is_array, is_object, members_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import RecordedRequest

__all__ = ["Line", "document", "nearest", "shown_miss"]


_WIDTH: Final = 110
_STEP: Final = "  "


class Line:
    """A value that is never broken over lines."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def document(value: Any) -> str:
    """The value as JSON text, with a line break at its end."""
    return _document_text(value, "", 0) + "\n"


def _document_text(value: Any, margin: str, taken: int) -> str:
    """The value, where `taken` characters of its first line are gone already."""
    if isinstance(value, Line):
        return _flat(value.value)
    if not members_of(value):
        return _flat(value)
    if not _holds_line(value):
        flat = _flat(value)
        if taken + len(flat) <= _WIDTH:
            return flat
    return _broken(value, margin)


def _broken(value: Any, margin: str) -> str:
    inner = margin + _STEP
    if is_object(value):
        labels = [(f"{inner}{_flat(name)}: ", item) for name, item in value.items()]
        opening, closing = "{}"
    else:
        labels = [(inner, item) for item in members_of(value)]
        opening, closing = "[]"
    rows = [label + _document_text(item, inner, len(label)) for label, item in labels]
    return f"{opening}\n" + ",\n".join(rows) + f"\n{margin}{closing}"


def _holds_line(value: Any) -> bool:
    """Whether a line of its own stands somewhere inside."""
    if isinstance(value, Line):
        return True
    return any(_holds_line(item) for item in members_of(value))


def _flat(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else _encodable(text)


def _encodable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates), or a line of a diff should not, as escapes."""
    return "".join([_escape(char) if _awkward(char) else char for char in text])


def _awkward(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or char in "\x7f\x85\u2028\u2029\ufeff"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}"


_LINES: Final = 60
_COMPARED: Final = 4000  # characters of a request: enough to tell which is nearest, without minutes of work
_DIFF_WIDTH: Final = 240


def shown_miss(asked: RecordedRequest, recorded: Sequence[tuple[RecordedRequest, bool]], why: str) -> str:
    """The miss in words.

    Args:
        asked: The request, hidden as in the file.
        recorded: The requests of the file, each with whether it was played already.
        why: What the mode makes of it.
    """
    first = f"no recording answers {asked.method} {_field_path(asked)}: {why}"
    at = nearest(asked, recorded)
    if at is None:
        return first
    other, played = recorded[at]
    which = f"the nearest is number {at + 1} of {len(recorded)}" + (", which was played already" if played else "")
    if (diff := _diff(other, asked)) == "":
        return f"{first}\n{which}: the same request"
    return f"{first}\n{which}:\n{diff}"


def nearest(asked: RecordedRequest, recorded: Sequence[tuple[RecordedRequest, bool]]) -> int | None:
    """The place of the recorded request most like this one; None when there is none.

    Of two that are alike, one that was not played yet is nearer.
    """
    if not recorded:
        return None
    scores = [(_similarity(asked, request), not played) for request, played in recorded]
    return max(range(len(scores)), key=lambda index: scores[index])


def _similarity(asked: RecordedRequest, recorded: RecordedRequest) -> tuple[bool, float]:
    """Same method and path first, then how much of the text is the same."""
    same_place = (asked.method, _place(asked)) == (recorded.method, _place(recorded))
    texts = "\n".join(_rendered(asked))[:_COMPARED].split(), "\n".join(_rendered(recorded))[:_COMPARED].split()
    return same_place, SequenceMatcher(None, *texts, autojunk=False).ratio()


def _diff(recorded: RecordedRequest, asked: RecordedRequest) -> str:
    lines = [
        line.rstrip("\n") for line in unified_diff(_rendered(recorded), _rendered(asked), "recorded", "asked", n=2)
    ]
    more = len(lines) - _LINES
    shown = [line if len(line) <= _DIFF_WIDTH else line[:_DIFF_WIDTH] + " ..." for line in lines[:_LINES]]
    return "\n".join([*shown, f"... and {more} more lines"] if more > 0 else shown)


def _rendered(request: RecordedRequest) -> list[str]:
    """The request as lines: what the usual matchers look at, keys in order of their names."""
    head = f"{request.method} {_field_path(request)}"
    if not request.body:
        return [head]
    fields = body_fields(request.body)
    if "json" in fields:
        return [head, *document(_sorted(fields["json"])).splitlines()]
    return [head, *str(fields.get("text") or fields.get("base64", "")).splitlines()]


def _sorted(value: object) -> object:
    if is_object(value):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if is_array(value) else value


def _place(request: RecordedRequest) -> str:
    return urlsplit(request.url).path


def _field_path(request: RecordedRequest) -> str:
    parts = urlsplit(request.url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
