"""The meaning of failures for fallback, by the errors of real providers and of the gateway."""

from __future__ import annotations

import json

import pytest

from inference_gateway_sdk import ConnectError, GatewayError, RequestError, StreamError, StreamStalledError
from inference_gateway_sdk import TimeoutError as ClientTimeout
from inference_gateway_sdk._http1.failures import NoResponse
from inference_gateway_sdk._routing.verdict import Verdict, judge
from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_error
from inference_gateway_sdk.errors import BudgetExceededError, DecodingError, ResponseTooLargeError


def verdict(status: int, message: str, code: str | None = None) -> Verdict:
    """Return the verdict on an error response."""
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return judge(read_error(status, Headers(), body))


TEXTS = [
    (400, "This model's maximum context length is 8192 tokens. However, you requested 9000", "context_length_exceeded"),
    (400, "prompt is too long: 210000 tokens > 200000 maximum", None, "context_overflow"),
    (400, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", None, "context_overflow"),
    (400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", None,
     "context_overflow"),
    (400, "Please reduce the length of the messages or completion.", "context_length_exceeded", "context_overflow"),
    (400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", None,
     "context_overflow"),
    (400, "the request exceeds the available context size, try increasing it", "exceed_context_size_error",
     "context_overflow"),
    (400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
     "content_filter", "content_filter"),
    (400, "Your request was rejected as a result of our safety system.", "content_policy_violation", "content_filter"),
    (400, "Output blocked by content filtering policy", None, "content_filter"),
    (403, "request blocked by guardrails", None, "content_filter"),
    (403, "Model not allowed. Please check the list of allowed models.", None, "model"),
    (403, "the provider's region is not served", None, "request"),
    (404, "The model `gpt-9` does not exist or you do not have access to it.", "model_not_found", "model"),
    (404, "model 'llama9' not found, try pulling it first", None, "model"),
    (404, "404 page not found", None, "request"),
    (400, "Provider requires an API key. Please configure the provider's API key.", None, "provider"),
    (400, "Provider not found. Please check the list of supported providers.", None, "provider"),
    (500, "Provider not available", None, "provider"),
    (402, "Insufficient Balance", None, "quota"),
    (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota",
     "quota"),
    (429, "You exceeded your current quota. Please retry in 34.07s.", None, "busy"),
    (400, "Your credit balance is too low to access the Anthropic API.", None, "quota"),
    (400, "This model does not support assistant message prefill. The conversation must end with a user message.",
     None, "unsupported"),
    (400, "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant", None,
     "unsupported"),
    (400, "registry.ollama.ai/library/gemma:latest does not support tools", None, "unsupported"),
    (400, "Unsupported parameter: 'max_tokens' is not supported with this model.", "unsupported_parameter",
     "unsupported"),
    (400, "Invalid 'messages': array too short.", "invalid_value", "request"),
    (401, "Incorrect API key provided", "invalid_api_key", "request"),
    (413, "request too large", None, "request"),
    (422, "Input should be a valid list", None, "request"),
    (500, "boom", None, "failed"),
    (502, "Failed to reach upstream server", None, "failed"),
    (503, "The model is overloaded.", None, "failed"),
    (504, "late", None, "failed"),
    (529, "Overloaded", "overloaded_error", "failed"),
    (400, "net/http: timeout awaiting response headers", None, "failed"),
    (400, 'Post "http://localhost:8080/proxy/openai/v1/chat/completions": EOF', None, "failed"),
]  # fmt: skip


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: f"{row[0]} {row[1][:40]}")
def test_kinds(row: tuple[int, str, str | None, str]) -> None:
    """Each text has its row of the table."""
    status, message, code = row[:3]
    expected = row[3] if len(row) > 3 else "context_overflow"
    assert verdict(status, message, code).kind == expected


def test_what_each_kind_leads_to() -> None:
    """The consequences of each kind: whether it moves, whether the same route is asked again, and its effect."""
    found = {}
    for row in TEXTS:
        one = verdict(row[0], row[1], row[2])
        found[one.kind] = (one.moves, one.repeats, one.effect, one.larger, one.of_request)
    assert found == {
        "context_overflow": (True, False, "none", True, True),
        "content_filter": (False, False, "none", False, False),
        "model": (True, False, "model out", False, False),
        "request": (False, False, "none", False, False),
        "provider": (True, False, "provider out", False, False),
        "quota": (True, False, "cool provider", False, False),
        "busy": (True, True, "cool", False, False),
        "unsupported": (True, False, "mark", False, True),
        "failed": (True, True, "bad", False, False),
    }


def closed_early() -> RequestError:
    """Return the error of a connection that closed without a response."""
    error = RequestError("closed")
    error.__cause__ = NoResponse("reset")
    return error


@pytest.mark.parametrize(("error", "kind", "moves"), [
    (ConnectError("refused"), "gateway", False),
    (ClientTimeout("late", limit="connect"), "gateway", False),
    (ClientTimeout("late", limit="pool"), "gateway", False),
    (ClientTimeout("late", limit="response"), "silent", True),
    (ClientTimeout("late", limit="total"), "total", False),
    (StreamStalledError("late", limit="first_content"), "silent", True),
    (StreamStalledError("late", limit="idle"), "silent", True),
    (StreamStalledError("late", limit="total"), "total", False),
    (closed_early(), "closed", True),
    (RequestError("cut off"), "broken", True),
    (ResponseTooLargeError("large", limit=1), "request", False),
    (StreamError("broken"), "broken", True),
    (DecodingError("not JSON"), "broken", True),
    (BudgetExceededError("too dear"), "request", False),
    (GatewayError("other"), "request", False),
])  # fmt: skip
def test_failures_without_a_status(error: GatewayError, kind: str, *, moves: bool) -> None:
    """Failures without a response have their rows, too."""
    found = judge(error)
    assert (found.kind, found.moves) == (kind, moves)


def test_the_wait_of_a_refusal() -> None:
    """The wait that a busy route asks for is part of the verdict, from its text or header."""
    assert verdict(429, "Please try again in 7m12.48s.").seconds == pytest.approx(432.48)
    assert verdict(503, "retry after 5 seconds").seconds == 5.0
    assert verdict(429, "slow down").seconds is None
