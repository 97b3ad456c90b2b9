"""Faults as text: written faults are read again, and any other text is refused with a sentence."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.embedded.faults import KINDS, Fault, FaultError, fault, parse_fault

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
SECONDS = st.floats(0, 86_400)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "after": st.integers(0, 1_000_000),
    "body": st.none() | st.text(),
    "code": st.integers(200, 599),
    "content_type": PRINTABLE,
    "data": PRINTABLE,
    "delay": SECONDS,
    "interval": st.floats(0.001, 3_600),
    "mid_event": st.booleans(),
    "message": st.text(),
    "reset": st.booleans(),
    "retry_after": st.none() | PRINTABLE | st.integers(0, 100) | SECONDS,
    "seconds": SECONDS,
    "size": st.integers(1, 1_000_000_000),
    "status": st.integers(200, 599),
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """Draw any possible fault."""
    name = draw(st.sampled_from(sorted(KINDS)))
    given_ = draw(st.sets(st.sampled_from(KINDS[name].__struct_fields__ or ("",))))
    return fault(name, **{key: draw(VALUES[key]) for key in given_ if key})


def written(made: Fault) -> str:
    """Return the text of a fault in the documented notation: its parameters that differ from their defaults."""
    plain = type(made)()
    values = {key: getattr(made, key) for key in made.__struct_fields__}
    changed = {key: value for key, value in values.items() if value != getattr(plain, key)}
    return "; ".join([made.name, *(f"{key}={written_value(value)}" for key, value in changed.items())])


def written_value(value: object) -> str:
    """Return a value, quoted if necessary."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and (value != value.strip() or re.search(r'[;"\\\x00-\x1f\x7f]', value)):
        return msgspec.json.encode(value).decode()
    return str(value)


@given(faults())
def test_what_is_written_is_read_again(made: Fault) -> None:
    """Every fault has a text of one line, which is read as that fault."""
    text = written(made)
    assert "\n" not in text
    assert parse_fault(text) == made


@given(st.text())
def test_any_text_is_a_fault_or_refused(text: str) -> None:
    """Any text in a header is a fault, or is refused with the reason."""
    _a_fault_or_a_sentence(text)


@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.tuples(st.sampled_from([*VALUES, "x", ""]), st.text(alphabet='"\\;= 0a\n') | st.text())),
)
def test_nearly_a_fault_is_a_fault_or_refused(name: str, parameters: list[tuple[str, str]]) -> None:
    """Any text that begins like a fault is one, or is refused with the reason."""
    _a_fault_or_a_sentence("; ".join([name, *(f"{key}={value}" for key, value in parameters)]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["name", "after", "status", "seconds", "Body"]) | st.text(), JSON, max_size=4)
    | st.fixed_dictionaries({"name": st.sampled_from(sorted(KINDS))}, optional={key: JSON for key in VALUES})
)
def test_any_mapping_is_a_fault_or_refused(mapping: dict[str, object]) -> None:
    """Any mapping in a file is a fault, or is refused with the reason."""
    _a_fault_or_a_sentence(mapping)


def _a_fault_or_a_sentence(given_: str | dict[str, object]) -> None:
    try:
        made = parse_fault(given_)
    except FaultError as error:
        assert len(str(error).split()) > 3  # noqa: PT017  (either way is right)
    else:
        assert KINDS[made.name] is type(made)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("reset-mid-body; after=3", fault("reset-mid-body", after=3)),
        (" reset-mid-body ;after = 3; ", fault("reset-mid-body", after=3)),
        ("status; retry-after=1", fault("status", retry_after=1)),
        ('status; body="{\\"a\\": \\"; b\\"}"; status=418', fault("status", body='{"a": "; b"}', status=418)),
        ("status; body={}", fault("status", body="{}")),
        ('status; body=""', fault("status", body="")),
        ("status; body=", fault("status", body="")),
        ("truncate; mid_event=true", fault("truncate", mid_event=True)),
    ],
)
def test_a_text_is_read_with_forbearance(text: str, same: Fault) -> None:
    """Blanks are ignored, as is a hyphen for an underscore; a semicolon inside quotation marks is not an end."""
    assert parse_fault(text) == same


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "unknown fault ''"),
        ("truncate; after", "write ; parameter=value"),
        ("truncate, after=1", "unknown fault 'truncate, after=1'"),
        ("truncate; after=1; after=2", "after is given twice"),
        ('status; body="\\q"', "is not a JSON string"),
        ('status; body="a', "write ; parameter=value"),
        ({"status": 429}, 'write { name = "status", ... }'),
        ({"name": "status", "status": None}, "status is wrong: expected int, got null"),
    ],
)
def test_a_text_that_is_none_is_refused(text: str | dict[str, object], phrase: str) -> None:
    """The message of a refused text has the correction."""
    with pytest.raises(FaultError) as caught:
        parse_fault(text)
    assert phrase in str(caught.value)
