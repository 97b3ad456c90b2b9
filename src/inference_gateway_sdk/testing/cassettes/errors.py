"""What goes wrong with a cassette; none of it is a `GatewayError`, so that no retry or fallback swallows it."""

from __future__ import annotations

__all__ = ["CassetteError", "CassetteFileError", "CassetteMissError"]


class CassetteError(Exception):
    """Anything a cassette raises on purpose."""


class CassetteFileError(CassetteError):
    """The file is no cassette that this version can read; the text says where and what to do."""


class CassetteMissError(CassetteError):
    """The cassette has no answer to a request, or none beyond this point; the text shows the nearest one it has."""
