"""The output of a batch, which is also its journal: one line for each key, written when the row has ended.

A crash leaves at most a torn last line, which is cut when the batch goes on. A lock keeps a second process away, and
`<output>.job` has the fingerprint of the batch, so that another one cannot continue in the same file.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from msgspec import Raw, Struct, structs

from .._model.encode import encode
from .._model.type_info import build_decoder, strict_decode
from ..errors import BatchBusyError, BatchMismatchError, SerializationError, StatusError
from .sources import KeySet, Mark, hash_key, hash_keys, line_blocks
from .state import BatchItem, describe_error, output_of

fcntl: Any = None  # on Windows, the lock is the existence of the file
with contextlib.suppress(ImportError):
    fcntl = importlib.import_module("fcntl")

__all__ = ["BatchFile", "Fingerprint", "Journal", "OutputLine", "answer_line", "openai_line", "write_atomically"]

_FLUSH_ROWS: Final = 256
_FLUSH_SECONDS: Final = 1.0


class Fingerprint(Struct, frozen=True, kw_only=True):
    """The identity of a batch. Another one must not continue in its output.

    Attributes:
        source: Name of the input.
        key: Name of the key's field, or of its function.
        ask: Hash of the source text of `ask`.
        form: "lines", or "openai" for OpenAI's Batch form.
    """

    source: str
    key: str | None
    ask: str
    form: str = "lines"


class BatchFile(Struct, frozen=True, kw_only=True):
    """The content of `<output>.job`."""

    version: int = 1
    id: str = ""
    fingerprint: Fingerprint
    mark: Mark | None = None


class OutputLine(Struct, gc=False):
    """The fields of an output line that are read when a batch goes on, in either form."""

    key: str | int | None = None
    custom_id: str | None = None
    error: Any = None  # not None if the row failed


_DECODER: Final[msgspec.json.Decoder[OutputLine]] = build_decoder(OutputLine)


def answer_line(item: BatchItem) -> bytes:
    """Return the line of a row: {"key": 7, "output": "positive", "reply": {...}}, or with `error` instead."""
    key = msgspec.json.encode(item.key)
    if item.error is not None:
        return b'{"key":%b,"error":%b}\n' % (key, encode(describe_error(item.error)))
    reply = item.reply
    if not hasattr(reply, "turns"):
        return b'{"key":%b,"output":%b,"reply":%b}\n' % (key, msgspec.json.encode(output_of(reply)), _body_of(reply))
    usage = b"null" if reply.usage is None else encode(structs.asdict(reply.usage))
    return b'{"key":%b,"output":%b,"usage":%b,"calls":%d,"reply":%b}\n' % (
        key, _encode_output(output_of(reply)), usage, len(reply.calls), _body_of(reply.reply),
    )  # fmt: skip


def _body_of(reply: Any) -> bytes:
    """Return an answer as one line of JSON: its body as received, or the value if it was streamed."""
    meta = getattr(reply, "meta", None)
    raw: bytes | None = None if meta is None else meta.raw
    if raw is None:
        return encode(reply)
    return raw if b"\n" not in raw else msgspec.json.format(raw, indent=-1)


def _encode_output(value: Any) -> bytes:
    dump = getattr(value, "model_dump", None)
    if dump is not None:  # a pydantic model
        value = dump(mode="json")
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except (TypeError, ValueError):
        return encode(value)


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    return dump(mode="json")


def openai_line(item: BatchItem) -> bytes:
    """Return the line of a row in the form of OpenAI's output files."""
    line: dict[str, Any] = {"id": f"batch_req_{item.key}", "custom_id": item.key, "response": None, "error": None}
    error = item.error
    if error is not None:
        if isinstance(error, StatusError):
            line["response"] = {"status_code": error.status, "request_id": error.request_id, "body": error.body}
        code = getattr(error, "code", None) or type(error).__name__
        line["error"] = {"code": str(code), "message": describe_error(error)["message"]}
        return encode(line) + b"\n"
    meta = getattr(item.reply, "meta", None)
    request = None if meta is None else meta.headers.get("x-request-id")
    line["response"] = {"status_code": 200, "request_id": request or "", "body": Raw(_body_of(item.reply))}
    return msgspec.json.encode(line) + b"\n"


