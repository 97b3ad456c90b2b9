"""The ASGI middleware that records each request, chooses its script, and keeps both in the request's context."""

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
    """One request.

    Attributes:
        request: What came.
        script: What answers it; None when no script is for it.
        answered: The script is used. It is not when the gateway refuses the request by itself.
        turns: How often a provider was asked: more than once when the gateway runs tools by itself.
        missed: A provider was asked for which there was no script.
    """

    def __init__(self, request: ReceivedRequest, script: Script | None) -> None:
        self.request = request
        self.script = script
        self.answered = False
        self.turns = 0
        self.missed = False


REQUEST_CONTEXT: ContextVar[RequestContext] = ContextVar("inference_gateway_visit")


class RecordingMiddleware:
    """The application.

    Args:
        app: The gateway, with its faults.
        playbook: Where requests are written down and scripts are found.
    """

    def __init__(self, app: ASGIApp, expectations: Expectations) -> None:
        self._app = app
        self._expectations = expectations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
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
            if not await _authorized(context, send):
                await self._app(scope, _again(body, receive), _amended(context, send))
        finally:
            REQUEST_CONTEXT.reset(token)
            if context.script is not None and not context.answered:
                self._expectations.give_back(context.script)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the client left before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """The `receive` of a request whose body has been read."""
    unread = [body]

    async def again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return again


def _received(scope: Scope, body: bytes) -> ReceivedRequest:
    return ReceivedRequest(
        number=0,
        method=scope["method"],
        path=scope["path"],
        query=query_of(scope.get("query_string", b"").decode("latin-1")),
        headers=Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        content=body,
    )


async def _authorized(context: RequestContext, send: Send) -> bool:
    """Answer what no model answers, if a script says so; whether that was done."""
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


def _amended(context: RequestContext, send: Send) -> Send:
    """The same `send`, with the headers that a script asks for and no provider could send through the gateway."""

    async def amended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_extra(context)]}
        await send(message)

    return amended


def _extra(context: RequestContext) -> list[tuple[bytes, bytes]]:
    if context.missed:
        return [(b"x-should-retry", b"false")]  # the official clients repeat what fails, but for this
    if context.script is None or not context.answered:
        return []
    outcome = context.script.outcome_for(context.request)
    if isinstance(outcome, Refusal) and outcome.retry_after is not None:
        return [(b"retry-after", f"{outcome.retry_after:f}".rstrip("0").rstrip(".").encode())]
    return []
