"""`igw batch`: ask every row of a file, and go on where an earlier run stopped."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ..errors import BatchMismatchError
from .connection import connected
from .options import BaseUrl, CaFile, MaxTokens, Provider, System, Temperature, Token, complete_model
from .output import FailureError, UsageError, echo_err, in_shell_terms, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .. import BatchOutcome, Budget

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

STOPPED = 3
"""The exit code of a batch that has rows left: run the same command again."""

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
        fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if name not in fields:
            raise ValueError(f"the row has no field {'.'.join(path)}")
        value = fields[name]
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def batch(
    source: Source,
    *,
    output: Destination,
    model: BatchModel = None,
    prompt: Template = None,
    provider: Provider = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    key: Key = None,
    concurrency: Concurrency = "auto",
    rpm: Rpm = None,
    tpm: Tpm = None,
    budget: BudgetOption = None,
    retry_failed: RetryFailed = False,
    report: Report = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Ask a model about every row of a file. Run it again after any end, and it goes on.

    Exit codes: 0 every row has an answer, 1 some rows failed, 2 bad usage, 3 stopped before the end.
    """
    params = _params(provider=provider, system=system, max_tokens=max_tokens, temperature=temperature)
    ask = _ask_function(model, prompt, params)
    options: dict[str, Any] = {"key": key, "rpm": rpm, "tpm": tpm, "retry_failed": retry_failed}
    options |= {"concurrency": _concurrency(concurrency), "budget": _budget(budget, max_tokens)}
    options["progress"] = _progress(report, source, output, quiet=quiet)
    with connected(base_url, token=token, ca=ca) as client:
        try:
            outcome = client.run_batch(source, output, ask=ask, **options)
        except (OSError, TypeError) as error:
            raise UsageError(in_shell_terms(str(error))) from error
        except BatchMismatchError as error:
            raise UsageError(error.message, error.hint) from error
    _end(outcome, output, report, as_json=as_json)


def _params(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _ask_function(
    model: str | None, prompt: str | None, params: dict[str, Any]
) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    """Return the function that makes requests, None for OpenAI's Batch form.

    Raises:
        UsageError: Options do not fit together.
    """
    if prompt is None:
        if model is not None or params:
            raise UsageError("no prompt: add --prompt 'Sentiment of: {text}', with fields of the rows in braces")
        return None
    if model is None:
        raise UsageError("no model: add --model provider/name")
    try:
        template = PromptTemplate(prompt)
    except ValueError as error:
        raise UsageError(f"--prompt: {error}") from error
    if not template.fields:
        raise UsageError("--prompt has no field: every row would be asked the same; write {name} for a field")
    # Texts are arguments of their own: the fingerprint of the batch covers them, and another prompt is another batch.
    return functools.partial(_ask_row, template, prompt, model, json.dumps(params))


def _ask_row(template: PromptTemplate, prompt: str, model: str, params: str, row: dict[str, Any]) -> dict[str, Any]:
    del prompt
    given = json.loads(params)
    system = given.pop("system", None)
    messages = [{"role": "system", "content": system}] if system else []
    return {"model": model, "messages": [*messages, {"role": "user", "content": template.fill(row)}], **given}


def _concurrency(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"--concurrency {text} is neither a number nor auto") from None


def _budget(text: str | None, max_tokens: int | None) -> Budget | None:
    """Return the budget of an amount such as `20` or `20 EUR`.

    Raises:
        UsageError: It is not an amount, or answers have no limit.
    """
    if text is None:
        return None
    from .. import Budget

    if max_tokens is None:
        raise UsageError("--budget needs the most that an answer can cost: add --max-tokens N")
    amount, _, currency = text.strip().partition(" ")
    try:
        return Budget(amount, currency=currency.strip() or "USD")
    except (ValueError, TypeError) as error:
        raise UsageError(f"--budget {text}: {error}") from error


def _progress(report: Path | None, source: Path, output: Path, *, quiet: bool) -> Any:
    """Return the argument `progress` of the batch.

    Raises:
        UsageError: The folder of the report does not exist.
    """
    if report is None:
        return not quiet
    from ..batch import BatchReport

    try:
        return BatchReport(report, title=f"{source.name} to {output.name}", output=output, show=not quiet)
    except ValueError as error:
        raise UsageError(f"--report: the folder {report.parent} does not exist") from error


_REMARKS = {
    "budget": "the budget is used up",
    "interrupt": "interrupted",
    "errors": "the same error came again and again",
}


def _end(outcome: BatchOutcome, output: Path, report: Path | None, *, as_json: bool) -> None:
    """Print the outcome and end with its exit code.

    Raises:
        FailureError: Rows failed.
        StoppedError: Rows are left.
    """
    if as_json:
        print_json(json.dumps(_plain(outcome)))
    if report is not None:
        echo_err(f"the report is in {report}")
    if outcome.stopped is not None:
        reason = f": {outcome.error}" if outcome.stopped == "errors" and outcome.error is not None else ""
        hint = "run the same command again to go on"
        if outcome.failed:
            hint += "; --retry-failed also asks the rows again that failed"
        raise StoppedError(_REMARKS[outcome.stopped] + reason, hint)
    if outcome.failed:
        raise FailureError(
            f"{outcome.failed:,} rows failed: their lines in {output} have the error", "--retry-failed asks them again"
        )


class StoppedError(FailureError):
    """The batch stopped before its end: ends the command with 3."""

    code = STOPPED


def _plain(outcome: BatchOutcome) -> dict[str, Any]:
    """Return the outcome as JSON values, with amounts as decimal text."""
    from msgspec import structs

    fields = structs.asdict(outcome)
    fields["error"] = None if outcome.error is None else str(outcome.error)
    for name in ("cost", "cost_at_least"):
        fields[name] = None if fields[name] is None else format(fields[name], "f")
    return fields
