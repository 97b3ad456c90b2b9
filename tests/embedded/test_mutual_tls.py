"""Client certificates: required by the embedded gateway, and presented by it to a provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from client.authority import authority, authority_pem
from inference_gateway_sdk import BadGatewayError, InferenceGatewayClient, RequestError
from inference_gateway_sdk.embedded import ListenError, ScriptedProvider, Settings, running
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the files of an authority, and of one certificate for 127.0.0.1 that serves both sides."""
    folder = tmp_path_factory.mktemp("tls")
    pair = authority().issue_cert("127.0.0.1")
    (folder / "ca.pem").write_text(authority_pem())
    pair.private_key_pem.write_to_path(folder / "key.pem")
    for blob in pair.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)
    return {name: str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}


@pytest.fixture(scope="module")
def strict(files: dict[str, str]) -> Iterator[str]:
    """Return the address of a gateway that requires client certificates."""
    environ = {
        "SERVER_PORT": "0",
        "SERVER_TLS_CERT_PATH": files["cert"],
        "SERVER_TLS_KEY_PATH": files["key"],
        "SERVER_TLS_CLIENT_CA_PATH": files["ca"],
    }
    with running(Settings.from_env(environ), local=nowhere(), scripted=ScriptedProvider()) as url:
        yield url


def test_a_client_needs_a_certificate(files: dict[str, str], strict: str) -> None:
    """`SERVER_TLS_CLIENT_CA_PATH` lets in only clients with a certificate of that authority."""
    with InferenceGatewayClient(strict, ca=files["ca"], cert=(files["cert"], files["key"])) as client:
        assert client.health_check()
    with (
        InferenceGatewayClient(strict, ca=files["ca"], max_retries=0) as client,
        pytest.raises(RequestError),
    ):
        client.list_models()


def test_a_provider_gets_the_gateways_certificate(files: dict[str, str], strict: str) -> None:
    """`CLIENT_TLS_*` make a provider with a private authority and mutual TLS reachable, and only then."""
    environ = {"SERVER_PORT": "0", "OPENAI_API_URL": f"{strict}/v1", "OPENAI_API_KEY": "k"}
    tls = {
        "CLIENT_TLS_CA_PATH": files["ca"],
        "CLIENT_TLS_CERT_PATH": files["cert"],
        "CLIENT_TLS_KEY_PATH": files["key"],
        "CLIENT_TLS_MIN_VERSION": "TLS13",
    }
    settings = Settings.from_env(environ | tls)
    assert settings.ignored == ()
    with running(settings, local=nowhere()) as url, InferenceGatewayClient(url) as client:
        assert client.generate_content("openai/openai/m", "Hello").text == "You wrote: Hello"
    for part in ({}, {"CLIENT_TLS_CA_PATH": files["ca"]}):  # no authority, or no certificate
        with (
            running(Settings.from_env(environ | part), local=nowhere()) as url,
            InferenceGatewayClient(url, max_retries=0) as client,
            pytest.raises(BadGatewayError, match="openai|tls|certificate"),
        ):
            client.generate_content("openai/openai/m", "Hello")


@pytest.mark.parametrize("name", ["SERVER_TLS_CLIENT_CA_PATH", "CLIENT_TLS_CA_PATH"])
def test_a_file_that_cannot_be_used_is_refused_by_name(name: str, files: dict[str, str], tmp_path: Path) -> None:
    """The error names the variable and the file: one is missing, one has no certificate."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    environ = {"SERVER_PORT": "0", "SERVER_TLS_CERT_PATH": files["cert"], "SERVER_TLS_KEY_PATH": files["key"]}
    for path, reason in (
        (tmp_path / "gone.pem", "cannot be read"),
        (empty, "cannot be used: are they certificates in PEM"),
    ):
        with (
            pytest.raises(ListenError, match=f"{name}.*{path.name} {reason}"),
            running(Settings.from_env(environ | {name: str(path)}), local=nowhere()),
        ):
            pytest.fail("it serves without its authorities")
