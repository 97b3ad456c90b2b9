"""The environment, read under the real gateway's names."""

from __future__ import annotations

import re

import pytest

from inference_gateway_sdk.embedded import Access, Oidc, Settings, SettingsError
from inference_gateway_sdk.embedded.gateway import Gateway
from inference_gateway_sdk.embedded.providers.catalogue import CATALOGUE
from support.weights import nowhere


def test_an_empty_environment_gives_the_real_gateways_defaults() -> None:
    """gateway-behaviour.md#limits-and-timeouts, #running-locally: the address, the timeouts and the limit."""
    settings = Settings.from_env({})
    assert (settings.host, settings.port, settings.max_body) == ("127.0.0.1", 8080, 10_485_760)
    assert (settings.read_timeout, settings.idle_timeout, settings.header_timeout) == (30.0, 120.0, 10.0)
    assert (settings.images, settings.audio, settings.expose_mcp, settings.push_metrics) == (False, False, False, False)
    assert settings.ignored == ()


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("images", "ENABLE_IMAGES"),
        ("images", "IMAGES_ENABLED"),
        ("vision", "ENABLE_VISION"),
        ("vision", "VISION_ENABLED"),
    ],
)
def test_two_switches_have_an_older_and_a_newer_name(setting: str, name: str) -> None:
    """Either name enables it; gateways of both ages are in use."""
    assert getattr(Settings.from_env({name: "true"}), setting)
    assert not getattr(Settings.from_env({name: "false"}), setting)
    assert not getattr(Settings.from_env({name: ""}), setting)


def test_the_time_to_write_means_something_with_the_quirk_alone() -> None:
    """Without the quirk the variable is reported as unsupported."""
    environ = {"SERVER_WRITE_TIMEOUT": "5s"}
    assert Settings.from_env(environ).ignored == ("SERVER_WRITE_TIMEOUT",)
    quirky = Settings.from_env(environ, quirks="v0.48")
    assert (quirky.write_timeout, quirky.quirks, quirky.ignored) == (5.0, "v0.48", ())


def test_a_token_is_known_or_an_issuers() -> None:
    """The variable is this gateway's own; together with an issuer it is refused as contradictory."""
    assert Settings.from_env({"INFERENCE_GATEWAY_SERVE_TOKEN": "secret"}).token == "secret"
    with pytest.raises(SettingsError, match="token"):
        Settings(token="secret", oidc=Oidc(issuer="https://id.example", audience="a"))


def test_an_unknown_release_is_refused() -> None:
    """The refusal lists the releases, for the environment and for Python."""
    for build in (lambda: Settings(quirks="v0.1"), lambda: Settings.from_env({}, quirks="v0.1")):
        with pytest.raises(SettingsError, match=r"'v0\.1' is not a release .* write v0\.48"):
            build()


def test_every_variable_is_read() -> None:
    """Each name that this gateway honours changes its setting."""
    settings = Settings.from_env(
        {
            "SERVER_HOST": "0.0.0.0",
            "SERVER_PORT": "0",
            "SERVER_READ_TIMEOUT": "1m",
            "SERVER_IDLE_TIMEOUT": "5s",
            "CLIENT_RESPONSE_HEADER_TIMEOUT": "500ms",
            "SERVER_MAX_REQUEST_BODY_SIZE": "1000",
            "ALLOWED_MODELS": "openai/GPT-4o, llama ,",
            "DISALLOWED_MODELS": "x",
            "ENABLE_IMAGES": "true",
            "AUDIO_ENABLED": "1",
            "MCP_EXPOSE": "T",
            "TELEMETRY_ENABLED": "true",
            "TELEMETRY_METRICS_PUSH_ENABLED": "true",
            "OLLAMA_CLOUD_API_URL": "https://example.org/v1/",
            "OLLAMA_CLOUD_API_KEY": "k",
        }
    )
    assert (settings.host, settings.port, settings.max_body) == ("0.0.0.0", 0, 1000)
    assert (settings.read_timeout, settings.idle_timeout, settings.header_timeout) == (60.0, 5.0, 0.5)
    assert (settings.allowed_models, settings.disallowed_models) == (("openai/gpt-4o", "llama"), ("x",))
    assert (settings.images, settings.audio, settings.expose_mcp, settings.push_metrics) == (True, True, True, True)
    assert settings.ignored == ()
    assert settings.access["ollama_cloud"] == Access(url="https://example.org/v1/", key="k")


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("SERVER_PORT", "http", "whole number"),
        ("SERVER_PORT", "65536", "65535"),
        ("SERVER_PORT", "-1", "whole number"),
        ("SERVER_READ_TIMEOUT", "30", "with a unit"),
        ("SERVER_READ_TIMEOUT", "0", "above zero"),
        ("SERVER_IDLE_TIMEOUT", "soon", "with a unit"),
        ("CLIENT_RESPONSE_HEADER_TIMEOUT", "-1s", "with a unit"),
        ("SERVER_MAX_REQUEST_BODY_SIZE", "10MB", "whole number"),
        ("SERVER_MAX_REQUEST_BODY_SIZE", "0", "from 1"),
        ("ENABLE_IMAGES", "yes", "true or false"),
        ("MCP_EXPOSE", "on", "true or false"),
        ("OPENAI_API_URL", "localhost:8000", "such as http://"),
        ("OPENAI_API_URL", "", "unset it"),
        ("OPENAI_API_URL", "http://[::1", "such as http://"),
        ("OPENAI_API_URL", "http://127.0.0.1:0/v1", "such as http://"),
    ],
)
def test_a_malformed_value_is_refused_by_name(name: str, value: str, advice: str) -> None:
    """The refusal names the variable and a valid value."""
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_env({name: value})
    assert advice in str(caught.value)


