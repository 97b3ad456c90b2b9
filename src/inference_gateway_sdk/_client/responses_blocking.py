# Derived from responses_async.py by scripts/derive_blocking.py: do not edit.
"""The clients' methods for the Responses endpoint, OpenAI's newer dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.call import StreamCall
from .._wire.target import Target
from .settings import pop_assemble, split
from .stream_blocking import Stream

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._generated.responses import Response, ResponseStreamEvent
    from .params import ResponseItems, ResponseParams, ResponseStreamParams
    from .session_blocking import Session
    from .settings import Settings
    from .token import TokenSource

__all__ = ["ResponsesMethods"]


class ResponsesMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: Session
        _settings: Settings[TokenSource]

    def create_response(
        self,
        model: str,
        input: ResponseItems,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ResponseParams],
    ) -> Response:
        """A whole response of the model (contract: POST /responses).

        Gateways serve it for provider openai alone (WIRE section 11).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: A string (what the user says), an item, or a list of them; an earlier `Response` stands for its
                output items, which go back with everything that the provider sent.
            provider: The provider of a bare model name.
            **params: The contract's parameters, and how the call is made: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`. What stands in `extra_body` reaches the provider.
        """
        from .._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split(self._settings, params)
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
        from .._streams.responses import ResponsesDialect
        from .._wire.responses import response_body, response_call

        target = Target.resolve(model, provider)
        settings, given = split(self._settings, params)
        assemble = pop_assemble(given)
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
