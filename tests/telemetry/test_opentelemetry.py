"""The OpenTelemetry watcher: spans, metrics, events and headers of calls, runs and tools."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import inference_gateway_sdk as sdk
from client.faulty_transport import STREAM, WHOLE, AsyncTransport, Attempt, BlockingTransport
from client.invented import Invented
from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from inference_gateway_sdk.telemetry import OpenTelemetry
from inference_gateway_sdk.telemetry.names import METRICS, provider_name
from support.server import GOOD, Connection, Request, serving
from support.worlds import World
from telemetry import conventions

pytestmark = pytest.mark.once

URL = "http://gateway.invalid:8080"
SECRET = "a planted prompt"


class Telemetry:
    """Providers in memory, and a watcher that uses them."""

    def __init__(self, **options: Any) -> None:
        self._spans, self._logs, self._reader = (
            InMemorySpanExporter(),
            InMemoryLogRecordExporter(),
            InMemoryMetricReader(),
        )
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._loggers = LoggerProvider(shutdown_on_exit=False)
        self._loggers.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        meters = MeterProvider([self._reader], shutdown_on_exit=False)
        providers = {"tracer_provider": self.tracers, "meter_provider": meters, "logger_provider": self._loggers}
        self.watcher = OpenTelemetry(**providers, **options)

    @property
    def spans(self) -> list[Any]:
        return list(self._spans.get_finished_spans())

    @property
    def span(self) -> Any:
        (only,) = self.spans
        return only

    @property
    def events(self) -> list[Any]:
        return [one.log_record for one in self._logs.get_finished_logs()]

    @property
    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        scopes = [] if data is None else data.resource_metrics[0].scope_metrics
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def exported(self) -> str:
        """Return everything that was exported as text."""
        logs = [one.to_json() for one in self._logs.get_finished_logs()]
        return "\n".join([*(span.to_json() for span in self.spans), *logs, repr(self.metrics)])


def run(world: World, scenario: Any, *plan: Attempt, telemetry: Telemetry, **options: Any) -> Any:
    """Run a scenario over a client whose requests go as planned."""
    transport = (BlockingTransport if world.blocking else AsyncTransport)([*plan])
    options = {"watchers": [telemetry.watcher], "driver": transport, "_runtime": Invented().runtime(world)} | options
    return world.with_client(scenario, URL, **options)


def refusal(status: int) -> Attempt:
    """Return an error response."""
    return Attempt(status=status, body=(json.dumps({"error": SECRET}).encode(),))


async def whole(client: Any) -> None:
    """Make a chat."""
    await client.generate_content("openai/gpt-4o", SECRET, temperature=0.5, stop=["END"], n=2)


async def streamed(client: Any) -> None:
    """Read a streamed chat to its end."""
    async with client.generate_content_stream("openai/gpt-4o", SECRET) as stream:
        await stream.final()


async def left(client: Any) -> None:
    """Leave a stream after its first chunk."""
    async with client.generate_content_stream("openai/gpt-4o", SECRET) as stream:
        async for _ in stream:
            break


async def aliased(client: Any) -> None:
    """Make a chat with a routing alias, and a listing."""
    await client.generate_content("fast", SECRET)


def failing(scenario: Any) -> Any:
    """Return the scenario, which must raise."""

    async def fails(client: Any) -> None:
        with pytest.raises(sdk.GatewayError):
            await scenario(client)

    return fails


BROKEN = Attempt(body=tuple(GOOD[:2]))
OFFLINE: dict[str, tuple[Any, list[Attempt], dict[str, Any]]] = {
    "whole": (whole, [WHOLE], {"gen_ai.request.temperature": 0.5, "gen_ai.request.stop_sequences": ("END",),
                               "gen_ai.request.choice.count": 2, "gen_ai.request.model": "gpt-4o"}),
    "stream": (streamed, [STREAM], {"gen_ai.request.stream": True, "gen_ai.response.finish_reasons": ("stop",)}),
    "left early": (left, [STREAM], {"gen_ai.request.stream": True}),
    "broken stream": (failing(streamed), [BROKEN],
                      {"error.type": "StreamTruncatedError", "gen_ai.response.finish_reasons": ("error",)}),
    "retried": (whole, [refusal(503), WHOLE], {}),
    "refused": (failing(whole), [refusal(400)], {"error.type": "BadRequestError"}),
    "alias": (aliased, [WHOLE], {"gen_ai.provider.name": "inference_gateway", "gen_ai.request.model": "fast"}),
}  # fmt: skip


async def message(client: Any) -> None:
    """Make a message."""
    await client.create_message("anthropic/claude-sonnet-4-5", SECRET, 20)


async def response(client: Any) -> None:
    """Make a response."""
    await client.create_response("openai/gpt-4o", SECRET)


async def image(client: Any) -> None:
    """Generate an image."""
    await client.generate_image(model="openai/gpt-image-1", prompt=SECRET)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def broken(a: int) -> int:
    """Fail."""
    raise ValueError(SECRET)


async def agent(client: Any) -> None:
    """Run a tool."""
    await client.run("openai/gpt-4o", SECRET, tools=[add])


async def failing_tool(client: Any) -> None:
    """Run a tool that raises."""
    await client.run("openai/gpt-4o", SECRET, tools=[broken])


EMBEDDED: dict[str, tuple[Any, list[str], dict[str, Any]]] = {
    "message": (message, ["chat claude-sonnet-4-5"], {"gen_ai.request.max_tokens": 20,
                                                      "gen_ai.response.finish_reasons": ("end_turn",)}),
    "response": (response, ["chat gpt-4o"], {"gen_ai.response.finish_reasons": ("completed",)}),
    "image": (image, ["generate_content gpt-image-1"], {"gen_ai.operation.name": "generate_content"}),
    "run": (agent, ["chat gpt-4o", "execute_tool add", "chat gpt-4o", "invoke_agent"],
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.response.finish_reasons": ("stop",)}),
    "failing tool": (failing_tool, ["chat gpt-4o", "execute_tool broken", "chat gpt-4o", "invoke_agent"], {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Serve an embedded gateway."""
    with running(Settings(port=0, images=True), scripted=ScriptedProvider()) as url:
        yield url


