"""Lists that can be gone through without naming their `data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Listing"]

ItemT = TypeVar("ItemT")


class _Listed(Protocol[ItemT]):
    @property
    def data(self) -> list[ItemT]: ...


class Listing:
    """Mixed into the answers that are lists."""

    __slots__ = ()

    def __iter__(self: _Listed[ItemT]) -> Iterator[ItemT]:
        return iter(self.data)

    def __len__(self: _Listed[ItemT]) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        """An answer is something even when it lists nothing."""
        return True
