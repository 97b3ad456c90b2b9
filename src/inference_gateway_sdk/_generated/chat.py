"""The contract's types: chat.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.answers import Arguments, ChatAnswer, ChatChunk, MessageText, ToolCallMixin
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum, Unknown, Variants
from .._model.unknown_fields import WithMeta

__all__ = [
    "ChatCompletionChoice",
    "ChatCompletionChoiceLogprobs",
    "ChatCompletionMessageToolCall",
    "ChatCompletionMessageToolCallChunk",
    "ChatCompletionMessageToolCallChunkFunction",
    "ChatCompletionMessageToolCallFunction",
    "ChatCompletionNamedToolChoice",
    "ChatCompletionNamedToolChoiceFunction",
    "ChatCompletionStreamChoice",
    "ChatCompletionStreamChoiceLogprobs",
    "ChatCompletionStreamOptions",
    "ChatCompletionStreamResponseDelta",
    "ChatCompletionTokenLogprob",
    "ChatCompletionTokenLogprobTopLogprobsItem",
    "ChatCompletionTool",
    "ChatCompletionToolChoiceMode",
    "ChatCompletionToolChoiceOption",
    "ChatCompletionToolType",
    "CompletionUsage",
    "CompletionUsageCompletionTokensDetails",
    "CompletionUsagePromptTokensDetails",
    "ContentPart",
    "CreateChatCompletionRequest",
    "CreateChatCompletionRequestReasoningEffort",
    "CreateChatCompletionRequestResponseFormat",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    "FinishReason",
    "FunctionObject",
    "FunctionParameters",
    "ImageContentPart",
    "ImageContentPartType",
    "ImageUrl",
    "ImageUrlDetail",
    "Message",
    "MessageContent",
    "MessageRole",
    "ResponseFormatJsonObject",
    "ResponseFormatJsonObjectType",
    "ResponseFormatJsonSchema",
    "ResponseFormatJsonSchemaJsonSchema",
    "ResponseFormatJsonSchemaSchema",
    "ResponseFormatJsonSchemaType",
    "ResponseFormatText",
    "ResponseFormatTextType",
    "TextContentPart",
    "TextContentPartType",
    "ToolCallExtraContent",
    "ToolCallExtraContentGoogle",
    "UnknownContentPart",
    "UnknownCreateChatCompletionRequestResponseFormat",
]


class MessageRole(OpenEnum):
    """The role of a chat message's author."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


if TYPE_CHECKING:
    MessageRoleValue: TypeAlias = MessageRole | Literal["system", "user", "assistant", "tool"] | str
    """A `MessageRole`, or any other string: gateways send values that no contract lists."""
else:
    MessageRoleValue = MessageRole


class UnknownContentPart(Unknown):
    """A variant of `ContentPart` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ContentPart: TypeAlias = "TextContentPart | ImageContentPart | UnknownContentPart"
    """One part of a message's content."""
else:

    class ContentPart(Variants):
        """One part of a message's content."""


MessageContent: TypeAlias = str | list[ContentPart]
"""Plain text, or a list of parts with text and images."""


class ChatCompletionToolType(OpenEnum):
    """The types of chat tools; functions are the only one."""

    FUNCTION = "function"


if TYPE_CHECKING:
    ChatCompletionToolTypeValue: TypeAlias = ChatCompletionToolType | Literal["function"] | str
    """A `ChatCompletionToolType`, or any other string: gateways send values that no contract lists."""
else:
    ChatCompletionToolTypeValue = ChatCompletionToolType


class ChatCompletionMessageToolCallFunction(Arguments, _Model, kw_only=True):
    """The function that the assistant calls."""

    name: Required[str]
    """The function's name."""
    arguments: Required[str]
    """The arguments as JSON text. The model wrote it, so it may be malformed; validate it before use."""


class ToolCallExtraContentGoogle(_Model, kw_only=True):
    """The data of Google."""

    thought_signature: str | None = None
    """A signature of the reasoning before the call. Gemini refuses the next turn if it is missing or modified."""


