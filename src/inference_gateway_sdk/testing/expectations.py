"""The scripts of one gateway: choose one for a request, and explain a miss or an unused script."""

from __future__ import annotations

import threading
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from .script import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .received import ReceivedRequest
    from .script import Mismatch, Script

__all__ = ["Expectations", "Miss", "UnmatchedRequestError", "UnusedScriptError", "explain_miss", "explain_unused"]


_COMPARED = 200  # characters of a text


def explain_miss(request: ReceivedRequest, scripts: Sequence[Script]) -> str:
    """Why none of these scripts answers this request."""
    lines = [f"No script answers {request}:", *_portrait(request), ""]
    if not scripts:
        return "\n".join([*lines, 'There are no scripts: write gateway.reply("...") before the request is sent.'])
    for_it = [script for script in scripts if script.condition.fits(request)]
    if for_it:
        return "\n".join([*lines, *_used_up(for_it)])
    nearest = max(scripts, key=lambda script: _nearness(script, request))
    others = [script for script in scripts if script is not nearest]
    return "\n".join([*lines, *_difference(nearest, request), *_listed("The other scripts:", others)])


def _portrait(request: ReceivedRequest) -> list[str]:
    rows = {"model": request.model, "content": request.text and repr(cut(request.text))}
    shown = [f"    {name:<8}  {value}" for name, value in rows.items() if value]
    return shown or [f"    {len(request.content)} bytes"]


def _used_up(scripts: Sequence[Script]) -> list[str]:
    """The scripts for a request that came once too often."""
    one = len(scripts) == 1
    lines = _listed("The script for it is used up:" if one else "The scripts for it are used up:", scripts)
    return [*lines[1:], "", 'Write one more, or times=2, or times="always".']


def _difference(script: Script, request: ReceivedRequest) -> list[str]:
    """What the nearest script wants that the request does not have."""
    used = f", {script.count}" if script.used_up else ""
    lines = [f"The nearest script is {script}", f"({script.place}{used}), and differs in:"]
    for finding in script.condition.findings(request):
        if not finding.fits:
            lines += ["", f"    {finding.name}", f"    - {cut(finding.wanted)}", f"    + {cut(finding.got)}"]
    return lines


def _nearness(script: Script, request: ReceivedRequest) -> tuple[float, bool]:
    """How near a script is to a request: how alike are what it wants and what there is; then whether it is unused."""
    alike = [_similarity(finding) for finding in script.condition.findings(request)]
    return sum(alike) / len(alike), not script.used_up


def _similarity(finding: Mismatch) -> float:
    if finding.fits or finding.name not in ("model", "content"):
        return float(finding.fits)
    return SequenceMatcher(None, finding.wanted[:_COMPARED], finding.got[:_COMPARED]).ratio()


def explain_unused(scripts: Sequence[Script], requests: Sequence[ReceivedRequest]) -> str:
    """Which scripts no request came for, beside the requests that came."""
    one = len(scripts) == 1
    lines = ["A script was not used:" if one else f"{len(scripts)} scripts were not used:", *_listed("", scripts)[2:]]
    if requests:
        lines += ["", "The requests that came:", *(f"    {each}{_request_line(each)}" for each in requests)]
    else:
        lines += ["", "No request came."]
    return "\n".join([*lines, "", "A script that need not be used says so: optional=True."])


def _request_line(request: ReceivedRequest) -> str:
    return f" for {request.model}" if request.model else ""


def _listed(title: str, scripts: Sequence[Script]) -> list[str]:
    """The scripts with where they stand and how often they were used, under a title; nothing for none."""
    if not scripts:
        return []
    return ["", title, *(f"    {script}  ({script.place}, {script.count})" for script in scripts)]


class UnmatchedRequestError(AssertionError):
    """A request came that no script was for; the text shows what the nearest one wanted."""


class UnusedScriptError(AssertionError):
    """A script was not used, or not as often as it said; the text names it and where it stands."""


class Miss(Struct, frozen=True):
    """A request without a script, and why there was none."""

    request: ReceivedRequest
    why: str


class Expectations:
    """Scripts and requests.

    Attributes:
        requests: Every request that came, in order.
        misses: Those that no script was for.
    """

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.misses: list[Miss] = []
        self._scripts: list[Script] = []
        self._lock = threading.Lock()

    def add(self, script: Script) -> Script:
        """The script, now the last."""
        with self._lock:
            self._scripts.append(script)
        return script

    def record(self, request: ReceivedRequest) -> ReceivedRequest:
        """The request, now the last that came, with its number."""
        with self._lock:
            request = replace(request, number=len(self.requests) + 1)
            self.requests.append(request)
        return request

    def take(self, request: ReceivedRequest) -> Script | None:
        """The script that answers this request, now used once more; None when there is none."""
        for script in tuple(self._scripts):
            if script.used_up or not script.condition.fits(request):
                continue
            with self._lock:
                if not script.used_up:
                    script.used += 1
                    return script
        return None

    def give_back(self, script: Script) -> None:
        """Count a script that was taken and did not come to answer as not used."""
        with self._lock:
            script.used -= 1

    def miss(self, request: ReceivedRequest, why: str = "") -> str:
        """Why no script answers this request, which is remembered; found out when it is not given."""
        why = why or explain_miss(request, tuple(self._scripts))  # asks the test's functions: not under the lock
        with self._lock:
            self.misses.append(Miss(request, why))
        return why

    def assert_all_matched(self) -> None:
        """Return when every request had its script.

        Raises:
            UnmatchedRequestError: One had none.
        """
        if self.misses:
            raise UnmatchedRequestError("\n\n".join(miss.why for miss in self.misses))

    def assert_all_used(self) -> None:
        """Return when every script was used as often as it said, but for optional ones.

        Raises:
            UnusedScriptError: One was not.
        """
        unused = [script for script in self._scripts if script.missed]
        if unused:
            raise UnusedScriptError(explain_unused(unused, self.requests))

    def clear(self) -> None:
        """Forget scripts, requests and misses."""
        with self._lock:
            self._scripts.clear()
            self.requests.clear()
            self.misses.clear()
