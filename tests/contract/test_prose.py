"""The check that no sentence is copied from the published contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.prose import borrowed, sentences

if TYPE_CHECKING:
    from contract.document import Node

pytestmark = pytest.mark.once


def contract(*descriptions: str) -> Node:
    """Return a document with these descriptions of properties."""
    return {"properties": {f"p{index}": {"description": text} for index, text in enumerate(descriptions)}}


PUBLISHED = "The maximum number of tokens that can be generated in the chat completion."


def test_an_equal_sentence_is_found() -> None:
    """Case, spacing and full stops do not make a copied sentence ours."""
    (found,) = borrowed(
        contract("the MAXIMUM number of tokens that can be  generated in the chat completion"), contract(PUBLISHED)
    )
    assert found.pointer == "/properties/p0/description"
    assert found.published == PUBLISHED


def test_a_lightly_edited_sentence_is_found() -> None:
    """A changed word at either end is not enough."""
    assert borrowed(
        contract("The largest number of tokens that can be generated in the chat answer."), contract(PUBLISHED)
    )


def test_a_sentence_within_a_longer_text_is_found() -> None:
    """A copied sentence inside a longer text is found."""
    ours = f"Think of the price before you raise this. {PUBLISHED} Newer models of some providers do not take it."
    assert borrowed(contract(ours), contract(PUBLISHED))


def test_a_part_of_a_longer_text_is_found() -> None:
    """A shortened copy is found."""
    assert borrowed(
        contract(PUBLISHED), contract(f"{PUBLISHED} It is deprecated in favour of another, and so on and on.")
    )


def test_short_texts_are_compared_whole() -> None:
    """Texts of two words match only as a whole."""
    assert borrowed(contract("The URL."), contract("the url"))
    assert not borrowed(contract("The URL of a picture to look at."), contract("The URL"))


def test_our_own_sentence_passes() -> None:
    """The same fact in other words is not a copy."""
    assert borrowed(contract("Most tokens to generate."), contract(PUBLISHED)) == []


def test_properties_named_description_are_no_prose() -> None:
    """A property named `description` or `summary` is a name, and its own description is prose."""
    document = {
        "schemas": {
            "description": {"description": "A."},
            "Tool": {
                "properties": {"description": {"description": "B."}, "summary": {"enum": ["auto"], "summary": "C."}}
            },
        },
        "example": {"description": "no prose"},
    }
    assert [text for _, text in sentences(document)] == ["A.", "B.", "C."]
