"""Cipher text to plain text and back, in memory: an `ssl.SSLObject` between two buffers.

The same in both worlds, and nothing is hidden: close_notify and late alerts are seen, and what arrived before a
failure is given out first. Errors are kept as facts, so that only this module needs `ssl`.
"""

from __future__ import annotations

import ssl

__all__ = ["Tls"]

_RECORD = 64 * 1024
_WANTS_IO = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Tls:
    """One TLS client.

    Attributes:
        up: The handshake is complete.
        closed: The peer said close_notify.
        failure: Why nothing more will come, None while all is well.
        refused: The failure is the peer refusing our certificate. TLS 1.3 says that after the request was written.
    """

    __slots__ = ("_incoming", "_outgoing", "_session", "closed", "failure", "refused", "up")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.up = False
        self.closed = False
        self.failure: str | None = None
        self.refused = False
        self._do_handshake()

    def receive(self, data: bytes | memoryview) -> list[bytes]:
        """The plain text that these bytes complete, in pieces."""
        self._incoming.write(data)
        if not self.up:
            self._do_handshake()
        plain: list[bytes] = []
        while self.up and self.failure is None and not self.closed and (piece := self._read()):
            plain.append(piece)
        return plain

    def write(self, data: bytes | memoryview) -> bool:
        """Encrypt `data`; False when the peer must be heard first (or is gone), and `data` is to be offered again."""
        try:
            self._session.write(data)
        except _WANTS_IO:
            return False
        except ssl.SSLError as error:
            self._note(error)
            return False
        return True

    def outgoing(self) -> bytes:
        """Cipher text to be sent, b"" when there is none."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def _do_handshake(self) -> None:
        try:
            self._session.do_handshake()
        except _WANTS_IO:
            return
        except (ssl.SSLError, ssl.CertificateError) as error:
            self._note(error)
        else:
            self.up = True

    def _read(self) -> bytes:
        try:
            data = self._session.read(_RECORD)
        except _WANTS_IO:
            return b""
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLError as error:
            self._note(error)
            return b""
        self.closed = not data
        return data

    def _note(self, error: ssl.SSLError) -> None:
        if isinstance(error, ssl.SSLCertVerificationError):
            self.failure = f"the server's certificate does not verify: {error.verify_message}"
            return
        reason = error.reason or str(error)
        self.failure = f"TLS failed: {reason}"
        self.refused = "ALERT" in reason and any(
            word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
        )
