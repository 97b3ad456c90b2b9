"""Methods of generated images: their bytes, saving, and display in a notebook."""

from __future__ import annotations

import base64
import binascii
import builtins  # noqa: TC003  (a method is named `bytes`)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import DecodingError

if TYPE_CHECKING:
    import os

__all__ = ["ImageMixin", "media_type"]

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
)


def media_type(content: builtins.bytes) -> str | None:
    """Return the image's media type, detected from its first bytes; None when unknown."""
    return next((kind for at, mark, kind in _SIGNATURES if content[at : at + len(mark)] == mark), None)


class _HasEncodedImage(Protocol):
    @property
    def b64_json(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...


class ImageMixin:
    """A mix-in of `Image`."""

    __slots__ = ()

    def bytes(self: _HasEncodedImage) -> builtins.bytes:
        """Return the image's bytes, decoded.

        Raises:
            ValueError: The image came as a URL; nothing is fetched here.
            DecodingError: The image is not valid base64.
        """
        return _decode_base64(self)

    def save(self: _HasEncodedImage, path: str | os.PathLike[str]) -> Path:
        """Write the image to a file and return its path. Raises as `bytes`."""
        target = Path(path)
        target.write_bytes(_decode_base64(self))
        return target

    def _repr_mimebundle_(self: _HasEncodedImage, include: object = None, exclude: object = None) -> dict[str, Any]:
        """Return the data for notebooks: the image itself, if its bytes are present."""
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if self.b64_json:
            content = _decode_base64(self)
            bundle[media_type(content) or "image/png"] = base64.b64encode(content).decode()
        return bundle


def _decode_base64(image: _HasEncodedImage) -> builtins.bytes:
    if not image.b64_json:
        where = f"at {image.url}" if image.url else "missing, and so is its URL"
        raise ValueError(
            f"the image's bytes are {where}: client.fetch_image(image) fetches them, and"
            " response_format='b64_json' requests them with the answer"
        )
    text = image.b64_json
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise DecodingError(f"the image is not valid base64: {error}") from None
