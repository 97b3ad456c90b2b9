"""The keyword arguments of the clients' methods, for editors and type checkers. Imported for typing only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

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
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None


class ListOptions(TypedDict, total=False):
    """The request options of a call without `extra_body`."""

    timeout: Timeouts | float | None
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None


class ChatParams(CreateChatCompletionParams, CallOptions, total=False):
    """Keyword arguments of `generate_content`: the contract's parameters, and request options."""

    mcp_bypass: bool


class ChatStreamParams(ChatParams, total=False):
    """Keyword arguments of `generate_content_stream`: those of `generate_content`, and stream options."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


class MessagesParams(CreateMessagesParams, CallOptions, total=False):
    """Keyword arguments of `create_message`: the contract's parameters, and request options."""


class MessagesStreamParams(MessagesParams, total=False):
    """Keyword arguments of `create_message_stream`: those of `create_message`, and stream options."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


class ResponseParams(CreateResponseParams, CallOptions, total=False):
    """Keyword arguments of `create_response`: the contract's parameters, and request options."""


class ResponseStreamParams(ResponseParams, total=False):
    """Keyword arguments of `create_response_stream`: those of `create_response`, and stream options."""

    assemble: bool
    on_truncation: Literal["raise", "return"]


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
    max_retries: int
    retry: RetryPolicy | None
    headers: Mapping[str, str] | None
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None
    max_tokens: int | None


class Options(_Shared, total=False):
    """Keyword arguments of `with_options` of the blocking client."""

    token: Token | None
    on_request: Hook[RequestSent] | None
    on_response: Hook[ResponseReceived] | None
    on_retry: Hook[RetryPlanned] | None


class AsyncOptions(_Shared, total=False):
    """Keyword arguments of `with_options` of the async client."""

    token: AsyncToken | None
    on_request: AsyncHook[RequestSent] | None
    on_response: AsyncHook[ResponseReceived] | None
    on_retry: AsyncHook[RetryPlanned] | None
