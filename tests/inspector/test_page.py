"""The traffic page over a real socket: its list, its details, its safety, and its absence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.request_log import RequestRecord
from inference_gateway_sdk.inspector import Inspector
from inference_gateway_sdk.inspector import page as page_module
from inference_gateway_sdk.inspector.traffic import Traffic
from support.weights import nowhere

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from inference_gateway_sdk.embedded import Gateway

pytestmark = pytest.mark.once

CHAT = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi there"}]}
SECRET = "sk-abcdefghijklmnop"


def listed(page: httpx2.Client, since: int = 0, run: str = "") -> dict[str, Any]:
    """Return the list of requests."""
    return page.get("/inspect/requests", params={"since": since, "run": run}).json()


def shown(page: httpx2.Client) -> dict[str, Any]:
    """Return the details of the only request."""
    (one,) = listed(page)["requests"]
    return page.get(f"/inspect/requests/{one['number']}").json()


def test_a_stream_is_listed_with_its_chunks_and_tokens(page: httpx2.Client) -> None:
    """The summary has the target, the status, the end, the chunks and the tokens."""
    answer = page.post("/v1/chat/completions", json={**CHAT, "stream": True, "stream_options": {"include_usage": True}})
    (one,) = listed(page)["requests"]
    assert (one["method"], one["path"], one["target"]) == ("POST", "/v1/chat/completions", "openai/gpt-4o")
    assert (one["status"], one["state"], one["fault"], one["size"]) == (200, "whole", None, len(answer.content))
    assert one["input_tokens"] > 0
    assert one["output_tokens"] > 0
    assert one["pieces"] >= 3
    assert 0 <= one["head"] <= one["first"] <= one["seconds"]


def test_the_timeline_has_every_chunk(page: httpx2.Client) -> None:
    """The pieces are the answer's bytes in order, with times that do not fall."""
    answer = page.post("/v1/chat/completions", json={**CHAT, "stream": True})
    pieces = shown(page)["pieces"]
    assert "".join(piece["text"] for piece in pieces) == answer.text
    assert sum(piece["size"] for piece in pieces) == len(answer.content)
    times = [piece["at"] for piece in pieces]
    assert times == sorted(times)


def test_only_changes_are_sent(page: httpx2.Client) -> None:
    """A page that has seen a version gets later changes; one that saw another run of the gateway gets all."""
    page.post("/v1/chat/completions", json=CHAT)
    first = listed(page)
    assert listed(page, first["version"], first["run"])["requests"] == []
    page.get("/health")
    (one,) = listed(page, first["version"], first["run"])["requests"]
    assert one["path"] == "/health"
    assert len(listed(page, first["version"], "another")["requests"]) == 2


def test_secrets_are_hidden_everywhere(page: httpx2.Client) -> None:
    """Tokens in headers, queries, bodies, paths and answers reach no reader of the page."""
    token = "a-token-nobody-may-see"
    page.post(
        f"/v1/chat/completions?key={SECRET}",
        json={**CHAT, "messages": [{"role": "user", "content": f"{SECRET} and {token}"}], "api_key": SECRET},
        headers={"Authorization": f"Bearer {token}", "Cookie": f"session={token}"},
    )
    page.get(f"/proxy/openai/{SECRET}")
    answers = [page.get("/inspect/requests").text]
    answers += [page.get(f"/inspect/requests/{one['number']}").text for one in listed(page)["requests"]]
    assert len(answers) == 3
    for answer in answers:
        assert SECRET not in answer
        assert token not in answer
    assert "Hi there" not in answers[1]
    assert "authorization" in answers[1]


def test_a_fault_is_shown(page: httpx2.Client) -> None:
    """An injected fault is named, and the answer is cut off."""
    with pytest.raises(httpx2.TransportError):
        page.post("/v1/chat/completions", json=CHAT, headers={"X-Igw-Fault": "reset-mid-body"})
    (one,) = listed(page)["requests"]
    assert (one["fault"], one["state"]) == ("reset-mid-body", "cut off")


def test_a_refused_request_is_listed(page: httpx2.Client) -> None:
    """A request that the origin check refuses is shown too, as its user wonders about it."""
    assert page.post("/v1/chat/completions", json=CHAT, headers={"Origin": "https://other.example"}).status_code == 403
    (one,) = listed(page)["requests"]
    assert (one["status"], one["target"]) == (403, "")


def test_binary_bodies_are_counted_and_not_shown(page: httpx2.Client) -> None:
    """Of a body that is not text only the size is shown."""
    page.post("/v1/chat/completions", content=b"\xff\xfe\x00", headers={"content-type": "application/octet-stream"})
    assert shown(page)["request"] == "3 bytes"


def test_the_page_does_not_list_itself(page: httpx2.Client) -> None:
    """Requests below /inspect are not traffic."""
    for path in ("/inspect", "/inspect/", "/inspect/page.js", "/inspect/requests"):
        assert page.get(path, follow_redirects=True).status_code == 200
    assert listed(page)["requests"] == []


def test_a_request_that_is_gone_is_not_found(page: httpx2.Client) -> None:
    """Its details have become unavailable since the page listed it."""
    assert page.get("/inspect/requests/999999").status_code == 404


def test_a_later_poll_waits_longer_when_polls_are_slow(page: httpx2.Client) -> None:
    """The gateway names the wait, at least 0.4 s."""
    assert float(page.get("/inspect/requests").headers["x-wait"]) >= 0.4


