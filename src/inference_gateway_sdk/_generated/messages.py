"""The contract's types: messages.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.answers import MessagesAnswer, MessagesEvent, ToolInput
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum, Unknown, Variants
from .._model.unknown_fields import WithMeta
from .chat import FunctionParameters

__all__ = [
    "CacheControl",
    "CacheControlTtl",
    "CacheControlType",
    "CreateMessagesRequest",
    "CreateMessagesRequestServiceTier",
    "CreateMessagesRequestSpeed",
    "CreateMessagesRequestThinking",
    "CreateMessagesRequestThinkingType",
    "MessagesCacheCreation",
    "MessagesContainer",
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
    "MessagesOutputTokensDetails",
    "MessagesRedactedThinkingBlock",
    "MessagesRedactedThinkingBlockType",
    "MessagesRequestContentBlock",
    "MessagesResponse",
    "MessagesResponseContentBlock",
    "MessagesResponseRole",
    "MessagesResponseStopReason",
    "MessagesResponseType",
    "MessagesServerToolUsage",
    "MessagesStopDetails",
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
    """The content of an error in the Messages dialect."""

    type: Required[str]
    """The type of the error, such as `invalid_request_error` or `overloaded_error`."""
    message: Required[str]
    """The error message."""


class MessagesErrorType(OpenEnum):
    """The type of the body, `error`."""

    ERROR = "error"


if TYPE_CHECKING:
    MessagesErrorTypeValue: TypeAlias = MessagesErrorType | Literal["error"] | str
    """A `MessagesErrorType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesErrorTypeValue = MessagesErrorType


class MessagesError(_Model, kw_only=True):
    """An error in the Messages dialect."""

    type: Required[MessagesErrorTypeValue] = field(default_factory=lambda: MessagesErrorType.ERROR)
    """The type of the body, `error`."""
    error: Required[MessagesErrorDetail]
    """The error's details."""


class CacheControlType(OpenEnum):
    """The type of the cache; `ephemeral` is short-lived."""

    EPHEMERAL = "ephemeral"


if TYPE_CHECKING:
    CacheControlTypeValue: TypeAlias = CacheControlType | Literal["ephemeral"] | str
    """A `CacheControlType`, or any other string: gateways send values that no contract lists."""
else:
    CacheControlTypeValue = CacheControlType


class CacheControlTtl(OpenEnum):
    """The time that the entry is kept."""

    TTL_5M = "5m"
    TTL_1H = "1h"


if TYPE_CHECKING:
    CacheControlTtlValue: TypeAlias = CacheControlTtl | Literal["5m", "1h"] | str
    """A `CacheControlTtl`, or any other string: gateways send values that no contract lists."""
else:
    CacheControlTtlValue = CacheControlTtl


class CacheControl(_Model, kw_only=True):
    """A cache breakpoint: the provider caches the prompt up to the end of the block that has it."""

    type: Required[CacheControlTypeValue] = field(default_factory=lambda: CacheControlType.EPHEMERAL)
    """The type of the cache; `ephemeral` is short-lived."""
    ttl: CacheControlTtlValue | None = None
    """The time that the entry is kept."""


class MessagesTextBlockType(OpenEnum):
    """The type of the block, `text`."""

    TEXT = "text"


if TYPE_CHECKING:
    MessagesTextBlockTypeValue: TypeAlias = MessagesTextBlockType | Literal["text"] | str
    """A `MessagesTextBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesTextBlockTypeValue = MessagesTextBlockType


class MessagesTextBlock(_Model, kw_only=True):
    """A block of text."""

    type: Required[MessagesTextBlockTypeValue] = field(default_factory=lambda: MessagesTextBlockType.TEXT)
    """The type of the block, `text`."""
    text: Required[str]
    """The text of the block."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after this block."""
    citations: list[dict[str, Any]] | None = None
    """Passages of documents that support the text."""


class MessagesImageSourceType(OpenEnum):
    """The source's type."""

    BASE64 = "base64"
    URL = "url"


if TYPE_CHECKING:
    MessagesImageSourceTypeValue: TypeAlias = MessagesImageSourceType | Literal["base64", "url"] | str
    """A `MessagesImageSourceType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesImageSourceTypeValue = MessagesImageSourceType


class MessagesImageSource(_Model, kw_only=True):
    """The source of an image: data in the request, or a URL."""

    type: Required[MessagesImageSourceTypeValue]
    """The source's type."""
    media_type: str | None = None
    """The media type, such as `image/png`; for `base64`."""
    data: str | None = None
    """The bytes as base64."""
    url: str | None = None
    """The image's URL."""


