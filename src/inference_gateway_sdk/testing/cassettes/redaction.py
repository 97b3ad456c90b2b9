"""The rules for secrets in cassettes: names, patterns, and secrets inside text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote_plus

from msgspec import Struct

from ..._wire.headers import redact_text
from .exchange import RecordedAnswer, RecordedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "HIDDEN",
    "Redaction",
    "hide_pairs",
    "hide_text",
    "hides_pair",
    "is_base64",
    "may_hold_secrets",
    "plain_name",
]


HIDDEN: Final = "..."
RequestHook: TypeAlias = Callable[[RecordedRequest], RecordedRequest | None]
AnswerHook: TypeAlias = Callable[[RecordedAnswer], RecordedAnswer]

_HEADERS: Final = re.compile(r"auth|cookie|token|key|secret|password|credential|signature|session", re.IGNORECASE)
_NO_SECRET: Final = re.compile(r"ratelimit|idempotency|-authenticate$|^access-control-", re.IGNORECASE)
_QUERY: Final = re.compile(
    r"auth|token|key|secret|passw|credential|signature|session|assertion|^(?:sig|code|pwd|jwt)$", re.IGNORECASE
)
_FIELDS: Final = re.compile(
    r"(?:.*(?:apikey|secret|password|passwd|passphrase|authorization|credentials?|cookies?|clientassertion"
    r"|(?:access|auth|authentication|bearer|client|csrf|id|refresh|security|session|api|bot|user|oauth)token"
    r"|(?:access|account|encryption|license|master|private|secret|signing|subscription)key)"
    r"|token|auth|bearer|pwd|jwt)"
)
_BESIDE_TOKENS: Final = frozenset({"logprob", "top_logprobs", "prob", "top_probs", "bytes"})


class Redaction(Struct, frozen=True, kw_only=True):
    """The secrets to hide.

    Attributes:
        headers: Additional names of headers whose values are hidden.
        query: Additional names of query parameters.
        fields: Additional names of members of JSON bodies (at any depth) and of form fields.
        patterns: Regular expressions whose matches are hidden everywhere.
        keep: Names of headers, query parameters and fields that are not hidden.
        defaults: False to hide only the names and patterns given here.
        before_record_request: Called with each request after hiding. Its result is recorded and compared. If it returns
            None, the request bypasses the cassette: it goes to the server in every mode and is not recorded.
        before_record_answer: Called with each answer after hiding, before it is written.

    Names are compared without case, dashes and underscores.
    """

    headers: Collection[str] = ()
    query: Collection[str] = ()
    fields: Collection[str] = ()
    patterns: Collection[str | re.Pattern[str]] = ()
    keep: Collection[str] = ()
    defaults: bool = True
    before_record_request: RequestHook | None = None
    before_record_answer: AnswerHook | None = None

    def __post_init__(self) -> None:
        for name in ("headers", "query", "fields", "patterns", "keep"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a list, not a string: write [{getattr(self, name)!r}]")

    def hides_header(self, name: str) -> bool:
        """Return whether the value of this header is a secret."""
        known = _HEADERS.search(name) and not _NO_SECRET.search(name)
        return self._hides(name, self.headers, known=bool(known))

    def hides_query(self, name: str) -> bool:
        """Return whether the value of this query parameter is a secret."""
        return self._hides(name, self.query, known=bool(_QUERY.search(name)))

    def hides_field(self, name: str, beside: Collection[str] = ()) -> bool:
        """Return whether the value of this member is a secret.

        Args:
            name: The member's name.
            beside: The names of the other members. Beside log probabilities, a token is a piece of text.
        """
        known = _FIELDS.fullmatch(plain_name(name)) and not (name == "token" and _BESIDE_TOKENS & set(beside))
        return self._hides(name, self.fields, known=bool(known))

    def _hides(self, name: str, more: Collection[str], *, known: bool) -> bool:
        plain = plain_name(name)
        if any(plain_name(kept) == plain for kept in self.keep):
            return False
        return (known and self.defaults) or any(plain_name(other) == plain for other in more)


def plain_name(name: str) -> str:
    """Return a name in the form in which names are compared: `X-Api-Key`, `x_api_key` and `xApiKey` are equal."""
    return name.lower().replace("-", "").replace("_", "")


# Hidden in addition to the secrets that logs hide, because a cassette may be published.
_SECRET_SHAPES: Final = (
    (re.compile(r"\b(gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|ya29\.|sntrys_|npm_|pypi-)[A-Za-z0-9_-]{10,}"), r"\1"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), r"\1"),
    (re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL), r"\1"),
    (re.compile(r"(://)[^\s/@\"'<>]{1,200}(?=@)"), r"\1"),
)
# `"name": "value"`, at any depth of escaping: both quotes of a pair are escaped alike, as in `\"name\"`.
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
_BASE64: Final = re.compile(r"(?:data:[\w/+.-]+;base64,)?[A-Za-z0-9+/\s]{200,}={0,2}\s*")

# Each default secret contains one of these parts. Text without them needs no further search.
_SECRET_HINTS: Final = re.compile(
    r"auth|token|key|secret|passw|credential|cookie|sess|sign|assert|sig=|code=|pwd|jwt|bearer|basic|://"
    r"|sk[-_]|[pr]k-|xai-|nvapi-|hf_|r8_|aiza|eyj|gh[opsur]_|github_pat_|glpat-|xox|ya29|sntrys_|npm_|pypi-"
    r"|akia|asia|-----begin|%[2-7][0-9a-f]|\\u00[2-7]",
    re.IGNORECASE,
)


def may_hold_secrets(text: str, redaction: Redaction, known: Iterable[str] = ()) -> bool:
    """Return False if the text has no secrets for certain, so that it need not be searched."""
    own = redaction.headers or redaction.query or redaction.fields or redaction.patterns
    return bool(own or _SECRET_HINTS.search(text) or any(value in text for value in known))


def hide_text(text: str, redaction: Redaction, known: Iterable[str] = ()) -> str:
    """Return the text without its secrets.

    Args:
        text: Any text.
        redaction: The secrets to hide.
        known: Values that were hidden elsewhere.
    """
    for value in known:
        text = text.replace(value, HIDDEN)
    text = _MEMBER.sub(lambda match: _hidden_member(match, redaction), text)
    text = _QUERY_PAIR.sub(lambda match: _hidden_pair(match, redaction.hides_query(unquote_plus(match["name"]))), text)
    text = _FORM_PART.sub(lambda match: _hidden_pair(match, redaction.hides_field(match["name"])), text)
    for pattern in redaction.patterns:
        text = re.sub(pattern, HIDDEN, text)
    return _hide_shapes(text) if redaction.defaults else text


def hide_pairs(text: str, redaction: Redaction, known: Iterable[str] = ()) -> str:
    """Return a query or a form's body ("a=1&b=2") without its secrets. Names and order are unchanged."""
    known = tuple(known)
    return "&".join([_hide_pair(pair, redaction, known) for pair in text.split("&")])


