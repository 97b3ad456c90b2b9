"""Errors in the shell's terms: options in place of arguments, the reason of an unhealthy gateway, no needless wait."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import embedded
from inference_gateway_sdk._wire import hints
from inference_gateway_sdk.cli import options
from inference_gateway_sdk.cli.connection import connected
from inference_gateway_sdk.cli.options import complete_model, complete_provider
from inference_gateway_sdk.cli.output import NO_GATEWAY, describe, outcome, shell_hint
from inference_gateway_sdk.errors import ConnectError, NotFoundError, StreamTruncatedError
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ('pass on_truncation="return" to accept what came; the error\'s .partial holds it.', None),
        ('\'x\' names no provider: write model="openai/gpt-4o", or provider="openai" with model="gpt-4o"',
         "'x' names no provider: write --model openai/gpt-4o, or --provider openai with --model gpt-4o"),
        ("the gateway requires an OIDC token: pass token=, or set INFERENCE_GATEWAY_TOKEN",
         "the gateway requires an OIDC token: use --token, or set INFERENCE_GATEWAY_TOKEN"),
        ("the server speaks plain HTTP there: write http:// in base_url",
         "the server speaks plain HTTP there: write http:// in --base-url"),
        ('name the authority that signed the gateway\'s certificate: ca="ca.pem"',
         "name the authority that signed the gateway's certificate: --ca ca.pem"),
        ("raise timeout=Timeouts(idle=...) if the call is expected to take longer.", None),
        ("set MCP_ENABLED=true on the gateway", "set MCP_ENABLED=true on the gateway"),
    ],
)  # fmt: skip
def test_a_hint_names_options(hint: str, shown: str | None) -> None:
    """What only a program can act on is left out."""
    assert shell_hint(hint) == shown


def test_no_hint_of_the_table_speaks_python() -> None:
    """Of every hint there is, what a shell shows has no argument, method or attribute in it."""
    python = ("=...", "()", "model=", "token=", "base_url", ".partial", "RetryPolicy", "Timeouts(")
    for hint in (*(row.hint for row in hints.ROWS), *(hint for _, hint in hints._CONNECT)):
        shown = shell_hint(hint) or ""
        assert not [word for word in python if word in shown], shown


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (ConnectError("refused", hint=hints.connect_hint("refused")), NO_GATEWAY),
        (ConnectError("cert", hint=hints.connect_hint("the server's certificate does not verify")), "--ca ca.pem"),
        (StreamTruncatedError("cut", hint='pass on_truncation="return" to go on'), None),
    ],
)
def test_only_an_absent_gateway_is_asked_after(error: Any, hint: str | None) -> None:
    """A certificate that does not verify is not an absent gateway."""
    found = describe(error)[1]
    assert found == hint or (hint is not None and found is not None and found.endswith(hint))


def _not_found(connection: Connection, _: Request) -> None:
    connection.json({"error": "Requested route is not found"}, 404)


def _no_content(connection: Connection, _: Request) -> None:
    connection.json({}, 202)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("answer", "reason"), [(_not_found, "404: Requested route is not found"), (_no_content, "answered 202, not 200")]
)
def test_health_gives_the_reason(igw: Run, answer: Any, reason: str) -> None:
    """The status, the message, or the failure of the connection."""
    with serving(answer) as server:
        done = igw("health", "--base-url", server.url)
    assert done.returncode == 1
    assert "no healthy gateway at" in done.stderr
    assert reason in done.stderr


@pytest.mark.wire
def test_a_refused_port_of_this_machine_is_tried_once(igw: Run) -> None:
    """A person waits; "[3 attempts]" would be in the text."""
    done = igw("health", "--base-url", "http://127.0.0.1:9")
    assert "Connection refused" in done.stderr
    assert "attempts" not in done.stderr


@pytest.mark.wire
def test_the_token_and_the_json_of_a_chat(igw: Run) -> None:
    """`--token` is sent, and `--json` prints the whole answer."""
    settings = embedded.Settings(port=0, token="secret-token-1")
    with embedded.running(settings, scripted=embedded.ScriptedProvider()) as url:
        asked = ("chat", "--base-url", url, "-m", "openai/x", "Hi", "there")
        refused = igw(*asked)
        assert refused.returncode == 1
        assert "--token" in refused.stderr
        done = igw(*asked, "--token", "secret-token-1", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "You wrote: Hi there"


@pytest.mark.wire
def test_a_pipe_comes_before_the_prompt(igw: Run, gateway: str, provider: Any, tmp_path: Path) -> None:
    """`cat notes | igw chat "sum up"` sends both, with an empty line between, and `--image` a picture."""
    (tmp_path / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    asked = ("chat", "-m", "openai/ok", "--base-url", gateway, "sum", "up")
    assert igw(*asked, typed="the notes\n").returncode == 0
    assert provider.messages[-1] == [{"role": "user", "content": "the notes\n\nsum up"}]
    assert igw(*asked, "--image", str(tmp_path / "cat.png")).returncode == 0
    text, picture = provider.messages[-1][0]["content"]
    assert (text["text"], picture["type"]) == ("sum up", "image_url")


def test_an_open_pipe_is_remarked_upon(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A caller that leaves a pipe open learns why nothing happens."""
    reading, writing = os.pipe()
    monkeypatch.setattr(options, "_PATIENCE", 0.0)
    with os.fdopen(reading) as pipe, os.fdopen(writing, "w") as other:
        monkeypatch.setattr("sys.stdin", pipe)
        monkeypatch.setattr(options, "_read_input", lambda: "")
        assert options.read_prompt(["Hi"], "chat") == "Hi"
        assert "waiting for the end of standard input" in capsys.readouterr().err
        other.write("x")
        other.flush()
        assert options.read_prompt(["Hi"], "chat") == "Hi"
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--image", "missing.png", "Hi"), "--image missing.png cannot be read"),
        (("--json", "--schema", "s.json", "Hi"), "s.json"),
        (("--local", "--token", "x", "Hi"), "--token"),
    ],
)
def test_bad_usage_is_2(igw: Run, arguments: tuple[str, ...], named: str) -> None:
    """It is named before anything is asked of a gateway."""
    done = igw("chat", "-m", "openai/x", *arguments)
    assert done.returncode == 2
    assert named in done.stderr


