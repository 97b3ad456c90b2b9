"""The real smoke-test model in the gateway, and the errors when it cannot run."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import msgspec
import pytest

from inference_gateway_sdk.embedded import SMOKE_TEST_MODEL, LocalModel, Settings, chat_schema, running, weights
from inference_gateway_sdk.embedded.providers import llama_child
from inference_gateway_sdk.embedded.providers.local import with_forced_call
from inference_gateway_sdk.embedded.weights import Place
from support.weights import need_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.once

CHAT = "/v1/chat/completions"
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
MODEL = f"llamacpp/{SMOKE_TEST_MODEL}"
PATIENT = Settings(port=0, read_timeout=300.0)


@pytest.fixture(scope="module")
def live(place: Place) -> Iterator[httpx2.Client]:
    """Return a client of a gateway with the smoke-test model."""
    with (
        running(PATIENT, local=LocalModel(place)) as url,
        httpx2.Client(base_url=url, timeout=300, trust_env=False) as client,
    ):
        yield client


@pytest.mark.live
def test_it_answers(live: httpx2.Client) -> None:
    """Without a system prompt or a temperature, the answer is sensible, under the model's own name."""
    body = live.post(CHAT, json={"model": MODEL, "messages": FRANCE}).json()
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "The capital of France is Paris."}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["model"] == SMOKE_TEST_MODEL
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


@pytest.mark.live
def test_it_streams_with_usage_and_an_end(live: httpx2.Client) -> None:
    """The chunks add up to the whole answer; usage comes without a request for it, and `[DONE]` last."""
    with live.stream("POST", CHAT, json={"model": MODEL, "messages": FRANCE, "stream": True}) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        frames = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    assert frames.pop() == "[DONE]"
    chunks = [json.loads(frame) for frame in frames]
    texts = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(texts) == "The capital of France is Paris."
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 8