class ToolCallExtraContent(_Model, kw_only=True):
    """Data that providers attach to a tool call, one key per provider."""

    google: ToolCallExtraContentGoogle | None = None
    """The data of Google."""


class ChatCompletionMessageToolCall(ToolCallMixin, _Model, kw_only=True):
    """One tool call of the assistant."""

    id: Required[str]
    """The id that the tool's result must refer to."""
    type: Required[ChatCompletionToolTypeValue] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The tool's type, `function`."""
    function: Required[ChatCompletionMessageToolCallFunction]
    """The function to call, with its arguments."""
    extra_content: ToolCallExtraContent | None = None
    """Data that a provider attached and requires back unchanged."""
    index: int | None = None
    """The index of the call, which some providers send in whole answers as well."""


class Message(MessageText, _Model, kw_only=True):
    """One message of a conversation, sent or received."""

    role: Required[MessageRoleValue]
    """The author's role."""
    content: MessageContent | None
    """The text or the parts; null if the assistant only calls tools."""
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    """The tool calls of the assistant."""
    tool_call_id: str | None = None
    """The `id` of the answered tool call; for role `tool`."""
    reasoning_content: str | None = None
    """The model's reasoning, under the name that DeepSeek and others use."""
    reasoning: str | None = None
    """The model's reasoning, under the name that Groq and others use."""
    refusal: str | None = None
    """The assistant's reason for declining, in place of content."""
    annotations: list[dict[str, Any]] | None = None
    """Sources that the text refers to; OpenAI always sends the list."""
    function_call: ChatCompletionMessageToolCallFunction | None = None
    """A call in the older form, before there were tools."""
    audio: dict[str, Any] | None = None
    """The spoken answer: id, base64 data, expiry and transcript."""
    reasoning_details: list[dict[str, Any]] | None = None
    """The reasoning in parts, in the form that OpenRouter passes between providers."""


class TextContentPartType(OpenEnum):
    """The type of the part, `text`."""

    TEXT = "text"


if TYPE_CHECKING:
    TextContentPartTypeValue: TypeAlias = TextContentPartType | Literal["text"] | str
    """A `TextContentPartType`, or any other string: gateways send values that no contract lists."""
else:
    TextContentPartTypeValue = TextContentPartType


class TextContentPart(_Model, kw_only=True):
    """Text within a message."""

    type: Required[TextContentPartTypeValue] = field(default_factory=lambda: TextContentPartType.TEXT)
    """The type of the part, `text`."""
    text: Required[str]
    """The text of the part."""


class ImageContentPartType(OpenEnum):
    """The type of the part, `image_url`."""

    IMAGE_URL = "image_url"


if TYPE_CHECKING:
    ImageContentPartTypeValue: TypeAlias = ImageContentPartType | Literal["image_url"] | str
    """A `ImageContentPartType`, or any other string: gateways send values that no contract lists."""
else:
    ImageContentPartTypeValue = ImageContentPartType


class ImageUrlDetail(OpenEnum):
    """The level of detail at which the model sees the image. More detail costs more tokens."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


if TYPE_CHECKING:
    ImageUrlDetailValue: TypeAlias = ImageUrlDetail | Literal["auto", "low", "high"] | str
    """A `ImageUrlDetail`, or any other string: gateways send values that no contract lists."""
else:
    ImageUrlDetailValue = ImageUrlDetail


class ImageUrl(_Model, kw_only=True):
    """An image given by its URL."""

    url: Required[str]
    """An http or https URL, or a `data:` URL with base64."""
    detail: ImageUrlDetailValue | None = None
    """The level of detail at which the model sees the image. More detail costs more tokens."""


class ImageContentPart(_Model, kw_only=True):
    """An image within a message."""

    type: Required[ImageContentPartTypeValue] = field(default_factory=lambda: ImageContentPartType.IMAGE_URL)
    """The type of the part, `image_url`."""
    image_url: Required[ImageUrl]
    """The image's URL."""


FunctionParameters: TypeAlias = dict[str, Any]
"""A JSON Schema of an object whose properties are the arguments."""


