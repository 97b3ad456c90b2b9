"""MCP over a socket: the requests to the gateway, and the results of its answers."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from client.invented import Invented
from inference_gateway_sdk._wire.mcp import header_value
from support.server import Connection, Request, serving
from support.worlds import World, refused_unsent

META = "io.modelcontextprotocol/"
TOOL = {"name": "mcp_time_now", "description": "Say the time", "inputSchema": {"type": "object"}, "vendor": 1}


def rpc(connection: Connection, *, status: int = 200, **member: Any) -> None:
    """Answer with a JSON-RPC response."""
    connection.json({"jsonrpc": "2.0", "id": 1, **member}, status)


def pages(connection: Connection, request: Request) -> None:
    """Answer with three tools on three pages."""
    cursor = request.json()["params"].get("cursor", "")
    following = {"": {"nextCursor": "b"}, "b": {"nextCursor": "c"}, "c": {}}[cursor]
    rpc(connection, result={"tools": [{**TOOL, "name": f"mcp_t{cursor}"}], **following})


def test_the_tools_in_the_gateways_form(world: World) -> None:
    """GET /v1/mcp/tools gives the iterable list, with fields that the contract does not list."""

    def handler(connection: Connection, request: Request) -> None:
        tool = {"name": "mcp_x", "description": "", "server": "http://s/mcp", "input_schema": {}, "novel": 1}
        connection.json({"object": "list", "data": [tool]})

    with serving(handler) as server:
        tools = world.with_client(lambda client: client.list_tools(), server.url)
    assert [(tool.name, tool.server, tool.extra_fields["novel"]) for tool in tools] == [("mcp_x", "http://s/mcp", 1)]
    assert [(r.method, r.target, r.body) for r in server.requests] == [("GET", "/v1/mcp/tools", b"")]
    assert tools.meta.status == 200


def test_what_an_mcp_request_carries(world: World) -> None:
    """Version, client and capabilities are in the body (where a user's `_meta` wins) and in headers."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection, result={"ok": True})

    async def scenario(client: Any) -> Any:
        return await client.call_mcp("server/discover", {"a": 1, "_meta": {META + "clientInfo": {"name": "mine"}}})

    with serving(handler) as server:
        answer = world.with_client(scenario, server.url)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/mcp")
    assert request.headers["mcp-protocol-version"] == "2026-07-28"
    assert request.headers["mcp-method"] == "server/discover"
    assert "mcp-name" not in request.headers
    assert set(request.headers["accept"].split(", ")) == {"application/json", "text/event-stream"}
    body = request.json()
    assert (body["jsonrpc"], body["method"], body["params"]["a"]) == ("2.0", "server/discover", 1)
    assert body["params"]["_meta"] == {
        META + "protocolVersion": "2026-07-28",
        META + "clientInfo": {"name": "mine"},
        META + "clientCapabilities": {},
    }
    assert (answer.result, answer.error, answer.meta.status) == ({"ok": True}, None, 200)


def test_an_error_is_an_answer_to_call_mcp(world: World) -> None:
    """`call_mcp`, for users of the protocol itself, returns its errors unchanged."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection, error={"code": -32601, "message": "no such method", "data": {"a": 1}})

    with serving(handler) as server:
        answer = world.with_client(lambda client: client.call_mcp("x/y"), server.url)
    assert (answer.error.code, answer.error.message, answer.result) == (-32601, "no such method", None)


def test_an_answer_in_an_event_stream(world: World) -> None:
    """A response in an event stream is found after notifications."""

    def handler(connection: Connection, request: Request) -> None:
        notice = b'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n'
        response = b'event: message\ndata: {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}\n\n'
        connection.events(b": hello\n\n", notice, b"data: no json\n\n", response)

    with serving(handler) as server:
        assert world.with_client(lambda client: client.list_mcp_tools(), server.url) == []


def test_an_event_stream_without_a_response(world: World) -> None:
    """Events without a response are an error, not an empty list."""

    def handler(connection: Connection, request: Request) -> None:
        connection.events(b"data: {}\n\n")

    with serving(handler) as server, pytest.raises(sdk.DecodingError, match="no JSON-RPC response"):
        world.with_client(lambda client: client.list_mcp_tools(), server.url)


def test_pages_are_followed(world: World) -> None:
    """All tools are returned, in the order of the pages, with unknown fields kept."""
    with serving(pages) as server:
        tools = world.with_client(lambda client: client.list_mcp_tools(), server.url)
    assert [tool.name for tool in tools] == ["mcp_t", "mcp_tb", "mcp_tc"]
    assert tools[0].to_dict() == {**TOOL, "name": "mcp_t"}
    assert (tools[0].input_schema, tools[0].extra_fields) == ({"type": "object"}, {"vendor": 1})
    assert [request.json()["params"].get("cursor") for request in server.requests] == [None, "b", "c"]


def test_pages_without_an_end(world: World) -> None:
    """A server that repeats a cursor does not loop the client endlessly."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection, result={"tools": [TOOL], "nextCursor": "again"})

    with (
        serving(handler) as server,
        pytest.raises(sdk.DeserializationError, match="the server returned the same cursor twice"),
    ):
        world.with_client(lambda client: client.list_mcp_tools(), server.url)
    assert len(server.requests) == 2


def new_cursors(connection: Connection, request: Request) -> None:
    """Answer with a page and a new cursor; after 300, which no client should reach, with the last one."""
    cursor = int(request.json()["params"].get("cursor") or 0)
    following = {"nextCursor": str(cursor + 1)} if cursor < 300 else {}
    rpc(connection, result={"tools": [TOOL], **following})


def test_pages_are_counted(world: World) -> None:
    """A server that always has another page is stopped after a hundred."""
    with serving(new_cursors) as server, pytest.raises(sdk.DeserializationError, match="more than 100 pages"):
        world.with_client(lambda client: client.list_mcp_tools(), server.url)
    assert len(server.requests) == 100


def test_all_pages_share_one_total(world: World) -> None:
    """`timeout` bounds the whole list: every page uses part of it."""
    with serving(new_cursors) as server:
        runtime = Invented().runtime(world)._replace(monotonic=lambda: time.monotonic() + 10 * len(server.requests))
        with pytest.raises(sdk.TimeoutError, match=r"not whole within 35 s \(timeout.total\)") as caught:
            world.with_client(lambda client: client.list_mcp_tools(timeout=35), server.url, _runtime=runtime)
    assert (caught.value.limit, caught.value.seconds) == ("total", 35)
    assert len(server.requests) == 4


def test_calling_a_tool(world: World) -> None:
    """The arguments are sent, the tool's name in a header too, and its blocks are returned."""

    def handler(connection: Connection, request: Request) -> None:
        blocks = [
            {"type": "text", "text": "12"},
            {"type": "image", "data": "aGk="},
            {"type": "text", "text": "o'clock"},
        ]
        rpc(connection, result={"content": blocks, "structuredContent": {"hour": 12}, "resultType": "complete"})

    async def scenario(client: Any) -> Any:
        return await client.call_mcp_tool("mcp_zeit_Köln", {"city": "Köln"})

    with serving(handler) as server:
        result = world.with_client(scenario, server.url)
    (request,) = server.requests
    params = request.json()["params"]
    assert (params["name"], params["arguments"]) == ("mcp_zeit_Köln", {"city": "Köln"})
    wrapped = base64.b64encode("mcp_zeit_Köln".encode()).decode()
    assert (request.headers["mcp-method"], request.headers["mcp-name"]) == ("tools/call", f"=?base64?{wrapped}?=")
    assert (result.text, result.structured_content, result.is_error) == ("12\no'clock", {"hour": 12}, None)
    assert (result.extra_fields, result.meta.attempts) == ({"resultType": "complete"}, 1)


def test_a_tool_that_fails_gives_a_result(world: World) -> None:
    """A tool's own failure is a result, not the client's error."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection, result={"content": [{"type": "text", "text": "broken"}], "isError": True})

    with serving(handler) as server:
        result = world.with_client(lambda client: client.call_mcp_tool("mcp_broken"), server.url)
    assert (result.is_error, result.text) == (True, "broken")
    assert server.requests[0].json()["params"]["arguments"] == {}


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        (-32602, sdk.BadRequestError, 400),
        (-32601, sdk.NotFoundError, 404),
        (-32603, sdk.InternalError, 500),
        (-32001, sdk.ForbiddenError, 403),
        (-32020, sdk.BadRequestError, 400),
        (-32022, sdk.BadRequestError, 400),
        (-32050, sdk.StatusError, 200),
    ],
)
def test_a_json_rpc_error_raises(code: int, kind: type[sdk.StatusError], status: int, world: World) -> None:
    """The codes that JSON-RPC defines have the class of their status; others keep the response's."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection, error={"code": code, "message": "that went wrong"})

    with serving(handler) as server, pytest.raises(sdk.StatusError) as caught:
        world.with_client(lambda client: client.call_mcp_tool("mcp_x"), server.url)
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, code, "that went wrong")
    assert error.meta.status == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ({"supported": ["2027-01-01", 7], "requested": "x"}, "the gateway speaks MCP 2027-01-01, and this client "),
        (None, "the gateway speaks another version, and this client "),
    ],
)
def test_another_version_is_named(data: Any, hint: str) -> None:
    """The envelope comes under 400; the hint has the gateway's versions and the client's own."""

    def handler(connection: Connection, request: Request) -> None:
        error = {"code": -32022, "message": "Unsupported protocol version", "data": data}
        connection.json({"jsonrpc": "2.0", "id": 1, "error": error}, 400)

    for call in (lambda client: client.list_mcp_tools(), lambda client: client.call_mcp_tool("mcp_x")):
        with serving(handler) as server, pytest.raises(sdk.BadRequestError) as caught:
            World("async").with_client(call, server.url)
        error = caught.value
        assert (error.code, error.message, error.meta.status) == (-32022, "Unsupported protocol version", 400)
        assert str(error.hint).startswith(hint + sdk.MCP_PROTOCOL_VERSION)


