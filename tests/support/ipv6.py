"""Detection of an IPv6 loopback on this machine: containers often have none."""

from __future__ import annotations

import socket

import pytest

__all__ = ["needs_ipv6"]


def _has_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_loopback(), reason="this machine has no IPv6 loopback (::1) to listen on")
