"""The keyword arguments of the clients' methods.

Imported by type checkers, and at run time only by `inspect` and `typing` (see `settings.introspectable`).
"""

from __future__ import annotations

import collections.abc
import inspect
import os
import ssl
import typing
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Literal, TypeAlias, TypedDict

from .._generated.chat import ChatCompletionTool, CreateChatCompletionResponse, Message
from .._generated.messages import MessagesMessage, MessagesResponse
from .._generated.params import (
    CreateChatCompletionParams,
    CreateImageEditParams,
    CreateImageParams,
    CreateImageVariationParams,
    CreateMessagesParams,
    CreateMusicParams,
    CreateResponseParams,
    CreateSfxParams,
    CreateSpeechParams,
)
from .._generated.responses import Response, ResponseInputItem, ResponseOutputItem
from .._wire.retry import RetryPolicy
from .._wire.timeouts import Timeouts
from .hooks import AsyncHook, Hook, RequestSent, ResponseReceived, RetryPlanned
from .runtime import AsyncToken, Token

__all__ = [
    "AsyncOptions",
    "CallOptions",
    "ChatParams",
    "ChatStreamParams",
    "Conversation",
    "ImageEditParams",
    "ImageParams",
    "ImageVariationParams",
    "ListOptions",
    "Messages",
    "MessagesParams",
    "MessagesStreamParams",
    "MusicParams",
    "Options",
    "ResponseItems",
    "ResponseParams",
    "ResponseStreamParams",
    "SoundEffectParams",
    "SpeechParams",
    "annotation_names",
    "explicit_signature",
]

_ChatMessage: TypeAlias = str | Message | CreateChatCompletionResponse | Mapping[str, Any]
Messages: TypeAlias = _ChatMessage | Iterable[_ChatMessage]
"""The messages of a chat completion."""

_AnyMessage: TypeAlias = str | MessagesMessage | MessagesResponse | Mapping[str, Any]
Conversation: TypeAlias = _AnyMessage | Iterable[_AnyMessage]
"""The messages of a request to the Messages endpoint."""

_ResponseItem: TypeAlias = str | ResponseInputItem | ResponseOutputItem | Response | Mapping[str, Any]
ResponseItems: TypeAlias = _ResponseItem | Iterable[_ResponseItem]


class CallOptions(TypedDict, total=False):
    """The request options of a call."""

    timeout: Timeouts | float | None
    """`Timeouts`, the seconds for the whole call, or None for no limit except on connecting."""
    max_retries: int
    """Maximum number of retries of a request that is safe to repeat."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`."""
    headers: Mapping[str, str] | None
    """Headers to send in addition to those of the client."""
    extra_query: Mapping[str, str] | None
    """Parameters to add to the query of the URL."""
    extra_body: Mapping[str, Any] | None
    """Fields that the contract does not list, to add to the body."""


class ListOptions(TypedDict, total=False):
    """The request options of a call without `extra_body`."""

    timeout: Timeouts | float | None
    """`Timeouts`, the seconds for the whole call, or None for no limit except on connecting."""
    max_retries: int
    """Maximum number of retries of a request that is safe to repeat."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`."""
    headers: Mapping[str, str] | None
    """Headers to send in addition to those of the client."""
    extra_query: Mapping[str, str] | None
    """Parameters to add to the query of the URL."""


class ChatParams(CreateChatCompletionParams, CallOptions, total=False):
    """Keyword arguments of `generate_content`: the contract's parameters, and request options."""

    mcp_bypass: bool
    """Whether to disable the gateway's MCP tools and keep your own."""


class ChatStreamParams(ChatParams, total=False):
    """Keyword arguments of `generate_content_stream`: those of `generate_content`, and stream options."""

    assemble: bool
    """False stores nothing of the stream, so `final()` has no answer. Default: True."""
    on_truncation: Literal["raise", "return"]
    """`return` accepts a truncated stream. Default: "raise"."""


class MessagesParams(CreateMessagesParams, CallOptions, total=False):
    """Keyword arguments of `create_message`: the contract's parameters, and request options."""


class MessagesStreamParams(MessagesParams, total=False):
    """Keyword arguments of `create_message_stream`: those of `create_message`, and stream options."""

    assemble: bool
    """False stores nothing of the stream, so `final()` has no answer. Default: True."""
    on_truncation: Literal["raise", "return"]
    """`return` accepts a truncated stream. Default: "raise"."""


