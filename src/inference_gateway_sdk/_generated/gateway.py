"""The contract's types: gateway.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

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
    """The id of a provider. A gateway may know more ids; the usable ones depend on its keys."""

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


if TYPE_CHECKING:
    ProviderValue: TypeAlias = Provider | Literal["ollama", "ollama_cloud", "groq", "llamacpp", "openai", "cloudflare", "cohere", "anthropic", "deepseek", "google", "mistral", "minimax", "moonshot", "nvidia", "zai", "elevenlabs", "webwright"] | str
    """A `Provider`, or any other string: gateways send values that no contract lists."""
else:
    ProviderValue = Provider


class ProviderAuthType(OpenEnum):
    """The method by which a gateway authenticates to a provider."""

    BEARER = "bearer"
    XHEADER = "xheader"
    QUERY = "query"
    NONE = "none"


if TYPE_CHECKING:
    ProviderAuthTypeValue: TypeAlias = ProviderAuthType | Literal["bearer", "xheader", "query", "none"] | str
    """A `ProviderAuthType`, or any other string: gateways send values that no contract lists."""
else:
    ProviderAuthTypeValue = ProviderAuthType


ProviderSpecificResponse: TypeAlias = dict[str, Any]
"""A provider's own response, passed through the proxy unchanged."""


class ProviderRequestMessagesItem(_Model, kw_only=True):
    """A message of the conversation."""

    role: str | None = None
    """The author's role."""
    content: str | None = None
    """The text of the message."""


class ProviderRequest(_Model, kw_only=True):
    """A JSON body for a provider's own endpoint. Only common keys are listed here."""

    model: str | None = None
    """The provider's own name of the model, without a prefix."""
    messages: list[ProviderRequestMessagesItem] | None = None
    """The conversation, oldest message first."""
    temperature: float | int | None = None
    """The randomness of the sampling."""


class SsEventEvent(OpenEnum):
    """The event's type."""

    MESSAGE_START = "message-start"
    STREAM_START = "stream-start"
    CONTENT_START = "content-start"
    CONTENT_DELTA = "content-delta"
    CONTENT_END = "content-end"
    MESSAGE_END = "message-end"
    STREAM_END = "stream-end"


if TYPE_CHECKING:
    SsEventEventValue: TypeAlias = SsEventEvent | Literal["message-start", "stream-start", "content-start", "content-delta", "content-end", "message-end", "stream-end"] | str
    """A `SsEventEvent`, or any other string: gateways send values that no contract lists."""
else:
    SsEventEventValue = SsEventEvent


class SsEvent(_Model, kw_only=True):
    """A server-sent event in the form of the published contract. Gateways send plain `data:` frames instead, which
    `SSEvents` represents.
    """

    event: SsEventEventValue | None = None
    """The event's type."""
    data: str | None = None
    """The JSON payload, encoded as base64."""
    retry: int | None = None
    """The reconnection delay in milliseconds."""


class Endpoints(_Model, kw_only=True):
    """Endpoint paths of a provider, relative to its base URL."""

    models: Required[str]
    """The endpoint that lists models."""
    chat: Required[str]
    """The chat completions endpoint."""
    responses: str | None = None
    """The Responses endpoint."""
    images: str | None = None
    """The endpoint that generates images."""
    images_edits: str | None = None
    """The endpoint that edits images."""
    images_variations: str | None = None
    """The endpoint that varies images."""
    speech: str | None = None
    """The text-to-speech endpoint."""
    music: str | None = None
    """The music endpoint."""
    sfx: str | None = None
    """The sound effects endpoint."""
    videos: str | None = None
    """The endpoint that creates videos."""
    videos_retrieve: str | None = None
    """The endpoint that reports the progress of a video."""


class Error(_Model, kw_only=True):
    """An error in the gateway's own format."""

    error: str | None = None
    """The error message. It may contain a provider's error as JSON text, sometimes wrapped twice."""
    message: str | None = None
    """The policy's reason, if a guardrail refused the request."""


