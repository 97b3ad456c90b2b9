"""Fault plans: the rules that assign faults to requests, their text notation and their file format."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import threading
import tomllib
from collections import Counter
from collections.abc import (
    Callable,  # noqa: TC003  (msgspec reads the annotations)
    Generator,  # noqa: TC003  (msgspec reads the annotations)
    Iterable,  # noqa: TC003  (msgspec reads the annotations)
    Mapping,  # noqa: TC003  (msgspec reads the annotations)
    Sequence,  # noqa: TC003  (msgspec reads the annotations)
)
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path  # noqa: TC003  (msgspec reads the annotations at run time)
from random import Random
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct, field
from msgspec.structs import force_setattr

from ..._model.type_info import strict_decode
from ..multipart import Form, FormError
from .kinds import Fault, FaultError, checked, fault

if TYPE_CHECKING:
    import uvicorn

__all__ = ["FaultPlan", "Listener", "RequestInfo", "Rule", "parse_fault", "parse_plan", "read_plan"]


_STRING = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*({_STRING}|[^;\"]*?)\s*(?:;|$)")


def parse_fault(given: str | Mapping[str, object]) -> Fault:
    """Parse a fault from text, or from a mapping that has the fault's name under "name".

    Raises:
        FaultError: The fault is invalid. The message is a sentence with the reason.
    """
    if isinstance(given, str):
        name, _, rest = given.partition(";")
        return fault(name.strip(), **_parameters(rest, given))
    parameters = {key.replace("-", "_"): value for key, value in given.items()}
    named = parameters.pop("name", None)
    if not isinstance(named, str):
        raise FaultError(f'a fault needs its name: write {{ name = "status", ... }} and not {dict(given)!r}')
    return fault(named, **parameters)


def _parameters(text: str, whole: str) -> dict[str, object]:
    found: dict[str, object] = {}
    place = 0
    while text[place:].strip():
        match = _PARAMETER.match(text, place)
        if match is None:
            raise FaultError(f"{whole!r}: after the name of a fault, write ; parameter=value and so on")
        key = match[1].replace("-", "_")
        if key in found:
            raise FaultError(f"{whole!r}: {key} is given twice")
        found[key] = _read_value(match[2], whole)
        place = match.end()
    return found


def _read_value(value: str, whole: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return strict_decode(value.encode(), str)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise FaultError(f"{whole!r}: {value} is not a JSON string: {error}") from error


_BACKLOG = 256


class Listener:
    """The listening socket of a server, which faults can close and reopen. Used in the server's event loop only.

    Args:
        server: A running server.
        sockets: The list with the server's only listening socket. The server closes it when it stops.
    """

    def __init__(self, server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        self._server = server
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._shut = 0  # the number of callers that have shut it
        self._pauses: set[asyncio.Task[None]] = set()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's event loop."""
        return self._loop

    async def shut(self) -> None:
        """Refuse connections, and close the idle ones."""
        self._shut += 1
        if self._shut > 1:
            return
        family, address = self._sockets[0].family, self._sockets[0].getsockname()
        for listener in self._server.servers:
            listener.close()
        self._server.servers.clear()
        self._sockets[0].close()
        self._sockets[0] = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._share(True)
        self._sockets[0].bind(address)
        self._share(False)
        for connection in list(self._server.server_state.connections):
            connection.shutdown()

    async def open(self) -> None:
        """Accept connections again, once every caller of `shut` has called this."""
        self._shut -= 1
        if self._shut or self._server.should_exit:
            return
        self._share(True)
        tls = self._server.config.ssl
        listener = await self._loop.create_server(self._connection, sock=self._sockets[0], ssl=tls, backlog=_BACKLOG)
        self._server.servers.append(listener)

    def shut_for(self, seconds: float) -> None:
        """Shut now, and open after this many seconds."""

        async def pause() -> None:
            await self.shut()
            await asyncio.sleep(seconds)
            await self.open()

        task = self._loop.create_task(pause())
        self._pauses.add(task)
        task.add_done_callback(self._pauses.discard)

    def _share(self, on: bool) -> None:
        """Set SO_REUSEADDR. `bind` needs it while connections are open; off, it keeps other servers away."""
        if os.name == "posix":
            self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, on)

    def _connection(self) -> asyncio.Protocol:
        server = self._server
        make = server.config.http_protocol_class
        return make(config=server.config, server_state=server.server_state, app_state=server.lifespan.state)  # type: ignore[call-arg]


