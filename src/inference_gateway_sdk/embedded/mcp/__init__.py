"""MCP in the embedded gateway: tool sources, the tools offered to a model, and the tool loop."""
