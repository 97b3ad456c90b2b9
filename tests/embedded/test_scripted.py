"""The scripted provider: every endpoint of a gateway, called with the package's own client and without a key."""

from __future__ import annotations

import io
import json
import wave
import zlib
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from inference_gateway_sdk import InferenceGatewayClient, Price
from inference_gateway_sdk.embedded import (
    SCRIPTED_MODEL,
    Access,
    Gateway,
    ModelDetails,
    ScriptedProvider,
    Settings,
    running,
)
from inference_gateway_sdk.embedded.providers import scripted
from inference_gateway_sdk.testing import scripted_gateway
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

pytestmark = pytest.mark.wire

ASKED = "Where is the  cat?\nAnd \u2028 the <dog>?"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the address of a gateway with a scripted provider and default settings."""
    with running(local=nowhere(), scripted=ScriptedProvider()) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[InferenceGatewayClient]:
    """Return a client of it."""
    with InferenceGatewayClient(url) as opened:
        yield opened


def test_its_names_are_listed(client: InferenceGatewayClient) -> None:
    """The scripted provider replaces the providers that together offer every endpoint."""
    assert [model.id for model in client.list_models().data] == [
        f"anthropic/{SCRIPTED_MODEL}",
        f"elevenlabs/{SCRIPTED_MODEL}",
        f"openai/{SCRIPTED_MODEL}",
    ]


def test_it_answers_for_every_provider_that_is_not_configured(client: InferenceGatewayClient) -> None:
    """Neither an address nor a key is needed for a model's name; it is not listed under all of theirs."""
    for provider in ("groq", "ollama", "webwright"):
        assert client.generate_content(f"{provider}/any", "Hello").text == "You wrote: Hello"


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude", "openai/a/b"])
def test_a_chat_is_answered_whole_and_streamed(client: InferenceGatewayClient, model: str) -> None:
    """Any model name is accepted; the answer repeats the last user message, equal whole and streamed."""
    messages = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "no"},
        {"role": "user", "content": [{"type": "text", "text": ASKED}]},
    ]
    whole = client.generate_content(model, messages)
    with client.generate_content_stream(model, messages) as stream:
        chunks = list(stream)
        streamed = stream.final()
    assert whole.text == streamed.text == f"You wrote: {ASKED}"
    assert whole.model == streamed.model == model.partition("/")[2]
    assert whole.usage == streamed.usage
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.total_tokens) == (7, 16)
    assert len(chunks) > 5


def test_a_message_is_answered_whole_and_streamed(client: InferenceGatewayClient) -> None:
    """Anthropic's dialect gives the same text."""
    asked = [{"role": "user", "content": ASKED}]
    whole = client.create_message("anthropic/claude", asked, max_tokens=9)
    with client.create_message_stream("anthropic/claude", asked, max_tokens=9) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.final()
    assert whole.text == streamed.text == f"You wrote: {ASKED}"
    assert (whole.stop_reason, whole.usage.output_tokens) == (streamed.stop_reason, streamed.usage.output_tokens)
    assert (kinds[0], kinds[2], kinds[-1]) == ("message_start", "ping", "message_stop")


@pytest.mark.parametrize("asked", [ASKED, [{"role": "user", "content": [{"type": "input_text", "text": ASKED}]}]])
def test_a_response_is_answered_whole_and_streamed(client: InferenceGatewayClient, asked: object) -> None:
    """The Responses API takes a text or items, and the stream ends with the whole response."""
    whole = client.create_response("openai/gpt", asked)
    with client.create_response_stream("openai/gpt", asked) as stream:
        events = list(stream)
        streamed = stream.final()
    assert whole == streamed
    assert whole.output_text == f"You wrote: {ASKED}"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text


def test_pictures_are_made_changed_and_varied(client: InferenceGatewayClient) -> None:
    """The requested number of images is made, in a colour that the prompt decides."""
    cats = client.generate_image("a cat", model="openai/x", n=2)
    assert [image.revised_prompt for image in cats.data] == ["a cat", "a cat"]
    picture = cats.data[0].bytes()
    assert picture != client.generate_image("a dog", model="openai/x").data[0].bytes()
    changed = client.create_image_edit(picture, "make it a dog", model="openai/x")
    assert [image.revised_prompt for image in changed.data] == ["make it a dog"]
    assert len(client.create_image_variation(picture, model="openai/x", n=3).data) == 3


