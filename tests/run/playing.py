"""A run played without a network: scripted answers in, the requests and the run out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inference_gateway_sdk import CreateChatCompletionResponse, MessagesResponse, Response, StatusError
from inference_gateway_sdk._run.events import (
    Ask,
    Began,
    Decide,
    Decided,
    Done,
    Execute,
    Fail,
    Failed,
    Finished,
    Pause,
    Replied,
    RunSettings,
)
from inference_gateway_sdk._run.history import read_history
from inference_gateway_sdk._run.result import Run, read_limits
from inference_gateway_sdk._run.state import RunState
from inference_gateway_sdk._run.transcript import Transcript
from inference_gateway_sdk._schema.adapter import adapt
from inference_gateway_sdk._tools.tool import Toolbox
from inference_gateway_sdk._wire import codec

DIALECTS = ["chat", "responses", "messages"]
PROVIDERS = {"chat": "openai", "responses": "openai", "messages": "anthropic"}


def call(name: str, arguments: Any = None, id: str = "call_a") -> dict[str, str]:
    """Return a tool call of a script; arguments that are a string are sent unchanged."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return {"name": name, "text": text, "id": id}


def reply(dialect: str, text: str | None = None, *calls: dict[str, str], end: str = "", **more: Any) -> Any:
    """Return an answer of the client's type. `end` is "length", "content_filter", "refusal" or "pause"."""
    makers: dict[str, Any] = {"chat": _chat, "responses": _responses, "messages": _messages}
    plain, kind = makers[dialect](text, calls, end, more)
    return codec.decode(json.dumps(plain).encode(), kind)


def _chat(text: str | None, calls: Iterable[dict[str, str]], end: str, more: dict[str, Any]) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": text, **more.get("message", {})}
    found = [
        {"id": one["id"], "type": "function", "function": {"name": one["name"], "arguments": one["text"]}}
        for one in calls
    ]
    if found:
        message["tool_calls"] = found
    if end == "refusal":
        message |= {"content": None, "refusal": text}
    finish = {"": "tool_calls" if found else "stop", "refusal": "stop", "pause": "stop"}.get(end, end)
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    usage = more.get("usage", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return {**whole, "choices": choices, **({"usage": usage} if usage else {})}, CreateChatCompletionResponse


def _responses(text: str | None, calls: Iterable[dict[str, str]], end: str, more: dict[str, Any]) -> Any:
    output: list[dict[str, Any]] = list(more.get("items", []))
    if text is not None:
        part = {"type": "output_text", "text": text, "annotations": []}
        if end == "refusal":
            part = {"type": "refusal", "refusal": text}
        output.append({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]})
    output += [
        {
            "type": "function_call",
            "id": "fc_" + one["id"],
            "call_id": one["id"],
            "name": one["name"],
            "arguments": one["text"],
        }
        for one in calls
    ]
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    ended = (
        {"status": "incomplete", "incomplete_details": {"reason": reasons[end]}}
        if end in reasons
        else {"status": "completed"}
    )
    usage = more.get("usage", {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15})
    whole = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": output, **ended}
    return {**whole, **({"usage": usage} if usage else {})}, Response


def _messages(text: str | None, calls: Iterable[dict[str, str]], end: str, more: dict[str, Any]) -> Any:
    content: list[dict[str, Any]] = list(more.get("blocks", []))
    if text is not None:
        content.append({"type": "text", "text": text})
    for one in calls:
        try:
            given = json.loads(one["text"] or "{}")
        except ValueError:
            given = one["text"]
        content.append({"type": "tool_use", "id": one["id"], "name": one["name"], "input": given})
    words = {"length": "max_tokens", "content_filter": "refusal", "refusal": "refusal", "pause": "pause_turn"}
    stop = words.get(end) or ("tool_use" if any(b["type"] == "tool_use" for b in content) else "end_turn")
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": stop}
    usage = more.get("usage", {"input_tokens": 10, "output_tokens": 5})
    return {**whole, **({"usage": usage} if usage else {})}, MessagesResponse


