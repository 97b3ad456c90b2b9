"""The contract's types: responses.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.answers import Arguments, ResponseAnswer
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum, Unknown, Variants
from .._model.unknown_fields import WithMeta
from .chat import FunctionParameters

__all__ = [
    "CreateResponseRequest",
    "Response",
    "ResponseError",
    "ResponseFunctionToolCall",
    "ResponseFunctionToolCallStatus",
    "ResponseFunctionToolCallType",
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
    "ResponseOutputMessageRole",
    "ResponseOutputMessageStatus",
    "ResponseOutputMessageType",
    "ResponseOutputRefusal",
    "ResponseOutputRefusalType",
    "ResponseOutputText",
    "ResponseOutputTextType",
    "ResponseReasoning",
    "ResponseReasoningEffort",
    "ResponseReasoningItem",
    "ResponseReasoningItemStatus",
    "ResponseReasoningItemType",
    "ResponseReasoningSummary",
    "ResponseReasoningSummaryPart",
    "ResponseReasoningSummaryPartType",
    "ResponseRole",
    "ResponseStatus",
    "ResponseStreamEvent",
    "ResponseStreamEventPart",
    "ResponseTextConfig",
    "ResponseTextConfigFormat",
    "ResponseTextConfigFormatType",
    "ResponseTool",
    "ResponseToolChoice",
    "ResponseToolChoiceFunction",
    "ResponseToolChoiceFunctionType",
    "ResponseToolChoiceMode",
    "ResponseToolType",
    "ResponseUsage",
    "ResponseUsageInputTokensDetails",
    "ResponseUsageOutputTokensDetails",
    "UnknownResponseInputContentPart",
    "UnknownResponseOutputContent",
    "UnknownResponseOutputItem",
    "UnknownResponseStreamEventPart",
]


class ResponseRole(OpenEnum):
    """Who an input message comes from. `developer` outranks `user`."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    DEVELOPER = "developer"


class UnknownResponseInputContentPart(Unknown):
    """A variant of `ResponseInputContentPart` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseInputContentPart: TypeAlias = "ResponseInputText | ResponseInputImage | UnknownResponseInputContentPart"
    """A piece of an input message."""
else:

    class ResponseInputContentPart(Variants):
        """A piece of an input message."""


ResponseInputMessageContent: TypeAlias = str | list[ResponseInputContentPart]
"""A plain text, or parts that mix text and pictures."""


class ResponseInputItem(_Model, kw_only=True):
    """A message of the input."""

    type: str | None = None
    """May be left out: the items are messages."""
    role: Required[ResponseRole]
    """Who it comes from."""
    content: Required[ResponseInputMessageContent]
    """What it says."""


ResponseInput: TypeAlias = str | list[ResponseInputItem]
"""What to respond to: a plain text from the user, or items in order."""


class ResponseToolType(OpenEnum):
    """The kind of tool."""

    FUNCTION = "function"


class ResponseTool(_Model, kw_only=True):
    """A function on offer to the model, without the inner object that chat tools have."""

    type: Required[ResponseToolType] = field(default_factory=lambda: ResponseToolType.FUNCTION)
    """The kind of tool."""
    name: Required[str]
    """What the model calls it by."""
    description: str | None = None
    """When to call it and what it does. The model chooses by this."""
    parameters: FunctionParameters | None = None
    """Its arguments as a JSON Schema."""
    strict: bool | None = None
    """Hold the model to the schema exactly."""


class ResponseToolChoiceMode(OpenEnum):
    """`none` forbids tools, `auto` leaves it to the model, `required` insists on one."""

    NONE = "none"
    AUTO = "auto"
    REQUIRED = "required"


class ResponseToolChoiceFunctionType(OpenEnum):
    """The kind of tool."""

    FUNCTION = "function"


class ResponseToolChoiceFunction(_Model, kw_only=True):
    """Insists on one function."""

    type: Required[ResponseToolChoiceFunctionType] = field(default_factory=lambda: ResponseToolChoiceFunctionType.FUNCTION)
    """The kind of tool."""
    name: Required[str]
    """Its name among the tools on offer."""


ResponseToolChoice: TypeAlias = ResponseToolChoiceMode | ResponseToolChoiceFunction
"""Whether tools are used: a mode, or one function by name."""


class ResponseReasoningEffort(OpenEnum):
    """How hard it thinks before it answers."""

    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ResponseReasoningSummary(OpenEnum):
    """How much of the thinking it sums up for the reader."""

    AUTO = "auto"
    CONCISE = "concise"
    DETAILED = "detailed"


class ResponseReasoning(_Model, kw_only=True):
    """How a reasoning model thinks, and what it shows of it."""

    effort: ResponseReasoningEffort | None = None
    """How hard it thinks before it answers."""
    summary: ResponseReasoningSummary | None = None
    """How much of the thinking it sums up for the reader."""


class ResponseTextConfigFormatType(OpenEnum):
    """Which of the three."""

    TEXT = "text"
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"


class ResponseTextConfigFormat(_Model, kw_only=True):
    """Prose, free JSON, or JSON by schema."""

    type: Required[ResponseTextConfigFormatType]
    """Which of the three."""
    name: str | None = None
    """The schema's name; for `json_schema`."""
    schema: FunctionParameters | None = None
    """The schema itself; for `json_schema`."""
    strict: bool | None = None
    """Hold the model to the schema exactly."""


