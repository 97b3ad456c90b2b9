"""Faulty set-ups on loopback, each with the finding that must come first."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import trustme

from embedded.recordings import certificates
from embedded.test_oidc import OURS, Issuer
from inference_gateway_sdk.doctor.probes import Bounds, Setup
from inference_gateway_sdk.embedded import Access, McpSettings, Oidc, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.settings import Guardrails
from support.listening import listening
from support.server import Connection, Request, serving
from support.weights import nowhere

__all__ = ["HEALTHY", "SECRETS", "SETUPS", "black_hole", "fake", "gateway"]

TOKEN = "s3cret-t0ken-of-a-test"
PASSWORD = "pr0xy-passw0rd"
KEY = "sk-k3y-of-a-provider"
SECRETS = (TOKEN, PASSWORD, KEY, "k3y-of-a-provider")
HTTPS_TEXT = b"Client sent an HTTP request to an HTTPS server.\n"

Case = dict[str, Any]
PATIENT = Bounds(probe=20, whole=60)  # for a machine that is slow and loaded
SETUPS: dict[str, Callable[[], Any]] = {}
"""By name of the set-up, a context with the arguments of `examine`, and `first`, the id of the first finding."""
HEALTHY: dict[str, Callable[[], Any]] = {}
"""By name, a context with the arguments of an examination that finds nothing."""


def setup(into: dict[str, Callable[[], Any]] = SETUPS) -> Callable[[Callable[[], Iterator[Case]]], Any]:
    """Add a set-up under its function's name."""

    def add(function: Callable[[], Iterator[Case]]) -> Any:
        into[function.__name__] = contextmanager(function)
        return function

    return add


def case(first: str, root: str, *, model: str | None = None, needs: tuple[str, ...] = (), **more: Any) -> Case:
    """Return the arguments of an examination."""
    deep, bounds = more.pop("deep", False), more.pop("bounds", PATIENT)
    built = Setup(root=root, proxy=more.pop("proxy", None), environ=more.pop("environ", {}), **more)
    return {"first": first, "setup": built, "model": model, "needs": needs, "deep": deep, "bounds": bounds}


@contextmanager
def gateway(*, scripted: bool = True, quirks: str | None = None, **settings: Any) -> Iterator[str]:
    """Run an embedded gateway and yield its address."""
    provider = ScriptedProvider() if scripted else None
    with running(Settings(port=0, quirks=quirks, **settings), local=nowhere(), scripted=provider) as url:
        yield url


MODEL = {"id": "openai/gpt", "object": "model", "owned_by": "o", "served_by": "openai"}
PRICED = {**MODEL, "context_window": {"tokens": 9}, "pricing": {"input_per_token": "1", "output_per_token": "1"}}


