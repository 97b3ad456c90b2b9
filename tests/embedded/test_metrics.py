"""A push of metrics: accepted ones, refused ones with a reason, and bodies that are not a push.

See gateway-behaviour.md#metrics-push.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk import InferenceGatewayClient
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.otlp import Metric, Verdict, from_json, judge
from support.weights import nowhere

if TYPE_CHECKING:
    from conftest import Gateways

METRICS = "/v1/metrics"
JSON, PROTOBUF = {"content-type": "application/json"}, {"content-type": "application/x-protobuf"}
GIN = "application/json; charset=utf-8"
LIMIT = 4 * 1024 * 1024
TOO_LARGE = gzip.compress(b" " * LIMIT + b"x", mtime=0)
USAGE, CALLS, DURATION = "gen_ai.client.token.usage", "inference_gateway.tool_calls", "gen_ai.client.operation.duration"


def exported(*metrics: object) -> bytes:
    """Return a push of these metrics."""
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode()


def metric(name: str, kind: str = "sum", **data: object) -> dict[str, object]:
    """Return a metric of one data point, delta by default."""
    return {"name": name, kind: {"dataPoints": [{}], "aggregationTemporality": 1, **data}}


@pytest.mark.wire
def test_a_push_is_refused_unless_it_is_switched_on(gateway: Gateways) -> None:
    """The setting is checked before the request."""
    answer = gateway().post(METRICS, content=b"x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()) == (403, {"error": "Metrics push is not enabled"})
    assert answer.headers["content-type"] == GIN


@pytest.mark.wire
@pytest.mark.parametrize(
    ("headers", "body", "status", "text"),
    [
        ({}, b"{}", 415, "Content-Type must be application/x-protobuf or application/json"),
        ({"content-type": "text/plain"}, b"{}", 415, "Content-Type must be application/x-protobuf or application/json"),
        (JSON, b"", 400, "Failed to decode OTLP payload"),
        (JSON, b"[]", 400, "Failed to decode OTLP payload"),
        (JSON, b"[" * 100_000, 400, "Failed to decode OTLP payload"),
        (JSON, b'{"novel": 1}', 400, "Failed to decode OTLP payload"),
        (JSON, exported({"name": 5}), 400, "Failed to decode OTLP payload"),
        (JSON, exported(metric(USAGE, aggregationTemporality="DELTA")), 400, "Failed to decode OTLP payload"),
        (JSON, exported(metric(USAGE, dataPoints=[{"asInt": "five"}])), 400, "Failed to decode OTLP payload"),
        (JSON, exported(metric(USAGE, dataPoints=[{"asInt": 1.5}])), 400, "Failed to decode OTLP payload"),
        (PROTOBUF, b"\x0a\x05x", 400, "Failed to decode OTLP payload"),
        (PROTOBUF, b"{}", 400, "Failed to decode OTLP payload"),
        (JSON | {"content-encoding": "gzip"}, b"{}", 400, "Invalid gzip payload"),
        (JSON | {"content-encoding": "gzip"}, gzip.compress(b"{}", mtime=0)[:-4], 400, "Invalid gzip payload"),
        (JSON | {"content-encoding": "br"}, gzip.compress(b"{}", mtime=0), 400, "Failed to decode OTLP payload"),
        (JSON, b" " * LIMIT + b"x", 413, "Payload exceeds 4 MiB limit"),
        (JSON | {"content-encoding": "gzip"}, TOO_LARGE, 413, "Payload exceeds 4 MiB limit"),
    ],
)
def test_the_gateways_own_errors(
    gateway: Gateways, headers: dict[str, str], body: bytes, status: int, text: str
) -> None:
    """Errors are JSON in every encoding of the push."""
    answer = gateway(push_metrics=True).post(METRICS, content=body, headers=headers)
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (status, {"error": text}, GIN)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("headers", "body", "answered"),
    [
        (JSON, b"{}", b"{}"),
        ({"content-type": "application/json; charset=utf-8"}, exported(metric(USAGE)), b"{}"),
        (JSON | {"content-encoding": "gzip"}, gzip.compress(exported(metric(USAGE)), mtime=0), b"{}"),
        (PROTOBUF, b"", b""),
        (JSON, b"{}" + b" " * (LIMIT - 2), b"{}"),
    ],
)
def test_what_is_taken_is_answered_with_nothing(
    gateway: Gateways, headers: dict[str, str], body: bytes, answered: bytes
) -> None:
    """An accepted push is answered in its own encoding: an empty object, or no bytes."""
    answer = gateway(push_metrics=True).post(METRICS, content=body, headers=headers)
    kind = headers["content-type"].partition(";")[0].lower()
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, answered, kind)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (metric(USAGE), ""),
        (metric(USAGE, "histogram"), ""),
        (metric(USAGE, aggregationTemporality="AGGREGATION_TEMPORALITY_DELTA"), ""),
        (metric(CALLS, isMonotonic=True), ""),
        (metric(DURATION, "histogram"), ""),
        (metric("gen_ai.server.request.duration", "histogram"), ""),
        (metric("gen_ai.client.operation.time_to_first_chunk", "histogram"), ""),
        (metric("gen_ai.server.time_to_first_token", "histogram"), ""),
        (metric("gen_ai.execute_tool.duration", "histogram"), ""),
        (metric("nope"), 'unsupported metric "nope"'),
        (metric(USAGE, aggregationTemporality=2), f'metric "{USAGE}": only delta temporality is supported'),
        (metric(USAGE, aggregationTemporality=None), f'metric "{USAGE}": only delta temporality is supported'),
        (metric(DURATION), f'metric "{DURATION}": must be a histogram'),
        (metric(USAGE, "exponentialHistogram"), f'metric "{USAGE}": must be a sum or a histogram'),
        ({"name": USAGE, "gauge": {"dataPoints": [{}]}}, f'metric "{USAGE}": must be a sum or a histogram'),
        ({"name": USAGE, "summary": {"dataPoints": [{}]}}, f'metric "{USAGE}": must be a sum or a histogram'),
        (metric(CALLS), f'metric "{CALLS}": must be monotonic'),
        ({"name": "nope"}, ""),
        (metric("nope", dataPoints=[]), ""),
    ],
)
def test_seven_metrics_are_taken_with_delta_temporality(given: object, reason: str) -> None:
    """Each metric takes its kinds of data; one without data points is accepted."""
    assert judge(from_json(exported(given))) == Verdict(1 if reason else 0, reason)


def test_refused_points_are_counted_and_each_reason_is_given_once() -> None:
    """Three points of two metrics under one name, and one of another, give a count and two reasons."""
    metrics = [Metric(name="a", kind="sum", points=2), Metric(name="a", points=1), Metric(name="b", points=1)]
    assert judge(metrics) == Verdict(4, 'unsupported metric "a"; unsupported metric "b"')


def test_names_may_be_in_snake_case_and_whole_numbers_in_strings() -> None:
    """The JSON mapping of Protocol Buffers allows both, and null for an empty value."""
    point = {
        "as_int": "5", "start_time_unix_nano": 1, "timeUnixNano": "2", "flags": None,
        "attributes": [{"key": "k", "value": {"kvlist_value": {"values": [{"key": "a", "value": {}}]}}}],
        "exemplars": [{"as_double": "NaN", "span_id": "AA=="}],
    }  # fmt: skip
    data = {"data_points": [point], "aggregation_temporality": 1, "is_monotonic": True}
    scope = {"name": "s", "version": None, "attributes": [], "dropped_attributes_count": 0}
    body = {
        "resource_metrics": [
            {"resource": {}, "scope_metrics": [{"scope": scope, "metrics": [{"name": CALLS, "sum": data}]}]}
        ]
    }
    found = list(from_json(json.dumps(body).encode()))
    assert found == [Metric(name=CALLS, kind="sum", points=1, temporality=1, monotonic=True)]


@pytest.mark.wire
@pytest.mark.parametrize("compress", [False, True])
def test_the_packages_own_client_reads_both_answers(compress: bool) -> None:
    """The client reads accepted and refused pushes, in JSON and in Protobuf."""
    point = b"\x0a\x00"  # an empty data point
    named = b"\x0a\x04nope" + b"\x3a" + bytes([len(point)]) + point
    refused = named
    for tag in (b"\x12", b"\x12", b"\x0a"):
        refused = tag + bytes([len(refused)]) + refused
    with running(local=nowhere(), scripted=ScriptedProvider()) as url, InferenceGatewayClient(url) as client:
        assert client.push_metrics(json.loads(exported(metric(USAGE))), gzip=compress).accepted
        result = client.push_metrics(json.loads(exported(metric("nope"))), gzip=compress)
        assert (result.accepted, result.rejected, result.reason) == (False, 1, 'unsupported metric "nope"')
        assert client.push_metrics(b"", gzip=compress).accepted
        result = client.push_metrics(refused, gzip=compress)
        assert (result.accepted, result.rejected, result.reason) == (False, 1, 'unsupported metric "nope"')