class RequestInfo(Struct, frozen=True, kw_only=True):
    """A request as a rule receives it.

    Attributes:
        method: The method in upper case.
        path: The path without the query.
        query: The query without the question mark.
        headers: Values by lower-case name. The last value of a repeated header wins.
        body: The whole body; empty when no rule for this path needs it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def model(self) -> str:
        """The model in the JSON or form body; "" if it has none."""
        content_type = self.headers.get("content-type", "")
        try:
            if content_type.startswith("multipart/"):
                return Form.parse(content_type, self.body).text("model")
            return strict_decode(self.body, _Named).model
        except (msgspec.DecodeError, FormError, UnicodeDecodeError):
            return ""


class _Named(Struct):
    model: str = ""


class Rule(Struct, frozen=True):
    """A rule that assigns faults to requests.

    Attributes:
        play: The fault of each request, or a sequence: the first request gets the first fault, and so on. Text is
            parsed by `parse_fault()`.
        method: Match only this method.
        path: Match only this path; `*` matches any characters.
        model: Match only this model, as the request names it; `*` matches any characters.
        when: Match only requests for which this returns true.
        times: The number of requests to affect; None for all, or for the length of the sequence.
        repeat: Start the sequence again after its last fault.
        probability: The probability of affecting a request. Other requests are passed to the next rules.
        seed: The seed of the random choice. The same seed affects the same requests.
    """

    play: Fault | str | Sequence[Fault | str]
    method: str | None = None
    path: str | None = None
    model: str | None = None
    when: Callable[[RequestInfo], bool] | None = None
    times: int | None = None
    repeat: bool = False
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Parse faults that are given as text.

        Raises:
            FaultError: A value is invalid.
        """
        given = (self.play,) if isinstance(self.play, Fault | str) else tuple(self.play)
        if not given:
            raise FaultError("a rule needs a fault to play: give one, or several in turn")
        if self.times is not None and self.times < 0:
            raise FaultError(f"times={self.times}: write how many requests meet the fault, 0 or more")
        if not 0 <= self.probability <= 1:
            raise FaultError(f"probability={self.probability}: write a number from 0 to 1")
        force_setattr(self, "play", tuple(parse_fault(each) if isinstance(each, str) else each for each in given))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of the sequence."""
        return cast("tuple[Fault, ...]", self.play)

    @property
    def reads_body(self) -> bool:
        """True if matching needs the request's body."""
        return self.model is not None or self.when is not None

    def is_for(self, method: str, path: str) -> bool:
        """Return whether the rule's method and path match."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or fnmatchcase(path, self.path)

    def matches(self, asked: RequestInfo) -> bool:
        """Return whether the rule matches this request, regardless of its count."""
        if not self.is_for(asked.method, asked.path):
            return False
        if self.model is not None and not fnmatchcase(asked.model, self.model):
            return False
        return self.when is None or self.when(asked)

    def nth(self, number: int) -> Fault | None:
        """Return the fault of the request with this number, from 0, or None when the rule is used up."""
        faults = self.faults
        if self.times is not None and number >= self.times:
            return None
        if len(faults) > 1 and not self.repeat and number >= len(faults):
            return None
        return faults[number % len(faults)]


class _Running:
    """A rule and its progress."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.taken = 0
        self._chance = Random(rule.seed)  # noqa: S311  (reproducible, not secret)

    def take(self) -> Fault | None:
        """Return the fault of the next request, if any, and count it."""
        fault = self.rule.nth(self.taken)
        if fault is None or self._chance.random() >= self.rule.probability:
            return None
        self.taken += 1
        return fault


