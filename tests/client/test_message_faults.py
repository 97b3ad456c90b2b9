"""The fault matrix of Messages (`message_faults.py`) over a real socket: both clients, and the slow ones under TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from client.authority import authority_pem, certified
from client.fault import Fault
from client.message_faults import FAULTS
from client.watching import holds
from inference_gateway_sdk import StreamCall
from inference_gateway_sdk._streams.messages import MessagesDialect

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.wire


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_reader_sees_what_became_of_the_stream(world: World, fault: Fault) -> None:
    """Each fault of a stream ends as its row says, and leaves a client that works."""
    holds(world, fault, _open)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.tls], ids=lambda fault: fault.name)
def test_the_reader_sees_the_same_under_tls(world: World, fault: Fault) -> None:
    """The slow faults end as their rows say when the bytes travel in TLS records."""
    holds(world, fault, _open, certified(), ca=authority_pem())


def _open(client: Any, fault: Fault) -> Any:
    if fault.max_event is None:
        return client.create_message_stream("anthropic/m", "x" * fault.size, 5, timeout=fault.timeouts)
    bound = fault.max_event
    return client.open(
        StreamCall(method="POST", path="/messages", body=b"{}", start=lambda: MessagesDialect(max_event=bound))
    )