@contextmanager
def fake(**answers: Any) -> Iterator[str]:
    """Run a gateway of fixed answers: by the beginning of the path, a (status, body) or a function; later ones win."""
    table = {
        "/": (404, {"error": "Requested route is not found"}),
        "/health": (200, {"message": "OK"}),
        "/v1/models": (200, {"object": "list", "data": [MODEL]}),
        "/v1/models?include=context": (200, {"object": "list", "data": [PRICED]}),
        "/v1/models?provider": (400, {"error": "Provider requires an API key. Please configure"}),
        "/v1/models?provider=openai": (200, {"object": "list", "data": [MODEL]}),
        "/proxy/openai/models": (200, {"object": "list", "data": [{"id": "gpt"}]}),
        "/v1/chat": (400, {"error": "Unable to determine provider for model."}),
        **{f"/{path.replace('__', '/')}": answer for path, answer in answers.items()},
    }

    def handler(connection: Connection, request: Request) -> None:
        answer = [found for path, found in table.items() if request.target.startswith(path)][-1]
        if callable(answer):
            answer(connection, request)
        else:
            connection.json(answer[1], answer[0])

    with serving(handler) as server:
        yield server.url


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def black_hole() -> Iterator[str]:
    """Yield an address that does not answer a connection: the queue of a listener that accepts none is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(listener.getsockname())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for each in waiting:
                each.close()


# 1 to 8: the network


@setup()
def nothing_listens() -> Iterator[Case]:
    with gateway() as url:
        other = urlsplit(url).port or 0
        yield case("nothing-listens", f"http://127.0.0.1:{free_port()}", places=(other,))


@setup()
def only_prometheus() -> Iterator[Case]:
    yield case("nothing-listens", f"http://127.0.0.1:{free_port()}", places=())


@setup()
def full_queue() -> Iterator[Case]:
    with black_hole() as url:
        yield case("unreachable", url, bounds=Bounds(probe=0.3, whole=2))


@setup()
def unknown_name() -> Iterator[Case]:
    yield case("name", "http://gateway.invalid:8080")


@setup()
def closed_at_once() -> Iterator[Case]:
    with listening(lambda connection: connection.close()) as port:
        yield case("no-answer", f"http://127.0.0.1:{port}")


@setup()
def silent() -> Iterator[Case]:
    with serving(lambda connection, _: connection.stall()) as server:
        yield case("no-answer", server.url, bounds=Bounds(probe=0.4, whole=3))


@setup()
def another_server() -> Iterator[Case]:
    page = b"<html><title>Welcome to nginx!</title></html>"

    def handler(connection: Connection, _: Request) -> None:
        connection.head(200, "text/html", "Server: nginx", length=len(page))
        connection.send(page)

    with serving(handler) as server:
        yield case("other-server", server.url)


@setup()
def not_http() -> Iterator[Case]:
    def greet(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    with listening(greet) as port:
        yield case("other-server", f"http://127.0.0.1:{port}")


@setup()
def v1_twice() -> Iterator[Case]:
    with gateway() as url:
        yield case("base-url", f"{url}/v1")


@setup()
def path_too_many() -> Iterator[Case]:
    with gateway() as url:
        yield case("base-url", f"{url}/gateway/api")


@setup()
def redirected() -> Iterator[Case]:
    def handler(connection: Connection, request: Request) -> None:
        connection.head(301, "text/html", f"Location: https://gateway.example{request.path}", length=0)

    with serving(handler) as server:
        yield case("base-url", server.url)


@contextmanager
def tls_gateway(*, trusted: bool = True, **settings: Any) -> Iterator[tuple[str, Callable[[], ssl.SSLContext]]]:
    """Run an embedded gateway with TLS; yield its address and the client's context."""
    with tempfile.TemporaryDirectory() as folder:
        ca, cert, key = certificates(Path(folder))
        context = ssl.create_default_context(cafile=ca if trusted else None)
        with gateway(tls_cert=cert, tls_key=key, **settings) as url:
            yield url, lambda: context


@setup()
def http_on_https() -> Iterator[Case]:
    with tls_gateway() as (url, _):
        yield case("http-for-https", url.replace("https", "http"))


@setup()
def http_on_https_of_go() -> Iterator[Case]:
    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" + HTTPS_TEXT)

    with listening(answer) as port:
        yield case("http-for-https", f"http://127.0.0.1:{port}")


@setup()
def https_on_http() -> Iterator[Case]:
    with gateway() as url:
        yield case("https-for-http", url.replace("http", "https"))


@setup()
def unknown_authority() -> Iterator[Case]:
    with tls_gateway(trusted=False) as (url, context):
        yield case("certificate-authority", url, context=context)


