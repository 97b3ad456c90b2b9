"""The lines of one streamed assistant turn turned into the message that they make up, tool calls included."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from ..chat_schema import ExtraContent, FunctionCall, Message, ToolCall

__all__ = ["StreamedTurn", "payload"]


class _FunctionPiece(Struct):
    name: str | None = None
    arguments: str | None = None


class _CallPiece(Struct):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: _FunctionPiece | None = None
    extra_content: ExtraContent | None = None


class _Delta(Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_CallPiece] | None = None


class _Choice(Struct):
    index: int | None = None
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None


def payload(line: bytes) -> bytes | None:
    """What a line of an event stream holds, None for a line that holds nothing."""
    return line[5:].strip() if line.startswith(b"data:") else None


class StreamedTurn:
    """Give it lines; what cannot be read is passed over.

    Attributes:
        finish: Why the first choice ended, empty while it has not.
        done: The provider's own mark for the end has come.
    """

    def __init__(self) -> None:
        self.finish = ""
        self.done = False
        self._texts: dict[str, list[str]] = {"content": [], "reasoning": [], "reasoning_content": []}
        self._calls: dict[int, ToolCall] = {}

    @property
    def calls(self) -> list[ToolCall]:
        """The tools that it calls, in order."""
        return [self._calls[index] for index in sorted(self._calls)]

    @property
    def message(self) -> Message:
        """The turn as a message of the conversation."""
        text = {name: "".join(pieces) for name, pieces in self._texts.items()}
        return Message(
            role="assistant",
            content=Raw(msgspec.json.encode(text["content"] or None)),
            tool_calls=self.calls or None,
            reasoning=text["reasoning"] or None,
            reasoning_content=text["reasoning_content"] or None,
        )

    def feed(self, line: bytes) -> None:
        """Take a line into account."""
        data = payload(line)
        if data == b"[DONE]":
            self.done = True
        elif data:
            self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return
        for choice in chunk.choices or ():
            if not choice.index:  # tools are run for the first choice alone
                self._follow(choice)

    def _follow(self, choice: _Choice) -> None:
        delta = choice.delta or _Delta()
        for name, pieces in self._texts.items():
            pieces.append(getattr(delta, name) or "")
        for piece in delta.tool_calls or ():
            self._add(piece)
        self.finish = choice.finish_reason or self.finish

    def _add(self, piece: _CallPiece) -> None:
        call = self._calls.setdefault(self._place(piece), ToolCall(type="function"))
        call.id = call.id or piece.id or ""
        call.type = piece.type or call.type
        call.extra_content = piece.extra_content or call.extra_content
        if piece.function is not None:
            call.function = FunctionCall(
                arguments=call.function.arguments + (piece.function.arguments or ""),
                name=call.function.name or piece.function.name or "",
            )

    def _place(self, piece: _CallPiece) -> int:
        """Which call a piece belongs to; one without an index begins another call when it has an id."""
        if piece.index is not None:
            return piece.index
        latest = max(self._calls, default=-1)
        return latest + 1 if piece.id or latest < 0 else latest
