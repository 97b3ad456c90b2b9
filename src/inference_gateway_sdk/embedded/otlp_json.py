"""OTLP's JSON turned into metrics, as strictly as the real gateway reads it (WIRE section 15).

Every field of the export is spelled out, because an unknown one makes the whole push fail. Names may be written in
camel or in snake case, 64-bit numbers as strings or numbers, enumerations by name or number (the JSON mapping of
https://protobuf.dev/programming-guides/json/); null is the same as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator  # noqa: TC003
from typing import Annotated, TypeAlias, cast

import msgspec
from msgspec import Meta, Struct

from .otlp import Metric

__all__ = ["from_json"]

Whole: TypeAlias = int | Annotated[str, Meta(pattern="^-?[0-9]+$")] | None
Number: TypeAlias = float | Annotated[str, Meta(pattern=r"^(-?[0-9.]+([eE][-+]?[0-9]+)?|NaN|-?Infinity)$")] | None
OtlpText: TypeAlias = str | None

_TEMPORALITIES = {
    "AGGREGATION_TEMPORALITY_UNSPECIFIED": 0,
    "AGGREGATION_TEMPORALITY_DELTA": 1,
    "AGGREGATION_TEMPORALITY_CUMULATIVE": 2,
}


class _Message(Struct, forbid_unknown_fields=True, rename="camel"):
    """A message; a field it does not have is an error."""


class Value(_Message):
    """An attribute's value: one of these."""

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
    """A single measurement behind a data point."""

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
    """The buckets of one sign."""

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
    """A metric: one of the five kinds."""

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
        """What matters of it."""
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
    """The library that measured."""

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
    """Who measured."""

    attributes: list[Attribute] | None = None
    dropped_attributes_count: Whole = None


class ResourceMetrics(_Message):
    """The metrics of one process."""

    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] | None = None
    schema_url: OtlpText = None


class Export(_Message):
    """The whole push."""

    resource_metrics: list[ResourceMetrics] | None = None


def from_json(data: bytes) -> Iterator[Metric]:
    """The metrics of an export.

    Raises:
        msgspec.DecodeError: The bytes are no JSON, or (as msgspec.ValidationError) hold what an export does not.
    """
    export = msgspec.convert(_in_camel_case(msgspec.json.decode(data)), type=Export)
    for resource in export.resource_metrics or ():
        for scope in resource.scope_metrics or ():
            for measured in scope.metrics or ():
                yield measured.metric()


def _in_camel_case(value: object) -> object:
    """The same with every name in camel case: an export has names of fields and no others."""
    if isinstance(value, dict):
        named = cast("dict[str, object]", value).items()
        return {re.sub("_([a-z])", _upper, name): _in_camel_case(each) for name, each in named}
    if isinstance(value, list):
        return [_in_camel_case(each) for each in cast("list[object]", value)]
    return value


def _upper(found: re.Match[str]) -> str:
    return found[1].upper()


def _temporality(value: int | str | None) -> int:
    if isinstance(value, str):
        if value not in _TEMPORALITIES:
            raise msgspec.ValidationError(f"{value!r} is no aggregation temporality")
        return _TEMPORALITIES[value]
    return value or 0
