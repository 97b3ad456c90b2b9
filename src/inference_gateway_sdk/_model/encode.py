"""Values to JSON: contract objects with their unknown fields, and any other values that users put into a request.

Most values are plain, and msgspec encodes them at full speed; `is_plain` detects them. Any other value is converted by
a slower walk. The walk also tracks its position, so that an error can name the value that JSON cannot hold.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any, cast

import msgspec
from msgspec import UNSET, Struct, structs

from ..errors import SerializationError
from .lenient_decode import Field, field_table, read_field
from .open_types import OpenEnum, Unknown
from .unknown_fields import KEY, MISSING, UnknownFields

__all__ = ["decoded_to_builtins", "encode", "is_plain", "to_builtins"]

_SCALARS = frozenset({str, int, bool, type(None)})
_LONGEST_PATH = 20
_AS_MSGSPEC_DOES = (
    dt.datetime,
    dt.date,
    dt.time,
    dt.timedelta,
    decimal.Decimal,
    uuid.UUID,
)


def encode(value: object) -> bytes:
    """Return the value as JSON.

    Raises:
        SerializationError: When a value in it cannot be sent; the error names the value and its path.
    """
    try:
        if is_plain(value):
            return msgspec.json.encode(value)
    except (RecursionError, ValueError):
        pass  # a cycle, a lone surrogate, a number with too many digits: the walk finds out which
    return _encode_odd(to_builtins(value))


def _encode_odd(value: object) -> bytes:
    if is_plain(value):
        try:
            return msgspec.json.encode(value)
        except ValueError:
            pass
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except ValueError as error:  # an integer with more digits than Python converts
        raise SerializationError(f"a number cannot be sent: {error}") from error


def is_plain(value: object) -> bool:
    """Return whether msgspec encodes this value correctly: no unknown fields, NaN or bytes, and only string keys."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is dict:
        return _is_plain_mapping(value)
    if kind is list or kind is tuple:
        return _all_plain(value)
    if isinstance(value, Struct):
        return _all_plain([getattr(value, name) for name in value.__struct_fields__])
    if isinstance(value, float):
        return kind is float and math.isfinite(value)
    return isinstance(value, OpenEnum)


# Most values are strings, for which no function is called. Plain loops, because most containers hold few items.


def _is_plain_mapping(mapping: Any) -> bool:  # Any: a cast would be one more call
    items: dict[object, object] = mapping
    for key, value in items.items():
        if type(key) is not str or (type(value) not in _SCALARS and not is_plain(value)):
            return False
    return True


def _all_plain(values: Any) -> bool:
    items: Iterable[object] = values
    for value in items:  # noqa: SIM110  (a generator would cost more than the loop)
        if type(value) not in _SCALARS and not is_plain(value):
            return False
    return True


def to_builtins(value: object) -> Any:
    """Return the value as new dicts, lists, strings, numbers, booleans and None, including unknown fields.

    Raises:
        SerializationError: When a value in it cannot be sent; the error names the value and its path.
    """
    return _Walk().plain(value)


def decoded_to_builtins(value: Struct) -> Any:
    """Return an object that was decoded from JSON as `to_builtins` does, by msgspec if all its fields are known.

    An object of the caller needs `to_builtins`: msgspec would accept bytes and keys that JSON does not have.
    """
    marked = 0

    def drop_notes(unknowns: Any) -> None:
        nonlocal marked
        if unknowns.unknown or unknowns.raw or unknowns.absent:
            raise _HasUnknownFields
        marked += 1

    try:
        found = msgspec.to_builtins(value, enc_hook=drop_notes)
    except _HasUnknownFields:
        return to_builtins(value)
    if found.pop(KEY, MISSING) is not MISSING:  # the answer's metadata
        marked -= 1
    return to_builtins(value) if marked else found


class _HasUnknownFields(Exception):  # noqa: N818
    """The signal that a value has unknown fields, which msgspec cannot convert."""


