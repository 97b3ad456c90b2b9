"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["BaseUrl", "Provider", "Weights"]

BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The gateway's address; default INFERENCE_GATEWAY_URL, else http://localhost:8080/v1.",
    ),
]
Provider = Annotated[str | None, typer.Option("--provider", metavar="ID", help="Ask this provider, such as openai.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="PATH",
        help="A GGUF file to use in place of the smoke-test model; default INFERENCE_GATEWAY_WEIGHTS.",
    ),
]
