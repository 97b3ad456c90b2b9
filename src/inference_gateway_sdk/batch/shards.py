"""Shards of a large input: byte ranges of JSONL files, row groups of Parquet files, whole gzip files.

A shard is named by its place in the input. Its output has the same name, so that a list of the output folder shows
which shards are done, without a table of row ids. This module reads and names files, and knows nothing of requests.
"""

from __future__ import annotations

import glob
import gzip
import os
from contextlib import suppress
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

import msgspec
from msgspec import Struct, structs

from .._model.type_info import strict_decode
from .journal import write_atomically
from .sources import Format, format_of, open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "InputFile", "JobFile", "JobFolder", "Shard", "ShardResult", "ShardRow", "count_lines", "estimate_rows",
    "find_inputs", "locate", "names_in", "plan_file", "read_shard", "shards_of",
]  # fmt: skip

_SAMPLE: Final = 1 << 20  # bytes at the beginning of a file, from which the length of its rows is estimated
_EDGE: Final = 1 << 16  # bytes at both ends of a file, by which a changed file is recognized


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
        format_of(path)
    paths = sorted(found)
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    return folder, paths


def plan_file(path: Path, folder: Path, rows_per_shard: int, before: InputFile | None) -> InputFile:
    """Return the plan of one file. A file planned before keeps its ranges, and may only have grown.

    Raises:
        ValueError: The file has shrunk or changed since the last plan, or has rows that cannot be read.
    """
    kind = format_of(path)
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
        with open_parquet(path) as file:
            rows = int(file.metadata.num_rows)
        return max(1, round(rows_per_shard * end / max(rows, 1))), rows
    with path.open("rb") as raw, _decompressed(raw, kind) as file:
        sample = file.read(_SAMPLE)
        read = raw.seek(0, os.SEEK_CUR) if kind == "gzip" else len(sample)
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


def _row_groups(path: Path) -> int:
    with open_parquet(path) as file:
        return int(file.metadata.num_row_groups)


def _read_row_groups(path: Path, shard: Shard) -> Iterator[ShardRow]:
    with open_parquet(path) as file:
        place = sum(file.metadata.row_group(group).num_rows for group in range(shard.start))
        for batch in file.iter_batches(batch_size=1024, row_groups=list(range(shard.start, shard.stop))):
            for row in batch.to_pylist():
                yield ShardRow(place, row)
                place += 1


class JobFile(Struct, frozen=True, kw_only=True):
    """The content of `job.json`.

    Attributes:
        version: The version of the layout.
        inputs: The input files, as planned.
        key: The field that identifies a row, or None for its place.
        ask: The fingerprint of the function that makes the requests.
        rows_per_shard: The number of rows a shard should have.
    """

    version: int = 1
    inputs: tuple[InputFile, ...] = ()
    key: str | None = None
    ask: str = ""
    rows_per_shard: int = 10_000


