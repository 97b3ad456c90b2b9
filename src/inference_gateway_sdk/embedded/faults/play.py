"""The faults of a plan, played on the requests of an application: an ASGI middleware around the whole gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..problems import Problem
from . import kinds
from .dialect import refusal
from .intake import Intake
from .kinds import Fault, FaultError
from .notation import parse
from .outlet import Outlet, OverError
from .pieces import Head, Pieces
from .plan import Asked
from .strikes import MidBody, WithoutLast
from .wire import wire_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .plan import FaultPlan

__all__ = ["HEADER", "FaultPlayer"]

HEADER = "X-Igw-Fault"
"""The header in which a request may name the fault it wants to meet."""

_BODILESS = (204, 304)
_WITHIN_HTTP = (
    kinds.Answer,
    kinds.Status,
    kinds.Truncate,
    kinds.MissingDone,
    kinds.MalformedEvent,
    kinds.ErrorEvent,
    kinds.WrongContentType,
    kinds.OversizedEvent,
)


class FaultPlayer:
    """The application, with the faults of the plan."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, well or badly."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        intake = Intake(receive)
        try:
            scope, fault = await self._chosen(scope, intake)
        except FaultError as error:
            await Problem(400, f"{HEADER}: {error}").response()(scope, intake.receive, send)
            return
        try:
            await self._play(fault, scope, intake, send)
        except FaultError as error:
            await Problem(501, str(error)).response()(scope, intake.receive, send)
        except OverError:
            return

    async def _chosen(self, scope: Scope, intake: Intake) -> tuple[Scope, Fault]:
        """The request as the application is to see it, and the fault it meets."""
        method, path = scope["method"], scope["path"]
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if self._plan.header and HEADER.lower() in headers:
            fault = parse(headers[HEADER.lower()])
            self._plan.count(fault)
            kept = [pair for pair in scope["headers"] if pair[0].lower() != HEADER.lower().encode()]
            return {**scope, "headers": kept}, fault
        body = await intake.body() if self._plan.reads_body(method, path) else b""
        query = scope.get("query_string", b"").decode("latin-1")
        asked = Asked(method=method, path=path, query=query, headers=headers, body=body)
        return scope, self._plan.choose(asked) or kinds.Answer()

    async def _play(self, fault: Fault, scope: Scope, intake: Intake, send: Send) -> None:
        if not isinstance(fault, _WITHIN_HTTP):
            wire_of(scope)  # refused here, while there is no answer yet
        match fault:
            case kinds.MidBodyFault():
                await self._app(scope, intake.receive, Pieces(MidBody(fault, Outlet(scope, send))).send)
            case kinds.Answer():
                await self._app(scope, intake.receive, send)
            case kinds.MissingDone():
                await self._app(scope, intake.receive, Pieces(WithoutLast(Outlet(scope, send))).send)
            case kinds.WrongContentType(content_type=content_type):
                await self._app(scope, intake.receive, _relabelled(send, content_type))
            case kinds.CloseOnReuse(reset=reset):
                await self._app(scope, intake.receive, _last_on_its_connection(scope, send, reset=reset))
            case kinds.StallBeforeHeaders(seconds=seconds):
                await intake.body()
                if not await wire_of(scope).gone_within(seconds):
                    await self._app(scope, intake.receive, send)
            case _:
                await intake.body()
                await self._instead(fault, scope, send)

    async def _instead(self, fault: Fault, scope: Scope, send: Send) -> None:
        """The faults that leave nothing of the answer, after the request has been read."""
        match fault:
            case kinds.Status():
                await _refuse(fault, scope, send)
            case kinds.Refuse(seconds=seconds):
                wire = wire_of(scope)
                self._plan.shut_for(seconds)
                await wire.close()
            case kinds.ResetBeforeHeaders(delay=delay):
                if not await wire_of(scope).gone_within(delay):
                    await wire_of(scope).reset()
            case kinds.CloseBeforeHeaders(delay=delay):
                if not await wire_of(scope).gone_within(delay):
                    await wire_of(scope).close()
            case kinds.TrickleHeaders(interval=interval):
                await wire_of(scope).write(b"HTTP/1.1 200 OK\r\n")
                await Outlet(scope, send).drip(b"X-Trickle: 1\r\n", interval, raw=True)
            case _:
                raise AssertionError(fault)


async def _refuse(fault: kinds.Status, scope: Scope, send: Send) -> None:
    """The status, with what belongs to it."""
    body = refusal(scope["path"], fault.status) if fault.body is None else fault.body.encode(errors="replace")
    body = b"" if fault.status in _BODILESS else body
    head = Head(fault.status, [])
    if body:
        head.put(b"content-type", fault.content_type.encode())
    if fault.status not in _BODILESS:
        head.put(b"content-length", b"%d" % len(body))
    if fault.retry_after is not None:
        head.put(b"retry-after", str(fault.retry_after).encode())
    await send(head.message())
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _relabelled(send: Send, content_type: str) -> Send:
    """The same `send`, with another content type."""

    async def relabelled(message: Message) -> None:
        if message["type"] == "http.response.start":
            head = Head.of(message)
            head.put(b"content-type", content_type.encode())
            message = head.message()
        await send(message)

    return relabelled


def _last_on_its_connection(scope: Scope, send: Send, *, reset: bool) -> Send:
    """The same `send`, which dooms the connection before the answer's last bytes."""
    wire = wire_of(scope)

    async def last(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            wire.end_on_reuse(reset=reset)
        await send(message)

    return last
