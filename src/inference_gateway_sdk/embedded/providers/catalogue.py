"""The known providers: their addresses, authorisation and paths.

The facts on the first 15 are those of gateway-behaviour.md#providers. Newer gateways also know `elevenlabs` and
`webwright`. A provider's address and key come from `<ID>_API_URL` and `<ID>_API_KEY`.
"""

from __future__ import annotations

import enum

from msgspec import Struct

__all__ = ["CATALOGUE", "Auth", "Profile"]


class Auth(enum.Enum):
    """The header in which a provider's key is sent."""

    BEARER = "bearer"
    X_API_KEY = "x-api-key"
    XI_API_KEY = "xi-api-key"
    NONE = "none"


class Profile(Struct, frozen=True):
    """The fixed properties of a provider.

    Attributes:
        id: The name in model names and in `?provider=`.
        url: The default address.
        auth: The header of its key.
        models_path: The path of the model list, below the address.
        chat_path: The path of chat completions, below the address.
        stream_usage: It understands `stream_options`, so usage can be requested on streams.
        endpoints: The endpoints it offers besides chat and models.
        older_url: The default address on gateways up to 0.48; empty if it is the same.
    """

    id: str
    url: str
    auth: Auth = Auth.BEARER
    models_path: str = "/models"
    chat_path: str = "/chat/completions"
    stream_usage: bool = True
    endpoints: frozenset[str] = frozenset()
    older_url: str = ""

    @property
    def needs_key(self) -> bool:
        """True if the provider refuses requests without a key."""
        return self.auth is not Auth.NONE


_PROFILES = (
    Profile("anthropic", "https://api.anthropic.com/v1", Auth.X_API_KEY, endpoints=frozenset({"messages"})),
    Profile(
        "cloudflare",
        "https://api.cloudflare.com/client/v4/accounts/{ACCOUNT_ID}/ai",
        models_path="/finetunes/public?limit=1000",
        chat_path="/v1/chat/completions",
    ),
    Profile(
        "cohere",
        "https://api.cohere.ai",
        models_path="/v1/models",
        chat_path="/compatibility/v1/chat/completions",
        stream_usage=False,
    ),
    Profile("deepseek", "https://api.deepseek.com"),
    Profile(
        "elevenlabs",
        "https://api.elevenlabs.io/v1",
        Auth.XI_API_KEY,
        endpoints=frozenset({"speech", "sfx", "music", "videos"}),
    ),
    Profile("google", "https://generativelanguage.googleapis.com/v1beta/openai"),
    Profile("groq", "https://api.groq.com/openai/v1"),
    Profile("llamacpp", "http://llamacpp:8080/v1", endpoints=frozenset({"speech"})),
    Profile("minimax", "https://api.minimax.io/v1"),
    Profile("mistral", "https://api.mistral.ai/v1", stream_usage=False),
    Profile("moonshot", "https://api.moonshot.ai/v1"),
    Profile("nvidia", "https://integrate.api.nvidia.com/v1"),
    Profile("ollama", "http://ollama:8080/v1", Auth.NONE),
    Profile("ollama_cloud", "https://ollama.com/v1"),
    Profile("openai", "https://api.openai.com/v1", endpoints=frozenset({"responses", "images", "speech"})),
    Profile("webwright", "https://webwright.ai/v1"),
    Profile("zai", "https://api.z.ai/api/coding/paas/v4", older_url="https://api.z.ai/api/paas/v4"),
)

CATALOGUE = {profile.id: profile for profile in _PROFILES}
