"""Messages (contract: /messages): what a user gives to the request's bytes, the whole message back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.messages import MessagesMessage, MessagesResponse
from .._model.json_values import is_iterable, is_mapping
from ..errors import DeserializationError
from . import codec
from .call import Call, Reply, post_call
from .params import each_message, reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["messages_body", "messages_call", "read_conversation", "read_messages_reply"]

PATH = "/messages"
_REQUEST = "CreateMessagesRequest"


def messages_call(target: Target, body: bytes) -> Call[MessagesResponse]:
    """The call for a whole message."""
    return post_call(PATH, target, body, read_messages_reply)


def messages_body(
    target: Target,
    messages: Any,
    max_tokens: Any,
    params: Mapping[str, Any],
    *,
    stream: bool,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The request's JSON.

    Args:
        target: Resolved model and provider.
        messages: A string, a message, or a list of both.
        max_tokens: Most tokens to generate.
        params: The contract's other fields.
        stream: Ask for a stream.
        extra: Fields the contract does not know; the gateway passes them on (gateway-behaviour.md#messages).

    Raises:
        TypeError: An unknown keyword or a value of the wrong type.
        ValueError: No messages, a value out of bounds, or a field given twice.
        SerializationError: A value that has no JSON form.
    """
    reject_stream(params, extra, "create_message_stream")
    if max_tokens is None:
        raise TypeError("max_tokens is required for messages: give the most tokens to generate, got None")
    given = {"max_tokens": max_tokens, "messages": read_conversation(messages), **params}
    if stream:
        given["stream"] = True
    return codec.encode(request_fields(_REQUEST, given, target, extra))


def read_conversation(messages: Any) -> list[Any]:
    """The conversation as a list of messages; a bare string is one user message.

    Raises:
        TypeError: Something that is no message.
        ValueError: No message at all, or one without a role.
    """
    return each_message(messages, (str, MessagesMessage, MessagesResponse), _message)


def read_messages_reply(reply: Reply, target: Target) -> MessagesResponse:
    """The whole message.

    Raises:
        StatusError: The 200 held an error object.
        DeserializationError: It held no message.
        DecodingError: It was not JSON.
    """
    answer = codec.decode(reply.body, MessagesResponse)
    if answer.extra_fields.get("error"):
        raise read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
    if "content" not in answer.to_dict() and not answer.id:
        raise DeserializationError("the answer says 200 but holds no message", path="$.content")
    return answer


def _message(item: Any, where: str) -> Any:
    if isinstance(item, str):
        return {"role": "user", "content": item}
    if isinstance(item, MessagesResponse):
        return _has_content(item)
    fields = item if is_mapping(item) else {name: getattr(item, name, None) for name in ("role", "content", "type")}
    if fields.get("role"):
        _check_message(fields["role"], fields.get("content"), where)
        return item
    if isinstance(fields.get("type"), str):
        raise TypeError(f'{where} is a content block: put it into a message, as {{"role": "user", "content": [block]}}')
    if is_mapping(item) or isinstance(item, MessagesMessage):
        raise ValueError(f'{where} has no role: write {{"role": "user", "content": ...}}')
    raise TypeError(f"{where} must be a string, a mapping or a MessagesMessage, got {type(item).__name__}")


def _check_message(role: object, content: object, where: str) -> None:
    if not isinstance(role, str):
        raise TypeError(f"{where}.role must be a string such as 'user', got {type(role).__name__}")
    if not isinstance(content, str) and (is_mapping(content) or not is_iterable(content) or isinstance(content, bytes)):
        raise TypeError(f"{where}.content must be a string or a list of blocks, got {type(content).__name__}")


def _has_content(answer: MessagesResponse) -> dict[str, Any]:
    """An earlier answer as the turn it was: the provider checks its blocks, so that they go back as they came."""
    whole = answer.to_dict()
    return {"role": whole.get("role") or "assistant", "content": whole.get("content") or []}
