"""A request's body: its bytes up to a limit, and the little that a gateway reads of JSON which it passes on.

Pass-through endpoints send a body on byte for byte, unless the model's name carries the provider's prefix: then it is
written anew without the prefix, keys sorted and numbers as they stood (gateway-behaviour.md#messages).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from . import go_json
from .problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["PassedBody", "read_body"]


async def read_body(request: Request, limit: int) -> bytes:
    """The body's bytes.

    Raises:
        Problem: There are more than `limit`.
    """
    body = bytearray()
    async for data in request.stream():
        body += data
        if len(body) > limit:
            problem = Problem.too_large()
            problem.unread = int(request.headers.get("content-length", 0)) - limit
            raise problem
    return bytes(body)


class _Named(Struct):
    model: str | None = None
    stream: bool | None = None


class PassedBody:
    """A JSON body on its way to a provider.

    Args:
        data: Its bytes.

    Raises:
        Problem: It is not one JSON object (or null) with a model's name for its `model`.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            named = self._read() or _Named()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem.bad_request() from error
        self.model = named.model or ""
        self.stream = bool(named.stream)

    def with_model(self, model: str) -> bytes:
        """The bytes to send when the provider knows the model by this name."""
        if model == self.model:
            return self._data
        data = go_json.only_value(self._data) or b"{}"
        try:
            whole = json.loads(data, parse_int=go_json.as_it_stands, parse_float=go_json.as_it_stands)
            return go_json.encode({**(whole or {}), "model": model})
        except (ValueError, RecursionError) as error:
            raise Problem.bad_request() from error

    def _read(self) -> _Named | None:
        try:
            return msgspec.json.decode(self._data, type=_Named | None)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            sound = go_json.only_value(self._data)  # bytes that are not UTF-8 and halves of surrogate pairs pass
            if sound is None:
                raise
        return msgspec.json.decode(sound, type=_Named | None)
