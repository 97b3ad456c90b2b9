"""OIDC: discover the issuer, fetch its keys, verify bearer tokens."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    import jwt

__all__ = ["IssuerError", "Oidc", "TokenVerifier", "is_this_machine"]


def is_this_machine(url: str) -> bool:
    """Whether the URL's host is a loopback address or `localhost`."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_SECONDS = 10.0  # for one answer of the issuer
_PAUSE = 1.0  # seconds between two questions for its keys
_SKEW = 300.0  # seconds that a token may be used before it says so: clocks differ
# The type of key behind each family of signatures; those with a shared secret are never taken.
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class IssuerError(Exception):
    """The issuer cannot be used; the text says why."""


class Oidc(Struct, frozen=True, kw_only=True):
    """Whose tokens are taken.

    Attributes:
        issuer: `AUTH_OIDC_ISSUER`: its address, written exactly as it calls itself in its tokens.
        audience: `AUTH_OIDC_CLIENT_ID`: for whom a token must be.
    """

    issuer: str
    audience: str


class _Discovered(Struct):
    """What is read of the issuer's description of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)


class TokenVerifier:
    """Checks tokens of one issuer.

    Args:
        oidc: Whose tokens, for whom.
        jwks_uri: Where its keys are.
        algorithms: How it signs.
        pause: Seconds between two questions for its keys, however many tokens have unknown ones.
    """

    def __init__(self, oidc: Oidc, jwks_uri: str, algorithms: Iterable[str], *, pause: float = _PAUSE) -> None:
        self._oidc = oidc
        self._jwks_uri = jwks_uri
        self._algorithms = [name for name in algorithms if name[:2] in _KEY_TYPES]
        self._pause = pause
        self._keys: list[jwt.PyJWK] = []
        self._asked = -pause  # when, on the monotonic clock
        self._asking: asyncio.Task[None] | None = None

    @classmethod
    def discover(cls, oidc: Oidc, *, seconds: float = _SECONDS, pause: float = _PAUSE) -> TokenVerifier:
        """The verifier for an issuer, which is asked where its keys are.

        Raises:
            IssuerError: It does not answer within the seconds, calls itself something else, or PyJWT is missing.
        """
        _need_library()
        url = oidc.issuer.removesuffix("/") + "/.well-known/openid-configuration"
        try:
            with httpx2.Client(timeout=seconds, trust_env=not is_this_machine(url)) as client:
                answer = client.get(url).raise_for_status()
            found = msgspec.json.decode(answer.content, type=_Discovered)
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError) as error:
            raise IssuerError(f"the OpenID Connect issuer at {url} cannot be used: {error}") from error
        if found.issuer != oidc.issuer:
            raise IssuerError(f"the issuer {oidc.issuer!r} calls itself {found.issuer!r}: set AUTH_OIDC_ISSUER to that")
        return cls(oidc, found.jwks_uri, found.id_token_signing_alg_values_supported, pause=pause)

    async def accepts(self, token: str) -> bool:
        """Whether the token is signed by the issuer, from it, for the audience, and of now."""
        verdict = self._verdict(token)
        if verdict is None and await self._renew():
            verdict = self._verdict(token)
        return verdict or False

    def _verdict(self, token: str) -> bool | None:
        """What becomes of the token; None when it is signed by no key that is known."""
        import jwt

        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return False
        if header.get("alg") not in self._algorithms:
            return False
        for key in self._fitting(header):
            try:
                claims = self._claims(token, key)
                # PyJWT 2.10.0 takes any part of the issuer's name for it (CVE-2024-53861): compared whole here
                return claims.get("iss") == self._oidc.issuer and _is_of_now(claims)
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError:
                return False
        return None

    def _fitting(self, header: dict[str, object]) -> list[jwt.PyJWK]:
        """The keys that may have signed a token with this header: one without a key's id leaves it open."""
        wanted, kid = _KEY_TYPES[str(header["alg"])[:2]], header.get("kid")
        return [key for key in self._keys if key.key_type == wanted and kid in (None, "", key.key_id)]

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, object]:
        import jwt

        return jwt.decode(
            token,
            key.key,
            algorithms=self._algorithms,
            audience=self._oidc.audience,
            issuer=self._oidc.issuer,
            options={"require": ["exp"], "verify_iat": False, "verify_nbf": False},
        )

    async def _renew(self) -> bool:
        """Whether the keys have been asked for just now: by this token, or by another that waits for them too."""
        asking = self._asking
        if asking is None or asking.done() or asking.get_loop() is not asyncio.get_running_loop():
            if time.monotonic() - self._asked < self._pause:
                return False
            self._asked = time.monotonic()
            asking = self._asking = asyncio.create_task(self._ask())
        await asyncio.shield(asking)  # a client that leaves must not take the keys from the others
        return True

    async def _ask(self) -> None:
        """Take the issuer's keys in place of those before; one that does not answer changes nothing."""
        import jwt

        trust_env = not is_this_machine(self._jwks_uri)
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS, trust_env=trust_env) as client:
                answer = (await client.get(self._jwks_uri)).raise_for_status()
            keys = jwt.PyJWKSet.from_dict(msgspec.json.decode(answer.content, type=dict[str, object])).keys
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError, jwt.PyJWTError):
            return
        self._keys = [key for key in keys if key.public_key_use in (None, "sig")]


def _is_of_now(claims: dict[str, object]) -> bool:
    """Whether the token may be used already; that it has not expired is known."""
    begins = claims.get("nbf", 0)
    return isinstance(begins, int | float) and begins <= time.time() + _SKEW


def _need_library() -> None:
    try:
        from jwt.algorithms import has_crypto
    except ModuleNotFoundError:
        has_crypto = False
    if not has_crypto:
        raise IssuerError("checking tokens needs PyJWT with cryptography: pip install 'inference-gateway-sdk[oidc]'")
