"""Bytes of a 200 "event stream" to raw events, and a witness to bodies that are no event stream at all.

Behind the gateway a provider's plain JSON or HTML page arrives under `text/event-stream` (WIRE section 9): an SSE
parser sees only unknown fields and reports nothing. The first bytes are therefore kept until an event has come.
"""

from __future__ import annotations

import re

from .._model.json_text import parse
from .._model.json_value import is_object
from .._wire.problem import read_stream_error
from .._wire.redaction import redact
from .._wire.sse import EventParser, RawEvent
from ..errors import GatewayError, StreamError, StreamTruncatedError

__all__ = ["Frames", "is_error_object"]

FOREIGN_LIMIT = 8 * 1024 * 1024  # of a body without events this much is kept, to say what it was
_EXCERPT = 200
_BOM = b"\xef\xbb\xbf"
_MARGIN = _BOM + b" \t\r\n"
_OF_EVENTS = re.compile(rb":|(?:data|event|id|retry)(?:[:\r\n]|$)")
_EMPTY_HINT = (
    "the gateway answers so when the provider breaks off before its first line; ask again, or ask without streaming"
    " to see the provider's error."
)


def is_error_object(value: object) -> bool:
    """Whether a JSON value is an error in the place of an answer (an `error` that is null is none)."""
    return is_object(value) and bool(value.get("error") or value.get("object") == "error")


class Frames:
    """The events of one body, and what the body was if there were none.

    Args:
        max_event: The largest event accepted, in bytes.
    """

    __slots__ = ("_beginning", "_limit", "_parser", "_saw_event")

    def __init__(self, max_event: int) -> None:
        self._parser = EventParser(max_event)
        self._beginning: bytearray | None = bytearray()  # of the body; None once an event has come
        self._limit = FOREIGN_LIMIT
        self._saw_event = False

    @property
    def failure(self) -> StreamError | None:
        """One event is larger than the bound: nothing after it is read."""
        return self._parser.failure

    def feed(self, data: bytes) -> list[RawEvent]:
        """The events that these bytes complete; afterwards `failure` may be set."""
        events = self._parser.feed(data)
        if events:
            self._saw_event, self._beginning = True, None
        elif self._beginning is not None:
            self._watch(data, self._beginning)
        return events

    def end(self) -> list[RawEvent]:
        """The last event, when the body ended without the blank line that closes it."""
        events = self._parser.end()
        if events:
            self._saw_event, self._beginning = True, None
        return events

    def verdict(self, provider: str | None, model: str | None) -> GatewayError | None:
        """What a body without any event was, as the error to raise; None when there were events."""
        if self._saw_event:
            return None
        body = self._body()
        if not body or _OF_EVENTS.match(body):
            what = "nothing in it" if not body else "only comments" if body[:1] == b":" else "no event in it"
            return StreamTruncatedError(f"the event stream ended with {what}", hint=_EMPTY_HINT)
        try:
            value: object = parse(body)
        except GatewayError:
            what = "an HTML page" if body[:1] == b"<" else "text"
            return StreamError(f"the answer is no event stream but {what}: {_excerpt(body)}")
        if is_error_object(value):
            return read_stream_error(value, body, provider=provider, model=model)
        return StreamError(
            f"the answer is no event stream but plain JSON: {_excerpt(body)}",
            hint="the provider does not stream this request; ask without streaming.",
        )

    def plain_json(self) -> bytes | None:
        """The body, when it was one JSON object instead of events."""
        body = self._body()
        return body if body[:1] == b"{" else None

    def _body(self) -> bytes:
        """The body without what surrounds it; empty once an event has come."""
        return bytes(self._beginning or b"").removeprefix(_BOM).strip()

    def _watch(self, data: bytes, beginning: bytearray) -> None:
        """Keep the body's beginning: all of what may be JSON or HTML, an excerpt of anything else."""
        if len(beginning) < self._limit:
            beginning += data
            start = beginning.lstrip(_MARGIN)[:1]
            if start and start not in b"{[<":
                self._limit = _EXCERPT
            del beginning[self._limit :]


def _excerpt(body: bytes) -> str:
    """How the body begins, without secrets."""
    return repr(redact(body[: 2 * _EXCERPT].decode("utf-8", "replace"))[:_EXCERPT])
