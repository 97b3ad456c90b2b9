"""`igw chat`, once and as a session."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Provider, Terminal

pytestmark = [pytest.mark.wire, pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]
Open = Callable[..., "Terminal"]


def _chat(igw: Run, gateway: str, model: str, *more: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return igw("chat", "--model", f"openai/{model}", *more, typed=typed, INFERENCE_GATEWAY_URL=gateway)


def test_an_answer_goes_to_the_standard_output_and_nothing_else(igw_process: Run, gateway: str) -> None:
    """The output is the text and one line break, with nothing on the standard error."""
    done = _chat(igw_process, gateway, "ok", "Hi")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello, \u4e16\u754c!\n", "")


def test_the_options_reach_the_model(igw: Run, gateway: str, provider: Provider) -> None:
    """System prompt, limits and temperature are sent as given."""
    more = ("--system", "Be brief.", "--max-tokens", "7", "--temperature", "0.5")
    assert _chat(igw, gateway, "ok", *more, "Hi").returncode == 0
    body = provider.bodies[-1]
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert (body["max_tokens"], body["temperature"], body["model"]) == (7, 0.5, "ok")


@pytest.mark.parametrize("prompt", [(), ("-",)])
def test_a_pipe_is_the_prompt(igw: Run, gateway: str, provider: Provider, prompt: tuple[str, ...]) -> None:
    """Without PROMPT, or with a dash, the standard input is read to its end, without its last line break."""
    assert _chat(igw, gateway, "ok", *prompt, typed="From\na pipe\n").stdout == "Hello, \u4e16\u754c!\n"
    assert provider.messages[-1] == [{"role": "user", "content": "From\na pipe"}]


def test_a_prompt_in_a_loop_over_lines_leaves_the_other_lines_alone(
    igw: Run, gateway: str, provider: Provider, tmp_path: Path
) -> None:
    """`while read line; do igw chat "$line"; done < FILE` does not consume the file that the shell reads."""
    lines = tmp_path / "lines"
    lines.write_text("Hi\nleft\n")
    with lines.open("rb") as file:
        done = subprocess.run(
            ["sh", "-c", 'read line; "$@" "$line"; cat', "sh", *_command(), "chat", "--model", "openai/ok"],
            stdin=file,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "INFERENCE_GATEWAY_URL": gateway},
        )
    assert done.stdout.endswith("left\n")
    assert provider.messages[-1] == [{"role": "user", "content": "Hi"}]


def _command() -> list[str]:
    import sys

    return [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]


def test_a_truncated_answer_is_shown_and_fails(igw: Run, gateway: str) -> None:
    """The partial answer is on the standard output; the reason is on the standard error, in a line or two."""
    done = _chat(igw, gateway, "cut", "Hi")
    assert (done.returncode, done.stdout) == (1, "Hello\n")
    assert done.stderr.startswith("igw: ")
    assert len(done.stderr.splitlines()) <= 2


def test_a_providers_refusal_is_one_or_two_lines(igw_process: Run, gateway: str) -> None:
    """The output is the innermost message and the status, no traceback, and exit code 1."""
    done = _chat(igw_process, gateway, "busy", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("igw: 400: not today")
    assert len(done.stderr.splitlines()) <= 2


def test_an_answer_at_its_limit_has_a_remark(igw: Run, gateway: str) -> None:
    """An answer cut by its token limit succeeds, with a remark."""
    done = _chat(igw, gateway, "short", "Hi")
    assert (done.returncode, done.stdout) == (0, "Hello, \u4e16\u754c!\n")
    assert "token limit" in done.stderr


def test_an_empty_answer_has_a_remark(igw: Run, gateway: str) -> None:
    """An empty answer gives no standard output, and a remark."""
    done = _chat(igw, gateway, "empty", "Hi")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "igw: the answer is empty\n")


def test_no_gateway_names_the_address_and_the_ways_to_one(igw: Run) -> None:
    """The message names the address, the variable and --local."""
    done = igw("chat", "--base-url", "http://127.0.0.1:9", "--model", "openai/x", "Hi")
    assert done.returncode == 1
    for part in ("127.0.0.1:9", "INFERENCE_GATEWAY_URL", "--local"):
        assert part in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "typed", "named"),
    [
        (("--model", "openai/ok", ""), "", "the prompt is empty"),
        (("--model", "openai/ok"), " \n", "the prompt is empty"),
        (("--local", "--base-url", "http://x", "Hi"), "", "--base-url"),
        (("--local", "--provider", "openai", "Hi"), "", "--provider"),
        (("--weights", "x.gguf", "Hi"), "", "--weights"),
        (("--local", "--weights", "missing.gguf", "Hi"), "", "missing.gguf"),
        (("--base-url", "ftp://x", "--model", "m", "Hi"), "", "--base-url"),
        (("--temperature", "3", "Hi"), "", "--temperature"),
        (("--max-tokens", "0", "Hi"), "", "--max-tokens"),
        (("--nope", "Hi"), "", "--nope"),
    ],
)
def test_bad_usage_is_2_and_named(igw: Run, arguments: tuple[str, ...], typed: str, named: str) -> None:
    """The fault is named before a gateway is called."""
    done = igw("chat", *arguments, typed=typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_of_models_is_left_to_the_user(igw: Run, gateway: str) -> None:
    """Without --model and with several models the command fails, and shows one as an example."""
    done = igw("chat", "Hi", INFERENCE_GATEWAY_URL=gateway)
    assert done.returncode == 2
    assert "--model openai/ok" in done.stderr


def test_a_closed_pipe_is_not_an_error(gateway: str) -> None:
    """`igw chat … | head` ends without an error message."""
    command = [*_command(), "chat", "--model", "openai/long", "Hi"]
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "INFERENCE_GATEWAY_URL": gateway},
    )
    assert (done.stdout, done.stderr) == ("Helloall work and no play\n", "")


def test_an_ascii_locale_is_no_reason_to_fail(igw_process: Run, gateway: str) -> None:
    """A character outside the locale becomes a question mark."""
    done = igw_process(
        *("chat", "--model", "openai/ok", "Hi"),
        INFERENCE_GATEWAY_URL=gateway,
        PYTHONIOENCODING="ascii",
    )
    assert (done.returncode, done.stdout) == (0, "Hello, ??!\n")


def test_a_model_cannot_command_the_terminal(igw: Run, gateway: str, terminal: Open) -> None:
    """Escape characters of an answer reach a pipe unchanged, and never a terminal."""
    assert "\x1b[2J\x07" in _chat(igw, gateway, "escape", "Hi").stdout
    screen = terminal("chat", "--model", "openai/escape", "Hi", INFERENCE_GATEWAY_URL=gateway)
    assert screen.ends() == 0, screen.shown
    assert "Hello[2J, " in screen.shown
    assert "\x1b" not in screen.shown


def test_a_session_remembers_and_forgets(gateway: str, provider: Provider, terminal: Open) -> None:
    """Each question is sent with the conversation so far, until /reset; /exit leaves."""
    screen = terminal("chat", "--model", "openai/ok", "--system", "S", INFERENCE_GATEWAY_URL=gateway)
    screen.until("> ")
    screen.types("One\n")
    screen.until("!\n> ")
    screen.types("\nTwo\n")
    screen.until("!\n> ")
    assert [message["content"] for message in provider.messages[-1]] == ["S", "One", "Hello, \u4e16\u754c!", "Two"]
    screen.types("/reset\n")
    screen.until("history cleared\n> ")
    screen.types("Three\n")
    screen.until("!\n> ")
    assert [message["content"] for message in provider.messages[-1]] == ["S", "Three"]
    screen.types("/exit\n")
    assert screen.ends() == 0, screen.shown


def test_ctrl_c_stops_the_answer_and_not_the_session(gateway: str, provider: Provider, terminal: Open) -> None:
    """The partial answer stays in the history; at the prompt Ctrl-C drops the line, and Ctrl-D leaves."""
    screen = terminal("chat", "--model", "openai/slow", INFERENCE_GATEWAY_URL=gateway)
    screen.until("> ")
    screen.types("One\n")
    screen.until("Hello")
    screen.interrupts("stopped\n> ")
    screen.types("half a line")
    screen.until("half a line")
    screen.interrupts("\n> ")
    screen.types("Two\n")
    screen.until("Hello")
    assert [message["content"] for message in provider.messages[-1]] == ["One", "Hello", "Two"]
    screen.interrupts("stopped\n> ")
    screen.types("\x04")
    assert screen.ends() == 0, screen.shown
    assert "Traceback" not in screen.shown


def test_an_error_does_not_end_a_session(gateway: str, terminal: Open) -> None:
    """The refusal is shown, and the next question can be asked."""
    screen = terminal("chat", "--model", "openai/busy", INFERENCE_GATEWAY_URL=gateway)
    screen.until("> ")
    screen.types("One\n")
    screen.until("igw: 400: not today")
    screen.until("> ")
    screen.types("Two\n")
    screen.until("igw: 400: not today")
    screen.until("> ")
    screen.types("\x04")
    assert screen.ends() == 0, screen.shown


def test_ctrl_c_ends_a_single_answer(gateway: str, terminal: Open) -> None:
    """Ctrl-C gives exit code 130, the partial answer on the screen, and no traceback."""
    screen = terminal("chat", "--model", "openai/slow", "Hi", INFERENCE_GATEWAY_URL=gateway)
    screen.until("Hello")
    screen.interrupts("\n")
    assert screen.ends() == 130, screen.shown
    assert "Traceback" not in screen.shown
