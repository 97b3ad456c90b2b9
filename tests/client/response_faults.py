"""The fault matrix of Responses streams: the behaviour on the wire, and the result that the reader must see."""

from __future__ import annotations

import json
from typing import Any

from client.fault import HASTY_IDLE, Fault
from client.misbehaviour import sends, stall
from client.stream_faults import Spoken, stream_faults
from inference_gateway_sdk import (
    BadGatewayError,
    BadRequestError,
    InternalError,
    RateLimitError,
    ServiceUnavailableError,
    StreamError,
    StreamStalledError,
    StreamTruncatedError,
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
    """Return an event in OpenAI's form: its name, and its name again in the data."""
    data = json.dumps({"type": f"response.{type}", **fields}, ensure_ascii=False)
    return f"event: response.{type}\ndata: {data}\n\n".encode()


def text_delta(text: str) -> bytes:
    """Return a piece of the first item's text."""
    return response_event("output_text.delta", item_id="m1", output_index=0, content_index=0, delta=text)


def completed(text: str) -> bytes:
    """Return the last event of a response with this text."""
    (message,) = RESPONSE["output"]
    part = {"type": "output_text", "text": text, "annotations": []}
    return response_event("completed", response={**RESPONSE, "output": [{**message, "content": [part]}]})


def failed(code: str, message: str = "busy, later") -> bytes:
    """Return the last event of a response that failed."""
    error = {"code": code, "message": message}
    return response_event("failed", response={**BEGUN, "status": "failed", "error": error})


def error_event(value: dict[str, Any]) -> bytes:
    """Return an error event in place of another event."""
    return f"event: error\ndata: {json.dumps(value)}\n\n".encode()


BEGUN = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}
ITEM = {"type": "message", "id": "m1", "role": "assistant", "status": "in_progress", "content": []}
CREATED = response_event("created", response=BEGUN)
ADDED = response_event("output_item.added", output_index=0, item=ITEM)
PART = response_event(
    "content_part.added", item_id="m1", output_index=0, content_index=0, part={"type": "output_text", "text": ""}
)
BEAT = b'data: {"type": "keepalive"}\n\n'
SPOKEN = Spoken(
    opening=[CREATED, ADDED, PART],
    delta=text_delta,
    finish=lambda text: [completed(text)],
    heartbeat=BEAT,
    answer=RESPONSE,
)
OPEN, HEL, HELLO, GOOD = SPOKEN.opening, SPOKEN.hel, SPOKEN.hello, SPOKEN.good

FAULTS = [
    *stream_faults(SPOKEN),
    Fault("an end without a response", sends(*HELLO, response_event("completed")), ["Hel", "lo"]),
    Fault("an incomplete response", sends(*HELLO, response_event("incomplete", response={"status": "incomplete"})),
          ["Hel", "lo"]),
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
    Fault("stall before response.completed", sends(*GOOD[:-1], end=stall), ["Hel", "lo"], StreamStalledError,
          limit="idle", partial="Hello", connections=2, timeouts=HASTY_IDLE),
    Fault("in-band error before content", sends(*OPEN, failed("rate_limit_exceeded")), error=RateLimitError,
          message="busy, later", status=429, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, failed("rate_limit_exceeded")), ["Hel"], RateLimitError,
          "busy, later", status=429, partial="Hel"),
    Fault("an `error` event", sends(*HEL, error_event(
              {"type": "error", "code": "rate_limit_exceeded", "message": "busy, later", "param": None})),
          ["Hel"], RateLimitError, "busy, later", status=429, partial="Hel"),
    Fault("an `error` event before content", sends(*OPEN, error_event(
              {"type": "error", "error": {"type": "server_error", "message": "busy, later"}})),
          error=InternalError, message="busy, later", status=500, partial="", attempts=2),
    Fault("in-band error object after content", sends(*HEL, b'data: {"error": {"code": 503, "message": "gone"}}\n\n'),
          ["Hel"], ServiceUnavailableError, "gone", status=503, partial="Hel"),
    Fault("in-band error of no known kind", sends(*HEL, failed("x_error", "it broke")), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("in-band error that another try would not mend", sends(*OPEN, failed("invalid_prompt", "too odd")),
          error=BadRequestError, message="too odd", status=400, partial=""),
    Fault("only heartbeats", sends(BEAT, BEAT), error=StreamTruncatedError,
          message="no response had begun", attempts=2),
    Fault("502 of the gateway", lambda connection, request: connection.json(
              {"error": "Failed to reach upstream server"}, 502),
          error=BadGatewayError, message="Failed to reach upstream server", status=502, attempts=2),
]  # fmt: skip
