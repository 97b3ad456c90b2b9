"""What `fail` was told, turned into a refusal: a status, and an error that each dialect words in its own way."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["STATUSES", "Refusal", "refusal_of"]

__tracebackhide__ = True  # pytest shows the test's line, not ours

STATUSES = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limit": 429,
    "internal": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "timeout": 504,
    "overloaded": 529,
}
"""Names for the statuses that a test asks for."""

_SAID = {
    400: ("invalid_request_error", "the request is not valid"),
    401: ("authentication_error", "Incorrect API key provided"),
    403: ("permission_error", "this is not allowed"),
    404: ("not_found_error", "the model does not exist"),
    413: ("request_too_large", "the request is too large"),
    422: ("invalid_request_error", "the request cannot be processed"),
    429: ("rate_limit_error", "rate limit reached"),
    500: ("server_error", "the provider had an error"),
    502: ("server_error", "the provider cannot be reached"),
    503: ("server_error", "the provider is not available"),
    504: ("server_error", "the provider took too long"),
    529: ("overloaded_error", "the provider is overloaded"),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Refusal(Struct, frozen=True, kw_only=True):
    """An answer that says no.

    Attributes:
        status: The HTTP status, 400 to 599.
        message: What the provider says.
        kind: The error's type, as OpenAI names it.
        code: The provider's own code, None for none.
        retry_after: The `Retry-After` header, in seconds; None for none.
    """

    status: int
    message: str
    kind: str
    code: str | int | None = None
    retry_after: float | None = None

    def envelope(self, path: str) -> dict[str, object]:
        """The body in the words of a provider that is asked at this path: Anthropic's, or OpenAI's as most use."""
        if path.endswith("/messages"):
            kind = _ANTHROPIC.get(self.status, "api_error")
            return {"type": "error", "error": {"type": kind, "message": self.message}}
        return {"error": {"message": self.message, "type": self.kind, "param": None, "code": self.code}}


def refusal_of(
    what: str | int, *, message: str | None = None, code: str | int | None = None, retry_after: float | None = None
) -> Refusal:
    """The refusal of this status, by number or name.

    Raises:
        ValueError: There is no such status, or the header makes no sense.
    """
    status = what if isinstance(what, int) else STATUSES[what]
    if isinstance(what, bool) or not 400 <= status <= 599:
        raise ValueError(f"fail({what!r}): a failure has a status from 400 to 599 (respond() sends any other)")
    if retry_after is not None and retry_after < 0:
        raise ValueError(f"retry_after={retry_after!r}: write the seconds to wait, 0 or more")
    kind, usual = _SAID.get(status, ("server_error" if status >= 500 else "invalid_request_error", f"status {status}"))
    return Refusal(status=status, message=message or usual, kind=kind, code=code, retry_after=retry_after)
