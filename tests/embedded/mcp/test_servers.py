"""The gateway in front of an MCP server of the official package, in both forms of the protocol."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from embedded.mcp.model import calls, replies
from embedded.waiting import until
from inference_gateway_sdk import ForbiddenError, GatewayError, InferenceGatewayClient
from inference_gateway_sdk.embedded import McpSettings, Settings, running
from support.server import Connection, Gone, Request, event, serving
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded.mcp.clock import Clock
    from embedded.mcp.model import Model
    from support.worlds import World

    Start = Callable[..., str]

pytestmark = pytest.mark.wire


def settings(*servers: str, **more: Any) -> McpSettings:
    """Return settings with these servers, in direct mode."""
    return McpSettings(**{"enabled": True, "servers": servers, "mode": "direct", **more})


def post(url: str) -> httpx2.Response:
    """Return the answer to a chat."""
    chat = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}]}
    return httpx2.post(f"{url}/v1/chat/completions", json=chat, timeout=20, trust_env=False)


def listed(url: str) -> list[str]:
    """Return the names of the tools that the gateway lists."""
    return [tool["name"] for tool in httpx2.get(f"{url}/v1/mcp/tools", trust_env=False).json()["data"]]


@pytest.mark.parametrize("only_handshakes", [False, True], ids=["newest", "handshake"])
def test_tools_of_a_server_are_listed_and_run(
    start: Start, model: Model, clock: Clock, *, only_handshakes: bool
) -> None:
    """Each form of the protocol gives the same tools and results; a session is named where there is one."""
    clock.only_handshakes = only_handshakes
    model.turns = [
        calls(
            ("mcp_127_0_0_1_time_in", {"city": "Rome"}),
            ("mcp_127_0_0_1_broken", {}),
            ("mcp_127_0_0_1_time_in", {"city": 5}),
        ),
        replies("ok"),
    ]
    url = start(mcp=settings(clock.url), expose_mcp=True)
    assert listed(url) == ["mcp_127_0_0_1_time_in", "mcp_127_0_0_1_broken", "mcp_127_0_0_1_slow"]
    assert post(url).status_code == 200
    assert model.offered == ["mcp_127_0_0_1_time_in", "mcp_127_0_0_1_broken", "mcp_127_0_0_1_slow"]
    time_in, broken, wrong = model.results()
    assert (time_in, broken) == ("12:00 in Rome", "Error: Error executing tool broken")
    assert wrong.startswith("Error: Error executing tool time_in: 1 validation error")
    assert len(clock.sessions()) == only_handshakes


def test_the_list_is_the_gateways_own(world: World, start: Start, clock: Clock) -> None:
    """An item names the tool with the prefix `mcp_`, the server's address, and the server's schema."""
    url = start(mcp=settings(clock.url), expose_mcp=True)
    tools = world.with_client(lambda client: client.list_tools(), url)
    assert (tools.object, tools.data[0].name, tools.data[0].server) == ("list", "mcp_127_0_0_1_time_in", clock.url)
    assert tools.data[0].description == "Say the time in a city"
    assert tools.data[0].input_schema == {
        "properties": {"city": {"default": "Berlin", "title": "City", "type": "string"}},
        "title": "time_inArguments",
        "type": "object",
    }


def test_a_list_that_is_not_exposed(world: World, start: Start, clock: Clock) -> None:
    """Without MCP_EXPOSE the list is refused, whether MCP is enabled or not, and our client names the setting."""
    url = start(mcp=settings(clock.url))
    with pytest.raises(ForbiddenError, match="set MCP_EXPOSE=true"):
        world.with_client(lambda client: client.list_tools(), url)
    answer = httpx2.get(f"{url}/v1/mcp/tools", trust_env=False)
    assert (answer.status_code, answer.json()) == (403, {"error": "mcp tools endpoint is not exposed"})


def test_a_gateway_without_mcp_lists_nothing(start: Start, model: Model, clock: Clock) -> None:
    """With MCP exposed but disabled, the list is empty, no server is asked, and chats are plain."""
    url = start(mcp=McpSettings(servers=(clock.url,)), expose_mcp=True)
    assert httpx2.get(f"{url}/v1/mcp/tools", trust_env=False).json() == {"object": "list", "data": []}
    post(url)
    assert ("tools" in model.asked[0], clock.seen) == (False, [])


def test_a_forgotten_session_is_begun_anew(start: Start, model: Model, clock: Clock) -> None:
    """A session that the server forgot is initialised again, and the tool is run."""
    clock.only_handshakes = True
    model.turns = [calls(("mcp_127_0_0_1_time_in", {})), replies("ok")]
    url = start(mcp=settings(clock.url))
    clock.forgets = True
    post(url)
    assert model.results() == ["12:00 in Berlin"]
    assert len(clock.sessions()) == 2


def test_a_tool_that_takes_too_long(start: Start, model: Model, clock: Clock) -> None:
    """A tool that is not done in time is an error for the model to read."""
    model.turns = [calls(("mcp_127_0_0_1_slow", {})), replies("ok")]
    url = start(mcp=settings(clock.url, call_timeout=0.5, reconnect_interval=0.05), expose_mcp=True)
    until(lambda: "mcp_127_0_0_1_slow" in listed(url))
    post(url)
    assert model.results() == [f"Error: {clock.url} did not answer in time"]


def test_two_servers_with_a_tool_of_one_name(start: Start, model: Model, clock: Clock) -> None:
    """The alias keeps them apart; gateways up to 0.48 list both and offer the first."""

    def time_in(city: str = "Berlin") -> str:
        """Say the time."""
        return f"noon in {city}"

    model.turns = [calls(("mcp_python_time_in", {}), ("mcp_127_0_0_1_time_in", {})), replies("ok")]
    post(start(time_in, mcp=settings(clock.url), expose_mcp=True))
    assert model.offered[:2] == ["mcp_python_time_in", "mcp_127_0_0_1_time_in"]
    assert model.results() == ["noon in Berlin", "12:00 in Berlin"]
    older = start(time_in, mcp=settings(clock.url), expose_mcp=True, quirks="v0.48")
    assert listed(older).count("mcp_time_in") == 2
    post(older)
    assert model.offered == ["mcp_time_in", "mcp_broken", "mcp_slow"]


def unreachable() -> str:
    """Return an address without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/mcp"


