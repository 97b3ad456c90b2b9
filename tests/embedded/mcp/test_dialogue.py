"""`POST /mcp` of the embedded gateway, used by our clients, by the official one, and by faulty clients."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.client import Client

from embedded.mcp.model import add, fail
from embedded.waiting import until
from inference_gateway_sdk import BadRequestError, ForbiddenError, InternalError
from inference_gateway_sdk.embedded import McpSettings, Oidc
from inference_gateway_sdk.embedded.endpoints import mcp
from inference_gateway_sdk.embedded.mcp.toolbox import Toolbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.mcp.clock import Clock
    from support.worlds import World

    Start = Callable[..., str]

pytestmark = pytest.mark.wire

KEYS = st.sampled_from(["jsonrpc", "id", "method", "params", "_meta", "name", "cursor", "arguments"])
META = "io.modelcontextprotocol/"
VERSION = "2026-07-28"


def request(method: str, **params: Any) -> dict[str, Any]:
    """Return a request's body."""
    meta = {f"{META}protocolVersion": VERSION, f"{META}clientCapabilities": {}}
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": meta, **params}}


def headers(body: Any, **more: str) -> dict[str, str]:
    """Return the headers that match a body."""
    message = body if isinstance(body, dict) else {}
    name = (message.get("params") or {}).get("name")
    named = {"mcp-name": name} if name else {}
    return {"mcp-protocol-version": VERSION, "mcp-method": str(message.get("method")), **named, **more}


def post(url: str, body: Any, **more: str) -> httpx2.Response:
    """Return the answer to a request."""
    return httpx2.post(f"{url}/mcp", json=body, headers=headers(body, **more), trust_env=False)


def test_our_clients_list_and_call(world: World, start: Start, clock: Clock) -> None:
    """The tools of functions and servers have distinct names, and a failure is a result."""
    url = start(add, fail, mcp=McpSettings(enabled=True, servers=(clock.url,)), expose_mcp=True)

    async def scenario(client: Any) -> None:
        tools = await client.list_mcp_tools()
        assert [tool.name for tool in tools] == [
            *["mcp_python_add", "mcp_python_fail"],
            *["mcp_127_0_0_1_time_in", "mcp_127_0_0_1_broken", "mcp_127_0_0_1_slow"],
        ]
        assert tools[0].input_schema["required"] == ["a"]
        assert tools[2].output_schema["required"] == ["result"]
        assert (await client.call_mcp_tool("mcp_python_add", {"a": 1, "b": 5})).text == "6"
        result = await client.call_mcp_tool("mcp_127_0_0_1_time_in", {"city": "Zürich"})
        assert (result.text, result.is_error, result.structured_content) == (
            "12:00 in Zürich",
            False,
            {"result": "12:00 in Zürich"},
        )
        failed = await client.call_mcp_tool("mcp_python_fail", {"reason": "no luck"})
        assert (failed.text, failed.is_error) == ("no luck", True)
        found = await client.call_mcp("server/discover")
        assert found.result["supportedVersions"] == [VERSION]
        with pytest.raises(BadRequestError, match="Unknown tool: mcp_python_gone") as caught:
            await client.call_mcp_tool("mcp_python_gone")
        assert caught.value.code == -32602

    world.with_client(scenario, url)


def test_the_official_client_lists_and_calls(start: Start, clock: Clock) -> None:
    """The official package negotiates the version, and reads every page and every result."""
    url = start(add, fail, mcp=McpSettings(enabled=True, servers=(clock.url,)), expose_mcp=True)

    async def scenario() -> None:
        async with Client(f"{url}/mcp") as client:
            assert client.protocol_version == VERSION
            assert client.server_info.name == "inference-gateway-sdk-embedded"
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools][:3] == ["mcp_python_add", "mcp_python_fail", "mcp_127_0_0_1_time_in"]
            result = await client.call_tool("mcp_127_0_0_1_time_in", {"city": "Rome"})
            assert (result.content[0].text, result.is_error) == ("12:00 in Rome", False)
            assert (await client.call_tool("mcp_python_add", {"a": 2})).content[0].text == "4"
            assert (await client.call_tool("mcp_python_fail", {"reason": "x"})).is_error

    asyncio.run(scenario())


def test_long_lists_come_in_pages(world: World, start: Start) -> None:
    """A page has fifty tools; both our clients and the official one follow the cursor."""

    def tool(number: int) -> Callable[[], str]:
        def function() -> str:
            return str(number)

        function.__name__ = f"tool_{number}"
        return function

    url = start(*(tool(number) for number in range(101)), expose_mcp=True)
    names = [f"mcp_python_tool_{number}" for number in range(101)]
    tools = world.with_client(lambda client: client.list_mcp_tools(), url)
    assert [tool.name for tool in tools] == names

    async def official() -> list[str]:
        found, cursor = [], None
        async with Client(f"{url}/mcp") as client:
            while True:
                page = await client.list_tools(cursor=cursor)
                found += [tool.name for tool in page.tools]
                cursor = page.next_cursor
                if cursor is None:
                    return found

    assert asyncio.run(official()) == names


