"""The middleware that records requests and serves the traffic page at `/inspect/`."""

from __future__ import annotations

import asyncio
import codecs
import time
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .._client.prices import PriceBook
from .._generated.models import ListModelsResponse
from .._model.cost import cost_of
from .._model.type_info import strict_decode
from .._model.usage import Usage
from .._wire.headers import redact_text
from ..embedded.access_control import Authentication, OriginCheck
from ..embedded.endpoints.gateway import list_models
from ..embedded.problems import Problem
from ..embedded.request_log import with_record
from ..testing.cassettes.exchange import Ending, Exchange, Piece, RecordedAnswer, RecordedRequest
from ..testing.cassettes.redaction import Redaction
from ..testing.cassettes.redactor import Redactor
from .snippets import curl_command, python_program, python_test
from .traffic import ObservedRecord, Traffic

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..embedded import Gateway
    from ..embedded.request_log import RequestRecord
    from .traffic import RecordedTraffic

__all__ = ["Inspector"]

PREFIX = "/inspect"

_STATIC = Path(__file__).parent / "static"
_FILES = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
# Nothing comes from elsewhere, no other page may frame, open or embed this one, and no text is run as a script.
_SAFETY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
_DIALECTS = {"/chat/completions": "chat", "/messages": "messages", "/responses": "responses"}
_LEAST_WAIT = 0.4  # seconds between two requests of the page
_LEAST_DETAIL_WAIT = 1.0  # seconds between two requests for the details of an open stream
_WAIT_OF_STREAM = 0.01  # seconds of both waits for each open stream: 2 s for 200 of them
_SHARE = 200  # the page waits this many times as long as its last request took, so that it costs about 0.5 %
_TEXTS = ("text/", "application/json", "application/x-www-form-urlencoded", "multipart/")


_redacted = lru_cache(256)(redact_text)  # every poll has the same paths and models


