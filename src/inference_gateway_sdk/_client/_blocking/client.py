# Derived from ../_async/client.py by scripts/derive_blocking.py: do not edit.
"""The client: one method per endpoint. Each builds a call and passes it to the session."""

from __future__ import annotations

import os
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ... import _wire
from ..._wire.call import Target, check_provider, stream_call
from ..._wire.url import GatewayUrl
from ..runtime import Connections, Runtime, TokenSource, default_transport, system_runtime
from ..settings import (
    GENERATES,
    ClientSettings,
    describe_types,
    left_behind,
    no_attribute,
    pop_assemble_option,
    resolve,
    split_params,
    with_book,
    without_body,
    without_left_behind,
)
from ..signatures import with_signatures
from .batch import BatchMethods
from .dialects import MessagesMethods, ResponsesMethods, RunMethods
from .gateway import McpMethods, MetricsMethods, ProxyMethods
from .media import AudioMethods, ImagesMethods
from .session import Session
from .stream import Stream
from .videos import VideosMethods

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self, Unpack

    from ..._generated.chat import ChatCompletionTool, CreateChatCompletionResponse, CreateChatCompletionStreamResponse
    from ..._generated.gateway import Provider
    from ..._generated.models import ListModelsResponse
    from ..._model.cost import Cost, Price
    from ..._routing.candidates import Fallback
    from ..._transport.protocols import Transport
    from ..._wire.call import Call, StreamCall
    from ..._wire.retry import RetryPolicy
    from ..._wire.timeouts import Timeouts
    from ...doctor import Diagnosis
    from .. import keywords
    from ..accounts import Budget, BudgetReached
    from ..hooks import Hook, RequestSent, ResponseReceived, RetryPlanned
    from ..ledger import Ledger
    from ..params import ChatParams, ChatStreamParams, ListOptions, Messages, Options
    from ..routes import RoutePlan, RouteStatus
    from ..runtime import Cert, Token
    from ..watching import Watcher

__all__ = ["InferenceGatewayClient"]

# A method imports what only it needs: a client is made in fewer modules, and each program pays for what it uses.

T = TypeVar("T")
ChunkT = TypeVar("ChunkT")
FinalT = TypeVar("FinalT")

DEFAULT_URL = "http://localhost:8080/v1"


