"""`igw video`: the job that is started, its progress, and the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk.cli.options import OutputFile
from inference_gateway_sdk.cli.output import FailureError
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.embedded.providers.scripted_videos import mp4
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.wire, pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]
FAST = ("--interval", "0.01")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A gateway with scripted videos."""
    with running(local=nowhere(), scripted=ScriptedProvider()) as address:
        yield address


def test_a_video_is_made_and_written(igw: Run, url: str, tmp_path: Path) -> None:
    """In a pipe there is a line for each change, on standard error; the file is the video, and --job finds it again."""
    file, again = tmp_path / "a.mp4", tmp_path / "b.mp4"
    done = igw("video", "a cat", "-m", "elevenlabs/veo", "-o", str(file), *FAST, "--base-url", url)
    first, *lines = done.stderr.splitlines()
    name = first.removeprefix("igw: the job is ").partition(";")[0]
    assert (done.returncode, done.stdout, file.read_bytes()) == (0, "", mp4("a cat"))
    assert first == f"igw: the job is {name}; igw video --job {name} waits for it again"
    assert lines == ["igw: queued, 0 %", "igw: in progress, 50 %", "igw: completed, 100 %"]
    repeated = igw("video", "--job", name, "-o", str(again), "--json", *FAST, "--base-url", url)
    assert (repeated.returncode, repeated.stderr) == (0, "igw: completed, 100 %\n")
    assert json.loads(repeated.stdout)["status"] == "completed"
    assert again.read_bytes() == file.read_bytes()


def test_options_and_files_are_sent(igw: Run, url: str, tmp_path: Path) -> None:
    """The job shows what was asked for; --json alone downloads nothing."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    asked = ("--seconds", "8", "--size", "720x1280", "--image", str(picture), "--reference", str(picture))
    done = igw("video", "-m", "veo", "--provider", "elevenlabs", "--audio", str(picture), *asked, "--json", *FAST,
               "--base-url", url)  # fmt: skip
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert (job["model"], job["seconds"], job["size"]) == ("veo", "8", "720x1280")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("fail: too loud", "-m", "elevenlabs/v"), 1, "failed: too loud (scripted_failure)"),
        (("x", "-m", "elevenlabs/v", "--max-wait", "0.02", "--interval", "9"), 1, "not completed within 0.02 s"),
        (("x", "-m", "openai/sora"), 1, "hint: only elevenlabs generates videos"),
        (("x",), 2, "no model: add --model provider/name"),
        (("", "-m", "elevenlabs/v"), 2, "the prompt is empty"),
        (("x", "-m", "elevenlabs/v", "--image", "no-such.png"), 2, "--image no-such.png is not a file"),
        (("x", "--job", "video_1"), 2, "--job waits for a job that is running: leave out PROMPT and --model"),
        (("--job", "a/b"), 2, "video 'a/b' contains a slash"),
        (("--job", "unknown"), 1, "the video 'unknown' does not exist"),
    ],
)
def test_what_goes_wrong_is_one_line(
    igw: Run, url: str, tmp_path: Path, arguments: tuple[str, ...], code: int, text: str
) -> None:
    """The exit code tells a wrong use from a failure, and no file is left."""
    interval = () if "--interval" in arguments else FAST
    done = igw("video", *arguments, *interval, "-o", str(tmp_path / "a.mp4"), "--base-url", url)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_shows_a_bar(url: str, tmp_path: Path, columns: int) -> None:
    """One line is redrawn and ends at 100 %; it fits into the terminal."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "video", "a cat"]
    command += ["-m", "elevenlabs/veo", "-o", str(tmp_path / "a.mp4"), *FAST, "--base-url", url]
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(command, stderr=follower, stdin=follower, env={**environ, "TERM": "xterm-256color"})
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the command has closed its side
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait(60) == 0
    text = shown.decode()
    assert "completed" in text and "100%" in text and "━" in text


def test_a_broken_download_leaves_no_part(tmp_path: Path) -> None:
    """A new file is removed, and one that was there before is kept."""

    def pieces() -> Iterator[bytes]:
        yield b"part"
        raise FailureError("the answer was cut")

    new, old = tmp_path / "new", tmp_path / "old"
    old.write_bytes(b"before")
    for path, force in ((new, False), (old, True)):
        with pytest.raises(FailureError, match="was cut"):
            OutputFile(path, force=force).write_pieces(pieces())
    assert (list(tmp_path.iterdir()), old.read_bytes()) == ([old], b"before")


def test_help_names_every_option(igw: Run) -> None:
    """The help of the command fits its options."""
    text: Any = igw("video", "--help").stdout
    for option in ("--image", "--reference", "--audio", "--seconds", "--size", "--job", "--interval", "--max-wait"):
        assert option in text
