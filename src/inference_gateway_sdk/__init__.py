"""The Python client for the Inference Gateway: one typed API, blocking and async.

Importing this package imports nothing else: each name is loaded when it is first used (PEP 562).

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off
# ruff: noqa: A004, E501, I001, UP018

TYPE_CHECKING = bool()  # False; type checkers see True, jedi reads both branches, and typing is not imported
if TYPE_CHECKING:
    from ._client._async.api import AsyncInferenceGatewayAPI as AsyncInferenceGatewayAPI
    from ._client._async.client import AsyncInferenceGatewayClient as AsyncInferenceGatewayClient
    from ._client._async.run_stream import AsyncRunStream as AsyncRunStream
    from ._client._async.stream import AsyncByteStream as AsyncByteStream
    from ._client._async.stream import AsyncStream as AsyncStream
    from ._client._blocking.api import InferenceGatewayAPI as InferenceGatewayAPI
    from ._client._blocking.client import InferenceGatewayClient as InferenceGatewayClient
    from ._client._blocking.run_stream import RunStream as RunStream
    from ._client._blocking.stream import ByteStream as ByteStream
    from ._client._blocking.stream import Stream as Stream
    from ._client.accounts import Budget as Budget
    from ._client.accounts import BudgetReached as BudgetReached
    from ._client.hooks import RequestSent as RequestSent
    from ._client.hooks import ResponseReceived as ResponseReceived
    from ._client.hooks import RetryPlanned as RetryPlanned
    from ._client.ledger import Ledger as Ledger
    from ._client.ledger_rows import LedgerRow as LedgerRow
    from ._client.ledger_rows import LedgerSum as LedgerSum
    from ._client.routes import Candidate as Candidate
    from ._client.routes import RoutePlan as RoutePlan
    from ._client.routes import RouteStatus as RouteStatus
    from ._client.watching import CallBegan as CallBegan
    from ._client.watching import CallEnded as CallEnded
    from ._client.watching import Watcher as Watcher
    from ._generated.audio import CreateMusicRequest as CreateMusicRequest
    from ._generated.audio import CreateMusicRequestResponseFormat as CreateMusicRequestResponseFormat
    from ._generated.audio import CreateSFXRequest as CreateSFXRequest
    from ._generated.audio import CreateSfxRequest as CreateSfxRequest
    from ._generated.audio import CreateSfxRequestResponseFormat as CreateSfxRequestResponseFormat
    from ._generated.audio import CreateSpeechRequest as CreateSpeechRequest
    from ._generated.audio import CreateSpeechRequestResponseFormat as CreateSpeechRequestResponseFormat
    from ._generated.chat import ChatCompletionChoice as ChatCompletionChoice
    from ._generated.chat import ChatCompletionChoiceLogprobs as ChatCompletionChoiceLogprobs
    from ._generated.chat import ChatCompletionMessageToolCall as ChatCompletionMessageToolCall
    from ._generated.chat import ChatCompletionMessageToolCallChunk as ChatCompletionMessageToolCallChunk
    from ._generated.chat import ChatCompletionMessageToolCallChunkFunction as ChatCompletionMessageToolCallChunkFunction
    from ._generated.chat import ChatCompletionMessageToolCallFunction as ChatCompletionMessageToolCallFunction
    from ._generated.chat import ChatCompletionNamedToolChoice as ChatCompletionNamedToolChoice
    from ._generated.chat import ChatCompletionNamedToolChoiceFunction as ChatCompletionNamedToolChoiceFunction
    from ._generated.chat import ChatCompletionStreamChoice as ChatCompletionStreamChoice
    from ._generated.chat import ChatCompletionStreamChoiceLogprobs as ChatCompletionStreamChoiceLogprobs
    from ._generated.chat import ChatCompletionStreamOptions as ChatCompletionStreamOptions
    from ._generated.chat import ChatCompletionStreamResponseDelta as ChatCompletionStreamResponseDelta
    from ._generated.chat import ChatCompletionTokenLogprob as ChatCompletionTokenLogprob
    from ._generated.chat import ChatCompletionTokenLogprobTopLogprobsItem as ChatCompletionTokenLogprobTopLogprobsItem
    from ._generated.chat import ChatCompletionTool as ChatCompletionTool
    from ._generated.chat import ChatCompletionToolChoiceMode as ChatCompletionToolChoiceMode
    from ._generated.chat import ChatCompletionToolChoiceOption as ChatCompletionToolChoiceOption
    from ._generated.chat import ChatCompletionToolType as ChatCompletionToolType
    from ._generated.chat import CompletionUsage as CompletionUsage
    from ._generated.chat import CompletionUsageCompletionTokensDetails as CompletionUsageCompletionTokensDetails
    from ._generated.chat import CompletionUsagePromptTokensDetails as CompletionUsagePromptTokensDetails
    from ._generated.chat import ContentPart as ContentPart
    from ._generated.chat import CreateChatCompletionRequest as CreateChatCompletionRequest
    from ._generated.chat import CreateChatCompletionRequestReasoningEffort as CreateChatCompletionRequestReasoningEffort
    from ._generated.chat import CreateChatCompletionRequestResponseFormat as CreateChatCompletionRequestResponseFormat
    from ._generated.chat import CreateChatCompletionResponse as CreateChatCompletionResponse
    from ._generated.chat import CreateChatCompletionStreamResponse as CreateChatCompletionStreamResponse
    from ._generated.chat import FinishReason as FinishReason
    from ._generated.chat import FunctionObject as FunctionObject
    from ._generated.chat import FunctionParameters as FunctionParameters
    from ._generated.chat import ImageContentPart as ImageContentPart
    from ._generated.chat import ImageContentPartType as ImageContentPartType
    from ._generated.chat import ImageUrl as ImageUrl
    from ._generated.chat import ImageUrlDetail as ImageUrlDetail
    from ._generated.chat import Message as Message
    from ._generated.chat import MessageContent as MessageContent
    from ._generated.chat import MessageRole as MessageRole
    from ._generated.chat import ResponseFormatJsonObject as ResponseFormatJsonObject
    from ._generated.chat import ResponseFormatJsonObjectType as ResponseFormatJsonObjectType
    from ._generated.chat import ResponseFormatJsonSchema as ResponseFormatJsonSchema
    from ._generated.chat import ResponseFormatJsonSchemaJsonSchema as ResponseFormatJsonSchemaJsonSchema
    from ._generated.chat import ResponseFormatJsonSchemaSchema as ResponseFormatJsonSchemaSchema
    from ._generated.chat import ResponseFormatJsonSchemaType as ResponseFormatJsonSchemaType
    from ._generated.chat import ResponseFormatText as ResponseFormatText
    from ._generated.chat import ResponseFormatTextType as ResponseFormatTextType
    from ._generated.chat import TextContentPart as TextContentPart
    from ._generated.chat import TextContentPartType as TextContentPartType
    from ._generated.chat import ToolCallExtraContent as ToolCallExtraContent
    from ._generated.chat import ToolCallExtraContentGoogle as ToolCallExtraContentGoogle
    from ._generated.chat import UnknownContentPart as UnknownContentPart
    from ._generated.chat import UnknownCreateChatCompletionRequestResponseFormat as UnknownCreateChatCompletionRequestResponseFormat
    from ._generated.gateway import Config as Config
    from ._generated.gateway import Endpoints as Endpoints
    from ._generated.gateway import Error as Error
    from ._generated.gateway import Provider as Provider
    from ._generated.gateway import ProviderAuthType as ProviderAuthType
    from ._generated.gateway import ProviderRequest as ProviderRequest
    from ._generated.gateway import ProviderRequestMessagesItem as ProviderRequestMessagesItem
    from ._generated.gateway import ProviderSpecificResponse as ProviderSpecificResponse
    from ._generated.gateway import SsEvent as SsEvent
    from ._generated.gateway import SsEventEvent as SsEventEvent
    from ._generated.images import CreateImageEditRequest as CreateImageEditRequest
    from ._generated.images import CreateImageEditRequestQuality as CreateImageEditRequestQuality
    from ._generated.images import CreateImageEditRequestResponseFormat as CreateImageEditRequestResponseFormat
    from ._generated.images import CreateImageRequest as CreateImageRequest
    from ._generated.images import CreateImageRequestQuality as CreateImageRequestQuality
    from ._generated.images import CreateImageRequestResponseFormat as CreateImageRequestResponseFormat
    from ._generated.images import CreateImageVariationRequest as CreateImageVariationRequest
    from ._generated.images import CreateImageVariationRequestResponseFormat as CreateImageVariationRequestResponseFormat
    from ._generated.images import Image as Image
    from ._generated.images import ImageSize as ImageSize
    from ._generated.images import ImagesResponse as ImagesResponse
    from ._generated.images import ImagesResponseUsage as ImagesResponseUsage
    from ._generated.images import ImagesResponseUsageInputTokensDetails as ImagesResponseUsageInputTokensDetails
    from ._generated.mcp import ListToolsResponse as ListToolsResponse
    from ._generated.mcp import MCPJSONRPCError as MCPJSONRPCError
    from ._generated.mcp import MCPJSONRPCRequest as MCPJSONRPCRequest
    from ._generated.mcp import MCPJSONRPCResponse as MCPJSONRPCResponse
    from ._generated.mcp import McpJsonRpcError as McpJsonRpcError
    from ._generated.mcp import McpJsonRpcRequest as McpJsonRpcRequest
    from ._generated.mcp import McpJsonRpcRequestJsonrpc as McpJsonRpcRequestJsonrpc
    from ._generated.mcp import McpJsonRpcRequestMethod as McpJsonRpcRequestMethod
    from ._generated.mcp import McpJsonRpcResponse as McpJsonRpcResponse
    from ._generated.mcp import McpJsonRpcResponseJsonrpc as McpJsonRpcResponseJsonrpc
    from ._generated.mcp import McpTool as McpTool
    from ._generated.mcp import OAuthProtectedResourceMetadata as OAuthProtectedResourceMetadata
    from ._generated.messages import CacheControl as CacheControl
    from ._generated.messages import CacheControlTtl as CacheControlTtl
    from ._generated.messages import CacheControlType as CacheControlType
    from ._generated.messages import CreateMessagesRequest as CreateMessagesRequest
    from ._generated.messages import CreateMessagesRequestServiceTier as CreateMessagesRequestServiceTier
    from ._generated.messages import CreateMessagesRequestSpeed as CreateMessagesRequestSpeed
    from ._generated.messages import CreateMessagesRequestThinking as CreateMessagesRequestThinking
    from ._generated.messages import CreateMessagesRequestThinkingType as CreateMessagesRequestThinkingType
    from ._generated.messages import MessagesCacheCreation as MessagesCacheCreation
    from ._generated.messages import MessagesContainer as MessagesContainer
    from ._generated.messages import MessagesDocumentBlock as MessagesDocumentBlock
    from ._generated.messages import MessagesDocumentBlockType as MessagesDocumentBlockType
    from ._generated.messages import MessagesDocumentSource as MessagesDocumentSource
    from ._generated.messages import MessagesDocumentSourceType as MessagesDocumentSourceType
    from ._generated.messages import MessagesError as MessagesError
    from ._generated.messages import MessagesErrorDetail as MessagesErrorDetail
    from ._generated.messages import MessagesErrorType as MessagesErrorType
    from ._generated.messages import MessagesImageBlock as MessagesImageBlock
    from ._generated.messages import MessagesImageBlockType as MessagesImageBlockType
    from ._generated.messages import MessagesImageSource as MessagesImageSource
    from ._generated.messages import MessagesImageSourceType as MessagesImageSourceType
    from ._generated.messages import MessagesMessage as MessagesMessage
    from ._generated.messages import MessagesMessageRole as MessagesMessageRole
    from ._generated.messages import MessagesMetadata as MessagesMetadata
    from ._generated.messages import MessagesOutputConfig as MessagesOutputConfig
    from ._generated.messages import MessagesOutputConfigEffort as MessagesOutputConfigEffort
    from ._generated.messages import MessagesOutputTokensDetails as MessagesOutputTokensDetails
    from ._generated.messages import MessagesRedactedThinkingBlock as MessagesRedactedThinkingBlock
    from ._generated.messages import MessagesRedactedThinkingBlockType as MessagesRedactedThinkingBlockType
    from ._generated.messages import MessagesRequestContentBlock as MessagesRequestContentBlock
    from ._generated.messages import MessagesResponse as MessagesResponse
    from ._generated.messages import MessagesResponseContentBlock as MessagesResponseContentBlock
    from ._generated.messages import MessagesResponseRole as MessagesResponseRole
    from ._generated.messages import MessagesResponseStopReason as MessagesResponseStopReason
    from ._generated.messages import MessagesResponseType as MessagesResponseType
    from ._generated.messages import MessagesServerToolUsage as MessagesServerToolUsage
    from ._generated.messages import MessagesStopDetails as MessagesStopDetails
    from ._generated.messages import MessagesStreamEvent as MessagesStreamEvent
    from ._generated.messages import MessagesStreamEventDelta as MessagesStreamEventDelta
    from ._generated.messages import MessagesStreamEventError as MessagesStreamEventError
    from ._generated.messages import MessagesStreamEventType as MessagesStreamEventType
    from ._generated.messages import MessagesStreamEventUsage as MessagesStreamEventUsage
    from ._generated.messages import MessagesTextBlock as MessagesTextBlock
    from ._generated.messages import MessagesTextBlockType as MessagesTextBlockType
    from ._generated.messages import MessagesThinkingBlock as MessagesThinkingBlock
    from ._generated.messages import MessagesThinkingBlockType as MessagesThinkingBlockType
    from ._generated.messages import MessagesTool as MessagesTool
    from ._generated.messages import MessagesToolChoice as MessagesToolChoice
    from ._generated.messages import MessagesToolChoiceMode as MessagesToolChoiceMode
    from ._generated.messages import MessagesToolChoiceObject as MessagesToolChoiceObject
    from ._generated.messages import MessagesToolChoiceObjectType as MessagesToolChoiceObjectType
    from ._generated.messages import MessagesToolResultBlock as MessagesToolResultBlock
    from ._generated.messages import MessagesToolResultBlockType as MessagesToolResultBlockType
    from ._generated.messages import MessagesToolUseBlock as MessagesToolUseBlock
    from ._generated.messages import MessagesToolUseBlockType as MessagesToolUseBlockType
    from ._generated.messages import MessagesUsage as MessagesUsage
    from ._generated.messages import UnknownMessagesRequestContentBlock as UnknownMessagesRequestContentBlock
    from ._generated.messages import UnknownMessagesResponseContentBlock as UnknownMessagesResponseContentBlock
    from ._generated.metrics import ExportMetricsServiceRequest as ExportMetricsServiceRequest
    from ._generated.metrics import ExportMetricsServiceResponse as ExportMetricsServiceResponse
    from ._generated.metrics import ExportMetricsServiceResponsePartialSuccess as ExportMetricsServiceResponsePartialSuccess
    from ._generated.models import ContextWindow as ContextWindow
    from ._generated.models import ContextWindowSource as ContextWindowSource
    from ._generated.models import ListModelsResponse as ListModelsResponse
    from ._generated.models import Modality as Modality
    from ._generated.models import Model as Model
    from ._generated.models import ModelModalities as ModelModalities
    from ._generated.models import Pricing as Pricing
    from ._generated.models import PricingSource as PricingSource
    from ._generated.params import CreateChatCompletionParams as CreateChatCompletionParams
    from ._generated.params import CreateImageEditParams as CreateImageEditParams
    from ._generated.params import CreateImageParams as CreateImageParams
    from ._generated.params import CreateImageVariationParams as CreateImageVariationParams
    from ._generated.params import CreateMessagesParams as CreateMessagesParams
    from ._generated.params import CreateMusicParams as CreateMusicParams
    from ._generated.params import CreateResponseParams as CreateResponseParams
    from ._generated.params import CreateSfxParams as CreateSfxParams
    from ._generated.params import CreateSpeechParams as CreateSpeechParams
    from ._generated.params import CreateVideoParams as CreateVideoParams
    from ._generated.params import ExportMetricsServiceParams as ExportMetricsServiceParams
    from ._generated.params import McpJsonRpcParams as McpJsonRpcParams
    from ._generated.params import ProviderParams as ProviderParams
    from ._generated.responses import CreateResponseRequest as CreateResponseRequest
    from ._generated.responses import CreateResponseRequestPromptCacheRetention as CreateResponseRequestPromptCacheRetention
    from ._generated.responses import CreateResponseRequestServiceTier as CreateResponseRequestServiceTier
    from ._generated.responses import CreateResponseRequestTruncation as CreateResponseRequestTruncation
    from ._generated.responses import Response as Response
    from ._generated.responses import ResponseConversation as ResponseConversation
    from ._generated.responses import ResponseError as ResponseError
    from ._generated.responses import ResponseFunctionToolCall as ResponseFunctionToolCall
    from ._generated.responses import ResponseFunctionToolCallStatus as ResponseFunctionToolCallStatus
    from ._generated.responses import ResponseFunctionToolCallType as ResponseFunctionToolCallType
    from ._generated.responses import ResponseIncludable as ResponseIncludable
    from ._generated.responses import ResponseIncompleteDetails as ResponseIncompleteDetails
    from ._generated.responses import ResponseInput as ResponseInput
    from ._generated.responses import ResponseInputContentPart as ResponseInputContentPart
    from ._generated.responses import ResponseInputImage as ResponseInputImage
    from ._generated.responses import ResponseInputImageDetail as ResponseInputImageDetail
    from ._generated.responses import ResponseInputImageType as ResponseInputImageType
    from ._generated.responses import ResponseInputItem as ResponseInputItem
    from ._generated.responses import ResponseInputMessageContent as ResponseInputMessageContent
    from ._generated.responses import ResponseInputText as ResponseInputText
    from ._generated.responses import ResponseInputTextType as ResponseInputTextType
    from ._generated.responses import ResponseOutputContent as ResponseOutputContent
    from ._generated.responses import ResponseOutputItem as ResponseOutputItem
    from ._generated.responses import ResponseOutputMessage as ResponseOutputMessage
    from ._generated.responses import ResponseOutputMessagePhase as ResponseOutputMessagePhase
    from ._generated.responses import ResponseOutputMessageRole as ResponseOutputMessageRole
    from ._generated.responses import ResponseOutputMessageStatus as ResponseOutputMessageStatus
    from ._generated.responses import ResponseOutputMessageType as ResponseOutputMessageType
    from ._generated.responses import ResponseOutputRefusal as ResponseOutputRefusal
    from ._generated.responses import ResponseOutputRefusalType as ResponseOutputRefusalType
    from ._generated.responses import ResponseOutputText as ResponseOutputText
    from ._generated.responses import ResponseOutputTextType as ResponseOutputTextType
    from ._generated.responses import ResponseReasoning as ResponseReasoning
    from ._generated.responses import ResponseReasoningContext as ResponseReasoningContext
    from ._generated.responses import ResponseReasoningEffort as ResponseReasoningEffort
    from ._generated.responses import ResponseReasoningItem as ResponseReasoningItem
    from ._generated.responses import ResponseReasoningItemStatus as ResponseReasoningItemStatus
    from ._generated.responses import ResponseReasoningItemType as ResponseReasoningItemType
    from ._generated.responses import ResponseReasoningSummary as ResponseReasoningSummary
    from ._generated.responses import ResponseReasoningSummaryPart as ResponseReasoningSummaryPart
    from ._generated.responses import ResponseReasoningSummaryPartType as ResponseReasoningSummaryPartType
    from ._generated.responses import ResponseReasoningText as ResponseReasoningText
    from ._generated.responses import ResponseRole as ResponseRole
    from ._generated.responses import ResponseStatus as ResponseStatus
    from ._generated.responses import ResponseStreamEvent as ResponseStreamEvent
    from ._generated.responses import ResponseStreamEventPart as ResponseStreamEventPart
    from ._generated.responses import ResponseTextConfig as ResponseTextConfig
    from ._generated.responses import ResponseTextConfigFormat as ResponseTextConfigFormat
    from ._generated.responses import ResponseTextConfigFormatType as ResponseTextConfigFormatType
    from ._generated.responses import ResponseTextConfigVerbosity as ResponseTextConfigVerbosity
    from ._generated.responses import ResponseTool as ResponseTool
    from ._generated.responses import ResponseToolChoice as ResponseToolChoice
    from ._generated.responses import ResponseToolChoiceFunction as ResponseToolChoiceFunction
    from ._generated.responses import ResponseToolChoiceFunctionType as ResponseToolChoiceFunctionType
    from ._generated.responses import ResponseToolChoiceMode as ResponseToolChoiceMode
    from ._generated.responses import ResponseToolDefinition as ResponseToolDefinition
    from ._generated.responses import ResponseToolType as ResponseToolType
    from ._generated.responses import ResponseUsage as ResponseUsage
    from ._generated.responses import ResponseUsageInputTokensDetails as ResponseUsageInputTokensDetails
    from ._generated.responses import ResponseUsageOutputTokensDetails as ResponseUsageOutputTokensDetails
    from ._generated.responses import UnknownResponseInputContentPart as UnknownResponseInputContentPart
    from ._generated.responses import UnknownResponseOutputContent as UnknownResponseOutputContent
    from ._generated.responses import UnknownResponseOutputItem as UnknownResponseOutputItem
    from ._generated.responses import UnknownResponseStreamEventPart as UnknownResponseStreamEventPart
    from ._generated.responses import UnknownResponseToolDefinition as UnknownResponseToolDefinition
    from ._generated.video import CreateVideoRequest as CreateVideoRequest
    from ._generated.video import VideoJob as VideoJob
    from ._generated.video import VideoJobError as VideoJobError
    from ._generated.video import VideoJobObject as VideoJobObject
    from ._generated.video import VideoJobStatus as VideoJobStatus
    from ._model.cost import Cost as Cost
    from ._model.cost import CostPart as CostPart
    from ._model.cost import FREE as FREE
    from ._model.cost import Price as Price
    from ._model.unknown_fields import Meta as Meta
    from ._model.unknown_fields import Tried as Tried
    from ._model.usage import Usage as Usage
    from ._routing.candidates import Fallback as Fallback
    from ._run.render import Loss as Loss
    from ._run.result import Limits as Limits
    from ._run.result import OutputError as OutputError
    from ._run.result import Run as Run
    from ._run.result import RunError as RunError
    from ._run.result import RunLimitError as RunLimitError
    from ._run.result import RunPausedError as RunPausedError
    from ._run.result import ToolRaisedError as ToolRaisedError
    from ._run.transcript import RunCall as RunCall
    from ._run.transcript import Transcript as Transcript
    from ._run.turn import ToolDone as ToolDone
    from ._run.turn import ToolRun as ToolRun
    from ._schema.adapter import Problem as Problem
    from ._streams.dialect import ByteDialect as ByteDialect
    from ._streams.dialect import JsonEventDialect as JsonEventDialect
    from ._tools.tool import Tool as Tool
    from ._tools.tool import ToolError as ToolError
    from ._tools.tool import tool as tool
    from ._transport.httpx2 import AsyncHttpx2Driver as AsyncHttpx2Driver
    from ._transport.httpx2 import Httpx2Driver as Httpx2Driver
    from ._version import __version__ as __version__
    from ._wire.audio import Audio as Audio
    from ._wire.authoring import assistant as assistant
    from ._wire.authoring import image_part as image_part
    from ._wire.authoring import system as system
    from ._wire.authoring import tool_result as tool_result
    from ._wire.authoring import user as user
    from ._wire.call import BaseCall as BaseCall
    from ._wire.call import Call as Call
    from ._wire.call import Dialect as Dialect
    from ._wire.call import Idempotency as Idempotency
    from ._wire.call import Reply as Reply
    from ._wire.call import StreamCall as StreamCall
    from ._wire.deltas import Delta as Delta
    from ._wire.deltas import Finish as Finish
    from ._wire.deltas import ReasoningDelta as ReasoningDelta
    from ._wire.deltas import RefusalDelta as RefusalDelta
    from ._wire.deltas import Restarted as Restarted
    from ._wire.deltas import TextDelta as TextDelta
    from ._wire.deltas import ToolCallDelta as ToolCallDelta
    from ._wire.deltas import ToolCallEnd as ToolCallEnd
    from ._wire.deltas import ToolCallStart as ToolCallStart
    from ._wire.deltas import TurnEnd as TurnEnd
    from ._wire.deltas import UsageReport as UsageReport
    from ._wire.headers import Headers as Headers
    from ._wire.mcp import MCP_PROTOCOL_VERSION as MCP_PROTOCOL_VERSION
    from ._wire.mcp import McpServerTool as McpServerTool
    from ._wire.mcp import McpToolResult as McpToolResult
    from ._wire.proxy import ProxyReply as ProxyReply
    from ._wire.retry import RetryPolicy as RetryPolicy
    from ._wire.sse import SSEvents as SSEvents
    from ._wire.timeouts import Timeouts as Timeouts
    from ._wire.videos import Video as Video
    from ._wire.videos import VideoFailedError as VideoFailedError
    from .batch.state import BatchItem as BatchItem
    from .batch.state import BatchOutcome as BatchOutcome
    from .batch.state import BatchProgress as BatchProgress
    from .doctor import diagnose as diagnose
    from .doctor.report import Diagnosis as Diagnosis
    from .doctor.report import Finding as Finding
    from .errors import AllRoutesFailedError as AllRoutesFailedError
    from .errors import BadGatewayError as BadGatewayError
    from .errors import BadRequestError as BadRequestError
    from .errors import BatchBusyError as BatchBusyError
    from .errors import BatchMismatchError as BatchMismatchError
    from .errors import BudgetExceededError as BudgetExceededError
    from .errors import ConnectError as ConnectError
    from .errors import DecodingError as DecodingError
    from .errors import DeserializationError as DeserializationError
    from .errors import ForbiddenError as ForbiddenError
    from .errors import GatewayError as GatewayError
    from .errors import GatewayTimeoutError as GatewayTimeoutError
    from .errors import InternalError as InternalError
    from .errors import NotFoundError as NotFoundError
    from .errors import OverloadedError as OverloadedError
    from .errors import PayloadTooLargeError as PayloadTooLargeError
    from .errors import RateLimitError as RateLimitError
    from .errors import RequestError as RequestError
    from .errors import ResponseTooLargeError as ResponseTooLargeError
    from .errors import SerializationError as SerializationError
    from .errors import ServiceUnavailableError as ServiceUnavailableError
    from .errors import StatusError as StatusError
    from .errors import StreamError as StreamError
    from .errors import StreamStalledError as StreamStalledError
    from .errors import StreamTruncatedError as StreamTruncatedError
    from .errors import TimeoutError as TimeoutError
    from .errors import UnauthorizedError as UnauthorizedError
    from .errors import UnprocessableError as UnprocessableError
    from .errors import UnsupportedMediaTypeError as UnsupportedMediaTypeError

__all__ = [
    "FREE",
    "MCP_PROTOCOL_VERSION",
    "AllRoutesFailedError",
    "AsyncByteStream",
    "AsyncInferenceGatewayAPI",
    "AsyncInferenceGatewayClient",
    "AsyncRunStream",
    "AsyncStream",
    "Audio",
    "BadGatewayError",
    "BadRequestError",
    "BaseCall",
    "BatchBusyError",
    "BatchItem",
    "BatchMismatchError",
    "BatchOutcome",
    "BatchProgress",
    "Budget",
    "BudgetExceededError",
    "BudgetReached",
    "ByteDialect",
    "ByteStream",
    "CacheControl",
    "CacheControlTtl",
    "CacheControlType",
    "Call",
    "CallBegan",
    "CallEnded",
    "Candidate",
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
    "Config",
    "ConnectError",
    "ContentPart",
    "ContextWindow",
    "ContextWindowSource",
    "Cost",
    "CostPart",
    "CreateChatCompletionParams",
    "CreateChatCompletionRequest",
    "CreateChatCompletionRequestReasoningEffort",
    "CreateChatCompletionRequestResponseFormat",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    "CreateImageEditParams",
    "CreateImageEditRequest",
    "CreateImageEditRequestQuality",
    "CreateImageEditRequestResponseFormat",
    "CreateImageParams",
    "CreateImageRequest",
    "CreateImageRequestQuality",
    "CreateImageRequestResponseFormat",
    "CreateImageVariationParams",
    "CreateImageVariationRequest",
    "CreateImageVariationRequestResponseFormat",
    "CreateMessagesParams",
    "CreateMessagesRequest",
    "CreateMessagesRequestServiceTier",
    "CreateMessagesRequestSpeed",
    "CreateMessagesRequestThinking",
    "CreateMessagesRequestThinkingType",
    "CreateMusicParams",
    "CreateMusicRequest",
    "CreateMusicRequestResponseFormat",
    "CreateResponseParams",
    "CreateResponseRequest",
    "CreateResponseRequestPromptCacheRetention",
    "CreateResponseRequestServiceTier",
    "CreateResponseRequestTruncation",
    "CreateSFXRequest",
    "CreateSfxParams",
    "CreateSfxRequest",
    "CreateSfxRequestResponseFormat",
    "CreateSpeechParams",
    "CreateSpeechRequest",
    "CreateSpeechRequestResponseFormat",
    "CreateVideoParams",
    "CreateVideoRequest",
    "DecodingError",
    "Delta",
    "DeserializationError",
    "Diagnosis",
    "Dialect",
    "Endpoints",
    "Error",
    "ExportMetricsServiceParams",
    "ExportMetricsServiceRequest",
    "ExportMetricsServiceResponse",
    "ExportMetricsServiceResponsePartialSuccess",
    "Fallback",
    "Finding",
    "Finish",
    "FinishReason",
    "ForbiddenError",
    "FunctionObject",
    "FunctionParameters",
    "GatewayError",
    "GatewayTimeoutError",
    "Headers",
    "Idempotency",
    "Image",
    "ImageContentPart",
    "ImageContentPartType",
    "ImageSize",
    "ImageUrl",
    "ImageUrlDetail",
    "ImagesResponse",
    "ImagesResponseUsage",
    "ImagesResponseUsageInputTokensDetails",
    "InferenceGatewayAPI",
    "InferenceGatewayClient",
    "InternalError",
    "JsonEventDialect",
    "Ledger",
    "LedgerRow",
    "LedgerSum",
    "Limits",
    "ListModelsResponse",
    "ListToolsResponse",
    "Loss",
    "MCPJSONRPCError",
    "MCPJSONRPCRequest",
    "MCPJSONRPCResponse",
    "McpJsonRpcError",
    "McpJsonRpcParams",
    "McpJsonRpcRequest",
    "McpJsonRpcRequestJsonrpc",
    "McpJsonRpcRequestMethod",
    "McpJsonRpcResponse",
    "McpJsonRpcResponseJsonrpc",
    "McpServerTool",
    "McpTool",
    "McpToolResult",
    "Message",
    "MessageContent",
    "MessageRole",
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
    "Meta",
    "Modality",
    "Model",
    "ModelModalities",
    "NotFoundError",
    "OAuthProtectedResourceMetadata",
    "OutputError",
    "OverloadedError",
    "PayloadTooLargeError",
    "Price",
    "Pricing",
    "PricingSource",
    "Problem",
    "Provider",
    "ProviderAuthType",
    "ProviderParams",
    "ProviderRequest",
    "ProviderRequestMessagesItem",
    "ProviderSpecificResponse",
    "ProxyReply",
    "RateLimitError",
    "ReasoningDelta",
    "RefusalDelta",
    "Reply",
    "RequestError",
    "RequestSent",
    "Response",
    "ResponseConversation",
    "ResponseError",
    "ResponseFormatJsonObject",
    "ResponseFormatJsonObjectType",
    "ResponseFormatJsonSchema",
    "ResponseFormatJsonSchemaJsonSchema",
    "ResponseFormatJsonSchemaSchema",
    "ResponseFormatJsonSchemaType",
    "ResponseFormatText",
    "ResponseFormatTextType",
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
    "ResponseReceived",
    "ResponseRole",
    "ResponseStatus",
    "ResponseStreamEvent",
    "ResponseStreamEventPart",
    "ResponseTextConfig",
    "ResponseTextConfigFormat",
    "ResponseTextConfigFormatType",
    "ResponseTextConfigVerbosity",
    "ResponseTooLargeError",
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
    "Restarted",
    "RetryPlanned",
    "RetryPolicy",
    "RoutePlan",
    "RouteStatus",
    "Run",
    "RunCall",
    "RunError",
    "RunLimitError",
    "RunPausedError",
    "RunStream",
    "SSEvents",
    "SerializationError",
    "ServiceUnavailableError",
    "SsEvent",
    "SsEventEvent",
    "StatusError",
    "Stream",
    "StreamCall",
    "StreamError",
    "StreamStalledError",
    "StreamTruncatedError",
    "TextContentPart",
    "TextContentPartType",
    "TextDelta",
    "TimeoutError",
    "Timeouts",
    "Tool",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallExtraContent",
    "ToolCallExtraContentGoogle",
    "ToolCallStart",
    "ToolDone",
    "ToolError",
    "ToolRaisedError",
    "ToolRun",
    "Transcript",
    "Tried",
    "TurnEnd",
    "UnauthorizedError",
    "UnknownContentPart",
    "UnknownCreateChatCompletionRequestResponseFormat",
    "UnknownMessagesRequestContentBlock",
    "UnknownMessagesResponseContentBlock",
    "UnknownResponseInputContentPart",
    "UnknownResponseOutputContent",
    "UnknownResponseOutputItem",
    "UnknownResponseStreamEventPart",
    "UnknownResponseToolDefinition",
    "UnprocessableError",
    "UnsupportedMediaTypeError",
    "Usage",
    "UsageReport",
    "Video",
    "VideoFailedError",
    "VideoJob",
    "VideoJobError",
    "VideoJobObject",
    "VideoJobStatus",
    "Watcher",
    "__version__",
    "assistant",
    "diagnose",
    "image_part",
    "system",
    "tool",
    "tool_result",
    "user",
]

if not TYPE_CHECKING:  # type checkers would accept any name of a module with __getattr__
    _HOMES = {
        "AsyncInferenceGatewayAPI": "_client._async.api",
        "AsyncInferenceGatewayClient": "_client._async.client",
        "AsyncRunStream": "_client._async.run_stream",
        "AsyncByteStream": "_client._async.stream",
        "AsyncStream": "_client._async.stream",
        "InferenceGatewayAPI": "_client._blocking.api",
        "InferenceGatewayClient": "_client._blocking.client",
        "RunStream": "_client._blocking.run_stream",
        "ByteStream": "_client._blocking.stream",
        "Stream": "_client._blocking.stream",
        "Budget": "_client.accounts",
        "BudgetReached": "_client.accounts",
        "RequestSent": "_client.hooks",
        "ResponseReceived": "_client.hooks",
        "RetryPlanned": "_client.hooks",
        "Ledger": "_client.ledger",
        "LedgerRow": "_client.ledger_rows",
        "LedgerSum": "_client.ledger_rows",
        "Candidate": "_client.routes",
        "RoutePlan": "_client.routes",
        "RouteStatus": "_client.routes",
        "CallBegan": "_client.watching",
        "CallEnded": "_client.watching",
        "Watcher": "_client.watching",
        "CreateMusicRequest": "_generated.audio",
        "CreateMusicRequestResponseFormat": "_generated.audio",
        "CreateSFXRequest": "_generated.audio",
        "CreateSfxRequest": "_generated.audio",
        "CreateSfxRequestResponseFormat": "_generated.audio",
        "CreateSpeechRequest": "_generated.audio",
        "CreateSpeechRequestResponseFormat": "_generated.audio",
        "ChatCompletionChoice": "_generated.chat",
        "ChatCompletionChoiceLogprobs": "_generated.chat",
        "ChatCompletionMessageToolCall": "_generated.chat",
        "ChatCompletionMessageToolCallChunk": "_generated.chat",
        "ChatCompletionMessageToolCallChunkFunction": "_generated.chat",
        "ChatCompletionMessageToolCallFunction": "_generated.chat",
        "ChatCompletionNamedToolChoice": "_generated.chat",
        "ChatCompletionNamedToolChoiceFunction": "_generated.chat",
        "ChatCompletionStreamChoice": "_generated.chat",
        "ChatCompletionStreamChoiceLogprobs": "_generated.chat",
        "ChatCompletionStreamOptions": "_generated.chat",
        "ChatCompletionStreamResponseDelta": "_generated.chat",
        "ChatCompletionTokenLogprob": "_generated.chat",
        "ChatCompletionTokenLogprobTopLogprobsItem": "_generated.chat",
        "ChatCompletionTool": "_generated.chat",
        "ChatCompletionToolChoiceMode": "_generated.chat",
        "ChatCompletionToolChoiceOption": "_generated.chat",
        "ChatCompletionToolType": "_generated.chat",
        "CompletionUsage": "_generated.chat",
        "CompletionUsageCompletionTokensDetails": "_generated.chat",
        "CompletionUsagePromptTokensDetails": "_generated.chat",
        "ContentPart": "_generated.chat",
        "CreateChatCompletionRequest": "_generated.chat",
        "CreateChatCompletionRequestReasoningEffort": "_generated.chat",
        "CreateChatCompletionRequestResponseFormat": "_generated.chat",
        "CreateChatCompletionResponse": "_generated.chat",
        "CreateChatCompletionStreamResponse": "_generated.chat",
        "FinishReason": "_generated.chat",
        "FunctionObject": "_generated.chat",
        "FunctionParameters": "_generated.chat",
        "ImageContentPart": "_generated.chat",
        "ImageContentPartType": "_generated.chat",
        "ImageUrl": "_generated.chat",
        "ImageUrlDetail": "_generated.chat",
        "Message": "_generated.chat",
        "MessageContent": "_generated.chat",
        "MessageRole": "_generated.chat",
        "ResponseFormatJsonObject": "_generated.chat",
        "ResponseFormatJsonObjectType": "_generated.chat",
        "ResponseFormatJsonSchema": "_generated.chat",
        "ResponseFormatJsonSchemaJsonSchema": "_generated.chat",
        "ResponseFormatJsonSchemaSchema": "_generated.chat",
        "ResponseFormatJsonSchemaType": "_generated.chat",
        "ResponseFormatText": "_generated.chat",
        "ResponseFormatTextType": "_generated.chat",
        "TextContentPart": "_generated.chat",
        "TextContentPartType": "_generated.chat",
        "ToolCallExtraContent": "_generated.chat",
        "ToolCallExtraContentGoogle": "_generated.chat",
        "UnknownContentPart": "_generated.chat",
        "UnknownCreateChatCompletionRequestResponseFormat": "_generated.chat",
        "Config": "_generated.gateway",
        "Endpoints": "_generated.gateway",
        "Error": "_generated.gateway",
        "Provider": "_generated.gateway",
        "ProviderAuthType": "_generated.gateway",
        "ProviderRequest": "_generated.gateway",
        "ProviderRequestMessagesItem": "_generated.gateway",
        "ProviderSpecificResponse": "_generated.gateway",
        "SsEvent": "_generated.gateway",
        "SsEventEvent": "_generated.gateway",
        "CreateImageEditRequest": "_generated.images",
        "CreateImageEditRequestQuality": "_generated.images",
        "CreateImageEditRequestResponseFormat": "_generated.images",
        "CreateImageRequest": "_generated.images",
        "CreateImageRequestQuality": "_generated.images",
        "CreateImageRequestResponseFormat": "_generated.images",
        "CreateImageVariationRequest": "_generated.images",
        "CreateImageVariationRequestResponseFormat": "_generated.images",
        "Image": "_generated.images",
        "ImageSize": "_generated.images",
        "ImagesResponse": "_generated.images",
        "ImagesResponseUsage": "_generated.images",
        "ImagesResponseUsageInputTokensDetails": "_generated.images",
        "ListToolsResponse": "_generated.mcp",
        "MCPJSONRPCError": "_generated.mcp",
        "MCPJSONRPCRequest": "_generated.mcp",
        "MCPJSONRPCResponse": "_generated.mcp",
        "McpJsonRpcError": "_generated.mcp",
        "McpJsonRpcRequest": "_generated.mcp",
        "McpJsonRpcRequestJsonrpc": "_generated.mcp",
        "McpJsonRpcRequestMethod": "_generated.mcp",
        "McpJsonRpcResponse": "_generated.mcp",
        "McpJsonRpcResponseJsonrpc": "_generated.mcp",
        "McpTool": "_generated.mcp",
        "OAuthProtectedResourceMetadata": "_generated.mcp",
        "CacheControl": "_generated.messages",
        "CacheControlTtl": "_generated.messages",
        "CacheControlType": "_generated.messages",
        "CreateMessagesRequest": "_generated.messages",
        "CreateMessagesRequestServiceTier": "_generated.messages",
        "CreateMessagesRequestSpeed": "_generated.messages",
        "CreateMessagesRequestThinking": "_generated.messages",
        "CreateMessagesRequestThinkingType": "_generated.messages",
        "MessagesCacheCreation": "_generated.messages",
        "MessagesContainer": "_generated.messages",
        "MessagesDocumentBlock": "_generated.messages",
        "MessagesDocumentBlockType": "_generated.messages",
        "MessagesDocumentSource": "_generated.messages",
        "MessagesDocumentSourceType": "_generated.messages",
        "MessagesError": "_generated.messages",
        "MessagesErrorDetail": "_generated.messages",
        "MessagesErrorType": "_generated.messages",
        "MessagesImageBlock": "_generated.messages",
        "MessagesImageBlockType": "_generated.messages",
        "MessagesImageSource": "_generated.messages",
        "MessagesImageSourceType": "_generated.messages",
        "MessagesMessage": "_generated.messages",
        "MessagesMessageRole": "_generated.messages",
        "MessagesMetadata": "_generated.messages",
        "MessagesOutputConfig": "_generated.messages",
        "MessagesOutputConfigEffort": "_generated.messages",
        "MessagesOutputTokensDetails": "_generated.messages",
        "MessagesRedactedThinkingBlock": "_generated.messages",
        "MessagesRedactedThinkingBlockType": "_generated.messages",
        "MessagesRequestContentBlock": "_generated.messages",
        "MessagesResponse": "_generated.messages",
        "MessagesResponseContentBlock": "_generated.messages",
        "MessagesResponseRole": "_generated.messages",
        "MessagesResponseStopReason": "_generated.messages",
        "MessagesResponseType": "_generated.messages",
        "MessagesServerToolUsage": "_generated.messages",
        "MessagesStopDetails": "_generated.messages",
        "MessagesStreamEvent": "_generated.messages",
        "MessagesStreamEventDelta": "_generated.messages",
        "MessagesStreamEventError": "_generated.messages",
        "MessagesStreamEventType": "_generated.messages",
        "MessagesStreamEventUsage": "_generated.messages",
        "MessagesTextBlock": "_generated.messages",
        "MessagesTextBlockType": "_generated.messages",
        "MessagesThinkingBlock": "_generated.messages",
        "MessagesThinkingBlockType": "_generated.messages",
        "MessagesTool": "_generated.messages",
        "MessagesToolChoice": "_generated.messages",
        "MessagesToolChoiceMode": "_generated.messages",
        "MessagesToolChoiceObject": "_generated.messages",
        "MessagesToolChoiceObjectType": "_generated.messages",
        "MessagesToolResultBlock": "_generated.messages",
        "MessagesToolResultBlockType": "_generated.messages",
        "MessagesToolUseBlock": "_generated.messages",
        "MessagesToolUseBlockType": "_generated.messages",
        "MessagesUsage": "_generated.messages",
        "UnknownMessagesRequestContentBlock": "_generated.messages",
        "UnknownMessagesResponseContentBlock": "_generated.messages",
        "ExportMetricsServiceRequest": "_generated.metrics",
        "ExportMetricsServiceResponse": "_generated.metrics",
        "ExportMetricsServiceResponsePartialSuccess": "_generated.metrics",
        "ContextWindow": "_generated.models",
        "ContextWindowSource": "_generated.models",
        "ListModelsResponse": "_generated.models",
        "Modality": "_generated.models",
        "Model": "_generated.models",
        "ModelModalities": "_generated.models",
        "Pricing": "_generated.models",
        "PricingSource": "_generated.models",
        "CreateChatCompletionParams": "_generated.params",
        "CreateImageEditParams": "_generated.params",
        "CreateImageParams": "_generated.params",
        "CreateImageVariationParams": "_generated.params",
        "CreateMessagesParams": "_generated.params",
        "CreateMusicParams": "_generated.params",
        "CreateResponseParams": "_generated.params",
        "CreateSfxParams": "_generated.params",
        "CreateSpeechParams": "_generated.params",
        "CreateVideoParams": "_generated.params",
        "ExportMetricsServiceParams": "_generated.params",
        "McpJsonRpcParams": "_generated.params",
        "ProviderParams": "_generated.params",
        "CreateResponseRequest": "_generated.responses",
        "CreateResponseRequestPromptCacheRetention": "_generated.responses",
        "CreateResponseRequestServiceTier": "_generated.responses",
        "CreateResponseRequestTruncation": "_generated.responses",
        "Response": "_generated.responses",
        "ResponseConversation": "_generated.responses",
        "ResponseError": "_generated.responses",
        "ResponseFunctionToolCall": "_generated.responses",
        "ResponseFunctionToolCallStatus": "_generated.responses",
        "ResponseFunctionToolCallType": "_generated.responses",
        "ResponseIncludable": "_generated.responses",
        "ResponseIncompleteDetails": "_generated.responses",
        "ResponseInput": "_generated.responses",
        "ResponseInputContentPart": "_generated.responses",
        "ResponseInputImage": "_generated.responses",
        "ResponseInputImageDetail": "_generated.responses",
        "ResponseInputImageType": "_generated.responses",
        "ResponseInputItem": "_generated.responses",
        "ResponseInputMessageContent": "_generated.responses",
        "ResponseInputText": "_generated.responses",
        "ResponseInputTextType": "_generated.responses",
        "ResponseOutputContent": "_generated.responses",
        "ResponseOutputItem": "_generated.responses",
        "ResponseOutputMessage": "_generated.responses",
        "ResponseOutputMessagePhase": "_generated.responses",
        "ResponseOutputMessageRole": "_generated.responses",
        "ResponseOutputMessageStatus": "_generated.responses",
        "ResponseOutputMessageType": "_generated.responses",
        "ResponseOutputRefusal": "_generated.responses",
        "ResponseOutputRefusalType": "_generated.responses",
        "ResponseOutputText": "_generated.responses",
        "ResponseOutputTextType": "_generated.responses",
        "ResponseReasoning": "_generated.responses",
        "ResponseReasoningContext": "_generated.responses",
        "ResponseReasoningEffort": "_generated.responses",
        "ResponseReasoningItem": "_generated.responses",
        "ResponseReasoningItemStatus": "_generated.responses",
        "ResponseReasoningItemType": "_generated.responses",
        "ResponseReasoningSummary": "_generated.responses",
        "ResponseReasoningSummaryPart": "_generated.responses",
        "ResponseReasoningSummaryPartType": "_generated.responses",
        "ResponseReasoningText": "_generated.responses",
        "ResponseRole": "_generated.responses",
        "ResponseStatus": "_generated.responses",
        "ResponseStreamEvent": "_generated.responses",
        "ResponseStreamEventPart": "_generated.responses",
        "ResponseTextConfig": "_generated.responses",
        "ResponseTextConfigFormat": "_generated.responses",
        "ResponseTextConfigFormatType": "_generated.responses",
        "ResponseTextConfigVerbosity": "_generated.responses",
        "ResponseTool": "_generated.responses",
        "ResponseToolChoice": "_generated.responses",
        "ResponseToolChoiceFunction": "_generated.responses",
        "ResponseToolChoiceFunctionType": "_generated.responses",
        "ResponseToolChoiceMode": "_generated.responses",
        "ResponseToolDefinition": "_generated.responses",
        "ResponseToolType": "_generated.responses",
        "ResponseUsage": "_generated.responses",
        "ResponseUsageInputTokensDetails": "_generated.responses",
        "ResponseUsageOutputTokensDetails": "_generated.responses",
        "UnknownResponseInputContentPart": "_generated.responses",
        "UnknownResponseOutputContent": "_generated.responses",
        "UnknownResponseOutputItem": "_generated.responses",
        "UnknownResponseStreamEventPart": "_generated.responses",
        "UnknownResponseToolDefinition": "_generated.responses",
        "CreateVideoRequest": "_generated.video",
        "VideoJob": "_generated.video",
        "VideoJobError": "_generated.video",
        "VideoJobObject": "_generated.video",
        "VideoJobStatus": "_generated.video",
        "FREE": "_model.cost",
        "Cost": "_model.cost",
        "CostPart": "_model.cost",
        "Price": "_model.cost",
        "Meta": "_model.unknown_fields",
        "Tried": "_model.unknown_fields",
        "Usage": "_model.usage",
        "Fallback": "_routing.candidates",
        "Loss": "_run.render",
        "Limits": "_run.result",
        "OutputError": "_run.result",
        "Run": "_run.result",
        "RunError": "_run.result",
        "RunLimitError": "_run.result",
        "RunPausedError": "_run.result",
        "ToolRaisedError": "_run.result",
        "RunCall": "_run.transcript",
        "Transcript": "_run.transcript",
        "ToolDone": "_run.turn",
        "ToolRun": "_run.turn",
        "Problem": "_schema.adapter",
        "ByteDialect": "_streams.dialect",
        "JsonEventDialect": "_streams.dialect",
        "Tool": "_tools.tool",
        "ToolError": "_tools.tool",
        "tool": "_tools.tool",
        "AsyncHttpx2Driver": "_transport.httpx2",
        "Httpx2Driver": "_transport.httpx2",
        "__version__": "_version",
        "Audio": "_wire.audio",
        "assistant": "_wire.authoring",
        "image_part": "_wire.authoring",
        "system": "_wire.authoring",
        "tool_result": "_wire.authoring",
        "user": "_wire.authoring",
        "BaseCall": "_wire.call",
        "Call": "_wire.call",
        "Dialect": "_wire.call",
        "Idempotency": "_wire.call",
        "Reply": "_wire.call",
        "StreamCall": "_wire.call",
        "Delta": "_wire.deltas",
        "Finish": "_wire.deltas",
        "ReasoningDelta": "_wire.deltas",
        "RefusalDelta": "_wire.deltas",
        "Restarted": "_wire.deltas",
        "TextDelta": "_wire.deltas",
        "ToolCallDelta": "_wire.deltas",
        "ToolCallEnd": "_wire.deltas",
        "ToolCallStart": "_wire.deltas",
        "TurnEnd": "_wire.deltas",
        "UsageReport": "_wire.deltas",
        "Headers": "_wire.headers",
        "MCP_PROTOCOL_VERSION": "_wire.mcp",
        "McpServerTool": "_wire.mcp",
        "McpToolResult": "_wire.mcp",
        "ProxyReply": "_wire.proxy",
        "RetryPolicy": "_wire.retry",
        "SSEvents": "_wire.sse",
        "Timeouts": "_wire.timeouts",
        "Video": "_wire.videos",
        "VideoFailedError": "_wire.videos",
        "BatchItem": "batch.state",
        "BatchOutcome": "batch.state",
        "BatchProgress": "batch.state",
        "diagnose": "doctor",
        "Diagnosis": "doctor.report",
        "Finding": "doctor.report",
        "AllRoutesFailedError": "errors",
        "BadGatewayError": "errors",
        "BadRequestError": "errors",
        "BatchBusyError": "errors",
        "BatchMismatchError": "errors",
        "BudgetExceededError": "errors",
        "ConnectError": "errors",
        "DecodingError": "errors",
        "DeserializationError": "errors",
        "ForbiddenError": "errors",
        "GatewayError": "errors",
        "GatewayTimeoutError": "errors",
        "InternalError": "errors",
        "NotFoundError": "errors",
        "OverloadedError": "errors",
        "PayloadTooLargeError": "errors",
        "RateLimitError": "errors",
        "RequestError": "errors",
        "ResponseTooLargeError": "errors",
        "SerializationError": "errors",
        "ServiceUnavailableError": "errors",
        "StatusError": "errors",
        "StreamError": "errors",
        "StreamStalledError": "errors",
        "StreamTruncatedError": "errors",
        "TimeoutError": "errors",
        "UnauthorizedError": "errors",
        "UnprocessableError": "errors",
        "UnsupportedMediaTypeError": "errors",
    }
    _RENAMED = {"Repeat": "Idempotency"}

    def __getattr__(name):
        from importlib import import_module

        if name in _RENAMED:
            import warnings

            new = _RENAMED[name]
            warnings.warn(f"{name} is now {new}: the old name goes in 2.0", DeprecationWarning, stacklevel=2)
            return __getattr__(new)
        if name in _HOMES:
            try:
                value = getattr(import_module("." + _HOMES[name], __name__), name)
            except ImportError as error:
                if name in __all__:
                    raise
                # hasattr() and inspect expect this error for a name whose library is not installed
                raise AttributeError(str(error), name=name, obj=None) from error
        elif name in {"errors", "transport", "types"}:
            value = import_module("." + name, __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_HOMES})