def test_a_server_that_cannot_be_reached_is_left_out(
    start: Start, model: Model, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The gateway starts without it, logs that once, and offers the other servers' tools."""
    gone = unreachable()
    url = start(mcp=settings(gone, clock.url, reconnect_interval=0.05))
    post(url)
    assert model.offered == ["mcp_127_0_0_1_2_time_in", "mcp_127_0_0_1_2_broken", "mcp_127_0_0_1_2_slow"]
    time.sleep(0.3)  # for several attempts to reconnect, none of which may be logged
    logged = [record.getMessage() for record in caplog.records if "no tools from the MCP server" in record.getMessage()]
    assert len(logged) == 1
    assert gone in logged[0]


def test_a_key_in_the_address_of_a_server_is_never_shown(
    start: Start, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    """The server gets the key; the list of tools, the model, clients of `/mcp` and the log do not."""
    at: list[str] = []
    tool = {"name": "t", "inputSchema": {"type": "object"}}
    answer = rpc([tool])

    def handler(connection: Connection, request: Request) -> None:
        at.append(request.target)
        if request.json()["method"] == "tools/call":
            raise Gone
        answer(connection, request)

    with serving(handler) as server:
        address = f"{server.url}/mcp"
        with_key = f"{address}?key=KEYSECRET".replace("http://", "http://me:PASSSECRET@")
        model.turns = [calls(("mcp_127_0_0_1_t", {})), replies("ok")]
        url = start(mcp=settings(with_key, unreachable() + "?key=KEYSECRET"), expose_mcp=True)
        tools = httpx2.get(f"{url}/v1/mcp/tools", trust_env=False).json()["data"]
        assert [tool["server"] for tool in tools] == [address]
        post(url)
        with InferenceGatewayClient(url, proxy=None, max_retries=0) as client:
            (listing,) = client.list_mcp_tools()
            with pytest.raises(GatewayError) as caught:
                client.call_mcp_tool(listing.name)
        logged = str(caught.value)
    assert set(at) == {"/mcp?key=KEYSECRET"}
    (result,) = model.results()
    assert address in result
    assert address in logged
    assert "no tools from the MCP server" in caplog.text
    assert "SECRET" not in f"{model.asked}{logged}{caplog.text}"


def test_a_chat_goes_on_without_servers(start: Start, model: Model) -> None:
    """With MCP enabled and no server available, a chat is a plain one."""
    answer = post(start(mcp=settings(unreachable(), reconnect_interval=None)))
    assert (answer.status_code, "tools" in model.asked[0]) == (200, False)


def rpc(tools: list[dict[str, Any]], *, broken: bool = False) -> Callable[[Connection, Request], None]:
    """Serve these tools as an MCP server of the newest form; the list may be changed while it runs."""

    def handler(connection: Connection, request: Request) -> None:
        message = request.json()
        if broken:
            connection.json(b"<html>", 502)
        elif message["method"] == "server/discover":
            connection.json({"jsonrpc": "2.0", "id": message["id"], "result": {"supportedVersions": ["2026-07-28"]}})
        elif message["method"] != "tools/list":
            error = {"code": -32601, "message": "Method not found"}
            connection.json({"jsonrpc": "2.0", "id": message.get("id"), "error": error}, 404)
        else:
            start = int(message["params"].get("cursor", 0))
            more = {"nextCursor": str(start + 1)} if start + 1 < len(tools) else {}
            result = {"tools": tools[start : start + 1], **more}
            connection.json({"jsonrpc": "2.0", "id": message["id"], "result": result})

    return handler


def test_a_server_is_asked_again(start: Start) -> None:
    """Polling notices added and removed tools, on any number of pages; a server that stops answering loses them."""
    tools = [{"name": "one"}, {"name": "two", "description": "Two", "inputSchema": {"type": "object"}}]
    with serving(rpc(tools)) as server:
        mcp = settings(f"{server.url}/mcp", polling_interval=0.05, reconnect_interval=0.05)
        url = start(mcp=mcp, expose_mcp=True)
        assert listed(url) == ["mcp_127_0_0_1_one", "mcp_127_0_0_1_two"]
        assert {request.headers["mcp-method"] for request in server.requests} == {"server/discover", "tools/list"}
        tools[:] = [{"name": "three"}]
        until(lambda: listed(url) == ["mcp_127_0_0_1_three"])
        server.handler = rpc(tools, broken=True)
        until(lambda: listed(url) == [])
        server.handler = rpc(tools)
        until(lambda: listed(url) == ["mcp_127_0_0_1_three"])


def test_a_server_that_is_not_asked_again(start: Start) -> None:
    """Without polling the list does not change after the start."""
    tools = [{"name": "one"}]
    with serving(rpc(tools)) as server:
        url = start(mcp=settings(f"{server.url}/mcp", polling_interval=None), expose_mcp=True)
        tools[:] = [{"name": "two"}]
        asked = len(server.requests)
        time.sleep(0.2)  # a gateway that polls would have asked by then
        assert (listed(url), len(server.requests)) == (["mcp_127_0_0_1_one"], asked)


def silent(connection: Connection, _: Request) -> None:
    """Send nothing."""
    connection.stall()


def endless(connection: Connection, request: Request) -> None:
    """Serve a list of tools that has no end."""
    message = request.json()
    result = {"supportedVersions": ["2026-07-28"], "tools": [], "nextCursor": "again"}
    connection.json({"jsonrpc": "2.0", "id": message["id"], "result": result})


def slow(connection: Connection, request: Request) -> None:
    """Serve a list of tools that has no end either, slowly."""
    connection.pause(0.1)
    endless(connection, request)


@pytest.mark.parametrize(
    "handler", [silent, rpc([], broken=True), endless, slow], ids=["silent", "broken", "endless", "slow"]
)
def test_a_server_that_makes_no_sense_delays_nothing(start: Start, handler: Any) -> None:
    """The gateway starts without a faulty server, after its time at most."""
    with serving(handler) as server:
        before = time.monotonic()
        url = start(mcp=settings(f"{server.url}/mcp", header_timeout=0.3, request_timeout=0.3), expose_mcp=True)
        assert time.monotonic() - before < 8
        assert listed(url) == []


def test_a_result_without_text_is_given_as_json(start: Start, model: Model) -> None:
    """If a tool gives structured content alone, the model reads it as JSON."""

    def handler(connection: Connection, request: Request) -> None:
        message = request.json()
        if message["method"] != "tools/call":
            rpc([{"name": "one"}])(connection, request)
            return
        result = {"content": [{"type": "image", "data": "", "mimeType": "x/y"}], "structuredContent": {"b": 1, "a": 2}}
        connection.json({"jsonrpc": "2.0", "id": message["id"], "result": result})

    model.turns = [calls(("mcp_127_0_0_1_one", {})), replies("ok")]
    with serving(handler) as server:
        post(start(mcp=settings(f"{server.url}/mcp")))
    assert [json.loads(result) for result in model.results()] == [{"a": 2, "b": 1}]


def test_a_session_is_ended_with_the_gateway(model: Model, clock: Clock) -> None:
    """A server that keeps sessions is notified of a session's end."""
    clock.only_handshakes = True
    with running(Settings(port=0, mcp=settings(clock.url)), local=nowhere()):
        assert "DELETE" not in [headers["method"] for headers in clock.seen]
    assert (clock.seen[-1]["method"], {clock.seen[-1]["mcp-session-id"]}) == ("DELETE", clock.sessions())


def test_a_tool_without_a_description_is_listed_all_the_same(start: Start) -> None:
    """Without description and schema a tool is listed with an empty text and an empty object."""
    with serving(rpc([{"name": "one"}])) as server:
        url = start(mcp=settings(f"{server.url}/mcp"), expose_mcp=True)
        (tool,) = httpx2.get(f"{url}/v1/mcp/tools", trust_env=False).json()["data"]
        assert tool == {
            "name": "mcp_127_0_0_1_one",
            "description": "",
            "server": f"{server.url}/mcp",
            "input_schema": {},
        }


def test_what_is_listed_for_a_model_is_what_is_searched(start: Start, model: Model) -> None:
    """A query matches the listed name, and no word outside the list."""
    model.turns = [
        calls(("mcp_tools_get", {"query": "MCP_127_0_0_1_ONE"}), ("mcp_tools_get", {"query": "none"})),
        replies("ok"),
    ]
    with serving(rpc([{"name": "one"}])) as server:
        post(start(mcp=settings(f"{server.url}/mcp", mode="selector")))
    one = {"name": "mcp_127_0_0_1_one", "description": "", "input_schema": {}}
    assert [json.loads(result) for result in model.results()] == [[one], []]


def test_a_redirect_is_followed(start: Start) -> None:
    """A server that is at /mcp/ is found at /mcp."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/mcp":
            connection.json(b"", 307, "Location: /mcp/")
        else:
            rpc([{"name": "one"}])(connection, request)

    with serving(handler) as server:
        assert listed(start(mcp=settings(f"{server.url}/mcp"), expose_mcp=True)) == ["mcp_127_0_0_1_one"]


def test_a_redirect_to_another_server_is_not_followed(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Arguments of tools are sent only to the configured servers."""
    with serving(rpc([{"name": "one"}])) as other:

        def handler(connection: Connection, request: Request) -> None:
            connection.json(b"", 307, f"Location: {other.url}/mcp?key=KEYSECRET")

        with serving(handler) as server:
            assert listed(start(mcp=settings(f"{server.url}/mcp"), expose_mcp=True)) == []
            assert f"{server.url}/mcp redirects to {other.url}/mcp: name that in MCP_SERVERS" in caplog.text
    assert other.requests == []
    assert "KEYSECRET" not in caplog.text


@pytest.mark.parametrize(
    ("result", "read"),
    [
        ({}, ""),
        ({"content": [7, None, {"type": "text"}]}, ""),
        (
            {"resultType": "input_required", "inputRequests": {}},
            "Error: the tool needs more input, which the gateway cannot",
        ),
        (None, "Error: "),
    ],
)
def test_results_that_are_none(start: Start, model: Model, result: object, read: str) -> None:
    """An invalid result, or one that requires user input, is a text for the model."""

    def handler(connection: Connection, request: Request) -> None:
        if request.json()["method"] != "tools/call":
            rpc([{"name": "one"}, {"title": "without a name"}])(connection, request)
        else:
            connection.json({"jsonrpc": "2.0", "id": 1, "result": result})

    model.turns = [calls(("mcp_127_0_0_1_one", {})), replies("ok")]
    with serving(handler) as server:
        post(start(mcp=settings(f"{server.url}/mcp")))
    assert model.offered == ["mcp_127_0_0_1_one"]
    assert model.results()[0].startswith(read)


def test_answers_may_be_events(start: Start, model: Model) -> None:
    """A server may answer each request with an event stream, with other messages before the result."""

    def handler(connection: Connection, request: Request) -> None:
        message = request.json()
        results: dict[str, Any] = {
            "initialize": {"protocolVersion": "2025-03-26", "serverInfo": {"name": "old"}},
            "tools/list": {"tools": [{"name": "one"}]},
            "tools/call": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        }
        if "id" not in message:
            connection.json(b"", 202)
        elif message["method"] not in results:
            connection.json({"jsonrpc": "2.0", "id": None, "error": {"code": -32601, "message": "what?"}}, 404)
        else:
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}
            connection.events(
                b": ping\n\n", event({"jsonrpc": "2.0", "method": "notifications/message"}), event(answer)
            )

    model.turns = [calls(("mcp_127_0_0_1_one", {})), replies("ok")]
    with serving(handler) as server:
        post(start(mcp=settings(f"{server.url}/mcp")))
    assert model.results() == ["a\nb"]
    versions = [request.headers["mcp-protocol-version"] for request in server.requests]
    assert versions == ["2026-07-28", "2025-06-18", *["2025-03-26"] * 3]


def test_an_error_of_the_protocol_is_read_by_the_model(start: Start, model: Model) -> None:
    """A JSON-RPC error is the tool's failure."""

    def handler(connection: Connection, request: Request) -> None:
        if request.json()["method"] != "tools/call":
            rpc([{"name": "one"}])(connection, request)
            return
        connection.json({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Unknown tool: one"}}, 400)

    model.turns = [calls(("mcp_127_0_0_1_one", {})), replies("ok")]
    with serving(handler) as server:
        post(start(mcp=settings(f"{server.url}/mcp")))
    assert model.results() == ["Error: Unknown tool: one"]


def test_a_servers_alias_may_be_given(world: World, start: Start, clock: Clock) -> None:
    """MCP_SERVERS=alias=url, the form of the newest gateways, puts the alias in the names of the tools."""
    url = start(mcp=settings(f"time-1={clock.url}"), expose_mcp=True)

    async def scenario(client: Any) -> None:
        names = [tool.name for tool in await client.list_mcp_tools()]
        assert names == ["mcp_time-1_time_in", "mcp_time-1_broken", "mcp_time-1_slow"]
        assert (await client.call_mcp_tool("mcp_time-1_time_in", {"city": "Rome"})).text == "12:00 in Rome"
        assert {tool.server for tool in await client.list_tools()} == {clock.url}

    world.with_client(scenario, url)