def test_an_open_stream_is_sent_as_counters() -> None:
    """A page that knows an open stream gets only its counters, and waits longer when many are open."""
    traffic = Traffic(lambda: 7.0)
    scope: Any = {"headers": [], "query_string": b""}
    entries = [traffic.begin(RequestRecord("POST", "/v1/messages"), scope) for _ in range(150)]
    for entry in entries:
        traffic.add_piece(entry, b"one")

    def observe(app: ASGIApp, gateway: Gateway) -> Inspector:
        return Inspector(app, gateway, traffic)

    with (
        running(Settings(port=0), local=nowhere(), scripted=ScriptedProvider(), observe=observe) as url,
        httpx2.Client(base_url=url, trust_env=False) as page,
    ):
        answer = page.get("/inspect/requests")
        first = answer.json()
        assert (len(first["requests"]), first["progress"]) == (150, [])
        assert float(answer.headers["x-wait"]) >= 1.5
        assert float(page.get("/inspect/requests/1").headers["x-wait"]) >= 2.5
        traffic.add_piece(entries[0], b"three")
        later = listed(page, first["version"], first["run"])
        assert later["requests"] == []
        assert later["progress"][:2] == [[1, 2, 8, 0.0], [2, 1, 3, 0.0]]
        assert len(later["progress"]) == 150
        traffic.end(entries[0])
        ended = listed(page, later["version"], first["run"])
        assert ([one["pieces"] for one in ended["requests"]], len(ended["progress"])) == ([2], 149)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Host": "rebound.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # a page on another port of this machine
    ],
)
@pytest.mark.parametrize("path", ["/inspect/", "/inspect/requests", "/inspect/requests/1"])
def test_another_origin_cannot_read_it(page: httpx2.Client, path: str, headers: dict[str, str]) -> None:
    """Requests that a foreign page causes are refused, and no header lets that page read anything."""
    answer = page.get(path, headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_allowed_origin_may_not_read_the_traffic() -> None:
    """ALLOWED_ORIGINS opens the gateway to a page, and not the traffic of others."""
    settings = Settings(port=0, allowed_origins=("http://localhost:3000",))
    with running(settings, local=nowhere(), scripted=ScriptedProvider(), observe=Inspector) as url:
        origin = {"Origin": "http://localhost:3000"}
        assert httpx2.get(f"{url}/v1/models", headers=origin).status_code == 200
        assert httpx2.get(f"{url}/inspect/requests", headers=origin).status_code == 403
        preflight = {**origin, "Access-Control-Request-Method": "GET"}
        assert httpx2.options(f"{url}/inspect/requests", headers=preflight).status_code == 403


def test_its_answers_forbid_frames_scripts_and_caches(page: httpx2.Client) -> None:
    """Every answer has the headers that keep other pages and foreign text out."""
    page.get("/health")
    for path in ("/inspect/", "/inspect/page.js", "/inspect/requests"):
        headers = page.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_a_gateway_with_a_token_protects_its_traffic() -> None:
    """The files of the page are open, the traffic needs the token."""
    settings = Settings(port=0, token="sesame")
    with running(settings, local=nowhere(), scripted=ScriptedProvider(), observe=Inspector) as url:
        assert httpx2.get(f"{url}/inspect/").status_code == 200
        assert httpx2.get(f"{url}/inspect/requests").status_code == 401
        assert httpx2.get(f"{url}/inspect/requests/1").status_code == 401
        token = {"Authorization": "Bearer sesame"}
        assert httpx2.get(f"{url}/inspect/requests", headers=token).status_code == 200


def test_without_the_option_there_is_no_page() -> None:
    """A usual gateway answers as for any unknown path, and builds no part of the page."""
    with running(Settings(port=0), local=nowhere(), scripted=ScriptedProvider()) as url:
        assert httpx2.get(f"{url}/inspect/").status_code == 404


def test_a_cost_comes_from_the_prices_of_the_gateways_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens times the price of the listed model, exactly; a model without a price has no cost."""
    price = {"currency": "USD", "input_per_token": "0.01", "output_per_token": "0.1", "source": "provider",
             "updated_at": "2026-01-01T00:00:00Z"}  # fmt: skip
    body = {"object": "list", "data": [{"id": "openai/gpt-4o", "object": "model", "created": 1, "owned_by": "o",
            "served_by": "openai", "pricing": price}]}  # fmt: skip

    class Listing:
        body = b""

    async def models(*_: object) -> Listing:
        listing = Listing()
        listing.body = json.dumps(body).encode()
        return listing

    monkeypatch.setattr(page_module, "list_models", models)
    with (
        running(Settings(port=0), local=nowhere(), scripted=ScriptedProvider(), observe=Inspector) as url,
        httpx2.Client(base_url=url, timeout=30, trust_env=False) as page,
    ):
        page.get("/health")
        listed(page)  # starts to load the prices
        page.post("/v1/chat/completions", json=CHAT)
        page.post("/v1/chat/completions", json={**CHAT, "model": "openai/other"})
        _, priced, other = listed(page)["requests"]
    expected = (priced["input_tokens"] + 10 * priced["output_tokens"]) / 100
    assert priced["cost"] == f"{expected:g} USD"
    assert other["cost"] is None
