"""The contract's types: chat.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, TYPE_CHECKING, TypeAlias

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
    """Who a chat message comes from."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class UnknownContentPart(Unknown):
    """A variant of `ContentPart` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    ContentPart: TypeAlias = "TextContentPart | ImageContentPart | UnknownContentPart"
    """A piece of a message's content."""
else:

    class ContentPart(Variants):
        """A piece of a message's content."""


MessageContent: TypeAlias = str | list[ContentPart]
"""A plain text, or parts that mix text and pictures."""


class ChatCompletionToolType(OpenEnum):
    """The kinds of chat tools; functions are the only one."""

    FUNCTION = "function"


class ChatCompletionMessageToolCallFunction(Arguments, _Model, kw_only=True):
    """The function an assistant wants called."""

    name: Required[str]
    """Which function."""
    arguments: Required[str]
    """Its arguments as JSON text. A model wrote it, so it may be malformed; check before use."""


class ToolCallExtraContentGoogle(_Model, kw_only=True):
    """Google's attachment."""

    thought_signature: str | None = None
    """Seals the thinking behind the call. Gemini refuses the next turn when it is missing or altered."""


class ToolCallExtraContent(_Model, kw_only=True):
    """Attachments of providers to a tool call, one key for each provider."""

    google: ToolCallExtraContentGoogle | None = None
    """Google's attachment."""


class ChatCompletionMessageToolCall(ToolCallMixin, _Model, kw_only=True):
    """One request of the assistant to run a tool."""

    id: Required[str]
    """Ties the tool's answer to this call."""
    type: Required[ChatCompletionToolType] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The kind of tool."""
    function: Required[ChatCompletionMessageToolCallFunction]
    """What to call, with which arguments."""
    extra_content: ToolCallExtraContent | None = None
    """What a provider attached and wants back unchanged."""


class Message(MessageText, _Model, kw_only=True):
    """One message of a conversation, sent or received."""

    role: Required[MessageRole]
    """Who it comes from."""
    content: MessageContent | None
    """What it says; null when the assistant only calls tools."""
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    """Tools the assistant asks to have run."""
    tool_call_id: str | None = None
    """Which tool call this message answers; for role `tool`."""
    reasoning_content: str | None = None
    """The model's thinking, as DeepSeek and others name it."""
    reasoning: str | None = None
    """The model's thinking, as Groq and others name it."""
    refusal: str | None = None
    """Why the assistant declined, instead of content."""


class TextContentPartType(OpenEnum):
    """Marks the part as text."""

    TEXT = "text"


class TextContentPart(_Model, kw_only=True):
    """Text within a message."""

    type: Required[TextContentPartType] = field(default_factory=lambda: TextContentPartType.TEXT)
    """Marks the part as text."""
    text: Required[str]
    """The words."""


class ImageContentPartType(OpenEnum):
    """Marks the part as a picture."""

    IMAGE_URL = "image_url"


class ImageUrlDetail(OpenEnum):
    """How closely the model looks. More detail costs more tokens."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


class ImageUrl(_Model, kw_only=True):
    """A picture by address."""

    url: Required[str]
    """A web address, or a `data:` URL with the bytes as base64."""
    detail: ImageUrlDetail | None = None
    """How closely the model looks. More detail costs more tokens."""


class ImageContentPart(_Model, kw_only=True):
    """A picture within a message."""

    type: Required[ImageContentPartType] = field(default_factory=lambda: ImageContentPartType.IMAGE_URL)
    """Marks the part as a picture."""
    image_url: Required[ImageUrl]
    """Where the picture is."""


FunctionParameters: TypeAlias = dict[str, Any]
"""A JSON Schema of an object: the arguments by name."""


class FunctionObject(_Model, kw_only=True):
    """A function the model may ask to have called."""

    description: str | None = None
    """When to call it and what it does. The model chooses by this."""
    name: Required[str]
    """What the model calls it by: letters, digits, `_` and `-`, at most 64."""
    parameters: FunctionParameters | None = None
    """Its arguments; leave it out for none."""
    strict: bool | None = None
    """Hold the model to the parameters' schema exactly."""