class MessagesImageBlockType(OpenEnum):
    """The type of the block, `image`."""

    IMAGE = "image"


if TYPE_CHECKING:
    MessagesImageBlockTypeValue: TypeAlias = MessagesImageBlockType | Literal["image"] | str
    """A `MessagesImageBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesImageBlockTypeValue = MessagesImageBlockType


class MessagesImageBlock(_Model, kw_only=True):
    """A block with an image."""

    type: Required[MessagesImageBlockTypeValue] = field(default_factory=lambda: MessagesImageBlockType.IMAGE)
    """The type of the block, `image`."""
    source: Required[MessagesImageSource]
    """The source of the image."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after this block."""


class MessagesDocumentSourceType(OpenEnum):
    """The source's type."""

    BASE64 = "base64"
    URL = "url"


if TYPE_CHECKING:
    MessagesDocumentSourceTypeValue: TypeAlias = MessagesDocumentSourceType | Literal["base64", "url"] | str
    """A `MessagesDocumentSourceType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesDocumentSourceTypeValue = MessagesDocumentSourceType


class MessagesDocumentSource(_Model, kw_only=True):
    """The source of a document: data in the request, or a URL."""

    type: Required[MessagesDocumentSourceTypeValue]
    """The source's type."""
    media_type: str | None = None
    """The media type, such as `application/pdf`; for `base64`."""
    data: str | None = None
    """The bytes as base64."""
    url: str | None = None
    """The document's URL."""


class MessagesDocumentBlockType(OpenEnum):
    """The type of the block, `document`."""

    DOCUMENT = "document"


if TYPE_CHECKING:
    MessagesDocumentBlockTypeValue: TypeAlias = MessagesDocumentBlockType | Literal["document"] | str
    """A `MessagesDocumentBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesDocumentBlockTypeValue = MessagesDocumentBlockType


class MessagesDocumentBlock(_Model, kw_only=True):
    """A block with a document."""

    type: Required[MessagesDocumentBlockTypeValue] = field(default_factory=lambda: MessagesDocumentBlockType.DOCUMENT)
    """The type of the block, `document`."""
    source: Required[MessagesDocumentSource]
    """The source of the document."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after this block."""


class MessagesToolUseBlockType(OpenEnum):
    """The type of the block, `tool_use`."""

    TOOL_USE = "tool_use"


if TYPE_CHECKING:
    MessagesToolUseBlockTypeValue: TypeAlias = MessagesToolUseBlockType | Literal["tool_use"] | str
    """A `MessagesToolUseBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesToolUseBlockTypeValue = MessagesToolUseBlockType


class MessagesToolUseBlock(ToolInput, _Model, kw_only=True):
    """A tool call by the model."""

    type: Required[MessagesToolUseBlockTypeValue] = field(default_factory=lambda: MessagesToolUseBlockType.TOOL_USE)
    """The type of the block, `tool_use`."""
    id: Required[str]
    """The id that the tool's result must refer to."""
    name: Required[str]
    """The tool's name."""
    input: Required[dict[str, Any]]
    """The arguments, already parsed."""
    caller: dict[str, Any] | None = None
    """The caller of the tool: the model, or code that it runs at the provider."""
    toolset_name: str | None = None
    """The toolset that the tool belongs to."""


class MessagesToolResultBlockType(OpenEnum):
    """The type of the block, `tool_result`."""

    TOOL_RESULT = "tool_result"


if TYPE_CHECKING:
    MessagesToolResultBlockTypeValue: TypeAlias = MessagesToolResultBlockType | Literal["tool_result"] | str
    """A `MessagesToolResultBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesToolResultBlockTypeValue = MessagesToolResultBlockType


class MessagesToolResultBlock(_Model, kw_only=True):
    """The result of a tool call."""

    type: Required[MessagesToolResultBlockTypeValue] = field(default_factory=lambda: MessagesToolResultBlockType.TOOL_RESULT)
    """The type of the block, `tool_result`."""
    tool_use_id: Required[str]
    """The `id` of the answered tool call."""
    content: str | list[MessagesTextBlock] | None = None
    """The result, as plain text or as blocks."""
    is_error: bool | None = None
    """True if the tool failed."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after this block."""


