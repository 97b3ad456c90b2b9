"""An adapter of a type: its JSON schema and a decoder of its values, by msgspec, or by pydantic for its own types."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from .._model.json_values import is_array, is_object
from .._model.type_info import build_converter
from .._model.unknown_fields import set_module
from .json_schema import UNIONS, build_schema, class_name, is_pydantic, type_hints

__all__ = ["InvalidValueError", "Problem", "TypeAdapter", "adapt"]

T = TypeVar("T")

_MAX_REASON: Final = 80  # characters: some of msgspec's messages quote the value


@set_module
class Problem(Struct, frozen=True):
    """One mismatch between a value and its type.

    Attributes:
        path: Path to the mismatch, such as `$.items[0].name`. "$" means the whole value.
        reason: Reason for the mismatch.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class InvalidValueError(ValueError):
    """A JSON value that does not match a type.

    Attributes:
        problems: All mismatches, at least one.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


class TypeAdapter(Generic[T]):
    """A type, its JSON schema, and the decoder of its values.

    Attributes:
        kind: The type.
        name: Name of the schema, in characters that every provider accepts.
        schema: The JSON schema. Do not modify it.
    """

    __slots__ = ("_decode", "kind", "name", "schema")

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.name = class_name(kind)
        self._decode: Callable[[object], Any] = _decoder(
            kind
        )  # before the schema: it builds msgspec's type info under the lock
        self.schema = build_schema(kind)

    def decode(self, value: object) -> T:
        """Decode a plain JSON value to the type.

        Raises:
            InvalidValueError: The value does not match the type. The error lists all mismatches.
        """
        return cast("T", self._decode(value))


def adapt(kind: Any) -> TypeAdapter[Any]:
    """Return the cached adapter of a type.

    Raises:
        TypeError: The type cannot be represented in JSON. The message names it.
    """
    try:
        # str(kind) is part of the key, because unions are equal in any order of their members.
        return _adapted(kind, "" if isinstance(kind, type) else str(kind))
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
    return TypeAdapter(kind)


@functools.lru_cache(maxsize=512)
def _adapted(kind: Any, _written: str) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _decoder(kind: Any) -> Callable[[object], Any]:
    """Return the function that decodes values of a type."""
    if is_pydantic(kind):
        return _pydantic_decoder(kind)
    try:
        convert = build_converter(kind, _hook)
    except TypeError as error:
        if get_origin(kind) not in UNIONS:
            raise TypeError(f"{class_name(kind)}: {error}") from None
        return _try_members([adapt(member) for member in get_args(kind)])

    def decode(value: object) -> Any:
        try:
            return convert(value)
        except msgspec.ValidationError as error:
            found = tuple(_problems(value, kind, "$")) or (_own_problem(error, kind, "$"),)
        raise InvalidValueError(found)

    return decode


def _try_members(members: list[TypeAdapter[Any]]) -> Callable[[object], Any]:
    """Return a decoder that tries the members of a union in order, for unions that msgspec cannot distinguish."""

    def decode(value: object) -> Any:
        found: list[Problem] = []
        for member in members:
            try:
                return member.decode(value)
            except InvalidValueError as error:
                found += [Problem(one.path, f"{one.reason} (as {member.name})") for one in error.problems]
        raise InvalidValueError(tuple(found))

    return decode


def _pydantic_decoder(kind: Any) -> Callable[[object], Any]:
    import pydantic

    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(kind)

    def decode(value: object) -> Any:
        try:
            text = msgspec.json.encode(
                value
            )  # in JSON mode, strict models accept dates as strings and tuples as arrays
        except (TypeError, ValueError):
            text = None
        try:
            return adapter.validate_python(value) if text is None else adapter.validate_json(text)
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidValueError(tuple(Problem(_path(one["loc"]), _lower(one["msg"])) for one in found))

    return decode


def _path(places: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{index}]" if isinstance(index, int) else f".{index}" for index in places)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _hook(kind: Any, value: object) -> Any:
    """Decode pydantic models inside structs, which msgspec does not support."""
    validate: Callable[[object], Any] | None = getattr(kind, "model_validate", None)
    if validate is None:
        raise NotImplementedError(kind)  # by which msgspec's `dec_hook` learns that the hook does not know the type
    return validate(value)


# --- all mismatches: msgspec reports only the first


def _problems(value: object, kind: Any, path: str) -> Iterator[Problem]:
    """Yield the mismatches of a value, none if it matches the type."""
    if is_pydantic(kind):
        try:
            adapt(kind).decode(value)
        except InvalidValueError as error:
            for one in error.problems:
                yield Problem(path + one.path[1:], one.reason)
        return
    convert = build_converter(kind, _hook)
    try:
        convert(value)
    except msgspec.ValidationError as error:
        inner = [one for part, of, where in _parts(value, kind, path) for one in _problems(part, of, where)]
        missing = list(_missing(value, kind, path))
        yield from missing
        yield from inner
        if not inner and not missing:
            yield _own_problem(error, kind, path)


def _own_problem(error: msgspec.ValidationError, kind: Any, path: str) -> Problem:
    reason, _, index = str(error).partition(" - at `$")
    options = _options(kind)
    if options is not None and reason.startswith("Invalid"):
        return Problem(path, f"expected one of {options}")
    if len(reason) > _MAX_REASON:
        reason = reason[:_MAX_REASON] + "..."
    return Problem(path + index.removesuffix("`"), _lower(reason))


def _options(kind: Any) -> str | None:
    kind = _bare(kind)
    if get_origin(kind) is Literal:
        return ", ".join(map(repr, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return ", ".join(repr(one.value) for one in kind)
    return None


def _bare(kind: Any) -> Any:
    """Return a type without `Annotated`, and `Optional[T]` as T."""
    while get_origin(kind) is Annotated:
        kind = kind.__origin__
    if get_origin(kind) in UNIONS:
        members = [one for one in get_args(kind) if one is not types.NoneType and one is not msgspec.UnsetType]
        if len(members) == 1:
            return _bare(members[0])
    return kind


def _parts(value: object, kind: Any, path: str) -> Iterator[tuple[object, Any, str]]:
    """Yield the elements of a container, each with its type and path."""
    kind = _variant(value, _bare(kind))
    arguments = get_args(kind)
    if is_object(value):
        fields = _fields(kind)
        for name, part in value.items():
            if name in fields:
                yield part, fields[name], f"{path}.{name}"
            elif get_origin(kind) in {dict, Mapping} and arguments:
                yield part, arguments[1], f"{path}.{name}"
    elif is_array(value) and arguments:
        fixed = get_origin(kind) is tuple and arguments[-1] is not ...
        for index, part in enumerate(value):
            if not fixed or index < len(arguments):
                yield part, arguments[index if fixed else 0], f"{path}[{index}]"


def _variant(value: object, kind: Any) -> Any:
    """Return the member of a union of structs that the value's tag selects."""
    if get_origin(kind) in UNIONS and is_object(value):
        for member in get_args(kind):
            config = getattr(member, "__struct_config__", None)
            if config is not None and config.tag is not None and value.get(config.tag_field) == config.tag:
                return member
    return kind


def _fields(kind: Any) -> dict[str, Any]:
    """Return the types of a class's fields by their JSON names. Return {} for other types."""
    cls: Any = kind
    if isinstance(kind, type) and issubclass(kind, Struct):
        return {one.encode_name: one.type for one in msgspec.structs.fields(kind)}
    if hasattr(cls, "__dataclass_fields__") or hasattr(cls, "__total__"):
        return type_hints(cls)
    return {}


def _missing(value: object, kind: Any, path: str) -> Iterator[Problem]:
    if not is_object(value):
        return
    kind = _variant(value, _bare(kind))
    if not _fields(kind):
        return
    for field in cast("Any", msgspec.inspect.type_info(kind)).fields:
        if field.required and field.encode_name not in value:
            yield Problem(path, f"missing the required field `{field.encode_name}`")
