"""Sound (contract: POST /audio/speech, /audio/sfx, /audio/music): a text to a JSON body, the answer to an `Audio`."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from .._model.json_values import excerpt, parse
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

__all__ = ["Audio", "music_call", "reject_text", "sound_effect_call", "speech_call"]


@set_module
class Audio(WithMeta, Struct, kw_only=True):
    """A sound.

    Attributes:
        bytes: The file's bytes.
        content_type: What kind of file it is, as the answer says; "" when it does not.
    """

    bytes: bytes
    content_type: str = ""
    _unknown: UnknownFields | None = field(default=None)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the sound to a file, and say where."""
        target = Path(path)
        target.write_bytes(self.bytes)
        return target

    def _repr_html_(self) -> str:
        """What a notebook shows: a player."""
        data = base64.b64encode(self.bytes).decode()
        kind = html.escape(self.content_type) or "audio/mpeg"  # the server's words, in somebody's page
        return f'<audio controls src="data:{kind};base64,{data}"></audio>'

    def __repr__(self) -> str:
        return f"Audio(<{len(self.bytes)} bytes>, {self.content_type!r})"


def speech_call(
    target: Target, text: object, voice: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """The call that speaks a text. Raises as `request_fields`."""
    if isinstance(text, str) and not text:
        raise ValueError("input is empty: give the text to speak")
    given = {"input": text, "voice": voice, **params}
    return _audio_call("/audio/speech", "CreateSpeechRequest", target, given, extra)


def sound_effect_call(
    target: Target, prompt: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """The call that makes a sound effect. Raises as `request_fields`."""
    return _audio_call("/audio/sfx", "CreateSfxRequest", target, {"prompt": prompt, **params}, extra)


def music_call(
    target: Target, prompt: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> Call[Audio]:
    """The call that composes music. Raises as `request_fields`."""
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


def reject_text(reply: Reply, provider: str | None, model: str | None) -> None:
    """Raise for an answer that is text where sound was asked for.

    Raises:
        StatusError: The 200 held an error object.
        DecodingError: It held other text.
    """
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        value = parse(reply.body)
        if is_error_object(value):
            raise read_error_object(value, reply.body, provider=provider, model=model)
        raise DecodingError(
            f"the response has status 200 but holds JSON instead of sound: {redact_text(excerpt(reply.body))}"
        )
    if kind.startswith("text/"):
        raise DecodingError(f"the answer says 200 but holds {kind} instead of sound")


def _read_audio(reply: Reply, target: Target) -> Audio:
    """The sound.

    Raises:
        StatusError: The 200 held an error object instead.
        DecodingError: It held nothing, or text.
    """
    reject_text(reply, target.provider, target.model)
    if not reply.body:
        raise DecodingError("the answer says 200 but holds no sound")
    return Audio(bytes=reply.body, content_type=reply.headers.get("content-type", ""))
