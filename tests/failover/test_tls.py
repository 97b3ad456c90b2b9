"""The faults that end a connection, under TLS: the client distinguishes them from an answer's end there as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client.authority import authority as issuer
from client.authority import authority_pem
from failover.calling import ANSWER, Route
from inference_gateway_sdk import ConnectError, RequestError, StreamTruncatedError
from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.faults import FaultPlan, Rule
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Generator

    from support.worlds import World

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def _certified(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, FaultPlan]]:
    folder = tmp_path_factory.mktemp("tls")
    certificate = issuer().issue_cert("localhost", "127.0.0.1")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    settings = Settings(port=0, tls_cert=str(folder / "cert.pem"), tls_key=str(folder / "key.pem"))
    plan = FaultPlan()
    with running(settings, scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url:
        yield url, plan


@pytest.fixture
def route(world: World, _certified: tuple[str, FaultPlan]) -> Route:
    """Return a route to a gateway that serves TLS."""
    url, plan = _certified
    assert url.startswith("https://")
    return Route(world, url, plan)


@pytest.mark.parametrize("cut", ["reset-mid-body", "close-mid-body", "truncate"])
def test_stream_cut_under_tls(route: Route, cut: str) -> None:
    """A stream that ends early raises an error with the partial answer."""
    outcome = route.streamed(f"{cut}; after=3", ca=authority_pem())
    assert type(outcome.error) is StreamTruncatedError
    assert (outcome.error.partial.text, outcome.attempts) == ("You wrote: ", 1)


@pytest.mark.parametrize("end", ["reset-before-headers", "close-before-headers"])
def test_no_answer_under_tls(route: Route, end: str) -> None:
    """A connection without a byte of a response is retried, and finally an error."""
    assert route.whole(Rule([end, "answer"]), ca=authority_pem()).answer.text == ANSWER
    outcome = route.whole(end, ca=authority_pem())
    assert (type(outcome.error), outcome.attempts) == (RequestError, 3)


def test_connection_refused_under_tls(route: Route) -> None:
    """The gateway goes away and comes back, with its certificate."""
    with route.plan.refusing():
        assert type(route.whole("answer", ca=authority_pem()).error) is ConnectError
    assert route.whole("answer", ca=authority_pem()).answer.text == ANSWER