class FunctionObject(_Model, kw_only=True):
    """A function that the model may call."""

    description: str | None = None
    """The purpose of the function. The model uses it to decide when to call it."""
    name: Required[str]
    """The name by which the model calls it: letters, digits, `_` and `-`, at most 64."""
    parameters: FunctionParameters | None = None
    """The JSON Schema of its arguments; leave it out for a function without arguments."""
    strict: bool | None = None
    """Force the model to follow the schema of the parameters exactly."""


class ChatCompletionTool(_Model, kw_only=True):
    """A tool that is offered to the model."""

    type: Required[ChatCompletionToolTypeValue] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The tool's type, `function`."""
    function: Required[FunctionObject]
    """The function that the tool stands for."""


class ChatCompletionToolChoiceMode(OpenEnum):
    """`none` forbids tools, `auto` lets the model decide, `required` forces a call."""

    NONE = "none"
    AUTO = "auto"
    REQUIRED = "required"


if TYPE_CHECKING:
    ChatCompletionToolChoiceModeValue: TypeAlias = ChatCompletionToolChoiceMode | Literal["none", "auto", "required"] | str
    """A `ChatCompletionToolChoiceMode`, or any other string: gateways send values that no contract lists."""
else:
    ChatCompletionToolChoiceModeValue = ChatCompletionToolChoiceMode


class ChatCompletionNamedToolChoiceFunction(_Model, kw_only=True):
    """The forced function."""

    name: Required[str]
    """The name of one of the offered tools."""


class ChatCompletionNamedToolChoice(_Model, kw_only=True):
    """A tool choice that forces a call of one tool."""

    type: Required[ChatCompletionToolTypeValue] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The tool's type, `function`."""
    function: Required[ChatCompletionNamedToolChoiceFunction]
    """The forced function."""


ChatCompletionToolChoiceOption: TypeAlias = ChatCompletionToolChoiceModeValue | ChatCompletionNamedToolChoice
"""The tool choice: a mode, or one tool by name."""


class ChatCompletionMessageToolCallChunkFunction(_Model, kw_only=True):
    """A piece of the function's name or arguments."""

    name: str | None = None
    """The name, or a piece of it."""
    arguments: str | None = None
    """The next piece of the arguments' JSON text."""


class ChatCompletionMessageToolCallChunk(_Model, kw_only=True):
    """A piece of a tool call in a stream."""

    index: int | None = None
    """The index of the tool call that this piece belongs to. Some providers leave it out."""
    id: str | None = None
    """The call's id, usually only in its first piece."""
    type: str | None = None
    """The type of the tool, usually only in the first piece."""
    function: ChatCompletionMessageToolCallChunkFunction | None = None
    """A piece of the function's name or arguments."""
    extra_content: ToolCallExtraContent | None = None
    """Data that a provider attached and requires back unchanged."""


class ResponseFormatTextType(OpenEnum):
    """The type of the format, `text`."""

    TEXT = "text"


if TYPE_CHECKING:
    ResponseFormatTextTypeValue: TypeAlias = ResponseFormatTextType | Literal["text"] | str
    """A `ResponseFormatTextType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseFormatTextTypeValue = ResponseFormatTextType


class ResponseFormatText(_Model, kw_only=True):
    """Plain text, the default format."""

    type: Required[ResponseFormatTextTypeValue] = field(default_factory=lambda: ResponseFormatTextType.TEXT)
    """The type of the format, `text`."""


class ResponseFormatJsonObjectType(OpenEnum):
    """The type of the format, `json_object`."""

    JSON_OBJECT = "json_object"


if TYPE_CHECKING:
    ResponseFormatJsonObjectTypeValue: TypeAlias = ResponseFormatJsonObjectType | Literal["json_object"] | str
    """A `ResponseFormatJsonObjectType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseFormatJsonObjectTypeValue = ResponseFormatJsonObjectType


class ResponseFormatJsonObject(_Model, kw_only=True):
    """Any JSON object. Also mention JSON in a message, or some models generate without end."""

    type: Required[ResponseFormatJsonObjectTypeValue] = field(default_factory=lambda: ResponseFormatJsonObjectType.JSON_OBJECT)
    """The type of the format, `json_object`."""


class ResponseFormatJsonSchemaType(OpenEnum):
    """The type of the format, `json_schema`."""

    JSON_SCHEMA = "json_schema"


if TYPE_CHECKING:
    ResponseFormatJsonSchemaTypeValue: TypeAlias = ResponseFormatJsonSchemaType | Literal["json_schema"] | str
    """A `ResponseFormatJsonSchemaType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseFormatJsonSchemaTypeValue = ResponseFormatJsonSchemaType


