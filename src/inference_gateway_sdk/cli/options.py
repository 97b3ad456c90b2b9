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
System = Annotated[str | None, typer.Option("--system", metavar="TEXT", help="The system message.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="The token limit of the answer.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, max=2, help="0 for the most likely tokens; more adds variety.")
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
        help="The prompt; - reads standard input, as does a pipe without PROMPT.",
        show_default=False,
    ),
]


def read_prompt(prompt: str | None, command: str) -> str | None:
    """Return the prompt, or None if there is none and standard input is a terminal.

    Raises:
        UsageError: The prompt is empty.
    """
    if prompt is None and sys.stdin is not None and sys.stdin.isatty():
        return None
    text = prompt
    if prompt in (None, "-") and sys.stdin is not None:
        text = sys.stdin.read().rstrip("\r\n")  # the line break ends the file and is not part of the question
    if not text or not text.strip():
        raise _empty(command)
    return text


def require_prompt(prompt: str | None, command: str) -> str:
    """Return the prompt.

    Raises:
        UsageError: There is no prompt, or it is empty.
    """
    text = read_prompt(prompt, command)
    if text is None:
        raise _empty(command)
    return text


def _empty(command: str) -> UsageError:
    return UsageError(f"the prompt is empty: write igw {command} 'Hello', or pipe text into igw {command}")


Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The file to write; optional with --json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")]


class OutputFile:
    """A file to write.

    Raises:
        UsageError: The path is not writable, or the file exists and may not be replaced.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        if path.is_dir():
            raise UsageError(f"-o {path} is a folder: write the path of a file")
        if not path.parent.is_dir():
            raise UsageError(f"-o {path}: the folder {path.parent} does not exist")
        if path.exists() and not force:
            raise UsageError(f"{path} exists", "choose another file with -o, or replace it with --force")
        self._path = path
        self._mode = "wb" if force else "xb"  # "x" also fails if the file was created in the meantime

    def write(self, content: bytes) -> None:
        """Write the file.

        Raises:
            FailureError: The file could not be written.
        """
        try:
            with self._path.open(self._mode) as file:
                file.write(content)
        except OSError as error:
            raise FailureError(f"{self._path} cannot be written: {error.strerror}") from error


def output_file(path: Path | None, *, force: bool, as_json: bool) -> OutputFile | None:
    """Return the file of a command's options, or None with --json only. Raises the errors of `OutputFile`."""
    if path is not None:
        return OutputFile(path, force=force)
    if not as_json:
        raise UsageError("no output: add -o FILE or --json")
    return None
