"""The clients' methods for the Messages endpoint, Anthropic's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.call import StreamCall
from .._wire.target import Target
from .settings import pop_assemble, split
from .stream_async import AsyncStream

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._generated.messages import MessagesResponse, MessagesStreamEvent
    from .params import Conversation, MessagesParams, MessagesStreamParams
    from .session_async import AsyncSession
    from .settings import Settings
    from .token import AsyncTokenSource

__all__ = ["AsyncMessagesMethods"]


class AsyncMessagesMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: Settings[AsyncTokenSource]

    async def create_message(
        self,
        model: str,
        messages: Conversation,
        max_tokens: int,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[MessagesParams],
    ) -> MessagesResponse:
        """A whole message of the model (contract: POST /messages).

        Gateways serve it for provider anthropic alone (WIRE section 10).

        Args:
            model: "provider/name", or a bare name with `provider`.
            messages: A string (one user message), a message, or a list of them; earlier answers go in as they are, with
                every block that the provider sent.
            max_tokens: Most tokens to generate.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and how the call is made: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. What stands in `extra_body` reaches the provider.
        """
        from .._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split(self._settings, params)
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
        from .._streams.messages import MessagesDialect
        from .._wire.messages import messages_body, messages_call

        target = Target.resolve(model, provider)
        settings, given = split(self._settings, params)
        assemble = pop_assemble(given)
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
        return AsyncStream(self._session, call, settings, on_truncation=on_truncation)
