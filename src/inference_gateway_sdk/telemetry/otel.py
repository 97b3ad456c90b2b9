"""A watcher that makes OpenTelemetry spans and metrics of calls, runs and tool calls. It needs the extra `otel`."""

from __future__ import annotations

import functools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry import metrics as otel_metrics
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .._client.watching import SpanWatcher
from .._model.arguments import check_choice, check_integer
from .content import Scrubber, captured_request, captured_result, finish_reasons, read_fields
from .names import COUNTERS, METRICS, OPERATIONS, USAGE, Convention, model_name, provider_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from opentelemetry._logs import LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.metrics import Meter, MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from .._client.watching import CallBegan, CallEnded, StepBegan, StepEnded
    from .._wire.call import BaseCall

__all__ = ["OpenTelemetry"]

_SCOPE: Final = "inference_gateway_sdk"
_SCHEMA: Final = "https://opentelemetry.io/schemas/1.41.0"
_SUPPRESS: Final = (
    # With a random suffix: made by `create_key`, and used by every instrumentation library.
    getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"),
    "suppress_instrumentation",
    "suppress_language_model_instrumentation",
)
_INFERENCE: Final = frozenset({"chat", "generate_content", "text_completion"})
_INVALID: Final = trace.INVALID_SPAN
_propagator: Final = TraceContextTextMapPropagator()


class _Call:
    """The state of one call."""

    __slots__ = ("attributes", "content", "context", "recorded", "span")

    def __init__(self, span: Span, context: Context, attributes: dict[str, Any], *, recorded: bool) -> None:
        self.span: Span = span
        self.context: Context = context  # with the span, for propagation and for the event
        self.attributes: dict[str, Any] = attributes  # of the metrics
        self.recorded: bool = recorded  # False: not inference, or inside of another instrumentation
        self.content: dict[str, str] = {}


