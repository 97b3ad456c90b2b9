# Derived from ../_async/dialects.py by scripts/derive_blocking.py: do not edit.
"""The client's methods for the Messages and Responses dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._wire.call import StreamCall, Target
from ..settings import pop_assemble_option, split_params
from .stream import Stream

if TYPE_CHECKING:
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.messages import MessagesResponse, MessagesStreamEvent
    from ..._generated.responses import Response, ResponseStreamEvent
    from ..params import (
        Conversation,
        MessagesParams,
        MessagesStreamParams,
        ResponseItems,
        ResponseParams,
        ResponseStreamParams,
    )
    from ..runtime import TokenSource
    from ..settings import ClientSettings
    from .session import Session

__all__ = ["MessagesMethods", "ResponsesMethods"]


class MessagesMethods:
    """A mix-in with the methods of the Messages endpoint."""

    if TYPE_CHECKING:
        _session: Session
        _settings: ClientSettings[TokenSource]

    def create_message(
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
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        body = messages_body(target, messages, max_tokens, given, stream=False, extra=settings.extra_body)
        return self._session.send(messages_call(target, body), settings)

    def create_message_stream(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesStreamParams],
    ) -> Stream[MessagesStreamEvent, MessagesResponse]:
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
        from ..._streams.messages import MessagesDialect
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = messages_body(target, messages, max_tokens, given, stream=True, extra=settings.extra_body)
        whole = messages_call(target, body)
        call = StreamCall(
            method=whole.method,
            path=whole.path,
            start=lambda: MessagesDialect(provider=target.provider, model=target.model, assemble=assemble),
            query=whole.query,
            body=body,
            provider=target.provider,
            model=target.model,
        )
        return Stream(self._session, call, settings, on_truncation=on_truncation)


class ResponsesMethods:
    """A mix-in with the methods of the Responses endpoint."""

    if TYPE_CHECKING:
        _session: Session
        _settings: ClientSettings[TokenSource]

    def create_response(
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
        """
        from ..._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        body = response_body(target, input, given, stream=False, extra=settings.extra_body)
        return self._session.send(response_call(target, body), settings)

    def create_response_stream(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseStreamParams],
    ) -> Stream[ResponseStreamEvent, Response]:
        """Stream a response (contract: POST /responses with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `create_response`.
            input: As in `create_response`.
            provider: As in `create_response`.
            **params: As in `create_response`. In addition, `assemble=False` stores no events, and
                `on_truncation="return"` accepts a truncated stream.
        """
        from ..._streams.responses import ResponsesDialect
        from ..._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = response_body(target, input, given, stream=True, extra=settings.extra_body)
        whole = response_call(target, body)
        call = StreamCall(
            method=whole.method,
            path=whole.path,
            start=lambda: ResponsesDialect(provider=target.provider, model=target.model, assemble=assemble),
            query=whole.query,
            body=body,
            provider=target.provider,
            model=target.model,
        )
        return Stream(self._session, call, settings, on_truncation=on_truncation)
