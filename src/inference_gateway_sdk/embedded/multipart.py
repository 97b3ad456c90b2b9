"""Parsing and encoding of multipart form data (RFC 7578).

As in the real gateway, a part without a file name is a text, regardless of its other headers
(gateway-behaviour.md#images).
"""

from __future__ import annotations

import re
from email.message import Message
from email.parser import HeaderParser

from msgspec import Struct

from .._wire.images import FilePart, form

__all__ = ["Form", "FormError", "Part"]


class FormError(ValueError):
    """The bytes are not a form."""


class Part(Struct, frozen=True, kw_only=True):
    """One part. `filename` is empty for a text, `content_type` when the part has none."""

    name: str
    content: bytes
    filename: str = ""
    content_type: str = ""


class Form(Struct, frozen=True):
    """The parts of a form, in order."""

    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, content_type: str, body: bytes) -> Form:
        """Parse a form.

        Raises:
            FormError: The content type is not a form's or has no boundary, or the bytes do not match the boundary.
        """
        # b"--B\r\n<head>\r\n\r\n<content>\r\n--B--\r\n": a mark of b"" begins a part, and b"--" ends the form.
        delimiter = rb"\r\n--" + re.escape(_boundary(content_type)) + rb"(--|(?=[ \t]*\r\n))"
        _, *rest = re.split(delimiter, b"\r\n" + body)
        marks, sections = rest[::2], rest[1::2]
        if b"--" not in marks:
            raise FormError("the form does not end with its boundary")
        return cls(tuple(_part(section) for section in sections[: marks.index(b"--")]))

    def text(self, name: str) -> str:
        """Return the text of this name, or an empty string."""
        found = (part.content for part in self.parts if part.name == name and not part.filename)
        return next(found, b"").decode(errors="replace")

    def has_file(self, *names: str) -> bool:
        """Return whether there is a file under one of these names."""
        return any(part.name in names and part.filename for part in self.parts)

    def with_text(self, name: str, text: str) -> Form:
        """Return the form with the text of this name replaced."""
        return Form(
            tuple(
                Part(name=name, content=text.encode()) if part.name == name and not part.filename else part
                for part in self.parts
            )
        )

    def encode(self) -> tuple[str, bytes]:
        """Return the content type, with a new boundary, and the encoded form: texts first, then files."""
        texts = [(part.name, part.content) for part in self.parts if not part.filename]
        files = [
            FilePart(part.name, part.filename, part.content_type or "application/octet-stream", part.content)
            for part in self.parts
            if part.filename
        ]
        return form(texts, files)


def _boundary(content_type: str) -> bytes:
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise FormError("the content type is not multipart/form-data with a boundary")
    return boundary.encode(errors="replace")


def _part(section: bytes) -> Part:
    head, blank, content = section.partition(b"\r\n\r\n")
    if not blank:
        raise FormError("a part has no headers")
    fields = HeaderParser().parsestr(head.decode(errors="replace").lstrip(" \t").removeprefix("\r\n"))
    return Part(
        name=str(fields.get_param("name", "", "content-disposition")),
        content=content,
        filename=fields.get_filename() or "",
        content_type=str(fields.get("content-type", "")),
    )
