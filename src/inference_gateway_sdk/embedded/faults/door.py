"""A server's listening socket, shut for a time: then a connection is refused as if nobody were there.

While it is shut the port stays ours: a socket is bound to it that does not listen.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn

__all__ = ["Door"]

_BACKLOG = 256


class Door:
    """Made and used in the server's loop.

    Args:
        server: A running server.
        sockets: The list of its one listening socket, which it closes when it ends.
    """

    def __init__(self, server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        self._server = server
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._shut = 0  # by how many
        self._pauses: set[asyncio.Task[None]] = set()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's loop."""
        return self._loop

    async def shut(self) -> None:
        """Refuse connections, and end those on which nothing is being answered."""
        self._shut += 1
        if self._shut > 1:
            return
        family, address = self._sockets[0].family, self._sockets[0].getsockname()
        for listener in self._server.servers:
            listener.close()
        self._server.servers.clear()
        self._sockets[0].close()
        self._sockets[0] = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._share(True)
        self._sockets[0].bind(address)
        self._share(False)
        for connection in list(self._server.server_state.connections):
            connection.shutdown()

    async def open(self) -> None:
        """Accept connections again, once all who shut it have opened it."""
        self._shut -= 1
        if self._shut or self._server.should_exit:
            return
        self._share(True)
        tls = self._server.config.ssl
        listener = await self._loop.create_server(self._connection, sock=self._sockets[0], ssl=tls, backlog=_BACKLOG)
        self._server.servers.append(listener)

    def shut_for(self, seconds: float) -> None:
        """Shut it now, and open it so much later."""

        async def pause() -> None:
            await self.shut()
            await asyncio.sleep(seconds)
            await self.open()

        task = self._loop.create_task(pause())
        self._pauses.add(task)
        task.add_done_callback(self._pauses.discard)

    def _share(self, on: bool) -> None:
        """Whether the socket suffers others at its address: connections that are still open do, but no other server."""
        if os.name == "posix":
            self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, on)

    def _connection(self) -> asyncio.Protocol:
        server = self._server
        make = server.config.http_protocol_class
        return make(config=server.config, server_state=server.server_state, app_state=server.lifespan.state)  # type: ignore[call-arg]
