"""Pools: aliases for several deployments, and the file that names them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx2
import pytest

from inference_gateway_sdk.embedded import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Gateways, Upstream

FAST = {"fast": (("openai", "one"), ("ollama", "two"))}
ANSWER = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "up", "choices": []}).encode()
EVENT = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {}\n\ndata: [DONE]\n\n"
YAML = """
models:
  fast:
    strategy: round_robin
    deployments:
      - {provider: openai, model: one}
      - provider: ollama
        model: two
"""


def asked(client: httpx2.Client, model: str, query: str = "", **more: object) -> httpx2.Response:
    """Return the answer to a chat with this model."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **more}
    return client.post(f"/v1/chat/completions{query}", json=body)


def selected(answer: httpx2.Response) -> tuple[str | None, str | None]:
    """Return the answer's headers about the chosen deployment."""
    return answer.headers.get("x-selected-provider"), answer.headers.get("x-selected-model")


@pytest.mark.wire
def test_the_deployments_of_an_alias_take_turns(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """Each request goes to the next deployment, in a cycle, and the answer names it.

    See gateway-behaviour.md#routing.
    """
    for name in ("one", "two"):
        upstream.answers(name, whole_answer(200, ANSWER))
    client = gateway(pools=FAST, idle_timeout=101.0)  # a gateway of its own, whose turns no other test takes
    answers = [asked(client, "fast") for _ in range(3)]
    assert [selected(answer) for answer in answers] == [("openai", "one"), ("ollama", "two"), ("openai", "one")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [request.json["model"] for request in upstream.seen] == ["one", "two", "one"]
    assert [request.headers.get("authorization") for request in upstream.seen] == ["Bearer sk-o", None, "Bearer sk-o"]
    assert answers[0].json()["model"] == "up"


@pytest.mark.wire
def test_a_stream_and_a_providers_error_name_the_deployment(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """The headers are on a stream, a refused stream, a refusal, and an unreadable answer."""
    upstream.answers("s", EVENT)
    upstream.answers("no", whole_answer(429, b'{"error":"slow"}'))
    upstream.answers("odd", whole_answer(200, b"<html>"))
    pools = {name: (("openai", name), ("openai", name)) for name in ("s", "no", "odd")}
    client = gateway(pools=pools)
    answers = {
        "stream": asked(client, "s", stream=True),
        "refused stream": asked(client, "no", stream=True),
        "refusal": asked(client, "no"),
        "unreadable": asked(client, "odd"),
    }
    assert {name: (answer.status_code, *selected(answer)) for name, answer in answers.items()} == {
        "stream": (200, "openai", "s"),
        "refused stream": (429, "openai", "no"),
        "refusal": (429, "openai", "no"),
        "unreadable": (502, "openai", "odd"),
    }
    assert answers["stream"].text == "data: {}\n\ndata: [DONE]\n\n"


@pytest.mark.wire
def test_a_name_outside_of_ascii_is_sent_in_utf8(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """The header's bytes are the name's UTF-8."""
    upstream.answers("模型", whole_answer(200, ANSWER))
    answer = asked(gateway(pools={"fast": (("openai", "模型"),) * 2}), "fast")
    assert answer.status_code == 200
    assert dict(answer.headers.raw)[b"x-selected-model"] == "模型".encode()


@pytest.mark.wire
def test_only_the_exact_name_is_an_alias(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """Another case is another name; a provider in the query, or a prefix, bypasses the pools.

    See gateway-behaviour.md#routing.
    """
    upstream.answers("fast", whole_answer(200, ANSWER))
    client = gateway(pools=FAST)
    assert asked(client, "Fast").status_code == 400
    for answer in (asked(client, "fast", "?provider=openai"), asked(client, "openai/fast")):
        assert (answer.status_code, selected(answer)) == (200, (None, None))


@pytest.mark.wire
def test_an_alias_is_neither_listed_nor_known_elsewhere(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """Models do not list it; Messages and Responses do not resolve it (gateway-behaviour.md#routing)."""
    listing = json.dumps({"data": [{"id": "one"}]}).encode()
    upstream.answers("/v1/models", whole_answer(200, listing))
    client = gateway(pools=FAST)
    assert "fast" not in client.get("/v1/models").text
    for path in ("messages", "responses"):
        answer = client.post(f"/v1/{path}", json={"model": "fast"})
        assert (answer.status_code, "Unable to determine provider" in answer.text) == (400, True)


@pytest.mark.wire
def test_the_lists_match_the_alias_and_an_early_refusal_names_no_deployment(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """The lists match the requested name; their 403, and a missing key's 400, come without the headers."""
    upstream.answers("one", whole_answer(200, ANSWER))
    denied = asked(gateway(pools=FAST, disallowed_models=("fast",)), "fast")
    assert (denied.status_code, selected(denied)) == (403, (None, None))
    allowed = asked(gateway(pools=FAST, allowed_models=("fast",)), "fast")
    assert (allowed.status_code, selected(allowed)) == (200, ("openai", "one"))
    keyless = asked(gateway(pools={"k": (("groq", "x"), ("groq", "y"))}), "k")
    assert (keyless.status_code, selected(keyless)) == (400, (None, None))
    assert "requires an API key" in keyless.json()["error"]


@pytest.mark.parametrize(
    "text", [YAML, json.dumps({"models": {"fast": {"deployments": [
        {"provider": "openai", "model": "one"}, {"provider": "ollama", "model": "two", "note": "ours"},
    ]}}, "version": 1})],
    ids=["yaml", "json"],
)  # fmt: skip
def test_the_file_names_the_deployments(tmp_path: Path, text: str) -> None:
    """`ROUTING_CONFIG_PATH` is read if `ROUTING_ENABLED` is set, in YAML or JSON; unknown keys are ignored."""
    file = tmp_path / "pools.yaml"
    file.write_text(text)
    environ = {"ROUTING_ENABLED": "true", "ROUTING_CONFIG_PATH": str(file)}
    assert Settings.from_env(environ).pools == FAST
    assert Settings.from_env({**environ, "ROUTING_ENABLED": "false"}).pools == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no alias"),
        ("models: {}", "names no alias"),
        ("models: {a: {strategy: weighted, deployments: []}}", "unknown strategy 'weighted': write round_robin"),
        ("models: {a: }", "at least 2 deployments"),
        ("models: {a: {deployments: [{provider: openai, model: x}]}}", "at least 2 deployments"),
        ("models: {a: {deployments: [{provider: OpenAI, model: x}, {provider: openai, model: x}]}}", "'OpenAI'"),
        ("models: {a: {deployments: [{provider: openai}, {provider: openai, model: x}]}}", "needs a model"),
        (
            'models: {a: {deployments: [{provider: openai, model: "x\\ny"}, {provider: openai, model: x}]}}',
            "needs a model",
        ),
        ("models: [1]", "is not a file of pools"),
        ("models: {a: [", "is not YAML"),
    ],
)
def test_a_file_the_real_gateway_would_not_start_with_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """The error names the variable, the alias and the correction."""
    file = tmp_path / "pools.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"ROUTING_ENABLED": "1", "ROUTING_CONFIG_PATH": str(file)})
    assert "ROUTING_CONFIG_PATH" in str(caught.value)
    assert complaint in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Routing without a path, or with one to a missing file, does not start."""
    with pytest.raises(SettingsError, match="set ROUTING_CONFIG_PATH"):
        Settings.from_env({"ROUTING_ENABLED": "true"})
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.from_env({"ROUTING_ENABLED": "true", "ROUTING_CONFIG_PATH": str(tmp_path / "none")})


def test_pools_given_in_python_are_looked_at_too() -> None:
    """An invalid pool raises before it becomes a setting."""
    with pytest.raises(SettingsError, match="'fast'.*at least 2"):
        Settings(pools={"fast": (("openai", "one"),)})


def test_yaml_without_its_library_has_the_install_command(tmp_path: Path) -> None:
    """JSON is read without the library."""
    yaml, plain = tmp_path / "a", tmp_path / "b"
    yaml.write_text(YAML)
    plain.write_text(json.dumps({"models": {"fast": {"deployments": [{"provider": "openai", "model": "m"}] * 2}}}))
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from inference_gateway_sdk.embedded.routing import PoolError, read_pools\n"
        f"print(read_pools({str(plain)!r}))\n"
        f"try: read_pools({str(yaml)!r})\n"
        "except PoolError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert "{'fast': (('openai', 'm'), ('openai', 'm'))}" in done.stdout
    assert "pip install pyyaml" in done.stdout
