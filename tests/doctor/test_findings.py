"""Faulty set-ups: the doctor names each fault first, finds none in healthy ones, and shows no secret."""

from __future__ import annotations

import re
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from doctor.setups import HEALTHY, SECRETS, SETUPS, black_hole, gateway
from embedded.recordings import certificates
from inference_gateway_sdk.doctor import Diagnosis, examine, probes
from inference_gateway_sdk.doctor.findings import ROWS
from inference_gateway_sdk.doctor.probes import Bounds, Setup
from inference_gateway_sdk.doctor.report import Answer
from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from support.ipv6 import needs_ipv6
from support.weights import nowhere

pytestmark = pytest.mark.wire


def examined(case: dict[str, Any]) -> Diagnosis:
    """Return the diagnosis of a set-up."""
    return examine(case["setup"], case["model"], case["needs"], deep=case["deep"], bounds=case["bounds"])


@pytest.mark.parametrize("name", sorted(SETUPS))
def test_the_fault_is_named_first(name: str) -> None:
    """The first finding is that of the set-up; no secret is in any form of the diagnosis."""
    with SETUPS[name]() as case:
        found = examined(case)
        secrets = (*SECRETS, case["setup"].token or SECRETS[0])
    assert [finding.id for finding in found.findings][:1] == [case["first"]], str(found)
    shown = f"{found} {found.to_json()} {found!r} {case['setup']!r}"
    assert not [secret for secret in secrets if secret in shown]
    assert found.findings[0].evidence and found.findings[0].fix


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_nothing_is_found_in_a_healthy_setup(name: str) -> None:
    """There is no finding at all, and the text has the facts."""
    with HEALTHY[name]() as case:
        found = examined(case)
    assert found.findings == ()
    assert found.ok and "no fault found" in str(found)


def test_every_row_has_a_setup() -> None:
    """Each finding of the table comes first in one of the set-ups, except two that have tests of their own."""
    source = (Path(__file__).parent / "setups.py").read_text("utf-8")
    named = {row.id for row in ROWS if re.search(rf'"{row.id}"', source)}
    assert {row.id for row in ROWS} - named == {"address-family", "tls"}


@needs_ipv6
def test_a_gateway_on_the_other_address_family_is_found() -> None:
    """A gateway on ::1 alone is not at 127.0.0.1, and the evidence names where it is."""
    with running(Settings(host="::1", port=0), local=nowhere(), scripted=ScriptedProvider()) as url:
        port = url.rpartition(":")[2]
        found = examine(Setup(root=f"http://127.0.0.1:{port}", places=()), None, (), deep=False, bounds=Bounds())
    assert found.findings[0].id == "address-family"
    assert f"[::1]:{port}" in found.findings[0].evidence


def test_a_server_that_requires_a_certificate_is_a_fault_of_tls(tmp_path: Path) -> None:
    """Neither side's certificate is at fault here, so the general finding comes."""
    ca, cert, key = certificates(tmp_path)
    context = ssl.create_default_context(cafile=ca)
    settings = Settings(port=0, tls_cert=cert, tls_key=key, client_ca=ca)
    with running(settings, local=nowhere(), scripted=ScriptedProvider()) as url:
        setup = Setup(root=url, context=lambda: context)
        found = examine(setup, None, (), deep=False, bounds=Bounds())
    assert found.findings[0].id == "tls"


def test_the_neighbour_is_named_when_nothing_listens() -> None:
    """A gateway at another usual port of the host is part of the evidence."""
    with SETUPS["nothing_listens"]() as case:
        found = examined(case)
        (place,) = case["setup"].places
    assert f"a gateway answers at 127.0.0.1:{place}" in found.findings[0].evidence


def test_a_black_hole_takes_the_time_of_one_probe() -> None:
    """The whole examination of an address that never answers ends; the default limits add up to less than 20 s."""
    with black_hole() as url:
        began = time.monotonic()
        found = examine(Setup(root=url), "openai/m", (), deep=True, bounds=Bounds(probe=0.2, whole=1.0))
        assert time.monotonic() - began < 5
    assert found.findings[0].id == "unreachable"
    assert Bounds().whole < 20


@pytest.mark.parametrize("stuck", ["lookup", "connect", "request"])
def test_the_limit_of_the_whole_applies_to_whatever_hangs(stuck: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver, a connection or a request that hangs is given up at the limit, and left to a daemon."""
    release = threading.Event()

    def hang(*_: object, **__: object) -> Any:
        release.wait(30)
        return late

    name, late = {
        "lookup": ("_look_up", ([], "late")),
        "connect": ("_connect", "timeout"),
        "request": ("_exchange", Answer()),
    }[stuck]
    monkeypatch.setattr(probes, name, hang)
    try:
        with gateway() as url:
            began = time.monotonic()
            found = examine(Setup(root=url), None, (), deep=False, bounds=Bounds(probe=0.1, whole=0.5))
            assert time.monotonic() - began < 10
    finally:
        release.set()
    assert [finding.id for finding in found.findings] == [
        {"lookup": "name", "connect": "unreachable", "request": "no-answer"}[stuck]
    ]