class Config(_Model, kw_only=True):
    """The settings of a gateway, read from environment variables. A property's name in capitals is the name of its
    variable.
    """

    environment: str | None = None
    """`production`, or `development` for verbose logs."""
    allowed_models: str | None = None
    """The only allowed models, comma-separated. Empty allows all."""
    disallowed_models: str | None = None
    """Models that are not allowed, comma-separated. Ignored if `ALLOWED_MODELS` is set."""
    enable_vision: bool | None = None
    """Remove images from chats with models known to read only text. If disabled, all images are passed on."""
    enable_images: bool | None = None
    """Serve the image endpoints, which otherwise answer 404."""
    debug_content_truncate_words: int | None = None
    """The number of words of a message shown in the debug log; for development."""
    debug_max_messages: int | None = None
    """The number of messages of a chat shown in the debug log; for development."""
    images_enabled: bool | None = None
    """The name of `ENABLE_IMAGES` on newer gateways."""
    vision_enabled: bool | None = None
    """The name of `ENABLE_VISION` on newer gateways."""
    audio_enabled: bool | None = None
    """Serve the audio endpoints; newer gateways only."""
    videos_enabled: bool | None = None
    """Serve the video endpoints, which otherwise answer 404; newer gateways only."""
    audio_local_auto_download: bool | None = None
    """Fetch the files of the gateway's own speech engine when it starts with audio enabled."""
    audio_local_max_concurrency: int | None = None
    """The number of texts that this engine speaks at the same time; others wait."""
    audio_local_timeout: int | None = None
    """The most seconds that this engine may take for one text."""
    telemetry_enabled: bool | None = None
    """Count requests and tokens, and publish the metrics for Prometheus."""
    telemetry_metrics_push_enabled: bool | None = None
    """Accept metrics from clients at `/v1/metrics`."""
    telemetry_metrics_port: str | None = None
    """The separate port at which Prometheus reads the metrics."""
    telemetry_tracing_enabled: bool | None = None
    """Record trace spans of each request; needs `TELEMETRY_ENABLED`."""
    telemetry_tracing_otlp_endpoint: str | None = None
    """The URL that spans are sent to, as OTLP over HTTP."""
    mcp_enabled: bool | None = None
    """Offer the tools of MCP servers to models and run them."""
    mcp_expose: bool | None = None
    """Let clients list and call those tools; newer gateways do so at `/mcp`."""
    mcp_servers: str | None = None
    """The URLs of the MCP servers, comma-separated without spaces. Newer gateways also take `alias=URL`; the alias
    becomes part of each tool's name.
    """
    mcp_resource_url: str | None = None
    """The public URL of `/mcp` that token metadata name. By default it is made from the request."""
    mcp_tool_mode: str | None = None
    """`selector` offers two tools that find and run the others; `direct` offers each tool directly."""
    mcp_include_tools: str | None = None
    """The only tools to offer, comma-separated. Empty offers all."""
    mcp_exclude_tools: str | None = None
    """Tools to exclude, comma-separated. Ignored if `MCP_INCLUDE_TOOLS` is set."""
    mcp_client_timeout: str | None = None
    """The timeout for a whole exchange with an MCP server."""
    mcp_dial_timeout: str | None = None
    """The timeout for connecting to an MCP server."""
    mcp_tls_handshake_timeout: str | None = None
    """The timeout for the TLS handshake with an MCP server."""
    mcp_response_header_timeout: str | None = None
    """The timeout for the first byte of an MCP server's response."""
    mcp_expect_continue_timeout: str | None = None
    """The timeout for an MCP server's `100 Continue`."""
    mcp_request_timeout: str | None = None
    """The timeout for listing the tools of an MCP server. On newer gateways `MCP_CLIENT_TIMEOUT` alone bounds the call
    of a tool.
    """
    mcp_max_retries: int | None = None
    """The number of retries to connect to an MCP server."""
    mcp_retry_interval: str | None = None
    """The delay between these retries."""
    mcp_initial_backoff: str | None = None
    """The first delay of the exponential backoff."""
    mcp_enable_reconnect: bool | None = None
    """Keep trying to reconnect to MCP servers that are unavailable."""
    mcp_reconnect_interval: str | None = None
    """The delay between reconnection attempts."""
    mcp_polling_enabled: bool | None = None
    """Check the health of MCP servers periodically."""
    mcp_polling_interval: str | None = None
    """The interval between health checks."""
    mcp_polling_timeout: str | None = None
    """The timeout for one health check."""
    mcp_disable_healthcheck_logs: bool | None = None
    """Keep health checks out of the log."""
    a2a_enabled: bool | None = None
    """Serve the agents of `A2A_AGENTS` at `/a2a`, by the Agent2Agent protocol."""
    a2a_agents: str | None = None
    """The agents as `alias=URL`, comma-separated. The alias begins the id of each task."""
    a2a_resource_url: str | None = None
    """The public URL of `/a2a`. By default it is made from the request."""
    a2a_client_timeout: str | None = None
    """The timeout of a call to an agent that is not streamed."""
    a2a_stream_idle_timeout: str | None = None
    """The longest pause of an agent's stream; 0 for no limit."""
    a2a_card_refresh_interval: str | None = None
    """The time between two readings of the agents' cards; 0 reads them only at start."""
    auth_enabled: bool | None = None
    """Require an OIDC token from every client, except at `/health`."""
    auth_oidc_issuer: str | None = None
    """The issuer of the tokens."""
    auth_oidc_client_id: str | None = None
    """The client id that tokens must be issued for, unless `AUTH_OIDC_AUDIENCE` is set."""
    auth_oidc_audience: str | None = None
    """The audiences that tokens may be issued for, comma-separated. Newer gateways only."""
    auth_oidc_client_secret: str | None = None
    """Older gateways read it but do not use it."""
    guardrails_enabled: bool | None = None
    """Evaluate policies on requests and answers."""
    guardrails_policy_dir: str | None = None
    """The folder with the policies, `.rego` files that are read at start."""
    guardrails_fail_mode: str | None = None
    """The behaviour if a policy cannot be evaluated: `closed` refuses the request, `open` accepts it."""
    guardrails_external_url: str | None = None
    """The URL of an additional service that evaluates requests."""
    guardrails_external_timeout: str | None = None
    """The timeout for that service."""
    server_host: str | None = None
    """The address to listen on."""
    server_port: str | None = None
    """The port to listen on. It cannot be 0, because the gateway calls itself at this port."""
    server_read_timeout: str | None = None
    """The timeout for reading a request, and for a whole answer that is not streamed."""
    server_write_timeout: str | None = None
    """The timeout for writing an answer; in streams it restarts with each piece."""
    server_idle_timeout: str | None = None
    """The time after which an idle connection is closed."""
    server_max_request_body_size: int | None = None
    """The largest accepted body, in bytes."""
    server_tls_cert_path: str | None = None
    """The certificate file; together with the key it enables TLS."""
    server_tls_key_path: str | None = None
    """The file of the certificate's private key."""
    server_tls_client_ca_path: str | None = None
    """The authorities whose client certificates are accepted. If set, each client needs one."""
    client_timeout: str | None = None
    """Older gateways read it but do not use it."""
    client_max_idle_conns: int | None = None
    """The largest number of idle connections to providers."""
    client_max_idle_conns_per_host: int | None = None
    """The same limit for each provider."""
    client_idle_conn_timeout: str | None = None
    """The time after which an idle connection to a provider is closed."""
    client_tls_min_version: str | None = None
    """The lowest TLS version for connections to providers."""
    client_tls_ca_path: str | None = None
    """Authorities to trust for providers, beside the system's."""
    client_tls_cert_path: str | None = None
    """The certificate to show to providers that ask for one."""
    client_tls_key_path: str | None = None
    """The file with the private key of that certificate."""
    client_disable_compression: bool | None = None
    """Ask providers for uncompressed bodies, which stream with less delay."""
    client_response_header_timeout: str | None = None
    """The timeout for the first byte of a provider's response."""
    client_expect_continue_timeout: str | None = None
    """The timeout for a provider's `100 Continue`."""
    anthropic_api_url: str | None = None
    """The base URL of Anthropic."""
    anthropic_api_key: str | None = None
    """The API key for Anthropic."""
    cloudflare_api_url: str | None = None
    """The base URL of Cloudflare. Insert your account id, because `{ACCOUNT_ID}` is not replaced."""
    cloudflare_api_key: str | None = None
    """The API key for Cloudflare."""
    cohere_api_url: str | None = None
    """The base URL of Cohere."""
    cohere_api_key: str | None = None
    """The API key for Cohere."""
    groq_api_url: str | None = None
    """The base URL of Groq."""
    groq_api_key: str | None = None
    """The API key for Groq."""
    llamacpp_api_url: str | None = None
    """The base URL of llama.cpp."""
    llamacpp_api_key: str | None = None
    """The API key for llama.cpp. The gateway requires one even if llama.cpp does not."""
    ollama_api_url: str | None = None
    """The base URL of Ollama."""
    ollama_api_key: str | None = None
    """Never sent, because Ollama needs no key."""
    ollama_cloud_api_url: str | None = None
    """The base URL of Ollama Cloud."""
    ollama_cloud_api_key: str | None = None
    """The API key for Ollama Cloud."""
    openai_api_url: str | None = None
    """The base URL of OpenAI."""
    openai_api_key: str | None = None
    """The API key for OpenAI."""
    deepseek_api_url: str | None = None
    """The base URL of DeepSeek."""
    deepseek_api_key: str | None = None
    """The API key for DeepSeek."""
    google_api_url: str | None = None
    """The base URL of Google."""
    google_api_key: str | None = None
    """The API key for Google."""
    mistral_api_url: str | None = None
    """The base URL of Mistral."""
    mistral_api_key: str | None = None
    """The API key for Mistral."""
    minimax_api_url: str | None = None
    """The base URL of MiniMax."""
    minimax_api_key: str | None = None
    """The API key for MiniMax."""
    moonshot_api_url: str | None = None
    """The base URL of Moonshot."""
    moonshot_api_key: str | None = None
    """The API key for Moonshot."""
    nvidia_api_url: str | None = None
    """The base URL of NVIDIA."""
    nvidia_api_key: str | None = None
    """The API key for NVIDIA."""
    zai_api_url: str | None = None
    """The base URL of Z.ai. The default is that of its coding plan; other accounts need `https://api.z.ai/api/paas/v4`,
    the default of older gateways.
    """
    zai_api_key: str | None = None
    """The API key for Z.ai."""
    elevenlabs_api_url: str | None = None
    """The base URL of ElevenLabs."""
    elevenlabs_api_key: str | None = None
    """The API key for ElevenLabs."""
    webwright_api_url: str | None = None
    """The base URL of WebWright."""
    webwright_api_key: str | None = None
    """The API key for WebWright."""
    routing_enabled: bool | None = None
    """Resolve aliases for pools of models, whose members are used in turn."""
    routing_config_path: str | None = None
    """The YAML file with the aliases; required if `ROUTING_ENABLED` is true."""