ResponseFormatJsonSchemaSchema: TypeAlias = dict[str, Any]
"""A JSON Schema for an answer."""


class ResponseFormatJsonSchemaJsonSchema(_Model, kw_only=True):
    """The schema and its name."""

    description: str | None = None
    """The purpose of the format; the model reads it."""
    name: Required[str]
    """The name of the schema: letters, digits, `_` and `-`, at most 64."""
    schema: ResponseFormatJsonSchemaSchema | None = None
    """The JSON Schema itself."""
    strict: bool | None = None
    """Force the model to follow the schema exactly; providers then support only a subset of JSON Schema."""


class ResponseFormatJsonSchema(_Model, kw_only=True):
    """JSON that matches a schema."""

    type: Required[ResponseFormatJsonSchemaTypeValue] = field(default_factory=lambda: ResponseFormatJsonSchemaType.JSON_SCHEMA)
    """The type of the format, `json_schema`."""
    json_schema: Required[ResponseFormatJsonSchemaJsonSchema]
    """The schema and its name."""


class ChatCompletionStreamOptions(_Model, kw_only=True):
    """Options for streams. Gateways overwrite them to request usage from every provider that reports it."""

    include_usage: Required[bool]
    """Request a last chunk with the tokens used."""


class UnknownCreateChatCompletionRequestResponseFormat(Unknown):
    """A variant of `CreateChatCompletionRequestResponseFormat` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    CreateChatCompletionRequestResponseFormat: TypeAlias = "ResponseFormatText | ResponseFormatJsonSchema | ResponseFormatJsonObject | UnknownCreateChatCompletionRequestResponseFormat"
    """The answer's format, such as text, any JSON, or JSON that matches a schema."""
else:

    class CreateChatCompletionRequestResponseFormat(Variants):
        """The answer's format, such as text, any JSON, or JSON that matches a schema."""


class CreateChatCompletionRequestReasoningEffort(OpenEnum):
    """The amount of reasoning before the answer."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


if TYPE_CHECKING:
    CreateChatCompletionRequestReasoningEffortValue: TypeAlias = CreateChatCompletionRequestReasoningEffort | Literal["minimal", "low", "medium", "high"] | str
    """A `CreateChatCompletionRequestReasoningEffort`, or any other string: gateways send values that no contract lists.
    """
else:
    CreateChatCompletionRequestReasoningEffortValue = CreateChatCompletionRequestReasoningEffort


class CreateChatCompletionRequest(_Model, kw_only=True):
    """A conversation to continue, and the settings."""

    model: Required[str]
    """`provider/name`, a bare name together with a provider, or a routing alias of the gateway."""
    messages: list[Message]
    """The conversation so far, oldest message first."""
    max_tokens: int | None = None
    """The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead."""
    max_completion_tokens: int | None = None
    """The token limit of the answer, including reasoning."""
    temperature: float | int | None = None
    """The randomness of the sampling: near 0 the most likely token is always chosen. Set either this or `top_p`."""
    top_p: float | int | None = None
    """Sample only from the most likely tokens that together have this probability."""
    frequency_penalty: float | int | None = None
    """Values above 0 make a token less likely with each use; values below 0 make it more likely."""
    presence_penalty: float | int | None = None
    """Values above 0 make tokens that were used before less likely, which favours new topics."""
    n: int | None = None
    """The number of answers to generate; each one is billed."""
    stop: str | list[str] | None = None
    """One or several strings that end the generation. They are not part of the answer."""
    seed: int | None = None
    """A seed for repeatable answers, as far as the provider supports them."""
    logprobs: bool | None = None
    """Return the log probability of each generated token."""
    top_logprobs: int | None = None
    """The number of alternatives to return for each token; needs `logprobs`."""
    response_format: CreateChatCompletionRequestResponseFormat | None = None
    """The answer's format, such as text, any JSON, or JSON that matches a schema."""
    logit_bias: dict[str, int] | None = None
    """Token ids with a bias on their probability, from -100 (never) to 100 (always)."""
    user: str | None = None
    """Your id for the end user, which helps providers to detect abuse."""
    stream: bool | None = None
    """Stream the answer in chunks. The method that you call sets it."""
    stream_options: ChatCompletionStreamOptions | None = None
    """Options for streams."""
    tools: list[ChatCompletionTool] | None = None
    """The tools that the model may call. A gateway with active MCP replaces them by its own."""
    tool_choice: ChatCompletionToolChoiceOption | None = None
    """The tool choice: a mode, or one tool."""
    parallel_tool_calls: bool | None = None
    """Allow several tool calls in one turn."""
    reasoning_format: str | None = None
    """The form in which reasoning is returned, such as `raw` or `parsed`; the values depend on the provider."""
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | None = None
    """The amount of reasoning before the answer."""


