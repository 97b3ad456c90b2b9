"""Pushing metrics (contract: POST /metrics): an OTLP export to the request's bytes, the answer in either encoding back.

WIRE section 15 says what the gateway keeps: what it does not is refused point by point, in an answer that is still 200.
"""

from __future__ import annotations

import gzip
from typing import Any, Final, Literal, TypeAlias

from .._generated.metrics import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
    ExportMetricsServiceResponsePartialSuccess,
)
from .._model.json_value import is_mapping
from . import codec
from .call import Call, Repeat, Reply
from .protobuf import fields

__all__ = ["MetricsType", "push_call"]

MetricsType: TypeAlias = Literal["application/json", "application/x-protobuf"]

_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
_MOST: Final = 4 * 1024 * 1024


def push_call(payload: object, content_type: object, *, compress: bool) -> Call[ExportMetricsServiceResponse]:
    """The call that hands metrics over.

    Args:
        payload: An `ExportMetricsServiceRequest` or a mapping, sent as JSON; or bytes, sent as they are.
        content_type: What the bytes are; None for Protobuf.
        compress: Send them gzipped.

    Raises:
        TypeError: A payload of another kind.
        ValueError: A content type that the gateway refuses, or a payload over its limit.
        SerializationError: A value that has no JSON form.
    """
    kind, body = _encoded(payload, content_type)
    if len(body) > _MOST:
        raise ValueError(
            f"payload has {len(body):,} bytes: the gateway takes at most 4 MiB in one push, send fewer points"
        )
    return Call(
        method="POST",
        path="/metrics",
        read=_read,
        headers=(("Content-Encoding", "gzip"),) if compress else (),
        body=gzip.compress(body, mtime=0) if compress else body,
        content_type=kind,
        accept=f"{kind}, {_JSON}" if kind != _JSON else _JSON,  # errors are always JSON
        repeat=Repeat.PUSH,
    )


def _encoded(payload: object, content_type: object) -> tuple[str, bytes]:
    if content_type not in (None, _JSON, _PROTOBUF):
        raise ValueError(f"content_type must be {_JSON!r} or {_PROTOBUF!r}, got {content_type!r}")
    if isinstance(payload, (bytes, bytearray)):
        return str(content_type or _PROTOBUF), bytes(payload)
    if not (is_mapping(payload) or isinstance(payload, ExportMetricsServiceRequest)):
        raise TypeError(
            "payload must be an ExportMetricsServiceRequest, a mapping, or bytes of Protobuf or JSON,"
            f" got {type(payload).__name__}"
        )
    if content_type == _PROTOBUF:
        raise ValueError(
            "content_type: Protobuf is sent as bytes, as request.SerializeToString() of OpenTelemetry gives"
        )
    return _JSON, codec.encode(payload)


def _read(reply: Reply) -> ExportMetricsServiceResponse:
    """The outcome, whichever encoding it came in.

    Raises:
        DecodingError: It is neither.
    """
    if not reply.body:  # Protobuf for: all was taken
        return ExportMetricsServiceResponse()
    if reply.headers.get("content-type", "").lower().startswith(_PROTOBUF):
        return _from_protobuf(reply.body)
    return codec.decode(reply.body, ExportMetricsServiceResponse)


def _from_protobuf(body: bytes) -> ExportMetricsServiceResponse:
    """Field 1 is the part refused: in it 1 is the count, 2 the reasons (opentelemetry/proto/collector/metrics/v1)."""
    part: dict[int, Any] = {}
    refused = False
    for number, value in fields(body):
        if number == 1 and isinstance(value, bytes):
            refused = True
            part.update(fields(value))  # a message that comes in pieces is merged
    if not refused:
        return ExportMetricsServiceResponse()
    count, reason = part.get(1), part.get(2)
    return ExportMetricsServiceResponse(
        partialSuccess=ExportMetricsServiceResponsePartialSuccess(
            rejectedDataPoints=str(count) if isinstance(count, int) else None,
            errorMessage=reason.decode("utf-8", "replace") if isinstance(reason, bytes) else None,
        )
    )