class ChatCompletionTool(_Model, kw_only=True):
    """A tool on offer to the model."""

    type: Required[ChatCompletionToolType] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The kind of tool."""
    function: Required[FunctionObject]
    """What the tool does and takes."""


class ChatCompletionToolChoiceMode(OpenEnum):
    """`none` forbids tools, `auto` leaves it to the model, `required` insists on one."""

    NONE = "none"
    AUTO = "auto"
    REQUIRED = "required"


class ChatCompletionNamedToolChoiceFunction(_Model, kw_only=True):
    """Which function it is."""

    name: Required[str]
    """Its name among the tools on offer."""


class ChatCompletionNamedToolChoice(_Model, kw_only=True):
    """Insists on one tool."""

    type: Required[ChatCompletionToolType] = field(default_factory=lambda: ChatCompletionToolType.FUNCTION)
    """The kind of tool."""
    function: Required[ChatCompletionNamedToolChoiceFunction]
    """Which function it is."""


ChatCompletionToolChoiceOption: TypeAlias = ChatCompletionToolChoiceMode | ChatCompletionNamedToolChoice
"""Whether tools are used: a mode, or one tool by name."""


class ChatCompletionMessageToolCallChunkFunction(_Model, kw_only=True):
    """More of the function's name or arguments."""

    name: str | None = None
    """The name, or a piece of it."""
    arguments: str | None = None
    """The next stretch of the arguments' JSON text."""


class ChatCompletionMessageToolCallChunk(_Model, kw_only=True):
    """A fragment of a tool call in a stream."""

    index: int | None = None
    """Which of the message's calls it continues. Some providers leave it out."""
    id: str | None = None
    """The call's id, usually in its first fragment only."""
    type: str | None = None
    """The kind of tool, usually in the first fragment only."""
    function: ChatCompletionMessageToolCallChunkFunction | None = None
    """More of the function's name or arguments."""
    extra_content: ToolCallExtraContent | None = None
    """What a provider attached and wants back unchanged."""


class ResponseFormatTextType(OpenEnum):
    """Chooses plain text."""

    TEXT = "text"


class ResponseFormatText(_Model, kw_only=True):
    """Asks for prose, which is what models do anyway."""

    type: Required[ResponseFormatTextType] = field(default_factory=lambda: ResponseFormatTextType.TEXT)
    """Chooses plain text."""


class ResponseFormatJsonObjectType(OpenEnum):
    """Chooses free JSON."""

    JSON_OBJECT = "json_object"


class ResponseFormatJsonObject(_Model, kw_only=True):
    """Asks for any JSON object. Mention JSON in a message too, or some models run on without end."""

    type: Required[ResponseFormatJsonObjectType] = field(default_factory=lambda: ResponseFormatJsonObjectType.JSON_OBJECT)
    """Chooses free JSON."""


class ResponseFormatJsonSchemaType(OpenEnum):
    """Chooses JSON by schema."""

    JSON_SCHEMA = "json_schema"


ResponseFormatJsonSchemaSchema: TypeAlias = dict[str, Any]
"""A JSON Schema for an answer."""


class ResponseFormatJsonSchemaJsonSchema(_Model, kw_only=True):
    """The schema, with its name."""

    description: str | None = None
    """What the format is for; the model reads it."""
    name: Required[str]
    """Letters, digits, `_` and `-`, at most 64."""
    schema: ResponseFormatJsonSchemaSchema | None = None
    """The schema itself."""
    strict: bool | None = None
    """Hold the model to the schema exactly; providers then take only a part of JSON Schema."""


class ResponseFormatJsonSchema(_Model, kw_only=True):
    """Asks for JSON that fits a schema."""

    type: Required[ResponseFormatJsonSchemaType] = field(default_factory=lambda: ResponseFormatJsonSchemaType.JSON_SCHEMA)
    """Chooses JSON by schema."""
    json_schema: Required[ResponseFormatJsonSchemaJsonSchema]
    """The schema, with its name."""


class ChatCompletionStreamOptions(_Model, kw_only=True):
    """Settings for streams. Gateways overwrite them to ask for usage wherever the provider can tell it."""

    include_usage: Required[bool]
    """Whether a last chunk tells the tokens used."""


