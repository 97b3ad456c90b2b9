"""The contract's types: messages.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.answers import MessagesAnswer, MessagesEvent, ToolInput
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum, Unknown, Variants
from .._model.unknown_fields import WithMeta
from .chat import FunctionParameters

__all__ = [
    "CacheControl",
    "CacheControlType",
    "CreateMessagesRequest",
    "CreateMessagesRequestThinking",
    "CreateMessagesRequestThinkingType",
    "MessagesDocumentBlock",
    "MessagesDocumentBlockType",
    "MessagesDocumentSource",
    "MessagesDocumentSourceType",
    "MessagesError",
    "MessagesErrorDetail",
    "MessagesErrorType",
    "MessagesImageBlock",
    "MessagesImageBlockType",
    "MessagesImageSource",
    "MessagesImageSourceType",
    "MessagesMessage",
    "MessagesMessageRole",
    "MessagesMetadata",
    "MessagesOutputConfig",
    "MessagesOutputConfigEffort",
    "MessagesRedactedThinkingBlock",
    "MessagesRedactedThinkingBlockType",
    "MessagesRequestContentBlock",
    "MessagesResponse",
    "MessagesResponseContentBlock",
    "MessagesResponseRole",
    "MessagesResponseStopReason",
    "MessagesResponseType",
    "MessagesStreamEvent",
    "MessagesStreamEventDelta",
    "MessagesStreamEventError",
    "MessagesStreamEventType",
    "MessagesStreamEventUsage",
    "MessagesTextBlock",
    "MessagesTextBlockType",
    "MessagesThinkingBlock",
    "MessagesThinkingBlockType",
    "MessagesTool",
    "MessagesToolChoice",
    "MessagesToolChoiceMode",
    "MessagesToolChoiceObject",
    "MessagesToolChoiceObjectType",
    "MessagesToolResultBlock",
    "MessagesToolResultBlockType",
    "MessagesToolUseBlock",
    "MessagesToolUseBlockType",
    "MessagesUsage",
    "UnknownMessagesRequestContentBlock",
    "UnknownMessagesResponseContentBlock",
]


class MessagesErrorDetail(_Model, kw_only=True):
    """What an error of the Messages dialect says."""

    type: Required[str]
    """Its kind, such as `invalid_request_error` or `overloaded_error`."""
    message: Required[str]
    """What went wrong."""


class MessagesErrorType(OpenEnum):
    """Marks the body as an error."""

    ERROR = "error"


class MessagesError(_Model, kw_only=True):
    """An error in the Messages dialect."""

    type: Required[MessagesErrorType] = field(default_factory=lambda: MessagesErrorType.ERROR)
    """Marks the body as an error."""
    error: Required[MessagesErrorDetail]
    """What went wrong."""


class CacheControlType(OpenEnum):
    """How the cache is kept; `ephemeral` is short-lived."""

    EPHEMERAL = "ephemeral"


class CacheControl(_Model, kw_only=True):
    """Has the provider cache everything up to and including the block that carries it."""

    type: Required[CacheControlType] = field(default_factory=lambda: CacheControlType.EPHEMERAL)
    """How the cache is kept; `ephemeral` is short-lived."""


class MessagesTextBlockType(OpenEnum):
    """Marks the block as text."""

    TEXT = "text"


class MessagesTextBlock(_Model, kw_only=True):
    """Text."""

    type: Required[MessagesTextBlockType] = field(default_factory=lambda: MessagesTextBlockType.TEXT)
    """Marks the block as text."""
    text: Required[str]
    """The words."""
    cache_control: CacheControl | None = None
    """Ends a cached stretch here."""
    citations: list[dict[str, Any]] | None = None
    """Passages of documents the text rests on."""


class MessagesImageSourceType(OpenEnum):
    """Which of the two."""

    BASE64 = "base64"
    URL = "url"


class MessagesImageSource(_Model, kw_only=True):
    """Where a picture is: in the request itself, or on the web."""

    type: Required[MessagesImageSourceType]
    """Which of the two."""
    media_type: str | None = None
    """Such as `image/png`; for `base64`."""
    data: str | None = None
    """The bytes as base64."""
    url: str | None = None
    """The picture's web address."""


class MessagesImageBlockType(OpenEnum):
    """Marks the block as a picture."""

    IMAGE = "image"


class MessagesImageBlock(_Model, kw_only=True):
    """A picture."""

    type: Required[MessagesImageBlockType] = field(default_factory=lambda: MessagesImageBlockType.IMAGE)
    """Marks the block as a picture."""
    source: Required[MessagesImageSource]
    """Where the picture is."""
    cache_control: CacheControl | None = None
    """Ends a cached stretch here."""