class FinishReason(OpenEnum):
    """The reason why an answer ended. `length` means that it reached the token limit and is incomplete."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    FUNCTION_CALL = "function_call"


if TYPE_CHECKING:
    FinishReasonValue: TypeAlias = FinishReason | Literal["stop", "length", "tool_calls", "content_filter", "function_call"] | str
    """A `FinishReason`, or any other string: gateways send values that no contract lists."""
else:
    FinishReasonValue = FinishReason


class CompletionUsageCompletionTokensDetails(_Model, kw_only=True):
    """Generated tokens by kind."""

    accepted_prediction_tokens: int | None = None
    """Tokens of a predicted output that appeared in the answer."""
    audio_tokens: int | None = None
    """Tokens of generated audio."""
    reasoning_tokens: int | None = None
    """Tokens of reasoning."""
    rejected_prediction_tokens: int | None = None
    """Tokens of a predicted output that were discarded; they are billed nevertheless."""
    text_tokens: int | None = None
    """Tokens of text."""
    image_tokens: int | None = None
    """Tokens of generated images."""


class CompletionUsagePromptTokensDetails(_Model, kw_only=True):
    """Input tokens by kind."""

    audio_tokens: int | None = None
    """Tokens of audio in the prompt."""
    cached_tokens: int | None = None
    """Tokens read from the provider's cache, usually at a lower price."""
    cache_write_tokens: int | None = None
    """Tokens written to the provider's cache."""
    text_tokens: int | None = None
    """Tokens of text in the prompt."""
    image_tokens: int | None = None
    """Tokens of images in the prompt."""
    video_tokens: int | None = None
    """Tokens of videos in the prompt."""


class CompletionUsage(_Model, kw_only=True):
    """The tokens used by a chat."""

    completion_tokens: Required[int]
    """Tokens generated, including reasoning."""
    prompt_tokens: Required[int]
    """Input tokens."""
    total_tokens: Required[int]
    """The sum of input and output tokens."""
    completion_tokens_details: CompletionUsageCompletionTokensDetails | None = None
    """Generated tokens by kind."""
    prompt_tokens_details: CompletionUsagePromptTokensDetails | None = None
    """Input tokens by kind."""
    cost: float | int | None = None
    """The price of the request in credits of OpenRouter."""
    cost_details: dict[str, Any] | None = None
    """The price by origin."""
    is_byok: bool | None = None
    """True if the request used your own key at the provider behind OpenRouter."""
    prompt_cache_hit_tokens: int | None = None
    """Input tokens found in the cache of DeepSeek."""
    prompt_cache_miss_tokens: int | None = None
    """Input tokens not found in the cache of DeepSeek."""
    cached_tokens: int | None = None
    """Input tokens found in the cache, under the name that Moonshot uses."""
    queue_time: float | int | None = None
    """Seconds in the queue of Groq."""
    prompt_time: float | int | None = None
    """Seconds that Groq spent on the prompt."""
    completion_time: float | int | None = None
    """Seconds that Groq spent on the answer."""
    total_time: float | int | None = None
    """Seconds that Groq spent in all."""


