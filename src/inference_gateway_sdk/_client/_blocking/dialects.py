# Derived from ../_async/dialects.py by scripts/derive_blocking.py: do not edit.
"""The client's methods for the Messages and Responses dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._wire.call import Target, stream_call
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
    """Mixed into the client."""

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
        """A whole message of the model (contract: POST /messages).

        Gateways serve it for provider anthropic alone (gateway-behaviour.md#messages).

        Args:
            model: "provider/name", or a bare name with `provider`.
            messages: A string (one user message), a message, or a list of them; earlier answers go in as they are, with
                every block that the provider sent.
            max_tokens: Most tokens to generate.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and how the call is made: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. What stands in `extra_body` reaches the provider.
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
        """A message of the model as it is written (contract: POST /messages with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `create_message`.
            messages: As in `create_message`.
            max_tokens: As in `create_message`.
            provider: As in `create_message`.
            **params: As in `create_message`, and `assemble=False` for a stream that keeps nothing,
                `on_truncation="return"` to accept an answer that was cut off.
        """
        from ..._streams.messages import MessagesDialect
        from ..._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = messages_body(target, messages, max_tokens, given, stream=True, extra=settings.extra_body)
        call = stream_call(
            messages_call(target, body),
            lambda: MessagesDialect(
                provider=target.provider, model=target.model, assemble=assemble, max_event=settings.max_event
            ),
        )
        return Stream(self._session, call, settings, on_truncation=on_truncation)


class ResponsesMethods:
    """Mixed into the client."""

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
        """A whole response of the model (contract: POST /responses).

        Gateways serve it for provider openai alone (gateway-behaviour.md#responses).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: A string (what the user says), an item, or a list of them; an earlier `Response` stands for its
                output items, which go back with everything that the provider sent.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and how the call is made: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. What stands in `extra_body` reaches the provider.
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
        """A response of the model as it is written (contract: POST /responses with `stream`).

        Nothing is sent before the `with` block is entered.

        Args:
            model: As in `create_response`.
            input: As in `create_response`.
            provider: As in `create_response`.
            **params: As in `create_response`, and `assemble=False` for a stream that keeps nothing,
                `on_truncation="return"` to accept an answer that was cut off.
        """
        from ..._streams.responses import ResponsesDialect
        from ..._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split_params(self._settings, params)
        assemble = pop_assemble_option(given)
        on_truncation = given.pop("on_truncation", "raise")
        body = response_body(target, input, given, stream=True, extra=settings.extra_body)
        call = stream_call(
            response_call(target, body),
            lambda: ResponsesDialect(
                provider=target.provider, model=target.model, assemble=assemble, max_event=settings.max_event
            ),
        )
        return Stream(self._session, call, settings, on_truncation=on_truncation)