def check(telemetry: Telemetry, version: str) -> None:
    """Assert that everything exported follows the conventions, and that no prompt is in it."""
    for span in telemetry.spans:
        _check_attributes(span.attributes, conventions.SPANS[span.attributes["gen_ai.operation.name"]])
        inference = span.attributes["gen_ai.operation.name"] in ("chat", "generate_content")
        assert span.kind is (trace.SpanKind.CLIENT if inference else trace.SpanKind.INTERNAL)
    facts = conventions.METRICS[version]
    assert telemetry.metrics.keys() <= facts.keys()
    for name, metric in telemetry.metrics.items():
        kind, unit, attributes = facts[name]
        assert (type(metric.data).__name__, metric.unit) == (kind, unit)
        for point in metric.data.data_points:
            _check_attributes(point.attributes, attributes)
    assert SECRET not in telemetry.exported()


def _check_attributes(found: Any, facts: dict[str, tuple[type, str]]) -> None:
    for name, value in found.items():
        if not name.startswith(conventions.OURS):
            assert type(value) is facts[name][0], f"{name}: {value!r}"
            assert facts[name][1] != "opt_in", name
    assert {name for name, (_, level) in facts.items() if level == "required"} <= found.keys()


@pytest.mark.parametrize("version", ["1.41", "0.1"])
@pytest.mark.parametrize("name", OFFLINE)
def test_a_call_is_one_span_with_its_metrics(world: World, name: str, version: Any) -> None:
    """The span and the metrics of a call have the names, types and attributes of the conventions."""
    scenario, plan, expected = OFFLINE[name]
    telemetry = Telemetry(metrics=version)
    run(world, scenario, *plan, telemetry=telemetry)
    check(telemetry, version)
    span = telemetry.span
    assert span.attributes.items() >= {"server.address": "gateway.invalid", "server.port": 8080, **expected}.items()
    assert ("error.type" in span.attributes) is ("error.type" in expected)
    assert span.status.is_unset is ("error.type" not in expected)
    duration = telemetry.metrics[METRICS[version]["duration"].name]
    assert duration.data.data_points[0].count == 1
    first = METRICS[version]["first_chunk"].name in telemetry.metrics
    assert first is ("gen_ai.request.stream" in span.attributes)


