"""A sample of `scripts/fuzz_embedded.py`: malformed JSON, odd HTTP and random bodies lead to no 500."""

from __future__ import annotations

import importlib.util
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "fuzz_embedded.py"


@pytest.fixture(scope="module")
def script() -> Any:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("fuzz_embedded", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.wire
def test_a_sample_leads_to_no_500(script: Any) -> None:
    """Every kind of request is answered, none with a 500, and the server logs no error."""
    with ExitStack() as stack:
        report = script.fuzz(script.gateways(stack), 600, seed=7)
    assert report.failures == []
    assert report.total == 600
    kinds = {kind for kind, _ in report.counts}
    assert kinds == {"malformed JSON", "odd HTTP", "random body"}
    assert {outcome for _, outcome in report.counts} >= {"200", "400", "403", "404"}


def test_the_same_seed_makes_the_same_requests(script: Any) -> None:
    """A failure can be repeated by its seed."""
    first, again, other = (script.requests(seed) for seed in (1, 1, 2))
    taken = [next(first) for _ in range(50)]
    assert taken == [next(again) for _ in range(50)]
    assert taken != [next(other) for _ in range(50)]


@pytest.mark.parametrize(
    ("outcome", "body", "failures"),
    [
        ("500", b"Internal Server Error", 1),
        ("500", b'{"error":"Provider not available"}', 0),
        ("hung", b"", 1),
        ("400", b"", 0),
        ("closed", b"", 0),
    ],
)
def test_a_500_and_a_hang_are_failures(script: Any, outcome: str, body: bytes, failures: int) -> None:
    """Each is kept with its request; the documented 500 is counted separately."""
    report = script.Report()
    report.add(script.Sent("odd HTTP", b"GET / HTTP/1.1"), script.Result(outcome, body))
    assert (len(report.failures), report.total) == (failures, 1)
    assert all("GET / HTTP/1.1" in failure for failure in report.failures)
    assert ("500 documented" in report.table()) == (outcome == "500" and not failures)


@pytest.mark.wire
def test_an_error_that_the_server_logs_is_a_failure(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback after the head of a response, which no status shows, is a failure."""

    async def breaks(*_: object) -> None:
        logging.getLogger("uvicorn.error").error("it broke")

    monkeypatch.setattr(script, "_send", breaks)
    assert script.fuzz([1], 1, seed=1).failures == ["logged: it broke"]
