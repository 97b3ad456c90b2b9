"""Chat requests and answers as the gateway reads and writes them, with what it changes in them."""

from __future__ import annotations

import struct
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct, field
from msgspec.structs import replace

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


Whole: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # Go's, of 64 bits

_ABSENT = Raw()  # left out when written: a default is recognised by being the same object


def _null() -> Raw:
    return Raw(b"null")


def _empty() -> str:
    # A factory, and not a plain default, because a default would be left out when written and Go writes it.
    return ""


class FunctionCall(Struct):
    """The name and arguments of a tool call."""

    arguments: str = ""
    name: str = ""


class ExtraContent(Struct, omit_defaults=True):
    """The one vendor's extra that survives, as it came."""

    google: dict[str, object] | None = None


class ChatToolCall(Struct, omit_defaults=True):
    """A call that an assistant message asks for."""

    id: str = field(default_factory=_empty)
    type: str = field(default_factory=_empty)
    function: FunctionCall = field(default_factory=FunctionCall)
    extra_content: ExtraContent | None = None


class ChatMessage(Struct, omit_defaults=True):
    """One message, of a request or of an answer; its content may have any shape."""

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
    """A tool; types other than a function keep their type and lose the rest."""

    type: str = ""
    function: ChatFunction = field(default_factory=ChatFunction)


class StreamOptions(Struct):
    """What a stream shall carry besides its chunks."""

    include_usage: bool = False


class ChatRequest(Struct, omit_defaults=True):
    """The request's fields that survive; JSON null counts as absent."""

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
    """A token and how likely it was, beside its alternatives."""

    top_logprobs: list[TopLogprob] | None = None


class Logprobs(Struct):
    """The logprobs of a choice."""

    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None


class ChatChoice(Struct, omit_defaults=True):
    """One choice; a reason to finish that the provider left out reads as empty text."""

    finish_reason: str | None = field(default_factory=_empty)
    index: Whole = field(default_factory=int)
    message: ChatMessage = field(default_factory=ChatMessage)
    logprobs: Logprobs | None = None

    def __post_init__(self) -> None:
        if self.finish_reason is None:
            self.finish_reason = _empty()


class PromptDetails(Struct, omit_defaults=True):
    """What the prompt's tokens were."""

    audio_tokens: Whole | None = None
    cached_tokens: Whole | None = None


class CompletionDetails(Struct, omit_defaults=True):
    """What the completion's tokens were."""

    accepted_prediction_tokens: Whole | None = None
    audio_tokens: Whole | None = None
    reasoning_tokens: Whole | None = None
    rejected_prediction_tokens: Whole | None = None


class Usage(Struct, omit_defaults=True):
    """The three totals and the details that survive."""

    completion_tokens: Whole = field(default_factory=int)
    prompt_tokens: Whole = field(default_factory=int)
    total_tokens: Whole = field(default_factory=int)
    completion_tokens_details: CompletionDetails | None = None
    prompt_tokens_details: PromptDetails | None = None


class ChatResponse(Struct, omit_defaults=True):
    """The answer's fields that survive; what the provider left out reads as zero, and the choices as null."""

    id: str = field(default_factory=_empty)
    object: str = field(default_factory=_empty)
    created: Whole = field(default_factory=int)
    model: str = field(default_factory=_empty)
    choices: list[ChatChoice] | None = field(default_factory=lambda: None)
    usage: Usage | None = None


_FIELDS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_DIGITS = range(1, 10)  # the most that 32 bits can need


def narrow(number: float) -> float:
    """The shortest decimal that is the same number in 32 bits.

    Raises:
        msgspec.ValidationError: It is too large for them.
    """
    try:
        narrowed = struct.pack("<f", number)
    except OverflowError as error:
        raise msgspec.ValidationError(str(error)) from error
    exact: float = struct.unpack("<f", narrowed)[0]
    decimals = (float(f"{exact:.{digits}g}") for digits in _DIGITS)
    return next((each for each in decimals if struct.pack("<f", each) == narrowed), exact)


def narrow_request(chat: ChatRequest) -> ChatRequest:
    """The request with its numbers rounded.

    Raises:
        msgspec.ValidationError: One is too large.
    """
    given = {name: getattr(chat, name) for name in _FIELDS}
    return replace(chat, **{name: narrow(number) for name, number in given.items() if number is not None})


def narrow_answer(answer: ChatResponse) -> None:
    """Round the logprobs of an answer, in place."""
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
"""Models, with their provider, that read text and nothing else."""


class _ContentPart(Struct):
    type: str | None = None


def modalities(model: str) -> dict[str, object] | None:
    """What the model, with its provider, reads and writes; None when that is not known."""
    return {"input": ["text"], "output": ["text"]} if model in TEXT_ONLY else None


def without_pictures(chat: ChatRequest, model: str) -> ChatRequest:
    """The chat as the model, with its provider, can read it."""
    if model not in TEXT_ONLY:
        return chat
    return replace(chat, messages=[_readable(message) for message in chat.messages or []])


def _readable(message: ChatMessage) -> ChatMessage:
    try:
        parts = msgspec.json.decode(message.content, type=list[Raw])
        kinds = [msgspec.json.decode(part, type=_ContentPart).type for part in parts]
    except msgspec.DecodeError:
        return message  # a text, or nothing that has parts
    if "image_url" not in kinds:
        return message
    texts = [part for part, kind in zip(parts, kinds, strict=True) if kind == "text"]
    return replace(message, content=Raw(msgspec.json.encode(texts)))
