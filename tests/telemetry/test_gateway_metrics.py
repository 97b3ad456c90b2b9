"""The watcher that pushes metrics: exact points, the embedded gateway, and every end that a push may have."""

from __future__ import annotations

import gzip
import json
import logging
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference_gateway_sdk as sdk
from inference_gateway_sdk import CallBegan, CallEnded, InferenceGatewayClient
from inference_gateway_sdk._model.usage import Usage
from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.telemetry import GatewayMetrics
from inference_gateway_sdk.telemetry.names import BOUNDS
from inference_gateway_sdk.telemetry.points import DURATION, TOKENS, Observation, Points
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND = 10**9


def ended(operation: str = "chat", *, elapsed: float = 1.5, **facts: Any) -> CallEnded:
    """Return a call that has ended."""
    began = CallBegan(operation=operation, method="POST", path="/x", provider="openai", model="openai/m")
    return CallEnded(began=began, elapsed=elapsed, **{"end": "whole", **facts})


def replayed(points: Points) -> dict[str, tuple[int, float]]:
    """Return the count and sum of each metric as the gateway records them from the points."""
    found: dict[str, tuple[int, float]] = {}
    for metric in points.metrics(0, SECOND):
        count, total = 0, 0.0
        for point in metric.get("histogram", metric.get("sum"))["dataPoints"]:
            if "asDouble" in point:
                count, total = count + 1, total + point["asDouble"]
            elif not point.get("explicitBounds"):
                count, total = count + int(point["count"]), total + point["sum"]
            else:
                bounds = [0.0, *point["explicitBounds"]]
                for number, times in enumerate(map(int, point["bucketCounts"])):
                    count += times
                    total += times * (BOUNDS[0] if number == 0 else sum(bounds[number : number + 2]) / 2)
        found[metric["name"]] = (count, total)
    return found


@given(st.lists(st.floats(0, 300), max_size=50))
def test_the_gateway_recovers_every_observation(values: list[float]) -> None:
    """Durations up to 300 s keep their count and sum, as each is a point of its own."""
    points = Points()
    for value in values:
        points.add(Observation(DURATION, (("source", "s"),), value))
    count, total = replayed(points).get(DURATION, (0, 0.0))
    assert count == len(values) == points.observations
    assert total == pytest.approx(sum(values))


@given(st.lists(st.floats(0, 300), min_size=1, max_size=60), st.integers(0, 20))
def test_many_observations_are_counted_in_buckets(values: list[float], exact: int) -> None:
    """Above the limit the count stays exact, and values over the last bound keep their sum."""
    points = Points(exact)
    for value in values:
        points.add(Observation(DURATION, (), value))
    count, _ = replayed(points)[DURATION]
    assert count == len(values)
    singles = [value for _, _, value in points.single]
    assert singles[:exact] == values[:exact]
    assert all(value > BOUNDS[-1] for value in singles[exact:])


def test_points_are_bounded() -> None:
    """More attribute sets than the limit are dropped and counted."""
    points = Points(exact=2, most=4)
    for number in range(10):
        points.add(Observation(DURATION, (("gen_ai.request.model", str(number)),), 1.0))
    assert (len(points), points.dropped) == (4, 6)


@pytest.fixture
def gateway() -> Iterator[str]:
    """Serve an embedded gateway that accepts metrics."""
    with running(Settings(port=0, push_metrics=True), scripted=ScriptedProvider()) as url:
        yield url


class Pushes:
    """A server that records pushes and answers each with the next status of a list, the last one again and again."""

    def __init__(self, *statuses: int, reply: Any = None) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.arrived = threading.Event()
        self._statuses = list(statuses) or [200]
        self._reply = reply or {}

    def __call__(self, connection: Connection, request: Request) -> None:
        """Answer one push."""
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        if status == 200:
            self.bodies.append(json.loads(gzip.decompress(request.body)))
        connection.json(self._reply if status == 200 else {"error": "no"}, status=status)
        self.arrived.set()

    def points(self) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
        """Return every accepted point with its metric and attributes."""
        found = []
        for body in self.bodies:
            for metric in body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
                for point in metric.get("histogram", metric.get("sum"))["dataPoints"]:
                    attributes = {pair["key"]: pair["value"]["stringValue"] for pair in point["attributes"]}
                    found.append((metric["name"], attributes, point))
        return found


@pytest.fixture
def pushing() -> Iterator[Callable[..., GatewayMetrics]]:
    """Return a function that makes metrics for a server, whose thread does not push by itself."""
    opened = []

    def make(url: str, **options: Any) -> GatewayMetrics:
        client = InferenceGatewayClient(url, proxy=None)
        metrics = GatewayMetrics(client, **{"source": "app", "interval": 3600.0, **options})
        opened.append((client, metrics))
        return metrics

    yield make
    for client, metrics in opened:
        metrics._closed = True
        metrics._wake.set()
        client.close()


