"""A TOML file turned into a plan, for `igw serve --faults FILE`.

header = true                       # requests may name their own fault

[[rules]]
path = "/v1/chat/completions"
model = "openai/*"
fault = "status; status=429; retry_after=1"
times = 2

[[rules]]
sequence = ["reset-before-headers", { name = "status", status = 503 }, "answer"]
repeat = true
"""

from __future__ import annotations

import tomllib
from pathlib import Path  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct, field

from .kinds import Fault, FaultError, checked
from .notation import parse
from .plan import FaultPlan, Rule

__all__ = ["parse_plan", "read_plan"]

Written = str | dict[str, object]


class _File(Struct):
    header: bool = False
    rules: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


class _Rule(Struct):
    """A rule as it is written: as `Rule`, with `fault` or `sequence` for what it plays."""

    fault: Written | None = None
    sequence: list[Written] | None = None
    method: str | None = None
    path: str | None = None
    model: str | None = None
    times: int | None = None
    repeat: bool = False
    probability: float = 1.0
    seed: int = 0


def read_plan(path: Path) -> FaultPlan:
    """The plan in this file.

    Raises:
        FaultError: The file cannot be read, or says nothing that can be followed; the message says why.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise FaultError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FaultError(f"{path} is not UTF-8: {error}") from error
    try:
        return parse_plan(text)
    except FaultError as error:
        raise FaultError(f"{path}: {error}") from error


def parse_plan(text: str) -> FaultPlan:
    """The plan that this TOML text describes.

    Raises:
        FaultError: It describes none.
    """
    try:
        loaded = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FaultError(f"this is not TOML: {error}") from error
    file = checked(_File, loaded, "the file")
    return FaultPlan([_rule(each, number) for number, each in enumerate(file.rules, 1)], header=file.header)


def _rule(given: dict[str, object], number: int) -> Rule:
    what = f"rule {number}"
    written = checked(_Rule, given, what)
    try:
        return Rule(
            _played(written),
            method=written.method,
            path=written.path,
            model=written.model,
            times=written.times,
            repeat=written.repeat,
            probability=written.probability,
            seed=written.seed,
        )
    except FaultError as error:
        raise FaultError(f"{what}: {error}") from error


def _played(written: _Rule) -> Fault | list[Fault]:
    if (written.fault is None) == (written.sequence is None):
        raise FaultError("write either fault = ... or sequence = [...]")
    if written.fault is not None:
        return parse(written.fault)
    return [parse(each) for each in written.sequence or ()]
