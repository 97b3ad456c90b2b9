"""The chat dialect of streams: chunks, the assembled answer, and its deltas."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._generated.chat import CompletionUsage, CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.json_values import is_array, is_object
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
from .tool_calls import ToolCalls
from .turns import TextBuffer, Turn, finalize, has_content, merge, merge_beside, merge_facts

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.chat import ChatCompletionStreamChoice, FinishReason
    from .._wire.sse import RawEvent
    from .dialect import Options

__all__ = ["ChatAssembly", "ChatDeltas", "ChatDialect", "Choice"]


class Choice:
    """One choice in the making."""

    __slots__ = (
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

    def __init__(self, index: int) -> None:
        self.index = index
        self.role = ""
        self.content = TextBuffer()
        self.texts: dict[str, TextBuffer] = {}  # reasoning, reasoning_content, refusal
        self.parts: list[Any] | None = None  # content that came as a list of parts
        self.tools: ToolCalls | None = None
        self.finish_reason: str | None = None
        self.logprobs: dict[str, Any] | None = None
        self.extra: dict[str, Any] = {}
        self.message_extra: dict[str, Any] = {}

    def add(self, piece: Any) -> None:
        """Fold one `ChatCompletionStreamChoice`."""
        delta = piece.delta
        if delta is not None:
            content = delta.content
            if content or (content is not None and not self.finish_reason):
                self.content.add(content)
            self._add_rest(delta)
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason
        if piece.logprobs is not None:
            self._add_logprobs(piece.logprobs)
        if piece.kept_ is not None and piece.extra_fields:
            merge_beside(self.extra, piece.extra_fields)

    def built(self, turn: int) -> dict[str, Any]:
        """The choice as the JSON object of a whole answer; `finish_reason` is null while it is open."""
        message: dict[str, Any] = {"role": self.role or "assistant", "content": self._content()}
        for name, pieces in self.texts.items():
            message[name] = "".join(pieces)
        if self.tools is not None:
            message["tool_calls"] = self.tools.built(turn)
        message.update(finalize(self.message_extra))
        choice: dict[str, Any] = {"index": self.index, "message": message, "finish_reason": self.finish_reason}
        if self.logprobs is not None:
            choice["logprobs"] = finalize(self.logprobs)
        return {**choice, **finalize(self.extra)}

    def _add_rest(self, delta: Any) -> None:
        if delta.role and not self.role:
            self.role = str(delta.role)
        if delta.reasoning_content:
            self._text("reasoning_content").add(delta.reasoning_content)
        if delta.reasoning:
            self._text("reasoning").add(delta.reasoning)
        if delta.refusal:
            self._text("refusal").add(delta.refusal)
        if delta.tool_calls:
            if self.tools is None:
                self.tools = ToolCalls()
            for piece in delta.tool_calls:
                self.tools.add(piece)
        if delta.kept_ is not None:
            self._add_kept(delta)

    def _text(self, name: str) -> TextBuffer:
        text = self.texts.get(name)
        if text is None:
            text = self.texts[name] = TextBuffer()
        return text

    def _add_kept(self, delta: Any) -> None:
        """What the contract does not know or types otherwise, and content as a list of parts."""
        merge(self.message_extra, delta.extra_fields)
        odd = {name: value for name, value in delta.kept_.raw.items() if value is not None}
        parts = odd.pop("content", None)
        merge(self.message_extra, odd)
        if is_array(parts):
            if self.parts is None:
                self.parts = []
            if self.content:
                self.parts.append({"type": "text", "text": "".join(self.content)})
                self.content = TextBuffer()
            self.parts.extend(parts)

    def _add_logprobs(self, logprobs: Any) -> None:
        if self.logprobs is None:
            self.logprobs = {}
        merge(self.logprobs, codec.to_builtins(logprobs))

    def _content(self) -> Any:
        if self.parts is not None:
            text = [{"type": "text", "text": "".join(self.content)}] if self.content else []
            return [*self.parts, *text]
        return "".join(self.content) if self.content else None


Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse
_ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier", "reasoning_format")


class ChatAssembly:
    """The answers in the making.

    Args:
        starts: Which of the chunks, counted from 0, begin another turn. The list may grow until that chunk is added.
    """

    __slots__ = ("_added", "_choices", "_done", "_envelope", "_extra", "_missing", "_starts", "_usage")

    def __init__(self, starts: deque[int]) -> None:
        self._starts = starts
        self._added = 0
        self._done: list[Answer] = []
        self._usage: CompletionUsage | None = None
        self._begin()

    def add(self, chunk: Chunk) -> None:
        """Fold one chunk."""
        if self._starts and self._starts[0] == self._added:
            self._starts.popleft()
            self._next_turn()
        self._added += 1
        for piece in chunk.choices:
            index = piece.index or 0
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = Choice(index)
            choice.add(piece)
        if self._missing:
            self._add_envelope(chunk)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if chunk.kept_ is not None:
            self._add_kept(chunk)

    def turns(self, *, complete: bool) -> list[Answer]:
        """Each turn as a whole answer; the last may be unfinished."""
        if self._empty:
            return list(self._done)
        return [*self._done, self._built(complete)]

    def adopt(self, answer: Answer) -> None:
        """Take a whole answer as the only turn, unless it holds nothing."""
        if answer.choices:
            self._done = [answer]

    @property
    def _empty(self) -> bool:
        return not self._choices and not self._envelope and not self._extra

    def _next_turn(self) -> None:
        """Close the current turn: what follows it shows that the gateway ran its tool calls."""
        answer = self._built(complete=True)
        for choice in answer.choices:
            for call in choice.message.tool_calls or ():
                mark_ran_on_gateway(call)
        self._done.append(answer)
        self._begin()

    def _begin(self) -> None:
        self._choices: dict[int, Choice] = {}
        self._envelope: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _ENVELOPE
        self._usage = None

    def _add_envelope(self, chunk: Chunk) -> None:
        """Take what describes the whole answer from the first chunk that says it (some begin with empty names)."""
        envelope, found = self._envelope, False
        for name in self._missing:
            value = getattr(chunk, name)
            if value:
                envelope[name] = value
                found = True
        if found:
            self._missing = tuple(name for name in self._missing if name not in envelope)

    def _add_kept(self, chunk: Chunk) -> None:
        """What the contract does not know, and known fields that came in another type."""
        merge_facts(self._extra, chunk.extra_fields)
        raw = unknown_of(chunk).raw
        odd = {name: value for name, value in raw.items() if name != "choices" and getattr(chunk, name) is None}
        merge_facts(self._extra, odd)

    def _built(self, complete: bool) -> Answer:
        choices = sorted(self._choices.values(), key=lambda choice: choice.index)
        turn = len(self._done)
        whole: dict[str, Any] = {
            **self._envelope,
            "object": "chat.completion",
            "choices": [choice.built(turn) for choice in choices],
            **finalize(self._extra),
        }
        if self._usage is not None:
            whole["usage"] = codec.to_builtins(self._usage)
        answer = codec.from_builtins(whole, Answer)
        if not complete or any(choice.finish_reason is None for choice in choices):
            mark_incomplete(answer)
        return answer


class ChatDeltas:
    """The view of one stream; chunks go in in order."""

    __slots__ = ("_calls", "_finish", "_turn", "_turns")

    def __init__(self) -> None:
        self._turn = Turn()
        self._turns = 0
        self._calls: dict[int, _ToolCallView] = {}
        self._finish: dict[int, FinishReason] = {}

    def of(self, chunk: CreateChatCompletionStreamResponse) -> list[Delta]:
        """What a chunk says."""
        deltas: list[Delta] = []
        if self._turn.follow(chunk):
            self._end_turn(deltas)
        for piece in chunk.choices:
            self._add(piece, deltas)
        usage = chunk.usage
        if usage is not None:
            deltas.append(UsageReport(usage.prompt_tokens, usage.completion_tokens, usage))
        return deltas

    def at_end(self) -> list[Delta]:
        """What the stream's end says: of each choice that has a finish reason its tool calls, then that reason."""
        finish, self._finish = self._finish, {}
        deltas: list[Delta] = []
        for choice in sorted(finish):
            if choice in self._calls:
                deltas += self._calls.pop(choice).ends(choice, self._turns)
        deltas += [Finish(reason, choice, str(reason)) for choice, reason in sorted(finish.items())]
        return deltas

    def _end_turn(self, deltas: list[Delta]) -> None:
        for choice, calls in sorted(self._calls.items()):
            deltas += calls.ends(choice, self._turns, ran_on_gateway=True)
        deltas.append(TurnEnd(self._turns))
        self._turns += 1
        self._calls.clear()
        self._finish.clear()

    def _add(self, piece: ChatCompletionStreamChoice, deltas: list[Delta]) -> None:
        choice = piece.index or 0
        delta: Any = piece.delta  # a provider may leave it out
        if delta is not None:
            thought = delta.reasoning_content or delta.reasoning  # some send the same text under both names
            if thought:
                deltas.append(ReasoningDelta(thought, choice))
            deltas += [TextDelta(text, choice) for text in _texts(delta)]
            if delta.refusal:
                deltas.append(RefusalDelta(delta.refusal, choice))
            if delta.tool_calls:
                calls = self._calls.get(choice)
                if calls is None:
                    calls = self._calls[choice] = _ToolCallView()
                for part in delta.tool_calls:
                    deltas += calls.add(part, choice)
        if piece.finish_reason:
            self._finish[choice] = piece.finish_reason


