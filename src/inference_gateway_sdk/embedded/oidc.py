"""OIDC: discovery of the issuer, its keys, and verification of bearer tokens."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

from .._model.type_info import strict_decode
from .._version import install_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    import jwt

__all__ = ["IssuerError", "Oidc", "TokenVerifier", "is_this_machine"]


def is_this_machine(url: str) -> bool:
    """Return whether the URL's host is a loopback address or `localhost`."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_SECONDS = 10.0  # timeout of a request to the issuer
_PAUSE = 1.0  # seconds between two requests for its keys
_SKEW = 300.0  # seconds by which clocks may differ when `nbf` is checked
# The key type of each family of signatures. Algorithms with a shared secret are never accepted.
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class IssuerError(Exception):
    """The issuer cannot be used. The message gives the reason."""


class Oidc(Struct, frozen=True, kw_only=True):
    """The issuer whose tokens are accepted.

    Attributes:
        issuer: `AUTH_OIDC_ISSUER`: its address, exactly as in the `iss` claim of its tokens.
        audience: `AUTH_OIDC_CLIENT_ID`: the required `aud` claim.
        audiences: `AUTH_OIDC_AUDIENCE`: the `aud` claims to accept in its place; empty for `audience` alone.
    """

    issuer: str
    audience: str = ""
    audiences: tuple[str, ...] = ()


class _KeySet(Struct):
    keys: list[dict[str, Any]]


class _Discovered(Struct):
    """The fields that are read from the issuer's metadata (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)


class TokenVerifier:
    """Verifies tokens of one issuer.

    Args:
        oidc: The issuer and the audience.
        jwks_uri: The address of the issuer's keys.
        algorithms: The issuer's signature algorithms.
        pause: Seconds between two requests for its keys, even if more tokens have unknown keys.
    """

    def __init__(self, oidc: Oidc, jwks_uri: str, algorithms: Iterable[str], *, pause: float = _PAUSE) -> None:
        self._oidc = oidc
        self._jwks_uri = jwks_uri
        self._algorithms = [name for name in algorithms if name[:2] in _KEY_TYPES]
        self._pause = pause
        self._keys: list[tuple[jwt.PyJWK, object]] = []  # each with the only algorithm it is for, None for any
        self._fetched_at = -pause  # monotonic time of the last request for keys
        self._fetching: asyncio.Task[None] | None = None

    @classmethod
    def discover(cls, oidc: Oidc, *, seconds: float = _SECONDS, pause: float = _PAUSE) -> TokenVerifier:
        """Make a verifier with the issuer's published metadata.

        Raises:
            IssuerError: It does not answer in time, publishes another issuer name, or PyJWT is missing.
        """
        _need_library()
        url = oidc.issuer.removesuffix("/") + "/.well-known/openid-configuration"
        try:
            with httpx2.Client(timeout=seconds, trust_env=not is_this_machine(url)) as client:
                answer = client.get(url).raise_for_status()
            found = strict_decode(answer.content, _Discovered)
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError) as error:
            raise IssuerError(f"the OpenID Connect issuer at {url} cannot be used: {error}") from error
        if found.issuer != oidc.issuer:
            raise IssuerError(
                f"the issuer {oidc.issuer!r} calls itself {found.issuer!r}: set AUTH_OIDC_ISSUER to that name"
            )
        return cls(oidc, found.jwks_uri, found.id_token_signing_alg_values_supported, pause=pause)

    async def accepts(self, token: str) -> bool:
        """Return whether the token is signed by the issuer, for the audience, and valid now."""
        verdict = self._verdict(token)
        if verdict is None and await self._refresh_keys():
            verdict = self._verdict(token)
        return verdict or False

    def _verdict(self, token: str) -> bool | None:
        """Return whether the token is accepted, or None if no known key signed it."""
        import jwt

        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return False
        if header.get("alg") not in self._algorithms:
            return False
        for key in self._candidate_keys(header):
            try:
                claims = self._claims(token, key)
                # PyJWT 2.10.0 accepts any part of the issuer's name (CVE-2024-53861), so compare the whole name here
                return claims.get("iss") == self._oidc.issuer and _is_current(claims)
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError:
                return False
        return None

    def _candidate_keys(self, header: dict[str, object]) -> list[jwt.PyJWK]:
        """Return the keys that may have signed a token with this header. Without a `kid`, all of its type."""
        wanted, kid = _KEY_TYPES[str(header["alg"])[:2]], header.get("kid")
        return [
            key
            for key, algorithm in self._keys
            if key.key_type == wanted and kid in (None, "", key.key_id) and algorithm in (None, header["alg"])
        ]

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, object]:
        import jwt

        return jwt.decode(
            token,
            key.key,
            algorithms=self._algorithms,
            audience=self._oidc.audiences or self._oidc.audience,
            issuer=self._oidc.issuer,
            options={"require": ["exp"], "verify_iat": False, "verify_nbf": False},
        )

    async def _refresh_keys(self) -> bool:
        """Fetch the keys, or wait for a fetch under way. Return False if the last fetch is too recent."""
        fetching = self._fetching
        if fetching is None or fetching.done() or fetching.get_loop() is not asyncio.get_running_loop():
            if time.monotonic() - self._fetched_at < self._pause:
                return False
            self._fetched_at = time.monotonic()
            fetching = self._fetching = asyncio.create_task(self._fetch_keys())
        await asyncio.shield(fetching)  # a client that disconnects must not cancel the fetch for the others
        return True

    async def _fetch_keys(self) -> None:
        """Replace the keys with the issuer's current ones. A failed request changes nothing."""
        import jwt

        trust_env = not is_this_machine(self._jwks_uri)
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS, trust_env=trust_env) as client:
                answer = (await client.get(self._jwks_uri)).raise_for_status()
            entries = strict_decode(answer.content, _KeySet).keys
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError):
            return
        keys: list[tuple[jwt.PyJWK, object]] = []
        for entry in entries:
            with suppress(jwt.PyJWTError):  # keys of other kinds may be in the set
                keys.append((jwt.PyJWK.from_dict(entry), entry.get("alg")))
        if keys:
            self._keys = [(key, algorithm) for key, algorithm in keys if key.public_key_use in (None, "sig")]


def _is_current(claims: dict[str, object]) -> bool:
    """Return whether `nbf` has passed. PyJWT has checked the expiry."""
    begins = claims.get("nbf", 0)
    return isinstance(begins, int | float) and begins <= time.time() + _SKEW


def _need_library() -> None:
    try:
        from jwt.algorithms import has_crypto
    except ModuleNotFoundError:
        has_crypto = False
    if not has_crypto:
        raise IssuerError(f"checking tokens needs PyJWT with cryptography: {install_command('oidc')}")
