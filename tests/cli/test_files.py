"""`igw image` and `igw speak`: the request, the written file, and files that are not overwritten."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.cli.options import OutputFile
from inference_gateway_sdk.cli.output import FailureError
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.wire, pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]
PNG = b"\x89PNG\r\n\x1a\n and so on \x00"
SOUND = b"ID3\x00\xff not text"
IMAGE = ("image", "a cat", "--model", "openai/dall")
SPEAK = ("speak", "Hello", "--model", "openai/tts", "--voice", "alloy")
BOTH = pytest.mark.parametrize(("asked", "content"), [(IMAGE, PNG), (SPEAK, SOUND)], ids=["image", "speak"])


def good(connection: Connection, request: Request) -> None:
    """Answer with an image or a sound."""
    if request.path == "/v1/images/generations":
        connection.json({"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}], "novel": 1})
        return
    assert request.path == "/v1/audio/speech"
    connection.head(200, "audio/mpeg", length=len(SOUND))
    connection.send(SOUND)


@BOTH
def test_the_file_is_written_and_nothing_printed(
    igw: Run, asked: tuple[str, ...], content: bytes, tmp_path: Path
) -> None:
    """The file has the response's bytes, and both outputs are empty."""
    file = tmp_path / "out"
    with serving(good) as server:
        done = igw(*asked, "-o", str(file), "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ((*IMAGE, "--size", "256x256"), {"model": "dall", "prompt": "a cat", "size": "256x256"}),
        (("image", "a cat", "--provider", "openai"), {"prompt": "a cat"}),
        ((*SPEAK, "--format", "wav"), {"model": "tts", "input": "Hello", "voice": "alloy", "response_format": "wav"}),
        (SPEAK, {"model": "tts", "input": "Hello", "voice": "alloy"}),
    ],
)
def test_the_options_are_sent(igw: Run, asked: tuple[str, ...], sent: dict[str, str]) -> None:
    """Only the given options are sent."""
    with serving(good) as server:
        done = igw(*asked, "--json", "--base-url", server.url)
    assert done.returncode == 0, done.stderr
    body = server.requests[0].json()
    if "model" in sent:
        body["model"] = body["model"].removeprefix("openai/")
    assert body == sent


def test_the_suffix_is_the_format_and_another_type_is_remarked_upon(igw: Run, tmp_path: Path) -> None:
    """A sound is requested in the format of the suffix; a file of another type gets a remark."""
    with serving(good) as server:
        sound = igw(*SPEAK, "-o", str(tmp_path / "n.wav"), "--base-url", server.url)
        picture = igw(*IMAGE, "-o", str(tmp_path / "cat.jpg"), "--base-url", server.url)
        assert server.requests[0].json()["response_format"] == "wav"
    assert (sound.returncode, picture.returncode) == (0, 0)
    assert "n.wav is an MP3 sound" in sound.stderr
    assert "cat.jpg is a PNG picture" in picture.stderr


@BOTH
def test_json_is_the_whole_answer(igw: Run, asked: tuple[str, ...], content: bytes, tmp_path: Path) -> None:
    """The JSON has the bytes as base64; a file is optional, and written if named."""
    file = tmp_path / "out"
    with serving(good) as server:
        alone = igw(*asked, "--json", "--base-url", server.url)
        both = igw(*asked, "--json", "-o", str(file), "--base-url", server.url)
    assert (alone.returncode, both.returncode, alone.stderr, both.stderr) == (0, 0, "", "")
    encoded = base64.b64encode(content).decode()
    expected = (
        {"created": 1, "data": [{"b64_json": encoded}], "novel": 1}
        if asked is IMAGE
        else {"content_type": "audio/mpeg", "base64": encoded}
    )
    assert json.loads(alone.stdout) == json.loads(both.stdout) == expected
    assert file.read_bytes() == content


