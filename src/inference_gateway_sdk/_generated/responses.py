"""The contract's types: responses.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.answers import Arguments, ResponseAnswer
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum, Unknown, Variants
from .._model.unknown_fields import WithMeta
from .chat import FunctionParameters

__all__ = [
    "CreateResponseRequest",
    "CreateResponseRequestPromptCacheRetention",
    "CreateResponseRequestServiceTier",
    "CreateResponseRequestTruncation",
    "Response",
    "ResponseConversation",
    "ResponseError",
    "ResponseFunctionToolCall",
    "ResponseFunctionToolCallStatus",
    "ResponseFunctionToolCallType",
    "ResponseIncludable",
    "ResponseIncompleteDetails",
    "ResponseInput",
    "ResponseInputContentPart",
    "ResponseInputImage",
    "ResponseInputImageDetail",
    "ResponseInputImageType",
    "ResponseInputItem",
    "ResponseInputMessageContent",
    "ResponseInputText",
    "ResponseInputTextType",
    "ResponseOutputContent",
    "ResponseOutputItem",
    "ResponseOutputMessage",
    "ResponseOutputMessagePhase",
    "ResponseOutputMessageRole",
    "ResponseOutputMessageStatus",
    "ResponseOutputMessageType",
    "ResponseOutputRefusal",
    "ResponseOutputRefusalType",
    "ResponseOutputText",
    "ResponseOutputTextType",
    "ResponseReasoning",
    "ResponseReasoningContext",
    "ResponseReasoningEffort",
    "ResponseReasoningItem",
    "ResponseReasoningItemStatus",
    "ResponseReasoningItemType",
    "ResponseReasoningSummary",
    "ResponseReasoningSummaryPart",
    "ResponseReasoningSummaryPartType",
    "ResponseReasoningText",
    "ResponseRole",
    "ResponseStatus",
    "ResponseStreamEvent",
    "ResponseStreamEventPart",
    "ResponseTextConfig",
    "ResponseTextConfigFormat",
    "ResponseTextConfigFormatType",
    "ResponseTextConfigVerbosity",
    "ResponseTool",
    "ResponseToolChoice",
    "ResponseToolChoiceFunction",
    "ResponseToolChoiceFunctionType",
    "ResponseToolChoiceMode",
    "ResponseToolDefinition",
    "ResponseToolType",
    "ResponseUsage",
    "ResponseUsageInputTokensDetails",
    "ResponseUsageOutputTokensDetails",
    "UnknownResponseInputContentPart",
    "UnknownResponseOutputContent",
    "UnknownResponseOutputItem",
    "UnknownResponseStreamEventPart",
    "UnknownResponseToolDefinition",
]


class ResponseIncludable(OpenEnum):
    """A kind of data that a response leaves out unless `include` names it."""

    FILE_SEARCH_CALL_RESULTS = "file_search_call.results"
    WEB_SEARCH_CALL_RESULTS = "web_search_call.results"
    WEB_SEARCH_CALL_ACTION_SOURCES = "web_search_call.action.sources"
    MESSAGE_INPUT_IMAGE_IMAGE_URL = "message.input_image.image_url"
    COMPUTER_CALL_OUTPUT_OUTPUT_IMAGE_URL = "computer_call_output.output.image_url"
    CODE_INTERPRETER_CALL_OUTPUTS = "code_interpreter_call.outputs"
    REASONING_ENCRYPTED_CONTENT = "reasoning.encrypted_content"
    MESSAGE_OUTPUT_TEXT_LOGPROBS = "message.output_text.logprobs"


if TYPE_CHECKING:
    ResponseIncludableValue: TypeAlias = ResponseIncludable | Literal["file_search_call.results", "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs"] | str
    """A `ResponseIncludable`, or any other string: gateways send values that no contract lists."""
else:
    ResponseIncludableValue = ResponseIncludable


class CreateResponseRequestServiceTier(OpenEnum):
    """The processing tier, which decides on speed and price."""

    AUTO = "auto"
    DEFAULT = "default"
    FLEX = "flex"
    SCALE = "scale"
    PRIORITY = "priority"
    FAST = "fast"
    ULTRAFAST = "ultrafast"


if TYPE_CHECKING:
    CreateResponseRequestServiceTierValue: TypeAlias = CreateResponseRequestServiceTier | Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | str
    """A `CreateResponseRequestServiceTier`, or any other string: gateways send values that no contract lists."""
else:
    CreateResponseRequestServiceTierValue = CreateResponseRequestServiceTier


class CreateResponseRequestPromptCacheRetention(OpenEnum):
    """The longest time that the prompt stays in the cache. Newer models take `prompt_cache_options` instead."""

    IN_MEMORY = "in_memory"
    RETENTION_24H = "24h"


if TYPE_CHECKING:
    CreateResponseRequestPromptCacheRetentionValue: TypeAlias = CreateResponseRequestPromptCacheRetention | Literal["in_memory", "24h"] | str
    """A `CreateResponseRequestPromptCacheRetention`, or any other string: gateways send values that no contract lists.
    """
else:
    CreateResponseRequestPromptCacheRetentionValue = CreateResponseRequestPromptCacheRetention


class CreateResponseRequestTruncation(OpenEnum):
    """The treatment of input beyond the context window: `auto` drops the oldest items, `disabled` fails."""

    AUTO = "auto"
    DISABLED = "disabled"


if TYPE_CHECKING:
    CreateResponseRequestTruncationValue: TypeAlias = CreateResponseRequestTruncation | Literal["auto", "disabled"] | str
    """A `CreateResponseRequestTruncation`, or any other string: gateways send values that no contract lists."""
else:
    CreateResponseRequestTruncationValue = CreateResponseRequestTruncation


class ResponseRole(OpenEnum):
    """The role of an input message's author. `developer` has priority over `user`."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    DEVELOPER = "developer"


