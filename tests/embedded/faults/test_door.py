"""A gateway that stops listening: the kernel refuses connections, and the port stays reserved."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from embedded.faults.conftest import Speaker
from embedded.waiting import until
from inference_gateway_sdk.embedded import ListenError, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.faults import FaultError, FaultPlan
from support.ipv6 import needs_ipv6
from support.weights import nowhere

pytestmark = pytest.mark.wire

ASKED = {"model": "openai/any", "messages": [{"role": "user", "content": "one"}]}


def answers(url: str) -> bool:
    """Return whether a new connection is accepted and answered."""
    speaker = Speaker(url)
    speaker.send(body=ASKED)
    received = speaker.receive()
    speaker.close()
    return received.end == "whole"


def listens(url: str, *, within: float = 20) -> bool:
    """Return whether connections are accepted within so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            return answers(url)
        except ConnectionRefusedError:
            time.sleep(0.02)
    return False


def test_connections_are_refused_until_the_block_ends(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> None:
    """The kernel refuses connections during a block; afterwards the same address answers, any number of times."""
    url, _ = faulty
    for _ in range(3):
        with plan.refusing(), pytest.raises(ConnectionRefusedError):
            Speaker(url)
        assert answers(url)


def test_blocks_may_overlap(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> None:
    """Connections are accepted again when the last of the overlapping blocks has ended."""
    url, _ = faulty
    with plan.refusing():
        with plan.refusing():
            pass
        with pytest.raises(ConnectionRefusedError):
            Speaker(url)
    assert answers(url)


def test_the_port_stays_reserved_meanwhile(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> None:
    """Another gateway cannot take the port meanwhile."""
    address = urlsplit(faulty[0])
    settings = Settings(port=address.port or 0)
    with plan.refusing(), pytest.raises(ListenError), running(settings, local=nowhere()):
        pytest.fail("it listens at a reserved port")


def test_idle_connections_end_and_answers_in_progress_do_not(speak: Any, plan: FaultPlan) -> None:
    """An idle connection is closed; an answer in progress is completed."""
    idle, busy = speak(), speak()
    idle.send(body=ASKED)
    assert idle.receive().end == "whole"
    plan.add("stall-before-headers; seconds=0.3")
    busy.send(body=ASKED)
    until(lambda: plan.taken(plan.rules[0]))
    with plan.refusing():
        assert idle.socket.recv(1) == b""
        assert busy.receive().end == "whole"


def test_a_request_makes_the_gateway_go_away_for_a_time(
    faulty: tuple[str, FaultPlan], speak: Any, plan: FaultPlan
) -> None:
    """The request is closed without an answer, then connections are refused, and then accepted again."""
    url, _ = faulty
    rule = plan.add("refuse; seconds=1")
    speaker = speak()
    speaker.send(body=ASKED)
    assert (speaker.receive().data, plan.taken(rule)) == (b"", 1)
    plan.clear()
    with pytest.raises(ConnectionRefusedError):
        Speaker(url)
    assert listens(url)


def test_a_gateway_may_end_while_it_refuses() -> None:
    """After the gateway's end its port is free, nothing stays open, and the plan refers to no gateway."""
    plan, threads = FaultPlan(["refuse; seconds=60"]), threading.active_count()
    with running(scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url:
        speaker = Speaker(url)
        speaker.send(body=ASKED)
        assert speaker.receive().data == b""
        speaker.close()
    assert threading.active_count() == threads
    port = urlsplit(url).port or 0
    socket.create_server(("127.0.0.1", port)).close()
    with pytest.raises(FaultError, match="not attached to a listening server"), plan.refusing():
        pytest.fail("a gateway that has ended refuses")


@needs_ipv6
def test_ipv6_is_refused_as_well() -> None:
    """The reserved address is of the same family."""
    plan = FaultPlan()
    settings = Settings(host="::1", port=0)
    with running(settings, scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url:
        with plan.refusing(), pytest.raises(ConnectionRefusedError):
            Speaker(url)
        assert answers(url)


def test_the_answer_is_the_same_after_a_refusal(speak: Any, plan: FaultPlan) -> None:
    """The connections of the new listening socket are served like those of the first."""
    with plan.refusing():
        pass
    speaker = speak()
    for _ in range(2):
        speaker.send(body=ASKED)
        assert json.loads(speaker.receive().body)["model"] == "any"
