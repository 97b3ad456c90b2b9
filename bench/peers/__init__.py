"""The benchmark's work with each client, one file per client, written as its own documentation recommends.

A file may define `Blocking` and `Async`, created with an `Address`. A missing method is work that the client does not
support. Methods return their results, which are compared with the data that the server sent:

- `ask(name)`, `picture()`: text and total tokens of a chat answer;
- `stream(name)`, `bare(name)`, `helped(name)`: units, characters and tokens of a chat stream: with the client's
  defaults, without assembly, and assembled by the client's own helper;
- `tools(name)`, `responses(name)`, `messages(name)`: the same for a stream of tool calls, and for the other dialects;
- `models()`: the number of models, and of models with a price;
- `hold(name, pieces)`: an open stream after reading that many pieces.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache

PROMPT = "Say hello."
MODEL = "bench-model"


@dataclass(frozen=True, slots=True)
class Address:
    """The server's address and certificate authority."""

    origin: str
    authority: str | None = None

    def url(self, name: str) -> str:
        """Return the base URL for the named response."""
        return f"{self.origin}/{name}/v1"


@cache
def pictures() -> list[str]:
    """Return four images as data URLs of a megabyte each."""
    data = base64.b64encode(bytes(range(256)) * 3072).decode()
    return [f"data:image/png;base64,{data}" for _ in range(4)]


def picture_messages() -> list[dict[str, object]]:
    """Return a message of four megabytes."""
    parts: list[dict[str, object]] = [{"type": "text", "text": PROMPT}]
    parts += [{"type": "image_url", "image_url": {"url": url}} for url in pictures()]
    return [{"role": "user", "content": parts}]
