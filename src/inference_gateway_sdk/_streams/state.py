"""The common base of the states of all dialects: their interface, growing texts, and merging of unknown fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeGuard, TypeVar

from .._model.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._generated.chat import FinishReason

__all__ = [
    "MAX_INDEX",
    "RECENT",
    "Assembly",
    "CallState",
    "StreamState",
    "TextBuffer",
    "finalize",
    "join_recent",
    "merge",
    "merge_beside",
    "merge_facts",
    "merge_parts",
]

MAX_INDEX = 2**31 - 1
"""The largest index of a choice, block, item, part or tool call. Others count as missing: huge integers may be chosen
so that their hashes collide, which makes a dict of them quadratic."""

RECENT = 256
"""The number of pieces of a growing text that are kept before they are joined."""

ChunkT_contra = TypeVar("ChunkT_contra", contravariant=True)
AnswerT = TypeVar("AnswerT")


class CallState(NamedTuple):
    """A tool call as far as it has arrived.

    Attributes:
        id: The id that the tool's result refers to; "" until it arrives.
        name: The tool's name.
        arguments: The JSON text of its arguments so far.
        ran_on_gateway: True when the gateway or the provider ran it: the user must not run it again.
    """

    id: str
    name: str
    arguments: str
    ran_on_gateway: bool = False


class Assembly(Protocol[ChunkT_contra, AnswerT]):
    """An interface that assembles the chunks of a stream."""

    def add(self, chunk: ChunkT_contra, /) -> None:
        """Add the next chunk."""
        ...

    def adopt(self, answer: AnswerT, /) -> None:
        """Use a complete answer as the only turn, unless it is empty."""
        ...

    def turns(self, *, complete: bool) -> list[AnswerT]:
        """Return the turns so far, oldest first; the last may be unfinished."""
        ...


class StreamState(Assembly[ChunkT_contra, AnswerT], Protocol[ChunkT_contra, AnswerT]):
    """The part of a stream that has been handed over: the single source of `partial()`, `final()` and `deltas()`.

    `EventDialect.state` is one. `add` is called once for each chunk, in order. Text, reasoning and tool calls are those
    of the first choice, as in `final()`. Without assembly, only `deltas()` adds chunks. Text and reasoning are not kept
    then, and of tool calls only the data that their ends need.

    Attributes:
        turn: The number of the current turn, from 0.
    """

    turn: int

    @property
    def text(self) -> str:
        """The text of the current turn."""
        ...

    @property
    def reasoning(self) -> str:
        """The reasoning of the current turn, or its summary."""
        ...

    @property
    def tool_calls(self) -> list[CallState]:
        """The tool calls of the current turn, finished or not, in the order of the answer."""
        ...

    @property
    def usage(self) -> Any:
        """The last usage report of the current turn, in the dialect's own type; None until one arrives."""
        ...

    @property
    def finish_reason(self) -> FinishReason | None:
        """The finish reason of the current turn, as the term of chat completions; None while it is open."""
        ...


class TextBuffer(list[str]):
    """The pieces of a growing text, in order; `"".join(text)` is the text. Pieces are only added.

    A string of a few letters takes ten times their bytes, so pieces are joined from time to time. Each is joined once,
    which keeps the work linear: after 600 pieces the list holds 2 joined ones and 88 others.

    Attributes:
        size: The number of characters that have been added.
    """

    __slots__ = ("_limit", "size")

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        super().__init__(pieces)
        self.size = sum(map(len, self))
        self._limit = RECENT

    def add(self, piece: str) -> None:
        """Append a piece."""
        self.append(piece)
        self.size += len(piece)
        if len(self) >= self._limit:
            self._limit = join_recent(self, self._limit)

    def forget(self) -> None:
        """Drop the pieces; `size` stays, so that positions still count from the beginning."""
        self.clear()
        self._limit = RECENT

    def since(self, start: int) -> list[str]:
        """Return the text after its first `start` characters, in pieces, none of them empty.

        Positions are counted in characters because joining changes the number of pieces.
        """
        missing = self.size - start
        if self and len(self[-1]) == missing > 0:  # most of the time
            return [self[-1]]
        pieces: list[str] = []
        for piece in reversed(self):
            if missing <= 0:
                break
            if piece:
                pieces.append(piece[-missing:])
                missing -= len(piece)
        pieces.reverse()
        return pieces


def join_recent(pieces: list[str], limit: int) -> int:
    """Join the last pieces of a list that has reached its limit. Return its next limit; the first is `RECENT`."""
    pieces[limit - RECENT :] = ["".join(pieces[limit - RECENT :])]
    return limit + 1


# Strings under these keys are complete values that replace each other. Any other string is the next piece of a text:
# "type": "reasoning.text", "text": "I th" and "type": "reasoning.text", "text": "ink" are one text, "I think".
_FACTS = frozenset(
    {"id", "type", "index", "name", "role", "object", "format", "model", "status", "signature", "thought_signature"}
    | {"provider", "service_tier", "system_fingerprint", "mime_type", "encrypted_content"}
)
# Objects under these keys are opaque and arrive complete, so nothing in them grows.
_OPAQUE = frozenset({"extra_content", "google"})
# Text under these keys grows even by a piece that equals the whole text so far ("ha" + "ha").
_PROSE = frozenset({"text", "thinking", "reasoning", "summary", "content"})


