"""The output of a batch as its journal: torn lines, locks, fingerprints, and failed rows that are asked again."""

from __future__ import annotations

import errno
import json
import os
import resource
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch.batches import by_key, read_lines
from inference_gateway_sdk import BatchBusyError, BatchItem, BatchMismatchError
from inference_gateway_sdk.batch import sources
from inference_gateway_sdk.batch.journal import Fingerprint, Journal
from inference_gateway_sdk.batch.sources import FileSource, KeySet, Mark, hash_key, hash_keys

SAME = Fingerprint(source="in.jsonl", key="id", ask="abc")


class Answer(msgspec.Struct):
    """An answer with a text."""

    text: str = "good"


def opened(path: Path, *, retry_failed: bool = False, fingerprint: Fingerprint = SAME, **marks: Any) -> Journal:
    """Return a journal that has begun."""
    journal = Journal(path)
    try:
        journal.read_job()
        journal.begin(fingerprint, marks.get("mark"), marks.get("before"), retry_failed=retry_failed)
    except BaseException:
        journal.close()
        raise
    return journal


def line(key: str | int, error: str | None = None) -> bytes:
    """Return an output line."""
    rest: dict[str, Any] = {"output": "x"} if error is None else {"error": {"type": error}}
    return json.dumps({"key": key} | rest).encode() + b"\n"


@pytest.mark.parametrize(
    "torn",
    [b'{"key":"c"', b'{"key":"c","output":"x"}', b"{", b"\0" * 40, b"\0" * 40 + b"\n"],
    ids=["half", "no line end", "one byte", "zeros", "zeros and a line end"],
)
def test_a_torn_last_line_is_cut(tmp_path: Path, torn: bytes) -> None:
    """The rest of a line that a crash left is removed, and its row counts as not asked."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(line("a") + line("b") + torn)
    journal = opened(path)
    assert hash_key("a") in journal.done and hash_key("b") in journal.done
    assert hash_key("c") not in journal.done
    journal.append(BatchItem(key="c", row={}, reply=Answer()))
    journal.close()
    assert list(by_key(path)) == ["a", "b", "c"]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """The output of a running batch cannot be opened again. The error has the process and its time."""
    first = opened(tmp_path / "out.jsonl")
    with pytest.raises(BatchBusyError, match="is being written by process") as caught:
        opened(tmp_path / "out.jsonl")
    assert caught.value.pid == os.getpid()
    assert caught.value.since is not None
    first.close()
    opened(tmp_path / "out.jsonl").close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.jsonl", "out.jsonl.job"]


def test_a_lock_file_that_a_killed_process_left_holds_nobody(tmp_path: Path) -> None:
    """The system frees the lock of a process that was killed. Its file is taken over."""
    (tmp_path / "out.jsonl.lock").write_text("999999 2026-11-28T10:00:00+00:00\n")
    opened(tmp_path / "out.jsonl").close()
    assert not (tmp_path / "out.jsonl.lock").exists()


def test_another_batch_is_refused_with_what_differs(tmp_path: Path) -> None:
    """An output with another key, function or input is not continued. The error lists each difference."""
    path = tmp_path / "out.jsonl"
    opened(path).close()
    other = Fingerprint(source="other.jsonl", key="id", ask="def")
    with pytest.raises(BatchMismatchError, match=r"out\.jsonl belongs to another batch") as caught:
        opened(path, fingerprint=other)
    assert caught.value.differences == [("source", "in.jsonl", "other.jsonl"), ("ask", "abc", "def")]
    assert "delete out.jsonl.job" in str(caught.value)
    (tmp_path / "out.jsonl.job").unlink()
    opened(path, fingerprint=other).close()


@pytest.mark.parametrize(
    ("before", "text"),
    [(None, "shorter"), (Mark(100, "other"), "content")],
    ids=["shrunk", "changed"],
)
def test_a_changed_input_is_refused(tmp_path: Path, before: Mark | None, text: str) -> None:
    """An input that is shorter than at the last run, or has other content up to there, is not continued."""
    path = tmp_path / "out.jsonl"
    opened(path, mark=Mark(100, "content")).close()
    with pytest.raises(BatchMismatchError, match=text):
        opened(path, mark=Mark(90, "new"), before=before)
    opened(path, mark=Mark(120, "grown"), before=Mark(100, "content")).close()


def test_a_file_that_is_not_an_output_is_refused(tmp_path: Path) -> None:
    """A file of other lines is refused with the line number, and is not changed."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"id": 1}\n{"id": 2}\n')
    with pytest.raises(BatchMismatchError, match=r"not the output of a batch \(line 1: it has no key\)"):
        opened(path)
    for text in (b"some notes\nof mine\n", b"a note\n", b"a note"):
        path.write_bytes(text)
        with pytest.raises(BatchMismatchError, match=r"line 1"):
            opened(path)
        assert path.read_bytes() == text