class MessagesDocumentSourceType(OpenEnum):
    """Which of the two."""

    BASE64 = "base64"
    URL = "url"


class MessagesDocumentSource(_Model, kw_only=True):
    """Where a document is: in the request itself, or on the web."""

    type: Required[MessagesDocumentSourceType]
    """Which of the two."""
    media_type: str | None = None
    """Such as `application/pdf`; for `base64`."""
    data: str | None = None
    """The bytes as base64."""
    url: str | None = None
    """The document's web address."""


class MessagesDocumentBlockType(OpenEnum):
    """Marks the block as a document."""

    DOCUMENT = "document"


class MessagesDocumentBlock(_Model, kw_only=True):
    """A document."""

    type: Required[MessagesDocumentBlockType] = field(default_factory=lambda: MessagesDocumentBlockType.DOCUMENT)
    """Marks the block as a document."""
    source: Required[MessagesDocumentSource]
    """Where the document is."""
    cache_control: CacheControl | None = None
    """Ends a cached stretch here."""


class MessagesToolUseBlockType(OpenEnum):
    """Marks the block as a tool call."""

    TOOL_USE = "tool_use"


class MessagesToolUseBlock(ToolInput, _Model, kw_only=True):
    """The model's request to run a tool."""

    type: Required[MessagesToolUseBlockType] = field(default_factory=lambda: MessagesToolUseBlockType.TOOL_USE)
    """Marks the block as a tool call."""
    id: Required[str]
    """Ties the tool's result to this call."""
    name: Required[str]
    """Which tool."""
    input: Required[dict[str, Any]]
    """The arguments, already parsed."""


class MessagesToolResultBlockType(OpenEnum):
    """Marks the block as a tool's result."""

    TOOL_RESULT = "tool_result"


class MessagesToolResultBlock(_Model, kw_only=True):
    """What a tool returned."""

    type: Required[MessagesToolResultBlockType] = field(default_factory=lambda: MessagesToolResultBlockType.TOOL_RESULT)
    """Marks the block as a tool's result."""
    tool_use_id: Required[str]
    """Which call it answers."""
    content: str | list[MessagesTextBlock] | None = None
    """The result, as plain text or as blocks."""
    is_error: bool | None = None
    """Whether the tool failed."""
    cache_control: CacheControl | None = None
    """Ends a cached stretch here."""


class MessagesThinkingBlockType(OpenEnum):
    """Marks the block as thinking."""

    THINKING = "thinking"


class MessagesThinkingBlock(_Model, kw_only=True):
    """The model's thinking. Send it back unchanged while tools are in use."""

    type: Required[MessagesThinkingBlockType] = field(default_factory=lambda: MessagesThinkingBlockType.THINKING)
    """Marks the block as thinking."""
    thinking: Required[str]
    """The thoughts, or a summary of them."""
    signature: Required[str]
    """Seals the block; the provider checks it when it comes back."""


class MessagesRedactedThinkingBlockType(OpenEnum):
    """Marks the block as hidden thinking."""

    REDACTED_THINKING = "redacted_thinking"


class MessagesRedactedThinkingBlock(_Model, kw_only=True):
    """Thinking that the provider keeps to itself. Send it back unchanged."""

    type: Required[MessagesRedactedThinkingBlockType] = field(default_factory=lambda: MessagesRedactedThinkingBlockType.REDACTED_THINKING)
    """Marks the block as hidden thinking."""
    data: Required[str]
    """The thoughts, encrypted."""


