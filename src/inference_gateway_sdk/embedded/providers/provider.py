"""What the embedded gateway asks of a provider, and the three ways in which one can fail to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..chat_schema import ChatRequest

__all__ = ["Listed", "Provider", "ProviderError", "Refused", "Silent", "Unreachable"]


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


class Silent(ProviderError):  # noqa: N818
    """The provider took the request and sent no head of an answer in time; `path` is what it was asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no answer to {path} in time")
        self.path = path


class Listed(Struct, frozen=True, kw_only=True):
    """A model as a provider lists it; what it did not say is zero, as in the gateway's own answer (WIRE section 7).

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


class Provider(Protocol):
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
        """The lines of its 200 answer, each with its line end; ends early, without an error, where the answer breaks.

        Raises:
            ProviderError: From the first step only.
        """
        ...

    async def stop(self) -> None:
        """Let go of everything. May be called twice."""
        ...