class Inspector:
    """ASGI middleware that records every request and serves the page that shows them.

    The page is for pages of the same origin only, even where `ALLOWED_ORIGINS` lets others use the gateway. Where the
    gateway requires a token, the page asks for it.

    Args:
        app: The application inside its request log, whose records the traffic takes part in.
        gateway: The gateway that the application serves.
        traffic: The recorded requests; None for new ones.
    """

    def __init__(self, app: ASGIApp, gateway: Gateway, traffic: Traffic | None = None) -> None:
        self.traffic: Traffic = Traffic() if traffic is None else traffic
        self._app = app
        self._gateway = gateway
        self._run = str(time.time_ns())
        self._book = PriceBook()
        self._loading: asyncio.Task[None] | None = None
        self._page = self._create_page(gateway)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page, or pass a request on and record it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _is_of_page(scope["path"]):
            await self._page({**scope, "extensions": {}}, receive, send)
        else:
            await self._record(scope, receive, send)

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        traffic = self.traffic
        record = ObservedRecord(traffic, scope)
        entry = record.entry

        async def received() -> Message:
            message = await receive()
            if data := message.get("body"):
                traffic.add_request(entry, data)
            return message

        try:
            await self._app(with_record(scope, record), received, send)
        finally:
            traffic.end(entry)

    def _create_page(self, gateway: Gateway) -> ASGIApp:
        routes = [
            Route(PREFIX, _to_page),
            *(Route(f"{PREFIX}/{name}", partial(_file, *file)) for name, file in _FILES.items()),
            Route(f"{PREFIX}/requests", self._list, methods=["GET"]),
            Route(f"{PREFIX}/requests", self._clear, methods=["DELETE"]),
            Route(f"{PREFIX}/requests/{{number:int}}", self._show),
        ]
        settings = gateway.settings
        middleware = [Middleware(OriginCheck, settings.host, settings.allowed_hosts), Middleware(_SameOrigin)]
        if gateway.tokens:
            middleware.append(Middleware(Authentication, gateway.tokens, _is_file, bare=False))
        page = Starlette(routes=routes, middleware=middleware)
        page.router.redirect_slashes = False
        return page

    async def _list(self, request: Request) -> Response:
        """Return the requests that have changed since a version, and the time to wait before the next call."""
        began = time.perf_counter()
        given = request.query_params.get("since", "0")
        same = request.query_params.get("run") == self._run and given.isdecimal()
        since = int(given[:15]) if same else -1
        entries = self.traffic.changed(since)
        self._load_prices()
        body: dict[str, Any] = {
            "run": self._run,
            "version": self.traffic.version,
            "oldest": self.traffic.oldest,
            "requests": [self._summary(entry) for entry in entries if entry.version > since],
            "progress": [self._progress(entry) for entry in entries if entry.version <= since],
        }
        answer = msgspec.json.encode(body)
        least = max(_LEAST_WAIT, _WAIT_OF_STREAM * self.traffic.open)
        return _json(answer, _wait(time.perf_counter() - began, least))

    async def _clear(self, _: Request) -> Response:
        self.traffic.clear()
        return Response(status_code=204, headers=_SAFETY)

    async def _show(self, request: Request) -> Response:
        """Return one request with its bodies, without their secrets."""
        entry = self.traffic.find(request.path_params["number"])
        if entry is None:
            return _json(b'{"error":"the request is no longer listed"}', status=404)
        exchange, summary = _exchange(entry), self._summary(entry)
        origin = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        # in a thread: the search for secrets in large bodies takes long, and streams must go on
        detail, took = await asyncio.to_thread(_timed_detail, exchange, entry.record.fault, origin)
        detail |= {
            "summary": summary,
            "request_cut": entry.request_size > len(exchange.request.body or b""),
            "answer_cut": entry.size > len(entry.answer),
            "forgotten": entry.forgotten,
        }
        least = _LEAST_DETAIL_WAIT + _WAIT_OF_STREAM * self.traffic.open
        return _json(msgspec.json.encode(detail), _wait(took, least))

    def _progress(self, entry: RecordedTraffic) -> tuple[int, int, int, float]:
        """Return the number of an open stream and its counters: pieces, size, seconds."""
        return entry.number, entry.count, entry.size, round(entry.seconds(self.traffic.clock()), 3)

    def _summary(self, entry: RecordedTraffic) -> dict[str, Any]:
        record = entry.record
        # the search for the tokens of every open stream would cost more than all else; most report them at the end
        sent, made = (None, None) if entry.ended is None else record.tokens
        return {
            "number": entry.number,
            "started": entry.started,
            "method": record.method,
            "path": _redacted(record.path),
            "target": _redacted("/".join(name for name in (record.provider, record.model) if name)),
            "status": record.status,
            "head": entry.head,
            "first": entry.first,
            "seconds": entry.seconds(self.traffic.clock()) if entry.ended is None else entry.ended,
            "state": "open" if entry.ended is None else "whole" if record.whole else "cut off",
            "fault": record.fault,
            "pieces": entry.count,
            "size": entry.size,
            "input_tokens": sent,
            "output_tokens": made,
            "cost": None if entry.ended is None else self._cost(record),
        }

    def _cost(self, record: RequestRecord) -> str | None:
        """Return the cost, with its bounds where it is not exact; None where it is not known."""
        reported = record.usage
        dialect = next((name for end, name in _DIALECTS.items() if record.path.endswith(end)), "") if reported else ""
        usage = Usage.read(dialect, reported) if dialect else None
        if usage is None:
            return None
        provider, model = record.provider or "", record.model or ""
        name = model if model.startswith(f"{provider}/") else f"{provider}/{model}"
        cost = cost_of(usage, self._book.find(name), provider=provider)
        if cost.total is not None:
            return f"{cost.total.normalize():f} {cost.currency}"
        if cost.at_most is None:
            return None
        return f"{cost.at_least.normalize():f} to {cost.at_most.normalize():f} {cost.currency}"

    def _load_prices(self) -> None:
        """Start to load the prices of the gateway's own list of models, unless they are there."""
        now = self.traffic.clock()
        if self._loading is None and self.traffic.version and self._book.needs_listing(now):
            self._loading = asyncio.create_task(self._load(now))

    async def _load(self, now: float) -> None:
        asked = Request(_LISTING, _Silent().receive)
        try:
            listing = await list_models(self._gateway, asked)
            self._book.load(strict_decode(bytes(listing.body), ListModelsResponse), now)
        except Exception as error:  # noqa: BLE001  (without prices the page shows no costs)
            self._book.load_failed(error, now)
        finally:
            self._loading = None


