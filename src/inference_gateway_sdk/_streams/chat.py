"""A chat stream: the bytes of one attempt to chunks, chunks to whole answers, and the verdict at the end.

`ChatDialect` is what a `StreamCall` starts for each attempt. It tells the truth about the end: an answer is whole when
each choice that was opened has its `finish_reason`. `[DONE]` alone proves nothing (the gateway sends it after errors,
WIRE section 13) and its absence is no failure (section 9).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._generated.chat import CompletionUsage, CreateChatCompletionResponse, CreateChatCompletionStreamResponse
from .._model.kept import kept_of, mark_incomplete, mark_ran_on_gateway
from .._wire import codec
from .._wire.problem import read_bad_frame, read_stream_error
from ..errors import DecodingError, DeserializationError, GatewayError, StreamTruncatedError
from .chat_deltas import ChatDeltas
from .choice import Choice
from .extras import merge_facts, settled
from .frames import Frames
from .turn import Turn, has_content

if TYPE_CHECKING:
    from .._wire.deltas import Delta
    from .._wire.sse import RawEvent

__all__ = ["ChatAssembly", "ChatDialect"]

Chunk = CreateChatCompletionStreamResponse
Answer = CreateChatCompletionResponse
_ENVELOPE = ("id", "created", "model", "system_fingerprint", "service_tier", "reasoning_format")
MAX_EVENT = 64 * 1024 * 1024


class ChatDialect:
    """One attempt at a chat stream.

    Args:
        provider: Asked for, to be named in errors.
        model: Asked for, to be named in errors.
        assemble: Keep the content, so that `final` has it; otherwise memory stays constant.
        choices: How many were asked for.
        max_event: The largest event accepted, in bytes.
    """

    __slots__ = (
        "_assembly",
        "_choices",
        "_decode",
        "_deltas",
        "_folded",
        "_frames",
        "_model",
        "_provider",
        "_read_so_far",
        "_starts",
        "_turn",
        "closed",
        "failure",
    )

    def __init__(
        self,
        *,
        provider: str | None = None,
        model: str | None = None,
        assemble: bool = True,
        choices: int = 1,
        max_event: int = MAX_EVENT,
    ) -> None:
        self.failure: GatewayError | None = None
        self.closed = False
        self._provider, self._model = provider, model
        self._frames = Frames(max_event)
        self._decode = codec.ChunkDecoder(Chunk).decode
        self._assembly = ChatAssembly() if assemble else None
        self._turn = Turn()
        self._deltas = ChatDeltas()
        self._choices = choices
        self._starts: deque[int] = deque()  # which of the chunks, counted from 0, begin another turn
        self._read_so_far = 0
        self._folded = 0

    @property
    def terminal(self) -> bool:
        """Every choice that was asked for, or opened, has its finish reason."""
        return self._turn.whole and self._turn.finished >= self._choices

    @property
    def may_continue(self) -> bool:
        """Another turn may follow the terminal marker: the gateway runs tool calls itself (WIRE section 13)."""
        return self._turn.calls_tools

    def feed(self, data: bytes) -> list[tuple[Chunk | None, RawEvent]]:
        """The chunks that these bytes complete, each with its raw event (the chunk is None for `[DONE]`)."""
        events = self._frames.feed(data)
        chunks = self._read_all(events) if events else []
        if self._frames.failure is not None and not self.closed:
            self.failure = self._frames.failure
            self.closed = True
        return chunks

    def end(self) -> list[tuple[Chunk | None, RawEvent]]:
        """The body ended whole: what a last unterminated line still held; afterwards `failure` has the verdict."""
        if self.closed:
            return []
        chunks = self._read_all(self._frames.end(), whole=False)
        if self.failure is None and not self._ends_whole():
            self.failure = self._frames.verdict(self._provider, self._model) or self.truncated()
            self._fold_plain_json()
        self.closed = True
        return chunks

    def truncated(self, why: str = "the stream ended") -> StreamTruncatedError:
        """The error for an end that came too early."""
        waiting, finished = self._turn.open, self._turn.finished
        if waiting:
            what = f"choice {', '.join(map(str, waiting))} has no finish_reason"
        else:
            what = f"only {finished} of {self._choices} choices came" if finished else "no choice was finished"
        return StreamTruncatedError(
            f"{why} before the answer was whole: {what}",
            hint='pass on_truncation="return" to accept what came; the error\'s .partial holds it.',
        )

    def has_content(self, chunk: Chunk) -> bool:
        """Whether a chunk brings what a reader waits for: content or an end, not an empty delta or usage alone."""
        return any(choice.finish_reason or has_content(choice) for choice in chunk.choices)

    def text(self, chunk: Chunk) -> str | None:
        """The text a chunk brings."""
        return chunk.text

    def deltas(self, chunk: Chunk | None) -> list[Delta]:
        """What a chunk, or the stream's end, says in the words that all dialects share."""
        return self._deltas.at_end() if chunk is None else self._deltas.of(chunk)

    def fold(self, chunk: Chunk) -> None:
        """Add a chunk that was handed over to what `final` returns."""
        assembly = self._assembly
        if assembly is None:
            return
        if self._starts and self._starts[0] == self._folded:
            self._starts.popleft()
            assembly.next_turn()
        assembly.add(chunk)
        self._folded += 1

    def turns(self, *, complete: bool = True) -> list[Answer]:
        """The assistant turns so far, oldest first; empty without assembly."""
        return [] if self._assembly is None else self._assembly.turns(complete=complete)

    def _read_all(self, events: list[RawEvent], *, whole: bool = True) -> list[tuple[Chunk | None, RawEvent]]:
        chunks: list[tuple[Chunk | None, RawEvent]] = []
        for event in events:
            if event[0][:6] == b"[DONE]":
                chunks.append((None, event))
                self.closed = True
                if not self._ends_whole():  # the gateway sends it after errors too (WIRE section 13)
                    self.failure = self.truncated("the stream said [DONE]")
                break
            chunk = self._read(event, whole)
            if chunk is not None:
                chunks.append((chunk, event))
                self._read_so_far += 1
            if self.failure is not None:
                self.closed = True
                break
        return chunks

    def _read(self, event: RawEvent, whole: bool) -> Chunk | None:
        data, name, _ = event
        try:
            chunk = self._decode(data)
        except (DecodingError, DeserializationError):
            if whole:  # half an event at the end of the body is truncation, not a bad frame
                self.failure = read_bad_frame(data, provider=self._provider, model=self._model)
            return None
        if name == "error" or (chunk.kept_ is not None and self._is_error(chunk)):
            self.failure = read_stream_error(codec.to_builtins(chunk), data, provider=self._provider, model=self._model)
            return chunk if any(has_content(choice) for choice in chunk.choices) else None
        if self._turn.follow(chunk) and self._assembly is not None:
            self._starts.append(self._read_so_far)
        return chunk

    def _ends_whole(self) -> bool:
        """Whether an orderly end here is the end of the answer; a provider may give fewer choices than asked for."""
        if self._turn.whole:
            self._choices = min(self._choices, self._turn.finished)
        return self.terminal

    @staticmethod
    def _is_error(chunk: Chunk) -> bool:
        return bool(chunk.extra_fields.get("error")) or chunk.object == "error"

    def _fold_plain_json(self) -> None:
        """A whole answer that came without an event stream is not lost: it stands in the error's partial."""
        body = self._frames.plain_json()
        if body is None or self._assembly is None:
            return
        try:
            answer = codec.decode(body, Answer)
        except GatewayError:  # it was cut off
            return
        if answer.choices:
            self._assembly.adopt(answer)