def test_two_servers_at_one_host_have_distinct_tools(start: Start, clock: Clock) -> None:
    """The second of two servers at one host has a number after its alias."""
    mcp = McpSettings(enabled=True, servers=(clock.url, clock.url), include=("time_in",))
    tools = post(start(mcp=mcp, expose_mcp=True), request("tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["mcp_127_0_0_1_time_in", "mcp_127_0_0_1_2_time_in"]


def test_what_models_are_not_offered_cannot_be_called(start: Start) -> None:
    """A tool outside the allowed list cannot be called."""
    url = start(add, fail, mcp=McpSettings(exclude=("add",)), expose_mcp=True)
    tools = post(url, request("tools/list")).json()["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["mcp_python_fail"]
    assert post(url, request("tools/call", name="mcp_python_add")).json()["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("settings", "error", "hint"),
    [
        (
            {"mcp": McpSettings(enabled=True)},
            "MCP endpoint is not exposed. Set MCP_EXPOSE=true to enable.",
            "MCP_EXPOSE=true on the gateway",
        ),
        ({"mcp": McpSettings(), "expose_mcp": True}, "mcp is not enabled", "mcp is not enabled"),
    ],
)
def test_it_must_be_enabled_and_exposed(
    world: World, start: Start, settings: dict[str, Any], error: str, hint: str
) -> None:
    """If MCP is not enabled and exposed, every request is a 403 that names the missing setting."""
    url = start(**settings)
    answer = post(url, request("tools/list"))
    assert (answer.status_code, answer.json()) == (403, {"error": error})
    with pytest.raises(ForbiddenError, match=hint):
        world.with_client(lambda client: client.list_mcp_tools(), url)


def test_a_server_that_is_gone_is_an_internal_error(world: World, start: Start, clock: Clock) -> None:
    """A tool that cannot be run for want of its server is no result."""
    mcp = McpSettings(enabled=True, servers=(clock.url,), call_timeout=0.5, reconnect_interval=0.05)
    url = start(mcp=mcp, expose_mcp=True)
    until(lambda: post(url, request("tools/list")).json()["result"]["tools"])
    answer = post(url, request("tools/call", name="mcp_127_0_0_1_slow"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, -32603)
    with pytest.raises(InternalError, match="did not answer in time"):
        world.with_client(lambda client: client.call_mcp_tool("mcp_127_0_0_1_slow", max_retries=0), url)


def test_what_an_answer_carries(start: Start) -> None:
    """An answer has the request's id, the kind of result, its cache time, and the server's name."""
    answer = post(start(add, expose_mcp=True), {**request("server/discover"), "id": "a"})
    assert answer.headers["content-type"].startswith("application/json")
    result = answer.json().pop("result")
    assert answer.json() == {"jsonrpc": "2.0", "id": "a", "result": result}
    version = result["_meta"][f"{META}serverInfo"].pop("version")
    assert version
    assert result == {
        "resultType": "complete",
        "supportedVersions": [VERSION],
        "capabilities": {"tools": {}},
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {f"{META}serverInfo": {"name": "inference-gateway-sdk-embedded"}},
    }


def test_a_notification_is_taken_and_forgotten(start: Start) -> None:
    """A notification, which has no id, gets an empty 202."""
    body = {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}}
    answer = post(start(add, expose_mcp=True), body)
    assert (answer.status_code, answer.content) == (202, b"")


def test_a_name_outside_ascii_is_wrapped(start: Start) -> None:
    """The header has a non-ASCII name in base64; an invalid encoding matches nothing."""
    url = start(add, expose_mcp=True)
    body = request("tools/call", name="mcp_zürich")
    wrapped = f"=?base64?{base64.b64encode(body['params']['name'].encode()).decode()}?="
    assert post(url, body, **{"mcp-name": wrapped}).json()["error"]["message"] == "Unknown tool: mcp_zürich"
    for wrong in ("=?base64?!?=", "=?base64?/w==?=", "mcp_zurich"):
        assert post(url, body, **{"mcp-name": wrong}).json()["error"]["code"] == -32020


BROKEN: dict[str, tuple[Any, int, int]] = {
    "no JSON": (b"{", 200, -32700),
    "not UTF-8": (b'"\xff"', 200, -32700),
    "a batch": ([request("tools/list")], 200, -32600),
    "no version of JSON-RPC": ({**request("tools/list"), "jsonrpc": "1.0"}, 200, -32600),
    "no method": ({**request("tools/list"), "method": 5}, 200, -32600),
    "an id that is none": ({**request("tools/list"), "id": None}, 200, -32600),
    "an id that is true": ({**request("tools/list"), "id": True}, 200, -32600),
    "no params": ({**request("tools/list"), "params": None}, 200, -32602),
    "no _meta": (request("tools/list", _meta=None), 200, -32602),
    "too little in _meta": (request("tools/list", _meta={f"{META}protocolVersion": VERSION}), 200, -32602),
    "the older handshake without headers": (request("initialize", _meta=None), 400, -32020),
    "an unknown method": (request("prompts/list"), 404, -32601),
    "the older handshake": (request("initialize"), 404, -32601),
    "a cursor that is none": (request("tools/list", cursor="next"), 200, -32602),
    "a cursor of another kind": (request("tools/list", cursor=5), 200, -32602),
    "a tool without a name": (request("tools/call", arguments={}), 200, -32602),
    "arguments that are none": (request("tools/call", name="mcp_python_add", arguments=[1]), 200, -32602),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_served(start: Start, name: str) -> None:
    """Each kind of broken request has its status and its code; the id is returned if it could be read."""
    body, status, code = BROKEN[name]
    url = start(add, expose_mcp=True)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {} if "without headers" in name else headers(body)
    answer = httpx2.post(f"{url}/mcp", content=sent, headers=named, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["id"] == (None if code in (-32700, -32600) else 7)


@pytest.mark.parametrize(
    "wrong",
    [{"mcp-protocol-version": "2025-06-18"}, {"mcp-protocol-version": ""}, {"mcp-method": "tools/call"}],
)
def test_headers_and_body_must_agree(start: Start, wrong: dict[str, str]) -> None:
    """A request whose headers and body disagree is refused."""
    answer = post(start(add, expose_mcp=True), request("tools/list"), **wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32020)


def test_another_version_gets_the_supported_ones(start: Start) -> None:
    """A request of an unknown version is answered with the supported ones."""
    meta = {f"{META}protocolVersion": "2030-01-01", f"{META}clientCapabilities": {}}
    body = request("server/discover", _meta=meta)
    answer = post(start(add, expose_mcp=True), body, **{"mcp-protocol-version": "2030-01-01"})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        {
            "code": -32022,
            "message": "Unsupported protocol version",
            "data": {"supported": [VERSION], "requested": "2030-01-01"},
        },
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(value=JSON, named=st.dictionaries(st.sampled_from(["mcp-method", "mcp-name"]), st.text(max_size=5)))
def test_no_request_brings_it_down(value: object, named: dict[str, str]) -> None:
    """Any JSON gets an error with its code, or no answer for a notification."""
    toolbox = Toolbox.build(McpSettings(), [add])
    message = asyncio.run(
        mcp.answer_json_rpc(toolbox, {"mcp-protocol-version": VERSION, **named}, json.dumps(value).encode())
    )
    if message.body is None:
        assert message.status == 202
    else:
        error = message.body["error"]
        assert isinstance(error, dict)
        assert error["code"] in (-32600, -32601, -32602, -32020, -32022)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_only_post_is_served(start: Start, method: str) -> None:
    """Other methods are a 405, because there are no sessions and no server streams."""
    answer = httpx2.request(method, f"{start(add, expose_mcp=True)}/mcp", trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_no_web_page_is_served(start: Start) -> None:
    """Any Origin is refused, the gateway's own too, except those in the settings."""
    url = start(add, expose_mcp=True, allowed_origins=("http://page.test",))
    assert post(url, request("tools/list"), origin=url).status_code == 403
    assert post(url, request("tools/list"), origin="null").status_code == 403
    assert post(url, request("tools/list"), origin="http://page.test").status_code == 200
    assert post(url, request("tools/list")).status_code == 200


def test_a_body_that_is_too_large(start: Start) -> None:
    """The gateway's size limit applies to `/mcp`."""
    url = start(add, expose_mcp=True, max_body=100)
    assert post(url, request("tools/list", cursor="x" * 100)).status_code == 413


def test_where_a_token_comes_from(world: World, start: Start, issuer: str) -> None:
    """With tokens required, the metadata names the issuer without one; `/mcp` itself requires it."""
    url = start(add, expose_mcp=True, oidc=Oidc(issuer=issuer, audience="us"))
    metadata = world.with_client(lambda client: client.mcp_resource_metadata(), url)
    assert metadata.to_dict() == {
        "resource": f"{url}/mcp",
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
    }
    assert post(url, request("tools/list")).status_code == 401


@pytest.mark.parametrize("settings", [{"expose_mcp": True}, {}])
def test_without_tokens_there_is_no_metadata(start: Start, settings: dict[str, Any]) -> None:
    """Without tokens the metadata route is an unknown route's 404."""
    answer = httpx2.get(f"{start(add, **settings)}/.well-known/oauth-protected-resource/mcp", trust_env=False)
    assert (answer.status_code, answer.json()) == (404, {"error": "Requested route is not found"})


def test_tools_that_are_hidden_have_no_metadata(start: Start, issuer: str) -> None:
    """With tokens but without exposed MCP there is no metadata."""
    url = start(add, oidc=Oidc(issuer=issuer, audience="us"))
    path = "/.well-known/oauth-protected-resource/mcp"
    assert httpx2.get(f"{url}{path}", trust_env=False).status_code == 404