if TYPE_CHECKING:
    ResponseRoleValue: TypeAlias = ResponseRole | Literal["user", "assistant", "system", "developer"] | str
    """A `ResponseRole`, or any other string: gateways send values that no contract lists."""
else:
    ResponseRoleValue = ResponseRole


class UnknownResponseInputContentPart(Unknown):
    """A variant of `ResponseInputContentPart` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseInputContentPart: TypeAlias = "ResponseInputText | ResponseInputImage | UnknownResponseInputContentPart"
    """One part of an input message."""
else:

    class ResponseInputContentPart(Variants):
        """One part of an input message."""


ResponseInputMessageContent: TypeAlias = str | list[ResponseInputContentPart]
"""Plain text, or a list of parts with text and images."""


class ResponseInputItem(_Model, kw_only=True):
    """A message of the input."""

    type: str | None = None
    """The type of the item. It may be left out, because all items are messages."""
    role: Required[ResponseRoleValue]
    """The author's role."""
    content: Required[ResponseInputMessageContent]
    """The text or the parts of the message."""


ResponseInput: TypeAlias = str | list[ResponseInputItem]
"""The input: a plain text from the user, or items in order."""


class ResponseToolType(OpenEnum):
    """The tool's type, `function`."""

    FUNCTION = "function"


if TYPE_CHECKING:
    ResponseToolTypeValue: TypeAlias = ResponseToolType | Literal["function"] | str
    """A `ResponseToolType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseToolTypeValue = ResponseToolType


class ResponseTool(_Model, kw_only=True):
    """A function that is offered to the model. Unlike a chat tool, it has no inner object."""

    type: Required[ResponseToolTypeValue] = field(default_factory=lambda: ResponseToolType.FUNCTION)
    """The tool's type, `function`."""
    name: Required[str]
    """The name by which the model calls it."""
    description: str | None = None
    """The purpose of the function. The model uses it to decide when to call it."""
    parameters: FunctionParameters | None = None
    """The JSON Schema of its arguments."""
    strict: bool | None = None
    """Force the model to follow the schema exactly."""
    defer_loading: bool | None = None
    """Load the tool only when a search for tools finds it."""
    output_schema: dict[str, Any] | None = None
    """The JSON Schema of the result of the function."""
    allowed_callers: list[str] | None = None
    """The callers that may call the tool: the model directly, or its programs."""
    async_: bool | None = field(default=None, name="async")
    """Let the model go on while the function runs."""


class ResponseToolChoiceMode(OpenEnum):
    """`none` forbids tools, `auto` lets the model decide, `required` forces a call."""

    NONE = "none"
    AUTO = "auto"
    REQUIRED = "required"


if TYPE_CHECKING:
    ResponseToolChoiceModeValue: TypeAlias = ResponseToolChoiceMode | Literal["none", "auto", "required"] | str
    """A `ResponseToolChoiceMode`, or any other string: gateways send values that no contract lists."""
else:
    ResponseToolChoiceModeValue = ResponseToolChoiceMode


class ResponseToolChoiceFunctionType(OpenEnum):
    """The tool's type, `function`."""

    FUNCTION = "function"


