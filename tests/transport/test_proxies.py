"""Behaviour 12: which proxy is used, in which form, and which error a refusal raises."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading

import pytest

from inference_gateway_sdk._http1.failures import InvalidResponse, NotSent, NotSentInTime

from .conftest import Authority, Serve
from .scripted import Peer, Server, keep_answering
from .worlds import World

USER = "us er:p@ss"
BASIC = "Basic " + base64.b64encode(USER.encode()).decode()
LOGIN = "us%20er:p%40ss@"


@pytest.fixture(autouse=True)
def _no_proxies_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("HTTP", "HTTPS", "ALL", "NO"):
        for name in (f"{kind}_PROXY", f"{kind.lower()}_proxy"):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)


def relay(peer: Peer) -> None:
    """Play a proxy: open the requested tunnel and relay bytes both ways."""
    request = peer.request()
    host, _, port = request.line.split()[1].rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port))) as upstream:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_carry, args=(upstream, peer.sock), daemon=True)
        back.start()
        _carry(peer.sock, upstream)
        back.join(10)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def via(server: Server, login: str = "") -> str:
    """Return the URL of a scripted proxy."""
    return f"http://{login}127.0.0.1:{server.port}"


def test_http_goes_to_a_proxy_in_absolute_form(world: World, serve: Serve) -> None:
    """An HTTP proxy receives the whole URL and the target's Host, and its connection is kept."""
    proxy = serve(keep_answering())
    driver = world.driver(proxy=via(proxy))
    for _ in range(2):
        assert driver.get("http://gateway.test:8080/v1/models?provider=x") == (200, b"hello")
    assert proxy.requests[0].line == "GET http://gateway.test:8080/v1/models?provider=x HTTP/1.1"
    assert proxy.requests[0].headers == {"host": "gateway.test:8080"}
    assert proxy.connections == 1


def test_https_goes_through_a_tunnel(world: World, serve: Serve, authority: Authority) -> None:
    """CONNECT names host and port; then TLS is verified against the target, and the tunnel is kept."""
    server = serve(keep_answering(), authority.server())
    proxy = serve(relay)
    driver = world.driver(proxy=via(proxy), ca=authority.file)
    for _ in range(2):
        assert driver.get(server.url(), b"{}", headers=[("Authorization", "Bearer t")]) == (200, b"hello")
    assert [request.line for request in proxy.requests] == [f"CONNECT localhost:{server.port} HTTP/1.1"]
    assert proxy.requests[0].headers == {"host": f"localhost:{server.port}"}
    assert server.requests[0].line == "POST /v1/chat/completions HTTP/1.1"


