"""Growing text, unknown fields that arrive in pieces, and the turns of a conversation the gateway runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._generated.chat import ChatCompletionStreamChoice, CreateChatCompletionStreamResponse

__all__ = [
    "TextBuffer",
    "Turn",
    "finalize",
    "has_content",
    "merge",
    "merge_beside",
    "merge_facts",
    "merge_parts",
    "number_of",
    "usable_index",
]


_RECENT = 256
_MOST_INDEX = 2**31


class TextBuffer(list[str]):
    """The pieces in order; `"".join(text)` is the text. Pieces are only added."""

    __slots__ = ("_joined",)

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        super().__init__(pieces)
        self._joined = 0  # how many stand for pieces that were joined

    def add(self, piece: str) -> None:
        """The next piece."""
        self.append(piece)
        if len(self) - self._joined >= _RECENT:
            self[self._joined :] = ["".join(self[self._joined :])]
            self._joined += 1


# Keys whose strings are facts, not pieces of a growing text.
_FACTS = frozenset(
    {"id", "type", "index", "name", "role", "object", "format", "model", "status", "signature", "thought_signature"}
    | {"provider", "service_tier", "system_fingerprint", "mime_type", "encrypted_content"}
)
# Objects whose content is opaque: it comes whole.
_OPAQUE = frozenset({"extra_content", "google"})
# Content parts with no other key than these are text, and consecutive ones are one part.
_OF_TEXT_PARTS = frozenset({"type", "text", "thinking", "closed"})


def merge(into: dict[str, Any], more: Mapping[str, Any], *, facts: bool = False) -> None:
    """Fold `more` into `into`, in place and without keeping parts of `more`; null never replaces a value.

    Args:
        into: What has come so far.
        more: The next piece.
        facts: Strings and lists replace instead of growing.
    """
    for key, value in more.items():
        old = into.get(key)
        if old is None:
            into[key] = _own(value)
        elif isinstance(value, str) and not (facts or key in _FACTS):
            _grow(into, key, value)
        elif is_object(old) and is_object(value):
            merge(old, value, facts=facts or key in _OPAQUE)
        elif is_array(old) and is_array(value) and not facts:
            _extend(old, value)
        elif value is not None:
            into[key] = _own(value)


def merge_facts(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields that describe the whole answer (fingerprints, tiers, timings): the last value counts."""
    merge(into, more, facts=True)


