"""Environment variables turned into the embedded gateway's settings, under the real gateway's own names.

The names and defaults are those of WIRE sections 3, 4, 18 and 19. A malformed value is refused with a sentence that
names the variable; a feature of the real gateway that this one does not have is reported in `Settings.ignored`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from .._model.show import Concealed
from .environment import SettingsError, duration, integer, is_http, is_on, names, switch
from .mcp.settings import McpSettings
from .oidc import Oidc
from .pools import PoolError, Pools, read_pools
from .providers.catalogue import CATALOGUE
from .quirks import named

__all__ = ["Access", "Settings", "SettingsError"]

# What the real gateway would act on and this one would not: silence about GUARDRAILS_ENABLED would be a trap.
_NOT_HERE = (
    "GUARDRAILS_ENABLED",
    "SERVER_WRITE_TIMEOUT",
    "TELEMETRY_ENABLED",
)


class Access(Concealed, Struct, frozen=True, kw_only=True):
    """How one provider is reached: its address, None for the default, and its key, None for none."""

    url: str | None = None
    key: str | None = None

    def __repr__(self) -> str:
        return f"Access(url={self.url!r}, key={'...' if self.key else None!r})"


class Settings(Concealed, Struct, frozen=True, kw_only=True):
    """What the embedded gateway is told.

    Attributes:
        host: `SERVER_HOST`: where it listens.
        port: `SERVER_PORT`: 0 picks a free one.
        read_timeout: `SERVER_READ_TIMEOUT`, seconds: the whole of an answer that is not streamed.
        idle_timeout: `SERVER_IDLE_TIMEOUT`, seconds: how long an idle connection stays open.
        header_timeout: `CLIENT_RESPONSE_HEADER_TIMEOUT`, seconds: how long a provider may be silent at first.
        max_body: `SERVER_MAX_REQUEST_BODY_SIZE`, bytes.
        allowed_models: `ALLOWED_MODELS`: when not empty, only these; wins over the next.
        disallowed_models: `DISALLOWED_MODELS`: never these.
        allowed_hosts: `ALLOWED_HOSTS`: names by which requests may address this gateway (the `Host` header, without
            port), beside its own. When empty, `Host` is checked only where the gateway listens on loopback.
        allowed_origins: `ALLOWED_ORIGINS`: origins of web pages that may use this gateway; no other page may.
        images: `ENABLE_IMAGES`, or `IMAGES_ENABLED` as newer gateways call it: pictures can be asked for.
        vision: `ENABLE_VISION`, or `VISION_ENABLED` as newer gateways call it: models that read text alone are sent no
            pictures; when off, everything is sent to everybody.
        audio: `AUDIO_ENABLED`, of newer gateways: sounds can be asked for.
        expose_mcp: `MCP_EXPOSE`: tools can be listed, and with MCP on, called at `/mcp`.
        mcp: `MCP_ENABLED`, `MCP_SERVERS` and the other variables of MCP.
        push_metrics: `TELEMETRY_ENABLED` with `TELEMETRY_METRICS_PUSH_ENABLED`: metrics are judged, and not kept.
        access: `<ID>_API_URL` and `<ID>_API_KEY`, by provider id.
        pools: `ROUTING_ENABLED` with `ROUTING_CONFIG_PATH`: by alias the (provider id, model) pairs that take turns.
        oidc: `AUTH_ENABLED`, `AUTH_OIDC_ISSUER`, `AUTH_OIDC_CLIENT_ID`: whose tokens are asked for; None for none.
        token: `INFERENCE_GATEWAY_SERVE_TOKEN`, of this gateway alone: what requests must bring, but for those that
            need no token of an issuer either.
        quirks: A release of the real gateway, such as "v0.48", whose bugs are reproduced; None for none.
        write_timeout: `SERVER_WRITE_TIMEOUT`, seconds: means something with that quirk alone.
        tls_cert: `SERVER_TLS_CERT_PATH`: the file of a certificate, and of those between it and its root; None for
            plain HTTP.
        tls_key: `SERVER_TLS_KEY_PATH`: the file of its key.
        grace: Seconds that open answers have left once `igw serve` is told to end; a gateway of a test has none.
        ignored: Variables that are set and mean nothing to this gateway.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    read_timeout: float = 30.0
    idle_timeout: float = 120.0
    header_timeout: float = 10.0
    max_body: int = 10_485_760
    allowed_models: tuple[str, ...] = ()
    disallowed_models: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    images: bool = False
    vision: bool = False
    audio: bool = False
    expose_mcp: bool = False
    mcp: McpSettings = McpSettings()
    push_metrics: bool = False
    access: Mapping[str, Access] = field(default_factory=dict[str, Access])
    pools: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict[str, Sequence[tuple[str, str]]])
    oidc: Oidc | None = None
    token: str | None = None
    quirks: str | None = None
    write_timeout: float = 30.0
    tls_cert: str | None = None
    tls_key: str | None = None
    grace: float = 5.0
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            named(self.quirks)
        except ValueError as error:
            raise SettingsError(f"quirks: {error}") from None
        if self.token and self.oidc:
            raise SettingsError("token: leave it out, or leave out oidc: who may pass is said by one of them")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError("SERVER_TLS_CERT_PATH and SERVER_TLS_KEY_PATH: set both, or neither for plain HTTP")
        if self.grace < 0:
            raise SettingsError(f"grace={self.grace!r}: write seconds, 0 or more")
        try:
            Pools(self.pools)
        except PoolError as error:
            raise SettingsError(f"pools: {error}") from None

    def __repr__(self) -> str:
        return Struct.__repr__(replace(self, token="...") if self.token not in (None, "...") else self)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, quirks: str | None = None) -> Settings:
        """The settings that the environment asks for.

        Args:
            environ: The variables.
            quirks: As the attribute; no variable of the real gateway asks for its own bugs.

        Raises:
            SettingsError: A variable holds something that cannot be used.
        """
        plain = cls(quirks=quirks)
        push_metrics = switch(environ, "TELEMETRY_ENABLED") and switch(environ, "TELEMETRY_METRICS_PUSH_ENABLED")
        honoured = ("TELEMETRY_ENABLED",) * push_metrics + ("SERVER_WRITE_TIMEOUT",) * named(quirks).write_deadline
        return cls(
            host=environ.get("SERVER_HOST") or plain.host,
            port=integer(environ, "SERVER_PORT", plain.port, 0, 65535),
            read_timeout=duration(environ, "SERVER_READ_TIMEOUT", plain.read_timeout),
            idle_timeout=duration(environ, "SERVER_IDLE_TIMEOUT", plain.idle_timeout),
            header_timeout=duration(environ, "CLIENT_RESPONSE_HEADER_TIMEOUT", plain.header_timeout),
            max_body=integer(environ, "SERVER_MAX_REQUEST_BODY_SIZE", plain.max_body, 1, 2**63 - 1),
            # in lower case: the lists do not mind case (WIRE section 3)
            allowed_models=names(environ.get("ALLOWED_MODELS", "").lower()),
            disallowed_models=names(environ.get("DISALLOWED_MODELS", "").lower()),
            allowed_hosts=names(environ.get("ALLOWED_HOSTS", "")),
            allowed_origins=names(environ.get("ALLOWED_ORIGINS", "")),
            images=switch(environ, "ENABLE_IMAGES") or switch(environ, "IMAGES_ENABLED"),
            vision=switch(environ, "ENABLE_VISION") or switch(environ, "VISION_ENABLED"),
            audio=switch(environ, "AUDIO_ENABLED"),
            expose_mcp=switch(environ, "MCP_EXPOSE"),
            mcp=McpSettings.from_env(environ),
            push_metrics=push_metrics,
            access={name: _access(environ, name) for name in CATALOGUE},
            pools=_pools(environ),
            oidc=_oidc(environ),
            token=environ.get("INFERENCE_GATEWAY_SERVE_TOKEN") or None,
            quirks=quirks,
            write_timeout=duration(environ, "SERVER_WRITE_TIMEOUT", plain.write_timeout),
            tls_cert=environ.get("SERVER_TLS_CERT_PATH") or None,
            tls_key=environ.get("SERVER_TLS_KEY_PATH") or None,
            ignored=tuple(name for name in _NOT_HERE if name not in honoured and is_on(environ.get(name, ""))),
        )

    def at(self, *, host: str | None = None, port: int | None = None, grace: float | None = None) -> Settings:
        """The same settings with another place to listen at, or another end; None keeps what is there."""
        given = {"host": host, "port": port, "grace": grace}
        return replace(self, **{name: value for name, value in given.items() if value is not None})


