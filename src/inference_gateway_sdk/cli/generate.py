"""`igw message`, `respond`, `image` and `speak`: one request each; `igw video`: one job."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import contextmanager
from pathlib import Path
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
from .output import FailureError, UsageError, echo_err, print_answer, print_json, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .. import ImagesResponse, InferenceGatewayClient, VideoJob

__all__ = ["image", "message", "respond", "speak", "video"]


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


Picture = Annotated[
    Path | None, typer.Option("--image", metavar="FILE", help="A picture to begin with, or the portrait to animate.")
]
Pictures = Annotated[
    list[Path] | None,
    typer.Option("--reference", metavar="FILE", help="A picture of a character to keep alike; repeatable."),
]
Recording = Annotated[
    Path | None, typer.Option("--audio", metavar="FILE", help="A WAV or MP3 recording that the portrait speaks.")
]
Seconds = Annotated[str | None, typer.Option("--seconds", metavar="N", help="The length in seconds, such as 8.")]
VideoSize = Annotated[str | None, typer.Option("--size", metavar="SIZE", help="Width and height, such as 1280x720.")]
JobId = Annotated[str | None, typer.Option("--job", metavar="ID", help="Wait for this job instead of starting one.")]
Interval = Annotated[float, typer.Option("--interval", metavar="S", min=0.01, help="Seconds between two requests.")]
MaxWait = Annotated[float, typer.Option("--max-wait", metavar="S", min=0.01, help="The most seconds to wait.")]
VideoModel = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="MODEL", help="provider/name, or a bare name with --provider."),
]


class _VideoParams(TypedDict, total=False):
    input_reference: Path
    reference_images: list[Path]
    audio: Path
    seconds: str
    size: str


def video(
    prompt: Prompt = None,
    *,
    output: Output = None,
    model: VideoModel = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    image: Picture = None,
    reference: Pictures = None,
    audio: Recording = None,
    seconds: Seconds = None,
    size: VideoSize = None,
    job: JobId = None,
    interval: Interval = 5.0,
    max_wait: MaxWait = 1200.0,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Generate a video: start a job, wait for it, and write its file. --json prints the completed job."""
    file = output_file(output, force=force, as_json=as_json)
    text = _video_prompt(prompt, model, job, spoken=audio is not None)
    params = _video_params(image, reference, audio, seconds, size)
    with connected(base_url, token=token, ca=ca) as client:
        current: VideoJob | str = job or ""
        if job is None:
            current = client.create_video(model or "", text, provider=provider, **params)
            echo_err(f"the job is {current.id}; igw video --job {current.id} waits for it again")
        with _progress() as show:
            done = client.wait_for_video(
                current, provider=provider, interval=interval, max_wait=max_wait, on_progress=show
            )
        if file is not None:
            with client.download_video_stream(done, provider=provider) as stream:
                file.write_pieces(stream)
    if as_json:
        print_json(done.to_json())


def _video_prompt(prompt: list[str] | None, model: str | None, job: str | None, *, spoken: bool) -> str | None:
    """Return the prompt of a new job; None for a job that is running, and for a recording without a prompt.

    Raises:
        UsageError: The prompt or the model is missing, or either was given for a running job.
    """
    if job is not None:
        if prompt or model is not None:
            raise UsageError("--job waits for a job that is running: leave out PROMPT and --model")
        return None
    if model is None:
        raise UsageError("no model: add --model provider/name, or --job ID for a job that is running")
    return None if spoken and not prompt else require_prompt(prompt, "video")


def _video_params(
    image: Path | None, reference: list[Path] | None, audio: Path | None, seconds: str | None, size: str | None
) -> _VideoParams:
    """Return the parameters that were given.

    Raises:
        UsageError: A file does not exist.
    """
    given = [("--image", image), ("--audio", audio), *(("--reference", file) for file in reference or ())]
    for option, file in given:
        if file is not None and not file.is_file():
            raise UsageError(f"{option} {file} is not a file")
    params: _VideoParams = {}
    if image is not None:
        params["input_reference"] = image
    if reference:
        params["reference_images"] = reference
    if audio is not None:
        params["audio"] = audio
    if seconds is not None:
        params["seconds"] = seconds
    if size is not None:
        params["size"] = size
    return params


@contextmanager
def _progress() -> Generator[Callable[[VideoJob], None]]:
    """Show the progress of a job on standard error: a bar on a terminal, else a line for each change."""
    if not sys.stderr.isatty():
        yield lambda job: echo_err(f"{_status(job)}{'' if job.progress is None else f', {job.progress} %'}")
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("queued     ", total=None)  # the bar moves to and fro until the provider reports a progress

        def show(job: VideoJob) -> None:
            ended = job.status == "completed"
            total = None if job.progress is None and not ended else 100
            bar.update(
                task, description=f"{_status(job):<11}", total=total, completed=100 if ended else job.progress or 0
            )

        yield show


def _status(job: VideoJob) -> str:
    return sanitize(str(job.status)).replace("_", " ")
