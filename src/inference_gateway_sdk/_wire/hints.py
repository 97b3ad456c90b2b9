"""The table of hints: from an error's message to what to try, where that is certain.

Each row lists texts by which the gateway (or Go's standard library) reports an error, and the hint for it. The anchors
are those of docs/gateway-behaviour.md.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

__all__ = ["LATE_CLOSE", "LATE_STREAM", "ROWS", "connect_hint", "hint_for", "is_certificate_failure", "row_for"]

_LATE_SECONDS: Final = 9.5
"""From this time on, a failure may be that of CLIENT_RESPONSE_HEADER_TIMEOUT, 10 s by default."""

LATE_CLOSE: Final = (
    "the gateway closes a connection without an answer when its own deadline passes (SERVER_READ_TIMEOUT and "
    "SERVER_WRITE_TIMEOUT, 30 s by default): raise both on the gateway, or stream the answer"
)
"""For a connection that ends unanswered after a long wait (gateway-behaviour.md#timeouts)."""

LATE_STREAM: Final = (
    "the gateway closes a stream's connection without an answer when the provider's first byte comes after "
    "SERVER_WRITE_TIMEOUT (30 s by default): raise it on the gateway above the time that the provider needs"
)
"""The same for a call that streams already (gateway-behaviour.md#lost-streams)."""

_BARE_NAME: Final = (
    '{asked}write model="openai/gpt-4o", or provider="openai" with model="gpt-4o"; only a routing alias of the '
    "gateway, spelt exactly, needs no provider"
)


_NAMELESS: Final = ("Unable to determine provider", "No provider specified")


def _needs_prefix(example: str) -> str:
    """Return the advice for an endpoint where no alias works, with a model of a provider that serves it."""
    return f'{{asked}}write model="{example}" or the like; routing aliases work on chat completions alone'


_CHAT: Final = ("/chat/completions",)
_NOT_A_CHAT: Final = (
    "the provider answered 200, but not with a chat completion in JSON: check {url} on the gateway, above all its "
    "path, and proxies between the gateway and the provider"
)
_WRONG_HOST: Final = (
    "base_url must name a host that the gateway's certificate is for; ca= names the authority that signed it"
)
_PLAIN: Final = "the server speaks plain HTTP there: write http:// in base_url"
_UNREACHED: Final = "the gateway could not reach the provider: check that it runs, and {url} on the gateway"
_CERTIFICATE: Final = ("x509", "failed to verify certificate")


def is_certificate_failure(message: str) -> bool:
    """Return whether Go's library reports that a certificate did not verify on the gateway's side."""
    return any(text in message for text in _CERTIFICATE)


class Row(Struct, frozen=True):
    """One hint.

    Attributes:
        texts: The row applies when the message contains any of these; "" is in every message.
        hint: The advice; `{key}` and `{url}` are replaced by the provider's settings, `{asked}` by a sentence on the
            model.
        statuses: The statuses it applies to, empty for all.
        provider: The only provider it applies to, None for any.
        whole: True when the message must equal one of the texts instead of containing it.
        paths: Prefixes of the call's path, empty for all.
        begins: Prefixes of the message, empty for any.
        after: Seconds that the attempt must have taken, 0.0 for any.
    """

    texts: tuple[str, ...]
    hint: str
    statuses: tuple[int, ...] = ()
    provider: str | None = None
    whole: bool = False
    paths: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    after: float = 0.0


_UNREACHABLE: Final = (
    "is a gateway running there? Start one with `igw serve`, or set its address with base_url or INFERENCE_GATEWAY_URL."
)

# What a connection failed with, and what to try. The first that applies wins.
_CONNECT: Final = (
    ("refused the client certificate", 'the server wants a certificate that it knows: cert=("cert.pem", "key.pem")'),
    ("ertificate has expired", "renew the gateway's certificate"),
    ("ostname mismatch", _WRONG_HOST),
    ("IP address mismatch", _WRONG_HOST),
    ("certificate does not verify", 'name the authority that signed the gateway\'s certificate: ca="ca.pem"'),
    # What OpenSSL reads in the first bytes of a plain answer, by its version.
    ("WRONG_VERSION_NUMBER", _PLAIN),
    ("RECORD_LAYER_FAILURE", _PLAIN),
    ("TLS failed", "check that base_url names a port that speaks TLS, and that both sides share a TLS version"),
    ("the proxy answered 407", 'the proxy wants a user: proxy="http://user:password@host:port"'),
)
_CONNECT_ABOUT: Final = {
    "proxy": "check the proxy: proxy= of the client, or HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name it, and "
    "proxy=None uses none",
    "address": "fetch it yourself if it is meant to be there",
}


def connect_hint(failure: str, about: str = "") -> str:
    """Return what to try when no connection was made.

    Args:
        failure: The failure's text.
        about: The part that failed, as in `NotSent`.
    """
    known = next((hint for text, hint in _CONNECT if text in failure), None)
    return known or _CONNECT_ABOUT.get(about, _UNREACHABLE)


# The first row that applies wins, so narrow rows come before wide ones.
ROWS: Final = (
    # Routing and keys (#routing, #providers)
    Row(_NAMELESS, _needs_prefix("anthropic/claude-sonnet-4-5"), statuses=(400,), paths=("/messages",)),
    Row(_NAMELESS, _needs_prefix("openai/gpt-4o"), statuses=(400,), paths=("/responses",)),
    Row(_NAMELESS, _needs_prefix("openai/gpt-image-2"), statuses=(400,), paths=("/images/",)),
    Row(_NAMELESS, _needs_prefix("openai/gpt-4o-mini-tts"), statuses=(400,), paths=("/audio/speech",)),
    Row(_NAMELESS, _needs_prefix("elevenlabs/music_v1"), statuses=(400,), paths=("/audio/",)),
    Row(
        _NAMELESS,
        'the id does not name the provider that runs the job: pass provider="elevenlabs" or another one',
        statuses=(400,),
        paths=("/videos/",),
    ),
    Row(_NAMELESS, _needs_prefix("elevenlabs/veo-3.1-fast"), statuses=(400,), paths=("/videos",)),
    Row(_NAMELESS, _BARE_NAME, statuses=(400,)),
    Row(
        ("Unsupported model: ",),
        'MCP is enabled on the gateway, and then aliases and bare names are not routed: write model="openai/gpt-4o", '
        "or pass mcp_bypass=True (the header X-MCP-Bypass)",
        statuses=(400,),
    ),
    Row(
        ("Provider not found",),
        "the provider id is unknown to this gateway: ids are lower case (openai, anthropic, ollama_cloud), and a "
        "newer provider needs a newer gateway",
    ),
    Row(
        ("Provider requires an API key",),
        "the gateway requires a key even for a local llama.cpp server: set LLAMACPP_API_KEY on it to any text",
        provider="llamacpp",
    ),
    Row(
        ("Provider requires an API key",),
        "provider keys are configured on the gateway, never in the client: set {key} there",
    ),
    Row(
        ("Provider not available",),
        "MCP is enabled on the gateway, and then an unknown provider id or a missing key gives this error: check the "
        "id, and {key} on the gateway",
        statuses=(500,),
    ),
    Row(
        ("Incorrect API key", "invalid x-api-key", "Invalid API Key", "invalid api key", "API key not valid"),
        "the provider refused the gateway's key: check {key} on the gateway",
        statuses=(400, 401, 403),
    ),
    Row(
        ("Model not allowed",),
        "ALLOWED_MODELS on the gateway does not list the model in the form that was sent",
    ),
    Row(("Model is disallowed",), "DISALLOWED_MODELS on the gateway lists the model"),
    # Endpoints that are disabled, or that the provider does not have (#images, #mcp-tools, #metrics-push, #routes)
    Row(("mcp tools endpoint is not exposed",), "MCP tools are not exposed: set MCP_EXPOSE=true on the gateway"),
    Row(
        ("Images API is not enabled",),
        "set ENABLE_IMAGES=true on the gateway (IMAGES_ENABLED=true on those newer than 0.48)",
        statuses=(404,),
    ),
    Row(("is not enabled",), "set AUDIO_ENABLED=true on the gateway", statuses=(404,), paths=("/audio/",)),
    Row(("is not enabled",), "set VIDEOS_ENABLED=true on the gateway", statuses=(404,), paths=("/videos",)),
    Row(("Messages API is not supported by this provider",), "only anthropic serves messages: use chat completions"),
    Row(("Responses API is not supported by this provider",), "only openai serves responses: use chat completions"),
    Row(("Images API is not supported by this provider",), "only openai serves images"),
    Row(
        ("is not supported by this provider",),
        "few providers generate speech: choose openai, elevenlabs, or on newer gateways llamacpp",
        paths=("/audio/speech",),
    ),
    Row(("is not supported by this provider",), "only elevenlabs makes sound effects and music", paths=("/audio/",)),
    Row(("is not supported by this provider",), "only elevenlabs generates videos", paths=("/videos",)),
    Row(("The 'image' file is required",), "the image part of the form needs a file name"),
    Row(
        ('unknown include value "deprecated"', "Unsupported include value: deprecated"),
        "gateways newer than 0.48 (contract 1.6) know include=deprecated: this one is older, and hides no models",
    ),
    Row(
        ("unknown include value", "Unsupported include value"),
        "include accepts context_window, pricing and modalities, and on gateways newer than 0.48 deprecated",
    ),
    Row(
        ("Metrics push is not enabled",),
        "set TELEMETRY_ENABLED=true and TELEMETRY_METRICS_PUSH_ENABLED=true on the gateway",
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 serve audio: this one is older, or base_url has an extra path segment",
        statuses=(404,),
        paths=("/audio/",),
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 (contract 1.6) serve videos, with VIDEOS_ENABLED=true: this one is older or lacks "
        "the setting, or base_url has an extra path segment",
        statuses=(404,),
        paths=("/videos",),
    ),
    Row(
        ("",),
        "the provider does not know the job, or its video is not completed: retrieve_video() returns its status, and "
        "wait_for_video() waits for it",
        statuses=(404,),
        paths=("/videos/",),
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 no longer serve this route: list_mcp_tools() lists the tools there",
        statuses=(404,),
        paths=("/mcp/tools",),
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 serve MCP, with MCP_ENABLED=true and MCP_EXPOSE=true; on older ones list_tools() "
        "lists the tools",
        statuses=(404,),
        paths=("/mcp",),
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 serve this with AUTH_ENABLED=true and MCP_EXPOSE=true",
        statuses=(404,),
        paths=("/.well-known/",),
    ),
    Row(
        ("Requested route is not found",),
        "gateways newer than 0.48 no longer make variations: use create_image_edit() with a prompt instead",
        statuses=(404,),
        paths=("/images/variations",),
    ),
    Row(
        ("is not exposed", "is not enabled"),  # a guardrail's refusal of a tool call and one of an Origin are 403 too
        "MCP is not exposed: set MCP_ENABLED=true and MCP_EXPOSE=true on the gateway",
        statuses=(403,),
        paths=("/mcp",),
    ),
    Row(
        ("Requested route is not found",),
        "the gateway does not serve this route: it is older than the endpoint, or base_url has an extra path segment",
        statuses=(404,),
    ),
    Row(
        ("",),
        "redirects are not followed: base_url is not the gateway's own address, or the path has an extra slash",
        statuses=(301, 302, 303, 307, 308),
    ),
    # Authorization (#authentication)
    Row(
        ("unauthorized",),
        "gateways up to 0.48 have no such route, and ask for a token on every route that they do not know; on newer "
        "ones it needs no token",
        statuses=(401,),
        whole=True,
        paths=("/.well-known/",),
    ),
    Row(
        ("unauthorized",),
        "the gateway requires an OIDC token for MCP: mcp_resource_metadata() names the server that issues one; pass it "
        "as token=, or set INFERENCE_GATEWAY_TOKEN",
        statuses=(401,),
        whole=True,
        paths=("/mcp",),
    ),
    Row(
        ("unauthorized",),
        "the gateway requires an OIDC token: pass token=, or set INFERENCE_GATEWAY_TOKEN; if one was sent, it has "
        "expired or was issued for another audience",
        statuses=(401,),
        whole=True,
    ),
    # MCP and guardrails (#mcp-tools, #guardrails)
    Row(
        ("Failed to decode request",),
        "if the request is valid, MCP is enabled on the gateway but no MCP server is reachable: try "
        "mcp_bypass=True (the header X-MCP-Bypass)",
        statuses=(400,),
        whole=True,
    ),
    Row(
        ("Failed to execute MCP tools",),
        "a call to the provider failed between two MCP turns, and the gateway hides its status: the gateway's log has "
        "the reason; mcp_bypass=True (the header X-MCP-Bypass) disables MCP for a request",
        statuses=(500,),
    ),
    Row(
        ("guardrail evaluation failed",),
        "the gateway's guardrail evaluator failed, and its fail mode is closed: the request itself was not evaluated",
        statuses=(403,),
    ),
    # Sizes (#request-size-limits)
    Row(
        ("4 MiB limit",),
        "the gateway accepts at most 4 MiB of metrics in one push: send fewer at a time",
        statuses=(413,),
    ),
    Row(
        ("request body too large",),
        "with telemetry on, the gateway takes at most 32 MiB of a chat, whatever SERVER_MAX_REQUEST_BODY_SIZE is",
        statuses=(413,),
        whole=True,
        paths=_CHAT,
    ),
    Row(
        ("Request body too large", "request body too large"),
        "the body is over SERVER_MAX_REQUEST_BODY_SIZE on the gateway (10,485,760 bytes by default)",
        statuses=(413,),
    ),
    Row(
        ("failed to read request body",),
        "with guardrails on, the gateway reports a body over SERVER_MAX_REQUEST_BODY_SIZE (10,485,760 bytes by "
        "default) like this",
        statuses=(400,),
        whole=True,
    ),
    # TLS and timeouts (#timeouts, #connections)
    Row(
        ("Client sent an HTTP request to an HTTPS server",),
        "the gateway speaks TLS there: write https:// in base_url",
        statuses=(400,),
    ),
    Row(
        _CERTIFICATE,
        "the gateway could not verify a certificate: with TLS on, it calls itself by SERVER_HOST and must trust its "
        "own certificate for that name",
    ),
    Row(
        ("timeout awaiting response headers",),
        "the provider's first byte took longer than CLIENT_RESPONSE_HEADER_TIMEOUT (10 s by default): raise it on the "
        "gateway, and SERVER_WRITE_TIMEOUT (30 s by default) above it",
    ),
    Row(
        ("context deadline exceeded", "Client.Timeout", "Request timed out"),
        "the whole answer took longer than SERVER_READ_TIMEOUT (30 s by default): raise it and SERVER_WRITE_TIMEOUT "
        "on the gateway, or stream the answer",
        statuses=(400, 502, 504),
    ),
    # What Go's decoder reports of a provider's 200 on chat: the request itself is always JSON.
    Row(
        ("",),
        _NOT_A_CHAT,
        statuses=(400,),
        begins=("invalid character '", "json: cannot unmarshal", "unexpected end of JSON input"),
        paths=_CHAT,
    ),
    Row(("EOF", "unexpected EOF"), _NOT_A_CHAT, statuses=(400,), whole=True, paths=_CHAT),
    # The gateway's request to itself (#faults-of-the-inner-hop)
    Row(
        ("/proxy/",),
        "the gateway's request to itself broke off, as it does when its connection idles out (SERVER_IDLE_TIMEOUT) or "
        "the provider's first byte comes after SERVER_WRITE_TIMEOUT: another attempt may succeed",
        statuses=(400,),
        begins=('Post "http', 'Get "http'),
    ),
    # Connections to the provider (#provider-errors, #timeouts)
    Row(("connection refused", "no such host"), _UNREACHED, statuses=(502,)),
    # The gateway uses the same words for a provider that it cannot reach and for one that is silent for 10 s.
    Row(
        ("Failed to reach upstream server",),
        "after so long, the provider was probably reached, but its first byte took longer than "
        "CLIENT_RESPONSE_HEADER_TIMEOUT (10 s by default): raise it on the gateway, and SERVER_WRITE_TIMEOUT above it; "
        "otherwise the provider cannot be reached: check that it runs, and {url}",
        statuses=(502,),
        after=_LATE_SECONDS,
    ),
    Row(("Failed to reach upstream server",), _UNREACHED, statuses=(502, 200)),  # 200: in a stream, with MCP on
    Row(
        ("Failed to list models",),
        "the gateway reports every failure of the provider like this: check {key} and {url} on it, and read its log",
        statuses=(502,),
    ),
)


def hint_for(
    status: int,
    message: str,
    *,
    provider: str | None = None,
    model: str | None = None,
    path: str = "",
    elapsed: float = 0.0,
) -> str | None:
    """Return what to try after this error, None where nothing is certain.

    Args:
        status: The HTTP status.
        message: The innermost message.
        provider: The requested provider, None when unknown.
        model: The requested model, None when unknown.
        path: The call's path, below the API's root or the gateway's.
        elapsed: Seconds that the attempt took, 0.0 when unknown.
    """
    asked = _provider_of(provider, model)
    row = row_for(status, message, asked, path, elapsed)
    if row is None:
        return None
    return row.hint.format(key=_setting(asked, "KEY"), url=_setting(asked, "URL"), asked=_about(model))


def row_for(status: int, message: str, provider: str | None = None, path: str = "", elapsed: float = 0.0) -> Row | None:
    """Return the first row that applies, None where nothing is certain."""
    here = (row for row in ROWS if row.after <= elapsed and (not row.paths or path.startswith(row.paths)))
    return next((row for row in here if _applies(row, status, message, provider)), None)


def _applies(row: Row, status: int, message: str, provider: str | None) -> bool:
    if row.begins and not message.startswith(row.begins):
        return False
    if (row.statuses and status not in row.statuses) or (row.provider and row.provider != provider):
        return False
    return message in row.texts if row.whole else any(text in message for text in row.texts)


def _provider_of(provider: str | None, model: str | None) -> str | None:
    """Return the requested provider, by name or by the model's prefix."""
    if provider:
        return provider
    prefix, slash, _ = (model or "").partition("/")
    return prefix.lower() if slash else None


def _setting(provider: str | None, kind: str) -> str:
    """Return the gateway's setting for a provider: `GROQ_API_KEY`, with a placeholder when the id is unknown."""
    known = provider is not None and provider.isascii() and provider.replace("_", "").isalnum() and len(provider) < 40
    return f"{provider.upper() if provider and known else '<PROVIDER>'}_API_{kind}"


def _about(model: str | None) -> str:
    """Return a sentence about the requested model name, "" when it is unknown."""
    if not model:
        return ""
    shown = model if len(model) <= 80 else model[:80] + "..."
    prefix, slash, _ = shown.partition("/")
    return f"{prefix!r} is not a provider id of this gateway: " if slash else f"{shown!r} names no provider: "
