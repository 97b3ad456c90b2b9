"""Every example, run as a reader would, against a scripted gateway; its output and requests are checked."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference_gateway_sdk.testing import ScriptedGateway, scripted_gateway
from support.server import ANSWER, DONE, GOOD, MODELS, ROLE, USAGE, Connection, Request, Server, chunk, serving

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
RECIPE = {"title": "Soup", "minutes": 20, "ingredients": ["water", "leek"]}


def completion(content: str | None, **more: Any) -> dict[str, Any]:
    """Return a whole answer."""
    message = {"role": "assistant", "content": content, **more}
    return {**ANSWER, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


def calling(name: str, arguments: str) -> dict[str, Any]:
    """Return a whole answer that calls a tool."""
    function = {"name": name, "arguments": arguments}
    return completion(None, tool_calls=[{"id": f"call_{arguments}", "type": "function", "function": function}])


def answering(*answers: Any) -> Any:
    """Return a gateway that gives these answers in turn: bytes are a stream's events."""
    left = list(answers)

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/v1/models":
            connection.json(MODELS)
            return
        answer = left.pop(0)
        if isinstance(answer, tuple):
            connection.json(answer[1], answer[0])
        elif isinstance(answer, list):
            connection.events(*answer)
        else:
            connection.json(answer)

    return handler


