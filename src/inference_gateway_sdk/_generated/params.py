"""Keyword parameters of the operations: for type checkers, and for wrappers that pass them on.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import IO, TypedDict

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
    CreateMessagesRequestThinking,
    MessagesMetadata,
    MessagesOutputConfig,
    MessagesTextBlock,
    MessagesTool,
    MessagesToolChoiceModeValue,
    MessagesToolChoiceObject,
)
from .responses import (
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
    """The provider's name of the model, without a prefix."""
    messages: Sequence[ProviderRequestMessagesItem | Mapping[str, object]]
    """The conversation, oldest message first."""
    temperature: float
    """How freely the model picks its words."""


class CreateChatCompletionParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateChatCompletionRequest`."""

    max_tokens: int
    """Most tokens to generate. Newer OpenAI models want `max_completion_tokens`."""
    max_completion_tokens: int
    """Most tokens to generate, thinking included."""
    temperature: float
    """How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not both."""
    top_p: float
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    frequency_penalty: float
    """Above 0 makes a token less likely each time it recurs; below 0 makes it likelier."""
    presence_penalty: float
    """Above 0 makes any token already used less likely, nudging towards new topics."""
    n: int
    """How many answers to generate; each is paid for."""
    stop: str | Sequence[str]
    """One text or several, at which generation ends. The text itself is not part of the answer."""
    seed: int
    """Makes repeated requests answer alike, as far as the provider can."""
    logprobs: bool
    """Whether to tell how likely each generated token was."""
    top_logprobs: int
    """How many alternatives to tell for each token; needs `logprobs`."""
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object]
    """The shape the answer must have."""
    logit_bias: Mapping[str, int]
    """Token ids with what to add to their odds, from -100 (never) to 100 (always)."""
    user: str
    """Your name for the end user, by which providers trace abuse."""
    stream_options: ChatCompletionStreamOptions | Mapping[str, object]
    """Settings for streams."""
    tools: Sequence[ChatCompletionTool | Mapping[str, object]]
    """Tools on offer. A gateway with MCP active puts its own in their place."""
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object]
    """Whether tools are used, and which."""
    parallel_tool_calls: bool
    """Whether one turn may call several tools."""
    reasoning_format: str
    """How the thinking is given back, such as `raw` or `parsed`; the provider decides what it knows."""
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str
    """How hard a reasoning model thinks before it answers."""


class CreateResponseParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateResponseRequest`."""

    instructions: str | None
    """Stands above the input as a system message. Not inherited from an earlier response."""
    max_output_tokens: int | None
    """Most tokens to generate, thinking included."""
    temperature: float | None
    """How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not both."""
    top_p: float | None
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    tools: Sequence[ResponseTool | Mapping[str, object]]
    """Tools on offer."""
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object]
    """Whether tools are used, and which."""
    reasoning: ResponseReasoning | Mapping[str, object]
    """How a reasoning model thinks."""
    text: ResponseTextConfig | Mapping[str, object]
    """The shape the text must have."""
    previous_response_id: str | None
    """The stored response this one continues."""
    store: bool
    """Whether the provider keeps the response for later."""
    background: bool
    """Whether to work on while nobody waits."""
    parallel_tool_calls: bool
    """Whether one turn may call several tools."""
    metadata: Mapping[str, str]
    """Your own labels, stored with the response."""
    user: str
    """Your name for the end user, by which providers trace abuse."""


class CreateMessagesParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateMessagesRequest`."""

    system: str | Sequence[MessagesTextBlock | Mapping[str, object]]
    """Instructions that stand above the conversation."""
    tools: Sequence[MessagesTool | Mapping[str, object]]
    """Tools on offer."""
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object]
    """Whether tools are used, and which."""
    temperature: float
    """How freely words are picked: near 0 the likeliest always wins."""
    top_p: float
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    top_k: int
    """Pick only among this many of the likeliest tokens."""
    stop_sequences: Sequence[str]
    """Texts at which generation ends."""
    metadata: MessagesMetadata | Mapping[str, object]
    """What the provider is told about the request."""
    thinking: CreateMessagesRequestThinking | Mapping[str, object]
    """Lets the model think aloud first."""
    output_config: MessagesOutputConfig | Mapping[str, object]
    """How the answer is made."""


class CreateImageParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageRequest`."""

    model: str
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int
    """How many pictures to make; some models make only one."""
    size: ImageSizeValue | str
    """How large they shall be."""
    quality: CreateImageRequestQualityValue | str
    """How much care to take. Models take some of the values only."""
    response_format: CreateImageRequestResponseFormatValue | str
    """Whether to get addresses or bytes; the GPT image models always give bytes."""


class CreateImageEditParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageEditRequest`."""

    mask: bytes | os.PathLike[str] | IO[bytes]
    """A PNG of the same size, transparent where the picture may be changed."""
    model: str
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int
    """How many results to make."""
    size: ImageSizeValue | str
    """How large they shall be."""
    quality: CreateImageEditRequestQualityValue | str
    """How much care to take. Models take some of the values only."""
    response_format: CreateImageEditRequestResponseFormatValue | str
    """Whether to get addresses or bytes; the GPT image models always give bytes."""


class CreateImageVariationParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateImageVariationRequest`."""

    model: str
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int
    """How many variations to make."""
    size: ImageSizeValue | str
    """How large they shall be."""
    response_format: CreateImageVariationRequestResponseFormatValue | str
    """Whether to get addresses or bytes."""


class CreateSpeechParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateSpeechRequest`."""

    instructions: str
    """How to speak: mood, pace, accent."""
    response_format: CreateSpeechRequestResponseFormatValue | str
    """The sound's file format."""
    speed: float
    """How fast to speak; 1 is the natural pace."""
    language: str
    """The text's language as two letters (ISO 639-1)."""
    reference_audio: str
    """A sample of the voice to imitate, as base64."""


class CreateSfxParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateSfxRequest`."""

    duration_seconds: float
    """How long it lasts; left out, the model decides."""
    prompt_influence: float
    """How closely to follow the prompt, from loosely (0) to exactly (1)."""
    loop: bool
    """Whether the end joins the beginning without a seam."""
    response_format: CreateSfxRequestResponseFormatValue | str
    """The sound's file format."""


class CreateMusicParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateMusicRequest`."""

    duration_seconds: float
    """How long it lasts; left out, the model decides."""
    instrumental: bool
    """Whether to do without singing."""
    response_format: CreateMusicRequestResponseFormatValue | str
    """The sound's file format."""


class CreateVideoParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `CreateVideoRequest`."""

    prompt: str
    """What should be seen."""
    input_reference: bytes | os.PathLike[str] | IO[bytes]
    """A picture to begin from."""
    reference_images: Sequence[bytes | os.PathLike[str] | IO[bytes]]
    """Pictures that guide the look."""
    audio: bytes | os.PathLike[str] | IO[bytes]
    """The sound to go with it."""
    seconds: str
    """How long it lasts."""
    size: str
    """Width and height in pixels, such as `1280x720`."""


class McpJsonRpcParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `McpJsonRpcRequest`."""

    params: Mapping[str, object]
    """What the method takes, with version, client and capabilities under `_meta`."""


class ExportMetricsServiceParams(TypedDict, total=False):
    """Keyword parameters of an operation that takes a `ExportMetricsServiceRequest`."""

    resourceMetrics: Sequence[Mapping[str, object]]
    """The metrics, grouped by what they were measured on."""
