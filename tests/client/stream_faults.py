"""The faults that a stream of any dialect can have: rows made of a dialect's own events."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from client.fault import BIG, BLOCKS, BOM, HASTY_IDLE, HASTY_START, HASTY_TOTAL, LINES, PAGE, Fault
from client.misbehaviour import (
    bytewise,
    cut,
    drip,
    dripping_head,
    raw_drip,
    refuses_unread,
    reset,
    sends,
    silent,
    stall,
)
from inference_gateway_sdk import (
    PayloadTooLargeError,
    RateLimitError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
    Timeouts,
)

COMMENT = b": ping\n\n"
NOT_JSON = b"data: {oops\n\n"


@dataclass(frozen=True)
class Spoken:
    """The events with which a dialect streams "Hello" in two pieces.

    Attributes:
        opening: The events before any content.
        delta: The event of a piece of text.
        finish: The events that end an answer of this text.
        heartbeat: The event that only keeps the connection alive.
        answer: The whole answer as JSON, not streamed.
    """

    opening: list[bytes]
    delta: Callable[[str], bytes]
    finish: Callable[[str], list[bytes]]
    heartbeat: bytes
    answer: dict[str, Any]

    @property
    def hel(self) -> list[bytes]:
        """Return the events up to the first piece."""
        return [*self.opening, self.delta("Hel")]

    @property
    def hello(self) -> list[bytes]:
        """Return the events up to the second piece."""
        return [*self.hel, self.delta("lo")]

    def whole(self, text: str) -> list[bytes]:
        """Return the events of an answer of one piece."""
        return [*self.opening, self.delta(text), *self.finish(text)]

    @property
    def good(self) -> list[bytes]:
        """Return all events."""
        return [*self.hello, *self.finish("Hello")]


def stream_faults(spoken: Spoken) -> list[Fault]:
    """Return the rows that hold for every dialect."""
    return [*_ends(spoken), *_slowness(spoken), *_drips(spoken), *_errors(spoken), *_framing(spoken)]


def _ends(spoken: Spoken) -> list[Fault]:
    hel, good = spoken.hel, spoken.good
    half = spoken.delta("lo")[:40]
    accented = spoken.delta("caf\u00e9")
    half_accent = accented[: accented.index("\u00e9".encode()) + 1]
    return [
        Fault("complete", sends(*good), ["Hel", "lo"], tls=True),
        Fault("ended, then cut without the end of the body", sends(*good, end=cut), ["Hel", "lo"], connections=2),
        Fault("ended, then reset", sends(*good, end=reset), ["Hel", "lo"], connections=2),
        Fault("last event without a line end", sends(*good[:-1], good[-1].rstrip()), ["Hel", "lo"]),
        Fault("cut mid-event, ended cleanly (the gateway does it)", sends(*hel, half), ["Hel"], StreamTruncatedError,
              partial="Hel"),
        Fault("cut mid-event", sends(*hel, half, end=cut), ["Hel"], StreamTruncatedError, "the connection broke",
              partial="Hel", connections=2, tls=True),
        Fault("cut mid-UTF-8, ended cleanly", sends(*hel, half_accent), ["Hel"], StreamTruncatedError, partial="Hel"),
        Fault("cut mid-UTF-8", sends(*hel, half_accent, end=cut), ["Hel"], StreamTruncatedError, partial="Hel",
              connections=2),
        Fault("reset", sends(*hel, end=reset), ["Hel"], StreamTruncatedError, partial="Hel", connections=2),
        Fault("reset before any content", sends(*spoken.opening, end=reset), error=StreamTruncatedError, partial="",
              attempts=2, connections=3),
    ]  # fmt: skip


def _slowness(spoken: Spoken) -> list[Fault]:
    hel, good = spoken.hel, spoken.good
    slow = Timeouts(idle=0.2)
    return [
        Fault("slow consumer", sends(*good), ["Hel", "lo"], timeouts=slow, pause=0.25),
        Fault("slow consumer, then cut", sends(*spoken.hello, end=cut), ["Hel", "lo"], StreamTruncatedError,
              partial="Hello", connections=2, timeouts=slow, pause=0.25),
        Fault("stall before the first byte", silent, error=StreamStalledError, message="no content came within 0.3 s",
              limit="first_content", connections=2, timeouts=HASTY_START, tls=True),
        Fault("stall after the head", sends(end=stall), error=StreamStalledError, limit="first_content", connections=2,
              timeouts=HASTY_START),
        Fault("stall before content", sends(*spoken.opening, end=stall), error=StreamStalledError,
              limit="first_content", partial="", connections=2, timeouts=HASTY_START),
        Fault("stall mid-stream", sends(*hel, end=stall), ["Hel"], StreamStalledError, f"after {len(hel)} chunks",
              limit="idle", partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
        Fault("stall inside an event", sends(*hel, spoken.delta("lo")[:40], end=stall), ["Hel"], StreamStalledError,
              limit="idle", partial="Hel", connections=2, timeouts=HASTY_IDLE),
        Fault("stall, bounded by total", sends(*hel, end=stall), ["Hel"], StreamStalledError, limit="total",
              partial="Hel", connections=2, timeouts=HASTY_TOTAL),
        Fault("stall after the end", sends(*good, end=stall), ["Hel", "lo"], connections=2),
    ]  # fmt: skip


def _drips(spoken: Spoken) -> list[Fault]:
    return [
        Fault("header drip", dripping_head, error=StreamStalledError, limit="first_content", connections=2,
              timeouts=HASTY_START, tls=True),
        _drip(spoken, "comment drip", drip(COMMENT)),
        _drip(spoken, "heartbeat drip", drip(spoken.heartbeat)),
        _drip(spoken, "drip of empty deltas", drip(spoken.delta(""))),
        _drip(spoken, "drip of half an event", drip(b" "), b"data: "),
        _drip(spoken, "chunk-size drip", raw_drip(b"0")),
        Fault("heartbeat drip before content", sends(*spoken.opening, end=drip(spoken.heartbeat)),
              error=StreamStalledError, limit="first_content", partial="", connections=2, timeouts=HASTY_START,
              tls=True),
        Fault("heartbeat drip, bounded by total", sends(*spoken.hel, end=drip(spoken.heartbeat)), ["Hel"],
              StreamStalledError, limit="total", partial="Hel", connections=2, timeouts=HASTY_TOTAL, tls=True),
        Fault("heartbeat drip after the end", sends(*spoken.good, end=drip(spoken.heartbeat)), ["Hel", "lo"],
              connections=2, tls=True),
    ]  # fmt: skip


def _drip(spoken: Spoken, name: str, end: Callable[..., None], *more: bytes) -> Fault:
    """Send data without end, with no content after the first piece."""
    return Fault(name, sends(*spoken.hel, *more, end=end), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
                 connections=2, timeouts=HASTY_IDLE, tls=True)  # fmt: skip


def _errors(spoken: Spoken) -> list[Fault]:
    hel, good = spoken.hel, spoken.good
    rate_limit = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    return [
        Fault("non-JSON frame before content", sends(*spoken.opening, NOT_JSON, *good), error=StreamError,
              message="not JSON", partial="", attempts=2),
        Fault("non-JSON frame after content", sends(*hel, NOT_JSON, *good), ["Hel"], StreamError, "not JSON",
              partial="Hel"),
        Fault("plain JSON body", sends(_plain(spoken.answer)), error=StreamError, message="plain JSON", partial="Hello",
              attempts=2),
        Fault("plain JSON body that is an error", sends(_plain(rate_limit)), error=RateLimitError, message="slow down",
              status=429, attempts=2),
        Fault("HTML body", sends(PAGE), error=StreamError, message="an HTML page", attempts=2),
        Fault("text body", sends(b"upstream gone\n"), error=StreamError, message="text: 'upstream gone'", attempts=2),
        Fault("empty event stream", sends(), error=StreamTruncatedError, message="nothing in it", attempts=2),
        Fault("413 and a reset while 20 MB are being sent", refuses_unread, error=PayloadTooLargeError,
              message="Request body too large", status=413, connections=2, size=20 * 1024 * 1024, reads_body=False,
              tls=True),
    ]  # fmt: skip


def _framing(spoken: Spoken) -> list[Fault]:
    hel, good = spoken.hel, spoken.good
    opened = len(spoken.opening) + 1
    crlf = b"".join(good).replace(b"\n", b"\r\n")
    over = spoken.delta("x" * 5000)
    return [
        Fault("`event:`-only, `id:`-only and `retry:`-only blocks", sends(*BLOCKS, *hel, *BLOCKS, *good[len(hel) :]),
              ["Hel", "lo"]),
        Fault("U+2028, U+0085 and other line ends in the text", sends(*spoken.whole(LINES)), [LINES]),
        Fault("an event of 10 MB", sends(*spoken.whole(BIG)), [BIG]),
        Fault("an event over the bound, after content", sends(*hel, over, *spoken.finish("")), ["Hel"], StreamError,
              "more than max_event=1000 bytes", partial="Hel", max_event=1000),
        Fault("CR LF", sends(crlf), ["Hel", "lo"]),
        Fault("CR LF, cut between the two", sends(*crlf.partition(b"\r")[:2], crlf.partition(b"\r")[2]), ["Hel", "lo"]),
        Fault("CR", sends(b"".join(good).replace(b"\n", b"\r")), ["Hel", "lo"]),
        Fault("BOM", sends(BOM, *good), ["Hel", "lo"]),
        Fault("`data:` without a space", sends(b"".join(good).replace(b"data: ", b"data:")), ["Hel", "lo"]),
        Fault("bytewise writes", bytewise(*good), ["Hel", "lo"]),
        Fault("bytewise writes, with BOM and CR LF", bytewise(*(bytes((byte,)) for byte in BOM + crlf)), ["Hel", "lo"]),
        Fault("early exit from a short stream", sends(*good), ["Hel"], leave_after=opened),
        Fault("early exit from a stream that goes on", sends(*hel, end=drip(spoken.delta("more"))), ["Hel"],
              connections=2, leave_after=opened),
    ]  # fmt: skip


def _plain(value: Any) -> bytes:
    return json.dumps(value).encode()
