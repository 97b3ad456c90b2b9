"""The dialects by their paths below a provider's address."""

from __future__ import annotations

from collections.abc import Callable, Iterator  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct

from .chat import chat, chat_events
from .messages import message, message_events
from .responses import response, response_events
from .turn import Turn  # noqa: TC001  (the same)

__all__ = ["DIALECTS", "Dialect"]


class Dialect(Struct, frozen=True):
    """How a turn is told: `whole` gives the answer's JSON, `events` the pieces of a stream."""

    whole: Callable[[Turn], dict[str, object]]
    events: Callable[[Turn], Iterator[bytes]]


DIALECTS = {
    "/chat/completions": Dialect(chat, chat_events),
    "/messages": Dialect(message, message_events),
    "/responses": Dialect(response, response_events),
}
