"""Check the parameters of a call against the contract, and build the request's fields."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from .._generated.requests import REFUSED, REQUESTS
from .._model.json_values import is_iterable, is_mapping
from .call import Target, check_provider

__all__ = ["check_params", "check_shapes", "each_message", "reject_stream", "request_fields", "resolve_optional"]


Rule = Mapping[str, Any]

_DROPS_UNKNOWN = "CreateChatCompletionRequest"
"""The request of the endpoint that does not pass on fields it does not know (gateway-behaviour.md#chat-completions)."""
_OF_THE_METHOD = frozenset({"stream"})
"""Fields that the method sets: they are refused as parameters, so that no error suggests them."""


def check_params(schema_name: str, params: Mapping[str, object]) -> None:
    """Refuse parameters that the contract's request type does not allow.

    Args:
        schema_name: The request's type, such as "CreateChatCompletionRequest".
        params: The given parameters by name. Missing required ones are not checked here.

    Raises:
        TypeError: A parameter is unknown, or a value has the wrong type.
        ValueError: A value is out of the contract's bounds.
    """
    rules = REQUESTS[schema_name]
    for name, value in params.items():
        rule = rules.get(name)
        if rule is None:
            raise TypeError(_unknown(name, schema_name))
        kind = _kind_of(value, rule["kinds"])
        if kind is None:
            raise TypeError(f"{name} must be {_expected(rule['kinds'])}, got {_received(value)}")
        _check_bounds(name, value, kind, rule)
        if kind == "array" and "items" in rule:
            _check_items(name, cast("Sequence[object]", value), rule["items"])


def _unknown(name: str, schema_name: str) -> str:
    """Return the message about a parameter that the request type does not have."""
    refused = REFUSED.get(schema_name, {})
    header = refused.get(name)
    if header:
        return (
            f"unknown parameter {name!r}: it is the header {header}, which the gateway does not forward here"
            " (proxy() sends headers to the provider)"
        )
    names: set[str] = set() if name in refused else REQUESTS[schema_name].keys() - _OF_THE_METHOD
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    extra = f"extra_body={{{name!r}: ...}} sends"
    if schema_name != _DROPS_UNKNOWN:
        return f"unknown parameter {name!r}{meant} ({extra} fields the contract does not list)"
    return (
        f"unknown parameter {name!r}{meant} (the gateway drops it from chat completions;"
        f" {extra} it to a gateway that keeps it, proxy() to the provider)"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, (Mapping, Struct)) or (
        not isinstance(value, type) and (hasattr(value, "__dataclass_fields__") or hasattr(value, "model_dump"))
    )


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))


_TESTS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "null": ("None", lambda value: value is None),
    "boolean": ("True or False", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("a number", _is_number),
    "string": ("a string", lambda value: isinstance(value, str)),
    "array": ("a list", _is_array),
    "object": ("an object (a mapping or one of this package's types)", _is_object),
    "file": ("bytes, a path or an open binary file", lambda value: value is not None and not isinstance(value, str)),
    "any": ("any value", lambda value: True),
}
"""For each kind of value: its name in messages, and the test for it."""


def _kind_of(value: object, kinds: tuple[str, ...]) -> str | None:
    return next((kind for kind in kinds if _TESTS[kind][1](value)), None)


def _expected(kinds: tuple[str, ...]) -> str:
    named = [_TESTS[kind][0] for kind in kinds]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"


def _received(value: object) -> str:
    if value is None:
        return "None (leave it out for the default)"
    if _is_object(value) or _is_array(value):
        return type(value).__name__  # its content may hold secrets, such as the token of an MCP server
    return f"{type(value).__name__} {_abbreviated(value)}"


