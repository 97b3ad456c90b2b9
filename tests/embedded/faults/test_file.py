"""A plan from a TOML file: read whole, or refused with the place and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.embedded.faults import FaultError, FaultPlan, fault, read_plan
from inference_gateway_sdk.embedded.faults.plan import parse_plan


def test_a_file_becomes_a_plan(tmp_path: Path) -> None:
    """Rules keep their order, with faults as text or as tables."""
    file = tmp_path / "faults.toml"
    file.write_text(
        """
        header = true

        [[rules]]
        fault = "status; status=429; retry_after=1"
        path = "/v1/chat/completions"
        method = "POST"
        model = "openai/*"
        times = 2

        [[rules]]
        sequence = ["reset-before-headers", { name = "stall-mid-body", seconds = 5, after = 3 }, "answer"]
        repeat = true
        probability = 0.25
        seed = 7
        """
    )
    plan = read_plan(file)
    first, second = plan.rules
    assert plan.header
    assert first.faults == (fault("status", status=429, retry_after=1),)
    assert (first.path, first.method, first.model, first.times) == ("/v1/chat/completions", "POST", "openai/*", 2)
    assert second.faults == (
        fault("reset-before-headers"),
        fault("stall-mid-body", seconds=5, after=3),
        fault("answer"),
    )
    assert (second.repeat, second.probability, second.seed) == (True, 0.25, 7)


def test_an_empty_file_is_an_empty_plan() -> None:
    """An empty file has no faults, and the header is not honoured."""
    plan = parse_plan("")
    assert (plan.rules, plan.header) == ((), False)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("[[rules]\n", "this is not TOML: "),
        ("[[rule]]\nfault = 'status'\n", "the file has no parameter 'rule': did you mean 'rules'?"),
        ("rules = 1\n", "the file: rules is wrong: expected array, got int"),
        ("header = 'perhaps'\n", "the file: header is wrong: "),
        ("[[rules]]\n", "rule 1: write either fault = ... or sequence = [...]"),
        ("[[rules]]\nfault = 'status'\nsequence = []\n", "rule 1: write either"),
        ("[[rules]]\nsequence = []\n", "rule 1: a rule needs a fault to play"),
        ("[[rules]]\nfault = 'status'\n[[rules]]\nfault = 'stat'\n", "rule 2: unknown fault 'stat'"),
        ("[[rules]]\nfault = 'status'\npaht = '/'\n", "rule 1 has no parameter 'paht': did you mean 'path'?"),
        ("[[rules]]\nfault = { status = 1 }\n", 'rule 1: a fault needs its name: write { name = "status", ... }'),
        ("[[rules]]\nfault = 'status'\nprobability = 2\n", "rule 1: probability=2.0: write a number from 0 to 1"),
        ("[[rules]]\nfault = 1979-05-27\n", "rule 1: fault is wrong: "),
    ],
)
def test_a_file_without_a_valid_rule_is_refused(text: str, phrase: str) -> None:
    """The message names the rule and the correction."""
    with pytest.raises(FaultError) as caught:
        parse_plan(text)
    assert phrase in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A file that cannot be read is named in the error."""
    file = tmp_path / "faults.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FaultError, match=r"faults\.toml"):
        read_plan(file)


WORDS = st.sampled_from(
    ["[[rules]]", "fault", "sequence", "=", "'status'", '"truncate; after=1"', "[", "]", "{", "}", "name", ",", "times",
     "1", "-1", "0.5", "path", "'/v1/*'", "seed", "header", "true", "\n", " "]
)  # fmt: skip


@given(st.text() | st.lists(WORDS).map("".join))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    """Any content is a plan, or is refused with the reason."""
    _a_plan_or_a_sentence(text)


VALUES = st.sampled_from(["1", "-1", "0.5", "nan", "true", "'x'", "''", "[]", "['status']", "{}", "{name='status'}",
                          "'status'", "'truncate; after=x'", "1979-05-27", "[[1]]"])  # fmt: skip
KEYS = ["fault", "sequence", "method", "path", "model", "times", "repeat", "probability", "seed", "x"]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), max_size=3))
def test_any_rules_are_a_plan_or_refused(rules: list[dict[str, str]]) -> None:
    """Any rules in TOML are a plan, or are refused with the reason."""
    lines = [line for rule in rules for line in ("[[rules]]", *(f"{key} = {value}" for key, value in rule.items()))]
    _a_plan_or_a_sentence("\n".join(lines))


def _a_plan_or_a_sentence(text: str) -> None:
    try:
        plan = parse_plan(text)
    except FaultError as error:
        assert len(str(error).split()) > 3  # noqa: PT017  (either way is right)
    else:
        assert isinstance(plan, FaultPlan)
        assert all(rule.faults for rule in plan.rules)
