"""A request on its way through the gateway, as the scripted providers behind it can see it.

The gateway's own code stands between where a request arrives and where its script answers, and knows nothing of either:
a context variable passes the one to the other.
"""

from __future__ import annotations

from contextvars import ContextVar

from .received import ReceivedRequest  # noqa: TC001  (the class below is built at run time)
from .script import Script  # noqa: TC001  (the same)

__all__ = ["CONTEXT", "RequestContext"]


class RequestContext:
    """One request.

    Attributes:
        request: What came.
        script: What answers it; None when no script is for it.
        answered: The script is used. It is not when the gateway refuses the request by itself.
        turns: How often a provider was asked: more than once when the gateway runs tools by itself.
        missed: A provider was asked for which there was no script.
    """

    def __init__(self, request: ReceivedRequest, script: Script | None) -> None:
        self.request = request
        self.script = script
        self.answered = False
        self.turns = 0
        self.missed = False


CONTEXT: ContextVar[RequestContext] = ContextVar("inference_gateway_visit")