def test_a_time_of_grace_is_not_negative() -> None:
    """A grace period of zero is 0, and a negative one is refused."""
    assert Settings(grace=0).grace == 0
    with pytest.raises(SettingsError, match="grace=-1: write seconds, 0 or more"):
        Settings(grace=-1)


def test_features_that_are_not_here_are_reported() -> None:
    """A variable that only the real gateway honours is listed, unless it disables its feature."""
    settings = Settings.from_env({"GUARDRAILS_ENABLED": "true", "ENABLE_VISION": "false", "TELEMETRY_ENABLED": ""})
    assert settings.ignored == ("GUARDRAILS_ENABLED",)


A2A = ["A2A_ENABLED", "A2A_AGENTS", "A2A_RESOURCE_URL", "A2A_CLIENT_TIMEOUT", "A2A_STREAM_IDLE_TIMEOUT"]
SPEECH = ["AUDIO_LOCAL_AUTO_DOWNLOAD", "AUDIO_LOCAL_MAX_CONCURRENCY", "AUDIO_LOCAL_TIMEOUT"]


@pytest.mark.parametrize("name", [*A2A, "A2A_CARD_REFRESH_INTERVAL", *SPEECH])
def test_settings_of_features_that_are_absent_are_refused(name: str) -> None:
    """The error names the variable and what to do. A switch that is off makes the others of its feature harmless."""
    with pytest.raises(SettingsError, match=f"^{name}: the embedded gateway .*: unset it") as caught:
        Settings.from_env({name: "true"})
    assert ("real gateway" in str(caught.value)) == name.startswith("A2A_")
    assert Settings.from_env({name: "false"}).ignored == ()
    off = {"A2A_ENABLED": "false", "AUDIO_ENABLED": "f"}
    assert Settings.from_env({name: "30", **off} | off).ignored == ()


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        ({"CLIENT_TLS_CERT_PATH": "c.pem"}, "CLIENT_TLS_CERT_PATH and CLIENT_TLS_KEY_PATH: set both"),
        ({"CLIENT_TLS_KEY_PATH": "k.pem"}, "CLIENT_TLS_CERT_PATH and CLIENT_TLS_KEY_PATH: set both"),
        ({"CLIENT_TLS_MIN_VERSION": "TLS11"}, "CLIENT_TLS_MIN_VERSION='TLS11': write TLS12 or TLS13"),
        ({"SERVER_TLS_CLIENT_CA_PATH": "ca.pem"}, "SERVER_TLS_CLIENT_CA_PATH: set SERVER_TLS_CERT_PATH and"),
        ({"MCP_SERVERS": "http://tools:9000/mcp"}, "MCP_SERVERS: the alias tools is reserved"),
        ({"MCP_SERVERS": "tools=http://a:9000/mcp"}, "MCP_SERVERS: the alias tools is reserved"),
    ],
)
def test_half_of_a_tls_or_mcp_setting_is_refused(environ: dict[str, str], error: str) -> None:
    """The message names the variables that belong together, or the right values."""
    with pytest.raises(SettingsError, match=re.escape(error)):
        Settings.from_env(environ)


@pytest.mark.parametrize("name", ["TELEMETRY_ENABLED", "TELEMETRY_METRICS_PUSH_ENABLED"])
def test_a_push_of_metrics_takes_two_switches(name: str) -> None:
    """gateway-behaviour.md#metrics-push: one of the two is not enough; telemetry alone has no effect here."""
    settings = Settings.from_env({name: "true"})
    assert not settings.push_metrics
    assert settings.ignored == (("TELEMETRY_ENABLED",) if name == "TELEMETRY_ENABLED" else ())


def test_a_key_is_not_shown() -> None:
    """The repr of settings has addresses, and neither keys nor the token."""
    assert "secret" not in repr(Settings(token="secret"))
    settings = Settings.from_env({"OPENAI_API_KEY": "sk-secret", "OPENAI_API_URL": "http://127.0.0.1:1/v1"})
    assert "sk-secret" not in repr(settings)
    assert "127.0.0.1:1" in repr(settings)


