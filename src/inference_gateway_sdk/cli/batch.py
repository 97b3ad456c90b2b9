"""`igw batch`: ask every row of a file, and go on where an earlier run stopped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .connection import connected
from .options import BaseUrl, CaFile, MaxTokens, Provider, System, Temperature, Token, complete_model
from .output import FailureError, UsageError, echo_err, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PromptTemplate", "batch"]

Source = Annotated[
    Path, typer.Argument(metavar="SOURCE", help="The rows: .jsonl, .jsonl.gz or .parquet.", show_default=False)
]
Destination = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="The answers, a line for each row; run again to go on.")
]
BatchModel = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="MODEL", help="provider/name.", autocompletion=complete_model),
]
Template = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        metavar="TEXT",
        help="The prompt, with fields of the row in braces: 'Sentiment of: {text}'. Without it, SOURCE must be in "
        "OpenAI's Batch form.",
    ),
]
Key = Annotated[
    str | None, typer.Option("--key", metavar="FIELD", help="The field that identifies a row; default its line number.")
]
Concurrency = Annotated[
    str, typer.Option("--concurrency", metavar="N", help="Requests in flight, or auto to adapt to the gateway.")
]
Rpm = Annotated[int | None, typer.Option("--rpm", min=1, metavar="N", help="The most requests a minute.")]
Tpm = Annotated[int | None, typer.Option("--tpm", min=1, metavar="N", help="The most tokens a minute.")]
BudgetOption = Annotated[
    str | None,
    typer.Option("--budget", metavar="AMOUNT", help="The most to spend in this run, such as 20 or '20 EUR'."),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Ask rows again that an earlier run has as failed.")]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write a report with plots, as one HTML file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class PromptTemplate:
    """A text with fields of a row in braces. `{{` and `}}` are braces, and `{a.b}` is a field of an object.

    Raises:
        ValueError: A brace is not closed, or a name is empty.
    """

    def __init__(self, text: str) -> None:
        self._parts: list[str | list[str]] = []
        end = 0
        for match in _FIELD.finditer(text):
            self._parts.append(text[end : match.start()])
            end = match.end()
            if match[0] in ("{{", "}}"):
                self._parts.append(match[0][0])
            elif match[1]:
                self._parts.append(match[1].split("."))
            else:
                raise ValueError(f"{match[0]} at character {match.start() + 1} is not a field: write {{name}}, or {{{{")
        self._parts.append(text[end:])

    @property
    def fields(self) -> list[str]:
        """The fields of the text, in their order."""
        return [".".join(part) for part in self._parts if isinstance(part, list)]

    def fill(self, row: Mapping[str, Any]) -> str:
        """Return the text with the fields of a row. Values that are not text are written as JSON.

        Raises:
            ValueError: The row has no such field.
        """
        return "".join(part if isinstance(part, str) else _text(_value(row, part)) for part in self._parts)


def _value(row: Mapping[str, Any], path: list[str]) -> Any:
    value: Any = row
    for name in path:
        if not isinstance(value, dict) or name not in value:
            raise ValueError(f"the row has no field {'.'.join(path)}")
        value = value[name]
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    import json

    return json.dumps(value, ensure_ascii=False, default=str)
