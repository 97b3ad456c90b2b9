"""Lists that can be gone through without naming their `data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._generated.mcp import McpTool
    from .._generated.models import Model

__all__ = ["Models", "Tools"]


class Models:
    """Mixed into `ListModelsResponse`."""

    __slots__ = ()
    if TYPE_CHECKING:
        data: list[Model]

    def __iter__(self) -> Iterator[Model]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        """An answer is something even when it lists nothing."""
        return True


class Tools:
    """Mixed into `ListToolsResponse`."""

    __slots__ = ()
    if TYPE_CHECKING:
        data: list[McpTool]

    def __iter__(self) -> Iterator[McpTool]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        """An answer is something even when it lists nothing."""
        return True
