"""The environment's `MCP_*` variables turned into what the gateway is told about tools (WIRE sections 13 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from ..environment import SettingsError, duration, is_http, names, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["McpSettings"]


class McpSettings(Struct, frozen=True, kw_only=True):
    """What the embedded gateway is told about tools. All times are in seconds.

    Attributes:
        enabled: `MCP_ENABLED`: chats are offered the tools of the servers.
        servers: `MCP_SERVERS`: addresses of MCP servers, which speak streamable HTTP.
        mode: `MCP_TOOL_MODE`: "selector" offers two tools that find and run the others, "direct" offers each.
        include: `MCP_INCLUDE_TOOLS`: when not empty, only these are offered; wins over the next.
        exclude: `MCP_EXCLUDE_TOOLS`: these are never offered.
        dial_timeout: `MCP_DIAL_TIMEOUT`: until a server takes the connection.
        header_timeout: `MCP_RESPONSE_HEADER_TIMEOUT`: until the head of its answer.
        request_timeout: `MCP_REQUEST_TIMEOUT` or `MCP_CLIENT_TIMEOUT`, whichever is shorter: the whole of its answer.
        reconnect_interval: `MCP_RECONNECT_INTERVAL`, unless `MCP_ENABLE_RECONNECT` is off: until a server that could
            not be reached is asked again; None for never.
        polling_interval: `MCP_POLLING_INTERVAL`, unless `MCP_POLLING_ENABLED` is off: until a server that was
            reached is asked for its tools again; None for never.
    """

    enabled: bool = False
    servers: tuple[str, ...] = ()
    mode: Literal["selector", "direct"] = "selector"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dial_timeout: float = 3.0
    header_timeout: float = 3.0
    request_timeout: float = 5.0
    reconnect_interval: float | None = 30.0
    polling_interval: float | None = 30.0

    def __post_init__(self) -> None:
        if self.mode not in ("selector", "direct"):
            raise SettingsError(f"MCP_TOOL_MODE={self.mode!r}: write selector or direct")
        for address in self.servers:
            if not is_http(address):
                raise SettingsError(f"MCP_SERVERS names {address!r}: write addresses such as http://127.0.0.1:9000/mcp")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> McpSettings:
        """The settings that the environment asks for.

        Raises:
            SettingsError: A variable holds something that cannot be used.
        """
        plain = cls()
        return cls(
            enabled=switch(environ, "MCP_ENABLED"),
            servers=names(environ.get("MCP_SERVERS", "")),
            mode=environ.get("MCP_TOOL_MODE") or plain.mode,  # type: ignore[arg-type]  # looked at above
            include=names(environ.get("MCP_INCLUDE_TOOLS", "")),
            exclude=names(environ.get("MCP_EXCLUDE_TOOLS", "")),
            dial_timeout=duration(environ, "MCP_DIAL_TIMEOUT", plain.dial_timeout),
            header_timeout=duration(environ, "MCP_RESPONSE_HEADER_TIMEOUT", plain.header_timeout),
            request_timeout=min(
                duration(environ, name, plain.request_timeout) for name in ("MCP_REQUEST_TIMEOUT", "MCP_CLIENT_TIMEOUT")
            ),
            reconnect_interval=_interval(environ, "MCP_ENABLE_RECONNECT", "MCP_RECONNECT_INTERVAL"),
            polling_interval=_interval(environ, "MCP_POLLING_ENABLED", "MCP_POLLING_INTERVAL"),
        )


def _interval(environ: Mapping[str, str], wanted: str, length: str) -> float | None:
    return duration(environ, length, 30.0) if switch(environ, wanted, default=True) else None
