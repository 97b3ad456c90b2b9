"""The breaker of one route: when it opens, for how long, and how it closes."""

from __future__ import annotations

import threading

import pytest

from inference_gateway_sdk._client.routes import RouteBook
from inference_gateway_sdk._routing.breaker import Admission, Breaker
from inference_gateway_sdk._routing.candidates import ModelFacts
from inference_gateway_sdk._routing.plan import Route
from inference_gateway_sdk._routing.verdict import judge
from inference_gateway_sdk._wire.call import Target
from inference_gateway_sdk.errors import ServiceUnavailableError


def bad(breaker: Breaker, now: float, admission: str = "closed", **options: float | None) -> None:
    """Record a bad end, without luck in the jitter."""
    options.setdefault("cooldown", None)
    breaker.bad(admission, now, 1.0, **options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_two_bad_ends_in_a_row() -> None:
    """One bad end leaves it closed; the second one in a row opens it for a second."""
    breaker = Breaker()
    bad(breaker, 0.0)
    assert breaker.condition(0.0) == "closed"
    breaker.good("closed")
    bad(breaker, 1.0)
    assert breaker.condition(1.0) == "closed"
    bad(breaker, 2.0)
    assert (breaker.condition(2.0), breaker.opens_at) == ("open", 3.0)
    assert breaker.admit(2.9) is None


def test_more_than_half_of_the_last_twenty() -> None:
    """After a good probe the bad ends before it count still: one more opens it, if most of the last 20 were bad."""
    breaker = Breaker()
    for at in range(11):
        bad(breaker, float(at * 100), breaker.admit(float(at * 100)) or "closed")
    assert breaker.admit(5000.0) == "probe"
    breaker.good("probe")
    bad(breaker, 5001.0)
    assert breaker.condition(5001.0) == "open"


def test_the_wait_doubles_to_a_quarter_of_a_minute() -> None:
    """Each opening waits twice as long, up to 15 s, and at least as long as the response asked for."""
    breaker, now, waits = Breaker(), 0.0, []
    bad(breaker, now)
    for _ in range(7):
        bad(breaker, now, breaker.admit(now) or "closed")
        waits.append(breaker.opens_at - now)
        now = breaker.opens_at
    assert waits == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    bad(breaker, now, "probe", wait=99.0)
    assert breaker.opens_at == now + 99.0


@pytest.mark.parametrize(("random", "delay"), [(0.0, 0.0), (0.5, 0.5), (0.999, 0.999)])
def test_full_jitter(random: float, delay: float) -> None:
    """The wait is a random share of its bound."""
    breaker = Breaker()
    breaker.cool("closed", 10.0, random, cooldown=None)
    assert breaker.opens_at == pytest.approx(10.0 + delay)
    breaker = Breaker()
    breaker.cool("closed", 10.0, random, cooldown=7.0)
    assert breaker.opens_at == 17.0


def test_one_probe_at_a_time() -> None:
    """A half-open breaker admits one probe. A good end of it closes, and one that shows nothing allows the next."""
    breaker = Breaker()
    breaker.cool("closed", 0.0, 1.0, cooldown=None)
    assert breaker.condition(1.0) == "half-open"
    assert [breaker.admit(1.0), breaker.admit(1.0)] == ["probe", None]
    assert breaker.condition(1.0) == "probing"
    breaker.release("probe")
    assert breaker.admit(1.0) == "probe"
    breaker.good("probe", 0.5)
    assert (breaker.condition(1.0), breaker.admit(1.0), breaker.latency) == ("closed", "closed", 0.5)


def test_ends_of_calls_that_began_before() -> None:
    """Calls that were admitted before it opened neither close it nor end the probe."""
    breaker = Breaker()
    breaker.cool("closed", 0.0, 1.0, cooldown=None)
    breaker.good("closed", 0.1)
    assert breaker.condition(0.5) == "open"
    assert breaker.admit(1.0) == "probe"
    bad(breaker, 1.0)
    breaker.cool("closed", 1.0, 0.0, cooldown=None)
    assert breaker.condition(1.0) == "probing"
    assert breaker.admit(1.0) is None


def test_a_probe_that_never_ended() -> None:
    """A probe that was lost blocks the route for ten minutes at most."""
    breaker = Breaker()
    breaker.cool("closed", 0.0, 1.0, cooldown=None)
    assert breaker.admit(1.0) == "probe"
    assert breaker.admit(600.0) is None
    assert breaker.admit(601.0) == "probe"


def test_many_threads_and_a_flapping_route() -> None:
    """Of 200 threads that ask at once for a route that fails and recovers, exactly one probes."""
    book, now, rounds = RouteBook(lambda: 0.5), 1000.0, 5
    route = Route(Target.resolve("openai/a"), ModelFacts())
    verdict = judge(ServiceUnavailableError("down", status=503))
    barrier = threading.Barrier(200)
    admitted: list[list[Admission | None]] = [[] for _ in range(rounds)]

    def ask() -> None:
        for number in range(rounds):
            barrier.wait()
            admission = book.admit(route, now + 100.0 * number)
            admitted[number].append(admission)
            barrier.wait()  # the probe is in progress until all have asked
            if admission == "probe" and number % 2:
                book.answered(route, admission, 0.1)
                book.failed(route, "forced", verdict, error="E", now=now + 100.0 * number, cooldown=50.0)
            elif admission == "probe":
                book.failed(route, admission, verdict, error="E", now=now + 100.0 * number, cooldown=50.0)

    book.failed(route, "forced", verdict, error="E", now=now - 100.0, cooldown=50.0)
    threads = [threading.Thread(target=ask) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found.count("probe") for found in admitted] == [1] * rounds
    assert [found.count(None) for found in admitted] == [199] * rounds
