"""Transcripts: the requests, answers and tool calls of a run as serializable values.

A transcript that ends in open calls is a paused run. If a call has a `started` entry but no result, it is not known
whether it ran. Answers are stored unchanged, and are only adapted when they are sent again (`_run.render`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping  # noqa: TC003  (users resolve the annotations of public classes)
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast

from msgspec import Struct

from .._model.encode import encode
from .._model.json_values import is_array, is_object, parse
from .._model.type_info import build_converter
from .._model.unknown_fields import set_module
from .._model.usage import Usage
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
    """One entry of a transcript. Fields added by a later version are kept in `more`."""

    kind: ClassVar[str] = ""
    more: dict[str, Any] = {}

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as JSON values, without fields that have their default value."""
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "more"}
        required = len(self.__struct_fields__) - len(self.__struct_defaults__)
        defaults: dict[str, Any] = dict(zip(self.__struct_fields__[required:], self.__struct_defaults__, strict=True))
        found = {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}
        return {"kind": self.kind, **found, **self.more}


class Offered(_Entry, kw_only=True, frozen=True):
    """The tools offered from this entry on: name, description and parameters of each."""

    kind = "offered"
    tools: list[dict[str, Any]]


class UserMessage(_Entry, kw_only=True, frozen=True):
    """A message of the caller, in its original dialect."""

    kind = "user_message"
    dialect: DialectName
    message: Any


class Answered(_Entry, kw_only=True, frozen=True, dict=True):
    """An unchanged answer.

    `on_gateway` lists the indices of the calls that the gateway ran. Calls of an incomplete answer never run.
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
        """The parsed content of the answer."""
        return read_answer(self.dialect, self.answer)

    @property
    def usage(self) -> Usage | None:
        """Tokens used, or None if the provider reported none."""
        return Usage.read(self.dialect, self.answer.get("usage"))


class Started(_Entry, kw_only=True, frozen=True):
    """The start of a call, recorded before it runs."""

    kind = "started"
    call: str


class Result(_Entry, kw_only=True, frozen=True):
    """The result of a call for the model."""

    kind = "result"
    call: str
    text: str
    status: Status = "done"
    is_error: bool = False


class Note(_Entry, kw_only=True, frozen=True):
    """A message from the run to the model, with the reason why it asks again."""

    kind = "note"
    about: str
    text: str


class Unknown(_Entry, kw_only=True, frozen=True):
    """An entry of a later version, kept unchanged."""

    raw: dict[str, Any]

    def to_plain(self) -> dict[str, Any]:
        return self.raw


Entry: TypeAlias = Offered | UserMessage | Answered | Started | Result | Note | Unknown
_KINDS: Final[dict[str, Any]] = {one.kind: one for one in (Offered, UserMessage, Answered, Started, Result, Note)}


@set_module
class RunCall(Struct, kw_only=True):
    """A tool call of a run.

    Attributes:
        id: Id of the call, unique in the run.
        name: Name of the tool.
        arguments: The arguments as JSON values, or the text if it is not JSON.
        wire_id: The provider's id of the call, which may be missing or repeated.
        text: The arguments as the model wrote them.
        round: Number of its answer, counted from 1.
        place: Index of the call in that answer.
        status: Status of the call.
        result: The value that the tool returned.
        output: The text for the model, or None while the call waits.
        error: The exception that the tool raised, or None.
        seconds: Duration of the call, or None if it did not run.
        reread: Arguments that were parsed from JSON text inside a string.
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
    """Return the calls of all complete answers by id, with their results.

    The provider's id is used if it exists and is unique. Otherwise the id is made of round and place ("call_2_0"),
    because some providers, and streams, restart their ids in every answer.
    """
    calls: dict[str, RunCall] = {}
    rounds = 0
    for entry in entries:
        rounds = add_to_calls(entry, calls, rounds)
    return calls


