"""What the gateway asks of whoever offers tools: an MCP server, or Python functions in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._wire.mcp_tools import McpServerTool, McpToolResult

__all__ = ["ToolError", "ToolSource"]


class ToolError(Exception):
    """A tool could not be run, or a server not be asked; the text says why."""


class ToolSource(Protocol):
    """Whoever offers tools."""

    @property
    def address(self) -> str:
        """What listings call it by: an MCP server's URL."""
        ...

    @property
    def alias(self) -> str:
        """Its part in a tool's name on `/mcp`: lower-case letters, digits and underscores."""
        ...

    @property
    def tools(self) -> Sequence[McpServerTool]:
        """What it offers, by its own names; nothing while it cannot be reached."""
        ...

    async def refresh(self) -> None:
        """Ask it anew what it offers.

        Raises:
            ToolError: It does not say; it then offers nothing.
        """
        ...

    async def call(self, name: str, arguments: Mapping[str, object]) -> McpToolResult:
        """What a tool gives; one that ran and failed is a result too.

        Raises:
            ToolError: It could not be run.
        """
        ...

    async def stop(self) -> None:
        """Let go of everything. May be called twice."""
        ...
