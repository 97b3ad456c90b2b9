"""`GET /v1/models` (gateway-behaviour.md#model-listing)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.embedded import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Gateways, Upstream

pytestmark = pytest.mark.wire

LISTED = [
    {"id": "big", "object": "model", "created": 5, "owned_by": "me", "context_length": 4096, "vendor": 1},
    {"id": "bare"},
    {"id": "a/b", "object": "model", "created": None, "max_model_len": "many"},
]


@pytest.fixture
def listing(upstream: Upstream, whole_answer: Callable[..., bytes]) -> Upstream:
    """Return the provider, with three models."""
    upstream.answers("/v1/models", whole_answer(200, json.dumps({"data": LISTED}).encode()))
    return upstream


def test_one_provider_lists_its_models_under_its_own_name(gateway: Gateways, listing: Upstream) -> None:
    """Ids get the prefix, missing fields are zero, unknown ones are dropped, and the provider is named."""
    answer = gateway().get("/v1/models?provider=openai")
    assert answer.json() == {
        "provider": "openai",
        "object": "list",
        "data": [
            {"id": "openai/big", "object": "model", "created": 5, "owned_by": "me", "served_by": "openai"},
            {"id": "openai/bare", "object": "", "created": 0, "owned_by": "", "served_by": "openai"},
            {"id": "openai/a/b", "object": "model", "created": 0, "owned_by": "", "served_by": "openai"},
        ],
    }
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert (listing.seen[0].method, listing.seen[0].headers["authorization"]) == ("GET", "Bearer sk-o")


def test_all_providers_together_leave_out_the_silent(gateway: Gateways, listing: Upstream) -> None:
    """A provider that fails, lacks a key or cannot be reached is skipped; no provider is named."""
    body = gateway().get("/v1/models").json()
    assert {entry["served_by"] for entry in body["data"]} == {"openai", "anthropic", "elevenlabs", "ollama", "mistral"}
    assert "provider" not in body


@pytest.mark.parametrize("query", ["include=context_window,pricing", "include=pricing,%20context_window%20,&include=x"])
def test_what_is_included_is_there_or_null(gateway: Gateways, listing: Upstream, query: str) -> None:
    """Only the first parameter counts; an unknown value is an explicit null."""
    first, second, third = gateway().get(f"/v1/models?provider=openai&{query}").json()["data"]
    assert first["context_window"] == {"tokens": 4096, "source": "provider"}
    assert second["context_window"] is third["context_window"] is None
    assert first["pricing"] is None
    assert "modalities" not in first


@pytest.mark.parametrize("query", ["include=", "include=,", ""])
def test_nothing_is_included_unasked(gateway: Gateways, listing: Upstream, query: str) -> None:
    """A blank parameter includes nothing."""
    assert "pricing" not in gateway().get(f"/v1/models?provider=openai&{query}").json()["data"][0]


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({"allowed_models": ("openai/big",)}, ["openai/big"]),
        ({"allowed_models": ("bare",)}, ["openai/bare"]),
        ({"disallowed_models": ("a/b",)}, ["openai/big", "openai/bare"]),
    ],
)
def test_lists_filter_without_a_word(
    gateway: Gateways, listing: Upstream, settings: dict[str, object], ids: list[str]
) -> None:
    """gateway-behaviour.md#routing: a model that may not be used is not listed."""
    body = gateway(**settings).get("/v1/models?provider=openai").json()
    assert [entry["id"] for entry in body["data"]] == ids


@pytest.mark.parametrize("body", [b'{"models":[{"id":"x"}]}', b'{"data":null}', b"{}"])
def test_a_list_under_another_name_is_empty(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], body: bytes
) -> None:
    """Only `data` is read; the answer's own `data` is never null."""
    upstream.answers("/v1/models", whole_answer(200, body))
    assert gateway().get("/v1/models?provider=openai").json()["data"] == []


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (401, b""), (200, b"not json"), (200, b'{"data":{}}')])
def test_every_failure_of_a_provider_is_the_same_502(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], status: int, body: bytes
) -> None:
    """gateway-behaviour.md#errors: the provider's status and body are not relayed."""
    upstream.answers("/v1/models", whole_answer(status, body))
    answer = gateway().get("/v1/models?provider=openai")
    assert (answer.status_code, answer.json()) == (502, {"error": "Failed to list models"})


@pytest.mark.parametrize(
    ("shown", "window"),
    [
        (
            {"parameters": "temperature 1\nnum_ctx    8192", "model_info": {"llama.context_length": 5}},
            (8192, "runtime"),
        ),
        ({"parameters": "", "model_info": {"llama.context_length": 131072}}, (131072, "runtime")),
        ({"model_info": {"llama.context_length": "many"}}, (4096, "provider")),
        (None, (4096, "provider")),
    ],
)
def test_ollama_is_asked_how_large_each_context_is(
    gateway: Gateways, listing: Upstream, whole_answer: Callable[..., bytes], shown: object, window: tuple[int, str]
) -> None:
    """The running server's value wins over its list; a missing one is accepted."""
    if shown is not None:
        listing.answers("big", whole_answer(200, json.dumps(shown).encode()))
    first, second, _ = gateway().get("/v1/models?provider=ollama&include=context_window").json()["data"]
    assert first["context_window"] == {"tokens": window[0], "source": window[1]}
    assert second["context_window"] is None
    assert {(seen.method, seen.path) for seen in listing.seen} == {("GET", "/v1/models"), ("POST", "/api/show")}


@pytest.mark.parametrize(
    ("props", "window"),
    [
        ({"default_generation_settings": {"n_ctx": 2048}}, {"tokens": 2048, "source": "runtime"}),
        ({"default_generation_settings": None}, {"tokens": 4096, "source": "provider"}),
    ],
)
def test_llama_cpp_is_asked_how_large_its_context_is(
    gateway: Gateways, listing: Upstream, whole_answer: Callable[..., bytes], props: object, window: object
) -> None:
    """One answer, at the host's root, applies to all of its models."""
    listing.answers("/props", whole_answer(200, json.dumps(props).encode()))
    client = gateway(access={"llamacpp": Access(url=listing.url, key="k")})
    first = client.get("/v1/models?provider=llamacpp&include=context_window").json()["data"][0]
    assert first["context_window"] == window
    assert sorted(seen.path for seen in listing.seen) == ["/props", "/v1/models"]


def test_contexts_are_not_requested_without_the_parameter(gateway: Gateways, listing: Upstream) -> None:
    """Without the parameter only the list is requested."""
    gateway().get("/v1/models?provider=ollama&include=pricing")
    assert [seen.path for seen in listing.seen] == ["/v1/models"]


def test_a_model_without_weights_is_not_listed(gateway: Gateways) -> None:
    """The smoke-test model that cannot be loaded is a failed provider."""
    answer = gateway().get("/v1/models?provider=llamacpp")
    assert (answer.status_code, answer.json()) == (502, {"error": "Failed to list models"})


def test_a_provider_that_is_silent_is_late(gateway: Gateways, upstream: Upstream) -> None:
    """A silent provider is a 504 as in the contract; by a quirk the same 502 as any failure."""
    upstream.scripts["/v1/models"] = lambda connection: connection.recv(1)
    late = gateway(header_timeout=0.2).get("/v1/models?provider=openai")
    assert (late.status_code, late.json()) == (504, {"error": "Request timed out"})
    real = gateway(header_timeout=0.2, quirks="v0.48").get("/v1/models?provider=openai")
    assert (real.status_code, real.json()) == (502, {"error": "Failed to list models"})