def add_to_calls(entry: Entry, calls: dict[str, RunCall], rounds: int) -> int:
    """Update `calls` from an entry. Return the number of answers so far."""
    if isinstance(entry, Answered):
        rounds += 1
        if entry.complete and entry.read.calls:
            for call in calls_in(entry, rounds, calls):
                calls[call.id] = call
    elif isinstance(entry, Result) and entry.call in calls:
        calls[entry.call].status, calls[entry.call].output = entry.status, entry.text
    return rounds


def calls_in(entry: Answered, round_number: int, taken: Mapping[str, RunCall]) -> Iterator[RunCall]:
    """Yield the calls of an answer, each with a unique id."""
    own: set[str] = set()
    for index, wire in enumerate(entry.read.calls):
        unique = wire.id
        if not unique or unique in taken or unique in own:
            unique = f"call_{round_number}_{index}"
            while unique in taken or unique in own:
                unique += "_"
        own.add(unique)
        try:
            arguments = parse_arguments(wire.text)
        except ValueError:
            arguments = wire.text
        status: Status = "on_gateway" if index in entry.on_gateway else "pending"
        yield RunCall(
            id=unique, name=wire.name, arguments=arguments, wire_id=wire.id, text=wire.text, round=round_number,
            place=index, status=status,
        )  # fmt: skip


@set_module
class Transcript:
    """The full history of a run: a checkpoint to continue from, and messages for any provider.

    A list of messages may contain it. It does not contain functions, approvals, headers or tokens.

    Attributes:
        entries: The entries in order.
    """

    __slots__ = ("_version", "entries")

    def __init__(self, entries: Iterable[Entry] = (), *, version: int = VERSION) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._version = version  # a later version is written back unchanged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transcript) and self.entries == other.entries

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # entries hold dicts

    def __repr__(self) -> str:
        answers = sum(isinstance(entry, Answered) for entry in self.entries)
        waiting = len(self.pending)
        return (
            f"<Transcript: {len(self.entries)} entries, {answers} answers{f', {waiting} pending' if waiting else ''}>"
        )

    @property
    def calls(self) -> list[RunCall]:
        """All calls of the conversation in order, with their status and the text that the model received.

        The calls of earlier runs are among them. Values and exceptions of tools are only in `Run.calls`.
        """
        return list(calls_of(self.entries).values())

    @property
    def pending(self) -> list[RunCall]:
        """The calls at the end that wait for a decision or a result, without those that have started."""
        return [call for call, started in self._open() if not started]

    @property
    def interrupted(self) -> list[RunCall]:
        """The calls at the end that have started but have no result. It is not known whether they ran."""
        return [call for call, started in self._open() if started]

    def _open(self) -> Iterator[tuple[RunCall, bool]]:
        """Yield the open calls of the last answer, if no message follows it, with True for those that have started."""
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
        """Return the parts of this transcript that another model would not receive.

        Args:
            model: The model, as `provider/name`.
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
        """Parse the output of `to_json`. Entries and fields of later versions are kept.

        Raises:
            DecodingError: The data is not JSON.
            DeserializationError: The data is not a transcript.
        """
        whole: object = parse(data)
        if not is_object(whole) or not is_array(whole.get("entries")):
            raise DeserializationError("the data is not a transcript: expected an object with version and entries")
        version = whole.get("version")
        if not isinstance(version, int) or version < 1:
            raise DeserializationError("the version must be an integer of at least 1", path="$.version")
        entries = cast("list[object]", whole["entries"])
        return cls((_read_entry(one, f"$.entries[{index}]") for index, one in enumerate(entries)), version=version)


def _read_entry(plain: object, path: str) -> Entry:
    if not is_object(plain) or not isinstance(plain.get("kind"), str):
        raise DeserializationError("an entry must be an object with a kind", path=path)
    kind = _KINDS.get(plain["kind"])
    if kind is None:
        return Unknown(raw=plain)
    known = {name: plain[name] for name in kind.__struct_fields__ if name in plain and name != "more"}
    more = {name: value for name, value in plain.items() if name not in known and name != "kind"}
    try:
        return cast("Entry", build_converter(kind)({**known, "more": more}))
    except ValueError as error:
        raise DeserializationError(f"invalid {plain['kind']} entry: {error}", path=path) from None
