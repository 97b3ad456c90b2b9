"""Both clients against a real model: over llama.cpp's own server, and over the embedded gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import BadRequestError, FinishReason, ForbiddenError, UnauthorizedError

if TYPE_CHECKING:
    from support.worlds import World

    from .conftest import Live

pytestmark = pytest.mark.live

FRANCE = "What is the capital of France?"
PARIS = "The capital of France is Paris."
STORY = "Tell me a long story about a lighthouse."
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "capital",
        "schema": {
            "type": "object",
            "properties": {"country": {"enum": ["France", "Spain"]}, "capital": {"type": "string", "maxLength": 20}},
            "required": ["country", "capital"],
            "additionalProperties": False,
        },
    },
}


def _run(world: World, live: Live, scenario: Any, **options: Any) -> Any:
    return world.with_client(scenario, live.url, live.token, timeout=300, **options)


def test_health_and_models(world: World, live: Live) -> None:
    """The server is healthy and lists its model under the name for requests."""

    async def scenario(client: Any) -> Any:
        assert await client.health_check() is True
        return await client.list_models()

    models = _run(world, live, scenario)
    assert [model.id for model in models.data] == [live.model]
    assert models.data[0].owned_by == "llamacpp"
    assert models.meta.status == 200


def test_models_with_their_context(world: World, embedded_gateway: Live) -> None:
    """The gateway adds the requested context window, which the provider reports at run time."""

    async def scenario(client: Any) -> Any:
        return await client.list_models("llamacpp", include=["context_window"])

    models = _run(world, embedded_gateway, scenario)
    assert models.provider == "llamacpp"
    assert models.data[0].served_by == "llamacpp"
    assert models.data[0].context_window.tokens == 4096


def test_chat(world: World, live: Live) -> None:
    """A whole answer has text, the model's own name, an end and usage that adds up."""

    async def scenario(client: Any) -> Any:
        return await client.generate_content(live.model, FRANCE, temperature=0, max_tokens=40)

    answer = _run(world, live, scenario)
    assert answer.text == PARIS
    assert answer.model == live.own_name
    assert answer.choices[0].finish_reason is FinishReason.STOP
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert (answer.meta.status, answer.meta.attempts) == (200, 1)


def test_stream_with_usage(world: World, live: Live) -> None:
    """A stream comes in pieces and assembles to the whole answer, usage included."""

    async def scenario(client: Any) -> None:
        params = {"temperature": 0, "max_tokens": 40}
        whole = await client.generate_content(live.model, FRANCE, **params)
        async with client.generate_content_stream(live.model, FRANCE, **params) as stream:
            pieces = [piece async for piece in stream.text()]
            answer = await stream.final()
        assert len(pieces) > 4
        assert "".join(pieces) == answer.text == whole.text == PARIS
        assert (answer.model, answer.complete, len(stream.turns)) == (live.own_name, True, 1)
        assert answer.choices[0].finish_reason == whole.choices[0].finish_reason
        assert answer.usage.total_tokens == whole.usage.total_tokens
        assert answer.usage.completion_tokens == whole.usage.completion_tokens

    _run(world, live, scenario)


def test_the_raw_events_of_a_stream(world: World, live: Live) -> None:
    """The raw events are the provider's own JSON, and `[DONE]` at the end."""

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream(live.model, FRANCE, temperature=0, max_tokens=40) as stream:
            events = [event.data async for event in stream.events()]
        assert events[-1] == "[DONE]"
        chunks = [json.loads(data) for data in events[:-1]]
        assert "".join(_contents(chunks)) == PARIS

    _run(world, live, scenario)


def _contents(chunks: list[dict[str, Any]]) -> list[str]:
    return [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]


def test_json_schema(world: World, live: Live) -> None:
    """An answer in a schema is valid JSON of that schema, whole and streamed."""

    async def scenario(client: Any) -> list[str]:
        params = {"temperature": 0, "max_tokens": 60, "response_format": SCHEMA}
        whole = await client.generate_content(live.model, FRANCE, **params)
        async with client.generate_content_stream(live.model, FRANCE, **params) as stream:
            return [whole.text, (await stream.final()).text]

    for text in _run(world, live, scenario):
        value = json.loads(text)
        assert value.keys() == {"country", "capital"}
        assert value["country"] in ("France", "Spain")


