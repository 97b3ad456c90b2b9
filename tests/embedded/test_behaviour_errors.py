"""gateway-behaviour.md#errors: each row of the error catalogue, in each of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import (
    ANSWER,
    CHAT,
    EVENTS,
    GIN,
    IMAGES,
    JSON,
    MESSAGES,
    MODELS,
    RESPONSES,
    Case,
    broken,
    cases,
    late,
    play,
    whole,
)

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

COLUMNS = {"chat": CHAT, "messages": MESSAGES, "responses": RESPONSES, "images": IMAGES}
EVERYWHERE = tuple(COLUMNS)
CATALOGUE = {
    "bad_json": (*EVERYWHERE, "mcp"),
    "read_failure": EVERYWHERE,
    "no_provider": (*EVERYWHERE, "mcp"),
    "denied": EVERYWHERE,
    "unknown_provider": (*EVERYWHERE, "mcp"),
    "no_key": (*EVERYWHERE, "mcp"),
    "unsupported": ("messages", "responses", "images"),
    "disabled": ("images",),
    "provider_error": EVERYWHERE,
    "unreachable": EVERYWHERE,
    "header_timeout": EVERYWHERE,
    "deadline": EVERYWHERE,
    "undecodable": EVERYWHERE,
    # The last row, 422 for an unknown type of authorisation, needs a configuration that no gateway can have.
}
"""The rows, and the columns in which something is documented."""

DECODE, READ = "Failed to decode request", "Failed to read request"
NO_PROVIDER = (
    "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter "
    "or use the provider/model format (e.g., {})."
)
EXAMPLES = {
    "chat": "openai/gpt-4",
    "messages": "anthropic/claude-sonnet-4-5",
    "responses": "openai/gpt-4o",
    "images": "openai/gpt-image-2",
}
"""The model that each endpoint of the real gateway names in that refusal."""
UNSPECIFIED = (
    "No provider specified. Please specify a provider using the ?provider= query parameter "
    "or use the provider/model format (e.g., openai/gpt-image-2)."
)
NOT_FOUND = "Provider not found. Please check the list of supported providers."
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
ALLOWED = "Model not allowed. Please check the list of allowed models."
UNREACHABLE = "Failed to reach upstream server"
REFUSED = f"{UNREACHABLE}: dial tcp 127.0.0.1:9: connect: connection refused"
LATE = "Request timed out"
UNSUPPORTED = {
    "messages": "The Messages API is not supported by this provider yet.",
    "responses": "The Responses API is not supported by this provider yet. Use /v1/chat/completions instead.",
    "images": "The Images API is not supported by this provider yet.",
}
SLOW_DOWN = b'{"error": {"message": "slow <down>"}}'
MUTE = {"m": late(1.0)}


def envelope(column: str, status: int, text: str) -> object:
    """Return the body of a refusal."""
    if column != "messages":
        return {"error": text}
    unsupported = text == UNSUPPORTED["messages"]
    kind = "api_error" if status > 500 else "not_supported_error" if unsupported else "invalid_request_error"
    return {"type": "error", "error": {"type": kind, "message": text}}


def case(row: str, column: str, sent: object, status: int, text: object, **more: object) -> Case:
    """Return the case of a row in a column; the text is in the column's envelope, unless it is not a text."""
    settings = {"images": True, **more.pop("settings", {})}
    value = envelope(column, status, text) if isinstance(text, str) else text
    path = COLUMNS[column] + more.pop("query", "")
    claim = f"{row} of {column}{more.pop('note', '')}"
    more = {"kind": GIN, "rows": (f"{row}/{column}",), **more}
    return Case(section="6", claim=claim, path=path, sent=sent, settings=settings, status=status, value=value, **more)


def model(column: str, name: str = "m") -> dict[str, object]:
    """Return a request for a model of the provider that offers the column's endpoint."""
    return {"model": f"{'anthropic' if column == 'messages' else 'openai'}/{name}"}


def dead(column: str) -> dict[str, object]:
    """Return a gateway whose provider of the column's endpoint does not listen."""
    from inference_gateway_sdk.embedded import Access

    name = "anthropic" if column == "messages" else "openai"
    return {"settings": {"access": {name: Access(url="http://127.0.0.1:9/v1", key="k")}}}


