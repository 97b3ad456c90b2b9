"""Every Python block of the README and of docs/, run against a gateway on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import trustme

from client.message_faults import GOOD as MESSAGE_EVENTS
from client.message_faults import MESSAGE
from client.response_faults import GOOD as RESPONSE_EVENTS
from client.response_faults import RESPONSE
from inference_gateway_sdk.embedded import ScriptedProvider, Settings, running
from support.forked import Interpreter, interpreter
from support.samples import sample
from support.server import ANSWER, GOOD, MODELS, Connection, Request, serving

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN_PAGES = {
    "README.md",
    "docs/conversations.md",
    "docs/observability.md",
    "docs/quickstart.md",
    "docs/structured-output.md",
    "docs/tools.md",
}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+?)(?:#[^)]*)?\)")


def blocks() -> list[Any]:
    """Return every block as (page and line, code)."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 2
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


def gateway(connection: Connection, request: Request) -> None:
    """Serve every endpoint that a document uses."""
    if request.path == "/v1/models":
        connection.json(MODELS)
    elif request.path == "/health":
        connection.json({"message": "OK"})
    elif not request.path.endswith("/chat/completions") and sample(connection, request):
        return
    elif request.path == "/v1/messages":
        _answer(connection, request, MESSAGE, MESSAGE_EVENTS)
    elif request.path == "/v1/responses":
        _answer(connection, request, RESPONSE, RESPONSE_EVENTS)
    else:
        _answer(connection, request, ANSWER, GOOD)


def add(a: int, b: int) -> int:
    """Add two numbers: a tool of the gateway's own."""
    return a + b


def answering_itself() -> AbstractContextManager[str]:
    """Return a gateway whose provider calls the tools of the request, and fits its answers to the schemas."""
    return running(Settings(port=0, push_metrics=True, expose_mcp=True), scripted=ScriptedProvider(), tools=[add])


def _answer(connection: Connection, request: Request, whole: Any, events: list[bytes]) -> None:
    if request.json().get("stream"):
        connection.events(*events)
    else:
        connection.json(whole)


@pytest.fixture(scope="module")
def programs() -> Iterator[Interpreter]:
    """Return an interpreter for the blocks."""
    with interpreter() as opened:
        yield opened


@pytest.mark.parametrize("code", blocks())
def test_a_block_of_the_documents_runs(
    code: str, programs: Interpreter, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The block runs without a warning, except about clients that a script leaves open."""
    if "llamacpp/" in code:
        request.getfixturevalue("place")  # the smoke-test model's weights
    if '"ca.pem"' in code:
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made_up = request.node.callspec.id.partition(":")[0] in RUN_PAGES
    with answering_itself() if made_up else serving(gateway) as server:
        monkeypatch.setenv("INFERENCE_GATEWAY_URL", server if isinstance(server, str) else server.url)
        done = programs.run(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_the_documents_lead_somewhere(page: Path) -> None:
    """A relative link names a file that exists."""
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not missing


def test_the_readme_opens_with_two_commands() -> None:
    """One command chats with the local model, one runs every check; each is complete on one line."""
    shell = re.search(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert shell is not None
    chat, check = shell[1].splitlines()
    assert chat.startswith("python3 -m venv .venv && ") and "igw chat --local" in chat
    assert check.startswith("python3 -m venv .venv && ") and check.endswith("poe check")
