"""Enumerations that grow: a string the contract lists becomes a member, any other becomes itself."""

from __future__ import annotations

import enum
from typing import Any, Self

from .public import publish

__all__ = ["OpenEnum"]


class OpenEnum(enum.StrEnum):
    """A string enumeration that takes values it does not list.

    Known values are members (`FinishReason("stop") is FinishReason.STOP`). An unknown one is kept as itself: it is an
    instance of the enumeration, equals and hashes like its string, and travels through JSON, pickle and copies.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        publish(cls)

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
