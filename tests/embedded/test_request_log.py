"""The request log: what a line has of answers that are whole, refused, streamed, cut off or faulty."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk.embedded.request_log import RequestLog, json_line, note_fault, note_target, text_line

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from inference_gateway_sdk.embedded.request_log import RequestRecord

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def body(data: bytes, *, more: bool = False) -> Message:
    """A part of an answer."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def logged(*messages: Message, fault: str | None = None, fails: bool = False) -> RequestRecord:
    """The record of a chat that is answered with these messages, 12 ms after it began."""
    records: list[RequestRecord] = []
    sent: list[Message] = []
    times = iter((1.0, 1.012))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        note_target(scope, "openai", "gpt-4o")
        if fault:
            note_fault({**scope}, fault)  # the scope is copied on its way
        for message in messages:
            await send(message)
        if fails:
            raise ConnectionAbortedError

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "extensions": {"x": {}}}
    try:
        asyncio.run(RequestLog(app, records.append, lambda: next(times))(scope, receive, send))
    except ConnectionAbortedError:
        assert fails
    assert sent == list(messages)
    assert scope["extensions"] == {"x": {}}
    (record,) = records
    return record


@pytest.mark.parametrize(
    ("messages", "tokens"),
    [
        ([body(b'{"usage":{"prompt_tokens":3,"completion_tokens":4}}')], "3+4 tokens"),
        ([body(b'{"output":[], "usage": {"input_tokens": 3, "output_tokens": 4}}')], "3+4 tokens"),
        ([body(b'{"usage":{"prompt_to', more=True), body(b'kens":3,"completion_tokens":4}}')], "3+4 tokens"),
        ([body(b'data: {"usage":null}\n\n', more=True)] * 3
         + [body(b'{"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n', more=True), body(b"")], "3+4 tokens"),
        ([body(b'data: {"message":{"usage":{"input_tokens":3,"output_tokens":1}}}\n\n', more=True),
          body(b'data: {"delta":{"text":"x"}}\n\n', more=True),
          body(b'data: {"usage":{"output_tokens":4}}\n\n')], "3+4 tokens"),
        ([body(b'{"usage":{"completion_tokens":4}}')], "?+4 tokens"),
        ([body(b"x" * 5000 + b'"usage":{"prompt_tokens":3,"completion_tokens":4}' + b"y" * 5000)], "3+4 tokens"),
        ([body(b'{"choices":[]}')], None),
    ],
)  # fmt: skip
def test_the_tokens_of_an_answer_are_found(messages: list[Message], tokens: str | None) -> None:
    """In whole answers, in the first and last event of streams, and in pieces."""
    line = text_line(logged(START, *messages), "12:00:01")
    expected = "12:00:01 POST /v1/chat/completions openai/gpt-4o 200 12 ms"
    assert line == (f"{expected} {tokens}" if tokens else expected)


def test_a_record_prints_as_its_line() -> None:
    """`serve(log=print)` prints the lines."""
    assert str(logged(START, body(b""))) == "POST /v1/chat/completions openai/gpt-4o 200 12 ms"


def test_an_answer_without_its_end_is_cut_off() -> None:
    """A stream that broke, and a request without any answer."""
    assert text_line(logged(START, body(b"x", more=True))).endswith("200 12 ms cut off")
    assert text_line(logged(fails=True)).endswith("no-answer 12 ms cut off")


def test_a_fault_is_named() -> None:
    """The log line of a faulty response names the injected fault."""
    assert text_line(logged(START, body(b""), fault="reset-mid-body")).endswith("12 ms fault: reset-mid-body")


def test_a_line_of_json_has_every_member() -> None:
    """Unknown values are null."""
    line = json.loads(json_line(logged(START, body(b"", more=True)), "now"))
    assert line == {
        "time": "now",
        "method": "POST",
        "path": "/v1/chat/completions",
        "provider": "openai",
        "model": "gpt-4o",
        "status": 200,
        "milliseconds": 12.0,
        "input_tokens": None,
        "output_tokens": None,
        "whole": False,
        "fault": None,
    }


def test_a_request_that_nobody_logs_is_noted_nowhere() -> None:
    """Without the log, the notes of the endpoints do nothing."""
    note_target({}, "openai", "x")
    note_fault({"extensions": {}}, "x")
