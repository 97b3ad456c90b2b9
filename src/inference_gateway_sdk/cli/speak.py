"""`igw speak`: a text spoken aloud, into a file."""

from __future__ import annotations

import base64
import json
from typing import Annotated, TypedDict

import typer

from .connection import connected
from .options import BaseUrl, Json, ModelName, Provider  # noqa: TC001  (typer reads the annotations at run time)
from .output import print_json
from .output_file import Force, Output, output_file
from .prompt import require_prompt

__all__ = ["speak"]

Text = Annotated[
    str | None,
    typer.Argument(metavar="[TEXT]", help="What to speak; - or a pipe reads the standard input.", show_default=False),
]
Voice = Annotated[str, typer.Option("--voice", metavar="VOICE", help="Who speaks: a voice of the provider's.")]
Format = Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="Such as mp3 or wav.")]


class _Wishes(TypedDict, total=False):
    response_format: str


def speak(
    text: Text = None,
    *,
    output: Output = None,
    model: ModelName,
    voice: Voice,
    provider: Provider = None,
    base_url: BaseUrl = None,
    sound_format: Format = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Speak a text."""
    said = require_prompt(text, "speak")
    file = output_file(output, force=force, as_json=as_json)
    wishes: _Wishes = {} if sound_format is None else {"response_format": sound_format}
    with connected(base_url) as client:
        audio = client.create_speech(model, said, voice, provider=provider, **wishes)
    if file is not None:
        file.write(audio.bytes)
    if as_json:
        content = base64.b64encode(audio.bytes).decode()
        print_json(json.dumps({"content_type": audio.content_type, "base64": content}))
