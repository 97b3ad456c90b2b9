"""A scripted model's turn in each dialect, as a whole answer or as the events of a stream.

A `ScriptedTurn` holds text, tool calls and the finish reason. `DIALECTS` maps a path to the functions that encode it.
`Conversation` reads a request of any dialect and holds the parts that decide the answer.
"""

from __future__ import annotations

from .conversation import CREATED, Conversation, ConversationTool, ScriptedCall, ScriptedTurn, Tokens
from .dialects import DIALECTS

__all__ = ["CREATED", "DIALECTS", "Conversation", "ConversationTool", "ScriptedCall", "ScriptedTurn", "Tokens"]
