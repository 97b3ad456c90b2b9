"""Open enumerations and open unions: types that accept values the contract does not list."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from .unknown_fields import set_module

__all__ = ["Concealed", "OpenEnum", "PydanticHooks", "Unknown", "Variants", "brief", "brief_field", "hide_secrets"]


class PydanticHooks:
    """A mix-in that makes a contract type usable as a field of pydantic models."""

    __slots__ = ()

    # `pydantic_schema` imports this module, so it is imported in the methods.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """Return pydantic's schema for validating and serialising the type."""
        from .pydantic_schema import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, Any]:
        """Return the JSON schema of the type, which FastAPI shows on its documentation page."""
        from .pydantic_schema import json_schema

        return json_schema(cls)


class Concealed:
    """A mix-in of structs with secrets: rich, and tools built on it, show them by their `repr`.

    By default a msgspec struct has a `__rich_repr__` that yields every field and does not use `__repr__`.
    """

    __slots__ = ()

    def __rich_repr__(self) -> Any:
        """Yield the `repr` in place of the fields."""
        yield repr(self)


_TEXT = 60
_ITEMS = 3
_DEPTH = 6
_SECRET_ENDINGS = ("api_key", "secret", "password", "access_token", "authorization", "private_key", "credentials")


def brief(value: Any, depth: int = _DEPTH) -> str:
    """Return the value's repr, shortened."""
    if isinstance(value, str):
        text = str(value)
        return repr(text) if len(text) <= _TEXT else f"{text[:_TEXT]!r}... ({len(text)} characters)"
    if depth == 0:
        return "..."
    if value.__class__ is list:
        return _items([brief(item, depth - 1) for item in value[:_ITEMS]], len(value), "[]")
    if value.__class__ is dict:
        shown = [f"{key!r}: {brief_field(str(key), value[key], depth - 1)}" for key in list(value)[:_ITEMS]]
        return _items(shown, len(value), "{}")
    return repr(value)


def brief_field(name: str, value: Any, depth: int = _DEPTH) -> str:
    """Return the value's repr, shortened; hidden when the field's name marks it as a secret."""
    if value and name.lower().replace("-", "_").endswith(_SECRET_ENDINGS):
        return "'...'"
    return brief(value, depth)


def hide_secrets(name: str, value: Any, depth: int = _DEPTH) -> Any:
    """Return a field's value with "..." for everything that `brief_field` hides, at any depth of lists and mappings."""
    if value and name.lower().replace("-", "_").endswith(_SECRET_ENDINGS):
        return "..."
    if value.__class__ is list:
        return [hide_secrets("", item, depth - 1) for item in value] if depth else "..."
    if value.__class__ is dict:
        return {key: hide_secrets(str(key), item, depth - 1) for key, item in value.items()} if depth else "..."
    return value


def _items(shown: list[str], total: int, brackets: str) -> str:
    if total > len(shown):
        shown = [*shown, f"... ({total} in all)"]
    return f"{brackets[0]}{', '.join(shown)}{brackets[1]}"


class OpenEnum(enum.StrEnum):
    """A string enumeration that accepts unlisted values.

    Listed values are members (`FinishReason("stop") is FinishReason.STOP`). An unlisted one is an instance too: it
    equals and hashes like its string, and survives JSON, pickle and copies.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_module(cls)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Return a new instance for an unlisted string. It is not cached, so that odd values cannot fill memory."""
        if not isinstance(value, str):
            return None
        text = str(value)
        unlisted = str.__new__(cls, text)
        unlisted._name_ = text
        unlisted._value_ = text
        return unlisted

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        listed = type(self).__members__.get(self.name) is self
        return f"{type(self).__name__}.{self.name}" if listed else f"{type(self).__name__}({self.value!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """Return a schema that accepts any string and converts it to the enumeration."""
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": cls},
            "schema": {"type": "str"},
            "serialization": {"type": "to-string"},
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, Any]:
        """Return the schema of a string, with the listed values as examples because unlisted ones are allowed."""
        return {"type": "string", "title": cls.__name__, "examples": [member.value for member in cls]}


class _UnionType(type):
    """A metaclass that makes `isinstance(part, ContentPart)` true for every variant, as type checkers assume."""

    def __instancecheck__(cls, instance: object) -> bool:
        classes: tuple[type, ...] = getattr(cls, "classes", ())
        return isinstance(instance, classes)


class Variants(PydanticHooks, metaclass=_UnionType):
    """A union of objects that one property distinguishes.

    Attributes:
        tag: The JSON name of that property.
        variants: The class for each value of the property.
        unknown: The class for any other object.
        classes: All of these classes.
    """

    tag: ClassVar[str]
    variants: ClassVar[Mapping[str, type[Any]]]
    unknown: ClassVar[type[Unknown]]
    classes: ClassVar[tuple[type, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_module(cls)

    @classmethod
    def define(cls, tag: str, unknown: type[Unknown], variants: Mapping[str, type[Any]]) -> None:
        """Set the members of the union, once the classes of its variants exist."""
        cls.tag = tag
        cls.unknown = unknown
        cls.variants = variants
        cls.classes = (*variants.values(), unknown)

    @classmethod
    def pick(cls, mapping: Mapping[str, Any]) -> type[Any] | None:
        """Return the variant's class for this mapping, None when the contract does not list it."""
        tag = mapping.get(cls.tag)
        return cls.variants.get(tag) if isinstance(tag, str) else None


class Unknown(PydanticHooks):
    """A variant that the contract does not list, kept unchanged.

    Attributes:
        data: The mapping that was received; it is sent back unchanged.
    """

    __slots__ = ("data",)
    __match_args__ = ("data",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_module(cls)

    def __init__(self, data: Mapping[str, Any]) -> None:
        if not isinstance(data, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"data must be a mapping, got {type(data).__name__}")
        self.data: dict[str, Any] = dict(data)

    @property
    def type(self) -> str | None:
        """The `type` of the variant, None when it has none."""
        tag = self.data.get("type")
        return tag if isinstance(tag, str) else None

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping, as a shallow copy."""
        return dict(self.data)

    def __eq__(self, other: object) -> bool:
        return self.data == other.data if isinstance(other, Unknown) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # as mutable as the mapping it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.data,)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({brief(self.data)})"
