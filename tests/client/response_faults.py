"""The fault matrix of Responses streams: what the server does on the wire, and what the reader must see."""

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
    BadRequestError,
    InternalError,
    PayloadTooLargeError,
    RateLimitError,
    ServiceUnavailableError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
    Timeouts,
)

RESPONSE: dict[str, Any] = {
    "id": "r1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "up",
    "output": [
        {
            "type": "message",
            "id": "m1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}


def response_event(type: str, **fields: Any) -> bytes:
    """An event as OpenAI writes it: named, and named again in its data."""
    data = json.dumps({"type": f"response.{type}", **fields}, ensure_ascii=False)
    return f"event: response.{type}\ndata: {data}\n\n".encode()


def text_delta(text: str) -> bytes:
    """A piece of the first item's text."""
    return response_event("output_text.delta", item_id="m1", output_index=0, content_index=0, delta=text)


def completed(text: str) -> bytes:
    """The last event of a response with this text."""
    (message,) = RESPONSE["output"]
    part = {"type": "output_text", "text": text, "annotations": []}
    return response_event("completed", response={**RESPONSE, "output": [{**message, "content": [part]}]})


def failed(code: str, message: str = "busy, later") -> bytes:
    """The last event of a response that failed."""
    error = {"code": code, "message": message}
    return response_event("failed", response={**BEGUN, "status": "failed", "error": error})


def error_event(value: dict[str, Any]) -> bytes:
    """An error in the place of an event."""
    return f"event: error\ndata: {json.dumps(value)}\n\n".encode()


BEGUN = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}
ITEM = {"type": "message", "id": "m1", "role": "assistant", "status": "in_progress", "content": []}
CREATED = response_event("created", response=BEGUN)
ADDED = response_event("output_item.added", output_index=0, item=ITEM)
PART = response_event(
    "content_part.added", item_id="m1", output_index=0, content_index=0, part={"type": "output_text", "text": ""}
)
BEAT = b'data: {"type": "keepalive"}\n\n'
STOP = completed("Hello")
OPEN = [CREATED, ADDED, PART]
HEL = [*OPEN, text_delta("Hel")]
HELLO = [*HEL, text_delta("lo")]
GOOD = [*HELLO, STOP]
CRLF = b"".join(GOOD).replace(b"\n", b"\r\n")
CR = b"".join(GOOD).replace(b"\n", b"\r")
E_ACUTE = text_delta("caf\u00e9")
HALF_E_ACUTE = E_ACUTE[: E_ACUTE.index("\u00e9".encode()) + 1]

_ENDS = [
    Fault("complete", sends(*GOOD), ["Hel", "lo"], tls=True),
    Fault("a [DONE] after the end", sends(*GOOD, b"data: [DONE]\n\n"), ["Hel", "lo"]),
    Fault("an end without a response", sends(*HELLO, response_event("completed")), ["Hel", "lo"]),
    Fault("an incomplete response", sends(*HELLO, response_event("incomplete", response={"status": "incomplete"})),
          ["Hel", "lo"]),
    Fault("stopped, then cut without the end of the body", sends(*GOOD, end=cut), ["Hel", "lo"], connections=2),
    Fault("stopped, then reset", sends(*GOOD, end=reset), ["Hel", "lo"], connections=2),
    Fault("last event without a line end", sends(*GOOD[:-1], STOP.rstrip()), ["Hel", "lo"]),
    Fault(
        "no response.completed (the gateway does it when the provider breaks off)",
        sends(*GOOD[:-1]),
        ["Hel", "lo"],
        StreamTruncatedError,
        "response.completed did not come",
        partial="Hello",
    ),
    Fault("[DONE] for response.completed", sends(*HELLO, b"data: [DONE]\n\n"), ["Hel", "lo"], StreamTruncatedError,
          "[DONE]", partial="Hello"),
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
    Fault("stall after a part has begun", sends(*OPEN, end=stall), error=StreamStalledError, limit="first_content",
          partial="", connections=2, timeouts=HASTY_START),
    Fault("stall mid-stream", sends(*HEL, end=stall), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
          connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("stall inside an event", sends(*HEL, text_delta("lo")[:40], end=stall), ["Hel"], StreamStalledError,
          limit="idle", partial="Hel", connections=2, timeouts=HASTY_IDLE),
    Fault("stall, bounded by total", sends(*HEL, end=stall), ["Hel"], StreamStalledError, limit="total", partial="Hel",
          connections=2, timeouts=HASTY_TOTAL),
    Fault("stall before response.completed", sends(*GOOD[:-1], end=stall), ["Hel", "lo"], StreamStalledError,
          limit="idle", partial="Hello", connections=2, timeouts=HASTY_IDLE),
    Fault("stall after the end", sends(*GOOD, end=stall), ["Hel", "lo"], connections=2),
]  # fmt: skip

_DRIPS = [
    Fault("heartbeat drip before content", sends(*OPEN, end=drip(BEAT)), error=StreamStalledError,
          limit="first_content", partial="", connections=2, timeouts=HASTY_START, tls=True),
    Fault("heartbeat drip", sends(*HEL, end=drip(BEAT)), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
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
    Fault("heartbeat drip, bounded by total", sends(*HEL, end=drip(BEAT)), ["Hel"], StreamStalledError, limit="total",
          partial="Hel", connections=2, timeouts=HASTY_TOTAL, tls=True),
    Fault("heartbeat drip after the end", sends(*GOOD, end=drip(BEAT)), ["Hel", "lo"], connections=2, timeouts=HASTY,
          tls=True),
]  # fmt: skip

_ERRORS = [
    Fault("in-band error before content", sends(*OPEN, failed("rate_limit_exceeded")), error=RateLimitError,
          says="busy, later", status=429, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, failed("rate_limit_exceeded")), ["Hel"], RateLimitError,
          "busy, later", status=429, partial="Hel"),
    Fault("an `error` event", sends(*HEL, error_event(
              {"type": "error", "code": "rate_limit_exceeded", "message": "busy, later", "param": None})),
          ["Hel"], RateLimitError, "busy, later", status=429, partial="Hel"),
    Fault("an `error` event before content", sends(*OPEN, error_event(
              {"type": "error", "error": {"type": "server_error", "message": "busy, later"}})),
          error=InternalError, says="busy, later", status=500, partial="", attempts=2),
    Fault("in-band error object after content", sends(*HEL, b'data: {"error": {"code": 503, "message": "gone"}}\n\n'),
          ["Hel"], ServiceUnavailableError, "gone", status=503, partial="Hel"),
    Fault("in-band error of no known kind", sends(*HEL, failed("x_error", "it broke")), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("in-band error that another try would not mend", sends(*OPEN, failed("invalid_prompt", "too odd")),
          error=BadRequestError, says="too odd", status=400, partial=""),
    Fault("non-JSON frame before content", sends(CREATED, b"data: {oops\n\n", *GOOD), error=StreamError,
          says="not JSON", attempts=2),
    Fault("non-JSON frame after content", sends(*HEL, b"data: {oops\n\n", *GOOD), ["Hel"], StreamError, "not JSON",
          partial="Hel"),
    Fault("plain JSON body", sends(json.dumps(RESPONSE).encode()), error=StreamError, says="plain JSON",
          partial="Hello", attempts=2),
    Fault("plain JSON body that is an error",
          sends(json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}).encode()),
          error=RateLimitError, says="slow down", status=429, attempts=2),
    Fault("HTML body", sends(PAGE), error=StreamError, says="an HTML page", attempts=2),
    Fault("text body", sends(b"upstream gone\n"), error=StreamError, says="text: 'upstream gone'", attempts=2),
    Fault("empty event stream", sends(), error=StreamTruncatedError, says="nothing in it", attempts=2),
    Fault("only heartbeats", sends(BEAT, BEAT), error=StreamTruncatedError, says="no response had begun", attempts=2),
    Fault("502 of the gateway", lambda connection, request: connection.json(
              {"error": "Failed to reach upstream server"}, 502),
          error=BadGatewayError, says="Failed to reach upstream server", status=502, attempts=2),
    Fault("413 and a reset while 20 MB are being sent", refuses_unread, error=PayloadTooLargeError,
          says="Request body too large", status=413, connections=2, size=20 * 1024 * 1024, reads_body=False, tls=True),
]  # fmt: skip

_FRAMING = [
    Fault("`event:`-only, `id:`-only and `retry:`-only blocks", sends(*BLOCKS, *GOOD[:4], *BLOCKS, *GOOD[4:]),
          ["Hel", "lo"]),
    Fault("U+2028, U+0085 and other line ends in the text", sends(*OPEN, text_delta(LINES), completed(LINES)), [LINES]),
    Fault("an event of 10 MB", sends(*OPEN, text_delta(BIG), completed(BIG)), [BIG]),
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
