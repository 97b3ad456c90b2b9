"""The fault matrix of Messages streams: what the server does on the wire, and what the reader must see."""

from __future__ import annotations

import json
from typing import Any

from client.fault import BIG, BLOCKS, BOM, HASTY, HASTY_IDLE, HASTY_START, HASTY_TOTAL, LINES, PAGE, Fault
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
    BadGatewayError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
    Timeouts,
)

MESSAGE: dict[str, Any] = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "up",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


def message_event(type: str, **fields: Any) -> bytes:
    """An event as Anthropic writes it: named, and named again in its data."""
    data = json.dumps({"type": type, **fields}, ensure_ascii=False)
    return f"event: {type}\ndata: {data}\n\n".encode()


def text_delta(text: str) -> bytes:
    """A piece of the first block's text."""
    return message_event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def error_event(kind: str, message: str = "overloaded, later") -> bytes:
    """An error in the place of an event."""
    return message_event("error", error={"type": kind, "message": message})


BEGUN = {**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
START = message_event("message_start", message=BEGUN)
BLOCK = message_event("content_block_start", index=0, content_block={"type": "text", "text": ""})
PING = message_event("ping")
END = message_event("content_block_stop", index=0)
DELTA = message_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
STOP = message_event("message_stop")
OPEN = [START, BLOCK, PING]
HEL = [*OPEN, text_delta("Hel")]
HELLO = [*HEL, text_delta("lo")]
GOOD = [*HELLO, END, DELTA, STOP]
CRLF = b"".join(GOOD).replace(b"\n", b"\r\n")
CR = b"".join(GOOD).replace(b"\n", b"\r")
E_ACUTE = text_delta("caf\u00e9")
HALF_E_ACUTE = E_ACUTE[: E_ACUTE.index("\u00e9".encode()) + 1]

_ENDS = [
    Fault("complete", sends(*GOOD), ["Hel", "lo"], tls=True),
    Fault("a [DONE] after the end", sends(*GOOD, b"data: [DONE]\n\n"), ["Hel", "lo"]),
    Fault("no message_delta", sends(*HELLO, END, STOP), ["Hel", "lo"]),
    Fault("stopped, then cut without the end of the body", sends(*GOOD, end=cut), ["Hel", "lo"], connections=2),
    Fault("stopped, then reset", sends(*GOOD, end=reset), ["Hel", "lo"], connections=2),
    Fault("last event without a line end", sends(*GOOD[:-1], STOP.rstrip()), ["Hel", "lo"]),
    Fault(
        "no message_stop (the gateway does it when the provider breaks off)",
        sends(*GOOD[:-1]),
        ["Hel", "lo"],
        StreamTruncatedError,
        "message_stop did not come",
        partial="Hello",
    ),
    Fault("[DONE] for message_stop", sends(*HELLO, b"data: [DONE]\n\n"), ["Hel", "lo"], StreamTruncatedError, "[DONE]",
          partial="Hello"),
    Fault("cut mid-event, ended cleanly", sends(*HEL, text_delta("lo")[:40]), ["Hel"], StreamTruncatedError,
          partial="Hel"),
    Fault("cut mid-event", sends(*HEL, text_delta("lo")[:40], end=cut), ["Hel"], StreamTruncatedError,
          "the connection broke", partial="Hel", connections=2, tls=True),
    Fault("cut mid-UTF-8, ended cleanly", sends(*HEL, HALF_E_ACUTE), ["Hel"], StreamTruncatedError, partial="Hel"),
    Fault("cut mid-UTF-8", sends(*HEL, HALF_E_ACUTE, end=cut), ["Hel"], StreamTruncatedError, partial="Hel",
          connections=2),
    Fault("reset", sends(*HEL, end=reset), ["Hel"], StreamTruncatedError, partial="Hel", connections=2),
    Fault("reset before any content", sends(*OPEN, end=reset), error=StreamTruncatedError, partial="", attempts=2,
          connections=3),
]  # fmt: skip

_SLOWNESS = [
    Fault("slow consumer", sends(*GOOD), ["Hel", "lo"], timeouts=Timeouts(idle=0.2), pause=0.25),
    Fault("slow consumer, then cut", sends(*HELLO, end=cut), ["Hel", "lo"], StreamTruncatedError, partial="Hello",
          connections=2, timeouts=Timeouts(idle=0.2), pause=0.25),
    Fault("stall before the first byte", silent, error=StreamStalledError, says="no content came within 0.3 s",
          limit="first_content", connections=2, timeouts=HASTY_START, tls=True),
    Fault("stall after the head", sends(end=stall), error=StreamStalledError, limit="first_content", connections=2,
          timeouts=HASTY_START),
    Fault("stall after a block has begun", sends(*OPEN, end=stall), error=StreamStalledError, limit="first_content",
          partial="", connections=2, timeouts=HASTY_START),
    Fault("stall mid-stream", sends(*HEL, end=stall), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
          connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("stall inside an event", sends(*HEL, text_delta("lo")[:40], end=stall), ["Hel"], StreamStalledError,
          limit="idle", partial="Hel", connections=2, timeouts=HASTY_IDLE),
    Fault("stall, bounded by total", sends(*HEL, end=stall), ["Hel"], StreamStalledError, limit="total", partial="Hel",
          connections=2, timeouts=HASTY_TOTAL),
    Fault("stall before message_stop", sends(*GOOD[:-1], end=stall), ["Hel", "lo"], StreamStalledError, limit="idle",
          partial="Hello", connections=2, timeouts=HASTY_IDLE),
    Fault("stall after message_stop", sends(*GOOD, end=stall), ["Hel", "lo"], connections=2),
]  # fmt: skip

_DRIPS = [
    Fault("ping drip before content", sends(*OPEN, end=drip(PING)), error=StreamStalledError, limit="first_content",
          partial="", connections=2, timeouts=HASTY_START, tls=True),
    Fault("ping drip", sends(*HEL, end=drip(PING)), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
          connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("comment drip", sends(*HEL, end=drip(b": ping\n\n")), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("drip of empty deltas", sends(*HEL, end=drip(text_delta(""))), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("drip of half an event", sends(*HEL, b"data: ", end=drip(b" ")), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("header drip", dripping_head, error=StreamStalledError, limit="first_content", connections=2,
          timeouts=HASTY_START, tls=True),
    Fault("chunk-size drip", sends(*HEL, end=raw_drip(b"0")), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("ping drip, bounded by total", sends(*HEL, end=drip(PING)), ["Hel"], StreamStalledError, limit="total",
          partial="Hel", connections=2, timeouts=HASTY_TOTAL, tls=True),
    Fault("ping drip after message_stop", sends(*GOOD, end=drip(PING)), ["Hel", "lo"], connections=2, timeouts=HASTY,
          tls=True),
]  # fmt: skip

_ERRORS = [
    Fault("in-band error before content", sends(*OPEN, error_event("overloaded_error")), error=OverloadedError,
          says="overloaded, later", status=529, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, error_event("overloaded_error")), ["Hel"], OverloadedError,
          "overloaded, later", status=529, partial="Hel"),
    Fault("the error's other shape", sends(*HEL, message_event("error", error=json.loads(error_event("rate_limit_error")
          .partition(b"data: ")[2]))), ["Hel"], RateLimitError, "overloaded, later", status=429, partial="Hel"),
    Fault("in-band error of no known kind", sends(*HEL, error_event("x_error", "it broke")), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("non-JSON frame before content", sends(START, b"data: {oops\n\n", *GOOD), error=StreamError, says="not JSON",
          attempts=2),
    Fault("non-JSON frame after content", sends(*HEL, b"data: {oops\n\n", *GOOD), ["Hel"], StreamError, "not JSON",
          partial="Hel"),
    Fault("plain JSON body", sends(json.dumps(MESSAGE).encode()), error=StreamError, says="plain JSON",
          partial="Hello", attempts=2),
    Fault("plain JSON body that is an error",
          sends(json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}).encode()),
          error=RateLimitError, says="slow down", status=429, attempts=2),
    Fault("HTML body", sends(PAGE), error=StreamError, says="an HTML page", attempts=2),
    Fault("text body", sends(b"upstream gone\n"), error=StreamError, says="text: 'upstream gone'", attempts=2),
    Fault("empty event stream", sends(), error=StreamTruncatedError, says="nothing in it", attempts=2),
    Fault("only pings", sends(PING, PING), error=StreamTruncatedError, says="no message had begun", attempts=2),
    Fault("only message_stop", sends(STOP), error=StreamTruncatedError, says="no message had begun", attempts=2),
    Fault("502 of the gateway", lambda connection, request: connection.json(
              {"type": "error", "error": {"type": "api_error", "message": "Failed to reach upstream server"}}, 502),
          error=BadGatewayError, says="Failed to reach upstream server", status=502, attempts=2),
    Fault("413 and a reset while 20 MB are being sent", refuses_unread, error=PayloadTooLargeError,
          says="Request body too large", status=413, connections=2, size=20 * 1024 * 1024, reads_body=False, tls=True),
]  # fmt: skip

_FRAMING = [
    Fault("`event:`-only, `id:`-only and `retry:`-only blocks", sends(*BLOCKS, *GOOD[:4], *BLOCKS, *GOOD[4:]),
          ["Hel", "lo"]),
    Fault("U+2028, U+0085 and other line ends in the text", sends(*OPEN, text_delta(LINES), END, DELTA, STOP), [LINES]),
    Fault("an event of 10 MB", sends(*OPEN, text_delta(BIG), END, DELTA, STOP), [BIG]),
    Fault("an event over the bound, after content", sends(*HEL, text_delta("x" * 5000), STOP), ["Hel"], StreamError,
          "more than 1,000 bytes", partial="Hel", max_event=1000),
    Fault("CR LF", sends(CRLF), ["Hel", "lo"]),
    Fault("CR LF, cut between the two", sends(*CRLF.partition(b"\r")[:2], CRLF.partition(b"\r")[2]), ["Hel", "lo"]),
    Fault("CR", sends(CR), ["Hel", "lo"]),
    Fault("BOM", sends(BOM, *GOOD), ["Hel", "lo"]),
    Fault("`data:` without a space", sends(b"".join(GOOD).replace(b"data: ", b"data:")), ["Hel", "lo"]),
    Fault("bytewise writes", bytewise(*GOOD), ["Hel", "lo"]),
    Fault("early exit from a short stream", sends(*GOOD), ["Hel"], leave_after=4),
    Fault("early exit from a stream that goes on", sends(*HEL, end=drip(text_delta("more"))), ["Hel"], connections=2,
          leave_after=4),
]  # fmt: skip

FAULTS = [*_ENDS, *_SLOWNESS, *_DRIPS, *_ERRORS, *_FRAMING]
