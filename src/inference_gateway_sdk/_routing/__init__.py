"""Fallback without I/O: candidates, the meaning of failures, the health of routes, and the plan of a call."""
