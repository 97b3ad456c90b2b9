"""OTLP metrics in protobuf or JSON: decoding, and the checks that the gateway makes."""

from __future__ import annotations

import re
from collections.abc import Iterator  # noqa: TC003
from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

import msgspec
from msgspec import Meta, Struct

from .._model.type_info import build_converter
from .._wire.metrics import protobuf_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DELTA", "Metric", "Verdict", "from_json", "from_protobuf", "judge"]


DELTA = 1
"""The only accepted temporality: each export contains the changes since the last one."""

_METRIC_KINDS = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponentialhistogram", 11: "summary"}
_HISTOGRAM, _EITHER, _COUNTER = ("histogram",), ("sum", "histogram"), ("sum",)
_ACCEPTED_METRICS = {
    "gen_ai.client.token.usage": _EITHER,
    "gen_ai.client.operation.duration": _HISTOGRAM,
    "gen_ai.server.request.duration": _HISTOGRAM,
    "gen_ai.client.operation.time_to_first_chunk": _HISTOGRAM,
    "gen_ai.server.time_to_first_token": _HISTOGRAM,
    "gen_ai.execute_tool.duration": _HISTOGRAM,
    "inference_gateway.tool_calls": _COUNTER,
}


class Metric(Struct, frozen=True, kw_only=True):
    """The properties of a metric that decide whether it is accepted.

    Attributes:
        name: The metric's name.
        kind: "sum", "histogram", or a kind that is never accepted; empty for none.
        points: The number of data points.
        temporality: The number of the temporality.
        monotonic: True for a sum that only grows.
    """

    name: str = ""
    kind: str = ""
    points: int = 0
    temporality: int = 0
    monotonic: bool = False

    @property
    def objection(self) -> str:
        """The reason for a rejection; empty when the metric is accepted."""
        if self.name not in _ACCEPTED_METRICS:
            return f'unsupported metric "{self.name}"'
        if self.kind not in _ACCEPTED_METRICS[self.name]:
            return f'metric "{self.name}": must be a {" or a ".join(_ACCEPTED_METRICS[self.name])}'
        if self.temporality != DELTA:
            return f'metric "{self.name}": only delta temporality is supported'
        if _ACCEPTED_METRICS[self.name] is _COUNTER and not self.monotonic:
            return f'metric "{self.name}": must be monotonic'
        return ""


class Verdict(Struct, frozen=True):
    """The number of rejected data points and the reasons: 0 and empty when all were accepted."""

    rejected: int
    reason: str

    def json(self) -> dict[str, object]:
        """Return the answer's body in JSON, where a 64-bit count is a string."""
        if not self.reason:
            return {}
        return {"partialSuccess": {"rejectedDataPoints": str(self.rejected), "errorMessage": self.reason}}

    def protobuf(self) -> bytes:
        """Return the answer's body in protobuf, which is empty when all points were accepted."""
        if not self.reason:
            return b""
        text = self.reason.encode()
        # ExportMetricsServiceResponse: 0a LEN {08 VARINT rejected_data_points, 12 LEN error_message}
        partial = b"\x08" + _varint(self.rejected) + b"\x12" + _varint(len(text)) + text
        return b"\x0a" + _varint(len(partial)) + partial


def judge(metrics: Iterable[Metric]) -> Verdict:
    """Check the metrics and return the verdict on all of them."""
    refused = [metric for metric in metrics if metric.points and metric.objection]
    reasons = dict.fromkeys(metric.objection for metric in refused)
    return Verdict(sum(metric.points for metric in refused), "; ".join(reasons))


def from_protobuf(data: bytes) -> Iterator[Metric]:
    """Yield the metrics of an `ExportMetricsServiceRequest`.

    Raises:
        DecodingError: The bytes are not such a message.
    """
    for resource in _messages(data, 1):
        for scope in _messages(resource, 2):
            for metric in _messages(scope, 2):
                yield _metric(metric)