@pytest.mark.parametrize("version", ["1.41", "0.1"])
@pytest.mark.parametrize("name", EMBEDDED)
def test_other_dialects_and_runs(gateway: str, world: World, name: str, version: Any) -> None:
    """Messages, Responses, images and runs follow the conventions; the last span is the outermost one."""
    scenario, names, expected = EMBEDDED[name]
    telemetry = Telemetry(metrics=version)
    world.with_client(scenario, gateway, watchers=[telemetry.watcher])
    check(telemetry, version)
    assert [span.name for span in telemetry.spans] == names
    *inner, last = telemetry.spans
    assert last.attributes.items() >= expected.items()
    assert all(span.parent.span_id == last.context.span_id for span in inner)
    assert last.parent is None


def test_the_table_of_metrics_is_that_of_the_conventions() -> None:
    """Every metric of the watcher has the kind and unit of the conventions, in both versions."""
    for version, metrics in METRICS.items():
        ours = {one.name: ("Sum" if one.counter else "Histogram", one.unit) for one in metrics.values()}
        assert ours == {name: facts[:2] for name, facts in conventions.METRICS[version].items()}


def test_failed_attempts_are_events(world: World) -> None:
    """A call that needed three attempts is one span with two events."""
    telemetry = Telemetry()
    run(world, whole, refusal(503), refusal(429), WHOLE, telemetry=telemetry)
    events = [dict(event.attributes) for event in telemetry.span.events]
    facts = [(one["http.request.resend_count"], one["error.type"], one["http.response.status_code"]) for one in events]
    assert facts == [(0, "ServiceUnavailableError", 503), (1, "RateLimitError", 429)]


def test_a_call_with_fallback_is_one_span(world: World) -> None:
    """A route that failed is an event, and the span and its metrics name the provider that answered."""
    telemetry = Telemetry()

    async def scenario(client: Any) -> None:
        await client.generate_content("openai/gpt-4o", SECRET, fallback=["groq/llama-4"])

    run(world, scenario, refusal(503), WHOLE, telemetry=telemetry, max_retries=0)
    span = telemetry.span
    assert [(event.name, event.attributes["error.type"]) for event in span.events] == [
        ("inference_gateway.route_failed", "ServiceUnavailableError")
    ]
    assert (span.attributes["inference_gateway.route"], span.attributes["gen_ai.provider.name"]) == (
        "groq/llama-4", "groq",
    )  # fmt: skip
    check(telemetry, "1.41")


def test_failed_calls_count_zero_tokens(world: World) -> None:
    """Version 0.1 counts 0 tokens for a call without usage; 1.41 records none."""
    telemetry = Telemetry(metrics="both")
    run(world, failing(whole), refusal(400), telemetry=telemetry)
    (point,) = telemetry.metrics["gen_ai.client.inference.usage.input_tokens"].data.data_points
    assert (point.value, point.attributes["gen_ai.token.modality"]) == (0, "unknown")
    assert "gen_ai.client.token.usage" not in telemetry.metrics


@pytest.mark.parametrize(
    ("provider", "name"),
    [("google", "gcp.gemini"), ("mistral", "mistral_ai"), ("moonshot", "moonshot_ai"), ("ollama", "ollama"),
     (None, "inference_gateway")],
)  # fmt: skip
def test_providers_have_the_names_of_the_conventions(provider: str | None, name: str) -> None:
    """Known providers are renamed, and others keep their id."""
    assert provider_name(provider) == name


def test_every_attempt_carries_the_traceparent() -> None:
    """Both attempts of a call send the id of its span; without `propagate` they do not."""
    seen: list[str | None] = []

    def handler(connection: Connection, request: Request) -> None:
        seen.append(request.headers.get("traceparent"))
        connection.json({"error": "busy"}, status=503)

    telemetry = Telemetry()
    with serving(handler) as server, sdk.InferenceGatewayClient(server.url, proxy=None, max_retries=1) as plain:
        plain._with_runtime(Invented().runtime(World("blocking")))
        client = plain.with_options(watchers=[telemetry.watcher])
        quiet = plain.with_options(watchers=[Telemetry(propagate=False).watcher])
        for one in (client, quiet):
            with pytest.raises(sdk.ServiceUnavailableError):
                one.generate_content("openai/gpt-4o", "Hi")
    first = telemetry.spans[0].context
    sent = f"00-{first.trace_id:032x}-{first.span_id:016x}-{first.trace_flags:02x}"
    assert seen == [sent, sent, None, None]


