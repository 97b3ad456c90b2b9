"""The `openai` package on `igw serve` with the smoke-test model: a list, a chat, a stream, and a JSON schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from inference_gateway_sdk.embedded import SMOKE_TEST_MODEL
from official.openai_face import OpenaiFace
from official.our_face import OurFace
from official.table import Outcome

pytestmark = [pytest.mark.live, pytest.mark.wire]

FACES: dict[str, type] = {"openai": OpenaiFace, "ours": OurFace}
MODEL = f"llamacpp/{SMOKE_TEST_MODEL}"
FRANCE = "What is the capital of France?"
PARIS = "The capital of France is Paris."


@pytest.fixture(params=[(client, world) for client in FACES for world in ("blocking", "async")], ids=" ".join)
def outcome_of(request: pytest.FixtureRequest, local_url: str, play: Callable[..., Any]) -> Callable[[str], Outcome]:
    """Return a function that plays a scenario with each client in turn."""
    client, world = request.param
    return lambda scenario: play(FACES[client], scenario, world, local_url, MODEL, FRANCE)


def test_the_model_is_listed(outcome_of: Callable[[str], Outcome]) -> None:
    """The model is the only one in the list, under the name for requests."""
    assert outcome_of("models").data == [MODEL]


@pytest.mark.parametrize("scenario", ["chat", "chat_stream"])
def test_the_model_answers(outcome_of: Callable[[str], Outcome], scenario: str) -> None:
    """A whole and a streamed chat give the same text and usage."""
    answer = outcome_of(scenario)
    assert (answer.text, answer.end) == (PARIS, "stop")
    assert answer.usage is not None
    assert answer.usage[1] == 8


@pytest.mark.parametrize("scenario", ["chat_json", "chat_json_stream"])
def test_the_model_holds_to_a_schema(outcome_of: Callable[[str], Outcome], scenario: str) -> None:
    """The model's JSON is valid for the schema's own model."""
    answer = outcome_of(scenario)
    assert answer.end == "stop"
    assert set(answer.data) == {"city", "unit"}
    assert answer.data["unit"] in ("C", "F")
