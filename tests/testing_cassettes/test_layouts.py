"""JSON as its value and a style: the same bytes come back, or the text stays a text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from inference_gateway_sdk.testing.cassettes.contents import (
    NotJsonError,
    body_fields,
    body_of,
    laid_out,
    piece_fields,
    piece_of,
    styled,
)
from testing_cassettes.exchanges import bodies, json_texts, pieces

VALUE = {"a": [1, 2.5, "<é>"], "b": None}


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (json.dumps(VALUE, separators=(",", ":"), ensure_ascii=False), "compact"),
        (json.dumps(VALUE, ensure_ascii=False), "spaced"),
        (json.dumps(VALUE), "spaced ascii"),
        (json.dumps(VALUE, indent=2, ensure_ascii=False) + "\n", "indented newline"),
        ('{"a":[1,2.5,"\\u003cé\\u003e"],"b":null}', "compact html"),
    ],
)
def test_the_styles_of_python_go_and_javascript_have_names(text: str, layout: str) -> None:
    """Each named style is read as its value, and written the same way again."""
    assert laid_out(text) == (VALUE, layout)
    assert styled(VALUE, layout) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1,"b":2}',  # two styles
        '{"a":1,"a":2}',  # a key twice
        '{"a":NaN}',  # not JSON
        '{"a":1e999}',  # beyond a float
        '{"a":1.10}',  # a float that would lose its zero
        "[" * 200 + "]" * 200,  # deeper than a reader would parse
        '{"a":1',  # truncated
        "",
    ],
)
def test_what_a_value_would_not_reproduce_stays_text(text: str) -> None:
    """A text that its value would not reproduce exactly stays a text."""
    with pytest.raises(NotJsonError):
        laid_out(text)
    assert body_fields(text.encode()) == {"text": text}


@given(json_texts())
def test_a_laid_out_text_is_written_back_as_it_was(text: str) -> None:
    """A value is kept only together with the style that gives the same characters."""
    try:
        value, layout = laid_out(text)
    except NotJsonError:
        return
    assert styled(value, layout) == text


@given(bodies)
def test_any_body_comes_back(body: bytes) -> None:
    """A body of any bytes has members in the file that reproduce them."""
    assert body_of(body_fields(body)) == body


@given(pieces)
def test_any_piece_of_a_stream_comes_back(piece: object) -> None:
    """A piece of a stream, cut anywhere, is reproduced too."""
    assert piece_of(piece_fields(piece.data)) == piece.data  # type: ignore[attr-defined]
