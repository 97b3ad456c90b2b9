"""Chat requests and responses as the gateway reads and writes them, and the changes it makes to them."""

from __future__ import annotations

import struct
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct, field
from msgspec.structs import replace

from .._model.type_info import strict_decode

__all__ = [
    "TEXT_ONLY",
    "ChatRequest",
    "ChatResponse",
    "StreamOptions",
    "modalities",
    "narrow",
    "narrow_answer",
    "narrow_request",
    "without_pictures",
]


Whole: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # Go's 64-bit int

_ABSENT = Raw()  # omitted when encoded: msgspec recognises a default by identity


def _null() -> Raw:
    return Raw(b"null")


def _empty() -> str:
    # A factory and not a plain default: encoding omits plain defaults, and Go writes the field.
    return ""


class FunctionCall(Struct):
    """The name and arguments of a tool call."""

    arguments: str = ""
    name: str = ""


class ExtraContent(Struct, omit_defaults=True):
    """The only vendor extra that the gateway passes on, unchanged."""

    google: dict[str, object] | None = None


class ChatToolCall(Struct, omit_defaults=True):
    """A tool call in an assistant message."""

    id: str = field(default_factory=_empty)
    type: str = field(default_factory=_empty)
    function: FunctionCall = field(default_factory=FunctionCall)
    extra_content: ExtraContent | None = None


class ChatMessage(Struct, omit_defaults=True):
    """One message of a request or of a response. Its content may have any shape."""

    role: str = field(default_factory=_empty)
    content: Raw = field(default_factory=_null)
    tool_calls: list[ChatToolCall] | None = None
    tool_call_id: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class ChatFunction(Struct, omit_defaults=True):
    """A function that the model may call."""

    name: str = field(default_factory=_empty)
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class ChatTool(Struct):
    """A tool. Tools that are not functions keep only their type."""

    type: str = ""
    function: ChatFunction = field(default_factory=ChatFunction)


class StreamOptions(Struct):
    """Additional content of a stream."""

    include_usage: bool = False


class ChatRequest(Struct, omit_defaults=True):
    """The request's fields that the gateway passes on. JSON null counts as absent."""

    model: str = field(default_factory=_empty)
    messages: list[ChatMessage] | None = field(default_factory=lambda: None)  # written as null when absent
    max_tokens: Whole | None = None
    max_completion_tokens: Whole | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    n: Whole | None = None
    stop: Raw = _ABSENT
    seed: Whole | None = None
    logprobs: bool | None = None
    top_logprobs: Whole | None = None
    response_format: Raw = _ABSENT
    logit_bias: dict[str, Whole] | None = None
    user: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ChatTool] | None = None
    tool_choice: Raw = _ABSENT
    parallel_tool_calls: bool | None = None
    reasoning_format: str | None = None
    reasoning_effort: str | None = None

    def __post_init__(self) -> None:
        for name in ("stop", "response_format", "tool_choice"):
            if bytes(getattr(self, name)) == b"null":
                setattr(self, name, _ABSENT)


class TopLogprob(Struct):
    """One alternative for a token."""

    token: str = ""
    logprob: float = 0.0
    bytes: list[int] | None = None


class TokenLogprob(TopLogprob):
    """A token, its log probability and its alternatives."""

    top_logprobs: list[TopLogprob] | None = None


class Logprobs(Struct):
    """The logprobs of a choice."""

    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None


class ChatChoice(Struct, omit_defaults=True):
    """One choice. A `finish_reason` that the provider left out reads as an empty string."""

    finish_reason: str | None = field(default_factory=_empty)
    index: Whole = field(default_factory=int)
    message: ChatMessage = field(default_factory=ChatMessage)
    logprobs: Logprobs | None = None

    def __post_init__(self) -> None:
        if self.finish_reason is None:
            self.finish_reason = _empty()


class PromptDetails(Struct, omit_defaults=True):
    """The details of the prompt's token count."""

    audio_tokens: Whole | None = None
    cached_tokens: Whole | None = None


