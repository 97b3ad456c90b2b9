"""Inputs of a batch: JSON lines, gzip, Parquet, iterables and OpenAI's Batch form, checked before anything is sent."""

from __future__ import annotations

import gzip
import os
from array import array
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Struct

from .._model.json_values import is_mapping
from .._model.type_info import build_converter, build_decoder
from .._version import install_command
from .state import Row

__all__ = [
    "AsyncRows",
    "FileSource",
    "Format",
    "IterableSource",
    "Key",
    "KeySet",
    "Mark",
    "Rows",
    "Scan",
    "format_of",
    "hash_key",
    "hash_keys",
    "line_blocks",
    "open_parquet",
    "open_source",
]

Rows: TypeAlias = str | os.PathLike[str] | Iterable[Any]
AsyncRows: TypeAlias = str | os.PathLike[str] | Iterable[Any] | AsyncIterable[Any]
Key: TypeAlias = str | Callable[[Any], "str | int"] | None

Format: TypeAlias = Literal["jsonl", "gzip", "parquet"]

OPENAI_KEY: Final = "custom_id"
ENDPOINTS: Final = ("/v1/chat/completions", "/v1/responses")
_SUFFIXES: Final[dict[str, Format]] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonl.gz": "gzip", ".ndjson.gz": "gzip",
                    ".parquet": "parquet"}  # fmt: skip
_MOST_PROBLEMS: Final = 5
_PIECE: Final = 1 << 20
_BLOCK: Final = 1 << 18  # bytes of lines that are decoded at once
_HASH_BITS: Final = 0xFFFF_FFFF_FFFF_FFFF
_HALF: Final = 1 << 63
_ODD: Final = 0x9E37_79B9_7F4A_7C15


def hash_key(key: str | int) -> int:
    """Return 64 bits of a key. They differ between processes, and between 1 and "1"."""
    if isinstance(key, str):
        return hash(key) & _HASH_BITS
    if -_HALF <= key < _HALF:
        return key * _ODD & _HASH_BITS  # different for all integers of 64 bits, and spread over the table
    return hash(f"\0{key}") & _HASH_BITS


def hash_keys(keys: list[str | int]) -> list[int]:
    """Return `hash_key` of each key, without a call for each."""
    try:
        array("q", cast("list[int]", keys))
    except (TypeError, OverflowError):  # not only integers of 64 bits
        return [hash(key) & _HASH_BITS if isinstance(key, str) else hash_key(key) for key in keys]
    return [key * _ODD & _HASH_BITS for key in cast("list[int]", keys)]


