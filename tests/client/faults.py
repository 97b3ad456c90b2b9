"""The fault matrix of chat streams: the server's behaviour on the wire, and the result that the reader must see."""

from __future__ import annotations

from client.fault import BLOCKS, HASTY_IDLE, Fault
from client.misbehaviour import cut, drip, reset, sends, stall
from client.stream_faults import COMMENT, Spoken, stream_faults
from inference_gateway_sdk import (
    GatewayTimeoutError,
    RateLimitError,
    ServiceUnavailableError,
    StreamError,
    StreamTruncatedError,
)
from support.server import ANSWER, DONE, GOOD, ROLE, USAGE, chunk, event

FINISH = chunk(finish="stop")
SPOKEN = Spoken(opening=[ROLE], delta=chunk, finish=lambda _: [FINISH, USAGE, DONE], heartbeat=COMMENT, answer=ANSWER)
HEL, HELLO = SPOKEN.hel, SPOKEN.hello
TOOL = chunk(delta={"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "f", "arguments": "{}"}}]})
OVER = event({"error": {"message": "overloaded, later", "code": 503}})
OVER_UNCODED = event({"error": {"message": "it broke", "type": "weird"}})
UNESCAPED = b'data: {"error": "Failed to start streaming: {"error": {"message": "slow down", "code": 429}}"}\n\n'
NAMED = b"event: error\n" + event({"message": "too many", "code": 429})

_ENDS = [
    Fault("no [DONE]", sends(*GOOD[:-1]), ["Hel", "lo"]),
    Fault("neither usage nor [DONE]", sends(*HELLO, FINISH), ["Hel", "lo"]),
    Fault("finished, then cut without the end of the body", sends(*GOOD[:-1], end=cut), ["Hel", "lo"], connections=2),
    Fault("finished, then reset", sends(*GOOD[:-2], end=reset), ["Hel", "lo"], connections=2),
    Fault("finish_reason without a line end", sends(*HELLO, FINISH.rstrip()), ["Hel", "lo"]),
    Fault("no marker: [DONE] without a finish_reason", sends(*HELLO, DONE), ["Hel", "lo"], StreamTruncatedError,
          "choice 0 has no finish_reason", partial="Hello"),
    Fault("no marker: a clean end", sends(*HELLO), ["Hel", "lo"], StreamTruncatedError, "choice 0 has no finish_reason",
          partial="Hello"),
    Fault("stall after the marker", sends(*HELLO, FINISH, end=stall), ["Hel", "lo"], connections=2,
          timeouts=HASTY_IDLE),
    Fault("stall after tool calls, which another turn might follow",
          sends(ROLE, TOOL, chunk(finish="tool_calls"), end=stall), connections=2, timeouts=HASTY_IDLE),
    Fault("comment drip after the marker", sends(*HELLO, FINISH, end=drip(COMMENT)), ["Hel", "lo"], connections=2,
          timeouts=HASTY_IDLE, tls=True),
]  # fmt: skip

_ERRORS = [
    Fault("in-band error before content", sends(ROLE, OVER, DONE), error=ServiceUnavailableError,
          message="overloaded, later", status=503, partial="", attempts=2),
    Fault("in-band error after content", sends(*HEL, OVER, DONE), ["Hel"], ServiceUnavailableError, "overloaded, later",
          status=503, partial="Hel"),
    Fault("in-band error after the finish_reason", sends(*HELLO, FINISH, OVER, DONE), ["Hel", "lo"],
          ServiceUnavailableError, "overloaded, later", status=503, partial="Hello"),
    Fault("in-band error without a code, after content", sends(*HEL, OVER_UNCODED, DONE), ["Hel"], StreamError,
          "it broke", partial="Hel"),
    Fault("an event named error, before content", sends(NAMED), error=RateLimitError, message="too many", status=429,
          attempts=2),
    Fault("the gateway's unescaped error, then [DONE]", sends(UNESCAPED, DONE), error=RateLimitError,
          message="slow down", status=429, attempts=2),
    Fault("only comments", sends(b": hi\n\n"), error=StreamTruncatedError, message="only comments", attempts=2),
    Fault("only fields", sends(BLOCKS[0]), error=StreamTruncatedError, message="no event in it", attempts=2),
    Fault("only [DONE]", sends(DONE), error=StreamTruncatedError, message="no choice was finished", attempts=2),
    Fault("only usage", sends(USAGE, DONE), error=StreamTruncatedError, partial=None, attempts=2),
    Fault("the 400 that is the provider's silence",
          lambda connection, request: connection.json({"error": "net/http: timeout awaiting response headers"}, 400),
          error=GatewayTimeoutError, status=400, attempts=2),
    Fault("an event over the bound, before content", sends(ROLE, chunk("x" * 5000), FINISH, DONE), error=StreamError,
          message="more than max_event=1000 bytes", partial="", attempts=2, max_event=1000),
    Fault("an event over the bound that never ends", sends(*HEL, b"data: ", end=drip(b"x" * 400)), ["Hel"], StreamError,
          "more than max_event=1000 bytes", partial="Hel", connections=2, max_event=1000),
]  # fmt: skip

FAULTS = [*stream_faults(SPOKEN), *_ENDS, *_ERRORS]
