"""The tables of docs/faults.md, checked against the code: each fault, and a client's result of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from failover import test_one_route
from failover.calling import HASTY, HASTY_IDLE, PATIENT, Outcome, Route, streamed, whole
from inference_gateway_sdk import Timeouts
from inference_gateway_sdk.embedded.faults import KINDS, parse_fault
from inference_gateway_sdk.embedded.faults.plan import parse_plan
from support.limits import for_some_limit

if TYPE_CHECKING:
    from inference_gateway_sdk.embedded.faults import Fault

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


ROWS = {row[0].strip("`"): row for row in table("The faults")}


def parameters(kind: type[Fault]) -> str:
    """Return the parameters of a kind in the table's notation: with their defaults, where these are not None."""
    plain = kind()
    defaults = {name: getattr(plain, name) for name in kind.__struct_fields__}
    return ", ".join(f"`{name}`" if value is None else f"`{name}={value}`" for name, value in defaults.items())


def summary(kind: type[Fault]) -> str:
    """Return the summary of a kind: the first line of its docstring."""
    return (kind.__doc__ or "").partition("\n")[0]


def made_of(outcome: Outcome) -> str:
    """Return an outcome in the words of the table."""
    if outcome.error is None:
        return "the answer"
    partial = ", with `partial`" if outcome.error.partial is not None else ""
    attempts = getattr(outcome.error, "attempts", outcome.attempts)
    return f"`{type(outcome.error).__name__}`{partial}{f', after {attempts} attempts' if attempts > 1 else ''}"


def clocks(name: str, call: Any) -> Any:
    """Return clocks that end a silence soon, and nothing else."""
    if not name.startswith(("stall", "trickle")):
        return PATIENT
    return HASTY if call is whole or name.endswith("headers") else HASTY_IDLE


@pytest.mark.parametrize("name", KINDS)
def test_a_row_describes_its_fault(name: str) -> None:
    """A row has the parameters, the defaults and the summary that the code has."""
    assert ROWS[name][1:3] == [parameters(KINDS[name]), summary(KINDS[name]).replace("|", "\\|")]


def test_the_table_has_no_fault_that_is_not_there() -> None:
    """Each row is a fault, in the order of the code."""
    assert list(ROWS) == list(KINDS)


@pytest.mark.wire
@pytest.mark.parametrize(("call", "column"), [(streamed, 3), (whole, 4)], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", KINDS)
def test_a_client_reacts_to_a_fault_as_documented(route: Route, name: str, call: Any, column: int) -> None:
    """With the fault on every request a call gives the row's answer or error, partial text and attempts."""

    @for_some_limit(clocks(name, call))
    def _(timeouts: Timeouts, _: int) -> None:
        outcome = route.calls(name, call, timeout=timeouts)[0]
        route.await_listening()
        assert made_of(outcome) == ROWS[name][column]


def test_the_sixteen_have_tests() -> None:
    """Each row of the table of requirements names existing tests, and the table has all sixteen rows."""
    rows = table("The sixteen faults of FailoverBench")
    assert [row[0] for row in rows] == [str(number) for number in range(1, 17)]
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row[-1])
        assert named
        assert [name for name in named if not hasattr(test_one_route, name)] == []


def test_what_the_page_shows_can_be_used() -> None:
    """The file in the page is a plan, and each fault that it writes as text is valid."""
    (file,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    first, second = parse_plan(file).rules
    assert [each.name for each in first.faults] == ["status", "reset-before-headers", "answer"]
    assert (second.probability, second.seed) == (0.1, 7)
    for text in re.findall(r"X-Igw-Fault: (.*?)'", PAGE):
        parse_fault(text)