if TYPE_CHECKING:
    ResponseToolChoiceFunctionTypeValue: TypeAlias = ResponseToolChoiceFunctionType | Literal["function"] | str
    """A `ResponseToolChoiceFunctionType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseToolChoiceFunctionTypeValue = ResponseToolChoiceFunctionType


class ResponseToolChoiceFunction(_Model, kw_only=True):
    """A tool choice that forces a call of one function, or another choice of the provider's own."""

    type: Required[ResponseToolChoiceFunctionTypeValue] = field(default_factory=lambda: ResponseToolChoiceFunctionType.FUNCTION)
    """The tool's type, `function`."""
    name: str | None = None
    """The name of one of the offered tools."""
    mode: str | None = None
    """The mode among several allowed tools; for `allowed_tools`."""
    tools: list[dict[str, Any]] | None = None
    """The tools to choose from; for `allowed_tools`."""
    server_label: str | None = None
    """The label of an MCP server; for `mcp`."""


ResponseToolChoice: TypeAlias = ResponseToolChoiceModeValue | ResponseToolChoiceFunction
"""The tool choice: a mode, or one function by name."""


class ResponseReasoningEffort(OpenEnum):
    """The amount of reasoning before the answer."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


if TYPE_CHECKING:
    ResponseReasoningEffortValue: TypeAlias = ResponseReasoningEffort | Literal["minimal", "low", "medium", "high"] | str
    """A `ResponseReasoningEffort`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningEffortValue = ResponseReasoningEffort


class ResponseReasoningSummary(OpenEnum):
    """The length of the summary of the reasoning."""

    AUTO = "auto"
    CONCISE = "concise"
    DETAILED = "detailed"


if TYPE_CHECKING:
    ResponseReasoningSummaryValue: TypeAlias = ResponseReasoningSummary | Literal["auto", "concise", "detailed"] | str
    """A `ResponseReasoningSummary`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningSummaryValue = ResponseReasoningSummary


class ResponseReasoningContext(OpenEnum):
    """The reasoning of earlier turns that the model sees."""

    AUTO = "auto"
    CURRENT_TURN = "current_turn"
    ALL_TURNS = "all_turns"


if TYPE_CHECKING:
    ResponseReasoningContextValue: TypeAlias = ResponseReasoningContext | Literal["auto", "current_turn", "all_turns"] | str
    """A `ResponseReasoningContext`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningContextValue = ResponseReasoningContext


class ResponseReasoning(_Model, kw_only=True):
    """Settings for reasoning, and for the summary of it."""

    effort: ResponseReasoningEffortValue | None = None
    """The amount of reasoning before the answer."""
    summary: ResponseReasoningSummaryValue | None = None
    """The length of the summary of the reasoning."""
    generate_summary: str | None = None
    """The older name of `summary`."""
    context: ResponseReasoningContextValue | None = None
    """The reasoning of earlier turns that the model sees."""
    mode: str | None = None
    """The mode of reasoning, such as `standard` or `pro`."""


class ResponseTextConfigFormatType(OpenEnum):
    """The format's type."""

    TEXT = "text"
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"


if TYPE_CHECKING:
    ResponseTextConfigFormatTypeValue: TypeAlias = ResponseTextConfigFormatType | Literal["text", "json_schema", "json_object"] | str
    """A `ResponseTextConfigFormatType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseTextConfigFormatTypeValue = ResponseTextConfigFormatType


class ResponseTextConfigFormat(_Model, kw_only=True):
    """Plain text, any JSON, or JSON that matches a schema."""

    type: Required[ResponseTextConfigFormatTypeValue]
    """The format's type."""
    name: str | None = None
    """The name of the schema; for `json_schema`."""
    schema: FunctionParameters | None = None
    """The JSON Schema itself; for `json_schema`."""
    strict: bool | None = None
    """Force the model to follow the schema exactly."""
    description: str | None = None
    """The purpose of the format, for the model; for `json_schema`."""


class ResponseTextConfigVerbosity(OpenEnum):
    """The length of the text."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


if TYPE_CHECKING:
    ResponseTextConfigVerbosityValue: TypeAlias = ResponseTextConfigVerbosity | Literal["low", "medium", "high"] | str
    """A `ResponseTextConfigVerbosity`, or any other string: gateways send values that no contract lists."""
else:
    ResponseTextConfigVerbosityValue = ResponseTextConfigVerbosity


class ResponseTextConfig(_Model, kw_only=True):
    """The text's format."""

    format: ResponseTextConfigFormat | None = None
    """Plain text, any JSON, or JSON that matches a schema."""
    verbosity: ResponseTextConfigVerbosityValue | None = None
    """The length of the text."""


