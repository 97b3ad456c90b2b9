"""Shards of a large input: byte ranges of JSONL files, row groups of Parquet files, whole gzip files.

A shard is named by its place in the input. Its output has the same name, so that a list of the output folder shows
which shards are done, without a table of row ids. This module reads files and decides nothing about requests.
"""

from __future__ import annotations

import glob
import gzip
import importlib
import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, NamedTuple, cast

import msgspec
from msgspec import Struct, structs

from .._model.unknown_fields import set_module
from .._version import install_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["InputFile", "Shard", "ShardRow", "estimate_rows", "find_inputs", "locate", "plan_file", "read_shard",
           "shards_of"]  # fmt: skip

Format = Literal["jsonl", "gzip", "parquet"]

_SAMPLE: Final = 1 << 20  # bytes at the beginning of a file, from which the length of its rows is estimated
_EDGE: Final = 1 << 16  # bytes at both ends of a file, by which a changed file is recognized
_SUFFIXES: Final[dict[str, Format]] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonl.gz": "gzip", ".ndjson.gz": "gzip", ".parquet": "parquet",
}  # fmt: skip


class InputFile(Struct, frozen=True, kw_only=True):
    """A file of the input, as it was planned.

    Attributes:
        name: Path below the input folder.
        format: "jsonl", "gzip" or "parquet".
        ends: Where the file ended at each plan: bytes, or row groups of a Parquet file. A file that grows gets another
            entry, so that the shards of before keep their ranges.
        step: Bytes or row groups of one shard.
        rows: The estimated number of rows.
        edges: Hash of both ends of the file as of the last plan.
    """

    name: str
    format: Format
    ends: tuple[int, ...]
    step: int
    rows: int
    edges: str


@set_module
class Shard(Struct, frozen=True, kw_only=True):
    """A part of an input file, which one worker asks and writes to one output file.

    Attributes:
        name: The name of its output, without a suffix.
        file: The input file, below the input folder.
        format: "jsonl", "gzip" or "parquet".
        start: The first byte or row group.
        stop: The first byte or row group after it. A line belongs to the shard in which it begins.
    """

    name: str
    file: str
    format: Format
    start: int
    stop: int


class ShardRow(NamedTuple):
    """A row of a shard, with its place: the byte at which its line begins, or the number of the row in its file."""

    place: int
    row: Any


def find_inputs(source: str | Path | Sequence[str | Path]) -> tuple[Path, list[Path]]:
    """Return the input folder and the sorted input files. A source is a file, a pattern like `in/*.jsonl`, or a list.

    Raises:
        ValueError: No file matches, or a file has another suffix.
    """
    given = [source] if isinstance(source, (str, Path)) else list(source)
    found: set[Path] = set()
    for one in given:
        text = os.fspath(one)
        if "://" in text:
            raise ValueError(f"source: {text} is an address: copy or mount the files, and give their path")
        matches = [Path(text)] if Path(text).is_file() else [Path(name) for name in glob.glob(text, recursive=True)]  # noqa: PTH207  (absolute patterns)
        files = [path for path in matches if path.is_file()]
        if not files:
            raise ValueError(f"source: no file matches {text}")
        found.update(path.resolve() for path in files)
    for path in found:
        _format(path)
    paths = sorted(found)
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    return folder, paths


def _format(path: Path) -> Format:
    name = path.name.lower()
    for suffix, found in _SUFFIXES.items():
        if name.endswith(suffix):
            return found
    raise ValueError(f"source: {path} must end in one of {', '.join(_SUFFIXES)}")


def plan_file(path: Path, folder: Path, rows_per_shard: int, before: InputFile | None) -> InputFile:
    """Return the plan of one file. A file planned before keeps its ranges, and may only have grown.

    Raises:
        ValueError: The file has shrunk or changed since the last plan, or has rows that cannot be read.
    """
    kind = _format(path)
    end = _row_groups(path) if kind == "parquet" else path.stat().st_size
    name = path.relative_to(folder).as_posix()
    if before is None:
        step, rows = _measure(path, kind, end, rows_per_shard)
        return InputFile(
            name=name, format=kind, ends=(end,), step=step, rows=rows, edges=_edges(path, path.stat().st_size)
        )
    _check_unchanged(path, before, end)
    if end == before.ends[-1]:
        return before
    rows = _measure(path, kind, end, rows_per_shard)[1]
    return structs.replace(before, ends=(*before.ends, end), rows=rows, edges=_edges(path, path.stat().st_size))


