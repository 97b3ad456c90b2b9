"""The scripts of one test and the requests that came: which script answers which request, and what went wrong.

A playbook is used by the test's thread and by the server's at once. Scripts are asked in the order they were written;
the first that is for a request and not used up answers it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from .explanation import explain_miss, explain_unused

if TYPE_CHECKING:
    from .received import ReceivedRequest
    from .script import Script

__all__ = ["Miss", "Playbook", "UnmatchedRequestError", "UnusedScriptError"]


class UnmatchedRequestError(AssertionError):
    """A request came that no script was for; the text shows what the nearest one wanted."""


class UnusedScriptError(AssertionError):
    """A script was not used, or not as often as it said; the text names it and where it stands."""


class Miss(Struct, frozen=True):
    """A request without a script, and why there was none."""

    request: ReceivedRequest
    why: str


class Playbook:
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
