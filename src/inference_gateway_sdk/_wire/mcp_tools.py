"""What an MCP server says of its tools, in the protocol's own form: a tool, and the result of calling one."""

# Annotations are evaluated here, as in the generated modules: msgspec looks names up in the package's root otherwise.
from typing import Any

from msgspec import field

from .._model.answer import Answer
from .._model.model import Model, Needed

__all__ = ["McpServerTool", "McpToolResult"]


class McpServerTool(Model, kw_only=True):
    """A tool as `tools/list` describes it (Model Context Protocol, 2026-07-28)."""

    name: Needed[str]
    """What to call it by: `mcp_`, the server's alias and the server's own name for it."""
    title: str | None = None
    """Its name for people."""
    description: str | None = None
    """What it does."""
    input_schema: dict[str, Any] | None = field(default=None, name="inputSchema")
    """Its arguments as a JSON Schema."""
    output_schema: dict[str, Any] | None = field(default=None, name="outputSchema")
    """Its structured result as a JSON Schema."""
    annotations: dict[str, Any] | None = None
    """Hints on how it behaves, such as `readOnlyHint`; no more to be trusted than the server."""


class McpToolResult(Answer, Model, kw_only=True):
    """What calling a tool gave (`tools/call`)."""

    content: list[dict[str, Any]]
    """Blocks for a model to read; `type` says what each is."""
    structured_content: Any | None = field(default=None, name="structuredContent")
    """The same as a JSON value, where the tool has an output schema."""
    is_error: bool | None = field(default=None, name="isError")
    """The tool ran and failed; `content` says how."""

    @property
    def text(self) -> str:
        """The text blocks, a line each; "" when there are none."""
        return "\n".join(str(block["text"]) for block in self.content if block.get("type") == "text")
