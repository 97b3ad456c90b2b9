"""The fault matrices of the three dialects over a real socket: both clients, and chat's slow rows under TLS too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from client import faults, message_faults, response_faults
from client.authority import authority_pem, certified
from client.fault import Fault
from client.watching import TextOf, holds, text
from inference_gateway_sdk import Response, StreamCall
from inference_gateway_sdk._streams.chat import ChatDialect
from inference_gateway_sdk._streams.messages import MessagesDialect
from inference_gateway_sdk._streams.responses import ResponsesDialect

if TYPE_CHECKING:
    from support.worlds import World

pytestmark = pytest.mark.wire


def _response_text(value: Any) -> str | None:
    if isinstance(value, Response):
        return value.output_text
    return value.delta if value.type == "response.output_text.delta" else None


@dataclass(frozen=True)
class Endpoint:
    """An endpoint whose streams a row opens and reads.

    Attributes:
        faults: The rows of its matrix.
        ask: Makes the stream, given a client, a message and the call's clocks.
        path: The path of its requests.
        dialect: Reads the stream, given the bound on one event.
        text_of: The text of its chunks and answers.
    """

    faults: list[Fault]
    ask: Callable[..., Any]
    path: str
    dialect: Callable[[int], Any]
    text_of: TextOf = text

    def open(self, client: Any, fault: Fault) -> Any:
        """Return the stream of a row."""
        if fault.max_event is None:
            return self.ask(client, "x" * fault.size, timeout=fault.timeouts)
        bound = fault.max_event
        return client.open(StreamCall(method="POST", path=self.path, body=b"{}", start=lambda: self.dialect(bound)))


ENDPOINTS = {
    "chat": Endpoint(
        faults.FAULTS,
        lambda client, message, **options: client.generate_content_stream("p/m", message, **options),
        "/chat/completions",
        lambda bound: ChatDialect(max_event=bound),
    ),
    "messages": Endpoint(
        message_faults.FAULTS,
        lambda client, message, **options: client.create_message_stream("anthropic/m", message, 5, **options),
        "/messages",
        lambda bound: MessagesDialect(max_event=bound),
    ),
    "responses": Endpoint(
        response_faults.FAULTS,
        lambda client, message, **options: client.create_response_stream("openai/m", message, **options),
        "/responses",
        lambda bound: ResponsesDialect(max_event=bound),
        _response_text,
    ),
}
ROWS = [
    pytest.param(endpoint, fault, id=f"{name}-{fault.name}")
    for name, endpoint in ENDPOINTS.items()
    for fault in endpoint.faults
]
# TLS changes when bytes arrive, not their content: one dialect shows it.
TLS_ROWS = [pytest.param(ENDPOINTS["chat"], fault, id=fault.name) for fault in faults.FAULTS if fault.tls]


@pytest.mark.parametrize(("endpoint", "fault"), ROWS)
def test_the_reader_sees_what_became_of_the_stream(world: World, endpoint: Endpoint, fault: Fault) -> None:
    """Each fault of a stream gives the row's result, and leaves a working client."""
    holds(world, fault, endpoint.open, text_of=endpoint.text_of)


@pytest.mark.parametrize(("endpoint", "fault"), TLS_ROWS)
def test_the_reader_sees_the_same_under_tls(world: World, endpoint: Endpoint, fault: Fault) -> None:
    """The slow faults give their rows' results when the bytes travel in TLS records."""
    holds(world, fault, endpoint.open, certified(), text_of=endpoint.text_of, ca=authority_pem())
