"""Text with the secrets in it replaced: what has the shape of a key, what stands behind a secret's name, what is known.

For text whose structure is unknown or broken; JSON that can be read is walked member by member (`secret_values`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from inference_gateway_sdk._wire.redaction import redact

from .redaction import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .redaction import Redaction

__all__ = ["hide_pairs", "hide_text", "hides_pair", "is_packed", "may_hold_secrets"]

# Beyond what is hidden in logs: a file may be published.
_SHAPES: Final = (
    (re.compile(r"\b(gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|ya29\.|sntrys_|npm_|pypi-)[A-Za-z0-9_-]{10,}"), r"\1"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), r"\1"),
    (re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL), r"\1"),
    (re.compile(r"(://)[^\s/@\"'<>]{1,200}(?=@)"), r"\1"),
)
# `"name": "value"`, at any depth of escaping: the quotes of one pair look the same.
_MEMBER: Final = re.compile(
    r"""(?P<head>(?P<quote>\\{0,8}["'])(?P<name>[^"'\\\s][^"'\\]{0,63})(?P=quote)\s*:\s*)"""
    r"""(?:(?P<open>\\{0,8}["'])(?P<value>(?:\\.|[^\\])*?)(?P<close>(?P=open)|\Z)|(?P<number>-?\d[\d.eE+-]*))"""
    r"""(?P<next>\s*,\s*\\{0,8}["'](?P<beside>\w+))?""",
    re.DOTALL,
)
_QUERY_PAIR: Final = re.compile(r"(?P<head>[?&;](?P<name>[A-Za-z0-9_.%-]{1,64})=)(?P<value>[^&#\s\"'\\]+)")
_FORM_PART: Final = re.compile(
    r"""(?P<head>form-data;[^\r\n]*?\bname="(?P<name>[^"\r\n]*)"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)"""
    r"""(?P<value>.*?)(?=\r\n--|\Z)""",
    re.DOTALL,
)
_PACKED: Final = re.compile(r"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/\s]{200,}={0,2}\s*")

# Some part of everything that is hidden by default: text without any of these is let through at a glance.
_HINTS: Final = re.compile(
    r"auth|token|key|secret|passw|credential|cookie|sess|sign|assert|sig=|code=|pwd|jwt|bearer|basic|://"
    r"|sk[-_]|[pr]k-|xai-|nvapi-|hf_|r8_|aiza|eyj|gh[opsur]_|github_pat_|glpat-|xox|ya29|sntrys_|npm_|pypi-"
    r"|akia|asia|-----begin|%[2-7][0-9a-f]|\\u00[2-7]",
    re.IGNORECASE,
)


def may_hold_secrets(text: str, redaction: Redaction, known: Iterable[str] = ()) -> bool:
    """Whether it is worth looking through a text: False only where nothing would be hidden."""
    own = redaction.headers or redaction.query or redaction.fields or redaction.patterns
    return bool(own or _HINTS.search(text) or any(value in text for value in known))


def hide_text(text: str, redaction: Redaction, known: Iterable[str] = ()) -> str:
    """The text without its secrets.

    Args:
        text: Any.
        redaction: What is hidden.
        known: Values that were hidden elsewhere.
    """
    for value in known:
        text = text.replace(value, HIDDEN)
    text = _MEMBER.sub(lambda match: _member(match, redaction), text)
    text = _QUERY_PAIR.sub(lambda match: _pair(match, redaction.hides_query(unquote_plus(match["name"]))), text)
    text = _FORM_PART.sub(lambda match: _pair(match, redaction.hides_field(match["name"])), text)
    for pattern in redaction.patterns:
        text = re.sub(pattern, HIDDEN, text)
    return _unshaped(text) if redaction.defaults else text


def hide_pairs(text: str, redaction: Redaction, known: Iterable[str] = ()) -> str:
    """A query, or a form's body ("a=1&b=2"), without its secrets; names and order stay."""
    known = tuple(known)
    return "&".join([_hide_pair(pair, redaction, known) for pair in text.split("&")])


def hides_pair(name: str, redaction: Redaction) -> bool:
    """Whether the value of this parameter, of a query or a form, is a secret."""
    return redaction.hides_query(name) or redaction.hides_field(name)


def is_packed(text: str) -> bool:
    """Whether this is a file's bytes in base64: among so many letters anything may look like a key."""
    return len(text) >= 200 and _PACKED.fullmatch(text) is not None


def _hide_pair(pair: str, redaction: Redaction, known: Iterable[str]) -> str:
    name, equals, value = pair.partition("=")
    if equals and value and hides_pair(unquote_plus(name), redaction):
        return f"{name}={HIDDEN}"
    return hide_text(pair, redaction, known)


def _unshaped(text: str) -> str:
    for shape, kept in _SHAPES:
        text = shape.sub(kept + HIDDEN, text)
    return redact(text)


def _member(match: re.Match[str], redaction: Redaction) -> str:
    beside = [match["beside"]] if match["beside"] else []
    if not redaction.hides_field(match["name"], beside):
        return match[0]
    quote = match["open"] or match["quote"]
    return f"{match['head']}{quote}{HIDDEN}{quote}{match['next'] or ''}"


def _pair(match: re.Match[str], secret: bool) -> str:
    return f"{match['head']}{HIDDEN}" if secret else match[0]
