"""An MCP server by the official package: a peer that shares no code with this one."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server import MCPServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Clock", "running_clock"]


@dataclass
class Clock:
    """The server, with control over its input.

    Attributes:
        url: Its address.
        server: The official server, to add tools to.
        only_handshakes: It does not support the newest protocol.
        forgets: It forgets the session of the next request that has one.
        seen: The headers of its requests.
    """

    url: str
    server: MCPServer
    only_handshakes: bool = False
    forgets: bool = False
    seen: list[dict[str, str]] = field(default_factory=list)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Wrap the server's application with that control."""

        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            headers["method"] = scope["method"]
            self.seen.append(headers)
            if self.only_handshakes and headers.get("mcp-protocol-version") == "2026-07-28":
                await _refuse(send)
                return
            if self.forgets and "mcp-session-id" in headers:
                self.forgets = False
                rest = [pair for pair in scope["headers"] if pair[0] != b"mcp-session-id"]
                scope = {**scope, "headers": [*rest, (b"mcp-session-id", b"0" * 32)]}
            await app(scope, receive, send)

        return through

    def sessions(self) -> set[str]:
        """Return the sessions that requests named."""
        return {headers["mcp-session-id"] for headers in self.seen if "mcp-session-id" in headers}


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"unsupported protocol version"})


def _server() -> MCPServer:
    server = MCPServer("World Clock", log_level="CRITICAL")

    @server.tool(description="Say the time in a city")
    def time_in(city: str = "Berlin") -> str:
        return f"12:00 in {city}"

    @server.tool(description="Always fails")
    def broken() -> str:
        raise RuntimeError("the clock is broken")

    @server.tool(description="Take your time")
    async def slow() -> str:
        await asyncio.sleep(2)  # longer than any deadline of the tests, which give up without waiting for it
        return "late"

    return server


def running_clock() -> Iterator[Clock]:
    """Run the server on a free port for the duration of a block."""
    server = _server()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        clock = Clock(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", server)
        # As JSON: sse-starlette ends all its streams permanently as soon as any server in the process is stopped.
        app: Any = clock.around(server.streamable_http_app(json_response=True))
        host = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=host.run, args=([listener],))
        thread.start()
        while not host.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield clock
        finally:
            host.should_exit = True
            thread.join()