class MessagesThinkingBlockType(OpenEnum):
    """The type of the block, `thinking`."""

    THINKING = "thinking"


if TYPE_CHECKING:
    MessagesThinkingBlockTypeValue: TypeAlias = MessagesThinkingBlockType | Literal["thinking"] | str
    """A `MessagesThinkingBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesThinkingBlockTypeValue = MessagesThinkingBlockType


class MessagesThinkingBlock(_Model, kw_only=True):
    """The model's thinking. Send it back unchanged while tools are in use."""

    type: Required[MessagesThinkingBlockTypeValue] = field(default_factory=lambda: MessagesThinkingBlockType.THINKING)
    """The type of the block, `thinking`."""
    thinking: Required[str]
    """The thinking, or a summary of it."""
    signature: Required[str]
    """A signature of the block; the provider verifies it when the block is sent back."""


class MessagesRedactedThinkingBlockType(OpenEnum):
    """The type of the block, `redacted_thinking`."""

    REDACTED_THINKING = "redacted_thinking"


if TYPE_CHECKING:
    MessagesRedactedThinkingBlockTypeValue: TypeAlias = MessagesRedactedThinkingBlockType | Literal["redacted_thinking"] | str
    """A `MessagesRedactedThinkingBlockType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesRedactedThinkingBlockTypeValue = MessagesRedactedThinkingBlockType


class MessagesRedactedThinkingBlock(_Model, kw_only=True):
    """Encrypted thinking of the model. Send it back unchanged."""

    type: Required[MessagesRedactedThinkingBlockTypeValue] = field(default_factory=lambda: MessagesRedactedThinkingBlockType.REDACTED_THINKING)
    """The type of the block, `redacted_thinking`."""
    data: Required[str]
    """The thinking in encrypted form."""


class UnknownMessagesRequestContentBlock(Unknown):
    """A variant of `MessagesRequestContentBlock` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    MessagesRequestContentBlock: TypeAlias = "MessagesTextBlock | MessagesImageBlock | MessagesToolUseBlock | MessagesToolResultBlock | MessagesDocumentBlock | MessagesThinkingBlock | MessagesRedactedThinkingBlock | UnknownMessagesRequestContentBlock"
    """One block of a message to send."""
else:

    class MessagesRequestContentBlock(Variants):
        """One block of a message to send."""


class MessagesMessageRole(OpenEnum):
    """The author's role."""

    USER = "user"
    ASSISTANT = "assistant"


if TYPE_CHECKING:
    MessagesMessageRoleValue: TypeAlias = MessagesMessageRole | Literal["user", "assistant"] | str
    """A `MessagesMessageRole`, or any other string: gateways send values that no contract lists."""
else:
    MessagesMessageRoleValue = MessagesMessageRole


class MessagesMessage(_Model, kw_only=True):
    """One message of a conversation."""

    role: Required[MessagesMessageRoleValue]
    """The author's role."""
    content: Required[str | list[MessagesRequestContentBlock]]
    """The content, as plain text or as blocks."""


class MessagesTool(_Model, kw_only=True):
    """A tool that is offered to the model."""

    name: Required[str]
    """The name by which the model calls it."""
    description: str | None = None
    """The purpose of the tool. The model uses it to decide when to call it."""
    input_schema: Required[FunctionParameters]
    """The JSON Schema of its arguments."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after this tool."""


class MessagesToolChoiceMode(OpenEnum):
    """`auto` lets the model decide, `any` forces a call."""

    AUTO = "auto"
    ANY = "any"


if TYPE_CHECKING:
    MessagesToolChoiceModeValue: TypeAlias = MessagesToolChoiceMode | Literal["auto", "any"] | str
    """A `MessagesToolChoiceMode`, or any other string: gateways send values that no contract lists."""
else:
    MessagesToolChoiceModeValue = MessagesToolChoiceMode


class MessagesToolChoiceObjectType(OpenEnum):
    """`tool` forces the named tool, `any` forces some tool, `none` forbids tools."""

    AUTO = "auto"
    ANY = "any"
    TOOL = "tool"
    NONE = "none"


