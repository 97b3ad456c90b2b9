"""Tools, the proxy, and the push of metrics. Section 13 is proved in the tests of tools.

See gateway-behaviour.md#mcp-tools, #proxy, #metrics-push.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import CHAT, EVENTS, GIN, HI, JSON, Case, broken, cases, events, late, play, whole
from inference_gateway_sdk.embedded import McpSettings

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]


def clock(city: str) -> str:
    """Tell the time."""
    return f"noon in {city}"


TOOLS = "/v1/mcp/tools"
CALLING = [{"id": "t1", "type": "function", "function": {"name": "mcp_python_clock", "arguments": '{"city":"Rome"}'}}]


def turn(finish: str, **message: object) -> bytes:
    """Return a provider's answer that ends one turn."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": None, **message}}
    return whole(200, {"id": "c", "object": "chat.completion", "created": 1, "model": "up", "choices": [choice]})


STREAM = (
    b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"c","choices":[],"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\n'
)


def turns(*answers: bytes) -> object:
    """Return a provider that gives these answers one after the other."""
    left = list(answers)

    def script(connection: object) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return script


@cases(
    Case(section="13", claim="not exposed", method="GET", path=TOOLS, status=403, kind=GIN),
    Case(
        section="13",
        claim="exposed, and empty",
        method="GET",
        path=TOOLS,
        settings={"expose_mcp": True},
        value={"object": "list", "data": []},
    ),
    Case(
        section="13",
        claim="a tool in the list has the prefix, and a schema",
        method="GET",
        path=TOOLS,
        settings={"expose_mcp": True},
        tools=(clock,),
        body=lambda body: (
            (tool := json.loads(body)["data"][0])["name"] == "mcp_python_clock"
            and set(tool) == {"name", "description", "server", "input_schema"}
        ),
    ),
    *(
        Case(
            section="13",
            claim="the name of a tool in chats",
            quirk=quirk,
            path=CHAT,
            sent={"model": "openai/m", "messages": HI},
            settings={"mcp": McpSettings(mode="direct")},
            tools=(clock,),
            answers={"m": turn("stop", content="Hi")},
            seen=lambda seen, name=name: [tool["function"]["name"] for tool in seen.json["tools"]] == [name],
        )
        for quirk, name in ((None, "mcp_python_clock"), ("bare_tool_names", "mcp_clock"))
    ),
    Case(
        section="13",
        claim="the client's tools are replaced",
        path=CHAT,
        sent={"model": "openai/m", "messages": HI, "tools": [{"type": "function", "function": {"name": "mine"}}]},
        tools=(clock,),
        answers={"m": turn("stop", content="Hi")},
        seen=lambda seen: "mine" not in {tool["function"]["name"] for tool in seen.json["tools"]},
    ),
    Case(
        section="13",
        claim="any value of the bypass header bypasses",
        path=CHAT,
        sent={"model": "openai/m", "messages": HI},
        given={"X-MCP-Bypass": "false"},
        tools=(clock,),
        answers={"m": turn("stop", content="Hi")},
        seen=lambda seen: "tools" not in seen.json,
    ),
    Case(
        section="13",
        claim="only the last turn comes back",
        path=CHAT,
        sent={"model": "openai/m", "messages": HI},
        tools=(clock,),
        answers={"m": turns(turn("tool_calls", tool_calls=CALLING), turn("stop", content="Noon"))},
        body=lambda body: json.loads(body)["choices"][0]["message"] == {"role": "assistant", "content": "Noon"},
    ),
    *(
        Case(
            section="13",
            claim="no aliases" if quirk else "aliases",
            quirk=quirk,
            path=CHAT,
            sent={"model": "fast", "messages": HI},
            settings={"pools": {"fast": (("openai", "m"), ("openai", "m"))}},
            tools=(clock,),
            answers={"m": turn("stop", content="Hi")},
            status=400 if quirk else 200,
        )
        for quirk in (None, "mcp_shortcuts")
    ),
    *(
        Case(
            section="13",
            claim="usage is lost" if quirk else "usage arrives",
            quirk=quirk,
            path=CHAT,
            sent={"model": "openai/m", "messages": HI, "stream": True},
            tools=(clock,),
            answers={"m": events(STREAM)},
            body=lambda body, lost=bool(quirk): (b"usage" not in body) is lost and body.endswith(b"data: [DONE]\n\n"),
            kind=EVENTS,
        )
        for quirk in (None, "mcp_cut_turns")
    ),
    *(
        Case(
            section="21.1",
            claim="no server to be had",
            quirk=quirk,
            path=CHAT,
            sent={"model": "openai/m", "messages": HI},
            settings={"mcp": McpSettings(enabled=True, servers=("http://127.0.0.1:9/mcp",))},
            answers={"m": turn("stop", content="Hi")},
            status=400 if quirk else 200,
        )
        for quirk in (None, "mcp_swallows_body")
    ),
)
def test_section_13_tools(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The list of tools, and the party that runs each, are as documented."""
    play(case, gateway, upstream)


def proxied(claim: str, path: str = "/proxy/openai/x", **rest: object) -> Case:
    """Return a case of a request to a provider's own path, which is answered with this body."""
    answers = {path.replace("/proxy/openai", "/v1").replace("/proxy/anthropic", "/v1"): whole(200, {"ok": 1})}
    return Case(section="14", claim=claim, path=path, **{"answers": answers, **rest})


WANTED = {"Accept": EVENTS}
SECOND = {"given": WANTED, "quirk": "proxy_events", "kind": EVENTS}
BOTH = {"Accept": "text/event-stream, application/json"}
ZIPPED = gzip.compress(b"data: 1\n")


def kinds(content_type: str, accept: str) -> object:
    """Return a check of the content type and the accepted type that the provider receives."""
    return lambda seen: (seen.headers.get("content-type"), seen.headers.get("accept")) == (content_type, accept)


@cases(
    proxied("the path below the address, with the query", "/proxy/openai/a/b?c=%20&d", value={"ok": 1}),
    proxied("a slash that is encoded is one", "/proxy/openai/a%2Fb", answers={"/v1/a/b": whole(200, {})}),
    *(proxied(f"any method: {method}", method=method) for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")),
    proxied("ids to the letter", "/proxy/OpenAI/x", status=400),
    proxied(
        "status, headers and body as they are",
        answers={"/v1/x": whole(429, b"slow", "a/b", Retry_After="7", X_Request_Id="r")},
        status=429,
        body=b"slow",
        kind="a/b",
        headers={"retry-after": "7", "x-request-id": "r"},
    ),
    proxied(
        "a break is seen",
        answers={"/v1/x": broken(b"data: 1\n\n")},
        body=b"data: 1\n\n",
        whole=False,
    ),
    proxied(
        "no clock",
        settings={"header_timeout": 0.2, "read_timeout": 0.2},
        answers={"/v1/x": late(0.5, b"", whole(200, {"late": 1}))},
        value={"late": 1},
    ),
    proxied("what it is and what is wanted", given={"Content-Type": "a/b", "Accept": "c/d"}, seen=kinds("a/b", "c/d")),
    proxied(
        "all is JSON",
        given={"Content-Type": "a/b", "Accept": "c/d"},
        quirk="proxy_json",
        seen=kinds(JSON, JSON),
    ),
    proxied(
        "the version of the client",
        "/proxy/anthropic/x",
        given={"Anthropic-Version": "1"},
        seen=lambda seen: seen.headers["anthropic-version"] == "1",
    ),
    proxied(
        "two versions",
        "/proxy/anthropic/x",
        given={"Anthropic-Version": "1"},
        quirk="two_versions",
        seen=lambda seen: seen.headers["anthropic-version"] == "1, 2023-06-01",
    ),
    proxied(
        "no token and no cookie, but a key",
        given={"Authorization": "Bearer c", "X-Api-Key": "c", "Cookie": "c=1", "Proxy-Authorization": "Basic c"},
        # The real gateway forwards a browser's cookie too; here it is dropped (docs/embedded.md).
        seen=lambda seen: (
            [seen.headers[name] for name in ("authorization", "x-api-key")] == ["Bearer sk-o", "c"]
            and {"proxy-authorization", "cookie"}.isdisjoint(seen.headers)
        ),
    ),
    proxied("an event stream hides the status", answers={"/v1/x": whole(401, b"no\n")}, body=b"no\n", **SECOND),
    proxied("and loses what has no end", answers={"/v1/x": whole(401, b"no")}, body=b"", **SECOND),
    proxied(
        "and the provider's headers",
        answers={"/v1/x": whole(200, ZIPPED + b"\n", Content_Encoding="gzip", Retry_After="7")},
        body=ZIPPED + b"\n",
        headers={"content-encoding": None, "retry-after": None},
        **SECOND,
    ),
    proxied("and a break", answers={"/v1/x": broken(b"data: 1\n\n")}, body=b"data: 1\n\n", **SECOND),
    proxied("a content type asks for it too", **{**SECOND, "given": {"Content-Type": EVENTS}, "body": b""}),
    proxied(
        "with a clock",
        answers={"/v1/x": late(1.0)},
        settings={"header_timeout": 0.2},
        status=502,
        **SECOND,
    ),
    proxied(
        "both wanted: the status", answers={"/v1/x": whole(401, b"no")}, given=BOTH, status=401, quirk="proxy_events"
    ),
    proxied(
        "without the quirk: the status", answers={"/v1/x": whole(401, b"no")}, given=WANTED, status=401, body=b"no"
    ),
)
def test_section_14_proxy(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A provider's own API is relayed in both of the real gateway's ways."""
    play(case, gateway, upstream)


METRICS = "/v1/metrics"
PROTOBUF = {"Content-Type": "application/x-protobuf"}
ON = {"push_metrics": True}
USAGE = {"name": "gen_ai.client.token.usage", "sum": {"dataPoints": [{"asInt": "5"}], "aggregationTemporality": 1}}
NOPE = {**USAGE, "name": "nope"}
DECODE = {"error": "Failed to decode OTLP payload"}
TOO_LARGE = {"error": "Payload exceeds 4 MiB limit"}
ZIP = {"Content-Encoding": "gzip"}
HALF_LARGE = b" " * (4 * 1024 * 1024 + 1)


def pushed(claim: str, sent: object, status: int = 200, value: object = ..., **rest: object) -> Case:
    """Return a case of a push, as JSON by default."""
    return Case(
        section="15",
        claim=claim,
        path=METRICS,
        sent=sent,
        status=status,
        value=value,
        **{"settings": ON, "kind": None, **rest},
    )


def export(*metrics: object) -> dict[str, object]:
    """Return an export of these metrics."""
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": list(metrics)}]}]}


@cases(
    pushed("off, whatever it is", b"x", 403, {"error": "Metrics push is not enabled"}, settings={}, kind=GIN),
    pushed("another type", b"x", 415, given={"Content-Type": "text/plain"}, kind=GIN),
    pushed("parameters of the type", {}, 200, {}, given={"Content-Type": JSON + "; x=y"}, kind=JSON),
    pushed("packed", gzip.compress(b"{}"), 200, {}, given=ZIP),
    pushed("not packed as announced", b"{}", 400, {"error": "Invalid gzip payload"}, given=ZIP),
    pushed("packed in another way", gzip.compress(b"{}"), 400, DECODE, given={"Content-Encoding": "x-gzip"}),
    pushed("too large", HALF_LARGE, 413, TOO_LARGE),
    pushed("too large when unpacked", gzip.compress(HALF_LARGE), 413, TOO_LARGE, given=ZIP),
    pushed("breaks off", b"{", 400, {"error": "Failed to read request body"}, given={"Content-Length": "9"}, stop=True),
    pushed("no push", b"[]", 400, DECODE, kind=GIN),
    pushed("no push in Protobuf", b"\x0a\x05x", 400, DECODE, given=PROTOBUF, kind=GIN),
    pushed("an unknown field", {"novel": 1}, 400, DECODE),
    pushed("snake case, numbers and names", {"resource_metrics": []}, 200, {}),
    pushed("all taken", export(USAGE), 200, {}, kind=JSON),
    pushed("all taken in Protobuf", b"", 200, given=PROTOBUF, body=b"", kind="application/x-protobuf"),
    pushed(
        "some not taken",
        export(USAGE, NOPE, NOPE),
        200,
        {"partialSuccess": {"rejectedDataPoints": "2", "errorMessage": 'unsupported metric "nope"'}},
    ),
    pushed(
        "cumulative",
        export({**USAGE, "sum": {**USAGE["sum"], "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE"}}),
        200,
        {
            "partialSuccess": {
                "rejectedDataPoints": "1",
                "errorMessage": 'metric "gen_ai.client.token.usage": only delta temporality is supported',
            }
        },
    ),
)
def test_section_15_metrics(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A push is accepted or refused as documented."""
    play(case, gateway, upstream)
