"""The ways in which faults reach requests: by rule, by header, over a gateway's own routes, and without a socket."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from embedded.faults.conftest import Speaker
from embedded.waiting import until
from inference_gateway_sdk.embedded import Access, Gateway, ScriptedProvider, Settings, create_app, running
from inference_gateway_sdk.embedded.faults import FaultError, FaultPlan, Rule, middleware
from inference_gateway_sdk.embedded.faults.middleware import FaultMiddleware
from inference_gateway_sdk.embedded.runner import hosting
from support.weights import nowhere

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

CHAT = "/v1/chat/completions"
ASKED = {"model": "openai/any", "messages": [{"role": "user", "content": "one"}]}


@pytest.fixture
def client(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> Any:
    """Return a client of the gateway whose plan the test fills."""
    with httpx2.Client(base_url=faulty[0], timeout=20, trust_env=False) as one:
        yield one


@pytest.mark.wire
def test_a_rule_sees_the_request_and_the_gateway_still_gets_it(client: httpx2.Client, plan: FaultPlan) -> None:
    """A rule for a model or a message reads the body, and the gateway still gets it whole."""
    seen = []

    def wants_two(asked: Any) -> bool:
        seen.append((asked.method, asked.path, asked.query, asked.headers["x-team"], asked.model))
        return b'"two"' in asked.body

    plan.add(Rule("status; status=418", when=wants_two))
    plan.add(Rule("status; status=503", model="groq/*"))
    answer = client.post(f"{CHAT}?provider=", json=ASKED, headers={"X-Team": "search"})
    assert answer.json()["choices"][0]["message"]["content"] == "You wrote: one"
    assert seen == [("POST", CHAT, "provider=", "search", "openai/any")]
    two = {**ASKED, "messages": [{"role": "user", "content": "two"}]}
    assert client.post(CHAT, content=json.dumps(two), headers={"X-Team": "a"}).status_code == 418
    assert client.post(CHAT, json={**ASKED, "model": "groq/a"}, headers={"X-Team": "a"}).status_code == 503


@pytest.mark.wire
def test_a_body_is_read_ahead_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan reads the beginning of a long body, and the gateway still gets all of it."""
    monkeypatch.setattr(middleware, "_MAX_BUFFERED", 25)
    pieces = [{"type": "http.request", "body": b"x" * 10, "more_body": at < 9} for at in range(10)]
    taken = iter(pieces)

    async def receive() -> Any:
        return next(taken)

    async def scenario() -> None:
        buffered = middleware.BufferedReceive(receive)
        assert await buffered.body() == b"x" * 30
        assert [await buffered.receive() for _ in pieces] == pieces

    asyncio.run(scenario())


def test_a_rule_for_one_route_leaves_the_others_alone(client: httpx2.Client, plan: FaultPlan) -> None:
    """A rule may name any route, even one that is not served."""
    plan.add(Rule("status", path="/v1/models"))
    plan.add(Rule("status; status=500", path="/nowhere"))
    assert client.get("/health").status_code == 200
    assert client.get("/v1/models?provider=openai").status_code == 503
    assert client.get("/nowhere").status_code == 500


@pytest.mark.wire
def test_a_sequence_counts_right_among_clients(faulty: tuple[str, FaultPlan], plan: FaultPlan) -> None:
    """Concurrent requests of several connections meet each step once."""
    plan.add(Rule(["status; status=429", "status; status=500", "status; status=503"]))

    def ask(_: int) -> int:
        return httpx2.post(f"{faulty[0]}{CHAT}", json=ASKED, timeout=20, trust_env=False).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(8))) == [200] * 5 + [429, 500, 503]
    assert plan.taken(plan.rules[0]) == 3


@pytest.mark.wire
def test_the_header_means_nothing_unless_it_is_switched_on(client: httpx2.Client, plan: FaultPlan) -> None:
    """The header is ignored unless it is enabled."""
    assert client.post(CHAT, json=ASKED, headers={"X-Igw-Fault": "status; status=500"}).status_code == 200


@pytest.mark.wire
def test_a_request_names_its_fault_in_a_header() -> None:
    """The header wins over every rule, is counted, and is refused with the reason when invalid."""
    plan = FaultPlan(["status; status=500"], header=True)
    with (
        running(scripted=ScriptedProvider(), local=nowhere(), faults=plan) as url,
        httpx2.Client(base_url=url, timeout=20, trust_env=False) as client,
    ):
        named = client.post(CHAT, json=ASKED, headers={"X-Igw-Fault": "status; status=418; body=tea"})
        assert (named.status_code, named.text) == (418, "tea")
        assert client.get("/health", headers={"X-Igw-Fault": "answer"}).status_code == 200
        assert client.get("/health").status_code == 500
        wrong = client.get("/health", headers={"X-Igw-Fault": "stattus"})
        assert wrong.status_code == 400
        assert wrong.json() == {"error": "X-Igw-Fault: unknown fault 'stattus': did you mean 'status'?"}
        assert plan.played == {"status": 2, "answer": 1}


