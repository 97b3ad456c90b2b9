"""The metrics push: OTLP payloads to send, and the result in JSON or Protobuf."""

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
"""A field's number and its value: an integer, or the bytes of a string, a message or a fixed-width number."""

_FIXED = {1: 8, 5: 4}  # wire type to the size of its values in bytes: 64-bit and 32-bit


def protobuf_fields(data: bytes) -> Iterator[ProtobufField]:
    """Yield the fields of a message, in order.

    A field is a varint `number << 3 | wire type`, then the value. For example, `0a 02 68 69` is field 1 with the bytes
    "hi": key 0x0a (number 1, wire type 2), size 2, two bytes.

    Raises:
        DecodingError: The bytes are not a message, or use groups, which Protocol Buffers has deprecated.
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
            raise DecodingError("not a Protocol Buffers message: it is cut off")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a varint (seven bits a byte, lowest first; a set high bit means more follow) and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise DecodingError("not a Protocol Buffers message: it is cut off")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise DecodingError("not a Protocol Buffers message: a number has more than ten bytes")


MetricsType: TypeAlias = Literal["application/json", "application/x-protobuf"]

_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
_MAX_BODY: Final = 4 * 1024 * 1024


def push_call(payload: object, content_type: object, *, compress: bool) -> Call[ExportMetricsServiceResponse]:
    """Return the call that pushes metrics.

    Args:
        payload: An `ExportMetricsServiceRequest` or a mapping, sent as JSON; or bytes, sent unchanged.
        content_type: The media type of the bytes; None for Protobuf.
        compress: Send the payload compressed with gzip.

    Raises:
        TypeError: The payload has another type.
        ValueError: The gateway refuses the content type, or the payload is over its limit.
        SerializationError: A value cannot be encoded as JSON.
    """
    kind, body = _encode_push(payload, content_type)
    if len(body) > _MAX_BODY:
        raise ValueError(
            f"payload has {len(body):,} bytes: the gateway accepts at most 4 MiB in one push, so send fewer points"
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
            "content_type: Protobuf is sent as bytes; OpenTelemetry's request.SerializeToString() returns them"
        )
    return _JSON, codec.encode(payload)


def _read_push(reply: Reply) -> ExportMetricsServiceResponse:
    """Return the outcome of a push, from either encoding.

    Raises:
        DecodingError: The body is in neither encoding.
    """
    if not reply.body:  # the Protobuf form of complete success: an empty message
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
    """Decode the response. Field 1 is the partial success: its field 1 is the count, 2 the reason.

    See opentelemetry/proto/collector/metrics/v1/metrics_service.proto.
    """
    part: dict[int, Any] = {}
    refused = False
    for number, value in protobuf_fields(body):
        if number == 1 and isinstance(value, bytes):
            refused = True
            part.update(protobuf_fields(value))  # a message field that occurs more than once is merged
    if not refused:
        return ExportMetricsServiceResponse()
    count, reason = part.get(1), part.get(2)
    return ExportMetricsServiceResponse(
        partialSuccess=ExportMetricsServiceResponsePartialSuccess(
            rejectedDataPoints=str(count) if isinstance(count, int) else None,
            errorMessage=reason.decode("utf-8", "replace") if isinstance(reason, bytes) else None,
        )
    )
