"""The choice of the provider, and the model lists (gateway-behaviour.md#routing)."""

from __future__ import annotations

import pytest

from inference_gateway_sdk.embedded import Settings
from inference_gateway_sdk.embedded.problems import Problem
from inference_gateway_sdk.embedded.routing import ModelRoute, admit, is_listed, route_model


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        ("openai/gpt-4o", "", ModelRoute("openai", "gpt-4o")),
        ("nvidia/meta/llama-3.1-8b", "", ModelRoute("nvidia", "meta/llama-3.1-8b")),
        ("OpenAI/gpt-4o", "", ModelRoute("openai", "gpt-4o")),
        ("openai/", "", ModelRoute("openai", "")),
        ("gpt-4o", "openai", ModelRoute("openai", "gpt-4o")),
        ("openai/gpt-4o", "openai", ModelRoute("openai", "openai/gpt-4o")),
        ("x", "OpenAI", ModelRoute("OpenAI", "x")),
        ("", "groq", ModelRoute("groq", "")),
    ],
)
def test_the_provider_is_named_by_parameter_or_prefix(model: str, provider: str, expected: ModelRoute) -> None:
    """The parameter wins and keeps the prefix; the prefix is cut at the first slash."""
    assert route_model(model, provider) == expected


@pytest.mark.parametrize("model", ["gpt-4", "", "foo/bar", "/x"])
def test_a_model_without_a_known_prefix_has_no_provider(model: str) -> None:
    """The provider is never guessed from the model's name."""
    with pytest.raises(Problem, match="Unable to determine provider") as caught:
        route_model(model, "")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("allowed", "disallowed", "model", "passes"),
    [
        ((), (), "openai/gpt-4o", True),
        (("openai/gpt-4o",), (), "OpenAI/GPT-4o", True),
        (("gpt-4o",), (), "openai/gpt-4o", True),
        (("openai/gpt-4o",), (), "gpt-4o", False),
        (("a",), (), "b", False),
        ((), ("gpt-4o",), "openai/gpt-4o", False),
        ((), ("openai/gpt-4o",), "gpt-4o", True),
        (("a",), ("a",), "a", True),
        (("meta/llama",), (), "nvidia/meta/llama", True),
    ],
)
def test_lists_match_the_whole_name_or_what_follows_its_first_slash(
    allowed: tuple[str, ...], disallowed: tuple[str, ...], model: str, passes: bool
) -> None:
    """Case does not matter, and a list of allowed models disables the other."""
    assert is_listed(model, Settings(allowed_models=allowed, disallowed_models=disallowed)) is passes


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (Settings(allowed_models=("a",)), "Model not allowed"),
        (Settings(disallowed_models=("b",)), "Model is disallowed"),
    ],
)
def test_a_model_that_is_ruled_out_is_forbidden(settings: Settings, text: str) -> None:
    """The 403 names the list."""
    with pytest.raises(Problem, match=text) as caught:
        admit("b", settings)
    assert caught.value.status == 403
