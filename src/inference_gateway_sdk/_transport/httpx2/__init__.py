"""A user's own httpx2 client as a transport, blocking and asyncio: its proxies, hooks, authentication and HTTP/2.

httpx2 is no dependency: it is imported here, and this room only when one of its drivers is asked for.
"""

try:
    from .asynchronous import AsyncHttpx2Driver
    from .blocking import Httpx2Driver
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise ImportError("this driver sends by httpx2, which is not installed: pip install httpx2") from error

__all__ = ["AsyncHttpx2Driver", "Httpx2Driver"]
