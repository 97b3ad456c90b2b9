"""Transcripts: their content, and every form of history that a caller may give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk import DecodingError, DeserializationError, assistant, system, tool_result, user
from inference_gateway_sdk._run.history import read_history
from inference_gateway_sdk._run.transcript import (
    Answered,
    Note,
    Offered,
    Result,
    Started,
    Transcript,
    UserMessage,
    calls_of,
)
from inference_gateway_sdk._tools.tool import tool
from run.histories import histories
from run.playing import DIALECTS, Story, call, reply

GOLDEN = Path(__file__).parent / "transcript_v1.json"
dialects = pytest.mark.parametrize("dialect", DIALECTS)


def kinds(entries: Any) -> list[str]:
    """Return the kinds of entries in order."""
    return [one.kind for one in entries]


@pytest.mark.parametrize(("name", "entries"), list(histories()), ids=lambda one: one if isinstance(one, str) else "")
def test_json_keeps_everything(name: str, entries: Any) -> None:
    """Reading a written transcript gives the same transcript, and the same JSON."""
    transcript = Transcript(entries)
    stored = transcript.to_json()
    assert Transcript.from_json(stored) == transcript, name
    assert Transcript.from_json(stored.decode()).to_json() == stored


def test_a_stored_transcript_of_version_1_reads_for_ever() -> None:
    """The format is stable: this file is never changed."""
    stored = GOLDEN.read_bytes().strip()
    transcript = Transcript.from_json(stored)
    assert kinds(transcript.entries) == [
        "user_message", "offered", "answered", "started", "result", "note", "answered",
    ]  # fmt: skip
    assert transcript.to_json() == stored
    assert [one.name for one in calls_of(transcript.entries).values()] == ["weather", "delete"]
    assert [one.id for one in transcript.pending] == ["call_2_0"]


def test_entries_and_fields_of_a_later_version_are_kept() -> None:
    """Unknown entries and fields are written again unchanged."""
    stored = (
        b'{"version":7,"entries":[{"kind":"later","x":{"y":1}},'
        b'{"kind":"note","about":"a","text":"b","more":3,"new":[1]}]}'
    )
    transcript = Transcript.from_json(stored)
    assert json.loads(transcript.to_json()) == json.loads(stored) | {"entries": [
        {"kind": "later", "x": {"y": 1}}, {"kind": "note", "about": "a", "text": "b", "new": [1], "more": 3},
    ]}  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "error", "text"),
    [
        (b"", DecodingError, "JSON"),
        (b"[]", DeserializationError, "the data is not a transcript"),
        (b"{}", DeserializationError, "the data is not a transcript"),
        (b'{"version":"1","entries":[]}', DeserializationError, "version must be an integer"),
        (
            b'{"version":1,"entries":[3]}',
            DeserializationError,
            r"an entry must be an object with a kind \(at \$.entries\[0\]",
        ),
        (
            b'{"version":1,"entries":[{"kind":"result","call":"a"}]}',
            DeserializationError,
            "invalid result entry",
        ),
        (b'{"version":1,"entries":[{"kind":"answered","dialect":"x","answer":{}}]}', DeserializationError, "answered"),
    ],
)
def test_what_is_no_transcript_is_refused(stored: bytes, error: type[Exception], text: str) -> None:
    """The error names the path."""
    with pytest.raises(error, match=text):
        Transcript.from_json(stored)


def test_a_transcript_holds_no_functions_approvals_or_parameters() -> None:
    """Only messages and tool descriptions of the caller's are stored."""

    def delete(path: str) -> str:
        """Delete a file."""
        return path

    story = Story(
        reply("chat", None, call("delete", {"path": "x"})),
        reply("chat", "ok"),
        tools=[tool(delete, approval=True)],
        approve=lambda _: True,
        params={"user": "s3cret"},
    )
    stored = story.play().transcript.to_json()
    assert b"s3cret" not in stored
    assert b"approv" not in stored


def test_a_shown_transcript_is_short() -> None:
    """The repr does not print the content."""
    transcript = Transcript([UserMessage(dialect="chat", message={"role": "user", "content": "secret"})])
    assert repr(transcript) == "<Transcript: 1 entries, 0 answers>"


# --- histories


def test_texts_and_messages() -> None:
    """A run accepts the same messages as the chat method."""
    entries = read_history([system("Be brief."), "Hi", {"role": "user", "content": "x"}, user("y")], "chat")
    assert kinds(entries) == ["user_message"] * 4
    assert entries[1] == UserMessage(dialect="chat", message={"role": "user", "content": "Hi"})
    assert read_history("Hi", "chat") == [entries[1]]