def _hash_answers(lines: list[bytes]) -> list[int] | None:
    """Return the hashes of keys if all lines are whole and no row failed, else None.

    Each line is decoded as a whole. A check of its beginning takes as long for an answer of 300 bytes, and it accepts
    a line with two torn ones in it.
    """
    if lines[-1][-1:] != b"\n":
        return None
    try:
        found = list(map(_DECODER.decode, lines))
    except msgspec.DecodeError:
        return None
    keys = [line.key if line.key is not None else line.custom_id for line in found if line.error is None]
    return None if len(keys) < len(found) or None in keys else hash_keys(cast("list[str | int]", keys))


class Journal:
    """An output file that is open for this process alone.

    Args:
        path: The output.
        form: "lines" or "openai".

    Attributes:
        done: The keys that the output has.
        failed: The number of them that failed.
        id: The id of the batch, which stays the same when it goes on.
        mark: The content of the input at the last run, or None.

    Raises:
        BatchBusyError: Another process writes to it.
        OSError: It cannot be written.
    """

    def __init__(self, path: Path, form: str = "lines") -> None:
        self.path = path
        self.done: KeySet = KeySet()
        self.failed: int = 0
        self.id: str = os.urandom(8).hex()
        self.mark: Mark | None = None
        self._line = openai_line if form == "openai" else answer_line
        self._job: BatchFile | None = None
        self._beaten: list[int] = []  # offsets of lines that a later line of the same key replaces
        self._retried: dict[int, int] = {}  # hash of a failed row that is asked again: offset of its line
        self._lock = _Lock(Path(f"{path}.lock"), path)
        self._flusher: _Flusher | None = None
        self._created = not path.exists()
        self._begun = False
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        except BaseException:
            self._lock.release()
            raise
        self._size = 0

    def read_job(self) -> None:
        """Read `<output>.job`.

        Raises:
            BatchMismatchError: It is damaged or was written by another version.
        """
        try:
            data = self._job_path.read_bytes()
        except FileNotFoundError:
            return
        try:
            job = strict_decode(data, BatchFile)
        except msgspec.DecodeError as error:
            raise BatchMismatchError(
                f"{self._job_path} is damaged ({error}): delete it to go on with {self.path.name} in spite of that"
            ) from None
        self._job, self.id, self.mark = job, job.id, job.mark

    @property
    def _job_path(self) -> Path:
        return Path(f"{self.path}.job")

    def begin(self, fingerprint: Fingerprint, mark: Mark | None, before: Mark | None, *, retry_failed: bool) -> None:
        """Check that the output belongs to this batch, read its keys, and write `<output>.job`.

        Args:
            fingerprint: The identity of this batch.
            mark: The content of the input.
            before: The content of the input up to the size of the last run.
            retry_failed: Leave failed rows out of `done`, so that they are asked again.

        Raises:
            BatchMismatchError: It belongs to another batch, or the input has changed.
        """
        if self._job is not None:
            self._compare(self._job, fingerprint, mark, before)
        self._load(retry_failed=retry_failed)
        write_atomically(self._job_path, msgspec.json.encode(BatchFile(id=self.id, fingerprint=fingerprint, mark=mark)))
        self._begun = True

    def _compare(self, job: BatchFile, new: Fingerprint, mark: Mark | None, before: Mark | None) -> None:
        differences: list[tuple[str, Any, Any]] = [
            (name, getattr(job.fingerprint, name), getattr(new, name))
            for name in Fingerprint.__struct_fields__
            if getattr(job.fingerprint, name) != getattr(new, name)
        ]
        if job.mark is not None and before != job.mark and not differences:
            if before is None:
                differences = [("source", f"{job.mark.size} bytes", f"{mark.size if mark else 0} bytes, shorter")]
            else:
                differences = [("source", f"content {job.mark.digest}", f"content {before.digest}")]
        if not differences:
            return
        lines = "".join(f"\n  {name}: {old} -> {now}" for name, old, now in differences)
        raise BatchMismatchError(
            f"{self.path.name} belongs to another batch:{lines}",
            differences=differences,
            hint=f"write to another file, or delete {self._job_path.name} to go on in spite of that.",
        )

    def _load(self, *, retry_failed: bool) -> None:
        """Read the keys, cut a torn last line, and note lines that another line of their key replaces."""
        failed: dict[int, int] = {}  # hash of a failed row: offset of its line
        offset, number, end = 0, 0, os.fstat(self._file).st_size
        with self.path.open("rb") as file:
            for lines in line_blocks(file):
                hashes = _hash_answers(lines)
                if hashes is not None and failed.keys().isdisjoint(hashes):
                    self.done.update(hashes)
                    offset += sum(map(len, lines))
                else:
                    offset = self._load_lines(lines, number, offset, end, failed)
                number += len(lines)
        if offset < end:
            os.ftruncate(self._file, offset)
        self._size = offset
        self._settle_failed(failed, retry_failed=retry_failed)

    def _load_lines(self, lines: list[bytes], before: int, offset: int, end: int, failed: dict[int, int]) -> int:
        """Read lines one by one, of which some failed or may be torn. Return the offset after the good ones."""
        for number, line in enumerate(lines, before + 1):
            found = self._read_line(line, number, is_last=offset + len(line) == end)
            if found is None:
                break
            key = found.key if found.key is not None else found.custom_id
            hashed = hash_key(cast("str | int", key))
            if hashed in failed:
                self._beaten.append(failed.pop(hashed))
            if found.error is not None:
                failed[hashed] = offset
            else:
                self.done.add(hashed)
            offset += len(line)
        return offset

    def _settle_failed(self, lines: dict[int, int], *, retry_failed: bool) -> None:
        for hashed, at in lines.items():
            if hashed in self.done:  # its answer came before
                self._beaten.append(at)
            elif retry_failed:
                self._retried[hashed] = at
        failed = [hashed for hashed in lines if hashed not in self.done and hashed not in self._retried]
        self.failed = len(failed)
        for hashed in failed:
            self.done.add(hashed)
        if self._beaten:
            self._compact()
            self._reload_offsets()

    def _reload_offsets(self) -> None:
        """Find the failed lines again after lines before them were removed."""
        if self._retried:
            offset = 0
            with self.path.open("rb") as file:
                for line in file:
                    found = _DECODER.decode(line)
                    hashed = hash_key(cast("str | int", found.key if found.key is not None else found.custom_id))
                    if hashed in self._retried:
                        self._retried[hashed] = offset
                    offset += len(line)

    def _read_line(self, line: bytes, number: int, *, is_last: bool) -> OutputLine | None:
        """Return a line, or None for a torn one at the end."""
        ours = number > 1 or self._job is not None  # else the file may be a user's own, which is not cut
        if line[-1:] != b"\n":
            if ours:
                return None
            raise self._foreign(number, "it has no line end")
        try:
            found = _DECODER.decode(line)
        except msgspec.DecodeError as error:
            if ours and is_last:  # after a power failure, the end may be there without its content
                return None
            raise self._foreign(number, str(error)) from None
        if found.key is None and found.custom_id is None:
            raise self._foreign(number, "it has no key")
        return found

    def _foreign(self, number: int, reason: str) -> BatchMismatchError:
        return BatchMismatchError(
            f"destination: {self.path.name} is not the output of a batch (line {number}: {reason}):"
            " write to another file"
        )

    def append(self, item: BatchItem) -> None:
        """Write the line of a row, in one piece.

        Raises:
            OSError: It could not be written. The lines before it are kept.
        """
        try:
            line = self._line(item)
        except (SerializationError, TypeError, ValueError) as error:
            line = self._line(BatchItem(key=item.key, row=item.row, error=error))
        if self._retried:
            at = self._retried.pop(hash_key(item.key), None)
            if at is not None:
                self._beaten.append(at)
        if self._flusher is None:
            self._flusher = _Flusher(self._file)
        self._flusher.check()
        try:
            written = os.write(self._file, line)
            if written < len(line):  # a full disk takes a part of the line, and the next write raises
                os.write(self._file, line[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            error.add_note(f"the rows answered before are kept in {self.path}: run the batch again to go on")
            raise
        self._size += len(line)
        self._flusher.wrote()

    def _compact(self) -> None:
        """Remove the lines that others replace. The new file replaces the old one as a whole."""
        beaten, offset = set(self._beaten), 0
        temporary = Path(f"{self.path}.tmp")
        with self.path.open("rb") as file, temporary.open("wb") as out:
            for line in file:
                if offset not in beaten:
                    out.write(line)
                offset += len(line)
            out.flush()
            os.fsync(out.fileno())
        os.close(self._file)
        temporary.replace(self.path)
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0))
        self._size = os.fstat(self._file).st_size
        self._beaten = []

    def close(self) -> None:
        """Bring all lines to the disk, remove replaced ones, and release the output."""
        try:
            if self._flusher is not None:
                self._flusher.stop()
                os.fsync(self._file)
            if self._beaten:
                self._compact()
        finally:
            os.close(self._file)
            if self._created and not self._begun:  # bad input leaves no empty file
                self.path.unlink(missing_ok=True)
            self._lock.release()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file at once, after its content is on the disk."""
    temporary = Path(f"{path}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class _Flusher:
    """A thread that brings written lines to the disk: after 256 rows, or a second. The loop does not wait for it."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._rows = 0
        self._wake = threading.Event()
        self._stopped = False
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="batch journal", daemon=True)
        self._thread.start()

    def wrote(self) -> None:
        """Count a line."""
        self._rows += 1
        if self._rows == _FLUSH_ROWS:
            self._wake.set()

    def check(self) -> None:
        """Raise the error of the last flush."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait(_FLUSH_SECONDS)
            self._wake.clear()
            if self._rows and not self._stopped:
                self._rows = 0
                try:
                    os.fsync(self._file)
                except OSError as error:
                    self._error = error
                    return

    def stop(self) -> None:
        """Stop the thread."""
        self._stopped = True
        self._wake.set()
        self._thread.join()


class _Lock:
    """A lock file with the id of the process and the time. The system frees the lock of a process that was killed."""

    def __init__(self, path: Path, output: Path) -> None:
        self._path = path
        self._file = -1
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        while True:
            if fcntl is None:
                try:
                    self._file = os.open(path, flags | os.O_EXCL, 0o666)
                except FileExistsError:
                    raise self._busy(output, path.read_text("utf-8").split()) from None
                break
            self._file = os.open(path, flags, 0o666)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(self._file, 200).decode("utf-8", "replace").split()
                os.close(self._file)
                raise self._busy(output, holder) from None
            # The one before may have removed the file between our two steps: then this lock holds nobody back.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == os.fstat(self._file).st_ino:
                    break
            os.close(self._file)
        since = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds")
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()} {since}\n".encode())

    def _busy(self, output: Path, holder: list[str]) -> BatchBusyError:
        pid, since = (*holder, "", "")[:2]
        return BatchBusyError(
            f"{output} is being written by process {pid or '?'} since {since or '?'}: wait for it, or stop it",
            pid=int(pid) if pid.isdigit() else None,
            since=since or None,
        )

    def release(self) -> None:
        """Remove the file and free the lock."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        os.close(self._file)
