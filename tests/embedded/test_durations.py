"""Go durations."""

from __future__ import annotations

import pytest

from inference_gateway_sdk.embedded.settings import duration_seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", 30.0),
        ("1m30s", 90.0),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("2us", 2e-6),
        ("2\u00b5s", 2e-6),
        ("7ns", 7e-9),
        ("0", 0.0),
        ("+1s", 1.0),
    ],
)
def test_a_go_duration_is_read_as_seconds(text: str, expected: float) -> None:
    """Every unit that Go knows, alone and together, gives its seconds."""
    assert duration_seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "30", "s", "30 s", "-1s", "1d", "1s1", "1..5s", "\u0661s"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    """The refusal repeats the text and shows a valid duration."""
    with pytest.raises(ValueError, match="such as 30s") as caught:
        duration_seconds(text)
    assert repr(text) in str(caught.value)
