"""The base class of all objects of the contract."""

# Annotations are evaluated here and in the generated modules. msgspec would look names up in the module that the
# classes appear to be in (the package root), where none of them exist until they are first used.
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias, TypeVar

import msgspec

from .encode import encode, to_builtins
from .json_values import parse
from .lenient_decode import as_dict, from_builtins
from .open_types import PydanticHooks, brief_field, hide_secrets
from .unknown_fields import KEY, UnknownFields, set_module, unknown_of

__all__ = ["Model", "Required"]

T = TypeVar("T")

if TYPE_CHECKING:
    Required: TypeAlias = Annotated[T, "required by the contract"]
else:

    class Required:
        """A required field: its type for type checkers; at run time that type or None, because providers send null."""

        def __class_getitem__(cls, annotation: Any) -> Any:
            return annotation | None


class Model(msgspec.Struct, PydanticHooks, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An object of the contract. It keeps unknown fields and sends them back unchanged."""

    if TYPE_CHECKING:  # a struct field at run time; as a property it is hidden from completion and constructors

        @property
        def _unknown(self) -> UnknownFields | None:
            """The data that the attributes do not hold."""
            ...

    else:
        # Not "UnknownFields | None": a null with that name in JSON is decoded leniently, like any other value.
        _unknown: UnknownFields = msgspec.field(default=None, name=KEY)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_module(cls)

    @property
    def extra_fields(self) -> Mapping[str, Any]:
        """The fields that the contract does not list, by their JSON names."""
        return MappingProxyType(unknown_of(self).unknown)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Return the object for a mapping, decoded as leniently as an answer.

        Raises:
            DeserializationError: When the value is not a mapping.
        """
        return from_builtins(as_dict(value), cls)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the object for a JSON text, decoded as leniently as an answer.

        Raises:
            DecodingError: When the text is not JSON.
            DeserializationError: When it is JSON but not an object.
        """
        return from_builtins(parse(text), cls)

    def to_dict(self) -> dict[str, Any]:
        """Return the object as plain values under their JSON names, including unknown fields."""
        plain: dict[str, Any] = to_builtins(self)
        return plain

    def to_json(self) -> str:
        """Return the object as JSON text, as it would be sent."""
        return encode(self).decode()

    def keys(self) -> list[str]:
        """Return the names in `to_dict()`. With `model[name]` it makes `dict(model)` the same as `to_dict()`.

        FastAPI encodes the result of a route without a return annotation by `dict(...)`.
        """
        return list(self.to_dict())

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # `list(model)` and `in` ask by number
            raise TypeError(f"{type(self).__name__} has names, not places: read its attributes")
        return self.to_dict()[name]

    def _shown(self) -> Iterator[tuple[str, Any]]:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name != "_unknown" and value is not None:
                yield name, value
        yield from self.extra_fields.items()

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={brief_field(name, value)}' for name, value in self._shown())})"
        )

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields that are set, without secrets, for rich's layout."""
        return [(name, hide_secrets(name, value)) for name, value in self._shown()]
