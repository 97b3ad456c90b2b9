"""Shards: byte ranges of JSONL, whole gzip files, row groups of Parquet."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk.batch.shards import InputFile, estimate_rows, find_inputs, plan_file, read_shard, shards_of


def write(path: Path, rows: range) -> Path:
    """Append a line for each number."""
    with path.open("a") as file:
        file.writelines(json.dumps({"id": number, "text": "x" * (number % 7)}) + "\n" for number in rows)
    return path


def ids(folder: Path, plan: InputFile) -> list[int]:
    """Return the ids of all rows, shard by shard."""
    return [row["id"] for shard in shards_of(plan) for _, row in read_shard(folder, shard)]


@given(text=st.binary(max_size=60).map(lambda data: data.replace(b"\r", b"\n")), step=st.integers(1, 70))
def test_every_line_is_in_one_shard(tmp_path_factory: pytest.TempPathFactory, text: bytes, step: int) -> None:
    """Whatever the bytes and the step, the shards together have every line once, in order, with its place."""
    folder = tmp_path_factory.getbasetemp()
    lines = [b'{"n": %d}' % number if line else b"" for number, line in enumerate(text.split(b"\n"))]
    content = b"\n".join(lines)
    (folder / "any.jsonl").write_bytes(content)
    plan = InputFile(name="any.jsonl", format="jsonl", ends=(len(content),), step=step, rows=0, edges="")
    rows = [row for shard in shards_of(plan) for row in read_shard(folder, shard)]
    assert [row["n"] for _, row in rows] == [number for number, line in enumerate(lines) if line]
    assert all(content[place:].startswith(b'{"n": %d}' % row["n"]) for place, row in rows)


def test_a_file_that_grew_keeps_its_shards(tmp_path: Path) -> None:
    """The names of before stay, and the new lines are in new shards."""
    path = write(tmp_path / "in.jsonl", range(1000))
    plan = plan_file(path, tmp_path, 100, None)
    before = list(shards_of(plan))
    assert 8 <= len(before) <= 12
    assert plan_file(path, tmp_path, 100, plan) == plan
    write(path, range(1000, 1250))
    grown = plan_file(path, tmp_path, 100, plan)
    after = list(shards_of(grown))
    assert after[: len(before)] == before
    assert ids(tmp_path, grown) == list(range(1250))
    assert estimate_rows([grown]) == pytest.approx(1250, rel=0.05)


def test_names_show_the_place_and_differ_between_files(tmp_path: Path) -> None:
    """The name of a shard has its file and its range; files of the same name in two folders have other shards."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "in.jsonl", range(10))
    root, paths = find_inputs(str(tmp_path / "*" / "in.jsonl"))
    assert root == tmp_path.resolve()
    names = [shard.name for path in paths for shard in shards_of(plan_file(path, root, 100, None))]
    size = paths[0].stat().st_size
    assert len(set(names)) == 2
    assert all(name.endswith(f"-000000000000-{size:012d}") for name in names)


def test_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    """A file that shrank, was edited, or whose last line grew is an error that names it."""
    path = write(tmp_path / "in.jsonl", range(100))
    plan = plan_file(path, tmp_path, 100, None)
    content = path.read_bytes()
    for changed, message in (
        (content[:-30], "has shrunk"),
        (content.replace(b'"id": 50', b'"id": 51'), "has changed"),
    ):
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=message):
            plan_file(path, tmp_path, 100, plan)
    path.write_bytes(content.rstrip())
    open_ended = plan_file(path, tmp_path, 100, None)
    path.write_bytes(content.rstrip() + b'{"id": 100}\n')
    with pytest.raises(ValueError, match="last line"):
        plan_file(path, tmp_path, 100, open_ended)


def test_a_gzip_file_is_one_shard(tmp_path: Path) -> None:
    """A gzip file cannot be read from its middle, so it is one shard; a changed one is refused."""
    plain = write(tmp_path / "plain", range(300))
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plan = plan_file(path, tmp_path, 10, None)
    assert len(list(shards_of(plan))) == 1
    assert ids(tmp_path, plan) == list(range(300))
    path.write_bytes(gzip.compress(plain.read_bytes() + b"{}\n"))
    with pytest.raises(ValueError, match=r"in\.jsonl\.gz has"):
        plan_file(path, tmp_path, 10, plan)


def test_parquet_is_read_by_row_groups(tmp_path: Path) -> None:
    """A shard of a Parquet file has whole row groups; the place of a row is its number."""
    pyarrow = pytest.importorskip("pyarrow", reason="reading Parquet needs pyarrow, of the extra parquet")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"id": list(range(1000))}), tmp_path / "in.parquet", row_group_size=100)
    plan = plan_file(tmp_path / "in.parquet", tmp_path, 250, None)
    assert (plan.rows, plan.ends, plan.step) == (1000, (10,), 2)
    rows = [row for shard in shards_of(plan) for row in read_shard(tmp_path, shard)]
    assert [(place, row["id"]) for place, row in rows] == [(number, number) for number in range(1000)]


def test_lines_that_are_not_objects_name_their_place(tmp_path: Path) -> None:
    """The error has the file and the byte of the line."""
    for line, message in ((b"[1]", "must be a JSON object, got list"), (b"{oops", "is not JSON")):
        (tmp_path / "in.jsonl").write_bytes(b'{"id": 1}\n\n' + line + b"\n")
        plan = plan_file(tmp_path / "in.jsonl", tmp_path, 10, None)
        with pytest.raises(ValueError, match=rf"in\.jsonl, byte 11: the line {message}"):
            ids(tmp_path, plan)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing-*.jsonl", "source: no file matches nothing"),
        ("s3://bucket/in.jsonl", "copy or mount the files"),
        ("in.csv", "must end in one of"),
    ],
)
def test_inputs_that_cannot_be_read_are_refused(
    tmp_path: Path, source: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the argument and the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").touch()
    with pytest.raises(ValueError, match=message):
        find_inputs(source)
