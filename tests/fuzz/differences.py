"""Where the gateway's answers are not what the contract says, on purpose: each with its reason and where it is from.

docs/embedded.md has the same table in prose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A complaint that is none.

    Attributes:
        why: The reason, and where it is from.
        applies: Whether this answer to this operation is such a case, by the operation, the mode and the answer.
        complaint: What the complaint has in it.
    """

    why: str
    applies: Callable[[str, str, Any], bool]
    complaint: str


def _body(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _providers_error(operation: str, _: str, answer: Any) -> bool:
    passed_on = operation.startswith(("createResponse", "createImage", "createS", "createM", "proxy"))
    body = _body(answer)
    return passed_on and answer.status_code >= 400 and isinstance(body, dict) and isinstance(body.get("error"), dict)


def _protocols_error(operation: str, _: str, answer: Any) -> bool:
    body = _body(answer)
    return operation == "callMcp" and answer.status_code == 400 and isinstance(body, dict) and body["jsonrpc"] == "2.0"


DIFFERENCES = [
    Difference(
        "What comes through the proxy is the provider's own, whatever its type: a stream, a picture, a sound "
        "(WIRE section 14).",
        lambda operation, _, answer: operation.startswith("proxy") and answer.status_code == 200,
        "Undocumented Content-Type",
    ),
    Difference(
        "A provider's own error comes through as the provider wrote it where the body is passed on (WIRE section 6, "
        "envelope d): an object with a message, not a string.",
        _providers_error,
        "is not of type",
    ),
    Difference(
        "With tools, a provider that is named in the query and is unknown or has no key is the gateway's own failure "
        "(WIRE section 6).",
        lambda *case: case[0] == "createChatCompletion" and _body(case[2]) == {"error": "Provider not available"},
        "the gateway failed: 500",
    ),
    Difference(
        "What MCP cannot read is a JSON-RPC error under the status that its transport wants, which the contract leaves "
        "out (Model Context Protocol, Streamable HTTP).",
        _protocols_error,
        "Undocumented status code",
    ),
]


def listed(operation: str, mode: str, answer: Any, complaint: str) -> bool:
    """Whether the table has it."""
    return any(
        difference.complaint in complaint and difference.applies(operation, mode, answer) for difference in DIFFERENCES
    )
