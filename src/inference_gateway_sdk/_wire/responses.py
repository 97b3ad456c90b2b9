"""Responses (contract: /responses): what a user gives to the request's bytes, the whole response back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.responses import Response
from .._model.json_values import is_array, is_iterable, is_mapping
from .._model.model import Model
from .._model.open_types import Unknown
from .._model.unknown_fields import raw_value, unknown_of
from ..errors import DeserializationError
from . import codec
from .call import Call, Reply, post_call
from .params import reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["read_input", "read_response", "response_body", "response_call"]

PATH = "/responses"
_REQUEST = "CreateResponseRequest"


def response_call(target: Target, body: bytes) -> Call[Response]:
    """The call for a whole response."""
    return post_call(PATH, target, body, read_response)


def response_body(
    target: Target,
    input: Any,
    params: Mapping[str, Any],
    *,
    stream: bool,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The request's JSON.

    Args:
        target: Resolved model and provider.
        input: A string, an item, an earlier `Response`, or a list of them.
        params: The contract's other fields.
        stream: Ask for a stream.
        extra: Fields the contract does not know; the gateway passes them on (gateway-behaviour.md#responses).

    Raises:
        TypeError: An unknown keyword or a value of the wrong type.
        ValueError: No input, a value out of bounds, or a field given twice.
        SerializationError: A value that has no JSON form.
    """
    reject_stream(params, extra, "create_response_stream")
    given = {**params, "stream": True} if stream else params
    return codec.encode(request_fields(_REQUEST, given, target, extra, content={"input": read_input(input)}))


def read_input(input: Any) -> str | list[Any]:
    """The input as the contract has it: a plain text, or items. An earlier response stands for its output items.

    Raises:
        TypeError: Something that is no item.
        ValueError: No item at all, or one without role and type.
    """
    if isinstance(input, str):
        return input
    if isinstance(input, (Model, Unknown)) or is_mapping(input):
        found = _items(input, "input")
    elif not is_iterable(input) or isinstance(input, (bytes, bytearray)):
        raise TypeError(f"input must be a string, an item or a list of items, got {type(input).__name__}")
    else:
        found = [one for place, item in enumerate(input) for one in _items(item, f"input[{place}]")]
    if not found:
        raise ValueError("input is empty: give a text or at least one item")
    return found


def read_response(reply: Reply, target: Target) -> Response:
    """The whole response.

    Raises:
        StatusError: The 200 held an error object, or a response that failed; that one is the error's `partial`.
        DeserializationError: It held no response.
        DecodingError: It was not JSON.
    """
    answer = codec.decode(reply.body, Response)
    if answer.error is not None or raw_value(answer, "error"):
        error = read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
        error.partial = answer if answer.status else None
        raise error
    if "output" in unknown_of(answer).absent and not answer.id:
        raise DeserializationError("the answer says 200 but holds no response", path="$.output")
    return answer


def _items(item: Any, where: str) -> list[Any]:
    """What goes into the input for one thing that was given."""
    if isinstance(item, str):
        return [{"role": "user", "content": item}]
    if isinstance(item, Response):
        output = item.to_dict().get("output")  # as it came: the provider checks ids and encrypted thinking
        return output if is_array(output) else []
    if isinstance(item, Unknown):
        return [item]
    if is_mapping(item):
        if not (item.get("role") or item.get("type")):
            raise ValueError(f'{where} has neither role nor type: write {{"role": "user", "content": ...}}')
        return [item]
    if hasattr(item, "role") or hasattr(item, "type"):
        return [item]
    raise TypeError(f"{where} must be a string, a mapping, an item or a Response, got {type(item).__name__}")
