"""The quirks: each is named, described, tested, and decided in one place."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk.embedded.client_connection import WriteDeadline
from inference_gateway_sdk.embedded.quirks import RELEASES, Quirks, named

ROOT = Path(__file__).resolve().parents[2]
NAMES = Quirks.__struct_fields__


def test_none_is_there_unless_a_release_is_named() -> None:
    """The contract's behaviour is the default; a release enables all its quirks."""
    assert not any(getattr(named(None), name) for name in NAMES)
    assert all(getattr(named("v0.48"), name) for name in NAMES)


@pytest.mark.parametrize("release", ["", "0.48", "v0.49", "V0.48"])
def test_an_unknown_release_is_refused_by_name(release: str) -> None:
    """The error lists the releases."""
    with pytest.raises(ValueError, match=f"{release!r} is not a release .* write {' or '.join(RELEASES)}"):
        named(release)


def test_the_command_refuses_an_unknown_release() -> None:
    """The command prints a sentence and exits with the code of bad usage, before anything listens."""
    command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "serve", "--quirks", "v9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "'v9' is not a release" in done.stderr
    assert "write v0.48" in done.stderr


def test_each_is_described_with_its_section() -> None:
    """The section of each is in the class's docstring, and in the table of the documentation."""
    words = Quirks.__doc__ or ""
    for name in NAMES:
        assert re.search(rf"^ +{name}: (?:(?!\n +\w+: ).)*?\((?:gateway-behaviour\.md)?#[a-z]", words, re.M | re.S), (
            name
        )
    rows = re.findall(r"^\| `(\w+)` \| (\[.+?) \|", (ROOT / "docs" / "embedded.md").read_text(), re.M)
    assert [name for name, _ in rows] == list(NAMES)
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "gateway-behaviour.md").read_text(), re.M)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    for name, section in rows:
        linked = re.findall(r"\]\(gateway-behaviour\.md#([a-z-]+)\)", section)
        assert linked and anchors.issuperset(linked), name


def test_each_is_decided_somewhere_and_tried_by_a_test() -> None:
    """Each quirk is read by code, and a case or a test enables it."""
    code = "".join(path.read_text() for path in (ROOT / "src/inference_gateway_sdk/embedded").rglob("*.py"))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_behaviour_*.py"))
    for name in NAMES:
        assert re.search(rf"\.{name}\b", code), name
        assert f'"{name}"' in tests, name


def test_the_time_to_write_is_one_of_answers() -> None:
    """The end of a gateway's own wait, long after the deadline began, is reported unchanged."""
    sent: list[object] = []

    async def app(_: object, __: object, send: Any) -> None:
        await send({"type": "lifespan.shutdown.complete"})

    async def take(message: object) -> None:
        sent.append(message)

    asyncio.run(WriteDeadline(app, 0.0)({"type": "lifespan"}, never, take))
    assert sent == [{"type": "lifespan.shutdown.complete"}]


def test_where_there_is_no_connection_to_close_it_is_an_error() -> None:
    """An application without a socket raises when the answer is cut."""

    async def app(_: object, __: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    with pytest.raises(ConnectionAbortedError):
        asyncio.run(WriteDeadline(app, 0.0)({"type": "http"}, never, never))


async def never(*_: object) -> Any:
    """Fail: nothing may be received or sent."""
    raise AssertionError("the application is to be cut before")
