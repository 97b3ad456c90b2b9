# Derived from _client/params.py by scripts/generate_types: do not edit.
"""The keyword arguments of the clients' methods as functions, for jedi. Never imported at run time."""
# fmt: off
# ruff: noqa: E501, I001

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from typing import IO, Literal
    from .._generated.audio import CreateMusicRequestResponseFormatValue, CreateSfxRequestResponseFormatValue, CreateSpeechRequestResponseFormatValue
    from .._generated.chat import ChatCompletionNamedToolChoice, ChatCompletionStreamOptions, ChatCompletionTool, ChatCompletionToolChoiceModeValue, CreateChatCompletionRequestReasoningEffortValue, CreateChatCompletionRequestResponseFormat
    from .._generated.images import CreateImageEditRequestQualityValue, CreateImageEditRequestResponseFormatValue, CreateImageRequestQualityValue, CreateImageRequestResponseFormatValue, CreateImageVariationRequestResponseFormatValue, ImageSizeValue
    from .._generated.messages import CreateMessagesRequestThinking, MessagesMetadata, MessagesOutputConfig, MessagesTextBlock, MessagesTool, MessagesToolChoiceModeValue, MessagesToolChoiceObject
    from .._generated.responses import ResponseReasoning, ResponseTextConfig, ResponseTool, ResponseToolChoiceFunction, ResponseToolChoiceModeValue
    from .._wire.retry import RetryPolicy
    from .._wire.timeouts import Timeouts
    from .hooks import AsyncHook, Hook, RequestSent, ResponseReceived, RetryPlanned
    from .runtime import AsyncToken, Token

__all__ = [
    "async_options_keywords",
    "call_options_keywords",
    "chat_keywords",
    "chat_stream_keywords",
    "image_edit_keywords",
    "image_keywords",
    "image_variation_keywords",
    "list_options_keywords",
    "messages_keywords",
    "messages_stream_keywords",
    "music_keywords",
    "options_keywords",
    "response_keywords",
    "response_stream_keywords",
    "sound_effect_keywords",
    "speech_keywords",
]

_LEFT_OUT: Any = ...


