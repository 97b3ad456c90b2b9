"""The state of a chat stream, which assembles its answers, one per turn."""

# `_unknown` is private to users, not to the rooms.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.answers import texts_of_parts
from .._model.json_values import is_array, is_object
from .._model.unknown_fields import mark_incomplete, mark_ran_on_gateway, unknown_of
from .._wire import codec
from .state import (
    MAX_INDEX,
    RECENT,
    CallState,
    TextBuffer,
    finalize,
    join_recent,
    merge,
    merge_beside,
    merge_facts,
    merge_parts,
)
from .tool_calls import ToolCalls

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .._generated.chat import CompletionUsage, FinishReason

__all__ = ["ChatState", "Choice", "place_of"]

Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse
_ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier", "reasoning_format")

# Fields that few providers send. They are merged like unknown ones, and compared with None in place, because a call
# would cost time for every chunk.
_OF_THE_ANSWER = ("provider", "x_groq", "prompt_filter_results", "moderation", "citations", "search_results")
_BESIDE_THE_DELTA = ("content_filter_results", "native_finish_reason")
_OF_THE_MESSAGE = ("annotations", "function_call", "audio", "reasoning_details")

# Unknown fields that describe the chunk and not the answer. A whole answer has none of them, and those of the message
# would be sent back with the next request:
#   Together    {"index": 0, "text": "1", "delta": {"token_id": 16, "content": "1"}}
#   Groq        {"index": 0, "delta": {"reasoning": "We", "channel": "analysis"}}
#   Perplexity  {"index": 0, "delta": {"content": "lo"}, "message": {"role": "assistant", "content": "Hello"}}
_OF_THE_CHUNK = frozenset({"choices", "obfuscation", "p"})
_OF_THE_CHOICE = frozenset({"text", "message"})
_OF_THE_DELTA = frozenset({"token_id", "index", "channel"})


class ChatState:
    """The part of a chat stream that has been handed over (see `StreamState`).

    Args:
        keep: Keep the content, for `turns`.

    Attributes:
        choices: The choices of the current turn, by index.
        ended: The choices of the turn before the current one.
    """

    __slots__ = ("_done", "_envelope", "_extra", "_keep", "_missing", "choices", "ended", "turn", "usage")

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._done: list[Answer] = []
        self.turn = 0
        self.usage: CompletionUsage | None = None
        self.ended: dict[int, Choice] = {}
        self._begin()

    def add(self, chunk: Chunk) -> None:
        """Add the next chunk."""
        keep = self._keep
        for piece in chunk.choices:
            choice = self.choices.get(piece.index or 0)
            if choice is None:
                choice = self._choice(piece.index)
            if keep:
                choice.add(piece)
            else:
                choice.add_facts(piece)
        if chunk.usage is not None:
            self.usage = chunk.usage
        if keep:
            for name in self._missing:
                if getattr(chunk, name):
                    self._add_envelope(chunk)
                    break
            if (
                chunk.provider is not None
                or chunk.x_groq is not None
                or chunk.prompt_filter_results is not None
                or chunk.moderation is not None
                or chunk.citations is not None
                or chunk.search_results is not None
            ):
                merge_facts(self._extra, _given(chunk, _OF_THE_ANSWER))
            if chunk._unknown is not None:
                self._add_unknown(chunk)

    def next_turn(self) -> None:
        """Close the current turn: the next chunk shows that the gateway ran its tool calls."""
        if self._keep:
            answer = self._build(complete=True)
            for choice in answer.choices:
                for call in choice.message.tool_calls or ():
                    mark_ran_on_gateway(call)
            self._done.append(answer)
        self.turn += 1
        self.ended = self.choices
        self._begin()

    def turns(self, *, complete: bool) -> list[Answer]:
        """Return each turn as a whole answer; the last may be unfinished."""
        if not self._keep:
            return []
        if not self.choices and not self._envelope and not self._extra:
            return list(self._done)
        return [*self._done, self._build(complete)]

    def adopt(self, answer: Answer) -> None:
        """Use a complete answer as the only turn, unless it is empty."""
        if self._keep and answer.choices:
            self._done = [answer]

    @property
    def text(self) -> str:
        """The text of the first choice of the current turn."""
        choice = self._first
        return "" if choice is None else choice.joined_text()

    @property
    def reasoning(self) -> str:
        """The reasoning of the first choice of the current turn; only one of the two names if both carry it."""
        choice = self._first
        return "" if choice is None else choice.joined_reasoning()

    @property
    def tool_calls(self) -> list[CallState]:
        """The tool calls of the first choice of the current turn."""
        choice = self._first
        return [] if choice is None else choice.calls(self.turn)

    @property
    def finish_reason(self) -> FinishReason | None:
        """The finish reason of the first choice of the current turn."""
        choice = self._first
        return None if choice is None else choice.finish_reason

    @property
    def _first(self) -> Choice | None:
        return self.choices[min(self.choices)] if self.choices else None

    def _choice(self, index: int | None) -> Choice:
        """Return the choice with that index; a missing or invalid index means the first choice."""
        place = place_of(index)
        choice = self.choices.get(place)
        if choice is None:
            choice = self.choices[place] = Choice(place)
        return choice

    def _begin(self) -> None:
        self.choices: dict[int, Choice] = {}
        self.usage = None
        self._envelope: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _ENVELOPE

    def _add_envelope(self, chunk: Chunk) -> None:
        """Add the fields of the whole answer, each from the first chunk that has it (some begin with empty names)."""
        envelope = self._envelope
        envelope |= {name: value for name in self._missing if (value := getattr(chunk, name))}
        self._missing = tuple(name for name in self._missing if name not in envelope)

    def _add_unknown(self, chunk: Chunk) -> None:
        """Add fields that the contract does not list, and listed ones of another type."""
        merge_facts(self._extra, chunk.extra_fields)
        raw = unknown_of(chunk).raw
        odd = {name: value for name, value in raw.items() if name not in _OF_THE_CHUNK and getattr(chunk, name) is None}
        merge_facts(self._extra, odd)

    def _build(self, complete: bool) -> Answer:
        choices = sorted(self.choices.values(), key=lambda choice: choice.index)
        whole: dict[str, Any] = {
            **self._envelope,
            "object": "chat.completion",
            "choices": [choice.build(self.turn) for choice in choices],
        }
        _add_missing(whole, finalize(self._extra))
        if self.usage is not None:
            whole["usage"] = codec.to_builtins(self.usage)
        answer = codec.from_builtins(whole, Answer)
        if not complete or any(choice.finish_reason is None for choice in choices):
            mark_incomplete(answer)
        return answer