class ResponseTextConfig(_Model, kw_only=True):
    """The shape of the text."""

    format: ResponseTextConfigFormat | None = None
    """Prose, free JSON, or JSON by schema."""


class CreateResponseRequest(_Model, kw_only=True):
    """An input to respond to, and how."""

    model: Required[str]
    """`provider/name`, or a bare name when the provider is given beside it."""
    input: Required[ResponseInput]
    """A plain text, or a list of items."""
    instructions: str | None = None
    """Stands above the input as a system message. Not inherited from an earlier response."""
    max_output_tokens: int | None = None
    """Most tokens to generate, thinking included."""
    stream: bool | None = None
    """Whether to answer in events. Set by the method you call."""
    temperature: float | int | None = None
    """How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not both."""
    top_p: float | int | None = None
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    tools: list[ResponseTool] | None = None
    """Tools on offer."""
    tool_choice: ResponseToolChoice | None = None
    """Whether tools are used, and which."""
    reasoning: ResponseReasoning | None = None
    """How a reasoning model thinks."""
    text: ResponseTextConfig | None = None
    """The shape the text must have."""
    previous_response_id: str | None = None
    """The stored response this one continues."""
    store: bool | None = None
    """Whether the provider keeps the response for later."""
    background: bool | None = None
    """Whether to work on while nobody waits."""
    parallel_tool_calls: bool | None = None
    """Whether one turn may call several tools."""
    metadata: dict[str, str] | None = None
    """Your own labels, stored with the response."""
    user: str | None = None
    """Your name for the end user, by which providers trace abuse."""


class ResponseInputTextType(OpenEnum):
    """Marks the part as text."""

    INPUT_TEXT = "input_text"


class ResponseInputText(_Model, kw_only=True):
    """Text to respond to."""

    type: Required[ResponseInputTextType] = field(default_factory=lambda: ResponseInputTextType.INPUT_TEXT)
    """Marks the part as text."""
    text: Required[str]
    """The words."""


class ResponseInputImageType(OpenEnum):
    """Marks the part as a picture."""

    INPUT_IMAGE = "input_image"


class ResponseInputImageDetail(OpenEnum):
    """How closely the model looks. More detail costs more tokens."""

    AUTO = "auto"
    LOW = "low"
    HIGH = "high"


class ResponseInputImage(_Model, kw_only=True):
    """A picture to respond to."""

    type: Required[ResponseInputImageType] = field(default_factory=lambda: ResponseInputImageType.INPUT_IMAGE)
    """Marks the part as a picture."""
    image_url: str | None = None
    """A web address, or a `data:` URL with the bytes as base64."""
    detail: ResponseInputImageDetail | None = None
    """How closely the model looks. More detail costs more tokens."""


class ResponseStatus(OpenEnum):
    """How far a response has come."""

    COMPLETED = "completed"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    CANCELLED = "cancelled"
    QUEUED = "queued"
    INCOMPLETE = "incomplete"


class UnknownResponseOutputItem(Unknown):
    """A variant of `ResponseOutputItem` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseOutputItem: TypeAlias = "ResponseOutputMessage | ResponseFunctionToolCall | ResponseReasoningItem | UnknownResponseOutputItem"
    """One thing a model brought forth."""
else:

    class ResponseOutputItem(Variants):
        """One thing a model brought forth."""


class ResponseError(_Model, kw_only=True):
    """Why a response failed."""

    code: Required[str]
    """The reason, as a short code."""
    message: Required[str]
    """The reason in words."""


class ResponseIncompleteDetails(_Model, kw_only=True):
    """Why a response stopped early."""

    reason: str | None = None
    """Such as `max_output_tokens` or `content_filter`."""


class ResponseUsageInputTokensDetails(_Model, kw_only=True):
    """What the tokens read consisted of."""

    cached_tokens: int | None = None
    """Taken from the provider's cache."""


