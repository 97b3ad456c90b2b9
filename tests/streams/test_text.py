"""A growing text: its pieces are joined, and none is lost, doubled or moved."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._streams.state import TextBuffer


@given(st.lists(st.text(max_size=3), max_size=2000))
def test_the_pieces_add_up_to_the_text(pieces: list[str]) -> None:
    """After every piece the text is the sum of the pieces, in order."""
    text = TextBuffer()
    for number, piece in enumerate(pieces):
        text.add(piece)
        if number % 97 == 0:
            assert "".join(text) == "".join(pieces[: number + 1])
    assert "".join(text) == "".join(pieces)


def test_a_text_costs_little_more_than_its_letters() -> None:
    """A hundred thousand pieces of a few letters are held in less than twice their letters."""
    text = TextBuffer()
    for number in range(100_000):
        text.add(f"word{number % 100} ")
    held = sys.getsizeof(text) + sum(map(sys.getsizeof, text))
    assert held < 2 * len("".join(text))


def test_what_it_begins_with_counts() -> None:
    """A text may begin with data from before it began to grow."""
    text = TextBuffer(("Hel", "lo"))
    text.add(" you")
    assert "".join(text) == "Hello you"
