"""What the embedded gateway asks of a provider, and the ways in which one can fail to answer.

Chat and listings are understood on the way, so a provider answers them in their own types. Everything else is passed
on as it is: an `Ask` and a `ProviderResponse` are one HTTP exchange. Address and key are the provider's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from ..chat_schema import ChatRequest

__all__ = [
    "Ask",
    "BrokenOff",
    "Listed",
    "ModelProvider",
    "ProviderError",
    "ProviderResponse",
    "Refused",
    "Silent",
    "Unreachable",
]


class ProviderError(Exception):
    """A provider did not answer with a 200."""


class Refused(ProviderError):  # noqa: N818  (its base has the suffix)
    """The provider answered with another status; `body` is what it said."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"the provider answered {status}")
        self.status = status
        self.body = body


class Unreachable(ProviderError):  # noqa: N818
    """There was no conversation; the text says why."""


class BrokenOff(Unreachable):
    """The provider's answer began with its head and did not reach its end."""


class Silent(ProviderError):  # noqa: N818
    """The provider took the request and sent no head of an answer in time; `path` is what it was asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no answer to {path} in time")
        self.path = path


class Listed(Struct, frozen=True, kw_only=True):
    """A model as a provider lists it; missing facts are zero, as in the gateway's own answer.

    See gateway-behaviour.md#model-listing.

    Attributes:
        id: The provider's own name for it.
        object: "model" as a rule.
        created: Seconds since 1970.
        owned_by: Who made it.
        context_tokens: The size of its context, None when unknown.
        context_source: Who said so: "runtime" (the running server) or "provider" (its list).
    """

    id: str
    object: str = ""
    created: int = 0
    owned_by: str = ""
    context_tokens: int | None = None
    context_source: str = "provider"


class Ask(Struct, frozen=True, kw_only=True):
    """A request to a provider.

    Attributes:
        path: Below its address, percent-encoded, with the query.
        method: The HTTP method.
        headers: Names in lower case; the provider adds its authorisation and nothing else.
        body: Empty for none.
        patient: The head of the answer may take for ever.
        at_root: The path is one of the address's host, not below the address.
    """

    path: str
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    patient: bool = False
    at_root: bool = False

    def header(self, name: str) -> str:
        """The first header of this lower-case name, empty for none."""
        return _first(self.headers, name)


class ProviderResponse(Struct, frozen=True, kw_only=True):
    """A provider's answer of any status.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case, in the provider's order.
        pieces: The body's bytes as they come; raises `BrokenOff` where they end too early.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: AsyncGenerator[bytes]

    def header(self, name: str) -> str:
        """The first header of this lower-case name, empty for none."""
        return _first(self.headers, name)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


class ModelProvider(Protocol):
    """One provider behind the gateway."""

    async def start(self) -> None:
        """Begin what takes time; must return at once."""
        ...

    async def models(self) -> list[Listed]:
        """The models it offers.

        Raises:
            ProviderError: It does not say.
        """
        ...

    async def chat(self, request: ChatRequest) -> bytes:
        """The body of its 200 answer.

        Raises:
            ProviderError: There was none.
        """
        ...

    def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """The lines of its 200 answer, each with its line end, but for a last one that has none.

        Raises:
            BrokenOff: At any step: the answer ended before its end.
            ProviderError: From the first step only: there was no such answer.
        """
        ...

    def exchange(self, ask: Ask) -> AbstractAsyncContextManager[ProviderResponse]:
        """The answer to any request, for as long as the block runs.

        Raises:
            Silent: On entering: no head of an answer came in time.
            Unreachable: On entering: there was no conversation.
        """
        ...

    async def stop(self) -> None:
        """Let go of everything. May be called twice."""
        ...
