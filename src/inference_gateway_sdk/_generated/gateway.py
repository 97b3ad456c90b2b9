"""The contract's types: gateway.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, TypeAlias

from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum

__all__ = [
    "Config",
    "Endpoints",
    "Error",
    "Provider",
    "ProviderAuthType",
    "ProviderRequest",
    "ProviderRequestMessagesItem",
    "ProviderSpecificResponse",
    "SsEvent",
    "SsEventEvent",
]


class Provider(OpenEnum):
    """Id of a provider behind the gateway. Gateways may know more; which ones answer depends on the keys they hold."""

    OLLAMA = "ollama"
    OLLAMA_CLOUD = "ollama_cloud"
    GROQ = "groq"
    LLAMACPP = "llamacpp"
    OPENAI = "openai"
    CLOUDFLARE = "cloudflare"
    COHERE = "cohere"
    ANTHROPIC = "anthropic"
    DEEPSEEK = "deepseek"
    GOOGLE = "google"
    MISTRAL = "mistral"
    MINIMAX = "minimax"
    MOONSHOT = "moonshot"
    NVIDIA = "nvidia"
    ZAI = "zai"
    ELEVENLABS = "elevenlabs"
    WEBWRIGHT = "webwright"


class ProviderAuthType(OpenEnum):
    """How a gateway signs its requests to a provider."""

    BEARER = "bearer"
    XHEADER = "xheader"
    QUERY = "query"
    NONE = "none"


ProviderSpecificResponse: TypeAlias = dict[str, Any]
"""A provider's own answer, handed through the proxy untouched."""


class ProviderRequestMessagesItem(_Model, kw_only=True):
    """One of these: The conversation, oldest message first."""

    role: str | None = None
    """Who speaks."""
    content: str | None = None
    """What is said."""


class ProviderRequest(_Model, kw_only=True):
    """A JSON body for a provider's own endpoint. The keys named here are only the usual ones."""

    model: str | None = None
    """The provider's name of the model, without a prefix."""
    messages: list[ProviderRequestMessagesItem] | None = None
    """The conversation, oldest message first."""
    temperature: float | int | None = None
    """How freely the model picks its words."""


class SsEventEvent(OpenEnum):
    """What the event tells."""

    MESSAGE_START = "message-start"
    STREAM_START = "stream-start"
    CONTENT_START = "content-start"
    CONTENT_DELTA = "content-delta"
    CONTENT_END = "content-end"
    MESSAGE_END = "message-end"
    STREAM_END = "stream-end"


class SsEvent(_Model, kw_only=True):
    """A server-sent event as the published contract words it. Gateways send plain `data:` frames instead; `SSEvents`
    reads those.
    """

    event: SsEventEvent | None = None
    """What the event tells."""
    data: str | None = None
    """The payload as base64 of its JSON."""
    retry: int | None = None
    """Milliseconds to wait before connecting anew."""


class Endpoints(_Model, kw_only=True):
    """Paths of a provider's endpoints, each below the provider's base URL."""

    models: Required[str]
    """Where models are listed."""
    chat: Required[str]
    """Where chats are completed."""
    responses: str | None = None
    """Where the Responses dialect is spoken."""
    images: str | None = None
    """Where pictures are made from text."""
    images_edits: str | None = None
    """Where pictures are changed."""
    images_variations: str | None = None
    """Where pictures are varied."""
    speech: str | None = None
    """Where text is spoken."""
    music: str | None = None
    """Where music is composed."""
    sfx: str | None = None
    """Where sound effects are made."""
    videos: str | None = None
    """Where videos are ordered."""
    videos_retrieve: str | None = None
    """Where a video's progress is asked for."""


class Error(_Model, kw_only=True):
    """An error as the gateway words it."""

    error: str | None = None
    """What went wrong. A provider's own error stands here as JSON text, at times wrapped twice."""
    message: str | None = None
    """The policy's verdict, when a guardrail said no."""