def _metric(data: bytes) -> Metric:
    name, kind, body = "", "", b""
    for number, value in protobuf_fields(data):
        if number == 1 and isinstance(value, bytes):
            name = value.decode(errors="replace")
        elif number in _METRIC_KINDS and isinstance(value, bytes):
            kind, body = _METRIC_KINDS[number], value
    parts = list(protobuf_fields(body))
    numbers = {number: value for number, value in parts if isinstance(value, int)}
    return Metric(
        name=name,
        kind=kind,
        points=sum(number == 1 for number, _ in parts),
        temporality=numbers.get(2, 0),
        monotonic=bool(numbers.get(3, 0)),
    )


def _messages(data: bytes, wanted: int) -> Iterator[bytes]:
    return (value for number, value in protobuf_fields(data) if number == wanted and isinstance(value, bytes))


def _varint(value: int) -> bytes:
    """Encode an integer as a protobuf varint: seven bits per byte, lowest first."""
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


Whole: TypeAlias = int | Annotated[str, Meta(pattern="^-?[0-9]+$")] | None
Number: TypeAlias = float | Annotated[str, Meta(pattern=r"^(-?[0-9.]+([eE][-+]?[0-9]+)?|NaN|-?Infinity)$")] | None
OtlpText: TypeAlias = str | None

_TEMPORALITIES = {
    "AGGREGATION_TEMPORALITY_UNSPECIFIED": 0,
    "AGGREGATION_TEMPORALITY_DELTA": 1,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": 2,
}


class _Message(Struct, forbid_unknown_fields=True, rename="camel"):
    """An OTLP message. An unknown field is an error."""


class Value(_Message):
    """An attribute's value, in exactly one of the fields."""

    string_value: OtlpText = None
    bool_value: bool | None = None
    int_value: Whole = None
    double_value: Number = None
    bytes_value: OtlpText = None
    array_value: Values | None = None
    kvlist_value: Attributes | None = None


class Values(_Message):
    """A list of values."""

    values: list[Value] | None = None


class Attribute(_Message):
    """A name and a value."""

    key: OtlpText = None
    value: Value | None = None


class Attributes(_Message):
    """Attributes as a value."""

    values: list[Attribute] | None = None


class Exemplar(_Message):
    """An example measurement of a data point."""

    filtered_attributes: list[Attribute] | None = None
    time_unix_nano: Whole = None
    as_double: Number = None
    as_int: Whole = None
    span_id: OtlpText = None
    trace_id: OtlpText = None


class _Point(_Message):
    attributes: list[Attribute] | None = None
    start_time_unix_nano: Whole = None
    time_unix_nano: Whole = None
    flags: Whole = None


class NumberPoint(_Point):
    """A data point of a gauge or a sum."""

    as_double: Number = None
    as_int: Whole = None
    exemplars: list[Exemplar] | None = None


class HistogramPoint(_Point):
    """A data point of a histogram."""

    count: Whole = None
    sum: Number = None
    bucket_counts: list[Whole] | None = None
    explicit_bounds: list[Number] | None = None
    exemplars: list[Exemplar] | None = None
    min: Number = None
    max: Number = None


class Buckets(_Message):
    """The buckets of positive or of negative values."""

    offset: Whole = None
    bucket_counts: list[Whole] | None = None


class ExponentialPoint(_Point):
    """A data point of an exponential histogram."""

    count: Whole = None
    sum: Number = None
    scale: Whole = None
    zero_count: Whole = None
    positive: Buckets | None = None
    negative: Buckets | None = None
    exemplars: list[Exemplar] | None = None
    min: Number = None
    max: Number = None
    zero_threshold: Number = None


class Quantile(_Message):
    """One quantile of a summary."""

    quantile: Number = None
    value: Number = None


class SummaryPoint(_Point):
    """A data point of a summary."""

    count: Whole = None
    sum: Number = None
    quantile_values: list[Quantile] | None = None


