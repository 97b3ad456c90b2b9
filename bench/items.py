"""The table of all measured kinds of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of work."""

    title: str
    verb: str  # the peer's method that does it
    answer: str = "chat"  # the server's response
    unit: str = "request"
    kind: Literal["cpu", "memory", "start"] = "cpu"
    at_once: int = 1
    once: bool = False  # one pass is the complete measurement
    warm: int = 40
    tls: bool = False
    rounds: int = 99  # at most; figures that hardly vary need few rounds
    assembled: bool = False  # only for clients that assemble their streams


ITEMS = {
    "request": Item("one request after the other", "ask"),
    "at-once-64": Item("64 requests at once", "ask", at_once=64),
    "at-once-256": Item("256 requests at once", "ask", at_once=256),
    "chunk-each": Item("streamed chunk, one per write", "stream", "each", "chunk"),
    "chunk-plain": Item("streamed chunk without padding, one per write", "stream", "plain", "chunk"),
    "chunk-joined": Item("streamed chunk, many per write", "stream", "joined", "chunk"),
    "chunk-each-bare": Item("streamed chunk, one per write, not assembled", "bare", "each", "chunk"),
    "chunk-joined-bare": Item("streamed chunk, many per write, not assembled", "bare", "joined", "chunk"),
    "chunk-helped": Item("streamed chunk, assembled by the client's own helper", "helped", "short", "chunk"),
    "paced-64": Item("chunk of 64 paced streams at once", "stream", "paced", "chunk", at_once=64, once=True),
    "tool-chunk": Item("chunk of streamed tool calls", "tools", "tools", "chunk"),
    "responses-event": Item("event of a Responses stream", "responses", "responses", "event"),
    "messages-event": Item("event of a Messages stream", "messages", "messages", "event"),
    "models": Item("list of 300 models with pricing", "models", "models", "list", warm=5),
    "pictures": Item("request of 4 MB with pictures", "picture", warm=2),
    "tls": Item("request over TLS", "ask", tls=True),
    "start": Item("import, first client, first request", "", kind="start"),
    "memory-chunks": Item(
        "memory of 200,000 chunks, assembled", "stream", "many", "chunk", "memory", rounds=2, assembled=True
    ),
    "memory-chunks-bare": Item("memory of 200,000 chunks, not assembled", "bare", "many", "chunk", "memory", rounds=2),
    "memory-idle": Item("memory of 1,000 idle streams", "hold", "idle", "stream", "memory", at_once=1000, rounds=2),
}
