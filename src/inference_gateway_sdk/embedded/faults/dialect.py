"""An error in the words of the route it stands on: as an event of its stream, as a whole body, as a refusal."""

from __future__ import annotations

from http import HTTPStatus

from .. import go_json
from ..problems import MessagesProblem, Problem

__all__ = ["error_body", "error_event", "refusal"]

_KINDS = {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}


def error_event(path: str, code: int, message: str) -> bytes:
    """The event that says it."""
    body = error_body(path, code, message)
    named = b"event: error\n" if path.endswith(("/messages", "/responses")) else b""
    return named + b"data: " + body + b"\n\n"


def error_body(path: str, code: int, message: str) -> bytes:
    """The JSON that says it."""
    kind = _KINDS.get(code, "api_error")
    if path.endswith("/messages"):
        return go_json.encode({"type": "error", "error": {"type": kind, "message": message}})
    if path.endswith("/responses"):
        return go_json.encode({"type": "error", "code": str(code), "message": message, "param": None})
    return go_json.encode({"error": {"message": message, "type": kind, "code": code}})


def refusal(path: str, status: int) -> bytes:
    """The gateway's envelope around the status's own words."""
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = f"status code {status}"
    problem = Problem(status, words)
    return (MessagesProblem.of(problem) if path.endswith("/messages") else problem).body