class _ToolCallView:
    """The tool calls of one choice, and how much of each has been told."""

    __slots__ = ("_calls", "_index", "_told")

    def __init__(self) -> None:
        self._calls = ToolCalls()
        self._index: dict[int, int] = {}  # by place: the number under which the call's start was told
        self._told: dict[int, int] = {}  # by place: how many pieces of its arguments were told

    def add(self, piece: Any, choice: int) -> list[Delta]:
        """What a piece adds. A call's start waits for its arguments: by then its name, in pieces or not, is whole."""
        call = self._calls.add(piece)
        told = self._told.get(call.place, 0)
        new = call.arguments[told:]
        if not new:
            return []
        deltas = self._start(call.place, call.id, call.name, choice)
        self._told[call.place] = told + len(new)
        deltas += [ToolCallDelta(self._index[call.place], text, choice) for text in new]
        return deltas

    def ends(self, choice: int, turn: int, *, ran_on_gateway: bool = False) -> list[Delta]:
        """The ends of all calls, in the order and with the ids that the assembled answer has."""
        deltas: list[Delta] = []
        for call, built in zip(self._calls.in_order(), self._calls.built(turn), strict=True):
            call_id, name, arguments = built["id"], built["function"]["name"], built["function"]["arguments"]
            deltas += self._start(call.place, call_id, name, choice)
            deltas.append(ToolCallEnd(self._index[call.place], call_id, name, arguments, choice, ran_on_gateway))
        return deltas

    def _start(self, place: int, id: str, name: str, choice: int) -> list[Delta]:
        """The start of a call, unless it was told."""
        if place in self._index:
            return []
        index = self._index[place] = len(self._index)
        return [ToolCallStart(index, id, name, choice)]


