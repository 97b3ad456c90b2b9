"""The asyncio half."""
