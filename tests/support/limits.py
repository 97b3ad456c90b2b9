"""Limits on real time: short ones first, longer ones where the machine was too slow for the short ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec

from inference_gateway_sdk import Timeouts

Check = Callable[[Timeouts, int], None]

FACTORS = (1, 5, 25)
SHORT = 1.0  # seconds; longer limits are not reached


def for_some_limit(timeouts: Timeouts) -> Callable[[Check], None]:
    """Call the decorated check with the timeouts, and with longer ones if an assertion fails, as long as one holds.

    On a busy machine a limit of a fraction of a second may pass before the server has its first turn, and the result is
    then that of another fault. Timeouts without a short limit are checked once. The second argument is the factor.
    """

    def decorate(check: Check) -> None:
        *first, last = FACTORS if longer(timeouts, 2) != timeouts else (1,)
        for factor in first:
            with contextlib.suppress(AssertionError):
                return check(longer(timeouts, factor), factor)
        return check(longer(timeouts, last), last)

    return decorate


def longer(timeouts: Timeouts, factor: int) -> Timeouts:
    """Return the timeouts with each short limit multiplied."""
    limits = {name: getattr(timeouts, name) for name in timeouts.__struct_fields__}
    return msgspec.structs.replace(
        timeouts, **{name: limit * factor for name, limit in limits.items() if limit is not None and limit < SHORT}
    )
