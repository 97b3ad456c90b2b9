"""How long a call may wait for the server, as a value. Five clocks, none of which runs while the caller is busy."""

from __future__ import annotations

import math

from msgspec import Struct

__all__ = ["Timeouts", "read_timeouts"]


class Timeouts(Struct, frozen=True, kw_only=True):
    """The clocks of a call, in seconds; None switches one off.

    Only waiting for the server counts: a consumer that takes its time between two chunks is never a timeout.
    The gateway's own limits are 10 s to the provider's first byte and 30 s for a whole answer by default
    (gateway-behaviour.md#limits-and-timeouts), so shorter values here hide its explanations.

    Attributes:
        connect: Name resolution, connect, proxy tunnel and TLS together.
        response: A whole answer that is not streamed, from sent to read.
        first_content: From sending to the first content of a stream; comments, pings and empty deltas are not content.
        idle: Between two pieces of content of a stream.
        total: Everything, over all attempts and the pauses between them.

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
    """The clocks for what a user gave as `timeout`.

    A number bounds everything: the whole call, and each wait within it. None waits for ever, once connected.

    Raises:
        TypeError: `value` is none of these.
        ValueError: It is not positive.
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
