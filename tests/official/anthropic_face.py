"""The scenarios with the `anthropic` package, written as in its own documentation."""

from __future__ import annotations

from typing import Any, Literal

import anthropic
import pytest
from pydantic import BaseModel

from official.either import each, entered, settled
from official.table import ASKED, PARAMETERS, RESULT, TOOL, Outcome

USER: Any = {"role": "user", "content": ASKED}
TOOLS: list[Any] = [{"name": TOOL["name"], "description": TOOL["description"], "input_schema": PARAMETERS}]

_SORRY = "The Messages API is not supported by this provider yet."


class Reading(BaseModel):
    """The table's schema as a pydantic model."""

    city: str
    unit: Literal["C", "F"]


class AnthropicFace:
    """A player of each scenario over one client."""

    def __init__(self, world: str, url: str, model: str = "anthropic/any") -> None:
        make = anthropic.Anthropic if world == "blocking" else anthropic.AsyncAnthropic
        self.client: Any = make(base_url=url, api_key="none", max_retries=0)
        self.model = model

    async def close(self) -> None:
        await settled(self.client.close())

    async def _ask(self, *messages: Any, **params: Any) -> Any:
        ask = {"model": self.model, "max_tokens": 50, "messages": [*messages] or [USER], **params}
        return await settled(self.client.messages.create(**ask))

    async def _streamed(self, *messages: Any, **params: Any) -> Any:
        """Return the message that the package's own stream helper assembles, and the text that it yielded."""
        stream = self.client.messages.stream(model=self.model, max_tokens=50, messages=[*messages] or [USER], **params)
        async with entered(stream) as events:
            text = "".join([piece async for piece in each(events.text_stream)])
            message = await settled(events.get_final_message())
        assert text == "".join(block.text for block in message.content if block.type == "text")
        return message

    async def models(self) -> Outcome:
        return Outcome(data=[model.id async for model in each(self.client.models.list())])

    async def message(self) -> Outcome:
        return _counted(await self._ask())

    async def message_stream(self) -> Outcome:
        kinds = [event.type async for event in each(await self._ask(stream=True))]
        assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
        return _counted(await self._streamed())

    async def message_conversation(self) -> Outcome:
        first = await self._ask()
        asked = (USER, {"role": "assistant", "content": first.content}, {"role": "user", "content": "And now?"})
        return _outcome(await self._ask(*asked))

    async def message_json(self) -> Outcome:
        asking = self.client.messages.parse(model=self.model, max_tokens=50, messages=[USER], output_format=Reading)
        answer = await settled(asking)
        return Outcome(end=answer.stop_reason, data=answer.parsed_output.model_dump())

    async def message_tools(self) -> Outcome:
        first = await self._ask(tools=TOOLS)
        return _used(first, await self._ask(*_with_result(first), tools=TOOLS))

    async def message_tools_stream(self) -> Outcome:
        first = await self._streamed(tools=TOOLS)
        return _used(first, await self._streamed(*_with_result(first), tools=TOOLS))

    async def message_limit(self) -> Outcome:
        return _outcome(await self._ask(max_tokens=3))

    async def message_of_openai(self) -> Outcome:
        with pytest.raises(anthropic.BadRequestError) as caught:
            await self._ask(model="openai/any")
        assert caught.value.body == {"type": "error", "error": {"type": "not_supported_error", "message": _SORRY}}
        return Outcome(str(caught.value), str(caught.value.status_code))


def _outcome(answer: Any) -> Outcome:
    return Outcome(*_pair(answer))


def _counted(answer: Any) -> Outcome:
    return Outcome(*_pair(answer), usage=(answer.usage.input_tokens, answer.usage.output_tokens))


def _pair(answer: Any) -> tuple[str, str]:
    return answer.content[0].text, answer.stop_reason


def _with_result(first: Any) -> list[Any]:
    assert first.stop_reason == "tool_use"
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": RESULT}
        for block in first.content
        if block.type == "tool_use"
    ]
    return [USER, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]


def _used(first: Any, second: Any) -> Outcome:
    calls = [(block.name, block.input) for block in first.content if block.type == "tool_use"]
    return Outcome(*_pair(second), calls=tuple(calls))
