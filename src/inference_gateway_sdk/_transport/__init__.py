"""The transports: blocking and asyncio sockets over `_http1`, and a user's own httpx2 client."""
