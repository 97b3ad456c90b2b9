"""What a scripted model does at its turn, in each dialect: as a whole answer, or as the events of a stream.

A `ScriptedTurn` holds text, tool calls and the reason it ends; `DIALECTS` turns it into bytes by the path below a
provider's address. `Conversation` is the other way: what of a request, in any dialect, decides the answer.
"""

from __future__ import annotations

from .conversation import CREATED, Conversation, ConversationTool, ScriptedCall, ScriptedTurn, Tokens
from .dialects import DIALECTS

__all__ = ["CREATED", "DIALECTS", "Conversation", "ConversationTool", "ScriptedCall", "ScriptedTurn", "Tokens"]
