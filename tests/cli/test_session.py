"""A session of `igw chat`: its commands, questions of several lines, images, and pasted text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.cli import session
from inference_gateway_sdk.cli.session import run_session
from inference_gateway_sdk.errors import BadRequestError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Provider, Terminal

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
QUOTES = '"""'


class Conversation:
    """A chat that remembers its questions; one of them fails."""

    def __init__(self) -> None:
        self.model = "openai/ok"
        self.asked: list[str] = []
        self.resets = 0
        self.system = ""
        self.images: list[object] = []

    def ask(self, question: str) -> None:
        """Remember the question."""
        if question == "fail":
            raise BadRequestError("not today", status=400)
        self.asked.append(question)

    def reset(self) -> None:
        """Count the resets."""
        self.resets += 1

    def set_system(self, text: str) -> None:
        """Remember the message."""
        self.system = text


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Conversation]:
    """Run a session in which these lines are typed; an exception in place of a line is raised."""

    def run(*lines: str | BaseException) -> Conversation:
        left: Iterator[str | BaseException] = chain(lines, repeat(EOFError()))

        def read(_: str = "") -> str:
            line = next(left)
            if isinstance(line, BaseException):
                raise line
            return line

        monkeypatch.setattr(session, "input", read, raising=False)
        conversation = Conversation()
        run_session(conversation)  # type: ignore[arg-type]
        return conversation

    return run


@pytest.mark.parametrize("command", ["/help", "/h", "?"])
def test_help_lists_the_commands(
    typed: Callable[..., Conversation], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It goes to no model."""
    assert typed(command).asked == []
    shown = capsys.readouterr().err
    assert all(name in shown for name in ("/reset", "/model", "/system", "/image", "/exit", QUOTES))


@pytest.mark.parametrize("command", ["/exit", "/quit", "/bye", "/QUIT"])
def test_a_session_ends_by_its_usual_words(typed: Callable[..., Conversation], command: str) -> None:
    """Nothing after it is read."""
    assert typed("One", command, "Two").asked == ["One"]


def test_an_unknown_command_goes_to_no_model(
    typed: Callable[..., Conversation], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, with the way to the list; a path, and a slash further on, are questions."""
    done = typed("/rest", "/etc/hosts: what is it?", "a /help b", " ", "/model", "/image missing.png")
    assert done.asked == ["/etc/hosts: what is it?", "a /help b"]
    shown = capsys.readouterr().err
    assert "no command /rest: /help lists the commands" in shown
    assert "/model needs a value" in shown
    assert "missing.png" in shown


def test_commands_change_the_conversation(typed: Callable[..., Conversation], tmp_path: Path) -> None:
    """Model, system message, history and images."""
    (tmp_path / "cat.png").write_bytes(PNG)
    done = typed("/model groq/x", "/system Be brief.", "/reset", f"/image {tmp_path / 'cat.png'}")
    assert (done.model, done.system, done.resets, len(done.images)) == ("groq/x", "Be brief.", 1, 1)


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ((f"{QUOTES}one", "", f"two{QUOTES}"), ["one\n\ntwo"]),
        ((QUOTES, "one", "two", QUOTES, "three"), ["one\ntwo", "three"]),
        ((f"{QUOTES}one{QUOTES}",), ["one"]),
        ((QUOTES, "one", KeyboardInterrupt(), "two"), ["two"]),
        ((QUOTES, "one"), ["one"]),
        (("one\ntwo",), ["one\ntwo"]),
    ],
)
def test_a_question_may_have_several_lines(
    typed: Callable[..., Conversation], lines: tuple[str, ...], asked: list[str]
) -> None:
    """In triple quotes, or as one paste; Ctrl-C drops what was begun."""
    assert typed(*lines).asked == asked


def test_an_error_does_not_end_the_session(
    typed: Callable[..., Conversation], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed, and the next question is asked."""
    assert typed("fail", "Two").asked == ["Two"]
    assert "igw: 400: not today" in capsys.readouterr().err


@pytest.mark.wire
def test_a_paste_of_several_lines_is_one_question(
    gateway: str, provider: Provider, terminal: Callable[..., Terminal]
) -> None:
    """A terminal marks a paste: ESC [200~, the text with a carriage return for each line break, ESC [201~."""
    pytest.importorskip("readline")
    screen = terminal("chat", "--model", "openai/ok", INFERENCE_GATEWAY_URL=gateway)
    screen.until("> ")
    screen.types("\x1b[200~one\rtwo\rthree\x1b[201~\n")
    screen.until("!\n> ")
    assert provider.messages[-1] == [{"role": "user", "content": "one\ntwo\nthree"}]
    screen.types("\x04")
    assert screen.ends() == 0, screen.shown
