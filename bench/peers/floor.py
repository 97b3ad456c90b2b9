"""The floor: a raw socket and msgspec's typed decoding, without the features of a client.

It has no limits, errors, retries, deadlines or checks of the framing. It finds responses by searching for known bytes.
The cost of a client above the floor is the cost of its features.
"""
# ruff: noqa: D102  (the package's docstring describes each method)

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import msgspec

from . import MODEL, PROMPT, Address, picture_messages
from .floor_types import Chat, Event, MessageEvent, Models

DISTRIBUTION = "msgspec"


CHAT = msgspec.json.Decoder(Chat)
MODELS = msgspec.json.Decoder(Models)
RESPONSE = msgspec.json.Decoder(Event)
MESSAGE = msgspec.json.Decoder(MessageEvent)
ENCODER = msgspec.json.Encoder()


def _request(address: Address, name: str, **body: object) -> bytes:
    host = urlsplit(address.origin).netloc
    if name == "models":
        return f"GET /{name}/v1/models?include=pricing HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], **body}
    data = ENCODER.encode(body)
    head = (
        f"POST /{name}/v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def _whole(data: bytes) -> bytes | None:
    """Return the body if the response is complete."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    at = data.find(b"Content-Length: ")
    length = int(data[at + 16 : data.find(b"\r", at)])
    return data[end + 4 :] if len(data) == end + 4 + length else None


def _chat(chunk: Chat) -> tuple[int, int]:
    text = chunk.choices[0].delta.content if chunk.choices else None  # type: ignore[union-attr]
    return len(text or ""), chunk.usage.total_tokens if chunk.usage else 0


def _tool(chunk: Chat) -> tuple[int, int]:
    characters = 0
    for choice in chunk.choices:
        for call in choice.delta.tool_calls or ():  # type: ignore[union-attr]
            characters += len(call.function.arguments or "")
    return characters, chunk.usage.total_tokens if chunk.usage else 0


def _response(event: Event) -> tuple[int, int]:
    if event.type == "response.output_text.delta":
        return len(event.delta or ""), 0
    return 0, event.response["usage"]["total_tokens"] if event.type == "response.completed" else 0  # type: ignore[index]


def _message(event: MessageEvent) -> tuple[int, int]:
    if event.type == "content_block_delta":
        return len(event.delta.text or ""), 0  # type: ignore[union-attr]
    return 0, event.usage.output_tokens if event.type == "message_delta" else 0  # type: ignore[union-attr]


class Tally:
    """A reader of a stream's events that counts their content."""

    def __init__(self, decoder: Any, read: Any) -> None:
        self._decode, self._read = decoder.decode, read
        self._rest = b""
        self.units = self.characters = self.tokens = 0
        self.over = False

    def feed(self, data: bytes) -> None:
        """Count the events that these bytes complete."""
        pieces = (self._rest + data).split(b"\n\n")
        self._rest = pieces.pop()
        for piece in pieces:
            start = piece.find(b"data: {")
            if start < 0:
                continue
            characters, tokens = self._read(self._decode(piece[start + 6 :]))
            self.units += 1
            self.characters += characters
            self.tokens += tokens
        self.over = self._rest.endswith(b"0\r\n\r\n")

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return units, characters and tokens."""
        return self.units, self.characters, self.tokens


class Blocking:
    """Blocking sockets, one for each concurrent thread."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._free: list[socket.socket] = []
        self._tls = ssl.create_default_context(cafile=address.authority) if address.authority else None

    def _connect(self) -> socket.socket:
        parts = urlsplit(self._address.origin)
        sock = socket.create_connection((parts.hostname, parts.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(sock, server_hostname=parts.hostname) if self._tls else sock

    def _socket(self) -> socket.socket:
        try:
            return self._free.pop()
        except IndexError:
            return self._connect()

    def _exchange(self, request: bytes) -> bytes:
        sock = self._socket()
        sock.sendall(request)
        data = sock.recv(262144)
        while (body := _whole(data)) is None:
            data += sock.recv(262144)
        self._free.append(sock)
        return body

    def ask(self, name: str) -> tuple[str | None, int]:
        reply = CHAT.decode(self._exchange(_request(self._address, name)))
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    def picture(self) -> tuple[str | None, int]:
        reply = CHAT.decode(self._exchange(_request(self._address, "chat", messages=picture_messages())))
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    def models(self) -> tuple[int, int]:
        data = MODELS.decode(self._exchange(_request(self._address, "models"))).data
        return len(data), sum(model.pricing is not None for model in data)

    def _stream(self, name: str, tally: Tally) -> tuple[int, int, int]:
        sock = self._socket()
        sock.sendall(_request(self._address, name, stream=True))
        while not tally.over:
            tally.feed(sock.recv(262144))
        self._free.append(sock)
        return tally.counts

    def stream(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, Tally(CHAT, _chat))

    bare = stream

    def tools(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, Tally(CHAT, _tool))

    def responses(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, Tally(RESPONSE, _response))

    def messages(self, name: str) -> tuple[int, int, int]:
        return self._stream(name, Tally(MESSAGE, _message))

    def hold(self, name: str, pieces: int) -> Any:
        sock, tally = self._connect(), Tally(CHAT, _chat)
        sock.sendall(_request(self._address, name, stream=True))
        while tally.units < pieces:
            tally.feed(sock.recv(262144))
        return sock, tally


class Wire(asyncio.Protocol):
    """One connection of the event loop."""

    def __init__(self) -> None:
        self._data = b""
        self._tally: Tally | None = None
        self._pieces = 0
        self._done: asyncio.Future[Any] | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._tally is None:
            self._data = self._data + data if self._data else data
            body = _whole(self._data)
            if body is not None:
                self._data = b""
                self._done.set_result(body)  # type: ignore[union-attr]
            return
        self._tally.feed(data)
        if self._tally.over or 0 < self._pieces <= self._tally.units:
            done, self._done = self._done, None
            if done is not None:
                done.set_result(None)

    def exchange(self, request: bytes) -> asyncio.Future[Any]:
        """Return the body of the response."""
        self._tally, self._done = None, asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._done

    def stream(self, request: bytes, tally: Tally, pieces: int = 0) -> asyncio.Future[Any]:
        """Wait until the stream is complete, or that many pieces have arrived."""
        self._tally, self._pieces = tally, pieces
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._done


class Async:
    """An asyncio protocol."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._free: list[Wire] = []
        self._tls = ssl.create_default_context(cafile=address.authority) if address.authority else None

    async def _wire(self) -> Wire:
        if self._free:
            return self._free.pop()
        parts = urlsplit(self._address.origin)
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(Wire, parts.hostname, parts.port, ssl=self._tls)
        return wire

    async def _exchange(self, request: bytes) -> bytes:
        wire = await self._wire()
        body: bytes = await wire.exchange(request)
        self._free.append(wire)
        return body

    async def ask(self, name: str) -> tuple[str | None, int]:
        reply = CHAT.decode(await self._exchange(_request(self._address, name)))
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    async def picture(self) -> tuple[str | None, int]:
        reply = CHAT.decode(await self._exchange(_request(self._address, "chat", messages=picture_messages())))
        return reply.choices[0].message.content, reply.usage.total_tokens  # type: ignore[union-attr]

    async def models(self) -> tuple[int, int]:
        data = MODELS.decode(await self._exchange(_request(self._address, "models"))).data
        return len(data), sum(model.pricing is not None for model in data)

    async def _stream(self, name: str, tally: Tally) -> tuple[int, int, int]:
        wire = await self._wire()
        await wire.stream(_request(self._address, name, stream=True), tally)
        self._free.append(wire)
        return tally.counts

    async def stream(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, Tally(CHAT, _chat))

    bare = stream

    async def tools(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, Tally(CHAT, _tool))

    async def responses(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, Tally(RESPONSE, _response))

    async def messages(self, name: str) -> tuple[int, int, int]:
        return await self._stream(name, Tally(MESSAGE, _message))

    async def hold(self, name: str, pieces: int) -> Any:
        wire = await self._wire()
        await wire.stream(_request(self._address, name, stream=True), tally := Tally(CHAT, _chat), pieces)
        return wire, tally
