"""The chat dialect of streams: chunks, the assembled answer, and its deltas."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._generated.chat import CompletionUsage, CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.answers import text_of, texts_of_parts
from .._model.json_values import is_array
from .._model.unknown_fields import mark_incomplete, mark_ran_on_gateway, unknown_of
from .._wire import codec
from .._wire.deltas import (
    Delta,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    TurnEnd,
    UsageReport,
)
from .dialect import EventDialect
from .tool_calls import Slot, ToolCalls
from .turns import TextBuffer, Turn, finalize, has_content, merge, merge_beside, merge_facts, merge_parts, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from .._generated.chat import FinishReason
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["ChatDialect", "ChatState", "Choice"]


Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse
_ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier", "reasoning_format")
# Fields of chunks that whole answers do not have: Together's `choices[].text` and `token_id`, Groq's `channel`.
_OF_CHUNK_CHOICES = frozenset({"text"})
_OF_CHUNK_MESSAGES = frozenset({"token_id", "index", "channel"})


class Choice:
    """The state of one choice.

    Args:
        index: Its number.
        keep: Keep text, reasoning and unknown fields for the assembled answer. Tool calls are always kept.
    """

    __slots__ = (
        "_keep",
        "_numbered",
        "content",
        "extra",
        "finish_reason",
        "index",
        "logprobs",
        "message_extra",
        "parts",
        "role",
        "texts",
        "tools",
    )

    def __init__(self, index: int, *, keep: bool = True) -> None:
        self.index = index
        self.role = ""
        self.content = TextBuffer()
        self.texts: dict[str, TextBuffer] = {}  # reasoning, reasoning_content, refusal
        self.parts: list[Any] | None = None  # content that came as a list of parts
        self.tools: ToolCalls | None = None
        self.finish_reason: FinishReason | None = None
        self.logprobs: dict[str, Any] | None = None
        self.extra: dict[str, Any] = {}
        self.message_extra: dict[str, Any] = {}
        self._keep = keep
        self._numbered = 0  # tool calls whose start was emitted

    def add(self, piece: Any, emitted: list[Delta] | None) -> None:
        """Add one `ChatCompletionStreamChoice`; append its deltas to `emitted` when that is a list."""
        delta = piece.delta
        if delta is not None:
            if emitted is not None:
                self._emit(delta, emitted)
            if self._keep:
                self._add_content(delta)
            if delta.tool_calls:
                if self.tools is None:
                    self.tools = ToolCalls()
                for part in delta.tool_calls:
                    slot = self.tools.add(part)
                    if emitted is not None and slot.fresh:
                        self._emit_start(slot, slot.id, slot.name, emitted)
                        emitted.append(ToolCallDelta(slot.number, slot.fresh, self.index))
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason
        if self._keep:
            if piece.logprobs is not None:
                self._add_logprobs(piece.logprobs)
            if piece.kept_ is not None and piece.extra_fields:
                merge_beside(self.extra, piece.extra_fields)

    def emit_ends(self, turn: int, emitted: list[Delta], *, ran_on_gateway: bool = False) -> None:
        """Append the ends of all tool calls, in the order and with the ids of the assembled answer."""
        if self.tools is None:
            return
        for slot, built in zip(self.tools.in_order(), self.tools.built(turn), strict=True):
            call_id, name, arguments = built["id"], built["function"]["name"], built["function"]["arguments"]
            self._emit_start(slot, call_id, name, emitted)
            emitted.append(ToolCallEnd(slot.number, call_id, name, arguments, self.index, ran_on_gateway))

    def built(self, turn: int) -> dict[str, Any]:
        """Return the choice as the JSON object of a whole answer; `finish_reason` is null while it is open."""
        message: dict[str, Any] = {"role": self.role or "assistant", "content": self._content()}
        for name, pieces in self.texts.items():
            message[name] = "".join(pieces)
        if self.tools is not None:
            message["tool_calls"] = self.tools.built(turn)
        message.update(finalize(self.message_extra))
        choice: dict[str, Any] = {"index": self.index, "message": message, "finish_reason": self.finish_reason}
        if self.logprobs is not None:
            choice["logprobs"] = finalize(self.logprobs)
        # What was assembled wins: Perplexity repeats the text so far in a `message` beside each delta.
        unknown = {name: value for name, value in self.extra.items() if name not in _OF_CHUNK_CHOICES}
        return {**finalize(unknown), **choice}

    def _emit(self, delta: Any, emitted: list[Delta]) -> None:
        index = self.index
        thought = delta.reasoning_content or delta.reasoning  # some send the same text under both names
        if thought:
            emitted.append(ReasoningDelta(thought, index))
        if delta.content:
            emitted.append(TextDelta(delta.content, index))
        elif delta.kept_ is not None:
            for kind, text in texts_of_parts(delta.kept_.raw.get("content")):
                emitted.append(ReasoningDelta(text, index) if kind == "thinking" else TextDelta(text, index))
        if delta.refusal:
            emitted.append(RefusalDelta(delta.refusal, index))

    def _emit_start(self, slot: Slot, id: str, name: str, emitted: list[Delta]) -> None:
        """Append the start of a call once. It waits for arguments: by then the name, in pieces or not, is whole."""
        if slot.number < 0:
            slot.number = self._numbered
            self._numbered += 1
            emitted.append(ToolCallStart(slot.number, id, name, self.index))

    def _add_content(self, delta: Any) -> None:
        content = delta.content
        if content or (content is not None and not self.finish_reason):
            if self.parts is None:
                self.content.add(content)
            elif content:
                merge_parts(self.parts, [{"type": "text", "text": content}])
        if delta.role and not self.role:
            self.role = str(delta.role)
        if delta.reasoning_content:
            self._text("reasoning_content").add(delta.reasoning_content)
        if delta.reasoning:
            self._text("reasoning").add(delta.reasoning)
        if delta.refusal:
            self._text("refusal").add(delta.refusal)
        if delta.kept_ is not None:
            self._add_unknown(delta)

    def _text(self, name: str) -> TextBuffer:
        text = self.texts.get(name)
        if text is None:
            text = self.texts[name] = TextBuffer()
        return text

    def _add_unknown(self, delta: Any) -> None:
        """Add fields the contract does not list or types otherwise, and content that is a list of parts.

        Mistral's reasoning models send parts:
        `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"2 + 2"}]}]}`, later
        `{"content":[{"type":"text","text":" 4."}]}`.
        """
        merge(self.message_extra, _without(delta.extra_fields, _OF_CHUNK_MESSAGES))
        odd = {name: value for name, value in delta.kept_.raw.items() if value is not None}
        parts = odd.pop("content", None)
        merge(self.message_extra, _without(odd, _OF_CHUNK_MESSAGES))
        if is_array(parts):
            if self.parts is None:
                self.parts = []
                if self.content:
                    self.parts.append({"type": "text", "text": "".join(self.content)})
                    self.content = TextBuffer()
            merge_parts(self.parts, parts)

    def _add_logprobs(self, logprobs: Any) -> None:
        if self.logprobs is None:
            self.logprobs = {}
        merge(self.logprobs, codec.to_builtins(logprobs))

    def _content(self) -> Any:
        if self.parts is not None:
            return finalize(self.parts)
        return "".join(self.content) if self.content else None


class ChatState:
    """The state of one chat stream: turns, choices, tool calls, usage. It is fed each chunk once, as it is handed over.

    The assembled answers (`turns`) and the deltas (`emitted`) are both read from it.

    Args:
        starts: The numbers of the chunks, counted from 0, that begin another turn. The list may grow until that chunk
            is added.
        keep: Keep what the assembled answers need; otherwise memory stays constant but for open tool calls.

    Attributes:
        emitted: The deltas of the chunks added since it was last emptied; None when nobody reads them.
    """

    __slots__ = (
        "_added",
        "_choices",
        "_done",
        "_ended",
        "_envelope",
        "_extra",
        "_keep",
        "_missing",
        "_starts",
        "_turn",
        "emitted",
        "usage",
    )

    def __init__(self, starts: deque[int], *, keep: bool = True) -> None:
        self._starts = starts
        self._keep = keep
        self._added = 0
        self._turn = 0
        self._ended = False
        self._done: list[Answer] = []
        self.emitted: list[Delta] | None = None
        self.usage: CompletionUsage | None = None
        self._begin()

    def add(self, chunk: Chunk) -> None:
        """Add one chunk."""
        if self._starts and self._starts[0] == self._added:
            self._starts.popleft()
            self._next_turn()
        self._added += 1
        emitted = self.emitted
        for piece in chunk.choices:
            index = number_of(piece.index)
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = Choice(index, keep=self._keep)
            choice.add(piece, emitted)
        usage = chunk.usage
        if usage is not None:
            self.usage = usage
            if emitted is not None:
                emitted.append(UsageReport(usage.prompt_tokens, usage.completion_tokens, usage))
        if self._keep:
            if self._missing:
                self._add_envelope(chunk)
            if chunk.kept_ is not None:
                self._add_unknown(chunk)

    def end(self) -> None:
        """Append the deltas of the stream's end: of each finished choice its tool calls, then its finish reason."""
        emitted = self.emitted
        if emitted is None or self._ended:
            return
        self._ended = True
        finished = [choice for choice in self._in_order() if choice.finish_reason]
        for choice in finished:
            choice.emit_ends(self._turn, emitted)
        emitted += [
            Finish(choice.finish_reason, choice.index, str(choice.finish_reason))
            for choice in finished
            if choice.finish_reason
        ]

    def turns(self, *, complete: bool) -> list[Answer]:
        """Return each turn as a whole answer; the last may be unfinished."""
        if self._empty:
            return list(self._done)
        return [*self._done, self._built(complete)]

    def adopt(self, answer: Answer) -> None:
        """Take a whole answer as the only turn, unless it is empty."""
        if answer.choices:
            self._done = [answer]

    @property
    def _empty(self) -> bool:
        return not self._choices and not self._envelope and not self._extra

    def _in_order(self) -> list[Choice]:
        return [self._choices[index] for index in sorted(self._choices)]

    def _next_turn(self) -> None:
        """Close the current turn: another turn shows that the gateway ran its tool calls."""
        if self.emitted is not None:
            for choice in self._in_order():
                choice.emit_ends(self._turn, self.emitted, ran_on_gateway=True)
            self.emitted.append(TurnEnd(self._turn))
        if self._keep:
            answer = self._built(complete=True)
            for built in answer.choices:
                for call in built.message.tool_calls or ():
                    mark_ran_on_gateway(call)
            self._done.append(answer)
        self._turn += 1
        self._begin()

    def _begin(self) -> None:
        self._choices: dict[int, Choice] = {}
        self._envelope: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _ENVELOPE
        self.usage = None

    def _add_envelope(self, chunk: Chunk) -> None:
        """Take the facts of the whole answer from the first chunk that has each (some begin with empty names)."""
        envelope, found = self._envelope, False
        for name in self._missing:
            value = getattr(chunk, name)
            if value:
                envelope[name] = value
                found = True
        if found:
            self._missing = tuple(name for name in self._missing if name not in envelope)

    def _add_unknown(self, chunk: Chunk) -> None:
        """Add fields the contract does not list, and known fields that came in another type."""
        merge_facts(self._extra, chunk.extra_fields)
        raw = unknown_of(chunk).raw
        odd = {name: value for name, value in raw.items() if name != "choices" and getattr(chunk, name) is None}
        merge_facts(self._extra, odd)

    def _built(self, complete: bool) -> Answer:
        choices = self._in_order()
        whole: dict[str, Any] = {
            **self._envelope,
            "object": "chat.completion",
            "choices": [choice.built(self._turn) for choice in choices],
            **finalize(self._extra),
        }
        if self.usage is not None:
            whole["usage"] = codec.to_builtins(self.usage)
        answer = codec.from_builtins(whole, Answer)
        if not complete or any(choice.finish_reason is None for choice in choices):
            mark_incomplete(answer)
        return answer


