"""One token that is known from the start, compared with those that requests bring.

The real gateway has no such thing: there every token comes from an issuer (WIRE section 5). For development and tests
one that is written down is enough.
"""

from __future__ import annotations

import hmac

__all__ = ["FixedToken"]


class FixedToken:
    """Accepts one token and no other, as a `TokenCheck`.

    Args:
        secret: The token.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def accepts(self, token: str) -> bool:
        """Whether this is the token; how long that takes says nothing about it."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._secret)
