"""Chat completions (contract: /chat/completions): encode the request, decode the complete response."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from .._generated.chat import CreateChatCompletionResponse, Message
from .._model.arguments import check_bool
from .._model.json_values import is_array, is_mapping
from ..errors import DeserializationError
from . import codec
from .call import Call, Reply, post_call
from .params import check_shapes, each_message, reject_stream, request_fields
from .problem import read_error_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call import Target

__all__ = ["CHAT_FIELDS", "StreamedChatBody", "chat_body", "chat_call", "dropped_fields", "pop_mcp_bypass", "read_chat"]

PATH = "/chat/completions"
_REQUEST = "CreateChatCompletionRequest"

# The fields of a chat request that the gateway passes on. It drops every other key silently
# (gateway-behaviour.md#chat-completions).
CHAT_FIELDS = frozenset(
    "model messages max_tokens max_completion_tokens temperature top_p frequency_penalty presence_penalty n stop seed"
    " logprobs top_logprobs response_format logit_bias user stream stream_options tools tool_choice parallel_tool_calls"
    " reasoning_format reasoning_effort".split()
)
_PLAIN_ROLES = frozenset({"system", "user", "assistant"})  # a text is all that their messages need
_NO_CHOICES = (
    "the gateway answers like this when the provider sent an error object with status 200; the same request"
    " as a stream, or through the proxy, shows the provider's own message"
)


def chat_call(
    target: Target, body: bytes, headers: tuple[tuple[str, str], ...] = ()
) -> Call[CreateChatCompletionResponse]:
    """Return the call for a complete answer."""
    return post_call(PATH, target, body, read_chat, headers=headers)


def chat_body(
    target: Target, messages: Any, params: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> bytes:
    """Return the JSON of a request for a complete answer.

    Args:
        target: Resolved model and provider.
        messages: A string, a message, or a list of both.
        params: The other fields of the contract.
        extra: Fields that the contract does not list.

    Raises:
        TypeError: A keyword is unknown or a value has the wrong type.
        ValueError: There are no messages, a value is out of bounds, or a field is given twice.
        SerializationError: A value cannot be encoded as JSON.
    """
    if params or extra:
        _check_given(params, extra)
    content = {"messages": read_messages(messages)}
    return codec.encode(request_fields(_REQUEST, params, target, extra, content=content))


class StreamedChatBody:
    """The JSON of requests for streams that differ only in their messages. Their other fields are checked once.

    Usage is requested at the end of each stream, unless `params` sets `stream_options`.

    Args:
        target: Resolved model and provider.
        params: The other fields of the contract.
        extra: Fields that the contract does not list.

    Raises:
        TypeError: A tool, a choice of one or a format has the wrong form.
        ValueError: One has a misspelt or foreign name.
    """

    __slots__ = ("_extra", "_fields", "_given", "_target")

    def __init__(self, target: Target, params: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> None:
        _check_given(params, extra)
        self._target = target
        self._given = {**params, "stream": True}
        if params.get("stream_options") is None:
            self._given["stream_options"] = {"include_usage": True}
        self._extra = extra
        self._fields: dict[str, Any] | None = None  # of the last request

    def encode(self, messages: Any) -> bytes:
        """Return the JSON of a request.

        Messages at the start of a list that the last list began with too are not checked again.

        Args:
            messages: A string, a message, or a list of both.

        Raises:
            TypeError: A keyword is unknown or a value has the wrong type.
            ValueError: There are no messages, a value is out of bounds, or a field is given twice.
            SerializationError: A value cannot be encoded as JSON.
        """
        fields = self._fields
        if fields is None:
            content = {"messages": read_messages(messages)}
            fields = request_fields(_REQUEST, self._given, self._target, self._extra, content=content)
        else:
            fields = {**fields, "messages": self._continued(fields["messages"], messages)}
        found = codec.encode(fields)
        self._fields = fields
        return found

    def _continued(self, read: list[Any], messages: Any) -> list[Any]:
        """Return the conversation as a list of messages, of which the first ones may be those of the last request."""
        known = len(read)
        if is_array(messages) and known <= len(messages) and all(map(is_, read, messages)):
            return read + [_message(messages[at], f"messages[{at}]") for at in range(known, len(messages))]
        return read_messages(messages)


def dropped_fields(extra: Mapping[str, Any] | None) -> list[str]:
    """Return the fields of `extra_body` that the gateway drops."""
    return sorted(name for name in (extra or {}) if name not in CHAT_FIELDS)


def pop_mcp_bypass(params: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Take `mcp_bypass` out of the parameters; return the header that keeps the gateway's MCP tools out of a chat.

    See gateway-behaviour.md#mcp-tools.

    Raises:
        TypeError: `mcp_bypass` is neither True nor False.
    """
    if "mcp_bypass" not in params or not check_bool("mcp_bypass", params.pop("mcp_bypass")):
        return ()
    return (("X-MCP-Bypass", "true"),)


