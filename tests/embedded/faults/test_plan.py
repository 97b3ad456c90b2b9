"""The match of requests to faults: rules in order, probabilities, sequences, and counting under concurrency."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.embedded.faults import Fault, FaultError, FaultPlan, RequestInfo, Rule, fault

CHAT = "/v1/chat/completions"
FORM = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\na\r\n--b--\r\n'


def asked(method: str = "POST", path: str = CHAT, model: str = "openai/gpt-4o") -> RequestInfo:
    """Return one chat."""
    return RequestInfo(method=method, path=path, body=json.dumps({"model": model}).encode())


def names(plan: FaultPlan, count: int) -> list[str | None]:
    """Return the faults that so many successive chats meet."""
    chosen = [plan.choose(asked()) for _ in range(count)]
    return [each and each.name for each in chosen]


def test_a_plain_fault_is_for_every_request() -> None:
    """A fault without a rule applies to every request."""
    assert names(FaultPlan(["truncate"]), 3) == ["truncate"] * 3


def test_fail_twice_then_answer() -> None:
    """A fault for so many requests is over after them."""
    assert names(FaultPlan([Rule(fault("status"), times=2)]), 4) == ["status", "status", None, None]


def test_a_sequence_is_met_in_turn() -> None:
    """The first request meets the first fault, and after the last there is none."""
    plan = FaultPlan([Rule([fault("status"), "answer", "truncate"])])
    assert names(plan, 5) == ["status", "answer", "truncate", None, None]


def test_a_sequence_can_begin_again() -> None:
    """With `repeat` a sequence starts again, as often as `times` allows."""
    plan = FaultPlan([Rule(["status", "answer"], repeat=True, times=5)])
    assert names(plan, 7) == ["status", "answer", "status", "answer", "status", None, None]


def test_the_first_rule_that_takes_a_request_decides() -> None:
    """A rule that is over, or does not match, leaves the request to the next."""
    plan = FaultPlan([Rule("status", path="/health"), Rule("truncate", times=1), "missing-done"])
    assert names(plan, 3) == ["truncate", "missing-done", "missing-done"]


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        (Rule("status", method="post"), True),
        (Rule("status", method="GET"), False),
        (Rule("status", path=CHAT), True),
        (Rule("status", path="/v1/*"), True),
        (Rule("status", path="/v1/chat"), False),
        (Rule("status", model="openai/gpt-4o"), True),
        (Rule("status", model="openai/*"), True),
        (Rule("status", model="groq/*"), False),
        (Rule("status", when=lambda request: request.model.endswith("4o")), True),
        (Rule("status", when=lambda request: b"Hello" in request.body), False),
        (Rule("status", method="POST", path="/v1/*", model="groq/*"), False),
    ],
)
def test_a_rule_is_for_the_requests_it_names(rule: Rule, taken: bool) -> None:
    """A rule matches by method, path, model and function, all of which must fit."""
    assert (FaultPlan([rule]).choose(asked()) is not None) is taken


@pytest.mark.parametrize(
    ("body", "content_type", "model"),
    [
        (b'{"model": "a"}', "application/json", "a"),
        (b'{"model": 1}', "application/json", ""),
        (b"[]", "application/json", ""),
        (b"\xff", "", ""),
        (FORM, "multipart/form-data; boundary=b", "a"),
        (b"--b", "multipart/form-data; boundary=b", ""),
        (b"--b", "multipart/form-data", ""),
    ],
)  # fmt: skip
def test_a_request_names_its_model_in_json_or_in_a_form(body: bytes, content_type: str, model: str) -> None:
    """A body without a model, or an unreadable one, has the empty model."""
    request = RequestInfo(method="POST", path=CHAT, headers={"content-type": content_type}, body=body)
    assert request.model == model


def test_chances_are_the_same_for_the_same_seed() -> None:
    """A seed gives about so many requests, the same ones each time, and another seed others."""
    first, again, other = (FaultPlan([Rule("status", probability=0.3, seed=seed)]) for seed in (1, 1, 2))
    taken = names(first, 1000)
    assert 250 < taken.count("status") < 350
    assert names(again, 1000) == taken
    assert names(other, 1000) != taken


@pytest.mark.parametrize(("probability", "taken"), [(0.0, 0), (1.0, 50)])
def test_never_and_always(probability: float, taken: int) -> None:
    """A probability of 0 takes no request, of 1 takes all."""
    assert names(FaultPlan([Rule("status", probability=probability)]), 50).count("status") == taken


def test_what_is_not_taken_keeps_its_place_in_a_sequence() -> None:
    """A sequence with a probability advances only with the requests that it takes."""
    plan = FaultPlan([Rule(["status", "truncate", "refuse"], probability=0.5, seed=3)])
    assert [name for name in names(plan, 100) if name] == ["status", "truncate", "refuse"]


def test_a_plan_counts_what_it_played() -> None:
    """A plan counts its faults by name, and by rule."""
    rule = Rule("status", times=2)
    plan = FaultPlan([rule, "truncate"])
    names(plan, 3)
    assert plan.played == {"status": 2, "truncate": 1}
    assert plan.taken(rule) == 2


def test_a_plan_can_be_changed() -> None:
    """Rules can be added at the end and removed; equal rules are counted separately; counts are kept."""
    plan = FaultPlan()
    assert names(plan, 1) == [None]
    first, second = plan.add(Rule("status", times=1)), plan.add(Rule("status", times=1))
    assert names(plan, 3) == ["status", "status", None]
    assert (plan.taken(first), plan.taken(second), plan.rules) == (1, 1, (first, second))
    plan.clear()
    assert (plan.rules, plan.played, plan.taken(first)) == ((), {"status": 2}, 0)


@pytest.mark.parametrize(
    ("make", "phrase"),
    [
        (lambda: Rule([]), "a rule needs a fault to play"),
        (lambda: Rule("stattus"), "did you mean 'status'?"),
        (lambda: Rule("status", times=-1), "times=-1"),
        (lambda: Rule("status", probability=1.5), "probability=1.5: write a number from 0 to 1"),
        (lambda: FaultPlan(["stattus"]), "did you mean 'status'?"),
        (lambda: FaultPlan().shut_for(1), "the plan is not attached to a listening server"),
    ],
)
def test_what_cannot_be_is_refused(make: object, phrase: str) -> None:
    """An invalid rule raises an error that explains the correction."""
    with pytest.raises(FaultError) as caught:
        make()  # type: ignore[operator]
    assert phrase in str(caught.value)


SEQUENCES = st.lists(st.sampled_from(["status", "truncate", "refuse", "answer"]), min_size=1, max_size=8)


def _met(sequence: list[str], times: int | None, repeat: bool, requests: int) -> Counter[str | None]:
    """Return how many requests meet each fault, by counting alone."""
    endless = len(sequence) == 1 or repeat
    limit = requests if times is None else min(times, requests)
    steps = [sequence[number % len(sequence)] for number in range(limit if endless else min(limit, len(sequence)))]
    return Counter([*steps, *[None] * (requests - len(steps))])


@given(SEQUENCES, st.none() | st.integers(0, 40), st.booleans())
def test_a_sequence_counts_right_among_threads(sequence: list[str], times: int | None, repeat: bool) -> None:
    """Threads in any order meet and count each step as often as the rule requires."""
    plan = FaultPlan([Rule(sequence, times=times, repeat=repeat)])
    with ThreadPoolExecutor(4) as pool:
        chosen = list(pool.map(lambda _: plan.choose(asked()), range(32)))
    _counted(plan, chosen, _met(sequence, times, repeat, 32))


@given(SEQUENCES, st.none() | st.integers(0, 40), st.booleans())
def test_a_sequence_counts_right_among_tasks(sequence: list[str], times: int | None, repeat: bool) -> None:
    """Tasks of one loop meet and count each step as often as the rule requires."""
    plan = FaultPlan([Rule(sequence, times=times, repeat=repeat)])

    async def one() -> Fault | None:
        await asyncio.sleep(0)
        return plan.choose(asked())

    async def all_of_them() -> list[Fault | None]:
        return await asyncio.gather(*(one() for _ in range(32)))

    _counted(plan, asyncio.run(all_of_them()), _met(sequence, times, repeat, 32))


def _counted(plan: FaultPlan, chosen: list[Fault | None], expected: Counter[str | None]) -> None:
    assert Counter(each and each.name for each in chosen) == expected
    assert plan.played == {name: count for name, count in expected.items() if name}
    assert plan.taken(plan.rules[0]) == sum(plan.played.values())
