"""gateway-behaviour.md#limits-and-timeouts, #authentication: limits, clocks, and tokens."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from embedded.behaviour_cases import (
    ANSWER,
    CHAT,
    GIN,
    HI,
    IMAGES,
    JSON,
    MESSAGES,
    RESPONSES,
    Case,
    cases,
    events,
    late,
    play,
    whole,
)
from embedded.raw_http import exchanged
from embedded.recordings import certificates
from inference_gateway_sdk.embedded import Access, Settings, running
from inference_gateway_sdk.embedded.quirks import RELEASES, Quirks
from support.weights import nowhere

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

NO_KEY = {"error": "Provider requires an API key. Please configure the provider's API key."}
TOO_LARGE = {"error": "Request body too large"}
ASKED = {"model": "openai/m", "messages": HI}
OK = {"m": whole(200, ANSWER)}
SLOW = {"m": late(0.45, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"{}")}
PAUSED = {"m": late(0.9, events(b"data: 1\n\n"), b"data: 2\n\n")}
EQUAL = {"header_timeout": 5.0, "read_timeout": 0.2, "write_timeout": 0.2}
IMPATIENT = {"write_timeout": 0.4}
TOKEN = {"token": "secret"}
UNAUTHORIZED = {"error": "unauthorized"}

LIMIT = {"max_body": 100, "images": True}
FULL, OVER = b"x" * 100, b"x" * 101


@cases(
    Case(section="4", claim="chat takes the limit itself", path=CHAT, sent=FULL, settings=LIMIT, status=400),
    Case(section="4", claim="chat takes no more", path=CHAT, sent=OVER, settings=LIMIT, status=413, value=TOO_LARGE),
    Case(
        section="4",
        claim="messages do not take the limit itself",
        path=MESSAGES,
        sent=FULL,
        settings=LIMIT,
        status=413,
        value={"type": "error", "error": {"type": "invalid_request_error", "message": "Request body too large"}},
    ),
    *(
        Case(section="4", claim=f"nor does {path}", path=path, sent=FULL, settings=LIMIT, status=413, value=TOO_LARGE)
        for path in (RESPONSES, IMAGES)
    ),
    Case(
        section="4",
        claim="a form may be as large as the limit",
        path="/v1/images/edits",
        sent=FULL,
        settings=LIMIT,
        status=400,
    ),
    Case(
        section="4",
        claim="and no larger",
        path="/v1/images/edits",
        sent=OVER,
        settings=LIMIT,
        status=413,
        value=TOO_LARGE,
    ),
    Case(
        section="4",
        claim="/proxy has no limit",
        path="/proxy/openai/x",
        sent=OVER,
        settings=LIMIT,
        answers={"/v1/x": whole(200, {})},
    ),
    Case(
        section="4",
        claim="/proxy has one for an event stream",
        quirk="proxy_events",
        path="/proxy/openai/x",
        sent=FULL,
        given={"Accept": "text/event-stream"},
        settings=LIMIT,
        status=413,
        value=TOO_LARGE,
        kind="text/event-stream",
    ),
    Case(
        section="4",
        claim="the content type is not checked",
        path=CHAT,
        sent=ASKED,
        given={"Content-Type": "text/plain"},
        answers=OK,
        value=ANSWER,
    ),
    *(
        Case(section="4", claim=claim, path=CHAT, sent=sent, status=400, value={"error": "Failed to decode request"})
        for claim, sent in (
            ("a compressed body is no JSON", gzip.compress(json.dumps(ASKED).encode())),
            ("another type", {**ASKED, "max_tokens": "5"}),
            ("a fraction for a whole number", b'{"model":"openai/m","max_tokens":100.0}'),
            ("an exponent for a whole number", b'{"model":"openai/m","n":1e2}'),
            ("a logit bias that is no whole number", {**ASKED, "logit_bias": {"1": 0.5}}),
        )
    ),
    Case(
        section="4",
        claim="no range, no choice, nothing required",
        path=CHAT,
        sent={"model": "openai/m", "messages": [{"role": "king"}], "n": -5, "reasoning_effort": "?", "temperature": 99},
        answers=OK,
        seen=lambda seen: (seen.json["n"], seen.json["temperature"], seen.json["reasoning_effort"]) == (-5, 99, "?"),
    ),
    Case(
        section="4",
        claim="data after the first value is ignored on chat",
        path=CHAT,
        sent=json.dumps(ASKED).encode() + b" and more",
        answers=OK,
    ),
    Case(
        section="4",
        claim="and refused on the pass-through endpoints",
        path=RESPONSES,
        sent=b'{"model":"openai/m"} and more',
        status=400,
        seen=False,
    ),
)
def test_section_4_limits(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The documented limits on a request's size apply."""
    play(case, gateway, upstream)