if TYPE_CHECKING:
    MessagesToolChoiceObjectTypeValue: TypeAlias = MessagesToolChoiceObjectType | Literal["auto", "any", "tool", "none"] | str
    """A `MessagesToolChoiceObjectType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesToolChoiceObjectTypeValue = MessagesToolChoiceObjectType


class MessagesToolChoiceObject(_Model, kw_only=True):
    """A mode, or one tool by name."""

    type: Required[MessagesToolChoiceObjectTypeValue]
    """`tool` forces the named tool, `any` forces some tool, `none` forbids tools."""
    name: str | None = None
    """The tool's name; for `tool`."""
    disable_parallel_tool_use: bool | None = None
    """Limit the model to one tool call per turn."""


MessagesToolChoice: TypeAlias = MessagesToolChoiceModeValue | MessagesToolChoiceObject
"""The tool choice. Anthropic itself accepts only the object."""


class MessagesMetadata(_Model, kw_only=True):
    """Metadata of a request, for the provider."""

    user_id: str | None = None
    """An opaque id of the end user, which helps the provider to detect abuse."""


class CreateMessagesRequestThinkingType(OpenEnum):
    """The mode of thinking, `enabled`."""

    ENABLED = "enabled"


if TYPE_CHECKING:
    CreateMessagesRequestThinkingTypeValue: TypeAlias = CreateMessagesRequestThinkingType | Literal["enabled"] | str
    """A `CreateMessagesRequestThinkingType`, or any other string: gateways send values that no contract lists."""
else:
    CreateMessagesRequestThinkingTypeValue = CreateMessagesRequestThinkingType


class CreateMessagesRequestThinking(_Model, kw_only=True):
    """The settings for thinking before the answer."""

    type: Required[CreateMessagesRequestThinkingTypeValue] = field(default_factory=lambda: CreateMessagesRequestThinkingType.ENABLED)
    """The mode of thinking, `enabled`."""
    budget_tokens: Required[int]
    """The token limit of the thinking, which counts towards `max_tokens`."""


class CreateMessagesRequestServiceTier(OpenEnum):
    """The capacity to use: priority capacity if there is some, or standard capacity only."""

    AUTO = "auto"
    STANDARD_ONLY = "standard_only"


if TYPE_CHECKING:
    CreateMessagesRequestServiceTierValue: TypeAlias = CreateMessagesRequestServiceTier | Literal["auto", "standard_only"] | str
    """A `CreateMessagesRequestServiceTier`, or any other string: gateways send values that no contract lists."""
else:
    CreateMessagesRequestServiceTierValue = CreateMessagesRequestServiceTier


class CreateMessagesRequestSpeed(OpenEnum):
    """The speed mode; `fast` generates more tokens per second at a higher price."""

    STANDARD = "standard"
    FAST = "fast"


if TYPE_CHECKING:
    CreateMessagesRequestSpeedValue: TypeAlias = CreateMessagesRequestSpeed | Literal["standard", "fast"] | str
    """A `CreateMessagesRequestSpeed`, or any other string: gateways send values that no contract lists."""
else:
    CreateMessagesRequestSpeedValue = CreateMessagesRequestSpeed


