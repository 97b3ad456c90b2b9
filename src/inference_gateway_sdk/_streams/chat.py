"""A chat stream: the verdict at its end, and the boundaries of its turns.

A `StreamCall` starts one `ChatDialect` for each attempt. An answer is whole when each choice that was opened has its
`finish_reason`. `[DONE]` proves nothing, since the gateway sends it after errors, and its absence is not a failure
(gateway-behaviour.md#mcp-tools, #chat-streaming).
"""

# `_unknown` is private to users, not to the rooms.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.answers import text_of
from .chat_state import ChatState, place_of
from .dialect import TOO_DEEP, EventDialect, too_deep

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.chat import ChatCompletionStreamChoice
    from .._wire.sse import RawEvent
    from .chat_deltas import ChatDeltas
    from .dialect import Options

__all__ = ["ChatDialect", "Turn"]

Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse


class ChatDialect(EventDialect[Chunk, Answer, ChatState]):
    """One attempt at a chat stream.

    Args:
        choices: The number of choices requested.
        options: The options of every dialect.
    """

    __slots__ = ("_choices", "_starts", "_turn")

    def __init__(self, *, choices: int = 1, **options: Unpack[Options]) -> None:
        super().__init__(Chunk, Answer, ChatState(keep=options.get("assemble", True)), **options)
        self._starts: deque[Chunk] = deque()  # chunks that have arrived, and begin another turn once they are folded
        self._turn = Turn()
        self._choices = choices

    @property
    def terminal(self) -> bool:
        """True when every requested or opened choice has its finish reason, and no error has arrived."""
        return self._turn.whole and self._turn.finished >= self._choices and not self.error_event

    @property
    def may_continue(self) -> bool:
        """True when another turn may follow the terminal marker, because the gateway runs tool calls itself.

        See gateway-behaviour.md#mcp-tools.
        """
        return self._turn.calls_tools

    @property
    def turn_count(self) -> int:
        """The number of turns that have begun."""
        return 1 + self.state.turn + len(self._starts)

    def has_content(self, chunk: Chunk) -> bool:
        """Return whether a chunk has content or an end; an empty delta or usage alone is neither."""
        for choice in chunk.choices:  # noqa: SIM110  (called for each read: a generator would cost more than the loop)
            if choice.finish_reason or has_content(choice):
                return True
        return False

    def text(self, chunk: Chunk) -> str | None:
        """Return the text that a chunk adds. If several choices were requested, only the one with index 0 counts."""
        if self._choices == 1:
            if len(chunk.choices) == 1:
                delta: Any = chunk.choices[0].delta  # required, and left out by some providers
                if delta is not None and delta._unknown is None:
                    content: str | None = delta.content  # most chunks: saves two calls
                    return content
            return chunk.text
        for choice in chunk.choices:
            if not place_of(choice.index):
                return text_of(choice)
        return None

    def fold(self, chunk: Chunk) -> None:
        """Add a chunk that is handed over.

        Raises:
            DecodingError: The chunk is nested too deeply.
        """
        if self._starts:
            self._begin_turn(chunk)
        if self._assemble:  # repeats the base class: calling it would cost time for every chunk
            try:
                self.state.add(chunk)
            except TOO_DEEP:
                raise too_deep() from None

    def _begin_turn(self, chunk: Chunk) -> None:
        """Begin another turn, if the chunk was found to begin one."""
        if self._starts[0] is chunk:
            self._starts.popleft()
            try:
                self.state.next_turn()
            except TOO_DEEP:
                raise too_deep() from None

    def _make_view(self) -> ChatDeltas:
        from .chat_deltas import ChatDeltas

        return ChatDeltas(self.state)

    def _follow(self, chunk: Chunk, event: RawEvent) -> Chunk | None:
        if event[1] == "error" or (chunk._unknown is not None and _is_error(chunk)):
            self._fail(chunk, event)
            brings = chunk.usage is not None or any(has_content(choice) for choice in chunk.choices)
            return chunk if brings else None
        if self._turn.follow(chunk):
            self._starts.append(chunk)
        return chunk

    def _missing(self) -> str:
        waiting, finished = self._turn.open, self._turn.finished
        if waiting:
            return f"choice {', '.join(map(str, waiting))} has no finish_reason"
        return f"only {finished} of {self._choices} choices came" if finished else "no choice was finished"

    def _ends_whole(self) -> bool:
        """Return whether an orderly end here is the end of the answer; fewer choices may come than were requested."""
        if self._turn.whole:
            self._choices = min(self._choices, self._turn.finished)
        return self.terminal


