"""A tool call's arguments, from the JSON text a model wrote to the type a tool takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import msgspec

from ..errors import DecodingError, DeserializationError
from .json_text import parse
from .kept import raw_value
from .type_info import convert

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

__all__ = ["Arguments", "fitted"]


class Arguments:
    """Mixed into `ChatCompletionMessageToolCallFunction`."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: str
        arguments: str

    @overload
    def parse_arguments(self) -> dict[str, Any]: ...

    @overload
    def parse_arguments(self, type: type[T]) -> T: ...

    def parse_arguments(self, type: Any = dict) -> Any:
        """The arguments as a value of that type.

        Empty arguments count as `{}`: models leave them out for tools that take none.

        Args:
            type: `dict`, a msgspec struct, a dataclass, a TypedDict or a pydantic model.

        Raises:
            DeserializationError: When the model wrote no JSON, or JSON that does not fit; `.text` is what it wrote.
        """
        text, value = self._written()
        try:
            return fitted(parse(text) if value is None else value, type)
        except (DecodingError, ValueError, TypeError) as error:
            called = f" of {self.name}" if self.name else ""
            raise DeserializationError(f"The arguments{called} do not fit: {error}", text=text) from error

    def _written(self) -> tuple[str, object]:
        """The text, and the value where a provider sent it unquoted."""
        if self.arguments is not None:  # pyright: ignore[reportUnnecessaryComparison]
            return self.arguments if self.arguments.strip() else "{}", None
        value: object = raw_value(self, "arguments")  # type: ignore[unreachable, unused-ignore]
        return ("{}", None) if value is None else (msgspec.json.encode(value).decode(), value)


def fitted(value: object, kind: Any) -> Any:
    """A plain value as that type; raises what msgspec, or pydantic for its models, raises of values that do not fit."""
    validate = getattr(kind, "model_validate", None)
    if validate is not None:  # a pydantic model, known by its method
        return cast("Callable[[object], Any]", validate)(value)
    if kind is dict:
        return _mapping(value)
    return convert(value, kind)


def _mapping(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, got {msgspec.json.encode(value).decode():.40}")  # noqa: TRY004
    return cast("object", value)
