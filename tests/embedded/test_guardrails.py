"""Guardrails: a service that judges each request, and each whole chat answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from inference_gateway_sdk.embedded import Settings, running
from inference_gateway_sdk.embedded.providers.scripted import ScriptedProvider
from inference_gateway_sdk.embedded.settings import Guardrails, SettingsError
from support.server import Connection, Request, serving
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/v1/chat/completions"
judged: list[dict[str, str]] = []


def judge(connection: Connection, request: Request) -> None:
    """A service that refuses what holds "forbidden", and has faults by path."""
    found = json.loads(request.body)
    judged.append(found)
    if request.target == "/error":
        connection.json({}, status=500)
    elif request.target == "/text":
        connection.json("not an object")
    else:
        connection.json({"action": "block" if "forbidden" in found["body"] else "warn", "message": "no"})


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of the service."""
    with serving(judge) as server:
        yield server.url


@pytest.fixture(scope="module")
def gateway(service: str) -> Iterator[str]:
    """The address of a gateway with that service, whose provider repeats the user's text."""
    settings = Settings(port=0, max_body=2000, guardrails=Guardrails(url=service))
    with running(settings, local=nowhere(), scripted=ScriptedProvider()) as url:
        yield url


def chat(url: str, text: str, *, stream: bool = False) -> httpx2.Response:
    """Ask for a chat answer."""
    body = {"model": "openai/x", "stream": stream, "messages": [{"role": "user", "content": text}]}
    return httpx2.post(url + CHAT, json=body, trust_env=False)


def test_a_request_and_its_answer_are_judged_and_pass(gateway: str) -> None:
    """The service gets the bytes of both, with method and path, and the client gets the answer."""
    judged.clear()
    answer = chat(gateway, "hello")
    assert answer.json()["choices"][0]["message"]["content"] == "You wrote: hello"
    assert [(one["stage"], one["method"], one["path"]) for one in judged] == [
        ("request", "POST", CHAT),
        ("response", "POST", CHAT),
    ]
    assert json.loads(judged[0]["body"])["model"] == "openai/x"
    assert judged[1]["body"] == answer.text


def test_a_stream_has_only_its_request_judged(gateway: str) -> None:
    """The events of a stream pass unjudged."""
    judged.clear()
    assert "[DONE]" in chat(gateway, "hello", stream=True).text
    assert [one["stage"] for one in judged] == ["request"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refused_request_is_not_served(gateway: str, stream: bool) -> None:
    """The refusal has the service's reason, and nothing else is judged."""
    judged.clear()
    answer = chat(gateway, "forbidden", stream=stream)
    assert answer.status_code == 403
    assert answer.json() == {"error": "request blocked by guardrails", "message": "no"}
    assert len(judged) == 1


def test_other_paths_are_judged_too(gateway: str) -> None:
    """A health check is judged; a body over the limit is a 400 in the words of the real gateway."""
    judged.clear()
    assert httpx2.get(f"{gateway}/health", trust_env=False).status_code == 200
    assert [one["path"] for one in judged] == ["/health"]
    large = chat(gateway, "x" * 3000)
    assert (large.status_code, large.json()) == (400, {"error": "failed to read request body"})


@pytest.mark.parametrize("place", ["/error", "/text", "away"])
def test_a_failing_service_refuses_or_lets_pass(service: str, place: str) -> None:
    """A status, an answer that is not a verdict and a service that is away are one failure, judged by the mode."""
    url = "http://127.0.0.1:9/" if place == "away" else service + place
    for closed, status in ((True, 403), (False, 200)):
        settings = Settings(port=0, guardrails=Guardrails(url=url, closed=closed))
        with running(settings, local=nowhere()) as gateway:
            answer = httpx2.get(f"{gateway}/health", trust_env=False)
        assert answer.status_code == status
        if closed:
            message = "request blocked by guardrails"
            assert answer.json() == {"error": "guardrail evaluation failed", "message": message}


def test_the_variables_are_read() -> None:
    """The service, its time and the mode come from the environment; without a service the switch is ignored."""
    variables = {
        "GUARDRAILS_ENABLED": "true",
        "GUARDRAILS_EXTERNAL_URL": "http://us:PW@h/judge",
        "GUARDRAILS_EXTERNAL_TIMEOUT": "2s",
        "GUARDRAILS_FAIL_MODE": "open",
    }
    settings = Settings.from_env(variables)
    assert settings.guardrails == Guardrails(url="http://us:PW@h/judge", timeout=2.0, closed=False)
    assert "PW" not in repr(settings)
    assert settings.ignored == ()
    alone = Settings.from_env({"GUARDRAILS_ENABLED": "true"})
    assert (alone.guardrails, alone.ignored) == (None, ("GUARDRAILS_ENABLED",))
    assert Settings.from_env({"GUARDRAILS_EXTERNAL_URL": "http://h"}).guardrails is None


@pytest.mark.parametrize(
    ("name", "value", "phrase"),
    [
        ("GUARDRAILS_FAIL_MODE", "ajar", "GUARDRAILS_FAIL_MODE='ajar': write closed or open"),
        ("GUARDRAILS_EXTERNAL_URL", "h:1", "GUARDRAILS_EXTERNAL_URL=.*: write an address such as"),
        ("GUARDRAILS_EXTERNAL_TIMEOUT", "5", "GUARDRAILS_EXTERNAL_TIMEOUT: .* write a number with a unit"),
    ],
)
def test_a_wrong_variable_is_refused(name: str, value: str, phrase: str) -> None:
    """The error names the variable and a correct value."""
    variables = {"GUARDRAILS_ENABLED": "true", "GUARDRAILS_EXTERNAL_URL": "http://h", name: value}
    with pytest.raises(SettingsError, match=phrase):
        Settings.from_env(variables)


def test_the_service_has_a_time_limit() -> None:
    """A service that does not answer is a failure once its time is over."""

    def silent(connection: Connection, _: Request) -> None:
        connection.stall()

    with serving(silent) as server:
        settings = Settings(port=0, guardrails=Guardrails(url=server.url, timeout=0.1))
        with running(settings, local=nowhere()) as gateway:
            began = time.monotonic()
            assert httpx2.get(f"{gateway}/health", trust_env=False, timeout=20).status_code == 403
            assert time.monotonic() - began >= 0.1
