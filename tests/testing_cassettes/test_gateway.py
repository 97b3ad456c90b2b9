"""Other HTTP clients through a recording gateway: recorded with a server upstream, played without."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from embedded.raw_http import exchanged
from inference_gateway_sdk import InferenceGatewayClient, StreamTruncatedError
from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.testing.cassettes import (
    CassetteMissError,
    Ending,
    RecordedAnswer,
    Redaction,
    cassette,
    recording_gateway,
)
from inference_gateway_sdk.testing.cassettes.file import load
from support.server import Connection, Request, serving

pytestmark = pytest.mark.wire
KEY = "sk-live-0123456789"


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Return a scripted gateway."""
    with running(scripted=ScriptedProvider()) as url:
        yield url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path without a cassette."""
    return tmp_path / "it.json"


def official(url: str, **options: Any) -> openai.OpenAI:
    """Return the official client."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0, timeout=20, **options)


def talk(url: str) -> list[Any]:
    """Make a listing, a chat, a stream, a Responses stream, a refusal and a sound with the official client."""
    answers: list[Any] = []
    with official(url) as client:
        answers.append(sorted(model.id for model in client.models.list()))
        messages: list[Any] = [{"role": "user", "content": "Grüße <&>"}]
        answers.append(client.chat.completions.create(model="openai/any", messages=messages).to_dict())
        with client.chat.completions.create(model="openai/any", messages=messages, stream=True) as stream:
            answers.append([chunk.to_dict() for chunk in stream])
        with client.responses.create(model="openai/any", input="Hi", stream=True) as events:
            answers.append([event.to_dict() for event in events])
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model="nobodys-model", messages=messages)
        answers.append((refused.value.status_code, refused.value.body))
        sound = client.audio.speech.create(model="openai/any", input="Hi", voice="alloy", response_format="wav")
        answers.append(sound.content)
        picture = client.images.edit(model="openai/any", image=b"\x89PNG\r\n\x1a\n\xff", prompt="a dog")
        answers.append(picture.to_dict())
    return answers


def test_the_official_client_plays_what_it_recorded(gateway: str, path: Path) -> None:
    """Every answer is the same without a server, with any boundary of an upload; the key is not in the file."""
    with recording_gateway(path, gateway) as url:
        live = talk(url)
    with recording_gateway(path) as url:
        assert talk(url) == live
    assert [exchange.request.url for exchange in load(path)] == [
        "/v1/models", "/v1/chat/completions", "/v1/chat/completions", "/v1/responses", "/v1/chat/completions",
        "/v1/audio/speech", "/v1/images/edits",
    ]  # fmt: skip
    assert "0123456789" not in path.read_text("utf-8")


def test_the_official_async_client_records_at_once(gateway: str, path: Path) -> None:
    """Concurrent streams stay whole, and each gets its own recording again."""

    async def ask(client: openai.AsyncOpenAI, number: int) -> str:
        messages: list[Any] = [{"role": "user", "content": f"question {number}"}]
        stream = await client.chat.completions.create(model="openai/any", messages=messages, stream=True)
        async with stream:
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    async def everything(url: str) -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
            return await asyncio.gather(*[ask(client, number) for number in range(10)])

    expected = [f"You wrote: question {number}" for number in range(10)]
    with recording_gateway(path, gateway) as url:
        assert asyncio.run(everything(url)) == expected
    with recording_gateway(path) as url:
        assert asyncio.run(everything(url)) == expected


def test_an_upstream_with_a_path_is_put_before_the_request_s(gateway: str, path: Path) -> None:
    """The client's own path is recorded without the upstream's /v1, so that the file plays anywhere."""
    with recording_gateway(path, f"{gateway}/v1/") as url:
        live = httpx2.get(f"{url}/models?provider=openai", trust_env=False).json()
    assert load(path)[0].request.url == "/models?provider=openai"
    with recording_gateway(path) as url:
        assert httpx2.get(f"{url}/models?provider=openai", trust_env=False).json() == live


def through(path: Path, handler: Callable[[Connection, Request], None], ask: Callable[[str], Any]) -> tuple[Any, Any]:
    """Return a client's view of a server through the gateway, live and played."""
    with serving(handler) as server, recording_gateway(path, server.url) as url:
        live = ask(url)
    with recording_gateway(path) as url:
        return live, ask(url)


