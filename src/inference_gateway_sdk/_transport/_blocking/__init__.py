"""The blocking shell: sockets that never block by themselves, waited for up to a deadline."""

from .driver import BlockingDriver

__all__ = ["BlockingDriver"]