class Turn:
    """The assistant turn that is being read: which choices are open, and where the next turn begins.

    The gateway relays all turns of an MCP conversation in one stream (gateway-behaviour.md#mcp-tools). Only the
    chunks themselves show where one ends and the next begins:
        {"id": "a", "choices": [{"index": 0, "delta": {"tool_calls": [...]}, "finish_reason": null}]}
        {"id": "a", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
        {"id": "b", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}
        {"id": "b", "choices": [{"index": 0, "delta": {"content": "It rains."}, "finish_reason": "stop"}]}
    The third begins the second turn. It would not if no tool had been called, or under the same id.

    Attributes:
        calls_tools: True once a piece of a tool call has come.
    """

    __slots__ = ("_finish", "_id", "_open", "_role_again", "calls_tools")

    def __init__(self) -> None:
        self._finish: dict[int, str] = {}
        self._open: set[int] = set()
        self._id = ""
        self._role_again = False
        self.calls_tools = False

    @property
    def finished(self) -> int:
        """The number of choices that have their finish reason."""
        return len(self._finish)

    @property
    def open(self) -> list[int]:
        """The choices that have begun and have no finish reason yet."""
        return sorted(self._open)

    @property
    def whole(self) -> bool:
        """True when at least one choice has finished, and none is open."""
        return bool(self._finish) and not self._open

    def follow(self, chunk: Chunk) -> bool:
        """Track a chunk. Return whether it begins another turn."""
        choices = chunk.choices
        if len(choices) == 1:
            piece = choices[0]
            delta: Any = piece.delta
            if not piece.finish_reason and (piece.index or 0) in self._open and not (delta and delta.tool_calls):
                self._id = chunk.id or ""  # most chunks
                return False
        begins = belongs = False
        for piece in choices:
            index = place_of(piece.index)
            if index not in self._finish:
                belongs = True
            elif self._follows(piece, index, chunk.id or ""):
                begins = True
                self._begin()
            if _calls_tools(piece):
                self.calls_tools = True
            if piece.finish_reason:
                self._open.discard(index)
                self._finish[index] = piece.finish_reason
            elif index not in self._finish:
                self._open.add(index)
        if begins or belongs:  # an empty piece after a finish may begin the next turn: its id is not recorded
            self._id = chunk.id or ""
        return begins

    def _begin(self) -> None:
        self._finish.clear()
        self._open.clear()
        self._role_again = False
        self.calls_tools = False

    def _follows(self, piece: ChatCompletionStreamChoice, index: int, chunk_id: str) -> bool:
        """Return whether a piece of a choice that had finished belongs to another turn.

        Only tool calls are followed by another turn, which has its own id, and a role or content. Under the same id,
        or without one, a finish_reason may mean less. Some providers send it with every chunk, some an empty piece
        after it:
            {"delta": {"content": "Hel"}, "finish_reason": "stop"} {"delta": {"content": "lo"}, "finish_reason": "stop"}
            {"delta": {}, "finish_reason": "tool_calls"} {"delta": {"role": "assistant", "content": ""}}
        There only text after a finish_reason "tool_calls" is a turn, or a role and then content.
        """
        if not self.calls_tools:
            return False
        delta: Any = piece.delta
        if chunk_id and self._id and chunk_id != self._id:
            return has_content(piece) or bool(delta is not None and delta.role)
        if self._finish[index] != "tool_calls" or delta is None:
            return False
        if not has_content(piece):
            self._role_again = self._role_again or bool(delta.role)
            return False
        return self._role_again or not delta.tool_calls


def has_content(piece: ChatCompletionStreamChoice) -> bool:
    """Return whether a piece has text, reasoning, a refusal, a tool call or an extra."""
    delta: Any = piece.delta  # required, and left out by some providers
    if delta is None:
        return False
    if delta.content or delta.tool_calls or delta.reasoning_content or delta.reasoning or delta.refusal:
        return True
    if delta.reasoning_details or delta.annotations or delta.function_call or delta.audio:
        return True
    unknown = delta._unknown
    return unknown is not None and (any(unknown.raw.values()) or any(delta.extra_fields.values()))


def _calls_tools(piece: ChatCompletionStreamChoice) -> bool:
    delta: Any = piece.delta  # required, and left out by some providers
    return delta is not None and bool(delta.tool_calls)


def _is_error(chunk: Chunk) -> bool:
    """Return whether the chunk is an error object, or holds one."""
    return bool(chunk.extra_fields.get("error")) or chunk.object == "error"
