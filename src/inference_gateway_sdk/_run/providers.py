"""What each provider takes: how a model can be held to a schema, and which rules a history must follow.

The table picks where to begin. A 400 moves a run one step down (`next_mode`), and every value is validated whatever the
provider promised, so that a row out of date costs a request and never a wrong result.
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
    """One provider through one dialect.

    Attributes:
        modes: The ways to hold a model to a schema that it takes, best first; "prompt" is always the last.
        with_tools: The same when tools are offered, too.
        schema: The form of the schema.
        tools: The form of tool schemas sent as strict, None where strict tools are not taken.
        forced: Whether `tool_choice` may demand a call.
        call_id: The form that ids of calls must have.
        assistant_after_tool: A user's message must not follow a tool's.
        whole: Answers held to a schema do not stream.
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

# By provider, for chat: what each is known to do, from the issues named; not tried against the providers themselves.
_CHAT: Final[dict[str, ProviderRules]] = {
    "openai": ProviderRules(schema=OPENAI, tools=OPENAI),
    # its chat endpoint ignores response_format; a forced choice is refused while the model thinks
    "anthropic": ProviderRules(modes=("tool",), schema=ANTHROPIC, forced=False, call_id=_ANTHROPIC_ID),
    # tools and a schema at once: 400 up to Gemini 2.5
    "google": ProviderRules(schema=GOOGLE, with_tools=("tool",)),
    # "json mode cannot be combined with tool/function calling"
    "groq": ProviderRules(schema=OPENAI, with_tools=("tool",)),
    "mistral": ProviderRules(schema=OPENAI, call_id=r"[A-Za-z0-9]{9}", assistant_after_tool=True),
    # JSON objects only; reasoners refuse a forced choice
    "deepseek": ProviderRules(modes=("tool", "json"), forced=False),
    "cohere": ProviderRules(schema=GOOGLE, with_tools=("tool",)),
    # JSON mode does not stream
    "cloudflare": ProviderRules(with_tools=("tool",), whole=True),
    # tools are ignored when a format is set (ollama#8095), tool_choice always (ollama#8421)
    "ollama": ProviderRules(schema=GRAMMAR, with_tools=("tool",), forced=False),
    # a format is accepted and not enforced (ollama#12362)
    "ollama_cloud": ProviderRules(modes=("tool", "json"), forced=False),
    # a schema makes calls impossible; tool_choice is not enforced
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
    """Return the rules of a provider; those of chat in general for one that is not known."""
    if dialect == "responses":
        return _RESPONSES
    if dialect == "messages":
        return _MESSAGES
    return _CHAT.get(provider or "", _ANY)


def _modes(rules: ProviderRules, *, with_tools: bool) -> tuple[OutputMode, ...]:
    own = rules.with_tools if with_tools and rules.with_tools is not None else rules.modes
    return (*own, "prompt")


def first_mode(rules: ProviderRules, *, with_tools: bool) -> OutputMode:
    """Return the mode to begin with."""
    return _modes(rules, with_tools=with_tools)[0]


def next_mode(mode: OutputMode, rules: ProviderRules, *, with_tools: bool) -> OutputMode | None:
    """Return the mode one step below, None after the last."""
    below = MODES[MODES.index(mode) + 1 :]
    return next((one for one in _modes(rules, with_tools=with_tools) if one in below), None)
