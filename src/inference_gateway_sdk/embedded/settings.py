"""The settings of the embedded gateway, from arguments and environment variables."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from .._model.open_types import Concealed
from .._wire.url import abbreviated_url, redact_url
from .oidc import Oidc
from .providers.catalogue import CATALOGUE
from .quirks import named
from .routing import PoolError, Pools, read_pools

__all__ = [
    "Access",
    "ClientTls",
    "Guardrails",
    "McpSettings",
    "Settings",
    "SettingsError",
    "duration",
    "duration_seconds",
    "integer",
    "is_http",
    "is_on",
    "names",
    "normal_origin",
    "server_alias",
    "split_server",
    "switch",
]


_UNITS = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)")
_DURATION_WHOLE = re.compile(rf"\+?(?:{_DURATION_PART.pattern})+")


def duration_seconds(text: str) -> float:
    """Return the seconds of a Go duration (the grammar of `time.ParseDuration`, without negative values).

    Raises:
        ValueError: The text is not such a duration. The message shows examples.
    """
    if text == "0":
        return 0.0
    if not _DURATION_WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration: write a number with a unit, such as 30s, 1m30s or 250ms")
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))


_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*")  # names, IPv4, IPv6; no port
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?")
_PORTS = {"http": "80", "https": "443"}
_ALIAS = re.compile(r"[a-z0-9_-]+")
_ON = ("1", "t", "T", "true", "TRUE", "True")
_OFF = ("0", "f", "F", "false", "FALSE", "False")


class SettingsError(ValueError):
    """A setting has an invalid value. The message names the variable and a correct value."""


def is_on(value: str) -> bool:
    """Return whether a variable that the embedded gateway ignores would affect the real one."""
    return value.lower() not in ("", "false", "0")


def integer(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return an integer between two limits, or the default when the variable is unset or empty.

    Raises:
        SettingsError: The value is not an integer, or outside the limits.
    """
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{name}={text!r}: write a whole number from {least} to {most}")
    return int(text)


