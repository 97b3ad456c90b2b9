"""The embedded gateway's MCP: where its tools come from, how a model is offered them, and `/mcp` itself."""
