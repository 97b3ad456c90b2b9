"""The asyncio transport: one protocol per connection, one pool per running loop."""

from .driver import AsyncioDriver

__all__ = ["AsyncioDriver"]
