"""Pushing metrics over a socket: both encodings, compressed and not, and the gateway's responses."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from inference_gateway_sdk._wire.metrics import protobuf_fields
from support.server import Connection, Request, serving
from support.worlds import refused_unsent

if TYPE_CHECKING:
    from support.worlds import World

EXPORT = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "gen_ai.client.token.usage"}]}]}]}
REASON = 'unsupported metric "nope"'
PROTOBUF = "application/x-protobuf"


def varint(value: int) -> bytes:
    """Return a whole number in the encoding of Protocol Buffers."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes) -> bytes:
    """Return one field: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def answered(body: bytes, ctype: str, status: int = 200) -> Any:
    """Return a handler that gives this answer."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(status, ctype, length=len(body))
        connection.send(body)

    return handler


@pytest.mark.parametrize("payload", [EXPORT, sdk.ExportMetricsServiceRequest(**EXPORT)])
def test_an_export_goes_out_as_json(payload: Any, world: World) -> None:
    """A mapping or an object is sent as OTLP's JSON, to /v1/metrics; an empty answer means full acceptance."""
    with serving(answered(b"{}", "application/json")) as server:
        outcome = world.with_client(lambda client: client.push_metrics(payload), server.url)
    (request,) = server.requests
    assert (request.method, request.target, request.json()) == ("POST", "/v1/metrics", EXPORT)
    assert request.headers["content-type"] == "application/json"
    assert "content-encoding" not in request.headers
    assert (outcome.accepted, outcome.rejected, outcome.reason) == (True, 0, None)
    assert outcome.meta.status == 200


def test_protobuf_goes_out_as_it_is(world: World) -> None:
    """Bytes are sent untouched as Protobuf; an empty answer means full acceptance."""
    with serving(answered(b"", PROTOBUF)) as server:
        outcome = world.with_client(lambda client: client.push_metrics(b"\x0a\x00"), server.url)
    (request,) = server.requests
    assert (request.headers["content-type"], request.body) == (PROTOBUF, b"\x0a\x00")
    assert (outcome.accepted, outcome.rejected, outcome.reason) == (True, 0, None)


def test_bytes_of_json_are_sent_as_json(world: World) -> None:
    """`content_type` sets the type of bytes."""
    text = json.dumps(EXPORT).encode()

    async def scenario(client: Any) -> Any:
        return await client.push_metrics(text, content_type="application/json")

    with serving(answered(b"{}", "application/json")) as server:
        world.with_client(scenario, server.url)
    assert (server.requests[0].headers["content-type"], server.requests[0].body) == ("application/json", text)


@pytest.mark.parametrize("payload", [EXPORT, b"\x0a\x00"])
def test_compressed(payload: Any, world: World) -> None:
    """`gzip=True` compresses the body and sets its header."""
    with serving(answered(b"", PROTOBUF)) as server:
        world.with_client(lambda client: client.push_metrics(payload, gzip=True), server.url)
    (request,) = server.requests
    assert request.headers["content-encoding"] == "gzip"
    body = gzip.decompress(request.body)
    assert body == payload if isinstance(payload, bytes) else json.loads(body) == payload


PARTIAL = field(1, field(1, 2) + field(2, REASON.encode()))


@pytest.mark.parametrize(
    ("body", "ctype"),
    [
        (json.dumps({"partialSuccess": {"rejectedDataPoints": "2", "errorMessage": REASON}}), "application/json"),
        (json.dumps({"partialSuccess": {"rejectedDataPoints": 2, "errorMessage": REASON}}), "application/json"),
        (PARTIAL, PROTOBUF),
        (field(1, field(1, 2)) + field(9, b"new") + field(1, field(2, REASON.encode())), PROTOBUF),
    ],
)
def test_a_part_was_refused(body: bytes | str, ctype: str, world: World) -> None:
    """The count is a number, whichever encoding it came in, and the reasons are text."""
    raw = body.encode() if isinstance(body, str) else body
    with serving(answered(raw, ctype)) as server:
        outcome = world.with_client(lambda client: client.push_metrics(EXPORT), server.url)
    assert (outcome.accepted, outcome.rejected, outcome.reason) == (False, 2, REASON)
    assert outcome.meta.raw == raw


