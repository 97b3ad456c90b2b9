"""A user's own httpx2 client as a transport, blocking and asyncio, with its proxies, hooks, authentication and HTTP/2.

httpx2 is not a dependency. It is imported here, and this package is imported only when one of its drivers is used.
"""

try:
    from .asynchronous import AsyncHttpx2Driver
    from .blocking import Httpx2Driver
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise ImportError("this driver needs httpx2, which is not installed: pip install httpx2") from error

__all__ = ["AsyncHttpx2Driver", "Httpx2Driver"]