def test_a_full_disk_is_one_line_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output that cannot be written is an error of one line; other errors of the system are raised."""
    with pytest.raises(SystemExit) as ended, outcome():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert ended.value.code == 1
    assert capsys.readouterr().err == "igw: standard output cannot be written: No space left on device\n"
    with pytest.raises(PermissionError), outcome():
        raise PermissionError(errno.EACCES, "no")


@pytest.mark.wire
def test_models_and_providers_are_completed(gateway: str) -> None:
    """From the gateway of the command line; without an answer there is nothing to complete."""
    assert complete_provider("anth") == ["anthropic"]
    assert complete_model(_Given(base_url=gateway), "openai/o") == ["openai/ok"]  # type: ignore[arg-type]
    assert complete_model(_Given(base_url="http://127.0.0.1:9"), "") == []  # type: ignore[arg-type]


class _Given:
    """The context of a completion."""

    def __init__(self, **params: str) -> None:
        self.params = params


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_has_a_script_for_each_shell(igw: Run, shell: str) -> None:
    """The shell sources it, and then asks the command itself."""
    done = igw(_IGW_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert f"_IGW_COMPLETE=complete_{shell}" in done.stdout


def test_an_error_of_the_client_is_not_bad_usage() -> None:
    """Only a bad value of an option is."""
    with pytest.raises(NotFoundError), connected("http://127.0.0.1:9"):
        raise NotFoundError("no", status=404)
