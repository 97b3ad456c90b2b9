"""An OTLP export of metrics turned into what a gateway makes of it: which data points it takes, and why not the others.

Both encodings come to the same `Metric`s here: the Protobuf one by the field numbers of
https://github.com/open-telemetry/opentelemetry-proto (metrics/v1), the JSON one by `otlp_json`. The rules are those of
WIRE section 15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from .._wire.metrics import protobuf_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DELTA", "Metric", "Verdict", "from_protobuf", "judge"]

DELTA = 1
"""The only temporality that is taken: each export holds what is new since the last."""

_KINDS = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponentialhistogram", 11: "summary"}
_HISTOGRAM, _EITHER, _COUNTER = ("histogram",), ("sum", "histogram"), ("sum",)
_TAKEN = {
    "gen_ai.client.token.usage": _EITHER,
    "gen_ai.client.operation.duration": _HISTOGRAM,
    "gen_ai.server.request.duration": _HISTOGRAM,
    "gen_ai.client.operation.time_to_first_chunk": _HISTOGRAM,
    "gen_ai.server.time_to_first_token": _HISTOGRAM,
    "gen_ai.execute_tool.duration": _HISTOGRAM,
    "inference_gateway.tool_calls": _COUNTER,
}


class Metric(Struct, frozen=True, kw_only=True):
    """As much of a metric as decides whether it is taken.

    Attributes:
        name: Its name.
        kind: "sum", "histogram", or another that is never taken; empty for none.
        points: How many data points it has.
        temporality: The number of its temporality.
        monotonic: A sum that only grows.
    """

    name: str = ""
    kind: str = ""
    points: int = 0
    temporality: int = 0
    monotonic: bool = False

    @property
    def objection(self) -> str:
        """Why it is not taken; empty when it is."""
        if self.name not in _TAKEN:
            return f'unsupported metric "{self.name}"'
        if self.kind not in _TAKEN[self.name]:
            return f'metric "{self.name}": must be a {" or a ".join(_TAKEN[self.name])}'
        if self.temporality != DELTA:
            return f'metric "{self.name}": only delta temporality is supported'
        if _TAKEN[self.name] is _COUNTER and not self.monotonic:
            return f'metric "{self.name}": must be monotonic'
        return ""


class Verdict(Struct, frozen=True):
    """How many data points were not taken, and the reasons; none and empty when all were."""

    rejected: int
    reason: str

    def json(self) -> dict[str, object]:
        """The answer's body in JSON; the count is a string, as 64-bit numbers are there."""
        if not self.reason:
            return {}
        return {"partialSuccess": {"rejectedDataPoints": str(self.rejected), "errorMessage": self.reason}}

    def protobuf(self) -> bytes:
        """The answer's body in Protobuf: no bytes at all when everything was taken."""
        if not self.reason:
            return b""
        text = self.reason.encode()
        partial = b"\x08" + _varint(self.rejected) + b"\x12" + _varint(len(text)) + text
        return b"\x0a" + _varint(len(partial)) + partial


def judge(metrics: Iterable[Metric]) -> Verdict:
    """What becomes of these metrics."""
    refused = [metric for metric in metrics if metric.points and metric.objection]
    reasons = dict.fromkeys(metric.objection for metric in refused)
    return Verdict(sum(metric.points for metric in refused), "; ".join(reasons))


def from_protobuf(data: bytes) -> Iterator[Metric]:
    """The metrics of an `ExportMetricsServiceRequest`.

    Raises:
        DecodingError: The bytes are no such message.
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
        elif number in _KINDS and isinstance(value, bytes):
            kind, body = _KINDS[number], value
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
    """A whole number, seven bits a byte, the lowest first."""
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])
