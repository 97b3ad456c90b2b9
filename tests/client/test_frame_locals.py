"""No frame of a failure has a secret in its locals, by the ways in which error trackers inspect them."""

from __future__ import annotations

import dataclasses
import inspect
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

import inference_gateway_sdk as sdk
from client.authority import authority, authority_pem, certified
from inference_gateway_sdk._wire.headers import Outgoing
from support.server import ANSWER, GOOD, Connection, Request, serving
from support.worlds import World

TOKEN, HEADER, OWN_HEADER, QUERY = "planted-token", "planted-header", "planted-own-header", "planted-query"
PASSWORD = "planted-password"
LOGIN = b64encode(f"planted-user:{PASSWORD}".encode()).decode()
PLANTS = (TOKEN, HEADER, OWN_HEADER, QUERY, PASSWORD, LOGIN)
TESTS = str(Path(__file__).parents[1])
PACKAGE = str(Path(sdk.__file__).parent)
OPTIONS = {"headers": {"X-Own": OWN_HEADER}, "extra_query": {"api_key": QUERY}}
_RICH_CUT = 80  # characters of a text in a traceback with rich's `show_locals`

Serve = Callable[[Connection, Request], Any]
Ask = Callable[[Any], Any]


@dataclass(frozen=True)
class Failure:
    """One way in which a transport fails.

    Attributes:
        serve: The server's handler; None without a listening server.
        via: The source of the proxy: by argument, by the environment, or not at all.
        tls: The names in the server's certificate; None without TLS.
    """

    name: str
    serve: Serve | None
    options: dict[str, Any] = field(default_factory=dict)
    via: str = ""
    tls: tuple[str, ...] | None = None
    url: str = ""


def _cut(connection: Connection, _: Request) -> None:
    connection.head(200, length=99)
    connection.send(b"x")
    connection.close()


def _stall(connection: Connection, _: Request) -> None:
    connection.events(*GOOD[:2], end=False)
    connection.stall()


def _answer(connection: Connection, _: Request) -> None:
    connection.json(ANSWER)


def _refuse(connection: Connection, _: Request) -> None:
    connection.json({}, 407)


def _close(connection: Connection, _: Request) -> None:
    connection.close()


HTTP, HTTPS = "http://gateway.example/v1", "https://gateway.example/v1"
FAILURES = [
    Failure("refused", None),
    Failure("closed", _close),
    Failure("garbage", lambda connection, _: connection.send(b"garbage\r\n\r\n")),
    Failure("late", lambda connection, _: connection.stall(), {"timeout": 0.2}),
    Failure("late after the head", _stall, {"timeout": 0.2}),
    Failure("cut", _cut),
    Failure("reset", lambda connection, _: connection.reset()),
    Failure("untrusted", _answer, tls=("127.0.0.1",)),
    Failure("wrong name", _answer, {"ca": authority_pem()}, tls=("elsewhere.test",)),
    Failure("proxy away", None, via="argument", url=HTTP),
    Failure("proxy refuses", _refuse, via="argument", url=HTTP),
    Failure("proxy closes", _close, via="argument", url=HTTP),
    Failure("proxy of the environment closes", _close, via="environment", url=HTTP),
    Failure("no tunnel", _refuse, via="argument", url=HTTPS),
    Failure("tunnel closes", _close, via="environment", url=HTTPS),
    Failure("proxy of another kind", None, via="socks", url=HTTP),
]


async def _whole(client: Any) -> None:
    await client.generate_content("openai/gpt-4o", "Hi", **OPTIONS)


async def _stream(client: Any) -> None:
    async with client.generate_content_stream("openai/gpt-4o", "Hi", **OPTIONS) as stream:
        await stream.final()


async def _models(client: Any) -> None:
    await client.list_models(**OPTIONS)


async def _proxy(client: Any) -> None:
    await client.proxy("openai", "models", query={"key": QUERY}, headers={"X-Own": OWN_HEADER})


ASKED: list[Ask] = [_whole, _stream, _models, _proxy]


def recorded(value: Any, depth: int = 12) -> Iterator[str]:
    """Yield every text that a tool records of a local: Sentry, Rollbar, rich, or `capture_locals` of traceback."""
    yield _text(repr, value)
    if isinstance(value, str | bytes):
        yield f"{value[:_RICH_CUT]!r}"  # of a subclass, the slice is a plain text
        if isinstance(value, str):
            yield "".join(value)  # Rollbar sends texts as they are, whatever their class
        return
    if depth:
        for part in _parts(value):
            yield from recorded(part, depth - 1)


def _text(show: Callable[[Any], str], value: Any) -> str:
    try:
        return show(value)
    except Exception as error:  # a tool continues
        return f"<{type(error).__name__}>"


def _parts(value: Any) -> Iterator[Any]:
    """Yield the parts that a tool inspects: mappings, sequences and sets of any class, and those that rich shows."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from (key, item)
    elif isinstance(value, Sequence | AbstractSet) and not isinstance(value, bytearray | memoryview):
        yield from value
    if inspect.isclass(value):
        return
    for name in ("__rich_repr__", "__sentry_repr__"):
        if hasattr(type(value), name):
            shown = getattr(value, name)()
            yield from [shown] if isinstance(shown, str) else shown or ()
    if dataclasses.is_dataclass(value):
        yield from (getattr(value, each.name, None) for each in dataclasses.fields(value) if each.repr)


def leaks(error: BaseException, *, inside: str = "") -> list[str]:
    """Return the places of a plant, as "file:function:local"; frames of the tests are the user's own."""
    found: list[str] = []
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None:
            continue
        pending.append(current.__cause__)
        if not current.__suppress_context__:
            pending.append(current.__context__)
        for frame, _ in traceback.walk_tb(current.__traceback__):
            code = frame.f_code
            if code.co_filename.startswith(TESTS) or not code.co_filename.startswith(inside):
                continue
            for name, value in frame.f_locals.items():
                if any(plant in text for text in recorded(value) for plant in PLANTS):
                    found.append(f"{code.co_filename.rpartition('/')[2]}:{code.co_name}:{name}")
    return found


