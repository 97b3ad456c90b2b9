"""The timeouts of a call as a value. Five clocks, all of which stop while the caller's code runs."""

from __future__ import annotations

import math

from msgspec import Struct

__all__ = ["Timeouts", "read_timeouts"]


class Timeouts(Struct, frozen=True, kw_only=True):
    """The timeouts of a call in seconds; None disables one.

    Only time spent waiting for the server counts. A consumer that is slow between two chunks never causes a timeout.
    The gateway's own limits are 10 s to the provider's first byte and 30 s for a whole answer by default
    (gateway-behaviour.md#limits-and-timeouts). Shorter values here hide its error messages.

    Attributes:
        connect: Name resolution, connect, proxy tunnel and TLS handshake together.
        response: From sending the request to the end of the response, for calls that are not streamed.
        first_content: From sending to the first content of a stream; comments, pings and empty deltas are not content.
        idle: Between two pieces of content of a stream.
        total: The whole call, including all attempts and the delays between them.

    Raises:
        ValueError: A value is not a positive number of seconds.
    """

    connect: float | None = 5.0
    response: float | None = 300.0
    first_content: float | None = 120.0
    idle: float | None = 60.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            _check_seconds(f"timeout.{name}", getattr(self, name))


def read_timeouts(value: Timeouts | float | None) -> Timeouts:
    """Return the timeouts for the value of a `timeout` argument.

    A number limits the whole call, and each wait within it. None disables all timeouts after connecting.

    Raises:
        TypeError: `value` is neither `Timeouts`, a number nor None.
        ValueError: The number is not positive.
    """
    if isinstance(value, Timeouts):
        return value
    if value is None:
        return Timeouts(response=None, first_content=None, idle=None)
    _check_seconds("timeout", value)
    return Timeouts(connect=min(5.0, value), response=value, first_content=value, idle=value, total=value)


def _check_seconds(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be seconds, Timeouts(...) or None, got {type(value).__name__}")
    if not value > 0 or math.isinf(value):
        raise ValueError(f"{name} must be a positive number of seconds, or None for no limit; got {value!r}")