class ResponseUsageOutputTokensDetails(_Model, kw_only=True):
    """What the generated tokens went into."""

    reasoning_tokens: int | None = None
    """Spent on thinking."""


class ResponseUsage(_Model, kw_only=True):
    """Tokens a response has used."""

    input_tokens: Required[int]
    """Tokens read."""
    input_tokens_details: ResponseUsageInputTokensDetails | None = None
    """What the tokens read consisted of."""
    output_tokens: Required[int]
    """Tokens generated, thinking included."""
    output_tokens_details: ResponseUsageOutputTokensDetails | None = None
    """What the generated tokens went into."""
    total_tokens: Required[int]
    """Read and generated together."""


class Response(ResponseAnswer["ResponseFunctionToolCall"], WithMeta, _Model, kw_only=True):
    """A response, whole or as far as it has come."""

    id: Required[str]
    """By which it can be continued or fetched."""
    object: Required[str]
    """The word `response`."""
    created_at: Required[int]
    """When it was begun, in Unix seconds."""
    status: Required[ResponseStatus]
    """How far it has come."""
    model: Required[str]
    """The model that responds, by the provider's own name."""
    output: list[ResponseOutputItem]
    """What the model brought forth, in order: messages, tool calls, thinking."""
    error: ResponseError | None = None
    """Why it failed, if it did."""
    incomplete_details: ResponseIncompleteDetails | None = None
    """Why it stopped early, if it did."""
    instructions: str | None = None
    """The instructions it was given."""
    max_output_tokens: int | None = None
    """The token limit it was given."""
    previous_response_id: str | None = None
    """The response it continues."""
    reasoning: ResponseReasoning | None = None
    """How it was told to think."""
    temperature: float | int | None = None
    """The temperature used."""
    top_p: float | int | None = None
    """The `top_p` used."""
    tool_choice: ResponseToolChoice | None = None
    """The tool choice it was given."""
    tools: list[ResponseTool] | None = None
    """The tools it was offered."""
    text: ResponseTextConfig | None = None
    """The shape its text was to have."""
    metadata: dict[str, str] | None = None
    """The labels it was given."""
    usage: ResponseUsage | None = None
    """Tokens used; None until the end."""


class ResponseOutputMessageType(OpenEnum):
    """Marks the item as a message."""

    MESSAGE = "message"


class ResponseOutputMessageRole(OpenEnum):
    """Always the assistant."""

    ASSISTANT = "assistant"


class ResponseOutputMessageStatus(OpenEnum):
    """How far it has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


class UnknownResponseOutputContent(Unknown):
    """A variant of `ResponseOutputContent` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseOutputContent: TypeAlias = "ResponseOutputText | ResponseOutputRefusal | UnknownResponseOutputContent"
    """A piece of a model's message."""
else:

    class ResponseOutputContent(Variants):
        """A piece of a model's message."""


class ResponseOutputMessage(_Model, kw_only=True):
    """A message of the model."""

    type: Required[ResponseOutputMessageType] = field(default_factory=lambda: ResponseOutputMessageType.MESSAGE)
    """Marks the item as a message."""
    id: Required[str]
    """The message's id."""
    role: Required[ResponseOutputMessageRole] = field(default_factory=lambda: ResponseOutputMessageRole.ASSISTANT)
    """Always the assistant."""
    status: ResponseOutputMessageStatus | None = None
    """How far it has come."""
    content: list[ResponseOutputContent]
    """What it says, piece by piece."""


class ResponseOutputTextType(OpenEnum):
    """Marks the piece as text."""

    OUTPUT_TEXT = "output_text"


class ResponseOutputText(_Model, kw_only=True):
    """Text a model wrote."""

    type: Required[ResponseOutputTextType] = field(default_factory=lambda: ResponseOutputTextType.OUTPUT_TEXT)
    """Marks the piece as text."""
    text: Required[str]
    """The words."""
    annotations: list[dict[str, Any]] | None = None
    """Sources and files the text points to."""


class ResponseOutputRefusalType(OpenEnum):
    """Marks the piece as a refusal."""

    REFUSAL = "refusal"


class ResponseOutputRefusal(_Model, kw_only=True):
    """A model's word that it will not answer."""

    type: Required[ResponseOutputRefusalType] = field(default_factory=lambda: ResponseOutputRefusalType.REFUSAL)
    """Marks the piece as a refusal."""
    refusal: Required[str]
    """Why it declines."""


