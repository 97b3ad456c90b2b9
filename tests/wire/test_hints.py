"""The hints: each row applies to its texts, and an uncertain cause has no hint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._wire.hints import LATE_CLOSE, ROWS, connect_hint, hint_for, row_for

UNRESOLVED = "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter."
SILENT = 'Post "http://127.0.0.1:8080/proxy/openai/chat/completions": net/http: timeout awaiting response headers'
UNTRUSTED = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
NO_KEY = "Provider requires an API key. Please configure the provider's API key."

# By case: status, message, requested provider and model, and a phrase of the hint.
CASES: list[tuple[int, str, str | None, str | None, str]] = [
    (
        400,
        UNRESOLVED,
        None,
        "gpt-4o",
        '\'gpt-4o\' names no provider: write model="openai/gpt-4o", or provider="openai"',
    ),
    (400, UNRESOLVED, None, "foo/bar", "'foo' is not a provider id of this gateway: write model="),
    (400, UNRESOLVED, None, None, 'write model="openai/gpt-4o", or provider="openai" with model="gpt-4o"'),
    (400, "No provider specified for images", None, None, 'write model="openai/gpt-4o"'),
    (400, "Unsupported model: fast", None, "fast", "X-MCP-Bypass"),
    (400, "Provider not found. Please check the list of supported providers.", "foo", "x", "newer gateway"),
    (400, NO_KEY, "groq", "x", "set GROQ_API_KEY there"),
    (400, NO_KEY, None, "ollama_cloud/x", "set OLLAMA_CLOUD_API_KEY there"),
    (400, NO_KEY, None, None, "set <PROVIDER>_API_KEY there"),
    (400, NO_KEY, "no such; thing", None, "set <PROVIDER>_API_KEY there"),
    (400, NO_KEY, "llamacpp", "x", "LLAMACPP_API_KEY on it to any text"),
    (400, NO_KEY, None, "llamacpp/x", "LLAMACPP_API_KEY on it to any text"),
    (500, "Provider not available", "openai", "x", "OPENAI_API_KEY on the gateway"),
    (401, "Incorrect API key provided: sk-...", "openai", "x", "check OPENAI_API_KEY on the gateway"),
    (401, "invalid x-api-key", "anthropic", "x", "check ANTHROPIC_API_KEY on the gateway"),
    (
        403,
        "Model not allowed. Please check the list of allowed models.",
        None,
        "x",
        "ALLOWED_MODELS on the gateway does not",
    ),
    (403, "Model is disallowed. Please use a different model.", None, "x", "DISALLOWED_MODELS on the gateway lists"),
    (403, "mcp tools endpoint is not exposed", None, None, "MCP tools are not exposed: set MCP_EXPOSE=true"),
    (
        404,
        "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it.",
        None,
        None,
        "ENABLE_IMAGES=true on the gateway",
    ),
    (400, "The Messages API is not supported by this provider yet.", "groq", "x", "only anthropic"),
    (400, "The Responses API is not supported by this provider yet.", "groq", "x", "only openai serves responses"),
    (400, "The Images API is not supported by this provider yet.", "groq", "x", "only openai serves images"),
    (400, "The 'image' file is required.", None, None, "file name"),
    (400, 'unknown include value "x"', None, None, "context_window, pricing and modalities"),
    (403, "Metrics push is not enabled", None, None, "TELEMETRY_METRICS_PUSH_ENABLED=true"),
    (404, "Requested route is not found", None, None, "base_url"),
    (301, "Moved Permanently", None, None, "redirects are not followed"),
    (401, "unauthorized", None, None, "INFERENCE_GATEWAY_TOKEN"),
    (400, "Failed to decode request", None, None, "X-MCP-Bypass"),
    (500, "Failed to execute MCP tools", None, None, "X-MCP-Bypass"),
    (403, "guardrail evaluation failed: request blocked by guardrails", None, None, "evaluator failed"),
    (413, "Payload exceeds 4 MiB limit", None, None, "4 MiB of metrics"),
    (413, "Request body too large", None, None, "SERVER_MAX_REQUEST_BODY_SIZE"),
    (400, "failed to read request body", None, None, "SERVER_MAX_REQUEST_BODY_SIZE"),
    (400, f'Post "https://127.0.0.1:8080/": {UNTRUSTED}', None, None, "SERVER_HOST"),
    (400, "Client sent an HTTP request to an HTTPS server.", None, None, "write https:// in base_url"),
    (400, SILENT, None, None, "CLIENT_RESPONSE_HEADER_TIMEOUT (10 s by default)"),
    (200, SILENT, None, None, "CLIENT_RESPONSE_HEADER_TIMEOUT (10 s by default)"),
    (400, 'Post "http://127.0.0.1:8080/proxy/openai/chat/completions": EOF', None, None, "another attempt may succeed"),
    (504, "Request timed out", None, None, "SERVER_READ_TIMEOUT (30 s by default)"),
    (400, "Post: context deadline exceeded", None, None, "SERVER_READ_TIMEOUT (30 s by default)"),
    (502, "Failed to reach upstream server: dial tcp: connection refused", "groq", "x", "GROQ_API_URL"),
    (502, "Failed to list models", "groq", None, "GROQ_API_KEY and GROQ_API_URL"),
]


NO_ROUTE = "Requested route is not found"

# Hints that depend on the endpoint: status, message, path, and a phrase of the hint.
ENDPOINTS: list[tuple[int, str, str, str]] = [
    (400, UNRESOLVED, "/messages", 'model="anthropic/claude-sonnet-4-5"'),
    (400, UNRESOLVED, "/responses", 'model="openai/gpt-4o" or the like; routing aliases work on chat'),
    (400, "No provider specified.", "/images/generations", 'model="openai/gpt-image-2"'),
    (400, UNRESOLVED, "/images/edits", 'model="openai/gpt-image-2"'),
    (400, UNRESOLVED, "/audio/speech", 'model="openai/gpt-4o-mini-tts"'),
    (400, UNRESOLVED, "/audio/sfx", 'model="elevenlabs/'),
    (400, "invalid character 'o' in literal null (expecting 'u')", "/chat/completions", "the provider answered 200"),
    (400, "unexpected EOF", "/chat/completions", "the provider answered 200"),
    (404, NO_ROUTE, "/audio/speech", "newer than 0.48 serve audio"),
    (404, NO_ROUTE, "/videos", "newer than 0.48 (contract 1.6) serve videos"),
    (404, NO_ROUTE, "/videos/v1/content", "newer than 0.48 (contract 1.6) serve videos"),
    (404, "The Videos API is not enabled.", "/videos", "VIDEOS_ENABLED=true"),
    (400, "The Videos API is not supported by this provider yet.", "/videos", "only elevenlabs generates videos"),
    (404, "no such job", "/videos/v1", "wait_for_video()"),
    (400, UNRESOLVED, "/videos", 'model="elevenlabs/'),
    (400, UNRESOLVED, "/videos/v1", 'pass provider="elevenlabs"'),
    (400, 'unknown include value "deprecated"', "/models", "newer than 0.48 (contract 1.6) know include=deprecated"),
    (401, "unauthorized", "/mcp", "mcp_resource_metadata()"),
    (404, NO_ROUTE, "/mcp/tools", "list_mcp_tools()"),
    (404, NO_ROUTE, "/mcp", "MCP_EXPOSE=true"),
    (404, NO_ROUTE, "/.well-known/oauth-protected-resource/mcp", "AUTH_ENABLED=true"),
    (404, NO_ROUTE, "/images/variations", "create_image_edit()"),
    (404, NO_ROUTE, "/models", "older than the endpoint"),
    (404, "The Audio API is not enabled.", "/audio/music", "AUDIO_ENABLED=true"),
    (400, "The Audio API is not supported by this provider yet.", "/audio/speech", "choose openai, elevenlabs"),
    (400, "Sound effect generation is not supported by this provider yet.", "/audio/sfx", "only elevenlabs"),
    (400, "Music generation is not supported by this provider yet.", "/audio/music", "only elevenlabs"),
    (401, "unauthorized", "/.well-known/oauth-protected-resource/mcp", "gateways up to 0.48 have no such route"),
    (413, "request body too large", "/chat/completions", "at most 32 MiB of a chat"),
    (413, "Request body too large", "/chat/completions", "over SERVER_MAX_REQUEST_BODY_SIZE"),
    (413, "request body too large", "/messages", "over SERVER_MAX_REQUEST_BODY_SIZE"),
    (400, "Failed to decode request", "/chat/completions", "mcp_bypass=True"),
    (400, "Unsupported model: fast", "/chat/completions", "mcp_bypass=True"),
    (500, "Failed to execute MCP tools", "/chat/completions", "mcp_bypass=True"),
    (200, "Failed to start streaming: Failed to reach upstream server", "", "could not reach the provider"),
    (403, "MCP endpoint is not exposed.", "/mcp", "MCP_ENABLED=true and MCP_EXPOSE=true"),
    (403, "mcp is not enabled", "/mcp", "MCP_ENABLED=true and MCP_EXPOSE=true"),
    (403, "mcp tools endpoint is not exposed", "/mcp/tools", "set MCP_EXPOSE=true"),
]


@pytest.mark.parametrize(("status", "message", "path", "part"), ENDPOINTS)
def test_an_endpoint_has_its_own_remedy(status: int, message: str, path: str, part: str) -> None:
    """The hint about a route that an older, a newer or a closed gateway lacks names the requested endpoint."""
    hint = hint_for(status, message, path=path)
    assert hint is not None
    assert part in hint
    assert hint[-1] != "."  # it is appended in parentheses: "message (hint: ...)"


UNREACHED = "Failed to reach upstream server"

# Hints that depend on the duration of the attempt: status, message, seconds, and a phrase of the hint.
LATE: list[tuple[int, str, float, str]] = [
    (502, UNREACHED, 0.1, "could not reach the provider"),
    (502, UNREACHED, 9.4, "could not reach the provider"),
    (502, UNREACHED, 10.0, "CLIENT_RESPONSE_HEADER_TIMEOUT (10 s by default)"),
    (502, f"{UNREACHED}: dial tcp 127.0.0.1:9: connect: connection refused", 10.0, "could not reach the provider"),
]


@pytest.mark.parametrize(("status", "message", "seconds", "part"), LATE)
def test_a_late_failure_has_its_own_remedy(status: int, message: str, seconds: float, part: str) -> None:
    """The same text means a timeout after ten seconds, and an unreachable provider before."""
    hint = hint_for(status, message, elapsed=seconds)
    assert hint is not None
    assert part in hint
    assert hint[-1] != "."


@pytest.mark.parametrize(("status", "message", "provider", "model", "part"), CASES)
def test_each_text_has_its_hint(status: int, message: str, provider: str | None, model: str | None, part: str) -> None:
    """The hint names the setting, the argument or the header to change."""
    hint = hint_for(status, message, provider=provider, model=model)
    assert hint is not None
    assert part in hint
    assert hint[-1] != "."  # it is appended in parentheses: "message (hint: ...)"


def test_every_row_has_a_case() -> None:
    """No row of the table is shadowed by an earlier one or left without a case above."""
    chosen = [row_for(status, message, provider) for status, message, provider, _, _ in CASES]
    chosen += [row_for(status, message, None, path) for status, message, path, _ in ENDPOINTS]
    chosen += [row_for(status, message, None, "", seconds) for status, message, seconds, _ in LATE]
    assert set(ROWS) <= set(chosen)


def test_names_are_shown_as_they_are() -> None:
    """A model's name is quoted, cut when long, and never taken for a placeholder."""
    assert "'{key}' names no provider" in str(hint_for(400, UNRESOLVED, model="{key}"))
    assert len(str(hint_for(400, UNRESOLVED, model="x" * 10_000))) < 400


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "slow down"),
        (401, "you are unauthorized to use this model"),
        (403, "unauthorized"),
        (400, "Failed to decode request body of the tool"),
        (404, "The model `x` does not exist"),
        (400, "invalid character 'o' in literal null (expecting 'u')"),
        (400, "the file has an unexpected EOF"),
        (500, ""),
        (502, "Request body too large"),
    ],
)
def test_no_hint_without_certainty(status: int, message: str) -> None:
    """A provider's own texts, and the gateway's with another status, have no hint."""
    assert hint_for(status, message) is None


