"""What a scripted model does at its turn, in each dialect: as a whole answer, or as the events of a stream.

A `Turn` says it once (text, tool calls, why it ends), whoever made it up; `DIALECTS` turns it into bytes by the path
below a provider's address. `Conversation` is the other way: what of a request, in any dialect, decides the answer.
"""

from __future__ import annotations

from .conversation import Conversation, Tool
from .dialects import DIALECTS
from .turn import CREATED, Call, Tokens, Turn

__all__ = ["CREATED", "DIALECTS", "Call", "Conversation", "Tokens", "Tool", "Turn"]
