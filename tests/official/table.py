"""The outcome of every scenario for every client, of any package, blocking or not.

A face (`openai_face`, `anthropic_face`, `our_face`) has a method of the scenario's name that plays it with its package
and returns the outcome. A scenario that a package cannot play is in `MISSING`, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inference_gateway_sdk.embedded import SCRIPTED_MODEL, SMOKE_TEST_MODEL

ASKED = "How warm is it?"
RESULT = "21 degrees"
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
FILLED = {"city": ASKED, "unit": "C"}
TOOL = {"name": "weather", "description": "Tell how warm it is.", "parameters": PARAMETERS}
STOP = {**TOOL, "name": "stop"}
IMAGE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a scenario.

    Attributes:
        text: The model's last text.
        end: The dialect's finish reason; for an error its status.
        calls: The tools it called before, and their arguments.
        usage: Tokens in and out, where the scenario is about them.
        data: Any other value that was read.
    """

    text: str | None = None
    end: str | None = None
    calls: tuple[tuple[str, Any], ...] = ()
    usage: tuple[int, int] | None = None
    data: Any = None


def _spoken(end: str) -> Outcome:
    return Outcome(f"You wrote: {ASKED}", end, usage=(4, 6))


def _used(end: str) -> Outcome:
    return Outcome(f"Tool result: {RESULT}", end, calls=(("weather", FILLED),))


NO_PROVIDER = "Unable to determine provider for model"
NO_TOOL = "tool_choice names 'absent', which is not among the tools"
EXPECTED: dict[str, Outcome] = {
    "models": Outcome(
        data=[
            f"anthropic/{SCRIPTED_MODEL}",
            f"elevenlabs/{SCRIPTED_MODEL}",
            f"llamacpp/{SMOKE_TEST_MODEL}",
            f"openai/{SCRIPTED_MODEL}",
        ]
    ),
    "chat": _spoken("stop"),
    "chat_stream": _spoken("stop"),
    "chat_of_anthropic": _spoken("stop"),
    "chat_conversation": Outcome("You wrote: And now?", "stop"),
    "chat_json": Outcome(end="stop", data=FILLED),
    "chat_json_stream": Outcome(end="stop", data=FILLED),
    "chat_tools": _used("stop"),
    "chat_tools_stream": _used("stop"),
    "chat_forced_tool": Outcome(end="tool_calls", calls=(("stop", FILLED),)),
    "chat_no_tool": _spoken("stop"),
    "chat_limit": Outcome("You wrote: How ", "length"),
    "chat_logprobs": Outcome(f"You wrote: {ASKED}", data=[0.0] * 6),
    "chat_bare_model": Outcome(NO_PROVIDER, "400"),
    "chat_absent_tool": Outcome(NO_TOOL, "400"),
    "chat_stream_absent_tool": Outcome(NO_TOOL, "400"),
    "response": _spoken("completed"),
    "response_stream": _spoken("completed"),
    "response_conversation": Outcome("You wrote: And now?", "completed"),
    "response_json": Outcome(end="completed", data=FILLED),
    "response_json_stream": Outcome(end="completed", data=FILLED),
    "response_tools": _used("completed"),
    "response_tools_stream": _used("completed"),
    "response_limit": Outcome("You wrote: How ", "incomplete"),
    "response_of_anthropic": Outcome("The Responses API is not supported by this provider yet.", "400"),
    "message": _spoken("end_turn"),
    "message_stream": _spoken("end_turn"),
    "message_conversation": Outcome("You wrote: And now?", "end_turn"),
    "message_json": Outcome(end="end_turn", data=FILLED),
    "message_tools": _used("end_turn"),
    "message_tools_stream": _used("end_turn"),
    "message_limit": Outcome("You wrote: How ", "max_tokens"),
    "message_of_openai": Outcome("The Messages API is not supported by this provider yet.", "400"),
    "image": Outcome(data=(IMAGE, 2)),
    "image_edit": Outcome(data=(IMAGE, 1)),
    "image_variation": Outcome(data=(IMAGE, 1)),
    "speech": Outcome(data=b"RIFF"),
    "speech_stream": Outcome(data=b"RIFF"),
}

MISSING = {
    "openai": ("message", "the package does not speak Messages"),
    "anthropic": ("chat response image speech", "the package speaks Messages only"),
    "ours": ("", "nothing is missing"),
}


def offered(client: str) -> list[str]:
    """Return the scenarios that this client can play."""
    missing = tuple(MISSING[client][0].split())
    return [name for name in EXPECTED if not missing or not name.startswith(missing)]
