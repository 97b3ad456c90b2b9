"""An httpx2 response as the source of a body: what came and was not taken, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference_gateway_sdk._http1.failures import Failure, Truncated

if TYPE_CHECKING:
    import httpx2

__all__ = ["HELD", "Arrivals"]

HELD = 256 * 1024
"""Bytes that wait for the reader before no more are fetched."""

_UNPROVED = "the body has no length, and httpx2 does not tell its end from a cut under TLS"


class Arrivals:
    """See `_http1.body.Source`; bytes are as they were sent, still compressed."""

    __slots__ = ("_waiting", "body", "complete", "failure", "headers", "provable", "status")

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
        ]
        self.provable = not _ends_with_tls(response)
        self.body: list[bytes] = []
        self.complete = False
        self.failure: Failure | None = None
        self._waiting = 0
        if response.is_stream_consumed:  # by a hook: what it read is decoded already
            self.headers = [(name, value) for name, value in self.headers if name != "content-encoding"]
            self.put(response.content)
            self.finish()

    @property
    def full(self) -> bool:
        """Enough waits for the reader."""
        return self._waiting >= HELD

    def put(self, piece: bytes) -> None:
        """Take what came."""
        self.body.append(piece)
        self._waiting += len(piece)

    def finish(self) -> None:
        """Take the end as httpx2 sees it."""
        if self.failure is not None:
            return
        if self.provable:
            self.complete = True
        else:
            self.failure = Truncated(_UNPROVED)

    def take(self) -> bytes:
        """All that is there, b"" when nothing is."""
        data = self.body[0] if len(self.body) == 1 else b"".join(self.body)
        self.body.clear()
        self._waiting = 0
        return data

    def fail(self, failure: Failure) -> None:
        """Nothing more will be taken; the first failure stays."""
        if self.failure is None:
            self.failure = failure

    def end(self, why: str, *, orderly: bool) -> None:
        """Take the end of the connection; `orderly` makes no difference, for httpx2 knows none."""
        if not self.complete:
            self.fail(Truncated(f"{why} before the end of the body"))


def _ends_with_tls(response: httpx2.Response) -> bool:
    """Whether only the end of a TLS connection says where the body ends: httpx2 takes any FIN for it."""
    if not str(response.http_version).startswith("HTTP/1") or response.status_code in (204, 304):
        return False
    if response.request.method == "HEAD" or "content-length" in response.headers:
        return False
    stream = response.extensions.get("network_stream")
    return (
        stream is not None
        and "transfer-encoding" not in response.headers
        and stream.get_extra_info("ssl_object") is not None
    )
