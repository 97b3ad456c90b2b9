"""The observations of an examination, and its result: findings, facts, and their text. No secret is in the result."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct, field, structs

from .._model.json_values import is_array, is_object
from .._model.unknown_fields import set_module
from .._wire.headers import Headers, redact_text
from .._wire.problem import read_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Answer",
    "Diagnosis",
    "Finding",
    "Observations",
    "TokenFacts",
    "is_gateway",
    "port_of",
    "scrub",
    "server_time",
]

_LONGEST = 300  # characters of one piece of evidence
_MARK = "[hidden]"
_LEAST_SECRET = 4  # characters: shorter values would be found in ordinary words


def port_of(url: str) -> int:
    """Return the port of a URL, also of one that names none."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class Answer(Struct, frozen=True, kw_only=True):
    """The answer to one probe, or its failure.

    Attributes:
        status: The HTTP status; 0 without an answer.
        headers: The headers, by lower-case name.
        body: The beginning of the body.
        failure: The kind of failure: "refused", "timeout", "empty", "reset", "name", "certificate", "tls", "not-http",
            "proxy" or "network"; "" for none.
        detail: The failure's text.
        verify_code: OpenSSL's code of the certificate's fault.
        seconds: The time until the head, or until the failure.
        arrivals: The times at which the lines of a stream came.
    """

    status: int = 0
    headers: dict[str, str] = {}
    body: bytes = b""
    failure: str = ""
    detail: str = ""
    verify_code: int = 0
    seconds: float = 0.0
    arrivals: tuple[float, ...] = ()

    @property
    def message(self) -> str:
        """The error's message, or the beginning of another text."""
        if self.failure:
            return f"{self.failure}: {self.detail}" if self.detail else self.failure
        return str(read_error(self.status, Headers(tuple(self.headers.items())), self.body).message)

    def object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, or None."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if is_object(found) else None

    def rows(self) -> list[dict[str, Any]]:
        """Return the objects of a list, in `data`."""
        data = (self.object() or {}).get("data")
        return [row for row in data if is_object(row)] if is_array(data) else []

    def __str__(self) -> str:
        return self.message if self.failure else f"{self.status} {self.message}"


class TokenFacts(Struct, frozen=True, kw_only=True):
    """The properties of a token that the examination uses. The token is not here.

    Attributes:
        kind: "jwt", "scheme" with a leading word, "provider-key", "opaque", or "" without a token.
        claims: The claims `exp`, `nbf`, `iss` and `aud` of a JSON Web Token.
    """

    kind: str = ""
    claims: dict[str, Any] = {}


class Observations(Struct, kw_only=True):
    """All that the probes saw.

    Attributes:
        root: The gateway's address.
        host: Its host.
        port: Its port.
        tls: True for https.
        model: The model in use, or None.
        needs: The features in use.
        token: The token's properties.
        proxy: The proxy in use, without its password, or None.
        old_names: Variables of the environment with names that gateways ignore.
        addresses: The outcome of connecting, by IP address.
        lookup: The failure of the name's resolution, or "".
        neighbours: Answers on other ports and addresses of the host, tried when nothing listens.
        answers: The answers by probe.
        slow: Seconds to a first byte that are too many.
        cut: Seconds after which a gateway closes a connection.
        near: Seconds by which that may differ.
        burst: Seconds in which all pieces of a buffered stream arrive.
        skew: Seconds by which two clocks may differ.
        now: The local time, in seconds since 1970.
    """

    root: str
    host: str = ""
    port: int = 0
    tls: bool = False
    model: str | None = None
    needs: tuple[str, ...] = ()
    token: TokenFacts = TokenFacts()
    proxy: str | None = None
    old_names: tuple[str, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    lookup: str = ""
    neighbours: dict[str, Answer] = field(default_factory=dict[str, Answer])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    slow: float = 5.0
    cut: float = 30.0
    near: float = 1.0
    burst: float = 0.05
    skew: float = 60.0
    now: float = 0.0

    def answer(self, name: str) -> Answer:
        """Return the answer to a probe; an empty one if it was not sent."""
        return self.answers.get(name, Answer())

    @property
    def provider(self) -> str:
        """The provider in the model's name, or ""."""
        prefix, slash, _ = (self.model or "").partition("/")
        return prefix.lower() if slash else ""

    @property
    def healthy(self) -> bool:
        """True if the gateway's health is as the contract has it."""
        return is_gateway(self.answer("health"))

    @property
    def older(self) -> bool:
        """True for gateways up to 0.48: they do not know `include=deprecated`."""
        return self.answer("deprecated").status == 400 and "include" in self.answer("deprecated").message

    def listed(self, name: str = "models") -> list[str]:
        """Return the ids in a listing."""
        return [str(row.get("id")) for row in self.answer(name).rows()]


def is_gateway(answer: Answer) -> bool:
    """Return whether this is the health of a gateway."""
    found = answer.object() if answer.status == 200 else None
    return found is not None and found.get("message") == "OK"


def server_time(seen: Observations) -> float | None:
    """Return the gateway's time, in seconds since 1970, from its `Date` header."""
    try:
        return parsedate_to_datetime(seen.answer("health").headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None


@set_module
class Finding(Struct, frozen=True):
    """One fault of a set-up.

    Attributes:
        id: The name of the fault, such as "token-expired". docs/doctor.md lists all.
        severity: "error" if calls fail, "warning" if some do, "note" if all work.
        what: The fault, in one sentence.
        evidence: The observation that shows it.
        fix: The change that removes it.
        section: The section of the documentation, such as "gateway-behaviour.md#authentication".
    """

    id: str
    severity: Literal["error", "warning", "note"]
    what: str
    evidence: str
    fix: str
    section: str


@set_module
class Diagnosis(Struct, frozen=True):
    """The result of an examination.

    Attributes:
        findings: The faults, the one to remove first at the front.
        facts: The observations by name, as values that JSON has.
    """

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """True if all findings are notes."""
        return all(finding.severity == "note" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as plain values."""
        return {"ok": self.ok, "findings": [structs.asdict(each) for each in self.findings], "facts": dict(self.facts)}

    def to_json(self) -> str:
        """Return the diagnosis as JSON."""
        return json.dumps(self.to_dict())

    def text(self, width: int = 80) -> str:
        """Return the diagnosis as text, wrapped at `width` columns."""
        lines = [line for finding in self.findings for line in (*_block(finding, width), "")]
        lines += [line for name, value in self.facts.items() for line in _wrap(_row(name, value), width, _INDENT)]
        if not self.findings:
            lines += ["", "no fault found"]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


_INDENT = " " * 15
_LABELS = (("evidence", "seen"), ("fix", "do"), ("section", "see"))


def _block(finding: Finding, width: int) -> Iterator[str]:
    yield from _wrap(f"{finding.severity}: {finding.what} [{finding.id}]", width, "  ")
    for name, label in _LABELS:
        yield from _wrap(f"  {label + ':':6}{getattr(finding, name)}", width, " " * 8)


def _wrap(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        line, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [line]


def _row(name: str, value: Any) -> str:
    if is_object(value):
        value = ", ".join(f"{key} {one}" for key, one in value.items()) or "-"
    elif is_array(value):
        value = ", ".join(map(str, value)) or "-"
    return f"{name:15}{value}"


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return a text on one line, without the secrets, and without whatever else looks like a key or a token.

    Args:
        text: The text, which may come from a server.
        secrets: The values to hide: the token, the password of a proxy, and values of headers.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, _MARK)
    line = " ".join(redact_text("".join(each if each.isprintable() else " " for each in text)).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