def test_an_answer_that_is_neither(world: World) -> None:
    """A response without result and error is refused with the missing fields."""

    def handler(connection: Connection, request: Request) -> None:
        rpc(connection)

    with serving(handler) as server, pytest.raises(sdk.DeserializationError, match="neither a result nor an error"):
        world.with_client(lambda client: client.call_mcp("tools/list"), server.url)


@pytest.mark.parametrize(
    ("method", "status", "message", "kind", "part"),
    [
        ("list_tools", 403, "mcp tools endpoint is not exposed", sdk.ForbiddenError, "MCP_EXPOSE=true"),
        ("list_tools", 404, "Requested route is not found", sdk.NotFoundError, "list_mcp_tools()"),
        ("list_mcp_tools", 403, "mcp is not exposed", sdk.ForbiddenError, "MCP_EXPOSE=true"),
        ("list_mcp_tools", 404, "Requested route is not found", sdk.NotFoundError, "list_tools()"),
        ("mcp_resource_metadata", 404, "Requested route is not found", sdk.NotFoundError, "AUTH_ENABLED=true"),
        ("list_mcp_tools", 401, "unauthorized", sdk.UnauthorizedError, "mcp_resource_metadata() names the server"),
    ],
)
def test_what_this_gateway_does_not_serve(
    method: str, status: int, message: str, kind: type[sdk.StatusError], part: str, world: World
) -> None:
    """A refusal of a gateway that is closed, too old or too new has its class and a hint."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": message}, status)

    with serving(handler) as server, pytest.raises(kind) as caught:
        world.with_client(lambda client: getattr(client, method)(), server.url)
    assert (caught.value.status, caught.value.message) == (status, message)
    assert part in str(caught.value.hint)


@pytest.mark.parametrize(("method", "sends"), [("list_mcp_tools", 2), ("call_mcp_tool", 1)])
def test_a_tool_is_not_run_twice_by_accident(method: str, sends: int, world: World) -> None:
    """A list is retried after a failure in transit; a tool call, which may have run, is not."""
    failures = [502]

    def handler(connection: Connection, request: Request) -> None:
        if failures:
            connection.json({"error": "x"}, failures.pop())
        else:
            rpc(connection, result={"tools": []})

    async def scenario(client: Any) -> None:
        if method == "list_mcp_tools":
            await client.list_mcp_tools()
            return
        with pytest.raises(sdk.BadGatewayError):
            await client.call_mcp_tool("mcp_x")

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == sends


def test_the_metadata_is_asked_for_without_a_token(world: World) -> None:
    """The metadata, which is needed to get a token, is requested without calling the token function."""

    def token() -> str:
        raise AssertionError("called")

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"resource": "http://gw/mcp", "authorization_servers": ["https://id"], "novel": 1})

    with serving(handler) as server:
        found = world.with_client(lambda client: client.mcp_resource_metadata(), server.url, token)
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/.well-known/oauth-protected-resource/mcp")
    assert "authorization" not in request.headers
    assert (found.resource, found.authorization_servers, found.extra_fields) == (
        "http://gw/mcp",
        ["https://id"],
        {"novel": 1},
    )


@pytest.mark.parametrize(
    ("call", "kind", "part"),
    [
        (lambda client: client.call_mcp(""), ValueError, "method is empty"),
        (lambda client: client.call_mcp(3), TypeError, "method must be a string"),
        (lambda client: client.call_mcp("x", [1]), TypeError, "params must be an object"),
        (lambda client: client.call_mcp_tool(""), ValueError, "list_mcp_tools"),
        (lambda client: client.call_mcp_tool(3), TypeError, "name must be a tool's name"),
        (lambda client: client.call_mcp_tool("x", "{}"), TypeError, "arguments must be an object"),
        (lambda client: client.list_tools(extra_body={}), TypeError, "unknown parameter 'extra_body'"),
        (lambda client: client.list_models(limit=3), TypeError, "unknown parameter 'limit'"),
    ],
)
def test_bad_input_is_refused_before_sending(call: Any, kind: type[Exception], part: str) -> None:
    """The message names the argument, and nothing is sent."""
    refused_unsent(call, kind, part)


@given(st.text(min_size=1))
def test_a_name_survives_its_header(name: str) -> None:
    """Any name becomes printable ASCII without spaces at its ends, and can be decoded again."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    value = header_value(name)
    assert value.isascii() and value.isprintable() and value.strip() == value
    wrapped = value.startswith("=?base64?") and value.endswith("?=")
    assert (base64.b64decode(value[9:-2]).decode() if wrapped else value) == name


