"""Keyword parameters of the operations: for type checkers, and for wrappers that pass them on.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from __future__ import annotations

import os
from typing import IO, TypedDict

from collections.abc import Callable, Mapping, Sequence

from .._model.model import Model
from .audio import (
    CreateMusicRequestResponseFormatValue,
    CreateSfxRequestResponseFormatValue,
    CreateSpeechRequestResponseFormatValue,
)
from .chat import (
    ChatCompletionNamedToolChoice,
    ChatCompletionStreamOptions,
    ChatCompletionTool,
    ChatCompletionToolChoiceModeValue,
    CreateChatCompletionRequestReasoningEffortValue,
    CreateChatCompletionRequestResponseFormat,
)
from .gateway import ProviderRequestMessagesItem
from .images import (
    CreateImageEditRequestQualityValue,
    CreateImageEditRequestResponseFormatValue,
    CreateImageRequestQualityValue,
    CreateImageRequestResponseFormatValue,
    CreateImageVariationRequestResponseFormatValue,
    ImageSizeValue,
)
from .messages import (
    CacheControl,
    CreateMessagesRequestServiceTierValue,
    CreateMessagesRequestSpeedValue,
    CreateMessagesRequestThinking,
    MessagesMetadata,
    MessagesOutputConfig,
    MessagesTextBlock,
    MessagesTool,
    MessagesToolChoiceModeValue,
    MessagesToolChoiceObject,
)
from .responses import (
    CreateResponseRequestPromptCacheRetentionValue,
    CreateResponseRequestServiceTierValue,
    CreateResponseRequestTruncationValue,
    ResponseIncludableValue,
    ResponseReasoning,
    ResponseTextConfig,
    ResponseTool,
    ResponseToolChoiceFunction,
    ResponseToolChoiceModeValue,
)

__all__ = [
    "CreateChatCompletionParams",
    "CreateImageEditParams",
    "CreateImageParams",
    "CreateImageVariationParams",
    "CreateMessagesParams",
    "CreateMusicParams",
    "CreateResponseParams",
    "CreateSfxParams",
    "CreateSpeechParams",
    "CreateVideoParams",
    "ExportMetricsServiceParams",
    "McpJsonRpcParams",
    "ProviderParams",
]


class ProviderParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `ProviderRequest`."""

    model: str
    """The provider's own name of the model, without a prefix."""
    messages: Sequence[ProviderRequestMessagesItem | Mapping[str, object]]
    """The conversation, oldest message first."""
    temperature: float
    """The randomness of the sampling."""


class CreateChatCompletionParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateChatCompletionRequest`."""

    max_tokens: int
    """The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead."""
    max_completion_tokens: int
    """The token limit of the answer, including reasoning."""
    temperature: float
    """The randomness of the sampling: near 0 the most likely token is always chosen. Set either this or `top_p`."""
    top_p: float
    """Sample only from the most likely tokens that together have this probability."""
    frequency_penalty: float
    """Values above 0 make a token less likely with each use; values below 0 make it more likely."""
    presence_penalty: float
    """Values above 0 make tokens that were used before less likely, which favours new topics."""
    n: int
    """The number of answers to generate; each one is billed."""
    stop: str | Sequence[str]
    """One or several strings that end the generation. They are not part of the answer."""
    seed: int
    """A seed for repeatable answers, as far as the provider supports them."""
    logprobs: bool
    """Return the log probability of each generated token."""
    top_logprobs: int
    """The number of alternatives to return for each token; needs `logprobs`."""
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] | type[object]
    """The answer's format, such as text, any JSON, or JSON that matches a schema."""
    logit_bias: Mapping[str, int]
    """Token ids with a bias on their probability, from -100 (never) to 100 (always)."""
    user: str
    """Your id for the end user, which helps providers to detect abuse."""
    stream_options: ChatCompletionStreamOptions | Mapping[str, object]
    """Options for streams."""
    tools: Sequence[ChatCompletionTool | Mapping[str, object] | Callable[..., object] | Model]
    """The tools that the model may call. A gateway with active MCP replaces them by its own."""
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object]
    """The tool choice: a mode, or one tool."""
    parallel_tool_calls: bool
    """Allow several tool calls in one turn."""
    reasoning_format: str
    """The form in which reasoning is returned, such as `raw` or `parsed`; the values depend on the provider."""
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str
    """The amount of reasoning before the answer."""


class CreateResponseParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateResponseRequest`."""

    instructions: str | None
    """Instructions that precede the input, like a system message. They are not inherited from an earlier response."""
    max_output_tokens: int | None
    """The token limit of the answer, including reasoning."""
    temperature: float | None
    """The randomness of the sampling: near 0 the most likely token is always chosen. Set either this or `top_p`."""
    top_p: float | None
    """Sample only from the most likely tokens that together have this probability."""
    tools: Sequence[ResponseTool | Mapping[str, object] | Callable[..., object] | Model]
    """The tools that the model may call."""
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object]
    """The tool choice: a mode, or one function."""
    reasoning: ResponseReasoning | Mapping[str, object]
    """The settings for reasoning models."""
    text: ResponseTextConfig | Mapping[str, object]
    """The text's format."""
    previous_response_id: str | None
    """The id of the stored response that this one continues."""
    store: bool
    """Store the response at the provider."""
    background: bool
    """Generate the response in the background, without an open request."""
    parallel_tool_calls: bool
    """Allow several tool calls in one turn."""
    metadata: Mapping[str, str]
    """Your own labels, stored with the response."""
    user: str
    """Your id for the end user, which helps providers to detect abuse."""
    include: Sequence[ResponseIncludableValue | str] | None
    """More data to return, such as encrypted reasoning or the sources of a web search."""
    service_tier: CreateResponseRequestServiceTierValue | str | None
    """The processing tier, which decides on speed and price."""
    conversation: str | Mapping[str, object] | None
    """A conversation stored at the provider, by id or as `{"id": ...}`. Its items precede the input."""
    context_management: Sequence[Mapping[str, object]] | None
    """Rules by which the provider shortens a long conversation, such as compaction at a number of tokens."""
    prompt_cache_key: str | None
    """A key that routes requests with the same beginning to the same cache."""
    prompt_cache_options: Mapping[str, object]
    """Settings of the prompt cache: `mode`, and `ttl`, the least time that an entry is kept."""
    prompt_cache_retention: CreateResponseRequestPromptCacheRetentionValue | str | None
    """The longest time that the prompt stays in the cache. Newer models take `prompt_cache_options` instead."""
    truncation: CreateResponseRequestTruncationValue | str | None
    """The treatment of input beyond the context window: `auto` drops the oldest items, `disabled` fails."""
    max_tool_calls: int | None
    """The largest number of calls of the provider's own tools in one response."""
    top_logprobs: int | None
    """The number of alternatives to return for each token, with their log probabilities."""
    stream_options: Mapping[str, object] | None
    """Options for streams, such as `{"include_obfuscation": false}`."""
    prompt: Mapping[str, object] | None
    """A prompt stored at the provider: its `id`, `version` and `variables`."""
    safety_identifier: str | None
    """A stable id for the end user, such as a hashed address, which helps to detect abuse."""
    moderation: Mapping[str, object] | None
    """Moderate the input and output: the moderation `model`, and its `policy`."""
    background_options: Mapping[str, object]
    """Options for background execution, such as the `completion_window`."""
    access_programs: Mapping[str, object]
    """Access programs to use for this request, by domain."""
    image: Mapping[str, object]
    """Options for all images of the request, such as `context_compression`."""


class CreateMessagesParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateMessagesRequest`."""

    system: str | Sequence[MessagesTextBlock | Mapping[str, object]]
    """Instructions that precede the conversation."""
    tools: Sequence[MessagesTool | Mapping[str, object] | Callable[..., object] | Model]
    """The tools that the model may call."""
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object]
    """The tool choice: a mode, or one tool."""
    temperature: float
    """The randomness of the sampling: near 0 the most likely token is always chosen."""
    top_p: float
    """Sample only from the most likely tokens that together have this probability."""
    top_k: int
    """Sample only from this number of most likely tokens."""
    stop_sequences: Sequence[str]
    """Strings that end the generation."""
    metadata: MessagesMetadata | Mapping[str, object]
    """Metadata of the request, for the provider."""
    thinking: CreateMessagesRequestThinking | Mapping[str, object]
    """The settings for thinking before the answer."""
    output_config: MessagesOutputConfig | Mapping[str, object]
    """The settings of the output."""
    cache_control: CacheControl | Mapping[str, object] | None
    """A cache breakpoint after the last block of the request that can be cached."""
    container: str | Mapping[str, object] | None
    """A container to run code in: the id of an earlier one, or an object with `id` and `skills`."""
    context_management: Mapping[str, object] | None
    """Edits that keep a long conversation short, such as clearing old tool results: `{"edits": [...]}`."""
    mcp_servers: Sequence[Mapping[str, object]]
    """MCP servers that the provider connects to, each with `type`, `name` and `url`."""
    service_tier: CreateMessagesRequestServiceTierValue | str
    """The capacity to use: priority capacity if there is some, or standard capacity only."""
    inference_geo: str | None
    """The region in which the model runs; None for the default of the workspace."""
    speed: CreateMessagesRequestSpeedValue | str | None
    """The speed mode; `fast` generates more tokens per second at a higher price."""
    diagnostics: Mapping[str, object] | None
    """Ask why the cache was missed, compared with the answer of `previous_message_id`."""
    compaction: Mapping[str, object] | None
    """Summarize the conversation in place of an answer: `{"type": "summarize"}`."""
    thread: Mapping[str, object] | None
    """Keep the conversation at the provider, or continue one that is kept there."""
    fallbacks: str | Sequence[Mapping[str, object]] | None
    """Models to try, in order, when the requested one declines; or `default`."""
    fallback_credit_token: str | Mapping[str, object] | None
    """The token from the `stop_details` of a refusal; it lowers the price of the retry."""
    billing_policy: Mapping[str, object] | None
    """The organization that pays for this request: `{"type": "billing_policy", "bill_to": ...}`."""
    output_format: Mapping[str, object] | None
    """A schema for the answer. Newer API versions take it as `format` of `output_config`."""


class CreateImageParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageRequest`."""

    model: str
    """`provider/name`, or a bare name together with a provider."""
    n: int
    """The number of images; some models generate only one."""
    size: ImageSizeValue | str
    """The images' size."""
    quality: CreateImageRequestQualityValue | str
    """The quality of the images. Each model supports only some of the values."""
    response_format: CreateImageRequestResponseFormatValue | str
    """Return URLs or bytes; the GPT image models always return bytes."""


class CreateImageEditParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageEditRequest`."""

    mask: bytes | os.PathLike[str] | IO[bytes]
    """A PNG of the same size whose transparent areas mark the parts to edit."""
    model: str
    """`provider/name`, or a bare name together with a provider."""
    n: int
    """The number of results."""
    size: ImageSizeValue | str
    """The results' size."""
    quality: CreateImageEditRequestQualityValue | str
    """The quality of the results. Each model supports only some of the values."""
    response_format: CreateImageEditRequestResponseFormatValue | str
    """Return URLs or bytes; the GPT image models always return bytes."""


class CreateImageVariationParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageVariationRequest`."""

    model: str
    """`provider/name`, or a bare name together with a provider."""
    n: int
    """The number of variations."""
    size: ImageSizeValue | str
    """The variations' size."""
    response_format: CreateImageVariationRequestResponseFormatValue | str
    """Return URLs or bytes."""


class CreateSpeechParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateSpeechRequest`."""

    instructions: str
    """Instructions for the speech, such as mood, pace or accent."""
    response_format: CreateSpeechRequestResponseFormatValue | str
    """The file format of the audio."""
    speed: float
    """The speed of the speech; 1 is normal."""
    language: str
    """The language of the text as two letters (ISO 639-1)."""
    reference_audio: str
    """A recording of the voice to imitate, as base64."""


class CreateSfxParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateSfxRequest`."""

    duration_seconds: float
    """The length in seconds; if left out, the model decides."""
    prompt_influence: float
    """The influence of the prompt, from 0 (loose) to 1 (exact)."""
    loop: bool
    """Generate a sound that loops without a gap."""
    response_format: CreateSfxRequestResponseFormatValue | str
    """The file format of the audio."""


class CreateMusicParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateMusicRequest`."""

    duration_seconds: float
    """The length in seconds; if left out, the model decides."""
    instrumental: bool
    """Generate music without vocals."""
    response_format: CreateMusicRequestResponseFormatValue | str
    """The file format of the audio."""


class CreateVideoParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateVideoRequest`."""

    input_reference: bytes | os.PathLike[str] | IO[bytes]
    """A picture that the video begins with, or the portrait to animate."""
    reference_images: Sequence[bytes | os.PathLike[str] | IO[bytes]]
    """Pictures of a character, which keep it alike from shot to shot. Few models use them."""
    audio: bytes | os.PathLike[str] | IO[bytes]
    """A WAV or MPEG recording that the portrait speaks. The video is then as long as it, whatever `seconds` is."""
    seconds: str
    """The length in seconds, as text: `8`. Each provider takes only some lengths."""
    size: str
    """Width and height in pixels, such as `1280x720`. Each provider takes only some sizes."""


class McpJsonRpcParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `McpJsonRpcRequest`."""

    id: str | int
    """An id of your choice, which the response repeats. A notification has none."""
    params: Mapping[str, object]
    """The parameters of the method, with version, client and capabilities in `_meta`."""


class ExportMetricsServiceParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `ExportMetricsServiceRequest`."""

    resourceMetrics: Sequence[Mapping[str, object]]
    """The metrics, grouped by the resource they were measured on."""
