"""Read the files that users pass as bytes, a path or an open file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from .._wire.images import Upload

__all__ = ["File", "async_read_upload", "read_upload"]

File: TypeAlias = bytes | os.PathLike[str] | IO[bytes]


def read_upload(value: object, name: str) -> Upload:
    """Return the content of a file, and its name if it has one.

    Args:
        value: Bytes, a path, or a file open in binary mode, which is read from its current position.
        name: Name of the argument, for error messages.

    Raises:
        TypeError: The value has another type, or the file is open in text mode.
        OSError: The file cannot be read.
    """
    if isinstance(value, (bytes, bytearray)):
        return Upload(bytes(value))
    if isinstance(value, os.PathLike):
        path = Path(cast("os.PathLike[str]", value))
        return Upload(path.read_bytes(), path.name)
    if hasattr(value, "read"):
        return _read_file(cast("IO[Any]", value), name)
    meant = f": for a file write pathlib.Path({value!r})" if isinstance(value, str) else ""
    raise TypeError(f"{name} must be bytes, a path or an open binary file, got {type(value).__name__}{meant}")


async def async_read_upload(value: object, name: str) -> Upload:
    """Read an upload in a thread, as `read_upload`. Reading a file may block."""
    import asyncio

    if isinstance(value, (bytes, bytearray)):
        return read_upload(value, name)
    return await asyncio.to_thread(read_upload, value, name)


def _read_file(file: IO[Any], name: str) -> Upload:
    content = file.read()
    if not isinstance(content, bytes):
        raise TypeError(f'{name} is open in text mode: open it with mode "rb"')
    filename: object = getattr(file, "name", None)  # an int for a file opened by its descriptor
    known = isinstance(filename, str) and not filename.startswith("<")
    return Upload(content, str(filename) if known else None)
