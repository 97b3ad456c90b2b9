"""`igw proxy`: the request to the provider, and its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = pytest.mark.wire

Run = Callable[..., subprocess.CompletedProcess[str]]


def good(connection: Connection, request: Request) -> None:
    """Answer with the request's body."""
    connection.json({"received": request.body.decode()}, 200, "X-Request-Id: r1")


@pytest.mark.parametrize(
    ("arguments", "typed", "method", "body"),
    [
        ((), "", "GET", ""),
        (("-d", '{"a": 1.0}'), "", "POST", '{"a": 1.0}'),
        (("-X", "patch", "-d", "-"), "[1]\n", "PATCH", "[1]\n"),
        (("-X", "DELETE"), "", "DELETE", ""),
    ],
)
def test_what_is_sent(igw: Run, arguments: tuple[str, ...], typed: str, method: str, body: str) -> None:
    """The method is GET without a body and POST with one by default; the JSON is sent as written."""
    with serving(good) as server:
        done = igw("proxy", "openai", "files/f1?limit=2&a=", *arguments, "--base-url", server.url, typed=typed)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"received": body}
    (request,) = server.requests
    assert (request.method, request.target, request.body.decode()) == (
        method,
        "/proxy/openai/files/f1?limit=2&a=",
        body,
    )


def test_a_pipe_gets_the_bytes() -> None:
    """A pipe gets the provider's bytes unchanged."""
    content = b"\x89PNG\x00\xff\r\n"

    def handler(connection: Connection, request: Request) -> None:
        connection.head(200, "image/png", length=len(content))
        connection.send(content)

    with serving(handler) as server:
        command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "proxy", "openai", "x"]
        done = subprocess.run([*command, "--base-url", server.url], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")


def test_a_terminal_gets_text_that_is_harmless(terminal: Callable[..., Terminal]) -> None:
    """A terminal gets text without control codes, ended by a line break."""
    with serving(lambda connection, _: connection.json(b'"\x1b[2J"')) as server:
        screen = terminal("proxy", "openai", "x", "--base-url", server.url)
        assert screen.ends() == 0, screen.shown
    assert screen.shown == '"[2J"\n'


@pytest.mark.parametrize(("body", "printed"), [(b'{"a": 1}', {"a": 1}), (b"plain", "plain")])
def test_json_is_status_headers_and_body(igw: Run, body: bytes, printed: object) -> None:
    """The whole answer is printed; a body that is not JSON is a string."""
    with serving(lambda connection, _: connection.json(body, 201, "X-Request-Id: r1")) as server:
        done = igw("proxy", "openai", "x", "--json", "--base-url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    reply = json.loads(done.stdout)
    assert (reply["status"], reply["headers"]["x-request-id"], reply["body"]) == (201, "r1", printed)


def test_a_providers_refusal_is_1(igw: Run) -> None:
    """The output has the provider's status and message."""
    with serving(lambda connection, _: connection.json({"error": {"message": "no such file"}}, 404)) as server:
        done = igw("proxy", "openai", "files/f1", "--base-url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("igw: 404: no such file")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("openai",), "PATH"),
        (("openai", "v1/models"), "repeats the version"),
        (("openai", "../secrets"), "dot segment"),
        (("openai", "x?a=1&a=2"), "a repeated name"),
        (("openai", "x", "-d", "{"), "-d is not JSON"),
        (("openai", "x", "-X", "FETCH"), "method must be one of"),
        (("openai", "x", "-X", "GET", "-d", "{}"), "GET"),
    ],
)
def test_bad_usage_is_2(igw: Run, arguments: tuple[str, ...], named: str) -> None:
    """A path that the gateway's proxy would corrupt is refused with the reason, before anything is sent."""
    done = igw("proxy", *arguments, "--base-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
