"""Lists of models, chats, and streamed chats.

See gateway-behaviour.md#model-listing, #chat-completions, #chat-streaming.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import (
    ANSWER,
    CHAT,
    EVENTS,
    GIN,
    HI,
    JSON,
    MODELS,
    Case,
    broken,
    cases,
    events,
    late,
    play,
    whole,
)

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

LISTED = {"/v1/models": whole(200, {"data": [{"id": "a/b", "max_model_len": 8, "vendor": 1}, {"id": "c"}]})}
ONE, TWO = (
    {"id": f"openai/{name}", "object": "", "created": 0, "owned_by": "", "served_by": "openai"} for name in ("a/b", "c")
)
WINDOW = {"context_window": {"tokens": 8, "source": "provider"}}


def listed(*data: object) -> dict[str, object]:
    """Return the list of one provider."""
    return {"provider": "openai", "object": "list", "data": list(data)}


def asked(query: str, **rest: object) -> Case:
    """Return a case of a list of models with this query."""
    return Case(section="7", claim=query, method="GET", path=f"{MODELS}?{query}", **{"answers": LISTED, **rest})


@cases(
    Case(
        section="7",
        claim="all together leave out those that fail, and name no provider",
        method="GET",
        path=MODELS,
        answers={"/v1/models": whole(500, {})},
        value={"object": "list", "data": []},
        kind=GIN,
    ),
    asked("provider=openai", value=listed(ONE, TWO), kind=GIN),
    asked("provider=openai&include=", value=listed(ONE, TWO)),
    asked(
        "provider=openai&include=context_window",
        value=listed({**ONE, **WINDOW}, {**TWO, "context_window": None}),
    ),
    asked(
        "provider=openai&include=%20pricing%20,,pricing,modalities",
        value=listed(*({**model, "pricing": None, "modalities": None} for model in (ONE, TWO))),
    ),
    asked(
        "provider=openai&include=modalities",
        value=listed({**ONE, "id": "openai/o1-mini", "modalities": {"input": ["text"], "output": ["text"]}}),
        answers={"/v1/models": whole(200, {"data": [{"id": "o1-mini"}]})},
    ),
    asked("provider=openai&include=pricing&include=x", value=listed(*({**m, "pricing": None} for m in (ONE, TWO)))),
    asked("include=pricing,x", status=400, value={"error": 'unknown include value "x"'}, seen=False),
    asked(
        "provider=openai&allow",
        value=listed(TWO),
        settings={"allowed_models": ("c",)},
    ),
    asked("provider=openai&native", value=listed(), answers={"/v1/models": whole(200, {"models": [{"id": "x"}]})}),
    asked("provider=openai&null", value=listed(), answers={"/v1/models": whole(200, {"data": None})}),
    asked("provider=openai&page", seen=lambda seen: (seen.path, seen.body) == ("/v1/models", b"")),
    asked(
        "provider=ollama&include=context_window",
        answers={**LISTED, "c": whole(200, {"parameters": "num_ctx 16"})},
        body=lambda body: (
            [model["context_window"] for model in json.loads(body)["data"]]
            == [WINDOW["context_window"], {"tokens": 16, "source": "runtime"}]
        ),
    ),
)
def test_section_7_models(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A list has the documented fields, and includes the requested ones."""
    play(case, gateway, upstream)


KEPT = {
    "max_tokens": 1,
    "max_completion_tokens": 2,
    "temperature": 0.5,
    "top_p": 0.25,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "n": 1,
    "stop": ["a", {"any": None}],
    "seed": 3,
    "logprobs": True,
    "top_logprobs": 2,
    "response_format": {"any": {"shape": None}},
    "logit_bias": {"5": -100},
    "user": "u",
    "stream": False,
    "tools": [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"b": 1}, "strict": True}}
    ],
    "tool_choice": {"any": 1},
    "parallel_tool_calls": False,
    "reasoning_format": "raw",
    "reasoning_effort": "any",
}
DROPPED = (
    "metadata store service_tier modalities audio prediction verbosity prompt_cache_key web_search_options functions "
    "top_k min_p repetition_penalty thinking chat_template_kwargs options keep_alive"
).split()
MESSAGE = {"role": "r", "content": [{"type": "file", "novel": None}], "tool_call_id": "t", "reasoning": "a"}


TEXT = {"type": "text", "text": "What is it?"}
SHOWN = {"role": "user", "content": [TEXT, {"type": "image_url", "image_url": {"url": "x"}}, {"type": "file"}]}


def chat(claim: str, more: dict[str, object], sees: dict[str, object] | None = None, **rest: object) -> Case:
    """Return a case of a chat with these fields, of which the provider receives those."""
    sees = {"model": "m", "messages": HI, **(more if sees is None else sees)}
    sent = {"model": "openai/m", "messages": HI, **more}
    rest = {"answers": {"m": whole(200, ANSWER)}, "value": ANSWER, "seen": lambda seen: seen.json == sees, **rest}
    return Case(section="8", claim=claim, path=CHAT, sent=sent, **rest)


