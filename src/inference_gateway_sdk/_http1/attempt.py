"""One request on one connection: wait on, answered, or to be sent again on another.

The rule that decides about a second connection stands here once for both shells: a request is sent again only when no
byte of it can have left, which happens to a kept connection that the server closed meanwhile.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from .failures import NotSent

if TYPE_CHECKING:
    from .link import Link

__all__ = ["Prospect", "prospect"]


class Prospect(enum.Enum):
    """What to do next with a request that is on its way."""

    WAIT = "wait"  # for the connection to bring something
    ANSWERED = "answered"  # the final head is there
    AGAIN = "again"  # on another connection: this one was stale


def prospect(link: Link, *, reused: bool, proxied: bool) -> Prospect:
    """How the request that was put on `link` stands.

    Args:
        link: With its current exchange.
        reused: The connection had served before.
        proxied: In absolute form: a 407 then speaks for the proxy.

    Raises:
        Failure: There will be no answer.
    """
    exchange = link.exchange
    if exchange is None:
        raise NotSent("the connection closed before the request was put on it")
    if exchange.head_complete:
        if proxied and exchange.status == 407:
            raise NotSent("the proxy answered 407 (authentication required)", permanent=True)
        return Prospect.ANSWERED
    failure = exchange.failure
    if failure is None:
        return Prospect.WAIT
    if link.touched or isinstance(failure, NotSent):
        raise failure.with_traceback(None)
    if reused:
        return Prospect.AGAIN
    raise NotSent(str(failure))
