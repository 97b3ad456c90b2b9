"""The conversation that a request continues, and the model's turn that answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import cast

import msgspec
from msgspec import Struct, field

from ... import go_json

__all__ = ["CREATED", "Conversation", "ConversationTool", "ScriptedCall", "ScriptedTurn", "Tokens", "event"]


_SETTINGS = (
    "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "instructions", "metadata", "text",
    "max_output_tokens", "previous_response_id",
)  # fmt: skip


class ConversationTool(Struct, frozen=True):
    """A function that may be called."""

    name: str
    schema: object


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _Body(Struct):
    """As much of a request as matters here; a key means the same in every dialect that has it."""

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
    """What has been said so far and what is wanted next.

    Attributes:
        model: Who is asked.
        stream: Whether the answer shall come as a stream.
        prompt: The text that the user said last.
        results: The texts that tools gave back, if those are the last word.
        asked: Whether the user has the last word.
        tools: The functions that may be called; other kinds of tools are left out.
        choice: "auto", "none", or "required".
        named: The one tool that must be called.
        form: The JSON schema the answer must fit; None for plain text.
        limit: The most tokens of the answer.
        stops: Texts that end the answer.
        choices: How many answers are wanted.
        alternatives: How many alternatives to each token; None for no logprobs.
        usage: Whether a chat's stream shall say what was used.
        length: How many entries the conversation has.
        settings: What a response repeats of its request.
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
        """The conversation of a request's JSON, in whichever dialect.

        Raises:
            msgspec.DecodeError: It is not such a request.
        """
        body = msgspec.json.decode(data, type=_Body)
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
    """What was said, one entry after the other."""
    entries = body.input if body.messages is None else body.messages
    if isinstance(entries, str):
        return [{"role": "user", "content": entries}]
    return [_mapping(entry) for entry in entries or []]


def _is_users(entry: dict[str, object]) -> bool:
    return entry.get("role") == "user" and not _given_back(entry)


def _results(entries: list[dict[str, object]]) -> tuple[str, ...]:
    """The texts of the tools' results that end the conversation."""
    texts: list[str] = []
    for entry in reversed(entries):
        if not (given := _given_back(entry)):
            break
        texts = [*given, *texts]
    return tuple(texts)


def _given_back(entry: dict[str, object]) -> list[str]:
    """What tools gave back in this entry, in the way of whichever dialect."""
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
    """The function; None for a tool of another kind, such as one that the provider runs itself."""
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
    """How tools are to be used, and the name of the one that must be."""
    fields = _mapping(wanted)
    kind = wanted if isinstance(wanted, str) else fields.get("mode") or fields.get("type")
    name = _mapping(fields.get("function")).get("name") or fields.get("name")
    if isinstance(name, str) and kind in ("function", "tool"):
        return "required", name
    return ("required" if kind in ("any", "required") else "none" if kind == "none" else "auto"), None


def _form(body: _Body) -> object:
    """The schema of the answer: that of a chat, of a response, or of a message."""
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
    """The event of this name; its data repeats the name as `type`."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), go_json.encode({"type": kind, **fields}))


CREATED = 1_700_000_000
"""When everything was made, in seconds since 1970."""


_WORD = re.compile(r"\s*\S+\s*|\s+")  # with the space behind it


_PIECE = 8  # characters of a tool's arguments that a stream hands over at once


class ScriptedCall(Struct, frozen=True):
    """A tool called.

    Attributes:
        name: The tool's.
        arguments: A JSON object, as text; or whatever a model may write in its place.
        id: What tells it from other calls of the conversation; each dialect puts its own prefix before it.
        own_id: The id as it stands, in every dialect; None for one that is made of `id`.
    """

    name: str
    arguments: str = "{}"
    id: str = "1"
    own_id: str | None = None

    def named(self, prefix: str) -> str:
        """The id in the dialect that has this prefix."""
        return self.own_id or f"{prefix}_{self.id}"

    @property
    def pieces(self) -> list[str]:
        """The arguments in the pieces that a stream hands over."""
        return [self.arguments[at : at + _PIECE] for at in range(0, len(self.arguments), _PIECE)]


class Tokens(Struct, frozen=True):
    """Tokens that went in and came out, and how many of each were cached and spent on thinking."""

    input: int
    output: int
    cached: int | None = None
    thought: int | None = None


class ScriptedTurn(Struct, frozen=True):
    """What was asked of which model, and what it does.

    Attributes:
        model: The model's name, as the answer gives it.
        prompt: What is counted as asked.
        text: What it says.
        calls: The tools it calls after that.
        parts: The text as a stream hands it over; None for its words.
        thoughts: What it thinks before that; None for nothing.
        end: Why it ends, in the words of chat: "stop", "length", "content_filter", "tool_calls", or "stop_sequence", or
            any other. A plain stop after calls is for their sake.
        stop_sequence: The one that ended the text.
        choices: How many answers there are, all the same (chat only).
        alternatives: How many alternatives each token has in the logprobs; None for no logprobs (chat only).
        usage: Whether a stream says what was used (chat only; the other dialects always do).
        settings: What of the request the answer repeats (Responses only).
        cost: The tokens it costs; None for one each word, and each piece of arguments.
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
        """The text in the pieces that a stream hands over: words with the space behind them."""
        return _WORD.findall(self.text) if self.parts is None else [*self.parts]

    @property
    def thinking(self) -> list[str]:
        """The thoughts in such pieces."""
        return _WORD.findall(self.thoughts or "")

    @property
    def speaks(self) -> bool:
        """Whether there is text: some, or none and nothing else."""
        return bool(self.text) or not (self.calls or self.thoughts)

    @property
    def why(self) -> str:
        """Why it ends, with calls taken into account."""
        return "tool_calls" if self.calls and self.end == "stop" else self.end

    @property
    def tokens(self) -> Tokens:
        """The tokens it costs."""
        if self.cost is not None:
            return self.cost
        words = [*(self.thoughts or "").split(), *self.text.split()]
        pieces = sum(len(call.pieces) for call in self.calls)
        return Tokens(len(self.prompt.split()), (len(words) + pieces) * self.choices)