@pytest.mark.wire
def test_the_header_stays_between_client_and_gateway(upstream: Any) -> None:
    """The header is not relayed to a provider through the proxy."""
    upstream.answers("/v1/x", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    settings = Settings(port=0, access={"openai": Access(url=upstream.url, key="k")})
    with running(settings, local=nowhere(), faults=FaultPlan(header=True)) as url:
        answer = httpx2.get(f"{url}/proxy/openai/x", headers={"X-Igw-Fault": "answer", "X-Kept": "1"}, trust_env=False)
    assert answer.text == "ok"
    headers = {name.lower() for name in upstream.seen[-1].headers}
    assert ("x-kept" in headers, "x-igw-fault" in headers) == (True, False)


@pytest.mark.wire
def test_plain_faults_and_their_text_are_a_plan_as_well() -> None:
    """`running()` accepts faults and their text, and refuses invalid ones before it starts anything."""
    with running(scripted=ScriptedProvider(), local=nowhere(), faults=["status; status=418"]) as url:
        assert httpx2.get(f"{url}/health", trust_env=False).status_code == 418
    with pytest.raises(FaultError, match="did you mean"), running(local=nowhere(), faults=["stattus"]):
        pytest.fail("it runs with a fault that is none")


@pytest.mark.wire
@pytest.mark.parametrize("fault", ["trickle-comments", "trickle-headers", "stall-mid-body", "stall-before-headers"])
def test_a_gateway_ends_though_an_answer_has_no_end(fault: str) -> None:
    """A gateway ends without waiting for a permanent fault."""
    with running(scripted=ScriptedProvider(), local=nowhere(), faults=(plan := FaultPlan([fault]))) as url:
        speaker = Speaker(url)
        speaker.send(body={**ASKED, "stream": True})
        until(lambda: plan.played)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert speaker.receive().end in ("closed", "reset")
    speaker.close()


@pytest.mark.wire
@pytest.mark.parametrize(
    ("fault", "sign"),
    [
        ("trickle-comments; interval=0.01", b": the gateway is alive"),
        ("trickle-chunk-size; interval=0.01", b"0" * 20),
        ("stall-mid-body", b"data: "),
    ],
)
def test_a_client_that_leaves_ends_what_has_no_end(fault: str, sign: bytes) -> None:
    """A fault ends with its client, and the gateway answers others."""
    gateway = create_app(Gateway.build(Settings(port=0), nowhere(), ScriptedProvider()))
    over = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await gateway(scope, receive, send)
        finally:
            if scope["type"] == "http":
                over.set()

    with hosting(app, Settings(port=0), FaultPlan([Rule(fault, times=1)])) as url:
        speaker = Speaker(url)
        speaker.send(body={**ASKED, "stream": True})
        assert speaker.receive(until=sign).end == "goes on"
        assert not over.is_set()
        speaker.close()
        assert over.wait(20)
        assert httpx2.post(f"{url}{CHAT}", json=ASKED, timeout=20, trust_env=False).json()["choices"]


def without_a_socket(fault: str, path: str = CHAT) -> tuple[int, bytes]:
    """Return status and body of a request to the application itself, with this fault."""
    settings = Settings(port=0)
    app = FaultMiddleware(create_app(Gateway.build(settings, nowhere(), ScriptedProvider())), FaultPlan([fault]))

    async def ask() -> tuple[int, bytes]:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.post(path, json={**ASKED, "stream": True})
            return answer.status_code, answer.content

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "name", ["reset-mid-body", "close-on-reuse", "refuse", "stall-before-headers", "malformed-chunk"]
)
def test_a_fault_that_needs_a_socket_is_a_501_without_one(name: str) -> None:
    """An application that is called directly answers 501 with the reason, and nothing of the real answer."""
    status, body = without_a_socket(name)
    assert status == 501
    assert b"this fault needs a socket" in body


@pytest.mark.parametrize(
    ("fault", "status", "last"),
    [
        ("status; status=418", 418, b'{"error":"I\'m a Teapot"}'),
        ("truncate; after=0", 200, b""),
        ("error-event; after=1; message=oops", 200, b'"message":"oops","type":"api_error"}}\n\n'),
        ("wrong-content-type", 200, b"data: [DONE]\n\n"),
    ],
)
def test_faults_within_http_need_no_socket(fault: str, status: int, last: bytes) -> None:
    """Statuses, early ends and odd events work wherever the application does."""
    seen, body = without_a_socket(fault)
    assert (seen, body.endswith(last), bool(body)) == (status, True, bool(last))
