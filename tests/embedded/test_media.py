"""Images, sound and the list of tools: the relayed parts, and the gateway's own errors."""

from __future__ import annotations

import json
import socket
import threading
from email.message import Message
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.embedded import Access

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Gateways, RawAnswer, Upstream

pytestmark = pytest.mark.wire

GIN = "application/json; charset=utf-8"
GENERATIONS, EDITS, VARIATIONS = "/v1/images/generations", "/v1/images/edits", "/v1/images/variations"
OFF = "The Images API is not enabled. Set ENABLE_IMAGES=true to enable it."
NO_FORM = "Failed to parse multipart/form-data request"
NO_IMAGE = "The 'image' file is required."
NO_PROMPT = "The 'prompt' field is required."
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
NOT_FOUND = "Provider not found. Please check the list of supported providers."
NO_IMAGES = "The Images API is not supported by this provider yet."
_ADVICE = "Please specify a provider using the ?provider= query parameter or use the provider/model format (e.g., "
UNSPECIFIED = f"No provider specified. {_ADVICE}openai/gpt-image-2)."
NO_PROVIDER = "Unable to determine provider for model. "
NO_IMAGE_PROVIDER = f"{NO_PROVIDER}{_ADVICE}openai/gpt-image-2)."
FORM = "multipart/form-data; boundary=b"

Given = tuple[str, bytes, str]


def form(*parts: Given) -> bytes:
    """Return a form: each part is the rest of its disposition, its content and its content type, which may be empty."""
    sections = []
    for disposition, content, kind in parts:
        more = f"\r\nContent-Type: {kind}" if kind else ""
        sections.append(f"--b\r\nContent-Disposition: form-data; {disposition}{more}\r\n\r\n".encode() + content)
    return b"".join(section + b"\r\n" for section in sections) + b"--b--\r\n"


IMAGE = ('name="image"; filename="a.png"', b"PNG", "image/png")
PROMPT = ('name="prompt"', b"cat", "")
MODEL = ('name="model"', b"openai/m", "")


@pytest.mark.parametrize("path", [GENERATIONS, EDITS, VARIATIONS])
def test_images_are_off_unless_they_are_switched_on(gateway: Gateways, path: str) -> None:
    """gateway-behaviour.md#images: a 404 before any other check of the request."""
    answer = gateway().post(path, content=b"{")
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (404, {"error": OFF}, GIN)


@pytest.mark.parametrize(
    ("section", "path", "body", "status", "text"),
    [
        ("3", GENERATIONS, b'{"prompt": "cat"}', 400, UNSPECIFIED),
        ("3", EDITS, form(IMAGE, PROMPT), 400, UNSPECIFIED),
        ("3", VARIATIONS, form(IMAGE), 400, UNSPECIFIED),
        ("3", GENERATIONS, b'{"model": "gpt-image-1"}', 400, NO_IMAGE_PROVIDER),
        ("3", EDITS, form(IMAGE, PROMPT, ('name="model"', b"foo/bar", "")), 400, NO_IMAGE_PROVIDER),
        ("3", VARIATIONS, form(IMAGE, ('name="model"', b"dall-e-2", "")), 400, NO_IMAGE_PROVIDER),
        ("3", f"{GENERATIONS}?provider=foo", b"{}", 400, NOT_FOUND),
        ("3", f"{VARIATIONS}?provider=foo", form(IMAGE), 400, NOT_FOUND),
        ("6", GENERATIONS, b'{"model": "groq/x"}', 400, NO_KEY),
        ("6", f"{VARIATIONS}?provider=groq", form(IMAGE), 400, NO_KEY),
        ("6", GENERATIONS, b'{"model": "ollama/x"}', 400, NO_IMAGES),
        ("6", f"{EDITS}?provider=ollama", form(IMAGE, PROMPT), 400, NO_IMAGES),
        ("6", GENERATIONS, b"{", 400, "Failed to decode request"),
        ("12", EDITS, b"", 400, NO_FORM),
        ("12", EDITS, b"--b--", 400, NO_IMAGE),
        ("12", EDITS, form(IMAGE)[:-6], 400, NO_FORM),
        ("12", EDITS, b"--b\r\nno head\r\n--b--", 400, NO_FORM),
        ("12", EDITS, form(PROMPT, MODEL), 400, NO_IMAGE),
        ("12", VARIATIONS, form(MODEL), 400, NO_IMAGE),
        ("12", EDITS, form(PROMPT, MODEL, ('name="image"', b"PNG", "image/png")), 400, NO_IMAGE),
        ("12", EDITS, form(IMAGE, MODEL), 400, NO_PROMPT),
        ("12", EDITS, form(IMAGE, MODEL, ('name="prompt"', b" \t", "")), 400, NO_PROMPT),
    ],
)
def test_the_gateways_own_errors(
    gateway: Gateways, upstream: Upstream, section: str, path: str, body: bytes, status: int, text: str
) -> None:
    """Each row is a statement of its section, and no request reaches a provider."""
    kind = "application/json" if path.startswith(GENERATIONS) else FORM
    answer = gateway(images=True).post(path, content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, GIN), section
    assert answer.json()["error"].startswith(text)
    assert upstream.seen == []


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/mixed; boundary=b", ""])
def test_a_form_is_known_by_its_content_type(gateway: Gateways, content_type: str) -> None:
    """gateway-behaviour.md#images: a form with another type, or without its boundary, is not read."""
    answer = gateway(images=True).post(VARIATIONS, content=form(IMAGE), headers={"content-type": content_type})
    assert (answer.status_code, answer.json()) == (400, {"error": NO_FORM})


