"""Web pages cannot use the embedded gateway: `Origin`, `Sec-Fetch-Site` and `Host` are checked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from inference_gateway_sdk.embedded import Access, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.access_control import OriginCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.conftest import Upstream

BODY = b'{"model":"openai/echo","messages":[{"role":"user","content":"hi"}]}'


@pytest.fixture
def gateway() -> Iterator[str]:
    """Run a scripted gateway on loopback."""
    with running(Settings(port=0), scripted=ScriptedProvider()) as url:
        yield url


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Content-Type": "text/plain"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/mcp", "/proxy/openai/models"])
def test_a_foreign_page_is_refused(gateway: str, path: str, headers: dict[str, str]) -> None:
    """A request of another origin, or for another host, gets 403 whatever it asks for."""
    answer = httpx2.post(gateway + path, content=BODY, headers=headers)
    assert answer.status_code == 403
    assert "not allowed" in answer.json()["error"] or "cross-site" in answer.json()["error"]


def test_a_preflight_is_refused(gateway: str) -> None:
    """The preflight of a foreign page is answered here, not by the provider, and grants nothing."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = httpx2.request("OPTIONS", gateway + "/proxy/openai/models", headers=asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "[::1]:8080", "app.localhost"])
def test_loopback_names_are_its_own(gateway: str, host: str) -> None:
    """A client may call the gateway by any name of this machine."""
    assert httpx2.post(gateway + "/v1/chat/completions", content=BODY, headers={"Host": host}).status_code == 200


def test_its_own_page_may_ask(gateway: str) -> None:
    """A page that the gateway itself served has the gateway's origin."""
    assert httpx2.post(gateway + "/v1/chat/completions", content=BODY, headers={"Origin": gateway}).status_code == 200


def test_a_named_origin_may_ask_and_is_granted_cors() -> None:
    """ALLOWED_ORIGINS lets a page in, its preflight included."""
    settings = Settings.from_env({"SERVER_PORT": "0", "ALLOWED_ORIGINS": "http://localhost:3000"})
    page = {"Origin": "http://localhost:3000"}
    with running(settings, scripted=ScriptedProvider()) as url:
        preflight = httpx2.request(
            "OPTIONS", url + "/v1/models", headers={**page, "Access-Control-Request-Method": "GET"}
        )
        answer = httpx2.post(url + "/v1/chat/completions", content=BODY, headers=page)
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "http://localhost:3000")


@pytest.mark.parametrize(
    ("listens", "allowed", "host", "passes"),
    [
        ("0.0.0.0", (), "gateway:8080", True),
        ("0.0.0.0", ("gateway",), "gateway:8080", True),
        ("0.0.0.0", ("gateway",), "evil.example", False),
        ("127.0.0.1", ("gateway",), "gateway:8080", True),
        ("127.0.0.1", (), "gateway:8080", False),
    ],
)
def test_which_hosts_are_its_own(listens: str, allowed: tuple[str, ...], host: str, *, passes: bool) -> None:
    """Beyond loopback, `Host` is checked only where ALLOWED_HOSTS names some."""
    check = OriginCheck(None, listens, allowed)  # type: ignore[arg-type]
    assert (check._refusal({"headers": [(b"host", host.encode())]}) is None) is passes


def test_what_a_provider_grants_to_browsers_is_not_passed_on(upstream: Upstream) -> None:
    """Neither a provider's CORS headers and cookies reach the client, nor the client's cookies the provider."""
    upstream.answers(
        "/v1/models",
        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nSet-Cookie: a=b\r\nX-Kept: 1\r\n",
        b"Content-Length: 2\r\n\r\n{}",
    )
    settings = Settings(port=0, access={"openai": Access(url=upstream.url, key="k")})
    with running(settings) as url:
        answer = httpx2.get(url + "/proxy/openai/models", headers={"Cookie": "session=1"})
    assert answer.headers["x-kept"] == "1"
    assert not {"set-cookie", "access-control-allow-origin"} & set(answer.headers)
    assert "cookie" not in upstream.seen[0].headers