class ChatAssembly:
    """The turns of a chat stream, put together chunk by chunk; linear in their number."""

    __slots__ = ("_choices", "_done", "_envelope", "_extra", "_missing", "_usage")

    def __init__(self) -> None:
        self._done: list[Answer] = []
        self._usage: CompletionUsage | None = None
        self._begin()

    def add(self, chunk: Chunk) -> None:
        """Fold one chunk."""
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

    def next_turn(self) -> None:
        """Close the current turn: what follows it shows that the gateway ran its tool calls."""
        answer = self._built(complete=True)
        for choice in answer.choices:
            for call in choice.message.tool_calls or ():
                mark_ran_on_gateway(call)
        self._done.append(answer)
        self._begin()

    def turns(self, *, complete: bool = True) -> list[Answer]:
        """Each turn as a whole answer; the last may be unfinished."""
        if self._empty:
            return list(self._done)
        return [*self._done, self._built(complete)]

    def adopt(self, answer: Answer) -> None:
        """Take a whole answer as the only turn."""
        self._done = [answer]

    @property
    def _empty(self) -> bool:
        return not self._choices and not self._envelope and not self._extra

    def _begin(self) -> None:
        self._choices: dict[int, Choice] = {}
        self._envelope: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _ENVELOPE
        self._usage = None

    def _add_envelope(self, chunk: Chunk) -> None:
        """Take what describes the whole answer from the first chunk that says it (some begin with empty names)."""
        envelope = self._envelope
        for name in self._missing:
            value = getattr(chunk, name)
            if value:
                envelope[name] = value
        self._missing = tuple(name for name in self._missing if name not in envelope)

    def _add_kept(self, chunk: Chunk) -> None:
        """What the contract does not know, and known fields that came in another type."""
        merge_facts(self._extra, chunk.extra_fields)
        raw = kept_of(chunk).raw
        odd = {name: value for name, value in raw.items() if name != "choices" and getattr(chunk, name) is None}
        merge_facts(self._extra, odd)

    def _built(self, complete: bool) -> Answer:
        choices = sorted(self._choices.values(), key=lambda choice: choice.index)
        turn = len(self._done)
        whole: dict[str, Any] = {
            **self._envelope,
            "object": "chat.completion",
            "choices": [choice.built(turn) for choice in choices],
            **settled(self._extra),
        }
        if self._usage is not None:
            whole["usage"] = codec.to_builtins(self._usage)
        answer = codec.from_builtins(whole, Answer)
        if not complete or any(choice.finish_reason is None for choice in choices):
            mark_incomplete(answer)
        return answer
