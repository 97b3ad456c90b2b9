"""Routes, the headers that a provider receives, and the choice of the provider.

See gateway-behaviour.md#routes, #middleware-and-the-inner-hop, #routing.
"""

from __future__ import annotations

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
    MODELS,
    RESPONSES,
    Case,
    cases,
    play,
    whole,
)

if TYPE_CHECKING:
    from conftest import Gateways, Upstream

pytestmark = [pytest.mark.wire, pytest.mark.once]

NOWHERE = {"error": "Requested route is not found"}
NO_PROVIDER = {
    "error": "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter "
    "or use the provider/model format (e.g., openai/gpt-4)."
}
NO_RESPONSES = {"error": "The Responses API is not supported by this provider yet. Use /v1/chat/completions instead."}
NOT_FOUND = {"error": "Provider not found. Please check the list of supported providers."}
NO_KEY = {"error": "Provider requires an API key. Please configure the provider's API key."}
ALLOWED = {"error": "Model not allowed. Please check the list of allowed models."}
DENIED = {"error": "Model is disallowed. Please use a different model."}
ASKED = {"model": "openai/m", "messages": HI}
OK = {"m": whole(200, ANSWER)}


@cases(
    *(
        Case(
            section="1",
            claim=f"{method} {path} is not served yet",
            quirk="older_routes",
            method=method,
            path=path,
            settings={"audio": True, "videos": True, "expose_mcp": True},
            sent={} if method == "POST" else None,
            status=404,
            value=NOWHERE,
            seen=False,
        )
        for method, path in (
            ("POST", "/v1/audio/speech"),
            ("POST", "/v1/audio/sfx"),
            ("POST", "/v1/audio/music"),
            ("POST", "/v1/videos"),
            ("GET", "/v1/videos/v1"),
            ("GET", "/v1/videos/v1/content"),
            ("POST", "/mcp"),
            ("GET", "/.well-known/oauth-protected-resource/mcp"),
        )
    ),
    Case(
        section="1",
        claim="deprecated models cannot be asked for yet",
        quirk="older_routes",
        method="GET",
        path=f"{MODELS}?include=deprecated",
        status=400,
        value={"error": 'unknown include value "deprecated"'},
    ),
    Case(section="1", claim="deprecated models", method="GET", path=f"{MODELS}?include=deprecated"),
    Case(section="1", claim="the health", method="GET", path="/health", value={"message": "OK"}, kind=GIN),
    *(
        Case(section="1", claim=f"{method} {path} is not served", method=method, path=path, status=404, value=NOWHERE)
        for method, path in (
            ("GET", "/nope"),
            ("GET", "/metrics"),
            ("GET", "//v1/models"),
            ("GET", "/v1/models//"),
            ("GET", "/v1/mcp/health"),
            ("GET", "/v1/models/openai/m"),
            ("GET", "/v1/responses/r1"),
            ("DELETE", "/v1/responses/r1"),
            ("POST", "/v1/messages/count_tokens"),
            ("POST", "/v1/embeddings"),
            ("POST", "/v1/audio/speech"),
            ("GET", CHAT),
            ("OPTIONS", CHAT),
            ("DELETE", "/health"),
            ("POST", MODELS),
            ("POST", MODELS + "/"),
        )
    ),
    Case(section="1", claim="HEAD is not GET", method="HEAD", path="/health", status=404, body=b"", whole=False),
    Case(
        section="1",
        claim="a slash too many is a 301 with a page for GET",
        method="GET",
        path=MODELS + "/?a=b&c=%20",
        status=301,
        body=b'<a href="/v1/models?a=b&amp;c=%20">Moved Permanently</a>.\n\n',
        kind="text/html; charset=utf-8",
        headers={"location": "/v1/models?a=b&c=%20"},
    ),
    Case(
        section="1",
        claim="a slash too many is a 307 without a body otherwise",
        path=CHAT + "/",
        sent=ASKED,
        status=307,
        body=b"",
        headers={"location": CHAT, "content-type": None},
        seen=False,
    ),
    Case(
        section="1",
        claim="a slash too few is redirected too",
        path="/proxy/openai",
        status=307,
        headers={"location": "/proxy/openai/"},
        seen=False,
    ),
    Case(
        section="1",
        claim="where it is redirected to is encoded",
        path="/proxy/a%20%C3%A9",
        status=307,
        headers={"location": "/proxy/a%20%C3%A9/"},
    ),
    Case(
        section="1",
        claim="no header of limits or of a request's id",
        path=CHAT,
        sent=ASKED,
        answers={"m": whole(429, {}, Retry_After="7", X_Ratelimit_Remaining="0", X_Request_Id="r", OpenAI_Version="1")},
        status=429,
        headers={"retry-after": None, "x-ratelimit-remaining": None, "x-request-id": None, "openai-version": None},
    ),
)
def test_section_1_routes(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The documented routes are served, and others are refused."""
    play(case, gateway, upstream)


CLIENT = {"Authorization": "Bearer c", "X-Api-Key": "c", "OpenAI-Organization": "o", "User-Agent": "mine", "X-C": "1"}


def theirs(*names: str) -> object:
    """Return a check that the provider receives none of the client's headers but these."""
    values = {
        "authorization": "Bearer c",
        "x-api-key": "c",
        "openai-organization": "o",
        "user-agent": "mine",
        "x-c": "1",
    }
    return lambda seen: {name for name, value in values.items() if seen.headers.get(name) == value} == set(names)


@cases(
    Case(section="2", claim="chat: none", path=CHAT, sent=ASKED, given=CLIENT, answers=OK, seen=theirs()),
    Case(
        section="2",
        claim="messages: none",
        path=MESSAGES,
        sent={"model": "anthropic/m"},
        given=CLIENT,
        answers=OK,
        seen=theirs(),
    ),
    Case(
        section="2",
        claim="responses: none",
        path=RESPONSES,
        sent={"model": "openai/m"},
        given=CLIENT,
        answers=OK,
        seen=theirs(),
    ),
    Case(
        section="2",
        claim="/proxy: all but the token",
        path="/proxy/openai/x",
        sent={"model": "m"},
        given=CLIENT,
        answers=OK,
        seen=theirs("x-api-key", "openai-organization", "user-agent", "x-c"),
    ),
    *(
        Case(
            section="2",
            claim=f"the accepted type, streamed: {stream}",
            path=MESSAGES,
            sent={"model": "anthropic/m", "stream": stream},
            answers=OK,
            seen=lambda seen, accepted=accepted: seen.headers["accept"] == accepted,
        )
        for stream, accepted in ((True, "text/event-stream"), (False, JSON))
    ),
)
def test_section_2_headers(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """A provider receives only the documented headers of the client."""
    play(case, gateway, upstream)


def named(model: str) -> object:
    """Return a check of the model that the provider receives."""
    return lambda seen: seen.json["model"] == model


@cases(
    Case(
        section="3",
        claim="a named provider gets the model with its prefix",
        path=CHAT + "?provider=openai",
        sent=ASKED,
        answers={"openai/m": whole(200, ANSWER)},
        seen=named("openai/m"),
    ),
    Case(
        section="3",
        claim="the first of two named providers counts",
        path=CHAT + "?provider=openai&provider=foo",
        sent={"model": "m"},
        answers=OK,
    ),
    *(
        Case(section="3", claim=f"{query} on {path}: {why}", path=path + query, sent={"model": "m"}, status=400, **rest)
        for query, why, path, rest in (
            ("?provider=OpenAI", "to the letter", CHAT, {"value": NOT_FOUND}),
            ("?provider=foo", "unknown", CHAT, {"value": NOT_FOUND}),
            ("?provider=foo", "unknown", IMAGES, {"value": NOT_FOUND, "settings": {"images": True}}),
            ("?provider=foo", "what it cannot do comes first", RESPONSES, {"value": NO_RESPONSES}),
            ("?provider=", "is as good as absent", CHAT, {"value": NO_PROVIDER}),
            ("?provider=groq", "known, without a key", CHAT, {"value": NO_KEY}),
        )
    ),
    Case(
        section="3",
        claim="?provider=foo: unknown, of a list",
        method="GET",
        path=MODELS + "?provider=foo",
        status=400,
        value=NOT_FOUND,
    ),
    Case(section="3", claim="/proxy/foo: unknown", path="/proxy/foo/x", status=400, value=NOT_FOUND),
    Case(
        section="3",
        claim="the prefix is the part before the first slash, in any case",
        path=CHAT,
        sent={"model": "OpenAI/meta/m"},
        answers={"meta/m": whole(200, ANSWER)},
        seen=named("meta/m"),
    ),
    *(
        Case(
            section="3",
            claim=f"{model!r} names no provider",
            path=CHAT,
            sent={"model": model},
            status=400,
            value=NO_PROVIDER,
        )
        for model in ("gpt-4", "foo/bar", "")
    ),
    Case(
        section="3", claim="no model names no provider", path=CHAT, sent={"messages": HI}, status=400, value=NO_PROVIDER
    ),
    Case(
        section="3",
        claim="no model and a named provider: an empty one is sent on",
        path=CHAT + "?provider=openai",
        sent={"messages": HI},
        answers={"": whole(200, ANSWER)},
        seen=named(""),
    ),
    Case(
        section="3",
        claim="pass-through endpoints send no model on where there is none",
        path=RESPONSES + "?provider=openai",
        sent={"input": "hi"},
        answers={"": whole(200, {})},
        seen=lambda seen: seen.json == {"input": "hi"},
    ),
    Case(
        section="3",
        claim="an alias is matched exactly, and the answer names the deployment",
        path=CHAT,
        sent={"model": "fast"},
        settings={"pools": {"fast": (("openai", "m"), ("openai", "m"))}},
        answers=OK,
        headers={"x-selected-provider": "openai", "x-selected-model": "m"},
    ),
    Case(
        section="3",
        claim="an alias in another case is none",
        path=CHAT,
        sent={"model": "Fast"},
        settings={"pools": {"fast": (("openai", "m"), ("openai", "m"))}},
        status=400,
        value=NO_PROVIDER,
        headers={"x-selected-provider": None},
    ),
    Case(
        section="3",
        claim="direct routing selects nothing",
        path=CHAT,
        sent=ASKED,
        answers=OK,
        headers={"x-selected-provider": None, "x-selected-model": None},
    ),
    *(
        Case(
            section="3", claim=claim, path=path, sent=ASKED | {"model": model}, settings=lists, status=403, value=value
        )
        for claim, path, model, lists, value in (
            ("only what is allowed", CHAT, "openai/x", {"allowed_models": ("openai/m",)}, ALLOWED),
            ("never what is not", CHAT, "openai/m", {"disallowed_models": ("m",)}, DENIED),
            ("in any case", CHAT, "openai/M", {"disallowed_models": ("openai/m",)}, DENIED),
            ("as requested, not as routed", CHAT + "?provider=openai", "m", {"allowed_models": ("openai/m",)}, ALLOWED),
            ("before the key", CHAT, "groq/x", {"allowed_models": ("m",)}, ALLOWED),
            ("before the provider", CHAT + "?provider=foo", "x", {"allowed_models": ("m",)}, ALLOWED),
        )
    ),
    Case(
        section="3",
        claim="a list of what is allowed wins",
        path=CHAT,
        sent=ASKED,
        settings={"allowed_models": ("m",), "disallowed_models": ("m",)},
        answers=OK,
    ),
    Case(
        section="3",
        claim="/proxy does not look at the lists",
        path="/proxy/openai/x",
        sent={"model": "m"},
        settings={"disallowed_models": ("m",)},
        answers=OK,
    ),
)
def test_section_3_routing(case: Case, gateway: Gateways, upstream: Upstream) -> None:
    """The provider is chosen, and the model allowed, as documented."""
    play(case, gateway, upstream)
