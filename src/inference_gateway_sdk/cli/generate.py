"""`igw message`, `respond`, `image` and `speak`: one request each."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from .connection import connected
from .options import (
    FORMATS,
    BaseUrl,
    CaFile,
    Force,
    Json,
    MaxTokens,
    ModelName,
    Output,
    Prompt,
    Provider,
    System,
    Temperature,
    Token,
    complete_model,
    output_file,
    require_prompt,
    warn_of_other_type,
)
from .output import FailureError, print_answer, print_json

if TYPE_CHECKING:
    from .. import ImagesResponse, InferenceGatewayClient

__all__ = ["image", "message", "respond", "speak"]


RequiredMaxTokens = Annotated[
    int, typer.Option("--max-tokens", min=1, metavar="N", help="The token limit of the answer.")
]


class _MessageParams(TypedDict, total=False):
    system: str
    temperature: float


def message(
    prompt: Prompt = None,
    *,
    model: ModelName,
    max_tokens: RequiredMaxTokens = 1024,  # the endpoint requires a limit
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    system: System = None,
    temperature: Temperature = None,
    as_json: Json = False,
) -> None:
    """Send a prompt to a model through Anthropic's Messages API."""
    prompt_text = require_prompt(prompt, "message")
    params: _MessageParams = {}
    if system:
        params["system"] = system
    if temperature is not None:
        params["temperature"] = temperature
    with connected(base_url, token=token, ca=ca) as client:
        stream = client.create_message_stream(model, prompt_text, max_tokens, provider=provider, **params)
        print_answer(stream, as_json=as_json)


class _ResponseParams(TypedDict, total=False):
    instructions: str
    max_output_tokens: int
    temperature: float


def respond(
    prompt: Prompt = None,
    *,
    model: ModelName,
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    as_json: Json = False,
) -> None:
    """Send a prompt to a model through OpenAI's Responses API."""
    prompt_text = require_prompt(prompt, "respond")
    params: _ResponseParams = {}
    if system:
        params["instructions"] = system
    if max_tokens is not None:
        params["max_output_tokens"] = max_tokens
    if temperature is not None:
        params["temperature"] = temperature
    with connected(base_url, token=token, ca=ca) as client:
        print_answer(client.create_response_stream(model, prompt_text, provider=provider, **params), as_json=as_json)


ImageModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="provider/name; with --provider alone its default.",
        autocompletion=complete_model,
    ),
]
ImageSizeOption = Annotated[str | None, typer.Option("--size", metavar="SIZE", help="The size, such as 1024x1024.")]


class _ImageParams(TypedDict, total=False):
    model: str
    size: str


def image(
    prompt: Prompt = None,
    *,
    output: Output = None,
    model: ImageModelName = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    size: ImageSizeOption = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Generate an image."""
    prompt_text = require_prompt(prompt, "image")
    file = output_file(output, force=force, as_json=as_json)
    with connected(base_url, token=token, ca=ca) as client:
        answer = client.generate_image(prompt_text, provider=provider, **_image_params(model, size))
        if file is not None:
            picture = _picture(client, answer)
            file.write(picture)
            warn_of_other_type(file.path, picture)
    if as_json:
        print_json(answer.to_json())


def _image_params(model: str | None, size: str | None) -> _ImageParams:
    params: _ImageParams = {}
    if model is not None:
        params["model"] = model
    if size is not None:
        params["size"] = size
    return params


def _picture(client: InferenceGatewayClient, answer: ImagesResponse) -> bytes:
    """Return the first image's bytes, which are downloaded if the answer has only an address.

    Raises:
        FailureError: The answer has no image.
    """
    if not answer.data:
        raise FailureError("the answer has no image")
    try:
        return client.fetch_image(answer.data[0])
    except ValueError as error:
        raise FailureError(str(error)) from error


Text = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="The text; - or a pipe reads standard input.", show_default=False),
]
Voice = Annotated[str, typer.Option("--voice", metavar="VOICE", help="The name of one of the provider's voices.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="FORMAT", help="The audio format; default that of the file's suffix, as mp3 or wav."
    ),
]


class _SpeechParams(TypedDict, total=False):
    response_format: str


def speak(
    text: Text = None,
    *,
    output: Output = None,
    model: ModelName,
    voice: Voice,
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    sound_format: Format = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Convert a text to speech."""
    prompt_text = require_prompt(text, "speak")
    file = output_file(output, force=force, as_json=as_json)
    chosen = sound_format or (FORMATS.get(output.suffix.lower()) if output else None)
    params: _SpeechParams = {} if chosen is None else {"response_format": chosen}
    with connected(base_url, token=token, ca=ca) as client:
        audio = client.create_speech(model, prompt_text, voice, provider=provider, **params)
    if file is not None:
        file.write(audio.bytes)
        warn_of_other_type(file.path, audio.bytes)
    if as_json:
        content = base64.b64encode(audio.bytes).decode()
        print_json(json.dumps({"content_type": audio.content_type, "base64": content}))
