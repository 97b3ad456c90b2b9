"""The two questions pydantic asks a type, passed on to `schema` when they are asked."""

from __future__ import annotations

from typing import Any

__all__ = ["PydanticHooks"]


class PydanticHooks:
    """Makes a contract type work as a field of pydantic models."""

    __slots__ = ()

    # `schema` reads and writes values and so stands above the classes that are mixed from this one: imported in place.

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        """What pydantic validates and serialises the type by."""
        from .schema import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, Any]:
        """What FastAPI's page shows of the type."""
        from .schema import json_schema

        return json_schema(cls)
