"""The exceptions that a transport may raise. The class states what is known about the request, the text states why.

Users never see them: the client turns each into one of the public errors, with the URL, the times and a hint.
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
    """Base class of the exceptions that a transport raises."""


class NotSent(TransportFailure):
    """A failure before any byte of the request reached the server. The request is safe to repeat.

    Attributes:
        permanent: True if a repeated request would fail the same way (an invalid certificate, a 407 from the proxy).
        about: The part that failed if not the server itself: "proxy", "tls", "client certificate", or "address" for one
            that is not allowed. Otherwise "".
    """

    def __init__(self, why: str = "", *, permanent: bool = False, about: str = "") -> None:
        super().__init__(why)
        self.permanent = permanent
        self.about = about


class NoResponse(TransportFailure):
    """The end of the connection after the request was sent and before any byte of the response."""


class TruncatedResponse(TransportFailure):
    """A response that ended before it was complete."""


class InvalidResponse(TransportFailure):
    """A response that is not valid HTTP/1.x."""


class ResponseTooLarge(TransportFailure):
    """The body is larger than the limit, and was left unread.

    Attributes:
        limit: The limit, in bytes.
    """

    def __init__(self, limit: int = 0) -> None:
        super().__init__(f"the body is larger than {limit:,} bytes")
        self.limit = limit


class DeadlineExceeded(TransportFailure):
    """An expired deadline.

    Attributes:
        which: The stage that did not finish in time: "pool", "connect", "headers" or "body".
    """

    def __init__(self, which: str = "") -> None:
        super().__init__(f"deadline passed ({which})")
        self.which = which


class NotSentInTime(NotSent, DeadlineExceeded):
    """An expired deadline while waiting for a free connection ("pool") or while connecting ("connect")."""

    def __init__(self, which: str = "") -> None:
        DeadlineExceeded.__init__(self, which)
        self.permanent = False
        self.about = ""
