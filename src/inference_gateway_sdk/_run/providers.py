"""The rules of each provider: the ways to constrain a model to a schema, and the form of a history.

The table selects the first mode. After a 400, a run tries the next mode (`next_mode`). Every value is validated, even
if the provider guarantees the schema. So an outdated row costs one request, but never causes a wrong result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from .._schema.strict import ANTHROPIC, GOOGLE, GRAMMAR, OPENAI, PLAIN, Rules

if TYPE_CHECKING:
    from .._tools.tool import DialectName

__all__ = ["MODES", "OutputMode", "ProviderRules", "first_mode", "next_mode", "rules_for"]

OutputMode: TypeAlias = Literal["text", "schema", "tool", "json", "prompt"]
MODES: Final[tuple[OutputMode, ...]] = ("schema", "tool", "json", "prompt")


class ProviderRules(Struct, frozen=True, kw_only=True):
    """The rules of one provider in one dialect.

    Attributes:
        modes: The supported ways to constrain a model to a schema, best first. "prompt" is always the last.
        with_tools: The same if tools are offered, or None for no difference.
        schema: The rules for output schemas.
        tools: The rules for strict tool schemas, or None if strict tools are not supported.
        forced: True if `tool_choice` may require a call.
        call_id: Regular expression for valid ids of calls.
        assistant_after_tool: True if an assistant message is required between a tool message and a user message.
        whole: True if answers constrained to a schema cannot be streamed.
    """

    modes: tuple[OutputMode, ...] = ("schema", "tool", "json")
    with_tools: tuple[OutputMode, ...] | None = None
    schema: Rules = PLAIN
    tools: Rules | None = None
    forced: bool = True
    call_id: str = r".+"
    assistant_after_tool: bool = False
    whole: bool = False


_ANY: Final = ProviderRules()
_ANTHROPIC_ID: Final = r"[A-Za-z0-9_-]{1,64}"

# Chat rules by provider, from the issues named. They were not tested against the providers themselves.
_CHAT: Final[dict[str, ProviderRules]] = {
    "openai": ProviderRules(schema=OPENAI, tools=OPENAI),
    # its chat endpoint ignores response_format; extended thinking does not allow a forced choice
    "anthropic": ProviderRules(modes=("tool",), schema=ANTHROPIC, forced=False, call_id=_ANTHROPIC_ID),
    # tools together with a schema: 400 up to Gemini 2.5
    "google": ProviderRules(schema=GOOGLE, with_tools=("tool",)),
    # "json mode cannot be combined with tool/function calling"
    "groq": ProviderRules(schema=OPENAI, with_tools=("tool",)),
    "mistral": ProviderRules(schema=OPENAI, call_id=r"[A-Za-z0-9]{9}", assistant_after_tool=True),
    # JSON objects only; reasoning models reject a forced choice
    "deepseek": ProviderRules(modes=("tool", "json"), forced=False),
    "cohere": ProviderRules(schema=GOOGLE, with_tools=("tool",)),
    # JSON mode does not support streaming
    "cloudflare": ProviderRules(with_tools=("tool",), whole=True),
    # tools are ignored if a format is set (ollama#8095); tool_choice is always ignored (ollama#8421)
    "ollama": ProviderRules(schema=GRAMMAR, with_tools=("tool",), forced=False),
    # a format is accepted but not enforced (ollama#12362)
    "ollama_cloud": ProviderRules(modes=("tool", "json"), forced=False),
    # a schema prevents tool calls; tool_choice is not enforced
    "llamacpp": ProviderRules(schema=GRAMMAR, with_tools=("tool",), forced=False),
    "moonshot": ProviderRules(schema=OPENAI, forced=False),
    "zai": ProviderRules(modes=("tool", "json"), forced=False),
    "minimax": ProviderRules(modes=("tool",), forced=False),
    "nvidia": ProviderRules(schema=GRAMMAR, modes=("schema", "tool")),
    "elevenlabs": _ANY,
    "webwright": _ANY,
}
_RESPONSES: Final = ProviderRules(schema=OPENAI, tools=OPENAI)
_MESSAGES: Final = ProviderRules(
    modes=("schema", "tool"), schema=ANTHROPIC, tools=ANTHROPIC, forced=False, call_id=_ANTHROPIC_ID
)


def rules_for(dialect: DialectName, provider: str | None) -> ProviderRules:
    """Return the rules of a provider. An unknown provider has the default rules of chat."""
    if dialect == "responses":
        return _RESPONSES
    if dialect == "messages":
        return _MESSAGES
    return _CHAT.get(provider or "", _ANY)


def _modes(rules: ProviderRules, *, with_tools: bool) -> tuple[OutputMode, ...]:
    own = rules.with_tools if with_tools and rules.with_tools is not None else rules.modes
    return (*own, "prompt")


def first_mode(rules: ProviderRules, *, with_tools: bool) -> OutputMode:
    """Return the first mode to try."""
    return _modes(rules, with_tools=with_tools)[0]


def next_mode(mode: OutputMode, rules: ProviderRules, *, with_tools: bool) -> OutputMode | None:
    """Return the next mode to try, or None after the last."""
    below = MODES[MODES.index(mode) + 1 :]
    return next((one for one in _modes(rules, with_tools=with_tools) if one in below), None)
