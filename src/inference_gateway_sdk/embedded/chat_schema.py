"""What the real gateway keeps of a chat request and of a chat answer: everything it does not list is dropped.

The gateway reads both into fixed structures and writes those out again (WIRE section 8), so a provider never sees an
unknown request field and a client never sees an unknown answer field. Streams are not read, and lose nothing.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Raw, Struct, field

__all__ = ["ChatAnswer", "ChatRequest", "StreamOptions"]


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


class ToolCall(Struct, omit_defaults=True):
    """A call that an assistant message asks for."""

    id: str = field(default_factory=_empty)
    type: str = field(default_factory=_empty)
    function: FunctionCall = field(default_factory=FunctionCall)
    extra_content: ExtraContent | None = None


class Message(Struct, omit_defaults=True):
    """One message, of a request or of an answer; its content may have any shape."""

    role: str = field(default_factory=_empty)
    content: Raw = field(default_factory=_null)
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class Function(Struct, omit_defaults=True):
    """A function that the model may call."""

    name: str = field(default_factory=_empty)
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class Tool(Struct):
    """A tool; types other than a function keep their type and lose the rest."""

    type: str = ""
    function: Function = field(default_factory=Function)


class StreamOptions(Struct):
    """What a stream shall carry besides its chunks."""

    include_usage: bool = False


class ChatRequest(Struct, omit_defaults=True):
    """The request's fields that survive; JSON null counts as absent."""

    model: str = field(default_factory=_empty)
    messages: list[Message] | None = field(default_factory=list[Message])
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
    tools: list[Tool] | None = None
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


class Choice(Struct, omit_defaults=True):
    """One choice; a reason to finish that the provider left out reads as empty text."""

    finish_reason: str | None = field(default_factory=_empty)
    index: Whole = field(default_factory=int)
    message: Message = field(default_factory=Message)
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


class ChatAnswer(Struct, omit_defaults=True):
    """The answer's fields that survive; what the provider left out reads as zero, and the choices as null."""

    id: str = field(default_factory=_empty)
    object: str = field(default_factory=_empty)
    created: Whole = field(default_factory=int)
    model: str = field(default_factory=_empty)
    choices: list[Choice] | None = field(default_factory=lambda: None)
    usage: Usage | None = None
