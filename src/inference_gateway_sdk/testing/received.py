"""Requests as the scripted gateway received them: the bytes, and typed views for tests.

Scripts match `ReceivedRequest.text`: the text of the last message of any role, or the prompt of a request without
messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from .. import (
    CreateChatCompletionRequest,
    CreateImageRequest,
    CreateMessagesRequest,
    CreateMusicRequest,
    CreateResponseRequest,
    CreateSfxRequest,
    CreateSpeechRequest,
    Headers,
)
from .._model.model import Model
from ..embedded.multipart import Form, FormError

__all__ = ["ENDPOINTS", "OF_A_MODEL", "Body", "Endpoint", "ReceivedRequest", "endpoint_of", "query_of"]

Endpoint: TypeAlias = Literal[
    "chat", "messages", "responses", "images", "audio", "proxy", "videos", "models", "mcp", "metrics", "health", "other"
]
"""The kind of endpoint, for any dialect and path: "images", "audio" and "videos" are three paths each, "mcp" two."""

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)

OF_A_MODEL: tuple[Endpoint, ...] = ENDPOINTS[:6]
"""The endpoints that a model answers, which scripts without an endpoint match."""

Body: TypeAlias = (
    CreateChatCompletionRequest
    | CreateMessagesRequest
    | CreateResponseRequest
    | CreateImageRequest
    | CreateSpeechRequest
    | CreateSfxRequest
    | CreateMusicRequest
)

T = TypeVar("T", bound=Model)

_PREFIXES: tuple[tuple[str, Endpoint], ...] = (
    ("/v1/chat/completions", "chat"),
    ("/v1/messages", "messages"),
    ("/v1/responses", "responses"),
    ("/v1/images/", "images"),
    ("/v1/audio/", "audio"),
    ("/v1/videos", "videos"),
    ("/proxy/", "proxy"),
    ("/v1/models", "models"),
    ("/v1/mcp/", "mcp"),
    ("/mcp", "mcp"),
    ("/v1/metrics", "metrics"),
    ("/health", "health"),
)
_BODIES: dict[str, type[Body]] = {
    "/v1/chat/completions": CreateChatCompletionRequest,
    "/v1/messages": CreateMessagesRequest,
    "/v1/responses": CreateResponseRequest,
    "/v1/images/generations": CreateImageRequest,
    "/v1/audio/speech": CreateSpeechRequest,
    "/v1/audio/sfx": CreateSfxRequest,
    "/v1/audio/music": CreateMusicRequest,
}


def endpoint_of(path: str) -> Endpoint:
    """Return the endpoint at this path."""
    for prefix, endpoint in _PREFIXES:
        if path.startswith(prefix):
            return endpoint
    return "other"


class ReceivedRequest(Struct, frozen=True, kw_only=True):
    """A request that the scripted gateway received.

    Attributes:
        number: The request's number, from 1, in order of arrival.
        method: The HTTP method.
        path: The path without the query.
        query: The query's parameters. The last value of a repeated one wins.
        headers: The headers by case-insensitive name.
        content: The body's bytes.
    """

    number: int
    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Headers = Headers()
    content: bytes = b""

    @property
    def endpoint(self) -> Endpoint:
        """The kind of endpoint."""
        return endpoint_of(self.path)

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            AssertionError: The body is not JSON.
        """
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise AssertionError(f"the body of {self} is not JSON: {error}") from error

    @property
    def body(self) -> Body:
        """The body as its endpoint's type.

        Raises:
            AssertionError: The endpoint has no type for a JSON body: use `json`, `form` or `content`.
        """
        kind = _BODIES.get(self.path)
        if kind is None:
            raise AssertionError(f"the body of {self} has no type: read .json, .form or .content")
        return self.read(kind)

    def read(self, kind: type[T]) -> T:
        """Return the body as this type.

        Raises:
            AssertionError: The request is for another endpoint.
        """
        self._expect(kind)
        return kind.from_dict(self.json)

    def _expect(self, kind: type[Model]) -> None:
        due = _BODIES.get(self.path)
        if due is not kind:
            found = f"does not have a {kind.__name__}" if due is None else f"has a {due.__name__}"
            raise AssertionError(f"{self} {found}")

    @property
    def chat(self) -> CreateChatCompletionRequest:
        """The body of a chat completion. Raises AssertionError for another endpoint."""
        return self.read(CreateChatCompletionRequest)

    @property
    def message(self) -> CreateMessagesRequest:
        """The body of a Messages request. Raises AssertionError for another endpoint."""
        return self.read(CreateMessagesRequest)

    @property
    def response(self) -> CreateResponseRequest:
        """The body of a Responses request. Raises AssertionError for another endpoint."""
        return self.read(CreateResponseRequest)

    @property
    def form(self) -> Mapping[str, str | bytes]:
        """The fields of a form: texts as str, files as bytes.

        Raises:
            AssertionError: The body is not a form.
        """
        try:
            parts = Form.parse(self.headers.get("content-type", ""), self.content).parts
        except FormError as error:
            raise AssertionError(f"the body of {self} is not a form: {error}") from error
        return {part.name: part.content if part.filename else part.content.decode() for part in parts}

    @property
    def model(self) -> str:
        """The model's name with its provider in front, from the body or the query; "" if the request names none."""
        named, provider = str(self._value("model") or ""), self.query.get("provider")
        return f"{provider}/{named}" if provider else named

    @property
    def text(self) -> str:
        """The text of the last message of any role, or the prompt."""
        for name in ("messages", "input", "prompt"):
            value = self._value(name)
            if value:
                return _last_text(value)
        return ""

    @property
    def stream(self) -> bool:
        """True if the request asks for a stream."""
        return self._value("stream") is True

    def _value(self, name: str) -> object:
        if self.headers.get("content-type", "").startswith("multipart/"):
            try:
                return Form.parse(self.headers["content-type"], self.content).text(name)
            except FormError:
                return None
        try:
            value = msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None

    def __str__(self) -> str:
        return f"request {self.number} ({self.method} {self.path})"


def query_of(text: str) -> dict[str, str]:
    """Return the parameters of a query."""
    return dict(parse_qsl(text, keep_blank_values=True))


def _last_text(value: object) -> str:
    """Return the text of a prompt, or of the last of several messages."""
    last = cast("list[object]", value)[-1] if isinstance(value, list) else value
    return " ".join(_texts(last))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a message, a content part, or a tool result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _texts(each)
    elif isinstance(value, dict):
        held = cast("dict[str, object]", value)
        for name in ("content", "text", "output"):
            if name in held:
                yield from _texts(held[name])
