"""The clocks of a stream, with injected times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import Timeouts
from inference_gateway_sdk._streams.reader import TAIL, StreamDeadlines

ALL = Timeouts(first_content=10, idle=3, total=20)


def test_the_first_read_may_take_until_the_first_content_is_due() -> None:
    """A new guard waits `first_content` seconds from now."""
    assert StreamDeadlines(ALL).deadline(100.0) == 110.0


def test_bytes_without_content_do_not_move_the_deadline() -> None:
    """Data without content, however often it arrives, does not move the deadline."""
    guard = StreamDeadlines(ALL)
    for now in (100.0, 102.0, 104.0):
        assert guard.deadline(now) == 110.0
        guard.waited(2.0)


def test_content_starts_the_idle_clock_anew() -> None:
    """After content, and after each further piece, the next may take `idle` seconds."""
    guard = StreamDeadlines(ALL)
    guard.waited(9.0)
    for now in (109.0, 111.0):
        guard.content()
        assert guard.deadline(now) == now + 3
        guard.waited(2.0)
    assert guard.deadline(113.0) == 114.0


def test_the_consumers_time_does_not_count() -> None:
    """Time between two reads is the consumer's: only reported waits count."""
    guard = StreamDeadlines(ALL)
    guard.content()
    guard.waited(1.0)
    assert guard.deadline(5000.0) == 5002.0


def test_total_counts_every_wait_and_what_earlier_attempts_spent() -> None:
    """`total` runs on through content, with the rest that earlier attempts left of it."""
    guard = StreamDeadlines(ALL, spent=15.0)
    assert guard.deadline(100.0) == 105.0
    guard.waited(3.0)
    guard.content()
    assert guard.deadline(200.0) == 202.0


def test_without_limits_there_is_no_deadline() -> None:
    """None switches a clock off: with all off, a read has no limit."""
    guard = StreamDeadlines(Timeouts(first_content=None, idle=None))
    assert guard.deadline(100.0) is None
    guard.content()
    guard.waited(10_000.0)
    assert guard.deadline(100.0) is None


def test_total_alone_bounds_a_stream_without_other_limits() -> None:
    """With `total` as the only limit it is the deadline."""
    guard = StreamDeadlines(Timeouts(first_content=None, idle=None, total=7))
    guard.waited(3.0)
    assert guard.deadline(100.0) == 104.0


def test_a_tail_is_waited_for_briefly_and_once() -> None:
    """After the terminal marker the wait is short, and data that trickles in does not extend it."""
    guard = StreamDeadlines(Timeouts(idle=60))
    guard.content()
    guard.tail()
    assert guard.deadline(100.0) == 100.0 + TAIL
    guard.waited(TAIL - 1)
    guard.tail()
    assert guard.deadline(200.0) == 201.0


def test_a_tail_never_waits_longer_than_idle() -> None:
    """A shorter `idle` bounds the tail too; no `idle` leaves the usual bound."""
    short, none = StreamDeadlines(Timeouts(idle=2)), StreamDeadlines(Timeouts(idle=None))
    for guard in (short, none):
        guard.content()
        guard.tail()
    assert short.deadline(0.0) == 2.0
    assert none.deadline(0.0) == TAIL


def test_content_after_a_tail_starts_the_idle_clock_again() -> None:
    """Another turn after the marker is waited for like any content."""
    guard = StreamDeadlines(Timeouts(idle=60))
    guard.content()
    guard.tail()
    guard.content()
    assert guard.deadline(100.0) == 160.0
    guard.tail()
    assert guard.deadline(100.0) == 100.0 + TAIL


def _first_content_late() -> StreamDeadlines:
    guard = StreamDeadlines(ALL)
    guard.waited(10.0)
    return guard


def _idle() -> StreamDeadlines:
    guard = StreamDeadlines(ALL)
    guard.waited(4.0)
    guard.content()
    guard.waited(3.0)
    return guard


def _total() -> StreamDeadlines:
    guard = StreamDeadlines(ALL, spent=5.0)
    for _ in range(5):
        guard.waited(2.5)
        guard.content()
    guard.waited(2.5)
    return guard


@pytest.mark.parametrize(
    ("make", "limit", "seconds", "elapsed", "phrase"),
    [
        (_first_content_late, "first_content", 10, 10.0, "no content came within 10 s"),
        (_idle, "idle", 3, 3.0, "no content came for 3 s, after 4 chunks"),
        (_total, "total", 20, 15.0, "the stream did not end within 20 s"),
    ],
    ids=["first_content", "idle", "total"],
)
def test_a_stall_names_the_clock_that_ran_out(
    make: object, limit: str, seconds: float, elapsed: float, phrase: str
) -> None:
    """The error has the limit that passed, its value, the time waited and the option to raise."""
    error = make().stalled(4)  # type: ignore[operator]
    assert (error.limit, error.seconds, error.elapsed, error.chunks) == (limit, seconds, elapsed, 4)
    assert phrase in error.message
    assert f"(timeout.{limit})" in error.message
    assert error.hint is not None
    assert f"Timeouts({limit}=" in error.hint


STEPS = st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["content", "tail", "nothing"])), max_size=20)
LIMITS = st.builds(
    Timeouts,
    first_content=st.none() | st.floats(0.5, 20),
    idle=st.none() | st.floats(0.5, 20),
    total=st.none() | st.floats(0.5, 50),
)


@given(LIMITS, STEPS)
def test_no_clock_is_ever_overrun(limits: Timeouts, steps: list[tuple[float, str]]) -> None:
    """In any order of events, no deadline allows more waiting than any limit that is running."""
    guard = StreamDeadlines(limits)
    total = since = 0.0
    running, clock = limits.first_content, "first content"
    for seconds, what in steps:
        deadline = guard.deadline(0.0)
        for limit, used in ((running, since), (limits.total, total)):
            if limit is not None:
                assert deadline is not None
                assert deadline <= limit - used + 1e-9
        guard.waited(seconds)
        total += seconds
        since += seconds
        if what == "content":
            guard.content()
            running, clock, since = limits.idle, "idle", 0.0
        elif what == "tail" and clock != "first content":  # the marker is content
            guard.tail()
            if clock == "idle":
                running, clock, since = min(limits.idle or TAIL, TAIL), "tail", 0.0
    assert guard.spent == pytest.approx(total)
