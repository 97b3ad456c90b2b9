"""The conversation that a request continues, and the model's turn that answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import cast

import msgspec
from msgspec import Struct, field

from ...._model.type_info import strict_decode
from ... import go_json

__all__ = ["CREATED", "Conversation", "ConversationTool", "ScriptedCall", "ScriptedTurn", "Tokens", "event"]


_SETTINGS = (
    "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "instructions", "metadata", "text",
    "max_output_tokens", "previous_response_id",
)  # fmt: skip


class ConversationTool(Struct, frozen=True):
    """A function that the model may call."""

    name: str
    schema: object


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _Body(Struct):
    """The fields of a request that decide the answer. A key means the same in every dialect that has it."""

    model: str = ""
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    messages: list[object] | None = None
    input: str | list[object] | None = None
    tools: list[object] | None = None
    tool_choice: object = None
    response_format: object = None
    output_config: object = None
    text: object = None
    stop: str | list[str] | None = None
    stop_sequences: list[str] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class Conversation(Struct, frozen=True):
    """The conversation so far, and the requested kind of answer.

    Attributes:
        model: The requested model.
        stream: True if the answer is to be a stream.
        prompt: The text of the user's last message.
        results: The texts of the tool results at the end of the conversation.
        asked: True if the last message is the user's.
        tools: The functions that the model may call. Tools of other kinds are left out.
        choice: "auto", "none", or "required".
        named: The name of the tool that the model must call.
        form: The JSON schema of the answer; None for plain text.
        limit: The largest number of tokens in the answer.
        stops: Texts that end the answer.
        choices: The number of answers.
        alternatives: The number of alternatives for each token; None for no logprobs.
        usage: True if a chat's stream is to report token usage.
        length: The number of messages or items.
        settings: The settings of the request that a response repeats.
    """

    model: str
    stream: bool = False
    prompt: str = ""
    results: tuple[str, ...] = ()
    asked: bool = True
    tools: tuple[ConversationTool, ...] = ()
    choice: str = "auto"
    named: str | None = None
    form: object = None
    limit: int | None = None
    stops: tuple[str, ...] = ()
    choices: int = 1
    alternatives: int | None = None
    usage: bool = False
    length: int = 0
    settings: dict[str, object] = field(default_factory=dict[str, object])

    @classmethod
    def read(cls, data: bytes) -> Conversation:
        """Read the conversation from a request's JSON, in any dialect.

        Raises:
            msgspec.DecodeError: The JSON is not such a request.
        """
        body = strict_decode(data, _Body)
        entries = _entries(body)
        choice, named = _choice(body.tool_choice)
        limits = (body.max_tokens, body.max_completion_tokens, body.max_output_tokens)
        stops = [body.stop] if isinstance(body.stop, str) else [*(body.stop or []), *(body.stop_sequences or [])]
        return cls(
            model=body.model,
            stream=bool(body.stream),
            prompt=next((_text(entry.get("content")) for entry in reversed(entries) if _is_users(entry)), ""),
            results=_results(entries),
            asked=bool(entries) and _is_users(entries[-1]),
            tools=tuple(tool for each in body.tools or [] if (tool := _tool(_mapping(each)))),
            choice=choice,
            named=named,
            form=_form(body),
            limit=min((limit for limit in limits if limit is not None and limit > 0), default=None),
            stops=tuple(stop for stop in stops if stop),
            choices=min(max(body.n or 1, 1), 128),
            alternatives=min(max(body.top_logprobs or 0, 0), 20) if body.logprobs else None,
            usage=bool(body.stream_options and body.stream_options.include_usage),
            length=len(entries),
            settings=_settings(data) if body.input is not None else {},
        )


def _entries(body: _Body) -> list[dict[str, object]]:
    """Return the messages or items of the conversation."""
    entries = body.input if body.messages is None else body.messages
    if isinstance(entries, str):
        return [{"role": "user", "content": entries}]
    return [_mapping(entry) for entry in entries or []]


def _is_users(entry: dict[str, object]) -> bool:
    return entry.get("role") == "user" and not _given_back(entry)


def _results(entries: list[dict[str, object]]) -> tuple[str, ...]:
    """Return the texts of the tool results at the end of the conversation."""
    texts: list[str] = []
    for entry in reversed(entries):
        if not (given := _given_back(entry)):
            break
        texts = [*given, *texts]
    return tuple(texts)


def _given_back(entry: dict[str, object]) -> list[str]:
    """Return the texts of the tool results in this entry, in any dialect."""
    if entry.get("role") == "tool":
        return [_text(entry.get("content"))]
    if entry.get("type") == "function_call_output":
        return [_text(entry.get("output"))]
    parts = [_mapping(part) for part in _list(entry.get("content"))]
    return [_text(part.get("content")) for part in parts if part.get("type") == "tool_result"]


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    texts = [_mapping(part).get("text") for part in _list(content)]
    return " ".join(text for text in texts if isinstance(text, str))


def _tool(tool: dict[str, object]) -> ConversationTool | None:
    """Return the function, or None for another kind of tool, such as one that the provider runs itself."""
    nested = _mapping(tool.get("function"))
    name = nested.get("name") or tool.get("name")
    if not isinstance(name, str) or not name:
        return None
    if "input_schema" in tool:
        return ConversationTool(name, tool["input_schema"])
    if tool.get("type") != "function":
        return None
    return ConversationTool(name, (nested or tool).get("parameters") or {"type": "object"})


def _choice(wanted: object) -> tuple[str, str | None]:
    """Return the mode of tool use, and the name of the tool that must be called."""
    fields = _mapping(wanted)
    kind = wanted if isinstance(wanted, str) else fields.get("mode") or fields.get("type")
    name = _mapping(fields.get("function")).get("name") or fields.get("name")
    if isinstance(name, str) and kind in ("function", "tool"):
        return "required", name
    return ("required" if kind in ("any", "required") else "none" if kind == "none" else "auto"), None


def _form(body: _Body) -> object:
    """Return the schema of the answer of a chat, a response, or a message."""
    wanted = body.response_format or _mapping(body.text).get("format") or _mapping(body.output_config).get("format")
    fields = _mapping(wanted)
    if fields.get("type") == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    if fields.get("type") != "json_schema":
        return None
    return _mapping(fields.get("json_schema")).get("schema", fields.get("schema", True))


def _settings(data: bytes) -> dict[str, object]:
    body = _mapping(msgspec.json.decode(data))
    return {name: body[name] for name in _SETTINGS if body.get(name) is not None}


def _mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def event(kind: str, **fields: object) -> bytes:
    """Encode an event of this name. Its data repeats the name as `type`."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), go_json.encode({"type": kind, **fields}))


