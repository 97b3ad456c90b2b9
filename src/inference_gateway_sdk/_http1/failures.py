"""What a transport may raise. The class says what is known about the request; the text says why.

These never reach a user: the client turns each into one of the public errors, with the URL, the times and a hint.
"""

from __future__ import annotations

__all__ = [
    "DeadlineExceeded",
    "InvalidResponse",
    "NoResponse",
    "NotSent",
    "NotSentInTime",
    "ResponseTooLarge",
    "TransportFailure",
    "TruncatedResponse",
]


class TransportFailure(Exception):  # noqa: N818  (never shown: the client translates it)
    """Base of everything a transport raises by intent."""


class NotSent(TransportFailure):
    """No byte of the request reached the server: safe to repeat.

    Attributes:
        permanent: Repeating it would fail the same way (a certificate that does not verify, a proxy's 407).
        about: What to look at, where it is not the server itself: "proxy", "tls" or "client certificate"; else "".
    """

    def __init__(self, why: str = "", *, permanent: bool = False, about: str = "") -> None:
        super().__init__(why)
        self.permanent = permanent
        self.about = about


class NoResponse(TransportFailure):
    """The request left, and the connection ended before any byte of the answer."""


class TruncatedResponse(TransportFailure):
    """The answer began and ended short."""


class InvalidResponse(TransportFailure):
    """What came is not an HTTP/1.x answer that can be trusted."""


class ResponseTooLarge(TransportFailure):
    """The body is larger than the limit, and was left unread.

    Attributes:
        limit: The limit, in bytes.
    """

    def __init__(self, limit: int = 0) -> None:
        super().__init__(f"the body is larger than {limit:,} bytes")
        self.limit = limit


class DeadlineExceeded(TransportFailure):
    """A deadline passed.

    Attributes:
        which: What was waited for: "pool", "connect", "headers" or "body".
    """

    def __init__(self, which: str = "") -> None:
        super().__init__(f"deadline passed ({which})")
        self.which = which


class NotSentInTime(NotSent, DeadlineExceeded):
    """The deadline passed while waiting for a free connection ("pool") or for the connection itself ("connect")."""

    def __init__(self, which: str = "") -> None:
        DeadlineExceeded.__init__(self, which)
        self.permanent = False
        self.about = ""
