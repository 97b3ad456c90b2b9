"""The way to a scripted gateway without a socket: transports that hand a request straight to its application."""

from .drivers import AsyncInProcessDriver, InProcessDriver

__all__ = ["AsyncInProcessDriver", "InProcessDriver"]