def test_a_warning_refuses_nothing(world: World) -> None:
    """A reason without a count is a warning (OTLP): every metric was accepted."""
    with serving(answered(b'{"partialSuccess": {"errorMessage": "soon gone"}}', "application/json")) as server:
        outcome = world.with_client(lambda client: client.push_metrics(EXPORT), server.url)
    assert (outcome.accepted, outcome.rejected, outcome.reason) == (True, 0, "soon gone")


@pytest.mark.parametrize(
    ("status", "message", "kind", "part"),
    [
        (403, "Metrics push is not enabled", sdk.ForbiddenError, "TELEMETRY_METRICS_PUSH_ENABLED=true"),
        (404, "Requested route is not found", sdk.NotFoundError, "older than the endpoint"),
        (413, "Payload exceeds 4 MiB limit", sdk.PayloadTooLargeError, "fewer at a time"),
        (400, "Failed to decode OTLP payload", sdk.BadRequestError, None),
        (415, "Content-Type must be application/x-protobuf or application/json", sdk.UnsupportedMediaTypeError, None),
    ],
)
def test_the_gateway_refuses(
    status: int, message: str, kind: type[sdk.StatusError], part: str | None, world: World
) -> None:
    """A refusal has its class and, if the cause is certain, a remedy; it is JSON even for Protobuf."""
    handler = answered(json.dumps({"error": message}).encode(), "application/json", status)
    with serving(handler) as server, pytest.raises(kind) as caught:
        world.with_client(lambda client: client.push_metrics(b"\x0a\x00"), server.url)
    assert caught.value.message == message
    assert caught.value.hint is None if part is None else part in str(caught.value.hint)


@pytest.mark.parametrize(("status", "sends"), [(500, 1), (503, 2), (502, 2)])
def test_a_push_is_repeated_by_its_own_rules(status: int, sends: int, world: World) -> None:
    """A push that the gateway may have counted is not retried after a 500."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json(
            {"error": "x"} if len(server.requests) == 1 else {}, status if len(server.requests) == 1 else 200
        )

    async def scenario(client: Any) -> None:
        try:
            await client.push_metrics(EXPORT, max_retries=1)
        except sdk.InternalError:
            assert status == 500

    with serving(handler) as server:
        world.with_client(scenario, server.url)
    assert len(server.requests) == sends


def test_an_answer_that_cannot_be_read(world: World) -> None:
    """Invalid Protobuf raises, because the accepted part is unknown."""
    with serving(answered(b"\x0a\xff", PROTOBUF)) as server, pytest.raises(sdk.DecodingError):
        world.with_client(lambda client: client.push_metrics(b"\x0a\x00"), server.url)


@pytest.mark.parametrize(
    ("payload", "options", "kind", "part"),
    [
        ("{}", {}, TypeError, "payload must be an ExportMetricsServiceRequest"),
        ([], {}, TypeError, "payload must be"),
        (b"x", {"content_type": "text/plain"}, ValueError, "content_type must be 'application/json'"),
        (EXPORT, {"content_type": PROTOBUF}, ValueError, "content_type: Protobuf is sent as bytes"),
        (b"x" * (4 * 1024 * 1024 + 1), {}, ValueError, "payload has 4,194,305 bytes"),
        ({"resourceMetrics": [object()]}, {}, sdk.SerializationError, "resourceMetrics"),
        (EXPORT, {"compress": True}, TypeError, "unknown parameter 'compress'"),
    ],
)
def test_bad_input_is_refused_before_sending(
    payload: Any, options: dict[str, Any], kind: type[Exception], part: str
) -> None:
    """The message names the argument, and nothing is sent."""
    refused_unsent(lambda client: client.push_metrics(payload, **options), kind, part)


@given(st.lists(st.tuples(st.integers(1, 2**20), st.integers(0, 2**64 - 1) | st.binary(max_size=300))))
def test_fields_are_read_as_they_were_written(written: list[tuple[int, int | bytes]]) -> None:
    """Fields in the standard's encoding are read back, one by one."""
    assert list(protobuf_fields(b"".join(field(number, value) for number, value in written))) == written


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_an_error(data: bytes) -> None:
    """Any bytes are read or refused, without a crash or a hang."""
    try:
        found = list(protobuf_fields(data))
    except sdk.DecodingError:
        return
    assert all(number > 0 for number, _ in found)