def hides_pair(name: str, redaction: Redaction) -> bool:
    """Return whether the value of this query parameter or form field is a secret."""
    return redaction.hides_query(name) or redaction.hides_field(name)


def is_base64(text: str) -> bool:
    """Return whether this is a file in base64, in which any part may look like a key by chance."""
    return len(text) >= 200 and _BASE64.fullmatch(text) is not None


def _hide_pair(pair: str, redaction: Redaction, known: Iterable[str]) -> str:
    name, equals, value = pair.partition("=")
    if equals and value and hides_pair(unquote_plus(name), redaction):
        return f"{name}={HIDDEN}"
    return hide_text(pair, redaction, known)


def _hide_shapes(text: str) -> str:
    for shape, kept in _SECRET_SHAPES:
        text = shape.sub(kept + HIDDEN, text)
    return redact_text(text)


def _hidden_member(match: re.Match[str], redaction: Redaction) -> str:
    beside = [match["beside"]] if match["beside"] else []
    if not redaction.hides_field(match["name"], beside):
        return match[0]
    quote = match["open"] or match["quote"]
    return f"{match['head']}{quote}{HIDDEN}{quote}{match['next'] or ''}"


def _hidden_pair(match: re.Match[str], secret: bool) -> str:
    return f"{match['head']}{HIDDEN}" if secret else match[0]