class CompletionDetails(Struct, omit_defaults=True):
    """The details of the completion's token count."""

    accepted_prediction_tokens: Whole | None = None
    audio_tokens: Whole | None = None
    reasoning_tokens: Whole | None = None
    rejected_prediction_tokens: Whole | None = None


class Usage(Struct, omit_defaults=True):
    """The three totals, and the details that the gateway passes on."""

    completion_tokens: Whole = field(default_factory=int)
    prompt_tokens: Whole = field(default_factory=int)
    total_tokens: Whole = field(default_factory=int)
    completion_tokens_details: CompletionDetails | None = None
    prompt_tokens_details: PromptDetails | None = None


class ChatResponse(Struct, omit_defaults=True):
    """The response's fields that the gateway passes on. Absent fields read as zero, and absent choices as null."""

    id: str = field(default_factory=_empty)
    object: str = field(default_factory=_empty)
    created: Whole = field(default_factory=int)
    model: str = field(default_factory=_empty)
    choices: list[ChatChoice] | None = field(default_factory=lambda: None)
    usage: Usage | None = None


_FIELDS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_DIGITS = range(1, 10)  # 32-bit floats need at most 9 digits


def narrow(number: float) -> float:
    """Return the shortest decimal that is the same number as a 32-bit float.

    Raises:
        msgspec.ValidationError: The number is too large for 32 bits.
    """
    try:
        narrowed = struct.pack("<f", number)
    except OverflowError as error:
        raise msgspec.ValidationError(str(error)) from error
    exact: float = struct.unpack("<f", narrowed)[0]
    decimals = (float(f"{exact:.{digits}g}") for digits in _DIGITS)
    return next((each for each in decimals if struct.pack("<f", each) == narrowed), exact)


def narrow_request(chat: ChatRequest) -> ChatRequest:
    """Return the request with its floats rounded to 32 bits.

    Raises:
        msgspec.ValidationError: A number is too large for 32 bits.
    """
    given = {name: getattr(chat, name) for name in _FIELDS}
    return replace(chat, **{name: narrow(number) for name, number in given.items() if number is not None})


def narrow_answer(answer: ChatResponse) -> None:
    """Round the logprobs of a response to 32 bits, in place."""
    for choice in answer.choices or []:
        logprobs = choice.logprobs
        for token in [*(logprobs.content or []), *(logprobs.refusal or [])] if logprobs else []:
            for each in (token, *(token.top_logprobs or [])):
                each.logprob = narrow(each.logprob)


TEXT_ONLY = frozenset(
    {
        "cohere/command-r",
        "cohere/command-r-plus",
        "deepseek/deepseek-chat",
        "deepseek/deepseek-reasoner",
        "groq/llama-3.1-8b-instant",
        "groq/llama-3.3-70b-versatile",
        "llamacpp/smollm2-135m-instruct",
        "mistral/codestral-latest",
        "nvidia/meta/llama-3.1-8b-instruct",
        "openai/gpt-3.5-turbo",
        "openai/o1-mini",
        "openai/o3-mini",
    }
)
"""Models that accept text only, as `provider/model`."""


class _ContentPart(Struct):
    type: str | None = None


def modalities(model: str) -> dict[str, object] | None:
    """Return the modalities of `provider/model`, or None when they are unknown."""
    return {"input": ["text"], "output": ["text"]} if model in TEXT_ONLY else None


def without_pictures(chat: ChatRequest, model: str) -> ChatRequest:
    """Return the chat without image parts if `provider/model` accepts text only."""
    if model not in TEXT_ONLY:
        return chat
    return replace(chat, messages=[_readable(message) for message in chat.messages or []])


def _readable(message: ChatMessage) -> ChatMessage:
    try:
        parts = strict_decode(message.content, list[Raw])
        kinds = [strict_decode(part, _ContentPart).type for part in parts]
    except msgspec.DecodeError:
        return message  # a string, or content that has no parts
    if "image_url" not in kinds:
        return message
    texts = [part for part, kind in zip(parts, kinds, strict=True) if kind == "text"]
    return replace(message, content=Raw(msgspec.json.encode(texts)))
