"""The contract's operations, by operation id.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import NamedTuple

__all__ = ["OPERATIONS", "Operation"]


class Operation(NamedTuple):
    """One operation of the contract.

    Attributes:
        method: The HTTP method, in upper case.
        path: The path below /v1, or below the gateway's root.
        at_root: True when the path is below the gateway's root.
        request: The name of the request body's type. None without a body, or if the contract names no type.
        answer: The name of the complete answer's type. None for bytes, or if the contract names no type.
        chunk: The name of the type of one streamed event, None if the operation does not stream.
    """

    method: str
    path: str
    at_root: bool
    request: str | None
    answer: str | None
    chunk: str | None


OPERATIONS = {
    "healthCheck": Operation("GET", "/health", True, None, None, None),
    "listModels": Operation("GET", "/models", False, None, "ListModelsResponse", None),
    "createChatCompletion": Operation("POST", "/chat/completions", False, "CreateChatCompletionRequest", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    "createResponse": Operation("POST", "/responses", False, "CreateResponseRequest", "Response", "ResponseStreamEvent"),
    "createMessage": Operation("POST", "/messages", False, "CreateMessagesRequest", "MessagesResponse", "MessagesStreamEvent"),
    "createImage": Operation("POST", "/images/generations", False, "CreateImageRequest", "ImagesResponse", None),
    "createImageEdit": Operation("POST", "/images/edits", False, "CreateImageEditRequest", "ImagesResponse", None),
    "createImageVariation": Operation("POST", "/images/variations", False, "CreateImageVariationRequest", "ImagesResponse", None),
    "createSpeech": Operation("POST", "/audio/speech", False, "CreateSpeechRequest", None, None),
    "createSFX": Operation("POST", "/audio/sfx", False, "CreateSfxRequest", None, None),
    "createMusic": Operation("POST", "/audio/music", False, "CreateMusicRequest", None, None),
    "createVideo": Operation("POST", "/videos", False, "CreateVideoRequest", "VideoJob", None),
    "retrieveVideo": Operation("GET", "/videos/{video_id}", False, None, "VideoJob", None),
    "downloadVideoContent": Operation("GET", "/videos/{video_id}/content", False, None, None, None),
    "listTools": Operation("GET", "/mcp/tools", False, None, "ListToolsResponse", None),
    "mcpJsonRpc": Operation("POST", "/mcp", True, "McpJsonRpcRequest", "McpJsonRpcResponse", None),
    "getMCPProtectedResourceMetadata": Operation("GET", "/.well-known/oauth-protected-resource/mcp", True, None, "OAuthProtectedResourceMetadata", None),
    "pushMetrics": Operation("POST", "/metrics", False, "ExportMetricsServiceRequest", "ExportMetricsServiceResponse", None),
    "proxyGet": Operation("GET", "/proxy/{provider}/{path}", True, None, "ProviderSpecificResponse", None),
    "proxyPost": Operation("POST", "/proxy/{provider}/{path}", True, "ProviderRequest", "ProviderSpecificResponse", None),
    "proxyPut": Operation("PUT", "/proxy/{provider}/{path}", True, "ProviderRequest", "ProviderSpecificResponse", None),
    "proxyPatch": Operation("PATCH", "/proxy/{provider}/{path}", True, "ProviderRequest", "ProviderSpecificResponse", None),
    "proxyDelete": Operation("DELETE", "/proxy/{provider}/{path}", True, None, "ProviderSpecificResponse", None),
}