def duration(environ: Mapping[str, str], name: str, default: float) -> float:
    """Return the seconds of a positive duration, or the default when the variable is unset or empty.

    Raises:
        SettingsError: The value is not a positive duration.
    """
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = duration_seconds(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    if value <= 0:
        raise SettingsError(f"{name}={text!r}: write a duration above zero, such as 30s")
    return value


def switch(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return a boolean as Go parses it (`strconv.ParseBool`), or the default when the variable is unset or empty.

    Raises:
        SettingsError: The value is not a boolean.
    """
    text = environ.get(name, "")
    if text in _ON:
        return True
    if text and text not in _OFF:
        raise SettingsError(f"{name}={text!r}: write true or false")
    return default and not text


def names(text: str) -> tuple[str, ...]:
    """Return the entries of a comma-separated list, stripped of whitespace."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def normal_origin(text: str) -> str | None:
    """Return an origin as browsers write it, or None if `text` is not one (RFC 6454 section 6.2)."""
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        return None
    scheme, host, port = match.groups()
    return f"{scheme}://{host}:{port}" if port and port != _PORTS.get(scheme) else f"{scheme}://{host}"


def is_http(url: str) -> bool:
    """Return whether this is an HTTP address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def split_server(server: str) -> tuple[str | None, str]:
    """Return the alias and the address of an entry of `MCP_SERVERS`: "alias=http://..." or the address alone."""
    alias, _, address = server.partition("=")
    return (alias, address) if "://" not in alias and address else (None, server)


def server_alias(server: str) -> str:
    """Return the alias of an entry of `MCP_SERVERS`, made from the host if the entry has none: `mcp_example_com`."""
    alias, address = split_server(server)
    return alias or re.sub(r"[^a-z0-9_-]+", "_", (urlsplit(address).hostname or "").lower()).strip("_")


class McpSettings(Concealed, Struct, frozen=True, kw_only=True):
    """The settings for tools. All times are in seconds.

    Attributes:
        enabled: `MCP_ENABLED`: chats are offered the servers' tools.
        servers: `MCP_SERVERS`: addresses of MCP servers with streamable HTTP. `alias=address` sets the alias in the
            tools' names; the default is made from the host.
        mode: `MCP_TOOL_MODE`: "selector" offers two tools that find and run the others, "direct" offers each.
        include: `MCP_INCLUDE_TOOLS`: when not empty, only these are offered; takes precedence over `exclude`. A name
            may begin with the server's alias and `_`.
        exclude: `MCP_EXCLUDE_TOOLS`: these are never offered.
        dial_timeout: `MCP_DIAL_TIMEOUT`: time limit for connecting to a server.
        header_timeout: `MCP_RESPONSE_HEADER_TIMEOUT`: time limit for the head of its answer.
        request_timeout: `MCP_REQUEST_TIMEOUT`: time limit for listing a server's tools.
        call_timeout: `MCP_CLIENT_TIMEOUT`: time limit for a tool's whole answer.
        reconnect_interval: `MCP_RECONNECT_INTERVAL`, unless `MCP_ENABLE_RECONNECT` is off: time until an unreachable
            server is contacted again; None for never.
        polling_interval: `MCP_POLLING_INTERVAL`, unless `MCP_POLLING_ENABLED` is off: time until a reachable server's
            tools are fetched again; None for never.
    """

    enabled: bool = False
    servers: tuple[str, ...] = ()
    mode: Literal["selector", "direct"] = "selector"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dial_timeout: float = 3.0
    header_timeout: float = 3.0
    request_timeout: float = 5.0
    call_timeout: float = 5.0
    reconnect_interval: float | None = 30.0
    polling_interval: float | None = 30.0

    def __post_init__(self) -> None:
        if self.mode not in ("selector", "direct"):
            raise SettingsError(f"MCP_TOOL_MODE={self.mode!r}: write selector or direct")
        taken: set[str] = set()
        for server in self.servers:
            alias, address = split_server(server)
            if not is_http(address):
                shown = abbreviated_url(server)
                raise SettingsError(f"MCP_SERVERS names {shown}: write addresses such as http://127.0.0.1:9000/mcp")
            if alias is not None and (not _ALIAS.fullmatch(alias)):
                raise SettingsError(f"MCP_SERVERS: alias {alias!r}: write lower-case letters, digits, _ and -")
            if server_alias(server) == "tools":
                raise SettingsError("MCP_SERVERS: the alias tools is reserved: write another one, as alias=address")
            if alias in taken:
                raise SettingsError(f"MCP_SERVERS: alias {alias!r} is given twice: write another one")
            taken |= {alias} if alias else set()

    def __repr__(self) -> str:
        shown = tuple(map(redact_url, self.servers))
        return Struct.__repr__(self if shown == self.servers else replace(self, servers=shown))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> McpSettings:
        """Read the settings from environment variables.

        Raises:
            SettingsError: A variable has an invalid value.
        """
        plain = cls()
        return cls(
            enabled=switch(environ, "MCP_ENABLED"),
            servers=names(environ.get("MCP_SERVERS", "")),
            mode=environ.get("MCP_TOOL_MODE") or plain.mode,  # type: ignore[arg-type]  # checked in __post_init__
            include=names(environ.get("MCP_INCLUDE_TOOLS", "")),
            exclude=names(environ.get("MCP_EXCLUDE_TOOLS", "")),
            dial_timeout=duration(environ, "MCP_DIAL_TIMEOUT", plain.dial_timeout),
            header_timeout=duration(environ, "MCP_RESPONSE_HEADER_TIMEOUT", plain.header_timeout),
            request_timeout=duration(environ, "MCP_REQUEST_TIMEOUT", plain.request_timeout),
            call_timeout=duration(environ, "MCP_CLIENT_TIMEOUT", plain.call_timeout),
            reconnect_interval=_mcp_interval(environ, "MCP_ENABLE_RECONNECT", "MCP_RECONNECT_INTERVAL"),
            polling_interval=_mcp_interval(environ, "MCP_POLLING_ENABLED", "MCP_POLLING_INTERVAL"),
        )


def _mcp_interval(environ: Mapping[str, str], wanted: str, length: str) -> float | None:
    return duration(environ, length, 30.0) if switch(environ, wanted, default=True) else None


class Guardrails(Concealed, Struct, frozen=True, kw_only=True):
    """The settings of guardrails. Policies in files need the real gateway; here a service decides.

    Attributes:
        url: `GUARDRAILS_EXTERNAL_URL`: the service that judges each request, and each whole chat answer.
        timeout: `GUARDRAILS_EXTERNAL_TIMEOUT`, seconds: time limit for its verdict.
        closed: `GUARDRAILS_FAIL_MODE`: "closed" refuses a request when the service fails, "open" lets it pass.
    """

    url: str
    timeout: float = 5.0
    closed: bool = True

    def __post_init__(self) -> None:
        if not is_http(self.url):
            shown = abbreviated_url(self.url)
            raise SettingsError(
                f"GUARDRAILS_EXTERNAL_URL={shown}: write an address such as http://127.0.0.1:9000/judge"
            )

    def __repr__(self) -> str:
        return f"Guardrails(url={redact_url(self.url)!r}, timeout={self.timeout!r}, closed={self.closed!r})"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Guardrails | None:
        """Read the settings from environment variables. Return None without a service.

        Raises:
            SettingsError: A variable has an invalid value.
        """
        url = environ.get("GUARDRAILS_EXTERNAL_URL", "")
        if not switch(environ, "GUARDRAILS_ENABLED") or not url:
            return None
        mode = environ.get("GUARDRAILS_FAIL_MODE") or "closed"
        if mode not in ("closed", "open"):
            raise SettingsError(f"GUARDRAILS_FAIL_MODE={mode!r}: write closed or open")
        timeout = duration(environ, "GUARDRAILS_EXTERNAL_TIMEOUT", 5.0)
        return cls(url=url, timeout=timeout, closed=mode == "closed")


# Variables that only the real gateway acts on. Ignoring GUARDRAILS_ENABLED silently would be a trap.
_NOT_HERE = (
    "GUARDRAILS_ENABLED",
    "GUARDRAILS_POLICY_DIR",
    "SERVER_WRITE_TIMEOUT",
    "TELEMETRY_ENABLED",
)
# Families of variables for features that this gateway does not have: their switch, and the advice.
_REFUSED = {
    "A2A_": ("A2A_ENABLED", "the embedded gateway is not an A2A server: unset it, or use the real gateway"),
    "AUDIO_LOCAL_": (
        "AUDIO_ENABLED",
        "the embedded gateway has no speech engine of its own: unset it and use a provider, such as ELEVENLABS_API_KEY",
    ),
}


class ClientTls(Struct, frozen=True, kw_only=True):
    """The TLS settings of requests to providers.

    Attributes:
        ca: `CLIENT_TLS_CA_PATH`: a file of authorities that are trusted besides the usual ones.
        cert: `CLIENT_TLS_CERT_PATH`: the file of the certificate that providers with mutual TLS ask for.
        key: `CLIENT_TLS_KEY_PATH`: the file of its key.
        minimum: `CLIENT_TLS_MIN_VERSION`: the lowest version of TLS, "TLS12" or "TLS13".
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    minimum: Literal["TLS12", "TLS13"] = "TLS12"

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise SettingsError("CLIENT_TLS_CERT_PATH and CLIENT_TLS_KEY_PATH: set both, or neither")
        if self.minimum not in ("TLS12", "TLS13"):
            raise SettingsError(f"CLIENT_TLS_MIN_VERSION={self.minimum!r}: write TLS12 or TLS13")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ClientTls:
        """Read the settings from environment variables.

        Raises:
            SettingsError: A variable has an invalid value.
        """
        return cls(
            ca=environ.get("CLIENT_TLS_CA_PATH") or None,
            cert=environ.get("CLIENT_TLS_CERT_PATH") or None,
            key=environ.get("CLIENT_TLS_KEY_PATH") or None,
            minimum=environ.get("CLIENT_TLS_MIN_VERSION") or "TLS12",  # type: ignore[arg-type]  # checked above
        )

    def apply(self, context: ssl.SSLContext) -> None:
        """Change a context of a client accordingly.

        Raises:
            OSError: A file cannot be read or used.
        """
        if self.ca:
            context.load_verify_locations(self.ca)
        if self.cert:
            context.load_cert_chain(self.cert, self.key)
        if self.minimum == "TLS13":
            context.minimum_version = ssl.TLSVersion.TLSv1_3


class Access(Concealed, Struct, frozen=True, kw_only=True):
    """The address of a provider, None for its default, and its key, None for none."""

    url: str | None = None
    key: str | None = None

    def __repr__(self) -> str:
        url = None if self.url is None else redact_url(self.url)
        return f"Access(url={url!r}, key={'...' if self.key else None!r})"


class Settings(Concealed, Struct, frozen=True, kw_only=True):
    """The settings of the embedded gateway.

    Attributes:
        host: `SERVER_HOST`: the address to listen on.
        port: `SERVER_PORT`: 0 picks a free one.
        read_timeout: `SERVER_READ_TIMEOUT`, seconds: time limit of an answer that is not streamed.
        idle_timeout: `SERVER_IDLE_TIMEOUT`, seconds: how long an idle connection stays open.
        header_timeout: `CLIENT_RESPONSE_HEADER_TIMEOUT`, seconds: time limit for the head of a provider's answer.
        max_body: `SERVER_MAX_REQUEST_BODY_SIZE`, bytes.
        allowed_models: `ALLOWED_MODELS`: when not empty, the only models; takes precedence over `disallowed_models`.
        disallowed_models: `DISALLOWED_MODELS`: models that are refused.
        allowed_hosts: `ALLOWED_HOSTS`: names by which requests may address this gateway (the `Host` header, without
            port), beside its own. When empty, `Host` is checked only where the gateway listens on loopback.
        allowed_origins: `ALLOWED_ORIGINS`: origins of web pages that may use this gateway; no other page may.
        images: `ENABLE_IMAGES`, or `IMAGES_ENABLED` as newer gateways call it: the image endpoints are on.
        vision: `ENABLE_VISION`, or `VISION_ENABLED` as newer gateways call it: images are removed from requests to
            models that accept text only. When off, nothing is removed.
        audio: `AUDIO_ENABLED`, of newer gateways: the audio endpoints are on.
        videos: `VIDEOS_ENABLED`, of newer gateways: the video endpoints are on.
        expose_mcp: `MCP_EXPOSE`: tools can be listed, and with MCP on, called at `/mcp`.
        mcp: `MCP_ENABLED`, `MCP_SERVERS` and the other variables of MCP.
        mcp_resource_url: `MCP_RESOURCE_URL`: the public address of `/mcp` in the token metadata; None to make it from
            the request.
        push_metrics: `TELEMETRY_ENABLED` with `TELEMETRY_METRICS_PUSH_ENABLED`: pushed metrics are checked, not stored.
        access: `<ID>_API_URL` and `<ID>_API_KEY`, by provider id.
        pools: `ROUTING_ENABLED` with `ROUTING_CONFIG_PATH`: the (provider id, model) pairs of each alias, in turn.
        guardrails: `GUARDRAILS_ENABLED` with `GUARDRAILS_EXTERNAL_URL`: a service that judges requests, or None.
        oidc: `AUTH_ENABLED`, `AUTH_OIDC_ISSUER`, `AUTH_OIDC_CLIENT_ID`, `AUTH_OIDC_AUDIENCE`: the issuer of required
            tokens; None for none.
        token: `INFERENCE_GATEWAY_SERVE_TOKEN`, of the embedded gateway only: a token that requests need wherever they
            would need one of an issuer.
        quirks: A release of the real gateway, such as "v0.48", whose bugs are reproduced; None for none.
        write_timeout: `SERVER_WRITE_TIMEOUT`, seconds: used with the `write_deadline` quirk only.
        tls_cert: `SERVER_TLS_CERT_PATH`: the file of the certificate and its intermediates; None for plain HTTP.
        tls_key: `SERVER_TLS_KEY_PATH`: the file of its key.
        client_ca: `SERVER_TLS_CLIENT_CA_PATH`: the file of the authorities of required client certificates; None for
            none (mutual TLS).
        client_tls: `CLIENT_TLS_CA_PATH` and the other variables of TLS to providers.
        grace: Seconds that open answers have left when `igw serve` stops; a gateway of a test has none.
        ignored: Variables that are set and that this gateway ignores.
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
    videos: bool = False
    expose_mcp: bool = False
    mcp: McpSettings = McpSettings()
    mcp_resource_url: str | None = None
    push_metrics: bool = False
    access: Mapping[str, Access] = field(default_factory=dict[str, Access])
    pools: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict[str, Sequence[tuple[str, str]]])
    guardrails: Guardrails | None = None
    oidc: Oidc | None = None
    token: str | None = None
    quirks: str | None = None
    write_timeout: float = 30.0
    tls_cert: str | None = None
    tls_key: str | None = None
    client_ca: str | None = None
    client_tls: ClientTls = ClientTls()
    grace: float = 5.0
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            named(self.quirks)
        except ValueError as error:
            raise SettingsError(f"quirks: {error}") from None
        if self.token and self.oidc:
            raise SettingsError("token and oidc are both set: leave one of them out")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError("SERVER_TLS_CERT_PATH and SERVER_TLS_KEY_PATH: set both, or neither for plain HTTP")
        if self.client_ca is not None and self.tls_cert is None:
            raise SettingsError(
                "SERVER_TLS_CLIENT_CA_PATH: set SERVER_TLS_CERT_PATH and SERVER_TLS_KEY_PATH as well, or unset it"
            )
        if self.grace < 0:
            raise SettingsError(f"grace={self.grace!r}: write seconds, 0 or more")
        for host in self.allowed_hosts:
            if not _HOST.fullmatch(host):
                raise SettingsError(f"ALLOWED_HOSTS: {host!r}: write a host name such as gateway, without a port")
        for origin in self.allowed_origins:
            if normal_origin(origin) is None:
                raise SettingsError(f"ALLOWED_ORIGINS: {origin!r}: write an origin such as http://localhost:3000")
        try:
            Pools(self.pools)
        except PoolError as error:
            raise SettingsError(f"pools: {error}") from None

    def __repr__(self) -> str:
        return Struct.__repr__(replace(self, token="...") if self.token not in (None, "...") else self)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, quirks: str | None = None) -> Settings:
        """Read the settings from environment variables.

        Args:
            environ: The variables.
            quirks: The attribute of this name. It has no variable, as the real gateway has none for its bugs.

        Raises:
            SettingsError: A variable has an invalid value.
        """
        _refuse_absent_features(environ)
        plain = cls(quirks=quirks)
        push_metrics = switch(environ, "TELEMETRY_ENABLED") and switch(environ, "TELEMETRY_METRICS_PUSH_ENABLED")
        guardrails = Guardrails.from_env(environ)
        honoured = (
            ("TELEMETRY_ENABLED",) * push_metrics
            + ("SERVER_WRITE_TIMEOUT",) * named(quirks).write_deadline
            + ("GUARDRAILS_ENABLED",) * (guardrails is not None)
        )
        return cls(
            host=environ.get("SERVER_HOST") or plain.host,
            port=integer(environ, "SERVER_PORT", plain.port, 0, 65535),
            read_timeout=duration(environ, "SERVER_READ_TIMEOUT", plain.read_timeout),
            idle_timeout=duration(environ, "SERVER_IDLE_TIMEOUT", plain.idle_timeout),
            header_timeout=duration(environ, "CLIENT_RESPONSE_HEADER_TIMEOUT", plain.header_timeout),
            max_body=integer(environ, "SERVER_MAX_REQUEST_BODY_SIZE", plain.max_body, 1, 2**63 - 1),
            # lower case, because the lists ignore case (gateway-behaviour.md#routing)
            allowed_models=names(environ.get("ALLOWED_MODELS", "").lower()),
            disallowed_models=names(environ.get("DISALLOWED_MODELS", "").lower()),
            allowed_hosts=names(environ.get("ALLOWED_HOSTS", "")),
            allowed_origins=names(environ.get("ALLOWED_ORIGINS", "")),
            images=switch(environ, "ENABLE_IMAGES") or switch(environ, "IMAGES_ENABLED"),
            vision=switch(environ, "ENABLE_VISION") or switch(environ, "VISION_ENABLED"),
            audio=switch(environ, "AUDIO_ENABLED"),
            videos=switch(environ, "VIDEOS_ENABLED"),
            expose_mcp=switch(environ, "MCP_EXPOSE"),
            mcp=_mcp(environ, older=named(quirks).older_routes),
            mcp_resource_url=_resource_url(environ),
            push_metrics=push_metrics,
            access={name: _access(environ, name) for name in CATALOGUE},
            pools=_pools(environ),
            guardrails=guardrails,
            oidc=_oidc(environ),
            token=environ.get("INFERENCE_GATEWAY_SERVE_TOKEN") or None,
            quirks=quirks,
            write_timeout=duration(environ, "SERVER_WRITE_TIMEOUT", plain.write_timeout),
            tls_cert=environ.get("SERVER_TLS_CERT_PATH") or None,
            tls_key=environ.get("SERVER_TLS_KEY_PATH") or None,
            client_ca=environ.get("SERVER_TLS_CLIENT_CA_PATH") or None,
            client_tls=ClientTls.from_env(environ),
            ignored=tuple(name for name in _not_here(environ) if name not in honoured and is_on(environ[name])),
        )

    def at(self, *, host: str | None = None, port: int | None = None, grace: float | None = None) -> Settings:
        """Return these settings with another host, port or grace. None keeps the current value."""
        given = {"host": host, "port": port, "grace": grace}
        return replace(self, **{name: value for name, value in given.items() if value is not None})


def _resource_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("MCP_RESOURCE_URL") or None
    if url is not None and not is_http(url):
        shown = abbreviated_url(url)
        raise SettingsError(
            f"MCP_RESOURCE_URL={shown}: write an address such as https://gateway.example/mcp, or unset it"
        )
    return url


def _mcp(environ: Mapping[str, str], *, older: bool) -> McpSettings:
    """Return the settings of MCP. On older gateways both time limits apply to lists and to calls."""
    settings = McpSettings.from_env(environ)
    shorter = min(settings.request_timeout, settings.call_timeout)
    return replace(settings, request_timeout=shorter, call_timeout=shorter) if older else settings


def _not_here(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are set and that only the real gateway acts on."""
    return [name for name in _NOT_HERE if name in environ]


def _refuse_absent_features(environ: Mapping[str, str]) -> None:
    """Return if no variable asks for a feature that only the real gateway has.

    A switch that is explicitly off, such as `A2A_ENABLED=false`, makes the variables of its feature ineffective.

    Raises:
        SettingsError: A variable asks for one.
    """
    for prefix, (wanted, advice) in _REFUSED.items():
        off = bool(environ.get(wanted)) and not switch(environ, wanted)
        for name in sorted(environ):
            if name.startswith(prefix) and is_on(environ[name]) and not off:
                raise SettingsError(f"{name}: {advice}")


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
    audiences = names(environ.get("AUTH_OIDC_AUDIENCE", ""))
    if not is_http(issuer):
        raise SettingsError(
            f"AUTH_OIDC_ISSUER={abbreviated_url(issuer)}: with AUTH_ENABLED=true, write the address of the issuer"
        )
    if not audience and not audiences:
        raise SettingsError(
            "AUTH_OIDC_CLIENT_ID and AUTH_OIDC_AUDIENCE are not set: with AUTH_ENABLED=true, write the audience of its "
            "tokens into one"
        )
    return Oidc(issuer=issuer, audience=audience, audiences=audiences)


def _access(environ: Mapping[str, str], provider: str) -> Access:
    name = f"{provider.upper()}_API_URL"
    url = environ.get(name)
    if url is not None and not is_http(url):
        shown = abbreviated_url(url)
        raise SettingsError(f"{name}={shown}: write an address such as http://127.0.0.1:8000/v1, or unset it")
    return Access(url=url, key=environ.get(f"{provider.upper()}_API_KEY") or None)
