"""Responses (contract: /responses): encode the request, decode the complete response."""

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
from .params import check_shapes, reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["read_input", "read_response", "response_body", "response_call", "split_provider"]

PATH = "/responses"
_REQUEST = "CreateResponseRequest"
_ROLES = frozenset({"user", "assistant", "system", "developer"})


def response_call(target: Target, body: bytes) -> Call[Response]:
    """Return the call for a complete response."""
    return post_call(PATH, target, body, read_response)


def response_body(
    target: Target,
    input: Any,
    params: Mapping[str, Any],
    *,
    stream: bool,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the request's JSON.

    Args:
        target: Resolved model and provider.
        input: A string, an item, an earlier `Response`, or a list of them.
        params: The other fields of the contract.
        stream: Request a stream.
        extra: Fields that the contract does not list; the gateway passes them on (gateway-behaviour.md#responses).

    Raises:
        TypeError: A keyword is unknown or a value has the wrong type.
        ValueError: There is no input, a value is out of bounds, or a field is given twice.
        SerializationError: A value cannot be encoded as JSON.
    """
    reject_stream(params, extra, "create_response_stream")
    check_shapes(params, "responses")
    given = {**params, "stream": True} if stream else params
    return codec.encode(request_fields(_REQUEST, given, target, extra, content={"input": read_input(input)}))


def split_provider(provider: Any, extra: Mapping[str, Any] | None) -> tuple[Any, Mapping[str, Any] | None]:
    """Return the provider to send the request to, and the extra fields of the body.

    OpenRouter's parameter `provider` is an object, and belongs into the body: {"only": ["openai"]}.

    Raises:
        ValueError: `extra_body` has a provider too.
    """
    if not is_mapping(provider):
        return provider, extra
    if extra and "provider" in extra:
        raise ValueError("provider is an object and a field of extra_body: give it once")
    return None, {**(extra or {}), "provider": provider}


def read_input(input: Any) -> str | list[Any]:
    """Return the input in the contract's form: a string, or a list of items.

    An earlier response is replaced by its output items.

    Raises:
        TypeError: A value is not an item.
        ValueError: There are no items, or one has neither role nor type.
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
    """Return the response.

    Raises:
        StatusError: Status 200, but an error object or a failed response, which is then the error's `partial`.
        DeserializationError: The body holds no response.
        DecodingError: The body is not JSON.
    """
    answer = codec.decode(reply.body, Response)
    if answer.error is not None or raw_value(answer, "error"):
        error = read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
        error.partial = answer if answer.status else None
        raise error
    if "output" in unknown_of(answer).absent and not answer.id:
        raise DeserializationError("the answer has status 200 but holds no response", path="$.output")
    return answer


def _items(item: Any, where: str) -> list[Any]:
    """Return the input items for one value."""
    if isinstance(item, str):
        return [{"role": "user", "content": item}]
    if isinstance(item, Response):
        output = item.to_dict().get("output")  # as received: the provider checks ids and encrypted reasoning
        return output if is_array(output) else []
    if isinstance(item, Unknown):
        return [item]
    if is_mapping(item):
        if not (item.get("role") or item.get("type")):
            raise ValueError(f'{where} has neither role nor type: write {{"role": "user", "content": ...}}')
        if item.get("role") not in _ROLES or not isinstance(item.get("content"), str):
            from .shapes import check_input_item  # here: most items are a role and a text

            check_input_item(item, where)
        return [item]
    if hasattr(item, "role") or hasattr(item, "type"):
        return [item]
    raise TypeError(f"{where} must be a string, a mapping, an item or a Response, got {type(item).__name__}")
