"""One fault of a stream: the server's behaviour on the wire, and the result that the reader must see.

Each is one stream with one retry allowed. `connections` also counts a health check that follows on the same client: 1
means that the stream gave its connection back whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_gateway_sdk import GatewayError, Timeouts
from support.server import Handler

PATIENT = Timeouts(first_content=20, idle=20)
HASTY_START = Timeouts(first_content=0.3, idle=20)
HASTY_IDLE = Timeouts(first_content=20, idle=0.3)
HASTY_TOTAL = Timeouts(first_content=20, idle=20, total=0.3)
BIG = "x" * (10 * 1024 * 1024)
LINES = "a\u2028b\u0085c\u2029d\u000be\u000cf"
BLOCKS = [b"event: ping\n\n", b"id: 7\n\n", b"retry: 10\n\n", b": comment\n\n", b"id: 7\nevent: ping\n\n"]
BOM = b"\xef\xbb\xbf"
PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body>no</body></html>"


@dataclass(frozen=True)
class Fault:
    """One row.

    Attributes:
        name: The fault, in words.
        serve: The server's handler of each attempt.
        texts: The pieces of text that the loop hands over.
        error: The class of the error that it raises, None when the answer is whole.
        message: Part of the error's message.
        status: The error's status, for a `StatusError`.
        limit: The clock that ran out, for a `StreamStalledError`.
        partial: The text of the error's `partial`; None when there is no partial.
        attempts: The number of requests that the server received.
        connections: The number of connections of these and a later health check; None if either number is valid.
        timeouts: The call's clocks.
        pause: Seconds the consumer takes over each of the first two chunks.
        leave_after: The consumer leaves after so many chunks.
        max_event: The bound on one event, if it is not the usual one.
        size: Bytes of the message sent.
        reads_body: The server reads the request's body before it answers.
        tls: The row is run under TLS too.
    """

    name: str
    serve: Handler
    texts: list[str] = field(default_factory=list)
    error: type[GatewayError] | None = None
    message: str = ""
    status: int | None = None
    limit: str | None = None
    partial: str | None = None
    attempts: int = 1
    connections: int | None = 1
    timeouts: Timeouts = PATIENT
    pause: float = 0.0
    leave_after: int | None = None
    max_event: int | None = None
    size: int = 2
    reads_body: bool = True
    tls: bool = False
