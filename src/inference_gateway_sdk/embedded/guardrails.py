"""Guardrails: a service that judges requests, and whole chat answers (gateway-behaviour.md#guardrails)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import msgspec
from msgspec import Struct

from .._model.type_info import strict_decode
from .oidc import is_this_machine
from .problems import Blocked, Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .settings import Guardrails

__all__ = ["GuardrailCheck"]

_CHAT = "/v1/chat/completions"


class _Verdict(Struct):
    action: str = ""
    message: str = ""


class GuardrailCheck:
    """ASGI middleware that has each request judged before it is served, and each whole chat answer before it is sent.

    The service gets a POST with `{"stage": "request", "method": ..., "path": ..., "body": ...}`, where `stage` is
    "request" or "response". It answers `{"action": "block", "message": ...}` to refuse it, and any other object to let
    it pass.

    Args:
        app: The application to protect.
        settings: The service, and what happens when it fails.
        limit: Bytes of a request that are read.
    """

    def __init__(self, app: ASGIApp, settings: Guardrails, limit: int) -> None:
        self._app = app
        self._settings = settings
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal: Problem | None
        try:
            body = await self._read(receive)
        except Problem:
            refusal = Problem(400, "failed to read request body")
        else:
            if body is None:
                return  # the client has disconnected
            refusal = await self._judge("request", scope, body)
            if refusal is None:
                answers = _HeldAnswer(self, scope, receive, send).send if scope["path"] == _CHAT else send
                await self._app(scope, _replay(body, receive), answers)
                return
        await refusal.response()(scope, receive, send)

    async def judge_answer(self, scope: Scope, body: bytes) -> Problem | None:
        """Return the refusal of an answer, or None."""
        return await self._judge("response", scope, body)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the whole body, or None if the client disconnected.

        Raises:
            Problem: The body is late or over the limit.
        """
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._limit:
                raise Problem.too_large()
            if not message.get("more_body", False):
                return bytes(body)

    async def _judge(self, stage: str, scope: Scope, body: bytes) -> Problem | None:
        url = self._settings.url
        asked = {
            "stage": stage,
            "method": scope["method"],
            "path": scope["path"],
            "body": body.decode(errors="replace"),
        }
        try:
            async with httpx2.AsyncClient(timeout=self._settings.timeout, trust_env=not is_this_machine(url)) as client:
                answer = (await client.post(url, json=asked)).raise_for_status()
            verdict = strict_decode(answer.content, _Verdict)
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError, UnicodeDecodeError):
            return Blocked.unjudged(stage) if self._settings.closed else None
        return Blocked.judged(stage, verdict.message) if verdict.action == "block" else None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once more."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


class _HeldAnswer:
    """The answer to a chat. A whole one is held back until it is judged, and a stream is sent as it comes."""

    def __init__(self, check: GuardrailCheck, scope: Scope, receive: Receive, send: Send) -> None:
        self._check = check
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Send or hold back a part of the answer."""
        if message["type"] == "http.response.start" and _is_whole(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start, bytes(self._body))

    async def _finish(self, start: Message, body: bytes) -> None:
        refusal = await self._check.judge_answer(self._scope, body)
        if refusal is not None:
            await refusal.response()(self._scope, self._receive, self._send)
            return
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _is_whole(start: Message) -> bool:
    content_type = dict(start["headers"]).get(b"content-type", b"")
    return start["status"] == 200 and not content_type.startswith(b"text/event-stream")