class CreateResponseRequest(_Model, kw_only=True):
    """An input to respond to, and the settings."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    input: Required[ResponseInput]
    """A plain text, or a list of items."""
    instructions: str | None = None
    """Instructions that precede the input, like a system message. They are not inherited from an earlier response."""
    max_output_tokens: int | None = None
    """The token limit of the answer, including reasoning."""
    stream: bool | None = None
    """Stream the response in events. The method that you call sets it."""
    temperature: float | int | None = None
    """The randomness of the sampling: near 0 the most likely token is always chosen. Set either this or `top_p`."""
    top_p: float | int | None = None
    """Sample only from the most likely tokens that together have this probability."""
    tools: list[ResponseTool] | None = None
    """The tools that the model may call."""
    tool_choice: ResponseToolChoice | None = None
    """The tool choice: a mode, or one function."""
    reasoning: ResponseReasoning | None = None
    """The settings for reasoning models."""
    text: ResponseTextConfig | None = None
    """The text's format."""
    previous_response_id: str | None = None
    """The id of the stored response that this one continues."""
    store: bool | None = None
    """Store the response at the provider."""
    background: bool | None = None
    """Generate the response in the background, without an open request."""
    parallel_tool_calls: bool | None = None
    """Allow several tool calls in one turn."""
    metadata: dict[str, str] | None = None
    """Your own labels, stored with the response."""
    user: str | None = None
    """Your id for the end user, which helps providers to detect abuse."""
    include: list[ResponseIncludableValue] | None = None
    """More data to return, such as encrypted reasoning or the sources of a web search."""
    service_tier: CreateResponseRequestServiceTierValue | None = None
    """The processing tier, which decides on speed and price."""
    conversation: str | dict[str, Any] | None = None
    """A conversation stored at the provider, by id or as `{"id": ...}`. Its items precede the input."""
    context_management: list[dict[str, Any]] | None = None
    """Rules by which the provider shortens a long conversation, such as compaction at a number of tokens."""
    prompt_cache_key: str | None = None
    """A key that routes requests with the same beginning to the same cache."""
    prompt_cache_options: dict[str, Any] | None = None
    """Settings of the prompt cache: `mode`, and `ttl`, the least time that an entry is kept."""
    prompt_cache_retention: CreateResponseRequestPromptCacheRetentionValue | None = None
    """The longest time that the prompt stays in the cache. Newer models take `prompt_cache_options` instead."""
    truncation: CreateResponseRequestTruncationValue | None = None
    """The treatment of input beyond the context window: `auto` drops the oldest items, `disabled` fails."""
    max_tool_calls: int | None = None
    """The largest number of calls of the provider's own tools in one response."""
    top_logprobs: int | None = None
    """The number of alternatives to return for each token, with their log probabilities."""
    stream_options: dict[str, Any] | None = None
    """Options for streams, such as `{"include_obfuscation": false}`."""
    prompt: dict[str, Any] | None = None
    """A prompt stored at the provider: its `id`, `version` and `variables`."""
    safety_identifier: str | None = None
    """A stable id for the end user, such as a hashed address, which helps to detect abuse."""
    moderation: dict[str, Any] | None = None
    """Moderate the input and output: the moderation `model`, and its `policy`."""
    background_options: dict[str, Any] | None = None
    """Options for background execution, such as the `completion_window`."""
    access_programs: dict[str, Any] | None = None
    """Access programs to use for this request, by domain."""
    image: dict[str, Any] | None = None
    """Options for all images of the request, such as `context_compression`."""


class ResponseInputTextType(OpenEnum):
    """The type of the part, `input_text`."""

    INPUT_TEXT = "input_text"


