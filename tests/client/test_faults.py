"""The fault matrix (`faults.py`) over a real socket: both clients, plain and, for the slow ones, under TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from client.authority import authority_pem, certified
from client.fault import Fault
from client.faults import FAULTS
from client.watching import holds
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._wire.call import StreamCall

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
        return client.generate_content_stream("p/m", "x" * fault.size, timeout=fault.timeouts)
    bound = fault.max_event
    call = StreamCall(method="POST", path="/chat/completions", body=b"{}", start=lambda: ChatDialect(max_event=bound))
    return client.open(call)
