"""What every endpoint of the embedded gateway works with: its settings and its providers."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (msgspec reads the annotations at run time)

from msgspec import Struct, field

from .pools import Pools
from .problems import Problem
from .providers.catalogue import CATALOGUE
from .providers.local import LocalModel  # noqa: TC001  (the same)
from .providers.provider import Provider  # noqa: TC001  (the same)
from .providers.relay import Relay
from .providers.scripted import ScriptedProvider  # noqa: TC001  (the same)
from .settings import Access, Settings

__all__ = ["Gateway"]

_SCRIPTED = ("anthropic", "openai")  # between them they offer every endpoint


class Gateway(Struct, frozen=True):
    """Settings, the providers that can be asked, by id, and whose turn it is in each pool."""

    settings: Settings
    providers: Mapping[str, Provider]
    pools: Pools = field(default_factory=lambda: Pools({}))

    @classmethod
    def build(cls, settings: Settings, local: LocalModel, scripted: ScriptedProvider | None = None) -> Gateway:
        """The gateway these settings describe.

        Args:
            settings: Whose providers have addresses and keys.
            local: Answers for `llamacpp` when that has no address.
            scripted: Answers for `openai` and `anthropic` when they have no address; None for nobody.
        """
        providers: dict[str, Provider] = {}
        for name, profile in CATALOGUE.items():
            access = settings.access.get(name, Access())
            if name == "llamacpp" and access.url is None:
                providers[name] = local
            elif name in _SCRIPTED and scripted and access.url is None:
                providers[name] = scripted
            elif access.key or not profile.needs_key:
                relay = Relay(profile, url=access.url, key=access.key, header_timeout=settings.header_timeout)
                providers[name] = relay
        return cls(settings, providers, Pools(settings.pools))

    def provider(self, name: str) -> Provider:
        """The provider of this id.

        Raises:
            Problem: There is no such provider, or it has no key.
        """
        if name not in CATALOGUE:
            raise Problem.unknown_provider()
        if name not in self.providers:
            raise Problem.no_key()
        return self.providers[name]

    def supporter(self, name: str, endpoint: str, refusal: Problem) -> Provider:
        """The provider of this id, if it offers the endpoint: that is looked at before its key (WIRE section 6).

        Raises:
            Problem: The refusal, or the provider has no key.
        """
        if name not in CATALOGUE or endpoint not in CATALOGUE[name].endpoints:
            raise refusal
        return self.provider(name)

    def listable(self) -> tuple[str, ...]:
        """The providers worth asking for their models when none is named.

        A provider without a key that nobody configured (Ollama at its default address) is not asked: unlike the real
        gateway, this one runs where a name that does not resolve would only cost time.
        """
        access = self.settings.access
        return tuple(
            name for name in self.providers if CATALOGUE[name].needs_key or access.get(name, Access()).url is not None
        )
