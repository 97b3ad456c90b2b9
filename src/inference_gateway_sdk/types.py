"""The types of the contract only: `from inference_gateway_sdk.types import Message`.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off
# ruff: noqa: E501, I001, PLC0414, UP018

import sys

TYPE_CHECKING = bool()  # False; type checkers see True, jedi reads both branches, and typing is not imported
if TYPE_CHECKING:
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

__all__ = [
    "CacheControl",
    "CacheControlTtl",
    "CacheControlType",
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
    "ContentPart",
    "ContextWindow",
    "ContextWindowSource",
    "CreateChatCompletionRequest",
    "CreateChatCompletionRequestReasoningEffort",
    "CreateChatCompletionRequestResponseFormat",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    "CreateImageEditRequest",
    "CreateImageEditRequestQuality",
    "CreateImageEditRequestResponseFormat",
    "CreateImageRequest",
    "CreateImageRequestQuality",
    "CreateImageRequestResponseFormat",
    "CreateImageVariationRequest",
    "CreateImageVariationRequestResponseFormat",
    "CreateMessagesRequest",
    "CreateMessagesRequestServiceTier",
    "CreateMessagesRequestSpeed",
    "CreateMessagesRequestThinking",
    "CreateMessagesRequestThinkingType",
    "CreateMusicRequest",
    "CreateMusicRequestResponseFormat",
    "CreateResponseRequest",
    "CreateResponseRequestPromptCacheRetention",
    "CreateResponseRequestServiceTier",
    "CreateResponseRequestTruncation",
    "CreateSFXRequest",
    "CreateSfxRequest",
    "CreateSfxRequestResponseFormat",
    "CreateSpeechRequest",
    "CreateSpeechRequestResponseFormat",
    "CreateVideoRequest",
    "Endpoints",
    "Error",
    "ExportMetricsServiceRequest",
    "ExportMetricsServiceResponse",
    "ExportMetricsServiceResponsePartialSuccess",
    "FinishReason",
    "FunctionObject",
    "FunctionParameters",
    "Image",
    "ImageContentPart",
    "ImageContentPartType",
    "ImageSize",
    "ImageUrl",
    "ImageUrlDetail",
    "ImagesResponse",
    "ImagesResponseUsage",
    "ImagesResponseUsageInputTokensDetails",
    "ListModelsResponse",
    "ListToolsResponse",
    "MCPJSONRPCError",
    "MCPJSONRPCRequest",
    "MCPJSONRPCResponse",
    "McpJsonRpcError",
    "McpJsonRpcRequest",
    "McpJsonRpcRequestJsonrpc",
    "McpJsonRpcRequestMethod",
    "McpJsonRpcResponse",
    "McpJsonRpcResponseJsonrpc",
    "McpTool",
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
    "Modality",
    "Model",
    "ModelModalities",
    "OAuthProtectedResourceMetadata",
    "Pricing",
    "PricingSource",
    "Provider",
    "ProviderAuthType",
    "ProviderRequest",
    "ProviderRequestMessagesItem",
    "ProviderSpecificResponse",
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
    "SsEvent",
    "SsEventEvent",
    "TextContentPart",
    "TextContentPartType",
    "ToolCallExtraContent",
    "ToolCallExtraContentGoogle",
    "UnknownContentPart",
    "UnknownCreateChatCompletionRequestResponseFormat",
    "UnknownMessagesRequestContentBlock",
    "UnknownMessagesResponseContentBlock",
    "UnknownResponseInputContentPart",
    "UnknownResponseOutputContent",
    "UnknownResponseOutputItem",
    "UnknownResponseStreamEventPart",
    "UnknownResponseToolDefinition",
    "VideoJob",
    "VideoJobError",
    "VideoJobObject",
    "VideoJobStatus",
]

if not TYPE_CHECKING:  # type checkers would accept any name of a module with __getattr__

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
        return getattr(sys.modules[__package__], name)  # the root knows the module of each name

    def __dir__():
        return list(__all__)
