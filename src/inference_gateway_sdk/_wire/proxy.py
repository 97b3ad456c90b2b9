"""A provider's own API through the gateway (contract: /proxy/{provider}/{path}): what a user asks to one call.

The gateway's proxy has traps (gateway-behaviour.md#proxy): it declares every body as JSON, repeats a version that its
base URL
already holds, and hides the provider's status from who accepts an event stream alone. What cannot work is refused here
with the reason; `send(Call(...))` is the way past the refusal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from .._model.json_values import is_mapping, parse
from .._model.open_types import Concealed
from .._model.unknown_fields import (
    UnknownFields,
    WithMeta,
    set_module,
)
from . import codec
from .call import Call, Idempotency, Reply, check_provider
from .headers import Headers  # noqa: TC001  (as above)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Negotiated", "ProxyReply", "negotiate", "proxy_body", "proxy_call"]

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# the version segment that the gateway's base URL of a provider ends in (gateway-behaviour.md#providers)
_VERSION: Final = {
    **dict.fromkeys("anthropic groq llamacpp minimax mistral moonshot nvidia ollama ollama_cloud openai".split(), "v1"),
    "google": "v1beta",
    "zai": "v4",
}
_DOTS: Final = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_ENCODED_SLASH: Final = re.compile(r"%2f", re.IGNORECASE)
_JSON_TYPE: Final = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_EVENTS: Final = "text/event-stream"


@set_module
class ProxyReply(Concealed, WithMeta, Struct, kw_only=True):
    """A provider's own answer, as the gateway passed it on.

    Attributes:
        status: The HTTP status, below 300: others raise.
        headers: The provider's headers, rate limits and request id included; names are compared without case.
        body: The bytes.
    """

    status: int
    headers: Headers
    body: bytes
    _unknown: UnknownFields | None = field(default=None)

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as a JSON value.

        Raises:
            DecodingError: It is not JSON.
        """
        return parse(self.body)

    def __repr__(self) -> str:
        return f"ProxyReply({self.status}, <{len(self.body)} bytes>)"


class Negotiated(Concealed, Struct, frozen=True):
    """A call's headers without the two that the gateway reads itself."""

    accept: str
    content_type: str
    others: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"Negotiated({self.accept!r}, {self.content_type!r})"


def negotiate(headers: Iterable[tuple[str, str]], provider: str, default_accept: str) -> Negotiated:
    """The headers to send, as the proxy can take them.

    Raises:
        ValueError: A header that the proxy would turn against its sender.
    """
    accept, content_type = default_accept, "application/json"
    others: list[tuple[str, str]] = []
    for name, value in headers:
        match name.lower():
            case "accept":
                accept = value
            case "content-type":
                content_type = value
            case "anthropic-version" if provider == "anthropic":
                raise ValueError("headers: the gateway adds anthropic-version itself, and two of them would arrive")
            case _:
                others.append((name, value))
    if accept.strip().lower() == _EVENTS:
        raise ValueError(
            f"headers: with Accept {_EVENTS} alone the gateway hides the provider's status behind a 200: write"
            f' "{_EVENTS}, application/json"'
        )
    if not _JSON_TYPE.match(content_type):
        raise ValueError(
            f"headers: the gateway declares every proxied body as application/json, so {content_type.partition(';')[0]}"
            " would arrive as something it is not"
        )
    return Negotiated(accept, content_type, tuple(others))


def proxy_call(
    provider: object, path: object, method: object, negotiated: Negotiated, *, query: object, body: bytes | None
) -> Call[ProxyReply]:
    """The call for a whole answer.

    Args:
        provider: Its id.
        path: Below the provider's base URL, which holds the version already.
        method: The HTTP method.
        negotiated: The headers.
        query: Names and values, or None.
        body: From `proxy_body`.

    Raises:
        TypeError: An argument of the wrong type.
        ValueError: One that makes no sense; the message names it.
    """
    checked = check_provider(provider)
    verb = _check_method(method)
    if body is not None and verb in ("GET", "HEAD"):
        raise ValueError(f'method is {verb}, which has no body: say method="POST", or leave json and content out')
    return Call(
        method=verb,
        path=f"/proxy/{checked}/{_check_path(path, checked)}",
        read=_read,
        query=_check_query(query),
        body=body,
        content_type=negotiated.content_type,
        accept=negotiated.accept,
        at_root=True,
        repeat=Idempotency.FREELY if verb in _SAFE else Idempotency.CAUTIOUSLY,
        provider=checked,
    )


def proxy_body(json: object, content: object, files: object = None) -> bytes | None:
    """The body of what a user gave, None for none.

    Raises:
        TypeError: `content` is neither text nor bytes.
        ValueError: Both are given, or `files`, which the gateway's proxy would corrupt (gateway-behaviour.md#proxy).
        SerializationError: `json` has no JSON form.
    """
    if files is not None:
        raise ValueError(
            "files cannot go through the gateway's proxy: it sends every body on as application/json, which corrupts a"
            " form. For pictures use create_image_edit or create_image_variation; upload other files at the provider."
        )
    if json is not None:
        if content is not None:
            raise ValueError("json and content are both given: a request has one body")
        return codec.encode(json)
    if content is None or isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    raise TypeError(f"content must be JSON as text or bytes, got {type(content).__name__}")


def _check_method(method: object) -> str:
    if not isinstance(method, str):
        raise TypeError(f"method must be a string such as 'GET', got {type(method).__name__}")
    verb = method.upper()
    if verb not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    return verb


def _check_path(path: object, provider: str) -> str:
    if not isinstance(path, str):
        raise TypeError(f"path must be a string such as 'models', got {type(path).__name__}")
    below = path.lstrip("/")
    if _DOTS.search(below):
        raise ValueError(f"path {path!r} holds a dot segment, which leaves the provider's part of the gateway")
    if _ENCODED_SLASH.search(below):
        raise ValueError(f"path {path!r} holds %2F, which the gateway turns into '/'")
    version, first = _VERSION.get(provider), below.partition("/")[0]
    if version is not None and first == version:
        raise ValueError(
            f"path {path!r} repeats the version: the gateway's base URL of {provider} ends in it already, so write"
            f" {below.removeprefix(version).lstrip('/')!r}"
        )
    return below


def _check_query(query: object) -> tuple[tuple[str, str], ...]:
    if query is None:
        return ()
    if not is_mapping(query):
        raise TypeError(f"query must be a mapping of names to strings, got {type(query).__name__}")
    for name, value in query.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"query must map strings to strings; {name!r} does not")
    return tuple(query.items())


def _read(reply: Reply) -> ProxyReply:
    return ProxyReply(status=reply.status, headers=reply.headers, body=reply.body)
