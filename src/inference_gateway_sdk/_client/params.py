"""The keyword arguments of the clients' methods, for editors and type checkers.

Imported at run time only when a signature or type hints are asked for (`signatures`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from .._generated.chat import ChatCompletionTool, CreateChatCompletionResponse, Message
from .._generated.gateway import Provider
from .._generated.messages import MessagesMessage, MessagesResponse
from .._generated.params import (
    CreateChatCompletionParams,
    CreateImageEditParams,
    CreateImageParams,
    CreateImageVariationParams,
    CreateMessagesParams,
    CreateMusicParams,
    CreateResponseParams,
    CreateSfxParams,
    CreateSpeechParams,
    CreateVideoParams,
)
from .._generated.responses import Response, ResponseInputItem, ResponseOutputItem
from .._model.cost import Price
from .._routing.candidates import Fallback
from .._run.providers import OutputMode
from .._run.result import Limits, Run
from .._run.transcript import RunCall, Transcript
from .._tools.tool import DialectName
from .._wire.retry import RetryPolicy
from .._wire.timeouts import Timeouts
from .accounts import Budget, BudgetReached
from .hooks import AsyncHook, Hook, RequestSent, ResponseReceived, RetryPlanned
from .ledger import Ledger
from .runtime import AsyncToken, Token
from .watching import Watcher

__all__ = [
    "AnyRunParams",
    "AsyncOptions",
    "CallOptions",
    "ChatParams",
    "ChatRunParams",
    "ChatStreamParams",
    "Conversation",
    "ImageEditParams",
    "ImageParams",
    "ImageVariationParams",
    "ListOptions",
    "Messages",
    "MessagesParams",
    "MessagesRunParams",
    "MessagesStreamParams",
    "MusicParams",
    "Options",
    "ResponseItems",
    "ResponseParams",
    "ResponseRunParams",
    "ResponseStreamParams",
    "RunMessages",
    "SoundEffectParams",
    "SpeechParams",
    "VideoParams",
]

_ChatMessage: TypeAlias = str | Message | CreateChatCompletionResponse | Mapping[str, Any]
Messages: TypeAlias = _ChatMessage | Iterable[_ChatMessage]
"""The messages of a chat completion."""

_AnyMessage: TypeAlias = str | MessagesMessage | MessagesResponse | Mapping[str, Any]
Conversation: TypeAlias = _AnyMessage | Iterable[_AnyMessage]
"""The messages of a request to the Messages endpoint."""

_ResponseItem: TypeAlias = str | ResponseInputItem | ResponseOutputItem | Response | Mapping[str, Any]
ResponseItems: TypeAlias = _ResponseItem | Iterable[_ResponseItem]

_Turn: TypeAlias = str | Message | MessagesMessage | ResponseInputItem | ResponseOutputItem | Mapping[str, Any]
_RunMessage: TypeAlias = _Turn | CreateChatCompletionResponse | MessagesResponse | Response | Run[Any] | Transcript
RunMessages: TypeAlias = _RunMessage | Iterable[_RunMessage]
"""Messages of any dialect, answers, runs and transcripts."""


class CallOptions(TypedDict, total=False):
    """The request options of a call."""

    timeout: Timeouts | float | None
    """Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything."""
    max_retries: int
    """How often this request is retried where that is safe."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for this call."""
    headers: Mapping[str, str] | None
    """Headers of this call; they replace the client's of the same name."""
    extra_query: Mapping[str, str] | None
    """Query parameters to add to the URL."""
    tags: Mapping[str, str] | None
    """Names and values for watchers, added to the client's. They are not sent."""
    extra_body: Mapping[str, Any] | None
    """Fields to add to the body that are no parameters of the method."""


class ListOptions(TypedDict, total=False):
    """The request options of a call without `extra_body`."""

    timeout: Timeouts | float | None
    """Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything."""
    max_retries: int
    """How often this request is retried where that is safe."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for this call."""
    headers: Mapping[str, str] | None
    """Headers of this call; they replace the client's of the same name."""
    extra_query: Mapping[str, str] | None
    """Query parameters to add to the URL."""
    tags: Mapping[str, str] | None
    """Names and values for watchers, added to the client's. They are not sent."""


class _GeneratingOptions(CallOptions, total=False):
    fallback: Fallback | Iterable[str] | None
    """Models to ask when the first one fails, or a `Fallback`."""


class ChatParams(CreateChatCompletionParams, _GeneratingOptions, total=False):
    """Keyword arguments of `generate_content`: the contract's parameters, and request options."""

    mcp_bypass: bool
    """Keep the gateway's MCP tools out, and the tools of this call in."""


class ChatStreamParams(ChatParams, total=False):
    """Keyword arguments of `generate_content_stream`: those of `generate_content`, and stream options."""

    assemble: bool
    """False for a stream that keeps nothing: memory stays constant, and `final()` has no answer."""
    on_truncation: Literal["raise", "return"]
    """Set it to "return" accepts an answer that was cut off instead of raising."""


class MessagesParams(CreateMessagesParams, _GeneratingOptions, total=False):
    """Keyword arguments of `create_message`: the contract's parameters, and request options."""


class MessagesStreamParams(MessagesParams, total=False):
    """Keyword arguments of `create_message_stream`: those of `create_message`, and stream options."""

    assemble: bool
    """False for a stream that keeps nothing: memory stays constant, and `final()` has no answer."""
    on_truncation: Literal["raise", "return"]
    """Set it to "return" accepts an answer that was cut off instead of raising."""


class ResponseParams(CreateResponseParams, _GeneratingOptions, total=False):
    """Keyword arguments of `create_response`: the contract's parameters, and request options."""


