"""Options and arguments of the commands, and the files they name: output, tools, JSON schema, transcript."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from .. import InferenceGatewayClient, Tool, Transcript, tool
from .. import Provider as ProviderId
from .._version import install_command
from ..errors import DecodingError, DeserializationError
from .output import FailureError, UsageError, echo_err

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "FORMATS",
    "AnswerSchema",
    "BaseUrl",
    "CaFile",
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
    "Token",
    "TranscriptFile",
    "Weights",
    "complete_model",
    "complete_provider",
    "output_file",
    "read_prompt",
    "read_tools",
    "require_prompt",
    "warn_of_other_type",
]


BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The gateway's address; default INFERENCE_GATEWAY_URL, else http://localhost:8080/v1.",
    ),
]
Token = Annotated[
    str | None,
    typer.Option("--token", metavar="TOKEN", help="The gateway's token; INFERENCE_GATEWAY_TOKEN keeps it out of ps."),
]
CaFile = Annotated[
    Path | None, typer.Option("--ca", metavar="FILE", help="Certificates to trust in place of the system's.")
]


def complete_provider(incomplete: str) -> list[str]:
    """Return the ids of providers for the shell's completion."""
    return [one.value for one in ProviderId if one.value.startswith(incomplete)]


def complete_model(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the gateway's models for the shell's completion; none if it does not answer within 2 s."""
    given = ctx.params
    with contextlib.suppress(Exception):
        url, token, ca = given.get("base_url"), given.get("token"), given.get("ca")
        with InferenceGatewayClient(url, token, ca=ca, timeout=2.0, max_retries=0) as client:
            names = [model.id for model in client.list_models(given.get("provider"))]
        return [name for name in names if name.startswith(incomplete)]
    return []


Provider = Annotated[
    str | None,
    typer.Option(
        "--provider", metavar="ID", help="Ask this provider, such as openai.", autocompletion=complete_provider
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="provider/name, or a bare name with --provider.",
        autocompletion=complete_model,
    ),
]
System = Annotated[str | None, typer.Option("--system", metavar="TEXT", help="The system message.")]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", min=1, metavar="N", help="The token limit of the answer.")
]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", min=0, max=2, metavar="X", help="0 for the most likely tokens; more adds variety."),
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
    list[str] | None,
    typer.Argument(
        metavar="PROMPT",
        help="The prompt, which follows the text of a pipe. - reads standard input alone.",
        show_default=False,
    ),
]


def read_prompt(words: list[str] | None, command: str) -> str | None:
    """Return the prompt, or None if there is none and standard input is a terminal.

    A pipe, or a file with `<`, comes before the words: `cat notes | igw chat "sum up"`.

    Raises:
        UsageError: The prompt is empty.
    """
    if not words and sys.stdin is not None and sys.stdin.isatty():
        return None
    prompt = " ".join(words or ())
    if words and prompt != "-" and prompt.strip():
        piped = _read_input() if _is_piped() else ""
        return f"{piped}\n\n{prompt}" if piped.strip() else prompt
    text = _read_input() if not words or prompt == "-" else prompt
    if not text.strip():
        raise _empty(command)
    return text


def _read_input() -> str:
    """Return standard input to its end, without the line break that ends a file."""
    return "" if sys.stdin is None else sys.stdin.read().rstrip("\r\n")


def _is_piped() -> bool:
    """Return whether standard input is a text for this command: a pipe, or a file that nobody has begun to read.

    In `while read line; do igw chat "$line"; done < FILE` the shell has begun to read FILE, and goes on.
    """
    if sys.stdin is None or sys.stdin.isatty():
        return False
    try:
        number = sys.stdin.fileno()
        kind = os.fstat(number).st_mode
        return stat.S_ISFIFO(kind) or (stat.S_ISREG(kind) and os.lseek(number, 0, os.SEEK_CUR) == 0)
    except (OSError, ValueError):  # not a file of the system: a test's
        return True


def require_prompt(prompt: list[str] | None, command: str) -> str:
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

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._path

    def write(self, content: bytes) -> None:
        """Write the file.

        Raises:
            FailureError: The file could not be written.
        """
        self.write_pieces([content])

    def write_pieces(self, pieces: Iterable[bytes]) -> None:
        """Write the file piece by piece. If that fails, no part of it is left, and a file of before is kept.

        Raises:
            FailureError: The file could not be written.
        """
        replaces = self._mode == "wb"
        path = self._path.with_name(f".{self._path.name}.{os.getpid()}") if replaces else self._path
        try:
            with path.open(self._mode) as file:
                try:
                    for piece in pieces:
                        file.write(piece)
                except BaseException:
                    path.unlink()
                    raise
            if replaces:
                path.replace(self._path)
        except OSError as error:
            raise FailureError(f"{self._path} cannot be written: {error.strerror}") from error


def output_file(path: Path | None, *, force: bool, as_json: bool) -> OutputFile | None:
    """Return the file of a command's options, or None with --json only. Raises the errors of `OutputFile`."""
    if path is not None:
        return OutputFile(path, force=force)
    if not as_json:
        raise UsageError("no output: add -o FILE or --json")
    return None


FORMATS = {f".{name}": name for name in ("mp3", "wav", "opus", "aac", "flac", "pcm")}
"""The audio format that a file's suffix names."""

# How files of a type begin, and the suffixes of such files.
_TYPES: tuple[tuple[str, tuple[str, ...], re.Pattern[bytes]], ...] = (
    ("a PNG picture", (".png",), re.compile(rb"\x89PNG")),
    ("a JPEG picture", (".jpg", ".jpeg"), re.compile(rb"\xff\xd8\xff")),
    ("a WebP picture", (".webp",), re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("a GIF picture", (".gif",), re.compile(rb"GIF8")),
    ("a WAV sound", (".wav",), re.compile(rb"RIFF....WAVE", re.DOTALL)),
    ("an AAC sound", (".aac",), re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")),
    ("an MP3 sound", (".mp3",), re.compile(rb"ID3|\xff[\xe2-\xff]")),
    ("an Ogg sound", (".ogg", ".opus", ".oga"), re.compile(rb"OggS")),
    ("a FLAC sound", (".flac",), re.compile(rb"fLaC")),
)
_KNOWN = frozenset(suffix for _, suffixes, _ in _TYPES for suffix in suffixes)


def warn_of_other_type(path: Path, content: bytes) -> None:
    """Print a remark if the suffix of the file names another type than that of its content."""
    suffix = path.suffix.lower()
    found = next(((kind, suffixes) for kind, suffixes, head in _TYPES if head.match(content)), None)
    if found is not None and suffix in _KNOWN and suffix not in found[1]:
        echo_err(f"{path} is {found[0]}: the provider sent it, whatever the suffix")


def read_tools(path: Path) -> list[Tool[..., Any]]:
    """Import a file and return its public functions and tools. Each needs an approval before it runs.

    Raises:
        UsageError: The file cannot be imported, has no functions, or has one that cannot be a tool.
    """
    name = f"igw_tools_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path) if path.is_file() and path.suffix == ".py" else None
    if spec is None or spec.loader is None:
        raise UsageError(f"--tools {path} is not a Python file: name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are resolved through it
    sys.path.insert(0, str(path.parent))  # as `python FILE.py` does
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # any code may run there
        raise UsageError(f"--tools {path} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    found: list[Any] = [
        value
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (isinstance(value, Tool) or (inspect.isfunction(value) and value.__module__ == name))
    ]
    if not found:
        raise UsageError(f"--tools {path} has no functions: define one without a leading underscore")
    for one in found:
        if inspect.iscoroutinefunction(inspect.unwrap(one)):
            raise UsageError(f"--tools {path}: {one.__name__} is async: write it as a plain function")
    try:
        return [tool(one, approval=True) for one in found]
    except (TypeError, ValueError) as error:
        raise UsageError(f"--tools {path}: {error}") from error


class AnswerSchema:
    """A JSON schema in a file, which answers must match. References to other files or addresses are not followed.

    Raises:
        UsageError: The file is not a JSON schema, or the package that validates is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            import referencing
            from jsonschema.exceptions import SchemaError
            from jsonschema.validators import validator_for
            from referencing.exceptions import Unresolvable
            from referencing.jsonschema import DRAFT202012
        except ImportError:
            raise UsageError("--schema needs jsonschema", install_command("cli")) from None
        try:
            found: Any = json.loads(path.read_bytes())
        except OSError as error:
            raise UsageError(f"--schema {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"--schema {path} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise UsageError(f"--schema {path} must be a JSON object")
        schema: Any = found  # pyright: ignore[reportUnknownVariableType]
        kind: Any = validator_for(schema)
        try:
            kind.check_schema(schema)
        except SchemaError as error:
            raise UsageError(f"--schema {path} is not a JSON schema: {error.message}") from error
        registry: Any = referencing.Registry  # an empty one: it fetches nothing
        root: Any = registry().resolver_with_root(DRAFT202012.create_resource(schema))
        for reference in _references(schema):
            try:
                root.lookup(reference)
            except Unresolvable as error:
                raise UsageError(
                    f"--schema {path}: {reference} is not in the file", "copy the definition into its $defs"
                ) from error
        self._validator: Any = kind(schema, registry=registry())
        name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in path.stem)[:64]
        self.response_format: dict[str, Any] = {
            "type": "json_schema",
            "json_schema": {"name": name or "answer", "schema": schema},
        }

    def read(self, text: str) -> Any:
        """Return the value of an answer.

        Raises:
            ValueError: The answer is not JSON or does not match the schema. The message names the place.
        """
        value: Any = json.loads(text)
        for error in self._validator.iter_errors(value):
            raise ValueError(f"{error.json_path}: {error.message}")
        return value


def _references(schema: Any) -> Iterator[str]:
    """Yield the references of a schema, at any depth."""
    if isinstance(schema, dict):
        for key, value in cast("dict[str, Any]", schema).items():
            if key in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in cast("list[object]", schema):
            yield from _references(value)


class TranscriptFile:
    """A file with the transcript of a chat. It is replaced each time the transcript has grown.

    Raises:
        UsageError: The file has no transcript, or its folder does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.parent.is_dir():
            raise UsageError(f"--transcript {path}: the folder {path.parent} does not exist")
        self.transcript: Transcript | None = None
        try:
            self.transcript = Transcript.from_json(path.read_bytes())
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"--transcript {path} cannot be read: {error.strerror}") from error
        except (DecodingError, DeserializationError) as error:
            raise UsageError(f"--transcript {path} is not a transcript: {error}", "name a new file") from error

    def write(self, transcript: Transcript | None) -> None:
        """Replace the file at once, or remove it without a transcript.

        Raises:
            FailureError: The file could not be written.
        """
        self.transcript = transcript
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            if transcript is None:
                self._path.unlink(missing_ok=True)
                return
            # The mark of a call must be on the disk before the call begins.
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
                file.write(transcript.to_json())
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            raise FailureError(f"--transcript {self._path} cannot be written: {error.strerror}") from error
