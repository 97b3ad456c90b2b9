"""A picture a user has, as a file, bytes or an address, to the content part that shows it to a model."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Final

from .._generated.chat import ImageContentPart, ImageUrl, ImageUrlDetail
from .._model.images import media_type

__all__ = ["image_part"]

_MIB: Final = 1024 * 1024
_MOST: Final = 20 * _MIB
_GIVE: Final = "give a path, bytes, or an http, https or data: address"


def image_part(
    image: str | os.PathLike[str] | bytes, *, detail: ImageUrlDetail | str | None = None, max_bytes: int = _MOST
) -> ImageContentPart:
    """The content part that shows a picture to a model.

    A file is read at once; what it is, is told by its first bytes, whatever its name says. An address is passed on as
    it is, and fetched by the provider.

    Args:
        image: A path, the bytes of a PNG, JPEG, GIF or WebP file, or an address (http, https or data:).
        detail: How closely the model looks: "low", "high" or "auto".
        max_bytes: Of the file. Providers take about 20 MiB; a gateway takes requests of 10 MiB unless it is told
            otherwise (WIRE section 4), and base64 makes four bytes of three.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: No picture of these kinds, one that is too large, or an address of another kind.
        OSError: The file cannot be read.
    """
    if isinstance(image, str) and _is_address(image):
        url = image
    elif isinstance(image, (str, os.PathLike)):
        url = _data_url(_read(Path(image), max_bytes), max_bytes)
    elif isinstance(image, (bytes, bytearray)):  # pyright: ignore[reportUnnecessaryIsInstance]
        url = _data_url(bytes(image), max_bytes)
    else:
        raise TypeError(f"image must be a path, bytes or an address, got {type(image).__name__}")
    return ImageContentPart(image_url=ImageUrl(url=url, detail=_read_detail(detail)))


def _is_address(text: str) -> bool:
    """Whether it is an address; what is none is a path.

    Raises:
        ValueError: It is an address that no provider can follow, or one of something else than a picture.
    """
    scheme, colon, rest = text.partition(":")
    kind = scheme.lower()
    if kind == "data" and colon:
        if not rest.lower().startswith("image/"):
            raise ValueError('image: a data: address of a picture begins with "data:image/"')
        return True
    if not rest.startswith("//"):
        return False
    if kind not in ("http", "https"):
        raise ValueError(f"image: no provider can follow an address that begins with {scheme[:20]}:; {_GIVE}")
    return True


def _read(path: Path, most: int) -> bytes:
    """The file's bytes: no more of them than show that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise OSError(error.errno, f"image cannot be read ({error.strerror}): {_GIVE}", str(path)[:200]) from None
    except ValueError:  # a zero character, as bytes that were decoded to text have
        raise ValueError(f"image is no path: {_GIVE}") from None


def _data_url(content: bytes, most: int) -> str:
    if not content:
        raise ValueError("image is empty: it holds no byte")
    if len(content) > most:
        raise ValueError(
            f"image has more than {most / _MIB:g} MiB (max_bytes): make it smaller. A gateway takes whole requests of"
            " 10 MiB, about 7.5 MiB of pictures, unless its SERVER_MAX_REQUEST_BODY_SIZE says otherwise"
        )
    kind = media_type(content)
    if kind is None:
        raise ValueError(f"image is no PNG, JPEG, GIF or WebP: it begins with {content[:8]!r}")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _read_detail(detail: object) -> ImageUrlDetail | None:
    if detail is None:
        return None
    if not isinstance(detail, str):
        raise TypeError(f'detail must be "low", "high" or "auto", got {type(detail).__name__}')
    return ImageUrlDetail(detail)