@pytest.mark.parametrize("message", ["no cards", "origin 'http://a.test' is not allowed", ""])
def test_another_403_of_mcp_is_not_about_exposure(message: str) -> None:
    """A guardrail's refusal of a tool call, and one of a web page's origin, name their own cause."""
    assert hint_for(403, message, path="/mcp") is None


@pytest.mark.parametrize(
    ("failure", "part"),
    [
        ("cannot connect to 127.0.0.1:8080: Connection refused", "igw serve"),
        ("cannot resolve gateway: Name or service not known", "igw serve"),
        ("the server's certificate does not verify: self-signed certificate", 'ca="ca.pem"'),
        ("the server's certificate does not verify: certificate has expired", "renew"),
        ("the server's certificate does not verify: Hostname mismatch, certificate is not valid for 'a'", "base_url"),
        ("TLS failed: WRONG_VERSION_NUMBER [127.0.0.1:8080]", "http://"),
        ("TLS failed: RECORD_LAYER_FAILURE [127.0.0.1:8080]", "http://"),
        ("TLS failed: TLSV1_ALERT_PROTOCOL_VERSION [127.0.0.1:8080]", "TLS version"),
        ("the server refused the client certificate: TLSV13_ALERT_CERTIFICATE_REQUIRED", "cert="),
        ("the proxy answered 407 (authentication required)", "user:password"),
    ],
)
def test_a_connection_that_fails_has_the_remedy_of_its_cause(failure: str, part: str) -> None:
    """A TLS or proxy failure does not advise starting a gateway."""
    assert part in connect_hint(failure)


def test_a_failure_of_the_proxy_names_its_settings() -> None:
    """A failure of the proxy is recognised by the transport's mark, whatever its text."""
    assert "HTTPS_PROXY" in connect_hint("cannot connect to 127.0.0.1:3128", "proxy")


def test_a_late_close_names_both_settings() -> None:
    """The hint for a connection that ends after a long wait names the gateway's two deadlines."""
    assert "SERVER_READ_TIMEOUT" in LATE_CLOSE
    assert "SERVER_WRITE_TIMEOUT" in LATE_CLOSE


@given(
    st.integers(),
    st.sampled_from([row.texts[0] for row in ROWS]) | st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
)
def test_a_hint_is_always_text_or_none(status: int, message: str, provider: str | None, model: str | None) -> None:
    """Names with braces, quotes and line ends neither raise nor break the line."""
    hint = hint_for(status, message, provider=provider, model=model)
    assert hint is None or (hint.isprintable() and len(hint) < 1200)