def line_blocks(file: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines of a file in lists, as the calls for each line would cost more than decoding its key."""
    while lines := file.readlines(_BLOCK):
        yield lines


class KeySet:
    """A hash table of key hashes in one array: a million keys are 16 MB, where a set has more than 60.

    Added hashes wait in `_new` until the first lookup, so that the table is made once, with the right size. The first
    bits of a hash are its place in the table. If another one has that place, it goes on in steps of its last bits: in
    steps of one place, keys at some distances (832,040) would crowd there, and a lookup would pass thousands of them.
    """

    __slots__ = ("_new", "_table", "_twice", "_used", "_zero", "count")

    def __init__(self) -> None:
        self._new = array("Q")
        self._table = array("Q", [0] * 16)  # a power of two of places, at most two thirds of them in use
        self._used = 0
        self._zero = False  # whether 0 is in the set, which marks a free place in the table
        self._twice: set[int] = set()
        self.count: int = 0

    def add(self, hashed: int) -> None:
        """Add a hash, which may be in the set already."""
        self._new.append(hashed)
        self.count += 1

    def update(self, hashes: list[int]) -> None:
        """Add many hashes."""
        self._new.extend(hashes)
        self.count += len(hashes)

    def _index(self) -> None:
        """Put the added hashes into the table."""
        new, self._new = self._new, array("Q")
        zeros = new.count(0)
        if zeros + self._zero > 1:
            self._twice.add(0)
        self._zero |= zeros > 0
        if (self._used + len(new)) * 3 > len(self._table) * 2:
            before = self._table
            self._table = array("Q", [0]) * (1 << ((self._used + len(new)) * 3 // 2).bit_length())
            self._used = 0
            self._insert(filter(None, before))
        self._insert(filter(None, new))

    def _insert(self, hashes: Iterable[int]) -> None:
        table = self._table
        last, shift, used = len(table) - 1, 65 - len(table).bit_length(), self._used
        for hashed in hashes:
            at = hashed >> shift
            while found := table[at]:
                if found == hashed:
                    self._twice.add(hashed)
                    break
                at = (at + (hashed | 1)) & last
            else:
                table[at] = hashed
                used += 1
        self._used = used

    def __contains__(self, hashed: int) -> bool:
        return not self.missing([hashed])

    def missing(self, hashes: list[int]) -> list[int]:
        """Return the places in a list of the hashes that are not in the set."""
        if self._new:
            self._index()
        table, missing = self._table, list[int]()
        last, shift = len(table) - 1, 65 - len(table).bit_length()
        for place, hashed in enumerate(hashes):
            at = hashed >> shift
            while (found := table[at]) != hashed and found:
                at = (at + (hashed | 1)) & last
            if not found and (hashed or not self._zero):
                missing.append(place)
        return missing

    def twice(self) -> set[int]:
        """Return the hashes that were added more than once."""
        if self._new:
            self._index()
        return self._twice


class Mark(Struct, frozen=True):
    """The content of an input file up to a place.

    Attributes:
        size: Bytes, after decompression. Rows of a Parquet file.
        digest: A hash of them.
    """

    size: int = 0
    digest: str = ""


class Scan(Struct, frozen=True):
    """The result of reading an input once.

    Attributes:
        total: The number of rows, or None if only reading it to the end can show it.
        mark: The content, None for an iterable.
        before: The content up to the size of an earlier mark, None if the input is shorter.
    """

    total: int | None = None
    mark: Mark | None = None
    before: Mark | None = None


class OpenAIRow(Struct):
    """The fields of a row in OpenAI's Batch form that are checked before anything is sent."""

    custom_id: str
    body: dict[str, Any]
    method: str = "POST"
    url: str = ENDPOINTS[0]

    def __post_init__(self) -> None:
        if self.url not in ENDPOINTS:
            raise ValueError(f"url must be {' or '.join(ENDPOINTS)}, got {self.url!r}")
        if "model" not in self.body:
            raise ValueError("body has no model")


_to_openai_row = build_converter(OpenAIRow)


class FileSource:
    """A file of rows.

    Args:
        path: Its path.
        key: Name of the field with the key, a function of the row, or None for the line number.
        openai: The rows have OpenAI's Batch form.

    Attributes:
        name: Name of the file for messages.
    """

    asynchronous = False

    def __init__(self, path: Path, key: Key, *, openai: bool = False) -> None:
        self.path = path
        self.name: str = path.name
        self.format = format_of(path)
        self._key = OPENAI_KEY if openai else key
        self._openai = openai
        if not path.is_file():
            raise FileNotFoundError(f"source: the file {path} does not exist")

    def scan(self, mark: Mark | None = None) -> Scan:
        """Read the file once and check its rows and keys.

        Args:
            mark: The content at an earlier run.

        Raises:
            ValueError: Lines are not objects, lack the key, or share one. The message has the line numbers.
        """
        if self.format == "parquet":
            return self._scan_parquet(mark)
        decode, of_key = self._checker()
        keys, problems, total, number = KeySet(), list[str](), 0, 0
        with self._open() as file:
            for lines in line_blocks(file):
                try:
                    rows = list(map(decode, lines))
                    hashes = [] if of_key is None else hash_keys(list(map(of_key, rows)))
                    total += len(rows)
                except _BAD_ROW:
                    hashes, good = self._check_lines(lines, number, problems)
                    total += good
                    if len(problems) >= _MOST_PROBLEMS:
                        break
                keys.update(hashes)
                number += len(lines)
        if problems:
            raise ValueError(f"source: {self.name}, {'; '.join(problems)}")
        self._refuse_duplicates(keys)
        return Scan(total, *self._digest(mark))

    def _check_lines(self, lines: list[bytes], before: int, problems: list[str]) -> tuple[list[int], int]:
        """Check lines one by one, of which some are empty or not valid.

        Args:
            lines: The lines.
            before: The number of lines before them.
            problems: A list to which a text is appended for each bad line, up to five.

        Returns:
            The hashes of the keys, and the number of rows.
        """
        decode, of_key = self._checker()
        hashes, good = list[int](), 0
        for number, line in enumerate(lines, before + 1):
            try:
                row = decode(line)
                if of_key is not None:
                    hashes.append(hash_key(of_key(row)))
                good += 1
            except _BAD_ROW as error:
                if not line.strip():
                    continue
                problems.append(f"line {number}: {_reason(error)}")
                if len(problems) >= _MOST_PROBLEMS:
                    break
        return hashes, good

    def _digest(self, mark: Mark | None) -> tuple[Mark, Mark | None]:
        """Return the content of the file, and that up to the size of an earlier mark."""
        hasher, size, before = blake2b(digest_size=16), 0, None
        with self._open() as file:
            while piece := file.read(_PIECE):
                if mark is not None and before is None and size + len(piece) >= mark.size:
                    partly = hasher.copy()  # the mark may be inside a line, which has grown since then
                    partly.update(piece[: mark.size - size])
                    before = Mark(mark.size, partly.hexdigest())
                hasher.update(piece)
                size += len(piece)
        if mark is not None and mark.size == 0:
            before = mark
        return Mark(size, hasher.hexdigest()), before

    def _checker(self) -> tuple[Callable[[bytes], Any], Callable[[Any], str | int] | None]:
        """Return a function that decodes the checked fields of a line, and one that takes the key of its result."""
        if self._openai:
            return build_decoder(OpenAIRow).decode, attrgetter("custom_id")
        if isinstance(self._key, str):
            return _key_decoder(self._key), _get_key
        if self._key is None:
            return build_decoder(msgspec.defstruct("Object", [])).decode, None
        function = self._key
        return build_decoder(dict[str, Any]).decode, lambda row: check_key(function(row))

    def _refuse_duplicates(self, keys: KeySet) -> None:
        """Raise ValueError with the lines that share a key. They are looked up only if hashes are equal."""
        twice = keys.twice()
        if not twice:
            return
        lines: dict[str | int, list[int]] = {}
        for row in self.rows():
            if hash_key(row.key) in twice:
                lines.setdefault(row.key, []).append(row.number)
        found = [(key, numbers) for key, numbers in lines.items() if len(numbers) > 1]
        if not found:
            return  # different keys with equal hashes: about one in 30 million batches of a million rows
        texts = [f"lines {', '.join(map(str, numbers[:3]))}: {key!r}" for key, numbers in found[:_MOST_PROBLEMS]]
        raise ValueError(f"source: {self.name} has {len(found)} keys more than once: {'; '.join(texts)}")

    def _open(self) -> BinaryIO:
        if self.format == "gzip":
            return cast("BinaryIO", gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def rows(self) -> Iterator[Row]:
        """Yield the rows in order."""
        of_key = _key_reader(self._key)
        for number, value in self._values():
            yield Row(number if of_key is None else of_key(value), number, value)

    def unasked(self, done: KeySet) -> Iterator[Row]:
        """Yield the rows whose keys are not in `done`. Of the others, only the key is decoded."""
        if not isinstance(self._key, str) or self.format == "parquet":
            yield from (row for row in self.rows() if hash_key(row.key) not in done)
            return
        decode_key, decode = _key_decoder(self._key), build_decoder(dict[str, Any]).decode
        number = 0
        with self._open() as file:
            for block in line_blocks(file):
                try:
                    keys, numbers = list(map(_get_key, map(decode_key, block))), None
                except msgspec.DecodeError:  # some lines are empty
                    numbers = [at for at, line in enumerate(block) if not line.isspace()]
                    keys = [decode_key(block[at]).key for at in numbers]
                for place in done.missing(hash_keys(keys)):
                    at = place if numbers is None else numbers[place]
                    yield Row(keys[place], number + at + 1, decode(block[at]))
                number += len(block)

    def _values(self) -> Iterator[tuple[int, Any]]:
        if self.format == "parquet":
            yield from enumerate(_parquet_rows(self.path), 1)
            return
        decode = build_decoder(dict[str, Any]).decode
        with self._open() as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, decode(line)

    def _scan_parquet(self, mark: Mark | None) -> Scan:
        """Check the keys of a Parquet file. Its content is compared by its number of rows and its schema."""
        field = self._key if isinstance(self._key, str) else None
        keys, of_key, count = KeySet(), _key_reader(self._key), 0
        with open_parquet(self.path) as file:
            if field is not None and field not in file.schema_arrow.names:
                raise ValueError(f"source: {self.name} has no column {field!r}, which key names")
            schema = blake2b(str(file.schema_arrow).encode(), digest_size=16).hexdigest()
        if of_key is not None:
            for value in _parquet_rows(self.path, None if field is None else [field]):
                count += 1
                try:
                    keys.add(hash_key(of_key(value)))
                except (ValueError, TypeError, LookupError) as error:
                    raise ValueError(f"source: {self.name}, row {count}: {_reason(error)}") from error
            self._refuse_duplicates(keys)
        with open_parquet(self.path) as file:
            count = int(file.metadata.num_rows)
        before = None if mark is None or count < mark.size else Mark(mark.size, schema)
        return Scan(count, Mark(count, schema), before)


class IterableSource:
    """Rows of a Python iterable, synchronous or async. A list is checked as a whole, others row by row."""

    def __init__(self, values: Any, key: Key, *, openai: bool = False) -> None:
        self.name: str = type(values).__name__
        self.asynchronous: bool = isinstance(values, AsyncIterable)
        self._values = values
        self._key = OPENAI_KEY if openai else key
        self._openai = openai
        self._seen: set[int] | None = None

    def scan(self, mark: Mark | None = None) -> Scan:
        """Check the rows and keys of a list.

        Raises:
            ValueError: Rows lack the key, or share one.
        """
        del mark
        values = _as_sequence(self._values)
        if values is None:
            self._seen = set()
            return Scan()
        of_key = _key_reader(self._key)
        first: dict[str | int, int] = {}
        for number, value in enumerate(values, 1):
            row = self._row(of_key, number, value)
            if row.key in first and of_key is not None:
                raise ValueError(f"source: rows {first[row.key]} and {number} have the same key {row.key!r}")
            first[row.key] = number
        return Scan(len(values))

    def _row(self, of_key: Callable[[Any], str | int] | None, number: int, value: Any) -> Row:
        try:
            if self._openai:
                _to_openai_row(value)
            return Row(number if of_key is None else of_key(value), number, value)
        except (msgspec.ValidationError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"source: row {number}: {_reason(error)}") from error

    def _new_row(self, of_key: Callable[[Any], str | int] | None, number: int, value: Any) -> Row:
        row = self._row(of_key, number, value)
        if self._seen is not None and of_key is not None:
            hashed = hash_key(row.key)
            if hashed in self._seen:
                raise ValueError(f"source: row {number} has the key {row.key!r} of an earlier row")
            self._seen.add(hashed)
        return row

    def rows(self) -> Iterator[Row]:
        """Yield the rows of a synchronous iterable."""
        of_key = _key_reader(self._key)
        for number, value in enumerate(self._values, 1):
            yield self._new_row(of_key, number, value)

    def unasked(self, done: KeySet) -> Iterator[Row]:
        """Yield the rows whose keys are not in `done`."""
        return (row for row in self.rows() if hash_key(row.key) not in done)

    async def async_rows(self) -> Any:
        """Yield the rows of an async iterable."""
        of_key, number = _key_reader(self._key), 0
        async for value in self._values:
            number += 1
            yield self._new_row(of_key, number, value)


_BAD_ROW: Final = (msgspec.DecodeError, ValueError, TypeError, LookupError, AttributeError)
_get_key: Final[Callable[[Any], str | int]] = attrgetter("key")


def _key_decoder(name: str) -> Callable[[bytes], Any]:
    """Return a function that decodes the key of a line alone."""
    keyed = msgspec.defstruct("Keyed", [("key", str | int)], rename={"key": name}, gc=False)
    return build_decoder(keyed).decode


def open_source(source: Any, key: Any, *, openai: bool = False) -> FileSource | IterableSource:
    """Return the rows of a path or iterable.

    Raises:
        TypeError: `source` or `key` has the wrong type.
        ValueError: The file has an unknown suffix.
        FileNotFoundError: The file does not exist.
    """
    if key is not None and not isinstance(key, str) and not callable(key):
        raise TypeError(f"key must be the name of a field or a function of a row, got {type(key).__name__}")
    of_key: Any = key  # its results are checked
    if openai and key not in (None, OPENAI_KEY):
        raise ValueError("key: rows without ask have OpenAI's Batch form, whose key is custom_id: leave key out")
    if isinstance(source, (str, os.PathLike)):
        return FileSource(Path(cast("str", source)), of_key, openai=openai)
    if is_mapping(source) or isinstance(source, (bytes, bytearray)):
        raise TypeError(f"source must be a path or an iterable of rows, got {type(source).__name__}")
    if isinstance(source, (Iterable, AsyncIterable)):
        return IterableSource(source, of_key, openai=openai)
    raise TypeError(f"source must be a path or an iterable of rows, got {type(source).__name__}")


def _as_sequence(values: Any) -> Sequence[Any] | None:
    return cast("Any", values) if isinstance(values, Sequence) else None


def format_of(path: Path) -> Format:
    """Return the format of an input file, by its suffix.

    Raises:
        ValueError: It has another suffix.
    """
    name = path.name.lower()
    for suffix, found in _SUFFIXES.items():
        if name.endswith(suffix):
            return found
    raise ValueError(f"source: {path} must end in one of {', '.join(_SUFFIXES)}")


def check_key(key: object) -> str | int:
    """Return a key.

    Raises:
        TypeError: It is neither a string nor an integer.
    """
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"the key must be a string or an integer, got {type(key).__name__}")
    return key


def _key_reader(key: Key) -> Callable[[Any], str | int] | None:
    if key is None:
        return None
    if not isinstance(key, str):
        return lambda row: check_key(key(row))

    def read(row: Any) -> str | int:
        if not isinstance(row, Mapping):
            raise TypeError(f"the row must be an object, got {type(row).__name__}: key={key!r} names a field")
        fields = cast("Mapping[str, Any]", row)
        if key not in fields:
            raise LookupError(f"the row has no field {key!r}, which key names")
        return check_key(fields[key])

    return read


def _reason(error: Exception) -> str:
    text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    return text or type(error).__name__


def open_parquet(path: Path) -> Any:
    """Return a Parquet file that is open.

    Raises:
        ValueError: pyarrow is not installed.
    """
    try:
        from pyarrow import parquet  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ValueError(f"source: {path} needs pyarrow: {install_command('parquet')}") from None
    return cast("Any", parquet).ParquetFile(path)


def _parquet_rows(path: Path, columns: list[str] | None = None) -> Iterator[Any]:
    with open_parquet(path) as file:
        for batch in file.iter_batches(batch_size=1024, columns=columns):
            yield from batch.to_pylist()