class MessagesOutputConfigEffort(OpenEnum):
    """The effort that the model makes; more effort takes longer and costs more."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


if TYPE_CHECKING:
    MessagesOutputConfigEffortValue: TypeAlias = MessagesOutputConfigEffort | Literal["low", "medium", "high", "xhigh", "max"] | str
    """A `MessagesOutputConfigEffort`, or any other string: gateways send values that no contract lists."""
else:
    MessagesOutputConfigEffortValue = MessagesOutputConfigEffort


class MessagesOutputConfig(_Model, kw_only=True):
    """The settings of the output."""

    effort: MessagesOutputConfigEffortValue | None = None
    """The effort that the model makes; more effort takes longer and costs more."""
    format: dict[str, Any] | None = None
    """A JSON Schema that the answer must follow: `{"type": "json_schema", "schema": {...}}`."""
    task_budget: dict[str, Any] | None = None
    """A token budget for the whole task, across several requests."""


class CreateMessagesRequest(_Model, kw_only=True):
    """A conversation to continue in the Messages dialect, and the settings."""

    model: Required[str]
    """`anthropic/name`, or a bare name together with a provider."""
    max_tokens: Required[int]
    """The token limit of the answer."""
    system: str | list[MessagesTextBlock] | None = None
    """Instructions that precede the conversation."""
    messages: list[MessagesMessage]
    """The conversation so far, oldest message first."""
    tools: list[MessagesTool] | None = None
    """The tools that the model may call."""
    tool_choice: MessagesToolChoice | None = None
    """The tool choice: a mode, or one tool."""
    stream: bool | None = None
    """Stream the answer in events. The method that you call sets it."""
    temperature: float | int | None = None
    """The randomness of the sampling: near 0 the most likely token is always chosen."""
    top_p: float | int | None = None
    """Sample only from the most likely tokens that together have this probability."""
    top_k: int | None = None
    """Sample only from this number of most likely tokens."""
    stop_sequences: list[str] | None = None
    """Strings that end the generation."""
    metadata: MessagesMetadata | None = None
    """Metadata of the request, for the provider."""
    thinking: CreateMessagesRequestThinking | None = None
    """The settings for thinking before the answer."""
    output_config: MessagesOutputConfig | None = None
    """The settings of the output."""
    cache_control: CacheControl | None = None
    """A cache breakpoint after the last block of the request that can be cached."""
    container: str | dict[str, Any] | None = None
    """A container to run code in: the id of an earlier one, or an object with `id` and `skills`."""
    context_management: dict[str, Any] | None = None
    """Edits that keep a long conversation short, such as clearing old tool results: `{"edits": [...]}`."""
    mcp_servers: list[dict[str, Any]] | None = None
    """MCP servers that the provider connects to, each with `type`, `name` and `url`."""
    service_tier: CreateMessagesRequestServiceTierValue | None = None
    """The capacity to use: priority capacity if there is some, or standard capacity only."""
    inference_geo: str | None = None
    """The region in which the model runs; None for the default of the workspace."""
    speed: CreateMessagesRequestSpeedValue | None = None
    """The speed mode; `fast` generates more tokens per second at a higher price."""
    diagnostics: dict[str, Any] | None = None
    """Ask why the cache was missed, compared with the answer of `previous_message_id`."""
    compaction: dict[str, Any] | None = None
    """Summarize the conversation in place of an answer: `{"type": "summarize"}`."""
    thread: dict[str, Any] | None = None
    """Keep the conversation at the provider, or continue one that is kept there."""
    fallbacks: str | list[dict[str, Any]] | None = None
    """Models to try, in order, when the requested one declines; or `default`."""
    fallback_credit_token: str | dict[str, Any] | None = None
    """The token from the `stop_details` of a refusal; it lowers the price of the retry."""
    billing_policy: dict[str, Any] | None = None
    """The organization that pays for this request: `{"type": "billing_policy", "bill_to": ...}`."""
    output_format: dict[str, Any] | None = None
    """A schema for the answer. Newer API versions take it as `format` of `output_config`."""


class UnknownMessagesResponseContentBlock(Unknown):
    """A variant of `MessagesResponseContentBlock` that the contract does not list, kept unchanged."""

    __slots__ = ()


if TYPE_CHECKING:
    MessagesResponseContentBlock: TypeAlias = "MessagesTextBlock | MessagesToolUseBlock | MessagesThinkingBlock | MessagesRedactedThinkingBlock | UnknownMessagesResponseContentBlock"
    """One block of a model's message."""
else:

    class MessagesResponseContentBlock(Variants):
        """One block of a model's message."""


class MessagesCacheCreation(_Model, kw_only=True):
    """Tokens written to the cache, by the lifetime of the entry."""

    ephemeral_5m_input_tokens: int | None = None
    """Tokens that are kept for five minutes."""
    ephemeral_1h_input_tokens: int | None = None
    """Tokens that are kept for an hour."""


class MessagesServerToolUsage(_Model, kw_only=True):
    """The number of requests by tools that the provider runs itself."""

    web_search_requests: int | None = None
    """Web searches."""
    web_fetch_requests: int | None = None
    """Pages that were fetched."""


class MessagesOutputTokensDetails(_Model, kw_only=True):
    """Generated tokens by kind."""

    thinking_tokens: int | None = None
    """Tokens of thinking; `output_tokens` includes them."""


class MessagesStopDetails(_Model, kw_only=True):
    """More about the reason why a message ended, such as that of a refusal."""

    type: str | None = None
    """The type of the details, such as `refusal`."""
    category: str | None = None
    """The policy that the request met, such as `cyber` or `bio`."""
    explanation: str | None = None
    """The reason in words, which may change at any time."""
    fallback_credit_token: str | None = None
    """A token that lowers the price of a retry with another model."""
    fallback_has_prefill_claim: bool | None = None
    """True if the retry may begin with the text so far."""
    recommended_model: str | None = None
    """A model that may accept the request."""