def test_there_is_an_end_to_how_many_are_made(url: str) -> None:
    """The limits are ten images and 128 answers, as with OpenAI; an invalid number in a form counts as one."""
    pictures = httpx2.post(f"{url}/v1/images/generations", json={"model": "openai/x", "n": 50}, trust_env=False)
    assert len(pictures.json()["data"]) == 10
    form = {"model": (None, "openai/x"), "n": (None, "1000"), "image": ("a.png", b"PNG")}
    varied = httpx2.post(f"{url}/v1/images/variations", files=form, trust_env=False)
    assert len(varied.json()["data"]) == 1
    chat = httpx2.post(f"{url}/v1/chat/completions", json={"model": "openai/x", "n": 200}, trust_env=False)
    assert len(chat.json()["choices"]) == 128


def test_a_picture_is_a_png() -> None:
    """The checksums of an image's chunks are right and its pixels complete: 64 rows of 64, each with a filter byte."""
    data = scripted.png("\ud800")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + content) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big")
        chunks[kind] = content
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == 64 * (1 + 3 * 64)


def test_sounds_are_files_of_their_type(client: InferenceGatewayClient) -> None:
    """Each sound lasts half a second: MP3 by default, WAV, and raw samples."""
    speech = client.create_speech("openai/x", "hello", "alloy")
    assert speech.content_type == "audio/mpeg"
    frames = [speech.bytes[at : at + 4] for at in range(0, len(speech.bytes), 104)]
    assert frames == [b"\xff\xfb\x10\xc0"] * 19
    effect = client.create_sound_effect("elevenlabs/x", "boom", response_format="pcm")
    assert (effect.content_type, len(effect.bytes)) == ("audio/pcm", 24_000)
    assert client.create_music("elevenlabs/x", "la la").content_type == "audio/mpeg"
    with wave.open(io.BytesIO(scripted.wav(0.5))) as sound:
        assert (sound.getnframes(), sound.getframerate(), sound.getsampwidth()) == (12_000, 24_000, 2)
    assert set(scripted.pcm(0.1)) != {0}


def test_a_sound_that_cannot_be_made_is_refused(url: str) -> None:
    """The refusal is the provider's, and lists the available formats."""
    body = {"model": "openai/x", "input": "a", "voice": "b", "response_format": "opus"}
    answer = httpx2.post(f"{url}/v1/audio/speech", json=body, trust_env=False)
    assert answer.status_code == 400
    assert "mp3, wav, pcm" in answer.json()["error"]["message"]