def test_status_and_headers_pass_as_they_are(path: Path) -> None:
    """Odd statuses, order and repeated headers are kept; headers of the connection are not relayed."""

    def odd(connection: Connection, _: Request) -> None:
        connection.json({"a": 1}, 429, "X-B: 1", "Retry-After: 7", "X-B: 2", "Keep-Alive: timeout=5")

    def ask(url: str) -> Any:
        answer = httpx2.get(url, trust_env=False)
        return answer.status_code, [pair for pair in answer.headers.multi_items() if pair[0] != "date"], answer.content

    live, played = through(path, odd, ask)
    assert played == live
    assert live[0] == 429
    assert [name for name, _ in live[1]] == ["content-type", "content-length", "x-b", "retry-after", "x-b"]


def test_a_packed_answer_passes_unpacked(path: Path) -> None:
    """The proxy decodes a compressed answer; its own answer has no such header, and its own framing."""
    import gzip

    body = gzip.compress(b'{"a":1}')

    def packed(connection: Connection, _: Request) -> None:
        connection.head(200, "application/json", "Content-Encoding: gzip", length=len(body))
        connection.send(body)

    live, played = through(path, packed, lambda url: httpx2.get(url, trust_env=False).json())
    assert (live, played) == ({"a": 1}, {"a": 1})


def test_an_answer_whose_secret_is_hidden_is_framed_right(path: Path) -> None:
    """A body that redaction made shorter is announced with its new length."""

    def grants(connection: Connection, _: Request) -> None:
        connection.json({"access_token": "abcdefghijklmnop", "expires_in": 60})

    live, played = through(path, grants, lambda url: httpx2.post(url, trust_env=False).json())
    assert live == {"access_token": "abcdefghijklmnop", "expires_in": 60}
    assert played == {"access_token": "...", "expires_in": 60}


@pytest.mark.parametrize("length", [None, 100])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_an_answer_that_is_cut_is_cut_again(path: Path, length: int | None, how: str) -> None:
    """A truncated answer, chunked or with a length, closed or reset, delivers its data, and then the error."""

    def cut(connection: Connection, _: Request) -> None:
        connection.head(200, "text/plain", length=length)
        connection.chunk(b"half of") if length is None else connection.send(b"half of")
        connection.pause(0.1)
        getattr(connection, how)()

    def ask(url: str) -> Any:
        got = b""
        with httpx2.stream("GET", url, trust_env=False) as answer, pytest.raises(httpx2.RemoteProtocolError):
            for piece in answer.iter_bytes():
                got += piece
        return got

    assert through(path, cut, ask) == (b"half of", b"half of")
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert exchange.outcome.end.kind == "truncated"


def test_a_connection_that_closes_without_an_answer_does_so_again(path: Path) -> None:
    """A connection that closes without an answer does so again; each attempt is an exchange."""

    def ask(url: str) -> Any:
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(url, trust_env=False)

    through(path, lambda connection, _: connection.close(), ask)
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, Ending)
    assert exchange.outcome.kind == "no_answer"


def test_our_own_client_sees_a_cut_stream_through_it(path: Path) -> None:
    """The gateway relays a truncated stream unchanged to our client, with its partial answer."""
    first = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'

    def cut(connection: Connection, _: Request) -> None:
        connection.events(first, end=False)
        connection.close()

    def ask(url: str) -> Any:
        with (
            InferenceGatewayClient(url, max_retries=0) as client,
            pytest.raises(StreamTruncatedError) as caught,
            client.generate_content_stream("openai/m", "Hi") as stream,
        ):
            list(stream)
        return caught.value.partial.text

    assert through(path, cut, ask) == ("Hel", "Hel")


def test_a_stream_that_its_client_left_is_left_again(path: Path) -> None:
    """The server notices the disconnect at once; when played, the client may disconnect at the same position."""
    left: list[bool] = []

    def endless(connection: Connection, _: Request) -> None:
        connection.head(200, "text/event-stream")
        connection.chunk(b"data: first\n\n")
        try:
            connection.stall()
        finally:
            left.append(True)

    def ask(url: str) -> Any:
        with httpx2.stream("GET", url, trust_env=False) as answer:
            return next(answer.iter_lines())

    assert through(path, endless, ask) == ("data: first", "data: first")
    assert left == [True]
    (exchange,) = load(path)
    assert isinstance(exchange.outcome, RecordedAnswer)
    assert exchange.outcome.end.kind == "abandoned"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_without_a_body_pass(path: Path, method: str, status: int) -> None:
    """An answer without a body passes, whatever length it announces."""

    def bodyless(connection: Connection, _: Request) -> None:
        connection.head(status, "text/plain", length=0 if status == 204 else 5)

    def ask(url: str) -> Any:
        answer = httpx2.request(method, url, trust_env=False)
        return answer.status_code, answer.headers["content-length"], answer.content

    live, played = through(path, bodyless, ask)
    assert live == played
    assert live == (status, "0" if status == 204 else "5", b"")


