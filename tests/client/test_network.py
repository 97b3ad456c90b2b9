"""The network between a client and its gateway: redirects, proxies and certificates, observed by a server."""

from __future__ import annotations

import base64
import select
import socket
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.authority import authority, authority_pem, certified
from client.well import gateway
from support.listening import listening
from support.server import ANSWER, Connection, Gone, Request, serving

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from support.worlds import World


async def _chat(client: Any) -> Any:
    return await client.generate_content("a/b", "hi")


async def _fails(client: Any) -> sdk.GatewayError:
    with pytest.raises(sdk.GatewayError) as caught:
        await client.generate_content("a/b", "hi")
    return caught.value


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, world: World) -> None:
    """A redirect to another host is an error that names it; no request is sent there, and no token."""
    with serving(gateway) as elsewhere:

        def redirect(connection: Connection, _: Request) -> None:
            connection.json(b"", status, f"Location: {elsewhere.url}/v1/chat/completions")

        with serving(redirect) as server:
            error: Any = world.with_client(_fails, server.url, "tok")
    assert (type(error), error.status) == (sdk.StatusError, status)
    assert "redirects are not followed" in error.hint
    assert error.headers["location"].startswith("http://127.0.0.1:")
    assert elsewhere.connections == 0
    assert len(server.requests) == 1


def test_a_redirected_stream_is_not_followed(world: World) -> None:
    """A stream that is redirected raises on entering."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.StatusError, match="307"):
            async with client.generate_content_stream("a/b", "hi"):
                pytest.fail("the block was entered")

    with serving(lambda connection, _: connection.json(b"", 307, "Location: /v1/other")) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == 1


# Proxies


class Proxy:
    """A proxy for http and https: answers absolute-form requests itself, and tunnels every target to one port."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port

    def __call__(self, connection: Connection, request: Request) -> None:
        if request.method != "CONNECT":
            connection.json(ANSWER)
            return
        assert self._port is not None
        with socket.create_connection(("127.0.0.1", self._port)) as onward:
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._pump(connection, onward)
        raise Gone

    @staticmethod
    def _pump(connection: Connection, onward: socket.socket) -> None:
        other = {connection.sock: onward, onward: connection.sock}
        while not connection.stopping.is_set():
            for sock in select.select(list(other), [], [], 0.05)[0]:
                data = sock.recv(65536)
                if not data:
                    return
                other[sock].sendall(data)


def test_http_through_a_proxy_of_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is used in absolute form, with the password of its URL, and the gateway's token is sent along."""
    with serving(Proxy()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        answer = world.with_client(_chat, "http://gateway.test:1234/base", "tok", proxy="env")
    assert answer.text == "Hello"
    (request,) = proxy.requests
    assert request.target == "http://gateway.test:1234/base/v1/chat/completions"
    assert request.headers["host"] == "gateway.test:1234"
    assert request.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert request.headers["authorization"] == "Bearer tok"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_https_through_a_proxy_of_the_environment(variable: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Https uses a tunnel: the proxy receives the gateway's name and its own password, and nothing of the call."""
    with serving(gateway, certified("gateway.test")) as server, serving(Proxy(server.port)) as proxy:
        monkeypatch.setenv(variable, f"http://me:pw@127.0.0.1:{proxy.port}")
        answer = world.with_client(_chat, "https://gateway.test", "tok", proxy="env", ca=authority_pem())
    assert answer.text == "Hello"
    (asked,) = proxy.requests
    assert (asked.method, asked.target) == ("CONNECT", "gateway.test:443")
    assert asked.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'me:pw').decode()}"
    assert "authorization" not in asked.headers
    (request,) = server.requests
    assert (request.target, request.headers["authorization"]) == ("/v1/chat/completions", "Bearer tok")
    assert "proxy-authorization" not in request.headers


@pytest.mark.parametrize("except_for", ["127.0.0.1", "*", "other.test, 127.0.0.0/8"])
def test_hosts_that_need_no_proxy(except_for: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host in NO_PROXY is contacted directly."""
    with serving(gateway) as server, serving(Proxy()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", except_for)
        world.with_client(_chat, server.url, proxy="env")
    assert (len(server.requests), proxy.connections) == (1, 0)


def test_a_proxy_by_argument_and_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy given as an argument wins over the environment, and None disables the environment's."""
    with serving(gateway) as server, serving(Proxy()) as given, serving(Proxy()) as unwanted:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unwanted.port}")
        world.with_client(_chat, server.url, proxy=f"http://127.0.0.1:{given.port}")
        world.with_client(_chat, server.url, proxy=None)
    assert (len(given.requests), len(server.requests), unwanted.connections) == (1, 1, 0)


