"""The names that OpenTelemetry's conventions for generative AI give to metrics, attributes and providers.

Meant for v1.41.0 of open-telemetry/semantic-conventions and v0.1.0 of open-telemetry/semantic-conventions-genai,
where the conventions moved. tests/telemetry/conventions.py names the files that were read. Version 0.1.0 renamed the
metrics. The attributes of spans are those of 0.1.0 in both cases.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

__all__ = [
    "BOUNDS",
    "COUNTERS",
    "METRICS",
    "OPERATIONS",
    "TOKEN_BOUNDS",
    "USAGE",
    "Convention",
    "Metric",
    "model_name",
    "provider_name",
]

Convention: TypeAlias = Literal["1.41", "0.1"]
"""A version of the conventions."""

OPERATIONS: Final = {
    "chat": "chat", "responses": "chat", "messages": "chat", "image": "generate_content",
    "speech": "generate_content", "sound_effect": "generate_content", "music": "generate_content",
    "video": "generate_content",
}  # fmt: skip
"""`gen_ai.operation.name` by the operation of a call. Other calls, such as listings, are not inference."""

BOUNDS: Final = tuple(0.01 * 2**power for power in range(14))
"""Bucket bounds of durations in seconds, 0.01 to 81.92."""
TOKEN_BOUNDS: Final = tuple(4**power for power in range(14))
"""Bucket bounds of token counts, 1 to 67108864."""


class Metric(NamedTuple):
    """A histogram or counter."""

    name: str
    unit: str
    counter: bool = False
    bounds: tuple[float, ...] = BOUNDS


_INFERENCE: Final = "gen_ai.client.inference"
METRICS: Final[dict[Convention, dict[str, Metric]]] = {
    "1.41": {
        "duration": Metric("gen_ai.client.operation.duration", "s"),
        "first_chunk": Metric("gen_ai.client.operation.time_to_first_chunk", "s"),
        "tokens": Metric("gen_ai.client.token.usage", "{token}", bounds=TOKEN_BOUNDS),
    },
    "0.1": {
        "duration": Metric(f"{_INFERENCE}.duration", "s"),
        "first_chunk": Metric(f"{_INFERENCE}.time_to_first_chunk", "s"),
        "input": Metric(f"{_INFERENCE}.operation.input_tokens", "{token}", bounds=TOKEN_BOUNDS),
        "output": Metric(f"{_INFERENCE}.operation.output_tokens", "{token}", bounds=TOKEN_BOUNDS),
        "used_input": Metric(f"{_INFERENCE}.usage.input_tokens", "{token}", counter=True),
        "used_output": Metric(f"{_INFERENCE}.usage.output_tokens", "{token}", counter=True),
        "used_cache_read": Metric(f"{_INFERENCE}.usage.cache_read.input_tokens", "{token}", counter=True),
        "used_cache_write": Metric(f"{_INFERENCE}.usage.cache_write.input_tokens", "{token}", counter=True),
        "used_reasoning": Metric(f"{_INFERENCE}.usage.reasoning.output_tokens", "{token}", counter=True),
    },
}
"""The metrics of each version. The keys are the same where the meaning is."""

COUNTERS: Final = ("input", "output", "cache_read", "cache_write", "reasoning")
"""The fields of `Usage` that 0.1 counts as `used_...`."""

USAGE: Final = {
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_write": "gen_ai.usage.cache_write.input_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
    "audio_input": "gen_ai.usage.audio.input_tokens",
    "audio_output": "gen_ai.usage.audio.output_tokens",
    "image_input": "gen_ai.usage.image.input_tokens",
}
"""The attribute of a span for each field of `Usage`."""

_PROVIDERS: Final = {
    "anthropic": "anthropic", "azure": "azure.ai.openai", "bedrock": "aws.bedrock", "cohere": "cohere",
    "deepseek": "deepseek", "google": "gcp.gemini", "groq": "groq", "mistral": "mistral_ai", "moonshot": "moonshot_ai",
    "openai": "openai", "perplexity": "perplexity", "vertex": "gcp.vertex_ai", "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}  # fmt: skip


def provider_name(provider: str | None) -> str:
    """Return `gen_ai.provider.name`, which is required.

    Providers without a name in the conventions keep theirs. A routing alias names none: it is the gateway.
    """
    return "inference_gateway" if provider is None else _PROVIDERS.get(provider, provider)


def model_name(model: str, provider: str | None) -> str:
    """Return the model without the provider's prefix."""
    prefix, slash, rest = model.partition("/")
    return rest if slash and provider is not None and prefix.lower() == provider else model