def read_messages(messages: Any) -> list[Any]:
    """Return the conversation as a list of messages; a bare string is one user message.

    Raises:
        TypeError: An item is not a message.
        ValueError: There are no messages, or one has no role.
    """
    return each_message(messages, (str, Message, CreateChatCompletionResponse), _message)


def read_chat(reply: Reply, target: Target) -> CreateChatCompletionResponse:
    """Return the answer of a complete response.

    Raises:
        StatusError: The response has status 200 but holds an error object.
        DeserializationError: It has no choices: the gateway's form of an error (gateway-behaviour.md#chat-completions).
        DecodingError: It is not JSON.
    """
    answer = codec.decode(reply.body, CreateChatCompletionResponse)
    if answer.choices:
        return answer
    if answer.extra_fields.get("error"):
        raise read_error_object(answer.to_dict(), reply.body, provider=target.provider, model=target.model)
    if not answer.id and not answer.model:
        raise DeserializationError("the answer has status 200 but holds no choices", path="$.choices", hint=_NO_CHOICES)
    return answer


def _check_given(params: Mapping[str, Any], extra: Mapping[str, Any] | None) -> None:
    reject_stream(params, extra, "generate_content_stream")
    check_shapes(params, "chat")


def _message(item: Any, where: str) -> Any:
    if isinstance(item, str):
        return {"role": "user", "content": item}
    if is_mapping(item):
        _check_message(item, item.get("role"), item.get("content"), where)
        return item
    if isinstance(item, CreateChatCompletionResponse):
        item = _only_message(item, where)
    if isinstance(item, Message) or hasattr(item, "role"):
        _check_message(item, item.role, getattr(item, "content", None), where)
        return item
    raise TypeError(f"{where} must be a string, a mapping or a Message, got {_kind(item)}")


def _only_message(answer: CreateChatCompletionResponse, where: str) -> Message:
    """Return an earlier answer's message. It is sent as received, because providers check what they attached."""
    if len(answer.choices) != 1:
        found = len(answer.choices) or "no"
        raise ValueError(f"{where} is an answer with {found} choices: pass the message of one, .choices[i].message")
    message = answer.choices[0].message
    if message is None:  # pyright: ignore[reportUnnecessaryComparison]  # not what the contract allows
        raise ValueError(f"{where} has no message: leave out the answer, whose choice came without one")
    return message


def _check_message(message: Any, role: object, content: object, where: str) -> None:
    if role is None or role == "":
        if is_mapping(message) and isinstance(message.get("type"), str):
            raise ValueError(
                f'{where} is a part of a message: write {{"role": "user", "content": [part]}} (tool_result(call, ...)'
                " writes the result of a tool)"
            )
        raise ValueError(f'{where} has no role: write {{"role": "user", "content": ...}}')
    if not isinstance(role, str):
        raise TypeError(f"{where}.role must be a string such as 'user', got {_kind(role)}")
    if isinstance(content, (bytes, bytearray, bool, int, float)):
        raise TypeError(f"{where}.content must be a string or a list of parts, got {_kind(content)}")
    if not isinstance(content, str) or role not in _PLAIN_ROLES:
        from .shapes import check_chat_message  # here: most messages are a role and a text

        check_chat_message(message, where)


def _kind(value: object) -> str:
    return type(value).__name__
