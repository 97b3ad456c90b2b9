"""The shared state of all endpoints of the embedded gateway: settings, providers, tokens and tools."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping  # noqa: TC003  (msgspec reads the annotations at run time)
from contextlib import suppress

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
from .quirks import Quirks, named
from .routing import Pools
from .settings import Access, McpSettings, Settings

__all__ = ["Gateway"]


def certificate_failure(settings: Settings) -> str | None:
    """Return why a client of this machine does not trust the gateway's certificate, as Go reports it; None if it does.

    The client and the server are connected in memory.
    """
    if settings.tls_cert is None:
        return None
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        here.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError:
        return None  # listening reports it
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = here.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.create_default_context().wrap_bio(to_client, to_server, server_hostname=settings.host)
    try:
        for _ in range(_FLIGHTS):
            for side in (client, server):
                with suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        reason = "certificate signed by unknown authority" if error.verify_code in _UNKNOWN else error.verify_message
        return f"tls: failed to verify certificate: x509: {reason}"
    return None


_FLIGHTS = 3  # more than a handshake needs
_UNKNOWN = (18, 19, 20, 21)  # self-signed, also in the chain; no issuer; no signature to verify (X509_V_ERR_...)
_SCRIPTED = ("anthropic", "elevenlabs", "openai")  # together they offer every endpoint


class Gateway(Struct, frozen=True):
    """The shared state of all endpoints.

    Attributes:
        settings: The gateway's settings.
        providers: The usable providers by id.
        pools: The deployments of each alias.
        tokens: The check of bearer tokens; None when no token is required.
        tools: The tools of MCP servers and functions.
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
        """Build the gateway that the settings describe.

        Args:
            settings: The gateway's settings.
            local: Answers for `llamacpp` when that has no address.
            scripted: Answers for `openai`, `anthropic` and `elevenlabs` when they have no address, and for other
                providers with neither an address nor a key; None for no such answers.
            functions: Python functions to offer as tools, as if an MCP server had them.

        Raises:
            TypeError: A function cannot be described as a tool.
            ValueError: Two functions have the same name.
            IssuerError: Tokens are required, and their issuer cannot be used.
        """
        bugs = named(settings.quirks)
        failure = certificate_failure(settings) if bugs.self_calls else None
        providers: dict[str, ModelProvider] = {}
        for name, profile in CATALOGUE.items():
            access = settings.access.get(name, Access())
            if name == "llamacpp" and access.url is None and not bugs.llamacpp_needs_key:
                providers[name] = local
            elif scripted and access.url is None and (name in _SCRIPTED or not access.key):
                providers[name] = scripted.serving(name)
            elif access.key or not profile.needs_key:
                providers[name] = HttpProvider(
                    profile,
                    url=access.url or (profile.older_url if bugs.older_routes else "") or None,
                    key=access.key,
                    header_timeout=settings.header_timeout,
                    two_versions=bugs.two_versions,
                    no_self_calls=failure,
                    tls=settings.client_tls,
                )
        tokens: TokenCheck | None = FixedToken(settings.token) if settings.token else None
        if settings.oidc:
            tokens = TokenVerifier.discover(settings.oidc)
        tools = Toolbox.build(settings.mcp, functions, bare=bugs.bare_tool_names)
        return cls(settings, providers, Pools(settings.pools), tokens, tools)

    @property
    def quirks(self) -> Quirks:
        """The bugs of the real gateway that are reproduced."""
        return named(self.settings.quirks)

    def provider(self, name: str) -> ModelProvider:
        """Return the provider of this id.

        Raises:
            Problem: The provider is unknown, or has no key.
        """
        if name not in CATALOGUE:
            raise Problem.unknown_provider()
        if name not in self.providers:
            raise Problem.no_key()
        return self.providers[name]

    def provider_for(self, name: str, endpoint: str, refusal: Problem) -> ModelProvider:
        """Return the provider of this id if it offers the endpoint, which is checked before its key.

        See gateway-behaviour.md#errors.

        Raises:
            Problem: The given refusal, or the provider has no key.
        """
        if name not in CATALOGUE or endpoint not in CATALOGUE[name].endpoints:
            raise refusal
        return self.provider(name)

    def listed_providers(self) -> tuple[str, ...]:
        """Return the ids of the providers whose models are listed when none is named.

        A provider without a key that is not configured (Ollama at its default address) is left out. Its name usually
        does not resolve where this gateway runs, and the attempt would only cost time. A scripted provider in place of
        all others is listed under the names it always has.
        """
        access = self.settings.access
        return tuple(
            name
            for name, provider in self.providers.items()
            if access.get(name, Access()).url is not None
            or (CATALOGUE[name].needs_key and (name in _SCRIPTED or not isinstance(provider, ScriptedProvider)))
        )
