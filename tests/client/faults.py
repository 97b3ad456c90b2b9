"""The fault matrix of chat streams: what the server does on the wire, and what the reader must see."""

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
    GatewayTimeoutError,
    PayloadTooLargeError,
    RateLimitError,
    ServiceUnavailableError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
    Timeouts,
)
from support.server import ANSWER, DONE, GOOD, ROLE, USAGE, chunk, event

HEL = [ROLE, chunk("Hel")]
HELLO = [ROLE, chunk("Hel"), chunk("lo")]
FINISH = chunk(finish="stop")
TOOL = chunk(delta={"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "f", "arguments": "{}"}}]})
EMPTY = chunk("")
E_ACUTE = chunk("caf\u00e9")
HALF_E_ACUTE = E_ACUTE[: E_ACUTE.index("\u00e9".encode()) + 1]
OVER = event({"error": {"message": "overloaded, later", "code": 503}})
OVER_UNCODED = event({"error": {"message": "it broke", "type": "weird"}})
UNESCAPED = b'data: {"error": "Failed to start streaming: {"error": {"message": "slow down", "code": 429}}"}\n\n'
NAMED = b"event: error\n" + event({"message": "too many", "code": 429})
CRLF = b"".join(GOOD).replace(b"\n", b"\r\n")
CR = b"".join(GOOD).replace(b"\n", b"\r")


def _plain(value: Any) -> bytes:
    return json.dumps(value).encode()


_ENDS = [
    Fault("complete", sends(*GOOD), ["Hel", "lo"], tls=True),
    Fault("no [DONE]", sends(*GOOD[:-1]), ["Hel", "lo"]),
    Fault("neither usage nor [DONE]", sends(*HELLO, FINISH), ["Hel", "lo"]),
    Fault("finished, then cut without the end of the body", sends(*GOOD[:-1], end=cut), ["Hel", "lo"], connections=2),
    Fault("finished, then reset", sends(*GOOD[:-2], end=reset), ["Hel", "lo"], connections=2),
    Fault("last event without a line end", sends(*HELLO, FINISH.rstrip()), ["Hel", "lo"]),
    Fault("no marker: [DONE] without a finish_reason", sends(*HELLO, DONE), ["Hel", "lo"], StreamTruncatedError,
          "choice 0 has no finish_reason", partial="Hello"),
    Fault("no marker: a clean end", sends(*HELLO), ["Hel", "lo"], StreamTruncatedError, "choice 0 has no finish_reason",
          partial="Hello"),
    Fault("cut mid-event, ended cleanly (the gateway does it)", sends(*HEL, chunk("lo")[:40]), ["Hel"],
          StreamTruncatedError, partial="Hel"),
    Fault("cut mid-event", sends(*HEL, chunk("lo")[:40], end=cut), ["Hel"], StreamTruncatedError,
          "the connection broke", partial="Hel", connections=2, tls=True),
    Fault("cut mid-UTF-8, ended cleanly", sends(*HEL, HALF_E_ACUTE), ["Hel"], StreamTruncatedError, partial="Hel"),
    Fault("cut mid-UTF-8", sends(*HEL, HALF_E_ACUTE, end=cut), ["Hel"], StreamTruncatedError, partial="Hel",
          connections=2),
    Fault("reset", sends(*HEL, end=reset), ["Hel"], StreamTruncatedError, partial="Hel", connections=2),
    Fault("reset before any content", sends(ROLE, end=reset), error=StreamTruncatedError, partial="", attempts=2,
          connections=3),
]  # fmt: skip

_SLOWNESS = [
    Fault("slow consumer", sends(*GOOD), ["Hel", "lo"], timeouts=Timeouts(idle=0.1), pause=0.15),
    Fault("slow consumer, then cut", sends(*HELLO, end=cut), ["Hel", "lo"], StreamTruncatedError, partial="Hello",
          connections=2, timeouts=Timeouts(idle=0.1), pause=0.15),
    Fault("stall before the first byte", silent, error=StreamStalledError, says="no content came within 0.3 s",
          limit="first_content", connections=2, timeouts=HASTY_START, tls=True),
    Fault("stall after the head", sends(end=stall), error=StreamStalledError, limit="first_content", connections=2,
          timeouts=HASTY_START),
    Fault("stall after an empty first chunk", sends(ROLE, end=stall), error=StreamStalledError, limit="first_content",
          partial="", connections=2, timeouts=HASTY_START),
    Fault("stall mid-stream", sends(*HEL, end=stall), ["Hel"], StreamStalledError, "after 2 chunks", limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("stall inside an event", sends(*HEL, chunk("lo")[:40], end=stall), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE),
    Fault("stall, bounded by total", sends(*HEL, end=stall), ["Hel"], StreamStalledError, limit="total", partial="Hel",
          connections=2, timeouts=HASTY_TOTAL),
    Fault("stall after the marker", sends(*HELLO, FINISH, end=stall), ["Hel", "lo"], connections=2, timeouts=HASTY),
    Fault("stall after [DONE]", sends(*GOOD, end=stall), ["Hel", "lo"], connections=2),
    Fault("stall after tool calls, which another turn might follow",
          sends(ROLE, TOOL, chunk(finish="tool_calls"), end=stall), connections=2, timeouts=HASTY),
]  # fmt: skip

_DRIPS = [
    Fault("comment drip before content", sends(ROLE, end=drip(b": ping\n\n")), error=StreamStalledError,
          limit="first_content", partial="", connections=2, timeouts=HASTY_START, tls=True),
    Fault("comment drip", sends(*HEL, end=drip(b": ping\n\n")), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("drip of empty deltas", sends(*HEL, end=drip(EMPTY)), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("drip of half an event", sends(*HEL, b"data: ", end=drip(b" ")), ["Hel"], StreamStalledError, limit="idle",
          partial="Hel", connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("header drip", dripping_head, error=StreamStalledError, limit="first_content", connections=2,
          timeouts=HASTY_START, tls=True),
    Fault("chunk-size drip", sends(*HEL, end=raw_drip(b"0")), ["Hel"], StreamStalledError, limit="idle", partial="Hel",
          connections=2, timeouts=HASTY_IDLE, tls=True),
    Fault("comment drip, bounded by total", sends(*HEL, end=drip(b": ping\n\n")), ["Hel"], StreamStalledError,
          limit="total", partial="Hel", connections=2, timeouts=HASTY_TOTAL, tls=True),
    Fault("comment drip after the marker", sends(*HELLO, FINISH, end=drip(b": ping\n\n")), ["Hel", "lo"], connections=2,
          timeouts=HASTY, tls=True),
    Fault("comment drip after [DONE]", sends(*GOOD, end=drip(b": ping\n\n")), ["Hel", "lo"], connections=2, tls=True),
]  # fmt: skip

_ERRORS = [
    Fault("in-band error before content", sends(ROLE, OVER, DONE), error=ServiceUnavailableError,
          says="overloaded, later", status=503, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, OVER, DONE), ["Hel"], ServiceUnavailableError, "overloaded, later",
          status=503, partial="Hel"),
    Fault("in-band error without a code, after content", sends(*HEL, OVER_UNCODED, DONE), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("an event named error, before content", sends(NAMED), error=RateLimitError, says="too many", status=429,
          attempts=2),
    Fault("non-JSON frame before content", sends(ROLE, b"data: {oops\n\n", *GOOD), error=StreamError, says="not JSON",
          partial="", attempts=2),
    Fault("non-JSON frame after content", sends(*HEL, b"data: {oops\n\n", *GOOD), ["Hel"], StreamError, "not JSON",
          partial="Hel"),
    Fault("the gateway's unescaped error, then [DONE]", sends(UNESCAPED, DONE), error=RateLimitError, says="slow down",
          status=429, attempts=2),
    Fault("plain JSON body", sends(_plain(ANSWER)), error=StreamError, says="plain JSON", partial="Hello", attempts=2),
    Fault("plain JSON body that is an error", sends(_plain({"error": {"message": "slow down", "code": 429}})),
          error=RateLimitError, says="slow down", status=429, attempts=2),
    Fault("HTML body", sends(PAGE), error=StreamError, says="an HTML page", attempts=2),
    Fault("text body", sends(b"upstream gone\n"), error=StreamError, says="text: 'upstream gone'", attempts=2),
    Fault("empty event stream", sends(), error=StreamTruncatedError, says="nothing in it", attempts=2),
    Fault("only comments", sends(b": hi\n\n"), error=StreamTruncatedError, says="only comments", attempts=2),
    Fault("only fields", sends(BLOCKS[0]), error=StreamTruncatedError, says="no event in it", attempts=2),
    Fault("only [DONE]", sends(DONE), error=StreamTruncatedError, says="no choice was finished", attempts=2),
    Fault("only usage", sends(USAGE, DONE), error=StreamTruncatedError, partial=None, attempts=2),
    Fault("413 and a reset while 20 MB are being sent", refuses_unread, error=PayloadTooLargeError,
          says="Request body too large", status=413, connections=2, size=20 * 1024 * 1024, reads_body=False, tls=True),
    Fault("the 400 that is the provider's silence",
          lambda connection, request: connection.json({"error": "net/http: timeout awaiting response headers"}, 400),
          error=GatewayTimeoutError, status=400, attempts=2),
]  # fmt: skip

_FRAMING = [
    Fault("`event:`-only, `id:`-only and `retry:`-only blocks", sends(*BLOCKS, *GOOD[:2], *BLOCKS, *GOOD[2:]),
          ["Hel", "lo"]),
    Fault("U+2028, U+0085 and other line ends in the text", sends(ROLE, chunk(LINES), FINISH, DONE), [LINES]),
    Fault("an event of 10 MB", sends(ROLE, chunk(BIG), FINISH, DONE), [BIG]),
    Fault("an event over the bound, before content", sends(ROLE, chunk("x" * 5000), FINISH, DONE), error=StreamError,
          says="more than 1,000 bytes", partial="", attempts=2, max_event=1000),
    Fault("an event over the bound, after content", sends(*HEL, chunk("x" * 5000), FINISH, DONE), ["Hel"], StreamError,
          "more than 1,000 bytes", partial="Hel", max_event=1000),
    Fault("an event over the bound that never ends", sends(*HEL, b"data: ", end=drip(b"x" * 400)), ["Hel"], StreamError,
          "more than 1,000 bytes", partial="Hel", connections=2, max_event=1000),
    Fault("CR LF", sends(CRLF), ["Hel", "lo"]),
    Fault("CR LF, cut between the two", sends(*CRLF.partition(b"\r")[:2], CRLF.partition(b"\r")[2]), ["Hel", "lo"]),
    Fault("CR", sends(CR), ["Hel", "lo"]),
    Fault("BOM", sends(BOM, *GOOD), ["Hel", "lo"]),
    Fault("`data:` without a space", sends(b"".join(GOOD).replace(b"data: ", b"data:")), ["Hel", "lo"]),
    Fault("bytewise writes", bytewise(*GOOD), ["Hel", "lo"]),
    Fault("bytewise writes, with BOM and CR LF", bytewise(*(bytes((byte,)) for byte in BOM + CRLF)), ["Hel", "lo"]),
    Fault("early exit from a short stream", sends(*GOOD), ["Hel"], leave_after=2),
    Fault("early exit from a stream that goes on", sends(*HEL, end=drip(chunk("more"))), ["Hel"], connections=2,
          leave_after=2),
]  # fmt: skip

FAULTS = [*_ENDS, *_SLOWNESS, *_DRIPS, *_ERRORS, *_FRAMING]
