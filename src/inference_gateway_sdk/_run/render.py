"""Rendering of a transcript as messages for one provider in one dialect, with a list of the losses.

An answer is sent back unchanged to the model that wrote it. Any other model receives its text and calls, and the rest
is a `Loss`. Every call has a result directly after the answer. Ids, roles and arguments have the form that the provider
accepts.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from .._model.json_values import is_array, is_object
from .._model.unknown_fields import set_module
from .._tools.results import INTERRUPTED, NOT_SHOWN
from .convert import assistant_parts, user_message
from .providers import ProviderRules, rules_for
from .transcript import Answered, Note, Result, RunCall, Started, UserMessage, calls_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._tools.tool import DialectName
    from .transcript import Entry

__all__ = ["Loss", "Rendered", "Rendering", "Target", "render"]

_OPEN: Final = "This call was not run."
_CHAT_KEYS: Final = frozenset({"role", "content", "tool_calls", "tool_call_id", "reasoning", "reasoning_content"})
_CALL_KEYS: Final = frozenset({"id", "type", "index", "function", "extra_content"})
_ACKNOWLEDGED: Final = "I have the results."


@set_module
class Loss(Struct, frozen=True):
    """A part of a transcript that another model does not receive.

    Attributes:
        round: Number of the answer, counted from 1, or 0 for a message of the caller.
        path: Path in that answer or message.
        what: Description of the part, with the reason.
    """

    round: int
    path: str
    what: str

    def __str__(self) -> str:
        return f"{f'round {self.round}' if self.round else 'message'}: {self.what} is left out ({self.path})"


class Target(Struct, frozen=True):
    """The recipient of a rendered transcript."""

    dialect: DialectName
    provider: str | None = None
    model: str | None = None


class Rendered(Struct, frozen=True):
    """A transcript in the form that one provider accepts.

    Attributes:
        messages: The messages, or the input items for Responses.
        system: The system texts for Messages, which takes them as a separate parameter.
        losses: The parts that were left out.
    """

    messages: list[Any]
    system: str | None
    losses: list[Loss]


def render(entries: Iterable[Entry], target: Target) -> Rendered:
    """Render a transcript for a provider."""
    return Rendering(target).render(list(entries))


_id_pattern: Final = functools.cache(re.compile)  # the few patterns of the rules


class Rendering:
    """A transcript being rendered: entries that are added later do not render the earlier ones again."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.rules: ProviderRules = rules_for(target.dialect, target.provider)
        self.messages: list[Any] = []
        self.system: list[str] = []
        self.losses: list[Loss] = []
        self.rounds = 0
        self.calls: dict[str, RunCall] = {}
        self.open: dict[str, RunCall] = {}  # calls of the last answer, in order
        self.results: dict[str, Result] = {}
        self.started: set[str] = set()
        self.sent_ids: dict[str, str] = {}  # ids sent to the provider, by the ids in the transcript
        self._accepts_id = _id_pattern(self.rules.call_id).fullmatch
        self._added = 0

    def render(self, entries: Sequence[Entry]) -> Rendered:
        """Return the messages of all entries. `entries` begins with those of the last call."""
        for entry in entries[self._added :]:
            self.add(entry)
        self._added = len(entries)
        self.close_calls()
        return Rendered(list(self.messages), "\n\n".join(self.system) or None, self.losses)

    def add(self, entry: Entry) -> None:
        match entry:
            case Answered():
                self.close_calls()
                self.answer(entry)
            case UserMessage():
                self.close_calls()
                self.user(entry)
            case Note():
                self.close_calls()
                self.append_user({"role": "user", "content": entry.text})
            case Result():
                self.results[entry.call] = entry
            case Started():
                self.started.add(entry.call)
            case _:
                pass

    def lose(self, path: str, what: str, *, of_answer: bool = True) -> None:
        self.losses.append(Loss(self.rounds if of_answer else 0, path, what))

    # --- messages of the caller

    def user(self, entry: UserMessage) -> None:
        message: Any = entry.message
        if entry.dialect != self.target.dialect:
            converted = user_message(message, entry.dialect, self.target.dialect)
            for path, what in converted.lost:
                self.lose(path, what, of_answer=False)
            message = converted.message
        if self.target.dialect == "messages" and message.get("role") in {"system", "developer"}:
            self.system.append(str(message.get("content")))
        elif message.get("role") in {"system", "developer"}:
            self.messages.append(message)
        else:
            self.append_user(message)

    def append_user(self, message: dict[str, Any]) -> None:
        after_tool = bool(self.messages) and self.messages[-1].get("role") == "tool"
        if after_tool and self.rules.assistant_after_tool:
            self.messages.append({"role": "assistant", "content": _ACKNOWLEDGED})
        self.messages.append(message)

    # --- answers

    def answer(self, entry: Answered) -> None:
        self.rounds += 1
        calls = list(calls_in(entry, self.rounds, self.calls)) if entry.complete and entry.read.calls else []
        for call in calls:
            self.calls[call.id] = self.open[call.id] = call
            self.sent_ids[call.id] = self.wire_id(call)
        own = entry.dialect == self.target.dialect and entry.complete
        if own and (entry.model is None or (entry.provider, entry.model) == (self.target.provider, self.target.model)):
            self.unchanged(entry, calls)
        else:
            self.converted(entry, calls)

    def wire_id(self, call: RunCall) -> str:
        """Return the id to send for a call: its own if the provider accepts it, else a hash of it."""
        if self._accepts_id(call.id):
            return call.id
        return hashlib.sha256(call.id.encode()).hexdigest()[:9]

    def arguments(self, call: RunCall) -> Any:
        """Return a call's arguments. Text that is not a JSON object is wrapped, because providers fail on it."""
        return call.arguments if is_object(call.arguments) else {"_invalid": call.text}

    def argument_text(self, call: RunCall) -> str:
        """Return a call's arguments as text: the model's own text if it is a JSON object."""
        if is_object(call.arguments) and call.text.strip():
            return call.text
        return msgspec.json.encode(self.arguments(call)).decode()

    def unchanged(self, entry: Answered, calls: list[RunCall]) -> None:
        if self.target.dialect == "chat":
            self.unchanged_chat(entry.answer, calls)
        elif self.target.dialect == "responses":
            items: Any = entry.answer.get("output")
            by_place = iter(calls)
            for item in items if is_array(items) else ():
                is_call = is_object(item) and item.get("type") == "function_call"
                self.messages.append(self.response_call(item, next(by_place)) if is_call else item)
        else:
            content: Any = entry.answer.get("content")
            by_place = iter(calls)
            blocks = [
                self.message_call(block, next(by_place))
                if is_object(block) and block.get("type") == "tool_use"
                else block
                for block in (content if is_array(content) else ())
            ]
            if isinstance(content, str) or blocks:
                self.messages.append({"role": "assistant", "content": content if isinstance(content, str) else blocks})

    def response_call(self, item: dict[str, Any], call: RunCall) -> dict[str, Any]:
        return {**item, "call_id": self.sent_ids[call.id], "arguments": self.argument_text(call)}

    def message_call(self, block: dict[str, Any], call: RunCall) -> dict[str, Any]:
        return {**block, "id": self.sent_ids[call.id], "input": self.arguments(call)}

    def unchanged_chat(self, answer: dict[str, Any], calls: list[RunCall]) -> None:
        choices: Any = answer.get("choices")
        message: Any = choices[0].get("message") if is_array(choices) and choices else None
        if not is_object(message):
            return
        found: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for key, value in message.items():
            if key not in _CHAT_KEYS:
                others[key] = value
            elif key != "tool_calls":
                found[key] = value
        refusal: object = others.get("refusal")
        if isinstance(refusal, str) and refusal and not found.get("content"):
            found["content"] = refusal
        for key, value in others.items():
            if value not in (None, [], {}, "") and (key != "refusal" or found["content"] != value):
                self.lose(f"message.{key}", f"{key}, which the gateway does not pass on,")
        if calls:
            raws = [one for one in message["tool_calls"] if is_object(one)]
            found["tool_calls"] = [self.chat_call(raw, call) for raw, call in zip(raws, calls, strict=True)]
        if calls or found.get("content"):
            self.messages.append({"role": "assistant", "content": None, **found})

    def chat_call(self, raw: dict[str, Any], call: RunCall) -> dict[str, Any]:
        sent: dict[str, Any] = {"type": "function"}
        for key, value in raw.items():
            if key in _CALL_KEYS:
                sent[key] = value
            else:
                self.lose(f"message.tool_calls[{call.place}].{key}", f"{key}, which the gateway does not pass on,")
        sent["id"] = self.sent_ids[call.id]
        sent["function"] = {"name": call.name, "arguments": self.argument_text(call)}
        return sent

    def converted(self, entry: Answered, calls: list[RunCall]) -> None:
        parts = assistant_parts(entry.dialect, entry.answer, entry.provider)
        for path, what in parts.lost:
            self.lose(path, what)
        if not entry.complete and parts.calls:
            self.lose(parts.calls[0], "a call that was cut off")
        text = parts.text
        if self.target.dialect == "chat":
            message: dict[str, Any] = {"role": "assistant", "content": text}
            if calls:
                message["tool_calls"] = [self.chat_call({}, call) for call in calls]
            if calls or text:
                self.messages.append(message)
        elif self.target.dialect == "responses":
            if text:
                self.messages.append({"role": "assistant", "content": text})
            self.messages += [self.response_call({"type": "function_call", "name": call.name}, call) for call in calls]
        else:
            blocks: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
            blocks += [self.message_call({"type": "tool_use", "name": call.name}, call) for call in calls]
            if blocks:
                self.messages.append({"role": "assistant", "content": blocks})

    # --- results

    def close_calls(self) -> None:
        """Add one result for each call of the last answer, in the order of the calls."""
        if not self.open:
            return
        closed: list[dict[str, Any]] = []
        for call in self.open.values():
            result = self.results.get(call.id)
            if result is not None:
                text, failed = result.text, result.is_error
            elif call.status == "on_gateway":
                text, failed = NOT_SHOWN, False
            else:
                text, failed = (INTERRUPTED if call.id in self.started else _OPEN), True
            closed.append(self.result(call, text, failed=failed))
        self.open = {}
        if self.target.dialect == "messages":
            self.messages.append({"role": "user", "content": closed})
        else:
            self.messages += closed

    def result(self, call: RunCall, text: str, *, failed: bool) -> dict[str, Any]:
        wire_id = self.sent_ids[call.id]
        if self.target.dialect == "chat":
            return {"role": "tool", "tool_call_id": wire_id, "content": text}
        if self.target.dialect == "responses":
            return {"type": "function_call_output", "call_id": wire_id, "output": text}
        found = {"type": "tool_result", "tool_use_id": wire_id, "content": text}
        return {**found, "is_error": True} if failed else found
