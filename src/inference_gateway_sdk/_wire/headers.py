"""HTTP headers, and the redaction of secrets in text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, TypeVar, overload

__all__ = ["Headers", "Outgoing", "redact_text"]


_SECRET_SHAPES: Final = (
    (  # any credentials after the scheme, but not a plain word ("Bearer authentication required")
        r"\b((?i:bearer|basic)) +(?![A-Z]?[a-z]+[.,;:!?'\")]*(?:\s|\Z))[A-Za-z0-9._~+/=*-]{8,}",
        r"\1 ...",
    ),
    # Keys by the prefixes that providers give them; asterisks occur in keys that a provider has masked in part.
    (r"\b(sk-|csk-|pk-|rk-|pplx-|xai-|nvapi-|sk_|gsk_|hf_|r8_)[A-Za-z0-9_*-]{6,}", r"\1..."),
    (r"\bAIza[A-Za-z0-9_-]{16,}", "AIza..."),
    (r"\b(fw_(?=[A-Za-z0-9]{16})|tgp_v1_)[A-Za-z0-9_-]{16,}", r"\1..."),
    (
        r"\b(gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|ya29\.|sntrys_|npm_|pypi-)[A-Za-z0-9_-]{10,}",
        r"\1...",
    ),
    (r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", r"\1..."),
    (r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,2}", "eyJ..."),  # a JSON Web Token
    (r"(?s)(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----).*?(?=-----END|\Z)", r"\1..."),
    (r"(://)[^\s/@:]{0,200}:[^\s/@]{0,200}@", r"\1...@"),
    (r"(?i)([?&](?:api[_-]?key|key|token|access_token)=)[^&\s\"']+", r"\1..."),
    (r"(?i)\b((?:password|passwd|pwd|sig|signature|client[_-]secret)=)[^&;\s\"']+", r"\1..."),
)


@cache
def _secret_shapes() -> list[tuple[re.Pattern[str], str]]:
    """Return the compiled shapes. They are compiled late, because most programs redact nothing."""
    return [(re.compile(shape), instead) for shape, instead in _SECRET_SHAPES]


def redact_text(text: str) -> str:
    """Return the text with bearer tokens, keys, JSON Web Tokens, passwords and private keys shortened."""
    for shape, instead in _secret_shapes():
        text = shape.sub(instead, text)
    return text


T = TypeVar("T")

_MAY_BE_SECRET = r"(?i)auth|cookie|token|key|secret|password|credential|signature|session"
_SECRET = frozenset({"authorization", "proxy-authorization", "set-cookie", "cookie", "x-api-key"})


class Headers(Mapping[str, str]):
    """Header names (case-insensitive) and values; repeated names are joined with ", " (RFC 9110 section 5.3).

    `pairs()` returns the headers as received. The `repr` hides values that may be secrets.
    """

    __slots__ = ("_joined", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple([(name.lower(), value) for name, value in pairs])
        self._joined: dict[str, str] | None = None

    @classmethod
    def received(cls, pairs: Iterable[tuple[str, str]]) -> Headers:
        """Return headers for a driver's response, whose names are already in lower case."""
        headers = cls()
        headers._pairs = tuple(pairs)
        return headers

    def _map(self) -> dict[str, str]:
        joined = self._joined
        if joined is None:
            joined = dict(self._pairs)
            if len(joined) < len(self._pairs):
                joined.clear()
                for name, value in self._pairs:
                    joined[name] = f"{joined[name]}, {value}" if name in joined else value
            self._joined = joined
        return joined

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...

    @overload
    def get(self, name: str, default: str, /) -> str: ...

    @overload
    def get(self, name: str, default: T, /) -> str | T: ...

    def get(self, name: str, default: object = None, /) -> object:
        """Return the value of a header, `default` when it is absent."""
        return (self._joined or self._map()).get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return self._map()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._map())

    def __len__(self) -> int:
        return len(self._map())

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return every header as received: lower-case name and value, in order, including repeated ones."""
        return self._pairs

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __reduce__(self) -> tuple[type[Headers], tuple[tuple[tuple[str, str], ...]]]:
        return Headers, (self._pairs,)

    def __repr__(self) -> str:
        shown = ((name, "..." if name in _SECRET else redact_text(value)) for name, value in self._pairs)
        return f"Headers({dict(shown)!r})"


class Outgoing:
    """Headers to send: an opaque, immutable collection of (name, value) pairs.

    Deliberately not a sequence. Error trackers walk sequences and mappings among the locals of a frame and never use
    their `repr`. Of any other object they record the `repr`, which names the headers and hides their values.

    Attributes:
        constant: True: the pairs never change, so data derived from them may be cached by identity.
    """

    __slots__ = ("_pairs",)
    constant = True

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, Outgoing) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._pairs)

    @classmethod
    def of(cls, *layers: Iterable[tuple[str, str]]) -> Outgoing:
        """Merge the layers; a header in an earlier layer hides headers of the same name in later ones."""
        headers: list[tuple[str, str]] = []
        given: set[str] = set()
        for layer in layers:
            new = [pair for pair in layer if pair[0].lower() not in given]
            headers += new
            given.update([name.lower() for name, _ in new])
        return cls(headers)

    def without_secrets(self) -> Headers:
        """Return the headers for display: values that may be secrets, by name or by form, become "..."."""
        return Headers((name, "..." if re.search(_MAY_BE_SECRET, name) else redact_text(value)) for name, value in self)

    def __repr__(self) -> str:
        return f"<headers to send: {', '.join(name for name, _ in self)}>"
