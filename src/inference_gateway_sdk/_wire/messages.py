"""Messages (contract: /messages): encode the request, decode the complete response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.messages import MessagesMessage, MessagesResponse, MessagesToolResultBlock
from .._model.json_values import is_iterable, is_mapping
from .._model.unknown_fields import unknown_of
from ..errors import DeserializationError
from . import codec
from .call import Call, Reply, post_call
from .params import check_shapes, each_message, reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["messages_body", "messages_call", "read_conversation", "read_messages_reply"]

PATH = "/messages"
_REQUEST = "CreateMessagesRequest"
_ROLES = frozenset({"user", "assistant"})


def messages_call(target: Target, body: bytes) -> Call[MessagesResponse]:
    """Return the call for a complete message."""
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
    """Return the request's JSON.

    Args:
        target: Resolved model and provider.
        messages: A string, a message, or a list of both.
        max_tokens: The largest number of tokens to generate.
        params: The other fields of the contract.
        stream: Request a stream.
        extra: Fields that the contract does not list; the gateway passes them on (gateway-behaviour.md#messages).

    Raises:
        TypeError: A keyword is unknown or a value has the wrong type.
        ValueError: There are no messages, a value is out of bounds, or a field is given twice.
        SerializationError: A value cannot be encoded as JSON.
    """
    reject_stream(params, extra, "create_message_stream")
    if max_tokens is None:
        raise TypeError("max_tokens is required for messages: give a number of tokens, got None")
    check_shapes(params, "messages")
    given = {"max_tokens": max_tokens, "messages": read_conversation(messages), **params}
    if stream:
        given["stream"] = True
    return codec.encode(request_fields(_REQUEST, given, target, extra))


def read_conversation(messages: Any) -> list[Any]:
    """Return the conversation as a list of messages; a bare string is one user message.

    Raises:
        TypeError: An item is not a message.
        ValueError: There are no messages, or one has no role.
    """
    return _joined_results(each_message(messages, (str, MessagesMessage, MessagesResponse), _message))


def _joined_results(messages: list[Any]) -> list[Any]:
    """Join neighbouring messages of `tool_result`: Anthropic wants the results of one turn in one message."""
    joined: list[Any] = []
    for message in messages:
        if joined and (blocks := _results(message)) and (before := _results(joined[-1])):
            joined[-1] = MessagesMessage(role="user", content=[*before, *blocks])
        else:
            joined.append(message)
    return joined


def _results(message: Any) -> list[Any] | None:
    """Return the blocks of a message that holds results of tools alone."""
    if not isinstance(message, MessagesMessage) or message.role != "user" or isinstance(message.content, str):
        return None
    blocks: list[Any] = message.content
    return blocks if blocks and all(isinstance(block, MessagesToolResultBlock) for block in blocks) else None


def read_messages_reply(reply: Reply, target: Target) -> MessagesResponse:
    """Return the message of a complete response.

    Raises:
        StatusError: The response has status 200 but holds an error object.
        DeserializationError: It holds no message.
        DecodingError: It is not JSON.
    """
    answer = codec.decode(reply.body, MessagesResponse)
    if answer.extra_fields.get("error"):
        raise read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
    if "content" in unknown_of(answer).absent and not answer.id:
        raise DeserializationError("the answer has status 200 but holds no message", path="$.content")
    return answer


def _message(item: Any, where: str) -> Any:
    if isinstance(item, str):
        return {"role": "user", "content": item}
    if isinstance(item, MessagesResponse):
        return _has_content(item)
    fields = item if is_mapping(item) else {name: getattr(item, name, None) for name in ("role", "content", "type")}
    if fields.get("role"):
        _check_message(fields, where)
        return item
    if isinstance(fields.get("type"), str):
        raise TypeError(f'{where} is a content block: put it into a message, as {{"role": "user", "content": [block]}}')
    if is_mapping(item) or isinstance(item, MessagesMessage):
        raise ValueError(f'{where} has no role: write {{"role": "user", "content": ...}}')
    raise TypeError(f"{where} must be a string, a mapping or a MessagesMessage, got {type(item).__name__}")


def _check_message(message: Any, where: str) -> None:
    role, content = message["role"], message.get("content")
    if not isinstance(role, str):
        raise TypeError(f"{where}.role must be a string such as 'user', got {type(role).__name__}")
    if role not in _ROLES or not isinstance(content, str):
        from .shapes import check_messages_message  # here: most messages are a role and a text

        check_messages_message(message, where)
    if not isinstance(content, str) and (is_mapping(content) or not is_iterable(content) or isinstance(content, bytes)):
        raise TypeError(f"{where}.content must be a string or a list of blocks, got {type(content).__name__}")


def _has_content(answer: MessagesResponse) -> dict[str, Any]:
    """Return an earlier answer as its turn. Its blocks stay exactly as received, because the provider checks them."""
    whole = answer.to_dict()
    return {"role": whole.get("role") or "assistant", "content": whole.get("content") or []}
