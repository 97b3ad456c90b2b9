"""The shells that move bytes: blocking and asyncio over `_http1`, and a user's own httpx2 client."""
