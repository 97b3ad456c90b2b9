"""The metrics push: OTLP payloads out, the outcome in, as JSON or protobuf."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from .._generated.metrics import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
    ExportMetricsServiceResponsePartialSuccess,
)
from .._model.json_values import is_mapping
from ..errors import DecodingError
from . import codec
from .call import Call, Idempotency, Reply
from .problem import is_error_object, read_error_object

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MetricsType", "ProtobufField", "protobuf_fields", "push_call"]


ProtobufField: TypeAlias = tuple[int, int | bytes]
"""A field's number and its value: a whole number, or the bytes of a text, a message or a fixed-width number."""

_FIXED = {1: 8, 5: 4}  # wire types whose values have so many bytes


def protobuf_fields(data: bytes) -> Iterator[ProtobufField]:
    """The fields of a message, in order.

    Raises:
        DecodingError: The bytes are no message, or use the groups that Protocol Buffers gave up.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise DecodingError("not a Protocol Buffers message: a field has the number 0")
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise DecodingError(f"not a Protocol Buffers message: a field has the wire type {kind}")
        if at + size > len(data):
            raise DecodingError("a Protocol Buffers message that was cut off")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise DecodingError("a Protocol Buffers message that was cut off")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise DecodingError("not a Protocol Buffers message: a number of more than ten bytes")


MetricsType: TypeAlias = Literal["application/json", "application/x-protobuf"]

_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
_MAX_BODY: Final = 4 * 1024 * 1024


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
    kind, body = _encode_push(payload, content_type)
    if len(body) > _MAX_BODY:
        raise ValueError(
            f"payload has {len(body):,} bytes: the gateway takes at most 4 MiB in one push, send fewer points"
        )
    return Call(
        method="POST",
        path="/metrics",
        read=_read_push,
        headers=(("Content-Encoding", "gzip"),) if compress else (),
        body=gzip.compress(body, mtime=0) if compress else body,
        content_type=kind,
        accept=f"{kind}, {_JSON}" if kind != _JSON else _JSON,  # errors are always JSON
        repeat=Idempotency.PUSH,
    )


def _encode_push(payload: object, content_type: object) -> tuple[str, bytes]:
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


def _read_push(reply: Reply) -> ExportMetricsServiceResponse:
    """The outcome, whichever encoding it came in.

    Raises:
        DecodingError: It is neither.
    """
    if not reply.body:  # Protobuf for: all was taken
        return ExportMetricsServiceResponse()
    if reply.headers.get("content-type", "").lower().startswith(_PROTOBUF):
        return _from_protobuf(reply.body)
    answer = codec.decode(reply.body, ExportMetricsServiceResponse)
    if answer.partialSuccess is None:  # all was taken, or the body is something else
        value = answer.to_dict()
        if is_error_object(value):
            raise read_error_object(value, reply.body)
    return answer


def _from_protobuf(body: bytes) -> ExportMetricsServiceResponse:
    """Field 1 is the part refused: in it 1 is the count, 2 the reasons (opentelemetry/proto/collector/metrics/v1)."""
    part: dict[int, Any] = {}
    refused = False
    for number, value in protobuf_fields(body):
        if number == 1 and isinstance(value, bytes):
            refused = True
            part.update(protobuf_fields(value))  # a message that comes in pieces is merged
    if not refused:
        return ExportMetricsServiceResponse()
    count, reason = part.get(1), part.get(2)
    return ExportMetricsServiceResponse(
        partialSuccess=ExportMetricsServiceResponsePartialSuccess(
            rejectedDataPoints=str(count) if isinstance(count, int) else None,
            errorMessage=reason.decode("utf-8", "replace") if isinstance(reason, bytes) else None,
        )
    )