class UnknownCreateChatCompletionRequestResponseFormat(Unknown):
    """A variant of `CreateChatCompletionRequestResponseFormat` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    CreateChatCompletionRequestResponseFormat: TypeAlias = "ResponseFormatText | ResponseFormatJsonSchema | ResponseFormatJsonObject | UnknownCreateChatCompletionRequestResponseFormat"
    """The shape the answer must have."""
else:

    class CreateChatCompletionRequestResponseFormat(Variants):
        """The shape the answer must have."""


class CreateChatCompletionRequestReasoningEffort(OpenEnum):
    """How hard a reasoning model thinks before it answers."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class CreateChatCompletionRequest(_Model, kw_only=True):
    """A conversation to continue, and how."""

    model: Required[str]
    """`provider/name`, a bare name when the provider is given beside it, or a routing alias of the gateway."""
    messages: list[Message]
    """The conversation so far, oldest first."""
    max_tokens: int | None = None
    """Most tokens to generate. Newer OpenAI models want `max_completion_tokens`."""
    max_completion_tokens: int | None = None
    """Most tokens to generate, thinking included."""
    temperature: float | int | None = None
    """How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not both."""
    top_p: float | int | None = None
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    frequency_penalty: float | int | None = None
    """Above 0 makes a token less likely each time it recurs; below 0 makes it likelier."""
    presence_penalty: float | int | None = None
    """Above 0 makes any token already used less likely, nudging towards new topics."""
    n: int | None = None
    """How many answers to generate; each is paid for."""
    stop: str | list[str] | None = None
    """One text or several, at which generation ends. The text itself is not part of the answer."""
    seed: int | None = None
    """Makes repeated requests answer alike, as far as the provider can."""
    logprobs: bool | None = None
    """Whether to tell how likely each generated token was."""
    top_logprobs: int | None = None
    """How many alternatives to tell for each token; needs `logprobs`."""
    response_format: CreateChatCompletionRequestResponseFormat | None = None
    """The shape the answer must have."""
    logit_bias: dict[str, int] | None = None
    """Token ids with what to add to their odds, from -100 (never) to 100 (always)."""
    user: str | None = None
    """Your name for the end user, by which providers trace abuse."""
    stream: bool | None = None
    """Whether to answer in chunks. Set by the method you call."""
    stream_options: ChatCompletionStreamOptions | None = None
    """Settings for streams."""
    tools: list[ChatCompletionTool] | None = None
    """Tools on offer. A gateway with MCP active puts its own in their place."""
    tool_choice: ChatCompletionToolChoiceOption | None = None
    """Whether tools are used, and which."""
    parallel_tool_calls: bool | None = None
    """Whether one turn may call several tools."""
    reasoning_format: str | None = None
    """How the thinking is given back, such as `raw` or `parsed`; the provider decides what it knows."""
    reasoning_effort: CreateChatCompletionRequestReasoningEffort | None = None
    """How hard a reasoning model thinks before it answers."""


class FinishReason(OpenEnum):
    """Why an answer ended. `length` means it hit the token limit and is incomplete."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    FUNCTION_CALL = "function_call"


class CompletionUsageCompletionTokensDetails(_Model, kw_only=True):
    """What the generated tokens went into."""

    accepted_prediction_tokens: int | None = None
    """Of a predicted output, those that came true."""
    audio_tokens: int | None = None
    """Spent on sound."""
    reasoning_tokens: int | None = None
    """Spent on thinking."""
    rejected_prediction_tokens: int | None = None
    """Of a predicted output, those thrown away; they are paid for all the same."""


class CompletionUsagePromptTokensDetails(_Model, kw_only=True):
    """What the tokens read consisted of."""

    audio_tokens: int | None = None
    """Sound in the prompt."""
    cached_tokens: int | None = None
    """Taken from the provider's cache, usually at a lower price."""


class CompletionUsage(_Model, kw_only=True):
    """Tokens a chat has used."""

    completion_tokens: Required[int]
    """Tokens generated, thinking included."""
    prompt_tokens: Required[int]
    """Tokens read."""
    total_tokens: Required[int]
    """Read and generated together."""
    completion_tokens_details: CompletionUsageCompletionTokensDetails | None = None
    """What the generated tokens went into."""
    prompt_tokens_details: CompletionUsagePromptTokensDetails | None = None
    """What the tokens read consisted of."""


class ChatCompletionTokenLogprobTopLogprobsItem(_Model, kw_only=True):
    """One of these: The likeliest tokens at this place, possibly fewer than asked for."""

    token: Required[str]
    """The alternative's text."""
    logprob: Required[float | int]
    """Natural logarithm of the alternative's probability."""
    bytes: list[int] | None
    """The alternative's UTF-8 bytes, or null."""


class ChatCompletionTokenLogprob(_Model, kw_only=True):
    """How likely one generated token was."""

    token: Required[str]
    """The token's text."""
    logprob: Required[float | int]
    """Natural logarithm of its probability; -9999.0 stands for hardly any."""
    bytes: list[int] | None
    """Its UTF-8 bytes, for characters that span tokens. Null where the token has none."""
    top_logprobs: list[ChatCompletionTokenLogprobTopLogprobsItem]
    """The likeliest tokens at this place, possibly fewer than asked for."""