@contextmanager
def certified(*names: str, **validity: Any) -> Iterator[tuple[str, Callable[[], ssl.SSLContext]]]:
    """Run a fake TLS server with a certificate for these names; yield its address and the client's context."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names, **validity).configure_cert(server)
    authority.configure_trust(client)
    with serving(lambda connection, _: connection.json({"message": "OK"})) as plain:
        plain.tls = server
        yield f"https://127.0.0.1:{plain.port}", lambda: client


@setup()
def another_name() -> Iterator[Case]:
    with certified("gateway.example") as (url, context):
        yield case("certificate-name", url, context=context)


@setup()
def expired_certificate() -> Iterator[Case]:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with certified("127.0.0.1", not_before=past, not_after=past + dt.timedelta(days=1)) as (url, context):
        yield case("certificate-expired", url, context=context)


@setup()
def stuck_after_health() -> Iterator[Case]:
    with fake(v1=lambda connection, _: connection.stall()) as url:
        yield case("no-models", url, bounds=Bounds(probe=0.4, whole=3))


@setup()
def failing_list() -> Iterator[Case]:
    with fake(v1__models=(500, {"error": "Failed to list models"})) as url:
        yield case("no-models", url)


@setup()
def clocks_apart() -> Iterator[Case]:
    with gateway() as url:
        yield case("clock", url, wall=lambda: time.time() + 3600)


@setup()
def swallowing_proxy() -> Iterator[Case]:
    with gateway() as url, serving(lambda connection, _: connection.json({"error": "no route"}, 502)) as proxy:
        address = proxy.url.replace("://", f"://me:{PASSWORD}@")
        yield case("proxy", url, proxy="env", environ={"HTTP_PROXY": address})


@setup()
def dead_proxy() -> Iterator[Case]:
    with gateway() as url:
        yield case("proxy", url, proxy=f"http://me:{PASSWORD}@127.0.0.1:{free_port()}")


# 9 to 11: tokens


@setup()
def no_token() -> Iterator[Case]:
    with gateway(token=TOKEN) as url:
        yield case("no-token", url)


@setup()
def another_token() -> Iterator[Case]:
    with gateway(token="the-right-one") as url:
        yield case("token-refused", url, token=TOKEN)


@setup()
def bearer_twice() -> Iterator[Case]:
    with gateway(token="the-right-one") as url:
        yield case("token-scheme", url, token=f"Bearer {TOKEN}")


@setup()
def provider_key() -> Iterator[Case]:
    with gateway(token="the-right-one") as url:
        yield case("token-provider-key", url, token=KEY)


@contextmanager
def with_issuer(**settings: Any) -> Iterator[tuple[str, Issuer]]:
    """Run a gateway that requires tokens of an issuer."""
    issuer = Issuer()
    try:
        with gateway(oidc=Oidc(issuer=issuer.url, audience=OURS), **settings) as url:
            yield url, issuer
    finally:
        issuer.server.stop()


@setup()
def expired_token() -> Iterator[Case]:
    with with_issuer() as (url, issuer):
        yield case("token-expired", url, token=issuer.token(exp=time.time() - 100))


@setup()
def early_token() -> Iterator[Case]:
    with with_issuer() as (url, issuer):
        yield case("token-early", url, token=issuer.token(nbf=time.time() + 1800))


@setup()
def another_issuer() -> Iterator[Case]:
    with with_issuer(expose_mcp=True) as (url, issuer):
        yield case("token-issuer", url, token=issuer.token(iss="http://127.0.0.1:9/elsewhere"))


@setup()
def another_audience() -> Iterator[Case]:
    with with_issuer(quirks="v0.48") as (url, issuer):
        yield case("token-audience", url, token=issuer.token(aud="another-program"))


@setup()
def issuer_gone() -> Iterator[Case]:
    with with_issuer() as (url, issuer):
        token = issuer.token()
        issuer.server.stop()
        yield case("issuer-unreachable", url, token=token)


# 12 to 17: providers


@setup()
def no_providers() -> Iterator[Case]:
    with gateway(scripted=False) as url:
        yield case("no-providers", url)


@setup()
def key_missing() -> Iterator[Case]:
    with gateway(scripted=False) as url:
        yield case("key-missing", url, model="openai/gpt-4o")


@setup()
def key_refused() -> Iterator[Case]:
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    with (
        serving(lambda connection, _: connection.json(refusal, 401)) as provider,
        gateway(access={"openai": Access(url=f"{provider.url}/v1", key=KEY)}, scripted=False) as url,
    ):
        yield case("key-refused", url)


@setup()
def provider_gone() -> Iterator[Case]:
    access = {"openai": Access(url=f"http://127.0.0.1:{free_port()}/v1", key=KEY)}
    with gateway(access=access, scripted=False) as url:
        yield case("provider-unreachable", url)


@setup()
def ollama_gone() -> Iterator[Case]:
    access = {"ollama": Access(url=f"http://127.0.0.1:{free_port()}/v1")}
    with gateway(access=access, scripted=False, quirks="v0.48") as url:
        yield case("provider-unreachable", url, model="ollama/phi")


@setup()
def llamacpp_without_key() -> Iterator[Case]:
    with gateway(scripted=False, quirks="v0.48") as url:
        yield case("llamacpp-key", url, model="llamacpp/m")


def provider_text(text: str, name: str = "groq") -> Any:
    """Return a fake gateway that cannot use a provider, for this reason of Go's library."""
    return fake(**{
        f"v1__models?provider={name}": (502, {"error": "Failed to list models"}),
        f"proxy__{name}__models": (502, {"error": f"Failed to reach upstream server: {text}"}),
    })  # fmt: skip


