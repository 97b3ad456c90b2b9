"""A provider's own API through the gateway (contract: /proxy/{provider}/{path}).

The gateway's proxy has pitfalls (gateway-behaviour.md#proxy):

- It declares every body as JSON.
- Its base URL of a provider already holds the version, so that a version in the path is repeated.
- It hides the provider's status from a client that accepts only an event stream.

Requests that cannot work are refused here with the reason; `send(Call(...))` bypasses the checks.
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
# the version segment at the end of the gateway's base URL of a provider (gateway-behaviour.md#providers)
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
    """A provider's own response, as the gateway passed it on.

    Attributes:
        status: The HTTP status, below 300: others raise.
        headers: The provider's headers, including rate limits and request id; names are case-insensitive.
        body: The bytes of the body.
    """

    status: int
    headers: Headers
    body: bytes
    _unknown: UnknownFields | None = field(default=None)

    @property
    def text(self) -> str:
        """The body as text; invalid UTF-8 is replaced by U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as a JSON value.

        Raises:
            DecodingError: The body is not JSON.
        """
        return parse(self.body)

    def __repr__(self) -> str:
        return f"ProxyReply({self.status}, <{len(self.body)} bytes>)"


class Negotiated(Concealed, Struct, frozen=True):
    """The headers of a call, with the two that the gateway interprets itself kept apart."""

    accept: str
    content_type: str
    others: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"Negotiated({self.accept!r}, {self.content_type!r})"


def negotiate(headers: Iterable[tuple[str, str]], provider: str, default_accept: str) -> Negotiated:
    """Return the headers to send through the proxy.

    Raises:
        ValueError: The proxy would mishandle a header.
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
                raise ValueError("headers: leave out anthropic-version: the gateway adds it, and two would arrive")
            case _:
                others.append((name, value))
    if accept.strip().lower() == _EVENTS:
        raise ValueError(
            f"headers: with Accept {_EVENTS} alone, the gateway replaces the provider's status with 200: write"
            f' "{_EVENTS}, application/json"'
        )
    if not _JSON_TYPE.match(content_type):
        raise ValueError(
            f"headers: the gateway declares every proxied body as application/json, so {content_type.partition(';')[0]}"
            " would arrive with the wrong type; send JSON"
        )
    return Negotiated(accept, content_type, tuple(others))


def proxy_call(
    provider: object, path: object, method: object, negotiated: Negotiated, *, query: object, body: bytes | None
) -> Call[ProxyReply]:
    """Return the call for a complete response.

    Args:
        provider: The provider's id.
        path: The path below the provider's base URL, which already holds the version.
        method: The HTTP method.
        negotiated: The headers.
        query: Names and values, or None.
        body: The result of `proxy_body`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is invalid; the message names it.
    """
    checked = check_provider(provider)
    verb = _check_method(method)
    if body is not None and verb in ("GET", "HEAD"):
        raise ValueError(f'method is {verb}, which has no body: pass method="POST", or leave json and content out')
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
    """Return the request body for the given arguments, None when there is none.

    Raises:
        TypeError: `content` is neither text nor bytes.
        ValueError: Both are given, or `files`, which the gateway's proxy would corrupt (gateway-behaviour.md#proxy).
        SerializationError: `json` cannot be encoded as JSON.
    """
    if files is not None:
        raise ValueError(
            "files cannot go through the gateway's proxy: it declares every body as application/json, which corrupts a"
            " form. For images use create_image_edit or create_image_variation; upload other files to the provider"
        )
    if json is not None:
        if content is not None:
            raise ValueError("json and content are both given: a request has one body, so leave one out")
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
        raise ValueError(f"path {path!r} contains a dot segment, which would leave /proxy/{provider}: remove it")
    if _ENCODED_SLASH.search(below):
        raise ValueError(f"path {path!r} contains %2F, which the gateway decodes to '/': write '/' if that is meant")
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
