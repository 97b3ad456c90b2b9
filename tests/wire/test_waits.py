"""The wait that a refusal asks for in its text, because the gateway drops `Retry-After`."""

from __future__ import annotations

import json
import time

import pytest

from inference_gateway_sdk._wire.headers import Headers
from inference_gateway_sdk._wire.problem import read_error, read_stream_error

TEXTS = [
    # OpenAI
    (("Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested"
     " 2000. Please try again in 2s. Visit https://platform.openai.com/account/rate-limits to learn more."), 2.0),
    ("Rate limit reached for o1 on requests per day (RPD): Limit 50, Used 50. Please try again in 28m48s.", 1728.0),
    ("Rate limit reached for gpt-4o. Please try again in 486ms.", 0.486),
    ("Rate limit reached for gpt-4o on tokens per day. Please try again in 6h0m0.5s.", 21600.5),
    # Azure
    (("Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded token"
     " rate limit of your current OpenAI S0 pricing tier. Please retry after 26 seconds. Please go here: ..."), 26.0),
    ("That was fast. Please retry after 1 second.", 1.0),
    # Groq
    (("Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_x` tier `on_demand` on tokens"
     " per minute (TPM): Limit 12000, Used 11526, Requested 2350. Please try again in 9.38s. Need more?"), 9.38),
    ("Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 7m12.48s.", 432.48),
    # Google
    (("You exceeded your current quota, please check your plan. * Quota exceeded for metric: generate, limit: 15"
     " Please retry in 34.074824224s."), 34.074824224),
    # Moonshot
    ("Your account org-x request reached organization max RPM: 3, please try again after 1 seconds", 1.0),
    ("Too many requests, wait 2 minutes before the next one", 120.0),
    ("Retrying in 3 secs is fine: retry in 3 secs", 3.0),
    # Texts without a wait
    ("This request would exceed your organization's rate limit of 50,000 input tokens per minute.", None),
    ("Requests rate limit exceeded", None),
    ("Too many tokens, please wait before trying again.", None),
    ("Please try again later.", None),
    ("You may retry in 20 tokens", None),
    ("limited to 20 API calls / minute", None),
    ("retry after 2026-11-28", None),
    ("Please try again in 99999 days.", None),
]  # fmt: skip


def wait(status: int, body: bytes, headers: Headers | None = None) -> float | None:
    """Return the wait of an error response."""
    return read_error(status, headers or Headers(), body).retry_after


def wrapped(message: str) -> bytes:
    """Return a provider's error as the gateway passes it on: JSON inside a string."""
    return json.dumps({"error": json.dumps({"error": {"message": message}})}).encode()


@pytest.mark.parametrize(("message", "seconds"), TEXTS, ids=lambda value: str(value)[:40])
def test_messages_of_providers(message: str, seconds: float | None) -> None:
    """The wait in a provider's message is read, directly and through the gateway."""
    plain = json.dumps({"error": {"message": message}}).encode()
    for body in (plain, wrapped(message)):
        for status in (429, 503):
            assert wait(status, body) == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 504, 529])
def test_only_busy_statuses(status: int) -> None:
    """The text of another status is not a wait."""
    assert wait(status, wrapped("Please try again in 2s.")) is None


def test_a_header_wins() -> None:
    """A `Retry-After` counts before the text, also one of 0."""
    body = wrapped("Please try again in 2s.")
    assert wait(429, body, Headers([("Retry-After", "7")])) == 7.0
    assert wait(429, body, Headers([("Retry-After", "0")])) == 0.0
    assert wait(429, body, Headers([("retry-after-ms", "1500")])) == 1.5
    assert wait(429, body, Headers([("Retry-After", "soon")])) == 2.0


@pytest.mark.parametrize(("details", "seconds"), [
    ({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}, 34.0),
    ({"retryDelay": "0.5s"}, 0.5),
    ({"retryDelay": "soon"}, None),
    ({"estimated_time": 20.0}, 20.0),
])  # fmt: skip
def test_fields_of_a_body(details: dict[str, object], seconds: float | None) -> None:
    """A delay in a field of the body is read too, through any number of envelopes."""
    body = json.dumps({"error": {"message": "busy", "details": [details]}})
    for _ in range(3):
        assert wait(429, body.encode()) == seconds
        body = json.dumps({"error": body})


def test_errors_inside_a_stream() -> None:
    """An error event of a stream has its wait, too."""
    value = {"error": {"message": "Please try again in 2s.", "code": 429}}
    assert getattr(read_stream_error(value), "retry_after", None) == 2.0


@pytest.mark.parametrize("text", [
    "retry in " + "1" * 100_000, "retry in " + "1d " * 50_000, "wait " * 50_000, "retry after 1." + "0" * 100_000,
    'retryDelay"' + " " * 100_000, "retryDelay" + "\\" * 100_000, '"retryDelay"' * 20_000,
])  # fmt: skip
def test_hostile_texts(text: str) -> None:
    """A text made to be slow takes no longer than its length: the pattern is bounded."""
    began = time.process_time()
    wait(429, json.dumps({"error": {"message": text}}).encode())
    wait(429, text.encode())
    assert time.process_time() - began < 5