class ResponseStreamParams(ResponseParams, total=False):
    """Keyword arguments of `create_response_stream`: those of `create_response`, and stream options."""

    assemble: bool
    """False for a stream that keeps nothing: memory stays constant, and `final()` has no answer."""
    on_truncation: Literal["raise", "return"]
    """Set it to "return" accepts an answer that was cut off instead of raising."""


class _RunOptions(TypedDict, total=False):
    approve: Callable[[RunCall], Any] | Mapping[str, Any] | None
    """Decides on calls of tools with `approval=True`: a function, or decisions by call id."""
    limits: Limits | int | None
    """`Limits(...)`, or a number of rounds (10 by default)."""
    on_limit: Literal["raise", "return"]
    """Set it to "return" ends the run at a limit instead of raising."""
    on_tool_error: Literal["report", "raise"]
    """Set it to "raise" raises what a tool raises; by default the model is given its class."""
    on_progress: Callable[[Transcript], Any] | None
    """A function that is called with the transcript before and after each tool call."""
    concurrency: int | None
    """How many tools may run at once."""


class ChatRunParams(ChatParams, _RunOptions, total=False):
    """Keyword arguments of `run` with chat completions: those of `generate_content`, and run options."""


class AnyRunParams(ChatRunParams, total=False):
    """Keyword arguments of `run`, whatever the dialect."""

    output: Any
    """The type of the answer; `str` for text."""
    dialect: DialectName
    """The endpoint to use: "chat", "responses" or "messages"."""
    provider: Provider | str | None
    """The provider of a bare model name."""
    output_mode: OutputMode | Literal["auto"]
    """How the model is constrained to `output`: "schema", "tool", "json", "prompt", or "auto"."""


class MessagesRunParams(MessagesParams, _RunOptions, total=False):
    """Keyword arguments of `run` with Messages: those of `create_message`, and run options."""


class ResponseRunParams(ResponseParams, _RunOptions, total=False):
    """Keyword arguments of `run` with Responses: those of `create_response`, and run options."""


class ImageParams(CreateImageParams, CallOptions, total=False):
    """Keyword arguments of `generate_image`: the contract's parameters, and request options."""


class ImageEditParams(CreateImageEditParams, CallOptions, total=False):
    """Keyword arguments of `create_image_edit`: the contract's parameters, and request options."""


class ImageVariationParams(CreateImageVariationParams, CallOptions, total=False):
    """Keyword arguments of `create_image_variation`: the contract's parameters, and request options."""


class SpeechParams(CreateSpeechParams, CallOptions, total=False):
    """Keyword arguments of `create_speech`: the contract's parameters, and request options."""


class SoundEffectParams(CreateSfxParams, CallOptions, total=False):
    """Keyword arguments of `create_sound_effect`: the contract's parameters, and request options."""


class MusicParams(CreateMusicParams, CallOptions, total=False):
    """Keyword arguments of `create_music`: the contract's parameters, and request options."""


class VideoParams(CreateVideoParams, CallOptions, total=False):
    """Keyword arguments of `create_video`: the contract's parameters, and request options."""


class _Shared(TypedDict, total=False):
    timeout: Timeouts | float | None
    """Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything."""
    max_retries: int
    """How often this request is retried where that is safe."""
    retry: RetryPolicy | None
    """A `RetryPolicy` for this call."""
    headers: Mapping[str, str] | None
    """Headers of this call; they replace the client's of the same name."""
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None
    """Tools that are offered with every chat that names none."""
    max_tokens: int | None
    """The token limit of every chat that sets none."""
    temperature: float | None
    """The sampling temperature of every chat that sets none."""
    max_body: int
    """Maximum size of a body that is read whole, in bytes."""
    max_event: int
    """Maximum size of one event of a stream, in bytes."""
    watchers: Iterable[Watcher] | None
    """Observers of whole calls, in place of the client's."""
    ledger: Ledger | None
    """A ledger that records the cost of every call."""
    budget: Budget | Iterable[Budget] | None
    """Budgets that every call must fit in, in place of the client's."""
    prices: Mapping[str, Price] | None
    """Prices by model, in place of the client's."""
    fallback: Fallback | Iterable[str] | None
    """Models to ask when the first one fails, or a `Fallback`."""
    tags: Mapping[str, str] | None
    """Names and values for watchers, added to the client's. They are not sent."""


class Options(_Shared, total=False):
    """Keyword arguments of `with_options` of the blocking client."""

    token: Token | None
    """The bearer token, or a function that returns it."""
    on_request: Hook[RequestSent] | None
    """A function that is called with a `RequestSent` before each attempt."""
    on_response: Hook[ResponseReceived] | None
    """A function that is called with a `ResponseReceived` after each response."""
    on_retry: Hook[RetryPlanned] | None
    """A function that is called with a `RetryPlanned` before each retry."""
    on_budget: Hook[BudgetReached] | None
    """A function that is called with a `BudgetReached` when a share of a budget is used."""


class AsyncOptions(_Shared, total=False):
    """Keyword arguments of `with_options` of the async client."""

    token: AsyncToken | None
    """The bearer token, or a function that returns it."""
    on_request: AsyncHook[RequestSent] | None
    """A function that is called with a `RequestSent` before each attempt."""
    on_response: AsyncHook[ResponseReceived] | None
    """A function that is called with a `ResponseReceived` after each response."""
    on_retry: AsyncHook[RetryPlanned] | None
    """A function that is called with a `RetryPlanned` before each retry."""
    on_budget: AsyncHook[BudgetReached] | None
    """A function that is called with a `BudgetReached` when a share of a budget is used."""
