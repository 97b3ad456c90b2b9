"""Calls of the images endpoints, and the multipart forms that carry uploads."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from .._generated.images import ImagesResponse
from .._model.images import media_type
from .._model.open_types import Concealed
from ..errors import SerializationError
from . import codec
from .call import Call, Idempotency, post_call
from .params import request_fields, resolve_optional
from .problem import reject_hollow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .call import Reply, Target

__all__ = [
    "FilePart",
    "Upload",
    "edit_call",
    "fetch_call",
    "file_part",
    "form",
    "form_value",
    "generation_call",
    "variation_call",
]


class FilePart(Concealed, Struct, frozen=True):
    """One file of a form. It has a file name, because the gateway reads a part without one as text.

    See gateway-behaviour.md#images.
    """

    name: str
    filename: str
    content_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"FilePart({self.name!r}, {self.filename!r}, {self.content_type!r}, <{len(self.content)} bytes>)"


def form(fields: Sequence[tuple[str, bytes]], files: Sequence[FilePart]) -> tuple[str, bytes]:
    r"""Return the form's content type, with its boundary, and its bytes.

    The result is deterministic: the boundary is a hash of the contents, and the contents are checked not to contain it.
    A form with one field and one file:

        --<boundary>\r\n
        Content-Disposition: form-data; name="prompt"\r\n
        \r\n
        a cat\r\n
        --<boundary>\r\n
        Content-Disposition: form-data; name="image"; filename="cat.png"\r\n
        Content-Type: image/png\r\n
        \r\n
        <bytes>\r\n
        --<boundary>--\r\n
    """
    parts = [_form_part(f'name="{_escape_name(name)}"', value) for name, value in fields]
    parts += [
        _form_part(
            f'name="{_escape_name(file.name)}"; filename="{_escape_name(file.filename)}"',
            file.content,
            f"Content-Type: {file.content_type}\r\n",
        )
        for file in files
    ]
    boundary = _boundary(parts)
    line = b"--" + boundary
    body = b"".join(b"%s\r\n%s\r\n" % (line, part) for part in parts) + line + b"--\r\n"
    return f"multipart/form-data; boundary={boundary.decode()}", body


def _form_part(disposition: str, content: bytes, more: str = "") -> bytes:
    return f"Content-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content


def _escape_name(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(parts: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256(b"\0".join(parts))
    while True:
        boundary = digest.hexdigest()[:40].encode()
        if not any(boundary in part for part in parts):
            return boundary
        digest.update(boundary)


_IMAGE_MIB: Final = 1024 * 1024
_SUFFIXES: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_TYPES: Final = {**{suffix: kind for kind, suffix in _SUFFIXES.items()}, "jpeg": "image/jpeg"}
_UNKNOWN_TYPE: Final = "application/octet-stream"


class Upload(Concealed, Struct, frozen=True):
    """A file to send: its bytes, and its name if it has one."""

    content: bytes
    filename: str | None = None

    def __repr__(self) -> str:
        return f"Upload(<{len(self.content)} bytes>, {self.filename!r})"


def generation_call(
    prompt: object, params: Mapping[str, Any], provider: object, extra: Mapping[str, Any] | None
) -> Call[ImagesResponse]:
    """Return the call that generates images from a text. Raises as `request_fields`."""
    given = dict(params)
    target = resolve_optional(given.pop("model", None), provider)
    fields = request_fields("CreateImageRequest", {"prompt": _form_text(prompt), **given}, target, extra)
    return post_call("/images/generations", target, codec.encode(fields), _read_images)


def edit_call(
    images: Sequence[Upload],
    mask: Upload | None,
    prompt: object,
    params: Mapping[str, Any],
    *,
    provider: object,
    extra: Mapping[str, Any] | None,
) -> Call[ImagesResponse]:
    """Return the call that edits images.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: There is no image, one is over the model's limit, or a value is out of bounds.
    """
    if not images:
        raise ValueError("image is an empty list: give at least one image")
    name = "image" if len(images) == 1 else "image[]"  # the gateway takes both (gateway-behaviour.md#images)
    files = [file_part(upload, name) for upload in images] + ([] if mask is None else [file_part(mask, "mask")])
    given = {"prompt": _form_text(prompt), **params}
    return _upload("/images/edits", "CreateImageEditRequest", files, given, provider=provider, extra=extra)


def variation_call(
    image: Upload, params: Mapping[str, Any], provider: object, extra: Mapping[str, Any] | None
) -> Call[ImagesResponse]:
    """Return the call that varies an image. Raises as `edit_call`."""
    files = [file_part(image, "image")]
    return _upload("/images/variations", "CreateImageVariationRequest", files, params, provider=provider, extra=extra)


_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)  # 127.1, 0x7f000001, ...


def fetch_call(url: object, gateway: str) -> tuple[str, Call[bytes], Callable[[str], bool] | None]:
    """Return the server that an image's URL names, the call that downloads the image, and a check of IP addresses.

    A name may lead to an address near this machine. So a connection to the server may be opened only to addresses for
    which the check is true, unless it is None.

    Args:
        url: The URL of the image, which the answer chose.
        gateway: The root URL of the gateway that answered.

    Raises:
        ValueError: The image has no URL, one that is not http or https, or one that leads to this machine.
    """
    if not isinstance(url, str) or not url:
        raise ValueError("image has neither bytes nor a URL: there is nothing to fetch")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"image.url must be an http or https URL, got {url[:60]!r}")
    host, of_gateway = (parts.hostname or "").lower(), (urlsplit(gateway).hostname or "").lower()
    is_far = _distance_check(host, of_gateway)
    if is_far is not None and not is_far(host):
        raise ValueError(f"image.url must not lead to {host!r}, which is near this machine: fetch it yourself")
    call = Call(
        method="GET",
        path=parts.path or "/",
        read=lambda reply: reply.body,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        accept="image/*, */*;q=0.5",
        at_root=True,
    )
    return f"{parts.scheme}://{parts.netloc}", call, is_far


def _distance_check(host: str, gateway: str) -> Callable[[str], bool] | None:
    """Return a check that refuses hosts which only this machine reaches. None if the gateway itself is asked.

    Such hosts are its own services and a cloud's metadata service. Those of the machine are allowed if the gateway runs
    on it too.
    """
    if host == gateway:
        return None
    if _is_local(gateway):
        return lambda host: not _is_link_local(host)
    return lambda host: not (_is_local(host) or _is_link_local(host))


def _is_local(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host.rstrip(".").endswith("localhost") or _NUMERIC.fullmatch(host) is not None
    return address.is_loopback or address.is_unspecified


def _is_link_local(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_link_local


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that the host spells in full, None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _form_text(prompt: object) -> object:
    if isinstance(prompt, str) and not prompt.strip():
        raise ValueError("prompt is empty: describe the image")
    return prompt if prompt is not None else ""  # values that are not strings are refused by `request_fields`


def _upload(
    path: str,
    schema: str,
    files: Sequence[FilePart],
    params: Mapping[str, Any],
    *,
    provider: object,
    extra: Mapping[str, Any] | None,
) -> Call[ImagesResponse]:
    given = dict(params)
    target = resolve_optional(given.pop("model", None), provider)
    fields = request_fields(schema, given, target, extra)
    for file in files:
        _check_size(file, target.model)
    content_type, body = form([(name, form_value(name, value)) for name, value in fields.items()], files)
    return post_call(path, target, body, _read_images, content_type=content_type, repeat=Idempotency.CAUTIOUSLY)


def file_part(upload: Upload, name: str) -> FilePart:
    """Return the form part of an image, with a name and a type that match its content."""
    if not upload.content:
        raise ValueError(f"{name.removesuffix('[]')} is empty: give a file with content")
    named = PurePath(upload.filename or "").name
    kind = media_type(upload.content) or _TYPES.get(PurePath(named).suffix.lstrip(".").lower(), _UNKNOWN_TYPE)
    if not named:
        named = ".".join(filter(None, (name.removesuffix("[]"), _SUFFIXES.get(kind))))
    return FilePart(name, named, kind, upload.content)


def _check_size(file: FilePart, model: str) -> None:
    """Check the contract's limits: 4 MB for dall-e-2, 50 MB for every other model."""
    most = 4 if model.rpartition("/")[2].startswith("dall-e-2") else 50
    if len(file.content) > most * _IMAGE_MIB:
        size = f"{len(file.content) / _IMAGE_MIB:.1f} MiB"
        raise ValueError(
            f"{file.name.removesuffix('[]')} ({file.filename}) has {size}; this model accepts at most {most} MiB"
        )


def form_value(name: str, value: Any) -> bytes:
    """Return the text of a field.

    Raises:
        SerializationError: The text cannot be encoded.
    """
    try:
        return value.encode() if isinstance(value, str) else codec.encode(value)
    except UnicodeEncodeError:
        raise SerializationError("the text contains a lone surrogate", path=f"$.{name}") from None


def _read_images(reply: Reply, target: Target) -> ImagesResponse:
    """Return the images of a response.

    Raises:
        StatusError: The response has status 200 but holds an error object.
        DeserializationError: It holds no `data`.
        DecodingError: It is not JSON.
    """
    answer = codec.decode(reply.body, ImagesResponse)
    if not answer.data:
        reject_hollow(answer, "data", reply, provider=target.provider, model=target.model or None)
    return answer
