"""What a cassette hides, as a value: the names and patterns it takes for secrets, and the user's own on top.

What is hidden is replaced by "...". A request that is looked up is hidden the same way first, so that a recording made
with one key is found with another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from msgspec import Struct

from .exchange import RecordedAnswer, RecordedRequest

__all__ = ["HIDDEN", "Redaction", "plain_name"]

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
    """What is hidden.

    Attributes:
        headers: More names of headers whose values are hidden.
        query: More names of query parameters.
        fields: More names of members of JSON bodies (at any depth) and of fields of forms.
        patterns: Regular expressions; what they match is hidden wherever it stands.
        keep: Names of headers, query parameters and fields that are left as they are.
        defaults: False: hide only what is named here.
        before_record_request: Called with each request, hidden already; what it returns is recorded and compared.
            None for a request that passes the cassette by: it goes to the server in every mode and is not recorded.
        before_record_answer: Called with each answer before it is written, hidden already.

    Names are compared without case, and without dashes and underscores.
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
                raise TypeError(f"{name} must be a list of names, not one string: write [{getattr(self, name)!r}]")

    def hides_header(self, name: str) -> bool:
        """Whether the value of this header is a secret."""
        known = _HEADERS.search(name) and not _NO_SECRET.search(name)
        return self._hides(name, self.headers, known=bool(known))

    def hides_query(self, name: str) -> bool:
        """Whether the value of this query parameter is a secret."""
        return self._hides(name, self.query, known=bool(_QUERY.search(name)))

    def hides_field(self, name: str, beside: Collection[str] = ()) -> bool:
        """Whether the value of this member is a secret.

        Args:
            name: Of the member.
            beside: The other members' names: with log probabilities beside it, a token is a piece of text.
        """
        known = _FIELDS.fullmatch(plain_name(name)) and not (name == "token" and _BESIDE_TOKENS & set(beside))
        return self._hides(name, self.fields, known=bool(known))

    def _hides(self, name: str, more: Collection[str], *, known: bool) -> bool:
        plain = plain_name(name)
        if any(plain_name(kept) == plain for kept in self.keep):
            return False
        return (known and self.defaults) or any(plain_name(other) == plain for other in more)


def plain_name(name: str) -> str:
    """The name as names are compared: `X-Api-Key`, `x_api_key` and `xApiKey` are one."""
    return name.lower().replace("-", "").replace("_", "")