class _Walk:
    """One walk through a value.

    Attributes:
        path: Keys and indexes from the root to the current position.
        inside: Identities of the containers on that path, to detect cycles.
    """

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.inside: set[int] = set()

    def plain(self, value: object) -> Any:
        kind = type(value)
        if kind in _SCALARS or kind is float:
            return value
        if kind is dict or kind is list or isinstance(value, Struct):
            return self.container(value)
        if isinstance(value, Enum):
            return self.plain(value.value)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, (int, float)):
            return int(value) if isinstance(value, int) else float(value)
        if isinstance(value, _AS_MSGSPEC_DOES):
            return msgspec.to_builtins(value)
        return self.container(value)

    def container(self, value: object) -> Any:
        if id(value) in self.inside:
            raise self.refusal("a value that contains itself cannot be sent")
        self.inside.add(id(value))
        try:
            return self.opened(value)
        except RecursionError:
            raise self.refusal("nested too deeply to be sent") from None
        finally:
            self.inside.discard(id(value))

    def opened(self, value: object) -> Any:
        """Return the container's content as the first JSON-like type that it is an instance of."""
        if type(value) is list:
            return [self.at(index, item) for index, item in enumerate(cast("list[object]", value))]
        if isinstance(value, Struct):
            return self.struct(value)
        if isinstance(value, Unknown):
            return self.mapping(value.data)
        if isinstance(value, Mapping):
            return self.mapping(cast("Mapping[object, object]", value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            raise self.refusal("bytes cannot be sent as JSON; base64-encode them first")
        if isinstance(value, (Sequence, AbstractSet)):
            return [self.at(index, item) for index, item in enumerate(cast("Sequence[object]", value))]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: self.at(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)}
        return self.dumped(value)

    def dumped(self, value: object) -> Any:
        """Return the dump of a pydantic model, detected by its method: pydantic itself is never imported."""
        dump: Callable[..., object] | None = getattr(value, "model_dump", None)
        if dump is None or isinstance(value, type):
            raise self.refusal(f"{_description(value)} cannot be sent as JSON")
        try:
            dumped = dump(mode="json", by_alias=True)
        except Exception as error:
            raise self.refusal(f"{_description(value)} cannot be sent as JSON: {error}") from error
        return self.plain(dumped)

    def mapping(self, value: Mapping[Any, object]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise self.refusal(f"keys must be strings, got {key!r} ({type(key).__name__})")
            out[str.__str__(key)] = self.at(key, item)
        return out

    def struct(self, value: Struct) -> Any:
        # Only contract classes declare the hidden field; a user's own struct may be renamed, tagged or array-like.
        return self.contract(value) if "_unknown" in value.__struct_fields__ else self.foreign(value)

    def contract(self, value: Struct) -> dict[str, Any]:
        unknowns: UnknownFields = getattr(value, "_unknown", None) or MISSING
        out: dict[str, Any] = {}
        if not unknowns.raw and not unknowns.absent:  # nearly every object
            for name, wire, _, required, filled in field_table(type(value)).fields:
                current = getattr(value, name)
                if type(current) in _SCALARS:
                    if current is not None or required or filled:
                        out[wire] = current
                else:
                    out[wire] = self.at(wire, current)
            for key, item in unknowns.unknown.items():
                out[key] = self.at(key, item)
            return out
        for field in field_table(type(value)).fields:
            current = getattr(value, field.name)
            if field.wire in unknowns.raw and _describes(field, unknowns.raw[field.wire], current):
                out[field.wire] = self.at(field.wire, unknowns.raw[field.wire])
            elif field.wire in unknowns.absent and current == field.blank():
                continue
            elif current is not None or field.required or field.filled:
                out[field.wire] = self.at(field.wire, current)
        for key, item in unknowns.unknown.items():
            out[key] = self.at(key, item)
        return out

    def foreign(self, value: Struct) -> Any:
        config = value.__struct_config__
        infos = structs.fields(type(value))
        if config.array_like:
            items = [self.at(info.encode_name, getattr(value, info.name)) for info in infos]
            return items if config.tag is None else [config.tag, *items]
        out: dict[str, Any] = {} if config.tag is None else {str(config.tag_field): config.tag}
        for info in infos:
            current = getattr(value, info.name)
            if current is UNSET or (config.omit_defaults and current == info.default):
                continue
            out[info.encode_name] = self.at(info.encode_name, current)
        return out

    def at(self, step: str | int, value: object) -> Any:
        if type(value) in _SCALARS:
            return value
        self.path.append(step)
        out = self.plain(value)
        self.path.pop()  # not reached when an error passes, so that the error can name the path
        return out

    def refusal(self, why: str) -> SerializationError:
        return SerializationError(why, path=_rendered(self.path))


def _describes(field: Field, raw: object, current: object) -> bool:
    """Return whether the attribute is still the value that decoding made of `raw`. If not, the user changed it."""
    return bool(read_field(field, raw)[0] == current)


def _description(value: object) -> str:
    kind = type(value)
    return (
        f"the class {value.__name__}" if isinstance(value, type) else f"a value of type {kind.__name__} ({value!r:.80})"
    )


def _rendered(path: list[str | int]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "$" + "".join(steps if len(steps) <= _LONGEST_PATH else [*steps[:_LONGEST_PATH], "..."])
