"""gateway-behaviour.md#edge-cases: what malformed and unusual requests lead to, as observed on the running gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import ANSWER, CHAT, GIN, Case, cases, play, whole

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

DECODE = {"error": "Failed to decode request"}


def malformed(sent: bytes, **more: object) -> Case:
    """A chat whose body is not JSON."""
    says = f"{sent[:40]!r} is refused{' with tools' if more else ''}"
    return Case(**{"section": "24", "says": says, "path": CHAT, "sent": sent, "status": 400, "value": DECODE,
                   "kind": GIN, "seen": False, **more})  # fmt: skip


@cases(
    *(
        malformed(sent)
        for sent in (
            b'{"model":null,}',
            b'{"model":null',
            b'{"messages":[{"role":null,}]}',
            b'{"model":"openai/m","messages":[{"role":null}',
            b'{"model":null,"x":\xff}',
        )
    ),
    Case(
        section="24",
        says="absent messages are null",
        path=CHAT,
        sent={"model": "openai/m"},
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: seen.json == {"model": "m", "messages": None},
    ),
    Case(
        section="24",
        says="null is an empty message",
        path=CHAT,
        sent={"model": "openai/m", "messages": [None]},
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: seen.json["messages"] == [{"role": "", "content": None}],
    ),
    Case(
        section="24",
        says="a second model of null does not undo the first",
        path=CHAT,
        sent=b'{"model":"openai/m","messages":[],"model":null}',
        answers={"m": whole(200, ANSWER)},
        seen=lambda seen: json.loads(seen.body)["model"] == "m",
    ),
)
def test_bodies_of_chats(gateway: Gateways, upstream: Upstream, case: Case) -> None:
    """A body gets the answer of the real gateway, and the provider the same request."""
    play(case, gateway, upstream)
