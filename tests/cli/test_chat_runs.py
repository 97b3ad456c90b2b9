"""`igw chat` with --tools, --schema and --transcript."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference_gateway_sdk import Transcript
from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = [pytest.mark.wire, pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]
Open = Callable[..., "Terminal"]

TOOLS = """
from helper import LOG


def weather(city: str) -> str:
    'Return the weather of a city.'
    LOG.write_text(city)
    return "sunny in " + city


def _hidden() -> str:
    return "never"
"""
CALL = {"tool_calls": [("weather", {"city": "Oslo"})]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    """Run a gateway whose scripts must all be used."""
    with scripted_gateway(sockets=True) as server:
        yield server


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Write a file with one function and the module beside it that it imports. It writes to `ran` when it runs."""
    (tmp_path / "helper.py").write_text(f"from pathlib import Path\nLOG = Path({str(tmp_path / 'ran')!r})\n")
    (tmp_path / "tools.py").write_text(TOOLS)
    return tmp_path / "tools.py"


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """Write a file with a JSON schema."""
    (tmp_path / "city.json").write_text(json.dumps(SCHEMA))
    return tmp_path / "city.json"


def _chat(igw: Run, gateway: ScriptedGateway, *more: Any) -> subprocess.CompletedProcess[str]:
    return igw("chat", "--model", "openai/m", *map(str, more), INFERENCE_GATEWAY_URL=gateway.url)


def _open(terminal: Open, gateway: ScriptedGateway, *more: Any) -> Terminal:
    return terminal("chat", "--model", "openai/m", *map(str, more), INFERENCE_GATEWAY_URL=gateway.url)


def test_yes_runs_the_calls(igw: Run, scripted: ScriptedGateway, tools: Path) -> None:
    """The answer alone is on standard output; call and result are remarks on standard error."""
    scripted.reply(**CALL)
    scripted.reply("Sunny.")
    done = _chat(igw, scripted, "--tools", tools, "--yes", "Oslo?")
    assert (done.returncode, done.stdout) == (0, "Sunny.\n")
    assert done.stderr.splitlines() == ['tool call: weather({"city": "Oslo"})', "tool done: weather: sunny in Oslo"]
    assert (tools.parent / "ran").read_text() == "Oslo"
    first, second = scripted.requests
    assert [one["function"]["name"] for one in first.json["tools"]] == ["weather"]
    assert "sunny in Oslo" in json.dumps(second.json)


@pytest.mark.live
def test_the_smoke_test_model_calls_a_function(igw_process: Run, place: object, tools: Path) -> None:
    """Without a key and without a gateway, a function of the user runs and the answer has its result."""
    done = igw_process("chat", "--local", "--tools", str(tools), "--yes", "What is the weather in Oslo?")
    assert (done.returncode, (tools.parent / "ran").read_text()) == (0, "Oslo")
    assert "sunny" in done.stdout


@pytest.mark.parametrize(
    ("typed", "ran", "sent"),
    [("y\n", True, "sunny in Oslo"), ("\n", False, "denied"), ("Not today.\n", False, "Not today.")],
)
def test_each_call_is_asked_about(
    scripted: ScriptedGateway, terminal: Open, tools: Path, typed: str, ran: bool, sent: str
) -> None:
    """Only yes runs the call; another text is the reason of the denial, which the model gets."""
    scripted.reply(**CALL)
    scripted.reply("Well.")
    screen = _open(terminal, scripted, "--tools", tools, "Oslo?")
    screen.until('run weather({"city": "Oslo"})? [y/N, or a reason] ')
    assert not (tools.parent / "ran").exists()
    screen.types(typed)
    assert screen.ends() == 0, screen.shown
    assert "Well." in screen.shown
    assert (tools.parent / "ran").exists() == ran
    assert sent in json.dumps(scripted.requests[1].json)


def test_the_answer_matches_the_schema(igw: Run, scripted: ScriptedGateway, schema: Path) -> None:
    """The schema is sent, a mismatch is asked about again with its place, and the value is printed as JSON."""
    scripted.reply(json={"city": 3})
    scripted.reply(json={"city": "Zürich"})
    done = _chat(igw, scripted, "--schema", schema, "Where?")
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"city": "Zürich"}\n', "")
    first, second = scripted.requests
    assert first.json["response_format"]["json_schema"] == {"name": "city", "schema": SCHEMA}
    assert "$.city" in second.json["messages"][-1]["content"]


def test_an_answer_that_never_matches_fails(igw: Run, scripted: ScriptedGateway, schema: Path) -> None:
    """Nothing is printed on standard output, and the exit code is 1."""
    scripted.reply("Oslo", times=3)
    done = _chat(igw, scripted, "--schema", schema, "Where?")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("igw: the answer does not match the schema: ")


def test_a_transcript_goes_on(igw: Run, scripted: ScriptedGateway, tools: Path, tmp_path: Path) -> None:
    """The next command sends what the first one stored: system message, question, call, result and answer."""
    stored = tmp_path / "chat.json"
    scripted.reply(**CALL)
    scripted.reply("Sunny.")
    scripted.reply("Oslo.")
    first = ("--tools", tools, "--yes", "--transcript", stored, "--system", "Be brief.", "Is it sunny in Oslo?")
    assert _chat(igw, scripted, *first).returncode == 0
    assert stored.stat().st_mode & 0o777 == 0o600
    assert _chat(igw, scripted, "--transcript", stored, "Which city?").stdout == "Oslo.\n"
    messages = scripted.requests[2].json["messages"]
    assert [one["role"] for one in messages] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert messages[-1]["content"] == "Which city?"
    again = _chat(igw, scripted, "--transcript", stored, "--system", "S", "Hi")
    assert again.returncode == 2
    assert "--system" in again.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if "chat" in path.name) == ["chat.json"]