if TYPE_CHECKING:
    ResponseInputTextTypeValue: TypeAlias = ResponseInputTextType | Literal["input_text"] | str
    """A `ResponseInputTextType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseInputTextTypeValue = ResponseInputTextType


class ResponseInputText(_Model, kw_only=True):
    """Input text."""

    type: Required[ResponseInputTextTypeValue] = field(default_factory=lambda: ResponseInputTextType.INPUT_TEXT)
    """The type of the part, `input_text`."""
    text: Required[str]
    """The text of the part."""


class ResponseInputImageType(OpenEnum):
    """The type of the part, `input_image`."""

    INPUT_IMAGE = "input_image"


if TYPE_CHECKING:
    ResponseInputImageTypeValue: TypeAlias = ResponseInputImageType | Literal["input_image"] | str
    """A `ResponseInputImageType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseInputImageTypeValue = ResponseInputImageType


class ResponseInputImageDetail(OpenEnum):
    """The level of detail at which the model sees the image. More detail costs more tokens."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


if TYPE_CHECKING:
    ResponseInputImageDetailValue: TypeAlias = ResponseInputImageDetail | Literal["auto", "low", "high"] | str
    """A `ResponseInputImageDetail`, or any other string: gateways send values that no contract lists."""
else:
    ResponseInputImageDetailValue = ResponseInputImageDetail


class ResponseInputImage(_Model, kw_only=True):
    """An image within an input message."""

    type: Required[ResponseInputImageTypeValue] = field(default_factory=lambda: ResponseInputImageType.INPUT_IMAGE)
    """The type of the part, `input_image`."""
    image_url: str | None = None
    """An http or https URL, or a `data:` URL with base64."""
    detail: ResponseInputImageDetailValue | None = None
    """The level of detail at which the model sees the image. More detail costs more tokens."""


class UnknownResponseToolDefinition(Unknown):
    """A variant of `ResponseToolDefinition` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseToolDefinition: TypeAlias = "ResponseTool | UnknownResponseToolDefinition"
    """A tool that a response was made with: a function, or a tool that the provider runs itself."""
else:

    class ResponseToolDefinition(Variants):
        """A tool that a response was made with: a function, or a tool that the provider runs itself."""


class ResponseConversation(_Model, kw_only=True):
    """The stored conversation that the response belongs to."""

    id: str | None = None
    """The id under which the provider keeps it."""


class ResponseStatus(OpenEnum):
    """The progress of a response."""

    COMPLETED = "completed"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    CANCELLED = "cancelled"
    QUEUED = "queued"
    INCOMPLETE = "incomplete"


if TYPE_CHECKING:
    ResponseStatusValue: TypeAlias = ResponseStatus | Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"] | str
    """A `ResponseStatus`, or any other string: gateways send values that no contract lists."""
else:
    ResponseStatusValue = ResponseStatus


class UnknownResponseOutputItem(Unknown):
    """A variant of `ResponseOutputItem` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseOutputItem: TypeAlias = "ResponseOutputMessage | ResponseFunctionToolCall | ResponseReasoningItem | UnknownResponseOutputItem"
    """One item of a model's output."""
else:

    class ResponseOutputItem(Variants):
        """One item of a model's output."""


class ResponseError(_Model, kw_only=True):
    """The error of a failed response."""

    code: Required[str]
    """A short error code."""
    message: Required[str]
    """The error message."""


class ResponseIncompleteDetails(_Model, kw_only=True):
    """The reason why a response ended early."""

    reason: str | None = None
    """The reason, such as `max_output_tokens` or `content_filter`."""


class ResponseUsageInputTokensDetails(_Model, kw_only=True):
    """Input tokens by kind."""

    cached_tokens: int | None = None
    """Tokens read from the provider's cache."""
    cache_write_tokens: int | None = None
    """Tokens written to the provider's cache."""
    cache_write_tokens_details: dict[str, Any] | None = None
    """Tokens written to the cache, by lifetime."""


class ResponseUsageOutputTokensDetails(_Model, kw_only=True):
    """Generated tokens by kind."""

    reasoning_tokens: int | None = None
    """Tokens of reasoning."""


class ResponseUsage(_Model, kw_only=True):
    """The tokens used by a response."""

    input_tokens: Required[int]
    """Input tokens."""
    input_tokens_details: ResponseUsageInputTokensDetails | None = None
    """Input tokens by kind."""
    output_tokens: Required[int]
    """Tokens generated, including reasoning."""
    output_tokens_details: ResponseUsageOutputTokensDetails | None = None
    """Generated tokens by kind."""
    total_tokens: Required[int]
    """The sum of input and output tokens."""


class Response(ResponseAnswer["ResponseFunctionToolCall"], WithMeta, _Model, kw_only=True):
    """A response, whole or in progress."""

    id: Required[str]
    """The id by which the response can be continued or fetched."""
    object: Required[str]
    """The type of the object, `response`."""
    created_at: Required[float | int]
    """The creation time in Unix seconds; a few servers send fractions."""
    status: Required[ResponseStatusValue]
    """The progress of the response."""
    model: Required[str]
    """The model that responds, by the provider's own name."""
    output: list[ResponseOutputItem]
    """The output of the model in order: messages, tool calls, reasoning."""
    error: ResponseError | None = None
    """The error, if the response failed."""
    incomplete_details: ResponseIncompleteDetails | None = None
    """The reason, if the response ended early."""
    instructions: str | list[dict[str, Any]] | None = None
    """The instructions of the request; a list of items for those of a stored prompt."""
    max_output_tokens: int | None = None
    """The token limit of the request."""
    previous_response_id: str | None = None
    """The id of the response that this one continues."""
    reasoning: ResponseReasoning | None = None
    """The reasoning settings of the request."""
    temperature: float | int | None = None
    """The temperature that was used."""
    top_p: float | int | None = None
    """The `top_p` that was used."""
    tool_choice: ResponseToolChoice | None = None
    """The tool choice of the request."""
    tools: list[ResponseToolDefinition] | None = None
    """The tools of the request."""
    text: ResponseTextConfig | None = None
    """The text format of the request."""
    metadata: dict[str, str] | None = None
    """The labels of the request."""
    usage: ResponseUsage | None = None
    """The tokens used; None until the response ends."""
    background: bool | None = None
    """True if the response is generated in the background."""
    completed_at: float | int | None = None
    """The time of completion in Unix seconds."""
    service_tier: str | None = None
    """The processing tier that was used."""
    store: bool | None = None
    """True if the response is stored at the provider."""
    parallel_tool_calls: bool | None = None
    """True if several tool calls are allowed in one turn."""
    truncation: str | None = None
    """The treatment of input beyond the context window."""
    user: str | None = None
    """The id of the end user in the request."""
    top_logprobs: int | None = None
    """The number of alternatives per token that was requested."""
    max_tool_calls: int | None = None
    """The limit of the request for calls of the provider's own tools."""
    prompt_cache_key: str | None = None
    """The cache key of the request."""
    prompt_cache_retention: str | None = None
    """The longest time that the prompt stays in the cache."""
    prompt_cache_options: dict[str, Any] | None = None
    """The settings of the prompt cache that were used."""
    prompt_cache_diagnostics: dict[str, Any] | None = None
    """The reason why the cache was hit or missed, if the request named a response to compare with."""
    safety_identifier: str | None = None
    """The id of the end user that the request gave to detect abuse."""
    presence_penalty: float | int | None = None
    """The presence penalty that was used."""
    frequency_penalty: float | int | None = None
    """The frequency penalty that was used."""
    conversation: ResponseConversation | None = None
    """The stored conversation that the response belongs to."""
    moderation: dict[str, Any] | None = None
    """The moderation results for `input` and `output`, if requested."""
    tool_usage: dict[str, Any] | None = None
    """The use of the provider's own tools, by tool; it is billed separately from the tokens."""
    billing: dict[str, Any] | None = None
    """The payer of the response."""
    prompt: dict[str, Any] | None = None
    """The stored prompt that was used."""
    input_transformations: list[dict[str, Any]] | None = None
    """Items of the input that the provider removed, each with the reason."""
    access_programs: dict[str, Any] | None = None
    """The access programs that were used."""
    image: dict[str, Any] | None = None
    """The options for images that were used."""


class ResponseOutputMessageType(OpenEnum):
    """The type of the item, `message`."""

    MESSAGE = "message"


if TYPE_CHECKING:
    ResponseOutputMessageTypeValue: TypeAlias = ResponseOutputMessageType | Literal["message"] | str
    """A `ResponseOutputMessageType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputMessageTypeValue = ResponseOutputMessageType


