"""Rules turned into the fault that a request meets: which requests, how many of them, by what chance, in what order.

A plan may be asked from several threads and tasks at once; the n-th request that a rule takes always meets the same
fault, whoever comes first.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence  # noqa: TC003  (msgspec reads the annotations)
from contextlib import contextmanager
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct, field
from msgspec.structs import force_setattr

from ..multipart import Form, FormError
from .kinds import Fault, FaultError
from .notation import parse

if TYPE_CHECKING:
    from .door import Door

__all__ = ["Asked", "FaultPlan", "Rule"]


class Asked(Struct, frozen=True, kw_only=True):
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
    when: Callable[[Asked], bool] | None = None
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
        force_setattr(self, "play", tuple(parse(each) if isinstance(each, str) else each for each in given))

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

    def matches(self, asked: Asked) -> bool:
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
        rules: Asked in this order; the first that takes a request decides. A fault, or its text, is for every request.
        header: A request may name its own fault, in the header `X-Igw-Fault`; that comes before every rule.
    """

    def __init__(self, rules: Iterable[Rule | Fault | str] = (), *, header: bool = False) -> None:
        self.header = header
        self._door: Door | None = None
        self._lock = threading.Lock()
        self._running = [_Running(_rule(each)) for each in rules]
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
        running = _Running(_rule(rule))
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

    def choose(self, asked: Asked) -> Fault | None:
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

    def attach(self, door: Door | None) -> None:
        """Have a server's listening socket to shut, or no longer."""
        self._door = door

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
        door = self._attached()
        asyncio.run_coroutine_threadsafe(door.shut(), door.loop).result()
        try:
            yield
        finally:
            if self._door is door:  # otherwise its server has ended
                asyncio.run_coroutine_threadsafe(door.open(), door.loop).result()

    def _attached(self) -> Door:
        if self._door is None:
            raise FaultError("nothing listens for this plan: give it to running() or igw serve")
        return self._door


def _rule(given: Rule | Fault | str) -> Rule:
    return given if isinstance(given, Rule) else Rule(given)
