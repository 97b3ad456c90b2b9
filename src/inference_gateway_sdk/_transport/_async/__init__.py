"""The asyncio shell: one protocol for each connection, one pool for each running loop."""

from .driver import AsyncioDriver

__all__ = ["AsyncioDriver"]