def test_content_is_captured_where_it_was_requested(world: World) -> None:
    """Messages, instructions and answers are attributes of the span, of the event, or of both."""
    for place, on_span, on_event in (("span", True, False), ("event", False, True), ("both", True, True)):
        telemetry = Telemetry(content=place)
        run(world, streamed, STREAM, telemetry=telemetry)
        sent = json.dumps([{"role": "user", "parts": [{"type": "text", "content": SECRET}]}], separators=(",", ":"))
        found = [telemetry.span.attributes, *(event.attributes for event in telemetry.events)]
        assert len(telemetry.events) == on_event
        assert [one.get("gen_ai.input.messages") == sent for one in found] == [on_span, *[True] * on_event]
        assert all("Hello" in one["gen_ai.output.messages"] for one in found[not on_span :])
    (event,) = telemetry.events
    assert (event.event_name, event.span_id) == (
        "gen_ai.client.inference.operation.details", telemetry.span.context.span_id,
    )  # fmt: skip


def test_captured_content_is_redacted_shortened_and_cut(world: World) -> None:
    """Every text passes `redact`, data becomes its type and size, and a cut text names what is missing."""
    telemetry = Telemetry(content="both", redact=lambda text: text.replace(SECRET, "***"), max_content=60)
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "QUJD" * 500}}
    tool = {"role": "tool", "tool_call_id": "1", "content": json.dumps({"role": SECRET, "text": "x" * 100})}

    async def scenario(client: Any) -> None:
        content = [{"type": "text", "text": SECRET}, picture]
        await client.generate_content("openai/gpt-4o", [{"role": "user", "content": content}, tool])

    run(world, scenario, WHOLE, telemetry=telemetry)
    text = telemetry.span.attributes["gen_ai.input.messages"]
    (user, result) = json.loads(text)
    assert user["parts"][0] == {"type": "text", "content": "***"}
    assert user["parts"][1]["image_url"]["url"] == "[image/png: 1500 bytes]"
    assert result["parts"][0]["response"].endswith("characters cut]")
    assert SECRET not in telemetry.exported() and "QUJD" not in telemetry.exported()


def test_a_failing_redact_exports_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """If `redact` raises, the text is replaced by the name of the exception, and the call continues."""

    def redact(text: str) -> str:
        raise RuntimeError(text)

    telemetry = Telemetry(content="both", redact=redact)
    run(world, whole, WHOLE, telemetry=telemetry)
    assert SECRET not in telemetry.exported() + caplog.text
    assert "[redact raised RuntimeError]" in telemetry.span.attributes["gen_ai.input.messages"]


def test_tools_have_their_content_only_when_requested(gateway: str) -> None:
    """Arguments and result of a tool call are attributes with content="span"."""
    telemetry = Telemetry(content="span")
    with sdk.InferenceGatewayClient(gateway, proxy=None, watchers=[telemetry.watcher]) as client:
        client.run("openai/gpt-4o", "Add", tools=[add])
    tool = next(span for span in telemetry.spans if span.name == "execute_tool add")
    arguments = json.loads(tool.attributes["gen_ai.tool.call.arguments"])
    assert json.loads(tool.attributes["gen_ai.tool.call.result"]) == arguments["a"] + arguments["b"]


def test_a_tool_is_current_while_it_runs(gateway: str, world: World) -> None:
    """Spans of a tool's function are children of its span, also in a thread; afterwards no span is current."""
    telemetry = Telemetry()
    tracer = telemetry.tracers.get_tracer("test")

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        with tracer.start_as_current_span("inner"):
            return a + b

    async def scenario(client: Any) -> None:
        await client.run("openai/gpt-4o", "Add", tools=[add], concurrency=2)
        assert not trace.get_current_span().get_span_context().is_valid

    world.with_client(scenario, gateway, watchers=[telemetry.watcher])
    spans = {span.name: span for span in telemetry.spans}
    assert spans["inner"].parent.span_id == spans["execute_tool add"].context.span_id


def test_a_run_that_fails_or_is_left_has_one_span(world: World) -> None:
    """A failed request is the error of its run. Leaving a run early is not an error, and ends both spans."""
    telemetry = Telemetry()

    async def fails(client: Any) -> None:
        with pytest.raises(sdk.BadRequestError):
            await client.run("openai/gpt-4o", "Hi")

    async def leaves(client: Any) -> None:
        async with client.run_stream("openai/gpt-4o", "Hi") as stream:
            async for _ in stream.text():
                break

    run(world, fails, refusal(400), telemetry=telemetry)
    run(world, leaves, STREAM, telemetry=telemetry)
    found = [(span.name, span.attributes.get("error.type")) for span in telemetry.spans]
    assert found == [
        ("chat gpt-4o", "BadRequestError"), ("invoke_agent", "BadRequestError"),
        ("chat gpt-4o", None), ("invoke_agent", None),
    ]  # fmt: skip
    assert telemetry.watcher._runs == {}


