"""Options and arguments that several commands share: the prompt, the output file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .output import FailureError, UsageError

__all__ = [
    "BaseUrl",
    "Force",
    "Json",
    "MaxTokens",
    "ModelName",
    "Output",
    "OutputFile",
    "Prompt",
    "Provider",
    "System",
    "Temperature",
    "Weights",
    "output_file",
    "read_prompt",
    "require_prompt",
]


BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The gateway's address; default INFERENCE_GATEWAY_URL, else http://localhost:8080/v1.",
    ),
]
Provider = Annotated[str | None, typer.Option("--provider", metavar="ID", help="Ask this provider, such as openai.")]
ModelName = Annotated[
    str, typer.Option("--model", "-m", metavar="MODEL", help="provider/name, or a bare name with --provider.")
]
System = Annotated[str | None, typer.Option("--system", metavar="TEXT", help="What the model is told beforehand.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="The longest answer, in tokens.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, max=2, help="0 for the likeliest words; more is wilder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="PATH",
        help="A GGUF file to use in place of the smoke-test model; default INFERENCE_GATEWAY_WEIGHTS.",
    ),
]


Prompt = Annotated[
    str | None,
    typer.Argument(
        metavar="[PROMPT]",
        help="What to say; - reads the standard input, as a pipe without PROMPT does.",
        show_default=False,
    ),
]


def read_prompt(prompt: str | None, command: str) -> str | None:
    """What the user said; None when that is nothing, and somebody sits at a terminal.

    Raises:
        UsageError: What was said is empty.
    """
    if prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return None
    text = prompt
    if prompt in (None, "-") and sys.stdin is not None:
        text = sys.stdin.read().rstrip("\r\n")  # the last line's end is the file's, not the question's
    if not text or not text.strip():
        raise _empty(command)
    return text


def require_prompt(prompt: str | None, command: str) -> str:
    """What the user said.

    Raises:
        UsageError: Nothing.
    """
    text = read_prompt(prompt, command)
    if text is None:
        raise _empty(command)
    return text


def _empty(command: str) -> UsageError:
    return UsageError(f"the prompt is empty: write igw {command} 'Hello', or pipe text into igw {command}")


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
