"""Web pages cannot use the embedded gateway: `Origin`, `Sec-Fetch-Site` and `Host` are checked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from embedded.raw_http import exchanged
from inference_gateway_sdk.embedded import Access, ScriptedProvider, Settings, SettingsError, running
from inference_gateway_sdk.embedded.access_control import OriginCheck
from inference_gateway_sdk.embedded.faults.kinds import Status
from inference_gateway_sdk.testing import scripted_gateway

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
        {"Origin": "http://["},
        {"Origin": "http://[x]:80"},
        {"Origin": ""},
        {"Host": "192.0.2.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/mcp", "/proxy/openai/models"])
def test_a_foreign_page_is_refused(gateway: str, path: str, headers: dict[str, str]) -> None:
    """A request of another origin, or for another host, gets 403 on every path."""
    answer = httpx2.post(gateway + path, content=BODY, headers=headers)
    assert answer.status_code == 403
    assert "not allowed" in answer.json()["error"] or "cross-site" in answer.json()["error"]


def test_a_preflight_is_refused(gateway: str) -> None:
    """The preflight of a foreign page is answered here, not by the provider, and grants nothing."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = httpx2.request("OPTIONS", gateway + "/proxy/openai/models", headers=asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:9999", "[::1]:8080", "app.localhost", "[::ffff:127.0.0.1]:8080"]
)
def test_loopback_names_are_its_own(gateway: str, host: str) -> None:
    """A client may call the gateway by any name of this machine."""
    assert httpx2.post(gateway + "/v1/chat/completions", content=BODY, headers={"Host": host}).status_code == 200


def test_its_own_page_may_ask(gateway: str) -> None:
    """A page that the gateway itself served has the gateway's origin."""
    assert httpx2.post(gateway + "/v1/chat/completions", content=BODY, headers={"Origin": gateway}).status_code == 200


@pytest.mark.parametrize(
    ("named", "origin"),
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTP://LocalHost:80", "http://localhost"),
        ("chrome-extension://abc", "chrome-extension://abc"),
    ],
)
def test_a_named_origin_may_ask_and_is_granted_cors(named: str, origin: str) -> None:
    """ALLOWED_ORIGINS lets a page in, its preflight included."""
    settings = Settings.from_env({"SERVER_PORT": "0", "ALLOWED_ORIGINS": named})
    page = {"Origin": origin}
    with running(settings, scripted=ScriptedProvider()) as url:
        preflight = httpx2.request(
            "OPTIONS", url + "/v1/models", headers={**page, "Access-Control-Request-Method": "GET"}
        )
        answer = httpx2.post(url + "/v1/chat/completions", content=BODY, headers=page)
    assert preflight.headers["access-control-allow-origin"] == origin
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize("origin", ["*", "null", "localhost:3000", "http://localhost:3000/", "http://u:p@localhost"])
def test_an_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    """A value that can never match is an error that names the variable."""
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        Settings(allowed_origins=(origin,))


@pytest.mark.parametrize("host", ["*", "gateway:8080", "http://gateway", "[::1]", ""])
def test_a_host_that_can_never_match_is_refused(host: str) -> None:
    """Names are written without a port; "::1" needs no brackets."""
    with pytest.raises(SettingsError, match="ALLOWED_HOSTS"):
        Settings(allowed_hosts=(host,))
    assert Settings(allowed_hosts=("gateway.internal", "::1", "192.0.2.1")).allowed_hosts


def test_a_client_of_http_1_0_needs_no_host(gateway: str) -> None:
    """Every browser sends `Host`, so its absence is not a sign of one."""
    assert exchanged(gateway, b"GET /health HTTP/1.0\r\n\r\n").status == 200


def test_a_foreign_page_sets_off_no_fault_and_takes_no_script() -> None:
    """A foreign page is refused before a fault is chosen or a script is used."""
    page = {"Origin": "https://evil.example"}
    with running(scripted=ScriptedProvider(), faults=[Status(503)]) as url:
        assert httpx2.get(url + "/health", headers=page).status_code == 403
        assert httpx2.get(url + "/health").status_code == 503
    with scripted_gateway() as kit:
        assert httpx2.post(kit.url + "/v1/chat/completions", content=BODY, headers=page).status_code == 403
        assert kit.requests == []


@pytest.mark.parametrize(
    ("listens", "allowed", "host", "passes"),
    [
        ("0.0.0.0", (), "gateway:8080", True),
        ("0.0.0.0", ("gateway",), "gateway:8080", True),
        ("0.0.0.0", ("gateway",), "evil.example", False),
        ("0.0.0.0", ("gateway",), "10.1.2.3:8080", True),
        ("0.0.0.0", ("gateway",), "localhost:8080", True),
        ("::", (), "gateway:8080", True),
        ("::1", (), "evil.example", False),
        ("::ffff:127.0.0.1", (), "evil.example", False),
        ("here.example", (), "here.example:8080", True),
        ("here.example", (), "evil.example", False),
        ("127.0.0.1", ("gateway",), "gateway:8080", True),
        ("127.0.0.1", (), "gateway:8080", False),
    ],
)
def test_which_hosts_are_its_own(listens: str, allowed: tuple[str, ...], host: str, *, passes: bool) -> None:
    """Beyond loopback, `Host` is checked only where ALLOWED_HOSTS names some."""
    check = OriginCheck(None, listens, allowed)  # type: ignore[arg-type]
    scope = {"scheme": "http", "headers": [(b"host", host.encode())], "server": ("127.0.0.1", 8080)}
    assert (check._refusal(scope) is None) is passes


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("10.1.2.3:8080", "http://10.1.2.3:8080", True),
        ("10.1.2.3", "http://10.1.2.3:80", True),
        ("10.1.2.3:8080", "https://10.1.2.3:8080", False),
        ("rebound.example:8080", "http://rebound.example:8080", False),
    ],
)
def test_an_origin_is_its_own_by_a_host_that_cannot_be_rebound(host: str, origin: str, *, passes: bool) -> None:
    """If every `Host` passes, a page under a rebound name must not pass for the gateway's own."""
    check = OriginCheck(None, "0.0.0.0")  # type: ignore[arg-type]
    scope = {"scheme": "http", "headers": [(b"host", host.encode()), (b"origin", origin.encode())]}
    assert (check._refusal(scope) is None) is passes


def test_what_a_provider_grants_to_browsers_is_not_passed_on(upstream: Upstream) -> None:
    """A provider's CORS headers and cookies do not reach the client, nor the client's cookies the provider."""
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