def call_options_keywords(
    *,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `CallOptions`."""


def list_options_keywords(
    *,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
) -> None:
    """The keys of `ListOptions`."""


def chat_keywords(
    *,
    max_tokens: int = _LEFT_OUT,
    max_completion_tokens: int = _LEFT_OUT,
    temperature: float = _LEFT_OUT,
    top_p: float = _LEFT_OUT,
    frequency_penalty: float = _LEFT_OUT,
    presence_penalty: float = _LEFT_OUT,
    n: int = _LEFT_OUT,
    stop: str | Sequence[str] = _LEFT_OUT,
    seed: int = _LEFT_OUT,
    logprobs: bool = _LEFT_OUT,
    top_logprobs: int = _LEFT_OUT,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] = _LEFT_OUT,
    logit_bias: Mapping[str, int] = _LEFT_OUT,
    user: str = _LEFT_OUT,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = _LEFT_OUT,
    tools: Sequence[ChatCompletionTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = _LEFT_OUT,
    parallel_tool_calls: bool = _LEFT_OUT,
    reasoning_format: str = _LEFT_OUT,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
    mcp_bypass: bool = _LEFT_OUT,
) -> None:
    """The keys of `ChatParams`."""


def chat_stream_keywords(
    *,
    max_tokens: int = _LEFT_OUT,
    max_completion_tokens: int = _LEFT_OUT,
    temperature: float = _LEFT_OUT,
    top_p: float = _LEFT_OUT,
    frequency_penalty: float = _LEFT_OUT,
    presence_penalty: float = _LEFT_OUT,
    n: int = _LEFT_OUT,
    stop: str | Sequence[str] = _LEFT_OUT,
    seed: int = _LEFT_OUT,
    logprobs: bool = _LEFT_OUT,
    top_logprobs: int = _LEFT_OUT,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] = _LEFT_OUT,
    logit_bias: Mapping[str, int] = _LEFT_OUT,
    user: str = _LEFT_OUT,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = _LEFT_OUT,
    tools: Sequence[ChatCompletionTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = _LEFT_OUT,
    parallel_tool_calls: bool = _LEFT_OUT,
    reasoning_format: str = _LEFT_OUT,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
    mcp_bypass: bool = _LEFT_OUT,
    assemble: bool = _LEFT_OUT,
    on_truncation: Literal["raise", "return"] = _LEFT_OUT,
) -> None:
    """The keys of `ChatStreamParams`."""


def messages_keywords(
    *,
    system: str | Sequence[MessagesTextBlock | Mapping[str, object]] = _LEFT_OUT,
    tools: Sequence[MessagesTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object] = _LEFT_OUT,
    temperature: float = _LEFT_OUT,
    top_p: float = _LEFT_OUT,
    top_k: int = _LEFT_OUT,
    stop_sequences: Sequence[str] = _LEFT_OUT,
    metadata: MessagesMetadata | Mapping[str, object] = _LEFT_OUT,
    thinking: CreateMessagesRequestThinking | Mapping[str, object] = _LEFT_OUT,
    output_config: MessagesOutputConfig | Mapping[str, object] = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `MessagesParams`."""


def messages_stream_keywords(
    *,
    system: str | Sequence[MessagesTextBlock | Mapping[str, object]] = _LEFT_OUT,
    tools: Sequence[MessagesTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object] = _LEFT_OUT,
    temperature: float = _LEFT_OUT,
    top_p: float = _LEFT_OUT,
    top_k: int = _LEFT_OUT,
    stop_sequences: Sequence[str] = _LEFT_OUT,
    metadata: MessagesMetadata | Mapping[str, object] = _LEFT_OUT,
    thinking: CreateMessagesRequestThinking | Mapping[str, object] = _LEFT_OUT,
    output_config: MessagesOutputConfig | Mapping[str, object] = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
    assemble: bool = _LEFT_OUT,
    on_truncation: Literal["raise", "return"] = _LEFT_OUT,
) -> None:
    """The keys of `MessagesStreamParams`."""


def response_keywords(
    *,
    instructions: str | None = _LEFT_OUT,
    max_output_tokens: int | None = _LEFT_OUT,
    temperature: float | None = _LEFT_OUT,
    top_p: float | None = _LEFT_OUT,
    tools: Sequence[ResponseTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object] = _LEFT_OUT,
    reasoning: ResponseReasoning | Mapping[str, object] = _LEFT_OUT,
    text: ResponseTextConfig | Mapping[str, object] = _LEFT_OUT,
    previous_response_id: str | None = _LEFT_OUT,
    store: bool = _LEFT_OUT,
    background: bool = _LEFT_OUT,
    parallel_tool_calls: bool = _LEFT_OUT,
    metadata: Mapping[str, str] = _LEFT_OUT,
    user: str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `ResponseParams`."""


def response_stream_keywords(
    *,
    instructions: str | None = _LEFT_OUT,
    max_output_tokens: int | None = _LEFT_OUT,
    temperature: float | None = _LEFT_OUT,
    top_p: float | None = _LEFT_OUT,
    tools: Sequence[ResponseTool | Mapping[str, object]] = _LEFT_OUT,
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object] = _LEFT_OUT,
    reasoning: ResponseReasoning | Mapping[str, object] = _LEFT_OUT,
    text: ResponseTextConfig | Mapping[str, object] = _LEFT_OUT,
    previous_response_id: str | None = _LEFT_OUT,
    store: bool = _LEFT_OUT,
    background: bool = _LEFT_OUT,
    parallel_tool_calls: bool = _LEFT_OUT,
    metadata: Mapping[str, str] = _LEFT_OUT,
    user: str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
    assemble: bool = _LEFT_OUT,
    on_truncation: Literal["raise", "return"] = _LEFT_OUT,
) -> None:
    """The keys of `ResponseStreamParams`."""


def image_keywords(
    *,
    model: str = _LEFT_OUT,
    n: int = _LEFT_OUT,
    size: ImageSizeValue | str = _LEFT_OUT,
    quality: CreateImageRequestQualityValue | str = _LEFT_OUT,
    response_format: CreateImageRequestResponseFormatValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `ImageParams`."""


def image_edit_keywords(
    *,
    mask: bytes | os.PathLike[str] | IO[bytes] = _LEFT_OUT,
    model: str = _LEFT_OUT,
    n: int = _LEFT_OUT,
    size: ImageSizeValue | str = _LEFT_OUT,
    quality: CreateImageEditRequestQualityValue | str = _LEFT_OUT,
    response_format: CreateImageEditRequestResponseFormatValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `ImageEditParams`."""


def image_variation_keywords(
    *,
    model: str = _LEFT_OUT,
    n: int = _LEFT_OUT,
    size: ImageSizeValue | str = _LEFT_OUT,
    response_format: CreateImageVariationRequestResponseFormatValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `ImageVariationParams`."""


def speech_keywords(
    *,
    instructions: str = _LEFT_OUT,
    response_format: CreateSpeechRequestResponseFormatValue | str = _LEFT_OUT,
    speed: float = _LEFT_OUT,
    language: str = _LEFT_OUT,
    reference_audio: str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `SpeechParams`."""


def sound_effect_keywords(
    *,
    duration_seconds: float = _LEFT_OUT,
    prompt_influence: float = _LEFT_OUT,
    loop: bool = _LEFT_OUT,
    response_format: CreateSfxRequestResponseFormatValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `SoundEffectParams`."""


def music_keywords(
    *,
    duration_seconds: float = _LEFT_OUT,
    instrumental: bool = _LEFT_OUT,
    response_format: CreateMusicRequestResponseFormatValue | str = _LEFT_OUT,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    extra_query: Mapping[str, str] | None = _LEFT_OUT,
    extra_body: Mapping[str, Any] | None = _LEFT_OUT,
) -> None:
    """The keys of `MusicParams`."""


def options_keywords(
    *,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None = _LEFT_OUT,
    max_tokens: int | None = _LEFT_OUT,
    token: Token | None = _LEFT_OUT,
    on_request: Hook[RequestSent] | None = _LEFT_OUT,
    on_response: Hook[ResponseReceived] | None = _LEFT_OUT,
    on_retry: Hook[RetryPlanned] | None = _LEFT_OUT,
) -> None:
    """The keys of `Options`."""


def async_options_keywords(
    *,
    timeout: Timeouts | float | None = _LEFT_OUT,
    max_retries: int = _LEFT_OUT,
    retry: RetryPolicy | None = _LEFT_OUT,
    headers: Mapping[str, str] | None = _LEFT_OUT,
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None = _LEFT_OUT,
    max_tokens: int | None = _LEFT_OUT,
    token: AsyncToken | None = _LEFT_OUT,
    on_request: AsyncHook[RequestSent] | None = _LEFT_OUT,
    on_response: AsyncHook[ResponseReceived] | None = _LEFT_OUT,
    on_retry: AsyncHook[RetryPlanned] | None = _LEFT_OUT,
) -> None:
    """The keys of `AsyncOptions`."""
