"""`igw respond` and `igw message`, and the printing of every stream: text, thoughts, tool calls, odd ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from client import message_faults, response_faults
from support.server import DONE, Connection, Handler, Request, chunk, serving

if TYPE_CHECKING:
    from conftest import Terminal

pytestmark = [pytest.mark.wire, pytest.mark.once]

Run = Callable[..., subprocess.CompletedProcess[str]]
ASKED = {
    "respond": ("respond", "--model", "openai/m", "Hi"),
    "message": ("message", "--model", "anthropic/m", "Hi"),
    "chat": ("chat", "--model", "openai/m", "Hi"),
}
STOP = chunk(finish="stop")


def saying(*events: bytes) -> Handler:
    """Return a gateway that streams these events."""
    return lambda connection, _: connection.events(*events)


def good(connection: Connection, request: Request) -> None:
    """Return a gateway at which every request succeeds."""
    events = {"/v1/responses": response_faults.GOOD, "/v1/messages": message_faults.GOOD}
    connection.events(*events[request.path])


def calling(name: str) -> bytes:
    """Return a chunk with a whole tool call."""
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": name, "arguments": '{"city": "Rome"}'}}
    return chunk(delta={"tool_calls": [call]})


@pytest.mark.parametrize("command", ["respond", "message"])
def test_an_answer_is_streamed_to_the_standard_output(igw: Run, command: str) -> None:
    """The text and a line break are on the standard output, and nothing on the standard error."""
    with serving(good) as server:
        done = igw(*ASKED[command], "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello\n", "")


WISHES = ("--system", "Be brief.", "--temperature", "0.5")


@pytest.mark.parametrize(
    ("command", "more", "sent"),
    [
        (
            "respond",
            ("--max-tokens", "20", *WISHES),
            {"model": "m", "input": "Hi", "max_output_tokens": 20, "instructions": "Be brief.", "temperature": 0.5},
        ),
        ("respond", (), {"model": "m", "input": "Hi"}),
        (
            "message",
            ("--max-tokens", "20", *WISHES),
            {"model": "m", "max_tokens": 20, "system": "Be brief.", "temperature": 0.5},
        ),
        ("message", (), {"model": "m", "max_tokens": 1024}),
    ],
)
def test_the_options_are_sent(igw: Run, command: str, more: tuple[str, ...], sent: dict[str, Any]) -> None:
    """Options are sent under the names of the dialect; options that were not given are not sent."""
    with serving(good) as server:
        assert igw(*ASKED[command], *more, "--base-url", server.url).returncode == 0
    body = server.requests[0].json()
    assert body.pop("stream") is True
    if command == "message":
        assert body.pop("messages") == [{"role": "user", "content": "Hi"}]
    assert body.pop("model").endswith("m")
    assert body == {name: value for name, value in sent.items() if name != "model"}


@pytest.mark.parametrize(("command", "text"), [("respond", "output"), ("message", "content")])
def test_json_is_the_whole_answer(igw: Run, command: str, text: str) -> None:
    """`--json` prints the assembled answer in its dialect's form, and nothing before."""
    with serving(good) as server:
        done = igw(*ASKED[command], "--json", "--base-url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hello" in json.dumps(json.loads(done.stdout)[text])


@pytest.mark.parametrize(("command", "events"), [("respond", response_faults.HELLO), ("message", message_faults.HELLO)])
@pytest.mark.parametrize(("more", "shown"), [((), "Hello\n"), (("--json",), "")])
def test_a_truncated_answer_fails(
    igw: Run, command: str, events: list[bytes], more: tuple[str, ...], shown: str
) -> None:
    """The partial answer is shown as text, never as JSON, and the exit code is 1."""
    with serving(saying(*events)) as server:
        done = igw(*ASKED[command], *more, "--base-url", server.url)
    assert (done.returncode, done.stdout) == (1, shown)
    assert done.stderr.startswith("igw: ")
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(("command", "api", "hint"), [("respond", "Responses", "openai"), ("message", "Messages", "a")])
def test_a_provider_without_the_endpoint_is_1_with_the_remedy(igw: Run, command: str, api: str, hint: str) -> None:
    """The gateway's message is one line, and the providers that serve the endpoint another."""

    def handler(connection: Connection, request: Request) -> None:
        connection.json({"error": f"{api} API is not supported by this provider yet"}, 400)

    with serving(handler) as server:
        done = igw(command, "--model", "groq/m", "Hi", "--base-url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    refusal, remedy = done.stderr.splitlines()
    assert refusal.startswith(f"igw: 400: {api} API is not supported")
    assert remedy.startswith(f"hint: only {hint}")


@pytest.mark.parametrize("command", ["respond", "message"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("Hi",), "--model"),
        (("--model", "openai/m", " "), "the prompt is empty"),
        (("--model", "openai/m", "--max-tokens", "0", "Hi"), "--max-tokens"),
    ],
)
def test_bad_usage_is_2(igw: Run, command: str, arguments: tuple[str, ...], named: str) -> None:
    """The fault is named before a gateway is called."""
    done = igw(command, *arguments, "--base-url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr


def test_a_pipe_is_the_prompt(igw: Run) -> None:
    """A pipe is the prompt, as for `igw chat`, without its last line break."""
    with serving(good) as server:
        done = igw("respond", "--model", "openai/m", "--base-url", server.url, typed="From\na pipe\n")
    assert done.stdout == "Hello\n"
    assert server.requests[0].json()["input"] == "From\na pipe"


def test_thoughts_are_for_people(igw: Run) -> None:
    """A pipe gets no part of a model's thinking."""
    with serving(saying(chunk(delta={"reasoning_content": "Hm."}), chunk("Yes."), STOP, DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Yes.\n", "")


@pytest.mark.parametrize(
    ("environ", "thought"),
    [({}, "\x1b[2mHm\x1b[0m\x1b[2m[2J.\x1b[0m"), ({"NO_COLOR": "1"}, "Hm[2J."), ({"TERM": "dumb"}, "Hm[2J.")],
)
def test_thoughts_are_dimmed_at_a_terminal(
    terminal: Callable[..., Terminal], environ: dict[str, str], thought: str
) -> None:
    """At a terminal thoughts are on lines of their own, without terminal commands."""
    thoughts = [chunk(delta={"reasoning_content": text}) for text in ("Hm", "\x1b[2J.")]
    with serving(saying(*thoughts, chunk("Yes"), chunk(delta={"reasoning": "Or?"}), chunk("!"), STOP, DONE)) as server:
        screen = terminal(*ASKED["chat"], "--base-url", server.url, **environ)
        assert screen.ends() == 0, screen.shown
    assert screen.shown.startswith(f"{thought}\nYes\n")
    assert screen.shown.endswith("\n!\n")


def test_a_tool_call_is_a_line_on_the_standard_error(igw: Run) -> None:
    """The line has its name and arguments without terminal commands; the answer is not reported as empty."""
    with serving(saying(calling("now\x1b[2J"), chunk(finish="tool_calls"), DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", 'tool call: now[2J({"city": "Rome"})\n')


def test_a_tool_call_reads_in_the_order_it_is_in(igw: Run) -> None:
    """Bidirectional controls in a tool's name do not reach the terminal."""
    with serving(saying(calling("now\u202e\u2066x\u200f"), chunk(finish="tool_calls"), DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert done.stderr == 'tool call: nowx({"city": "Rome"})\n'


def test_a_tool_that_the_gateway_ran_is_marked(igw: Run) -> None:
    """Each turn's text begins on a new line."""
    second = [chunk("It is noon.", id="c2"), chunk(finish="stop", id="c2")]
    first = [chunk("Let me look."), calling("mcp_now"), chunk(finish="tool_calls")]
    with serving(saying(*first, *second, DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert (done.returncode, done.stdout) == (0, "Let me look.\nIt is noon.\n")
    assert done.stderr == 'tool ran: mcp_now({"city": "Rome"})\n'


def test_a_refusal_is_printed_as_the_answer(igw: Run) -> None:
    """The refusal is printed in place of the answer."""
    with serving(saying(chunk(delta={"refusal": "I won't."}), STOP, DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "I won't.\n", "")


def test_a_filtered_answer_has_a_remark(igw: Run) -> None:
    """The answer is printed, with a remark."""
    with serving(saying(chunk("I"), chunk(finish="content_filter"), DONE)) as server:
        done = igw(*ASKED["chat"], "--base-url", server.url)
    assert (done.returncode, done.stdout) == (0, "I\n")
    assert done.stderr == "igw: the answer was stopped by a content filter\n"


def test_json_is_json_in_any_locale(igw: Run) -> None:
    """Characters outside an ASCII locale are escaped, and the JSON has no terminal commands."""
    answer = {**message_faults.MESSAGE, "content": [{"type": "text", "text": "é\x9b2J世"}]}
    events = [message_faults.START, message_faults.BLOCK, message_faults.text_delta(answer["content"][0]["text"])]
    events += [message_faults.END, message_faults.DELTA, message_faults.STOP]
    with serving(saying(*events)) as server:
        done = igw(*ASKED["message"], "--json", "--base-url", server.url, PYTHONIOENCODING="ascii")
        plain = igw(*ASKED["message"], "--json", "--base-url", server.url, PYTHONIOENCODING="utf-8")
    assert json.loads(done.stdout)["content"][0]["text"] == "é\x9b2J世"
    assert done.stdout.isascii()
    assert json.loads(plain.stdout) == json.loads(done.stdout)
    assert "\x9b" not in plain.stdout