class JobFolder:
    """The output folder of a job: names, and changes that happen wholly or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state: Path = path / "_job"

    def create(self) -> None:
        """Create the folder and those below it."""
        for name in ("running", "stats"):
            (self.state / name).mkdir(parents=True, exist_ok=True)

    def output(self, shard: str) -> Path:
        """Return the file of a shard that is done."""
        return self.path / f"{shard}.jsonl"

    def journal(self, shard: str) -> Path:
        """Return the file of a shard that is running."""
        return self.state / "running" / f"{shard}.jsonl"

    def failure(self, shard: str) -> Path:
        """Return the file of a shard that was given up."""
        return self.path / "failed" / f"{shard}.json"

    def stats(self, shard: str) -> Path:
        """Return the file with the figures of a shard that is done."""
        return self.state / "stats" / f"{shard}.json"

    def load(self) -> JobFile | None:
        """Return the job of this folder, or None.

        Raises:
            ValueError: `job.json` was written by another version or is damaged.
        """
        file = self.state / "job.json"
        try:
            found = strict_decode(file.read_bytes(), JobFile)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError as error:
            raise ValueError(f"destination: {file} cannot be read: {error}") from error
        if found.version != 1:
            raise ValueError(f"destination: {file} has version {found.version}, which a later release wrote")
        return found

    def save(self, job: JobFile) -> None:
        """Write `job.json`."""
        write_atomically(self.state / "job.json", msgspec.json.format(msgspec.json.encode(job)))

    def done(self) -> set[str]:
        """Return the names of the shards that are done."""
        return names_in(self.path, ".jsonl")

    def failed(self) -> set[str]:
        """Return the names of the shards that were given up."""
        return names_in(self.path / "failed", ".json")

    def results(self) -> Iterator[ShardResult]:
        """Yield the figures of the shards that are done."""
        done = self.done()
        for name in sorted(names_in(self.state / "stats", ".json") & done):
            yield strict_decode(self.stats(name).read_bytes(), ShardResult)

    def commit(self, shard: str, result: ShardResult) -> None:
        """Make a shard done. The rename is the moment: before it, the journal is where it was."""
        write_atomically(self.stats(shard), msgspec.json.encode(result))
        journal = self.journal(shard)
        journal.replace(self.output(shard))
        for leftover in journal.parent.glob(f"{journal.name}.*"):
            leftover.unlink(missing_ok=True)

    def reopen(self, shard: str) -> None:
        """Make a shard that is done running again, to ask its failed rows again."""
        self.output(shard).replace(self.journal(shard))

    def _notes(self, shard: str) -> Path:
        return self.state / "running" / f"{shard}.jsonl.notes"

    def load_notes(self, shard: str) -> ShardResult:
        """Return the figures that an earlier worker has noted for a shard, or none."""
        for path in (self._notes(shard), self.stats(shard)):
            with suppress(OSError, msgspec.MsgspecError):
                return strict_decode(path.read_bytes(), ShardResult)
        return ShardResult(shard=shard)

    def spent(self, result: ShardResult) -> Decimal:
        """Return what a shard has cost of the budget. If its worker was lost, requests that it did not note are added.

        These are the lines that its notes do not count and the requests in flight, at the mean of the noted ones.
        """
        if result.worker is None:
            return result.spent
        noted = result.done + result.failed
        unknown = max(0, count_lines(self.journal(result.shard)) - noted) + result.in_flight
        each = result.spent / noted if noted else result.lease
        return min(result.spent + unknown * each, result.spent_before + result.lease)

    def all_notes(self) -> Iterator[ShardResult]:
        """Yield the figures of all shards that were begun."""
        done = names_in(self.state / "stats", ".json")
        for name in done | names_in(self.state / "running", ".jsonl.notes"):
            yield self.load_notes(name)

    def save_notes(self, result: ShardResult) -> None:
        """Note the figures of a shard beside its journal: the next worker needs them if this one is lost."""
        with suppress(OSError):  # the rows are more important
            self._notes(result.shard).write_bytes(msgspec.json.encode(result))

    def give_up(self, shard: Shard, tries: int, error: str) -> None:
        """Record a shard that is not tried again. Its journal stays."""
        self.failure(shard.name).parent.mkdir(exist_ok=True)
        content = {"shard": structs.asdict(shard), "tries": tries, "error": error}
        write_atomically(self.failure(shard.name), msgspec.json.format(msgspec.json.encode(content)))


def names_in(folder: Path, suffix: str) -> set[str]:
    """Return the names of the files of a folder that have a suffix, without it."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name.removesuffix(suffix) for entry in entries if entry.name.endswith(suffix)}
    except FileNotFoundError:
        return set()


def count_lines(path: Path) -> int:
    """Return the number of complete lines of a journal, 0 if it is gone."""
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except FileNotFoundError:
        return 0


class ShardResult(Struct, kw_only=True):
    """The figures of one shard.

    Attributes:
        shard: The name.
        done: Rows with an answer.
        failed: Rows with an error.
        tokens: Tokens used.
        spent: The part of the budget that was spent, in its unit.
        cost: The known cost.
        currency: The currency of the cost.
        stopped: The reason why the shard is not done: as in `BatchOutcome`, or "busy". None if it is done.
        error: The error of a shard that could not be worked at.
        final: True if another try would fail as well, as of a line that is not JSON.
        worker: The worker that has a lease of the budget for this shard, None if that was settled.
        lease: The amount of the lease.
        spent_before: The amount that was spent before the lease.
        in_flight: The number of requests that may be in flight.
    """

    shard: str
    done: int = 0
    failed: int = 0
    tokens: int = 0
    spent: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    currency: str = "USD"
    stopped: Any = None
    error: str | None = None
    final: bool = False
    worker: str | None = None
    lease: Decimal = Decimal(0)
    spent_before: Decimal = Decimal(0)
    in_flight: int = 0
