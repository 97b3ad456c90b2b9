"""The rules for secrets in cassettes: names, patterns, and secrets inside text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote_plus, unquote_plus

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

_HEADERS: Final = re.compile(
    r"auth|cookie|token|key|secret|passw|passphrase|credential|signature|session|assertion|bearer|hmac"
    r"|\b(?:jwt|otp|pwd)\b",
    re.IGNORECASE,
)
_NO_SECRET: Final = re.compile(r"ratelimit|idempotency|-authenticate$|^access-control-", re.IGNORECASE)
_QUERY: Final = re.compile(
    r"auth|token|key|secret|passw|credential|signature|session|assertion|^(?:sig|code|pwd|jwt)$", re.IGNORECASE
)
_FIELDS: Final = re.compile(
    r"(?:.*(?:apikey|secret|password|passwd|passphrase|passcode|authorization|credentials?|cookies?|clientassertion"
    r"|connectionstring|webhookurl|jwttoken|tokenvalue"
    r"|(?:access|auth|authentication|bearer|client|csrf|id|refresh|security|session|api|bot|user|oauth)token"
    r"|(?:access|account|encryption|license|master|private|secret|signing|subscription)key)"
    r"|token|auth|bearer|pwd|jwt|dsn|pem)"
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

    def keeps(self, name: str) -> bool:
        """Whether values under this name are left as they are."""
        plain = plain_name(name)
        return any(plain_name(kept) == plain for kept in self.keep)

    def _hides(self, name: str, more: Collection[str], *, known: bool) -> bool:
        plain = plain_name(name)
        if self.keeps(name):
            return False
        return (known and self.defaults) or any(plain_name(other) == plain for other in more)


def plain_name(name: str) -> str:
    """Return a name in the form in which names are compared: `X-Api-Key`, `x_api_key` and `xApiKey` are equal."""
    return name.lower().replace("-", "").replace("_", "")


# Hidden in addition to the secrets that logs hide: a URL may have a token in place of the user.
_URL_USER: Final = re.compile(r"(://)[^\s/@\"'<>]{1,200}(?=@)")
# `"name": "value"`, at any depth of escaping: both quotes of a pair are escaped alike, as in `\"name\"`. A quote with
# more backslashes before it belongs to a deeper level and ends no value.
_MEMBER: Final = re.compile(
    r"""(?P<head>(?P<quote>\\{0,40}["'])(?P<name>[^"'\\\s][^"'\\]{0,63})(?P=quote)\s*:\s*)"""
    r"""(?:(?P<open>(?P<escaped>\\{1,40})?["'])(?P<value>(?:\\.|[^\\])*?)"""
    r"""(?:(?=(?(escaped)(?<!\\)|)(?P=open))|(?P<cut>\Z))|(?P<number>-?\d[\d.eE+-]*))"""
    r"""(?:(?=(?:\\{0,40}["'])?\s*,\s*\\{0,40}["'](?P<beside>\w{1,64})))?""",
    re.DOTALL,
)
_QUERY_PAIR: Final = re.compile(r"(?P<head>[?&;](?P<name>[A-Za-z0-9_.%-]{1,64})=)(?P<value>[^&;#\s\"'\\]+)")
# `API_KEY=value` as in .env files and shells, `api_key='value'` as in code.
_ASSIGNMENT: Final = re.compile(
    r"""(?<![\w?&;%.-])(?P<head>(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})=(?P<quote>["'`])?)"""
    r"""(?P<value>(?(quote)[^"'`\\\r\n]+|[^\s"'`\\]+))"""
)
_SECRET_VARIABLE: Final = re.compile(r"[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|CREDENTIALS?|DSN)")
# `api-key: value` as in `curl -H` and YAML. A scheme before the value stays.
_LABELLED: Final = re.compile(
    r"""(?<![\w-])(?P<head>(?P<name>[A-Za-z][A-Za-z0-9_-]{0,63}):[ ]{1,8}"""
    r"""(?:(?i:bearer|basic|token|apikey|digest)[ ]{1,8})?)(?P<value>[^\s"'`\\,;]+)"""
)
_PROSE: Final = frozenset({"token", "auth", "bearer", "pwd", "jwt", "secret", "dsn", "pem", "cookie", "cookies"})
_LOGIN: Final = re.compile(r"""(?<![^\s"'])(?P<head>(?:-u|--user)[ =]["']?[^\s:"'\\]{1,64}:)(?P<value>[^\s"'\\]+)""")
_FORM_DATA: Final = "form-data;"
_PART_NAME: Final = re.compile(r"""(?<![\w*])name=(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s;"]+))""", re.IGNORECASE)
_DATA_URL: Final = re.compile(r"data:[\w/+.-]+;base64,")
_BASE64_LINE: Final = re.compile(r"[A-Za-z0-9+/]++={0,2}")
_SHORTEST_LINE: Final = 40  # of base64 that is wrapped; shorter ones are words

# Each default secret contains one of these parts, in any case. Text without them needs no further search. They are
# looked for one by one, which takes an eighth of the time of an expression that ignores case.
_SECRET_HINTS: Final = (
    *("auth token key secret pass credential cookie sess sign assert sig= code= pwd jwt bearer basic ://".split()),
    *("connection webhook dsn pem hmac otp -u".split()),
    *("sk- sk_ pk- rk- pplx- fw_ tgp_ xai- nvapi- hf_ r8_ aiza eyj gho_ ghp_ ghs_ ghu_ ghr_ github_pat_".split()),
    *("glpat- xox ya29 sntrys_ npm_ pypi- akia asia -----begin %2 %3 %4 %5 %6 %7 \\u00".split()),
)


def may_hold_secrets(text: str, redaction: Redaction, known: Iterable[str] = ()) -> bool:
    """Return False if the text has no secrets for certain, so that it need not be searched."""
    if redaction.headers or redaction.query or redaction.fields or redaction.patterns:
        return True
    return any(map(text.casefold().__contains__, _SECRET_HINTS)) or any(value in text for value in known)


def hide_text(text: str, redaction: Redaction, known: Iterable[str] = ()) -> str:
    """Return the text without its secrets.

    Args:
        text: Any text.
        redaction: The secrets to hide.
        known: Values that were hidden elsewhere.
    """
    for value in known:
        text = text.replace(value, HIDDEN)
    text = _hide_members(text, redaction)
    text = _QUERY_PAIR.sub(lambda match: _hidden_pair(match, redaction.hides_query(unquote_plus(match["name"]))), text)
    text = _ASSIGNMENT.sub(lambda match: _hidden_pair(match, _is_secret_variable(match["name"], redaction)), text)
    text = _LABELLED.sub(lambda match: _hidden_pair(match, _is_secret_label(match["name"], redaction)), text)
    text = _hide_form(text, redaction)
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
    if len(text) < 200:
        return False
    prefix = _DATA_URL.match(text)
    lines = text[prefix.end() if prefix else 0 :].split()
    return (
        sum(map(len, lines)) >= 200
        and all(len(line) >= _SHORTEST_LINE for line in lines[:-1])
        and all(_BASE64_LINE.fullmatch(line) for line in lines)
    )


def _hide_form(text: str, redaction: Redaction) -> str:
    """Return the text with the values of secret parts of multipart forms hidden.

    Read line by line, once: a part's headers, an empty line, then its value up to the boundary ("--...").
    """
    if _FORM_DATA not in text:
        return text
    kept: list[str] = []
    name: str | None = None  # of the part whose headers are read
    hiding = False
    for line in text.split("\n"):
        if hiding and not line.startswith("--"):
            last = HIDDEN + "\r" * line.endswith("\r")
            if kept[-1].rstrip("\r") == HIDDEN:
                kept[-1] = last
            else:
                kept.append(last)
            continue
        kept.append(line)
        hiding = name is not None and not line.strip() and redaction.hides_field(name)
        if not line.strip():
            name = None
        elif _FORM_DATA in line:
            found = _PART_NAME.search(line, line.index(_FORM_DATA))
            name = (found["quoted"] or found["plain"]) if found else None
    return "\n".join(kept)


def _hide_pair(pair: str, redaction: Redaction, known: Iterable[str]) -> str:
    name, equals, value = pair.partition("=")
    if equals and value and hides_pair(unquote_plus(name), redaction):
        return f"{name}={HIDDEN}"
    if "%" in value:  # JSON in a form is escaped as a whole
        text = unquote_plus(value)
        hidden = hide_text(text, redaction, known)
        if hidden != text:
            return f"{name}={quote_plus(hidden)}"
    return hide_text(pair, redaction, known)


def _hide_shapes(text: str) -> str:
    text = _LOGIN.sub(r"\g<head>" + HIDDEN, text)
    return redact_text(_URL_USER.sub(r"\1" + HIDDEN, text))


def _hidden_member(match: re.Match[str], redaction: Redaction) -> str:
    """Return a member with its value hidden, or with the secrets in its value hidden."""
    beside = [match["beside"]] if match["beside"] else []
    if not redaction.hides_field(match["name"], beside):
        if not match["value"]:
            return match[0]
        # The value is shorter and holds no quote like its own, so that the recursion ends after a few levels.
        return f"{match['head']}{match['open']}{_hide_members(match['value'], redaction)}"
    quote = match["open"] or match["quote"]
    closing = quote if match["open"] is None or match["cut"] is not None else ""
    return f"{match['head']}{quote}{HIDDEN}{closing}"


def _hide_members(text: str, redaction: Redaction) -> str:
    return _MEMBER.sub(lambda match: _hidden_member(match, redaction), text)


def _is_secret_variable(name: str, redaction: Redaction) -> bool:
    known = redaction.defaults and _SECRET_VARIABLE.fullmatch(name) and not redaction.keeps(name)
    return bool(known) or redaction.hides_field(name)


def _is_secret_label(name: str, redaction: Redaction) -> bool:
    """Whether the text after "name: " is a secret; the names that prose has before a colon do not count."""
    if name.lower() in _PROSE:
        return False
    return redaction.hides_field(name) or ("-" in name and redaction.hides_header(name))


def _hidden_pair(match: re.Match[str], secret: bool) -> str:
    return f"{match['head']}{HIDDEN}" if secret else match[0]