class OpenTelemetry(SpanWatcher):
    """Makes spans and metrics of calls, after the OpenTelemetry conventions for generative AI.

    A call is one span, with its failed attempts as events. A run is an `invoke_agent` span around its calls and the
    `execute_tool` spans of its tools. Prompts and answers are not exported unless `content` asks for it.

    Nothing is recorded inside of another instrumentation of the same call, nor where instrumentation is suppressed.

        client = InferenceGatewayClient(watchers=[OpenTelemetry()])
    """

    def __init__(
        self,
        *,
        content: Literal["none", "span", "event", "both"] = "none",
        metrics: Literal["1.41", "0.1", "both"] | None = "1.41",
        spans: bool = True,
        propagate: bool = True,
        redact: Callable[[str], str] | None = None,
        max_content: int = 65536,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        """Set up the instruments.

        Args:
            content: The place of prompts and answers: attributes of the span, an event (a log record), both, or none.
            metrics: Version of the conventions for the names of metrics, "both" for old and new ones, None for none.
            spans: False to make no spans.
            propagate: True to send `traceparent` with every attempt, so that the gateway continues the trace.
            redact: Function that every captured text passes before it is exported.
            max_content: Maximum number of characters in each attribute with content. The rest is cut.
            tracer_provider: Default: the global one.
            meter_provider: Default: the global one.
            logger_provider: Default: the global one. Used for events with content.

        Raises:
            TypeError: `redact` is not a function, or `max_content` is not an integer.
            ValueError: `content` or `metrics` is unknown, or `max_content` is negative.
        """
        check_choice("content", content, ("none", "span", "event", "both"))
        check_choice("metrics", metrics, ("1.41", "0.1", "both", None))
        if redact is not None and not callable(redact):
            raise TypeError(f"redact must be a function from text to text, got {type(redact).__name__}")
        check_integer("max_content", max_content, least=0)
        self._on_span = content in ("span", "both")
        self._on_event = content in ("event", "both")
        self._scrub = Scrubber(redact, max_content)
        self._propagate = propagate
        self._tracer = trace.get_tracer(_SCOPE, None, tracer_provider, _SCHEMA) if spans else None
        self._instruments = _instruments(otel_metrics.get_meter(_SCOPE, "", meter_provider, _SCHEMA), metrics)
        self._logger_provider = logger_provider
        self._runs: dict[str, Context] = {}  # of runs in progress

    # --- calls

    def began(self, call: CallBegan, /) -> _Call:
        """Start the span of a call."""
        context = self._runs.get(call.parent or "") or otel_context.get_current()
        operation = OPERATIONS.get(call.operation)
        if operation is None or _covered(context):
            return _Call(_INVALID, context, {}, recorded=False)
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider_name(call.provider),
            **_server(call.base_url),
        }
        name = operation
        if call.model is not None:
            attributes["gen_ai.request.model"] = model = model_name(call.model, call.provider)
            name = f"{operation} {model}"
        if self._tracer is None:
            return _Call(_INVALID, context, attributes, recorded=True)
        span = self._tracer.start_span(name, context, SpanKind.CLIENT, attributes)
        if span.is_recording():
            if call.stream:
                span.set_attribute("gen_ai.request.stream", True)
            for tag, value in call.tags.items():
                span.set_attribute(f"inference_gateway.tag.{tag}", value)
        if span.get_span_context().is_valid:
            context = trace.set_span_in_context(span, context)
        return _Call(span, context, attributes, recorded=True)

    def prepare(self, state: _Call, call: BaseCall, /) -> tuple[tuple[str, str], ...]:
        """Add the request's parameters to the span, and return `traceparent` and `tracestate`."""
        if state.span.is_recording():
            for name, value in read_fields(call.body).items():
                state.span.set_attribute(name, value)
        if state.recorded and (self._on_event or (self._on_span and state.span.is_recording())):
            state.content = captured_request(call.body, self._scrub)
        if not self._propagate:
            return ()
        headers: dict[str, str] = {}
        _propagator.inject(headers, state.context)
        return tuple(headers.items())

    def retried(self, state: _Call, attempt: int, error: Exception, delay: float, /) -> None:
        """Add an event for an attempt that failed."""
        if state.span.is_recording():
            facts: dict[str, Any] = {
                "error.type": type(error).__name__,
                "http.request.resend_count": attempt - 1,
                "inference_gateway.retry.delay": delay,
            }
            status: Any = getattr(error, "status", None)
            if isinstance(status, int):
                facts["http.response.status_code"] = status
            state.span.add_event("inference_gateway.attempt_failed", facts)

    def ended(self, state: _Call, call: CallEnded, /) -> None:
        """End the span of a call and record its metrics."""
        if not state.recorded:
            return
        meta, attributes = call.meta, state.attributes
        provider = None if meta is None else meta.selected_provider
        if call.route is not None and "/" in call.route:
            provider = call.route.partition("/")[0]
        if provider:
            attributes["gen_ai.provider.name"] = provider_name(provider)
        error = None if call.error is None else type(call.error).__name__
        span = state.span
        recording = span.is_recording()
        result = call.result if recording or self._on_event else None
        model = getattr(result, "model", None) or (None if meta is None else meta.selected_model)
        if isinstance(model, str) and model:
            attributes["gen_ai.response.model"] = model
        if recording or self._on_event:
            self._describe(state, call, result, error)
        if span is not _INVALID:
            if error is not None and call.end == "failed":
                span.set_status(Status(StatusCode.ERROR, error))
            span.end()
        if self._instruments:
            self._record(call, state, error if call.end == "failed" else None)

    def _describe(self, state: _Call, call: CallEnded, result: Any, error: str | None) -> None:
        """Set the attributes of the answer, and emit the event with the content."""
        facts = {**state.attributes, **_answer(call, result, error)}
        if self._on_span or self._on_event:
            state.content |= captured_result(result, self._scrub)
        for route in call.tried:
            failed = {"error.type": type(route.error).__name__, "gen_ai.request.model": route.model}
            state.span.add_event(
                "inference_gateway.route_failed", failed | {"inference_gateway.attempts": route.attempts}
            )
        state.span.set_attributes({**facts, **state.content} if self._on_span else facts)
        if self._on_event:
            self._emit(state, {**facts, **state.content})

    def _emit(self, state: _Call, attributes: dict[str, Any]) -> None:
        from opentelemetry._logs import LogRecord, SeverityNumber, get_logger  # here: most programs do not need it

        logger = get_logger(_SCOPE, logger_provider=self._logger_provider)
        record = LogRecord(
            timestamp=time.time_ns(),
            context=state.context,
            severity_number=SeverityNumber.DEBUG,
            event_name="gen_ai.client.inference.operation.details",
            attributes=attributes,
        )
        logger.emit(record)

    def _record(self, call: CallEnded, state: _Call, error: str | None) -> None:
        attributes, context = state.attributes, state.context  # the context: exemplars name the span
        timed = attributes if error is None else {**attributes, "error.type": error}
        for version, instruments in self._instruments.items():
            instruments["duration"].record(call.elapsed, timed, context)
            if call.first_content is not None:
                instruments["first_chunk"].record(call.first_content, attributes, context)
            if version == "1.41":
                for kind in ("input", "output") if call.usage is not None else ():
                    count = getattr(call.usage, kind)
                    if count is not None:
                        instruments["tokens"].record(count, {**attributes, "gen_ai.token.type": kind}, context)
            else:
                for kind in ("input", "output"):
                    instruments[kind].record(getattr(call.usage, kind, None) or 0, timed, context)
                by_modality = {**attributes, "gen_ai.token.modality": "unknown"}
                for kind in COUNTERS:
                    instruments[f"used_{kind}"].add(getattr(call.usage, kind, None) or 0, by_modality, context)

    # --- runs and tools

    def step_began(self, step: StepBegan, /) -> Span:
        """Start the span of a run or tool call."""
        context = self._runs.get(step.parent or "") or otel_context.get_current()
        if self._tracer is None or any(otel_context.get_value(key, context) for key in _SUPPRESS):
            return _INVALID
        if step.kind == "tool":
            return self._tracer.start_span(f"execute_tool {step.name}", context, SpanKind.INTERNAL, self._tool(step))
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": provider_name(step.provider),
        }
        if step.model is not None:
            attributes["gen_ai.request.model"] = model_name(step.model, step.provider)
        span = self._tracer.start_span("invoke_agent", context, SpanKind.INTERNAL, attributes)
        if span.get_span_context().is_valid:
            self._runs[step.id] = trace.set_span_in_context(span, context)
        return span

    def _tool(self, step: StepBegan) -> dict[str, Any]:
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": step.name or "",
            "gen_ai.tool.call.id": step.id,
            "gen_ai.tool.type": "extension" if step.in_gateway else "function",
        }
        if step.description:
            attributes["gen_ai.tool.description"] = step.description
        if self._on_span:
            attributes["gen_ai.tool.call.arguments"] = self._scrub.encode(step.arguments)
        return attributes

    @contextmanager
    def step_context(self, state: Span, /) -> Generator[None]:
        """Make the span of a tool call current, so that the function's own spans are its children."""
        if not state.get_span_context().is_valid:
            yield
            return
        token = otel_context.attach(trace.set_span_in_context(state))
        try:
            yield
        finally:
            otel_context.detach(token)

    def step_ended(self, state: Span, step: StepEnded, /) -> None:
        """End the span of a run or tool call."""
        self._runs.pop(step.began.id, None)
        if step.error is not None:
            state.set_attribute("error.type", step.error)
            state.set_status(Status(StatusCode.ERROR, step.error))
        elif step.began.kind == "tool" and self._on_span and state.is_recording():
            state.set_attribute("gen_ai.tool.call.result", self._scrub.encode(step.value))
        if step.usage is not None:
            state.set_attributes(_usage(step.usage))
        if step.finish:
            state.set_attribute("gen_ai.response.finish_reasons", [step.finish])
        state.end()


