"""`igw serve` as a separate process for the duration of a block."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = [sys.executable, "-c", "from inference_gateway_sdk.cli import main; main()", "serve", "--port", "0"]
SERVE_SCRIPTED = [*SERVE, "--scripted"]
_SURROUNDINGS = re.compile(r"(?i)\w+_proxy|inference_gateway_(?!weights)\w+|server_\w+|\w+_api_(key|url)")


@contextmanager
def served(log: Path, command: list[str], **environ: str) -> Iterator[str]:
    """Yield the address of an `igw serve` without this machine's settings; it must exit cleanly."""
    plain = {name: value for name, value in os.environ.items() if not _SURROUNDINGS.fullmatch(name)}
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=output,
            env={**plain, "PYTHONWARNINGS": "error", **environ},
        )
    try:
        yield _announced(process, log)
        process.terminate()
        assert process.wait(30) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"serving at (http://\S+)/v1", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"it did not start: {log.read_text()!r}")
