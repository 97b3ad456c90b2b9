"""The table of deliberate differences: read it from TOML, check it against a comparison, write it as Markdown."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.comparison import KINDS, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Row", "Table", "TableError", "Verdict", "judged", "markdown", "read_table"]

KEYS = {"kind", "at", "under", "reason", "source"}


class TableError(ValueError):
    """The error for a malformed table."""


@dataclass(frozen=True)
class Row:
    """One reason and the places it covers.

    Attributes:
        kind: One of `comparison.KINDS`.
        pointers: The places in our document.
        reason: The reason for the difference.
        source: The source for the reason.
    """

    kind: str
    pointers: tuple[str, ...]
    reason: str
    source: str


@dataclass(frozen=True)
class Table:
    """The rows, and a mapping from published names of schemas to ours."""

    rows: tuple[Row, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """The result of checking a comparison against the table.

    Attributes:
        unlisted: Differences without a row.
        stale: Pointer and kind of listed differences that no longer exist.
    """

    unlisted: tuple[Difference, ...]
    stale: tuple[tuple[str, str], ...]


def read_table(path: Path) -> Table:
    """Return the table in `path`.

    Raises:
        TableError: A row lacks a key, has one too many, or names an unknown kind; or a place is listed twice.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = tuple(_row(entry, number) for number, entry in enumerate(data.get("difference", []), start=1))
    places = [(pointer, row.kind) for row in rows for pointer in row.pointers]
    for place in places:
        if places.count(place) > 1:
            raise TableError(f"{place[0]} is listed twice as {place[1]!r}")
    return Table(rows, data.get("names", {}))


def _row(entry: Mapping[str, object], number: int) -> Row:
    lacking, unknown = KEYS - {"under"} - entry.keys(), entry.keys() - KEYS
    if lacking or unknown:
        raise TableError(f"difference {number} lacks {sorted(lacking)} and has the unknown keys {sorted(unknown)}")
    if entry["kind"] not in KINDS:
        raise TableError(f"difference {number} has the kind {entry['kind']!r}; choose one of {', '.join(KINDS)}")
    if not entry["at"] or not entry["reason"] or not entry["source"]:
        raise TableError(f"difference {number} needs a place, a reason and a source")
    places = itertools.product(_strings(entry.get("under", [""])), _strings(entry["at"]))
    pointers = tuple(above + below for above, below in places)
    return Row(str(entry["kind"]), pointers, str(entry["reason"]), str(entry["source"]))


def _strings(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TableError(f"`at` and `under` must be lists of pointers, got {value!r}")
    return [str(item) for item in value]


def judged(found: Iterable[Difference], table: Table, published_names: Iterable[str]) -> Verdict:
    """Return the found differences that the table does not list, and the rows that are stale.

    Args:
        found: The differences, as `comparison.differences` gives them.
        table: The deliberate ones.
        published_names: The schemas' names in the published contract, before they were replaced by ours.
    """
    differences = list(found)
    listed = {(pointer, row.kind) for row in table.rows for pointer in row.pointers}
    occurring = {(difference.pointer, difference.kind) for difference in differences}
    unused = sorted(set(table.names) - set(published_names))
    return Verdict(
        unlisted=tuple(one for one in differences if (one.pointer, one.kind) not in listed),
        stale=(*sorted(listed - occurring), *((f"[names] {name}", "name") for name in unused)),
    )


def markdown(table: Table) -> str:
    """Return the table as Markdown: first the names, then a line for each row."""
    names = ", ".join(f"`{theirs}` is `{ours}`" for theirs, ours in table.names.items())
    head = [f"Names: {names}.", "", "| where | what | why | source |", "| --- | --- | --- | --- |"]
    rows = (f"| {_where(row.pointers)} | {KINDS[row.kind]} | {row.reason} | {row.source} |" for row in table.rows)
    return "\n".join([*head, *rows])


def _where(pointers: Iterable[str]) -> str:
    """Return the places as text; places that share their last step, or the steps before it, are grouped."""
    below: dict[str, list[str]] = {}
    for pointer in pointers:
        parent, _, last = pointer.rpartition("/")
        below.setdefault(_readable(parent), []).append(_readable(last))
    above: dict[tuple[str, ...], list[str]] = {}
    for parent, lasts in below.items():
        above.setdefault(tuple(lasts), []).append(parent)
    return "<br>".join(_line(parents, lasts) for lasts, parents in above.items())


def _line(parents: list[str], lasts: tuple[str, ...]) -> str:
    ends = ", ".join(f"`{last}`" for last in lasts)
    return f"{', '.join(f'`{parent}`' for parent in parents)}: {ends}" if any(parents) else ends


def _readable(pointer: str) -> str:
    """Return `/components/schemas/Message/properties/content` as `Message content`; paths keep their slashes."""
    steps = pointer.removeprefix("/components/schemas").removeprefix("/paths").split("/")
    words = (step.replace("~1", "/").replace("~0", "~") for step in steps if step and step != "properties")
    return " ".join(words)
