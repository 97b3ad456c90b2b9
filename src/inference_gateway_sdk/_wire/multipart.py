"""Fields and files to the bytes of a form upload (RFC 7578, escaped as the WHATWG HTML standard says)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FilePart", "form"]


class FilePart(Struct, frozen=True):
    """One file of a form. It has a file name: the gateway takes a part without one for text (WIRE section 12)."""

    name: str
    filename: str
    content_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"FilePart({self.name!r}, {self.filename!r}, {self.content_type!r}, <{len(self.content)} bytes>)"


def form(fields: Sequence[tuple[str, bytes]], files: Sequence[FilePart]) -> tuple[str, bytes]:
    """The form's content type, with its boundary, and its bytes.

    The same form has the same bytes every time: the boundary is drawn from the contents, which cannot hold it.
    """
    parts = [_part(f'name="{_escaped(name)}"', value) for name, value in fields]
    parts += [
        _part(
            f'name="{_escaped(file.name)}"; filename="{_escaped(file.filename)}"',
            file.content,
            f"Content-Type: {file.content_type}\r\n",
        )
        for file in files
    ]
    boundary = _boundary(parts)
    line = b"--" + boundary
    body = b"".join(b"%s\r\n%s\r\n" % (line, part) for part in parts) + line + b"--\r\n"
    return f"multipart/form-data; boundary={boundary.decode()}", body


def _part(disposition: str, content: bytes, more: str = "") -> bytes:
    return f"Content-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(parts: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256(b"\0".join(parts))
    while True:
        boundary = digest.hexdigest()[:40].encode()
        if not any(boundary in part for part in parts):
            return boundary
        digest.update(boundary)
