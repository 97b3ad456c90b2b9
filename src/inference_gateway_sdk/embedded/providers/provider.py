"""The interface of a provider, and the errors of a provider that does not answer.

Chat and model listings are parsed on the way, so a provider answers them in their own types. Other requests are passed
on unchanged: a `ProviderRequest` and a `ProviderResponse` are one HTTP exchange. A provider adds its address and key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from msgspec import Struct

from ..._model.cost import Price
from ..._model.open_types import Concealed
from .scripts import CREATED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from ..chat_schema import ChatRequest

__all__ = [
    "Listed",
    "ModelDetails",
    "ModelProvider",
    "ProviderError",
    "ProviderRequest",
    "ProviderResponse",
    "ProviderStatusError",
    "ProviderTimeoutError",
    "ProviderTruncatedError",
    "ProviderUnreachableError",
    "SelfCallError",
    "listed_models",
    "read_details",
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


_LISTED_RATES = ("input", "output", "cache_read", "cache_write")  # the others have no field in a listing


class ModelDetails(Struct, frozen=True, kw_only=True):
    """The details of a scripted model that a listing with `include=` has. None means that they are not known.

    Attributes:
        context_window: The size of its context in tokens.
        price: Its price. A listing has only the rates `input`, `output`, `cache_read` and `cache_write`.
        inputs: The kinds of content that it reads: "text", "image", "audio", ...
        outputs: The kinds of content that it generates.

    Raises (on construction):
        ValueError: `price` has a rate that a listing has no field for, or `context_window` is not positive.
        TypeError: An argument has the wrong type.
    """

    context_window: int | None = None
    price: Price | None = None
    inputs: Sequence[str] | None = None
    outputs: Sequence[str] = ("text",)

    def __post_init__(self) -> None:
        window: Any = self.context_window
        if window is not None and (type(window) is not int or window < 1):
            raise ValueError(f"context_window must be a number of tokens above 0, got {window!r}")
        price: Any = self.price
        if price is not None and not isinstance(price, Price):
            raise TypeError(f"price must be a Price such as Price(input='2e-6', output='8e-6'), got {price!r}")
        for name in ("inputs", "outputs"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f'{name} must be a list such as ["text"], got {getattr(self, name)!r}')
        unlisted = [] if price is None else [name for name in price.known if name not in _LISTED_RATES]
        if unlisted:
            raise ValueError(f"price: the gateway lists no rate {unlisted[0]!r}, only {', '.join(_LISTED_RATES)}")

    @property
    def pricing(self) -> dict[str, object] | None:
        """The price as the gateway lists it."""
        if self.price is None:
            return None
        rates = {f"{name}_per_token": format(rate, "f") for name, rate in self.price.known.items()}
        made = datetime.fromtimestamp(CREATED, UTC).isoformat().replace("+00:00", "Z")
        return {
            "currency": self.price.currency,
            **rates,
            "source": "community" if self.price.source == "user" else self.price.source,
            "updated_at": self.price.updated_at or made,
            "subscription": self.price.subscription,
        }

    @property
    def modalities(self) -> dict[str, object] | None:
        """The kinds of content as the gateway lists them."""
        return None if self.inputs is None else {"input": list(self.inputs), "output": list(self.outputs)}


class Listed(Struct, frozen=True, kw_only=True):
    """A model as a provider lists it. Missing numbers are zero, as in the gateway's own answer.

    See gateway-behaviour.md#model-listing.

    Attributes:
        id: The provider's own name for it.
        object: Usually "model".
        created: Seconds since 1970.
        owned_by: The organisation that made it.
        context_tokens: The size of its context, or None when unknown.
        context_source: The source of that size: "runtime" (the running server), "provider" (its list) or "community".
        details: The details of a scripted model.
    """

    id: str
    object: str = ""
    created: int = 0
    owned_by: str = ""
    context_tokens: int | None = None
    context_source: str = "provider"
    details: ModelDetails | None = None


def read_details(models: object) -> dict[str, ModelDetails]:
    """Return the details of models by name.

    Raises:
        TypeError: The value is not a mapping of names to `ModelDetails`.
        ValueError: A name has no provider.
    """
    if not isinstance(models, Mapping):
        raise TypeError(f"models must be a mapping of names to ModelDetails, got {type(models).__name__}")
    found: dict[str, ModelDetails] = {}
    for name, details in cast("Mapping[object, object]", models).items():
        if not isinstance(name, str) or not isinstance(details, ModelDetails):
            raise TypeError(f"models must map names such as 'openai/gpt-4o' to ModelDetails(...); {name!r} does not")
        if not all(name.partition("/")):
            raise ValueError(f"models: {name!r} has no provider: write 'openai/gpt-4o'")
        found[name] = details
    return found


def listed_models(models: Mapping[str, ModelDetails | None], owned_by: str) -> list[Listed]:
    """Return scripted models as a listing has them, from their names with the provider in front."""
    return [
        Listed(
            id=name.partition("/")[2],
            object="model",
            created=CREATED,
            owned_by=owned_by,
            context_tokens=None if details is None else details.context_window,
            context_source="community",
            details=details,
        )
        for name, details in models.items()
    ]


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