class Config(_Model, kw_only=True):
    """The settings of a gateway. It reads them from the environment: a property's name in capitals is its variable."""

    environment: str | None = None
    """`production`, or `development` for chatty logs."""
    allowed_models: str | None = None
    """The only models that may be used, joined by commas. Empty allows all."""
    disallowed_models: str | None = None
    """Models that may not be used, joined by commas. Without effect where `ALLOWED_MODELS` is set."""
    enable_vision: bool | None = None
    """Take pictures out of chats for models that are known to read text only. Off, all pictures pass."""
    enable_images: bool | None = None
    """Serve the image endpoints, which are 404 otherwise."""
    debug_content_truncate_words: int | None = None
    """How many words of a message the debug log shows; for development."""
    debug_max_messages: int | None = None
    """How many messages of a chat the debug log shows; for development."""
    images_enabled: bool | None = None
    """The newer name of `ENABLE_IMAGES`."""
    vision_enabled: bool | None = None
    """The newer name of `ENABLE_VISION`."""
    audio_enabled: bool | None = None
    """Serve the audio endpoints; in newer gateways."""
    telemetry_enabled: bool | None = None
    """Measure requests and tokens, and publish the figures for Prometheus."""
    telemetry_metrics_push_enabled: bool | None = None
    """Take metrics from clients at `/v1/metrics`."""
    telemetry_metrics_port: str | None = None
    """Where Prometheus finds the figures, on a port of their own."""
    telemetry_tracing_enabled: bool | None = None
    """Record spans of each request; needs `TELEMETRY_ENABLED`."""
    telemetry_tracing_otlp_endpoint: str | None = None
    """Where spans are sent, as OTLP over HTTP."""
    mcp_enabled: bool | None = None
    """Offer the tools of MCP servers to models and run them."""
    mcp_expose: bool | None = None
    """Let clients list those tools."""
    mcp_servers: str | None = None
    """Addresses of the MCP servers, joined by commas without spaces."""
    mcp_tool_mode: str | None = None
    """`selector` offers two tools that find and run the others; `direct` offers each by itself."""
    mcp_include_tools: str | None = None
    """The only tools to offer, joined by commas. Empty offers all."""
    mcp_exclude_tools: str | None = None
    """Tools to keep back, joined by commas. Without effect where `MCP_INCLUDE_TOOLS` is set."""
    mcp_client_timeout: str | None = None
    """Longest wait for a whole exchange with an MCP server."""
    mcp_dial_timeout: str | None = None
    """Longest wait for a connection to an MCP server."""
    mcp_tls_handshake_timeout: str | None = None
    """Longest wait for TLS with an MCP server."""
    mcp_response_header_timeout: str | None = None
    """Longest wait until an MCP server begins to answer."""
    mcp_expect_continue_timeout: str | None = None
    """Longest wait for an MCP server's leave to send a body."""
    mcp_request_timeout: str | None = None
    """Longest wait for an MCP server to introduce itself, or for a tool to run."""
    mcp_max_retries: int | None = None
    """How often to try again to reach an MCP server."""
    mcp_retry_interval: str | None = None
    """Pause between such tries."""
    mcp_initial_backoff: str | None = None
    """The first of the pauses that double with each try."""
    mcp_enable_reconnect: bool | None = None
    """Keep looking for MCP servers that are gone."""
    mcp_reconnect_interval: str | None = None
    """Pause between those looks."""
    mcp_polling_enabled: bool | None = None
    """Ask MCP servers from time to time whether they are well."""
    mcp_polling_interval: str | None = None
    """Pause between those questions."""
    mcp_polling_timeout: str | None = None
    """Longest wait for the reply to one."""
    mcp_disable_healthcheck_logs: bool | None = None
    """Keep those questions out of the log."""
    auth_enabled: bool | None = None
    """Ask every caller for an OIDC token, except at `/health`."""
    auth_oidc_issuer: str | None = None
    """Who issues the tokens."""
    auth_oidc_client_id: str | None = None
    """Whom the tokens must be issued for."""
    auth_oidc_client_secret: str | None = None
    """Read, and without effect."""
    guardrails_enabled: bool | None = None
    """Have policies judge requests and answers."""
    guardrails_policy_dir: str | None = None
    """Folder of the policies, which are `.rego` files read at start."""
    guardrails_fail_mode: str | None = None
    """What happens when no verdict can be had: `closed` refuses, `open` lets pass."""
    guardrails_external_url: str | None = None
    """A service that judges as well."""
    guardrails_external_timeout: str | None = None
    """Longest wait for that service."""
    server_host: str | None = None
    """The address to listen on."""
    server_port: str | None = None
    """The port to listen on. It must be a real one, for the gateway calls itself through it."""
    server_read_timeout: str | None = None
    """Longest time for reading a request, and for a whole answer that is not streamed."""
    server_write_timeout: str | None = None
    """Longest time for writing an answer; streams start it anew with each piece."""
    server_idle_timeout: str | None = None
    """When a connection nobody uses is closed."""
    server_max_request_body_size: int | None = None
    """The largest body taken, in bytes."""
    server_tls_cert_path: str | None = None
    """File of the certificate; with the key it switches TLS on."""
    server_tls_key_path: str | None = None
    """File of the certificate's key."""
    client_timeout: str | None = None
    """Read, and without effect."""
    client_max_idle_conns: int | None = None
    """How many unused connections to providers are kept."""
    client_max_idle_conns_per_host: int | None = None
    """The same for each provider by itself."""
    client_idle_conn_timeout: str | None = None
    """When an unused connection to a provider is closed."""
    client_tls_min_version: str | None = None
    """The oldest TLS spoken with providers."""
    client_disable_compression: bool | None = None
    """Ask providers for plain bodies, which stream sooner."""
    client_response_header_timeout: str | None = None
    """Longest wait until a provider begins to answer."""
    client_expect_continue_timeout: str | None = None
    """Longest wait for a provider's leave to send a body."""
    anthropic_api_url: str | None = None
    """Where Anthropic is reached."""
    anthropic_api_key: str | None = None
    """The key for Anthropic."""
    cloudflare_api_url: str | None = None
    """Where Cloudflare is reached. Put your account in, for `{ACCOUNT_ID}` is not filled in."""
    cloudflare_api_key: str | None = None
    """The key for Cloudflare."""
    cohere_api_url: str | None = None
    """Where Cohere is reached."""
    cohere_api_key: str | None = None
    """The key for Cohere."""
    groq_api_url: str | None = None
    """Where Groq is reached."""
    groq_api_key: str | None = None
    """The key for Groq."""
    llamacpp_api_url: str | None = None
    """Where llama.cpp is reached."""
    llamacpp_api_key: str | None = None
    """The key for llama.cpp. The gateway wants one even where llama.cpp does not."""
    ollama_api_url: str | None = None
    """Where Ollama is reached."""
    ollama_api_key: str | None = None
    """Never sent: Ollama asks for no key."""
    ollama_cloud_api_url: str | None = None
    """Where Ollama Cloud is reached."""
    ollama_cloud_api_key: str | None = None
    """The key for Ollama Cloud."""
    openai_api_url: str | None = None
    """Where OpenAI is reached."""
    openai_api_key: str | None = None
    """The key for OpenAI."""
    deepseek_api_url: str | None = None
    """Where DeepSeek is reached."""
    deepseek_api_key: str | None = None
    """The key for DeepSeek."""
    google_api_url: str | None = None
    """Where Google is reached."""
    google_api_key: str | None = None
    """The key for Google."""
    mistral_api_url: str | None = None
    """Where Mistral is reached."""
    mistral_api_key: str | None = None
    """The key for Mistral."""
    minimax_api_url: str | None = None
    """Where MiniMax is reached."""
    minimax_api_key: str | None = None
    """The key for MiniMax."""
    moonshot_api_url: str | None = None
    """Where Moonshot is reached."""
    moonshot_api_key: str | None = None
    """The key for Moonshot."""
    nvidia_api_url: str | None = None
    """Where NVIDIA is reached."""
    nvidia_api_key: str | None = None
    """The key for NVIDIA."""
    zai_api_url: str | None = None
    """Where Z.ai is reached."""
    zai_api_key: str | None = None
    """The key for Z.ai."""
    routing_enabled: bool | None = None
    """Resolve aliases that stand for a pool of models, each taking its turn."""
    routing_config_path: str | None = None
    """The YAML file of the aliases; needed where `ROUTING_ENABLED` is on."""