def test_a_question_without_an_answer_is_not_stored(igw: Run, scripted: ScriptedGateway, tmp_path: Path) -> None:
    """A refused request leaves no file, or the file as it was."""
    stored = tmp_path / "chat.json"
    scripted.respond(400, json={"error": {"message": "no"}})
    assert _chat(igw, scripted, "--transcript", stored, "One").returncode == 1
    assert not stored.exists()
    scripted.reply("Hello.")
    assert _chat(igw, scripted, "--transcript", stored, "Two").returncode == 0
    before = stored.read_bytes()
    scripted.respond(400, json={"error": {"message": "no"}})
    assert _chat(igw, scripted, "--transcript", stored, "Three").returncode == 1
    assert stored.read_bytes() == before


def test_an_interrupted_question_leaves_the_call_open(
    scripted: ScriptedGateway, terminal: Open, tools: Path, tmp_path: Path
) -> None:
    """Ctrl-C at the question stores the call; the next chat with the tools asks about it first."""
    stored = tmp_path / "chat.json"
    options = ("--tools", tools, "--transcript", stored)
    scripted.reply(**CALL)
    screen = _open(terminal, scripted, *options, "Oslo?")
    screen.until("a reason] ")
    screen.interrupts("never printed")
    assert screen.ends() == 130, screen.shown
    assert [call.name for call in Transcript.from_json(stored.read_bytes()).pending] == ["weather"]
    assert not (tmp_path / "ran").exists()
    scripted.reply("Sunny.")
    scripted.reply("You are welcome.")
    again = _open(terminal, scripted, *options, "Thanks.")
    again.until("a reason] ")
    again.types("y\n")
    assert again.ends() == 0, again.shown
    assert (tmp_path / "ran").read_text() == "Oslo"


def test_a_session_keeps_the_run(scripted: ScriptedGateway, terminal: Open, tools: Path) -> None:
    """The second question is sent with the first call and its result; /reset clears them."""
    scripted.reply(**CALL)
    scripted.reply("Sunny.")
    scripted.reply("Oslo.")
    scripted.reply("Hello.")
    screen = _open(terminal, scripted, "--tools", tools, "--yes")
    for question, answer in (("One", "Sunny."), ("Two", "Oslo."), ("/reset", "history cleared"), ("Three", "Hello.")):
        screen.until("> ")
        screen.types(f"{question}\n")
        screen.until(answer)
    screen.until("> ")
    screen.types("/exit\n")
    assert screen.ends() == 0, screen.shown
    roles = [[one["role"] for one in request.json["messages"]] for request in scripted.requests]
    assert roles[2] == ["user", "assistant", "tool", "assistant", "user"]
    assert roles[3] == ["user"]


@pytest.mark.parametrize(
    ("options", "content", "named"),
    [
        (("--yes",), None, "--yes needs --tools"),
        (("--tools", "FILE.py"), "def f() -> None: ...", "add --yes"),
        (("--yes", "--tools", "missing.py"), None, "missing.py is not a Python file"),
        (("--yes", "--tools", "FILE.txt"), "x = 1", "is not a Python file"),
        (("--yes", "--tools", "FILE.py"), "x = 1", "has no functions"),
        (("--yes", "--tools", "FILE.py"), "def f(", "cannot be imported: SyntaxError"),
        (("--yes", "--tools", "FILE.py"), "1 / 0", "cannot be imported: ZeroDivisionError"),
        (("--yes", "--tools", "FILE.py"), "def f(x): ...", "the parameter x has no annotation"),
        (("--yes", "--tools", "FILE.py"), "async def f() -> None: ...", "f is async"),
        (("--schema", "missing.json"), None, "missing.json cannot be read"),
        (("--schema", "FILE.json"), "{", "is not JSON"),
        (("--schema", "FILE.json"), "[]", "must be a JSON object"),
        (("--schema", "FILE.json"), '{"type": "thing"}', "is not a JSON schema"),
        (("--transcript", "FILE.json"), '{"a": 1}', "is not a transcript"),
        (("--transcript", "missing/t.json"), None, "the folder missing does not exist"),
    ],
)
def test_bad_files_fail_before_anything_is_sent(
    igw: Run, scripted: ScriptedGateway, tmp_path: Path, options: tuple[str, ...], content: str | None, named: str
) -> None:
    """Each error names the option, and the exit code is 2."""
    given: list[str] = []
    for one in options:
        if one.startswith("FILE"):
            path = tmp_path / one
            path.write_text(content or "")
            given.append(str(path))
        else:
            given.append(one)
    done = _chat(igw, scripted, *given, "Hi")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not scripted.requests


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema.json", "other.json", "#/$defs/missing"])
def test_a_schema_fetches_nothing(igw: Run, scripted: ScriptedGateway, tmp_path: Path, reference: str) -> None:
    """A reference out of the file, or to a missing definition, is refused and not followed."""
    path = tmp_path / "far.json"
    path.write_text(json.dumps({"properties": {"a": {"$ref": reference}}}))
    done = _chat(igw, scripted, "--schema", path, "Hi")
    assert done.returncode == 2
    assert f"{reference} is not in the file" in done.stderr
    assert not scripted.requests


def test_a_schema_refers_to_its_own_definitions(igw: Run, scripted: ScriptedGateway, tmp_path: Path) -> None:
    """References within the file are checked in the answer."""
    path = tmp_path / "near.json"
    path.write_text(json.dumps({"$ref": "#/$defs/city", "$defs": {"city": SCHEMA}}))
    scripted.reply(json={"city": "Oslo"})
    assert _chat(igw, scripted, "--schema", path, "Hi").stdout == '{"city": "Oslo"}\n'
