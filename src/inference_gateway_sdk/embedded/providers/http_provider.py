"""Providers over HTTP, and the context sizes that their runtimes report."""

from __future__ import annotations

import asyncio
import errno
import re
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ..._model.type_info import strict_decode
from ..._version import __version__
from .. import go_json
from ..forwarding import Lines
from ..oidc import is_this_machine
from .catalogue import Auth, Profile
from .provider import (
    Listed,
    ProviderError,
    ProviderRequest,
    ProviderResponse,
    ProviderStatusError,
    ProviderTimeoutError,
    ProviderTruncatedError,
    ProviderUnreachableError,
    SelfCallError,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from ..chat_schema import ChatRequest
    from ..settings import ClientTls
    from .provider import ModelProvider

__all__ = ["USER_AGENT", "HttpProvider", "with_runtime_context"]


USER_AGENT = f"inference-gateway-sdk-embedded/{__version__}"
_JSON_ONLY = (
    ("content-type", "application/json"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip"),
    ("user-agent", USER_AGENT),
)


# The provider may close an idle connection at the moment of its reuse. Saving a TLS handshake is worth that risk, as
# few servers close within seconds. Saving a plain connect is not.
_KEPT = httpx2.Limits(max_keepalive_connections=20, keepalive_expiry=4)
_NONE_KEPT = httpx2.Limits(max_keepalive_connections=0)


class HttpProvider:
    """A provider that is reached over HTTP.

    Args:
        profile: The provider's fixed properties.
        url: Its address, or None for the profile's.
        key: Its key, or None.
        header_timeout: Seconds until the head of an answer must arrive; None for no limit.
        tls: The settings of TLS; None for the defaults.
        no_self_calls: The reason why requests that the gateway makes itself fail (a quirk); None for no failure.
        two_versions: Add the gateway's `anthropic-version` even if the client sent one (a quirk).
    """

    def __init__(
        self,
        profile: Profile,
        *,
        url: str | None = None,
        key: str | None = None,
        header_timeout: float | None = None,
        two_versions: bool = False,
        no_self_calls: str | None = None,
        tls: ClientTls | None = None,
    ) -> None:
        self._profile = profile
        self._url = (url or profile.url).rstrip("/")
        self._auth = profile.auth
        self._authorisation = _authorisation(profile.auth, key)
        self._header_timeout = header_timeout
        self._two_versions = two_versions
        self._no_self_calls = no_self_calls
        self._tls = tls
        self._client: httpx2.AsyncClient | None = None

    @property
    def url(self) -> str:
        """The provider's address, without a trailing slash."""
        return self._url

    async def start(self) -> None:
        """Do nothing: connections open on first use."""

    async def stop(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def models(self) -> list[Listed]:
        """Return the entries of the `data` array of the provider's list, or none if it has no such array.

        Raises:
            ProviderError: The list could not be fetched.
            msgspec.DecodeError: The list is not valid JSON.
        """
        async with self._asking("GET", self._profile.models_path, b"") as answer:
            listing = strict_decode(await _whole_answer(answer), _Listing)
        return [_relay_listed(entry) for entry in listing.data or []]

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the answer, as `ModelProvider.chat` does."""
        async with self._asking("POST", self._profile.chat_path, go_json.encode(request)) as answer:
            return await _whole_answer(answer)

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of the answer, as `ModelProvider.chat_stream` does."""
        async with self._asking("POST", self._profile.chat_path, go_json.encode(request)) as answer:
            lines = Lines()
            try:
                async for data in answer.aiter_bytes():
                    for line in lines.feed(data):
                        yield line
            except httpx2.HTTPError as error:
                raise _broken(error) from error
            if lines.rest:
                yield lines.rest

    @asynccontextmanager
    async def exchange(self, outgoing: ProviderRequest) -> AsyncGenerator[ProviderResponse]:
        """Open an answer, as `ModelProvider.exchange` does. A key that the client sent is not passed on."""
        ours = {"authorization", self._auth.value}
        theirs = [pair for pair in outgoing.headers if pair[0] not in ours]
        named = "" if self._two_versions or not outgoing.header("anthropic-version") else "anthropic-version"
        added = [pair for pair in self._authorisation if pair[0] != named]
        async with self._sending(outgoing, [*theirs, *added]) as answer:
            headers = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers.raw
            )
            async with aclosing(_pieces(answer)) as pieces:
                yield ProviderResponse(status=answer.status_code, headers=headers, pieces=pieces)

    @asynccontextmanager
    async def _asking(self, method: str, path: str, body: bytes) -> AsyncGenerator[httpx2.Response]:
        """Open the 200 answer to a request that the gateway makes itself."""
        if self._no_self_calls is not None:
            raise SelfCallError(path, self._no_self_calls)
        outgoing = ProviderRequest(method=method, path=path, body=body)
        async with self._sending(outgoing, [*_JSON_ONLY, *self._authorisation]) as answer:
            if answer.status_code != 200:
                raise ProviderStatusError(answer.status_code, await _whole_answer(answer))
            yield answer

    @asynccontextmanager
    async def _sending(
        self, outgoing: ProviderRequest, headers: list[tuple[str, str]]
    ) -> AsyncGenerator[httpx2.Response]:
        pairs = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
        try:
            base = _root(self._url) if outgoing.at_root else self._url
            # The provider gets a "#" as the client sent it: a URL would have the rest cut off.
            target = (urlsplit(base).path + outgoing.path).encode("latin-1")
            exact = {"target": target} if "#" in outgoing.path else {}
            url = base + outgoing.path
            request = httpx2.Request(outgoing.method, url, content=outgoing.body, headers=pairs, extensions=exact)
            async with asyncio.timeout(None if outgoing.patient else self._header_timeout):
                answer = await self._open_client().send(request, stream=True)
        except TimeoutError:
            raise ProviderTimeoutError(outgoing.path) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProviderUnreachableError(_why(error, self._url)) from error
        try:
            yield answer
        finally:
            await answer.aclose()

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            # As in the real gateway, the environment's proxies are not used for this machine.
            here, secure = is_this_machine(self._url), self._url.startswith("https:")
            verify = _ssl_context(self._tls) if secure or not here else False  # loading all roots is slow
            limits = _KEPT if secure else _NONE_KEPT
            self._client = httpx2.AsyncClient(timeout=None, trust_env=not here, verify=verify, limits=limits)
        return self._client


def _ssl_context(tls: ClientTls | None) -> ssl.SSLContext:
    context = httpx2.create_ssl_context()
    if tls is not None:
        tls.apply(context)
    return context


class _Entry(msgspec.Struct):
    """A model in a provider's list, with the four names that providers use for its context size."""

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


def _authorisation(auth: Auth, key: str | None) -> list[tuple[str, str]]:
    if auth is Auth.X_API_KEY:
        return [("x-api-key", key or ""), ("anthropic-version", "2023-06-01")]
    if auth is Auth.XI_API_KEY:
        return [(auth.value, key or "")]
    return [("authorization", f"Bearer {key or ''}")] if auth is Auth.BEARER else []


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _pieces(answer: httpx2.Response) -> AsyncGenerator[bytes]:
    """Yield the body as received, without decompression."""
    try:
        async for data in answer.aiter_raw():
            yield data
    except httpx2.HTTPError as error:
        raise _broken(error) from error


async def _whole_answer(answer: httpx2.Response) -> bytes:
    try:
        return await answer.aread()
    except httpx2.HTTPError as error:
        raise _broken(error) from error


def _broken(error: httpx2.HTTPError) -> ProviderTruncatedError:
    return ProviderTruncatedError(str(error) or "unexpected EOF")


def _relay_listed(entry: _Entry) -> Listed:
    sizes = (entry.context_window, entry.context_length, entry.max_context_length, entry.max_model_len)
    return Listed(
        id=entry.id,
        object=entry.object or "",
        created=entry.created or 0,
        owned_by=entry.owned_by or "",
        context_tokens=next((size for size in sizes if isinstance(size, int) and size > 0), None),
    )


def _why(error: BaseException, url: str) -> str:
    """Describe the failure as the real gateway does: "dial tcp 127.0.0.1:9: connect: connection refused"."""
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


ContextT = TypeVar("ContextT")

_AT_ONCE = 4
_NUM_CTX = re.compile(r"^\s*num_ctx\s+(\d+)\s*$", re.MULTILINE)


class _Generation(Struct):
    n_ctx: int | None = None


class _Props(Struct):
    default_generation_settings: _Generation | None = None


class _Show(Struct):
    parameters: str | None = None
    model_info: dict[str, object] | None = None


async def with_runtime_context(name: str, provider: ModelProvider, models: Sequence[Listed]) -> list[Listed]:
    """Return the models with the context sizes that the running server reports, in place of the list's.

    Args:
        name: The provider's id.
        provider: The provider to ask.
        models: The models it lists.
    """
    measure = {"llamacpp": _llama_cpp, "ollama": _ollama}.get(name)
    if measure is None or all(model.context_source == "runtime" for model in models):
        return list(models)  # the provider runs the models itself and knows their sizes
    sizes = await measure(provider, models)
    return [
        replace(model, context_tokens=size, context_source="runtime") if size else model
        for model, size in zip(models, sizes, strict=True)
    ]


async def _llama_cpp(provider: ModelProvider, models: Sequence[Listed]) -> list[int | None]:
    props = await _read_context(provider, ProviderRequest(method="GET", path="/props", at_root=True), _Props)
    generation = props.default_generation_settings if props else None
    return [generation.n_ctx if generation else None] * len(models)


async def _ollama(provider: ModelProvider, models: Sequence[Listed]) -> list[int | None]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(model: Listed) -> int | None:
        body = msgspec.json.encode({"model": model.id})
        headers = (("content-type", "application/json"),)
        async with turn:
            show = await _read_context(
                provider, ProviderRequest(path="/api/show", headers=headers, body=body, at_root=True), _Show
            )
        return _show_context(show) if show else None

    return list(await asyncio.gather(*map(one, models)))


def _show_context(show: _Show) -> int | None:
    """Return the configured context size, or the size that the model was trained with."""
    if given := _NUM_CTX.search(show.parameters or ""):
        return int(given[1])
    info = show.model_info or {}
    return next((size for key, size in info.items() if key.endswith(".context_length") and isinstance(size, int)), None)


async def _read_context(provider: ModelProvider, outgoing: ProviderRequest, into: type[ContextT]) -> ContextT | None:
    try:
        async with provider.exchange(outgoing) as answer:
            body = b"".join([piece async for piece in answer.pieces])
        return strict_decode(body, into) if answer.status == 200 else None
    except (ProviderError, msgspec.DecodeError, UnicodeDecodeError):
        return None