class ResponseFunctionToolCallType(OpenEnum):
    """Marks the item as a function call."""

    FUNCTION_CALL = "function_call"


class ResponseFunctionToolCallStatus(OpenEnum):
    """How far it has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


class ResponseFunctionToolCall(Arguments, _Model, kw_only=True):
    """A model's request to run a function."""

    type: Required[ResponseFunctionToolCallType] = field(default_factory=lambda: ResponseFunctionToolCallType.FUNCTION_CALL)
    """Marks the item as a function call."""
    id: str | None = None
    """The item's id."""
    call_id: Required[str]
    """Ties the function's result to this call."""
    name: Required[str]
    """Which function."""
    arguments: Required[str]
    """Its arguments as JSON text, which may be malformed."""
    status: ResponseFunctionToolCallStatus | None = None
    """How far it has come."""


class ResponseReasoningItemType(OpenEnum):
    """Marks the item as thinking."""

    REASONING = "reasoning"


class ResponseReasoningItemStatus(OpenEnum):
    """How far it has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


class ResponseReasoningSummaryPartType(OpenEnum):
    """Marks the passage as a summary."""

    SUMMARY_TEXT = "summary_text"


class ResponseReasoningSummaryPart(_Model, kw_only=True):
    """A passage of summed-up thinking."""

    type: Required[ResponseReasoningSummaryPartType] = field(default_factory=lambda: ResponseReasoningSummaryPartType.SUMMARY_TEXT)
    """Marks the passage as a summary."""
    text: Required[str]
    """The passage."""


class ResponseReasoningItem(_Model, kw_only=True):
    """A model's thinking. Send it back unchanged with the next input."""

    type: Required[ResponseReasoningItemType] = field(default_factory=lambda: ResponseReasoningItemType.REASONING)
    """Marks the item as thinking."""
    id: Required[str]
    """The item's id."""
    summary: list[ResponseReasoningSummaryPart]
    """The thinking, summed up."""
    status: ResponseReasoningItemStatus | None = None
    """How far it has come."""


class UnknownResponseStreamEventPart(Unknown):
    """A variant of `ResponseStreamEventPart` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    ResponseStreamEventPart: TypeAlias = "ResponseOutputText | ResponseOutputRefusal | ResponseReasoningSummaryPart | UnknownResponseStreamEventPart"
    """A piece that a streamed response begins or ends."""
else:

    class ResponseStreamEventPart(Variants):
        """A piece that a streamed response begins or ends."""


class ResponseStreamEvent(WithMeta, _Model, kw_only=True):
    """One event of a streamed response. Which fields it has depends on its `type`."""

    type: Required[str]
    """What happened, such as `response.output_text.delta`."""
    sequence_number: int | None = None
    """The event's place in the stream."""
    response: Response | None = None
    """The response as it stands; in events about the whole."""
    item_id: str | None = None
    """The output item this is about."""
    output_index: int | None = None
    """That item's place in `output`."""
    content_index: int | None = None
    """The place in that item's content."""
    delta: str | None = None
    """The next piece of text, arguments, refusal or thinking."""
    logprobs: list[dict[str, Any]] | None = None
    """How likely the tokens of that piece were, where that was asked for."""
    obfuscation: str | None = None
    """Padding, which hides how long the piece is from those who see the size of events."""
    text: str | None = None
    """The whole text, once it is done."""
    item: ResponseOutputItem | None = None
    """The output item itself, as it begins and as it is done."""
    part: ResponseStreamEventPart | None = None
    """The piece of content or of summary itself, as it begins and as it is done."""
    arguments: str | None = None
    """The whole arguments of a function call, once they are done."""
    name: str | None = None
    """The function they are for."""
    refusal: str | None = None
    """The whole refusal, once it is done."""
    summary_index: int | None = None
    """The place in the thinking's summary."""
    annotation: dict[str, Any] | None = None
    """A source or file the text points to."""
    annotation_index: int | None = None
    """The annotation's place among the others."""
    code: str | None = None
    """A short code of what went wrong; in `error` events."""
    message: str | None = None
    """What went wrong, in words; in `error` events."""
    param: str | None = None
    """The parameter at fault, if one is; in `error` events."""


if not TYPE_CHECKING:
    ResponseInputContentPart.define("type", UnknownResponseInputContentPart, {
        "input_text": ResponseInputText,
        "input_image": ResponseInputImage,
    })
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