class ResponseParams(CreateResponseParams, CallOptions, total=False):
    """Keyword arguments of `create_response`: the contract's parameters, and request options."""


class ResponseStreamParams(ResponseParams, total=False):
    """Keyword arguments of `create_response_stream`: those of `create_response`, and stream options."""

    assemble: bool
    """False stores nothing of the stream, so `final()` has no answer. Default: True."""
    on_truncation: Literal["raise", "return"]
    """`return` accepts a truncated stream. Default: "raise"."""


class ImageParams(CreateImageParams, CallOptions, total=False):
    """Keyword arguments of `generate_image`: the contract's parameters, and request options."""


class ImageEditParams(CreateImageEditParams, CallOptions, total=False):
    """Keyword arguments of `create_image_edit`: the contract's parameters, and request options."""


class ImageVariationParams(CreateImageVariationParams, CallOptions, total=False):
    """Keyword arguments of `create_image_variation`: the contract's parameters, and request options."""


class SpeechParams(CreateSpeechParams, CallOptions, total=False):
    """Keyword arguments of `create_speech`: the contract's parameters, and request options."""


class SoundEffectParams(CreateSfxParams, CallOptions, total=False):
    """Keyword arguments of `create_sound_effect`: the contract's parameters, and request options."""


class MusicParams(CreateMusicParams, CallOptions, total=False):
    """Keyword arguments of `create_music`: the contract's parameters, and request options."""


class _Shared(TypedDict, total=False):
    timeout: Timeouts | float | None
    """`Timeouts`, the seconds for the whole call, or None for no limit except on connecting."""
    max_retries: int
    """Maximum number of retries of a request that is safe to repeat."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`."""
    headers: Mapping[str, str] | None
    """Headers to send in addition to those of the client."""
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None
    """Tools sent with every chat request that does not set `tools`."""
    max_tokens: int | None
    """Token limit of every chat request that does not set one."""


class Options(_Shared, total=False):
    """Keyword arguments of `with_options` of the blocking client."""

    token: Token | None
    """Token sent as `Authorization: Bearer`, or a function that returns it."""
    on_request: Hook[RequestSent] | None
    """Called with a `RequestSent` before each attempt."""
    on_response: Hook[ResponseReceived] | None
    """Called with a `ResponseReceived` after each response."""
    on_retry: Hook[RetryPlanned] | None
    """Called with a `RetryPlanned` when an attempt failed and another follows."""


class AsyncOptions(_Shared, total=False):
    """Keyword arguments of `with_options` of the async client."""

    token: AsyncToken | None
    """Token sent as `Authorization: Bearer`, or a function that returns it."""
    on_request: AsyncHook[RequestSent] | None
    """Called with a `RequestSent` before each attempt."""
    on_response: AsyncHook[ResponseReceived] | None
    """Called with a `ResponseReceived` after each response."""
    on_retry: AsyncHook[RetryPlanned] | None
    """Called with a `RetryPlanned` when an attempt failed and another follows."""


# Homes of the names in annotations that the package's root does not have.
_HOMES = (".runtime", ".uploads", ".._run.providers", ".._tools.tool", ".._transport.protocols", ".._wire.metrics")


class _LeftOut:
    """The default of a keyword that is not sent unless it is given."""

    def __repr__(self) -> str:
        return "..."


_LEFT_OUT = _LeftOut()


def annotation_names(method: Callable[..., Any]) -> dict[str, Any]:
    """Return the names that the annotations of a client's method may use."""
    root = import_module("..", __package__)
    names = {**vars(typing), **vars(collections.abc), "os": os, "ssl": ssl}
    names |= {name: getattr(root, name) for name in root.__all__}
    for home in _HOMES:
        names |= vars(import_module(home, __package__))
    return {**names, **globals(), **method.__globals__}


def explicit_signature(method: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a client's method, with each key of its `**params: Unpack[...]` as a keyword."""
    names = annotation_names(method)
    whole = inspect.signature(method, follow_wrapped=False, globals=names, eval_str=True)
    parameters = list(whole.parameters.values())
    if parameters and typing.get_origin(parameters[-1].annotation) is typing.Unpack:
        (params,) = typing.get_args(parameters.pop().annotation)
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_LEFT_OUT, annotation=hint)
            for name, hint in typing.get_type_hints(params, names).items()
        ]
    return whole.replace(parameters=parameters)
