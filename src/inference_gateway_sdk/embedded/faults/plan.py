"""Which request meets which fault: rules, their notation and their file."""

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

from ..multipart import Form, FormError
from .kinds import Fault, FaultError, checked, fault

if TYPE_CHECKING:
    import uvicorn

__all__ = ["FaultPlan", "Listener", "RequestInfo", "Rule", "parse_fault", "parse_plan", "read_plan"]


_STRING = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*({_STRING}|[^;\"]*?)\s*(?:;|$)")


def parse_fault(given: str | Mapping[str, object]) -> Fault:
    """The fault that a text or a mapping describes; the mapping has its name under "name".

    Raises:
        FaultError: It describes none; the message says why, in a sentence.
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
        return msgspec.json.decode(value.encode(), type=str)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise FaultError(f"{whole!r}: {value} is not a JSON string: {error}") from error


_BACKLOG = 256


class Listener:
    """Made and used in the server's loop.

    Args:
        server: A running server.
        sockets: The list of its one listening socket, which it closes when it ends.
    """

    def __init__(self, server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        self._server = server
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._shut = 0  # by how many
        self._pauses: set[asyncio.Task[None]] = set()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's loop."""
        return self._loop

    async def shut(self) -> None:
        """Refuse connections, and end those on which nothing is being answered."""
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
        """Accept connections again, once all who shut it have opened it."""
        self._shut -= 1
        if self._shut or self._server.should_exit:
            return
        self._share(True)
        tls = self._server.config.ssl
        listener = await self._loop.create_server(self._connection, sock=self._sockets[0], ssl=tls, backlog=_BACKLOG)
        self._server.servers.append(listener)

    def shut_for(self, seconds: float) -> None:
        """Shut it now, and open it so much later."""

        async def pause() -> None:
            await self.shut()
            await asyncio.sleep(seconds)
            await self.open()

        task = self._loop.create_task(pause())
        self._pauses.add(task)
        task.add_done_callback(self._pauses.discard)

    def _share(self, on: bool) -> None:
        """Whether the socket suffers others at its address: connections that are still open do, but no other server."""
        if os.name == "posix":
            self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, on)

    def _connection(self) -> asyncio.Protocol:
        server = self._server
        make = server.config.http_protocol_class
        return make(config=server.config, server_state=server.server_state, app_state=server.lifespan.state)  # type: ignore[call-arg]


class RequestInfo(Struct, frozen=True, kw_only=True):
    """A request, as a rule sees it.

    Attributes:
        method: In capitals.
        path: Without the query.
        query: What follows the question mark.
        headers: By lower-case name; of a repeated one, the last.
        body: The whole body; empty when no rule for this path looks at it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def model(self) -> str:
        """The model it names, in JSON or in a form; "" when it names none."""
        content_type = self.headers.get("content-type", "")
        try:
            if content_type.startswith("multipart/"):
                return Form.parse(content_type, self.body).text("model")
            return msgspec.json.decode(self.body, type=_Named).model
        except (msgspec.DecodeError, FormError, UnicodeDecodeError):
            return ""


class _Named(Struct):
    model: str = ""


class Rule(Struct, frozen=True):
    """Which requests meet which faults.

    Attributes:
        play: The fault that each request meets, or several that they meet in turn: the first request the first fault,
            and so on. Text is read as `parse()` reads it.
        method: Only this method.
        path: Only this path; `*` stands for anything.
        model: Only this model, as the request names it; `*` stands for anything.
        when: Only requests for which this is true.
        times: For how many requests; None for all that come, or as many as `play` has faults in turn.
        repeat: Faults in turn begin again after the last.
        probability: How likely a request is to be taken; one that is not is left to the rules behind.
        seed: Of the chances: the same seed takes the same requests.
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
        """Read what is text.

        Raises:
            FaultError: A value is none that it can have.
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
        """What it plays, in turn."""
        return cast("tuple[Fault, ...]", self.play)

    @property
    def reads_body(self) -> bool:
        """Whether it can only be asked with the request's body."""
        return self.model is not None or self.when is not None

    def is_for(self, method: str, path: str) -> bool:
        """Whether it is for this route, whatever is asked there."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or fnmatchcase(path, self.path)

    def matches(self, asked: RequestInfo) -> bool:
        """Whether it is for this request, however many it has taken."""
        if not self.is_for(asked.method, asked.path):
            return False
        if self.model is not None and not fnmatchcase(asked.model, self.model):
            return False
        return self.when is None or self.when(asked)

    def nth(self, number: int) -> Fault | None:
        """What the request with this number, from 0, meets; None when the rule is over."""
        faults = self.faults
        if self.times is not None and number >= self.times:
            return None
        if len(faults) > 1 and not self.repeat and number >= len(faults):
            return None
        return faults[number % len(faults)]


class _Running:
    """A rule and how far it is."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.taken = 0
        self._chance = Random(rule.seed)  # noqa: S311  (it is to be the same each time)

    def take(self) -> Fault | None:
        """What the next request meets, if anything."""
        fault = self.rule.nth(self.taken)
        if fault is None or self._chance.random() >= self.rule.probability:
            return None
        self.taken += 1
        return fault


