"""The interface of a provider, and the errors of a provider that does not answer.

Chat and model listings are parsed on the way, so a provider answers them in their own types. Other requests are passed
on unchanged: a `ProviderRequest` and a `ProviderResponse` are one HTTP exchange. A provider adds its address and key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from ..._model.open_types import Concealed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from ..chat_schema import ChatRequest

__all__ = [
    "Listed",
    "ModelProvider",
    "ProviderError",
    "ProviderRequest",
    "ProviderResponse",
    "ProviderStatusError",
    "ProviderTimeoutError",
    "ProviderTruncatedError",
    "ProviderUnreachableError",
    "SelfCallError",
]


class ProviderError(Exception):
    """A provider did not answer with a 200."""


class ProviderStatusError(ProviderError):
    """The provider answered with another status; `body` is the body of that answer."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"the provider answered {status}")
        self.status = status
        self.body = body


class ProviderUnreachableError(ProviderError):
    """The provider could not be reached or broke the protocol. The message gives the reason."""


class ProviderTruncatedError(ProviderUnreachableError):
    """The provider's answer ended after its head and before its end."""


class SelfCallError(ProviderError):
    """The gateway cannot call itself; `path` is the path of the request. The message gives the reason."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class ProviderTimeoutError(ProviderError):
    """The provider did not send the head of an answer in time; `path` is the path of the request."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no answer to {path} in time")
        self.path = path


class Listed(Struct, frozen=True, kw_only=True):
    """A model as a provider lists it. Missing numbers are zero, as in the gateway's own answer.

    See gateway-behaviour.md#model-listing.

    Attributes:
        id: The provider's own name for it.
        object: Usually "model".
        created: Seconds since 1970.
        owned_by: The organisation that made it.
        context_tokens: The size of its context, or None when unknown.
        context_source: The source of that size: "runtime" (the running server) or "provider" (its list).
    """

    id: str
    object: str = ""
    created: int = 0
    owned_by: str = ""
    context_tokens: int | None = None
    context_source: str = "provider"


class ProviderRequest(Concealed, Struct, frozen=True, kw_only=True):
    """A request to a provider.

    Attributes:
        path: The path below the provider's address, percent-encoded, with the query.
        method: The HTTP method.
        headers: Names in lower case. The provider adds only its authorisation.
        body: Empty for none.
        patient: No time limit for the head of the answer.
        at_root: The path is relative to the host, not to the provider's address.
    """

    path: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    patient: bool = False
    at_root: bool = False

    def __repr__(self) -> str:
        return f"ProviderRequest({self.method} {self.path.partition('?')[0]})"

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, or an empty string."""
        return _first(self.headers, name)


class ProviderResponse(Concealed, Struct, frozen=True, kw_only=True):
    """A provider's answer of any status.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case, in the provider's order.
        pieces: The body's bytes as they arrive. Raises `ProviderTruncatedError` when the body is cut off.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: AsyncGenerator[bytes]

    def __repr__(self) -> str:
        return f"ProviderResponse({self.status})"

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name, or an empty string."""
        return _first(self.headers, name)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


class ModelProvider(Protocol):
    """A provider that the gateway sends requests to."""

    async def start(self) -> None:
        """Begin slow preparations in the background, and return at once."""
        ...

    async def models(self) -> list[Listed]:
        """Return the models it offers.

        Raises:
            ProviderError: It did not answer with a list.
        """
        ...

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of its 200 answer.

        Raises:
            ProviderError: It did not answer with a 200.
        """
        ...

    def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of its 200 answer, with their line ends. The last line may have none.

        Raises:
            ProviderTruncatedError: The answer ended before its end. Raised at any step.
            ProviderError: It did not answer with a 200. Raised at the first step only.
        """
        ...

    def exchange(self, outgoing: ProviderRequest) -> AbstractAsyncContextManager[ProviderResponse]:
        """Open the answer to any request for the duration of the block.

        Raises:
            ProviderTimeoutError: The head of an answer did not come in time. Raised on entering.
            ProviderUnreachableError: The provider could not be reached. Raised on entering.
        """
        ...

    async def stop(self) -> None:
        """Release all resources. May be called twice."""
        ...
