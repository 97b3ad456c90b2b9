"""Whether an address is of this machine: then no proxy of the environment stands between."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

__all__ = ["is_this_machine"]


def is_this_machine(url: str) -> bool:
    """Whether the URL's host is a loopback address or `localhost`."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