class ChatCompletionTokenLogprobTopLogprobsItem(_Model, kw_only=True):
    """An alternative token and its log probability."""

    token: Required[str]
    """The text of the alternative token."""
    logprob: Required[float | int]
    """The natural logarithm of the alternative's probability."""
    bytes: list[int] | None
    """The alternative's UTF-8 bytes, or null."""


class ChatCompletionTokenLogprob(_Model, kw_only=True):
    """The log probability of one generated token."""

    token: Required[str]
    """The text of the token."""
    logprob: Required[float | int]
    """The natural logarithm of its probability; -9999.0 means extremely unlikely."""
    bytes: list[int] | None
    """Its UTF-8 bytes, for characters that span several tokens. Null if the token has none."""
    top_logprobs: list[ChatCompletionTokenLogprobTopLogprobsItem]
    """The most likely tokens at this position, possibly fewer than requested."""


class ChatCompletionChoiceLogprobs(_Model, kw_only=True):
    """The log probabilities of its tokens, if requested."""

    content: list[ChatCompletionTokenLogprob] | None = None
    """The log probabilities of the content's tokens."""
    refusal: list[ChatCompletionTokenLogprob] | None = None
    """The log probabilities of the refusal's tokens."""


class ChatCompletionChoice(_Model, kw_only=True):
    """One of the answers to a chat."""

    finish_reason: FinishReasonValue | None
    """The reason why the answer ended; null if it has not finished."""
    index: Required[int]
    """The index of the answer, from 0."""
    message: Required[Message]
    """The message of the assistant."""
    logprobs: ChatCompletionChoiceLogprobs | None = None
    """The log probabilities of its tokens, if requested."""
    content_filter_results: dict[str, Any] | None = None
    """The verdicts of Azure's content filter."""
    native_finish_reason: str | None = None
    """The finish reason in the terms of the provider behind OpenRouter."""


class CreateChatCompletionResponse(ChatAnswer, WithMeta, _Model, kw_only=True):
    """A whole chat answer."""

    id: Required[str]
    """The provider's id for the answer."""
    choices: list[ChatCompletionChoice]
    """The answers, as many as `n` requested."""
    created: Required[int]
    """The creation time in Unix seconds."""
    model: Required[str]
    """The model that answered, by the provider's own name."""
    object: Required[str]
    """The type of the object, `chat.completion`."""
    usage: CompletionUsage | None = None
    """The tokens used; None if not reported."""
    service_tier: str | None = None
    """The service tier that handled the request."""
    system_fingerprint: str | None = None
    """An id of the backend's configuration; if it changes, the same seed may give other answers."""
    provider: str | None = None
    """The provider that OpenRouter chose."""
    x_groq: dict[str, Any] | None = None
    """The id of the request at Groq, and more of its own facts."""
    prompt_filter_results: list[dict[str, Any]] | None = None
    """The verdicts of Azure's content filter on the prompt."""
    moderation: dict[str, Any] | None = None
    """The moderation results for `input` and `output`."""
    citations: list[str] | None = None
    """The sources of Perplexity, as URLs."""
    search_results: list[dict[str, Any]] | None = None
    """The search results of Perplexity."""
    metadata: dict[str, Any] | None = None
    """The labels of the request."""


