"""Recorded answers of a real gateway on MCP, metrics, images and the proxy, through both clients.

The recordings are served byte for byte from a socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from client.recorded import FOLDER
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.worlds import World


EXPORT: dict[str, Any] = {"resourceMetrics": []}
PNG = b"\x89PNG\r\n\x1a\n"
MODEL = "openai/ok"
REFUSED = {
    'unsupported metric "nope"',
    'metric "gen_ai.client.operation.duration": only delta temporality is supported',
}


def ask(world: World, name: str, call: Callable[[Any], Any]) -> Any:
    """Return the result of a call with a recorded answer."""
    answer = (FOLDER / f"{name}.response.http").read_bytes()

    def handler(connection: Connection, request: Request) -> None:
        recorded = (FOLDER / f"{name}.request.txt").read_bytes().partition(b"\n")[0].decode().split(" ")
        assert [request.method, request.target] == recorded[:2]
        connection.send(answer)
        connection.close()

    with serving(handler) as server:
        return world.with_client(call, server.url)


@pytest.mark.parametrize(
    ("name", "call", "kind", "message", "part"),
    [
        (
            "base/tools_list",
            lambda c: c.list_tools(),
            sdk.ForbiddenError,
            "mcp tools endpoint is not exposed",
            "MCP_EX",
        ),
        (
            "base/metrics_json",
            lambda c: c.push_metrics(EXPORT),
            sdk.ForbiddenError,
            "Metrics push is not enabled",
            "TEL",
        ),
        (
            "full/m_type",
            lambda c: c.push_metrics(b"x"),
            sdk.UnsupportedMediaTypeError,
            "Content-Type must be application/x-protobuf or application/json",
            None,
        ),
        (
            "base/img",
            lambda c: c.generate_image("cat", model=MODEL),
            sdk.NotFoundError,
            "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it.",
            "ENABLE_IMAGES=true",
        ),
        (
            "full/edit_noname",
            lambda c: c.create_image_edit(PNG, "cat", model=MODEL),
            sdk.BadRequestError,
            "The 'image' file is required.",
            "file name",
        ),
        (
            "base/proxy_s_both",
            lambda c: c.proxy("openai", "chat/completions", method="POST", json={}, max_retries=0),
            sdk.RateLimitError,
            "slow down",
            None,
        ),
    ],
)
def test_a_refusal(
    name: str, call: Callable[[Any], Any], kind: type[sdk.StatusError], message: str, part: str | None, world: World
) -> None:
    """Each refusal has its class, its innermost message and, if the cause is certain, its hint."""
    with pytest.raises(kind) as caught:
        ask(world, name, call)
    assert caught.value.message == message
    assert caught.value.hint is None if part is None else part in str(caught.value.hint)


def test_the_tools(world: World) -> None:
    """Both tools are returned with their schemas."""
    tools = ask(world, "mcpsel/tools_list", lambda client: client.list_tools())
    assert [(tool.name, tool.description) for tool in tools] == [
        ("mcp_time_in", "Say the time in a city"),
        ("mcp_broken", "Always fails"),
    ]
    assert tools.data[0].input_schema["properties"]["city"]["default"] == "Berlin"


def test_metrics_that_were_all_taken(world: World) -> None:
    """An empty object refuses nothing."""
    assert ask(world, "full/m_json", lambda client: client.push_metrics(EXPORT)).accepted is True


@pytest.mark.parametrize(("name", "payload"), [("full/m_part", EXPORT), ("full/m_partpb", b"")])
def test_metrics_of_which_a_part_was_refused(name: str, payload: Any, world: World) -> None:
    """JSON and Protobuf give the same count and reasons; their order is random at the gateway."""
    outcome = ask(world, name, lambda client: client.push_metrics(payload))
    assert (outcome.accepted, outcome.rejected, set(outcome.reason.split("; "))) == (False, 2, REFUSED)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("full/img", lambda client: client.generate_image("cat", model=MODEL)),
        ("full/edit", lambda client: client.create_image_edit(PNG, "cat", model=MODEL)),
    ],
)
def test_a_picture(name: str, call: Callable[[Any], Any], world: World) -> None:
    """The image has its bytes and every field that the contract does not list."""
    answer = ask(world, name, call)
    assert (answer.data[0].bytes(), answer.background, answer.created) == (b"hi", "x", 1)


def test_a_proxied_list(world: World) -> None:
    """The provider's own list and headers are returned."""
    reply = ask(world, "base/proxy_get", lambda client: client.proxy("openai", "models"))
    assert [model["id"] for model in reply.json()["data"]] == ["ok", "bare", "a/b/c"]
    assert reply.headers["x-request-id"] == "req_123"


def test_a_proxied_answer_that_was_cut(world: World) -> None:
    """A connection that breaks in the middle of the body is an error and not a short answer."""
    with pytest.raises(sdk.RequestError, match="cut off"):
        ask(world, "base/proxy_n_cut", lambda c: c.proxy("openai", "chat/completions", method="POST", json={}))
