"""The clients' methods for a provider's own API, through the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from .._wire.call import streamed
from .._wire.target import check_provider
from .byte_stream_async import AsyncByteStream
from .settings import bodiless

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._wire.proxy import ProxyReply
    from .params import ListOptions
    from .session_async import AsyncSession
    from .settings import Settings
    from .token import AsyncTokenSource

__all__ = ["AsyncProxyMethods"]


class AsyncProxyMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: Settings[AsyncTokenSource]

    async def proxy(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> ProxyReply:
        """A provider's own answer (contract: /proxy/{provider}/{path} at the root).

        The gateway puts the provider's key in; the token goes no further than the gateway. Other headers do go on to
        the provider, cookies and keys included.

        Args:
            provider: The provider's id.
            path: Below the provider's base URL, which holds the version already: "models", not "v1/models".
            method: The HTTP method.
            json: The body, as anything that has a JSON form.
            content: The body, as JSON text; the gateway takes nothing else here.
            files: Refused, with the reason: the gateway's proxy would corrupt a form.
            query: Query parameters.
            **options: How the call is made: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            StatusError: The provider, or the gateway, said no.
            ValueError: Something the gateway's proxy would corrupt or hide; the message says what.
        """
        from .._wire.proxy import negotiate, proxy_body, proxy_call

        settings = bodiless(self._settings, options)
        negotiated = negotiate(settings.headers, check_provider(provider), "application/json")
        call = proxy_call(provider, path, method, negotiated, query=query, body=proxy_body(json, content, files))
        return await self._session.send(call, structs.replace(settings, headers=negotiated.others))

    def proxy_stream(
        self,
        provider: Provider | str,
        path: str,
        *,
        method: str = "GET",
        json: Any = None,
        content: str | bytes | None = None,
        files: None = None,
        query: Mapping[str, str] | None = None,
        **options: Unpack[ListOptions],
    ) -> AsyncByteStream:
        """A provider's own answer as it comes: bytes, or server-sent events by `events()`.

        Nothing is sent before the `with` block is entered. Whether an event stream ended as its provider ends them is
        for its reader to see: only a body that was cut is an error here.

        Args:
            provider: As in `proxy`.
            path: As in `proxy`.
            method: As in `proxy`.
            json: As in `proxy`; what asks the provider for a stream is part of it.
            content: As in `proxy`.
            files: As in `proxy`.
            query: As in `proxy`.
            **options: As in `proxy`.
        """
        from .._streams.raw import ByteDialect
        from .._wire.proxy import negotiate, proxy_body, proxy_call

        settings = bodiless(self._settings, options)
        negotiated = negotiate(settings.headers, check_provider(provider), "text/event-stream, application/json")
        call = proxy_call(provider, path, method, negotiated, query=query, body=proxy_body(json, content, files))
        settings = structs.replace(settings, headers=negotiated.others)
        return AsyncByteStream(self._session, streamed(call, ByteDialect), settings)
