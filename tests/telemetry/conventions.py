"""Facts of the GenAI conventions that the tests compare spans and metrics with.

Sources: the migration guide of open-telemetry/semantic-conventions-genai (docs/gen-ai), which lists each name of 1.41
with its name since; model/gen-ai/{spans,metrics,token-metrics}.yaml of that repository and model/gen-ai/metrics.yaml of
open-telemetry/semantic-conventions, read at single commits, which are not the tags v0.1.0 and v1.41.0. Only in change
notes: `gen_ai.request.reasoning.level` and `gen_ai.request.previous_response.id`.
A level is "required", "conditional", "recommended" or "opt_in".
"""

from __future__ import annotations

from typing import Final

STRINGS: Final = tuple  # the SDK keeps a list of strings as a tuple

ERROR: Final = {"error.type": (str, "conditional")}
SERVER: Final = {"server.address": (str, "recommended"), "server.port": (int, "conditional")}
COMMON: Final = {
    "gen_ai.operation.name": (str, "required"),
    "gen_ai.request.model": (str, "conditional"),
    "gen_ai.provider.name": (str, "required"),
}
USAGE: Final = {
    "gen_ai.usage.input_tokens": (int, "recommended"),
    "gen_ai.usage.output_tokens": (int, "recommended"),
    "gen_ai.usage.cache_read.input_tokens": (int, "recommended"),
    "gen_ai.usage.cache_write.input_tokens": (int, "recommended"),
    "gen_ai.usage.reasoning.output_tokens": (int, "recommended"),
    "gen_ai.usage.audio.input_tokens": (int, "recommended"),
    "gen_ai.usage.audio.output_tokens": (int, "recommended"),
    "gen_ai.usage.image.input_tokens": (int, "recommended"),
}
CONTENT: Final = {
    "gen_ai.system_instructions": (str, "opt_in"),
    "gen_ai.input.messages": (str, "opt_in"),
    "gen_ai.output.messages": (str, "opt_in"),
    "gen_ai.tool.definitions": (str, "opt_in"),
}
INFERENCE: Final = {
    **COMMON,
    **SERVER,
    **USAGE,
    **CONTENT,
    **ERROR,
    "gen_ai.request.max_tokens": (int, "recommended"),
    "gen_ai.request.choice.count": (int, "conditional"),
    "gen_ai.request.temperature": (float, "recommended"),
    "gen_ai.request.top_k": (int, "conditional"),
    "gen_ai.request.top_p": (float, "recommended"),
    "gen_ai.request.stop_sequences": (STRINGS, "recommended"),
    "gen_ai.request.frequency_penalty": (float, "recommended"),
    "gen_ai.request.presence_penalty": (float, "recommended"),
    "gen_ai.request.seed": (int, "conditional"),
    "gen_ai.request.reasoning.level": (str, "recommended"),
    "gen_ai.request.previous_response.id": (str, "recommended"),
    "gen_ai.output.type": (str, "conditional"),
    "gen_ai.request.stream": (bool, "conditional"),
    "gen_ai.response.id": (str, "recommended"),
    "gen_ai.response.model": (str, "recommended"),
    "gen_ai.response.finish_reasons": (STRINGS, "recommended"),
    "gen_ai.response.time_to_first_chunk": (float, "recommended"),
}
AGENT: Final = {**COMMON, **USAGE, **CONTENT, **ERROR, "gen_ai.response.finish_reasons": (STRINGS, "recommended")}
TOOL: Final = {
    **ERROR,
    "gen_ai.operation.name": (str, "required"),
    "gen_ai.tool.name": (str, "required"),
    "gen_ai.tool.call.id": (str, "recommended"),
    "gen_ai.tool.description": (str, "recommended"),
    "gen_ai.tool.type": (str, "recommended"),
    "gen_ai.tool.call.arguments": (str, "opt_in"),
    "gen_ai.tool.call.result": (str, "opt_in"),
}
SPANS: Final = {"chat": INFERENCE, "generate_content": INFERENCE, "invoke_agent": AGENT, "execute_tool": TOOL}
"""The attributes of a span by its `gen_ai.operation.name`."""
OURS: Final = ("inference_gateway.", "operation.cost")
"""Attributes outside of the conventions."""

_METRIC: Final = {**COMMON, **SERVER, "gen_ai.response.model": (str, "recommended")}
_FAILING: Final = {**_METRIC, **ERROR}
_COUNTED: Final = {**_METRIC, "gen_ai.token.modality": (str, "required")}
METRICS: Final = {
    "1.41": {
        "gen_ai.client.operation.duration": ("Histogram", "s", _FAILING),
        "gen_ai.client.operation.time_to_first_chunk": ("Histogram", "s", _METRIC),
        "gen_ai.client.token.usage": ("Histogram", "{token}", {**_METRIC, "gen_ai.token.type": (str, "required")}),
    },
    "0.1": {
        "gen_ai.client.inference.duration": ("Histogram", "s", _FAILING),
        "gen_ai.client.inference.time_to_first_chunk": ("Histogram", "s", _METRIC),
        "gen_ai.client.inference.operation.input_tokens": ("Histogram", "{token}", _FAILING),
        "gen_ai.client.inference.operation.output_tokens": ("Histogram", "{token}", _FAILING),
        "gen_ai.client.inference.usage.input_tokens": ("Sum", "{token}", _COUNTED),
        "gen_ai.client.inference.usage.output_tokens": ("Sum", "{token}", _COUNTED),
        "gen_ai.client.inference.usage.cache_read.input_tokens": ("Sum", "{token}", _COUNTED),
        "gen_ai.client.inference.usage.cache_write.input_tokens": ("Sum", "{token}", _COUNTED),
        "gen_ai.client.inference.usage.reasoning.output_tokens": ("Sum", "{token}", _COUNTED),
    },
}
"""Kind, unit and attributes of each metric by version."""
