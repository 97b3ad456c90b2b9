"""Where requests reach the scripted gateway: each is written down and given its script before the gateway sees it.

An ASGI middleware around everything else. What a script says of an endpoint that no model answers (the list of models,
health, metrics, tools) is answered here; everything else goes through the gateway as any request does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .. import Headers
from .answer import Refusal
from .received import OF_A_MODEL, ReceivedRequest, query_of
from .request_context import CONTEXT, RequestContext
from .script import Raw

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .expectations import Expectations

__all__ = ["RecordingMiddleware"]


class RecordingMiddleware:
    """The application.

    Args:
        app: The gateway, with its faults.
        playbook: Where requests are written down and scripts are found.
    """

    def __init__(self, app: ASGIApp, playbook: Expectations) -> None:
        self._app = app
        self._playbook = playbook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        request = self._playbook.record(_received(scope, body))
        visit = RequestContext(request, self._playbook.take(request))
        told = CONTEXT.set(visit)
        try:
            if not await _authorized(visit, send):
                await self._app(scope, _again(body, receive), _amended(visit, send))
        finally:
            CONTEXT.reset(told)
            if visit.script is not None and not visit.answered:
                self._playbook.give_back(visit.script)


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


async def _authorized(visit: RequestContext, send: Send) -> bool:
    """Answer what no model answers, if a script says so; whether that was done."""
    script, request = visit.script, visit.request
    if script is None or request.endpoint in OF_A_MODEL or script.fault is not None:
        return False
    visit.answered = True
    outcome = script.outcome_for(request)
    if isinstance(outcome, Refusal):
        body = msgspec.json.encode({"error": outcome.message})
        outcome = Raw(status=outcome.status, headers=(("content-type", "application/json"),), body=body)
    if not isinstance(outcome, Raw):
        return False
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in outcome.headers]
    headers += [*_extra(visit), (b"content-length", b"%d" % len(outcome.body))]
    await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
    await send({"type": "http.response.body", "body": outcome.body, "more_body": False})
    return True


def _amended(visit: RequestContext, send: Send) -> Send:
    """The same `send`, with the headers that a script asks for and no provider could send through the gateway."""

    async def amended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_extra(visit)]}
        await send(message)

    return amended


def _extra(visit: RequestContext) -> list[tuple[bytes, bytes]]:
    if visit.missed:
        return [(b"x-should-retry", b"false")]  # the official clients repeat what fails, but for this
    if visit.script is None or not visit.answered:
        return []
    outcome = visit.script.outcome_for(visit.request)
    if isinstance(outcome, Refusal) and outcome.retry_after is not None:
        return [(b"retry-after", f"{outcome.retry_after:f}".rstrip("0").rstrip(".").encode())]
    return []
