"""The fault matrix of Messages streams: the server's behaviour on the wire, and the result that the reader must see."""

from __future__ import annotations

import json
from typing import Any

from client.fault import HASTY_IDLE, Fault
from client.misbehaviour import sends, stall
from client.stream_faults import Spoken, stream_faults
from inference_gateway_sdk import (
    BadGatewayError,
    OverloadedError,
    RateLimitError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
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
    """Return an event in Anthropic's form: its name, and its name again in the data."""
    data = json.dumps({"type": type, **fields}, ensure_ascii=False)
    return f"event: {type}\ndata: {data}\n\n".encode()


def text_delta(text: str) -> bytes:
    """Return a piece of the first block's text."""
    return message_event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def error_event(kind: str, message: str = "overloaded, later") -> bytes:
    """Return an error event in place of another event."""
    return message_event("error", error={"type": kind, "message": message})


BEGUN = {**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
START = message_event("message_start", message=BEGUN)
BLOCK = message_event("content_block_start", index=0, content_block={"type": "text", "text": ""})
PING = message_event("ping")
END = message_event("content_block_stop", index=0)
DELTA = message_event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
STOP = message_event("message_stop")
SPOKEN = Spoken(
    opening=[START, BLOCK, PING],
    delta=text_delta,
    finish=lambda _: [END, DELTA, STOP],
    heartbeat=PING,
    answer=MESSAGE,
)
OPEN, HEL, HELLO, GOOD = SPOKEN.opening, SPOKEN.hel, SPOKEN.hello, SPOKEN.good

FAULTS = [
    *stream_faults(SPOKEN),
    Fault("no message_delta", sends(*HELLO, END, STOP), ["Hel", "lo"]),
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
    Fault("stall before message_stop", sends(*GOOD[:-1], end=stall), ["Hel", "lo"], StreamStalledError, limit="idle",
          partial="Hello", connections=2, timeouts=HASTY_IDLE),
    Fault("in-band error before content", sends(*OPEN, error_event("overloaded_error")), error=OverloadedError,
          message="overloaded, later", status=529, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, error_event("overloaded_error")), ["Hel"], OverloadedError,
          "overloaded, later", status=529, partial="Hel"),
    Fault("the error's other shape", sends(*HEL, message_event("error", error=json.loads(error_event("rate_limit_error")
          .partition(b"data: ")[2]))), ["Hel"], RateLimitError, "overloaded, later", status=429, partial="Hel"),
    Fault("in-band error of no known kind", sends(*HEL, error_event("x_error", "it broke")), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("only pings", sends(PING, PING), error=StreamTruncatedError, message="no message had begun", attempts=2),
    Fault("only message_stop", sends(STOP), error=StreamTruncatedError, message="no message had begun", attempts=2),
    Fault("502 of the gateway", lambda connection, request: connection.json(
              {"type": "error", "error": {"type": "api_error", "message": "Failed to reach upstream server"}}, 502),
          error=BadGatewayError, message="Failed to reach upstream server", status=502, attempts=2),
]  # fmt: skip
