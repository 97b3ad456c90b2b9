"""Request bodies: bytes up to a limit, and the few fields that a gateway reads of JSON that it passes on.

Pass-through endpoints send a body on unchanged, unless the model's name has the provider's prefix. Then the body is
encoded again without the prefix, with sorted keys and unchanged numbers (gateway-behaviour.md#messages).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from .._model.type_info import build_decoder
from . import go_json
from .problems import Problem

if TYPE_CHECKING:
    from msgspec.json import Decoder
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


_named: Decoder[_Named | None] = build_decoder(_Named | None)


class PassedBody:
    """A JSON body to pass on to a provider.

    Args:
        data: The body's bytes.

    Raises:
        Problem: The body is neither a JSON object nor null, or its `model` is not a string.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            named = self._read() or _Named()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Problem.bad_request() from error
        self.model: str = named.model or ""
        self.stream: bool = bool(named.stream)

    def with_model(self, model: str) -> bytes:
        """Return the bytes to send to a provider that knows the model by this name."""
        if model == self.model:
            return self._data
        data = go_json.only_value(self._data) or b"{}"
        try:
            whole: dict[str, object] | None = json.loads(
                data, parse_int=go_json.raw_number, parse_float=go_json.raw_number
            )
            return go_json.encode({**(whole or {}), "model": model})
        except (ValueError, RecursionError) as error:
            raise Problem.bad_request() from error

    def _read(self) -> _Named | None:
        try:
            return _named.decode(self._data)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            sound = go_json.only_value(self._data)  # bytes that are not UTF-8 and halves of surrogate pairs pass
            if sound is None:
                raise
        return _named.decode(sound)