def _abbreviated(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _check_bounds(name: str, value: Any, kind: str, rule: Rule) -> None:
    if kind in ("integer", "number"):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value!r}")
        _check_range(name, value, "", rule.get("minimum"), rule.get("maximum"))
    elif kind == "string":
        _check_range(name, len(value), " character", rule.get("minLength"), rule.get("maxLength"))
        if "pattern" in rule and not re.search(rule["pattern"], value):
            raise ValueError(f"{name} must match {rule['pattern']}, got {_abbreviated(value)}")
    elif kind == "array":
        _check_range(name, len(value), " item", rule.get("minItems"), rule.get("maxItems"))


def _check_range(name: str, size: float, unit: str, least: float | None, most: float | None) -> None:
    verb = "have" if unit else "be"
    for word, bound, broken in (
        ("at least", least, least is not None and size < least),
        ("at most", most, most is not None and size > most),
    ):
        if broken:
            plural = "s" if unit and bound != 1 else ""
            raise ValueError(f"{name} must {verb} {word} {bound}{unit}{plural}, got {size!r}")


def _check_items(name: str, items: Sequence[object], kinds: tuple[str, ...]) -> None:
    for index, item in enumerate(items):
        if _kind_of(item, kinds) is None:
            raise TypeError(f"{name}[{index}] must be {_expected(kinds)}, got {_received(item)}")


def request_fields(
    schema: str,
    given: Mapping[str, Any],
    target: Target,
    extra: Mapping[str, Any] | None,
    *,
    content: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the fields to send, checked against the contract.

    Args:
        schema: The request's type, such as "CreateImageRequest".
        given: The parameters; those that are None are left out.
        target: The target, whose `model` is sent if it has one.
        extra: Fields that the contract does not list.
        content: Fields that the caller has already validated, more leniently than the contract; they go first,
            unchecked.

    Raises:
        TypeError: A keyword is unknown or a value has the wrong type.
        ValueError: A value is out of bounds, or a field is given twice.
    """
    fields: dict[str, Any] = {"model": target.model} if target.model else {}
    if content is not None:
        fields.update(content)
    if given:
        own = {name: value for name, value in given.items() if value is not None}
        check_params(schema, own)
        fields.update(own)
    for name, value in (extra or {}).items():
        if name in fields:
            raise ValueError(f"extra_body: {name!r} is already set by an argument; give it once")
        fields[name] = value
    return fields


def check_shapes(given: Mapping[str, Any], dialect: str) -> None:
    """Check the tools and the format of a request, where it has any.

    Args:
        given: The parameters.
        dialect: "chat", "responses" or "messages".

    Raises:
        TypeError: A value has the form of another endpoint, or none. The message has the right form.
        ValueError: A value is a misspelt or foreign name of a known one.
    """
    if given.get("tools") is not None or given.get("tool_choice") is not None:
        from . import shapes  # here: most requests have none of these

        shapes.check_tools(given.get("tools"), dialect)
        shapes.check_tool_choice(given.get("tool_choice"), dialect)
    if dialect == "chat" and given.get("response_format") is not None:
        from .shapes import check_response_format

        check_response_format(given["response_format"])
    elif dialect == "responses" and given.get("text") is not None:
        from .shapes import check_text_format

        check_text_format(given["text"])


def reject_stream(params: Mapping[str, Any], extra: Mapping[str, Any] | None, method: str) -> None:
    """Refuse `stream` as a request field, whether it is a parameter or an extra field.

    Args:
        params: The given parameters.
        extra: Fields that the contract does not list.
        method: The name of the method that streams.

    Raises:
        TypeError: `stream` is set.
    """
    if params.get("stream") is not None or "stream" in (extra or {}):
        raise TypeError(f"stream is decided by the method: use {method} for a stream")


def each_message(messages: Any, alone: tuple[type, ...], read: Callable[[Any, str], Any]) -> list[Any]:
    """Return a conversation as its list of messages.

    Args:
        messages: One message, or several in order.
        alone: The types of a single message; a mapping is always a single message.
        read: Checks and converts one message; its second argument is the position, for errors.

    Raises:
        TypeError: `messages` is neither a message nor an iterable of messages.
        ValueError: There are no messages.
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
    """Resolve the target as `Target.resolve`, for endpoints that take a provider without a model.

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
