"""Conversion of a caller's messages to transcript entries: strings, messages, answers, runs and transcripts.

Assistant messages and tool results become the entries that a run would have written. So every history follows the same
rules: each call has a result, and a history that ends in open calls is a paused run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .._generated.chat import CreateChatCompletionResponse
from .._generated.messages import MessagesResponse
from .._generated.responses import Response
from .._model.encode import decoded_to_builtins, to_builtins
from .._model.json_values import is_array, is_iterable, is_mapping, is_object
from .._model.model import Model
from .._model.open_types import Unknown as UnknownVariant
from .answers import read_answer
from .transcript import Answered, Entry, Result, RunCall, Transcript, UserMessage, add_to_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._tools.tool import DialectName
    from .answers import Answer

__all__ = ["answered", "read_history", "read_reply"]

_ANSWERS: Final[tuple[tuple[type, DialectName], ...]] = (
    (CreateChatCompletionResponse, "chat"),
    (Response, "responses"),
    (MessagesResponse, "messages"),
)


def read_history(messages: Any, dialect: DialectName) -> list[Entry]:
    """Return a caller's messages as entries.

    Args:
        messages: A string, a message, an answer, a run, a transcript, or a list of them.
        dialect: The dialect of the messages.

    Raises:
        TypeError: An item has another type. The error names its index.
        ValueError: `messages` is empty, or a message has no role.
    """
    if type(messages) is str:
        return [UserMessage(dialect=dialect, message={"role": "user", "content": messages})]
    reader = _Reader(dialect)
    if _is_one(messages):
        reader.add(messages, "messages")
    elif not is_iterable(messages) or isinstance(messages, (bytes, bytearray)):
        kind = type(messages).__name__
        raise TypeError(f"messages must be a string, a message, a run or a list of them, got {kind}")
    else:
        for index, item in enumerate(messages):
            reader.add(item, f"messages[{index}]")
    if not reader.entries:
        raise ValueError("messages is empty: pass at least one message")
    return reader.entries


def answered(answer: Any, dialect: DialectName, *, provider: str | None = None, model: str | None = None) -> Answered:
    """Return the entry for an answer of the client: whether it is complete, and which calls the gateway ran."""
    entry = _answered(answer, decoded_to_builtins(answer), dialect, provider, model)
    vars(entry)["read"] = read_answer(dialect, entry.answer)  # as the cached property would, without its lock
    return entry


def _answered(
    answer: Any, plain: dict[str, Any], dialect: DialectName, provider: str | None = None, model: str | None = None
) -> Answered:
    calls: list[Any] = getattr(answer, "tool_calls", None) or []
    on_gateway = [at for at, call in enumerate(calls) if getattr(call, "ran_on_gateway", False)] if calls else ()
    return Answered(
        dialect=dialect,
        answer=plain,
        provider=provider,
        model=model,
        on_gateway=tuple(on_gateway) if on_gateway else (),
        complete=getattr(answer, "complete", True) is not False,
    )


def read_reply(answer: Any) -> Answer:
    """Return an answer of the client in the common form.

    Raises:
        TypeError: The value is not an answer of one of the three dialects.
    """
    for kind, dialect in _ANSWERS:
        if isinstance(answer, kind):
            return _answered(answer, to_builtins(answer), dialect).read
    raise TypeError(f"expected an answer of chat, Responses or Messages, got {type(answer).__name__}")


def _is_one(messages: Any) -> bool:
    return (
        isinstance(messages, (str, Model, UnknownVariant, Transcript))
        or is_mapping(messages)
        or _transcript_of(messages) is not None
    )


def _transcript_of(item: Any) -> Transcript | None:
    """Return the transcript of a run, or None for any other item."""
    if isinstance(item, Transcript):
        return item
    found = getattr(item, "transcript", None)
    return found if isinstance(found, Transcript) else None


class _Reader:
    """The reader of one history."""

    def __init__(self, dialect: DialectName) -> None:
        self.dialect: DialectName = dialect
        self.entries: list[Entry] = []
        self._calls: dict[str, RunCall] = {}  # calls of the first `_read` entries
        self._rounds = 0
        self._read = 0

    def add(self, item: Any, where: str) -> None:
        transcript = _transcript_of(item)
        if transcript is not None:
            self.entries += transcript.entries
            return
        for kind, dialect in _ANSWERS:
            if isinstance(item, kind):
                self.entries.append(_answered(item, to_builtins(item), dialect))
                return
        if isinstance(item, str):
            plain: Any = {"role": "user", "content": item}
        elif is_mapping(item) or isinstance(item, (Model, UnknownVariant)):
            plain = to_builtins(item)
        else:
            raise TypeError(f"{where} must be a string, a message, an answer or a run, got {type(item).__name__}")
        match self.dialect:
            case "chat":
                self.entries += self._chat(plain, where)
            case "responses":
                self.entries += self._responses(plain, where)
            case "messages":
                self.entries += self._messages(plain, where)

    def _role(self, plain: dict[str, Any], where: str) -> str:
        role = plain.get("role")
        if role is None or role == "":
            raise ValueError(f'{where} has no role: write {{"role": "user", "content": ...}}')
        if not isinstance(role, str):
            raise TypeError(f"{where}.role must be a string such as 'user', got {type(role).__name__}")
        return role

    def _chat(self, plain: dict[str, Any], where: str) -> Iterator[Entry]:
        role = self._role(plain, where)
        if role == "assistant":
            yield Answered(dialect="chat", answer={"choices": [{"message": plain}]})
        elif role == "tool":
            yield self._result(plain.get("tool_call_id"), plain.get("content"), where)
        else:
            yield UserMessage(dialect="chat", message=plain)

    def _responses(self, plain: dict[str, Any], where: str) -> Iterator[Entry]:
        kind = plain.get("type", "message")
        if kind == "function_call_output":
            yield self._result(plain.get("call_id"), plain.get("output"), where)
        elif kind == "message" and self._role(plain, where) != "assistant":
            yield UserMessage(dialect="responses", message=plain)
        else:
            last = self.entries[-1] if self.entries else None
            if isinstance(last, Answered) and last.dialect == "responses" and "status" not in last.answer:
                last.answer["output"].append(_output_message(plain))  # the items of one answer are separate in a list
            else:
                yield Answered(dialect="responses", answer={"output": [_output_message(plain)]})

    def _messages(self, plain: dict[str, Any], where: str) -> Iterator[Entry]:
        if self._role(plain, where) == "assistant":
            yield Answered(dialect="messages", answer={"content": plain.get("content")})
            return
        content: object = plain.get("content")
        rest: list[Any] = []
        for block in content if is_array(content) else ():
            if is_object(block) and block.get("type") == "tool_result":
                yield self._result(block.get("tool_use_id"), block.get("content"), where, bool(block.get("is_error")))
            else:
                rest.append(block)
        if not is_array(content):
            yield UserMessage(dialect="messages", message=plain)
        elif rest or not content:
            yield UserMessage(dialect="messages", message={**plain, "content": rest})

    def _result(self, wire_id: object, content: object, where: str, is_error: bool = False) -> Result:
        """Return the entry for a result, which belongs to the open call with this id."""
        for entry in self.entries[self._read :]:
            self._rounds = add_to_calls(entry, self._calls, self._rounds)
        self._read = len(self.entries)
        waiting = [call for call in self._calls.values() if wire_id in {call.wire_id, call.id}]
        open_calls = [call for call in waiting if call.status == "pending"] or waiting
        if not open_calls:
            raise ValueError(f"{where} is a result for the call {wire_id!r}, which no earlier message contains")
        text = content if isinstance(content, str) else _joined(content)
        return Result(call=open_calls[0].id, text=text, is_error=is_error, status="failed" if is_error else "done")


def _output_message(item: dict[str, Any]) -> dict[str, Any]:
    """Return an assistant message as an output item, also if it is in the form of an input item."""
    content: object = item.get("content")
    if item.get("type", "message") == "message" and isinstance(content, str):
        return {**item, "type": "message", "content": [{"type": "output_text", "text": content}]}
    return {"type": "message", **item}


def _joined(content: object) -> str:
    """Return the text of a result that consists of parts."""
    parts: list[Any] = content if is_array(content) else []
    return "\n".join(part["text"] for part in parts if is_object(part) and isinstance(part.get("text"), str))
