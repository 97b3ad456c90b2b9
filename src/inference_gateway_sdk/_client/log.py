"""What the clients say under the logger `inference_gateway_sdk`: never a token, a body or a query."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .._wire.url import redacted

if TYPE_CHECKING:
    from ..errors import GatewayError

__all__ = ["answered", "odd_end", "repeating"]

_logger = logging.getLogger("inference_gateway_sdk")


def answered(method: str, url: str, status: int, elapsed: float) -> None:
    """An answer's head has come."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug("%s %s: %d after %.3f s", method, redacted(url), status, elapsed)


def repeating(method: str, url: str, error: GatewayError, pause: float) -> None:
    """A try failed and another follows."""
    if _logger.isEnabledFor(logging.INFO):
        _logger.info("%s %s: %s; trying again in %.2f s", method, redacted(url), type(error).__name__, pause)


def odd_end(error: GatewayError) -> None:
    """A stream whose answer was whole did not end as it should."""
    _logger.warning("the answer is whole, but its stream ended oddly: %s", type(error).__name__)