@pytest.mark.parametrize(
    ("path", "content"), [(GENERATIONS, b'{"model":"openai/b"}'), (EDITS, form(IMAGE, PROMPT, MODEL))]
)
def test_a_denied_model_is_403(gateway: Gateways, path: str, content: bytes) -> None:
    """gateway-behaviour.md#routing: a denied model in a form is refused too."""
    answer = gateway(images=True, allowed_models=("a",)).post(path, content=content, headers={"content-type": FORM})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [(GENERATIONS, 999, 400), (GENERATIONS, 1000, 413), (EDITS, 1000, 400), (EDITS, 1001, 413)],
)
def test_the_limit_is_too_much_for_json_and_not_for_a_form(
    gateway: Gateways, path: str, size: int, status: int
) -> None:
    """gateway-behaviour.md#limits-and-timeouts: the limit itself is refused for JSON, only more for a form."""
    answer = gateway(images=True, max_body=1000).post(path, content=b"x" * size, headers={"content-type": FORM})
    assert answer.status_code == status


def test_a_picture_is_asked_for_as_it_was_and_its_answer_passes_as_it_is(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes]
) -> None:
    """gateway-behaviour.md#images: unknown fields are relayed both ways."""
    upstream.answers("m", whole_answer(200, b'{"created": 1, "data": [], "novel": 1.0}'))
    answer = gateway(images=True).post(GENERATIONS, json={"model": "openai/m", "prompt": "cat", "novel": 1})
    assert (answer.status_code, answer.content) == (200, b'{"created": 1, "data": [], "novel": 1.0}')
    (seen,) = upstream.seen
    assert (seen.path, seen.json) == (GENERATIONS, {"model": "m", "prompt": "cat", "novel": 1})
    assert seen.headers["authorization"] == "Bearer sk-o"


@pytest.mark.parametrize("path", [EDITS, VARIATIONS])
def test_a_form_arrives_with_all_its_parts_and_the_model_without_its_prefix(
    gateway: Gateways, upstream: Upstream, whole_answer: Callable[..., bytes], path: str
) -> None:
    """The form has the gateway's own boundary; each file keeps its name and type, and unknown parts are kept.

    See gateway-behaviour.md#images.
    """
    picture = bytes(range(256)) + b"\r\n--bc\r\n\r\n"
    upstream.answers(path, whole_answer(429, b'{"error": {"message": "slow down"}}'))
    parts = [
        ('name="image[]"; filename="\xc3\xa9 \\"x\\".png"'.encode("latin-1").decode(), picture, "image/png"),
        ('name="image[]"; filename="b"', b"", ""),
        PROMPT,
        MODEL,
        ('name="novel"', b"a\r\nb", ""),
    ]
    answer = gateway(images=True).post(path, content=form(*parts), headers={"content-type": FORM})
    assert (answer.status_code, answer.json()) == (429, {"error": {"message": "slow down"}})
    (seen,) = upstream.seen
    head = Message()
    head["content-type"] = seen.headers["content-type"]
    sections = (b"\r\n" + seen.body).split(b"\r\n--" + str(head.get_boundary()).encode())[1:-1]
    arrived = sorted(section.removeprefix(b"\r\n").partition(b"\r\n\r\n")[::2] for section in sections)
    files = [
        (b'name="image[]"; filename="\xc3\xa9 %22x%22.png"\r\nContent-Type: image/png', picture),
        (b'name="image[]"; filename="b"\r\nContent-Type: application/octet-stream', b""),
    ]
    texts = [(b'name="prompt"', b"cat"), (b'name="model"', b"m"), (b'name="novel"', b"a\r\nb")]
    expected = [(b"Content-Disposition: form-data; " + head, content) for head, content in files + texts]
    assert arrived == sorted(expected)
    assert seen.headers["accept"] == "application/json"


