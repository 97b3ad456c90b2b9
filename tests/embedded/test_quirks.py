"""The quirks: each is named, described, tried, and decided in one place."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference_gateway_sdk.embedded.quirks import RELEASES, Quirks, named

ROOT = Path(__file__).resolve().parents[2]
NAMES = Quirks.__struct_fields__


def test_none_is_there_unless_a_release_is_named() -> None:
    """The contract's behaviour is the default; a release has them all."""
    assert not any(getattr(named(None), name) for name in NAMES)
    assert all(getattr(named("v0.48"), name) for name in NAMES)


@pytest.mark.parametrize("release", ["", "0.48", "v0.49", "V0.48"])
def test_an_unknown_release_is_refused_by_name(release: str) -> None:
    """The sentence says which there are."""
    with pytest.raises(ValueError, match=f"{release!r} is not a release .* write {' or '.join(RELEASES)}"):
        named(release)


def test_the_command_refuses_an_unknown_release() -> None:
    """A sentence and the exit code of a wrong use, before anything listens."""
    command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "serve", "--quirks", "v9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "'v9' is not a release" in done.stderr
    assert "write v0.48" in done.stderr


def test_each_is_described_with_its_section() -> None:
    """The class's own words name the section of each, and so does the table of the documentation."""
    words = Quirks.__doc__ or ""
    for name in NAMES:
        assert re.search(rf"^ +{name}: (?:(?!\n {{8}}\w).)*?\((?:WIRE )?sections? [0-9]", words, re.M | re.S), name
    rows = re.findall(r"^\| `(\w+)` \| ([0-9., ]+) \|", (ROOT / "docs" / "embedded.md").read_text(), re.M)
    assert [name for name, _ in rows] == list(NAMES)


def test_each_is_decided_somewhere_and_tried_by_a_test() -> None:
    """No quirk is a name alone: code asks for it, and a case or a test turns on it."""
    code = "".join(path.read_text() for path in (ROOT / "src/inference_gateway_sdk/embedded").rglob("*.py"))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_wire_*.py"))
    for name in NAMES:
        assert re.search(rf"\.{name}\b", code), name
        assert f'"{name}"' in tests, name


@pytest.mark.wire
def test_a_gateway_with_a_short_time_to_write_ends_in_good_order(tmp_path: Path) -> None:
    """The deadline is one of answers: the end of the gateway itself, long after it, says nothing in the log."""
    environ = {"SERVER_WRITE_TIMEOUT": "100ms", "SERVER_PORT": "0", "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "serve", "--quirks", "v0.48"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert "serving at http://127.0.0.1:" in first
    assert (process.returncode, "Error" in rest, "Traceback" in rest) == (0, False, False), rest
