"""The incremental reader of JSON that is still being written."""

from __future__ import annotations

import json
from typing import Any

import jiter
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk._schema.partial import PartialReader

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def read(*pieces: str, **options: Any) -> PartialReader:
    """Return a reader that was fed these pieces."""
    reader = PartialReader(**options)
    for piece in pieces:
        reader.feed(piece)
    reader.changed()
    return reader


def may_grow(early: Any, late: Any) -> bool:
    """Return whether a value may become another only by growing."""
    if isinstance(early, dict):
        return isinstance(late, dict) and all(key in late and may_grow(early[key], late[key]) for key in early)
    if isinstance(early, list):
        return (
            isinstance(late, list)
            and len(early) <= len(late)
            and all(may_grow(one, other) for one, other in zip(early, late, strict=False))
        )
    if isinstance(early, str):
        return isinstance(late, str) and late.startswith(early)
    return type(early) is type(late) and early == late


@settings(max_examples=3 * settings.default.max_examples)
@given(value=DOCUMENTS, escaped=st.booleans(), indent=st.sampled_from([None, 1]), step=st.integers(1, 7))
def test_a_value_only_grows_and_ends_as_the_whole_document(
    value: Any, escaped: bool, indent: int | None, step: int
) -> None:
    """Cut anywhere, the value so far may still become the document's, and at the end it equals it."""
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    reader = PartialReader()
    for place in range(0, len(text), step):
        reader.feed(text[place : place + step])
        reader.changed()
        if reader.started:
            assert may_grow(reader.value, value)
    reader.end()
    assert reader.problem is None
    assert reader.finished
    assert reader.value == value


@settings(max_examples=settings.default.max_examples)
@given(value=DOCUMENTS.filter(lambda value: isinstance(value, (dict, list))), escaped=st.booleans())
def test_a_cut_document_reads_as_jiter_reads_it_but_for_open_scalars(value: Any, escaped: bool) -> None:
    """Every container and closed value at every cut equals jiter's in partial mode."""
    text = json.dumps(value, ensure_ascii=escaped)
    for end in range(1, len(text)):
        mine = read(text[:end]).value
        try:
            theirs = jiter.from_json(text[:end].encode("utf-8", "surrogatepass"), partial_mode="trailing-strings")
        except ValueError:  # jiter refuses a cut inside an escape of a surrogate pair, or a lone surrogate
            continue
        if mine != theirs:  # an open number shows early in jiter; an open string lags by the rule of 1/32
            assert may_grow(without_last_scalar(mine), theirs)
            assert may_grow(without_last_scalar(theirs), mine)


def without_last_scalar(value: Any) -> Any:
    """Return the value without the scalar at its open end."""
    if isinstance(value, dict) and value:
        *rest, last = value.items()
        inner = without_last_scalar(last[1])
        return {**dict(rest), last[0]: inner} if isinstance(last[1], (dict, list)) else dict(rest)
    if isinstance(value, list) and value:
        return [*value[:-1], without_last_scalar(value[-1])] if isinstance(value[-1], (dict, list)) else value[:-1]
    return value


@pytest.mark.parametrize(
    ("pieces", "value"),
    [
        (['{"a": -', "2"], {}),
        (['{"a": -2', ".5,"], {"a": -2.5}),
        (['{"a": tru'], {}),
        (['{"a": "x\\', "n"], {"a": "x\n"}),
        (['{"a": "\\ud8', "3d\\ude", "00"], {"a": "\U0001f600"}),
        (['{"a": "\\ud83d'], {"a": ""}),
        (['{"a', '": '], {}),
        (['{"a": [', "{", '"b": 1'], {"a": [{}]}),
        (['["', "a", "b"], ["ab"]),
    ],
)
def test_what_shows_of_an_open_value(pieces: list[str], value: Any) -> None:
    """Strings are visible as they come; numbers, literals, keys and halves of characters when complete."""
    assert read(*pieces).value == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{a: 1}", 1),
        ('{"a" 1}', 5),
        ("[1,]", 3),
        ("[01]", 3),
        ("[nul]", 4),
        ('["\n"]', 2),
        ('["\\x"]', 3),
        ('["\\u12g4"]', 4),
        ("[1]]", 3),
        ('{"a": 1]', 7),
        ("Sure! {}", 4),
    ],
)
def test_text_that_is_not_json_is_a_problem_at_a_place(text: str, place: int) -> None:
    """The problem names the character, and nothing after it is read."""
    reader = read(text, '{"never": "read"}')
    assert reader.problem is not None
    assert reader.problem.startswith("not JSON at character ")
    assert abs(int(reader.problem.split(":")[0].rsplit(" ", 1)[1]) - place) <= 1
    assert not isinstance(reader.value, dict) or "never" not in reader.value


def test_a_place_counts_the_pieces_before() -> None:
    """A problem in a later piece has its position in the whole text."""
    assert read('{"a"', ": 1, ", "b}").problem == "not JSON at character 9: unexpected 'b'"


def test_a_document_cut_short_is_a_problem_at_its_end() -> None:
    """`end` turns an open document into a problem; the value so far is kept."""
    reader = read('{"a": [1, 2')
    reader.end()
    assert reader.problem == "not JSON at character 11: the text ends inside the document"
    assert reader.value == {"a": [1]}
    assert not reader.finished


def test_a_number_at_the_root_ends_with_the_text() -> None:
    """Only the end of the text closes it."""
    reader = read("4", "2")
    assert not reader.started
    reader.end()
    assert reader.value == 42


def test_prose_around_a_document_is_skipped() -> None:
    """Fences and remarks around the JSON, as models write without a schema, are skipped."""
    reader = read("Here it is:\n```js", 'on\n{"a"', ": 1}\n``", "` Enjoy!", prose=True)
    assert reader.value == {"a": 1}
    assert reader.finished
    assert reader.problem is None


def test_elements_are_taken_when_they_are_closed() -> None:
    """Each element of the watched list is returned once, and only whole."""
    reader = PartialReader(items_at=("value",))
    taken: list[list[Any]] = []
    for piece in ('{"value": [{"a": [1', "]}", ', {"a": [2]}, 3', ", 4", "]", ', "other": [5]}'):
        reader.feed(piece)
        taken.append(reader.take_items())
    assert taken == [[], [{"a": [1]}], [{"a": [2]}], [3], [4], []]


def test_change_is_reported_once() -> None:
    """A piece that adds nothing visible is not a change."""
    reader = PartialReader()
    reader.feed("{")
    assert reader.changed()
    assert not reader.changed()
    reader.feed(' "a"')
    assert not reader.changed()
    reader.feed(': ""')
    assert reader.changed()


def test_a_long_string_is_joined_a_number_of_times_that_its_length_hardly_moves() -> None:
    """The joins of an open string, which copy it, add up to a multiple of its length."""
    copied = 0
    reader = PartialReader()
    reader.feed('["')
    for _ in range(50_000):
        reader.feed("abcd")
        if reader.changed():
            copied += len(reader.value[0])
    assert copied <= 34 * 200_000
    reader.feed('"]')
    assert reader.value == ["abcd" * 50_000]


def test_a_number_of_more_digits_than_python_converts_is_read() -> None:
    """Such a number becomes a float, because no provider sends it on purpose."""
    assert read("[" + "9" * 5000 + "]").value == [float("inf")]
