"""The contract, fuzzed with schemathesis against the embedded gateway: no 500, no hang, and answers that fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("schemathesis", reason="the package schemathesis is not installed")

import requests
from hypothesis import HealthCheck, Phase, given, settings

from fuzz.contract import MODES, OPERATIONS, cases, request
from fuzz.judging import complaints

pytestmark = [pytest.mark.wire, pytest.mark.hypothesis, pytest.mark.once]

PATIENCE = 60.0  # seconds after which an answer counts as lost
WITH_TOOLS = ("createChatCompletion", "listTools", "mcpJsonRpc")
UNBREAKABLE = ("healthCheck", "getMCPProtectedResourceMetadata")
ROWS = [
    (operation, mode) for operation in OPERATIONS for mode in MODES if mode == "valid" or operation not in UNBREAKABLE
]
QUICK = settings().max_examples <= 100


def bounded(share: int) -> settings:
    """Return settings for this share of the profile's examples: deterministic, except in the long profile."""
    return settings(
        max_examples=settings().max_examples // share,
        derandomize=QUICK,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Return one HTTP session for all requests, without the machine's proxies."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def probe(operation: str, mode: str, url: str, session: requests.Session, share: int) -> None:
    """Send the request, and validate every answer against the contract."""

    @bounded(share)
    @given(case=cases(operation, mode))
    def asked(case: Any) -> None:
        # Sent by hand: schemathesis would retry a dropped connection, and abandon a long stream.
        answer = session.request(**request(operation, mode, case, url), timeout=PATIENCE)
        found = complaints(operation, mode, case, answer)
        assert not found, f"{found}\n{case.as_curl_command()}\n{answer.status_code} {answer.content[:500]!r}"

    asked()


@pytest.mark.parametrize(("operation", "mode"), ROWS)
def test_every_answer_fits_the_contract(plain: str, session: requests.Session, operation: str, mode: str) -> None:
    """Requests that fit the contract and requests that do not get valid answers from each operation."""
    probe(operation, mode, plain, session, share=10)


@pytest.mark.parametrize(("operation", "mode"), [(operation, mode) for operation in WITH_TOOLS for mode in MODES])
def test_every_answer_fits_with_tools(with_tools: str, session: requests.Session, operation: str, mode: str) -> None:
    """Answers fit too where the gateway itself runs tools."""
    probe(operation, mode, with_tools, session, share=10)