PASSED = ("messages", "responses", "images")
ROWS = [
    *(case("bad_json", column, b"{", 400, DECODE, seen=False) for column in EVERYWHERE),
    *(case("bad_json", column, {"model": 5}, 400, DECODE, note=" by type") for column in EVERYWHERE),
    *(
        case("read_failure", column, b"{", 400, DECODE if column == "chat" else READ, stop=True, seen=False, **half)
        for column in EVERYWHERE
        for half in (
            {"given": {"Content-Length": "9"}},
            {"given": {"Transfer-Encoding": "chunked", "Content-Length": "1"}, "note": " in chunks"},
        )
    ),
    *(
        case("no_provider", column, {"model": "gpt-4"}, 400, NO_PROVIDER.format(EXAMPLES[column]))
        for column in EVERYWHERE
    ),
    case("no_provider", "images", {"prompt": "cat"}, 400, UNSPECIFIED, note=" without a model"),
    *(
        case("denied", column, model(column), 403, ALLOWED, settings={"allowed_models": ("x",)})
        for column in EVERYWHERE
    ),
    *(
        case("unknown_provider", column, {"model": "m"}, 400, UNSUPPORTED.get(column, ""), query="?provider=foo")
        for column in ("messages", "responses")
    ),
    *(
        case("unknown_provider", column, {"model": "m"}, 400, NOT_FOUND, query="?provider=foo")
        for column in ("chat", "images")
    ),
    *(case("no_key", column, model(column), 400, NO_KEY, settings={"access": {}}) for column in EVERYWHERE),
    *(case("unsupported", column, {"model": "ollama/m"}, 400, UNSUPPORTED[column], seen=False) for column in PASSED),
    case("unsupported", "responses", {"model": "groq/m"}, 400, UNSUPPORTED["responses"], note=" before the key"),
    case("no_key", "images", {"model": "groq/m"}, 400, NO_KEY, note=" before what it offers"),
    case(
        "disabled",
        "images",
        b"{",
        404,
        "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it.",
        settings={"images": False},
    ),
    *(
        case("provider_error", "chat", model("chat"), status, {"error": body.decode()}, kind=JSON, answers=answers)
        for status, body in ((429, SLOW_DOWN), (503, b"<html>"), (201, b"{}"), (202, b""), (302, b"x"), (529, b"x\n"))
        for answers in ({"m": whole(status, body)},)
    ),
    case("provider_error", "chat", model("chat"), 204, ..., body=b"", kind=JSON, answers={"m": whole(204, b"")}),
    *(
        case("provider_error", column, model(column), 429, ..., body=SLOW_DOWN, kind="a/b; c=d", answers=answers)
        for column in PASSED
        for answers in ({"m": whole(429, SLOW_DOWN, "a/b; c=d", Retry_After="7")},)
    ),
    case("unreachable", "chat", model("chat"), 502, f'{{"error":"{REFUSED}"}}\n', kind=JSON, **dead("chat")),
    *(case("unreachable", column, model(column), 502, UNREACHABLE, **dead(column)) for column in PASSED),
    *(
        case(
            "header_timeout",
            column,
            model(column),
            504,
            LATE,
            kind=kind,
            answers=MUTE,
            settings={"header_timeout": 0.2},
        )
        for column, kind in (("chat", JSON), ("messages", GIN), ("responses", GIN), ("images", GIN))
    ),
    case(
        "header_timeout",
        "chat",
        model("chat"),
        400,
        ...,
        quirk="late_is_refused",
        kind=JSON,
        body=lambda body: (
            body.startswith(b'{"error":"Post \\"http://127.0.0.1:')
            and body.endswith(b'/proxy/openai/chat/completions\\": net/http: timeout awaiting response headers"}')
        ),
        answers=MUTE,
        settings={"header_timeout": 0.2},
    ),
    *(
        case(
            "header_timeout",
            column,
            model(column),
            502,
            UNREACHABLE,
            quirk="late_is_refused",
            answers=MUTE,
            settings={"header_timeout": 0.2},
        )
        for column in PASSED
    ),
    *(
        case("deadline", column, model(column), 504, LATE, kind=kind, answers=MUTE, settings={"read_timeout": 0.2})
        for column, kind in (("chat", JSON), ("messages", GIN), ("responses", GIN), ("images", GIN))
    ),
    *(
        case("undecodable", "chat", model("chat"), status, ..., kind=JSON, quirk=quirk, answers={"m": whole(200, body)})
        for body in (b"not json", b'{"choices":5}', b"")
        for quirk, status in ((None, 502), ("unread_is_refused", 400))
    ),
    *(
        case("undecodable", column, model(column), 200, ..., body=b"not json", kind=JSON, answers=answers)
        for column in PASSED
        for answers in ({"m": whole(200, b"not json")},)
    ),
]