class FaultPlan:
    """The faults to inject, and a count of those injected.

    Args:
        rules: The rules in order; the first that matches a request decides. A fault, or its text, is a rule that
            matches every request.
        header: Let a request name its own fault in the header `X-Igw-Fault`, which takes precedence over every rule.
    """

    def __init__(self, rules: Iterable[Rule | Fault | str] = (), *, header: bool = False) -> None:
        self.header = header
        self._listener: Listener | None = None
        self._lock = threading.Lock()
        self._running = [_Running(_checked_rule(each)) for each in rules]
        self._played: Counter[str] = Counter()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in order of precedence."""
        with self._lock:
            return tuple(running.rule for running in self._running)

    @property
    def played(self) -> dict[str, int]:
        """The number of times each fault was chosen, by name."""
        with self._lock:
            return dict(self._played)

    def taken(self, rule: Rule) -> int:
        """Return the number of requests that this rule has affected."""
        with self._lock:
            return sum(running.taken for running in self._running if running.rule is rule)

    def add(self, rule: Rule | Fault | str) -> Rule:
        """Append a rule and return it."""
        running = _Running(_checked_rule(rule))
        with self._lock:
            self._running.append(running)
        return running.rule

    def clear(self) -> None:
        """Remove all rules. The counts of faults remain."""
        with self._lock:
            self._running.clear()

    def reads_body(self, method: str, path: str) -> bool:
        """Return whether a rule for this route needs the request's body to decide."""
        return any(rule.reads_body and rule.is_for(method, path) for rule in self.rules)

    def choose(self, asked: RequestInfo) -> Fault | None:
        """Choose and count the fault of this request; None for none."""
        with self._lock:
            running = tuple(self._running)
        for each in running:
            if not each.rule.matches(asked):
                continue
            with self._lock:
                fault = each.take()
                if fault is not None:
                    self._played[fault.name] += 1
                    return fault
        return None

    def count(self, fault: Fault) -> None:
        """Count a fault that a request named for itself."""
        with self._lock:
            self._played[fault.name] += 1

    def attach(self, listener: Listener | None) -> None:
        """Set the listening socket that the plan can shut. None removes it."""
        self._listener = listener

    def shut_for(self, seconds: float) -> None:
        """Refuse connections for this many seconds. Call it in the server's event loop.

        Raises:
            FaultError: The plan is not attached to a listening server.
        """
        self._attached().shut_for(seconds)

    @contextmanager
    def refusing(self) -> Generator[None]:
        """Refuse connections until the block ends. Do not use it in the server's thread.

        Raises:
            FaultError: The plan is not attached to a listening server.
        """
        listener = self._attached()
        asyncio.run_coroutine_threadsafe(listener.shut(), listener.loop).result()
        try:
            yield
        finally:
            if self._listener is listener:  # else its server has stopped
                asyncio.run_coroutine_threadsafe(listener.open(), listener.loop).result()

    def _attached(self) -> Listener:
        if self._listener is None:
            raise FaultError("the plan is not attached to a listening server: pass it to running() or igw serve")
        return self._listener


def _checked_rule(given: Rule | Fault | str) -> Rule:
    return given if isinstance(given, Rule) else Rule(given)


Written = str | dict[str, object]


class _File(Struct):
    header: bool = False
    rules: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


class _Rule(Struct):
    """A rule of the file: the fields of `Rule`, with `fault` or `sequence` for `play`."""

    fault: Written | None = None
    sequence: list[Written] | None = None
    method: str | None = None
    path: str | None = None
    model: str | None = None
    times: int | None = None
    repeat: bool = False
    probability: float = 1.0
    seed: int = 0


def read_plan(path: Path) -> FaultPlan:
    """Read a plan from a TOML file.

    Raises:
        FaultError: The file cannot be read or is not a valid plan. The message gives the reason.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise FaultError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FaultError(f"{path} is not UTF-8: {error}") from error
    try:
        return parse_plan(text)
    except FaultError as error:
        raise FaultError(f"{path}: {error}") from error


def parse_plan(text: str) -> FaultPlan:
    """Parse a plan from TOML text.

    Raises:
        FaultError: The text is not a valid plan.
    """
    try:
        loaded = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FaultError(f"this is not TOML: {error}") from error
    file = checked(_File, loaded, "the file")
    return FaultPlan([_file_rule(each, number) for number, each in enumerate(file.rules, 1)], header=file.header)


def _file_rule(given: dict[str, object], number: int) -> Rule:
    what = f"rule {number}"
    written = checked(_Rule, given, what)
    try:
        return Rule(
            _played(written),
            method=written.method,
            path=written.path,
            model=written.model,
            times=written.times,
            repeat=written.repeat,
            probability=written.probability,
            seed=written.seed,
        )
    except FaultError as error:
        raise FaultError(f"{what}: {error}") from error


def _played(written: _Rule) -> Fault | list[Fault]:
    if (written.fault is None) == (written.sequence is None):
        raise FaultError("write either fault = ... or sequence = [...]")
    if written.fault is not None:
        return parse_fault(written.fault)
    return [parse_fault(each) for each in written.sequence or ()]