def test_a_proxys_login_is_for_the_proxy_alone(world: World, serve: Serve, authority: Authority) -> None:
    """Basic authentication, percent-decoded, is sent with CONNECT and never through the tunnel."""
    server = serve(keep_answering(), authority.server())
    tunnel, plain = serve(relay), serve(keep_answering())
    world.driver(proxy=via(tunnel, LOGIN), ca=authority.file).get(server.url(), b"{}")
    world.driver(proxy=via(plain, LOGIN)).get("http://gateway.test/v1/models")
    assert tunnel.requests[0].headers["proxy-authorization"] == BASIC
    assert plain.requests[0].headers["proxy-authorization"] == BASIC
    assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environment_names_the_proxy_for_http(
    world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """HTTP_PROXY or ALL_PROXY, in either case, sets the proxy; `host:port` alone is an http proxy."""
    proxy = serve(keep_answering())
    monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")
    assert world.driver(proxy="env").get("http://gateway.test/v1/models") == (200, b"hello")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_the_environment_names_the_proxy_for_https(
    world: World, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """HTTPS_PROXY or ALL_PROXY sets the proxy; HTTP_PROXY does not apply to https."""
    server = serve(keep_answering(), authority.server())
    proxy, other = serve(relay), serve(keep_answering())
    monkeypatch.setenv(variable, via(proxy))
    monkeypatch.setenv("HTTP_PROXY", via(other))
    assert world.driver(proxy="env", ca=authority.file).get(server.url()) == (200, b"hello")
    assert proxy.connections == 1
    assert other.connections == 0


def test_no_proxy_excepts_a_host(world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host in NO_PROXY is contacted directly."""
    server, proxy = serve(keep_answering()), serve(keep_answering(b"from the proxy"))
    monkeypatch.setenv("HTTP_PROXY", via(proxy))
    monkeypatch.setenv("NO_PROXY", "other.test, 127.0.0.1")
    driver = world.driver(proxy="env")
    assert driver.get(server.url()) == (200, b"hello")
    assert driver.get("http://gateway.test/") == (200, b"from the proxy")


def test_without_proxies_the_environment_does_not_count(
    world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`proxy=None` connects directly regardless of the environment."""
    server, proxy = serve(keep_answering()), serve(keep_answering(b"from the proxy"))
    monkeypatch.setenv("HTTP_PROXY", via(proxy))
    assert world.driver(proxy=None).get(server.url()) == (200, b"hello")


def test_netrc_is_not_read(world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A password in a netrc file is not sent."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server = serve(keep_answering())
    world.driver(proxy="env").get(server.url())
    assert "authorization" not in server.requests[0].headers


def test_a_407_in_absolute_form_says_that_the_proxy_wants_a_login(world: World, serve: Serve) -> None:
    """A 407 from the proxy raises a permanent NotSent: the request never reached the gateway."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer(b"", "407 Proxy Authentication Required", "Proxy-Authenticate: Basic")

    with pytest.raises(NotSent, match="407") as caught:
        world.driver(proxy=via(serve(script), "me:secret@")).open("http://gateway.test/", b"{}")
    assert caught.value.permanent
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [("407 Proxy Authentication Required", True), ("403 Forbidden", True), ("502 Bad Gateway", False)],
)
def test_a_refused_tunnel_says_so(world: World, serve: Serve, status: str, permanent: bool) -> None:
    """The error of a refused tunnel has the proxy's status and both names; only some statuses are permanent."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer(b"<html>no</html>", status)

    proxy = serve(script)
    with pytest.raises(NotSent, match=f"answered {status[:3]}.*gateway.test:443 through") as caught:
        world.driver(proxy=via(proxy, "me:secret@")).open("https://gateway.test/", b"{}")
    assert caught.value.permanent is permanent
    assert "secret" not in str(caught.value)


def test_a_407_of_the_gateway_itself_is_an_answer(world: World, serve: Serve) -> None:
    """Without a proxy, 407 is a status like any other."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer(b"no", "407 Proxy Authentication Required")

    assert world.driver().get(serve(script).url()) == (407, b"no")


@pytest.mark.parametrize("end", ["finish", "reset"])
def test_a_proxy_that_closes_instead_of_opening_the_tunnel(world: World, serve: Serve, end: str) -> None:
    """A proxy that cannot be reached raises a repeatable NotSent."""

    def script(peer: Peer) -> None:
        peer.request()
        getattr(peer, end)()

    with pytest.raises(NotSent, match="proxy") as caught:
        world.driver(proxy=via(serve(script))).open("https://gateway.test/", b"{}")
    assert not caught.value.permanent


def test_a_proxy_that_speaks_no_http(world: World, serve: Serve) -> None:
    """Garbage instead of a tunnel is NotSent; garbage instead of a response is InvalidResponse."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(b"SSH-2.0-OpenSSH_9.6\r\n")
        peer.idle()

    proxy = serve(script)
    with pytest.raises(NotSent, match="not HTTP"):
        world.driver(proxy=via(proxy)).open("https://gateway.test/", b"{}")
    with pytest.raises(InvalidResponse):
        world.driver(proxy=via(proxy)).open("http://gateway.test/", b"{}")


def test_a_silent_proxy_is_under_the_connect_deadline(world: World, serve: Serve) -> None:
    """Opening the tunnel counts as connecting."""
    proxy = serve(lambda peer: peer.idle())
    with pytest.raises(NotSentInTime) as caught:
        world.driver(proxy=via(proxy)).open("https://gateway.test/", b"{}", connect=0.2)
    assert caught.value.which == "connect"


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h", "socks4"])
def test_proxies_that_are_not_spoken_are_refused_clearly(
    world: World, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """An unsupported proxy is a ValueError or, from the environment, NotSent; both name httpx2, not the password."""
    url = f"{scheme}://me:secret@proxy.test:1080"
    with pytest.raises(ValueError, match=r"proxy: .*httpx2") as refused:
        world.driver(proxy=url)
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(NotSent, match=r"environment.*httpx2") as failed:
        world.driver(proxy="env").open("http://gateway.test/")
    assert failed.value.permanent
    for error in (refused.value, failed.value):
        assert "secret" not in str(error)
        assert scheme in str(error)


def test_a_proxy_that_is_not_spoken_does_not_matter_where_it_does_not_apply(
    world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SOCKS proxy in the environment does not affect a host in NO_PROXY."""
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test:1080")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert world.driver(proxy="env").get(serve(keep_answering()).url()) == (200, b"hello")


def test_a_visitors_proxy_header_is_not_believed(world: World, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a CGI script HTTP_PROXY is the visitor's `Proxy` header, and is ignored."""
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", "http://attacker.test:1")
    assert world.driver(proxy="env").get(serve(keep_answering()).url()) == (200, b"hello")