@pytest.mark.parametrize("path", [EDITS, GENERATIONS])
def test_a_provider_that_cannot_be_reached_is_a_502(gateway: Gateways, path: str) -> None:
    """gateway-behaviour.md#errors: the same as on Responses."""
    client = gateway(images=True, access={"openai": Access(url="http://127.0.0.1:9/v1", key="k")})
    content = form(IMAGE, PROMPT, MODEL) if path == EDITS else b'{"model": "openai/m"}'
    answer = client.post(path, content=content, headers={"content-type": FORM})
    assert (answer.status_code, answer.json()) == (502, {"error": "Failed to reach upstream server"})


@pytest.mark.parametrize("kind", ["speech", "sfx", "music"])
def test_sound_is_unknown_unless_it_is_switched_on(gateway: Gateways, kind: str) -> None:
    """gateway-behaviour.md#routes: gateways up to 0.48 do not serve sound."""
    answer = gateway().post(f"/v1/audio/{kind}", json={"model": "openai/m"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Requested route is not found"})


@pytest.mark.parametrize("kind", ["speech", "sfx", "music"])
def test_sound_passes_as_it_comes(
    gateway: Gateways, upstream: Upstream, exchange: Callable[..., RawAnswer], kind: str
) -> None:
    """Raw bytes of the provider's type are relayed without waiting for the last of them."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 6\r\n\r\n"
    upstream.answers("m", head + b"\xff\xfb\0", b"\r\n\0")
    body = json.dumps({"model": "elevenlabs/m", "prompt": "boom"}).encode()
    head = f"POST /v1/audio/{kind} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n"
    answer = exchange(gateway(audio=True), request.encode() + body)
    assert (answer.status, answer.headers["content-type"]) == (200, "audio/mpeg")
    assert answer.chunks == [b"\xff\xfb\0\r\n\0"]
    assert (upstream.seen[0].path, upstream.seen[0].json) == (f"/v1/audio/{kind}", {"model": "m", "prompt": "boom"})
    assert (upstream.seen[0].headers["xi-api-key"], "authorization" in upstream.seen[0].headers) == ("sk-e", False)


def test_the_first_sound_arrives_before_the_last_is_made(gateway: Gateways, upstream: Upstream) -> None:
    """The first bytes of sound arrive before the last are made."""
    go_on = threading.Event()

    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\nfirst")
        go_on.wait(10)
        connection.sendall(b"last")

    upstream.scripts["m"] = script
    with gateway(audio=True).stream("POST", "/v1/audio/music", json={"model": "elevenlabs/m"}) as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"first"
        go_on.set()
        assert b"".join(pieces) == b"last"


@pytest.mark.parametrize(
    ("kind", "model", "text"),
    [
        ("speech", "ollama/m", "The Audio API is not supported by this provider yet."),
        ("sfx", "openai/m", "Sound effect generation is not supported by this provider yet."),
        ("music", "openai/m", "Music generation is not supported by this provider yet."),
        ("speech", "groq/m", "Provider requires an API key. Please configure the provider's API key."),
        ("music", "webwright/m", "Provider requires an API key. Please configure the provider's API key."),
        ("speech", "m", NO_PROVIDER),
    ],
)
def test_sound_needs_a_provider_that_makes_it(gateway: Gateways, kind: str, model: str, text: str) -> None:
    """OpenAI makes speech, ElevenLabs all three; the key is checked before that, as with images."""
    answer = gateway(audio=True).post(f"/v1/audio/{kind}", json={"model": model})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(text)


def test_openai_makes_speech(gateway: Gateways, upstream: Upstream) -> None:
    """The request has the provider's own key."""
    upstream.answers("m", b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nConnection: close\r\n\r\nRIFF")
    answer = gateway(audio=True).post("/v1/audio/speech", json={"model": "openai/m", "input": "hi", "voice": "alloy"})
    assert (answer.status_code, answer.content) == (200, b"RIFF")
    assert upstream.seen[0].headers["authorization"] == "Bearer sk-o"


def test_tools_are_listed_when_they_are_exposed_and_there_are_none(gateway: Gateways) -> None:
    """gateway-behaviour.md#mcp-tools: MCP_EXPOSE alone opens the list; without an MCP server it is empty."""
    refused = gateway().get("/v1/mcp/tools")
    assert (refused.status_code, refused.json()) == (403, {"error": "mcp tools endpoint is not exposed"})
    answer = gateway(expose_mcp=True).get("/v1/mcp/tools")
    assert (answer.status_code, answer.content) == (200, b'{"data":[],"object":"list"}')
    assert answer.headers["content-type"] == GIN
