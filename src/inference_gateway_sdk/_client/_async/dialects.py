"""The client's methods for Messages, Responses and runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from ..._wire.call import Target, stream_call
from ..settings import GENERATES, describe_types, pop_assemble_option, split_params
from ..signatures import with_signatures
from .stream import AsyncStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.messages import MessagesResponse, MessagesStreamEvent
    from ..._generated.responses import Response, ResponseStreamEvent
    from ..._run.providers import OutputMode
    from ..._run.result import Run
    from ..._wire.call import Call, StreamCall
    from .. import keywords
    from ..params import (
        ChatRunParams,
        Conversation,
        MessagesParams,
        MessagesRunParams,
        MessagesStreamParams,
        ResponseItems,
        ResponseParams,
        ResponseRunParams,
        ResponseStreamParams,
        RunMessages,
    )
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from .client import AsyncInferenceGatewayClient
    from .run_stream import AsyncRunStream
    from .session import AsyncSession

__all__ = ["AsyncMessagesMethods", "AsyncResponsesMethods", "AsyncRunMethods"]


@with_signatures
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
        """
        if TYPE_CHECKING:
            keywords.messages_params(**params)
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params, GENERATES)
        if settings.fallback is not None:

            def render(target: Target, messages: Any, given: dict[str, Any]) -> Call[MessagesResponse]:
                describe_types(given, "messages", target.provider)
                body = messages_body(target, messages, max_tokens, given, stream=False, extra=settings.extra_body)
                return messages_call(target, body)

            return await self._session.send_routed(settings, target, messages, given, render=render)
        describe_types(given, "messages", target.provider)
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
        """
        if TYPE_CHECKING:
            keywords.messages_stream_params(**params)
        from ..._streams.messages import MessagesDialect
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params, GENERATES)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        dialect = partial(MessagesDialect, assemble=assemble, max_event=settings.max_event)
        if settings.fallback is not None:
            from .fallback import routed_call

            def render(target: Target, messages: Any, given: dict[str, Any]) -> StreamCall[Any, Any]:
                describe_types(given, "messages", target.provider)
                body = messages_body(target, messages, max_tokens, given, stream=True, extra=settings.extra_body)
                call = messages_call(target, body)
                return stream_call(call, lambda: dialect(provider=target.provider, model=target.model))

            routed = routed_call(self._session, settings, target, messages, given, render=render)
            return AsyncStream(self._session, routed.call, settings, on_truncation=on_truncation, routed=routed)
        describe_types(given, "messages", target.provider)
        body = messages_body(target, messages, max_tokens, given, stream=True, extra=settings.extra_body)
        call = stream_call(messages_call(target, body), lambda: dialect(provider=target.provider, model=target.model))
        return AsyncStream(self._session, call, settings, on_truncation=on_truncation)


@with_signatures
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
        provider: Provider | str | Mapping[str, Any] | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """Create a response and return it whole (contract: POST /responses).

        Gateways serve this endpoint only for the provider openai (gateway-behaviour.md#responses).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: A string (one user message), an item, or a list of them. An earlier `Response` in the list is
                replaced by its output items, with everything that the provider sent.
            provider: The provider of a bare model name. An object is a field of the body, as OpenRouter has it.
            **params: The contract's parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. The fields of `extra_body` reach the provider.
        """
        if TYPE_CHECKING:
            keywords.response_params(**params)
        from ..._wire.responses import response_body, response_call, split_provider

        settings, given = split_params(self._settings, params, GENERATES)
        named, extra = split_provider(provider, settings.extra_body)
        target = Target.resolve(model, named)
        if settings.fallback is not None:

            def render(target: Target, input: Any, given: dict[str, Any]) -> Call[Response]:
                describe_types(given, "responses", target.provider)
                body = response_body(target, input, given, stream=False, extra=extra)
                return response_call(target, body)

            return await self._session.send_routed(settings, target, input, given, render=render)
        describe_types(given, "responses", target.provider)
        body = response_body(target, input, given, stream=False, extra=extra)
        return await self._session.send(response_call(target, body), settings)

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | Mapping[str, Any] | None = None,
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
        """
        if TYPE_CHECKING:
            keywords.response_stream_params(**params)
        from ..._streams.responses import ResponsesDialect
        from ..._wire.responses import response_body, response_call, split_provider

        settings, given = split_params(self._settings, params, GENERATES)
        named, extra = split_provider(provider, settings.extra_body)
        target = Target.resolve(model, named)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        dialect = partial(ResponsesDialect, assemble=assemble, max_event=settings.max_event)
        if settings.fallback is not None:
            from .fallback import routed_call

            def render(target: Target, input: Any, given: dict[str, Any]) -> StreamCall[Any, Any]:
                describe_types(given, "responses", target.provider)
                body = response_body(target, input, given, stream=True, extra=extra)
                call = response_call(target, body)
                return stream_call(call, lambda: dialect(provider=target.provider, model=target.model))

            routed = routed_call(self._session, settings, target, input, given, render=render)
            return AsyncStream(self._session, routed.call, settings, on_truncation=on_truncation, routed=routed)
        describe_types(given, "responses", target.provider)
        body = response_body(target, input, given, stream=True, extra=extra)
        call = stream_call(response_call(target, body), lambda: dialect(provider=target.provider, model=target.model))
        return AsyncStream(self._session, call, settings, on_truncation=on_truncation)


T = TypeVar("T")


@with_signatures
class AsyncRunMethods:
    """A mix-in with the methods for runs."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> Run[T]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> Run[T]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> Run[T]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> Run[Any]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> Run[Any]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> Run[Any]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        **params: Unpack[ChatRunParams],
    ) -> Run[str]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> Run[str]: ...

    @overload
    async def run(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesRunParams],
    ) -> Run[str]: ...

    async def run(self, model: str, messages: Any, **options: Any) -> Run[Any]:
        """Run a conversation: send requests and run the tools that the model calls, until it has answered.

        Args:
            model: As in `generate_content`.
            messages: A string, a message, an answer, a `Run`, a `Transcript`, or a list of them. A transcript that ends
                in open calls continues with them.
            **options: The options below, and the parameters of the dialect's method (`temperature`, `timeout`, ...).
                tools: Functions, `tool(f, ...)`, tools of `list_mcp_tools()`, or descriptions of tools, for which the
                    run pauses. None for the client's tools, `()` for no tools.
                output: The type of the answer: a msgspec Struct, a pydantic model, a dataclass, a TypedDict, `list[X]`,
                    a union or a scalar. `str` for text.
                dialect: "chat", "responses" or "messages".
                provider: The provider of a bare model name.
                approve: Decisions on the calls of tools with `approval=True`: a function of a call, or a mapping by
                    call id. A decision is True, False, a reason, or None to leave the call open. Without `approve`, the
                    run pauses at such calls.
                limits: `Limits(...)`, or a number of rounds (10 by default).
                on_limit: "return" ends the run at a limit instead of raising an error.
                on_tool_error: "raise" raises a tool's exception. By default, the model receives its class.
                on_progress: Function called with the transcript before and after each tool call, to store it.
                output_mode: The mode in which the model is constrained to `output`: "schema", "tool", "json" or
                    "prompt". "auto" selects it by provider, and tries the next one if the provider rejects it.
                concurrency: Maximum number of tools that run at once. Default: all tools of a turn in the async client,
                    one in the blocking client.

        Returns:
            The run: `output`, `text`, `calls`, `usage`, `transcript`, and `pending` if it paused.

        Raises:
            TypeError: A tool, type or argument cannot be used. It is raised before anything is sent.
            ValueError: An argument has an invalid value, or two tools have the same name.
            KeyError: `approve` names a call that is not pending.
            RunLimitError: The run reached one of its limits.
            OutputError: The model did not produce a value of the type.
            ToolRaisedError: A tool raised an exception, and `on_tool_error="raise"` is set.
            GatewayError: A request failed. The `partial` of each error is the run so far.
        """
        if TYPE_CHECKING:
            keywords.any_run_params(**options)
        async with self._run_stream(model, messages, options) as stream:
            return await stream.final()

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> AsyncRunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> AsyncRunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: type[T],
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> AsyncRunStream[T]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ChatRunParams],
    ) -> AsyncRunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[ResponseRunParams],
    ) -> AsyncRunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        output: Any,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        output_mode: OutputMode | Literal["auto"] = "auto",
        **params: Unpack[MessagesRunParams],
    ) -> AsyncRunStream[Any]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["chat"] = "chat",
        provider: Provider | str | None = None,
        **params: Unpack[ChatRunParams],
    ) -> AsyncRunStream[str]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["responses"],
        provider: Provider | str | None = None,
        **params: Unpack[ResponseRunParams],
    ) -> AsyncRunStream[str]: ...

    @overload
    def run_stream(
        self,
        model: str,
        messages: RunMessages,
        *,
        dialect: Literal["messages"],
        max_tokens: int,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesRunParams],
    ) -> AsyncRunStream[str]: ...

    def run_stream(self, model: str, messages: Any, **options: Any) -> AsyncRunStream[Any]:
        """Return a run that yields its deltas, tool calls and partial output while it is in progress.

        Nothing is sent before the stream is read inside its `with` block.

        Args:
            model: As in `run`.
            messages: As in `run`.
            **options: As in `run`.

        Raises:
            TypeError: As in `run`, before anything is sent.
            ValueError: As in `run`.
            KeyError: As in `run`.
        """
        if TYPE_CHECKING:
            keywords.any_run_params(**options)
        return self._run_stream(model, messages, options)

    def _run_stream(self, model: str, messages: Any, options: dict[str, Any]) -> AsyncRunStream[Any]:
        from .run_stream import AsyncRunStream

        client = cast("AsyncInferenceGatewayClient", self)
        return AsyncRunStream(client, self._session, self._settings, model=model, messages=messages, options=options)