def _without(fields: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    return fields if names.isdisjoint(fields) else {name: fields[name] for name in fields if name not in names}


class ChatDialect(EventDialect[Chunk, Answer]):
    """One attempt at a chat stream.

    Args:
        choices: How many were asked for.
        options: As for every dialect.
    """

    __slots__ = ("_choices", "_read_so_far", "_starts", "_turn")

    def __init__(self, *, choices: int = 1, **options: Unpack[Options]) -> None:
        self._starts: deque[int] = deque()  # the chunks, counted from 0, that begin another turn
        super().__init__(Chunk, Answer, lambda keep: ChatState(self._starts, keep=keep), **options)
        self._turn = Turn()
        self._choices = choices
        self._read_so_far = 0

    @property
    def terminal(self) -> bool:
        """Every choice that was asked for, or opened, has its finish reason."""
        return self._turn.whole and self._turn.finished >= self._choices

    @property
    def may_continue(self) -> bool:
        """Another turn may follow the terminal marker: the gateway runs tool calls itself (WIRE section 13)."""
        return self._turn.calls_tools

    def has_content(self, chunk: Chunk) -> bool:
        """Whether a chunk brings what a reader waits for: content or an end, not an empty delta or usage alone."""
        for choice in chunk.choices:  # noqa: SIM110  (asked for each read: a generator would cost more than the loop)
            if choice.finish_reason or has_content(choice):
                return True
        return False

    def text(self, chunk: Chunk) -> str | None:
        """Return the text a chunk brings; where several choices were asked for, that of choice 0."""
        if self._choices == 1:
            return chunk.text
        return "".join([text_of(choice) or "" for choice in chunk.choices if not choice.index]) or None

    def _follow(self, chunk: Chunk, event: RawEvent) -> Chunk | None:
        if event[1] == "error" or (chunk.kept_ is not None and _is_error(chunk)):
            self._fail(chunk, event)
            return chunk if any(has_content(choice) for choice in chunk.choices) else None
        if self._turn.follow(chunk):
            self._starts.append(self._read_so_far)
        self._read_so_far += 1
        return chunk

    def _missing(self) -> str:
        waiting, finished = self._turn.open, self._turn.finished
        if waiting:
            return f"choice {', '.join(map(str, waiting))} has no finish_reason"
        return f"only {finished} of {self._choices} choices came" if finished else "no choice was finished"

    def _ends_whole(self) -> bool:
        """Whether an orderly end here is the end of the answer; a provider may give fewer choices than asked for."""
        if self._turn.whole:
            self._choices = min(self._choices, self._turn.finished)
        return self.terminal


def _is_error(chunk: Chunk) -> bool:
    """Whether an error stands in the place of a chunk, or in one."""
    return bool(chunk.extra_fields.get("error")) or chunk.object == "error"