class ResponseOutputMessageRole(OpenEnum):
    """The role, always `assistant`."""

    ASSISTANT = "assistant"


if TYPE_CHECKING:
    ResponseOutputMessageRoleValue: TypeAlias = ResponseOutputMessageRole | Literal["assistant"] | str
    """A `ResponseOutputMessageRole`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputMessageRoleValue = ResponseOutputMessageRole


class ResponseOutputMessageStatus(OpenEnum):
    """The progress of the message."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


if TYPE_CHECKING:
    ResponseOutputMessageStatusValue: TypeAlias = ResponseOutputMessageStatus | Literal["in_progress", "completed", "incomplete"] | str
    """A `ResponseOutputMessageStatus`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputMessageStatusValue = ResponseOutputMessageStatus


class ResponseOutputMessagePhase(OpenEnum):
    """The part of the turn: a comment on the way, or the final answer. Send it back unchanged."""

    COMMENTARY = "commentary"
    FINAL_ANSWER = "final_answer"


if TYPE_CHECKING:
    ResponseOutputMessagePhaseValue: TypeAlias = ResponseOutputMessagePhase | Literal["commentary", "final_answer"] | str
    """A `ResponseOutputMessagePhase`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputMessagePhaseValue = ResponseOutputMessagePhase


class UnknownResponseOutputContent(Unknown):
    """A variant of `ResponseOutputContent` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseOutputContent: TypeAlias = "ResponseOutputText | ResponseOutputRefusal | UnknownResponseOutputContent"
    """One part of a model's message."""
else:

    class ResponseOutputContent(Variants):
        """One part of a model's message."""


class ResponseOutputMessage(_Model, kw_only=True):
    """A message of the model."""

    type: Required[ResponseOutputMessageTypeValue] = field(default_factory=lambda: ResponseOutputMessageType.MESSAGE)
    """The type of the item, `message`."""
    id: Required[str]
    """The message's id."""
    role: Required[ResponseOutputMessageRoleValue] = field(default_factory=lambda: ResponseOutputMessageRole.ASSISTANT)
    """The role, always `assistant`."""
    status: ResponseOutputMessageStatusValue | None = None
    """The progress of the message."""
    content: list[ResponseOutputContent]
    """The parts of the message."""
    phase: ResponseOutputMessagePhaseValue | None = None
    """The part of the turn: a comment on the way, or the final answer. Send it back unchanged."""


