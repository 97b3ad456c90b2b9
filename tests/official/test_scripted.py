"""One table, three packages, both kinds of clients each: the same scenarios on the same `igw serve`."""

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
def test_every_client_is_told_the_same(
    scripted_url: str, play: Callable[..., Any], client: str, world: str, scenario: str
) -> None:
    """What a scenario comes to does not depend on who plays it; of a refusal, the sentence is within the error's."""
    told, expected = play(FACES[client], scenario, world, scripted_url), EXPECTED[scenario]
    if expected.end == "400":
        assert expected.text in told.text
        told = replace(told, text=expected.text)
    assert told == expected


@pytest.mark.parametrize("client", FACES)
def test_the_table_is_whole(client: str) -> None:
    """Each face plays just the scenarios that its package is said to offer."""
    played = {name for name in vars(FACES[client]) if not name.startswith("_")} - {"close"}
    assert played == set(offered(client))
