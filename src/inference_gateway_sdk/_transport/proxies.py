"""The environment's proxy variables as the proxy for one host, or none.

`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy` in either case, the lower one first, as curl reads them. Nothing
else is consulted: no netrc, no system settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["environment_proxies", "environment_proxy"]

_KINDS = ("http", "https", "all", "no")


def environment_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are set and not empty, by "http", "https", "all" and "no"."""
    found: dict[str, str] = {}
    for kind in _KINDS:
        upper = f"{kind.upper()}_PROXY"
        if kind == "http" and "REQUEST_METHOD" in environ:
            upper = ""  # a CGI script's HTTP_PROXY is a header of its visitor
        value = environ.get(f"{kind}_proxy") or environ.get(upper)
        if value and value.strip():
            found[kind] = value.strip()
    return found


def environment_proxy(proxies: Mapping[str, str], scheme: str, host: str, port: int) -> str | None:
    """The URL of the proxy that applies to a host, None when it is to be asked directly."""
    url = proxies.get(scheme) or proxies.get("all")
    if url is None or _excepted(proxies.get("no", ""), host.lower().rstrip("."), port):
        return None
    return url


def _excepted(no_proxy: str, host: str, port: int) -> bool:
    return any(_matches(entry, host, port) for part in no_proxy.split(",") if (entry := part.strip().lower()))


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    name, wanted = _split_port(entry)
    if wanted is not None and wanted != str(port):
        return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str | None]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":") or None
    name, colon, port = entry.rpartition(":")
    return (name, port) if colon and port.isdecimal() and ":" not in name else (entry, None)


def _in_network(entry: str, host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