class UnknownMessagesRequestContentBlock(Unknown):
    """A variant of `MessagesRequestContentBlock` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    MessagesRequestContentBlock: TypeAlias = "MessagesTextBlock | MessagesImageBlock | MessagesToolUseBlock | MessagesToolResultBlock | MessagesDocumentBlock | MessagesThinkingBlock | MessagesRedactedThinkingBlock | UnknownMessagesRequestContentBlock"
    """A block of a message you send."""
else:

    class MessagesRequestContentBlock(Variants):
        """A block of a message you send."""


class MessagesMessageRole(OpenEnum):
    """Who it comes from."""

    USER = "user"
    ASSISTANT = "assistant"


class MessagesMessage(_Model, kw_only=True):
    """One message of a conversation."""

    role: Required[MessagesMessageRole]
    """Who it comes from."""
    content: Required[str | list[MessagesRequestContentBlock]]
    """What it says, as plain text or as blocks."""


class MessagesTool(_Model, kw_only=True):
    """A tool on offer to the model."""

    name: Required[str]
    """What the model calls it by."""
    description: str | None = None
    """When to call it and what it does. The model chooses by this."""
    input_schema: Required[FunctionParameters]
    """Its arguments as a JSON Schema."""
    cache_control: CacheControl | None = None
    """Ends a cached stretch here."""


class MessagesToolChoiceMode(OpenEnum):
    """`auto` leaves it to the model, `any` insists on one."""

    AUTO = "auto"
    ANY = "any"


class MessagesToolChoiceObjectType(OpenEnum):
    """`tool` insists on the one named, `any` on some tool, `none` forbids them."""

    AUTO = "auto"
    ANY = "any"
    TOOL = "tool"
    NONE = "none"


class MessagesToolChoiceObject(_Model, kw_only=True):
    """A mode, or one tool by name."""

    type: Required[MessagesToolChoiceObjectType]
    """`tool` insists on the one named, `any` on some tool, `none` forbids them."""
    name: str | None = None
    """The tool to call; for `tool`."""
    disable_parallel_tool_use: bool | None = None
    """Whether to hold the model to one call a turn."""


MessagesToolChoice: TypeAlias = MessagesToolChoiceMode | MessagesToolChoiceObject
"""Whether tools are used, and which. Anthropic itself takes only the object."""


class MessagesMetadata(_Model, kw_only=True):
    """What the provider is told about the request."""

    user_id: str | None = None
    """An opaque id of the end user, by which the provider traces abuse."""


class CreateMessagesRequestThinkingType(OpenEnum):
    """Switches thinking on."""

    ENABLED = "enabled"


class CreateMessagesRequestThinking(_Model, kw_only=True):
    """Lets the model think aloud first."""

    type: Required[CreateMessagesRequestThinkingType] = field(default_factory=lambda: CreateMessagesRequestThinkingType.ENABLED)
    """Switches thinking on."""
    budget_tokens: Required[int]
    """Most tokens to spend on it; they count towards `max_tokens`."""


class MessagesOutputConfigEffort(OpenEnum):
    """How much work the model puts in; more takes longer and costs more."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class MessagesOutputConfig(_Model, kw_only=True):
    """How an answer is made."""

    effort: MessagesOutputConfigEffort | None = None
    """How much work the model puts in; more takes longer and costs more."""


class CreateMessagesRequest(_Model, kw_only=True):
    """A conversation to continue in the Messages dialect, and how."""

    model: Required[str]
    """`anthropic/name`, or a bare name when the provider is given beside it."""
    max_tokens: Required[int]
    """Most tokens to generate."""
    system: str | list[MessagesTextBlock] | None = None
    """Instructions that stand above the conversation."""
    messages: list[MessagesMessage]
    """The conversation so far, oldest first."""
    tools: list[MessagesTool] | None = None
    """Tools on offer."""
    tool_choice: MessagesToolChoice | None = None
    """Whether tools are used, and which."""
    stream: bool | None = None
    """Whether to answer in events. Set by the method you call."""
    temperature: float | int | None = None
    """How freely words are picked: near 0 the likeliest always wins."""
    top_p: float | int | None = None
    """Pick only among the likeliest tokens that together hold this share of the probability."""
    top_k: int | None = None
    """Pick only among this many of the likeliest tokens."""
    stop_sequences: list[str] | None = None
    """Texts at which generation ends."""
    metadata: MessagesMetadata | None = None
    """What the provider is told about the request."""
    thinking: CreateMessagesRequestThinking | None = None
    """Lets the model think aloud first."""
    output_config: MessagesOutputConfig | None = None
    """How the answer is made."""


class UnknownMessagesResponseContentBlock(Unknown):
    """A variant of `MessagesResponseContentBlock` that the contract does not list, kept whole."""

    __slots__ = ()


if TYPE_CHECKING:
    MessagesResponseContentBlock: TypeAlias = "MessagesTextBlock | MessagesToolUseBlock | MessagesThinkingBlock | MessagesRedactedThinkingBlock | UnknownMessagesResponseContentBlock"
    """A block of a message the model sends."""
else:

    class MessagesResponseContentBlock(Variants):
        """A block of a message the model sends."""


class MessagesUsage(_Model, kw_only=True):
    """Tokens a message has used. Cached ones are counted apart."""

    input_tokens: Required[int]
    """Tokens read, without those from the cache."""
    output_tokens: Required[int]
    """Tokens generated."""
    cache_creation_input_tokens: int | None = None
    """Tokens read and put into the cache."""
    cache_read_input_tokens: int | None = None
    """Tokens taken from the cache."""


class MessagesResponseType(OpenEnum):
    """Marks the body as a message."""

    MESSAGE = "message"


class MessagesResponseRole(OpenEnum):
    """Always the assistant."""

    ASSISTANT = "assistant"