@cases(*ROWS)
def test_section_6_catalogue(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """Each row has its status, envelope and content type."""
    play(case, gateway, upstream)


def clock() -> str:
    """Tell the time."""
    return "noon"


def with_tools(row: str, path: str, sent: object, status: int, text: str) -> Case:
    """Return a row of chat when tools are offered: MCP answers before the endpoint does."""
    rows = (f"{row}/mcp",)
    claim = f"{row} with tools"
    return Case(
        section="6", claim=claim, path=path, sent=sent, tools=(clock,), status=status, value={"error": text}, rows=rows
    )


TOOLED = [
    with_tools("bad_json", CHAT, b"{", 400, "Invalid request body"),
    with_tools("no_provider", CHAT, {"model": "gpt-4"}, 400, "Unsupported model: gpt-4"),
    with_tools("unknown_provider", CHAT + "?provider=foo", {"model": "m"}, 500, "Provider not available"),
    with_tools("no_key", CHAT, {"model": "groq/m"}, 500, "Provider not available"),
]


@cases(*TOOLED)
def test_section_6_with_tools(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The rows of chat have the results in brackets when tools are offered."""
    play(case, gateway, upstream)


def test_every_row_of_the_catalogue_has_a_case() -> None:
    """Every cell of the table with a text has a case."""
    documented = {f"{row}/{column}" for row, columns in CATALOGUE.items() for column in columns}
    assert {row for case in (*ROWS, *TOOLED) for row in case.rows} == documented


@cases(
    Case(
        section="6",
        claim="the phrase of an odd status is literal",
        path=MESSAGES,
        sent=model("messages"),
        answers={"m": whole(529, {})},
        status=529,
        body=b"{}",
    ),
    Case(
        section="6",
        claim="a break upstream of the gateway is the client's fault",
        quirk="unread_is_refused",
        path=CHAT,
        sent=model("chat"),
        answers={"m": broken(b"{")},
        status=400,
        kind=JSON,
    ),
    Case(
        section="6",
        claim="a refused stream has an error body under an event stream's name",
        quirk="errors_as_events",
        path=CHAT,
        sent={**model("chat"), "stream": True},
        answers={"m": whole(401, SLOW_DOWN)},
        status=401,
        value={"error": SLOW_DOWN.decode()},
        kind=EVENTS,
    ),
    *(
        Case(section="6", claim=f"a list: {why}", method="GET", path=f"{MODELS}?provider={name}", **rest)
        for why, name, rest in (
            ("refused", "openai", {"answers": {"/v1/models": whole(500, {})}, "status": 502}),
            ("unreachable", "deepseek", {"status": 502, "value": {"error": "Failed to list models"}}),
            ("no list", "openai", {"answers": {"/v1/models": whole(200, b"[]")}, "status": 502}),
            (
                "late",
                "openai",
                {
                    "answers": {"/v1/models": late(1.0)},
                    "settings": {"read_timeout": 0.2},
                    "status": 504,
                    "value": {"error": LATE},
                    "kind": GIN,
                },
            ),
        )
    ),
    *(
        Case(section="6", claim=f"/proxy: {why}", path=path, status=status, value={"error": text})
        for why, path, status, text in (
            ("no such provider", "/proxy/foo/x", 400, NOT_FOUND),
            ("no key", "/proxy/groq/x", 400, NO_KEY),
            ("unreachable", "/proxy/deepseek/x", 502, REFUSED),
        )
    ),
    Case(
        section="6",
        claim="an event stream of /proxy that cannot be had gives no reason",
        quirk="proxy_events",
        path="/proxy/deepseek/x",
        given={"Accept": EVENTS},
        status=502,
        value={"error": UNREACHABLE},
    ),
    Case(
        section="6",
        claim="tools that are not shown",
        method="GET",
        path="/v1/mcp/tools",
        status=403,
        value={"error": "mcp tools endpoint is not exposed"},
    ),
    *(
        Case(
            section="6",
            claim=f"the provider's own headers are dropped on {path}",
            path=path,
            sent=sent,
            answers={
                "m": whole(status, ANSWER, Retry_After="7", Request_Id="r", Anthropic_Ratelimit="1", X_Request_Id="r")
            },
            status=status,
            headers={"retry-after": None, "request-id": None, "anthropic-ratelimit": None, "x-request-id": None},
        )
        for path, sent in ((CHAT, model("chat")), (MESSAGES, model("messages")), (RESPONSES, model("responses")))
        for status in (200, 429)
    ),
)
def test_section_6_beside_the_catalogue(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The sentences below the table hold."""
    play(case, gateway, upstream)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(
    gateway: Gateways, upstream: Upstream, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """A refusal with such a status has no body (RFC 9110 section 6.4.1), and nothing is logged."""
    upstream.answers("m", whole(status, b""))
    answer = gateway().post(CHAT, json=model("chat"))
    assert (answer.status_code, answer.content) == (status, b"")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_the_phrase_of_a_status_is_gos(gateway: Gateways, upstream: Upstream) -> None:
    """The reason phrase is Go's, whatever this Python uses."""
    from embedded.raw_http import exchanged

    for status, words in ((529, "status code 529"), (413, "Request Entity Too Large"), (422, "Unprocessable Entity")):
        upstream.answers("/v1/x", whole(status, {}))
        request = b"GET /proxy/openai/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert exchanged(str(gateway().base_url), request).first == f"HTTP/1.1 {status} {words}"