class Story:
    """One run: its settings, a script of answers, and its events."""

    def __init__(
        self,
        *script: Any,
        messages: Any = "Hi",
        tools: Iterable[Any] = (),
        output: Any = None,
        dialect: Any = "chat",
        provider: str | None = None,
        model: str = "m",
        approve: Callable[[Any], Any] | Mapping[str, Any] | None = None,
        limits: Any = None,
        **settings: Any,
    ) -> None:
        self.script = list(script)
        self.dialect = dialect
        self.approve = approve
        self.asks: list[Ask] = []
        self.saved: list[bytes] = []  # the transcript after each step, as `on_progress` would store it
        self.notices: list[Any] = []
        self.batches: list[list[str]] = []
        self.state = RunState(
            RunSettings(
                dialect=dialect,
                provider=PROVIDERS[dialect] if provider is None else provider,
                model=model,
                toolbox=Toolbox(tools),
                output=None if output is None else adapt(output),
                limits=read_limits(limits),
                **settings,
            ),
            read_history(messages, dialect),
        )

    def play(self) -> Run[Any]:
        """Play to the end; a failure raises, as the client would."""
        if isinstance(self.approve, Mapping):
            self.state.check_approvals(self.approve)
        action = self.state.start()
        while True:
            self.save()
            match action:
                case Ask():
                    action = self.ask(action)
                case Decide():
                    action = self.state.feed(Decided({one.id: self.decide(one) for one in action.calls}))
                case Execute():
                    action = self.execute(action)
                case Fail():
                    raise action.error
                case Pause() | Done():
                    return self.state.run()

    def save(self) -> None:
        """Store the transcript, and check that what is stored reads the same."""
        self.notices += self.state.drain()
        transcript = self.state.transcript
        self.saved.append(transcript.to_json())
        assert Transcript.from_json(self.saved[-1]) == transcript

    def ask(self, action: Ask) -> Any:
        """Answer a request from the script."""
        self.asks.append(action)
        assert self.script, "the run asks more often than the script answers"
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            return self.state.feed(Failed(answer))
        return self.state.feed(Replied(answer if isinstance(answer, list) else [answer]))

    def decide(self, one: Any) -> Any:
        """Ask the story's approver."""
        if self.approve is None:
            return None
        return self.approve.get(one.id) if isinstance(self.approve, Mapping) else self.approve(one)

    def execute(self, action: Execute) -> Any:
        """Run calls one after another, each marked before."""
        self.batches.append([one.call.id for one in action.calls])
        following = None
        for one in action.calls:
            assert self.state.feed(Began((one.call.id,))) is None
            self.save()
        for one in action.calls:
            try:
                value = one.tool(**one.arguments)
                if asyncio.iscoroutine(value):
                    value = asyncio.run(value)
                following = self.state.feed(Finished(call=one.call.id, value=value, seconds=0.5))
            except Exception as error:
                following = self.state.feed(Finished(call=one.call.id, error=error, seconds=0.5))
            self.save()
        return following

    @property
    def last_messages(self) -> list[Any]:
        """Return the messages of the last request."""
        return self.asks[-1].messages

    def results(self) -> list[tuple[str, str]]:
        """Return ids and texts of the results in the last request, in any dialect."""
        found: list[tuple[str, str]] = []
        for one in self.last_messages:
            if one.get("role") == "tool":
                found.append((one["tool_call_id"], one["content"]))
            elif one.get("type") == "function_call_output":
                found.append((one["call_id"], one["output"]))
            elif one.get("role") == "user" and isinstance(one.get("content"), list):
                found += [(b["tool_use_id"], b["content"]) for b in one["content"] if b.get("type") == "tool_result"]
        return found


def status_error(status: int, message: str, **more: Any) -> StatusError:
    """Return an error as the client raises it."""
    return StatusError(message, status=status, **more)