def _is_of_page(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


_LISTING: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/v1/models",
    "query_string": b"include=pricing",
    "headers": [],
}


class _Silent:
    """A client that sends an empty body and stays connected."""

    def __init__(self) -> None:
        self._asked = False

    async def receive(self) -> Message:
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}


class _SameOrigin:
    """ASGI middleware that refuses every request that a page of another origin causes.

    `OriginCheck` lets pages of the same site pass, such as one on another port of this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        if headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin"):
            await self._app(scope, receive, send)
        else:
            await Problem(403, "the traffic page is for pages of its own origin").response()(scope, receive, send)


def _is_file(scope: Scope) -> bool:
    """Return whether the request is for a file of the page, which holds no traffic and needs no token."""
    return not scope["path"].startswith(f"{PREFIX}/requests")


async def _to_page(_: Request) -> Response:
    return RedirectResponse(f"{PREFIX}/", 307, _SAFETY)


async def _file(name: str, kind: str, _: Request) -> Response:
    return Response((_STATIC / name).read_bytes(), headers={**_SAFETY, "content-type": kind})


def _json(body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    return Response(body, status, {**_SAFETY, **(headers or {}), "content-type": "application/json"})


def _exchange(entry: RecordedTraffic) -> Exchange:
    """Return a recorded request as an exchange, to hide its secrets as a cassette does."""
    record = entry.record
    url = record.path + (f"?{entry.query}" if entry.query else "")
    request = RecordedRequest(record.method, url, entry.headers, bytes(entry.request) or None)
    end = Ending("complete" if record.whole or entry.ended is None else "truncated", entry.ended or 0.0)
    if record.status is None or entry.head is None:
        return Exchange(request, Ending("no_answer", entry.ended or 0.0))
    pieces = tuple([Piece(at, data) for at, data in entry.timed_pieces()])
    return Exchange(request, RecordedAnswer(entry.head, record.status, entry.answer_headers, pieces, end))


def _wait(took: float, least: float) -> dict[str, str]:
    """Return the header with the time to wait after an answer that took some seconds."""
    return {"x-wait": f"{max(least, took * _SHARE):.3f}"}


def _timed_detail(exchange: Exchange, fault: str | None, origin: str) -> tuple[dict[str, Any], float]:
    """Return the details, and the seconds that they took."""
    began = time.perf_counter()
    detail = _detail(exchange, fault, origin)
    return detail, time.perf_counter() - began


def _detail(exchange: Exchange, fault: str | None, origin: str) -> dict[str, Any]:
    """Return the bodies, the timeline and the snippets of an exchange, without secrets."""
    hidden = Redactor(Redaction()).exchanges([exchange])[0]
    request = hidden.request
    answer = hidden.outcome if isinstance(hidden.outcome, RecordedAnswer) else None
    return {
        "url": request.url,
        "request_headers": request.headers,
        "request": _shown(request.body or b"", request.headers),
        "answer_headers": answer.headers if answer else (),
        "pieces": _timeline(answer) if answer else [],
        "snippets": {
            "Python": python_program(request, origin),
            "curl": curl_command(request, origin),
            "test": python_test(request, answer, fault),
        },
    }


def _timeline(answer: RecordedAnswer) -> list[dict[str, Any]]:
    """Return the time, the size and the text of each piece. A character across two pieces belongs to the second."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    text = _is_text(answer.headers)
    return [
        {"at": piece.at, "size": len(piece.data), "text": decode(piece.data) if text else ""} for piece in answer.pieces
    ]


def _shown(body: bytes, headers: tuple[tuple[str, str], ...]) -> str:
    return body.decode("utf-8", "replace") if _is_text(headers) else f"{len(body)} bytes"


def _is_text(headers: tuple[tuple[str, str], ...]) -> bool:
    kind = dict(headers).get("content-type", "application/json")
    return kind.startswith(_TEXTS) and "content-encoding" not in dict(headers)