@pytest.mark.live
def test_a_schema_holds(live: httpx2.Client) -> None:
    """The answer is JSON of the schema, because the grammar allows nothing else."""
    schema = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"]}
    body = live.post(
        CHAT,
        json={
            "model": MODEL,
            "messages": [{"role": "user", "content": "Is the sky blue? Answer as JSON."}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
        },
    ).json()
    assert "choices" in body, body
    assert json.loads(body["choices"][0]["message"]["content"])["answer"] in ("yes", "no")


@pytest.mark.live
def test_logprobs_arrive(live: httpx2.Client) -> None:
    """Each token has its own likelihood and the requested alternatives."""
    wish = {"logprobs": True, "top_logprobs": 2, "max_tokens": 3}
    body = live.post(CHAT, json={"model": MODEL, "messages": FRANCE, **wish}).json()
    tokens = body["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == "The capital of"
    assert all(token["logprob"] <= 0 and len(token["top_logprobs"]) == 2 for token in tokens)
    assert body["choices"][0]["finish_reason"] == "length"


@pytest.mark.live
def test_it_is_listed_with_its_context(live: httpx2.Client) -> None:
    """The list has the one model, and its context length."""
    body = live.get("/v1/models?provider=llamacpp&include=context_window").json()
    assert [entry["id"] for entry in body["data"]] == [MODEL]
    assert body["data"][0]["context_window"] == {"tokens": 4096, "source": "runtime"}


@pytest.mark.live
def test_a_prompt_over_the_context_is_the_models_own_error(live: httpx2.Client) -> None:
    """llama.cpp's 400 arrives as a provider's error does, as a string; one request may use the whole context."""
    answer = live.post(CHAT, json={"model": MODEL, "messages": [{"role": "user", "content": "x " * 6000}]})
    assert answer.status_code == 400
    assert "available context size (4096 tokens)" in json.loads(answer.json()["error"])["error"]["message"]


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Return the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
OSLO = [{"role": "user", "content": "What is the weather in Oslo?"}]


@pytest.mark.live
def test_the_model_calls_the_tool_of_its_choice(live: httpx2.Client) -> None:
    """Of two tools it calls the one that the question is about, with arguments from the question."""
    body = live.post(CHAT, json={"model": MODEL, "messages": OSLO, "tools": [ADD, WEATHER]}).json()
    (choice,) = body["choices"]
    (called,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert (called["type"], called["function"]["name"]) == ("function", "weather")
    assert json.loads(called["function"]["arguments"]) == {"city": "Oslo"}


@pytest.mark.live
@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({"tool_choice": {"type": "function", "function": {"name": "add"}}}, "add"),
        ({"tool_choice": "none"}, None),
        ({"response_format": {"type": "json_object"}}, None),
    ],
)
def test_a_tool_choice_is_kept(live: httpx2.Client, more: dict[str, object], called: str | None) -> None:
    """A named tool is called, `none` calls none, and a response format excludes calls."""
    request = {"model": MODEL, "messages": OSLO, "tools": [WEATHER, ADD], "max_tokens": 60, **more}
    message = live.post(CHAT, json=request).json()["choices"][0]["message"]
    assert [call["function"]["name"] for call in message.get("tool_calls", [])] == ([called] if called else [])


@pytest.mark.live
def test_a_choice_of_an_unknown_tool_is_refused(live: httpx2.Client) -> None:
    """The name is in the error, as the model could not be held to it."""
    choice = {"type": "function", "function": {"name": "nix"}}
    request = {"model": MODEL, "messages": OSLO, "tools": [WEATHER], "tool_choice": choice}
    answer = live.post(CHAT, json=request)
    assert answer.status_code == 400
    assert "tool_choice names 'nix'" in json.loads(answer.json()["error"])["error"]["message"]


def test_the_beginning_of_a_call_is_written_for_the_model() -> None:
    """The stops of the request stay, and the request itself is not changed."""
    body = json.dumps({"messages": OSLO, "tools": [WEATHER], "stop": "END"})
    asked = msgspec.json.decode(body, type=chat_schema.ChatRequest)
    sent = with_forced_call(asked, asked.tools or [])
    assert json.loads(bytes(sent.stop)) == ["END", "</tool_call>"]
    assert [message.role for message in sent.messages or ()] == ["user", "assistant"]
    assert bytes(sent.tool_choice) == b'"required"'
    assert (len(asked.messages or ()), bytes(asked.tool_choice)) == (1, b"")


@pytest.mark.live
def test_the_model_loads_in_a_process_of_its_own(live: httpx2.Client) -> None:
    """Loading blocks an interpreter for seconds: never this one, which has health checks to answer."""
    assert "Paris" in live.post(CHAT, json={"model": MODEL, "messages": FRANCE}).text
    assert "xllamacpp" not in sys.modules


@pytest.mark.live
def test_the_model_ends_with_its_parent(place: Place) -> None:
    """When its standard input closes, as it does when its parent is killed, the process is gone."""
    order = {
        "weights": str(place.path),
        "alias": "x",
        "key": "k",
        "template": None,
        "context_tokens": 256,
        "answer_tokens": 5,
        "slots": 1,
        "threads": 1,
    }
    command = [sys.executable, llama_child.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        url = json.loads(child.stdout.readline())["address"]
        assert httpx2.get(f"{url}/v1/models", headers={"authorization": "Bearer k"}, trust_env=False).status_code == 200
        assert httpx2.post(f"{url}/v1/chat/completions", json={}, trust_env=False).status_code == 401
        child.stdin.close()
        assert child.wait(20) == 0


@pytest.mark.live
def test_a_refusal_of_llama_cpp_is_reported(tmp_path: Path) -> None:
    """A file that only begins like a GGUF gives llama.cpp's own error."""
    need_library()
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(100))
    refusal = _refusal(LocalModel(weights.locate(tmp_path / "x.gguf")))
    assert "llama.cpp could not serve" in refusal
    assert "Failed to init server" in refusal


@pytest.mark.live
def test_four_at_once_all_get_their_answer(live: httpx2.Client) -> None:
    """Requests beyond the model's slots wait for one."""
    request = {"model": MODEL, "messages": FRANCE}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: live.post(CHAT, json=request).json(), range(4)))
    assert {answer["choices"][0]["message"]["content"] for answer in answers} == {"The capital of France is Paris."}


@pytest.mark.live
def test_the_gateway_stops_in_the_middle_of_a_stream(place: Place) -> None:
    """An open stream does not delay the stop: the stream soon ends without its marker."""
    story = {"model": MODEL, "messages": [{"role": "user", "content": "Write a long story."}], "stream": True}
    with httpx2.Client(timeout=60, trust_env=False) as client:
        with running(PATIENT, local=LocalModel(place)) as url:
            stream = client.send(client.build_request("POST", url + CHAT, json=story), stream=True)
            lines = stream.iter_lines()
            next(lines)
            began = time.monotonic()
        assert time.monotonic() - began < 8
        with contextlib.suppress(httpx2.HTTPError):  # the cut may come as a break or as an end
            assert "data: [DONE]" not in list(lines)
        stream.close()