class MessagesResponseStopReason(OpenEnum):
    """Why it ended; null while it streams."""

    END_TURN = "end_turn"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    PAUSE_TURN = "pause_turn"
    REFUSAL = "refusal"


class MessagesResponse(MessagesAnswer["MessagesToolUseBlock"], WithMeta, _Model, kw_only=True):
    """A whole message of the model."""

    id: Required[str]
    """The provider's id of the message."""
    type: Required[MessagesResponseType] = field(default_factory=lambda: MessagesResponseType.MESSAGE)
    """Marks the body as a message."""
    role: Required[MessagesResponseRole] = field(default_factory=lambda: MessagesResponseRole.ASSISTANT)
    """Always the assistant."""
    content: list[MessagesResponseContentBlock]
    """What the model said, block by block."""
    model: Required[str]
    """The model that answered, by the provider's own name."""
    stop_reason: MessagesResponseStopReason | None
    """Why it ended; null while it streams."""
    stop_sequence: str | None = None
    """The text that ended it, if one did."""
    usage: Required[MessagesUsage]
    """Tokens used."""


class MessagesStreamEventType(OpenEnum):
    """What happened."""

    MESSAGE_START = "message_start"
    CONTENT_BLOCK_START = "content_block_start"
    CONTENT_BLOCK_DELTA = "content_block_delta"
    CONTENT_BLOCK_STOP = "content_block_stop"
    MESSAGE_DELTA = "message_delta"
    MESSAGE_STOP = "message_stop"
    PING = "ping"
    ERROR = "error"


class MessagesStreamEventDelta(_Model, kw_only=True):
    """What is new, in a block or in the message."""

    type: str | None = None
    """What kind of piece it is, such as `text_delta`; absent in `message_delta`."""
    text: str | None = None
    """The next piece of text."""
    partial_json: str | None = None
    """The next stretch of a tool call's input, as JSON text."""
    thinking: str | None = None
    """The next piece of thinking."""
    signature: str | None = None
    """The seal of a thinking block."""
    stop_reason: str | None = None
    """Why the message ended; in `message_delta`."""
    stop_sequence: str | None = None
    """The text that ended it, if one did; in `message_delta`."""


class MessagesStreamEventUsage(_Model, kw_only=True):
    """Tokens used so far, not only since the last event; in `message_delta`."""

    input_tokens: int | None = None
    """Tokens read; often told in `message_start` only."""
    output_tokens: Required[int]
    """Tokens generated so far."""
    cache_creation_input_tokens: int | None = None
    """Tokens read and put into the cache."""
    cache_read_input_tokens: int | None = None
    """Tokens taken from the cache."""


class MessagesStreamEventError(_Model, kw_only=True):
    """What went wrong, bare or wrapped in a whole error; in `error` events."""

    type: Required[str]
    """The error's kind, or `error` when it is wrapped."""
    message: str | None = None
    """What went wrong, when it is bare."""
    error: MessagesErrorDetail | None = None
    """What went wrong, when it is wrapped."""


class MessagesStreamEvent(MessagesEvent, WithMeta, _Model, kw_only=True):
    """One event of a streamed message. Which fields it has depends on its `type`."""

    type: Required[MessagesStreamEventType]
    """What happened."""
    message: MessagesResponse | None = None
    """The message as it begins; in `message_start`."""
    index: int | None = None
    """Which block this is about, from 0."""
    content_block: MessagesResponseContentBlock | None = None
    """The block as it begins; in `content_block_start`."""
    delta: MessagesStreamEventDelta | None = None
    """What is new, in a block or in the message."""
    usage: MessagesStreamEventUsage | None = None
    """Tokens used so far, not only since the last event; in `message_delta`."""
    error: MessagesStreamEventError | None = None
    """What went wrong, bare or wrapped in a whole error; in `error` events."""


if not TYPE_CHECKING:
    MessagesRequestContentBlock.define("type", UnknownMessagesRequestContentBlock, {
        "text": MessagesTextBlock,
        "image": MessagesImageBlock,
        "tool_use": MessagesToolUseBlock,
        "tool_result": MessagesToolResultBlock,
        "document": MessagesDocumentBlock,
        "thinking": MessagesThinkingBlock,
        "redacted_thinking": MessagesRedactedThinkingBlock,
    })
    MessagesResponseContentBlock.define("type", UnknownMessagesResponseContentBlock, {
        "text": MessagesTextBlock,
        "tool_use": MessagesToolUseBlock,
        "thinking": MessagesThinkingBlock,
        "redacted_thinking": MessagesRedactedThinkingBlock,
    })
