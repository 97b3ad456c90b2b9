"""The real gateway's recorded answers with MCP on, asked for again with the same provider behind."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk.embedded import Access, McpSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import RawAnswer
    from embedded.mcp.clock import Clock

    Start = Callable[..., str]

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"
CAPTURES = SHARED / "captures" / "gateway"

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not beside this checkout"),
]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the provider that stood behind the real gateway."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("provider") / "log.jsonl"
    command = [sys.executable, str(SHARED / "gateway" / "scripted_provider.py"), str(port), str(log)]
    with subprocess.Popen(command) as process:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def _await(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the provider did not start")


def _ask(url: str, name: str, raw_answer: type[RawAnswer]) -> RawAnswer:
    head, _, body = (CAPTURES / f"{name}.request.txt").read_bytes().partition(b"\n\n")
    host, _, port = url.removeprefix("http://").partition(":")
    announced = re.search(rb"Content-Length: ([0-9]+)", head)
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body[: int(announced[1]) if announced else 0])
        data = b""
        while more := connection.recv(65536):
            data += more
    return raw_answer(data)


@pytest.mark.parametrize(
    "name", ["mcpsel/chat_nokey", "mcpsel/mcp_s", "mcpsel/mcp_s_err", "mcpsel/tools_list", "mcpdead/chat"]
)
def test_the_recorded_answer_is_reproduced(
    start: Start, clock: Clock, provider: str, raw_answer: type[RawAnswer], name: str
) -> None:
    """Status, headers and body as the real gateway sent them, chunk by chunk; only a date and a port may differ."""
    server = clock.url if name.startswith("mcpsel/") else "http://127.0.0.1:9/mcp"
    mcp = McpSettings(enabled=True, servers=(server,), reconnect_interval=None, exclude=("slow",))
    access = {"openai": Access(url=provider, key="k")}
    ours = _ask(start(mcp=mcp, access=access, expose_mcp=True, quirks="v0.48"), name, raw_answer)
    theirs = raw_answer((CAPTURES / f"{name}.response.http").read_bytes())
    if name == "mcpsel/tools_list":
        _without_the_third(ours, clock)
    assert (ours.status, ours.headers, ours.chunks, ours.whole) == (
        theirs.status,
        theirs.headers,
        theirs.chunks,
        theirs.whole,
    )


def _without_the_third(answer: RawAnswer, clock: Clock) -> None:
    """Take out the tool that the recorded server did not have, and its server's port."""
    body: Any = answer.chunks[0].replace(clock.url.encode(), b"http://127.0.0.1:9910/mcp")
    body, taken = re.subn(rb',\{"description":"Take your time".*?"server":"[^"]*"\}', b"", body)
    assert taken == 1
    answer.chunks = [body]
    answer.headers["content-length"] = str(len(body))
