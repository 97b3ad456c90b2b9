"""The sixteen faults of FailoverBench: `final()` survives all, and a loop over chunks never gets a wrong answer."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from failover.sixteen.playing import Score, play, play_all
from failover.sixteen.report import block_of_page, markdown
from failover.sixteen.scenarios import FULL, SIXTEEN, TEXT, Played, Result, Try, judge
from failover.sixteen.wall import Clock, wall
from inference_gateway_sdk import BadRequestError, InternalError
from inference_gateway_sdk._client.runtime import Runtime
from support.worlds import World

pytestmark = pytest.mark.once

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ASYNC, BLOCKING = World("async"), World("blocking")
SAFE = {"S08", "S09", "S10", "S14"}  # the caller has content that cannot be taken back
PRODUCT = [(gateway, world, way) for gateway in (True, False) for world in (ASYNC, BLOCKING)
           for way in ("final", "loop")]  # fmt: skip
BY_ID = {scenario.id: scenario for scenario in SIXTEEN}


def name_of(value: Any) -> str:
    """Return a short id of a parameter."""
    return {True: "gateway", False: "direct"}.get(value) or value if not isinstance(value, World) else value.name


def assert_expected(scores: list[Score], way: Any) -> None:
    """Assert the verdicts: 16 pass by `final()`, 12 pass and 4 safe in a loop."""
    expected = {one.id: "safe" if way == "loop" and one.id in SAFE else "pass" for one in SIXTEEN}
    assert {score.id: score.verdict for score in scores} == expected, "\n".join(map(str, scores))
    assert Counter(expected.values()) == ({"pass": 16} if way == "final" else {"pass": 12, "safe": 4})


@pytest.mark.parametrize("way", ["final", "loop"])
@pytest.mark.parametrize("world", [ASYNC, BLOCKING], ids=name_of)
def test_full_timings_in_virtual_time(world: World, way: Any) -> None:
    """With the timings of the published bench and an injected clock, both clients have the expected verdicts."""
    assert_expected(play_all(world, way, None), way)


@pytest.mark.hypothesis  # `poe test-long` runs both clients, both ways, directly and through the gateway
@pytest.mark.parametrize(("gateway", "world", "way"), PRODUCT if LONG else PRODUCT[:1], ids=name_of)
def test_fast_timings_over_sockets(gateway: bool, world: World, way: Any) -> None:
    """Over sockets the verdicts are the same, directly and through the embedded gateway with the quirks of v0.48."""
    with wall(gateway=gateway) as at:
        assert_expected(play_all(world, way, at), way)


@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.5, 0.75, 0.99])
def test_the_primary_is_used_again(jitter: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an outage the primary is used again by the last of the 20 calls, however long the delays are."""
    monkeypatch.setattr("failover.sixteen.wall.JITTER", jitter)
    score = play(BY_ID["S15"], BLOCKING, "final", None, FULL)
    assert score.verdict == "pass", score


@pytest.mark.hypothesis  # `poe test-long` plays 200 times
def test_the_primary_is_used_again_with_random_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds if each delay has a random part of its own."""

    def runtime(clock: Clock, _: World) -> Runtime:
        return Runtime(clock.monotonic, lambda: 1_700_000_000.0, clock.advance, chance.random)

    monkeypatch.setattr(Clock, "runtime", runtime)
    for seed in range(200 if LONG else 15):
        chance = random.Random(seed)
        score = play(BY_ID["S15"], BLOCKING, "final", None, FULL)
        assert score.verdict == "pass", (seed, score)


def test_one_route_fails_safely() -> None:
    """Without a fallback no verdict is "fail": each fault ends in the whole answer or in a clean error."""
    scores = play_all(ASYNC, "final", None, fallback=False)
    passed = {"S01", "S03", "S05", "S11", "S13"}
    expected = {one.id: "pass" if one.id in passed else "safe" for one in SIXTEEN}
    assert {score.id: score.verdict for score in scores} == expected, "\n".join(map(str, scores))


def test_the_page_has_the_scores() -> None:
    """The table in docs/faults.md has the verdicts that the other tests assert."""
    own = {
        "fallback, `final()`": (16, 0, 0, 0),
        "fallback, a loop over chunks": (12, 0, 4, 0),
        "one route": (5, 0, 11, 0),
    }
    assert block_of_page() == markdown(own)


WHOLE = Result(text=TEXT, usage=object(), model="groq/fb-ok")
CUT = Result(text=TEXT[:40])
BROKEN = Result(text=TEXT[:40], error=InternalError("cut off"))
REFUSED = Result(error=BadRequestError("prefill"))
CLEAN = Result(error=InternalError("down"))
ONCE, TWICE, OFTEN = [Try(0, 9)], [Try(0, 9), Try(2, 9)], [Try(second, 9) for second in range(7)]


@pytest.mark.parametrize(
    ("id", "result", "tries", "verdict"),
    [
        ("S01", WHOLE, TWICE, "pass"),
        ("S01", WHOLE, ONCE, "partial"),
        ("S01", WHOLE, [Try(0, 9), Try(1.6, 9)], "partial"),
        ("S01", WHOLE, [Try(0, 9), Try(0.1, 9), Try(0.2, 9)], "fail"),
        ("S02", CLEAN, TWICE, "safe"),
        ("S02", WHOLE, OFTEN, "fail"),
        ("S06", WHOLE, TWICE, "partial"),
        ("S06", replace(WHOLE, seconds=101), ONCE, "fail"),
        ("S07", replace(WHOLE, seconds=16), ONCE, "partial"),
        ("S08", CUT, ONCE, "fail"),
        ("S08", BROKEN, ONCE, "safe"),
        ("S08", Result(text="garbage", error=InternalError("cut off")), ONCE, "fail"),
        ("S08", Result(error=KeyError("choices")), ONCE, "fail"),
        ("S11", replace(WHOLE, usage=None), ONCE, "partial"),
        ("S11", replace(WHOLE, seconds=9), ONCE, "fail"),
        ("S12", WHOLE, TWICE, "fail"),
        ("S12", WHOLE, [Try(0, 9), Try(2, 8)], "pass"),
        ("S13", CLEAN, ONCE, "pass"),
        ("S13", WHOLE, ONCE, "partial"),
        ("S13", CLEAN, TWICE, "fail"),
        ("S14", REFUSED, ONCE, "fail"),
        ("S14", BROKEN, ONCE, "safe"),
        ("S16", replace(WHOLE, model="openai/fb-s16"), TWICE, "fail"),
    ],
)
def test_verdicts(id: str, result: Result, tries: list[Try], verdict: str) -> None:
    """Each check can fail, and has the weight of the published bench."""
    played = Played(FULL, results=[result], tries=tries, alive=True)
    assert judge(BY_ID[id], played)[0] == verdict
    assert judge(BY_ID[id], replace(played, alive=False))[0] == "fail"


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([(0, "groq"), (60, "openai")], "pass"),
        ([(0, "groq"), (76, "groq")], "fail"),
        ([(0, "groq"), (91, "openai")], "fail"),
        ([(0, None), (60, "openai")], "fail"),
    ],
)
def test_the_verdict_of_a_sequence(ends: list[tuple[float, str | None]], verdict: str) -> None:
    """Every call must be served, and the primary must answer again within 30 s."""
    results = [
        replace(CLEAN, began=began) if route is None else replace(WHOLE, began=began, route=f"{route}/fb-s15")
        for began, route in ends
    ]
    assert judge(BY_ID["S15"], Played(FULL, results=results, tries=ONCE, alive=True))[0] == verdict
