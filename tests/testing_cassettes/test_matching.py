"""The match of recordings to requests, and the explanation of a miss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk.testing.cassettes import (
    CassetteMissError,
    Ending,
    Exchange,
    Piece,
    RecordedAnswer,
    RecordedRequest,
    cassette,
)
from inference_gateway_sdk.testing.cassettes.file import save
from inference_gateway_sdk.testing.cassettes.matching import matchers
from testing_cassettes.stub import read_all

URL = "http://localhost:8080/v1/chat/completions"


def request(
    body: Any = None, url: str = URL, method: str = "POST", headers: dict[str, str] | None = None
) -> RecordedRequest:
    """Return a request with the fields that matter in the test."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    return RecordedRequest(method, url, tuple((headers or {}).items()), data)


def same(one: RecordedRequest, other: RecordedRequest, *match_on: Any) -> bool:
    """Return whether every matcher accepts the pair."""
    return all(matcher(one, other) for matcher in matchers(match_on or ("method", "path", "query", "body")))


@pytest.mark.parametrize(
    ("one", "other", "match_on"),
    [
        (request({"a": 1, "b": {"c": [1, 2], "d": 3}}), request({"b": {"d": 3, "c": [1, 2]}, "a": 1}), ()),
        (request(b'{"a":1}'), request(b' {"a" :\n1}'), ()),
        (request(None), request(b""), ()),
        (request(url="http://localhost/x?a=1&b=2"), request(url="https://other:1/x?b=2&a=1"), ()),
        (request(url="http://localhost"), request(url="http://localhost/"), ()),
        (request(b"\xff\x00"), request(b"\xff\x00"), ()),
        (
            request(b"--xy\r\n1\r\n--xy--", headers={"Content-Type": "multipart/form-data; boundary=xy"}),
            request(b"--z\r\n1\r\n--z--", headers={"content-type": 'multipart/form-data; boundary="z"'}),
            (),
        ),
        (request(headers={"A": "1", "B": "2"}), request(headers={"b": "2", "a": "1"}), ("headers",)),
        (request({"a": 1}), request({"a": 2}), ("path",)),
        (request({"a": 1}), request({"a": 2}), (lambda asked, recorded: asked.body != recorded.body,)),
    ],
)
def test_equivalent_requests_match(one: RecordedRequest, other: RecordedRequest, match_on: Any) -> None:
    """The order of keys and parameters, a form's boundary and, by default, host and headers do not matter."""
    assert same(one, other, *match_on)


@pytest.mark.parametrize(
    ("one", "other", "match_on"),
    [
        (request({"a": [1, 2]}), request({"a": [2, 1]}), ()),
        (request({"a": 1}), request({"a": True}), ()),
        (request({"a": 1}), request({"a": 1, "b": None}), ()),
        (request(b'{"a":1}'), request(b'{"a":1'), ()),
        (request(b'{"a":1,"a":2}'), request(b'{"a":2}'), ()),
        (request(url=URL + "?a=1"), request(url=URL), ()),
        (request(url=URL + "?a="), request(url=URL), ()),
        (request(url=URL + "?a=1&a=2"), request(url=URL + "?a=1"), ()),
        (request(url=URL), request(url=URL + "s"), ()),
        (request(method="GET"), request(method="POST"), ()),
        (request(url="http://localhost:1/"), request(url="http://localhost:2/"), ("path", "host")),
        (request(url="http://localhost/"), request(url="https://localhost/"), ("scheme",)),
        (request(headers={"A": "1"}), request(headers={"A": "2"}), ("headers",)),
    ],
)
def test_different_requests_do_not_match(one: RecordedRequest, other: RecordedRequest, match_on: Any) -> None:
    """A list has an order, true is not one, and an empty parameter is present."""
    assert not same(one, other, *match_on)


def chat(content: str, **more: Any) -> RecordedRequest:
    """Return a chat."""
    return request({"model": "openai/gpt-4o", "messages": [{"role": "user", "content": content}], **more})


def miss(tmp_path: Path, asked: RecordedRequest, *recorded: RecordedRequest, played: int = 0) -> str:
    """Return the explanation for a request without a recording."""
    path = tmp_path / "it.json"
    answer = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"x"),), Ending("complete"))
    save(path, [Exchange(one, answer) for one in recorded])
    with cassette(path, "none") as tape:
        driver = tape.driver()
        for one in recorded[:played]:
            read_all(driver.open(one.method, one.url, one.headers, one.body))
        with pytest.raises(CassetteMissError) as caught:
            driver.open(asked.method, asked.url, asked.headers, asked.body)
    return str(caught.value).replace(str(path), "it.json")


