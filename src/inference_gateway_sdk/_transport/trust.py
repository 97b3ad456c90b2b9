"""An `ssl.SSLContext` from certificates given as a path or text. It always verifies.

There is no argument to disable verification: pass your own context instead.
"""

from __future__ import annotations

import os
import ssl
from typing import TypeAlias

__all__ = ["Cert", "client_context"]

_Path: TypeAlias = "str | os.PathLike[str]"
Cert: TypeAlias = "_Path | tuple[_Path, _Path] | tuple[_Path, _Path, str]"
"""A PEM file with certificate and key, or certificate file, key file and, if the key is encrypted, its password."""


def client_context(ca: _Path | None, cert: Cert | None) -> ssl.SSLContext:
    """Return the TLS settings of a client.

    Args:
        ca: The authorities to trust instead of the system's: a PEM file, a directory of hashed files, or PEM text.
        cert: The client's certificate, or None.

    Raises:
        ValueError: A file is missing or invalid. The message names the argument.
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
        if os.path.isdir(where):  # noqa: PTH112  (no path object is needed)
            return ssl.create_default_context(capath=where)
        return ssl.create_default_context(cafile=where)
    except (OSError, ValueError) as error:
        shown = "the text given" if "-----BEGIN" in where else repr(where)
        raise ValueError(f"ca: cannot read certificates from {shown} ({_why(error)}): pass PEM data") from None


def _present(context: ssl.SSLContext, cert: Cert) -> None:
    parts = cert if isinstance(cert, tuple) else (cert,)
    if not 1 <= len(parts) <= 3:
        raise ValueError("cert must be a path, (certificate, key) or (certificate, key, password)")
    password = parts[2] if len(parts) == 3 else None
    try:
        # Without a password callback, OpenSSL would prompt on the terminal. An empty password raises an error instead.
        context.load_cert_chain(parts[0], parts[1] if len(parts) > 1 else None, lambda: password or "")
    except (OSError, ValueError) as error:
        names = " and ".join(repr(os.fspath(part)) for part in parts[:2])
        raise ValueError(f"cert: cannot load {names} ({_why(error)}): pass a PEM certificate and its key") from None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
