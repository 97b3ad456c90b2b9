"""The gateway's URLs: parse `base_url` into its two roots, and join a call's path and query to a whole URL.

The gateway serves its API below `/v1`, and a few routes (health, proxy) at its root. It answers a double slash with 404
(gateway-behaviour.md#routes), so both roots are stored without a trailing slash.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable  # noqa: TC003  (msgspec reads the annotations at run time)
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from msgspec import Struct

__all__ = ["GatewayUrl", "abbreviated_url", "redact_url", "segment"]

_CACHE_SIZE: Final = 256  # paths; most calls use one of about a dozen
_EXAMPLE: Final = "http://localhost:8080/v1"
_SCHEMES: Final = frozenset({"http", "https"})
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_SLASHES: Final = re.compile(r"/{2,}")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENDPOINT: Final = re.compile(r"/v1/(?:chat/completions|models|messages|responses|images/[a-z]+)\Z")
_PATH_SAFE: Final = "/%:@!$&'()*+,;=~"  # RFC 3986 section 3.3, and "%" of existing escapes
_QUERY_SAFE: Final = ",:@!$'()*/~"  # RFC 3986 section 3.4, without separators ("&", "=", ";") and "+" for a space


class GatewayUrl(Struct, frozen=True):
    """The address of a gateway.

    Attributes:
        root: The URL that health and proxy are below: scheme, host, port and any path before /v1, without a trailing
            slash.
    """

    root: str

    @property
    def api(self) -> str:
        """The URL that the API is below, without a trailing slash."""
        return f"{self.root}/v1"

    @classmethod
    def parse(cls, text: str) -> GatewayUrl:
        """Parse the gateway's address.

        Args:
            text: An http or https URL, with or without `/v1` at its end; a path before it is kept.

        Raises:
            ValueError: The text is not such a URL. The message names `base_url` and contains no password.
        """
        parts = _split(text)
        path = _SLASHES.sub("/", _quoted(parts.path)).rstrip("/").removesuffix("/v1").rstrip("/")
        return cls(f"{parts.scheme}://{_host(parts, text)}{_port(parts, text)}{path}")

    def join(self, path: str, query: Iterable[tuple[str, str]] = (), *, at_root: bool = False) -> str:
        """Return the whole URL of a call.

        Args:
            path: The path below the API's root, or below the gateway's with `at_root`. Characters that are not allowed
                in a path are escaped; existing escapes are kept. Pass names that go into it through `segment` first.
            query: Names and values in order, not escaped.
            at_root: True when the path is at the gateway's root instead of below /v1.

        Raises:
            ValueError: The path contains a query or a fragment.
        """
        whole = (self.root if at_root else self.api) + _join_path(path)
        pairs = "&".join([f"{quote(name, safe=_QUERY_SAFE)}={quote(value, safe=_QUERY_SAFE)}" for name, value in query])
        return f"{whole}?{pairs}" if pairs else whole


@functools.lru_cache(_CACHE_SIZE)
def _join_path(path: str) -> str:
    if "?" in path or "#" in path:
        raise ValueError(f"path must not contain '?' or '#', as {path!r} does: pass query parameters as query")
    return _SLASHES.sub("/", "/" + _quoted(path))


def segment(value: str, name: str = "value") -> str:
    """Escape a value as one segment of a path, so that it cannot affect other segments.

    Args:
        value: The value that the user gave.
        name: The argument it came from, for the error message.

    Raises:
        ValueError: The value is empty, "." or "..": escaping cannot make these a segment.
    """
    if value in {"", ".", ".."}:
        raise ValueError(f"{name} must be usable as one segment of a URL path, got {value!r}")
    return quote(value, safe="")


def redact_url(url: str) -> str:
    """Return the URL without user information, query and fragment, for messages and logs. Never raises."""
    address = url.partition("#")[0].partition("?")[0]
    scheme, separator, rest = address.rpartition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def _invalid_url(why: str) -> ValueError:
    return ValueError(f"base_url {why}; write a URL such as {_EXAMPLE!r}")


def abbreviated_url(text: str) -> str:
    """Return the part of a refused URL that is safe to show: none with an "@", as a password may contain delimiters."""
    return "(not shown, because it may contain a password)" if "@" in text else repr(redact_url(text))


def _split(text: str) -> SplitResult:
    """Split a URL that names only the gateway's address, and raise for any other."""
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # a user without a type checker
        raise TypeError(f"base_url must be a string such as {_EXAMPLE!r}, got {type(text).__name__}")
    if not text:
        raise _invalid_url("is empty")
    if _UNSAFE.search(text):
        raise _invalid_url("contains a space, a control character or a backslash")
    if "://" not in text:
        raise _invalid_url("has no scheme" + _suggestion(text))
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _invalid_url(f"{abbreviated_url(text)} has no valid host") from None
    _check_parts(parts, text)
    return parts


def _suggestion(text: str) -> str:
    """Return a suggestion for a URL without a scheme, "" where none is certain."""
    host = redact_url(text).strip("/").removesuffix("/v1")
    return f": write 'http://{host}/v1'" if _HOST.match(host) and "@" not in text else ""


def _check_parts(parts: SplitResult, text: str) -> None:
    shown = abbreviated_url(text)
    if parts.scheme not in _SCHEMES:
        raise _invalid_url(f"{shown} is neither http nor https")
    if "@" in parts.netloc:
        raise _invalid_url(f"{shown} must not contain a user name or password: pass the token as token")
    if "?" in text or "#" in text:
        raise _invalid_url(f"{shown} must not have a query or a fragment: pass query parameters as extra_query")
    if endpoint := _ENDPOINT.search(parts.path.rstrip("/")):
        raise _invalid_url(f"{shown} is the URL of one endpoint: end it before {endpoint[0].removeprefix('/v1')!r}")


def _host(parts: SplitResult, text: str) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return _ipv6(host, text)
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
        changed = ascii_host.encode("ascii").decode("idna") != host if ascii_host != host else False
    except UnicodeError:
        ascii_host, changed = "", False
    if changed:  # IDNA 2003 makes fass.de of "fa\u00df.de", which since IDNA 2008 is another host (RFC 5894 section 7)
        raise _invalid_url("names a host that standards spell differently: write it in ASCII (xn--...)")
    if not _HOST.fullmatch(ascii_host):
        raise _invalid_url(f"{abbreviated_url(text)} has no valid host")
    return ascii_host


def _ipv6(host: str, text: str) -> str:
    try:  # the first releases of 3.11 accept anything in brackets; later ones check it themselves
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    except ValueError:
        raise _invalid_url(f"{abbreviated_url(text)} has no valid IPv6 address") from None


def _port(parts: SplitResult, text: str) -> str:
    digits = parts.netloc.rpartition("]")[2].rpartition(":")
    if not digits[1]:
        return ""
    if not (digits[2].isascii() and digits[2].isdigit() and len(digits[2]) <= 5 and 0 < int(digits[2]) < 65536):
        raise _invalid_url(f"{abbreviated_url(text)} has no valid port (1 to 65535)")
    return f":{int(digits[2])}"


def _quoted(path: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", path), safe=_PATH_SAFE)