def test_a_miss_shows_the_nearest_request_as_a_diff(tmp_path: Path) -> None:
    """The diff shows the recording most like the request, and the lines that differ."""
    long = "Describe everything there is to know about the history of the city of Rome, please."
    recorded = [
        chat("What is the capital of France?"),
        chat(long, temperature=0.5),
        request(url="http://h/v1/messages"),
    ]
    assert miss(tmp_path, chat(long, temperature=0.7), *recorded) == (
        'no recording answers POST /v1/chat/completions: mode "none" never records (it.json)\n'
        "the nearest is number 2 of 3:\n"
        "--- recorded\n"
        "+++ asked\n"
        "@@ -8,4 +8,4 @@\n"
        "   ],\n"
        '   "model": "openai/gpt-4o",\n'
        '-  "temperature": 0.5\n'
        '+  "temperature": 0.7\n'
        " }"
    )


def test_a_miss_hints_at_a_recording_that_was_already_played(tmp_path: Path) -> None:
    """The same request twice, recorded once, gets an explanation with a hint at `repeat`."""
    text = miss(tmp_path, chat("Hi"), chat("Hi"), played=1)
    assert text.endswith("the nearest is number 1 of 1, which was played already: the same request")


def test_a_recording_that_was_not_played_is_nearer(tmp_path: Path) -> None:
    """Of two equal recordings, the unplayed one is shown."""
    recorded = [request(url="http://h/a?x=1"), request(url="http://h/a?x=2")]
    assert "number 2 of 2:" in miss(tmp_path, request(url="http://h/a?x=3"), *recorded, played=1)


def test_a_miss_in_an_empty_file_has_no_diff(tmp_path: Path) -> None:
    """The explanation for an empty file has no diff."""
    assert miss(tmp_path, chat("Hi")) == (
        'no recording answers POST /v1/chat/completions: mode "none" never records (it.json)'
    )


def test_the_diff_of_large_requests_stays_short(tmp_path: Path) -> None:
    """A long conversation or an image does not fill the terminal."""
    one = request({"messages": [{"content": f"line {number}", "n": "x" * 300} for number in range(200)]})
    other = request({"messages": [{"content": f"other {number}", "n": "y" * 300} for number in range(200)]})
    text = miss(tmp_path, one, other)
    assert len(text.splitlines()) < 70
    assert max(len(line) for line in text.splitlines()) < 260
    assert "more lines" in text.splitlines()[-1]


def test_a_miss_shows_no_secret(tmp_path: Path) -> None:
    """The request is shown with the redaction of a recording."""
    asked = request({"api_key": "hunter2hunter2"}, URL + "?key=hunter2hunter2")
    text = miss(tmp_path, asked, chat("Hi"))
    assert "hunter2" not in text
    assert "?key=..." in text


def test_a_request_is_compared_until_its_recording_is_found(tmp_path: Path) -> None:
    """A file of many exchanges plays in time that is linear in their number."""
    path = tmp_path / "it.json"
    recorded = [chat(f"question {number}") for number in range(30)]
    answer = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"x"),), Ending("complete"))
    save(path, [Exchange(one, answer) for one in recorded])
    compared: list[bytes | None] = []

    def counted(asked: RecordedRequest, other: RecordedRequest) -> bool:
        compared.append(other.body)
        return asked.body == other.body

    with cassette(path, "none", match_on=[counted]) as tape:
        for one in recorded:
            tape.driver().open(one.method, one.url, one.headers, one.body)
    assert compared == [one.body for one in recorded]


def test_a_recording_made_with_one_key_answers_another(tmp_path: Path) -> None:
    """Keys are redacted before matching, so that a machine without keys can play."""
    path = tmp_path / "it.json"
    recorded = request({"api_key": "...", "n": 1}, URL + "?key=...", headers={"Authorization": "Bearer ..."})
    answer = RecordedAnswer(0.0, 200, (), (Piece(0.0, b"x"),), Ending("complete"))
    save(path, [Exchange(recorded, answer)] * 2)
    with cassette(path, match_on=["method", "path", "query", "headers", "body"]) as tape:
        for key in ("one-key-1234567", "another-key-7654321"):
            body = json.dumps({"n": 1, "api_key": key}).encode()
            headers = [("authorization", f"Bearer {key}")]
            assert read_all(tape.driver().open("POST", f"{URL}?key={key}", headers, body)) == b"x"