@BOTH
def test_a_file_is_replaced_only_with_force(igw: Run, asked: tuple[str, ...], content: bytes, tmp_path: Path) -> None:
    """Without --force the gateway is not called, because the call would cost money."""
    file = tmp_path / "out"
    file.write_bytes(b"dear to me, and longer than what is to come" * 2)
    with serving(good) as server:
        kept = igw(*asked, "-o", str(file), "--base-url", server.url)
        assert (kept.returncode, kept.stdout, server.requests) == (2, "", [])
        assert "--force" in kept.stderr
        assert file.read_bytes().startswith(b"dear to me")
        assert igw(*asked, "-o", str(file), "--force", "--base-url", server.url).returncode == 0
    assert file.read_bytes() == content


@BOTH
def test_a_refusal_writes_nothing(igw: Run, asked: tuple[str, ...], content: bytes, tmp_path: Path) -> None:
    """The gateway's message is on the standard error, the exit code is 1, and there is no file."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": {"message": "not today"}}, 400)

    with serving(handler) as server:
        done = igw(*asked, "-o", str(tmp_path / "out"), "--base-url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("igw: 400: not today")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_in_the_meantime_is_kept(tmp_path: Path) -> None:
    """A file that appeared during the call is not replaced."""
    file = tmp_path / "out"
    output = OutputFile(file, force=False)
    file.write_bytes(b"dear to me")
    with pytest.raises(FailureError, match="cannot be written"):
        output.write(PNG)
    assert file.read_bytes() == b"dear to me"


def test_a_sound_that_breaks_off_is_not_written(igw_process: Run, tmp_path: Path) -> None:
    """A truncated sound leaves no file."""

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "audio/mpeg", length=100)
        connection.send(SOUND)
        connection.close()

    with serving(handler) as server:
        done = igw_process(*SPEAK, "-o", str(tmp_path / "out"), "--base-url", server.url)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert len(done.stderr.splitlines()) <= 2


def test_a_picture_at_an_address_is_fetched(igw: Run, tmp_path: Path) -> None:
    """The image is fetched from the provider's URL, without the token."""

    def handler(connection: Connection, request: Request) -> None:
        if request.method == "POST":
            connection.json({"created": 1, "data": [{"url": f"http://{request.headers['host']}/there.png"}]})
            return
        connection.head(200, "image/png", length=len(PNG))
        connection.send(PNG)

    file = tmp_path / "out"
    with serving(handler) as server:
        done = igw(*IMAGE, "-o", str(file), "--base-url", server.url, INFERENCE_GATEWAY_TOKEN="secret")
    assert (done.returncode, done.stderr) == (0, "")
    assert file.read_bytes() == PNG
    assert [("authorization" in one.headers, one.path) for one in server.requests] == [
        (True, "/v1/images/generations"),
        (False, "/there.png"),
    ]


@pytest.mark.parametrize("data", [[], [{"revised_prompt": "a cat"}]])
def test_an_answer_without_a_picture_fails(igw: Run, data: list[object], tmp_path: Path) -> None:
    """An answer without an image is exit code 1, because the command line was right."""
    with serving(lambda connection, _: connection.json({"created": 1, "data": data})) as server:
        done = igw(*IMAGE, "-o", str(tmp_path / "out"), "--base-url", server.url)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert done.stderr.startswith("igw: ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (IMAGE, "-o FILE"),
        ((*IMAGE, "-o", "."), "a folder"),
        ((*IMAGE, "-o", "no/such/file"), "the folder no/such does not exist"),
        (("image", "", "-o", "x"), "the prompt is empty"),
        (SPEAK, "-o FILE"),
        (("speak", "Hi", "--model", "openai/tts", "-o", "x"), "--voice"),
        (("speak", "Hi", "--voice", "alloy", "-o", "x"), "--model"),
    ],
)
def test_bad_usage_is_2(igw: Run, arguments: tuple[str, ...], named: str) -> None:
    """The fault is named before a gateway is called."""
    done = igw(*arguments, "--base-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr
