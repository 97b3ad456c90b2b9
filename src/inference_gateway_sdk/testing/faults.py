"""The faults that scripts ask for, chosen for the gateway's fault player; their names in the words of a test.

The player asks a plan which fault a request meets. This one has no rules: the script that answers the request says it.
"""

from __future__ import annotations

from difflib import get_close_matches
from time import monotonic
from typing import TYPE_CHECKING, TypeGuard

import msgspec
from msgspec.structs import replace

from ..embedded.faults import KINDS, Fault, FaultError, FaultPlan, fault
from ..embedded.faults.kinds import ErrorEvent
from ..embedded.providers.scripts import DIALECTS, Conversation
from .answer import Answer
from .refusal import STATUSES, refusal_of
from .visit import VISIT

if TYPE_CHECKING:
    from ..embedded.faults import Asked
    from ..embedded.faults.door import Door
    from .visit import Visit

__all__ = ["ScriptedFaults", "error_event", "fault_of", "is_status", "says"]

__tracebackhide__ = True  # pytest shows the test's line, not ours

_NO_FAULTS = ("answer", "status")  # replies and statuses have words of their own here
_PATHS = {"chat": "/chat/completions", "messages": "/messages", "responses": "/responses"}


class ScriptedFaults(FaultPlan):
    """The plan of the gateway's fault player."""

    def __init__(self) -> None:
        super().__init__()
        self._has_door = False
        self._shut_until = 0.0

    @property
    def refuses(self) -> bool:
        """Whether a gateway without a socket is not to be reached now."""
        return monotonic() < self._shut_until

    def attach(self, door: Door | None) -> None:
        """As `FaultPlan.attach`."""
        self._has_door = door is not None
        super().attach(door)

    def shut_for(self, seconds: float) -> None:
        """Refuse connections for so long, also those that need no socket."""
        self._shut_until = monotonic() + seconds
        if self._has_door:
            super().shut_for(seconds)

    def reads_body(self, method: str, path: str) -> bool:
        """Nothing more need be read: the script is chosen already."""
        del method, path
        return False

    def choose(self, asked: Asked) -> Fault | None:
        """The fault of the script for the request that is on its way."""
        del asked
        visit = VISIT.get(None)
        if visit is None or visit.script is None or visit.script.fault is None:
            return None
        chosen = visit.script.fault
        if isinstance(chosen, ErrorEvent) and not visit.request.stream:
            return None
        visit.answered = True
        self.count(chosen)
        return _placed(chosen, visit) if visit.script.at_end else chosen


def _placed(fault: Fault, visit: Visit) -> Fault:
    """The fault, behind the last event that says something."""
    path, script = _PATHS.get(visit.request.endpoint), visit.script
    outcome = script.outcome_for(visit.request) if script is not None else None
    if path is None or not isinstance(outcome, Answer) or "after" not in fault.__struct_fields__:
        return fault
    try:
        turn = outcome.turn(Conversation.read(visit.request.content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return fault  # the provider refuses it
    told = [says(event) for event in DIALECTS[path].events(turn)]
    last = max((number for number, each in enumerate(told, 1) if each), default=1)
    return replace(fault, after=last)


def says(event: bytes) -> bool:
    """Whether an event of a stream brings something that was said, in any of the dialects."""
    first = event.partition(b"\n")[0]
    if first.startswith(b"event: "):
        return first == b"event: content_block_delta" or first.endswith(b".delta")
    return b'"delta":{"' in event and b'"role":"assistant"' not in event


def is_status(what: str | int | Fault) -> TypeGuard[str | int]:
    """Whether this says a status, and not what happens on the wire."""
    return isinstance(what, int) or (isinstance(what, str) and what in STATUSES)


def fault_of(what: str | int | Fault, **parameters: object) -> Fault:
    """The fault of this name, written with hyphens or underscores.

    Raises:
        ValueError: There is none, or it has no such parameter.
    """
    if isinstance(what, Fault):
        if parameters:
            raise ValueError(f"{', '.join(parameters)}: a fault that is ready has its parameters already")
        return what
    if not isinstance(what, str):
        raise TypeError(f"a failure is a status, a name or a fault, got {what!r}")
    name = what.replace("_", "-")
    known = [each for each in KINDS if each not in _NO_FAULTS]
    if name not in known:
        raise ValueError(f"there is no failure {what!r}. {_meant(what, name, known)}")
    try:
        return fault(name, **parameters)
    except FaultError as error:
        raise ValueError(str(error)) from None


def _meant(what: str, name: str, known: list[str]) -> str:
    """What may have been meant by a name that is none."""
    near = [each for each in known if name in each]
    near = near or get_close_matches(what, STATUSES, 1) or get_close_matches(name, known, 1)
    meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return (
        f"{meant}There are the statuses from 400 to 599, also as {', '.join(STATUSES)}; "
        f"and the faults on the wire {', '.join(known)}."
    )


def error_event(what: str | int) -> Fault:
    """The error inside a stream that stands for this status."""
    refusal = refusal_of(what)
    return ErrorEvent(code=refusal.status, message=refusal.message)
