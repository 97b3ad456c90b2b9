"""The keyword arguments of the clients' methods, for editors and type checkers: imported for typing only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from .._generated.chat import ChatCompletionTool, Message
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

if TYPE_CHECKING:
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
]

Messages: TypeAlias = str | Message | Mapping[str, Any] | Iterable[str | Message | Mapping[str, Any]]
"""Of a chat."""

_AnyMessage: TypeAlias = str | MessagesMessage | MessagesResponse | Mapping[str, Any]
Conversation: TypeAlias = _AnyMessage | Iterable[_AnyMessage]
"""Of the Messages endpoint."""

_ResponseItem: TypeAlias = str | ResponseInputItem | ResponseOutputItem | Response | Mapping[str, Any]
ResponseItems: TypeAlias = _ResponseItem | Iterable[_ResponseItem]


class CallOptions(TypedDict, total=False):
    """How one call is made."""

    timeout: Timeouts | float | None
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


class ListOptions(TypedDict, total=False):
    """How a call without a body is made."""

    timeout: Timeouts | float | None
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None


class ChatParams(CreateChatCompletionParams, CallOptions, total=False):
    """`generate_content`: the contract's parameters, and how the call is made."""

    mcp_bypass: bool


class ChatStreamParams(ChatParams, total=False):
    """`generate_content_stream`: the same, and how the stream is read."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


class MessagesParams(CreateMessagesParams, CallOptions, total=False):
    """`create_message`: the contract's parameters, and how the call is made."""


class MessagesStreamParams(MessagesParams, total=False):
    """`create_message_stream`: the same, and how the stream is read."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


class ResponseParams(CreateResponseParams, CallOptions, total=False):
    """`create_response`: the contract's parameters, and how the call is made."""


class ResponseStreamParams(ResponseParams, total=False):
    """`create_response_stream`: the same, and how the stream is read."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


class ImageParams(CreateImageParams, CallOptions, total=False):
    """`generate_image`: the contract's parameters, and how the call is made."""


class ImageEditParams(CreateImageEditParams, CallOptions, total=False):
    """`create_image_edit`: the contract's parameters, and how the call is made."""


class ImageVariationParams(CreateImageVariationParams, CallOptions, total=False):
    """`create_image_variation`: the contract's parameters, and how the call is made."""


class SpeechParams(CreateSpeechParams, CallOptions, total=False):
    """`create_speech`: the contract's parameters, and how the call is made."""


class SoundEffectParams(CreateSfxParams, CallOptions, total=False):
    """`create_sound_effect`: the contract's parameters, and how the call is made."""


class MusicParams(CreateMusicParams, CallOptions, total=False):
    """`create_music`: the contract's parameters, and how the call is made."""


class _Shared(TypedDict, total=False):
    timeout: Timeouts | float | None
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None
    max_tokens: int | None
    max_body: int
    max_event: int


class Options(_Shared, total=False):
    """`with_options` of the blocking client."""

    token: Token | None
    on_request: Hook[RequestSent] | None
    on_response: Hook[ResponseReceived] | None
    on_retry: Hook[RetryPlanned] | None


class AsyncOptions(_Shared, total=False):
    """`with_options` of the async client."""

    token: AsyncToken | None
    on_request: AsyncHook[RequestSent] | None
    on_response: AsyncHook[ResponseReceived] | None
    on_retry: AsyncHook[RetryPlanned] | None