def run(server: Server | ScriptedGateway, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        env={"INFERENCE_GATEWAY_URL": server.url, "NO_PROXY": "*", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed(server: Server | ScriptedGateway, name: str, *arguments: str) -> list[str]:
    """Return the output lines of the example, which must succeed."""
    done = run(server, name, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_chat_goes_on_with_the_answer() -> None:
    """The second question is sent with the first, its answer, and the provider's fields on that."""
    first = completion("The Seine.", reasoning_content="Paris...", signature="s1")
    with serving(answering(first, completion("777 km."))) as server:
        assert printed(server, "chat.py") == ["The Seine.", "777 km.", "3 tokens"]
    messages = server.requests[1].json()["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2] == first["choices"][0]["message"]


def test_chat_prints_an_error_in_one_line() -> None:
    """A refusal is one line, not a traceback."""
    with serving(answering((401, {"error": "no token"}))) as server:
        done = run(server, "chat.py")
    assert done.returncode == 1
    assert done.stderr.startswith("chat: ") and "Traceback" not in done.stderr


def test_stream_prints_as_it_comes() -> None:
    """The text is printed, and then the tokens."""
    with serving(answering(GOOD)) as server:
        assert printed(server, "stream.py", "Say", "hello.") == ["Hello", "2 tokens written"]
    assert server.requests[0].json()["messages"] == [{"role": "user", "content": "Say hello."}]


def test_stream_keeps_what_had_come() -> None:
    """A truncated answer is reported as such."""
    with serving(answering([ROLE, chunk("Old pond, "), chunk("a frog")])) as server:
        done = run(server, "stream.py")
    assert done.returncode == 1
    assert done.stdout == "Old pond, a frog"
    assert "broke off after 4 words" in done.stderr


def test_async_streams_run_at_once() -> None:
    """All requests are sent before the first answer, and each is printed with its question."""
    together = threading.Barrier(3, timeout=30)

    def handler(connection: Connection, request: Request) -> None:
        together.wait()
        name = request.json()["messages"][0]["content"].split()[-1]
        connection.events(ROLE, chunk(f"A {name}"), chunk(finish="stop"), USAGE, DONE)

    with serving(handler) as server:
        lines = printed(server, "async_stream.py")
    assert lines == ["Name a river. A river.", "Name a mountain. A mountain.", "Name a lake. A lake."]


def test_tools_run_until_the_model_answers() -> None:
    """Functions run, a tool's refusal is sent back to the model, and the answer is printed."""
    with scripted_gateway(sockets=True) as gateway:
        gateway.reply(tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Atlantis"})])
        gateway.reply("Oslo has 3 degrees.")
        assert printed(gateway, "tools.py") == [
            "(weather of {'city': 'Oslo'}: {\"celsius\":3.0})",
            "(weather of {'city': 'Atlantis'}: There is no weather for Atlantis.)",
            "Oslo has 3 degrees.",
        ]
        assert all(request.headers["x-mcp-bypass"] == "true" for request in gateway.requests)


def test_structured_answers_are_checked() -> None:
    """The struct's schema is sent; a valid answer is returned as the struct, and an invalid one finally raises."""
    with scripted_gateway(sockets=True) as gateway:
        gateway.reply(json=RECIPE)
        assert printed(gateway, "structured.py") == ["Soup, 20 minutes: water, leek"]
        schema = gateway.request.json["response_format"]["json_schema"]
        assert (schema["name"], schema["strict"]) == ("Recipe", True)
        assert schema["schema"]["required"] == ["title", "minutes", "ingredients"]
        assert schema["schema"]["additionalProperties"] is False
        gateway.reply(json={"title": "Soup"}, times=3)
        done = run(gateway, "structured.py")
        assert done.returncode == 1 and "missing the required field `minutes`" in done.stderr


def test_a_run_is_resumed_in_another_process(tmp_path: Path) -> None:
    """The first process ends at the open call; the second approves it, runs it once, and prints the answer."""
    file = str(tmp_path / "run.json")
    with scripted_gateway(sockets=True) as gateway:
        gateway.reply(tool_calls=[("refund", {"order": 7})])
        gateway.reply("It is refunded.")
        assert printed(gateway, "resume.py", file, "Refund order 7.") == ["waiting: refund {'order': 7}"]
        assert printed(gateway, "resume.py", file, "--approve") == ["It is refunded."]
        assert "order 7 is refunded" in json.dumps(gateway.requests[1].json)


def test_many_models_are_asked() -> None:
    """A failed model has its line too; without names, all offered models are asked."""

    def handler(connection: Connection, request: Request) -> None:
        if request.path == "/v1/models":
            connection.json(MODELS)
        elif request.json()["model"].startswith("bad"):
            connection.json({"error": "no such model"}, 404)
        else:
            connection.json(completion("Blue."))

    with serving(handler) as server:
        named = printed(server, "many_models.py", "openai/one", "bad/bad")
        offered = printed(server, "many_models.py")
    assert sorted(line.partition(" (")[0] for line in named) == ["bad/bad: NotFoundError", "openai/one: Blue."]
    assert [line.partition(" (")[0] for line in offered] == ["openai/ok: Blue."]


@contextlib.contextmanager
def service(gateway: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the FastAPI example on this machine. Yield its address."""
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn (the embedded extra) is not installed")
    monkeypatch.setenv("INFERENCE_GATEWAY_URL", gateway.url)
    spec = importlib.util.spec_from_file_location("fastapi_app", EXAMPLES / "fastapi_app.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fastapi_app", module)
    spec.loader.exec_module(module)
    server = uvicorn.Server(uvicorn.Config(module.app, log_level="critical", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        assert server.started
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def fetched(url: str, body: Any = None) -> tuple[int, str]:
    """Return status and text of a response."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_web_service_takes_and_returns_our_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown fields of messages and answers pass through; errors keep the gateway's status; the page builds."""
    whole = {**completion("Hello"), "provider_says": {"x": 1}}
    question = {"messages": [{"role": "user", "content": "Hi", "cache": {"ttl": 5}}], "model": "a/b"}
    refused = (403, {"error": "not allowed"})
    answers = answering(whole, GOOD, refused, refused)
    with serving(answers) as gateway, service(gateway, monkeypatch) as url:
        status, text = fetched(f"{url}/answer", question)
        assert (status, json.loads(text)) == (200, whole)
        assert gateway.requests[0].json()["messages"] == question["messages"]
        assert fetched(f"{url}/answer/stream", question) == (200, "Hello")
        assert fetched(f"{url}/answer", question)[0] == 403
        assert fetched(f"{url}/answer/stream", question)[0] == 403
        assert fetched(f"{url}/answer", {"messages": []})[0] == 422
        assert json.loads(fetched(f"{url}/models")[1])["data"] == MODELS["data"]

        page = json.loads(fetched(f"{url}/openapi.json")[1])
        assert fetched(f"{url}/docs")[0] == 200
    schemas = page["components"]["schemas"]
    message = schemas["Question"]["properties"]["messages"]["items"]
    assert message["title"] == "Message"
    assert "role" in message["required"]
    shown = page["paths"]["/answer"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown["properties"]["choices"]["items"]["properties"]["message"]["title"] == "Message"
    assert set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(page))) <= schemas.keys()


def test_every_example_has_a_test() -> None:
    """Every example has a test in this module."""
    source = Path(__file__).read_text("utf-8")
    missing = [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in source]
    assert not missing