@cases(
    Case(
        section="4",
        claim="the head in time and the body not: 504",
        path=CHAT,
        sent=ASKED,
        settings={"read_timeout": 0.2},
        answers=SLOW,
        status=504,
        value={"error": "Request timed out"},
        kind=JSON,
    ),
    *(
        Case(
            section="4",
            claim=f"a body that does not arrive is not waited for: {path}",
            path=path,
            sent=b"{",
            given={"Content-Length": "9"},
            settings={"read_timeout": 0.2},
            status=400,
            headers={"connection": "close"},
            seen=False,
        )
        for path in (CHAT, MESSAGES, RESPONSES)
    ),
    Case(
        section="4",
        claim="with equal clocks: not a byte",
        quirk="write_deadline",
        path=CHAT,
        sent=ASKED,
        settings=EQUAL,
        answers=SLOW,
        status=0,
    ),
    Case(
        section="4",
        claim="with equal clocks, on messages: not a byte",
        quirk="write_deadline",
        path=MESSAGES,
        sent={"model": "anthropic/m"},
        settings=EQUAL,
        answers={"m": late(1.0)},
        status=0,
    ),
    Case(
        section="4",
        claim="504 can be seen when there is more time to write",
        quirk="write_deadline",
        path=CHAT,
        sent=ASKED,
        settings={**EQUAL, "write_timeout": 5.0},
        answers=SLOW,
        status=504,
    ),
    Case(
        section="4",
        claim="a chat's stream may pause",
        quirk="write_deadline",
        path=CHAT,
        sent=ASKED | {"stream": True},
        settings=IMPATIENT,
        answers=PAUSED,
        body=b"data: 1\n\ndata: 2\n\n",
    ),
    Case(
        section="4",
        claim="a chat's stream may begin late",
        quirk="write_deadline",
        path=CHAT,
        sent=ASKED | {"stream": True},
        settings=IMPATIENT,
        answers={"m": late(0.8, b"", events(b"data: 1\n\n"))},
        body=b"data: 1\n\n",
    ),
    *(
        Case(
            section="4",
            claim=f"a stream of {path} that pauses dies when the provider speaks again",
            quirk="write_deadline",
            path=path,
            sent={"model": model, "stream": True},
            settings=IMPATIENT,
            answers=PAUSED,
            body=b"data: 1\n\n",
            whole=False,
        )
        for path, model in ((MESSAGES, "anthropic/m"), (RESPONSES, "openai/m"))
    ),
    Case(
        section="4",
        claim="and so does an event stream of /proxy",
        quirk="write_deadline",
        path="/proxy/openai/x",
        sent={"model": "m"},
        given={"Accept": "text/event-stream"},
        settings=IMPATIENT,
        answers=PAUSED,
        body=b"data: 1\n\n",
        whole=False,
    ),
    Case(
        section="4",
        claim="an event stream of /proxy may begin late",
        quirk="write_deadline",
        path="/proxy/openai/x",
        sent={"model": "m"},
        given={"Accept": "text/event-stream"},
        settings=IMPATIENT,
        answers={"m": late(0.8, b"", events(b"data: 1\n\n"))},
        body=b"data: 1\n\n",
    ),
    Case(
        section="4",
        claim="but not another answer of /proxy",
        quirk="write_deadline",
        path="/proxy/openai/x",
        sent={"model": "m"},
        settings=IMPATIENT,
        answers=PAUSED,
        body=b"data: 1\n\ndata: 2\n\n",
    ),
    Case(
        section="4",
        claim="without the quirk every stream may pause",
        path=MESSAGES,
        sent={"model": "anthropic/m", "stream": True},
        settings=IMPATIENT,
        answers=PAUSED,
        body=b"data: 1\n\ndata: 2\n\n",
    ),
    Case(
        section="4",
        claim="a stream has no deadline as a whole, its head included",
        path=MESSAGES,
        sent={"model": "anthropic/m", "stream": True},
        settings={"read_timeout": 0.2},
        answers={"m": late(0.5, b"", events(b"data: 1\n\n"))},
        body=b"data: 1\n\n",
    ),
    *(
        Case(
            section="4",
            claim=f"a body of {size} bytes that is too large for {path}: {ended}",
            quirk=quirk,
            path=path,
            sent=b"x" * size,
            settings=LIMIT,
            status=413,
            headers={"connection": "close"},
            ended=ended,
        )
        for quirk, path, size, ended in (
            ("refusals_reset", CHAT, 5000, "reset"),
            ("refusals_reset", MESSAGES, 5000, "reset"),
            ("refusals_reset", CHAT, 4000, "closed"),  # the amount that is read ahead
            (None, CHAT, 5000, "closed"),
        )
    ),
)
def test_section_4_clocks(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A late answer gives the client the documented result."""
    play(case, gateway, upstream)


@cases(
    Case(section="5", claim="the health is open", method="GET", path="/health", settings=TOKEN),
    *(
        Case(
            section="5", claim=f"{path} is closed", path=path, settings=TOKEN, status=401, value=UNAUTHORIZED, kind=GIN
        )
        for path in ("/nope", CHAT, MESSAGES, "/proxy/openai/x", "/v1/metrics", "/v1/mcp/tools", "/health/x")
    ),
    *(
        Case(section="5", claim=claim, path=CHAT, given=given, settings=TOKEN, status=401, seen=False)
        for claim, given in (
            ("another token", {"Authorization": "Bearer other"}),
            ("the scheme in lower case", {"Authorization": "bearer secret"}),
            ("another header", {"X-Api-Key": "secret"}),
            ("a cookie", {"Cookie": "token=secret"}),
        )
    ),
    Case(section="5", claim="a key in the query", path=CHAT + "?token=secret", settings=TOKEN, status=401),
    Case(
        section="5",
        claim="the token opens",
        path=CHAT,
        sent=ASKED,
        given={"Authorization": "Bearer secret"},
        settings=TOKEN,
        answers=OK,
        seen=lambda seen: seen.headers["authorization"] == "Bearer sk-o",
    ),
    Case(
        section="5",
        claim="the scheme is not required",
        quirk="bare_tokens",
        path=CHAT,
        sent=ASKED,
        given={"Authorization": "secret"},
        settings=TOKEN,
        answers=OK,
    ),
    Case(
        section="5",
        claim="no scheme is named",
        quirk="bare_tokens",
        path=CHAT,
        settings=TOKEN,
        status=401,
        value=UNAUTHORIZED,
        headers={"www-authenticate": None},
    ),
    Case(
        section="5",
        claim="a surplus slash is redirected before a token is required",
        path=CHAT + "/",
        settings=TOKEN,
        status=307,
    ),
    Case(
        section="5",
        claim="the contract wants the scheme, and names it",
        path=CHAT,
        given={"Authorization": "secret"},
        settings=TOKEN,
        status=401,
        headers={"www-authenticate": 'Bearer realm="inference-gateway"'},
    ),
)
def test_section_5_tokens(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The documented tokens are accepted, and no others."""
    play(case, gateway, upstream)


def test_section_18_a_real_llamacpp_needs_a_key(gateway: Gateways, upstream: Upstream) -> None:
    """By a quirk there is no smoke-test model: without a key `llamacpp` is refused, and not listed."""
    case = Case(
        section="18",
        claim="llamacpp needs a key",
        quirk="llamacpp_needs_key",
        path=CHAT,
        sent={"model": "llamacpp/smollm2-135m-instruct"},
        settings={"access": {"llamacpp": Access(url=upstream.url)}},
        status=400,
        value=NO_KEY,
    )
    play(case, gateway, upstream)


@pytest.mark.parametrize("quirk", ["self_calls", None])
def test_section_2_a_gateway_that_does_not_trust_itself_lists_no_models(
    quirk: str | None, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a quirk, a certificate that the system does not trust fails chats and lists of models."""
    ca, cert, key = certificates(tmp_path)
    upstream.answers("/v1/models", whole(200, {"data": []}))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))
    monkeypatch.setitem(RELEASES, "one", Quirks(**{quirk: True} if quirk else {}))
    access = {"openai": Access(url=upstream.url, key="k")}
    settings = Settings(port=0, tls_cert=cert, tls_key=key, access=access, quirks="one")
    request = "GET /v1/models?provider=openai HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with running(settings, local=nowhere()) as url:
        reply = exchanged(url, request.encode(), ca=ca)
    assert reply.first == ("HTTP/1.1 502 Bad Gateway" if quirk else "HTTP/1.1 200 OK")
    assert len(upstream.seen) == (0 if quirk else 1)
