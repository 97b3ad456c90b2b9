"""The contract's operations as schemathesis reads them, with cases that are steered to where somebody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis import GenerationMode

FILE = Path(__file__).resolve().parents[2] / "openapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text())
_FOUND = [found.ok() for found in schemathesis.openapi.from_path(FILE).get_all_operations()]
OPERATIONS: dict[str, Any] = {found.definition.raw["operationId"]: found for found in _FOUND}
MODES = {"valid": GenerationMode.POSITIVE, "invalid": GenerationMode.NEGATIVE}

# Left to chance, hardly any request would name a model that somebody serves, or a path that a provider has.
_MODELS = st.sampled_from([None, "openai/any", "anthropic/any", "groq/any", "ollama/any", "OpenAI/a/b"])
_PATHS = st.sampled_from([None, "chat/completions", "messages", "responses", "models", "images/generations"])
_PROVIDERS = st.sampled_from([None, "openai", "anthropic", "groq", "ollama"])
_STREAMS = st.sampled_from([None, True, False])


def cases(operation: str, mode: str) -> st.SearchStrategy[Any]:
    """Requests to the operation that fit the contract, or that break it in some place."""
    made = OPERATIONS[operation].as_strategy(generation_mode=MODES[mode])
    return st.builds(_steered, made, _MODELS, _PATHS, _PROVIDERS, _STREAMS)


def _steered(case: Any, model: str | None, path: str | None, provider: str | None, stream: bool | None) -> Any:
    if isinstance(case.body, dict) and model and isinstance(case.body.get("model", ""), str):
        case.body = {**case.body, "model": model}
        case.query = {name: value for name, value in (case.query or {}).items() if name != "provider"}
    if isinstance(case.body, dict) and stream is not None and isinstance(case.body.get("stream", True), bool):
        case.body = {**case.body, "stream": stream}
    steered = {"path": path, "provider": provider}
    case.path_parameters = {name: steered.get(name) or value for name, value in (case.path_parameters or {}).items()}
    return case


def base(operation: str, url: str) -> str:
    """What the operation's path is appended to, on a gateway at this address."""
    at_root = "servers" in DOCUMENT["paths"][OPERATIONS[operation].path]
    return url if at_root else f"{url}/v1"


def event_validator(operation: str) -> Any:
    """The schema of the operation's events as a validator; None where the operation streams nothing."""
    answers = OPERATIONS[operation].definition.raw["responses"]["200"].get("content", {})
    if "text/event-stream" not in answers:
        return None
    schema = {**answers["text/event-stream"]["schema"], "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(schema)