def test_a_tool_that_times_out_has_one_span(gateway: str, world: World) -> None:
    """The span of a call that exceeds its timeout has the error "timeout", in a thread or as a task."""
    telemetry, released = Telemetry(), threading.Event()

    def wait(a: int) -> int:
        """Wait."""
        released.wait(30)
        return a

    async def scenario(client: Any) -> None:
        await client.run("openai/gpt-4o", "Wait", tools=[sdk.tool(wait, timeout=0.05)])

    try:
        world.with_client(scenario, gateway, watchers=[telemetry.watcher])
    finally:
        released.set()
    tools = [span for span in telemetry.spans if span.name == "execute_tool wait"]
    assert [span.attributes["error.type"] for span in tools] == ["timeout"]


def test_the_reader_of_a_stream_is_not_inside_the_span(world: World) -> None:
    """While the body of the reader's loop runs, the current span is the caller's own."""
    telemetry = Telemetry()
    tracer = telemetry.tracers.get_tracer("test")
    current = []

    async def scenario(client: Any) -> None:
        with tracer.start_as_current_span("outer"):
            async with client.generate_content_stream("openai/gpt-4o", "Hi") as stream:
                async for _ in stream:
                    current.append(trace.get_current_span().name)

    run(world, scenario, STREAM, telemetry=telemetry)
    assert set(current) == {"outer"}
    call, outer = telemetry.spans
    assert call.parent.span_id == outer.context.span_id


def _suppressed() -> Any:
    return otel_context.set_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY, True)


def _covered() -> Any:
    span = (
        TracerProvider(shutdown_on_exit=False)
        .get_tracer("other")
        .start_span("chat", attributes={"gen_ai.operation.name": "chat"})
    )
    return trace.set_span_in_context(span)


@pytest.mark.parametrize("outer", [_suppressed, _covered])
def test_another_instrumentation_is_not_doubled(world: World, outer: Callable[[], Any]) -> None:
    """Inside of another inference span, or where instrumentation is suppressed, nothing is recorded."""
    telemetry = Telemetry()

    async def scenario(client: Any) -> None:
        token = otel_context.attach(outer())
        try:
            await whole(client)
        finally:
            otel_context.detach(token)

    run(world, scenario, WHOLE, telemetry=telemetry)
    assert (telemetry.spans, telemetry.metrics) == ([], {})


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"content": "all"}, ValueError, "content must be"),
        ({"metrics": "2.0"}, ValueError, "metrics must be"),
        ({"redact": "x"}, TypeError, "redact must be"),
        ({"max_content": -1}, ValueError, "max_content must be"),
        ({"max_content": "many"}, TypeError, "max_content must be"),
    ],
)
def test_bad_arguments_are_named(options: dict[str, Any], error: type[Exception], text: str) -> None:
    """A bad argument raises an error that names it."""
    with pytest.raises(error, match=text):
        OpenTelemetry(**options)


def test_without_the_watcher_opentelemetry_is_not_imported() -> None:
    """A plain call, and the import of the other watcher, load no module of OpenTelemetry."""
    code = "import sys, inference_gateway_sdk as sdk, inference_gateway_sdk.telemetry as t; t.GatewayMetrics; "
    code += "c = sdk.InferenceGatewayClient(sys.argv[1], proxy=None); c.generate_content('openai/m', 'Hi'); c.close(); "
    code += "sys.exit(any(name.partition('.')[0] == 'opentelemetry' for name in sys.modules))"
    with running(Settings(port=0), scripted=ScriptedProvider()) as url:
        done = subprocess.run(
            [sys.executable, "-c", code, url], capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without opentelemetry-api, the import fails with the command that installs it."""
    from inference_gateway_sdk import telemetry

    monkeypatch.delitem(vars(telemetry), "OpenTelemetry", raising=False)
    monkeypatch.delitem(sys.modules, "inference_gateway_sdk.telemetry.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install .*\[otel\]"):
        telemetry.OpenTelemetry  # noqa: B018