def merge(into: dict[str, Any], more: Mapping[str, Any], *, facts: bool = False, restated: bool = False) -> None:
    """Fold `more` into `into`, in place and without keeping parts of `more`; null never replaces a value.

    Text grows, lists grow and objects merge. Names, ids, types and numbers are facts, of which the last counts.

    Args:
        into: The value so far.
        more: The next piece.
        facts: Strings and lists replace instead of growing.
        restated: Values may be sent again in full. A string or list equal to the value so far does not grow, unless it
            is prose.
    """
    for key, value in more.items():
        old = into.get(key)
        if old is None:
            into[key] = _own(value)
        elif isinstance(value, str) and not (facts or key in _FACTS):
            if not restated or key in _PROSE or not _equal(old, value):
                _grow(into, key, value)
        elif is_object(old) and is_object(value):
            merge(old, value, facts=facts or key in _OPAQUE, restated=restated)
        elif _is_list(old) and is_array(value) and not facts:
            if not restated or old != value:
                _extend(old, value)
        elif value is not None:
            into[key] = _own(value)


def merge_facts(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields that describe the whole answer (fingerprints, tiers, timings): the last value counts."""
    merge(into, more, facts=True)


def merge_beside(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields beside a delta. They describe the piece, so that only their lists grow (token ids).

    Azure repeats its filter results with every chunk:
        {"delta": {"content": "Hel"}, "content_filter_results": {"hate": {"filtered": false, "severity": "safe"}}}
    """
    for key, value in more.items():
        old = into.get(key)
        if _is_list(old) and is_array(value):
            _extend(old, value)
        else:
            merge_facts(into, {key: value})


def merge_parts(parts: list[Any], more: Iterable[Any]) -> None:
    """Fold content that arrives as parts: text continues text, thinking continues thinking.

    Mistral's reasoning models send one part per chunk, and plain strings after the thinking:
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Okay"}]}]
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": ", the"}]}]
        "content": [{"type": "text", "text": "It is"}]
        "content": " 4."
    A non-streamed answer has one part of each type, and so has the assembled one.
    """
    for part in more:
        last = parts[-1] if parts else None
        if not (is_object(part) and is_object(last) and part.get("type") == last.get("type")):
            parts.append(_own(part))
        elif part.get("type") == "text" and isinstance(part.get("text"), str):
            merge(last, part)
        elif part.get("type") == "thinking":
            inner, thought = last.get("thinking"), part.get("thinking")
            if _is_list(inner) and is_array(thought):
                merge_parts(inner, thought)
                merge(last, {key: value for key, value in part.items() if key != "thinking"})
            else:
                merge(last, part)
        else:
            parts.append(_own(part))


def finalize(value: Any) -> Any:
    """Return a copy in plain JSON values, with growing texts joined."""
    if isinstance(value, TextBuffer):
        return "".join(value)
    if is_object(value):
        return {key: finalize(item) for key, item in value.items()}
    if is_array(value):
        return [finalize(item) for item in value]
    return value


def _grow(into: dict[str, Any], key: str, piece: str) -> None:
    old = into[key]
    if isinstance(old, TextBuffer):
        old.add(piece)
    elif isinstance(old, str):
        into[key] = TextBuffer((old, piece))
    else:
        into[key] = piece


def _equal(old: Any, value: str) -> bool:
    """Return whether a string equals the text so far."""
    if isinstance(old, TextBuffer):
        return old.size == len(value) and "".join(old) == value
    return bool(old == value)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether the value so far is a JSON array; a growing text is a list only in Python."""
    return is_array(value) and not isinstance(value, TextBuffer)


def _own(value: Any) -> Any:
    """Return a copy that can grow without changing the chunk it came from."""
    if is_object(value):
        return {key: _own(item) for key, item in value.items()}
    if is_array(value):
        return [_own(item) for item in value]
    return value


def _extend(old: list[Any], more: list[Any]) -> None:
    r"""Grow a list. An object with the `index` and `type` of the last one continues it.

    Groq sends each tool that it ran twice, the second time with its output:
        {"executed_tools": [{"index": 0, "type": "search", "arguments": "{\"q\":1}"}]}
        {"executed_tools": [{"index": 0, "type": "search", "arguments": "{\"q\":1}", "output": "Title: ..."}]}
    """
    for item in more:
        last = old[-1] if old else None
        if is_object(item) and is_object(last) and _continues(last, item):
            merge(last, item, restated=True)
        else:
            old.append(_own(item))


def _continues(last: dict[str, Any], item: dict[str, Any]) -> bool:
    index = item.get("index")
    return index is not None and index == last.get("index") and item.get("type", last.get("type")) == last.get("type")
