"""The check for sentences: ours are our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.prose import borrowed, sentences

if TYPE_CHECKING:
    from contract.document import Node


def contract(*descriptions: str) -> Node:
    """A document whose properties are described so."""
    return {"properties": {f"p{index}": {"description": text} for index, text in enumerate(descriptions)}}


PUBLISHED = "The maximum number of tokens that can be generated in the chat completion."


def test_an_equal_sentence_is_found() -> None:
    """Case, spacing and full stops do not make a sentence ours."""
    (found,) = borrowed(
        contract("the MAXIMUM number of tokens that can be  generated in the chat completion"), contract(PUBLISHED)
    )
    assert found.pointer == "/properties/p0/description"
    assert found.published == PUBLISHED


def test_a_lightly_edited_sentence_is_found() -> None:
    """A word exchanged at either end is not enough."""
    assert borrowed(
        contract("The largest number of tokens that can be generated in the chat answer."), contract(PUBLISHED)
    )


def test_a_sentence_within_a_longer_text_is_found() -> None:
    """Neither is a sentence of ours around it."""
    ours = f"Think of the price before you raise this. {PUBLISHED} Newer models of some providers do not take it."
    assert borrowed(contract(ours), contract(PUBLISHED))


def test_a_part_of_a_longer_text_is_found() -> None:
    """Nor is leaving out the rest."""
    assert borrowed(
        contract(PUBLISHED), contract(f"{PUBLISHED} It is deprecated in favour of another, and so on and on.")
    )


def test_short_texts_are_compared_whole() -> None:
    """Two words are borrowed only when they are all that both say."""
    assert borrowed(contract("The URL."), contract("the url"))
    assert not borrowed(contract("The URL of a picture to look at."), contract("The URL"))


def test_our_own_sentence_passes() -> None:
    """The same fact in other words is not borrowed."""
    assert borrowed(contract("Most tokens to generate."), contract(PUBLISHED)) == []


def test_properties_named_description_are_no_prose() -> None:
    """A property that is called `description` or `summary` is a name, and its own description is prose."""
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
