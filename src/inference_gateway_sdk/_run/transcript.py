"""Transcripts: everything a run asked, was answered and did, as values that survive the process.

A transcript that ends in unanswered calls is a paused run. A `started` mark without a result is a call of which nobody
knows whether it ran. Answers stay as they came; nothing is rewritten before it is sent again (`_run.render`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping  # noqa: TC003  (users resolve the annotations of public classes)
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Struct

from .._model.encode import encode
from .._model.json_values import is_array, is_object, parse
from .._model.type_info import build_decoder
from .._model.unknown_fields import set_module
from .._tools.tool import DialectName  # noqa: TC001  (msgspec reads the annotations at run time)
from ..errors import DeserializationError
from .answers import Answer, parse_arguments, read_answer

if TYPE_CHECKING:
    from .render import Loss

__all__ = [
    "Answered",
    "Entry",
    "Note",
    "Offered",
    "Result",
    "RunCall",
    "Started",
    "Status",
    "Transcript",
    "UserMessage",
    "add_to_calls",
    "calls_in",
    "calls_of",
]

VERSION: Final = 1
Status: TypeAlias = Literal[
    "pending", "done", "failed", "invalid", "unknown", "denied", "timeout", "interrupted", "cut", "on_gateway",
    "unavailable",
]  # fmt: skip


class _Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened. Fields that a later version added are kept in `more`."""

    kind: ClassVar[str] = ""
    more: dict[str, Any] = {}

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as JSON values; fields at their defaults are left out."""
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "more"}
        required = len(self.__struct_fields__) - len(self.__struct_defaults__)
        defaults: dict[str, Any] = dict(zip(self.__struct_fields__[required:], self.__struct_defaults__, strict=True))
        found = {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}
        return {"kind": self.kind, **found, **self.more}


class Offered(_Entry, kw_only=True, frozen=True):
    """The tools that were on offer from here on: name, description and parameters of each."""

    kind = "offered"
    tools: list[dict[str, Any]]


class UserMessage(_Entry, kw_only=True, frozen=True):
    """A message of the caller's, in the dialect it was given in."""

    kind = "user_message"
    dialect: DialectName
    message: Any


class Answered(_Entry, kw_only=True, frozen=True, dict=True):
    """An answer as it came.

    `on_gateway` has the places of calls that the gateway ran. Calls of an answer that is not complete never run.
    """

    kind = "answered"
    dialect: DialectName
    answer: dict[str, Any]
    provider: str | None = None
    model: str | None = None
    on_gateway: tuple[int, ...] = ()
    complete: bool = True

    @functools.cached_property
    def read(self) -> Answer:
        """What the answer holds, read once."""
        return read_answer(self.dialect, self.answer)


class Started(_Entry, kw_only=True, frozen=True):
    """The mark that is written before a call runs."""

    kind = "started"
    call: str


class Result(_Entry, kw_only=True, frozen=True):
    """What the model is given as the result of a call."""

    kind = "result"
    call: str
    text: str
    status: Status = "done"
    is_error: bool = False


class Note(_Entry, kw_only=True, frozen=True):
    """A message of the run itself to the model: why it asks again."""

    kind = "note"
    about: str
    text: str


class Unknown(_Entry, kw_only=True, frozen=True):
    """An entry of a later version, kept as it is."""

    raw: dict[str, Any]

    def to_plain(self) -> dict[str, Any]:
        return self.raw


Entry: TypeAlias = Offered | UserMessage | Answered | Started | Result | Note | Unknown
_KINDS: Final[dict[str, Any]] = {one.kind: one for one in (Offered, UserMessage, Answered, Started, Result, Note)}


@set_module
class RunCall(Struct, kw_only=True):
    """A tool call of a run.

    Attributes:
        id: Its id, unique in the run.
        name: The tool's name.
        arguments: The arguments as JSON values; the text itself where it is not JSON.
        wire_id: The provider's id of it, which may be missing or repeat.
        text: The arguments as the model wrote them.
        round: The answer it belongs to, counted from 1.
        place: Its place in that answer, from 0.
        status: How far it has come.
        result: The value the tool returned.
        output: The text that the model was given, None while it waits.
        error: The exception that the tool raised.
        seconds: How long the tool ran, None when it did not.
        reread: Arguments that were read from JSON text inside of a string.
    """

    id: str
    name: str
    arguments: Any
    wire_id: str = ""
    text: str = ""
    round: int = 1
    place: int = 0
    status: Status = "pending"
    result: Any = None
    output: str | None = None
    error: BaseException | None = None
    seconds: float | None = None
    reread: tuple[str, ...] = ()


def calls_of(entries: Iterable[Entry]) -> dict[str, RunCall]:
    """Return the calls of all whole answers by id, each with the result it has.

    The provider's id is kept where it is there and not taken. Others are made of round and place, as streams and some
    providers begin counting anew in every answer.
    """
    calls: dict[str, RunCall] = {}
    rounds = 0
    for entry in entries:
        rounds = add_to_calls(entry, calls, rounds)
    return calls


