"""The `igw` command. It needs the extra `cli`, and without it fails with a one-line message."""

from __future__ import annotations

import sys

from .._version import install_command

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit: 0 success, 1 the gateway refused or did not answer, 2 bad usage."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("typer", "rich", "click"):
            raise
        print(f"igw: the command line needs {missing}: {install_command('cli')}", file=sys.stderr)
        raise SystemExit(2) from None
    run()