class Gauge(_Message):
    """The data of a gauge."""

    data_points: list[NumberPoint] | None = None


class Sum(_Message):
    """The data of a sum."""

    data_points: list[NumberPoint] | None = None
    aggregation_temporality: int | str | None = None
    is_monotonic: bool | None = None


class Histogram(_Message):
    """The data of a histogram."""

    data_points: list[HistogramPoint] | None = None
    aggregation_temporality: int | str | None = None


class ExponentialHistogram(_Message):
    """The data of an exponential histogram."""

    data_points: list[ExponentialPoint] | None = None
    aggregation_temporality: int | str | None = None


class Summary(_Message):
    """The data of a summary."""

    data_points: list[SummaryPoint] | None = None


class Measured(_Message):
    """A metric of one of the five kinds."""

    name: OtlpText = None
    description: OtlpText = None
    unit: OtlpText = None
    metadata: list[Attribute] | None = None
    gauge: Gauge | None = None
    sum: Sum | None = None
    histogram: Histogram | None = None
    exponential_histogram: ExponentialHistogram | None = None
    summary: Summary | None = None

    def metric(self) -> Metric:
        """Return the properties that decide whether the metric is accepted."""
        kinds = (self.sum, self.histogram, self.gauge, self.exponential_histogram, self.summary)
        data = next((kind for kind in kinds if kind is not None), None)
        if data is None:
            return Metric(name=self.name or "")
        return Metric(
            name=self.name or "",
            kind=type(data).__name__.lower(),
            points=len(data.data_points or ()),
            temporality=0 if isinstance(data, Gauge | Summary) else _temporality(data.aggregation_temporality),
            monotonic=isinstance(data, Sum) and bool(data.is_monotonic),
        )


class Scope(_Message):
    """The instrumentation library."""

    name: OtlpText = None
    version: OtlpText = None
    attributes: list[Attribute] | None = None
    dropped_attributes_count: Whole = None


class ScopeMetrics(_Message):
    """The metrics of one library."""

    scope: Scope | None = None
    metrics: list[Measured] | None = None
    schema_url: OtlpText = None


class Resource(_Message):
    """The source of the metrics."""

    attributes: list[Attribute] | None = None
    dropped_attributes_count: Whole = None


class ResourceMetrics(_Message):
    """The metrics of one process."""

    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] | None = None
    schema_url: OtlpText = None


class Export(_Message):
    """The request of a metrics export."""

    resource_metrics: list[ResourceMetrics] | None = None


def from_json(data: bytes) -> Iterator[Metric]:
    """Yield the metrics of an export.

    Raises:
        msgspec.DecodeError: The bytes are not JSON. As msgspec.ValidationError: they are not an export.
    """
    export: Export = build_converter(Export)(_in_camel_case(msgspec.json.decode(data)))
    for resource in export.resource_metrics or ():
        for scope in resource.scope_metrics or ():
            for measured in scope.metrics or ():
                yield measured.metric()


def _in_camel_case(value: object) -> object:
    """Convert all object keys to camel case. In an export every key is a field name."""
    if isinstance(value, dict):
        named = cast("dict[str, object]", value).items()
        camel = {re.sub("_([a-z])", _upper, name): _in_camel_case(each) for name, each in named}
        if len(camel) < len(named):
            raise msgspec.ValidationError("a field is there by both of its names")
        return camel
    if isinstance(value, list):
        return [_in_camel_case(each) for each in cast("list[object]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1.0 is a whole number too (ProtoJSON)
    return value


def _upper(found: re.Match[str]) -> str:
    return found[1].upper()


def _temporality(value: int | str | None) -> int:
    if isinstance(value, str):
        if value not in _TEMPORALITIES:
            raise msgspec.ValidationError(f"{value!r} is not an aggregation temporality")
        return _TEMPORALITIES[value]
    return value or 0