def add_to_calls(entry: Entry, calls: dict[str, RunCall], rounds: int) -> int:
    """Note in `calls` what an entry says of them; return how many answers there were."""
    if isinstance(entry, Answered):
        rounds += 1
        if entry.complete:
            for call in calls_in(entry, rounds, calls):
                calls[call.id] = call
    elif isinstance(entry, Result) and entry.call in calls:
        calls[entry.call].status, calls[entry.call].output = entry.status, entry.text
    return rounds


def calls_in(entry: Answered, round_number: int, taken: Mapping[str, RunCall]) -> Iterator[RunCall]:
    """Yield the calls of an answer, each with an id that none of those before it has."""
    own: set[str] = set()
    for place, wire in enumerate(entry.read.calls):
        unique = wire.id
        if not unique or unique in taken or unique in own:
            unique = f"call_{round_number}_{place}"
            while unique in taken or unique in own:
                unique += "_"
        own.add(unique)
        try:
            arguments = parse_arguments(wire.text)
        except ValueError:
            arguments = wire.text
        status: Status = "on_gateway" if place in entry.on_gateway else "pending"
        yield RunCall(
            id=unique, name=wire.name, arguments=arguments, wire_id=wire.id, text=wire.text, round=round_number,
            place=place, status=status,
        )  # fmt: skip


@set_module
class Transcript:
    """Everything a run asked, was answered and did: a checkpoint, and a history for any provider.

    It may stand in a list of messages. It holds no functions, approvals, headers or tokens.

    Attributes:
        entries: What happened, in order.
    """

    __slots__ = ("_version", "entries")

    def __init__(self, entries: Iterable[Entry] = (), *, version: int = VERSION) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._version = version  # a later one is written again as it came

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transcript) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # entries hold dicts

    def __repr__(self) -> str:
        answers = sum(isinstance(entry, Answered) for entry in self.entries)
        waiting = len(self.pending)
        return (
            f"<Transcript: {len(self.entries)} entries, {answers} answers{f', {waiting} pending' if waiting else ''}>"
        )

    @property
    def pending(self) -> list[RunCall]:
        """The calls at the end that wait for a decision or a result. Calls that were started are not among them."""
        return [call for call, started in self._open() if not started]

    @property
    def interrupted(self) -> list[RunCall]:
        """The calls at the end that were started and have no result: it is not known whether they ran."""
        return [call for call, started in self._open() if started]

    def _open(self) -> Iterator[tuple[RunCall, bool]]:
        """Yield the calls of the last answer without a result, if no message follows it, and whether they started."""
        last = next((one for one in reversed(self.entries) if isinstance(one, (Answered, UserMessage, Note))), None)
        if not isinstance(last, Answered):
            return
        started = {entry.call for entry in self.entries if isinstance(entry, Started)}
        calls = calls_of(self.entries).values()
        rounds = sum(isinstance(entry, Answered) for entry in self.entries)
        for call in calls:
            if call.round == rounds and call.status == "pending":
                yield call, call.id in started

    def losses(self, model: str, *, dialect: DialectName = "chat") -> list[Loss]:
        """Return what another model would not get of this transcript.

        Args:
            model: Whom it would be sent to, as `provider/name`.
            dialect: The dialect of the request: "chat", "responses" or "messages".
        """
        from .render import Target, render

        provider, _, name = model.partition("/")
        return render(self.entries, Target(dialect, provider if name else None, name or model)).losses

    def to_json(self) -> bytes:
        """Return the transcript as JSON."""
        return encode({"version": self._version, "entries": [entry.to_plain() for entry in self.entries]})

    @classmethod
    def from_json(cls, data: bytes | str) -> Transcript:
        """Read what `to_json` wrote. Entries and fields of later versions are kept.

        Raises:
            DecodingError: It is not JSON.
            DeserializationError: It is not a transcript.
        """
        whole: object = parse(data)
        if not is_object(whole) or not is_array(whole.get("entries")):
            raise DeserializationError("this is not a transcript: an object with version and entries is expected")
        version = whole.get("version")
        if not isinstance(version, int) or version < 1:
            raise DeserializationError("a transcript's version must be a number from 1", path="$.version")
        entries = cast("list[object]", whole["entries"])
        return cls((_read_entry(one, f"$.entries[{place}]") for place, one in enumerate(entries)), version=version)


def _read_entry(plain: object, path: str) -> Entry:
    if not is_object(plain) or not isinstance(plain.get("kind"), str):
        raise DeserializationError("an entry must be an object with a kind", path=path)
    kind = _KINDS.get(plain["kind"])
    if kind is None:
        return Unknown(raw=plain)
    known = {name: plain[name] for name in kind.__struct_fields__ if name in plain and name != "more"}
    more = {name: value for name, value in plain.items() if name not in known and name != "kind"}
    try:
        build_decoder(kind)
        return cast("Entry", msgspec.convert({**known, "more": more}, kind))
    except ValueError as error:
        raise DeserializationError(f"the {plain['kind']} entry does not fit: {error}", path=path) from None
