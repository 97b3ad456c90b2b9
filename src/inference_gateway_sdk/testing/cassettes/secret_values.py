"""JSON values and bodies' bytes with the secrets in them replaced, and the secrets they name, to look for elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .json_kinds import is_array, is_object, members_of
from .layouts import COMPACT, NotJsonError, laid_out, read_shallow, styled
from .redaction import HIDDEN
from .secret_text import hide_pairs, hide_text, is_packed, may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .redaction import Redaction

__all__ = ["FORM", "hide_body", "hide_json", "named_secrets"]

FORM = "application/x-www-form-urlencoded"


def hide_body(data: bytes, redaction: Redaction, known: Iterable[str] = (), content_type: str = "") -> bytes:
    """A body's bytes, or some of them, without their secrets; the same bytes when there is none.

    JSON is written in the style it came in. Bytes that are no text are looked through as if each were a character.
    """
    known = tuple(known)
    if not may_hold_secrets(data.decode("latin-1"), redaction, _bytewise(known)):
        return data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return hide_text(data.decode("latin-1"), redaction, known).encode("latin-1", "replace")
    if content_type.startswith(FORM):
        return hide_pairs(text, redaction, known).encode()
    try:
        value, layout = _value(text)
    except NotJsonError:
        return _once(text, hide_text(text, redaction, _spellings(known)), data)
    hidden = hide_json(value, redaction, known)
    return data if hidden == value else styled(hidden, layout).encode()


def hide_json(value: Any, redaction: Redaction, known: Iterable[str] = ()) -> Any:
    """The value without its secrets: text and numbers under a secret's name, and what looks like a key in any text."""
    known = tuple(known)
    if is_object(value):
        return {
            hide_text(name, redaction, known): _leafless(item) if secret else hide_json(item, redaction, known)
            for name, item, secret in _members(value, redaction)
        }
    if is_array(value):
        return [hide_json(item, redaction, known) for item in value]
    if not isinstance(value, str):
        return value
    return _without(value, known) if is_packed(value) else hide_text(value, redaction, known)


def named_secrets(value: Any, redaction: Redaction) -> Iterator[str]:
    """The texts that stand under a secret's name anywhere in the value."""
    if is_object(value):
        for _, item, secret in _members(value, redaction):
            yield from _texts(item) if secret else named_secrets(item, redaction)
    elif is_array(value):
        for item in value:
            yield from named_secrets(item, redaction)


def _members(value: dict[str, Any], redaction: Redaction) -> Iterator[tuple[str, Any, bool]]:
    """Each member, and whether it is a secret: by its own name, or by the one that a pair of name and value gives."""
    label = next((value[key] for key in ("name", "key") if isinstance(value.get(key), str)), "")
    labelled = bool(label) and (redaction.hides_field(label) or _is_secret_header(label, redaction))
    for name, item in value.items():
        yield name, item, redaction.hides_field(name, value) or (labelled and name == "value")


def _is_secret_header(label: str, redaction: Redaction) -> bool:
    return "-" in label and redaction.hides_header(label)


def _leafless(value: Any) -> Any:
    """The value with each text and number hidden; yes, no and nothing are no secrets."""
    if is_object(value):
        return {name: _leafless(item) for name, item in value.items()}
    if is_array(value):
        return [_leafless(item) for item in value]
    return value if value is None or isinstance(value, bool) or value == "" else HIDDEN


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in members_of(value):
        yield from _texts(item)


def _value(text: str) -> tuple[Any, str]:
    """The value of a JSON text and its style; the commonest one for a style that has no name."""
    try:
        return laid_out(text)
    except NotJsonError:
        return read_shallow(text), COMPACT


def _without(text: str, known: tuple[str, ...]) -> str:
    for value in known:
        text = text.replace(value, HIDDEN)
    return text


def _once(before: str, after: str, data: bytes) -> bytes:
    return data if before == after else after.encode()


def _bytewise(known: tuple[str, ...]) -> list[str]:
    """The values, in all spellings, as they look in bytes of which each is taken for a character."""
    return [value.encode("utf-8", "replace").decode("latin-1") for value in _spellings(known)]


def _spellings(known: tuple[str, ...]) -> tuple[str, ...]:
    """The values as they stand, and as JSON writes them."""
    escaped = [json.dumps(value, ensure_ascii=ascii_)[1:-1] for value in known for ascii_ in (True, False)]
    return tuple(dict.fromkeys((*known, *escaped)))
