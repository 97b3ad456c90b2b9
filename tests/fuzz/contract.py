"""The contract's operations as schemathesis reads them, with cases that are steered to existing models and paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis import GenerationMode

FILE = Path(__file__).resolve().parents[2] / "openapi.yaml"
DOCUMENT = yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)
_FOUND = [found.ok() for found in schemathesis.openapi.from_path(FILE).get_all_operations()]
OPERATIONS: dict[str, Any] = {found.definition.raw["operationId"]: found for found in _FOUND}
MODES = {"valid": GenerationMode.POSITIVE, "invalid": GenerationMode.NEGATIVE}

# By chance hardly any request would name a model that is served, or a path that a provider has.
_MODELS = [None, "groq/any", "ollama/any", "OpenAI/a/b"]
_SERVED = {"createMessage": "anthropic/any"}
_PATHS = st.sampled_from([None, "chat/completions", "messages", "responses", "models", "images/generations"])
_PROVIDERS = st.sampled_from([None, "openai", "anthropic", "groq", "ollama"])
_STREAMS = st.sampled_from([None, True, False])


def cases(operation: str, mode: str) -> st.SearchStrategy[Any]:
    """Return requests to the operation that fit the contract, or that break it in some place."""
    made = OPERATIONS[operation].as_strategy(generation_mode=MODES[mode])
    models = st.sampled_from([*_MODELS, *[_SERVED.get(operation, "openai/any")] * 4])
    return st.builds(_steered, made, models, _PATHS, _PROVIDERS, _STREAMS)


def _steered(case: Any, model: str | None, path: str | None, provider: str | None, stream: bool | None) -> Any:
    if isinstance(case.body, dict) and model and isinstance(case.body.get("model", ""), str):
        case.body = {**case.body, "model": model}
        case.query = {name: value for name, value in (case.query or {}).items() if name != "provider"}
    if isinstance(case.body, dict) and stream is not None and isinstance(case.body.get("stream", True), bool):
        case.body = {**case.body, "stream": stream}
    steered = {"path": path, "provider": provider}
    case.path_parameters = {name: steered.get(name) or value for name, value in (case.path_parameters or {}).items()}
    return case


def request(operation: str, mode: str, case: Any, url: str) -> dict[str, Any]:
    """Return the case as `requests` sends it to a gateway at this address."""
    at_root = "servers" in DOCUMENT["paths"][OPERATIONS[operation].path]
    made: dict[str, Any] = case.as_transport_kwargs(base_url=url if at_root else f"{url}/v1")
    if mode == "valid" and "files" in made:
        made["files"] = [_named(*part) for part in made["files"]]
    return made


def _named(name: str, part: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return a part of a form; an image is a file, which schemathesis does not recognise among two alternatives."""
    return (name, ("picture.png", *part[1:])) if name == "image" else (name, part)


def event_validator(operation: str) -> Any:
    """Return a validator for the operation's events; None if the operation streams nothing."""
    answers = OPERATIONS[operation].definition.raw["responses"]["200"].get("content", {})
    if "text/event-stream" not in answers:
        return None
    schema = {**answers["text/event-stream"]["schema"], "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(schema)
