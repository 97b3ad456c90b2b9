"""What every endpoint of the embedded gateway works with: its settings and its providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct, field

from .access_control import FixedToken, TokenCheck
from .mcp.toolbox import Toolbox
from .oidc import TokenVerifier
from .problems import Problem
from .providers.catalogue import CATALOGUE
from .providers.http_provider import HttpProvider
from .providers.local import LocalModel  # noqa: TC001  (the same)
from .providers.provider import ModelProvider  # noqa: TC001  (the same)
from .providers.scripted import ScriptedProvider
from .routing import Pools
from .settings import Access, McpSettings, Quirks, Settings, named

__all__ = ["Gateway"]

_SCRIPTED = ("anthropic", "elevenlabs", "openai")  # between them they offer every endpoint


class Gateway(Struct, frozen=True):
    """What all endpoints share.

    Attributes:
        settings: What it was told.
        providers: Those that can be asked, by id.
        pools: Whose turn it is, by alias.
        tokens: Which tokens are good; None when none is asked for.
        tools: What MCP servers offer.
    """

    settings: Settings
    providers: Mapping[str, ModelProvider]
    pools: Pools = field(default_factory=lambda: Pools({}))
    tokens: TokenCheck | None = None
    tools: Toolbox = field(default_factory=lambda: Toolbox((), McpSettings()))

    @classmethod
    def build(
        cls,
        settings: Settings,
        local: LocalModel,
        scripted: ScriptedProvider | None = None,
        functions: Iterable[Callable[..., object]] = (),
    ) -> Gateway:
        """The gateway these settings describe.

        Args:
            settings: Whose providers have addresses and keys.
            local: Answers for `llamacpp` when that has no address.
            scripted: Answers for `openai`, `anthropic` and `elevenlabs` when they have no address, and for those that
                have neither an address nor a key; None for nobody.
            functions: Python functions that are tools as if an MCP server offered them.

        Raises:
            TypeError: A function that cannot be described.
            ValueError: Two functions of one name.
            IssuerError: Tokens are asked for, and their issuer cannot be asked about them.
        """
        bugs = named(settings.quirks)
        providers: dict[str, ModelProvider] = {}
        for name, profile in CATALOGUE.items():
            access = settings.access.get(name, Access())
            if name == "llamacpp" and access.url is None and not bugs.llamacpp_needs_key:
                providers[name] = local
            elif scripted and access.url is None and (name in _SCRIPTED or not access.key):
                providers[name] = scripted
            elif access.key or not profile.needs_key:
                providers[name] = HttpProvider(
                    profile,
                    url=access.url,
                    key=access.key,
                    header_timeout=settings.header_timeout,
                    two_versions=bugs.two_versions,
                )
        tokens: TokenCheck | None = FixedToken(settings.token) if settings.token else None
        if settings.oidc:
            tokens = TokenVerifier.discover(settings.oidc)
        return cls(settings, providers, Pools(settings.pools), tokens, Toolbox.build(settings.mcp, functions))

    @property
    def quirks(self) -> Quirks:
        """The bugs of the real gateway that are there."""
        return named(self.settings.quirks)

    def provider(self, name: str) -> ModelProvider:
        """The provider of this id.

        Raises:
            Problem: There is no such provider, or it has no key.
        """
        if name not in CATALOGUE:
            raise Problem.unknown_provider()
        if name not in self.providers:
            raise Problem.no_key()
        return self.providers[name]

    def supporter(self, name: str, endpoint: str, refusal: Problem) -> ModelProvider:
        """Return the provider of this id if it offers the endpoint, which is checked before its key.

        See gateway-behaviour.md#errors.

        Raises:
            Problem: The refusal, or the provider has no key.
        """
        if name not in CATALOGUE or endpoint not in CATALOGUE[name].endpoints:
            raise refusal
        return self.provider(name)

    def listable(self) -> tuple[str, ...]:
        """The providers worth asking for their models when none is named.

        A provider without a key that nobody configured (Ollama at its default address) is not asked: unlike the real
        gateway, this one runs where a name that does not resolve would only cost time. Where the scripted provider
        stands in for all, it is asked under the names it always has.
        """
        access = self.settings.access
        return tuple(
            name
            for name, provider in self.providers.items()
            if access.get(name, Access()).url is not None
            or (CATALOGUE[name].needs_key and (name in _SCRIPTED or not isinstance(provider, ScriptedProvider)))
        )
