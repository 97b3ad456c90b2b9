"""The ASGI middleware that records each request, chooses its script, and sets both in the request's context."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec

from .. import Headers
from .answer import Refusal
from .received import (
    OF_A_MODEL,
    ReceivedRequest,
    query_of,
)
from .script import (
    Raw,
    Script,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .expectations import Expectations

__all__ = ["REQUEST_CONTEXT", "RecordingMiddleware", "RequestContext"]


class RequestContext:
    """A request and its script.

    Attributes:
        request: The request.
        script: The script that answers it; None if no script matches.
        answered: True once the script has been used. It is not used when the gateway refuses the request itself.
        turns: The number of requests to providers: more than one when the gateway runs tools itself.
        missed: True if a provider got a request without a script.
    """

    def __init__(self, request: ReceivedRequest, script: Script | None) -> None:
        self.request = request
        self.script = script
        self.answered = False
        self.turns = 0
        self.missed = False


REQUEST_CONTEXT: ContextVar[RequestContext] = ContextVar("inference_gateway_request")


class RecordingMiddleware:
    """ASGI middleware that records requests and chooses their scripts.

    Args:
        app: The gateway, with its faults.
        expectations: The scripts and the recorded requests.
    """

    def __init__(self, app: ASGIApp, expectations: Expectations) -> None:
        self._app = app
        self._expectations = expectations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a request, choose its script, and pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        request = self._expectations.record(_received(scope, body))
        context = RequestContext(request, self._expectations.take(request))
        token = REQUEST_CONTEXT.set(context)
        try:
            if not await _answer_without_model(context, send):
                await self._app(scope, _replay_body(body, receive), _with_extra_headers(context, send))
        finally:
            REQUEST_CONTEXT.reset(token)
            if context.script is not None and not context.answered:
                self._expectations.give_back(context.script)


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or None if the client left before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that repeats the body, which has been read already."""
    unread = [body]

    async def replay() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return replay


def _received(scope: Scope, body: bytes) -> ReceivedRequest:
    return ReceivedRequest(
        number=0,
        method=scope["method"],
        path=scope["path"],
        query=query_of(scope.get("query_string", b"").decode("latin-1")),
        headers=Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        content=body,
    )


async def _answer_without_model(context: RequestContext, send: Send) -> bool:
    """Answer a request that does not go to a model, and return whether a script did so."""
    script, request = context.script, context.request
    if script is None or request.endpoint in OF_A_MODEL or script.fault is not None:
        return False
    context.answered = True
    outcome = script.outcome_for(request)
    if isinstance(outcome, Refusal):
        body = msgspec.json.encode({"error": outcome.message})
        outcome = Raw(status=outcome.status, headers=(("content-type", "application/json"),), body=body)
    if not isinstance(outcome, Raw):
        return False
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in outcome.headers]
    headers += [*_extra(context), (b"content-length", b"%d" % len(outcome.body))]
    await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
    await send({"type": "http.response.body", "body": outcome.body, "more_body": False})
    return True


def _with_extra_headers(context: RequestContext, send: Send) -> Send:
    """Return a `send` that adds headers which a provider cannot send through the gateway."""

    async def extended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_extra(context)]}
        await send(message)

    return extended


def _extra(context: RequestContext) -> list[tuple[bytes, bytes]]:
    if context.missed:
        return [(b"x-should-retry", b"false")]  # keeps the official clients from retrying
    if context.script is None or not context.answered:
        return []
    outcome = context.script.outcome_for(context.request)
    if isinstance(outcome, Refusal) and outcome.retry_after is not None:
        return [(b"retry-after", f"{outcome.retry_after:f}".rstrip("0").rstrip(".").encode())]
    return []
