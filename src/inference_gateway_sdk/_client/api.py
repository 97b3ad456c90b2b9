"""What every client of the gateway can do, as Protocols: for functions that take any client, and for test doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from .api_gateway import AsyncGatewayAPI, GatewayAPI
from .api_media import AsyncMediaAPI, MediaAPI

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from .._generated.chat import CreateChatCompletionResponse, CreateChatCompletionStreamResponse
    from .._generated.gateway import Provider
    from .._generated.messages import MessagesResponse, MessagesStreamEvent
    from .._generated.models import ListModelsResponse
    from .._generated.responses import Response, ResponseStreamEvent
    from .._wire.call import Call
    from .params import (
        ChatParams,
        ChatStreamParams,
        Conversation,
        ListOptions,
        Messages,
        MessagesParams,
        MessagesStreamParams,
        ResponseItems,
        ResponseParams,
        ResponseStreamParams,
    )
    from .stream_async import AsyncStream
    from .stream_blocking import Stream

__all__ = ["AsyncInferenceGatewayAPI", "InferenceGatewayAPI"]

T = TypeVar("T")


@runtime_checkable
class InferenceGatewayAPI(GatewayAPI, MediaAPI, Protocol):
    """A blocking client of the gateway; `InferenceGatewayClient` is one."""

    def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of all providers, or of one."""
        ...

    def list_models_by_provider(self, provider: Provider | str, **options: Unpack[ListOptions]) -> ListModelsResponse:
        """The models of one provider."""
        ...

    def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """A whole chat answer."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """A chat answer as it is written."""
        ...

    def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """A whole message of the model, in Anthropic's dialect."""
        ...

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> Stream[MessagesStreamEvent, MessagesResponse]:
        """A message of the model as it is written."""
        ...

    def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """A whole response of the model."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> Stream[ResponseStreamEvent, Response]:
        """A response of the model as it is written."""
        ...

    def health_check(self) -> bool:
        """Whether the gateway says it is well."""
        ...

    def send(self, call: Call[T]) -> T:
        """The result of a call of your own."""
        ...


@runtime_checkable
class AsyncInferenceGatewayAPI(AsyncGatewayAPI, AsyncMediaAPI, Protocol):
    """An async client of the gateway; `AsyncInferenceGatewayClient` is one."""

    async def list_models(
        self, provider: Provider | str | None = None, *, include: Iterable[str] = (), **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of all providers, or of one."""
        ...

    async def list_models_by_provider(
        self, provider: Provider | str, **options: Unpack[ListOptions]
    ) -> ListModelsResponse:
        """The models of one provider."""
        ...

    async def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """A whole chat answer."""
        ...

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """A chat answer as it is written."""
        ...

    async def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """A whole message of the model, in Anthropic's dialect."""
        ...

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> AsyncStream[MessagesStreamEvent, MessagesResponse]:
        """A message of the model as it is written."""
        ...

    async def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """A whole response of the model."""
        ...

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> AsyncStream[ResponseStreamEvent, Response]:
        """A response of the model as it is written."""
        ...

    async def health_check(self) -> bool:
        """Whether the gateway says it is well."""
        ...

    async def send(self, call: Call[T]) -> T:
        """The result of a call of your own."""
        ...
