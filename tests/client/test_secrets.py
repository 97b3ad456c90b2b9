"""Secrets stay out of logs, terminals and bug reports: token, passwords, keys, bodies."""

from __future__ import annotations

import gc
import importlib
import logging
import pathlib
import pickle
import pkgutil
import socket
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from rich.pretty import pretty_repr

import inference_gateway_sdk as sdk
from client.authority import authority_pem, certified
from inference_gateway_sdk._wire.headers import Outgoing
from inference_gateway_sdk.embedded import Access, McpSettings, Settings
from inference_gateway_sdk.embedded.providers.provider import ProviderRequest, ProviderResponse
from inference_gateway_sdk.testing.cassettes import Piece, RecordedRequest
from support.server import ANSWER, DONE, GOOD, MODELS, ROLE, Connection, Request, event, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.worlds import World

TOKEN = "tok-SECRET-of-the-user"
HEADER = "head-SECRET-value"
QUERY = "query-SECRET-value"
PASSWORD = "proxy-SECRET-password"
PROMPT = "prompt-SECRET-text"
KEY = "sk-proj-SECRET0123456789abcdef"
ANSWERED = "answer-SECRET-text"
PACKAGE = str(pathlib.Path(sdk.__file__).parent)
OPAQUE = {"error": {"message": f"no such key: '{TOKEN}'", "code": TOKEN, "request_id": TOKEN}}
LEAKED = {"error": {"message": f"Incorrect API key provided: {KEY}. Bearer {TOKEN}", "code": "invalid_api_key"}}


def _frames(*pieces: bytes, end: bool = True) -> Callable[[Connection, Request], None]:
    return lambda connection, _: connection.events(*pieces, end=end)


def _cut(connection: Connection, _: Request) -> None:
    connection.events(*GOOD[:2], end=False)
    connection.pause(0.02)
    connection.reset()


def _stall(connection: Connection, _: Request) -> None:
    connection.events(*GOOD[:2], end=False)
    connection.stall()


@dataclass(frozen=True)
class Path:
    """One way in which a call fails."""

    name: str
    kind: type[BaseException]
    serve: Callable[[Connection, Request], None]
    stream: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    tls: bool = False


def _answers(status: int, body: Any, *headers: str) -> Callable[[Connection, Request], None]:
    return lambda connection, _: connection.json(body, status, *headers)


PAGE = f"<html><title>{KEY}</title><body>Bearer {TOKEN}</body></html>".encode()
COOKIE = f"Set-Cookie: session={ANSWERED}"
PATHS = [
    Path("status", sdk.UnauthorizedError, _answers(401, LEAKED, COOKIE)),
    Path("status as text", sdk.BadGatewayError, _answers(502, f"no: {KEY}".encode())),
    Path("status as page", sdk.InternalError, _answers(500, PAGE)),
    Path("nested status", sdk.ForbiddenError, _answers(403, {"error": f'{{"error": "bad key {KEY}"}}'})),
    Path("redirect", sdk.StatusError, _answers(302, b"", f"Location: http://elsewhere/?key={KEY}")),
    Path("no JSON", sdk.DecodingError, _answers(200, f"{KEY} {'.' * 300} {ANSWERED}".encode())),
    Path("no answer", sdk.DeserializationError, _answers(200, {"choices": None, "x": ANSWERED})),
    Path("error in a 200", sdk.UnauthorizedError, _answers(200, LEAKED)),
    Path("nothing", sdk.RequestError, lambda connection, _: connection.close()),
    Path("garbage", sdk.RequestError, lambda connection, _: connection.send(f"{ANSWERED} {KEY}\r\n\r\n".encode())),
    Path("cut body", sdk.RequestError, lambda c, _: (c.head(200, length=99), c.send(ANSWERED.encode()), c.close())),
    Path("silence", sdk.TimeoutError, lambda connection, _: connection.stall(), options={"timeout": 0.2}),
    Path("silent stream", sdk.StreamStalledError, lambda c, _: c.stall(), stream=True, options={"timeout": 0.2}),
    Path("stalled stream", sdk.StreamStalledError, _stall, stream=True, options={"timeout": 0.2}),
    Path("cut stream", sdk.StreamTruncatedError, _cut, stream=True),
    Path("unfinished stream", sdk.StreamTruncatedError, _frames(*GOOD[:2]), stream=True),
    Path("error in a stream", sdk.UnauthorizedError, _frames(ROLE, event(LEAKED), DONE), stream=True),
    Path("error after content", sdk.UnauthorizedError, _frames(*GOOD[:2], event(LEAKED), DONE), stream=True),
    Path("bad frame", sdk.StreamError, _frames(f"data: {KEY} Bearer {TOKEN}\n\n".encode()), stream=True),
    Path("broken error frame", sdk.StreamError, _frames(f'data: {{"error": "x "{KEY}""}}\n\n'.encode()), stream=True),
    Path("page as a stream", sdk.StreamError, _frames(PAGE), stream=True),
    Path("text as a stream", sdk.StreamError, _frames(f"<{KEY}>".encode()), stream=True),
    Path("JSON as a stream", sdk.StreamError, _frames(f'{{"key": "{KEY}"}}'.encode()), stream=True),
    Path("refused stream", sdk.UnauthorizedError, _answers(401, LEAKED), stream=True),
    Path("untrusted server", sdk.ConnectError, _answers(200, ANSWER), tls=True),
    Path("wrong name", sdk.ConnectError, _answers(200, ANSWER), tls=True, options={"ca": authority_pem()}),
    Path("own token", sdk.UnauthorizedError, _answers(401, OPAQUE, f"X-Echo: {TOKEN}")),
    Path("own token as text", sdk.UnauthorizedError, _answers(401, TOKEN.encode())),
    Path("own token in a 200", sdk.ForbiddenError, _answers(200, OPAQUE | {"error": OPAQUE["error"] | {"code": 403}})),
    Path("own token, no JSON", sdk.DecodingError, _answers(200, f"<{TOKEN}>".encode())),
    Path("own token in a stream", sdk.StreamError, _frames(ROLE, event(OPAQUE), DONE), stream=True),
    Path("own token after content", sdk.StreamError, _frames(*GOOD[:2], event(OPAQUE), DONE), stream=True),
    Path("own token in a frame", sdk.StreamError, _frames(f"data: {TOKEN}\n\n".encode()), stream=True),
    Path("unknown keyword", TypeError, _answers(200, ANSWER), options={"nonsense": PROMPT}),
    Path("unsendable value", sdk.SerializationError, _answers(200, ANSWER), options={"extra_body": {"x": object()}}),
]


