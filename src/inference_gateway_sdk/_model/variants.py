"""Unions of objects: the class that stands for one at run time, and the object for a variant nobody listed.

msgspec cannot read a union whose tag it does not know without failing the whole answer. So at run time the union's name
is a class without instances of its own, fields are annotated with it, and `Variants.pick` finds the class of a mapping.
Type checkers see the real union instead, so that `match` over it is checked for completeness.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .hooks import PydanticHooks
from .public import publish
from .show import brief

__all__ = ["Unknown", "Variants"]


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
        publish(cls)

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
        publish(cls)

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
