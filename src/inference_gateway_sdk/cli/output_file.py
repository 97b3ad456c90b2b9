"""The file that a command writes: looked at before anything is asked for, written when the answer is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .outcome import FailureError, UsageError

__all__ = ["Force", "Output", "OutputFile", "output_file"]

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write; may be left out with --json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")]


class OutputFile:
    """A file to be written.

    Raises:
        UsageError: It cannot be written there, or exists and is not to be replaced.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        if path.is_dir():
            raise UsageError(f"-o {path} is a folder: name a file")
        if not path.parent.is_dir():
            raise UsageError(f"-o {path}: there is no folder {path.parent}")
        if path.exists() and not force:
            raise UsageError(f"{path} exists", "write elsewhere with -o, or replace it with --force")
        self._path = path
        self._mode = "wb" if force else "xb"  # one that appeared in the meantime is not replaced either

    def write(self, content: bytes) -> None:
        """Write the file.

        Raises:
            FailureError: That was not possible.
        """
        try:
            with self._path.open(self._mode) as file:
                file.write(content)
        except OSError as error:
            raise FailureError(f"{self._path} cannot be written: {error.strerror}") from error


def output_file(path: Path | None, *, force: bool, as_json: bool) -> OutputFile | None:
    """The file of a command's options; None for JSON alone. Raises as `OutputFile`."""
    if path is not None:
        return OutputFile(path, force=force)
    if not as_json:
        raise UsageError("nowhere to write: name a file with -o FILE, or ask for --json")
    return None