@pytest.mark.live
def test_a_file_of_ones_own_has_its_own_name_and_template(place: Place, tmp_path: Path) -> None:
    """Another path is another model: named after its file, prompted by its own template."""
    own = tmp_path / "My Model.gguf"
    own.symlink_to(place.path)
    with (
        running(PATIENT, local=LocalModel(weights.locate(own))) as url,
        httpx2.Client(base_url=url, timeout=300, trust_env=False) as client,
    ):
        (listed,) = client.get("/v1/models?provider=llamacpp").json()["data"]
        body = client.post(CHAT, json={"model": listed["id"], "messages": FRANCE, "max_tokens": 1}).json()
        assert (listed["id"], body["model"]) == ("llamacpp/my-model", "my-model")
        assert body["usage"]["prompt_tokens"] == 37  # its template adds more than ours, which makes 27
        answer = client.post(CHAT, json={"model": listed["id"], "messages": FRANCE, "tools": [WEATHER]})
        assert answer.status_code == 400  # its template would drop them silently
        message = json.loads(answer.json()["error"])["error"]["message"]
        assert "the chat template of my-model does not support tools" in message


@pytest.mark.live
def test_the_first_chat_pulls_missing_weights(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If enabled, the chat waits for the pull and is then answered; the health check does not wait."""

    def fake(target: Path, report: weights.Report) -> None:
        target.symlink_to(place.path)
        report(weights.Progress("unpack", 1, 1))

    monkeypatch.setattr(weights, "pull", fake)
    missing = Place(tmp_path / "model.gguf", ours=True)
    seen: list[weights.Progress] = []
    with (
        running(PATIENT, local=LocalModel(missing, pull=True, report=seen.append)) as url,
        httpx2.Client(base_url=url, timeout=300, trust_env=False) as client,
    ):
        assert client.get("/health").status_code == 200
        assert [entry["id"] for entry in client.get("/v1/models").json()["data"]] == [MODEL]
        assert not missing.path.exists()
        assert "Paris" in client.post(CHAT, json={"model": MODEL, "messages": FRANCE}).text
    assert seen == [weights.Progress("unpack", 1, 1)]


def _refusal(local: LocalModel) -> str:
    with (
        running(Settings(port=0), local=local) as url,
        httpx2.Client(base_url=url, timeout=30, trust_env=False) as client,
    ):
        for _ in range(2):  # a failure is not cached as a success, nor does it affect the next attempt
            answer = client.post(CHAT, json={"model": MODEL, "messages": FRANCE})
            assert answer.status_code == 502
        assert client.get("/health").json() == {"message": "OK"}
        return str(json.loads(answer.json()["error"])["error"])


@pytest.mark.wire
def test_missing_weights_are_a_502_with_the_command_to_get_them(tmp_path: Path) -> None:
    """The gateway runs without the weights; only a chat with the model fails."""
    assert "igw weights pull" in _refusal(LocalModel(Place(tmp_path / "x.gguf", ours=True)))
    assert str(tmp_path / "y.gguf") in _refusal(LocalModel(Place(tmp_path / "y.gguf", ours=False)))


@pytest.mark.wire
def test_what_is_no_gguf_is_named(tmp_path: Path) -> None:
    """A file that is not a GGUF is named, since llama.cpp's own error does not distinguish it."""
    (tmp_path / "x.gguf").write_text("hello")
    assert f"{tmp_path / 'x.gguf'} is not a GGUF file" in _refusal(LocalModel(weights.locate(tmp_path / "x.gguf")))


@pytest.mark.wire
def test_stopping_ends_a_pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping the gateway does not wait for a download."""

    def endless(_: Path, report: weights.Report) -> None:
        while True:
            report(weights.Progress("download", 1, 2))
            time.sleep(0.01)

    monkeypatch.setattr(weights, "pull", endless)
    local = LocalModel(Place(tmp_path / "model.gguf", ours=True), pull=True)
    with running(Settings(port=0, read_timeout=0.2), local=local) as url:
        answer = httpx2.post(url + CHAT, json={"model": MODEL, "messages": FRANCE}, timeout=30, trust_env=False)
        assert answer.status_code == 504
        began = time.monotonic()
    assert time.monotonic() - began < 8
