"""A certificate authority of one test run: TLS settings for servers, and files for clients."""

from __future__ import annotations

import ssl
from functools import cache

import trustme


@cache
def authority() -> trustme.CA:
    """Return the authority, made once because generating keys takes time."""
    return trustme.CA()


def authority_pem() -> str:
    """Return the certificate that a client must trust."""
    return authority().cert_pem.bytes().decode()


@cache
def certified(*names: str, wants_client: bool = False) -> ssl.SSLContext:
    """Return a server's settings with a certificate for these names; `wants_client` refuses clients without one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
    if wants_client:
        authority().configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