class ResponseOutputTextType(OpenEnum):
    """The type of the part, `output_text`."""

    OUTPUT_TEXT = "output_text"


if TYPE_CHECKING:
    ResponseOutputTextTypeValue: TypeAlias = ResponseOutputTextType | Literal["output_text"] | str
    """A `ResponseOutputTextType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputTextTypeValue = ResponseOutputTextType


class ResponseOutputText(_Model, kw_only=True):
    """Text that the model generated."""

    type: Required[ResponseOutputTextTypeValue] = field(default_factory=lambda: ResponseOutputTextType.OUTPUT_TEXT)
    """The type of the part, `output_text`."""
    text: Required[str]
    """The text of the part."""
    annotations: list[dict[str, Any]] | None = None
    """Sources and files that the text refers to."""
    logprobs: list[dict[str, Any]] | None = None
    """The log probabilities of the tokens, if requested."""


class ResponseOutputRefusalType(OpenEnum):
    """The type of the part, `refusal`."""

    REFUSAL = "refusal"


if TYPE_CHECKING:
    ResponseOutputRefusalTypeValue: TypeAlias = ResponseOutputRefusalType | Literal["refusal"] | str
    """A `ResponseOutputRefusalType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseOutputRefusalTypeValue = ResponseOutputRefusalType


class ResponseOutputRefusal(_Model, kw_only=True):
    """A refusal by the model."""

    type: Required[ResponseOutputRefusalTypeValue] = field(default_factory=lambda: ResponseOutputRefusalType.REFUSAL)
    """The type of the part, `refusal`."""
    refusal: Required[str]
    """The model's reason for declining."""


class ResponseFunctionToolCallType(OpenEnum):
    """The type of the item, `function_call`."""

    FUNCTION_CALL = "function_call"


if TYPE_CHECKING:
    ResponseFunctionToolCallTypeValue: TypeAlias = ResponseFunctionToolCallType | Literal["function_call"] | str
    """A `ResponseFunctionToolCallType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseFunctionToolCallTypeValue = ResponseFunctionToolCallType


class ResponseFunctionToolCallStatus(OpenEnum):
    """The progress of the call."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


if TYPE_CHECKING:
    ResponseFunctionToolCallStatusValue: TypeAlias = ResponseFunctionToolCallStatus | Literal["in_progress", "completed", "incomplete"] | str
    """A `ResponseFunctionToolCallStatus`, or any other string: gateways send values that no contract lists."""
else:
    ResponseFunctionToolCallStatusValue = ResponseFunctionToolCallStatus


class ResponseFunctionToolCall(Arguments, _Model, kw_only=True):
    """A function call by the model."""

    type: Required[ResponseFunctionToolCallTypeValue] = field(default_factory=lambda: ResponseFunctionToolCallType.FUNCTION_CALL)
    """The type of the item, `function_call`."""
    id: str | None = None
    """The item's id."""
    call_id: Required[str]
    """The id that the function's result must refer to."""
    name: Required[str]
    """The function's name."""
    arguments: Required[str]
    """The arguments as JSON text, which may be malformed."""
    status: ResponseFunctionToolCallStatusValue | None = None
    """The progress of the call."""
    namespace: str | None = None
    """The namespace of the function, for a tool that was found by a search."""
    caller: dict[str, Any] | None = None
    """The caller of the function: the model, or a program that it wrote."""
    async_: bool | None = field(default=None, name="async")
    """True if the model goes on without waiting for the result."""


class ResponseReasoningItemType(OpenEnum):
    """The type of the item, `reasoning`."""

    REASONING = "reasoning"


if TYPE_CHECKING:
    ResponseReasoningItemTypeValue: TypeAlias = ResponseReasoningItemType | Literal["reasoning"] | str
    """A `ResponseReasoningItemType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningItemTypeValue = ResponseReasoningItemType


class ResponseReasoningItemStatus(OpenEnum):
    """The progress of the item."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