def test_the_embedded_gateway_accepts_the_metrics_of_real_calls(gateway: str) -> None:
    """Calls of every dialect, whole, streamed and failed, lead to points that the gateway accepts."""
    with InferenceGatewayClient(gateway, proxy=None) as client:
        metrics = GatewayMetrics(client, source="app", team="search", tokens="all", interval=3600.0)
        watched = client.with_options(watchers=[metrics])
        watched.generate_content("openai/gpt-4o", "Hi")
        with watched.generate_content_stream("openai/gpt-4o", "Hi") as stream:
            stream.final()
        watched.create_message("anthropic/claude-sonnet-4-5", "Hi", 20)
        watched.create_response("openai/gpt-4o", "Hi")
        with pytest.raises(sdk.GatewayError):
            watched.generate_content("nowhere-model", "Hi")
        watched.list_models()
        assert metrics.flush()
        assert (metrics.rejected, metrics.dropped) == (0, 0)
        metrics.close()


def test_a_call_becomes_points(pushing: Callable[..., GatewayMetrics]) -> None:
    """Durations, first content and tokens have the labels, the model as it was sent, and the class of the error."""
    server = Pushes()
    with serving(server) as running_server:
        metrics = pushing(running_server.url, team="search", tokens="all")
        metrics.ended(None, ended(usage=Usage(input=3, output=5), first_content=0.25))
        metrics.ended(None, ended("image", end="failed", error=sdk.StreamError("broken")))
        metrics.ended(None, ended("listing"))
        metrics.ended(None, ended(end="cancelled"))
        assert metrics.flush()
    (request,) = running_server.requests
    assert request.headers["content-encoding"] == "gzip"
    found = server.points()
    assert Counter(name for name, _, _ in found) == {
        DURATION: 2, "gen_ai.client.operation.time_to_first_chunk": 1, TOKENS: 2,
    }  # fmt: skip
    common = {"source": "app", "team": "search", "gen_ai.provider.name": "openai", "gen_ai.request.model": "openai/m"}
    assert found[0][1] == {**common, "gen_ai.operation.name": "chat"}
    assert (found[0][2]["count"], found[0][2]["sum"]) == ("1", 1.5)
    assert found[1][1] == {**common, "gen_ai.operation.name": "generate_content", "error.type": "StreamError"}
    assert [(point[1]["gen_ai.token.type"], point[2]["asDouble"]) for point in found if point[0] == TOKENS] == [
        ("input", 3.0), ("output", 5.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "usage", "sent"),
    [
        ("chat", Usage(input=1, output=2), 0),
        ("chat", Usage(input=1, output=2, partial=True), 2),
        ("messages", Usage(input=1, output=2), 2),
        ("responses", Usage(input=1), 1),
    ],
)
def test_tokens_that_the_gateway_counts_itself_are_not_sent(
    pushing: Callable[..., GatewayMetrics], operation: str, usage: Usage, sent: int
) -> None:
    """With tokens="missing" only counts that the gateway lacks are pushed."""
    server = Pushes()
    with serving(server) as running_server:
        metrics = pushing(running_server.url)
        metrics.ended(None, ended(operation, usage=usage))
        assert metrics.flush()
    assert sum(name == TOKENS for name, _, _ in server.points()) == sent


def test_a_gateway_that_refuses_metrics_is_left_alone_for_ten_minutes(
    pushing: Callable[..., GatewayMetrics], caplog: pytest.LogCaptureFixture
) -> None:
    """After a 403 nothing is sent for 600 s; the observations are dropped with a count, and one warning is logged."""
    now = [0.0]
    server = Pushes(403, 200)
    with serving(server) as running_server, caplog.at_level(logging.WARNING, "inference_gateway_sdk"):
        metrics = pushing(running_server.url, clock=lambda: now[0])
        for at, pushed in ((0.0, False), (599.0, False), (600.0, True)):
            now[0] = at
            metrics.ended(None, ended())
            assert metrics.flush() is pushed
        assert len(running_server.requests) == 2
    assert metrics.dropped == 2
    (record,) = caplog.records
    assert "TELEMETRY_METRICS_PUSH_ENABLED" in record.getMessage()


def test_a_push_that_is_too_large_is_halved(pushing: Callable[..., GatewayMetrics]) -> None:
    """After a 413 both halves are pushed, and no observation is lost."""
    server = Pushes(413, 200)
    with serving(server) as running_server:
        metrics = pushing(running_server.url)
        for _ in range(10):
            metrics.ended(None, ended())
        assert metrics.flush()
    assert (len(server.bodies), len(server.points()), metrics.dropped) == (2, 10, 0)


def test_the_parts_of_a_push_share_its_time(pushing: Callable[..., GatewayMetrics]) -> None:
    """When the time is up, the parts that were not sent wait for the next push, and no observation is lost."""
    now = [0.0]

    def clock() -> float:
        now[0] += 2.0
        return now[0]

    server = Pushes(413, 200)
    with serving(server) as running_server:
        metrics = pushing(running_server.url, clock=clock)
        for _ in range(10):
            metrics.ended(None, ended())
        assert not metrics.flush(timeout=5.0)  # one request is refused and one accepted; then 6 s have passed
        assert (len(running_server.requests), len(server.points())) == (2, 5)
        assert metrics.flush(timeout=5.0)
    assert (len(server.points()), metrics.dropped) == (10, 0)


