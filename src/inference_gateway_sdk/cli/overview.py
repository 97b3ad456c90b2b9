"""What an embedded gateway serves, turned into a few lines: who answers for which provider, and what is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..embedded import Gateway

__all__ = ["overview"]


def overview(gateway: Gateway) -> Iterator[str]:
    """The lines; providers that are reached over HTTP say for themselves whether they answer."""
    from ..embedded import LocalModel, ScriptedProvider

    providers = gateway.providers
    own = [name for name, provider in providers.items() if not isinstance(provider, ScriptedProvider)]
    if len(own) < len(providers):
        but = f" but {', '.join(own)}" if own else ""
        yield f"scripted, whatever the model is called: all providers{but}"
    for name, provider in providers.items():
        if isinstance(provider, LocalModel):
            yield f"{name}: {provider.name}, on this machine"
    for alias, members in gateway.settings.pools.items():
        yield f"alias {alias}: {', '.join(f'{name}/{model}' for name, model in members)}, in turn"
    yield f"beside chat and models: {', '.join(_switched_on(gateway))}"
    if gateway.settings.oidc:
        yield f"a token of {gateway.settings.oidc.issuer} for {gateway.settings.oidc.audience} is wanted"
    elif gateway.settings.token:
        yield "a token is wanted, that of INFERENCE_GATEWAY_SERVE_TOKEN"


def _switched_on(gateway: Gateway) -> Iterator[str]:
    settings = gateway.settings
    yield from ("Messages", "Responses")
    for name, is_on in (
        ("images", settings.images),
        ("audio", settings.audio),
        ("MCP tools", settings.expose_mcp),
        ("metrics", settings.push_metrics),
    ):
        if is_on:
            yield name
