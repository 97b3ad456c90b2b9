"""The file: every exchange survives a round trip, the text is readable, and writing is atomic."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.testing.cassettes import (
    CassetteFileError,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    cassette,
)
from inference_gateway_sdk.testing.cassettes.file import load, parse, save, written
from testing_cassettes.exchanges import exchanges

HELLO = Exchange(
    RecordedRequest(
        "POST",
        "http://localhost:8080/v1/chat/completions",
        (("accept", "text/event-stream"), ("accept", "application/json")),
        b'{"model":"openai/gpt-4o","stream":true}',
    ),
    RecordedAnswer(
        0.012,
        200,
        (("content-type", "text/event-stream"), ("x-twice", "1"), ("x-twice", "2")),
        (
            Piece(0.02, b': ping\n\nevent: note\ndata: {"content":"Gr\xc3\xbc\xc3\x9fe"}\n\n'),
            Piece(0.131, b'data: {"content": "spaced"}\n\n'),
            Piece(0.14, b"data: [DONE]\n\n"),
            Piece(0.15, b"data: [DO"),
            Piece(0.16, b"\xff\x00"),
        ),
        Ending("truncated", 0.2, "the server closed the connection"),
    ),
)
TEXT = """\
{
  "cassette": 1,
  "exchanges": [
    {
      "request": {
        "method": "POST",
        "url": "http://localhost:8080/v1/chat/completions",
        "headers": ["accept: text/event-stream", "accept: application/json"],
        "json": {"model": "openai/gpt-4o", "stream": true}
      },
      "answer": {
        "at": 0.012,
        "status": 200,
        "headers": ["content-type: text/event-stream", "x-twice: 1", "x-twice: 2"],
        "pieces": [
          {
            "at": 0.02,
            "lines": [
              ": ping",
              "",
              "event: note",
              {"data": {"content": "Grüße"}},
              ""
            ]
          },
          {"at": 0.131, "lines": [{"data": {"content": "spaced"}}, ""], "layout": "spaced"},
          {"at": 0.14, "lines": ["data: [DONE]", ""]},
          {"at": 0.15, "text": "data: [DO"},
          {"at": 0.16, "base64": "/wA="}
        ],
        "end": {"kind": "truncated", "at": 0.2, "why": "the server closed the connection"}
      }
    }
  ]
}
"""


@given(st.lists(exchanges, max_size=4))
def test_any_exchanges_come_back_as_they_were(some: list[Exchange]) -> None:
    """A written exchange is read back equal: bytes, order, repeats, times and endings."""
    assert parse(written(some)) == some


@given(st.lists(exchanges, max_size=3))
def test_the_same_exchanges_always_give_the_same_text(some: list[Exchange]) -> None:
    """The text is stable, is standard JSON, and has no character that confuses an editor or a diff."""
    text = written(some)
    assert written(parse(text)) == text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert text.encode("utf-8")
    assert len(text.splitlines()) == text.count("\n")


def test_a_file_is_read_by_people() -> None:
    """Headers are lines, JSON is JSON, a stream has a line for each event or each of its lines, the rest is base64."""
    assert written([HELLO]) == TEXT
    assert parse(TEXT) == [HELLO]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "Expecting"),
        ("[]", "$ must be an object"),
        ("{}", "$.cassette is None: this package reads version 1"),
        ('{"cassette": 2, "exchanges": []}', "$.cassette is 2: this package reads version 1"),
        ('{"cassette": 1}', "$.exchanges must be a list"),
        ('{"cassette": 1, "exchanges": [{}]}', "$.exchanges[0].request must be an object"),
        (TEXT.replace('"method": "POST"', '"method": 1'), "$.exchanges[0].request.method must be a string, got 1"),
        (TEXT.replace('"x-twice: 1"', '"x-twice"'), "$.exchanges[0].answer.headers must be strings such as"),
        (TEXT.replace('"status": 200', '"status": "200"'), "$.exchanges[0].answer.status must be a status"),
        (TEXT.replace('"at": 0.14,', '"at": -1,'), "$.exchanges[0].answer.pieces[2].at must be a number of seconds"),
        (TEXT.replace('"/wA="', '"/w"'), "$.exchanges[0].answer.pieces[4]: base64: Incorrect padding"),
        (TEXT.replace('"base64": "/wA="', '"x": 1'), "$.exchanges[0].answer.pieces[4]: a piece needs one of lines"),
        (
            TEXT.replace('"spaced"}\n', '"wide"}\n').replace('"layout": "spaced"', '"layout": "wide"'),
            "unknown layout 'wide': write one of",
        ),
        (TEXT.replace('"kind": "truncated"', '"kind": "cut"'), "end.kind must be one of complete, abandoned"),
        (TEXT.replace('"text": "data: [DO"', '"text": "x", "base64": ""'), "text and base64 exclude each other"),
    ],
)
def test_an_error_about_a_file_that_is_not_a_cassette_has_the_position(
    text: str, complaint: str, tmp_path: Path
) -> None:
    """The error names the file, the position in it, and the expected content."""
    path = tmp_path / "broken.json"
    path.write_text(text, "utf-8")
    with pytest.raises(CassetteFileError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)
    assert "record again" in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """A file in another encoding is refused with the position of the first wrong byte."""
    path = tmp_path / "latin.json"
    path.write_bytes(b'{"cassette": 1, "x": "\xe9"}')
    with pytest.raises(CassetteFileError, match="not UTF-8 .* at byte 22"):
        load(path)


def test_a_broken_file_is_not_recorded_over(tmp_path: Path) -> None:
    """A file that cannot be read stops the test; it is neither taken for missing nor replaced."""
    path = tmp_path / "broken.json"
    path.write_text("{", "utf-8")
    with pytest.raises(CassetteFileError), cassette(path):
        pytest.fail("the block must not begin")
    assert path.read_text("utf-8") == "{"


def test_saving_makes_the_folders_and_gives_usual_permissions(tmp_path: Path) -> None:
    """The file has the user's usual permissions, because it will be committed."""
    path = tmp_path / "deep" / "er" / "hello.json"
    save(path, [HELLO])
    assert load(path) == [HELLO]
    other = tmp_path / "other"
    other.write_text("", "utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the old file whole, and no partial file beside it."""
    path = tmp_path / "hello.json"
    save(path, [HELLO])

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fails)
    else:
        monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="No space"):
        save(path, [HELLO, HELLO])
    assert load(path) == [HELLO]
    assert [entry.name for entry in tmp_path.iterdir()] == ["hello.json"]
