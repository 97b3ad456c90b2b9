"""The `igw` command. Its needs are the extra `cli`; without them it says so in one line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit: 0 done, 1 the gateway said no or did not answer, 2 bad usage."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich", "click"):
            raise
        print(f"igw: the command line needs {error.name}: pip install 'inference-gateway-sdk[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    run()
