"""A chat request turned into a provider's HTTP request, and its answer into bytes or lines.

What the provider sees is what the real gateway would send (WIRE section 19): its own kind of authorisation, JSON in and
`Accept: application/json` even for a stream, nothing of the client's headers.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from ..._version import __version__
from .. import go_json
from .catalogue import Auth, Profile
from .provider import Listed, Refused, Silent, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from ..chat_schema import ChatRequest

__all__ = ["Relay"]


class Relay:
    """A provider that is reached over HTTP.

    Args:
        profile: What is fixed about it.
        url: Where it is; None for the profile's own address.
        key: Its key, None for none.
        header_timeout: Seconds it may take until the head of an answer; None for ever.
    """

    def __init__(
        self, profile: Profile, *, url: str | None = None, key: str | None = None, header_timeout: float | None = None
    ) -> None:
        self._profile = profile
        self._url = (url or profile.url).rstrip("/")
        self._headers = _headers(profile.auth, key)
        self._header_timeout = header_timeout
        self._client: httpx2.AsyncClient | None = None

    async def start(self) -> None:
        """Nothing takes time here: connections open when first needed."""

    async def stop(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def models(self) -> list[Listed]:
        """The entries of the `data` array of the provider's list; a list under another name reads as empty.

        Raises:
            ProviderError: It could not be had.
            msgspec.DecodeError: It is not JSON.
        """
        async with self._asking("GET", self._profile.models_path, None) as answer:
            listing = msgspec.json.decode(await _whole(answer), type=_Listing)
        return [_listed(entry) for entry in listing.data or []]

    async def chat(self, request: ChatRequest) -> bytes:
        """As `Provider.chat`."""
        async with self._asking("POST", self._profile.chat_path, go_json.encode(request)) as answer:
            return await _whole(answer)

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        async with self._asking("POST", self._profile.chat_path, go_json.encode(request)) as answer:
            lines = _Lines()
            try:
                async for data in answer.aiter_bytes():
                    for line in lines.feed(data):
                        yield line
            except httpx2.HTTPError:
                return  # the real gateway ends its own answer cleanly here, and so hides the break (WIRE section 9)

    @asynccontextmanager
    async def _asking(self, method: str, path: str, body: bytes | None) -> AsyncGenerator[httpx2.Response]:
        client = self._open_client()
        request = client.build_request(method, self._url + path, content=body, headers=self._headers)
        try:
            async with asyncio.timeout(self._header_timeout):
                answer = await client.send(request, stream=True)
        except TimeoutError:
            raise Silent(path) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unreachable(_why(error, self._url)) from error
        try:
            if answer.status_code != 200:
                raise Refused(answer.status_code, await _whole(answer))
            yield answer
        finally:
            await answer.aclose()

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            # Proxies of the environment are for the world outside: the real gateway never takes one to this machine.
            # A connection for each request: one that is kept may be closed by the provider just when it is used again.
            self._client = httpx2.AsyncClient(
                timeout=None,
                trust_env=not _is_this_machine(self._url),
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
        return self._client


class _Entry(msgspec.Struct):
    """A model in a provider's list, with the four names under which providers say how large its context is."""

    id: str = ""
    object: str | None = None
    created: int | None = None
    owned_by: str | None = None
    context_window: Any = None
    context_length: Any = None
    max_context_length: Any = None
    max_model_len: Any = None


class _Listing(msgspec.Struct):
    data: list[_Entry] | None = None


class _Lines:
    """Bytes in any cuts to lines with their line ends; what follows the last line end is never given out."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        first, *others = data.split(b"\n")
        self._rest += first
        for piece in others:
            yield bytes(self._rest) + b"\n"
            self._rest = bytearray(piece)


def _headers(auth: Auth, key: str | None) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": f"inference-gateway-sdk-embedded/{__version__}",
    }
    if auth is Auth.X_API_KEY:
        headers |= {"x-api-key": key or "", "anthropic-version": "2023-06-01"}
    elif auth is Auth.BEARER:
        headers["authorization"] = f"Bearer {key or ''}"
    return headers


async def _whole(answer: httpx2.Response) -> bytes:
    try:
        return await answer.aread()
    except httpx2.HTTPError as error:
        raise Unreachable(str(error) or "unexpected EOF") from error


def _listed(entry: _Entry) -> Listed:
    sizes = (entry.context_window, entry.context_length, entry.max_context_length, entry.max_model_len)
    return Listed(
        id=entry.id,
        object=entry.object or "",
        created=entry.created or 0,
        owned_by=entry.owned_by or "",
        context_tokens=next((size for size in sizes if isinstance(size, int) and size > 0), None),
    )


def _why(error: BaseException, url: str) -> str:
    """The failure as the real gateway words it: "dial tcp 127.0.0.1:9: connect: connection refused"."""
    if not isinstance(error, httpx2.ConnectError):
        return str(error) or type(error).__name__
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    refused = any(cause.errno == errno.ECONNREFUSED for cause in _os_errors(error))
    return f"dial tcp {place}: connect: connection refused" if refused else f"dial tcp {place}: {error}"


def _os_errors(error: BaseException | None) -> Iterator[OSError]:
    while error is not None:
        if isinstance(error, OSError):
            yield error
        error = error.__cause__ or error.__context__


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
