"""The table of deliberate differences, and its command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import check_contract
from contract.comparison import Difference
from contract.table import Row, Table, TableError, judged, markdown, read_table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.once

ROW = """
[[difference]]
kind = "added"
under = ["/a", "/b"]
at = ["/x", "/y"]
reason = "Because."
source = "RFC 1"
"""
FOUND = [Difference(pointer, "added", "…") for pointer in ("/a/x", "/a/y", "/b/x", "/b/y")]


def written(tmp_path: Path, text: str) -> Path:
    """Return a table file with that text."""
    file = tmp_path / "table.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_row_covers_each_place_below_each(tmp_path: Path) -> None:
    """`under` and `at` multiply."""
    (row,) = read_table(written(tmp_path, ROW)).rows
    assert row.pointers == ("/a/x", "/a/y", "/b/x", "/b/y")


def test_what_is_listed_passes(tmp_path: Path) -> None:
    """A difference with a row is neither unlisted nor stale."""
    verdict = judged(FOUND, read_table(written(tmp_path, ROW)), [])
    assert (verdict.unlisted, verdict.stale) == ((), ())


def test_what_is_not_listed_is_reported(tmp_path: Path) -> None:
    """Another place, or another kind at the same place, needs its own row."""
    more = [Difference("/a/z", "added", "…"), Difference("/a/x", "type", "…")]
    verdict = judged([*FOUND, *more], read_table(written(tmp_path, ROW)), [])
    assert verdict.unlisted == tuple(more)


def test_a_stale_row_is_reported(tmp_path: Path) -> None:
    """Each place that no longer differs is named, also when others of the same row still do."""
    verdict = judged(FOUND[:3], read_table(written(tmp_path, ROW)), [])
    assert verdict.stale == (("/b/y", "added"),)


def test_a_stale_name_is_reported() -> None:
    """A schema name that is no longer published is reported as stale."""
    verdict = judged([], Table(rows=(), names={"URL": "Url", "API": "Api"}), ["API"])
    assert verdict.stale == (("[names] URL", "name"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROW.replace('reason = "Because."\n', ""), "lacks .'reason'"),
        (ROW + 'where = "/x"\n', "unknown keys .'where'"),
        (ROW.replace('"added"', '"odd"'), "kind 'odd'; choose one of added"),
        (ROW.replace('"Because."', '""'), "needs a place, a reason and a source"),
        (ROW.replace('["/x", "/y"]', '"/x"'), "lists of pointers"),
        (ROW + ROW, "/a/x is listed twice as 'added'"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """The error has the fault of a row, with its number or place."""
    with pytest.raises(TableError, match=words):
        read_table(written(tmp_path, text))


def test_markdown_writes_places_together() -> None:
    """Places that share their parent, and parents that share their places, are on one line."""
    row = Row(
        "added",
        ("/components/schemas/A/properties/x", "/components/schemas/A/properties/y", "/paths/~1p/get"),
        "R.",
        "S",
    )
    text = markdown(Table(rows=(row,), names={"URL": "Url"}))
    assert "`URL` is `Url`" in text
    assert "| `A`: `x`, `y`<br>`/p`: `get` | only here | R. | S |" in text


def test_the_page_keeps_what_surrounds_the_table() -> None:
    """Only the text between the marks is rewritten, and a second run changes nothing."""
    page = f"before\n{check_contract.BEGIN}old\n{check_contract.END}after\n"
    table = Table(rows=(), names={})
    once = check_contract.with_differences(page, table)
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "old" not in once
    assert check_contract.with_differences(once, table) == once


def test_a_page_without_marks_is_refused() -> None:
    """A page without marks is refused, and not changed."""
    with pytest.raises(TableError, match="lacks the line"):
        check_contract.with_differences("no marks\n", Table(rows=(), names={}))


def test_a_missing_file_is_exit_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The message names the file and the correction."""
    assert check_contract.main([str(tmp_path / "none.yaml")]) == 2
    message = capsys.readouterr().err
    assert "none.yaml: cannot be read" in message
    assert "give the path of an OpenAPI file" in message


@pytest.mark.parametrize(("text", "words"), [("a: [", "neither YAML nor JSON"), ("a: 1", "not an OpenAPI 3 document")])
def test_an_unreadable_file_is_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, words: str
) -> None:
    """A file of another kind is exit 2 too."""
    file = tmp_path / "odd.yaml"
    file.write_text(text, encoding="utf-8")
    assert check_contract.main([str(file)]) == 2
    assert words in capsys.readouterr().err


def test_no_file_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A command without a file is bad usage."""
    with pytest.raises(SystemExit) as stopped:
        check_contract.main([])
    assert stopped.value.code == 2
    assert "FILE" in capsys.readouterr().err


def test_differences_are_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Against our own file every deliberate difference is stale, and every sentence is a copy."""
    assert check_contract.main([str(check_contract.CONTRACT)]) == 1
    printed = capsys.readouterr().out
    assert "/components/schemas/Message/properties/content: stale: listed as 'nullable'" in printed
    assert "[names] ImageURL: stale" in printed
    assert "/paths/~1health/get/summary: prose:" in printed


def test_a_clean_comparison_is_exit_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal facts in other words give no complaint."""
    text = "openapi: 3.1.0\ncomponents: {schemas: {A: {type: string, description: %s}}}\n"
    ours, theirs, table = tmp_path / "ours.yaml", tmp_path / "theirs.yaml", tmp_path / "table.toml"
    ours.write_text(text % "Words of ours.", encoding="utf-8")
    theirs.write_text(text % "Somebody's phrase.", encoding="utf-8")
    table.write_text("", encoding="utf-8")
    monkeypatch.setattr(check_contract, "CONTRACT", ours)
    monkeypatch.setattr(check_contract, "TABLE", table)
    assert check_contract.main([str(theirs)]) == 0
    assert capsys.readouterr().out.startswith("0 complaints")


def test_write_docs_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command updates the page's table."""
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n{check_contract.BEGIN}{check_contract.END}", encoding="utf-8")
    monkeypatch.setattr(check_contract, "DOCS", page)
    assert check_contract.main(["--write-docs"]) == 0
    assert "| `Error`: `message` | only here |" in page.read_text(encoding="utf-8")