@dialects
def test_answers_and_runs_may_be_anywhere(dialect: Any) -> None:
    """One rule applies to every dialect."""
    answer = reply(dialect, "Hello.")
    run = Story(answer, dialect=dialect).play()
    entries = read_history([run, answer, run.transcript, "And now?"], dialect)
    assert kinds(entries) == ["user_message", "answered", "answered", "user_message", "answered", "user_message"]
    assert kinds(read_history(run, dialect)) == ["user_message", "answered"]


def test_a_chat_history_by_hand() -> None:
    """Assistant messages and results become the entries that a run would have written."""
    answer = reply("chat", None, call("a", {}, "call_1"), call("b", {}, "call_2"))
    entries = read_history(
        ["Hi", answer.message, tool_result("call_2", "two"), tool_result("call_1", {"one": 1})], "chat"
    )
    assert kinds(entries) == ["user_message", "answered", "result", "result"]
    assert [(one.call, one.text) for one in entries if isinstance(one, Result)] == [
        ("call_2", "two"),
        ("call_1", '{"one":1}'),
    ]
    assert kinds(read_history([assistant("Hello.")], "chat")) == ["answered"]
    assert [one.id for one in Transcript(read_history(["Hi", answer.message], "chat")).pending] == ["call_1", "call_2"]


def test_a_responses_history_by_hand() -> None:
    """Items of one answer are grouped, wherever they occur alone."""
    items: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"type": "reasoning", "id": "rs", "summary": []},
        {"type": "function_call", "call_id": "call_1", "name": "a", "arguments": "{}"},
        {"type": "function_call", "call_id": "call_2", "name": "b", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "one"},
        {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "output_text", "text": "two"}]},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "Thanks."},
    ]
    entries = read_history(items, "responses")
    assert kinds(entries) == ["user_message", "answered", "result", "result", "answered", "user_message"]
    assert [one.text for one in entries if isinstance(one, Result)] == ["one", "two"]
    assert len(calls_of(entries)) == 2


def test_a_messages_history_by_hand() -> None:
    """Results inside a user's message are extracted; the rest of it is kept."""
    items: list[Any] = [
        "Hi",
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]},
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [{"type": "text", "text": "one"}],
                    "is_error": True,
                },
                {"type": "text", "text": "And?"},
            ],
        },
        {"role": "assistant", "content": "Done."},
    ]
    entries = read_history(items, "messages")
    assert kinds(entries) == ["user_message", "answered", "result", "user_message", "answered"]
    assert entries[2] == Result(call="t1", text="one", status="failed", is_error=True)
    assert entries[3] == UserMessage(
        dialect="messages", message={"role": "user", "content": [{"type": "text", "text": "And?"}]}
    )


@pytest.mark.parametrize(
    ("messages", "error", "text"),
    [
        ([], ValueError, "messages is empty"),
        (3, TypeError, "messages must be a string, a message, a run or a list of them, got int"),
        (b"Hi", TypeError, "got bytes"),
        (["Hi", 3], TypeError, r"messages\[1\] must be a string, a message, an answer or a run, got int"),
        ([{"content": "Hi"}], ValueError, r"messages\[0\] has no role"),
        ([{"role": 3}], TypeError, r"messages\[0\].role must be a string"),
        ([tool_result("call_9", "x")], ValueError, r"messages\[0\] is a result for the call 'call_9'"),
    ],
)
def test_what_is_no_history_is_refused(messages: Any, error: type[Exception], text: str) -> None:
    """An invalid history is refused with its path, before anything is sent."""
    with pytest.raises(error, match=text):
        read_history(messages, "chat")


def test_open_calls_are_those_at_the_end() -> None:
    """Calls before a later message are not open; started ones are unknown."""
    answer = Answered(dialect="chat", answer=reply("chat", None, call("a", {}, "x"), call("b", {}, "y")).to_dict())
    transcript = Transcript([answer, Started(call="x")])
    assert [one.id for one in transcript.pending] == ["y"]
    assert [one.id for one in transcript.interrupted] == ["x"]
    for later in (
        Note(about="output", text="x"),
        UserMessage(dialect="chat", message={}),
        Answered(dialect="chat", answer={}),
    ):
        assert not Transcript([*transcript.entries, later]).pending
    assert Transcript([*transcript.entries, Offered(tools=[])]).pending