def calls(extra: object) -> list[object]:
    """Return tool calls with this field beside the known ones."""
    return [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra}]


@cases(
    chat("what survives", KEPT, kind=JSON),
    chat("what vanishes", {key: {"x": 1} for key in DROPPED}, {}),
    chat("null is nothing", dict.fromkeys(KEPT), {}),
    chat("messages are optional", {"messages": None}, {"messages": None}),
    chat(
        "what survives of a message",
        {"messages": [{**MESSAGE, "reasoning_content": "b", "name": "n", "refusal": "x", "cache_control": {}}]},
        {"messages": [{**MESSAGE, "reasoning_content": "b"}]},
    ),
    chat("no content is null", {"messages": [{"role": "r"}]}, {"messages": [{"role": "r", "content": None}]}),
    chat(
        "other tools lose everything",
        {"tools": [{"type": "web_search", "max_uses": 5}]},
        {"tools": [{"type": "web_search", "function": {"name": ""}}]},
    ),
    chat(
        "one vendor's extra survives, there",
        {"messages": [{"role": "r", "content": "", "tool_calls": calls({"google": {"s": 1}, "other": 1})}]},
        {"messages": [{"role": "r", "content": "", "tool_calls": calls({"google": {"s": 1}})}]},
    ),
    chat(
        "numbers are narrow",
        {"temperature": 0.123456789, "top_p": 1},
        {"temperature": 0.12345679, "top_p": 1},
        quirk="narrow_floats",
    ),
    chat("numbers are what they were", {"temperature": 0.123456789}),
    chat(
        "pictures are kept from models that read text alone",
        {"model": "openai/o3-mini", "messages": [SHOWN, {"role": "user", "content": "x"}]},
        {"model": "o3-mini", "messages": [{**SHOWN, "content": [TEXT]}, {"role": "user", "content": "x"}]},
        settings={"vision": True},
        answers={"o3-mini": whole(200, ANSWER)},
    ),
    chat(
        "what has no picture in it keeps its parts",
        {"model": "openai/o3-mini", "messages": [{"role": "user", "content": [TEXT, {"type": "file"}]}]},
        {"model": "o3-mini", "messages": [{"role": "user", "content": [TEXT, {"type": "file"}]}]},
        settings={"vision": True},
        answers={"o3-mini": whole(200, ANSWER)},
    ),
    chat("other models see them", {"messages": [SHOWN]}, settings={"vision": True}),
    chat(
        "and so does everybody when that is off",
        {"model": "openai/o3-mini", "messages": [SHOWN]},
        {"model": "o3-mini", "messages": [SHOWN]},
        answers={"o3-mini": whole(200, ANSWER)},
    ),
    chat(
        "pictures pass", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}
    ),
)
def test_section_8_requests(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A provider receives the documented fields of a chat."""
    play(case, gateway, upstream)


def answered(claim: str, answer: object, value: object, **rest: object) -> Case:
    """Return a case of a chat with this answer, which the client receives like that."""
    sent = {"model": "openai/m", "messages": HI}
    return Case(section="8", claim=claim, path=CHAT, sent=sent, answers={"m": whole(200, answer)}, value=value, **rest)


FULL = {
    "audio_tokens": 1,
    "cached_tokens": 2,
}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_tokens_details": FULL}
HOLLOW = {"choices": None, "created": 0, "id": "", "model": "", "object": ""}


def likely(logprob: float) -> dict[str, object]:
    """Return an answer with a token of this likelihood, and an alternative of the same."""
    token = {"token": "Hi", "logprob": logprob, "bytes": None}
    logprobs = {"content": [{**token, "top_logprobs": [token]}], "refusal": None}
    return {**ANSWER, "choices": [{**ANSWER["choices"][0], "logprobs": logprobs}]}


@cases(
    answered(
        "what vanishes",
        {
            **ANSWER,
            "system_fingerprint": "f",
            "service_tier": "s",
            "vendor": 1,
            "usage": {**USAGE, "cost": 1},
            "choices": [
                {
                    **ANSWER["choices"][0],
                    "vendor": 1,
                    "logprobs": None,
                    "message": {
                        "role": "assistant",
                        "content": "Hello",
                        "refusal": None,
                        "annotations": [],
                        "audio": {},
                    },
                }
            ],
        },
        {**ANSWER, "usage": USAGE},
        kind=JSON,
    ),
    answered(
        "what is missing is zero",
        {"choices": [{"message": {"role": "assistant"}}]},
        {
            "choices": [{"finish_reason": "", "index": 0, "message": {"role": "assistant", "content": None}}],
            **{name: zero for name, zero in HOLLOW.items() if name != "choices"},
        },
    ),
    answered(
        "no reason to finish is an empty one",
        {**ANSWER, "choices": [{**ANSWER["choices"][0], "finish_reason": None}]},
        {**ANSWER, "choices": [{**ANSWER["choices"][0], "finish_reason": ""}]},
    ),
    answered(
        "any reason to finish passes",
        {**ANSWER, "choices": [{**ANSWER["choices"][0], "finish_reason": "safety"}]},
        {**ANSWER, "choices": [{**ANSWER["choices"][0], "finish_reason": "safety"}]},
    ),
    answered(
        "one vendor's extra survives, back",
        {**ANSWER, "choices": [{**ANSWER["choices"][0], "message": {"tool_calls": calls({"google": {}, "x": 1})}}]},
        {
            **ANSWER,
            "choices": [
                {
                    **ANSWER["choices"][0],
                    "message": {"role": "", "content": None, "tool_calls": calls({"google": {}})},
                }
            ],
        },
    ),
    answered("logprobs are narrow", likely(-0.123456789), likely(-0.12345679), quirk="narrow_floats"),
    answered("logprobs are what they were", likely(-0.123456789), likely(-0.123456789)),
    answered("an error under 200 is hollow", {"error": {"message": "no"}}, HOLLOW, quirk="hollow_answers"),
    answered(
        "an error under 200 is a 502",
        {"error": {"message": "no"}},
        {"error": '{"error": {"message": "no"}}'},
        status=502,
    ),
    answered(
        "keys in order, and three characters escaped",
        {**ANSWER, "id": "<&>"},
        ...,
        body=lambda body: (
            re.findall(rb'"(\w+)":', body)
            == [
                b"choices",
                b"finish_reason",
                b"index",
                b"message",
                b"content",
                b"role",
                b"created",
                b"id",
                b"model",
                b"object",
            ]
            and b'"\\u003c\\u0026\\u003e"' in body
        ),
    ),
)
def test_section_8_answers(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A client receives the documented fields of an answer."""
    play(case, gateway, upstream)


LINES = b'data: {"choices":[],"novel":1}\r\n\r\n: ping\n\nevent: x\nid: 5\nretry: 10\ndata: [DONE]\n\n'
HEAD = {"cache-control": "no-cache", "x-accel-buffering": "no", "transfer-encoding": "chunked", "content-length": None}


def stream(claim: str, answer: object, body: bytes | None, **rest: object) -> Case:
    """Return a case of a streamed chat with this answer, which the client receives as this body."""
    sent = {"model": "openai/m", "messages": HI, "stream": True, **rest.pop("more", {})}
    rest = {"kind": EVENTS, "headers": HEAD, **rest}
    return Case(section="9", claim=claim, path=CHAT, sent=sent, answers={"m": answer}, body=body, **rest)


PLAIN = {"kind": JSON, "headers": {}}
SLOW = whole(429, {"a": 1})


@cases(
    stream("lines as they came", events(LINES), LINES),
    stream("no end of the provider's: none of ours", events(b"data: 1\n\n"), b"data: 1\n\n"),
    *(
        stream(
            f"usage is asked for, for any {asked}",
            events(LINES),
            LINES,
            more=asked,
            seen=lambda seen: seen.json["stream_options"] == {"include_usage": True},
        )
        for asked in ({}, {"stream_options": {"include_usage": False}}, {"stream_options": None})
    ),
    stream("an unended line vanishes", events(b"data: 1\n\ndata: 2"), b"data: 1\n\n", quirk="lost_tails"),
    stream("an unended line passes", events(b"data: 1\n\ndata: 2"), b"data: 1\n\ndata: 2"),
    stream("plain JSON is a line", whole(200, b'{"a":1}\n'), b'{"a":1}\n'),
    stream("plain JSON without an end is lost", whole(200, b'{"a":1}'), b"", quirk="lost_tails"),
    stream("an error inside passes", events(b'data: {"error":{}}\n\n'), b'data: {"error":{}}\n\n'),
    stream("a refusal", SLOW, b'{"error":"{\\"a\\": 1}"}', status=429, quirk="errors_as_events"),
    stream("a refusal is JSON", SLOW, b'{"error":"{\\"a\\": 1}"}', status=429, **PLAIN),
    stream("a break ends it cleanly", broken(b"data: 1\n\ndata: 2"), b"data: 1\n\n", quirk="clean_breaks"),
    stream("a break breaks it", broken(b"data: 1\n\n"), b"data: 1\n\n", whole=False),
    stream("a break before the first line is empty", broken(b"data: 1"), b"", quirk="clean_breaks"),
    stream("a break before the first line is a 502", broken(b"data: 1"), None, status=502, **PLAIN),
    stream(
        "the deadline of whole answers is not a stream's",
        late(0.4, events(b"a\n"), b"b\n"),
        b"a\nb\n",
        settings={"read_timeout": 0.2},
    ),
    Case(
        section="9",
        claim="two providers get no request for usage",
        path=CHAT,
        sent={"model": "mistral/m", "stream": True, "stream_options": {"include_usage": True}},
        answers={"m": events(LINES)},
        seen=lambda seen: "stream_options" not in seen.json,
    ),
    Case(
        section="9",
        claim="a refusal of the gateway itself is JSON",
        path=CHAT,
        quirk="errors_as_events",
        sent={"model": "x", "stream": True},
        status=400,
        kind=GIN,
    ),
)
def test_section_9_streams(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A client receives the documented lines of a stream."""
    play(case, gateway, upstream)
