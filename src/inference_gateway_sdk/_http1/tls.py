"""TLS in memory: an `ssl.SSLObject` between two buffers, which decrypts and encrypts without I/O.

The blocking and asyncio transports share it. It reports close_notify and late alerts, and returns data received before
a failure first. Errors are stored as text and flags, so that only this module imports `ssl`.
"""

from __future__ import annotations

import ssl

__all__ = ["Tls"]

_READ_SIZE = 64 * 1024
_WANTS_IO = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Tls:
    """The client side of one TLS connection.

    Attributes:
        up: True once the handshake is complete.
        closed: True once the peer has sent close_notify.
        failure: Reason why the connection failed, or None.
        refused: True if the peer refused our certificate. In TLS 1.3, that alert arrives after the request was written.
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
        """Decrypt `data` and return the plain text in pieces."""
        self._incoming.write(data)
        if not self.up:
            self._do_handshake()
        plain: list[bytes] = []
        while self.up and self.failure is None and not self.closed and (piece := self._read()):
            plain.append(piece)
        return plain

    def write(self, data: bytes | memoryview) -> bool:
        """Encrypt `data`. Return False if TLS must receive first or has failed. Then pass `data` again later."""
        try:
            self._session.write(data)
        except _WANTS_IO:
            return False
        except ssl.SSLError as error:
            self._record_failure(error)
            return False
        return True

    def outgoing(self) -> bytes:
        """Return the cipher text to send, or b"" if there is none."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def _do_handshake(self) -> None:
        try:
            self._session.do_handshake()
        except _WANTS_IO:
            return
        except (ssl.SSLError, ssl.CertificateError) as error:
            self._record_failure(error)
        else:
            self.up = True

    def _read(self) -> bytes:
        try:
            data = self._session.read(_READ_SIZE)
        except _WANTS_IO:
            return b""
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLError as error:
            self._record_failure(error)
            return b""
        self.closed = not data
        return data

    def _record_failure(self, error: ssl.SSLError) -> None:
        if isinstance(error, ssl.SSLCertVerificationError):
            self.failure = f"the server's certificate does not verify: {error.verify_message}"
            return
        reason = error.reason or str(error)
        self.failure = f"TLS failed: {reason}"  # such as "TLSV13_ALERT_CERTIFICATE_REQUIRED"
        self.refused = "ALERT" in reason and any(
            word in reason for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
        )
