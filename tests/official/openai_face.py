"""The scenarios with the `openai` package, written as in its own documentation."""

from __future__ import annotations

import base64
import io
import json
import warnings
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel, ConfigDict

from official.either import each, entered, settled
from official.table import ASKED, PARAMETERS, RESULT, STOP, TOOL, Outcome

USER = {"role": "user", "content": ASKED}
CHAT_TOOLS: list[Any] = [{"type": "function", "function": {**tool, "strict": True}} for tool in (TOOL, STOP)]
TOOLS: list[Any] = [{"type": "function", **tool, "strict": True} for tool in (TOOL, STOP)]
FORM = {"type": "json_schema", "json_schema": {"name": "reading", "schema": PARAMETERS, "strict": True}}
ABSENT: Any = {"type": "function", "function": {"name": "absent"}}


class Reading(BaseModel):
    """The table's schema as a pydantic model."""

    model_config = ConfigDict(extra="forbid")

    city: str
    unit: Literal["C", "F"]


class OpenaiFace:
    """A player of each scenario over one client."""

    def __init__(self, world: str, url: str, model: str = "openai/any", asked: str = ASKED) -> None:
        make = openai.OpenAI if world == "blocking" else openai.AsyncOpenAI
        self.client: Any = make(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=300)
        self.model = model
        self.user = {"role": "user", "content": asked}

    async def close(self) -> None:
        await settled(self.client.close())

    async def _chat(self, *messages: Any, **params: Any) -> Any:
        ask = {"model": self.model, "messages": [*messages] or [self.user], "temperature": 0, **params}
        return await settled(self.client.chat.completions.create(**ask))

    async def models(self) -> Outcome:
        return Outcome(data=[model.id async for model in each(self.client.models.list())])

    async def chat(self) -> Outcome:
        return _counted(await self._chat())

    async def chat_of_anthropic(self) -> Outcome:
        return _counted(await self._chat(model="anthropic/any"))

    async def chat_stream(self) -> Outcome:
        text, end, usage = "", None, None
        async for chunk in each(await self._chat(stream=True, stream_options={"include_usage": True})):
            for choice in chunk.choices:
                text += choice.delta.content or ""
                end = choice.finish_reason or end
            if chunk.usage:
                usage = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        return Outcome(text, end, usage=usage)

    async def chat_conversation(self) -> Outcome:
        first = await self._chat()
        return _outcome(await self._chat(USER, first.choices[0].message, {"role": "user", "content": "And now?"}))

    async def chat_json(self) -> Outcome:
        asking = self.client.chat.completions.parse(
            model=self.model, messages=[self.user], response_format=Reading, temperature=0
        )
        choice = (await settled(asking)).choices[0]
        whole = await self._chat(response_format=FORM)
        assert json.loads(whole.choices[0].message.content) == choice.message.parsed.model_dump()
        return Outcome(end=choice.finish_reason, data=choice.message.parsed.model_dump())

    async def chat_json_stream(self) -> Outcome:
        return _parsed(await self._helped(response_format=Reading))

    async def _helped(self, *messages: Any, **params: Any) -> Any:
        """Return the completion that the package's own stream helper assembles."""
        stream = self.client.chat.completions.stream(
            model=self.model, messages=[*messages] or [self.user], temperature=0, **params
        )
        async with entered(stream) as events:
            kinds = [event.type async for event in each(events)]
            assert "content.delta" in kinds or "tool_calls.function.arguments.delta" in kinds
            return await settled(events.get_final_completion())

    async def chat_tools(self) -> Outcome:
        first = await self._chat(tools=CHAT_TOOLS)
        return _used(first, await self._chat(*_with_result(first), tools=CHAT_TOOLS))

    async def chat_tools_stream(self) -> Outcome:
        first = await self._helped(tools=CHAT_TOOLS)
        return _used(first, await self._helped(*_with_result(first), tools=CHAT_TOOLS))

    async def chat_forced_tool(self) -> Outcome:
        choice: Any = {"type": "function", "function": {"name": "stop"}}
        answer = await self._chat(tools=CHAT_TOOLS, tool_choice=choice)
        return Outcome(end=answer.choices[0].finish_reason, calls=_calls(answer))

    async def chat_no_tool(self) -> Outcome:
        answer = await self._chat(tools=CHAT_TOOLS, tool_choice="none")
        assert answer.choices[0].message.tool_calls is None
        return _counted(answer)

    async def chat_limit(self) -> Outcome:
        return _outcome(await self._chat(max_tokens=3))

    async def chat_logprobs(self) -> Outcome:
        choice = (await self._chat(logprobs=True, top_logprobs=1)).choices[0]
        return Outcome(choice.message.content, data=[token.logprob for token in choice.logprobs.content])

    async def chat_bare_model(self) -> Outcome:
        return await _refused(self._chat(model="gpt-4o"))

    async def chat_absent_tool(self) -> Outcome:
        return await _refused(self._chat(tools=CHAT_TOOLS, tool_choice=ABSENT))

    async def chat_stream_absent_tool(self) -> Outcome:
        return await _refused(self._chat(tools=CHAT_TOOLS, tool_choice=ABSENT, stream=True))

    async def _respond(self, given: Any = ASKED, **params: Any) -> Any:
        return await settled(self.client.responses.create(**{"model": self.model, "input": given, **params}))

    async def response(self) -> Outcome:
        return _responded(await self._respond())

    async def response_stream(self) -> Outcome:
        text, last = "", None
        async for event in each(await self._respond(stream=True)):
            text += event.delta if event.type == "response.output_text.delta" else ""
            last = event
        assert last is not None
        assert last.type == "response.completed"
        outcome = _responded(last.response)
        assert outcome.text == text
        return outcome

    async def response_conversation(self) -> Outcome:
        first = await self._respond([USER])
        second = await self._respond([USER, *first.output, {"role": "user", "content": "And now?"}])
        return Outcome(second.output_text, second.status)

    async def response_json(self) -> Outcome:
        asking = self.client.responses.parse(model=self.model, input=ASKED, text_format=Reading)
        answer = await settled(asking)
        return Outcome(end=answer.status, data=answer.output_parsed.model_dump())

    async def response_json_stream(self) -> Outcome:
        answer = await self._streamed(ASKED, text_format=Reading)
        return Outcome(end=answer.status, data=answer.output_parsed.model_dump())

    async def _streamed(self, given: Any, **params: Any) -> Any:
        """Return the response that the package's own stream helper assembles."""
        async with entered(self.client.responses.stream(model=self.model, input=given, **params)) as events:
            async for _ in each(events):
                pass
            return await settled(events.get_final_response())

    async def response_tools(self) -> Outcome:
        first = await self._respond(tools=TOOLS)
        return _followed(first, await self._respond(_with_output(first), tools=TOOLS))

    async def response_tools_stream(self) -> Outcome:
        first = await self._streamed(ASKED, tools=TOOLS)
        return _followed(first, await self._streamed(_with_output(first), tools=TOOLS))

    async def response_limit(self) -> Outcome:
        answer = await self._respond(max_output_tokens=3)
        return Outcome(answer.output_text, answer.status)

    async def response_of_anthropic(self) -> Outcome:
        return await _refused(self._respond(model="anthropic/any"))

    async def image(self) -> Outcome:
        return _pictured(await settled(self.client.images.generate(model=self.model, prompt="a cat", n=2)))

    async def image_edit(self) -> Outcome:
        picture = await self._picture()
        return _pictured(await settled(self.client.images.edit(model=self.model, image=picture, prompt="a hat")))

    async def image_variation(self) -> Outcome:
        picture = await self._picture()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of OpenAI's endpoint
            asking = self.client.images.create_variation(model=self.model, image=picture)
        return _pictured(await settled(asking))

    async def _picture(self) -> io.BytesIO:
        made = await settled(self.client.images.generate(model=self.model, prompt="a cat"))
        file = io.BytesIO(base64.b64decode(made.data[0].b64_json))
        file.name = "cat.png"
        return file

    async def speech(self) -> Outcome:
        sound = await settled(self.client.audio.speech.create(**self._uttered))
        return Outcome(data=sound.content[:4])

    async def speech_stream(self) -> Outcome:
        async with entered(self.client.audio.speech.with_streaming_response.create(**self._uttered)) as sound:
            data = b"".join([piece async for piece in each(sound.iter_bytes(1000))])
        return Outcome(data=data[:4])

    @property
    def _uttered(self) -> dict[str, Any]:
        return {"model": self.model, "voice": "alloy", "input": "Good night.", "response_format": "wav"}


