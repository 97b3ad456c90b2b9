"""`igw image`: a picture made from a text, into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from .connection import connected
from .options import BaseUrl, Json, Provider  # noqa: TC001  (typer reads the annotations at run time)
from .outcome import FailureError
from .output import print_json
from .output_file import Force, Output, output_file
from .prompt import Prompt, require_prompt

if TYPE_CHECKING:
    from .. import ImagesResponse, InferenceGatewayClient

__all__ = ["image"]

ModelName = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="MODEL", help="provider/name; --provider alone takes its default."),
]
Size = Annotated[str | None, typer.Option("--size", metavar="SIZE", help="Such as 1024x1024.")]


class _Wishes(TypedDict, total=False):
    model: str
    size: str


def image(
    prompt: Prompt = None,
    *,
    output: Output = None,
    model: ModelName = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    size: Size = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make a picture."""
    said = require_prompt(prompt, "image")
    file = output_file(output, force=force, as_json=as_json)
    with connected(base_url) as client:
        answer = client.generate_image(said, provider=provider, **_wishes(model, size))
        if file is not None:
            file.write(_picture(client, answer))
    if as_json:
        print_json(answer.to_json())


def _wishes(model: str | None, size: str | None) -> _Wishes:
    wishes: _Wishes = {}
    if model is not None:
        wishes["model"] = model
    if size is not None:
        wishes["size"] = size
    return wishes


def _picture(client: InferenceGatewayClient, answer: ImagesResponse) -> bytes:
    """The first picture's bytes, fetched where the answer holds an address alone.

    Raises:
        FailureError: The answer holds neither.
    """
    if not answer.data:
        raise FailureError("the answer holds no picture")
    try:
        return client.fetch_image(answer.data[0])
    except ValueError as error:
        raise FailureError(str(error)) from error