def _covered(context: Context) -> bool:
    """Return whether instrumentation is suppressed here, or the current span is another one of the same inference."""
    if any(otel_context.get_value(key, context) for key in _SUPPRESS):
        return True
    span = trace.get_current_span(context)
    if span is _INVALID:
        return False
    attributes: Any = getattr(span, "attributes", None)  # only spans of the SDK can be read
    return bool(attributes) and attributes.get("gen_ai.operation.name") in _INFERENCE


def _answer(call: CallEnded, result: Any, error: str | None) -> dict[str, Any]:
    """Return the attributes of a call that is known only at its end."""
    facts: dict[str, Any] = {} if call.usage is None else _usage(call.usage)
    reasons = finish_reasons(result)
    if call.end == "failed":
        facts["error.type"] = error or "error"
        reasons = ["error"] if call.began.stream and call.first_content is not None else []
    if reasons:
        facts["gen_ai.response.finish_reasons"] = reasons
    if isinstance(identifier := getattr(result, "id", None), str) and identifier:
        facts["gen_ai.response.id"] = identifier
    if call.first_content is not None:
        facts["gen_ai.response.time_to_first_chunk"] = call.first_content
    if call.cost is not None and call.cost.total is not None:
        facts["operation.cost"] = float(call.cost.total)
    meta = call.meta
    if call.route is not None:
        facts["inference_gateway.route"] = call.route
    elif meta is not None and (meta.selected_provider or meta.selected_model):
        facts["inference_gateway.route"] = f"{meta.selected_provider or ''}/{meta.selected_model or ''}"
    return facts


def _usage(usage: Any) -> dict[str, Any]:
    counts = ((name, getattr(usage, field)) for field, name in USAGE.items())
    return {name: count for name, count in counts if count is not None}


@functools.lru_cache(64)
def _server(base_url: str) -> dict[str, Any]:
    """Return the gateway's address and port. Callers do not change the result."""
    parts = urlsplit(base_url)
    if not parts.hostname:
        return {}
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"server.address": parts.hostname, "server.port": port}


def _instruments(meter: Meter, wanted: str | None) -> dict[Convention, dict[str, Any]]:
    """Create the instruments of the wanted versions."""
    found: dict[Convention, dict[str, Any]] = {}
    for version, metrics in METRICS.items():
        if wanted in (version, "both"):
            found[version] = {
                key: meter.create_counter(one.name, one.unit)
                if one.counter
                else meter.create_histogram(one.name, one.unit, explicit_bucket_boundaries_advisory=one.bounds)
                for key, one in metrics.items()
            }
    return found
