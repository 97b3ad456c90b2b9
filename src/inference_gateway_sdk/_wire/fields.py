"""What a user gives to a request's fields: its messages, the contract's parameters, and `extra_body`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.json_value import is_iterable, is_mapping
from .params import check_params
from .target import Target, check_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["each_message", "refuse_stream", "request_fields", "resolve_optional"]


def request_fields(
    schema: str,
    given: Mapping[str, Any],
    target: Target,
    extra: Mapping[str, Any] | None,
    *,
    content: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The fields to send, checked against the contract.

    Args:
        schema: The request's type, as "CreateImageRequest".
        given: The parameters; those that are None are left out.
        target: Whose `model` is sent, where it names one.
        extra: Fields the contract does not know.
        content: What the method has read already, with more patience than the contract has; it goes first, unchecked.

    Raises:
        TypeError: An unknown keyword or a value of the wrong type.
        ValueError: A value out of bounds, or a field given twice.
    """
    fields = {name: value for name, value in given.items() if value is not None}
    check_params(schema, fields)
    fields = {**({"model": target.model} if target.model else {}), **(content or {}), **fields}
    for name, value in (extra or {}).items():
        if name in fields:
            raise ValueError(f"extra_body: {name!r} is already set by an argument; say it once")
        fields[name] = value
    return fields


def refuse_stream(params: Mapping[str, Any], extra: Mapping[str, Any] | None, method: str) -> None:
    """Refuse a `stream` among a request's fields, in whatever way it is given.

    Args:
        params: The parameters given.
        extra: Fields the contract does not know.
        method: The one that streams.

    Raises:
        TypeError: There is one.
    """
    if params.get("stream") is not None or "stream" in (extra or {}):
        raise TypeError(f"stream is decided by the method: use {method} for a stream")


def each_message(messages: Any, alone: tuple[type, ...], read: Callable[[Any, str], Any]) -> list[Any]:
    """A conversation as its list of messages.

    Args:
        messages: One message, or several in order.
        alone: The types that are one message; a mapping is one in any case.
        read: Checks and reads a message, given where it stands.

    Raises:
        TypeError: Neither a message nor several.
        ValueError: No message at all.
    """
    if isinstance(messages, alone) or is_mapping(messages):
        return [read(messages, "messages")]
    if not is_iterable(messages) or isinstance(messages, (bytes, bytearray)):
        raise TypeError(f"messages must be a string, a message or a list of messages, got {type(messages).__name__}")
    found = [read(item, f"messages[{place}]") for place, item in enumerate(messages)]
    if not found:
        raise ValueError("messages is empty: give at least one message")
    return found


def resolve_optional(model: object, provider: object) -> Target:
    """As `Target.resolve`, for endpoints that take a provider without a model.

    Raises:
        TypeError: One of them is not a string.
        ValueError: Neither is given, or one is malformed.
    """
    if model is not None:
        return Target.resolve(model, provider)
    if provider is None:
        raise ValueError("model is missing: name one, such as model='openai/gpt-image-1', or a provider")
    checked = check_provider(provider)
    return Target("", (("provider", checked),), checked)
