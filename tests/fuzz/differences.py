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
        what: The difference, as docs/embedded.md says it.
        why: The reason, as it stands there.
        applies: Whether this answer to this operation is such a case, by the operation, the mode and the answer.
        complaint: What the complaint has in it.
    """

    what: str
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


# By number: WIRE sections 14, 6, 6, and the protocol's own rules for Streamable HTTP.
DIFFERENCES = [
    Difference(
        "`/proxy` answers with a stream, a picture or a sound too",
        "it is the provider's answer, of whatever type",
        lambda operation, _, answer: operation.startswith("proxy") and answer.status_code == 200,
        "Undocumented Content-Type",
    ),
    Difference(
        "where bodies are passed on, the `error` of a provider is an object, not a string",
        "it is the provider's, as it was written",
        _providers_error,
        "is not of type",
    ),
    Difference(
        "with tools, `?provider=` of one that is unknown or has no key is a 500, `Provider not available`",
        "so it is at the real gateway",
        lambda *case: case[0] == "createChatCompletion" and _body(case[2]) == {"error": "Provider not available"},
        "the gateway failed: 500",
    ),
    Difference(
        "what `/mcp` cannot read is a JSON-RPC error under 400",
        "the protocol wants that status; the contract leaves it out",
        _protocols_error,
        "Undocumented status code",
    ),
]


def listed(operation: str, mode: str, answer: Any, complaint: str) -> bool:
    """Whether the table has it."""
    return any(
        difference.complaint in complaint and difference.applies(operation, mode, answer) for difference in DIFFERENCES
    )
