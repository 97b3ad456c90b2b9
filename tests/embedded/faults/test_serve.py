"""`igw serve --faults FILE` and `--fault-header`, as run from a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.wire

IGW = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()"]


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[str, Path]]:
    """Yield the address of a running `igw serve`, and its output file."""
    log = folder / "output.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*IGW, "serve", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stderr=output,
            env={**os.environ, "PYTHONWARNINGS": "error", "XDG_CACHE_HOME": str(folder)},
        )
    try:
        end = time.monotonic() + 60
        while not (found := re.search(r"http://\S+(?=/v1)", log.read_text())):
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield found[0], log
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_a_file_defines_the_faults(tmp_path: Path) -> None:
    """The rules of a file apply, the header too when enabled, and the output states that faults are injected."""
    (tmp_path / "faults.toml").write_text(
        '[[rules]]\npath = "/health"\nsequence = ["status; status=503", "truncate"]\n'
    )
    with served(tmp_path, "--faults", str(tmp_path / "faults.toml"), "--fault-header") as (url, log):
        with httpx2.Client(base_url=url, timeout=20, trust_env=False) as client:
            answers = [client.get("/health") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [503, 200, 200]
            assert answers[2].content.startswith(answers[1].content)
            assert len(answers[1].content) < len(answers[2].content)
            assert client.get("/health", headers={"X-Igw-Fault": "status; status=418"}).status_code == 418
            with pytest.raises(httpx2.ReadError):
                client.get("/health", headers={"X-Igw-Fault": "reset-mid-body"})
        output = log.read_text()
    assert "faults are injected on purpose: 1 rule, and requests may name their own in X-Igw-Fault" in output


def test_a_bad_file_ends_the_start(tmp_path: Path) -> None:
    """A bad file ends the start with one line that has the position and the reason, and the exit code of bad usage."""
    file = tmp_path / "faults.toml"
    file.write_text('[[rules]]\nfault = "reset-midbody"\n')
    done = subprocess.run(
        [*IGW, "serve", "--faults", str(file)], capture_output=True, text=True, timeout=60, check=False, env=os.environ
    )
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"igw: {file}: rule 1: unknown fault 'reset-midbody': did you mean 'reset-mid-body'?"
    )
