"""The Rust client's program: built by cargo where cargo is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "rust"
BUILD = 1200  # seconds, the first time


class NotBuiltError(Exception):
    """There is no program, and why."""


def program() -> str:
    """The path of the program, built if its source is newer."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NotBuiltError("cargo is not installed")
    command = [cargo, "build", "--release", "--quiet", "--message-format=short"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=BUILD, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotBuiltError(f"cargo took more than {BUILD} s") from error
    if done.returncode != 0:
        raise NotBuiltError("cargo build failed: " + (done.stderr.strip().splitlines() or ["no word why"])[-1])
    return str(FOLDER / "target" / "release" / "bench")
