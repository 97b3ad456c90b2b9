"""Open enumerations and open unions: types that accept values the contract does not list."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from .unknown_fields import set_module

__all__ = ["Concealed", "OpenEnum", "PydanticHooks", "Unknown", "Variants", "brief", "brief_field"]


class PydanticHooks:
    """Makes a contract type work as a field of pydantic models."""

    __slots__ = ()

    # `schema` reads and writes values and so stands above the classes that are mixed from this one: imported in place.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """What pydantic validates and serialises the type by."""
        from .pydantic_schema import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, Any]:
        """What FastAPI's page shows of the type."""
        from .pydantic_schema import json_schema

        return json_schema(cls)


class Concealed:
    """Mixed into structs with secrets: rich, and what uses rich, show them as their `repr` does.

    A msgspec struct has a `__rich_repr__` of its own that yields every field and never asks `__repr__`.
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
    """The value's repr, cut short."""
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
    """The value's repr, cut short, hidden when the field's name says that it is a secret."""
    if value and name.lower().replace("-", "_").endswith(_SECRET_ENDINGS):
        return "'...'"
    return brief(value, depth)


def _items(shown: list[str], total: int, brackets: str) -> str:
    if total > len(shown):
        shown = [*shown, f"... ({total} in all)"]
    return f"{brackets[0]}{', '.join(shown)}{brackets[1]}"


class OpenEnum(enum.StrEnum):
    """A string enumeration that takes values it does not list.

    Known values are members (`FinishReason("stop") is FinishReason.STOP`). An unknown one is kept as itself: it is an
    instance of the enumeration, equals and hashes like its string, and travels through JSON, pickle and copies.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        set_module(cls)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """A new instance for an unknown string: never cached, so that no stream of odd values can fill memory."""
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
        """Any string, as the member of that value."""
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": cls},
            "schema": {"type": "str"},
            "serialization": {"type": "to-string"},
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, Any]:
        """A string whose known values are given as examples: unlisted ones are welcome."""
        return {"type": "string", "title": cls.__name__, "examples": [member.value for member in cls]}


class _UnionType(type):
    """Makes `isinstance(part, ContentPart)` true for every variant, at run time as to type checkers."""

    def __instancecheck__(cls, instance: object) -> bool:
        classes: tuple[type, ...] = getattr(cls, "classes", ())
        return isinstance(instance, classes)


class Variants(PydanticHooks, metaclass=_UnionType):
    """A union of objects told apart by one property.

    Attributes:
        tag: The wire name of that property.
        variants: The class for each of its values.
        unknown: The class for anything else.
        classes: All of them.
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
        """Say what the union consists of, once its variants exist."""
        cls.tag = tag
        cls.unknown = unknown
        cls.variants = variants
        cls.classes = (*variants.values(), unknown)

    @classmethod
    def pick(cls, mapping: Mapping[str, Any]) -> type[Any] | None:
        """The variant's class for this mapping, None when nobody listed it."""
        tag = mapping.get(cls.tag)
        return cls.variants.get(tag) if isinstance(tag, str) else None


class Unknown(PydanticHooks):
    """A variant the contract does not list, kept whole.

    Attributes:
        data: The mapping that came; it is sent back as it stands.
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
        """The variant's `type`, None when it has none."""
        tag = self.data.get("type")
        return tag if isinstance(tag, str) else None

    def to_dict(self) -> dict[str, Any]:
        """The mapping, as a copy of its first level."""
        return dict(self.data)

    def __eq__(self, other: object) -> bool:
        return self.data == other.data if isinstance(other, Unknown) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as mutable as the mapping it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.data,)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({brief(self.data)})"
