"""One table, three packages, blocking and async: the same scenarios on the same `igw serve`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")
pytest.importorskip("anthropic", reason="the package anthropic is not installed")

from official.anthropic_face import AnthropicFace
from official.openai_face import OpenaiFace
from official.our_face import OurFace
from official.table import EXPECTED, offered

pytestmark = pytest.mark.wire

FACES: dict[str, type] = {"openai": OpenaiFace, "anthropic": AnthropicFace, "ours": OurFace}
CELLS = [(client, scenario) for client in FACES for scenario in offered(client)]


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize(("client", "scenario"), CELLS)
def test_every_client_has_the_same_outcome(
    scripted_url: str, play: Callable[..., Any], client: str, world: str, scenario: str
) -> None:
    """A scenario's outcome does not depend on the client; a refusal's sentence is within the error's text."""
    outcome, expected = play(FACES[client], scenario, world, scripted_url), EXPECTED[scenario]
    if expected.end == "400":
        assert expected.text in outcome.text
        outcome = replace(outcome, text=expected.text)
    assert outcome == expected


@pytest.mark.parametrize("client", FACES)
def test_the_table_is_whole(client: str) -> None:
    """Each face plays exactly the scenarios that its package can play."""
    played = {name for name in vars(FACES[client]) if not name.startswith("_")} - {"close"}
    assert played == set(offered(client))
