"""The scenarios with this package's own clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

import pytest

from inference_gateway_sdk import BadRequestError
from official.table import ASKED, PARAMETERS, RESULT, STOP, TOOL, Outcome
from support.worlds import World

CHAT_TOOLS: list[Any] = [{"type": "function", "function": tool} for tool in (TOOL, STOP)]
TOOLS: list[Any] = [{"type": "function", **tool} for tool in (TOOL, STOP)]
MESSAGE_TOOLS: list[Any] = [{"name": TOOL["name"], "input_schema": PARAMETERS}]
FORM: Any = {"type": "json_schema", "json_schema": {"name": "reading", "schema": PARAMETERS}}
RESPONSE_FORM: Any = {"format": {"type": "json_schema", "name": "reading", "schema": PARAMETERS}}
MESSAGE_FORM = {"output_config": {"format": {"type": "json_schema", "schema": PARAMETERS}}}
ABSENT: Any = {"type": "function", "function": {"name": "absent"}}


class OurFace:
    """A player of each scenario over one client."""

    def __init__(self, world: str, url: str, model: str = "openai/any", asked: str = ASKED) -> None:
        self.client: Any = World(world).client(url, max_retries=0, timeout=300)
        self.model = model
        self.asked = asked

    async def close(self) -> None:
        await self.client.aclose()

    async def _chat(self, messages: Any = None, model: str = "", **params: Any) -> Any:
        return await self.client.generate_content(model or self.model, messages or self.asked, temperature=0, **params)

    async def _chat_streamed(self, messages: Any = None, **params: Any) -> Any:
        opened = self.client.generate_content_stream(self.model, messages or self.asked, temperature=0, **params)
        return await _streamed(opened)

    async def models(self) -> Outcome:
        return Outcome(data=[model.id for model in (await self.client.list_models()).data])

    async def chat(self) -> Outcome:
        return _counted(await self._chat())

    async def chat_stream(self) -> Outcome:
        return _counted(await self._chat_streamed())

    async def chat_of_anthropic(self) -> Outcome:
        return _counted(await self._chat(model="anthropic/any"))

    async def chat_conversation(self) -> Outcome:
        first = await self._chat()
        return _outcome(await self._chat([ASKED, first.message, "And now?"]))

    async def chat_json(self) -> Outcome:
        return _parsed(await self._chat(response_format=FORM))

    async def chat_json_stream(self) -> Outcome:
        return _parsed(await self._chat_streamed(response_format=FORM))

    async def chat_tools(self) -> Outcome:
        first = await self._chat(tools=CHAT_TOOLS)
        return _used(first, await self._chat(_with_result(first), tools=CHAT_TOOLS))

    async def chat_tools_stream(self) -> Outcome:
        first = await self._chat_streamed(tools=CHAT_TOOLS)
        return _used(first, await self._chat_streamed(_with_result(first), tools=CHAT_TOOLS))

    async def chat_forced_tool(self) -> Outcome:
        choice: Any = {"type": "function", "function": {"name": "stop"}}
        answer = await self._chat(tools=CHAT_TOOLS, tool_choice=choice)
        return Outcome(end=answer.choices[0].finish_reason, calls=_calls(answer))

    async def chat_no_tool(self) -> Outcome:
        return _counted(await self._chat(tools=CHAT_TOOLS, tool_choice="none"))

    async def chat_limit(self) -> Outcome:
        return _outcome(await self._chat(max_tokens=3))

    async def chat_logprobs(self) -> Outcome:
        answer = await self._chat(logprobs=True, top_logprobs=1)
        return Outcome(answer.text, data=[token.logprob for token in answer.choices[0].logprobs.content])

    async def chat_bare_model(self) -> Outcome:
        return await _refused(self._chat(model="gpt-4o"))

    async def chat_absent_tool(self) -> Outcome:
        return await _refused(self._chat(tools=CHAT_TOOLS, tool_choice=ABSENT))

    async def chat_stream_absent_tool(self) -> Outcome:
        return await _refused(self._chat_streamed(tools=CHAT_TOOLS, tool_choice=ABSENT))

    async def _respond(self, given: Any = ASKED, model: str = "", **params: Any) -> Any:
        return await self.client.create_response(model or self.model, given, **params)

    async def _respond_streamed(self, given: Any = ASKED, **params: Any) -> Any:
        return await _streamed(self.client.create_response_stream(self.model, given, **params))

    async def response(self) -> Outcome:
        return _responded(await self._respond())

    async def response_stream(self) -> Outcome:
        return _responded(await self._respond_streamed())

    async def response_conversation(self) -> Outcome:
        answer = await self._respond([ASKED, await self._respond(), "And now?"])
        return Outcome(answer.output_text, answer.status)

    async def response_json(self) -> Outcome:
        answer = await self._respond(text=RESPONSE_FORM)
        return Outcome(end=answer.status, data=json.loads(answer.output_text))

    async def response_json_stream(self) -> Outcome:
        answer = await self._respond_streamed(text=RESPONSE_FORM)
        return Outcome(end=answer.status, data=json.loads(answer.output_text))

    async def response_tools(self) -> Outcome:
        first = await self._respond(tools=TOOLS)
        return _followed(first, await self._respond(_with_output(first), tools=TOOLS))

    async def response_tools_stream(self) -> Outcome:
        first = await self._respond_streamed(tools=TOOLS)
        return _followed(first, await self._respond_streamed(_with_output(first), tools=TOOLS))

    async def response_limit(self) -> Outcome:
        answer = await self._respond(max_output_tokens=3)
        return Outcome(answer.output_text, answer.status)

    async def response_of_anthropic(self) -> Outcome:
        return await _refused(self._respond(model="anthropic/any"))

    async def _message(self, *messages: Any, model: str = "anthropic/any", limit: int = 50, **params: Any) -> Any:
        return await self.client.create_message(model, [*messages] or ASKED, limit, **params)

    async def _message_streamed(self, *messages: Any, **params: Any) -> Any:
        return await _streamed(self.client.create_message_stream("anthropic/any", [*messages] or ASKED, 50, **params))

    async def message(self) -> Outcome:
        return _weighed(await self._message())

    async def message_stream(self) -> Outcome:
        return _weighed(await self._message_streamed())

    async def message_conversation(self) -> Outcome:
        answer = await self._message(ASKED, await self._message(), "And now?")
        return Outcome(answer.text, answer.stop_reason)

    async def message_json(self) -> Outcome:
        answer = await self._message(extra_body=MESSAGE_FORM)
        return Outcome(end=answer.stop_reason, data=json.loads(answer.text))

    async def message_tools(self) -> Outcome:
        first = await self._message(tools=MESSAGE_TOOLS)
        return _continued(first, await self._message(*_with_block(first), tools=MESSAGE_TOOLS))

    async def message_tools_stream(self) -> Outcome:
        first = await self._message_streamed(tools=MESSAGE_TOOLS)
        return _continued(first, await self._message_streamed(*_with_block(first), tools=MESSAGE_TOOLS))

    async def message_limit(self) -> Outcome:
        answer = await self._message(limit=3)
        return Outcome(answer.text, answer.stop_reason)

    async def message_of_openai(self) -> Outcome:
        return await _refused(self._message(model="openai/any"))

    async def image(self) -> Outcome:
        return _pictured(await self.client.generate_image("a cat", model=self.model, n=2))

    async def image_edit(self) -> Outcome:
        picture = (await self.client.generate_image("a cat", model=self.model)).data[0].bytes()
        return _pictured(await self.client.create_image_edit(picture, "a hat", model=self.model))

    async def image_variation(self) -> Outcome:
        picture = (await self.client.generate_image("a cat", model=self.model)).data[0].bytes()
        return _pictured(await self.client.create_image_variation(picture, model=self.model))

    async def speech(self) -> Outcome:
        sound = await self.client.create_speech(self.model, "Good night.", "alloy", response_format="wav")
        return Outcome(data=sound.bytes[:4])

    async def speech_stream(self) -> Outcome:
        opened = self.client.create_speech_stream(self.model, "Good night.", "alloy", response_format="wav")
        async with opened as stream:
            return Outcome(data=b"".join([piece async for piece in stream])[:4])


async def _streamed(opened: Any) -> Any:
    async with opened as stream:
        async for _ in stream:
            pass
        return await stream.final()


def _outcome(answer: Any) -> Outcome:
    return Outcome(answer.text, answer.choices[0].finish_reason)


def _counted(answer: Any) -> Outcome:
    usage = (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    return Outcome(answer.text, answer.choices[0].finish_reason, usage=usage)


def _parsed(answer: Any) -> Outcome:
    return Outcome(end=answer.choices[0].finish_reason, data=json.loads(answer.text))


def _calls(answer: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((call.function.name, json.loads(call.function.arguments)) for call in answer.tool_calls)


def _with_result(first: Any) -> list[Any]:
    results = [{"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in first.tool_calls]
    return [ASKED, first.message, *results]


def _used(first: Any, second: Any) -> Outcome:
    return Outcome(second.text, second.choices[0].finish_reason, calls=_calls(first))


def _responded(answer: Any) -> Outcome:
    return Outcome(answer.output_text, answer.status, usage=(answer.usage.input_tokens, answer.usage.output_tokens))


def _with_output(first: Any) -> list[Any]:
    calls = first.tool_calls
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULT} for call in calls]
    return [ASKED, first, *results]


def _followed(first: Any, second: Any) -> Outcome:
    calls = [(call.name, json.loads(call.arguments)) for call in first.tool_calls]
    return Outcome(second.output_text, second.status, calls=tuple(calls))


def _weighed(answer: Any) -> Outcome:
    return Outcome(answer.text, answer.stop_reason, usage=(answer.usage.input_tokens, answer.usage.output_tokens))


def _with_block(first: Any) -> list[Any]:
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": RESULT} for call in first.tool_calls]
    return [ASKED, first, {"role": "user", "content": results}]


def _continued(first: Any, second: Any) -> Outcome:
    calls = [(call.name, call.input) for call in first.tool_calls]
    return Outcome(second.text, second.stop_reason, calls=tuple(calls))


def _pictured(answer: Any) -> Outcome:
    return Outcome(data=(answer.data[0].bytes()[:8], len(answer.data)))


async def _refused(asking: Awaitable[Any]) -> Outcome:
    with pytest.raises(BadRequestError) as caught:
        await asking
    return Outcome(str(caught.value), str(caught.value.status))