def _pair(answer: Any) -> tuple[str, str]:
    return answer.choices[0].message.content, answer.choices[0].finish_reason


def _outcome(answer: Any) -> Outcome:
    return Outcome(*_pair(answer))


def _counted(answer: Any) -> Outcome:
    return Outcome(*_pair(answer), usage=(answer.usage.prompt_tokens, answer.usage.completion_tokens))


def _parsed(answer: Any) -> Outcome:
    choice = answer.choices[0]
    return Outcome(end=choice.finish_reason, data=choice.message.parsed.model_dump())


def _calls(answer: Any) -> tuple[tuple[str, Any], ...]:
    calls = answer.choices[0].message.tool_calls
    return tuple((call.function.name, json.loads(call.function.arguments)) for call in calls)


def _with_result(first: Any) -> list[Any]:
    assert first.choices[0].finish_reason == "tool_calls"
    message = first.choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": RESULT} for call in message.tool_calls]
    return [USER, message, *results]


def _used(first: Any, second: Any) -> Outcome:
    return Outcome(*_pair(second), calls=_calls(first))


def _responded(answer: Any) -> Outcome:
    return Outcome(answer.output_text, answer.status, usage=(answer.usage.input_tokens, answer.usage.output_tokens))


def _with_output(first: Any) -> list[Any]:
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": RESULT}
        for item in first.output
        if item.type == "function_call"
    ]
    return [USER, *first.output, *results]


def _followed(first: Any, second: Any) -> Outcome:
    calls = [(item.name, json.loads(item.arguments)) for item in first.output if item.type == "function_call"]
    return Outcome(second.output_text, second.status, calls=tuple(calls))


def _pictured(answer: Any) -> Outcome:
    pictures = [base64.b64decode(image.b64_json) for image in answer.data]
    return Outcome(data=(pictures[0][:8], len(pictures)))


async def _refused(asking: Any) -> Outcome:
    with pytest.raises(openai.BadRequestError) as caught:
        await asking
    # The package's own text leaves out an error without a `message`, as the gateway's errors are.
    return Outcome(f"{caught.value}: {caught.value.body}", str(caught.value.status_code))
