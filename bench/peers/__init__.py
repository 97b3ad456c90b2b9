"""One file a client: how it does the benchmark's work, as its own documentation says.

A file may define `Blocking` and `Async`, made with an `Address`; a method that is missing is work the client cannot do.
Methods return what was understood, which is compared with what the server said:

- `ask(name)`, `picture()`: text and total tokens of a chat answer;
- `stream(name)`, `bare(name)`, `helped(name)`: units, characters and tokens of a chat stream, as the client streams by
  default, keeping nothing, and put together by the client's own helper;
- `tools(name)`, `responses(name)`, `messages(name)`: the same of a stream of tool calls, and of the other dialects;
- `models()`: how many models, and how many with a price;
- `hold(name, pieces)`: an open stream of which that many pieces were read.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache

PROMPT = "Say hello."
MODEL = "bench-model"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and whom to trust."""

    origin: str
    authority: str | None = None

    def url(self, name: str) -> str:
        """The base URL of the answer of that name."""
        return f"{self.origin}/{name}/v1"


@cache
def pictures() -> list[str]:
    """Four pictures, a megabyte each as data URLs."""
    data = base64.b64encode(bytes(range(256)) * 3072).decode()
    return [f"data:image/png;base64,{data}" for _ in range(4)]


def picture_messages() -> list[dict[str, object]]:
    """A message of four megabytes."""
    parts: list[dict[str, object]] = [{"type": "text", "text": PROMPT}]
    parts += [{"type": "image_url", "image_url": {"url": url}} for url in pictures()]
    return [{"role": "user", "content": parts}]
