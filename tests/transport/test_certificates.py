"""Behaviour 11: which server a connection trusts, and which certificate it presents, before anything is sent."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trustme

from inference_gateway_sdk._http1.failures import NotSent

from .conftest import Authority, Serve
from .scripted import keep_answering
from .worlds import World

VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["file", "path", "text", "context"])
def test_a_custom_authority_is_trusted(
    world: World, serve: Serve, authority: Authority, version: str, form: str
) -> None:
    """A CA is accepted as a file name or path, as PEM text, or inside a caller's SSLContext."""
    options = {
        "file": {"ca": authority.file},
        "path": {"ca": Path(authority.file)},
        "text": {"ca": Path(authority.file).read_text()},
        "context": {"tls": ssl.create_default_context(cafile=authority.file)},
    }[form]
    server = serve(keep_answering(), authority.server(only=VERSIONS[version]))
    assert world.driver(**options).get(server.url(), b"{}") == (200, b"hello")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is needed to hash a directory")
def test_a_directory_of_authorities_is_trusted(
    world: World, serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    """A directory with hashed names, in OpenSSL's layout, is accepted as `ca`."""
    command = ["openssl", "x509", "-noout", "-hash", "-in", authority.file]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(authority.file, tmp_path / f"{name}.0")
    server = serve(keep_answering(), authority.server())
    assert world.driver(ca=tmp_path).get(server.url()) == (200, b"hello")


def test_an_unknown_authority_is_refused_for_good(world: World, serve: Serve, authority: Authority) -> None:
    """A server with an unknown authority raises a permanent NotSent whose text mentions the certificate."""
    server = serve(keep_answering(), authority.server())
    with pytest.raises(NotSent, match="certificate") as caught:
        world.driver().open(server.url(), b"secret")
    assert caught.value.permanent
    assert server.requests == []


def test_a_self_signed_certificate_is_refused_for_good(world: World, serve: Serve, tmp_path: Path) -> None:
    """A self-signed certificate is not trusted."""
    lonely = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = tmp_path / "self.pem"
    lonely.cert_pem.write_to_path(pem)
    lonely.private_key_pem.write_to_path(pem, append=True)
    context.load_cert_chain(pem)
    server = serve(keep_answering(), context)
    with pytest.raises(NotSent, match=r"self.signed") as caught:
        world.driver().open(server.url(), b"secret")
    assert caught.value.permanent


def test_a_wrong_host_name_is_refused_for_good(world: World, serve: Serve, authority: Authority) -> None:
    """A trusted certificate for another name is refused, and the text names the requested host."""
    server = serve(keep_answering(), authority.server("gateway.example"))
    with pytest.raises(NotSent, match="localhost") as caught:
        world.driver(ca=authority.file).open(server.url(), b"secret")
    assert caught.value.permanent
    assert server.requests == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_certificate_is_shown(
    world: World, serve: Serve, authority: Authority, version: str, tmp_path: Path
) -> None:
    """A client certificate is accepted in one file, in two, and with a password, under TLS 1.2 and 1.3."""
    leaf = authority.ca.issue_cert("client@example.org")
    both, chain, key = (str(tmp_path / name) for name in ("both.pem", "chain.pem", "key.pem"))
    leaf.private_key_and_cert_chain_pem.write_to_path(both)
    leaf.cert_chain_pems[0].write_to_path(chain)
    leaf.private_key_pem.write_to_path(key)
    locked = _locked(leaf, tmp_path)
    server = serve(keep_answering(), authority.server(client_ca=authority.ca, only=VERSIONS[version]))
    for cert in (both, (chain, key), (chain, locked, "open sesame")):
        driver = world.driver(ca=authority.file, cert=cert)
        assert driver.get(server.url(), b"{}") == (200, b"hello")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_client_certificate_means_never_sent(
    world: World, serve: Serve, authority: Authority, version: str
) -> None:
    """Under TLS 1.3 a missing client certificate is reported after the request was written, still as never sent."""
    server = serve(keep_answering(), authority.server(client_ca=authority.ca, only=VERSIONS[version]))
    for _ in range(5):
        with pytest.raises(NotSent) as caught:
            world.driver(ca=authority.file).open(server.url(), b"secret")
        assert caught.value.permanent
    assert server.requests == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_certificate_of_a_stranger_means_never_sent(
    world: World, serve: Serve, authority: Authority, version: str, tmp_path: Path
) -> None:
    """A client certificate from another authority is refused, also after the handshake."""
    strange = tmp_path / "strange.pem"
    trustme.CA().issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(strange)
    server = serve(keep_answering(), authority.server(client_ca=authority.ca, only=VERSIONS[version]))
    with pytest.raises(NotSent) as caught:
        world.driver(ca=authority.file, cert=strange).open(server.url(), b"x" * 300_000)
    assert caught.value.permanent


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is needed: ssl cannot update keys")
def test_a_key_update_in_mid_stream_is_not_noticed(world: World, authority: Authority, tmp_path: Path) -> None:
    """A TLS 1.3 key update by the server, with or without a request for ours, does not disturb the stream."""
    pem = tmp_path / "server.pem"
    authority.ca.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(pem), "-tls1_3", "-naccept", "1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            threads: list[threading.Thread] = []
            while b"ACCEPT" not in (line := server.stdout.readline()):
                assert line, "s_server did not start"
            port = int(line.split(b":")[-1])
            _talk_through_key_updates(world, authority, server.stdin, server.stdout, port, threads)
        finally:
            server.kill()
            for thread in threads:
                thread.join(10)


def _talk_through_key_updates(
    world: World, authority: Authority, to_server, from_server, port: int, threads: list
) -> None:
    asked = threading.Event()
    heard = bytearray()

    def listen() -> None:
        while data := os.read(from_server.fileno(), 65536):
            heard.extend(data)
            if b"marker" in heard:
                asked.set()

    def answer() -> None:
        asked.wait(10)
        to_server.write(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nfirst\n")
        for line in (b"k\n", b"then\n", b"K\n", b"end\n"):
            time.sleep(0.15)  # a command is recognised only at the start of what it reads
            to_server.write(line)

    for target in (listen, answer):
        threads.append(threading.Thread(target=target, daemon=True))
        threads[-1].start()
    driver = world.driver(ca=authority.file)
    answered = driver.open(f"https://127.0.0.1:{port}/", b"marker")
    assert answered.read_all() == b"first\nthen\nend\n"
    driver.close()


def _locked(leaf: trustme.LeafCert, folder: Path) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    path = folder / "locked.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    return str(path)


def test_a_plain_peer_never_costs_the_import_of_ssl() -> None:
    """The blocking driver sends a plain HTTP request without loading `ssl`."""
    code = (
        "import sys, inference_gateway_sdk._transport._blocking as b; d = b.BlockingDriver(proxy=None)\n"
        "try: d.open('GET', 'http://127.0.0.1:1/', (), None)\n"
        "except Exception as e: assert 'cannot connect' in str(e), e\n"
        "assert not {'ssl', 'asyncio', 'urllib.request'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