@setup()
def empty_address() -> Iterator[Case]:
    with provider_text('Get "/models": unsupported protocol scheme ""') as url:
        yield case("provider-address", url)


@setup()
def unfilled_address() -> Iterator[Case]:
    text = 'Get "https://api.cloudflare.com/client/v4/accounts/%7BACCOUNT_ID%7D/ai/models": 404'
    with provider_text(text, "cloudflare") as url:
        yield case("provider-address", url)


@setup()
def empty_list() -> Iterator[Case]:
    models = {"models": [{"name": "command-r"}]}
    with (
        serving(lambda connection, _: connection.json(models)) as provider,
        gateway(access={"cohere": Access(url=f"{provider.url}/v1", key=KEY)}, quirks="v0.48") as url,
    ):
        yield case("empty-list", url, model="cohere/command-r")


# 18: the model

MODELS = {
    "bare_name": ("model-bare", "gpt"),
    "provider_unknown": ("model-provider", "acme/gpt"),
    "twice": ("model-twice", "openai/openai/gpt"),
    "other_capitals": ("model-case", "openai/GPT"),
    "hidden": ("model-hidden", "openai/gpt-old"),
    "not_allowed": ("model-not-allowed", "openai/gpt-5"),
    "misspelt": ("model-unknown", "openai/gtp"),
}


def _model(first: str, model: str) -> Callable[[], Any]:
    @contextmanager
    def context() -> Iterator[Case]:
        old = {**MODEL, "id": "openai/gpt-old"}
        with fake(**{
            "v1__models?provider=acme": (400, {"error": "Provider not found. Please check the list"}),
            "v1__models?include=deprecated": (200, {"object": "list", "data": [MODEL, old]}),
            "proxy__openai__models": (200, {"data": [{"id": "gpt"}, {"id": "gpt-5"}]}),
        }) as url:  # fmt: skip
            yield case(first, url, model=model)

    return context


SETUPS |= {name: _model(*row) for name, row in MODELS.items()}


@setup()
def allowed_models() -> Iterator[Case]:
    data = {"data": [{"id": "gpt-4o"}, {"id": "gpt-5"}]}
    with (
        serving(lambda connection, _: connection.json(data)) as provider,
        gateway(access={"openai": Access(url=f"{provider.url}/v1", key=KEY)}, allowed_models=("gpt-4o",)) as url,
    ):
        yield case("model-not-allowed", url, model="openai/gpt-5")


# 19 to 23: features, versions, TLS of the gateway


@setup()
def images_off() -> Iterator[Case]:
    with gateway() as url:
        yield case("feature-off", url, needs=("images",))


@setup()
def metrics_off_of_an_older_gateway() -> Iterator[Case]:
    with gateway(quirks="v0.48") as url:
        yield case("feature-off", url, needs=("metrics",))


@setup()
def old_name() -> Iterator[Case]:
    environ = {"EXPOSE_MCP": "true"}
    with gateway(expose_mcp=Settings.from_env(environ).expose_mcp) as url:
        yield case("old-setting", url, environ=environ, needs=("mcp",))


@setup()
def older_gateway() -> Iterator[Case]:
    with gateway(quirks="v0.48", videos=True) as url:
        yield case("older-gateway", url, needs=("videos",))


@setup()
def no_mcp_server() -> Iterator[Case]:
    mcp = McpSettings(enabled=True, servers=(f"http://127.0.0.1:{free_port()}/mcp",))
    with gateway(quirks="v0.48", mcp=mcp) as url:
        yield case("mcp-servers", url)


@setup()
def guardrails_block_all() -> Iterator[Case]:
    with (
        serving(lambda connection, _: connection.json({"action": "block", "message": "no"})) as judge,
        gateway(guardrails=Guardrails(url=judge.url)) as url,
    ):
        yield case("guardrails", url)


@setup()
def guardrails_fail_closed() -> Iterator[Case]:
    with gateway(guardrails=Guardrails(url=f"http://127.0.0.1:{free_port()}/judge")) as url:
        yield case("guardrails", url)


