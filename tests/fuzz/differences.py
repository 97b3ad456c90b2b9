"""Deliberate deviations of the gateway's answers from the contract: each with its reason and its source.

docs/embedded.md has the same table in prose.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from fuzz.contract import DOCUMENT

SETTINGS = ("tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "instructions", "metadata", "text")
RESPONSE = jsonschema_rs.validator_for({"$ref": "#/components/schemas/Response", "components": DOCUMENT["components"]})


@dataclass(frozen=True)
class Difference:
    """A complaint that the tests accept.

    Attributes:
        what: The difference, in the words of docs/embedded.md.
        why: The reason, in the words of the same page.
        applies: Returns whether this answer to this operation is such a case, by operation, mode and answer.
        complaint: A part of the complaint's text.
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
    passed_on = operation.startswith(("createResponse", "createImage", "createS", "createMusic", "proxy"))
    body = _body(answer)
    return passed_on and answer.status_code >= 400 and isinstance(body, dict) and isinstance(body.get("error"), dict)


def _protocols_status(operation: str, _: str, answer: Any) -> bool:
    if operation != "mcpJsonRpc":
        return False
    body = _body(answer)
    refused = answer.status_code == 400 and isinstance(body, dict) and body.get("jsonrpc") == "2.0"
    return refused or (answer.status_code == 202 and not answer.content)


def _repeated_settings(operation: str, mode: str, answer: Any) -> bool:
    """Return whether the answer fits except for the settings repeated from the request."""
    if (operation, mode, answer.status_code) != ("createResponse", "invalid", 200):
        return False
    if (whole := _body(answer)) is not None:
        return RESPONSE.is_valid(_without_settings(whole))
    events = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: ")]
    return all(RESPONSE.is_valid(_without_settings(event["response"])) for event in events if "response" in event)


def _without_settings(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name not in SETTINGS}


# In this order: gateway-behaviour.md#proxy, #errors, #errors; Streamable HTTP of the Model Context Protocol;
# gateway-behaviour.md#responses.
DIFFERENCES = [
    Difference(
        "`/proxy` also returns streams, images and audio",
        "it forwards the provider's response, of any type",
        lambda operation, _, answer: operation.startswith("proxy") and answer.status_code == 200,
        "Undocumented Content-Type",
    ),
    Difference(
        "if bodies are forwarded, a provider's `error` is an object, not a string",
        "it is the provider's own, unchanged",
        _providers_error,
        "is not of type",
    ),
    Difference(
        "with tools, an unknown `?provider=`, or one without a key, gets a 500, `Provider not available`",
        "the real gateway does the same",
        lambda *case: case[0] == "createChatCompletion" and _body(case[2]) == {"error": "Provider not available"},
        "the gateway failed: 500",
    ),
    Difference(
        "a header that does not match gets a 400 with a JSON-RPC error; a notification gets a 202",
        "the protocol requires these; the contract omits them",
        _protocols_status,
        "Undocumented status code",
    ),
    Difference(
        "a scripted response repeats its request's settings, such as `tools` and `text`, even if they are invalid",
        "validating requests is the provider's task, and this provider accepts as many as it can",
        _repeated_settings,
        "",
    ),
]


def listed(operation: str, mode: str, answer: Any, complaint: str) -> bool:
    """Return whether the table has it."""
    return any(
        difference.complaint in complaint and difference.applies(operation, mode, answer) for difference in DIFFERENCES
    )