class Choice:
    """One choice of a turn.

    Attributes:
        tools: Its tool calls, None until one begins.
    """

    __slots__ = ("_content", "_extra", "_limit", "_logprobs", "_message_extra", "_parts", "_role", "_texts",
                 "finish_reason", "index", "tools")  # fmt: skip

    def __init__(self, index: int) -> None:
        self.index = index
        self.tools: ToolCalls | None = None
        self.finish_reason: FinishReason | None = None
        self._role = ""
        self._content: list[str] = []  # used like a `TextBuffer`, whose method call would cost time for every chunk
        self._limit = RECENT
        self._texts: dict[str, TextBuffer] = {}  # reasoning, reasoning_content, refusal
        self._parts: list[Any] | None = None  # content that came as a list of parts
        self._logprobs: dict[str, Any] | None = None
        self._extra: dict[str, Any] = {}
        self._message_extra: dict[str, Any] = {}

    def add(self, piece: Any) -> None:
        """Add one `ChatCompletionStreamChoice`."""
        delta = piece.delta
        if delta is not None:
            content = delta.content
            if content or (content is not None and not self.finish_reason):
                pieces = self._content
                pieces.append(content)
                if len(pieces) >= self._limit:
                    self._limit = join_recent(pieces, self._limit)
            self._add_rest(delta)
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason
        if piece.logprobs is not None:
            self._add_logprobs(piece.logprobs)
        if piece.content_filter_results is not None or piece.native_finish_reason is not None:
            merge_beside(self._extra, _given(piece, _BESIDE_THE_DELTA))
        if piece._unknown is not None and piece.extra_fields:
            merge_beside(self._extra, _without(piece.extra_fields, _OF_THE_CHOICE if delta is not None else ()))

    def add_facts(self, piece: Any) -> None:
        """Add the parts of a piece that `deltas()` needs from the state: tool calls and the finish reason."""
        delta = piece.delta
        if delta is not None and delta.tool_calls:
            self._add_calls(delta.tool_calls)
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason

    def build(self, turn: int) -> dict[str, Any]:
        """Return the choice as the JSON object of a whole answer; `finish_reason` is null while it is open."""
        message: dict[str, Any] = {"role": self._role or "assistant", "content": self._joined_content()}
        for name, pieces in self._texts.items():
            message[name] = "".join(pieces)
        if self.tools is not None:
            message["tool_calls"] = self.tools.build(turn)
        _add_missing(message, finalize(self._message_extra))
        extra = finalize(self._extra)
        given = extra.pop("message", None)  # a whole message in place of a delta
        if is_object(given):
            _add_missing(message, given)
        choice: dict[str, Any] = {"index": self.index, "message": message, "finish_reason": self.finish_reason}
        if self._logprobs is not None:
            choice["logprobs"] = finalize(self._logprobs)
        _add_missing(choice, extra)
        return choice

    def calls(self, turn: int, *, ran_on_gateway: bool = False) -> list[CallState]:
        """Return the tool calls, with the ids that the assembled answer has."""
        built = [] if self.tools is None else self.tools.build(turn)
        return [
            CallState(call["id"], call["function"]["name"], call["function"]["arguments"], ran_on_gateway)
            for call in built
        ]

    def joined_text(self) -> str:
        """Return the text."""
        content = self._joined_content()
        if is_array(content):
            return "".join([text for kind, text in texts_of_parts(content) if kind == "text"])
        return content or ""

    def joined_reasoning(self) -> str:
        """Return the reasoning, from a field of the message or from the parts of its content."""
        pieces = self._texts.get("reasoning_content") or self._texts.get("reasoning") or ()
        parts = texts_of_parts(finalize(self._parts))
        return "".join([*pieces, *(text for kind, text in parts if kind == "thinking")])

    def _add_rest(self, delta: Any) -> None:
        if delta.role and not self._role:
            self._role = str(delta.role)
        if delta.reasoning_content:
            self._text("reasoning_content").add(delta.reasoning_content)
        if delta.reasoning:
            self._text("reasoning").add(delta.reasoning)
        if delta.refusal:
            self._text("refusal").add(delta.refusal)
        if delta.tool_calls:
            self._add_calls(delta.tool_calls)
        if (
            delta.annotations is not None
            or delta.function_call is not None
            or delta.audio is not None
            or delta.reasoning_details is not None
        ):
            merge(self._message_extra, _given(delta, _OF_THE_MESSAGE))
        if delta._unknown is not None:
            self._add_unknown(delta)

    def _add_calls(self, pieces: Any) -> None:
        if self.tools is None:
            self.tools = ToolCalls()
        for piece in pieces:
            self.tools.add(piece)

    def _text(self, name: str) -> TextBuffer:
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = TextBuffer()
        return text

    def _add_unknown(self, delta: Any) -> None:
        """Add fields that the contract does not list or types otherwise, and content as a list of parts."""
        merge(self._message_extra, _without(delta.extra_fields, _OF_THE_DELTA))
        odd = {name: value for name, value in delta._unknown.raw.items() if value is not None}
        parts = odd.pop("content", None)
        if is_array(parts):
            if self._parts is None:
                self._parts = []
            self._flush(self._parts)
            self._content.clear()
            self._limit = RECENT
            merge_parts(self._parts, parts)
        elif parts is not None:
            odd["content"] = parts
        if odd:
            merge(self._message_extra, odd)

    def _add_logprobs(self, logprobs: Any) -> None:
        if self._logprobs is None:
            self._logprobs = {}
        merge(self._logprobs, codec.to_builtins(logprobs))

    def _joined_content(self) -> Any:
        if self._parts is None:
            return "".join(self._content) if self._content else None
        parts: list[Any] = finalize(self._parts)
        self._flush(parts)
        return finalize(parts)

    def _flush(self, parts: list[Any]) -> None:
        """Add the text that came as plain strings to the parts."""
        text = "".join(self._content)
        if text:
            merge_parts(parts, [{"type": "text", "text": text}])


def place_of(index: int | None) -> int:
    """Return the index of a choice; a missing or invalid one means the first choice."""
    return index if index is not None and 0 <= index <= MAX_INDEX else 0


def _given(piece: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the fields that are present; their values are plain."""
    return {name: value for name in names if (value := getattr(piece, name)) is not None}


def _without(fields: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def _add_missing(whole: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add fields that `whole` has no value for: assembled values win."""
    for name, value in more.items():
        if whole.get(name) is None:
            whole[name] = value
