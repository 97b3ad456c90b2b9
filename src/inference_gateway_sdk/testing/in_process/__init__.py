"""The way to a scripted gateway without a socket: transports that hand a request straight to its application."""

from .aio import AsyncInProcessDriver
from .blocking import InProcessDriver

__all__ = ["AsyncInProcessDriver", "InProcessDriver"]