def test_logprobs(world: World, live: Live) -> None:
    """Log probabilities come for each token, and a stream assembles to the same ones.

    The exception is the token that ends the answer: llama.cpp counts it in a whole answer and not in a stream.
    """

    async def scenario(client: Any) -> list[Any]:
        params = {"temperature": 0, "max_tokens": 40, "logprobs": True, "top_logprobs": 3}
        whole = await client.generate_content(live.model, FRANCE, **params)
        async with client.generate_content_stream(live.model, FRANCE, **params) as stream:
            return [answer.choices[0].logprobs.content for answer in (whole, await stream.final())]

    (*tokens, end), streamed = _run(world, live, scenario)
    assert "".join(token.token for token in tokens) == PARIS
    assert end.token == ""
    assert all(len(token.top_logprobs) == 3 and token.logprob <= 0 for token in tokens)
    assert [token.token for token in streamed] == [token.token for token in tokens]
    assert [token.logprob for token in streamed] == pytest.approx([token.logprob for token in tokens], abs=0.01)


def test_two_choices(world: World, live: Live) -> None:
    """Two choices in one stream are separate, each with its own end."""

    async def scenario(client: Any) -> Any:
        async with client.generate_content_stream(live.model, FRANCE, n=2, temperature=0, max_tokens=40) as stream:
            return await stream.final()

    answer = _run(world, live, scenario)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert [choice.message.content for choice in answer.choices] == [PARIS, PARIS]
    assert [choice.finish_reason for choice in answer.choices] == ["stop", "stop"]


def test_an_answer_cut_by_its_limit(world: World, live: Live) -> None:
    """An answer that reached `max_tokens` is returned with the finish reason `length`."""

    async def scenario(client: Any) -> Any:
        async with client.with_max_tokens(3).generate_content_stream(live.model, STORY, temperature=0) as stream:
            return await stream.final()

    answer = _run(world, live, scenario)
    assert answer.choices[0].finish_reason is FinishReason.LENGTH
    assert answer.usage.completion_tokens == 3
    assert answer.complete


def test_a_conversation(world: World, live: Live) -> None:
    """The message of an answer is sent back unchanged, with the next question after it."""

    async def scenario(client: Any) -> Any:
        params = {"temperature": 0, "max_tokens": 30}
        first = await client.generate_content(live.model, FRANCE, **params)
        return await client.generate_content(live.model, [FRANCE, first.message, "And of Spain?"], **params)

    answer = _run(world, live, scenario)
    assert answer.text
    assert answer.usage.prompt_tokens > 35


def test_leaving_streams_early(world: World, live: Live) -> None:
    """Streams that are left early free the model: more of them than its slots, and then a whole answer."""

    async def scenario(client: Any) -> Any:
        for _ in range(5):
            async with client.generate_content_stream(live.model, STORY, max_tokens=400) as stream:
                async for chunk in stream:
                    if chunk.text:
                        break
        return await client.generate_content(live.model, FRANCE, temperature=0, max_tokens=40)

    assert _run(world, live, scenario).text == PARIS


@pytest.mark.parametrize("streamed", [False, True])
def test_a_request_that_is_refused(streamed: bool, world: World, live: Live) -> None:
    """A refusal of llama.cpp is a BadRequestError with its own message, through the gateway too, without a retry."""

    async def scenario(client: Any) -> BadRequestError:
        with pytest.raises(BadRequestError) as caught:
            if streamed:
                async with client.generate_content_stream(live.model, FRANCE, n=9):
                    pytest.fail("the block was entered")
            await client.generate_content(live.model, FRANCE, n=9)
        return caught.value

    error = _run(world, live, scenario)
    assert error.message == "Field 'n': Value must be between 1 <= value <= 2, but got 9"
    assert (error.status, error.code, error.meta.attempts) == (400, 400, 1)


def test_a_prompt_over_the_context(world: World, live: Live) -> None:
    """A prompt that does not fit is refused with the model's own message."""

    async def scenario(client: Any) -> BadRequestError:
        with pytest.raises(BadRequestError) as caught:
            await client.generate_content(live.model, "x " * 6000)
        return caught.value

    assert "context size" in _run(world, live, scenario).message


def test_a_wrong_token(world: World, llama_cpp: Live) -> None:
    """llama.cpp's own 401 is an UnauthorizedError with its message."""

    async def scenario(client: Any) -> UnauthorizedError:
        with pytest.raises(UnauthorizedError) as caught:
            await client.with_token("unknown").generate_content(llama_cpp.model, FRANCE)
        return caught.value

    assert _run(world, llama_cpp, scenario).message == "Invalid API Key"


def test_a_model_that_the_gateway_does_not_know(world: World, embedded_gateway: Live) -> None:
    """The embedded gateway refuses the model as the real one does, and the client gives the same hint."""

    async def scenario(client: Any) -> BadRequestError:
        with pytest.raises(BadRequestError) as caught:
            await client.generate_content("smollm2", FRANCE)
        with pytest.raises((BadRequestError, ForbiddenError)):
            await client.generate_content("smollm2", FRANCE, provider="groq")
        return caught.value

    error = _run(world, embedded_gateway, scenario)
    assert "Unable to determine provider" in error.message
    assert "'smollm2' names no provider" in error.hint