def test_a_push_that_may_have_been_counted_is_not_repeated(pushing: Callable[..., GatewayMetrics]) -> None:
    """After a 500 the observations are lost and counted, so that none is counted twice."""
    server = Pushes(500, 200)
    with serving(server) as running_server:
        metrics = pushing(running_server.url)
        metrics.ended(None, ended())
        assert not metrics.flush()
        metrics.ended(None, ended(elapsed=2.0))
        assert metrics.flush()
        assert len(running_server.requests) == 2
    assert [point["sum"] for _, _, point in server.points()] == [2.0]
    assert metrics.dropped == 1


def test_a_push_that_was_never_sent_waits(pushing: Callable[..., GatewayMetrics]) -> None:
    """A refused connection loses nothing: the next push has the observations of both intervals."""
    server = Pushes()
    with serving(server) as running_server:
        metrics = pushing(running_server.url)
        reachable, metrics._client = (
            metrics._client,
            InferenceGatewayClient("http://127.0.0.1:1", proxy=None, max_retries=0),
        )
        metrics.ended(None, ended())
        assert not metrics.flush()
        metrics._client = reachable
        metrics.ended(None, ended())
        assert metrics.flush()
    assert (len(server.points()), metrics.dropped) == (2, 0)


def test_rejected_points_are_counted(pushing: Callable[..., GatewayMetrics], caplog: pytest.LogCaptureFixture) -> None:
    """A partial success adds to `rejected`, and its reason is logged once."""
    reply = {"partialSuccess": {"rejectedDataPoints": "1", "errorMessage": "unsupported metric"}}
    with serving(Pushes(reply=reply)) as server, caplog.at_level(logging.WARNING, "inference_gateway_sdk"):
        metrics = pushing(server.url)
        for _ in range(2):
            metrics.ended(None, ended())
            assert metrics.flush()
    assert metrics.rejected == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the gateway rejected data points: unsupported metric"
    ]


def test_the_thread_pushes_at_each_interval(pushing: Callable[..., GatewayMetrics]) -> None:
    """Without a call of `flush`, the points arrive after the interval."""
    server = Pushes()
    with serving(server) as running_server:
        metrics = pushing(running_server.url, interval=0.01)
        metrics.ended(None, ended())
        assert server.arrived.wait(10)
    assert len(server.points()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_begins_empty(pushing: Callable[..., GatewayMetrics]) -> None:
    """The observations of the parent are pushed by the parent alone."""
    server = Pushes()
    with serving(server) as running_server:
        metrics = pushing(running_server.url)
        metrics.ended(None, ended())
        child = os.fork()
        if child == 0:
            os._exit(0 if not metrics._ended and metrics._thread is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert metrics.flush()
    assert len(server.points()) == 1


PROGRAM = """
import sys
from inference_gateway_sdk import InferenceGatewayClient
from inference_gateway_sdk.telemetry import GatewayMetrics

client = InferenceGatewayClient(sys.argv[1], proxy=None)
client.with_options(watchers=[GatewayMetrics(client, source="app")]).generate_content("openai/m", "a planted prompt")
"""


def test_the_last_points_are_pushed_when_the_process_exits(tmp_path: Any) -> None:
    """A program that ends without closing anything pushes its points, and no word of its prompt or answer."""
    from support.forked import interpreter

    bodies = []

    def handler(connection: Connection, request: Request) -> None:
        if request.path.endswith("/metrics"):
            bodies.append(json.loads(gzip.decompress(request.body)))
            connection.json({})
        else:
            message = {"role": "assistant", "content": "a planted answer"}
            connection.json({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    with serving(handler) as server, interpreter() as programs:
        done = programs.run(PROGRAM, server.url, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (body,) = bodies
    assert DURATION in json.dumps(body)
    assert "planted" not in json.dumps(body)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"source": ""}, ValueError, "source"),
        ({"source": "gateway"}, ValueError, "source"),
        ({"source": 1}, TypeError, "source"),
        ({"team": 1}, TypeError, "team"),
        ({"interval": 0}, ValueError, "interval"),
        ({"tokens": "some"}, ValueError, "tokens"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    """Each error names the argument."""
    with InferenceGatewayClient("http://127.0.0.1:1") as client, pytest.raises(error, match=words):
        GatewayMetrics(client, **{"source": "app", **options})


def test_an_async_client_cannot_push() -> None:
    """The pushes run in a thread, so they need the blocking client."""
    with pytest.raises(TypeError, match="client must be an InferenceGatewayClient"):
        GatewayMetrics(sdk.AsyncInferenceGatewayClient("http://127.0.0.1:1"), source="app")  # type: ignore[arg-type]


def test_the_client_imports_no_telemetry(tmp_path: Any) -> None:
    """A plain client loads neither this room nor a database."""
    import subprocess
    import sys

    code = (
        "import sys, inference_gateway_sdk as sdk; sdk.InferenceGatewayClient('http://127.0.0.1:1');"
        "print([name for name in sys.modules if 'telemetry' in name or name in ('sqlite3', 'opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[]\n"
