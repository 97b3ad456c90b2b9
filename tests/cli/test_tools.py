"""`igw tools`: from gateways of either age, in each of its forms."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from support.server import Connection, Handler, Request, serving

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = pytest.mark.wire

Run = Callable[..., subprocess.CompletedProcess[str]]
NOW = {"name": "mcp_now", "description": "Say\nthe [bold] time\x1b[2J", "inputSchema": {}, "novel": 1}
OLD = {"name": "mcp_old", "description": "", "server": "http://s/mcp", "input_schema": {}}


def today(connection: Connection, request: Request) -> None:
    """Answer as a gateway that serves MCP."""
    assert request.path == "/mcp"
    connection.json({"jsonrpc": "2.0", "id": 1, "result": {"tools": [NOW]}})


def earlier(connection: Connection, request: Request) -> None:
    """Answer as a gateway up to 0.48."""
    if request.path == "/v1/mcp/tools":
        connection.json({"object": "list", "data": [OLD]})
    else:
        connection.json({"error": "Requested route is not found"}, 404)


@pytest.mark.parametrize(
    ("handler", "line"), [(today, "mcp_now\tSay the [bold] time\x1b[2J\n"), (earlier, "mcp_old\t-\n")]
)
def test_tools_are_lines_for_other_programs(igw: Run, handler: Handler, line: str) -> None:
    """Each tool is one line, for gateways of any age and for any description."""
    with serving(handler) as server:
        done = igw("tools", "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")


@pytest.mark.parametrize(("handler", "tool"), [(today, NOW), (earlier, OLD)])
def test_tools_as_json_are_as_they_came(igw: Run, handler: Handler, tool: dict[str, object]) -> None:
    """The list is printed whole, with fields that no contract lists."""
    with serving(handler) as server:
        done = igw("tools", "--json", "--base-url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [tool]


def test_tools_are_a_table_at_a_terminal(terminal: Callable[..., Terminal]) -> None:
    """Brackets are not markup, and a description has no terminal commands."""
    with serving(today) as server:
        screen = terminal("tools", "--base-url", server.url, NO_COLOR="1")
        assert screen.ends() == 0, screen.shown
    assert "what it does" in screen.shown
    assert "the [bold] time[2J" in screen.shown
    assert "\x1b[2J" not in screen.shown


def test_an_ascii_locale_is_no_reason_to_fail(igw: Run) -> None:
    """A character outside the locale becomes a question mark."""
    tool = {**NOW, "description": "caf\u00e9"}
    with serving(
        lambda connection, _: connection.json({"jsonrpc": "2.0", "id": 1, "result": {"tools": [tool]}})
    ) as one:
        done = igw("tools", "--base-url", one.url, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "mcp_now\tcaf?\n", "")


def test_no_tools_are_no_lines(igw: Run, terminal: Callable[..., Terminal]) -> None:
    """A pipe gets no output, and a terminal a remark."""
    with serving(lambda connection, _: connection.json({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}})) as server:
        done = igw("tools", "--base-url", server.url)
        screen = terminal("tools", "--base-url", server.url)
        assert screen.ends() == 0
    assert (done.returncode, done.stdout) == (0, "")
    assert screen.shown == "igw: the gateway offers no tools\n"


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, {"error": "Requested route is not found"}), (403, {"error": "mcp tools endpoint is not exposed"})],
)
def test_a_gateway_that_shows_no_tools_is_1_with_the_remedy(igw: Run, status: int, body: dict[str, str]) -> None:
    """The message names the setting that lists the tools."""
    with serving(lambda connection, _: connection.json(body, status)) as server:
        done = igw("tools", "--base-url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    refusal, hint = done.stderr.splitlines()
    assert str(status) in refusal
    assert "MCP_EXPOSE=true" in hint