class ChatCompletionChoiceLogprobs(_Model, kw_only=True):
    """How likely its tokens were, when asked for."""

    content: list[ChatCompletionTokenLogprob] | None = None
    """For the tokens of the content."""
    refusal: list[ChatCompletionTokenLogprob] | None = None
    """For the tokens of the refusal."""


class ChatCompletionChoice(_Model, kw_only=True):
    """One of the answers to a chat."""

    finish_reason: FinishReason | None
    """Why it ended; null in an answer that is not finished."""
    index: Required[int]
    """Its place among the answers, from 0."""
    message: Required[Message]
    """What the assistant said."""
    logprobs: ChatCompletionChoiceLogprobs | None = None
    """How likely its tokens were, when asked for."""


class CreateChatCompletionResponse(ChatAnswer, WithMeta, _Model, kw_only=True):
    """A whole chat answer."""

    id: Required[str]
    """The provider's id of the answer."""
    choices: list[ChatCompletionChoice]
    """The answers, as many as `n` asked for."""
    created: Required[int]
    """When it was made, in Unix seconds."""
    model: Required[str]
    """The model that answered, by the provider's own name."""
    object: Required[str]
    """The word `chat.completion`."""
    usage: CompletionUsage | None = None
    """Tokens used; None when nobody said."""
    service_tier: str | None = None
    """The class of service that handled the request."""
    system_fingerprint: str | None = None
    """Names the backend's configuration; a new one may explain new answers to an old seed."""


class ChatCompletionStreamResponseDelta(_Model, kw_only=True):
    """What one chunk adds to a message."""

    content: str | None = None
    """The next piece of text."""
    reasoning_content: str | None = None
    """The next piece of thinking, as DeepSeek and others name it."""
    reasoning: str | None = None
    """The next piece of thinking, as Groq and others name it."""
    tool_calls: list[ChatCompletionMessageToolCallChunk] | None = None
    """Fragments of tool calls."""
    role: MessageRole | None = None
    """Who speaks, usually in the first chunk only."""
    refusal: str | None = None
    """The next piece of a refusal."""


class ChatCompletionStreamChoiceLogprobs(_Model, kw_only=True):
    """How likely the new tokens were, when asked for."""

    content: list[ChatCompletionTokenLogprob] | None = None
    """For the content's new tokens."""
    refusal: list[ChatCompletionTokenLogprob] | None = None
    """For the refusal's new tokens."""


class ChatCompletionStreamChoice(_Model, kw_only=True):
    """One answer's share of a chunk."""

    delta: Required[ChatCompletionStreamResponseDelta]
    """What is new."""
    logprobs: ChatCompletionStreamChoiceLogprobs | None = None
    """How likely the new tokens were, when asked for."""
    finish_reason: FinishReason | None = None
    """Why the answer ended; null until it has."""
    index: Required[int]
    """Which of the answers this continues, from 0."""


class CreateChatCompletionStreamResponse(ChatChunk, WithMeta, _Model, kw_only=True):
    """One chunk of a streamed chat."""

    id: Required[str]
    """The same in all chunks of a turn. A new one begins a new turn."""
    choices: list[ChatCompletionStreamChoice]
    """What is new in each answer; empty in a chunk that only tells usage."""
    created: Required[int]
    """When the answer was begun, in Unix seconds."""
    model: Required[str]
    """The model that answers, by the provider's own name."""
    system_fingerprint: str | None = None
    """Names the backend's configuration."""
    object: Required[str]
    """The word `chat.completion.chunk`."""
    usage: CompletionUsage | None = None
    """Tokens used, in one of the last chunks."""
    reasoning_format: str | None = None
    """How the thinking is given, where the provider says so."""
    service_tier: str | None = None
    """The class of service that handles the request."""
    obfuscation: str | None = None
    """Padding of api.openai.com, which hides the length of the piece. Not part of the answer."""
    p: str | None = None
    """Padding of api.mistral.ai, as `obfuscation`. Not part of the answer."""


if not TYPE_CHECKING:
    ContentPart.define("type", UnknownContentPart, {"text": TextContentPart, "image_url": ImageContentPart})
    CreateChatCompletionRequestResponseFormat.define("type", UnknownCreateChatCompletionRequestResponseFormat, {
        "text": ResponseFormatText,
        "json_schema": ResponseFormatJsonSchema,
        "json_object": ResponseFormatJsonObject,
    })