@pytest.mark.filterwarnings("ignore:the gateway silently drops")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_errors_and_logs_have_no_secrets(path: Path, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """However a call fails, its error's texts, its traceback and the log have none of the call's secrets."""
    caplog.set_level(logging.DEBUG)
    tls = certified("elsewhere.test") if path.tls else None
    with serving(path.serve, tls) as server:
        error = _fail(world, server.url, path)
    assert type(error) is path.kind, repr(error)
    _check(error, caplog, PASSWORD, HEADER, QUERY, TOKEN, PROMPT, KEY, ANSWERED)


@pytest.mark.parametrize("where", ["argument", "environment"])
@pytest.mark.parametrize("status", [407, 502, None])
def test_a_proxy_keeps_its_password(
    where: str, status: int | None, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that refuses, or cannot be reached, is named without the user information of its URL."""
    caplog.set_level(logging.DEBUG)
    with serving(lambda connection, _: connection.json({"error": "no"}, status or 200)) as server:
        port = server.port if status else _free_port()
        proxy = f"http://me:{PASSWORD}@127.0.0.1:{port}"
        if where == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        path = Path("", sdk.GatewayError, _stall, options={"proxy": "env" if where == "environment" else proxy})
        for url in ("http://gateway.test", "https://gateway.test"):
            _check(_fail(world, url, path), caplog, PASSWORD, TOKEN, HEADER, PROMPT)


def test_objects_show_no_secrets(world: World) -> None:
    """The repr of clients, streams, answers, calls, headers and metas hides secrets."""
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Api-Key": HEADER}
    call = sdk.Call(method="POST", path="/x", read=bytes, body=PROMPT.encode(), headers=tuple(headers.items()))
    shown = [call]

    async def scenario(client: Any) -> None:
        answer = await client.generate_content("a/b", PROMPT)
        shown.extend([client, getattr(client, "inner", client), answer.meta, answer.meta.headers])
        async with client.generate_content_stream("a/b", PROMPT) as stream:
            shown.extend([stream, getattr(stream, "inner", stream), stream.meta])
            await stream.final()

    def handler(connection: Connection, request: Request) -> None:
        if request.json().get("stream"):
            connection.events(*GOOD, more=(COOKIE,))
        else:
            connection.json(ANSWER, 200, COOKIE)

    with serving(handler) as server:
        world.with_client(scenario, server.url, TOKEN, headers={"X-Api-Key": HEADER})
    for item in shown:
        for text in (repr(item), str(item), f"{item!r:.9999}"):
            assert "SECRET" not in text, type(item)


def _structs(parent: type = msgspec.Struct) -> list[type]:
    children = [child for child in parent.__subclasses__() if child.__module__.startswith(sdk.__name__)]
    return [*children, *(inner for child in children for inner in _structs(child))]


def test_rich_shows_no_more_than_the_repr() -> None:
    """Each class that hides fields in its `repr` replaces the struct's `__rich_repr__`, which yields every field."""
    for module in pkgutil.walk_packages(sdk.__path__, f"{sdk.__name__}."):
        if "__main__" not in module.name:
            importlib.import_module(module.name)
    own = [struct for struct in _structs() if struct.__repr__ is not msgspec.Struct.__repr__]
    assert len(own) > 20
    plain: Any = msgspec.Struct.__rich_repr__  # type: ignore[attr-defined]
    assert [struct for struct in own if struct.__rich_repr__ is plain] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Access(url="http://127.0.0.1:1/v1", key=KEY), "127.0.0.1"),
        (Settings(token=TOKEN, access={"openai": Access(key=KEY)}), "8080"),
        (McpSettings(servers=(f"http://me:{PASSWORD}@127.0.0.1:1/mcp?key={QUERY}",)), "127.0.0.1:1/mcp"),
        (ProviderRequest(path=f"/x?key={QUERY}", headers=(("authorization", TOKEN),), body=PROMPT.encode()), "POST /x"),
        (ProviderResponse(status=200, headers=(("set-cookie", TOKEN),), pieces=None), "200"),  # type: ignore[arg-type]
        (sdk.Meta(status=200, headers={"set-cookie": TOKEN}, raw=ANSWERED.encode()), "200"),
        (
            RecordedRequest("POST", f"http://h/x?key={QUERY}", (("authorization", TOKEN),), PROMPT.encode()),
            "http://h/x",
        ),
        (Piece(0.5, ANSWERED.encode()), "0.5"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_structs_with_secrets_are_drawn_without_them(value: object, shown: str) -> None:
    """Rich's tracebacks and prints, and those of structlog, hide the same secrets as the `repr`."""
    for text in (pretty_repr(value), repr(value)):
        assert "SECRET" not in text
        assert shown in text


def test_the_token_goes_with_its_client(world: World) -> None:
    """No cache of the package keeps the headers of a client that was collected."""

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", PROMPT)
        assert _headers_with(TOKEN)

    with serving(lambda connection, _: connection.json(ANSWER)) as server:
        world.with_client(scenario, server.url, TOKEN)
        assert f"Bearer {TOKEN}" in server.requests[0].headers["authorization"]
    gc.collect()
    assert not _headers_with(TOKEN)


def _headers_with(token: str) -> list[Outgoing]:
    return [item for item in gc.get_objects() if type(item) is Outgoing and any(token in value for _, value in item)]


def test_logs_of_what_goes_well(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, successful calls are logged with method, address and status, and nothing of their content."""
    caplog.set_level(logging.DEBUG)

    async def scenario(client: Any) -> None:
        await client.generate_content("a/b", PROMPT, extra_query={"key": QUERY})
        await client.list_models("groq")

    def handler(connection: Connection, request: Request) -> None:
        connection.json(MODELS if request.method == "GET" else ANSWER, 200, COOKIE)

    with serving(handler) as server:
        world.with_client(scenario, server.url, TOKEN, headers={"X-Api-Key": HEADER})
    ours = [record.getMessage() for record in caplog.records if record.name == "inference_gateway_sdk"]
    assert [text.partition(": 200 after")[0] for text in ours] == [
        f"POST {server_url}/v1/{path}" if path != "models" else f"GET {server_url}/v1/models"
        for server_url in [ours[0].split()[1].partition("/v1")[0]]
        for path in ("chat/completions", "models")
    ]
    assert "SECRET" not in caplog.text
    assert QUERY in server.requests[0].target


def _fail(world: World, url: str, path: Path) -> BaseException:
    """Return the error of a call full of secrets."""
    options = dict(path.options)
    proxy = options.pop("proxy", None)
    ca = options.pop("ca", None)

    async def scenario(client: Any) -> BaseException:
        given = {"extra_query": {"api_key": QUERY}, "headers": {"X-Api-Key": HEADER}, **options}
        try:
            if path.stream:
                async with client.generate_content_stream("openai/gpt", PROMPT, **given) as stream:
                    await stream.final()
            else:
                await client.generate_content("openai/gpt", PROMPT, **given)
        except (sdk.GatewayError, TypeError) as error:
            return error
        pytest.fail("nothing was raised")

    return world.with_client(scenario, url, TOKEN, max_retries=0, proxy=proxy, ca=ca)


def _check(error: BaseException, caplog: pytest.LogCaptureFixture, *secrets: str) -> None:
    meta = getattr(error, "meta", None)
    texts = {
        "str": str(error),
        "repr": repr(error),
        "hint": str(getattr(error, "hint", "")),
        "traceback": "".join(traceback.format_exception(error)),
        "logs": caplog.text,
        "meta": repr(meta) + repr(getattr(error, "headers", None)),
    }
    for name, text in texts.items():
        found = [secret for secret in secrets if secret in text]
        assert not found, f"{name} holds {found}: {text}"
    variables = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    ours = [frame for frame in variables if PACKAGE in frame.partition(",")[0]]  # each with its variables
    sent = (f"'Authorization', 'Bearer {TOKEN}", f"Authorization: Bearer {TOKEN}", PASSWORD)
    assert not [frame for frame in ours if any(text in frame for text in sent)]
    pickled = pickle.dumps(error)
    kept = [secret for secret in (TOKEN, HEADER, QUERY, PASSWORD, PROMPT) if secret.encode() in pickled]
    assert not kept


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
