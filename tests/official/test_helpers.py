"""The helpers of the official packages: agent loops, raw answers, errors, and endpoints that the gateway lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")
pytest.importorskip("anthropic", reason="the package anthropic is not installed")

import anthropic
import openai

from official.table import ASKED, RESULT

pytestmark = pytest.mark.wire

USER: Any = {"role": "user", "content": ASKED}


@pytest.fixture(scope="module")
def of_openai(scripted_url: str) -> Iterator[openai.OpenAI]:
    """Return a blocking client of the package."""
    with openai.OpenAI(base_url=f"{scripted_url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def of_anthropic(scripted_url: str) -> Iterator[anthropic.Anthropic]:
    """Return a blocking client of the package."""
    with anthropic.Anthropic(base_url=scripted_url, api_key="none", max_retries=0) as client:
        yield client


def test_anthropics_loop_runs_a_function(of_anthropic: anthropic.Anthropic) -> None:
    """The package's tool runner calls a function of ours and finishes."""
    asked: list[str] = []

    @anthropic.beta_tool
    def weather(city: str) -> str:
        """Tell how warm it is.

        Args:
            city: Where.
        """
        asked.append(city)
        return RESULT

    runner = of_anthropic.beta.messages.tool_runner(
        model="anthropic/any", max_tokens=50, tools=[weather], messages=[USER]
    )
    [first, last] = list(runner)
    assert first.stop_reason == "tool_use"
    assert last.content[0].text == f"Tool result: {RESULT}"
    assert asked == [ASKED]


def test_raw_answers_can_be_had(of_openai: openai.OpenAI, of_anthropic: anthropic.Anthropic) -> None:
    """Status, headers and body arrive unchanged through both packages."""
    chat = of_openai.chat.completions.with_raw_response.create(model="openai/any", messages=[USER])
    assert chat.http_response.headers["content-type"] == "application/json"
    assert chat.parse().choices[0].message.content == f"You wrote: {ASKED}"
    message = of_anthropic.messages.with_raw_response.create(model="anthropic/any", max_tokens=50, messages=[USER])
    assert json.loads(message.http_response.text)["content"][0]["text"] == message.parse().content[0].text


def test_a_stream_that_is_left_early_does_no_harm(of_openai: openai.OpenAI) -> None:
    """After an error the client remains usable."""
    long = {"role": "user", "content": "word " * 2000}
    with of_openai.chat.completions.create(model="openai/any", messages=[long], stream=True) as stream:
        assert next(iter(stream)).choices[0].delta.role == "assistant"
    assert of_openai.models.list().data


@dataclass(frozen=True)
class Difference:
    """A request of an official package that the real gateway does not serve either."""

    ask: Callable[[openai.OpenAI, anthropic.Anthropic], object]
    status: int
    why: str


DIFFERENCES = {
    "openai models.retrieve": Difference(
        lambda o, _: o.models.retrieve("openai/scripted"), 404, "no GET /v1/models/{id}"
    ),
    "anthropic models.retrieve": Difference(
        lambda _, a: a.models.retrieve("anthropic/scripted"),
        404,
        "no GET /v1/models/{id}",
    ),
    "openai responses.retrieve": Difference(
        lambda o, _: o.responses.retrieve("resp_1"), 404, "responses are only created (gateway-behaviour.md#responses)"
    ),
    "openai embeddings": Difference(
        lambda o, _: o.embeddings.create(model="openai/any", input="x"),
        404,
        "no embeddings",
    ),
    "openai files": Difference(lambda o, _: o.files.list(), 404, "no files; through /proxy"),
    "anthropic count_tokens": Difference(
        lambda _, a: a.messages.count_tokens(model="anthropic/any", messages=[USER]),
        404,
        "no /v1/messages/count_tokens",
    ),
    "a model without a provider": Difference(
        lambda o, _: o.chat.completions.create(model="gpt-4o", messages=[USER]),
        400,
        "a bare name never resolves (gateway-behaviour.md#routing)",
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_what_the_real_gateway_has_not(of_openai: openai.OpenAI, of_anthropic: anthropic.Anthropic, case: str) -> None:
    """A request that the gateway does not serve gets the real one's refusal."""
    difference = DIFFERENCES[case]
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as caught:
        difference.ask(of_openai, of_anthropic)
    assert caught.value.status_code == difference.status
    assert "error" in caught.value.response.json()


def test_what_a_proxy_to_the_provider_brings_back(scripted_url: str) -> None:
    """An endpoint that the gateway does not serve is available through `/proxy`, with the official package too."""
    with openai.OpenAI(base_url=f"{scripted_url}/proxy/openai", api_key="none", max_retries=0) as client:
        answer = client.chat.completions.create(model="any", messages=[USER])
        assert answer.choices[0].message.content == f"You wrote: {ASKED}"
        plain = list(client.chat.completions.create(model="any", messages=[USER], stream=True))
        assert all(chunk.usage is None for chunk in plain)
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="any", input="x")
