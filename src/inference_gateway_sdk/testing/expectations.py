"""The scripts of a gateway: the choice of one for a request, and reports on misses and unused scripts."""

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


_COMPARED = 200  # characters of a text that are compared


def explain_miss(request: ReceivedRequest, scripts: Sequence[Script]) -> str:
    """Explain why none of these scripts answers this request."""
    lines = [f"No script answers {request}:", *_request_rows(request), ""]
    if not scripts:
        return "\n".join([*lines, 'There are no scripts: write gateway.reply("...") before the request is sent.'])
    for_it = [script for script in scripts if script.condition.fits(request)]
    if for_it:
        return "\n".join([*lines, *_used_up(for_it)])
    nearest = max(scripts, key=lambda script: _nearness(script, request))
    others = [script for script in scripts if script is not nearest]
    return "\n".join([*lines, *_difference(nearest, request), *_listed("The other scripts:", others)])


def _request_rows(request: ReceivedRequest) -> list[str]:
    rows = {"model": request.model, "content": request.text and repr(cut(request.text))}
    shown = [f"    {name:<8}  {value}" for name, value in rows.items() if value]
    return shown or [f"    {len(request.content)} bytes"]


def _used_up(scripts: Sequence[Script]) -> list[str]:
    """Return a report on the matching scripts, which have been used up."""
    one = len(scripts) == 1
    lines = _listed("The script for it is used up:" if one else "The scripts for it are used up:", scripts)
    return [*lines[1:], "", 'Write one more, or times=2, or times="always".']


def _difference(script: Script, request: ReceivedRequest) -> list[str]:
    """Return a report on the requirements of the nearest script that the request does not meet."""
    used = f", {script.count}" if script.used_up else ""
    lines = [f"The nearest script is {script}", f"({script.place}{used}), and differs in:"]
    for finding in script.condition.findings(request):
        if not finding.fits:
            lines += ["", f"    {finding.name}", f"    - {cut(finding.wanted)}", f"    + {cut(finding.got)}"]
    return lines


def _nearness(script: Script, request: ReceivedRequest) -> tuple[float, bool]:
    """Rate a script for a request: the similarity of requirements and values, then whether it can still be used."""
    alike = [_similarity(finding) for finding in script.condition.findings(request)]
    return sum(alike) / len(alike), not script.used_up


def _similarity(finding: Mismatch) -> float:
    if finding.fits or finding.name not in ("model", "content"):
        return float(finding.fits)
    return SequenceMatcher(None, finding.wanted[:_COMPARED], finding.got[:_COMPARED]).ratio()


def explain_unused(scripts: Sequence[Script], requests: Sequence[ReceivedRequest]) -> str:
    """List the scripts that were not used, and the requests that were received."""
    one = len(scripts) == 1
    lines = ["A script was not used:" if one else f"{len(scripts)} scripts were not used:", *_listed("", scripts)[2:]]
    if requests:
        lines += ["", "The received requests:", *(f"    {each}{_request_line(each)}" for each in requests)]
    else:
        lines += ["", "No request was received."]
    return "\n".join([*lines, "", "Pass optional=True for a script that need not be used."])


def _request_line(request: ReceivedRequest) -> str:
    return f" for {request.model}" if request.model else ""


def _listed(title: str, scripts: Sequence[Script]) -> list[str]:
    """Return a titled list of scripts with their places and counts, or nothing for no scripts."""
    if not scripts:
        return []
    return ["", title, *(f"    {script}  ({script.place}, {script.count})" for script in scripts)]


class UnmatchedRequestError(AssertionError):
    """A request had no script. The message shows how the nearest script differs."""


class UnusedScriptError(AssertionError):
    """A script was not used, or too rarely. The message names the script and its place."""


class Miss(Struct, frozen=True):
    """A request without a script, with the explanation."""

    request: ReceivedRequest
    why: str


class Expectations:
    """The scripts and the received requests.

    Attributes:
        requests: All received requests in order.
        misses: The requests without a script.
    """

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.misses: list[Miss] = []
        self._scripts: list[Script] = []
        self._lock = threading.Lock()

    def add(self, script: Script) -> Script:
        """Append a script and return it."""
        with self._lock:
            self._scripts.append(script)
        return script

    def record(self, request: ReceivedRequest) -> ReceivedRequest:
        """Append a received request and return it with its number."""
        with self._lock:
            request = replace(request, number=len(self.requests) + 1)
            self.requests.append(request)
        return request

    def take(self, request: ReceivedRequest) -> Script | None:
        """Return the script for this request and count its use, or return None if there is none."""
        for script in tuple(self._scripts):
            if script.used_up or not script.condition.fits(request):
                continue
            with self._lock:
                if not script.used_up:
                    script.used += 1
                    return script
        return None

    def give_back(self, script: Script) -> None:
        """Undo the count of a script that was taken but did not answer."""
        with self._lock:
            script.used -= 1

    def miss(self, request: ReceivedRequest, why: str = "") -> str:
        """Record a request without a script, and return the explanation. Without `why` it is determined here."""
        why = why or explain_miss(request, tuple(self._scripts))  # calls the test's functions, so not under the lock
        with self._lock:
            self.misses.append(Miss(request, why))
        return why

    def assert_all_matched(self) -> None:
        """Return if every request had a script.

        Raises:
            UnmatchedRequestError: A request had none.
        """
        if self.misses:
            raise UnmatchedRequestError("\n\n".join(miss.why for miss in self.misses))

    def assert_all_used(self) -> None:
        """Return if every script was used as often as it should be. Optional scripts are ignored.

        Raises:
            UnusedScriptError: A script was not.
        """
        unused = [script for script in self._scripts if script.missed]
        if unused:
            raise UnusedScriptError(explain_unused(unused, self.requests))

    def clear(self) -> None:
        """Remove all scripts, requests and misses."""
        with self._lock:
            self._scripts.clear()
            self.requests.clear()
            self.misses.clear()