@with_signatures
class InferenceGatewayClient(
    AudioMethods,
    BatchMethods,
    ImagesMethods,
    McpMethods,
    MessagesMethods,
    MetricsMethods,
    ProxyMethods,
    ResponsesMethods,
    RunMethods,
    VideosMethods,
):
    """A client for one gateway.

    Args:
        base_url: URL of the gateway, with or without /v1. Default: INFERENCE_GATEWAY_URL, then
            http://localhost:8080/v1.
        token: Token sent as `Authorization: Bearer`. It is a string, or a function that is called when a token is
            needed and once more after a 401. Default: INFERENCE_GATEWAY_TOKEN, then none. Provider keys belong to the
            gateway.
        timeout: `Timeouts`, a number of seconds that limits the whole call, or None for no limit except on connecting.
        max_retries: Maximum number of retries of a request that is safe to repeat (docs/retries.md).
        retry: A `RetryPolicy` for finer control. Its `attempts` then replaces `max_retries`.
        headers: Headers sent with every request.
        tools: Tools sent with every chat request that does not set `tools`.
        max_tokens: Token limit of every chat request that does not set one.
        temperature: Sampling temperature of every chat request that does not set one.
        max_body: Maximum size of a response that is read whole, in bytes after decompression; a larger one raises
            `ResponseTooLargeError`.
        max_event: Maximum size of one event of a stream, in bytes; a larger one raises `StreamError`.
        max_connections: Maximum number of open connections. Further calls wait for a free one.
        proxy: URL of a proxy; "env" for HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; None for no proxy.
        ca: Certificates to trust instead of the system's: a file, a folder, or PEM text.
        cert: A client certificate: a PEM file, or (certificate file, key file[, password]).
        tls: An SSLContext to use instead of `ca` and `cert`.
        on_request: Called with a `RequestSent` before each attempt. The call raises what a hook raises.
        on_response: Called with a `ResponseReceived` after each response, of any status.
        on_retry: Called with a `RetryPlanned` when an attempt failed and another follows.
        on_budget: Called with a `BudgetReached` when a share of a budget is used (`Budget(..., warn_at=0.8)`).
        watchers: Observers of whole calls (see `Watcher`).
        tags: Names and values that watchers and the ledger receive with every call. They are not sent.
        ledger: A `Ledger` that records the cost of every call.
        budget: A `Budget`, or several, that every call must fit in (docs/costs.md).
        prices: Prices by model, such as {"llamacpp/*": FREE}. They replace those of the gateway's list.
        fallback: Models to ask when the one of a call fails, or a `Fallback` (docs/fallback.md).
        driver: A custom transport.

    A client may be shared between threads, tasks and event loops. Copies made by `with_options` share its connections.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has an invalid value. The message names it.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: Token | None = None,
        *,
        timeout: Timeouts | float | Literal["default"] | None = "default",
        max_retries: int = 2,
        retry: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        max_body: int = 256 * 1024 * 1024,
        max_event: int = 64 * 1024 * 1024,
        max_connections: int = 100,
        proxy: str | None = "env",
        ca: str | os.PathLike[str] | None = None,
        cert: Cert | None = None,
        tls: ssl.SSLContext | None = None,
        on_request: Hook[RequestSent] | None = None,
        on_response: Hook[ResponseReceived] | None = None,
        on_retry: Hook[RetryPlanned] | None = None,
        on_budget: Hook[BudgetReached] | None = None,
        watchers: Iterable[Watcher] = (),
        tags: Mapping[str, str] | None = None,
        ledger: Ledger | None = None,
        budget: Budget | Iterable[Budget] | None = None,
        prices: Mapping[str, Price] | None = None,
        fallback: Fallback | Iterable[str] | None = None,
        driver: Transport | None = None,
    ) -> None:
        url = GatewayUrl.parse(
            base_url if base_url is not None else os.environ.get("INFERENCE_GATEWAY_URL") or DEFAULT_URL
        )
        if token is None:
            token = os.environ.get("INFERENCE_GATEWAY_TOKEN") or None
        changes: dict[str, Any] = {"max_retries": max_retries, "retry": retry, "tools": tools, "max_tokens": max_tokens}
        changes |= {"temperature": temperature, "max_body": max_body, "max_event": max_event}
        changes |= {"on_request": on_request, "on_response": on_response, "on_retry": on_retry, "on_budget": on_budget}
        if headers is not None:
            changes["headers"] = headers
        if tags is not None:
            changes["tags"] = tags
        changes |= {"watchers": watchers, "ledger": ledger, "budget": budget, "prices": prices}
        changes["fallback"] = fallback
        if timeout != "default":
            changes["timeout"] = timeout
        self._settings = resolve(ClientSettings(token=TokenSource(token)), changes)
        self._connections = Connections(max_connections=max_connections, proxy=proxy, tls=tls, ca=ca, cert=cert)
        del token, headers, changes, proxy, cert  # secrets, and error trackers collect the variables of a traceback
        self._owns_driver = driver is not None
        if driver is None:
            driver = default_transport(self._connections)
        self._session = Session(url, driver, system_runtime())

    def _with_runtime(self, runtime: Runtime) -> Self:
        """Make the client, and its copies, use another clock, sleep and random source; return it."""
        self._session.runtime = runtime
        return self

    # Endpoints

    def list_models(
        self,
        provider: Provider | str | None = None,
        *,
        include: Iterable[str] = (),
        **options: Unpack[ListOptions],
    ) -> ListModelsResponse:
        """List the models of all configured providers, or of one (contract: GET /models).

        Args:
            provider: Provider whose models to list. Without it, the gateway leaves out providers that fail.
            include: Details to add to each model: any of "context_window", "pricing" and "modalities". "deprecated"
                also lists models that newer gateways hide because they are deprecated; older gateways refuse it.
            **options: Request options: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ValueError: `include` names a field that the contract does not list. Nothing is sent.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.models import models_call

        settings = without_body(self._settings, options)
        return self._session.send(models_call(provider, include), settings)

    def list_models_by_provider(self, provider: Provider | str, **options: Unpack[ListOptions]) -> ListModelsResponse:
        """List the models of one provider (contract: GET /models?provider=)."""
        if TYPE_CHECKING:
            keywords.list_options(**options)
        return self.list_models(check_provider(provider), **options)

    def generate_content(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> CreateChatCompletionResponse:
        """Create a chat completion and return it whole (contract: POST /chat/completions).

        Args:
            model: "provider/name", or a bare name with `provider`, or a routing alias of the gateway.
            messages: A string (one user message), a message, or a list of them. Earlier completions, or
                their messages, can be passed unchanged.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. `mcp_bypass=True` disables the gateway's MCP tools and keeps your own.
        """
        if TYPE_CHECKING:
            keywords.chat_params(**params)
        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params, GENERATES)
        headers = _wire.chat.pop_mcp_bypass(given)
        if settings.fallback is not None:
            render = partial(self._chat_call, settings, headers)
            return self._session.send_routed(settings, target, messages, given, render=render)
        return self._session.send(self._chat_call(settings, headers, target, messages, given), settings)

    def generate_content_stream(
        self,
        model: str,
        messages: Messages,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ChatStreamParams],
    ) -> Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]:
        """Stream a chat completion (contract: POST /chat/completions with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `generate_content`.
            messages: As in `generate_content`.
            provider: As in `generate_content`.
            **params: As in `generate_content`. In addition, `assemble=False` stores no chunks, and
                `on_truncation="return"` accepts a truncated stream.
        """
        if TYPE_CHECKING:
            keywords.chat_stream_params(**params)
        return self._chat_streams(model, provider, params)(messages)

    def _chat_streams(
        self, model: str, provider: str | None, params: Any, *, described: bool = False
    ) -> Callable[[Any], Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]]:
        """Return the function that streams a chat completion of messages.

        A run calls it for each request, because only the messages differ: the parameters are read and checked once.

        Args:
            model: As in `generate_content`.
            provider: As in `generate_content`.
            params: As in `generate_content_stream`.
            described: True if the tools in `params` are descriptions, as a run has them.
        """
        from ..._streams.chat import ChatDialect

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params, GENERATES)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        headers = _wire.chat.pop_mcp_bypass(given)
        choices = given.get("n") or 1
        dialect = partial(ChatDialect, assemble=assemble, max_event=settings.max_event, choices=choices)
        session = self._session
        if settings.fallback is not None:
            from .fallback import routed_call

            def render(target: Target, messages: Any, given: dict[str, Any]) -> StreamCall[Any, Any]:
                body = self._streamed_chat_body(target, given, settings)
                call = _wire.chat.chat_call(target, body.encode(messages), headers)
                return stream_call(call, lambda: dialect(provider=target.provider, model=target.model))

            def routed_stream(messages: Any) -> Stream[Any, Any]:
                routed = routed_call(session, settings, target, messages, given, render=render)
                return Stream(session, routed.call, settings, on_truncation=on_truncation, routed=routed)

            return routed_stream
        body = self._streamed_chat_body(target, given, settings, described=described)

        def stream(messages: Any) -> Stream[Any, Any]:
            call = stream_call(
                _wire.chat.chat_call(target, body.encode(messages), headers),
                lambda: dialect(provider=target.provider, model=target.model),
            )
            return Stream(session, call, settings, on_truncation=on_truncation)

        return stream

    def health_check(self) -> bool:
        """Return whether the gateway reports that it is healthy (contract: GET /health).

        Any failure returns False.

        Raises:
            RuntimeError: The client is closed.
        """
        from ..._wire.models import health_call

        self._session.check_open()
        try:
            return self._session.send(health_call(), self._settings)
        except Exception:  # noqa: BLE001  (any failure means that the gateway cannot be used from here)
            return False

    def diagnose(self, model: str | None = None, *, deep: bool = False, needs: Iterable[str] = ()) -> Diagnosis:
        """Look for faults of the set-up, and return what was found (docs/doctor.md).

        It takes at most 20 seconds, and it is free unless `deep` is set. It opens connections of its own, with the
        address, token, headers, proxy and certificates of this client.

        Args:
            model: The model in use, to examine it and its provider too.
            deep: Call the model as well: one answer of one token, and one short stream. This costs money.
            needs: The features in use: any of "images", "audio", "videos", "mcp" and "metrics". Without it, a feature
                that is off is not a fault.

        Returns:
            The findings, the one to remove first at the front, and facts.

        Raises:
            TypeError: An argument has the wrong type.
            ValueError: A feature is unknown, or `deep` has no model.
        """
        from ...doctor import examine
        from ...doctor.probes import Bounds, setup_of

        self._session.check_open()
        setup = setup_of(self._session.url.root, self._settings.token.get(), self._settings.headers, self._connections)
        return examine(setup, model, needs, deep=deep, bounds=Bounds())

    # Custom calls

    def send(self, call: Call[T]) -> T:
        """Send a custom call and return its result. Use it for an endpoint that has no method."""
        return self._session.send(call, self._settings)

    def open(
        self, call: StreamCall[ChunkT, FinalT], *, on_truncation: Literal["raise", "return"] = "raise"
    ) -> Stream[ChunkT, FinalT]:
        """Return the stream of a custom call."""
        return Stream(self._session, call, self._settings, on_truncation=on_truncation)

    # Costs

    def load_prices(self) -> None:
        """Load the prices of the gateway's models, for this client and the copies made of it from now on.

        A client with a ledger or a budget loads them before its first call. A failure is logged, and costs are unknown.
        """
        self._settings = with_book(self._settings)
        self._session.load_prices(self._settings)

    def price_of(self, model: str) -> Price | None:
        """Return the price of a model, None if it is not known. Nothing is sent: see `load_prices`.

        Args:
            model: The model as "provider/name".
        """
        from ..prices import price_for

        return price_for(self._settings, Target.resolve(model).model)[1]

    def estimate(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> Cost:
        """Return the bounds of the cost of a chat completion. Nothing is sent.

        Args:
            model: As in `generate_content`.
            messages: As in `generate_content`.
            provider: As in `generate_content`.
            **params: As in `generate_content`.
        """
        if TYPE_CHECKING:
            keywords.chat_params(**params)
        from ..accounts import cost_bounds

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        headers = _wire.chat.pop_mcp_bypass(given)
        return cost_bounds(self._chat_call(settings, headers, target, messages, given), settings)

    # Routes

    def routes(self) -> list[RouteStatus]:
        """Return the health of the routes that calls with fallback have asked, of this client and its copies."""
        book = self._session.routes
        return [] if book is None else book.statuses(self._session.runtime.monotonic())

    def explain(
        self, model: str, messages: Messages, *, provider: Provider | str | None = None, **params: Unpack[ChatParams]
    ) -> RoutePlan:
        """Return the routes that a chat completion would ask, and why others would not be asked.

        At most the list of models is requested, and nothing is generated. `print(plan)` shows one line a candidate.

        Args:
            model: As in `generate_content`.
            messages: As in `generate_content`.
            provider: As in `generate_content`.
            **params: As in `generate_content`.
        """
        if TYPE_CHECKING:
            keywords.chat_params(**params)
        from ..routes import explain_routes, route_book
        from .fallback import load_models

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params, GENERATES)
        headers = _wire.chat.pop_mcp_bypass(given)
        call = self._chat_call(settings, headers, target, messages, given)
        book, now = route_book(self._session), self._session.runtime.monotonic()
        if settings.fallback is not None and settings.fallback.needs_listing:
            load_models(self._session, book, settings)
        return explain_routes(book, settings, target, call, now)

    # Copies with other options

    def with_options(self, **options: Unpack[Options]) -> Self:
        """Return a client with some options changed. It shares this client's connections."""
        if TYPE_CHECKING:
            keywords.options(**options)
        copy = object.__new__(type(self))
        copy._session = self._session
        copy._connections, copy._owns_driver = self._connections, self._owns_driver
        copy._settings = resolve(self._settings, options)
        return copy

    def with_token(self, token: Token | None) -> Self:
        """Return a client that sends another token."""
        return self.with_options(token=token)

    def with_tools(self, tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None) -> Self:
        """Return a client that sends these tools with every chat request that does not set `tools`."""
        return self.with_options(tools=tools)

    def with_max_tokens(self, max_tokens: int | None) -> Self:
        """Return a client with this token limit for every chat request that does not set one."""
        return self.with_options(max_tokens=max_tokens)

    def with_temperature(self, temperature: float | None) -> Self:
        """Return a client with this sampling temperature for every chat request that does not set one."""
        return self.with_options(temperature=temperature)

    def with_timeout(self, timeout: Timeouts | float | None) -> Self:
        """Return a client with other timeouts: `Timeouts`, or a number of seconds that bounds each whole call."""
        return self.with_options(timeout=timeout)

    # Lifecycle

    @property
    def base_url(self) -> str:
        """The base URL of the API. It ends in /v1."""
        return self._session.url.api

    def close(self) -> None:
        """Close all connections of this client and its copies. Open streams end with an error."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    if not TYPE_CHECKING:  # to a checker, no further name exists

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(no_attribute(type(self).__name__, name), name=name, obj=self)

    def __repr__(self) -> str:
        stayed = ", ".join(self._settings.left_behind)
        return f"<{type(self).__name__} {self.base_url}{f', unpickled without {stayed}' if stayed else ''}>"

    def __copy__(self) -> Self:
        """Return a copy that shares the connections. It keeps the secrets, as it does not leave the process."""
        return self.with_options()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.with_options()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._owns_driver:
            raise TypeError("a client with a custom driver cannot be pickled: create it in the process that uses it")
        settings = self._settings
        options = {"timeout": settings.timeouts, "max_retries": settings.max_retries, "max_tokens": settings.max_tokens}
        options |= {"temperature": settings.temperature}
        options |= {"max_body": settings.max_body, "max_event": settings.max_event}
        options |= {"retry": settings.retry, "tools": settings.tools, **self._connections.portable()}
        options["fallback"] = settings.fallback
        return _restore, (type(self), self.base_url, options), left_behind(settings) or None

    def __setstate__(self, stayed: tuple[str, ...]) -> None:
        """Remember what the pickled client left behind, for `repr` and hints."""
        self._settings = without_left_behind(self._settings, stayed)

    @staticmethod
    def _chat_call(
        settings: ClientSettings[Any],
        headers: tuple[tuple[str, str], ...],
        target: Target,
        messages: Any,
        given: dict[str, Any],
    ) -> Call[CreateChatCompletionResponse]:
        _complete_chat_params(target, given, settings)
        body = _wire.chat.chat_body(target, messages, given, settings.extra_body)
        return _wire.chat.chat_call(target, body, headers)

    @staticmethod
    def _streamed_chat_body(
        target: Target, given: dict[str, Any], settings: ClientSettings[Any], *, described: bool = False
    ) -> _wire.chat.StreamedChatBody:
        _complete_chat_params(target, given, settings, described=described, streamed=True)
        return _wire.chat.StreamedChatBody(target, given, settings.extra_body)


def _complete_chat_params(
    target: Target,
    given: dict[str, Any],
    settings: ClientSettings[Any],
    *,
    described: bool = False,
    streamed: bool = False,
) -> None:
    """Add the client's defaults to the parameters of a chat, describe its types, and warn of dropped fields."""
    if settings.tools is not None:
        given.setdefault("tools", list(settings.tools))
    if settings.max_tokens is not None and "max_completion_tokens" not in given:
        given.setdefault("max_tokens", settings.max_tokens)
    if settings.temperature is not None:
        given.setdefault("temperature", settings.temperature)
    if ("tools" in given and not described) or "response_format" in given:
        describe_types(given, "chat", target.provider)
    if settings.extra_body and (dropped := _wire.chat.dropped_fields(settings.extra_body)):
        warnings.warn(
            f"the gateway silently drops {', '.join(dropped)} of extra_body from chat completions: use the"
            " Messages endpoint, the Responses endpoint or the proxy, which pass everything on",
            UserWarning,
            stacklevel=5 if streamed else 4,  # the line of the caller
        )


def _restore(cls: type[InferenceGatewayClient], base_url: str, options: dict[str, Any]) -> InferenceGatewayClient:
    """Return an unpickled client. It has its own connections and no token, headers or hooks, which may be secret."""
    return cls(base_url, **options)
