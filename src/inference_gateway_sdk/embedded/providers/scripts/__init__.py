"""What a scripted model does at its turn, in each dialect: as a whole answer, or as the events of a stream.

A `Turn` says it once (text, tool calls, why it ends), whoever made it up; `DIALECTS` turns it into bytes by the path
below a provider's address. `Conversation` is the other way: what of a request, in any dialect, decides the answer.
"""

from __future__ import annotations

from .chat import chat, chat_events
from .conversation import Conversation, Tool
from .dialects import DIALECTS, Dialect
from .messages import message, message_events
from .responses import response, response_events
from .turn import CREATED, Call, Tokens, Turn

__all__ = [
    "CREATED",
    "DIALECTS",
    "Call",
    "Conversation",
    "Dialect",
    "Tokens",
    "Tool",
    "Turn",
    "chat",
    "chat_events",
    "message",
    "message_events",
    "response",
    "response_events",
]