if TYPE_CHECKING:
    ResponseReasoningItemStatusValue: TypeAlias = ResponseReasoningItemStatus | Literal["in_progress", "completed", "incomplete"] | str
    """A `ResponseReasoningItemStatus`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningItemStatusValue = ResponseReasoningItemStatus


class ResponseReasoningText(_Model, kw_only=True):
    """One part of the reasoning."""

    type: str | None = None
    """The type of the part, `reasoning_text`."""
    text: str | None = None
    """The text of the part."""


class ResponseReasoningSummaryPartType(OpenEnum):
    """The type of the part, `summary_text`."""

    SUMMARY_TEXT = "summary_text"


if TYPE_CHECKING:
    ResponseReasoningSummaryPartTypeValue: TypeAlias = ResponseReasoningSummaryPartType | Literal["summary_text"] | str
    """A `ResponseReasoningSummaryPartType`, or any other string: gateways send values that no contract lists."""
else:
    ResponseReasoningSummaryPartTypeValue = ResponseReasoningSummaryPartType


class ResponseReasoningSummaryPart(_Model, kw_only=True):
    """One part of a summary of reasoning."""

    type: Required[ResponseReasoningSummaryPartTypeValue] = field(default_factory=lambda: ResponseReasoningSummaryPartType.SUMMARY_TEXT)
    """The type of the part, `summary_text`."""
    text: Required[str]
    """The text of the part."""


class ResponseReasoningItem(_Model, kw_only=True):
    """The model's reasoning. Send it back unchanged with the next input."""

    type: Required[ResponseReasoningItemTypeValue] = field(default_factory=lambda: ResponseReasoningItemType.REASONING)
    """The type of the item, `reasoning`."""
    id: Required[str]
    """The item's id."""
    summary: list[ResponseReasoningSummaryPart]
    """Summarized reasoning."""
    status: ResponseReasoningItemStatusValue | None = None
    """The progress of the item."""
    encrypted_content: str | None = None
    """The reasoning in encrypted form; `include` asks for it. Send it back if nothing is stored."""
    content: list[ResponseReasoningText] | None = None
    """The reasoning itself, where a provider shows it."""


class UnknownResponseStreamEventPart(Unknown):
    """A variant of `ResponseStreamEventPart` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseStreamEventPart: TypeAlias = "ResponseOutputText | ResponseOutputRefusal | ResponseReasoningSummaryPart | UnknownResponseStreamEventPart"
    """A part that starts or ends in a streamed response."""
else:

    class ResponseStreamEventPart(Variants):
        """A part that starts or ends in a streamed response."""


class ResponseStreamEvent(WithMeta, _Model, kw_only=True):
    """One event of a streamed response. Its fields depend on its `type`."""

    type: Required[str]
    """The type of the event, such as `response.output_text.delta`."""
    sequence_number: int | None = None
    """The position of the event in the stream."""
    response: Response | None = None
    """The current state of the response; in events about the whole response."""
    item_id: str | None = None
    """The id of the output item that the event is about."""
    output_index: int | None = None
    """The position of that item in `output`."""
    content_index: int | None = None
    """The position in the content of that item."""
    delta: str | None = None
    """The next piece of text, arguments, refusal or reasoning."""
    logprobs: list[dict[str, Any]] | None = None
    """The log probabilities of the tokens in that piece, if requested."""
    obfuscation: str | None = None
    """Padding that hides the length of the piece from observers of the encrypted connection."""
    text: str | None = None
    """The whole text, in the event that ends it."""
    item: ResponseOutputItem | None = None
    """The output item itself, at its start and at its end."""
    part: ResponseStreamEventPart | None = None
    """The part of the content or summary itself, at its start and at its end."""
    arguments: str | None = None
    """The whole arguments of a function call, in the event that ends them."""
    name: str | None = None
    """The function that the arguments are for."""
    refusal: str | None = None
    """The whole refusal, in the event that ends it."""
    summary_index: int | None = None
    """The position in the summary of the reasoning."""
    annotation: dict[str, Any] | None = None
    """A source or file that the text refers to."""
    annotation_index: int | None = None
    """The position of the annotation among the others."""
    code: str | None = None
    """The error code; in `error` events."""
    message: str | None = None
    """The error message; in `error` events."""
    param: str | None = None
    """The invalid parameter, if there is one; in `error` events."""


if not TYPE_CHECKING:
    ResponseInputContentPart.define("type", UnknownResponseInputContentPart, {
        "input_text": ResponseInputText,
        "input_image": ResponseInputImage,
    })
    ResponseToolDefinition.define("type", UnknownResponseToolDefinition, {"function": ResponseTool})
    ResponseOutputItem.define("type", UnknownResponseOutputItem, {
        "message": ResponseOutputMessage,
        "function_call": ResponseFunctionToolCall,
        "reasoning": ResponseReasoningItem,
    })
    ResponseOutputContent.define("type", UnknownResponseOutputContent, {
        "output_text": ResponseOutputText,
        "refusal": ResponseOutputRefusal,
    })
    ResponseStreamEventPart.define("type", UnknownResponseStreamEventPart, {
        "output_text": ResponseOutputText,
        "refusal": ResponseOutputRefusal,
        "summary_text": ResponseReasoningSummaryPart,
    })
