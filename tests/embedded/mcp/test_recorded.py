"""The real gateway's recorded answers with MCP enabled, requested again with the same provider."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from embedded.recordings import CAPTURES, MCP_CASES, asked, provider_behind
from inference_gateway_sdk.embedded import Access, McpSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import RawAnswer
    from embedded.mcp.clock import Clock

    Start = Callable[..., str]

pytestmark = [pytest.mark.wire]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the provider of the real gateway."""
    with provider_behind(tmp_path_factory.mktemp("provider")) as url:
        yield url


def _ask(url: str, name: str, raw_answer: type[RawAnswer]) -> RawAnswer:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(asked(name))
        data = b""
        while more := connection.recv(65536):
            data += more
    return raw_answer(data)


@pytest.mark.parametrize("name", MCP_CASES)
def test_the_recorded_answer_is_reproduced(
    start: Start, clock: Clock, provider: str, raw_answer: type[RawAnswer], name: str
) -> None:
    """Status, headers and body equal the real gateway's, chunk by chunk, except for a date and a port."""
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
    """Remove the tool that the recorded server did not have, and its server's port."""
    body: Any = answer.chunks[0].replace(clock.url.encode(), b"http://127.0.0.1:9910/mcp")
    body, taken = re.subn(rb',\{"description":"Take your time".*?"server":"[^"]*"\}', b"", body)
    assert taken == 1
    answer.chunks = [body]
    answer.headers["content-length"] = str(len(body))
