"""Histories of many shapes, and a judge that decides whether a rendered one is valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from inference_gateway_sdk._run.transcript import Answered, Entry, Note, Offered, Result, Started, UserMessage

MAKERS = {"chat": "google", "responses": "openai", "messages": "anthropic"}
IMAGE = "data:image/png;base64,AAAA"


def answer(dialect: Any, plain: dict[str, Any], **more: Any) -> Answered:
    """Return an answer of the dialect's usual provider."""
    return Answered(dialect=dialect, answer=plain, provider=MAKERS[dialect], model="m", **more)


def chat(**message: Any) -> Answered:
    """Return a chat answer."""
    return answer("chat", {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop"}]})


def chat_call(name: str, text: str, id: str, **more: Any) -> dict[str, Any]:
    """Return a call in chat's form."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": text}, **more}


USERS: dict[str, list[Entry]] = {
    "chat": [
        UserMessage(dialect="chat", message={"role": "system", "content": "Be brief."}),
        UserMessage(
            dialect="chat",
            message={
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
                ],
            },
        ),
    ],
    "responses": [
        UserMessage(dialect="responses", message={"role": "developer", "content": "Be brief."}),
        UserMessage(
            dialect="responses",
            message={
                "role": "user",
                "type": "message",
                "content": [
                    {"type": "input_text", "text": "What is this?"},
                    {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"},
                    {"type": "input_file", "file_id": "f"},
                ],
            },
        ),
    ],
    "messages": [
        UserMessage(
            dialect="messages",
            message={
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?", "cache_control": {"type": "ephemeral"}},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                    {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
                ],
            },
        )
    ],
}
ANSWERS: dict[str, dict[str, list[Entry]]] = {
    "chat": {
        "text": [chat(content="A picture.")],
        "parts": [chat(content=[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "A picture."}])],
        "reasoning": [chat(content="A picture.", reasoning_content="hm", reasoning="hm", reasoning_details=[{"a": 1}])],
        "refusal": [chat(content=None, refusal="No.")],
        "annotations": [chat(content="A picture.", annotations=[{"url": "u"}], audio={"id": "a"})],
        "empty": [chat(content=None)],
        "calls": [
            chat(
                content="Let me see.",
                tool_calls=[
                    chat_call(
                        "weather",
                        '{"city": "Oslo"}',
                        "functions.weather:0",
                        extra_content={"google": {"thought_signature": "s"}},
                    ),
                    chat_call("weather", '{"city": "Ro', "functions.weather:0"),
                    chat_call("weather", "", "", mystery=1),
                    chat_call("weather", "[1]", "call_4"),
                ],
            ),
            Result(call="functions.weather:0", text="3"),
            Started(call="call_1_2"),
        ],
    },
    "responses": {
        "text": [
            answer(
                "responses",
                {
                    "output": [
                        {"type": "reasoning", "id": "rs_1", "summary": [{"text": "hm"}], "encrypted_content": "xyz"},
                        {
                            "type": "message",
                            "id": "msg_1",
                            "role": "assistant",
                            "status": "completed",
                            "content": [
                                {
                                    "type": "output_text",
                                    "text": "A picture.",
                                    "annotations": [{"url": "u"}],
                                    "logprobs": [],
                                }
                            ],
                        },
                        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "q"}},
                    ]
                },
            )
        ],
        "refusal": [
            answer(
                "responses",
                {
                    "output": [
                        {
                            "type": "message",
                            "id": "m",
                            "role": "assistant",
                            "content": [{"type": "refusal", "refusal": "No."}],
                        }
                    ]
                },
            )
        ],
        "calls": [
            answer(
                "responses",
                {
                    "output": [
                        {
                            "type": "function_call",
                            "id": "fc_1",
                            "call_id": "call_1",
                            "name": "weather",
                            "arguments": '{"city":"Oslo"}',
                            "status": "completed",
                        },
                        {
                            "type": "function_call",
                            "id": "fc_2",
                            "call_id": "call_1",
                            "name": "weather",
                            "arguments": "{",
                            "namespace": "n",
                        },
                    ]
                },
            ),
            Result(call="call_1", text="3"),
            Result(call="call_1_1", text="no JSON", status="invalid", is_error=True),
        ],
    },
    "messages": {
        "text": [
            answer(
                "messages",
                {
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "sig"},
                        {"type": "redacted_thinking", "data": "xyz"},
                        {"type": "text", "text": "A picture.", "citations": [{"url": "u"}]},
                        {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
                    ]
                },
            )
        ],
        "calls": [
            answer(
                "messages",
                {
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "sig"},
                        {
                            "type": "tool_use",
                            "id": "toolu_1",
                            "name": "weather",
                            "input": {"city": "Oslo"},
                            "caller": {"type": "direct"},
                        },
                        {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": "{"},
                    ]
                },
                on_gateway=(1,),
            ),
            Result(call="toolu_1", text="3"),
        ],
        "cut": [
            answer(
                "messages",
                {
                    "content": [
                        {"type": "text", "text": "Let"},
                        {"type": "tool_use", "id": "t", "name": "weather", "input": {}},
                    ]
                },
                complete=False,
            )
        ],
    },
}
TOOLS = Offered(tools=[{"name": "weather", "description": "", "parameters": {"type": "object", "properties": {}}}])


def histories() -> Iterator[tuple[str, list[Entry]]]:
    """Draw every answer after every caller's message, followed by a question, a note or nothing."""
    for maker, answers in ANSWERS.items():
        for kind, entries in answers.items():
            for asked, users in USERS.items():
                more = UserMessage(dialect=asked, message={"role": "user", "content": "And now?"})  # type: ignore[arg-type]
                yield f"{maker} {kind}, asked in {asked}", [*users, TOOLS, *entries, more]
            yield f"{maker} {kind}, at the end", [*USERS[maker], *entries]
            yield (
                f"{maker} {kind}, asked again",
                [*USERS[maker], *entries, Note(about="output", text="Again."), *entries],
            )


# --- judging


def judge(dialect: str, messages: list[Any]) -> list[str]:
    """Return the faults for which a provider would refuse a history, by the rules of the providers' documentation."""
    return {"chat": _judge_chat, "responses": _judge_responses, "messages": _judge_messages}[dialect](messages)


def _judge_chat(messages: list[Any]) -> list[str]:
    wrong: list[str] = []
    open_calls: list[str] = []
    seen: set[str] = set()
    for place, one in enumerate(messages):
        if one["role"] == "tool":
            if one["tool_call_id"] not in open_calls:
                wrong.append(f"{place}: a result without a call")
            else:
                open_calls.remove(one["tool_call_id"])
            continue
        if open_calls:
            wrong.append(f"{place}: calls without results")
            open_calls = []
        for call in one.get("tool_calls") or ():
            if call["id"] in seen:
                wrong.append(f"{place}: an id twice")
            seen.add(call["id"])
            open_calls.append(call["id"])
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                wrong.append(f"{place}: arguments are no object")
        if one["role"] == "assistant" and not one.get("content") and not one.get("tool_calls"):
            wrong.append(f"{place}: an empty answer")
    return wrong + (["the end: calls without results"] if open_calls else [])


def _judge_responses(items: list[Any]) -> list[str]:
    wrong: list[str] = []
    calls: list[str] = []
    for place, one in enumerate(items):
        if one.get("type") == "function_call":
            if one["call_id"] in calls:
                wrong.append(f"{place}: an id twice")
            calls.append(one["call_id"])
            if not isinstance(json.loads(one["arguments"]), dict):
                wrong.append(f"{place}: arguments are no object")
        elif one.get("type") == "function_call_output" and one["call_id"] not in calls:
            wrong.append(f"{place}: a result without a call")
    outputs = [one["call_id"] for one in items if one.get("type") == "function_call_output"]
    return wrong + ([] if sorted(outputs) == sorted(calls) else ["calls without one result each"])


def _judge_messages(messages: list[Any]) -> list[str]:
    wrong: list[str] = []
    open_calls: list[str] = []
    seen: set[str] = set()
    for place, one in enumerate(messages):
        blocks = one["content"] if isinstance(one["content"], list) else [{"type": "text", "text": one["content"]}]
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if open_calls and sorted(results) != sorted(open_calls):
            wrong.append(f"{place}: calls without results")
        if results and not open_calls:
            wrong.append(f"{place}: results without calls")
        open_calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        for call in open_calls:
            if call in seen or not re.fullmatch(r"[A-Za-z0-9_-]+", call):
                wrong.append(f"{place}: the id {call}")
            seen.add(call)
        if any(block["type"] == "tool_use" and not isinstance(block["input"], dict) for block in blocks):
            wrong.append(f"{place}: input is no object")
        if one["role"] not in ("user", "assistant") or not blocks:
            wrong.append(f"{place}: role or content")
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            wrong.append(f"{place}: an empty text")
    return wrong + (["the end: calls without results"] if open_calls else [])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every meaningful scalar in a value, with its path."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, f"{path}[{place}]")
    elif value not in (None, ""):
        yield path, value