@setup()
def self_calls_fail() -> Iterator[Case]:
    access = {"openai": Access(url="http://127.0.0.1:9/v1", key=KEY)}
    with tls_gateway(quirks="v0.48", scripted=False, access=access) as (url, context):
        yield case("self-call", url, context=context, model="openai/gpt", deep=True)


# 24, 25: calls

WHOLE = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt", "choices": []}
CHUNK = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"1"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


def calls(stream: Callable[[Connection], None], whole: Callable[[Connection], None] | None = None) -> Any:
    """Return a fake gateway whose chats are answered by these functions."""

    def chat(connection: Connection, request: Request) -> None:
        body = json.loads(request.body)
        if "/" not in body["model"]:
            connection.json({"error": "Unable to determine provider for model."}, 400)
        elif body.get("stream"):
            stream(connection)
        elif whole is not None:
            whole(connection)
        else:
            connection.json(WHOLE)

    return fake(v1__chat=chat)


def streams(*pieces: bytes, after: float = 0.0, more: tuple[str, ...] = ("X-Accel-Buffering: no",)) -> Any:
    """Return a function that streams these pieces, in one write, after some time."""

    def stream(connection: Connection) -> None:
        connection.pause(after)
        connection.head(200, "text/event-stream", *more)
        connection.chunk(b"".join(pieces))
        connection.end()

    return stream


def closes_late(connection: Connection) -> None:
    """Close the connection without an answer after some time."""
    connection.pause(0.2)
    connection.close()


DEEP: dict[str, Any] = {"model": "openai/gpt", "deep": True}


@setup()
def slow_provider() -> Iterator[Case]:
    with calls(streams(CHUNK, DONE, after=0.3)) as url:
        yield case("slow", url, **DEEP, bounds=Bounds(probe=20, whole=60, slow=0.1))


@setup()
def closed_at_the_deadline() -> Iterator[Case]:
    with calls(streams(CHUNK, DONE), closes_late) as url:
        yield case("timeout", url, **DEEP, bounds=Bounds(probe=20, whole=60, cut=0.2, near=20.0))


@setup()
def cut_stream() -> Iterator[Case]:
    with calls(streams(CHUNK)) as url:
        yield case("stream-cut", url, **DEEP)


@setup()
def buffering_proxy() -> Iterator[Case]:
    with calls(streams(*[CHUNK] * 5, DONE, after=0.6, more=())) as url:
        yield case("stream-buffered", url, **DEEP)


@setup()
def refused_call() -> Iterator[Case]:
    with calls(streams(CHUNK, DONE), lambda connection: connection.json({"error": {"message": "quota"}}, 429)) as url:
        yield case("call-failed", url, **DEEP)


@setup()
def unpriced() -> Iterator[Case]:
    with fake(**{"v1__models?include=context": (200, {"data": [MODEL]})}) as url:
        yield case("no-price", url, model="openai/gpt")


# Set-ups without a fault


@setup(HEALTHY)
def current_gateway() -> Iterator[Case]:
    with gateway(images=True, audio=True, videos=True, mcp=McpSettings(enabled=True), expose_mcp=True) as url:
        yield case("", url, needs=("images", "audio", "videos", "mcp"))


@setup(HEALTHY)
def gateway_of_048() -> Iterator[Case]:
    with gateway(quirks="v0.48") as url:
        yield case("", url)


@setup(HEALTHY)
def with_tls() -> Iterator[Case]:
    with tls_gateway() as (url, context):
        yield case("", url, context=context)


@setup(HEALTHY)
def with_a_token() -> Iterator[Case]:
    with with_issuer() as (url, issuer):
        yield case("", url, token=issuer.token())


@setup(HEALTHY)
def with_a_model() -> Iterator[Case]:
    with calls(streams(*[CHUNK] * 5, DONE)) as url:
        yield case("", url, **DEEP)


@setup(HEALTHY)
def through_a_proxy() -> Iterator[Case]:
    def forward(connection: Connection, request: Request) -> None:
        seen.append(request.target)
        with httpx2.Client(verify=False, trust_env=False) as client:
            answer = client.request(request.method, request.target, content=request.body, timeout=20)
        connection.json(answer.content, answer.status_code)

    seen: list[str] = []
    with gateway() as url, serving(forward) as proxy:
        yield case("", url, proxy=proxy.url)
    assert f"{url}/health" in seen