def test_a_proxy_that_wants_a_password(world: World) -> None:
    """A proxy's 407 to a tunnel is reported as the proxy's, not as a gateway response."""
    with serving(lambda connection, _: connection.json(b"", 407)) as proxy:
        error = world.with_client(_fails, "https://gateway.test", proxy=f"http://127.0.0.1:{proxy.port}")
    assert isinstance(error, sdk.ConnectError)
    assert "407" in str(error)
    assert 'proxy="http://user:password@host:port"' in error.hint
    assert "igw serve" not in error.hint
    assert len(proxy.requests) == 1


def test_a_proxy_that_wants_a_password_for_plain_http(world: World) -> None:
    """A 407 to a request in absolute form is attributed to the proxy, and the hint is about it."""
    with serving(lambda connection, _: connection.json(b"", 407)) as proxy:
        error = world.with_client(_fails, "http://gateway.test", proxy=f"http://127.0.0.1:{proxy.port}")
        assert f"127.0.0.1:{proxy.port}" in str(error)
    assert isinstance(error, sdk.ConnectError)
    assert "proxy=" in error.hint


def test_a_proxy_of_the_environment_that_cannot_be_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint names the proxy variables."""
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    error = world.with_client(_fails, "http://gateway.test", proxy="env")
    assert isinstance(error, sdk.ConnectError)
    assert "HTTP_PROXY" in error.hint


# Certificates


def _trusting(tmp_path: Path, how: str) -> dict[str, Any]:
    file = tmp_path / "authority.pem"
    file.write_text(authority_pem())
    if how == "tls":
        context = certified_client()
        return {"tls": context}
    return {"ca": {"text": authority_pem(), "file": str(file)}[how]}


def certified_client() -> ssl.SSLContext:
    """Return a user's own context that trusts the test's authority."""
    import ssl

    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


@pytest.mark.parametrize("how", ["text", "file", "tls"])
def test_a_custom_authority(how: str, world: World, tmp_path: Path) -> None:
    """A custom authority is trusted as text, as a file or in a context."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", "hi")
        async with client.generate_content_stream("a/b", "hi") as stream:
            assert (await stream.final()).text == "Hello"

    with serving(gateway, certified()) as server:
        world.with_client(scenario, server.url, **_trusting(tmp_path, how))
    assert server.connections == 1


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (("elsewhere.test",), {"ca": authority_pem()}, "(hint: base_url must name a host"),
        (("localhost",), {}, '(hint: name the authority that signed the gateway\'s certificate: ca="ca.pem"'),
    ],
    ids=["wrong name", "unknown authority"],
)
def test_a_server_that_is_not_trusted(
    names: tuple[str, ...], options: dict[str, Any], words: str, world: World
) -> None:
    """A wrong name or an unknown authority fails before anything is sent, at once, with the reason."""
    with serving(gateway, certified(*names)) as server:
        error = world.with_client(_fails, server.url, "tok", **options)
    assert type(error) is sdk.ConnectError
    assert words in str(error)
    assert "ca=" in error.hint
    assert "igw serve" not in error.hint
    assert error.attempts == 1  # a retry would fail the same way
    assert server.requests == []


def test_tls_to_a_server_of_plain_http(world: World) -> None:
    """The hint names the scheme to write, and does not advise starting a gateway."""

    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        connection.close()

    with listening(plain) as port:
        error = world.with_client(_fails, f"https://127.0.0.1:{port}")
    assert type(error) is sdk.ConnectError
    assert str(error).endswith("(hint: the server speaks plain HTTP there: write http:// in base_url)")


@pytest.mark.parametrize("password", [None, "open sesame"])
def test_a_client_certificate(password: str | None, world: World, tmp_path: Path) -> None:
    """A server that requires a client certificate gets it, with a key that may be encrypted."""
    own = authority().issue_cert("someone@client.test")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(part.bytes() for part in own.cert_chain_pems))
    key = tmp_path / "key.pem"
    key.write_bytes(_locked(own.private_key_pem.bytes(), password))
    cert = (str(chain), str(key)) if password is None else (str(chain), str(key), password)
    with serving(gateway, certified("localhost", wants_client=True)) as server:
        assert world.with_client(_chat, server.url, ca=authority_pem(), cert=cert).text == "Hello"
        error = world.with_client(_fails, server.url, ca=authority_pem())
    assert 'cert=("cert.pem", "key.pem")' in str(error)
    assert type(error) is sdk.ConnectError  # TLS 1.3 reports it only after the request was written: still never sent
    assert len(server.requests) == 1


def _locked(key: bytes, password: str | None) -> bytes:
    from cryptography.hazmat.primitives import serialization

    if password is None:
        return key
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
