"""Chat completions (contract: /chat/completions): what a user gives to the request's bytes, the whole answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.chat import CreateChatCompletionResponse, Message
from .._model.json_values import is_mapping
from ..errors import DeserializationError
from . import codec
from .call import Call, Reply, post_call
from .params import each_message, reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["CHAT_FIELDS", "chat_body", "chat_call", "dropped_fields", "pop_mcp_bypass", "read_chat"]

PATH = "/chat/completions"
_REQUEST = "CreateChatCompletionRequest"

# What the gateway passes on from a chat request; every other key is dropped without a word
# (gateway-behaviour.md#chat-completions).
CHAT_FIELDS = frozenset(
    "model messages max_tokens max_completion_tokens temperature top_p frequency_penalty presence_penalty n stop seed"
    " logprobs top_logprobs response_format logit_bias user stream stream_options tools tool_choice parallel_tool_calls"
    " reasoning_format reasoning_effort".split()
)
_NO_CHOICES = (
    "the gateway answers so when the provider sent an error object with status 200; the same request"
    " as a stream, or through the proxy, shows the provider's own words."
)


def chat_call(
    target: Target, body: bytes, headers: tuple[tuple[str, str], ...] = ()
) -> Call[CreateChatCompletionResponse]:
    """The call for a whole answer."""
    return post_call(PATH, target, body, read_chat, headers=headers)


def chat_body(
    target: Target,
    messages: Any,
    params: Mapping[str, Any],
    *,
    stream: bool,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The request's JSON.

    Args:
        target: Resolved model and provider.
        messages: A string, a message, or a list of both.
        params: The contract's other fields.
        stream: Ask for a stream, with usage at its end unless `params` says otherwise.
        extra: Fields the contract does not know.

    Raises:
        TypeError: An unknown keyword or a value of the wrong type.
        ValueError: No messages, a value out of bounds, or a field given twice.
        SerializationError: A value that has no JSON form.
    """
    reject_stream(params, extra, "generate_content_stream")
    given = dict(params)
    if stream:
        given["stream"] = True
        if given.get("stream_options") is None:
            given["stream_options"] = {"include_usage": True}
    content = {"messages": read_messages(messages)}
    return codec.encode(request_fields(_REQUEST, given, target, extra, content=content))


def dropped_fields(extra: Mapping[str, Any] | None) -> list[str]:
    """The fields of `extra_body` that the gateway will drop on its way to the provider."""
    return sorted(name for name in (extra or {}) if name not in CHAT_FIELDS)


def pop_mcp_bypass(params: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Take `mcp_bypass` out of the parameters; return the header that keeps the gateway's MCP tools out of a chat.

    See gateway-behaviour.md#mcp-tools.

    Raises:
        TypeError: `mcp_bypass` is neither True nor False.
    """
    bypass = params.pop("mcp_bypass", False)
    if not isinstance(bypass, bool):
        raise TypeError(f"mcp_bypass must be True or False, got {type(bypass).__name__}")
    return (("X-MCP-Bypass", "true"),) if bypass else ()


def read_messages(messages: Any) -> list[Any]:
    """The conversation as a list of messages; a bare string is one user message.

    Raises:
        TypeError: Something that is no message.
        ValueError: No message at all, or one without a role.
    """
    return each_message(messages, (str, Message), _message)


def read_chat(reply: Reply, target: Target) -> CreateChatCompletionResponse:
    """The whole answer.

    Raises:
        StatusError: The 200 held an error object.
        DeserializationError: It held no choices (the gateway's form of that, gateway-behaviour.md#chat-completions).
        DecodingError: It was not JSON.
    """
    answer = codec.decode(reply.body, CreateChatCompletionResponse)
    if answer.choices:
        return answer
    if answer.extra_fields.get("error"):
        raise read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
    if not answer.id and not answer.model:
        raise DeserializationError("the answer says 200 but holds no choices", path="$.choices", hint=_NO_CHOICES)
    return answer


def _message(item: Any, where: str) -> Any:
    if isinstance(item, str):
        return {"role": "user", "content": item}
    if is_mapping(item):
        _check_message(item.get("role"), item.get("content"), where)
        return item
    if isinstance(item, Message) or hasattr(item, "role"):
        _check_message(item.role, getattr(item, "content", None), where)
        return item
    if isinstance(item, CreateChatCompletionResponse):
        raise TypeError(f"{where} is a whole answer: pass its .message")
    raise TypeError(f"{where} must be a string, a mapping or a Message, got {_kind(item)}")


def _check_message(role: object, content: object, where: str) -> None:
    if role is None or role == "":
        raise ValueError(f'{where} has no role: write {{"role": "user", "content": ...}}')
    if not isinstance(role, str):
        raise TypeError(f"{where}.role must be a string such as 'user', got {_kind(role)}")
    if isinstance(content, (bytes, bytearray, bool, int, float)):
        raise TypeError(f"{where}.content must be a string or a list of parts, got {_kind(content)}")


def _kind(value: object) -> str:
    return type(value).__name__