def _check_unchanged(path: Path, before: InputFile, end: int) -> None:
    """Raise ValueError unless the file is the planned one, or that one with more lines at its end."""
    planned = before.ends[-1]
    if end < planned:
        raise ValueError(
            f"source: {path} has shrunk from {planned} to {end} since it was planned: use a new output folder"
        )
    if before.format != "jsonl":
        if end != planned or _edges(path, path.stat().st_size) != before.edges:
            raise ValueError(f"source: {path} has changed since it was planned: add new rows in new files")
        return
    if _edges(path, planned) != before.edges:
        raise ValueError(f"source: {path} has changed since it was planned: use a new output folder")
    if end > planned and not _begins_line(path, planned):
        raise ValueError(f"source: the last line of {path} has grown since it was planned: use a new output folder")


def _edges(path: Path, end: int) -> str:
    """Return a hash of both ends of the first `end` bytes."""
    with path.open("rb") as file:
        head = file.read(min(_EDGE, end))
        file.seek(max(0, end - _EDGE))
        return blake2b(head + file.read(min(_EDGE, end)), digest_size=12).hexdigest()


def _begins_line(path: Path, place: int) -> bool:
    if place == 0:
        return True
    with path.open("rb") as file:
        file.seek(place - 1)
        return file.read(1) == b"\n"


def _measure(path: Path, kind: Format, end: int, rows_per_shard: int) -> tuple[int, int]:
    """Return the step and the estimated rows of a file."""
    if kind == "parquet":
        with _parquet(path) as file:
            rows = int(file.metadata.num_rows)
        return max(1, round(rows_per_shard * end / max(rows, 1))), rows
    with path.open("rb") as raw, _decompressed(raw, kind) as file:
        sample = file.read(_SAMPLE)
        read = raw.tell() if kind == "gzip" else len(sample)
    lines = max(1, sample.count(b"\n") + (not sample.endswith(b"\n")))
    each = max(1.0, read / lines)
    rows = lines if read >= end else round(end / each)
    return (max(1, end) if kind == "gzip" else max(1, round(each * rows_per_shard))), rows if sample else 0


def _decompressed(raw: BinaryIO, kind: Format) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if kind == "gzip" else raw


def estimate_rows(files: Sequence[InputFile]) -> int:
    """Return the estimated number of rows of all files."""
    return sum(file.rows for file in files)


def shards_of(file: InputFile) -> Iterator[Shard]:
    """Yield the shards of a file, in its order."""
    mark = blake2b(file.name.encode(), digest_size=4).hexdigest()
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in file.name.partition(".")[0])
    begin = 0
    for end in file.ends:
        for start in range(begin, end, file.step):
            stop = min(start + file.step, end)
            # reviews-1f2e3d4c-000000000000-000001048576: `ls` sorts the parts by their place
            name = f"{stem[-40:]}-{mark}-{start:012d}-{stop:012d}"
            yield Shard(name=name, file=file.name, format=file.format, start=start, stop=stop)
        begin = end


def locate(shard: Shard, place: int) -> str:
    """Return the place of a row for a message."""
    return f"{shard.file}, {'row' if shard.format == 'parquet' else 'byte'} {place}"


def read_shard(folder: Path, shard: Shard) -> Iterator[ShardRow]:
    """Yield the rows of a shard. Empty lines are left out.

    Raises:
        ValueError: A line is not a JSON object.
    """
    path = folder / shard.file
    if shard.format == "parquet":
        yield from _read_row_groups(path, shard)
        return
    for place, line in _lines(path, shard):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"{locate(shard, place)}: the line is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"{locate(shard, place)}: the line must be a JSON object, got {type(row).__name__}")  # noqa: TRY004
        yield ShardRow(place, row)


def _lines(path: Path, shard: Shard) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that begin in the shard, with the byte at which they begin."""
    with path.open("rb") as raw, _decompressed(raw, shard.format) as file:
        place = 0
        if shard.start:
            # the line that covers byte start-1 began in the shard before:  ...{"id": 6}\n|{"id": 7}\n
            file.seek(shard.start - 1)
            place = shard.start - 1 + len(file.readline())
        for line in file:
            if place >= shard.stop and shard.format != "gzip":
                return
            yield place, line
            place += len(line)


def _parquet(path: Path) -> Any:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ValueError(f"source: {path} needs pyarrow: {install_command('parquet')}") from None
    return parquet.ParquetFile(path)


def _row_groups(path: Path) -> int:
    with _parquet(path) as file:
        return int(file.metadata.num_row_groups)


def _read_row_groups(path: Path, shard: Shard) -> Iterator[ShardRow]:
    with _parquet(path) as file:
        place = sum(file.metadata.row_group(group).num_rows for group in range(shard.start))
        for batch in file.iter_batches(batch_size=1024, row_groups=list(range(shard.start, shard.stop))):
            for row in batch.to_pylist():
                yield ShardRow(place, row)
                place += 1
