"""A form's bytes and its parts: any contents survive a round trip."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference_gateway_sdk.embedded.multipart import Form, FormError, Part

NAMES = st.text("abc é;=,[]' ", min_size=1, max_size=8).filter(lambda name: name.strip() == name)
CONTENTS = st.lists(st.sampled_from([b"\r\n", b"--", b"a", b"\0\xff", b"\r\n--b", b'name="x"', b" "])).map(b"".join)
TEXTS = st.builds(lambda name, content: Part(name=name, content=content), NAMES, CONTENTS)
FILES = st.builds(
    lambda name, content, filename: Part(name=name, content=content, filename=filename, content_type="image/png"),
    NAMES,
    CONTENTS,
    NAMES,
)


@given(st.lists(TEXTS, max_size=3), st.lists(FILES, max_size=3))
@settings(max_examples=2 * settings.default.max_examples)
def test_a_form_that_is_written_reads_the_same(texts: list[Part], files: list[Part]) -> None:
    """Names, file names, types and every byte of the contents are kept, in order."""
    form = Form((*texts, *files))
    assert Form.parse(*form.encode()) == form


@given(CONTENTS)
@settings(max_examples=2 * settings.default.max_examples)
def test_a_boundary_is_a_line_of_its_own(content: bytes) -> None:
    """A line that only begins like the boundary is content; text before the first or after the last is ignored."""
    head = b'Content-Disposition: form-data; name="x"\r\n\r\n'
    body = b"before\r\n--bound \t\r\n" + head + content + b"\r\n--boundary\r\n--bound--\r\nafter\r\n--bound\r\n"
    expected = Form((Part(name="x", content=content + b"\r\n--boundary"),))
    assert Form.parse("multipart/form-data; boundary=bound", body) == expected


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\nno end"),
        ("multipart/form-data; boundary=b", b"--b\r\nno head\r\n--b--"),
        ("multipart/form-data", b"--b--"),
        ("multipart/mixed; boundary=b", b"--b--"),
        ("", b"--b--"),
    ],
)
def test_a_body_that_is_not_a_form_is_refused(content_type: str, body: bytes) -> None:
    """Another type, no boundary, no end, or a part without a head is refused."""
    with pytest.raises(FormError):
        Form.parse(content_type, body)


def test_one_text_can_take_the_place_of_another() -> None:
    """A text is replaced; a file of the same name is kept."""
    form = Form(
        (Part(name="m", content=b"old"), Part(name="m", content=b"f", filename="m.txt"), Part(name="n", content=b""))
    )
    changed = form.with_text("m", "new")
    assert [part.content for part in changed.parts] == [b"new", b"f", b""]
    assert (changed.text("m"), changed.text("z"), changed.has_file("m"), changed.has_file("n")) == (
        "new",
        "",
        True,
        False,
    )
