"""Request bodies: bytes up to a limit, and the few fields that a gateway reads of JSON that it passes on.

Pass-through endpoints send a body on unchanged, unless the model's name has the provider's prefix. Then the body is
encoded again without the prefix, with sorted keys and unchanged numbers (gateway-behaviour.md#messages).
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
    """Return the body's bytes.

    Raises:
        Problem: The body is longer than `limit`.
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
    """A JSON body to pass on to a provider.

    Args:
        data: The body's bytes.

    Raises:
        Problem: The body is not a JSON object, or its `model` is not a string.
    """

    def __init__(self, data: bytes) -> None:
        try:
            named = msgspec.json.decode(data, type=_Named)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem.bad_request() from error
        self._data = data
        self.model: str = named.model or ""
        self.stream: bool = bool(named.stream)

    def with_model(self, model: str) -> bytes:
        """Return the bytes to send to a provider that knows the model by this name."""
        if model == self.model:
            return self._data
        try:
            whole = json.loads(self._data, parse_int=go_json.raw_number, parse_float=go_json.raw_number)
        except (ValueError, RecursionError) as error:
            raise Problem.bad_request() from error
        return go_json.encode({**whole, "model": model})