def test_secrets_in_addresses_are_not_shown() -> None:
    """User information and query of a provider's or an MCP server's address are not in reprs; the rest is."""
    settings = Settings.from_env(
        {
            "OPENAI_API_URL": "http://me:PASS@127.0.0.1:1/v1?tok=KEY",
            "MCP_SERVERS": "http://me:PASS@127.0.0.1:2/mcp?key=KEY",
        }
    )
    for shown in (repr(settings), "".join(map(str, settings.__rich_repr__())), repr(settings.mcp)):
        assert "PASS" not in shown
        assert "KEY" not in shown
    assert "http://127.0.0.1:1/v1" in repr(settings.access["openai"])
    assert list(settings.mcp.__rich_repr__()) == [repr(settings.mcp)]
    assert "http://127.0.0.1:2/mcp" in repr(settings.mcp)


@pytest.mark.parametrize(
    "environ",
    [
        {"OPENAI_API_URL": "ftp://me:PASS@h/v1?tok=PASS"},
        {"OPENAI_API_URL": "h/v1?tok=PASS"},
        {"MCP_SERVERS": "http://me:PA/SS@h:x/mcp?key=PASS"},
        {"AUTH_ENABLED": "true", "AUTH_OIDC_ISSUER": "me:PASS@h"},
    ],
)
def test_an_address_that_is_refused_is_not_repeated_with_its_secrets(environ: dict[str, str]) -> None:
    """The error names the variable, which is enough to find the value."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    assert list(environ)[-1] in str(caught.value)
    assert "PASS" not in str(caught.value)
    assert "SS@" not in str(caught.value)


def test_the_place_to_listen_can_be_changed() -> None:
    """`at` changes its arguments and keeps the rest."""
    settings = Settings.from_env({"SERVER_HOST": "::1", "SERVER_PORT": "81"})
    assert (settings.at(port=0).host, settings.at(port=0).port) == ("::1", 0)
    assert (settings.at(host="a").host, settings.at(host="a").port) == ("a", 81)


def test_every_provider_has_an_address() -> None:
    """A key alone is enough: the contract names an address for each provider."""
    found = Settings.from_env({"WEBWRIGHT_API_KEY": "k"}).access["webwright"]
    assert (found.url, found.key) == (None, "k")
    assert all(profile.url for profile in CATALOGUE.values())


def test_the_settings_of_contract_1_6_are_read() -> None:
    """Videos, the audience of tokens and the public address of /mcp."""
    issuer = {"AUTH_ENABLED": "true", "AUTH_OIDC_ISSUER": "https://id.example"}
    found = Settings.from_env(
        {"VIDEOS_ENABLED": "true", "MCP_RESOURCE_URL": "https://gw.example/mcp", "AUTH_OIDC_AUDIENCE": "a, b"} | issuer
    )
    assert (found.videos, found.mcp_resource_url, found.ignored) == (True, "https://gw.example/mcp", ())
    assert found.oidc is not None
    assert (found.oidc.audience, found.oidc.audiences) == ("", ("a", "b"))


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"MCP_RESOURCE_URL": "gw.example/mcp"}, "MCP_RESOURCE_URL='gw.example/mcp': write an address"),
        ({"VIDEOS_ENABLED": "yes"}, "VIDEOS_ENABLED='yes': write true or false"),
        ({"AUTH_ENABLED": "true", "AUTH_OIDC_ISSUER": "https://id.example"}, "AUTH_OIDC_CLIENT_ID and AUTH_OIDC_AUD"),
    ],
)
def test_a_bad_setting_of_contract_1_6_is_refused_by_name(environ: dict[str, str], names: str) -> None:
    """The message names the variable and a correct value."""
    with pytest.raises(SettingsError, match=re.escape(names)):
        Settings.from_env(environ)


def test_the_time_limits_of_mcp_apply_as_the_release_has_them() -> None:
    """One bounds lists and one bounds calls; up to 0.48 the shorter bounds both."""
    given = {"MCP_REQUEST_TIMEOUT": "9s", "MCP_CLIENT_TIMEOUT": "4s"}
    newer, older = Settings.from_env(given).mcp, Settings.from_env(given, quirks="v0.48").mcp
    assert (newer.request_timeout, newer.call_timeout) == (9, 4)
    assert (older.request_timeout, older.call_timeout) == (4, 4)


@pytest.mark.parametrize(("quirks", "path"), [(None, "/api/coding/paas/v4"), ("v0.48", "/api/paas/v4")])
def test_the_address_of_zai_is_that_of_the_release(quirks: str | None, path: str) -> None:
    """The default moved to the coding plan with contract 1.6."""
    settings = Settings.from_env({"ZAI_API_KEY": "k"}, quirks=quirks)
    provider = Gateway.build(settings, nowhere()).providers["zai"]
    assert vars(provider)["_url"] == f"https://api.z.ai{path}"
