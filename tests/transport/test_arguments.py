"""Arguments that a driver refuses before anything is opened or sent, by name and without showing secrets."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from .conftest import Authority, Serve
from .scripted import keep_answering
from .worlds import World

REFUSED = {
    "limit-zero": ({"limit": 0}, "limit must be an integer of at least 1"),
    "limit-bool": ({"limit": True}, "limit must be an integer of at least 1"),
    "limit-float": ({"limit": 1.5}, "limit must be an integer of at least 1"),
    "idle-negative": ({"idle_seconds": -1}, "idle_seconds must be 0 or more"),
    "idle-nan": ({"idle_seconds": float("nan")}, "idle_seconds must be 0 or more"),
    "proxy-empty": ({"proxy": ""}, "proxy: .*no host"),
    "proxy-no-host": ({"proxy": "http://"}, "proxy: .*no host"),
    "proxy-port": ({"proxy": "http://me:secret@host:99999"}, "proxy: .*port"),
    "proxy-scheme": ({"proxy": "ftp://me:secret@host"}, "proxy: ftp://"),
    "ca-missing": ({"ca": "no/such/file.pem"}, "ca: .*no/such/file.pem"),
    "ca-text": ({"ca": "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----"}, "ca: .*the text given"),
    "cert-missing": ({"cert": "no/such/file.pem"}, "cert: .*no/such/file.pem"),
    "cert-long": ({"cert": ("a", "b", "secret", "d")}, "cert must be"),
    "tls-and-ca": ({"tls": ssl.create_default_context(), "ca": "x"}, "tls cannot be combined with ca or cert"),
    "tls-and-cert": ({"tls": ssl.create_default_context(), "cert": "x"}, "tls cannot be combined with ca or cert"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_argument_is_named(world: World, name: str) -> None:
    """A bad option raises ValueError when the driver is made, with the argument's name but no secret value."""
    options, text = REFUSED[name]
    with pytest.raises(ValueError, match=text) as caught:
        world.driver(**options)
    assert "secret" not in str(caught.value)


def test_a_file_that_holds_no_certificate_is_named(world: World, tmp_path: Path) -> None:
    """An error about `ca` or `cert` names the file whose content is wrong."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for option in ("ca", "cert"):
        with pytest.raises(ValueError, match=rf"{option}: .*empty\.pem"):
            world.driver(**{option: str(empty)})


def test_a_locked_key_without_its_password_is_refused_without_asking(
    world: World, authority: Authority, tmp_path: Path
) -> None:
    """OpenSSL would prompt on the terminal; the driver reports a missing or wrong password instead."""
    from cryptography.hazmat.primitives import serialization

    leaf = authority.ca.issue_cert("client@example.org")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    locked = tmp_path / "locked.pem"
    encryption = serialization.BestAvailableEncryption(b"secret")
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked.write_bytes(key.private_bytes(pem, form, encryption) + leaf.cert_chain_pems[0].bytes())
    for cert in (str(locked), (str(locked), str(locked), "wrong")):
        with pytest.raises(ValueError, match=r"cert: .*locked\.pem"):
            world.driver(cert=cert)


BAD_URLS = [
    "",
    "localhost:8080",
    "ftp://x/",
    "http://",
    "http://a b/",
    "http://x/\r\nEvil: y",
    "http://x:99999/",
    "http://x:0/",
]


@pytest.mark.parametrize("url", [*BAD_URLS, "http://me:secret@x/", "http://x/\u00e9", "http://x/\x7f"])
def test_a_url_that_cannot_be_asked_is_refused(world: World, url: str) -> None:
    """A bad URL raises ValueError with a description of the fault."""
    with pytest.raises(ValueError, match="URL") as caught:
        world.driver().open(url)
    assert "secret" not in str(caught.value)


OURS = ["Host", "content-length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "TE", "Upgrade"]


@pytest.mark.parametrize("name", OURS)
def test_a_header_of_the_transport_is_not_the_callers(world: World, serve: Serve, name: str) -> None:
    """A header that sets the request's framing or its target is refused by name."""
    server = serve(keep_answering())
    with pytest.raises(ValueError, match=name):
        world.driver().open(server.url(), b"{}", headers=[(name, "x")])
    assert server.connections == 0


INJECTIONS = [
    ("X", "a\r\nEvil: b"),
    ("X", "a\nEvil: b"),
    ("X", "a\rEvil: b"),
    ("X", "a\0b"),
    ("X\r\nEvil", "b"),
    ("X Y", "b"),
    ("X:", "b"),
    ("", "b"),
    ("X\u00e9", "b"),
    ("X", "caf\u00e9 \u20ac secret"),
]


@pytest.mark.parametrize(("name", "value"), INJECTIONS)
def test_a_header_that_could_smuggle_is_refused(world: World, serve: Serve, name: str, value: str) -> None:
    """Line breaks, NUL, odd names and non-Latin-1 characters raise ValueError; nothing is sent and no value shown."""
    server = serve(keep_answering())
    with pytest.raises(ValueError, match=r".") as caught:
        world.driver().open(server.url(), b"{}", headers=[(name, value)])
    assert server.connections == 0
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("method", ["GET /x HTTP/1.1\r\nEvil: y\r\n\r\n", "", "G ET", "G\u00cbT"])
def test_a_method_that_could_smuggle_is_refused(world: World, serve: Serve, method: str) -> None:
    """A method that is not a token is refused."""
    server = serve(keep_answering())
    with pytest.raises(ValueError, match="method"):
        world.driver().open(server.url(), b"{}", method=method or " ")
    assert server.connections == 0
