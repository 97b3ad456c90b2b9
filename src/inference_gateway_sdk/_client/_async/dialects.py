"""The client's methods for Messages, Responses and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from ..._wire.call import Target, stream_call
from ..settings import introspectable, pop_assemble_option, split_params
from .stream import AsyncStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.messages import MessagesResponse, MessagesStreamEvent
    from ..._generated.responses import Response, ResponseStreamEvent
    from ..._run.providers import OutputMode
    from ..._run.result import Limits, Run
    from ..._run.transcript import RunCall, Transcript
    from ..._tools.tool import DialectName
    from ..keywords import messages_keywords, messages_stream_keywords, response_keywords, response_stream_keywords
    from ..params import (
        Conversation,
        MessagesParams,
        MessagesStreamParams,
        ResponseItems,
        ResponseParams,
        ResponseStreamParams,
    )
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from .client import AsyncInferenceGatewayClient
    from .run_stream import AsyncRunStream
    from .session import AsyncSession

__all__ = ["AsyncMessagesMethods", "AsyncResponsesMethods", "AsyncRunMethods"]


@introspectable
class AsyncMessagesMethods:
    """A mix-in with the methods of the Messages endpoint."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """Create a message and return it whole (contract: POST /messages).

        Gateways serve this endpoint only for the provider anthropic (gateway-behaviour.md#messages).

        Args:
            model: "provider/name", or a bare name with `provider`.
            messages: A string (one user message), a message, or a list of them. Earlier responses can be passed
                unchanged; every block that the provider sent is sent back.
            max_tokens: Maximum number of tokens to generate.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. The fields of `extra_body` reach the provider.
                system: Instructions that stand above the conversation.
                tools: Tools on offer.
                tool_choice: Whether tools are used, and which.
                temperature: How freely words are picked: near 0 the likeliest always wins.
                top_p: Pick only among the likeliest tokens that together hold this share of the probability.
                top_k: Pick only among this many of the likeliest tokens.
                stop_sequences: Texts at which generation ends.
                metadata: What the provider is told about the request.
                thinking: Lets the model think aloud first.
                output_config: How the answer is made.
                timeout: `Timeouts`, the seconds for the whole call, or None for no limit except on connecting.
                max_retries: Maximum number of retries of a request that is safe to repeat.
                retry: A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`.
                headers: Headers to send in addition to those of the client.
                extra_query: Parameters to add to the query of the URL.
                extra_body: Fields that the contract does not list, to add to the body.
        """
        if TYPE_CHECKING:  # completion (keywords.py)
            messages_keywords(**params)
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        body = messages_body(target, messages, max_tokens, given, stream=False, extra=settings.extra_body)
        return await self._session.send(messages_call(target, body), settings)

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> AsyncStream[MessagesStreamEvent, MessagesResponse]:
        """Stream a message (contract: POST /messages with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `create_message`.
            messages: As in `create_message`.
            max_tokens: As in `create_message`.
            provider: As in `create_message`.
            **params: As in `create_message`. In addition, `assemble=False` stores no events, and
                `on_truncation="return"` accepts a truncated stream.
                system: Instructions that stand above the conversation.
                tools: Tools on offer.
                tool_choice: Whether tools are used, and which.
                temperature: How freely words are picked: near 0 the likeliest always wins.
                top_p: Pick only among the likeliest tokens that together hold this share of the probability.
                top_k: Pick only among this many of the likeliest tokens.
                stop_sequences: Texts at which generation ends.
                metadata: What the provider is told about the request.
                thinking: Lets the model think aloud first.
                output_config: How the answer is made.
                timeout: `Timeouts`, the seconds for the whole call, or None for no limit except on connecting.
                max_retries: Maximum number of retries of a request that is safe to repeat.
                retry: A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`.
                headers: Headers to send in addition to those of the client.
                extra_query: Parameters to add to the query of the URL.
                extra_body: Fields that the contract does not list, to add to the body.
                assemble: False stores nothing of the stream, so `final()` has no answer. Default: True.
                on_truncation: `return` accepts a truncated stream. Default: "raise".
        """
        if TYPE_CHECKING:  # completion (keywords.py)
            messages_stream_keywords(**params)
        from ..._streams.messages import MessagesDialect
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = messages_body(target, messages, max_tokens, given, stream=True, extra=settings.extra_body)
        call = stream_call(
            messages_call(target, body),
            lambda: MessagesDialect(provider=target.provider, model=target.model, assemble=assemble),
        )
        return AsyncStream(self._session, call, settings, on_truncation=on_truncation)


@introspectable
class AsyncResponsesMethods:
    """A mix-in with the methods of the Responses endpoint."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Create a response and return it whole (contract: POST /responses).

        Gateways serve this endpoint only for the provider openai (gateway-behaviour.md#responses).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: A string (one user message), an item, or a list of them. An earlier `Response` in the list is
                replaced by its output items, with everything that the provider sent.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. The fields of `extra_body` reach the provider.
                instructions: Stands above the input as a system message. Not inherited from an earlier response.
                max_output_tokens: Most tokens to generate, thinking included.
                temperature: How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not
                    both.
                top_p: Pick only among the likeliest tokens that together hold this share of the probability.
                tools: Tools on offer.
                tool_choice: Whether tools are used, and which.
                reasoning: How a reasoning model thinks.
                text: The shape the text must have.
                previous_response_id: The stored response this one continues.
                store: Whether the provider keeps the response for later.
                background: Whether to work on while nobody waits.
                parallel_tool_calls: Whether one turn may call several tools.
                metadata: Your own labels, stored with the response.
                user: Your name for the end user, by which providers trace abuse.
                timeout: `Timeouts`, the seconds for the whole call, or None for no limit except on connecting.
                max_retries: Maximum number of retries of a request that is safe to repeat.
                retry: A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`.
                headers: Headers to send in addition to those of the client.
                extra_query: Parameters to add to the query of the URL.
                extra_body: Fields that the contract does not list, to add to the body.
        """
        if TYPE_CHECKING:  # completion (keywords.py)
            response_keywords(**params)
        from ..._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        body = response_body(target, input, given, stream=False, extra=settings.extra_body)
        return await self._session.send(response_call(target, body), settings)

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> AsyncStream[ResponseStreamEvent, Response]:
        """Stream a response (contract: POST /responses with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `create_response`.
            input: As in `create_response`.
            provider: As in `create_response`.
            **params: As in `create_response`. In addition, `assemble=False` stores no events, and
                `on_truncation="return"` accepts a truncated stream.
                instructions: Stands above the input as a system message. Not inherited from an earlier response.
                max_output_tokens: Most tokens to generate, thinking included.
                temperature: How freely words are picked: near 0 the likeliest always wins. Set this or `top_p`, not
                    both.
                top_p: Pick only among the likeliest tokens that together hold this share of the probability.
                tools: Tools on offer.
                tool_choice: Whether tools are used, and which.
                reasoning: How a reasoning model thinks.
                text: The shape the text must have.
                previous_response_id: The stored response this one continues.
                store: Whether the provider keeps the response for later.
                background: Whether to work on while nobody waits.
                parallel_tool_calls: Whether one turn may call several tools.
                metadata: Your own labels, stored with the response.
                user: Your name for the end user, by which providers trace abuse.
                timeout: `Timeouts`, the seconds for the whole call, or None for no limit except on connecting.
                max_retries: Maximum number of retries of a request that is safe to repeat.
                retry: A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`.
                headers: Headers to send in addition to those of the client.
                extra_query: Parameters to add to the query of the URL.
                extra_body: Fields that the contract does not list, to add to the body.
                assemble: False stores nothing of the stream, so `final()` has no answer. Default: True.
                on_truncation: `return` accepts a truncated stream. Default: "raise".
        """
        if TYPE_CHECKING:  # completion (keywords.py)
            response_stream_keywords(**params)
        from ..._streams.responses import ResponsesDialect
        from ..._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = response_body(target, input, given, stream=True, extra=settings.extra_body)
        call = stream_call(
            response_call(target, body),
            lambda: ResponsesDialect(provider=target.provider, model=target.model, assemble=assemble),
        )
        return AsyncStream(self._session, call, settings, on_truncation=on_truncation)


T = TypeVar("T")


@introspectable
class AsyncRunMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    @overload
    async def run(
        self,
        model: str,
        messages: Any,
        *,
        output: type[T],
        tools: Iterable[Any] | None = None,
        dialect: DialectName = "chat",
        provider: Provider | str | None = None,
        approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = None,
        limits: Limits | int | None = None,
        on_limit: Literal["raise", "return"] = "raise",
        on_tool_error: Literal["report", "raise"] = "report",
        on_progress: Callable[[Transcript], Any] | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        concurrency: int | None = None,
        **params: Any,
    ) -> Run[T]: ...

    @overload
    async def run(self, model: str, messages: Any, *, output: Any, **params: Any) -> Run[Any]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: Any,
        *,
        tools: Iterable[Any] | None = None,
        dialect: DialectName = "chat",
        provider: Provider | str | None = None,
        approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = None,
        limits: Limits | int | None = None,
        on_limit: Literal["raise", "return"] = "raise",
        on_tool_error: Literal["report", "raise"] = "report",
        on_progress: Callable[[Transcript], Any] | None = None,
        concurrency: int | None = None,
        **params: Any,
    ) -> Run[str]: ...

    async def run(self, model: str, messages: Any, **options: Any) -> Run[Any]:
        """Ask a model, run the tools it calls, and ask again until it has answered.

        Args:
            model: As in `generate_content`.
            messages: A string, a message, an answer, a `Run`, a `Transcript`, or a list of them. A transcript that ends
                in open calls goes on with them.
            **options: What follows, and the parameters of the dialect's own method (`temperature`, `timeout`, ...).
                tools: Functions, `tool(f, ...)`, tools of `list_mcp_tools()`, or descriptions, at whose calls the run
                    pauses. None for the client's, `()` for none.
                output: The type of the answer: a msgspec Struct, a pydantic model, a dataclass, a TypedDict, `list[X]`,
                    a union, a scalar; `str` for text.
                dialect: "chat", "responses" or "messages".
                provider: The provider of a bare model name.
                approve: A function of a call, or a mapping of call ids, to True, False, a reason, or None to leave the
                    call open. Asked for tools with `approval=True`; without it the run pauses at them.
                limits: `Limits(...)`, or a number of rounds (10 by default).
                on_limit: "return" ends the run at a limit instead of raising.
                on_tool_error: "raise" raises a tool's exception; by default the model is given its class.
                on_progress: Called with the transcript before and after each tool call, to store it.
                output_mode: How the model is held to `output`: "schema", "tool", "json" or "prompt"; "auto" picks by
                    provider, and steps down where the provider refuses.
                concurrency: How many tools may run at once. Default: all of a turn in the async client, one in the
                    blocking one.

        Returns:
            The run: `output`, `text`, `calls`, `usage`, `transcript`, and `pending` when it paused.

        Raises:
            TypeError: A tool, type or argument that cannot be used, before anything is sent.
            ValueError: A value that makes no sense, or two tools of one name.
            KeyError: `approve` names a call that is not pending.
            RunLimitError: The run reached one of its limits.
            OutputError: The model gave no value of the type.
            ToolRaisedError: A tool raised, with `on_tool_error="raise"`.
            GatewayError: A request failed. `partial` of each is the run so far.
        """
        async with self._run_stream(model, messages, options) as stream:
            return await stream.final()

    @overload
    def run_stream(
        self,
        model: str,
        messages: Any,
        *,
        output: type[T],
        tools: Iterable[Any] | None = None,
        dialect: DialectName = "chat",
        provider: Provider | str | None = None,
        approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = None,
        limits: Limits | int | None = None,
        on_limit: Literal["raise", "return"] = "raise",
        on_tool_error: Literal["report", "raise"] = "report",
        on_progress: Callable[[Transcript], Any] | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        concurrency: int | None = None,
        **params: Any,
    ) -> AsyncRunStream[T]: ...

    @overload
    def run_stream(self, model: str, messages: Any, *, output: Any, **params: Any) -> AsyncRunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: Any,
        *,
        tools: Iterable[Any] | None = None,
        dialect: DialectName = "chat",
        provider: Provider | str | None = None,
        approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = None,
        limits: Limits | int | None = None,
        on_limit: Literal["raise", "return"] = "raise",
        on_tool_error: Literal["report", "raise"] = "report",
        on_progress: Callable[[Transcript], Any] | None = None,
        concurrency: int | None = None,
        **params: Any,
    ) -> AsyncRunStream[str]: ...

    def run_stream(self, model: str, messages: Any, **options: Any) -> AsyncRunStream[Any]:
        """Return a run to be followed while it goes on: its deltas, its tool calls, its output as it grows.

        Nothing is sent before the `with` block is entered and read.

        Args:
            model: As in `run`.
            messages: As in `run`.
            **options: As in `run`.

        Raises:
            TypeError: As in `run`, before anything is sent.
            ValueError: As in `run`.
            KeyError: As in `run`.
        """
        return self._run_stream(model, messages, options)

    def _run_stream(self, model: str, messages: Any, options: dict[str, Any]) -> AsyncRunStream[Any]:
        from .run_stream import AsyncRunStream

        client = cast("AsyncInferenceGatewayClient", self)
        return AsyncRunStream(client, self._session, self._settings, model=model, messages=messages, options=options)
