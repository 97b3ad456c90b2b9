"""Read the bytes of a stream as raw events, classify a body without events, and compute the stream's deadlines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._model.json_values import parse
from .._wire.headers import redact_text
from .._wire.problem import is_error_object, read_stream_error
from .._wire.sse import EventParser, RawEvent
from ..errors import GatewayError, StreamError, StreamStalledError, StreamTruncatedError

if TYPE_CHECKING:
    from .._wire.timeouts import Timeouts

__all__ = ["EventStreamReader", "StreamDeadlines"]


TAIL = 5.0  # seconds to wait for events after the terminal marker (usage, [DONE])


class StreamDeadlines:
    """The deadlines of one attempt at a stream: the deadline of the next read, and the error when it passes.

    Three limits (`Timeouts.first_content`, `idle`, `total`) run only while the client waits for the server, and while
    it reads bytes without content; each such time is reported with `waited`. Only `content` restarts the idle limit,
    bytes alone do not. A server that drips or floods comments, chunk sizes or halves of events therefore times out.

    Args:
        limits: The call's timeouts.
        spent: The seconds of `total` that earlier attempts used.
    """

    __slots__ = ("_clock", "_left", "_limits", "_since_content", "_total_left", "_waited")

    def __init__(self, limits: Timeouts, spent: float = 0.0) -> None:
        self._limits = limits
        self._clock = "first_content"
        self._left = limits.first_content
        self._total_left = None if limits.total is None else limits.total - spent
        self._since_content = 0.0
        self._waited = 0.0

    def deadline(self, now: float) -> float | None:
        """Return the deadline of a read that starts now, None for no limit."""
        left, total = self._left, self._total_left
        if left is None or (total is not None and total < left):
            left = total
        return None if left is None else now + left

    def waited(self, seconds: float) -> None:
        """Add a wait for the server."""
        self._waited += seconds
        self._since_content += seconds
        if self._left is not None:
            self._left -= seconds
        if self._total_left is not None:
            self._total_left -= seconds

    def content(self) -> None:
        """Restart the idle limit: content has arrived."""
        self._clock = "idle"
        self._left = self._limits.idle
        self._since_content = 0.0

    def tail(self) -> None:
        """Shorten the limit: the terminal marker has arrived, and only usage or `[DONE]` may follow.

        A second call changes nothing: events without content must not extend the wait.
        """
        if self._clock == "tail":
            return
        self._clock = "tail"
        idle = self._limits.idle
        self._left = TAIL if idle is None else min(idle, TAIL)

    @property
    def has_total(self) -> bool:
        """Whether `total` is limited: reading counts against it even while content comes."""
        return self._total_left is not None

    @property
    def expired(self) -> bool:
        """Whether a clock has run out: a server that keeps sending never makes a read late."""
        left, total = self._left, self._total_left
        return (left is not None and left <= 0) or (total is not None and total <= 0)

    @property
    def spent(self) -> float:
        """Seconds spent waiting in this attempt."""
        return self._waited

    def stalled(self, chunks: int) -> StreamStalledError:
        """Return the error for a deadline that passed; it names the limit."""
        left, total = self._left, self._total_left
        if total is not None and (left is None or total <= left):
            limit, seconds = "total", self._limits.total
            what = f"the stream did not end within {seconds:g} s of waiting"
            elapsed = self._waited
        elif self._clock == "first_content":
            limit, seconds, elapsed = "first_content", self._limits.first_content, self._waited
            what = f"no content came within {seconds:g} s"
        else:
            limit, seconds, elapsed = "idle", self._limits.idle, self._since_content
            what = f"no content came for {seconds:g} s, after {chunks} chunk{'' if chunks == 1 else 's'}"
        return StreamStalledError(
            f"{what} (timeout.{limit})",
            limit=limit,
            seconds=seconds,
            elapsed=elapsed,
            chunks=chunks,
            hint=f"raise timeout=Timeouts({limit}=...) if the model needs more time",
        )


FOREIGN_LIMIT = 8 * 1024 * 1024  # the size of a body without events that is kept, to find out its format
_EXCERPT = 200
_BOM = b"\xef\xbb\xbf"
_MARGIN = _BOM + b" \t\r\n"
# The first line of an event stream: a comment (": ping"), a field ("data: {...}"), or a field without a value ("data").
_OF_EVENTS = re.compile(rb":|(?:data|event|id|retry)(?:[:\r\n]|$)")
_NAMES = (b"data", b"event", b"id", b"retry")  # the body may be cut within one: "da"
_EMPTY_HINT = (
    "the gateway answers like this when the provider breaks off before its first line; retry, or ask without streaming"
    " to see the provider's error"
)


class EventStreamReader:
    """The events of one body, and the error for a body without any.

    Through the gateway, a provider's plain JSON or HTML page arrives as `text/event-stream`
    (gateway-behaviour.md#chat-streaming). An SSE parser sees only unknown fields there and reports nothing. The first
    bytes are therefore kept until an event has arrived.

    Args:
        max_event: The largest event accepted, in bytes.
    """

    __slots__ = ("_beginning", "_limit", "_parser", "_saw_event")

    def __init__(self, max_event: int) -> None:
        self._parser = EventParser(max_event)
        self._beginning: bytearray | None = bytearray()  # of the body; None once an event has arrived
        self._limit = FOREIGN_LIMIT
        self._saw_event = False

    @property
    def failure(self) -> StreamError | None:
        """The error for an event over the size limit, after which nothing is read."""
        return self._parser.failure

    def feed(self, data: bytes) -> list[RawEvent]:
        """Return the events that these bytes complete; afterwards `failure` may be set."""
        events = self._parser.feed(data)
        if events:
            self._saw_event, self._beginning = True, None
        elif self._beginning is not None:
            self._watch(data, self._beginning)
        return events

    def end(self) -> list[RawEvent]:
        """Return the last event, when the body ended without the blank line that closes it."""
        events = self._parser.end()
        if events:
            self._saw_event, self._beginning = True, None
        return events

    def verdict(self, provider: str | None, model: str | None) -> GatewayError | None:
        """Return the error that describes a body without any event; None when there were events."""
        if self._saw_event:
            return None
        body = self._body()
        if not body or _OF_EVENTS.match(body) or _BOM.startswith(body) or any(n.startswith(body) for n in _NAMES):
            what = "nothing in it" if not body else "only comments" if body[:1] == b":" else "no event in it"
            return StreamTruncatedError(f"the event stream ended with {what}", hint=_EMPTY_HINT)
        try:
            value: object = parse(body)
        except GatewayError:
            what = "an HTML page" if body[:1] == b"<" else "text"
            return StreamError(f"the answer is not an event stream but {what}: {_excerpt(body)}")
        if is_error_object(value):
            return read_stream_error(value, body, provider=provider, model=model)
        return StreamError(
            f"the answer is not an event stream but plain JSON: {_excerpt(body)}",
            hint="the provider does not stream this request; ask without streaming",
        )

    def plain_json(self) -> bytes | None:
        """Return the body when it was one JSON object instead of events."""
        body = self._body()
        return body if body[:1] == b"{" else None

    def _body(self) -> bytes:
        """Return the body without BOM and white space; empty once an event has arrived."""
        return bytes(self._beginning or b"").removeprefix(_BOM).strip()

    def _watch(self, data: bytes, beginning: bytearray) -> None:
        """Keep the beginning of the body: all of it if it may be JSON or HTML, else an excerpt."""
        if len(beginning) < self._limit:
            beginning += data
            start = beginning.lstrip(_MARGIN)[:1]
            if start and start not in b"{[<":
                self._limit = _EXCERPT
            del beginning[self._limit :]


def _excerpt(body: bytes) -> str:
    """Return an excerpt of the body, without secrets."""
    return repr(redact_text(body[: 2 * _EXCERPT].decode("utf-8", "replace"))[:_EXCERPT])