class ChatCompletionStreamResponseDelta(_Model, kw_only=True):
    """The part of a message that one chunk adds."""

    content: str | None = None
    """The next piece of text."""
    reasoning_content: str | None = None
    """The next piece of reasoning, under the name that DeepSeek and others use."""
    reasoning: str | None = None
    """The next piece of reasoning, under the name that Groq and others use."""
    tool_calls: list[ChatCompletionMessageToolCallChunk] | None = None
    """Pieces of tool calls."""
    role: MessageRoleValue | None = None
    """The role of the author, usually only in the first chunk."""
    refusal: str | None = None
    """The next piece of a refusal."""
    annotations: list[dict[str, Any]] | None = None
    """New sources that the text refers to."""
    function_call: dict[str, Any] | None = None
    """The next piece of a call in the older form."""
    reasoning_details: list[dict[str, Any]] | None = None
    """The next parts of the reasoning, in the form of OpenRouter."""
    audio: dict[str, Any] | None = None
    """The next piece of a spoken answer."""
    channel: str | None = None
    """The channel of this piece in the gpt-oss format; not part of the answer."""


class ChatCompletionStreamChoiceLogprobs(_Model, kw_only=True):
    """The log probabilities of the new tokens, if requested."""

    content: list[ChatCompletionTokenLogprob] | None = None
    """The log probabilities of the content's new tokens."""
    refusal: list[ChatCompletionTokenLogprob] | None = None
    """The log probabilities of the refusal's new tokens."""


class ChatCompletionStreamChoice(_Model, kw_only=True):
    """The part of a chunk that belongs to one answer."""

    delta: Required[ChatCompletionStreamResponseDelta]
    """The part of the message that is new."""
    logprobs: ChatCompletionStreamChoiceLogprobs | None = None
    """The log probabilities of the new tokens, if requested."""
    finish_reason: FinishReasonValue | None = None
    """The reason why the answer ended; null until then."""
    index: Required[int]
    """The index of the answer that this belongs to, from 0."""
    content_filter_results: dict[str, Any] | None = None
    """The verdicts of Azure's content filter."""
    native_finish_reason: str | None = None
    """The finish reason in the terms of the provider behind OpenRouter."""


class CreateChatCompletionStreamResponse(ChatChunk, WithMeta, _Model, kw_only=True):
    """One chunk of a streamed chat."""

    id: Required[str]
    """The id, which is the same in all chunks of a turn. A new id begins a new turn."""
    choices: list[ChatCompletionStreamChoice]
    """The new parts of each answer; empty in a chunk that only reports usage."""
    created: Required[int]
    """The creation time of the answer in Unix seconds."""
    model: Required[str]
    """The model that answers, by the provider's own name."""
    system_fingerprint: str | None = None
    """An id of the backend's configuration."""
    object: Required[str]
    """The type of the object, `chat.completion.chunk`."""
    usage: CompletionUsage | None = None
    """The tokens used, in one of the last chunks."""
    reasoning_format: str | None = None
    """The form of the reasoning, if the provider reports it."""
    service_tier: str | None = None
    """The service tier that handles the request."""
    obfuscation: str | None = None
    """Padding of api.openai.com that hides the length of the piece. Not part of the answer."""
    p: str | None = None
    """Padding of api.mistral.ai, like `obfuscation`. Not part of the answer."""
    provider: str | None = None
    """The provider that OpenRouter chose."""
    x_groq: dict[str, Any] | None = None
    """The id of the request at Groq, and more of its own facts."""
    prompt_filter_results: list[dict[str, Any]] | None = None
    """The verdicts of Azure's content filter on the prompt."""
    moderation: dict[str, Any] | None = None
    """The moderation results for `input` and `output`."""
    citations: list[str] | None = None
    """The sources of Perplexity, as URLs."""
    search_results: list[dict[str, Any]] | None = None
    """The search results of Perplexity."""


if not TYPE_CHECKING:
    ContentPart.define("type", UnknownContentPart, {"text": TextContentPart, "image_url": ImageContentPart})
    CreateChatCompletionRequestResponseFormat.define("type", UnknownCreateChatCompletionRequestResponseFormat, {
        "text": ResponseFormatText,
        "json_schema": ResponseFormatJsonSchema,
        "json_object": ResponseFormatJsonObject,
    })
