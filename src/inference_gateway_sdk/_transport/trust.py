"""Certificates by path or text as an `ssl.SSLContext` that always verifies.

Who must not verify passes a context of their own: there is no argument for it.
"""

from __future__ import annotations

import os
import ssl
from typing import TypeAlias

__all__ = ["Cert", "client_context"]

_Path: TypeAlias = "str | os.PathLike[str]"
Cert: TypeAlias = "_Path | tuple[_Path, _Path] | tuple[_Path, _Path, str]"
"""A PEM file with certificate and key, or certificate file, key file and, where the key has one, its password."""


def client_context(ca: _Path | None, cert: Cert | None) -> ssl.SSLContext:
    """Settings for a client: the system's authorities or `ca`, our certificate where one is given.

    Args:
        ca: A PEM file, a directory of hashed ones, or PEM text; alone trusted, when given.
        cert: The client's certificate.

    Raises:
        ValueError: It names the argument whose file is missing or does not hold what it should.
    """
    context = ssl.create_default_context() if ca is None else _trusting(ca)
    context.set_alpn_protocols(["http/1.1"])
    if cert is not None:
        _present(context, cert)
    return context


def _trusting(ca: _Path) -> ssl.SSLContext:
    where = os.fspath(ca)
    try:
        if "-----BEGIN" in where:
            return ssl.create_default_context(cadata=where)
        if os.path.isdir(where):  # noqa: PTH112  (a plain question needs no path object)
            return ssl.create_default_context(capath=where)
        return ssl.create_default_context(cafile=where)
    except (OSError, ValueError) as error:
        shown = "the text given" if "-----BEGIN" in where else repr(where)
        raise ValueError(f"ca: no certificates could be read from {shown} ({_why(error)}): give PEM") from None


def _present(context: ssl.SSLContext, cert: Cert) -> None:
    parts = cert if isinstance(cert, tuple) else (cert,)
    if not 1 <= len(parts) <= 3:
        raise ValueError("cert must be a path, (certificate, key) or (certificate, key, password)")
    password = parts[2] if len(parts) == 3 else None
    try:
        # Without a password a locked key would be asked for on the terminal: an empty one fails instead.
        context.load_cert_chain(parts[0], parts[1] if len(parts) > 1 else None, lambda: password or "")
    except (OSError, ValueError) as error:
        names = " and ".join(repr(os.fspath(part)) for part in parts[:2])
        raise ValueError(f"cert: {names} cannot be used ({_why(error)})") from None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