def merge_beside(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Fold fields that stand beside a delta: they describe the piece, so that only their lists grow (token ids).

    Azure's filter results come with every chunk, in the same words.
    """
    for key, value in more.items():
        old = into.get(key)
        if is_array(old) and is_array(value):
            _extend(old, value)
        else:
            merge_facts(into, {key: value})


def finalize(value: Any) -> Any:
    """A copy in plain JSON values, growing texts joined."""
    if isinstance(value, TextBuffer):
        return "".join(value)
    if is_object(value):
        return {key: finalize(item) for key, item in value.items()}
    if is_array(value):
        return [finalize(item) for item in value]
    return value


def merge_parts(into: list[Any], parts: Iterable[Any]) -> None:
    """Add content parts to a list, joining texts: a part continues the last one of its type when both are only text."""
    for part in parts:
        last = into[-1] if into else None
        if not (is_object(last) and is_object(part) and _joins(last, part)):
            into.append(_own(part))
            continue
        for key, value in part.items():
            old = last.get(key)
            if key == "type" or value is None:
                continue
            if isinstance(value, str) and old is not None:
                _grow(last, key, value)
            elif is_array(value) and is_array(old):
                merge_parts(old, value)
            else:
                last[key] = _own(value)


def _joins(last: dict[str, Any], part: dict[str, Any]) -> bool:
    return last.get("type") == part.get("type") and not (last.keys() | part.keys()) - _OF_TEXT_PARTS


def _grow(into: dict[str, Any], key: str, piece: str) -> None:
    old = into[key]
    # Groq sends the arguments of an executed tool twice whole: {"q":1}, then {"q":1} again with the output.
    if piece[:1] in ("{", "[") and piece[-1:] in ("}", "]") and piece == "".join(old):
        return
    if isinstance(old, TextBuffer):
        old.add(piece)
    elif isinstance(old, str):
        into[key] = TextBuffer((old, piece))
    else:
        into[key] = piece


def _own(value: Any) -> Any:
    """A copy that later pieces may grow without touching the chunk it came from."""
    if is_object(value):
        return {key: _own(item) for key, item in value.items()}
    if is_array(value):
        return [_own(item) for item in value]
    return value


def _extend(old: list[Any], more: list[Any]) -> None:
    """Grow a list; an object with the `index` and `type` of the last one continues it."""
    for item in more:
        last = old[-1] if old else None
        if is_object(item) and is_object(last) and _continues(last, item):
            merge(last, item)
        else:
            old.append(_own(item))


def _continues(last: dict[str, Any], item: dict[str, Any]) -> bool:
    index = item.get("index")
    return index is not None and index == last.get("index") and item.get("type", last.get("type")) == last.get("type")


def usable_index(index: int | None) -> int | None:
    """Return an index as it came, None for one outside 0 to 2^31 - 1.

    Any integer may come, and multiples of 2^61 - 1 all have the hash 0: as keys of a dict they cost quadratic time.
    """
    return index if index is not None and 0 <= index < _MOST_INDEX else None


def number_of(index: int | None) -> int:
    """Return the index of a choice, 0 for a missing one."""
    return index if index is not None and 0 <= index < _MOST_INDEX else 0


def has_content(piece: ChatCompletionStreamChoice) -> bool:
    """Whether a piece carries what a reader waits for: text, reasoning, a refusal, a tool call, an extra."""
    delta: Any = piece.delta  # required, and left out by some providers
    if delta is None:
        return False
    if delta.content or delta.tool_calls or delta.reasoning_content or delta.reasoning or delta.refusal:
        return True
    kept = delta.kept_
    return kept is not None and (any(kept.raw.values()) or any(delta.extra_fields.values()))


class Turn:
    """The current turn.

    Attributes:
        calls_tools: A piece of a tool call has come.
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
        """How many choices have their finish reason."""
        return len(self._finish)

    @property
    def open(self) -> list[int]:
        """The choices that were begun and have no finish reason yet."""
        return sorted(self._open)

    @property
    def whole(self) -> bool:
        """Something was finished, and nothing is open."""
        return bool(self._finish) and not self._open

    def follow(self, chunk: CreateChatCompletionStreamResponse) -> bool:
        """Take a chunk into account; whether it begins another turn."""
        choices = chunk.choices
        if len(choices) == 1:
            piece = choices[0]
            delta: Any = piece.delta
            if not piece.finish_reason and number_of(piece.index) in self._open and not (delta and delta.tool_calls):
                self._id = chunk.id or ""  # most chunks
                return False
        begins = belongs = False
        for piece in choices:
            index = number_of(piece.index)
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
        if begins or belongs:  # an empty piece after a finish may be the beginning of what follows, with its id
            self._id = chunk.id or ""
        return begins

    def _begin(self) -> None:
        self._finish.clear()
        self._open.clear()
        self._role_again = False
        self.calls_tools = False

    def _follows(self, piece: ChatCompletionStreamChoice, index: int, chunk_id: str) -> bool:
        """Whether a piece of a choice that had finished belongs to another turn.

        Only tool calls are followed by another turn, which has an id of its own, and a role or content. Under the same
        id, or without one, a provider may mean less by a `finish_reason`: some send it with every chunk, some an empty
        piece after it. There only text after a finish for the sake of tools is a turn, or a role and then content.
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


def _calls_tools(piece: ChatCompletionStreamChoice) -> bool:
    delta: Any = piece.delta  # required, and left out by some providers
    return delta is not None and bool(delta.tool_calls)
