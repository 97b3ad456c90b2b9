"""What a JSON value is, said so that type checkers hear it."""

from __future__ import annotations

from typing import Any, TypeGuard

__all__ = ["is_array", "is_object", "members_of"]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether the value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether the value is an array."""
    return isinstance(value, list)


def members_of(value: object) -> list[Any]:
    """What stands inside an object or an array; nothing inside anything else."""
    if is_object(value):
        return list(value.values())
    return value if is_array(value) else []
