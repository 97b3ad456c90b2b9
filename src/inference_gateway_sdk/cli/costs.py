"""The command that prints the sums of a ledger: `igw costs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import structs

from .output import UsageError, print_json, print_rows

if TYPE_CHECKING:
    from decimal import Decimal

    from .. import LedgerSum

__all__ = ["costs"]

File = Annotated[Path, typer.Argument(metavar="FILE", help="The ledger, an SQLite file.", show_default=False)]
By = Annotated[
    str,
    typer.Option("--by", metavar="KEY", help="Group by model, provider, operation, day, kind, or tag:NAME."),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Count from this date on, such as 2026-11-01 (UTC).")
]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Count until before this date.")]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="Count calls with this tag; may be repeated.")
]
Currency = Annotated[str, typer.Option("--currency", metavar="CODE", help="The currency to sum.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, with amounts as decimal text.")]


def costs(
    file: File,
    *,
    by: By = "model",
    since: Since = None,
    until: Until = None,
    tag: Tag = None,
    currency: Currency = "USD",
    as_json: Json = False,
) -> None:
    """Print what the calls in a ledger cost."""
    from .. import Ledger

    if not file.is_file():
        raise UsageError(f"{file} does not exist", "name the file that was given to Ledger(...)")
    tags = _tags(tag or [])
    try:
        ledger = Ledger(file)
        try:
            rows = ledger.by(by, since, until=until, tags=tags, currency=currency)
            total = ledger.total(since, until=until, tags=tags, currency=currency)
        finally:
            ledger.close()
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    if as_json:
        print_json(json.dumps({"by": by, "rows": [_plain(row) for row in rows], "total": _plain(total)}))
        return
    titles = (by, "calls", "tokens", "known", "at least", "at most", "unknown", "unsettled")
    print_rows(titles, [_cells(row, row.key or "-") for row in rows] + [_cells(total, "total")])


def _tags(given: list[str]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UsageError(f"--tag {one} is not NAME=VALUE", "write --tag team=search")
        tags[name] = value
    return tags


def _plain(row: LedgerSum) -> dict[str, Any]:
    amounts = {name: None if value is None else format(value, "f") for name, value in _amounts(row).items()}
    return structs.asdict(row) | amounts


def _amounts(row: LedgerSum) -> dict[str, Decimal | None]:
    return {"known": row.known, "at_least": row.at_least, "at_most": row.at_most}


def _cells(row: LedgerSum, name: str) -> tuple[str, ...]:
    amounts = ["?" if value is None else f"{value:f} {row.currency}" for value in _amounts(row).values()]
    return (name, str(row.calls), str(row.tokens), *amounts, str(row.unknown_calls), str(row.unsettled_calls))
