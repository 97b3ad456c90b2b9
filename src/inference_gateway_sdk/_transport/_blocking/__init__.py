"""The blocking transport: non-blocking sockets, polled up to a deadline."""

from .driver import BlockingDriver

__all__ = ["BlockingDriver"]
