"""`igw chat`: one answer, streamed to the standard output, or a session with history."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer

from .connection import connected, connected_locally
from .conversation import Conversation
from .options import BaseUrl, MaxTokens, Provider, System, Temperature, Weights  # noqa: TC001  (the same)
from .outcome import UsageError
from .prompt import Prompt, read_prompt
from .session import hold_session

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .. import InferenceGatewayClient

__all__ = ["chat"]

Local = Annotated[
    bool, typer.Option("--local", help="Use the smoke-test model in this process: no key, no gateway, no network.")
]
ModelName = Annotated[
    str | None, typer.Option("--model", "-m", metavar="MODEL", help="As igw models lists it: provider/name.")
]


def chat(
    prompt: Prompt = None,
    *,
    local: Local = False,
    model: ModelName = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    weights: Weights = None,
) -> None:
    """Chat with a model: once with PROMPT, or in a session without."""
    said = read_prompt(prompt, "chat")
    if local and (base_url or provider):
        raise UsageError("--local starts its own gateway: leave --base-url and --provider out")
    if weights and not local:
        raise UsageError("--weights names the model of --local: add that, or leave it out")
    with _connect(base_url, weights, local=local) as client:
        chosen = model or _only_model(client, provider)
        conversation = Conversation(client, chosen, provider, system, max_tokens=max_tokens, temperature=temperature)
        if said is None:
            hold_session(conversation)
        else:
            conversation.ask(said)


def _connect(
    base_url: str | None, weights: Path | None, *, local: bool
) -> AbstractContextManager[InferenceGatewayClient]:
    return connected_locally(weights) if local else connected(base_url)


def _only_model(client: InferenceGatewayClient, provider: str | None) -> str:
    """The gateway's model, where there is but one.

    Raises:
        UsageError: There is a choice, or nothing to choose from.
    """
    listed = client.list_models(provider).data
    if len(listed) == 1:
        return listed[0].id
    what = f"{client.base_url} offers {len(listed)} models"
    if not listed:
        raise UsageError(f"{what}: is a provider configured?", "name a model with --model provider/name")
    raise UsageError(what, f"choose with --model, such as --model {listed[0].id}; igw models lists them")
