"""Audio calls (contract: POST /audio/speech, /audio/sfx, /audio/music): JSON requests, `Audio` results."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from .._model.json_values import excerpt, parse
from .._model.open_types import Concealed
from .._model.unknown_fields import (
    UnknownFields,
    WithMeta,
    set_module,
)
from ..errors import DecodingError
from . import codec
from .call import Call, Reply, post_call
from .headers import redact_text
from .params import request_fields
from .problem import is_error_object, read_error_object

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from .call import Target

__all__ = ["Audio", "MediaFile", "music_call", "reject_text", "sound_effect_call", "speech_call"]


@set_module  # which evaluates `bytes` before the field of that name hides it
class MediaFile(Concealed, WithMeta, Struct, kw_only=True):
    """A generated file: audio or a video."""

    bytes: bytes
    content_type: str = ""
    _unknown: UnknownFields | None = field(default=None)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the bytes to a file and return its path."""
        target = Path(path)
        target.write_bytes(self.bytes)
        return target

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<{len(self.bytes)} bytes>, {self.content_type!r})"


@set_module
class Audio(MediaFile, kw_only=True):
    """Generated audio.

    Attributes:
        bytes: The file's bytes.
        content_type: The media type of the response's `Content-Type` header; "" when it has none.
    """

    def _repr_html_(self) -> str:
        """Return the HTML of an audio player, for notebooks."""
        data = base64.b64encode(self.bytes).decode()
        kind = html.escape(self.content_type) or "audio/mpeg"  # the server chose this text, and it goes into a page
        return f'<audio controls src="data:{kind};base64,{data}"></audio>'


def speech_call(
    target: Target, text: object, voice: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """Return the call for text to speech. Raises as `request_fields`."""
    if isinstance(text, str) and not text:
        raise ValueError("input is empty: give the text to speak")
    given = {"input": text, "voice": voice, **params}
    return _audio_call("/audio/speech", "CreateSpeechRequest", target, given, extra)


def sound_effect_call(
    target: Target, prompt: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """Return the call for a sound effect. Raises as `request_fields`."""
    return _audio_call("/audio/sfx", "CreateSfxRequest", target, {"prompt": prompt, **params}, extra)


def music_call(
    target: Target, prompt: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """Return the call for music. Raises as `request_fields`."""
    return _audio_call("/audio/music", "CreateMusicRequest", target, {"prompt": prompt, **params}, extra)


def _audio_call(
    path: str,
    schema: str,
    target: Target,
    given: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
) -> Call[Audio]:
    for name in ("input", "voice", "prompt"):
        if given.get(name, "") is None:  # parameters that are None are left out, but these are required
            raise TypeError(f"{name} must be a string, got None")
    body = codec.encode(request_fields(schema, given, target, extra))
    return post_call(path, target, body, _read_audio, accept="audio/*, application/octet-stream, application/json")


def reject_text(reply: Reply, provider: str | None, model: str | None, wanted: str = "audio") -> None:
    """Raise for a text response where audio, or a video, was expected.

    Raises:
        StatusError: The response has status 200 but holds an error object.
        DecodingError: The response holds other text.
    """
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        value = parse(reply.body)
        if is_error_object(value):
            raise read_error_object(value, reply.body, provider=provider, model=model)
        shown = redact_text(excerpt(reply.body))
        raise DecodingError(f"the answer has status 200 but holds JSON instead of {wanted}: {shown}")
    if kind.startswith("text/"):
        raise DecodingError(f"the answer has status 200 but holds {kind} instead of {wanted}")


def _read_audio(reply: Reply, target: Target) -> Audio:
    """Return the audio of a response.

    Raises:
        StatusError: The response has status 200 but holds an error object.
        DecodingError: The response is empty or holds text.
    """
    reject_text(reply, target.provider, target.model)
    if not reply.body:
        raise DecodingError("the answer has status 200 but holds no audio")
    return Audio(bytes=reply.body, content_type=reply.headers.get("content-type", ""))