def _pools(environ: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    if not switch(environ, "ROUTING_ENABLED"):
        return {}
    path = environ.get("ROUTING_CONFIG_PATH", "")
    if not path:
        raise SettingsError("ROUTING_ENABLED=true: set ROUTING_CONFIG_PATH to the file of the pools")
    try:
        pools = read_pools(path)
        Pools(pools)
    except PoolError as error:
        raise SettingsError(f"ROUTING_CONFIG_PATH={path!r} {error}") from None
    return pools


def _oidc(environ: Mapping[str, str]) -> Oidc | None:
    if not switch(environ, "AUTH_ENABLED"):
        return None
    issuer, audience = environ.get("AUTH_OIDC_ISSUER", ""), environ.get("AUTH_OIDC_CLIENT_ID", "")
    if not is_http(issuer):
        raise SettingsError(f"AUTH_OIDC_ISSUER={issuer!r}: with AUTH_ENABLED=true, write the address of the issuer")
    if not audience:
        raise SettingsError("AUTH_OIDC_CLIENT_ID is not set: with AUTH_ENABLED=true, write for whom a token must be")
    return Oidc(issuer=issuer, audience=audience)


def _access(environ: Mapping[str, str], provider: str) -> Access:
    name = f"{provider.upper()}_API_URL"
    url = environ.get(name)
    if url is not None and not is_http(url):
        raise SettingsError(f"{name}={url!r}: write an address such as http://127.0.0.1:8000/v1, or unset it")
    key = environ.get(f"{provider.upper()}_API_KEY") or None
    if key and not url and not CATALOGUE[provider].url:
        raise SettingsError(f"{name} is not set: {provider} has a key and no address that is known here")
    return Access(url=url, key=key)
