"""`igw batch`: its prompt, its options and its exit codes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batch.counting import CountingGateway, counting
from inference_gateway_sdk.cli.batch import PromptTemplate

Run = Callable[..., subprocess.CompletedProcess[str]]
ROW = {"text": "a {b}", "n": 7, "meta": {"stars": 4, "tags": ["x", "ü"]}, "none": None}


@pytest.fixture
def gateway() -> Iterator[CountingGateway]:
    """Return a gateway that counts requests."""
    with counting(delay=0.0) as one:
        yield one


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: CountingGateway) -> Path:
    """Write 30 rows, and begin in their folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFERENCE_GATEWAY_URL", gateway.url)
    lines = (json.dumps({"id": f"r{number}", "text": f"row {number}"}) + "\n" for number in range(30))
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    return tmp_path


ASK = (
    "batch",
    "rows.jsonl",
    "-o",
    "answers.jsonl",
    "--model",
    "openai/m",
    "--prompt",
    "Mood of: {text}",
    "--key",
    "id",
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Mood of: {text}", "Mood of: a {b}"),
        ("{n}/{meta.stars}", "7/4"),
        ("{meta.tags} {none}", '["x", "ü"] null'),
        ('{{"a": {n}}}', '{"a": 7}'),
    ],
)
def test_the_prompt_has_the_fields_of_the_row(text: str, filled: str) -> None:
    """Text as it is, other values as JSON, objects by a path, doubled braces as braces."""
    assert PromptTemplate(text).fill(ROW) == filled


@pytest.mark.parametrize("text", ["{", "a } b", "{}", "{a{b}}"])
def test_a_prompt_with_a_stray_brace_is_refused(text: str) -> None:
    """The error has the place, and the way to write a brace."""
    with pytest.raises(ValueError, match=r"at character \d+ is not a field: write \{name\}, or \{\{"):
        PromptTemplate(text)


def test_a_missing_field_is_named() -> None:
    """Also one within an object."""
    with pytest.raises(ValueError, match=r"no field meta\.star"):
        PromptTemplate("{meta.star}").fill(ROW)


def test_a_batch_goes_on_where_it_stopped(igw: Run, rows: Path, gateway: CountingGateway) -> None:
    """Exit code 3 with advice while rows are left, 0 when all have an answer, and each is asked once."""
    gateway.refuse = lambda number: 401 if number > 10 else None
    stopped = igw(*ASK, "--concurrency", "1", "--quiet")
    assert stopped.returncode == 3
    assert "igw: the same error came again and again: 401" in stopped.stderr
    assert "hint: run the same command again to go on; --retry-failed" in stopped.stderr
    gateway.refuse = lambda number: None
    done = igw(*ASK, "--retry-failed", "--report", "report.html", "--json")
    assert (done.returncode, json.loads(done.stdout)["skipped"]) == (0, 10)
    assert "batch: 30 of 30 rows (100 %)" in done.stderr
    assert "igw: the report is in report.html" in done.stderr
    assert "rows.jsonl to answers.jsonl" in (rows / "report.html").read_text("utf-8")
    assert gateway.asked == {f"Mood of: row {number}": 1 for number in range(30)}
    lines = [json.loads(line) for line in (rows / "answers.jsonl").read_text().splitlines()]
    assert {line["key"]: line["output"] for line in lines} == {f"r{n}": f"MOOD OF: ROW {n}" for n in range(30)}


def test_another_prompt_is_another_batch(igw: Run, rows: Path, gateway: CountingGateway) -> None:
    """Nothing is sent, and the exit code is that of bad usage."""
    assert igw(*ASK).returncode == 0
    other = igw(*[one.replace("Mood", "Tone") for one in ASK])
    assert other.returncode == 2
    assert "belongs to another batch" in other.stderr
    assert igw(*ASK, "--max-tokens", "5").returncode == 2
    assert len(gateway.times) == 30


def test_failed_rows_are_1(igw: Run, rows: Path, gateway: CountingGateway) -> None:
    """The number of them and the option for another try are printed."""
    gateway.refuse = lambda number: 400 if number == 20 else None
    done = igw(*ASK, "--concurrency", "2", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "igw: 1 rows failed: their lines in answers.jsonl have the error" in done.stderr
    assert "--retry-failed" in done.stderr


def test_rows_in_openais_form_need_no_prompt(igw: Run, rows: Path) -> None:
    """The output has that form as well."""
    body = {"model": "openai/m", "messages": [{"role": "user", "content": "hi"}]}
    row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    (rows / "in.jsonl").write_text(json.dumps(row) + "\n")
    assert igw("batch", "in.jsonl", "-o", "out.jsonl", "-q").returncode == 0
    line = json.loads((rows / "out.jsonl").read_text())
    assert (line["custom_id"], line["response"]["status_code"], line["error"]) == ("a", 200, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--prompt": None}, "no prompt: add --prompt"),
        ({"--model": None}, "no model: add --model"),
        ({"--prompt": "Hello"}, "--prompt has no field"),
        ({"--prompt": "{oops"}, "--prompt: { at character 1"),
        ({"--prompt": "{txt}"}, "the row has no field txt"),
        ({"--key": "nope"}, "nope"),
        ({"--concurrency": "many"}, "--concurrency many is neither a number nor auto"),
        ({"--budget": "5"}, "add --max-tokens N"),
        ({"--budget": "x", "--max-tokens": "5"}, "--budget x: "),
        ({"--report": "none/r.html"}, "--report: the folder none does not exist"),
        ({"-o": "none/answers.jsonl"}, "the folder none does not exist"),
        ({"-o": "answers.csv"}, "must end in .jsonl"),
    ],
)
def test_bad_usage_is_2_and_sends_nothing(
    igw: Run, rows: Path, gateway: CountingGateway, changes: dict[str, Any], message: str
) -> None:
    """The message names the option or the field."""
    given = {name: value for name, value in zip(ASK[2::2], ASK[3::2], strict=True)}
    arguments = [part for name, value in {**given, **changes}.items() if value is not None for part in (name, value)]
    done = igw("batch", "rows.jsonl", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in " ".join(done.stderr.split())
    assert not gateway.times