def test_failed_rows_are_asked_again_on_wish(tmp_path: Path) -> None:
    """With `retry_failed`, failed keys are left out, and the last line of a key replaces the one before."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(line("a") + line("b", "TimeoutError") + line("c", "TimeoutError") + line("d"))
    plain = opened(path)
    assert (plain.done.count, plain.failed) == (4, 2)
    plain.close()
    again = opened(path, retry_failed=True)
    assert (again.done.count, again.failed) == (2, 0)
    again.append(BatchItem(key="b", row={}, reply=Answer()))
    assert len(read_lines(path)) == 5
    again.close()
    found = by_key(path)
    assert list(found) == ["a", "c", "d", "b"]
    assert found["b"]["output"] == "good"
    assert found["c"]["error"]["type"] == "TimeoutError"


def test_a_crash_during_a_retry_keeps_the_better_line(tmp_path: Path) -> None:
    """An output with an old error and a new answer of one key is repaired at the next start."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(line("a", "E") + line("b", "E1") + line("a") + line("b", "E2") + line("c", "E"))
    journal = opened(path, retry_failed=True)
    journal.append(BatchItem(key="c", row={}, reply=Answer()))
    journal.close()
    found = by_key(path)
    assert "output" in found["a"]
    assert found["b"]["error"]["type"] == "E2"
    assert found["c"]["output"] == "good"


def test_a_full_disk_loses_no_line(tmp_path: Path) -> None:
    """When a line does not fit, it is removed as a whole, the error is raised, and the batch can go on later."""
    path = tmp_path / "out.jsonl"
    journal = opened(path)
    item = BatchItem(key="a", row={}, reply=Answer("x" * 300))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))  # a write beyond it fails as one to a full disk
    try:
        with pytest.raises(OSError) as caught:
            for number in range(10):
                journal.append(BatchItem(key=number, row={}, reply=item.reply))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno in (errno.EFBIG, errno.ENOSPC)
    assert "run the batch again" in caught.value.__notes__[0]
    kept = by_key(path)
    assert list(kept) == list(range(len(kept))) and kept
    journal.close()
    again = opened(path)
    assert again.done.count == len(kept)
    again.close()


def test_an_output_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A path that cannot be opened for writing is an error, and the lock is released."""
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        Journal(tmp_path / "out.jsonl")
    assert [one.name for one in tmp_path.iterdir()] == ["out.jsonl"]


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=12),
    st.integers(0, 60),
    st.booleans(),
    st.sampled_from([1, 60, 1 << 18]),
)
def test_any_end_leaves_one_line_for_each_key(
    events: list[tuple[str, bool]], cut: int, retry: bool, block: int
) -> None:
    """Whatever was written and wherever it was cut, the next run has one line for each key, the better one."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_BLOCK", block)
        path = Path(folder) / "out.jsonl"
        opened(path).close()  # a batch writes its fingerprint before the first line
        whole = b"".join(line(key, None if good else "E") for key, good in events)
        path.write_bytes(whole[: max(0, len(whole) - cut)])
        kept = path.read_bytes().rpartition(b"\n")[0].splitlines()
        before = [json.loads(one) for one in kept]
        if any(sum("output" in one for one in before if one["key"] == key) > 1 for key in "abcde"):
            return  # answers are never asked again
        good = {one["key"] for one in before if "output" in one}
        journal = opened(path, retry_failed=retry)
        for key in "abcde":
            if hash_key(key) not in journal.done:
                journal.append(BatchItem(key=key, row={}, reply=Answer()))
            else:
                assert key in good or not retry
        journal.close()
        found = by_key(path)
        assert sorted(found) == list("abcde")
        assert all("output" in found[key] for key in good)
        if retry:
            assert all("output" in one for one in found.values())


