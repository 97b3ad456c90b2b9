"""An event of a stream whose events have names, as bytes."""

from __future__ import annotations

from ... import go_json

__all__ = ["event"]


def event(kind: str, **fields: object) -> bytes:
    """The event of this name; its data repeats the name as `type`."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), go_json.encode({"type": kind, **fields}))
