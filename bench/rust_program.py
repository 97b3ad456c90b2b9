"""The Rust client's program, built by cargo if it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "rust"
BUILD = 1200  # seconds, the first time


class NotBuiltError(Exception):
    """The error for a program that cannot be built."""


def program() -> str:
    """Return the path of the program, and build it if its source is newer."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NotBuiltError("cargo is not installed")
    command = [cargo, "build", "--release", "--quiet", "--message-format=short"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=BUILD, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotBuiltError(f"cargo took more than {BUILD} s") from error
    if done.returncode != 0:
        raise NotBuiltError("cargo build failed: " + (done.stderr.strip().splitlines() or ["no output"])[-1])
    return str(FOLDER / "target" / "release" / "bench")