def test_keys_are_kept_apart() -> None:
    """1 and "1" are different keys, and so are -1 and -2, whose hashes are equal in Python."""
    keys = KeySet()
    for key in (1, "a", -1):
        keys.add(hash_key(key))
    assert hash_key("1") not in keys and hash_key(-2) not in keys
    assert all(hash_key(key) in keys for key in (1, "a", -1))
    assert keys.twice() == set()
    keys.add(hash_key("a"))
    assert keys.twice() == {hash_key("a")}


HASHES = st.one_of(
    st.integers(0, 20),  # all at the first place, so that most of them move on
    st.integers((1 << 64) - 20, (1 << 64) - 1),  # at the last place, so that they go on at the first one
    st.integers(0, (1 << 64) - 1),
)


@given(st.lists(st.lists(HASHES, max_size=40), max_size=5), st.lists(HASHES, max_size=20))
def test_a_set_of_keys_finds_what_was_added(added: list[list[int]], others: list[int]) -> None:
    """It answers as a set of Python, also when hashes are added after a lookup and when the table has grown."""
    keys, known, twice = KeySet(), set[int](), set[int]()
    for hashes in added:
        keys.update(hashes)
        for one in hashes:
            (twice if one in known else known).add(one)
        asked = [*hashes, *others]
        assert keys.missing(asked) == [place for place, one in enumerate(asked) if one not in known]
        assert keys.twice() == twice
    assert keys.count == sum(map(len, added))


@given(st.lists(st.one_of(st.integers(), st.text(max_size=3), st.integers((1 << 63) - 2, (1 << 63) + 2)), max_size=9))
def test_many_keys_have_the_hashes_of_single_ones(keys: list[str | int]) -> None:
    """Keys that are hashed together are found one by one."""
    assert hash_keys(keys) == [hash_key(key) for key in keys]


@pytest.mark.parametrize("block", [1, 30, 1 << 18])
def test_rows_that_are_left_keep_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Rows without a line in the output come with the numbers of their lines, also after empty lines."""
    monkeypatch.setattr(sources, "_BLOCK", block)
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"id":1}\n\n{"id":"two"}\n  \n{"id":3,"x":[4]}\n{"id":4}\n{"id":5}')
    source, done = FileSource(path, "id"), KeySet()
    assert source.scan().total == 5
    done.update(hash_keys([1, 4]))
    found = [(row.number, row.key, row.value) for row in source.unasked(done)]
    assert found == [(3, "two", {"id": "two"}), (5, 3, {"id": 3, "x": [4]}), (7, 5, {"id": 5})]
    path.write_bytes(path.read_bytes() + b'\n{"id":[]}\n{"id":"two"}\n{}\n')
    with pytest.raises(ValueError, match=r"line 8: .*; line 10: [^;]*$"):
        source.scan()
    path.write_bytes(b'{"id":1}\n\n{"id":2}\n{"id":1}\n')
    with pytest.raises(ValueError, match=r"lines 1, 4: 1$"):
        source.scan()


def test_a_damaged_line_among_good_ones_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two torn lines in one, before the end, are refused with the line's number: one of them has an answer."""
    monkeypatch.setattr(sources, "_BLOCK", 60)
    path = tmp_path / "out.jsonl"
    opened(path).close()
    path.write_bytes(b"".join(map(line, "abcdef")) + b'{"key":"g","output":"x' + line("h") + line("i"))
    with pytest.raises(BatchMismatchError, match=r"line 7: "):
        opened(path)