CREATED = 1_700_000_000
"""The creation time of all objects, in seconds since 1970."""


_WORD = re.compile(r"\s*\S+\s*|\s+")  # a word with the space after it


_PIECE = 8  # characters of a tool's arguments in one delta


class ScriptedCall(Struct, frozen=True):
    """A tool call.

    Attributes:
        name: The tool's name.
        arguments: A JSON object as text, or any other text that a model may write in its place.
        id: The call's id within the conversation. Each dialect adds its own prefix.
        own_id: An id to use unchanged in every dialect; None for the one made from `id`.
    """

    name: str
    arguments: str = "{}"
    id: str = "1"
    own_id: str | None = None

    def named(self, prefix: str) -> str:
        """Return the id in the dialect with this prefix."""
        return self.own_id or f"{prefix}_{self.id}"

    @property
    def pieces(self) -> list[str]:
        """The arguments in the pieces of a stream."""
        return [self.arguments[at : at + _PIECE] for at in range(0, len(self.arguments), _PIECE)]


class Tokens(Struct, frozen=True):
    """Token counts of input and output, and how many were cached and spent on reasoning."""

    input: int
    output: int
    cached: int | None = None
    thought: int | None = None


class ScriptedTurn(Struct, frozen=True):
    """A model's turn: the request's model and prompt, and the answer.

    Attributes:
        model: The model's name in the answer.
        prompt: The text that counts as input.
        text: The text of the answer.
        calls: The tool calls after the text.
        parts: The text in the pieces of a stream; None for its words.
        thoughts: The reasoning before the text; None for none.
        end: The finish reason in the words of chat: "stop", "length", "content_filter", "tool_calls" or another text.
            Also "stop_sequence". A plain "stop" with calls becomes "tool_calls".
        stop_sequence: The stop sequence that ended the text.
        choices: The number of choices, all identical (chat only).
        alternatives: The number of alternatives of each token in the logprobs; None for no logprobs (chat only).
        usage: True if a stream reports token usage (chat only; the other dialects always do).
        settings: The settings of the request that the answer repeats (Responses only).
        cost: The token counts; None for one per word and per piece of arguments.
    """

    model: str
    prompt: str
    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    parts: tuple[str, ...] | None = None
    thoughts: str | None = None
    end: str = "stop"
    stop_sequence: str | None = None
    choices: int = 1
    alternatives: int | None = None
    usage: bool = True
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    cost: Tokens | None = None

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces of a stream. Words include the space after them."""
        return _WORD.findall(self.text) if self.parts is None else [*self.parts]

    @property
    def thinking(self) -> list[str]:
        """The reasoning in the pieces of a stream."""
        return _WORD.findall(self.thoughts or "")

    @property
    def speaks(self) -> bool:
        """True if the answer has text, even an empty one when there is nothing else."""
        return bool(self.text) or not (self.calls or self.thoughts)

    @property
    def why(self) -> str:
        """The finish reason, with tool calls taken into account."""
        return "tool_calls" if self.calls and self.end == "stop" else self.end

    @property
    def tokens(self) -> Tokens:
        """The token counts."""
        if self.cost is not None:
            return self.cost
        words = [*(self.thoughts or "").split(), *self.text.split()]
        pieces = sum(len(call.pieces) for call in self.calls)
        return Tokens(len(self.prompt.split()), (len(words) + pieces) * self.choices)
