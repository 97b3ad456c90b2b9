"""Fields that no contract lists, arriving in pieces: how the pieces of one field become one value.

Nothing a provider sends may be lost, and most of it goes back with the next request. Text grows, lists grow, mappings
merge; names, ids, types and numbers are facts, of which the last one counts. Growing text is held in pieces and joined
by `settled`, so that folding stays linear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.json_value import is_array, is_object
from .text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["merge", "merge_beside", "merge_facts", "settled"]

# Keys whose strings are facts, not pieces of a growing text.
_FACTS = frozenset(
    {"id", "type", "index", "name", "role", "object", "format", "model", "status", "signature", "thought_signature"}
    | {"provider", "service_tier", "system_fingerprint", "mime_type", "encrypted_content"}
)
# Objects whose content is opaque: it comes whole.
_OPAQUE = frozenset({"extra_content", "google"})


def merge(into: dict[str, Any], more: Mapping[str, Any], *, facts: bool = False) -> None:
    """Fold `more` into `into`, in place and without keeping parts of `more`; null never replaces a value.

    Args:
        into: What has come so far.
        more: The next piece.
        facts: Strings and lists replace instead of growing.
    """
    for key, value in more.items():
        old = into.get(key)
        if old is None:
            into[key] = _own(value)
        elif isinstance(value, str) and not (facts or key in _FACTS):
            _grow(into, key, value)
        elif is_object(old) and is_object(value):
            merge(old, value, facts=facts or key in _OPAQUE)
        elif is_array(old) and is_array(value) and not facts:
            _extend(old, value)
        elif value is not None:
            into[key] = _own(value)


def merge_facts(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields that describe the whole answer (fingerprints, tiers, timings): the last value counts."""
    merge(into, more, facts=True)


def merge_beside(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields that stand beside a delta: they describe the piece, so that only their lists grow (token ids).

    Azure's filter results come with every chunk, in the same words.
    """
    for key, value in more.items():
        old = into.get(key)
        if is_array(old) and is_array(value):
            _extend(old, value)
        else:
            merge_facts(into, {key: value})


def settled(value: Any) -> Any:
    """A copy in plain JSON values, growing texts joined."""
    if isinstance(value, Text):
        return "".join(value)
    if is_object(value):
        return {key: settled(item) for key, item in value.items()}
    if is_array(value):
        return [settled(item) for item in value]
    return value


def _grow(into: dict[str, Any], key: str, piece: str) -> None:
    old = into[key]
    if isinstance(old, Text):
        old.add(piece)
    elif isinstance(old, str):
        into[key] = Text((old, piece))
    else:
        into[key] = piece


def _own(value: Any) -> Any:
    """A copy that later pieces may grow without touching the chunk it came from."""
    if is_object(value):
        return {key: _own(item) for key, item in value.items()}
    if is_array(value):
        return [_own(item) for item in value]
    return value


def _extend(old: list[Any], more: list[Any]) -> None:
    """Grow a list; an object with the `index` and `type` of the last one continues it."""
    for item in more:
        last = old[-1] if old else None
        if is_object(item) and is_object(last) and _continues(last, item):
            merge(last, item)
        else:
            old.append(_own(item))


def _continues(last: dict[str, Any], item: dict[str, Any]) -> bool:
    index = item.get("index")
    return index is not None and index == last.get("index") and item.get("type", last.get("type")) == last.get("type")
