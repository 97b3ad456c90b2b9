"""Compare openapi.yaml with a published contract: only differences in contract_differences.toml are allowed.

    python scripts/check_contract.py FILE            compare with the OpenAPI document FILE (3.0 or 3.1, YAML or JSON)
    python scripts/check_contract.py --write-docs    write the table of deliberate differences into docs/contract.md

Exit status: 0 on success; 1 for an unlisted difference, a stale row, or a borrowed sentence; 2 for bad usage, or a file
that is missing or cannot be read.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from contract.comparison import differences
from contract.document import DocumentError, read, renamed
from contract.prose import borrowed
from contract.table import TableError, judged, markdown, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.document import Node
    from contract.table import Table

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = ROOT / "openapi.yaml"
TABLE = Path(__file__).with_name("contract_differences.toml")
DOCS = ROOT / "docs" / "contract.md"
BEGIN = "<!-- differences: written by scripts/check_contract.py --write-docs -->\n"
END = "<!-- end of differences -->\n"


def complaints(ours: Node, theirs: Node, table: Table) -> list[str]:
    """Return a line for each complaint about `ours`, given the published contract and the deliberate differences."""
    published = renamed(theirs, table.names)
    names = theirs.get("components", {}).get("schemas", {})
    verdict = judged(differences(ours, published), table, names)
    return [
        *(str(difference) for difference in verdict.unlisted),
        *(f"{pointer}: stale: listed as {kind!r}, but no longer found" for pointer, kind in verdict.stale),
        *(str(sentence) for sentence in borrowed(ours, published)),
    ]


def with_differences(page: str, table: Table) -> str:
    """Return the page with the table between its markers.

    Raises:
        TableError: The page has no such markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise TableError(f"the page lacks the line {(BEGIN if not begin else END).strip()!r}")
    return f"{before}{begin}\n{markdown(table)}\n\n{end}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description="Compare openapi.yaml with a published contract.")
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="the published OpenAPI document")
    parser.add_argument("--write-docs", action="store_true", help="write the table of differences into the docs")
    options = parser.parse_args(arguments)
    if options.file is None and not options.write_docs:
        parser.error("give the published contract's FILE, or --write-docs")
    try:
        return _run(options.file, write_docs=options.write_docs)
    except (DocumentError, TableError, tomllib.TOMLDecodeError) as error:
        print(f"check-contract: {error}", file=sys.stderr)
        return 2


def _run(file: Path | None, *, write_docs: bool) -> int:
    table = read_table(TABLE)
    if write_docs:
        DOCS.write_text(with_differences(DOCS.read_text(encoding="utf-8"), table), encoding="utf-8")
    if file is None:
        return 0
    found = complaints(read(CONTRACT), read(file), table)
    for line in found:
        print(line)
    deliberate = sum(len(row.pointers) for row in table.rows)
    print(f"{len(found)} complaints; {deliberate} deliberate differences, each with its reason in {TABLE.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
