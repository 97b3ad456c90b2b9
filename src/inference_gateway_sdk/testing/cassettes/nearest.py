"""The text of a miss: what was asked, why nothing fitted, and the nearest recorded request as a diff."""

from __future__ import annotations

from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .contents import body_fields
from .document import document
from .json_kinds import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import RecordedRequest

__all__ = ["nearest", "shown_miss"]

_LINES: Final = 60
_COMPARED: Final = 4000  # characters of a request: enough to tell which is nearest, without minutes of work
_WIDTH: Final = 240


def shown_miss(asked: RecordedRequest, recorded: Sequence[tuple[RecordedRequest, bool]], why: str) -> str:
    """The miss in words.

    Args:
        asked: The request, hidden as in the file.
        recorded: The requests of the file, each with whether it was played already.
        why: What the mode makes of it.
    """
    first = f"no recording answers {asked.method} {_path(asked)}: {why}"
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
    scores = [(_likeness(asked, request), not played) for request, played in recorded]
    return max(range(len(scores)), key=lambda index: scores[index])


def _likeness(asked: RecordedRequest, recorded: RecordedRequest) -> tuple[bool, float]:
    """Same method and path first, then how much of the text is the same."""
    same_place = (asked.method, _place(asked)) == (recorded.method, _place(recorded))
    texts = "\n".join(_shown(asked))[:_COMPARED].split(), "\n".join(_shown(recorded))[:_COMPARED].split()
    return same_place, SequenceMatcher(None, *texts, autojunk=False).ratio()


def _diff(recorded: RecordedRequest, asked: RecordedRequest) -> str:
    lines = [line.rstrip("\n") for line in unified_diff(_shown(recorded), _shown(asked), "recorded", "asked", n=2)]
    more = len(lines) - _LINES
    shown = [line if len(line) <= _WIDTH else line[:_WIDTH] + " ..." for line in lines[:_LINES]]
    return "\n".join([*shown, f"... and {more} more lines"] if more > 0 else shown)


def _shown(request: RecordedRequest) -> list[str]:
    """The request as lines: what the usual matchers look at, keys in order of their names."""
    head = f"{request.method} {_path(request)}"
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


def _path(request: RecordedRequest) -> str:
    parts = urlsplit(request.url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