def _texts(delta: Any) -> list[str]:
    """The text of a delta, as one string or, of some providers, as the texts among a list of parts."""
    if delta.content:
        return [delta.content]
    parts = None if delta.kept_ is None else delta.kept_.raw.get("content")
    if not is_array(parts):
        return []
    texts = [part.get("text") for part in parts if is_object(part) and part.get("type") == "text"]
    return [text for text in texts if text and isinstance(text, str)]


class ChatDialect(EventDialect[Chunk, Answer]):
    """One attempt at a chat stream.

    Args:
        choices: How many were asked for.
        options: As for every dialect.
    """

    __slots__ = ("_choices", "_deltas", "_read_so_far", "_starts", "_turn")

    def __init__(self, *, choices: int = 1, **options: Unpack[Options]) -> None:
        self._starts: deque[int] = deque()  # which of the chunks, counted from 0, begin another turn
        super().__init__(Chunk, Answer, lambda: ChatAssembly(self._starts), **options)
        self._turn = Turn()
        self._deltas = ChatDeltas()
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
        """The text a chunk brings."""
        return chunk.text

    def deltas(self, chunk: Chunk | None) -> list[Delta]:
        """What a chunk, or the stream's end, says in the words that all dialects share."""
        return self._deltas.at_end() if chunk is None else self._deltas.of(chunk)

    def _follow(self, chunk: Chunk, event: RawEvent) -> Chunk | None:
        if event[1] == "error" or (chunk.kept_ is not None and _is_error(chunk)):
            self._fail(chunk, event)
            return chunk if any(has_content(choice) for choice in chunk.choices) else None
        if self._turn.follow(chunk) and self._assembly is not None:
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
