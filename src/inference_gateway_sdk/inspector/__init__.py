"""The traffic page of the embedded gateway: `igw serve --inspect` serves it at `/inspect/`.

`Inspector` is the middleware that records requests and serves the page. Needs the extra `embedded`.
"""

from __future__ import annotations

from .page import Inspector

__all__ = ["Inspector"]