def test_a_name_that_looks_wrapped_is_wrapped() -> None:
    """A name that looks like the encoding itself is encoded."""
    assert header_value("=?base64?x?=") == f"=?base64?{base64.b64encode(b'=?base64?x?=').decode()}?="
    assert json.dumps(header_value("mcp_time_now")) == '"mcp_time_now"'


# The protocol itself, by call_mcp


def test_the_version_header_follows_the_body(world: World) -> None:
    """A version given under `_meta` is sent in the header too, because servers refuse a mismatch (-32020)."""

    async def scenario(client: Any) -> Any:
        return await client.call_mcp("server/discover", {"_meta": {META + "protocolVersion": "2025-11-25"}})

    with serving(lambda connection, request: rpc(connection, result={})) as server:
        world.with_client(scenario, server.url)
    (request,) = server.requests
    assert request.headers["mcp-protocol-version"] == "2025-11-25"
    assert request.json()["params"]["_meta"][META + "protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("meta", [[], "x", {META + "protocolVersion": 1}, {META + "protocolVersion": None}])
def test_a_meta_that_is_no_object_with_a_version_is_refused(world: World, meta: object) -> None:
    """The argument is named before anything is sent."""

    async def scenario(client: Any) -> None:
        with pytest.raises(TypeError, match="params: "):
            await client.call_mcp("server/discover", {"_meta": meta})

    with serving(lambda connection, request: rpc(connection, result={})) as server:
        world.with_client(scenario, server.url)
    assert server.requests == []


@pytest.mark.parametrize(("status", "code"), [(400, -32020), (400, -32022), (404, -32601), (200, -32602)])
def test_an_envelope_under_an_error_status_is_an_answer_to_call_mcp(world: World, status: int, code: int) -> None:
    """JSON-RPC errors under 400 and 404, as in the newest contract, are returned by call_mcp unchanged."""
    error = {"code": code, "message": "no", "data": {"supported": ["2026-07-28"]}}
    with serving(lambda connection, request: rpc(connection, status=status, error=error)) as server:
        answer = world.with_client(lambda client: client.call_mcp("x/y"), server.url)
    assert (answer.error.code, answer.error.message, answer.meta.status) == (code, "no", status)
    assert answer.error.data == {"supported": ["2026-07-28"]}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"error": "Requested route is not found"}, sdk.NotFoundError),
        (404, b"<html>", sdk.NotFoundError),
        (400, {"error": "no"}, sdk.BadRequestError),
        (400, {"result": {}}, sdk.BadRequestError),
        (400, {"error": {"message": "no", "code": "x"}}, sdk.BadRequestError),
        (403, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "no cards"}}, sdk.ForbiddenError),
    ],
)
def test_another_refusal_is_an_error_of_call_mcp(
    world: World, status: int, body: Any, kind: type[sdk.StatusError]
) -> None:
    """A missing route, and refusals outside the protocol, raise as everywhere."""

    async def scenario(client: Any) -> Any:
        with pytest.raises(kind) as caught:
            await client.call_mcp("x/y")
        return caught.value

    with serving(lambda connection, request: connection.json(body, status)) as server:
        error = world.with_client(scenario, server.url)
    assert (error.status, error.meta.status) == (status, status)


def test_a_notification_has_no_id_and_no_answer(world: World) -> None:
    """A notification gets an empty 202, which is neither a result nor an error."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(202, length=0)

    with serving(handler) as server:
        answer = world.with_client(
            lambda client: client.call_mcp("notifications/cancelled", {"requestId": 1}), server.url
        )
    assert (answer.result, answer.error, answer.meta.status) == (None, None, 202)
    assert "id" not in server.requests[0].json()


def test_a_refused_page_of_tools_still_raises(world: World) -> None:
    """list_mcp_tools raises an error under 404 with the protocol's code, because it has no envelope to return."""

    async def scenario(client: Any) -> Any:
        with pytest.raises(sdk.NotFoundError) as caught:
            await client.list_mcp_tools()
        return caught.value

    error = {"code": -32601, "message": "no"}
    with serving(lambda connection, request: rpc(connection, status=404, error=error)) as server:
        assert world.with_client(scenario, server.url).code == -32601