def test_tools_can_be_listed(client: InferenceGatewayClient) -> None:
    """With a scripted provider and no settings every feature is enabled, the empty list of tools too."""
    assert client.list_tools().data == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages?provider=anthropic", {"model": "x", "messages": "hi"}),
        ("/v1/responses?provider=openai", {"model": "x", "input": 5}),
        ("/v1/images/generations?provider=openai", {"model": "x", "n": "two"}),
    ],
)
def test_a_request_that_cannot_be_read_is_the_providers_400(url: str, path: str, body: object) -> None:
    """Bad input gets the provider's refusal, not a broken connection."""
    answer = httpx2.post(url + path, content=json.dumps(body), trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("the scripted provider cannot read this request")


@pytest.mark.parametrize("stream", [b"false", b"true"])
def test_a_chat_that_cannot_be_read_is_the_providers_400(url: str, stream: bytes) -> None:
    """Bytes that are not text pass the gateway, which does not decode messages, and are refused by the provider."""
    body = b'{"model":"openai/x","stream":%s,"messages":[{"role":"user","content":"\xca"}]}' % stream
    answer = httpx2.post(f"{url}/v1/chat/completions", content=body, trust_env=False)
    assert answer.status_code == 400
    assert "the scripted provider cannot read this request" in answer.json()["error"]


@pytest.mark.parametrize(
    "messages", [[], [{"role": "assistant", "content": "x"}], [{"role": "user", "content": None}], [5]]
)
def test_a_prompt_that_is_not_there_is_empty(url: str, messages: object) -> None:
    """A request without a user's text is answered."""
    body = {"model": "anthropic/x", "messages": messages}
    answer = httpx2.post(f"{url}/v1/messages", json=body, trust_env=False)
    assert answer.json()["content"] == [{"type": "text", "text": "You wrote: "}]


def test_its_text_can_be_given() -> None:
    """A function makes the answer from the prompt."""
    loud = ScriptedProvider(lambda prompt: prompt.upper())
    with running(local=nowhere(), scripted=loud) as url, InferenceGatewayClient(url) as client:
        assert client.generate_content("openai/x", "hello").text == "HELLO"


def test_a_provider_with_an_address_is_asked_there() -> None:
    """The scripted provider is used only without an address; a key alone is not enough."""
    scripted = ScriptedProvider()
    access = {"openai": Access(url="http://127.0.0.1:9/v1", key="k"), "anthropic": Access(key="k")}
    built = Gateway.build(Settings(access=access), nowhere(), scripted)
    assert built.provider("openai") is not scripted
    assert built.provider("anthropic") is scripted


def test_settings_that_are_given_are_kept() -> None:
    """Given settings are not changed."""
    with running(Settings(port=0), local=nowhere(), scripted=ScriptedProvider()) as url:
        assert httpx2.post(f"{url}/v1/images/generations", json={}, trust_env=False).status_code == 404


DETAILS = {
    "openai/large": ModelDetails(
        context_window=128_000,
        price=Price(input="0.00000250", output="1e-5", cache_read="1.25e-6"),
        inputs=["text", "image"],
    ),
    "openai/plain": ModelDetails(),
    "anthropic/paid": ModelDetails(price=Price(input=0, output=0, subscription=True)),
}  # fmt: skip


def scripted_listing() -> AbstractContextManager[str]:
    """A gateway whose scripted provider lists models with details."""
    return running(local=nowhere(), scripted=ScriptedProvider(models=DETAILS))


def listing_of_tests() -> AbstractContextManager[Any]:
    """The same in the testing package."""
    return scripted_gateway(models=DETAILS)


@pytest.mark.parametrize("listing", [scripted_listing, listing_of_tests])
def test_details_of_listed_models(listing: Callable[[], AbstractContextManager[Any]]) -> None:
    """Each provider lists its models, with the details that were set, and the client reads prices from them."""
    with listing() as served, InferenceGatewayClient(getattr(served, "url", served)) as client:
        found = {
            model.id: model for model in client.list_models(include=["context_window", "pricing", "modalities"]).data
        }
        assert set(DETAILS) <= set(found) and not [name for name in found if name.endswith("/scripted")]
        large, plain = found["openai/large"], found["openai/plain"]
        assert large.to_dict()["context_window"] == {"tokens": 128_000, "source": "community"}
        assert large.to_dict()["modalities"] == {"input": ["text", "image"], "output": ["text"]}
        assert large.to_dict()["pricing"] == {
            "currency": "USD", "input_per_token": "0.00000250", "output_per_token": "0.00001",
            "cache_read_per_token": "0.00000125", "source": "community", "updated_at": "2023-11-14T22:13:20Z",
            "subscription": False,
        }  # fmt: skip
        assert plain.pricing is plain.context_window is plain.modalities is None
        client.load_prices()
        prices = {name: client.price_of(name) for name in DETAILS}
        paid = prices["anthropic/paid"]
        assert paid is not None and paid.subscription and prices["openai/plain"] is None
        assert [model.id for model in client.list_models(provider="anthropic").data] == ["anthropic/paid"]


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: ModelDetails(context_window=0), ValueError, "context_window must be a number of tokens above 0"),
        (lambda: ModelDetails(price="1"), TypeError, "price must be a Price"),
        (lambda: ModelDetails(inputs="text"), TypeError, r'inputs must be a list such as \["text"\]'),
        (lambda: ModelDetails(price=Price(input=1, output=1, audio_input=2)), ValueError, "no rate 'audio_input'"),
        (lambda: ScriptedProvider(models=["openai/m"]), TypeError, "models must be a mapping"),
        (lambda: ScriptedProvider(models={"openai/m": 5}), TypeError, "'openai/m' does not"),
        (lambda: ScriptedProvider(models={"m": ModelDetails()}), ValueError, "'m' has no provider"),
    ],
)  # fmt: skip
def test_bad_details_are_refused(make: Any, kind: type[Exception], text: str) -> None:
    """Details that a listing cannot have are an error that names the argument."""
    with pytest.raises(kind, match=text):
        make()