class MessagesContainer(_Model, kw_only=True):
    """A container in which the provider ran code."""

    id: str | None = None
    """The id by which another request can use the container."""
    expires_at: str | None = None
    """The time at which the container ends, as RFC 3339 text."""
    skills: list[dict[str, Any]] | None = None
    """The skills that were loaded."""


class MessagesUsage(_Model, kw_only=True):
    """The tokens used by a message. Cached tokens are counted separately."""

    input_tokens: Required[int]
    """Input tokens, without those read from or written to the cache."""
    output_tokens: Required[int]
    """Tokens generated."""
    cache_creation_input_tokens: int | None = None
    """Input tokens written to the cache."""
    cache_read_input_tokens: int | None = None
    """Input tokens found in the cache."""
    cache_creation: MessagesCacheCreation | None = None
    """Tokens written to the cache, by lifetime."""
    server_tool_use: MessagesServerToolUsage | None = None
    """Requests by the provider's own tools."""
    output_tokens_details: MessagesOutputTokensDetails | None = None
    """Generated tokens by kind."""
    service_tier: str | None = None
    """The capacity that was used, such as `standard`, `priority` or `batch`."""
    inference_geo: str | None = None
    """The region in which the model ran."""
    speed: str | None = None
    """The speed mode that was used."""
    iterations: list[dict[str, Any]] | None = None
    """The tokens of each round, when the provider ran tools or compaction in between."""
    fallback_credit: dict[str, Any] | None = None
    """The effect of the `fallback_credit_token` of the request."""


class MessagesResponseType(OpenEnum):
    """The type of the body, `message`."""

    MESSAGE = "message"


if TYPE_CHECKING:
    MessagesResponseTypeValue: TypeAlias = MessagesResponseType | Literal["message"] | str
    """A `MessagesResponseType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesResponseTypeValue = MessagesResponseType


class MessagesResponseRole(OpenEnum):
    """The role, always `assistant`."""

    ASSISTANT = "assistant"


if TYPE_CHECKING:
    MessagesResponseRoleValue: TypeAlias = MessagesResponseRole | Literal["assistant"] | str
    """A `MessagesResponseRole`, or any other string: gateways send values that no contract lists."""
else:
    MessagesResponseRoleValue = MessagesResponseRole


class MessagesResponseStopReason(OpenEnum):
    """The reason why the message ended; null while it is streamed."""

    END_TURN = "end_turn"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    PAUSE_TURN = "pause_turn"
    REFUSAL = "refusal"


if TYPE_CHECKING:
    MessagesResponseStopReasonValue: TypeAlias = MessagesResponseStopReason | Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"] | str
    """A `MessagesResponseStopReason`, or any other string: gateways send values that no contract lists."""
else:
    MessagesResponseStopReasonValue = MessagesResponseStopReason


class MessagesResponse(MessagesAnswer["MessagesToolUseBlock"], WithMeta, _Model, kw_only=True):
    """A whole message of the model."""

    id: Required[str]
    """The provider's id for the message."""
    type: Required[MessagesResponseTypeValue] = field(default_factory=lambda: MessagesResponseType.MESSAGE)
    """The type of the body, `message`."""
    role: Required[MessagesResponseRoleValue] = field(default_factory=lambda: MessagesResponseRole.ASSISTANT)
    """The role, always `assistant`."""
    content: list[MessagesResponseContentBlock]
    """The blocks of the message."""
    model: Required[str]
    """The model that answered, by the provider's own name."""
    stop_reason: MessagesResponseStopReasonValue | None
    """The reason why the message ended; null while it is streamed."""
    stop_sequence: str | None = None
    """The stop sequence that ended the message, if one did."""
    usage: Required[MessagesUsage]
    """The tokens used."""
    stop_details: MessagesStopDetails | None = None
    """More about the reason, such as the category of a refusal."""
    container: MessagesContainer | None = None
    """The container in which the provider ran code."""
    context_management: dict[str, Any] | None = None
    """The edits that were made to keep the conversation short."""
    input_transformations: list[dict[str, Any]] | None = None
    """Blocks of the request that were removed or did not match, each with the reason."""
    diagnostics: dict[str, Any] | None = None
    """The reason why the cache was missed, if asked for."""


