"""Check the shapes of messages, tools and schemas, and name the nearest right form of a wrong one.

A gateway drops keys that it does not know, so a message with its text under "text" would be sent without any. Only
mistakes with an evident right form are refused: values that no contract lists pass, for providers may know them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from .._model.json_values import is_iterable, is_mapping

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "CHAT_ROLES",
    "check_chat_message",
    "check_content",
    "check_input_item",
    "check_messages_message",
    "check_response_format",
    "check_role",
    "check_text_format",
    "check_tool_choice",
    "check_tools",
]

CHAT_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_ROLE_NAMES: Final = {"human": "user", "ai": "assistant", "bot": "assistant", "model": "assistant", "gpt": "assistant"}
_FOR_CONTENT: Final = ("text", "message", "parts", "value", "body", "prompt")
_CALL_IDS: Final = ("tool_use_id", "call_id", "id")

# Part types of the other dialects, and the part of chat completions that holds the same.
_TEXT_PART: Final = '{"type": "text", "text": ...}'
_IMAGE_PART: Final = '{"type": "image_url", "image_url": {"url": ...}}, or image_part(...)'
_PARTS: Final = {
    "input_text": _TEXT_PART,
    "output_text": _TEXT_PART,
    "input_image": _IMAGE_PART,
    "image": _IMAGE_PART,
}
_SCHEMA_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_SCHEMA_KEYS: Final = frozenset(
    "$schema $id $ref $defs definitions type properties required additionalProperties items enum const anyOf oneOf"
    " allOf not if patternProperties title description".split()
)
_FORMATS: Final = ("text", "json_object", "json_schema")
_FORMAT_NAMES: Final = {"json": "json_object", "json_mode": "json_object", "schema": "json_schema"}
_WRAPPED: Final = '{"type": "json_schema", "json_schema": {"name": "answer", "schema": {...}}}'
_FLAT: Final = '{"format": {"type": "json_schema", "name": "answer", "schema": {...}}}'
_FOR_PARAMETERS: Final = ("input_schema", "inputSchema", "schema", "args", "arguments", "params", "properties")
_TOOL_FORMS: Final = {
    "chat": '{"type": "function", "function": {"name": %r, "parameters": {...}}}',
    "responses": '{"type": "function", "name": %r, "parameters": {...}}',
    "messages": '{"name": %r, "input_schema": {...}}',
}
# Words of another dialect, and this one's word for the same. Chat has none: "any" is Mistral's own.
_FOREIGN_CHOICES: Final[dict[str, dict[str, str]]] = {
    "chat": {},
    "responses": {"any": "required"},
    "messages": {"required": "any"},
}
_CHOICE_FORMS: Final = {
    "chat": '{"type": "function", "function": {"name": %r}}',
    "responses": '{"type": "function", "name": %r}',
    "messages": '{"type": "tool", "name": %r}',
}


def check_role(role: str, where: str, known: Collection[str]) -> None:
    """Refuse a role that is a misspelt or foreign name of a known one.

    Raises:
        ValueError: The message names the role that was probably meant.
    """
    if role in known:
        return
    lower = role.lower()
    near = difflib.get_close_matches(lower, sorted(known), n=1, cutoff=0.7)
    meant = _ROLE_NAMES.get(lower) or next(iter(near), None)
    if meant is not None and meant in known:
        raise ValueError(f"{where} has the role {role!r}: did you mean {meant!r}?")


def check_content(message: Mapping[Any, Any], where: str) -> None:
    """Refuse a message without content.

    Raises:
        ValueError: The message names the key that holds the content, where one evidently does.
    """
    if "content" in message:
        return
    names = _check_misnamed(message, where)
    if message.get("role") != "assistant" or not names:  # an assistant's message may hold tool calls alone
        form = f'{{"role": "{message.get("role")}", "content": ...}}'
        raise ValueError(f"{where} has no content: write {form}")


def _check_misnamed(message: Mapping[Any, Any], where: str) -> list[str]:
    """Refuse a message with its content under another name. Return its names but `role` and `name`."""
    names = [name for name in message if isinstance(name, str) and name not in {"role", "name"}]
    found = next((name for name in names if name in _FOR_CONTENT), None)
    found = found or next(iter(difflib.get_close_matches("content", names, n=1, cutoff=0.7)), None)
    if found is not None:
        raise ValueError(f"{where} has {found!r} and no content: did you mean 'content'?")
    return names


_UNNAMED: Final[Any] = object()  # the content of a pydantic model whose field has another name, with that as its alias


def check_chat_message(message: Any, where: str) -> None:
    """Check a message of a chat, a mapping or a `Message`, whose role is a string.

    Raises:
        TypeError: A part of the content has the wrong shape.
        ValueError: The role is misspelt, the content is missing, or a key has another dialect's name.
    """
    role, content = (
        (message["role"], message.get("content"))
        if is_mapping(message)
        else (message.role, getattr(message, "content", _UNNAMED))
    )
    check_role(role, where, CHAT_ROLES)
    if content is _UNNAMED:
        return
    if is_mapping(message):
        check_content(message, where)
        found = next((name for name in _CALL_IDS if name in message), None)
        if role == "tool" and found and "tool_call_id" not in message:
            raise ValueError(f"{where} has {found!r}: did you mean 'tool_call_id'? tool_result(call, ...) writes it")
    if content is None:
        if role in ("user", "system", "developer"):
            raise ValueError(f"{where}.content is None: give a text or a list of parts")
    elif is_mapping(content) or hasattr(content, "type"):
        raise TypeError(f"{where}.content must be a string or a list of parts: put the part into a list")
    elif is_iterable(content) and not isinstance(content, str):
        for place, part in enumerate(content):
            if is_mapping(part) or isinstance(part, str):
                _check_part(part, f"{where}.content[{place}]")


def check_messages_message(message: Mapping[Any, Any], where: str) -> None:
    """Check a message of the Messages endpoint.

    Raises:
        ValueError: The role is misspelt or another endpoint's, or the content is missing.
    """
    role = message["role"]
    if role == "tool":
        raise ValueError(f"{where} has the role 'tool': a result is a block of a user message: tool_result(block, ...)")
    check_role(role, where, ("user", "assistant", "system"))
    if message.get("content") is None:
        _check_misnamed({key: value for key, value in message.items() if value is not None}, where)


def check_input_item(item: Mapping[Any, Any], where: str) -> None:
    """Check an item of the input of Responses.

    Raises:
        ValueError: The role is misspelt or another endpoint's, the content is missing, or it is a part of a message.
    """
    role, kind = item.get("role"), item.get("type")
    if role is None:
        if kind in ("text", "input_text", "input_image", "image_url"):
            raise ValueError(f'{where} is a part of a message: write {{"role": "user", "content": [part]}}')
        return
    if role == "tool":
        raise ValueError(f"{where} has the role 'tool': a result is an item of its own: tool_result(call, ...)")
    if isinstance(role, str):
        check_role(role, where, ("user", "assistant", "system", "developer"))
    if kind in (None, "message"):
        check_content(item, where)


def _check_part(part: Mapping[Any, Any] | str, where: str) -> None:
    if isinstance(part, str):
        raise TypeError(f"{where} must be a part, got a string: write {_TEXT_PART}")
    kind = part.get("type")
    if kind is None:
        form = _IMAGE_PART if "image_url" in part or "url" in part else _TEXT_PART
        raise ValueError(f"{where} has no type: write {form}")
    if kind in _PARTS:
        raise ValueError(f"{where} has the type {kind!r}, which chat completions do not have: write {_PARTS[kind]}")
    if kind == "text" and not isinstance(part.get("text"), str):
        raise TypeError(f"{where} has no text: write {_TEXT_PART}")
    if kind == "image_url" and (
        (is_mapping(url := part.get("image_url")) and "url" not in url) or isinstance(url, str)
    ):
        raise TypeError(f"{where}.image_url must be an object with a url: write {_IMAGE_PART}")


def check_tools(tools: object, dialect: str) -> None:
    """Check the tools of a request that are mappings.

    Args:
        tools: The value of the argument; other types than lists are not checked here.
        dialect: "chat", "responses" or "messages".

    Raises:
        TypeError: A description has another dialect's form, or none.
        ValueError: The parameters are not the JSON schema of an object.
    """
    if not is_iterable(tools) or is_mapping(tools) or isinstance(tools, (str, bytes)):
        return
    for place, one in enumerate(tools):
        if is_mapping(one):
            _check_tool(one, f"tools[{place}]", dialect)


def _check_tool(one: Mapping[Any, Any], where: str, dialect: str) -> None:
    inner: Any = one.get("function")
    kind = one.get("type")
    nested = is_mapping(inner)
    name = (inner.get("name") if nested else None) or one.get("name")
    form = _TOOL_FORMS[dialect] % (name if isinstance(name, str) and name else "...")
    form = form.replace("'", '"')
    if isinstance(kind, str) and kind not in ("function", "custom"):  # one that the provider runs itself
        if difflib.get_close_matches(kind, ("function",), cutoff=0.8):
            raise TypeError(f"{where} has the type {kind!r}: write {form}")
        return
    described: Any = inner if dialect == "chat" else one
    key = "input_schema" if dialect == "messages" else "parameters"
    # Mistral accepts {"function": {...}} without a type, so only the flat form needs one.
    wrong = (dialect == "chat") != nested or (dialect == "responses" and kind is None)
    if wrong and not (dialect == "chat" and kind == "custom"):
        raise TypeError(f"{where} is not a tool of this endpoint: write {form}")
    if not is_mapping(described) or kind == "custom":
        return
    if not isinstance(described.get("name"), str) or not described["name"]:
        raise TypeError(f"{where} has no name: write {form}")
    other = ("parameters", *_FOR_PARAMETERS)
    found = next((name for name in other if name != key and name in described), None)
    if key not in described and found:
        raise TypeError(f"{where} has {found!r}: did you mean {key!r}? write {form}")
    if described.get(key) is not None:
        _check_parameters(described[key], f"{where}.{key}" if dialect != "chat" else f"{where}.function.{key}")


def _check_parameters(schema: object, where: str) -> None:
    """Refuse parameters that are not the JSON schema of an object; `{}` is one."""
    if not is_mapping(schema) or not schema:
        return
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _SCHEMA_TYPES and kind != "object":
        raise ValueError(f"{where} has the type {kind!r}: a tool's arguments are an object")
    if _SCHEMA_KEYS.isdisjoint(schema) and all(is_mapping(value) for value in schema.values()):
        form = '{"type": "object", "properties": {...}}'
        raise ValueError(f"{where} is not a JSON schema: write {form} around the parameters")


def check_tool_choice(choice: object, dialect: str) -> None:
    """Refuse a choice of a tool in another dialect's form.

    Raises:
        TypeError: It is a mapping of another form.
        ValueError: It is a word of another dialect.
    """
    if isinstance(choice, str) and choice in _FOREIGN_CHOICES[dialect]:
        raise ValueError(f"tool_choice is {choice!r}: this endpoint calls it {_FOREIGN_CHOICES[dialect][choice]!r}")
    if not is_mapping(choice):
        return
    inner: Any = choice.get("function")
    name = inner.get("name") if is_mapping(inner) else choice.get("name")
    kind = choice.get("type")
    right = {
        "chat": kind != "tool" and (kind != "function" or is_mapping(inner)),
        "responses": kind != "tool" and not is_mapping(inner),
        "messages": kind != "function" and not is_mapping(inner),
    }
    untyped = kind is None and not (dialect == "chat" and is_mapping(inner))  # Mistral and others need no type there
    if isinstance(name, str) and (untyped or not right[dialect]):
        form = (_CHOICE_FORMS[dialect] % name).replace("'", '"')
        raise TypeError(f"tool_choice is not one of this endpoint: write {form}")


def check_response_format(wanted: object) -> None:
    """Check the `response_format` of a chat that is a mapping.

    Raises:
        TypeError: It is a bare JSON schema, or has another form.
        ValueError: Its type is another name of a known one.
    """
    if not is_mapping(wanted):
        return
    kind: Any = wanted.get("type")
    inner: Any = wanted.get("json_schema")
    if kind in _SCHEMA_TYPES or "properties" in wanted or "$schema" in wanted or "$defs" in wanted:
        raise TypeError(f"response_format is a bare JSON schema: write {_WRAPPED}, or pass the Python type itself")
    if kind == "json_schema" or (kind is None and inner is not None):
        if not is_mapping(inner) and hasattr(inner, "name"):
            inner = {"name": inner.name, "schema": getattr(inner, "schema", None)}
        right = is_mapping(inner) and isinstance(inner.get("name"), str) and "properties" not in inner
        if kind is None or not right:
            raise TypeError(f"response_format is not complete: write {_WRAPPED}")
        return
    if kind is None:
        raise TypeError(f'response_format has no type: write {{"type": "json_object"}}, or {_WRAPPED}')
    if isinstance(kind, str) and kind not in _FORMATS:
        near = _FORMAT_NAMES.get(kind) or next(iter(difflib.get_close_matches(kind, _FORMATS, n=1, cutoff=0.7)), None)
        if near:
            raise ValueError(f"response_format has the type {kind!r}: did you mean {near!r}?")


def check_text_format(text: object) -> None:
    """Check the `text` of a Responses request that is a mapping.

    Raises:
        TypeError: Its format has the form of chat completions, or is a bare JSON schema.
    """
    if not is_mapping(text):
        return
    wanted: Any = text.get("format", text)
    if not is_mapping(wanted):
        return
    bare = wanted.get("type") in _SCHEMA_TYPES or "properties" in wanted
    if bare or "json_schema" in wanted or (wanted is text and text.get("type") is not None):
        raise TypeError(f"text is not complete: write {_FLAT}")
