"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["BaseUrl", "Json", "MaxTokens", "ModelName", "Provider", "System", "Temperature", "Weights"]

BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The gateway's address; default INFERENCE_GATEWAY_URL, else http://localhost:8080/v1.",
    ),
]
Provider = Annotated[str | None, typer.Option("--provider", metavar="ID", help="Ask this provider, such as openai.")]
ModelName = Annotated[
    str, typer.Option("--model", "-m", metavar="MODEL", help="provider/name, or a bare name with --provider.")
]
System = Annotated[str | None, typer.Option("--system", metavar="TEXT", help="What the model is told beforehand.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="The longest answer, in tokens.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, max=2, help="0 for the likeliest words; more is wilder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="PATH",
        help="A GGUF file to use in place of the smoke-test model; default INFERENCE_GATEWAY_WEIGHTS.",
    ),
]
