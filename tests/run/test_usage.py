"""Token usage, counted alike for every dialect."""

from __future__ import annotations

from typing import Any

import pytest

from inference_gateway_sdk._model.usage import Usage


@pytest.mark.parametrize(
    ("dialect", "usage", "expected"),
    [
        ("chat", {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}, Usage(input=5, output=7)),
        (
            "chat",
            {"prompt_tokens": 9, "completion_tokens": 198, "total_tokens": 612},
            Usage(input=9, output=603),  # any-llm#1290: the thinking is in the total only
        ),
        (
            "chat",
            {
                "prompt_tokens": 10,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
            },
            Usage(input=10, output=4, cache_read=8, reasoning=3, audio_input=1, audio_output=0),
        ),
        (
            "chat",
            {"prompt_tokens": 10, "completion_tokens": 1, "cached_tokens": 6},
            Usage(input=10, output=1, cache_read=6),
        ),
        (
            "chat",
            {"prompt_tokens": 10, "completion_tokens": 1, "prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 5},
            Usage(input=10, output=1, cache_read=5),
        ),
        (
            "responses",
            {
                "input_tokens": 10,
                "output_tokens": 4,
                "total_tokens": 14,
                "input_tokens_details": {"cached_tokens": 8},
                "output_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=10, output=4, cache_read=8, reasoning=3),
        ),
        (
            "messages",
            {
                "input_tokens": 10,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 20,
                "cache_creation": {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 5},
                "output_tokens": 4,
            },
            Usage(input=130, output=4, cache_read=100, cache_write=20, cache_write_5m=15, cache_write_1h=5),
        ),
        (
            "images",
            {"input_tokens": 10, "output_tokens": 40, "input_tokens_details": {"image_tokens": 8, "text_tokens": 2}},
            Usage(input=10, output=40, image_input=8),
        ),
        ("chat", None, None),
        ("chat", {}, None),
        ("chat", {"prompt_tokens": "5", "completion_tokens": True}, None),
        ("chat", {"prompt_tokens": 5.0, "completion_tokens": -1}, Usage(input=5)),
        ("chat", {"prompt_tokens": 5, "prompt_tokens_details": [], "completion_tokens": 1}, Usage(input=5, output=1)),
    ],
)
def test_every_dialects_numbers_mean_the_same(dialect: str, usage: Any, expected: Usage | None) -> None:
    """Input includes cached tokens, output the reasoning; a missing figure is None, never zero."""
    assert Usage.read(dialect, usage) == expected


def test_a_part_larger_than_its_whole_is_reported() -> None:
    """langsmith-sdk#1858: such figures gave negative costs."""
    assert Usage(input=5, output=1, cache_read=4).consistent
    assert not Usage(input=5, output=1, cache_read=6).consistent
    assert not Usage(input=5, output=1, reasoning=2).consistent
    assert Usage(cache_read=6).consistent


def test_a_sum_with_an_unknown_part_is_partial() -> None:
    """A lower bound is marked as one."""
    one, other = Usage(input=1, output=2, reasoning=1), Usage(input=10, output=20)
    assert Usage.sum([one, other]) == Usage(input=11, output=22, reasoning=1)
    assert Usage.sum([one, None]) == Usage(input=1, output=2, reasoning=1, partial=True)
    assert Usage.sum([Usage.sum([one, None]), other]) == Usage(input=11, output=22, reasoning=1, partial=True)
    assert Usage.sum([None]) is None
    assert Usage.sum([]) is None


def test_a_total_needs_both() -> None:
    """There is no total without both parts."""
    assert Usage(input=1, output=2).total == 3
    assert Usage(input=1).total is None
