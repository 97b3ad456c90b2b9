"""What every client must be told in every scenario, whichever package it is of and whether it blocks or not.

A face (`openai_face`, `anthropic_face`, `our_face`) has a method of the scenario's name that plays it with its package
and says what it was told. A scenario that a package cannot play stands in `MISSING`, with the reason.
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
class Told:
    """What came of a scenario.

    Attributes:
        text: What the model said last.
        end: The dialect's word for why it ended; of an error its status.
        calls: The tools it called before, and with what.
        usage: Tokens in and out, where the scenario is about them.
        data: Anything else that was read.
    """

    text: str | None = None
    end: str | None = None
    calls: tuple[tuple[str, Any], ...] = ()
    usage: tuple[int, int] | None = None
    data: Any = None


def _spoken(end: str) -> Told:
    return Told(f"You wrote: {ASKED}", end, usage=(4, 6))


def _used(end: str) -> Told:
    return Told(f"Tool result: {RESULT}", end, calls=(("weather", FILLED),))


NO_PROVIDER = "Unable to determine provider for model"
NO_TOOL = "tool_choice names 'absent', which is not among the tools"
EXPECTED: dict[str, Told] = {
    "models": Told(
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
    "chat_conversation": Told("You wrote: And now?", "stop"),
    "chat_json": Told(end="stop", data=FILLED),
    "chat_json_stream": Told(end="stop", data=FILLED),
    "chat_tools": _used("stop"),
    "chat_tools_stream": _used("stop"),
    "chat_forced_tool": Told(end="tool_calls", calls=(("stop", FILLED),)),
    "chat_no_tool": _spoken("stop"),
    "chat_limit": Told("You wrote: How ", "length"),
    "chat_logprobs": Told(f"You wrote: {ASKED}", data=[0.0] * 6),
    "chat_bare_model": Told(NO_PROVIDER, "400"),
    "chat_absent_tool": Told(NO_TOOL, "400"),
    "chat_stream_absent_tool": Told(NO_TOOL, "400"),
    "response": _spoken("completed"),
    "response_stream": _spoken("completed"),
    "response_conversation": Told("You wrote: And now?", "completed"),
    "response_json": Told(end="completed", data=FILLED),
    "response_json_stream": Told(end="completed", data=FILLED),
    "response_tools": _used("completed"),
    "response_tools_stream": _used("completed"),
    "response_limit": Told("You wrote: How ", "incomplete"),
    "response_of_anthropic": Told("The Responses API is not supported by this provider yet.", "400"),
    "message": _spoken("end_turn"),
    "message_stream": _spoken("end_turn"),
    "message_conversation": Told("You wrote: And now?", "end_turn"),
    "message_json": Told(end="end_turn", data=FILLED),
    "message_tools": _used("end_turn"),
    "message_tools_stream": _used("end_turn"),
    "message_limit": Told("You wrote: How ", "max_tokens"),
    "message_of_openai": Told("The Messages API is not supported by this provider yet.", "400"),
    "image": Told(data=(IMAGE, 2)),
    "image_edit": Told(data=(IMAGE, 1)),
    "image_variation": Told(data=(IMAGE, 1)),
    "speech": Told(data=b"RIFF"),
    "speech_stream": Told(data=b"RIFF"),
}

MISSING = {
    "openai": ("message", "the package does not speak Messages"),
    "anthropic": ("chat response image speech", "the package speaks Messages only"),
    "ours": ("", "nothing is missing"),
}


def offered(client: str) -> list[str]:
    """The scenarios that this client can play."""
    missing = tuple(MISSING[client][0].split())
    return [name for name in EXPECTED if not missing or not name.startswith(missing)]