def test_a_client_that_leaves_before_the_answer_is_not_recorded(path: Path) -> None:
    """A client that disconnects before the answer is not recorded, and the server notices."""
    left = threading.Event()

    def silent(connection: Connection, _: Request) -> None:
        try:
            connection.stall()
        finally:
            left.set()

    with serving(silent) as server, recording_gateway(path, server.url) as url:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(url, trust_env=False, timeout=0.1)
        assert left.wait(20)
    assert not path.exists()


def test_a_client_that_goes_on_where_the_recorded_one_left_is_a_miss(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads on is cut off after a while, and the block ends with the reason."""
    from inference_gateway_sdk.testing.cassettes import gateway as module

    monkeypatch.setattr(module, "_GRACE_SECONDS", 0.05)
    test_a_stream_that_its_client_left_is_left_again(path)

    def ask(url: str) -> None:
        with httpx2.stream("GET", url, trust_env=False) as answer, pytest.raises(httpx2.RemoteProtocolError):
            list(answer.iter_lines())

    with pytest.raises(CassetteMissError, match="where its reader left"), recording_gateway(path) as url:
        ask(url)


def test_a_miss_is_answered_and_raised_when_the_block_ends(gateway: str, path: Path) -> None:
    """The client gets a 400 with the diff, and the test fails even if the client swallows it."""
    with recording_gateway(path, gateway) as url, official(url) as client:
        client.responses.create(model="openai/any", input="Hi")
    with (
        pytest.raises(CassetteMissError, match="the nearest is number 1 of 1"),
        recording_gateway(path) as url,
        official(url) as client,
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model="openai/any", input="Ho")
        assert '+{"input": "Ho", "model": "openai/any"}' in str(caught.value.body["message"])  # type: ignore[index]


def test_a_block_that_fails_raises_its_own_error(path: Path) -> None:
    """A miss does not hide the block's own exception, and nothing is written."""
    with pytest.raises(ZeroDivisionError), recording_gateway(path, mode="none") as url:
        httpx2.get(url, trust_env=False)
        raise ZeroDivisionError
    assert not path.exists()


def test_modes_and_redaction_are_the_cassette_s(gateway: str, path: Path) -> None:
    """`new` adds to the file, `all` rewrites it, and hooks and names redact as everywhere."""
    redaction = Redaction(query=["include"])
    for mode, wanted in (("once", 1), ("new", 2), ("all", 2)):
        with recording_gateway(path, gateway, mode, redaction=redaction) as url:  # type: ignore[arg-type]
            for query in ("?include=pricing", "?provider=openai")[: 1 if mode == "once" else 2]:
                assert httpx2.get(f"{url}/v1/models{query}", trust_env=False).status_code == 200
        assert len(load(path)) == wanted
    assert load(path)[0].request.url == "/v1/models?include=..."


def test_a_tape_serves_clients_and_a_gateway_at_once(gateway: str, path: Path) -> None:
    """One file serves this package's client by its driver and another's through the port."""
    with cassette(path) as tape, tape.gateway(gateway) as url:
        with InferenceGatewayClient(gateway, driver=tape.driver()) as ours:
            first = ours.generate_content("openai/any", "one").text
        with official(url) as theirs:
            second = theirs.responses.create(model="openai/any", input="two").output_text
    assert (first, second) == ("You wrote: one", "You wrote: two")
    assert [json.loads(exchange.request.body or b"")["model"] for exchange in load(path)] == ["openai/any"] * 2


@pytest.mark.parametrize(
    ("upstream", "complaint"),
    [
        (None, "upstream is missing: pass the URL of the server to record"),
        ("localhost:8080", "upstream must be an http or https URL"),
        ("http://localhost/?a=b", "without a query"),
    ],
)
def test_an_upstream_that_cannot_be_asked_is_refused_at_once(path: Path, upstream: str | None, complaint: str) -> None:
    """A bad upstream raises before a client connects."""
    with pytest.raises(ValueError, match=complaint), recording_gateway(path, upstream):
        pytest.fail("the block must not begin")


@pytest.mark.parametrize("target", ["*", ".evil.example/x", "@evil.example/x", ":1/x"])
def test_a_target_that_is_not_a_path_is_refused(target: str, path: Path) -> None:
    """A target that is not a path is refused, because it would change the host of the upstream's URL."""
    with serving(lambda connection, _: connection.json({})) as server, recording_gateway(path, server.url) as url:
        reply = exchanged(url, f"OPTIONS {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        assert (reply.status, server.requests) == (400, [])
        assert b"must begin with /" in reply.body
