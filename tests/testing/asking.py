"""One question in every dialect, whole or streamed, with the answer in a common form."""

from __future__ import annotations

from typing import Any, NamedTuple

WAYS = ("chat", "chat stream", "messages", "messages stream", "responses", "responses stream")
MODELS = {"chat": "openai/gpt-4o", "messages": "anthropic/claude", "responses": "openai/gpt-4o"}


class Answer(NamedTuple):
    """An answer of any dialect; the ids of its calls are without the dialect's prefix."""

    text: str
    calls: list[tuple[str, str, str]]
    reasoning: str
    end: str
    tokens: tuple[int, int]


async def ask(client: Any, way: str, prompt: str = "Hi", **params: Any) -> Answer:
    """Return the answer to a prompt, requested in this way."""
    dialect, _, stream = way.partition(" ")
    method, arguments = _call(client, dialect, stream, prompt)
    if not stream:
        return READERS[dialect](await method(*arguments, **params))
    async with method(*arguments, **params) as opened:
        async for _ in opened:
            pass
        return READERS[dialect](await opened.final())


async def pieces(client: Any, way: str) -> list[str]:
    """Return the texts of a stream, one an event."""
    dialect, _, stream = way.partition(" ")
    method, arguments = _call(client, dialect, stream, "Hi")
    async with method(*arguments) as opened:
        return [text async for text in opened.text()]


def _call(client: Any, dialect: str, stream: str, prompt: str) -> tuple[Any, list[Any]]:
    name = {"chat": "generate_content", "messages": "create_message", "responses": "create_response"}[dialect]
    more = [50] if dialect == "messages" else []
    return getattr(client, f"{name}_stream" if stream else name), [MODELS[dialect], prompt, *more]


def bare(call_id: str) -> str:
    """Return the id without the dialect's own prefix."""
    return call_id.removeprefix("call_").removeprefix("toolu_")


def _chat(answer: Any) -> Answer:
    message, usage = answer.choices[0].message, answer.usage
    calls = [(bare(call.id), call.function.name, call.function.arguments) for call in message.tool_calls or []]
    tokens = (usage.prompt_tokens, usage.completion_tokens)
    return Answer(
        answer.text or "", calls, message.reasoning_content or "", str(answer.choices[0].finish_reason), tokens
    )


def _message(answer: Any) -> Answer:
    import json

    blocks = answer.content
    calls = [(bare(each.id), each.name, json.dumps(each.input)) for each in blocks if each.type == "tool_use"]
    thoughts = "".join(each.thinking for each in blocks if each.type == "thinking")
    end = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"}
    reason = str(answer.stop_reason)
    return Answer(
        answer.text or "", calls, thoughts, end.get(reason, reason),
        (answer.usage.input_tokens, answer.usage.output_tokens),
    )  # fmt: skip


def _response(answer: Any) -> Answer:
    calls = [(bare(each.call_id), each.name, each.arguments) for each in answer.output if each.type == "function_call"]
    thoughts = "".join(part.text for each in answer.output if each.type == "reasoning" for part in each.summary)
    why = {"max_output_tokens": "length", "content_filter": "content_filter"}
    details = answer.incomplete_details
    end = why[str(details.reason)] if details else "tool_calls" if calls else "stop"
    return Answer(
        answer.output_text or "", calls, thoughts, end, (answer.usage.input_tokens, answer.usage.output_tokens)
    )


READERS = {"chat": _chat, "messages": _message, "responses": _response}