class FaultPlan:
    """What goes wrong, and what has.

    Args:
        rules: Tried in this order; the first that matches a request decides. A fault, or its text, matches every
            request.
        header: A request may name its own fault, in the header `X-Igw-Fault`; that comes before every rule.
    """

    def __init__(self, rules: Iterable[Rule | Fault | str] = (), *, header: bool = False) -> None:
        self.header = header
        self._listener: Listener | None = None
        self._lock = threading.Lock()
        self._running = [_Running(_checked_rule(each)) for each in rules]
        self._played: Counter[str] = Counter()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they are asked."""
        with self._lock:
            return tuple(running.rule for running in self._running)

    @property
    def played(self) -> dict[str, int]:
        """How often each fault was chosen, by its name."""
        with self._lock:
            return dict(self._played)

    def taken(self, rule: Rule) -> int:
        """How many requests this very rule has taken."""
        with self._lock:
            return sum(running.taken for running in self._running if running.rule is rule)

    def add(self, rule: Rule | Fault | str) -> Rule:
        """The rule, now the last of the plan."""
        running = _Running(_checked_rule(rule))
        with self._lock:
            self._running.append(running)
        return running.rule

    def clear(self) -> None:
        """Forget every rule; what was played stays counted."""
        with self._lock:
            self._running.clear()

    def reads_body(self, method: str, path: str) -> bool:
        """Whether a rule for this route can only be asked with the request's body."""
        return any(rule.reads_body and rule.is_for(method, path) for rule in self.rules)

    def choose(self, asked: RequestInfo) -> Fault | None:
        """The fault that this request meets, which is counted; None for none."""
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
        """Have a server's listening socket to shut, or no longer."""
        self._listener = listener

    def shut_for(self, seconds: float) -> None:
        """Refuse connections for so long; to be called in the server's loop.

        Raises:
            FaultError: There is no server with a socket.
        """
        self._attached().shut_for(seconds)

    @contextmanager
    def refusing(self) -> Generator[None]:
        """Connections are refused until the block ends; not to be used in the server's own thread.

        Raises:
            FaultError: There is no server with a socket.
        """
        listener = self._attached()
        asyncio.run_coroutine_threadsafe(listener.shut(), listener.loop).result()
        try:
            yield
        finally:
            if self._listener is listener:  # otherwise its server has ended
                asyncio.run_coroutine_threadsafe(listener.open(), listener.loop).result()

    def _attached(self) -> Listener:
        if self._listener is None:
            raise FaultError("nothing listens for this plan: give it to running() or igw serve")
        return self._listener


def _checked_rule(given: Rule | Fault | str) -> Rule:
    return given if isinstance(given, Rule) else Rule(given)


Written = str | dict[str, object]


class _File(Struct):
    header: bool = False
    rules: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


class _Rule(Struct):
    """A rule as it is written: as `Rule`, with `fault` or `sequence` for what it plays."""

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
    """The plan in this file.

    Raises:
        FaultError: The file cannot be read, or says nothing that can be followed; the message says why.
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
    """The plan that this TOML text describes.

    Raises:
        FaultError: It describes none.
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
