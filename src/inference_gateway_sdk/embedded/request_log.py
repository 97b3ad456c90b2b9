"""The request log: one record for each request that the gateway has answered, cut off or lost."""

from __future__ import annotations

import json
import re
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "RequestLog",
    "RequestRecord",
    "WatchedRecord",
    "json_line",
    "note_fault",
    "note_target",
    "text_line",
    "with_record",
]


_RECORD = "inference_gateway.record"  # key of the scope's extensions: the record of the request
_LONGEST = 1024  # bytes of a report of tokens
_USAGE = b'"usage"'
_decode = json.JSONDecoder().raw_decode
_INPUT = re.compile(rb'"(?:prompt_tokens|input_tokens)"\s*:\s*(\d+)')
_OUTPUT = re.compile(rb'"(?:completion_tokens|output_tokens)"\s*:\s*(\d+)')


class RequestRecord:
    """One request.

    Attributes:
        method: The method.
        path: The path, without the query.
        provider: The provider that was chosen, None if there was none.
        model: The model, None if the request names none.
        status: The status of the answer, None if it had no head.
        seconds: The time from the request's head to the end of the answer.
        whole: True if the answer was sent to its end.
        fault: The kind of the injected fault, None without one.
    """

    def __init__(self, method: str, path: str) -> None:
        self.method: str = method
        self.path: str = path
        self.provider: str | None = None
        self.model: str | None = None
        self.status: int | None = None
        self.seconds: float = 0.0
        self.whole: bool = False
        self.fault: str | None = None
        self._first = self._last = self._rest = b""

    def add_body(self, body: bytes) -> None:
        """Keep the parts of an answer that may report its tokens: of a stream its first and last report."""
        place = body.rfind(_USAGE)
        if place >= 0:  # an event of a stream, or a whole answer
            self._last = body[place : place + _LONGEST]
            self._first = self._first or self._last
            self._rest = b""
        elif self._last and len(self._rest) < _LONGEST:  # a report may be sent in pieces
            self._rest += body[:_LONGEST]

    def __str__(self) -> str:
        return text_line(self)

    @property
    def tokens(self) -> tuple[int | None, int | None]:
        """The tokens of the prompt and of the answer, None where the answer does not report them."""
        if not self._last:
            return None, None
        found = self._first + self._last + self._rest
        return _most(_INPUT, found), _most(_OUTPUT, found)

    @property
    def usage(self) -> dict[str, Any]:
        """The members of the reported usage, empty where the answer reports none. Messages reports it in parts."""
        found: dict[str, Any] = {}
        if not self._last:
            return found
        for report in (self._first, self._last + self._rest):
            # b'"usage":{"prompt_tokens":3},"choices":[]}' becomes {"prompt_tokens": 3}
            text = report.partition(b":")[2].decode("utf-8", "replace").lstrip()
            with suppress(ValueError):
                value: Any = _decode(text)[0]
                found |= value if isinstance(value, dict) else {}
        return found


class WatchedRecord(RequestRecord, ABC):
    """A record that something else than the request log has begun, and that watches the answer itself."""

    @abstractmethod
    def watch(self, send: Send) -> Send:
        """Return a `send` that fills this record and passes each message on."""


def _most(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    """Return the largest number: Messages reports its tokens in parts, some of them 0."""
    return max((int(number[:15]) for number in pattern.findall(text)), default=None)


class RequestLog:
    """ASGI middleware that reports each request at its end.

    Args:
        app: The application.
        emit: Called with the record of each request.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self, app: ASGIApp, emit: Callable[[RequestRecord], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._emit = emit
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and report it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extensions = scope.get("extensions", {})
        watched: WatchedRecord | None = extensions[_RECORD] if _RECORD in extensions else None  # noqa: SIM401  (no call)
        record, began = watched or RequestRecord(scope["method"], scope["path"]), self._clock()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            elif message["type"] == "http.response.body":
                record.add_body(message.get("body", b""))
                if not message.get("more_body", False):
                    record.whole = True
            await send(message)

        try:
            noted = {**scope, "extensions": {**extensions, _RECORD: record}}
            await self._app(noted, receive, watched.watch(send) if watched else observed)
        finally:
            record.seconds = self._clock() - began
            self._emit(record)


def with_record(scope: Scope, record: WatchedRecord) -> Scope:
    """Return the scope with the record of its request, which `RequestLog` then uses and reports."""
    return {**scope, "extensions": {**scope.get("extensions", {}), _RECORD: record}}


def note_target(scope: Scope, provider: str | None, model: str | None) -> None:
    """Add the chosen provider and model to the request's record, if there is one."""
    record: RequestRecord | None = scope.get("extensions", {}).get(_RECORD)
    if record is not None:
        record.provider, record.model = provider, model or None


def note_fault(scope: Scope, kind: str) -> None:
    """Add the kind of an injected fault to the request's record, if there is one."""
    record: RequestRecord | None = scope.get("extensions", {}).get(_RECORD)
    if record is not None:
        record.fault = kind


def text_line(record: RequestRecord, at: str = "") -> str:
    """Return the record as a line to read: `12:00:01 POST /v1/chat/completions openai/gpt-4o 200 12 ms 3+4 tokens`.

    Args:
        record: The record.
        at: The time of day, which comes first.
    """
    words = [at] if at else []
    words += [record.method, record.path]
    if record.provider or record.model:
        words.append("/".join(name for name in (record.provider, record.model) if name))
    words += [str(record.status or "no-answer"), f"{record.seconds * 1000:.0f} ms"]
    sent, made = record.tokens
    if sent is not None or made is not None:
        words.append(f"{'?' if sent is None else sent}+{'?' if made is None else made} tokens")
    if record.fault:
        words.append(f"fault: {record.fault}")
    elif not record.whole:
        words.append("cut off")
    return " ".join(words)


def json_line(record: RequestRecord, at: str = "") -> str:
    """Return the record as one line of JSON, with null for what is unknown. Arguments as of `text_line`."""
    sent, made = record.tokens
    members: dict[str, Any] = {
        "time": at,
        "method": record.method,
        "path": record.path,
        "provider": record.provider,
        "model": record.model,
        "status": record.status,
        "milliseconds": round(record.seconds * 1000, 1),
        "input_tokens": sent,
        "output_tokens": made,
        "whole": record.whole,
        "fault": record.fault,
    }
    return json.dumps(members)
