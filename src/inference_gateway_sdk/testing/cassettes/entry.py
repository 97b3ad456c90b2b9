"""A cassette in one line: for this package's clients, and for any HTTP client by way of a recording proxy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .cassette import MATCH_ON, Cassette

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterable

    from .matching import Matcher, Mode
    from .playback import Clock, Speed
    from .redaction import Redaction

__all__ = ["cassette", "recording_gateway"]


def cassette(
    path: str | os.PathLike[str],
    mode: Mode = "once",
    *,
    match_on: Iterable[str | Matcher] = MATCH_ON,
    repeat: bool = False,
    speed: Speed = "full",
    redaction: Redaction | None = None,
    clock: Clock | None = None,
) -> Cassette:
    """The cassette in this file, to be used in a `with` block.

    Args:
        path: Where the file is, or will be; folders are made.
        mode: "once" records when there is no file and only plays when there is one; "none" only plays; "new" plays what
            is there and records the rest; "all" plays nothing and writes the file anew.
        match_on: What a request must have in common with a recorded one: "method", "scheme", "host", "path", "query",
            "headers", "body", or functions of the asked and the recorded request.
        repeat: Play the last fitting recording again when all were played; otherwise each is played once.
        speed: "full": what was recorded is there at once; "original": when it came.
        redaction: What is hidden besides, or instead of, what is always hidden.
        clock: Time, for tests.

    Raises:
        ValueError: An argument that makes no sense; the message names it.
        TypeError: The same.
    """
    return Cassette(path, mode, match_on=match_on, repeat=repeat, speed=speed, redaction=redaction, clock=clock)


@contextmanager
def recording_gateway(
    path: str | os.PathLike[str],
    upstream: str | None = None,
    mode: Mode = "once",
    *,
    match_on: Iterable[str | Matcher] = MATCH_ON,
    repeat: bool = False,
    speed: Speed = "full",
    redaction: Redaction | None = None,
) -> Generator[str]:
    """The address of a proxy on this machine that records or plays what any HTTP client asks of it, for one block.

    Args:
        path: As in `cassette`, like all that is not named here.
        upstream: Where a request is passed on to: its path is put behind this address. Needed only to record.
        mode: As in `cassette`.
        match_on: The same.
        repeat: The same.
        speed: The same.
        redaction: The same.

    Raises:
        CassetteMissError: When the block ends: a request found nothing, and was answered with 400.
    """
    tape = Cassette(path, mode, match_on=match_on, repeat=repeat, speed=speed, redaction=redaction)
    with tape, tape.gateway(upstream) as url:
        yield url