class MessagesStreamEventType(OpenEnum):
    """The event's type."""

    MESSAGE_START = "message_start"
    CONTENT_BLOCK_START = "content_block_start"
    CONTENT_BLOCK_DELTA = "content_block_delta"
    CONTENT_BLOCK_STOP = "content_block_stop"
    MESSAGE_DELTA = "message_delta"
    MESSAGE_STOP = "message_stop"
    PING = "ping"
    ERROR = "error"


if TYPE_CHECKING:
    MessagesStreamEventTypeValue: TypeAlias = MessagesStreamEventType | Literal["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "ping", "error"] | str
    """A `MessagesStreamEventType`, or any other string: gateways send values that no contract lists."""
else:
    MessagesStreamEventTypeValue = MessagesStreamEventType


class MessagesStreamEventDelta(_Model, kw_only=True):
    """The new part of a block or of the message."""

    type: str | None = None
    """The type of the piece, such as `text_delta`; absent in `message_delta`."""
    text: str | None = None
    """The next piece of text."""
    partial_json: str | None = None
    """The next piece of a tool call's input, as JSON text."""
    thinking: str | None = None
    """The next piece of thinking."""
    signature: str | None = None
    """The signature of a thinking block."""
    stop_reason: str | None = None
    """The reason why the message ended; in `message_delta`."""
    stop_sequence: str | None = None
    """The stop sequence that ended the message, if one did; in `message_delta`."""
    stop_details: MessagesStopDetails | None = None
    """More about the reason, such as the category of a refusal. In `message_delta`."""
    container: MessagesContainer | None = None
    """The container in which the provider ran code. In `message_delta`."""
    citation: dict[str, Any] | None = None
    """A source of the text; in `citations_delta`."""


class MessagesStreamEventUsage(_Model, kw_only=True):
    """The tokens used so far (cumulative); in `message_delta`."""

    input_tokens: int | None = None
    """Input tokens; some servers report them only in `message_start`."""
    output_tokens: Required[int]
    """Tokens generated so far."""
    cache_creation_input_tokens: int | None = None
    """Input tokens written to the cache."""
    cache_read_input_tokens: int | None = None
    """Input tokens found in the cache."""
    cache_creation: MessagesCacheCreation | None = None
    """Tokens written to the cache, by lifetime."""
    server_tool_use: MessagesServerToolUsage | None = None
    """Requests by the provider's own tools."""
    output_tokens_details: MessagesOutputTokensDetails | None = None
    """Generated tokens by kind."""
    service_tier: str | None = None
    """The capacity that was used, such as `standard`, `priority` or `batch`."""
    inference_geo: str | None = None
    """The region in which the model ran."""
    speed: str | None = None
    """The speed mode that was used."""
    iterations: list[dict[str, Any]] | None = None
    """The tokens of each round, when the provider ran tools or compaction in between."""
    fallback_credit: dict[str, Any] | None = None
    """The effect of the `fallback_credit_token` of the request."""


class MessagesStreamEventError(_Model, kw_only=True):
    """The error itself, or an object that wraps it; in `error` events."""

    type: Required[str]
    """The type of the error, or `error` if it is wrapped."""
    message: str | None = None
    """The error message, if the error is not wrapped."""
    error: MessagesErrorDetail | None = None
    """The error itself, if it is wrapped."""


class MessagesStreamEvent(MessagesEvent, WithMeta, _Model, kw_only=True):
    """One event of a streamed message. Its fields depend on its `type`."""

    type: Required[MessagesStreamEventTypeValue]
    """The event's type."""
    message: MessagesResponse | None = None
    """The message at its start; in `message_start`."""
    index: int | None = None
    """The index of the block that the event is about, from 0."""
    content_block: MessagesResponseContentBlock | None = None
    """The block at its start; in `content_block_start`."""
    delta: MessagesStreamEventDelta | None = None
    """The new part of a block or of the message."""
    usage: MessagesStreamEventUsage | None = None
    """The tokens used so far (cumulative); in `message_delta`."""
    error: MessagesStreamEventError | None = None
    """The error itself, or an object that wraps it; in `error` events."""
    context_management: dict[str, Any] | None = None
    """The edits that were made to keep the conversation short. In `message_delta`."""
    input_transformations: list[dict[str, Any]] | None = None
    """Blocks of the request that were removed or did not match, each with the reason. In `message_delta`."""


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