def _fail(world: World, failure: Failure, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    options: dict[str, Any] = {"headers": {"X-Team": HEADER}, "max_retries": 0, **failure.options}
    tls = None if failure.tls is None else certified(*failure.tls)
    with serving(failure.serve or _close, tls) as server:
        url = failure.url or server.url
        proxy = f"http://planted-user:{PASSWORD}@127.0.0.1:{server.port}"
        if failure.serve is None:
            server.stop()
        if failure.via == "argument":
            options["proxy"] = proxy
        elif failure.via:
            options["proxy"] = "env"
            monkeypatch.setenv("ALL_PROXY", proxy if failure.via == "environment" else f"socks5{proxy[4:]}")
        with pytest.raises(sdk.GatewayError) as caught:
            world.with_client(ask, url, TOKEN, **options)
    return caught.value


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__.strip("_"))
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_no_frame_of_a_transport_failure_holds_a_secret(
    world: World, failure: Failure, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token, headers, query secrets and proxy password are unreachable in our frames and the library's."""
    assert leaks(_fail(world, failure, ask, monkeypatch)) == []


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__.strip("_"))
@pytest.mark.parametrize(
    "failure", [each for each in FAILURES if not (each.via or each.tls)], ids=lambda failure: failure.name
)
@pytest.mark.parametrize("name", ["blocking", "async"])
def test_no_frame_of_ours_over_httpx2_holds_a_secret(
    name: str, failure: Failure, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over an httpx2 client, our own frames are as clean; those of httpx2 depend on httpx2."""
    error = _fail(World(name, "httpx2"), failure, ask, monkeypatch)
    assert leaks(error, inside=PACKAGE) == []


def test_the_search_finds_what_is_there() -> None:
    """The tools that inspect sequences, mappings, structs and cut texts would find a plant in each of them."""

    class Struct(msgspec.Struct):
        key: str

        def __repr__(self) -> str:
            return "Struct()"

    class Hidden(bytes):
        def __repr__(self) -> str:
            return "..."

    for local in ({"a": [(TOKEN,)]}, Struct(TOKEN), Hidden(f"{TOKEN} {'x' * 99}".encode()), {TOKEN: 1}):
        assert any(TOKEN in text for text in recorded(local)), local
    assert not any(TOKEN in text for text in recorded(Outgoing([("Authorization", TOKEN)])))


def test_a_token_function_that_fails_shows_no_earlier_token(world: World) -> None:
    """A refresh that fails after a 401 leaves the refused token in no frame."""
    tokens = iter([TOKEN])

    def refresh() -> str:
        try:
            return next(tokens)
        except StopIteration:
            raise ConnectionError("the issuer is away") from None

    with serving(lambda connection, _: connection.json({}, 401)) as server, pytest.raises(ConnectionError) as caught:
        world.with_client(_whole, server.url, refresh, headers={"X-Team": HEADER})
    assert leaks(caught.value, inside=PACKAGE) == []


def test_a_header_that_cannot_be_sent_shows_no_other(world: World) -> None:
    """A malformed header of a call is refused before anything is sent, and no frame shows any header."""
    call = sdk.Call(method="GET", path="/x", read=bytes, headers=(("X-Own", f"{OWN_HEADER}\n"),))

    async def ask(client: Any) -> None:
        await client.send(call)

    with serving(_answer) as server:
        with pytest.raises(ValueError, match="line break") as caught:
            world.with_client(ask, server.url, TOKEN, headers={"X-Team": HEADER})
        assert not server.requests
    assert leaks(caught.value, inside=PACKAGE) == []


@pytest.mark.parametrize("kind", [sdk.InferenceGatewayClient, sdk.AsyncInferenceGatewayClient])
def test_a_certificate_or_proxy_that_cannot_be_used_shows_no_password(kind: Any, tmp_path: Path) -> None:
    """A constructor that raises leaves its passwords, token and headers in no frame."""
    own = authority().issue_cert("client.test")
    (tmp_path / "certificate.pem").write_bytes(own.cert_chain_pems[0].bytes())
    cert = (str(tmp_path / "certificate.pem"), str(tmp_path / "missing.pem"), PASSWORD)
    for options in ({"cert": cert}, {"proxy": f"socks5://planted-user:{PASSWORD}@127.0.0.1:1"}):
        with pytest.raises(ValueError, match="cert|proxy") as caught:
            kind("http://127.0.0.1:1", TOKEN, headers={"X-Team": HEADER}, **options)
        assert leaks(caught.value, inside=PACKAGE) == []


def test_structs_with_secrets_are_drawn_by_rich_as_their_repr_shows_them() -> None:
    """No field that a struct's `repr` hides is yielded to rich, at any depth."""
    call = sdk.Call(method="GET", path="/x", read=bytes, headers=(("X-Own", OWN_HEADER),), query=(("key", QUERY),))
    tool = sdk.ChatCompletionMessageToolCallFunction.from_dict(
        {"name": "f", "arguments": "{}", "api_key": TOKEN, "nested": {"list": [{"password": PASSWORD}]}}
    )
    for value in (call, tool):
        found = [text for text in recorded(value) if any(plant in text for plant in PLANTS)]
        assert not found, value
    assert any("nested" in text for text in recorded(tool))
