"""An answer as a picture or a sound: the bytes that were scripted, or small real files made here."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from ..embedded.providers import samples
from ..embedded.providers.scripts import CREATED
from .script import Raw
from .visit import VISIT

if TYPE_CHECKING:
    from ..embedded.providers.provider import Ask
    from .answer import Answer

__all__ = ["picture", "sound"]

_SECONDS = 0.5
_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav"}


def picture(answer: Answer, ask: Ask) -> Raw:
    """As many pictures as were asked for; the text of the answer is the prompt as the model understood it."""
    said = answer.text or VISIT.get().request.text
    data = samples.png(said) if answer.image is None else answer.image
    image: dict[str, object] = {"b64_json": base64.b64encode(data).decode(), "revised_prompt": said}
    images = [image] * _count(ask)
    body = msgspec.json.encode({"created": CREATED, "data": images})
    return Raw(headers=(("content-type", "application/json"),), body=body)


def _count(ask: Ask) -> int:
    wanted = _asked(ask).n
    return wanted if wanted and wanted > 0 else 1


def sound(answer: Answer, ask: Ask) -> Raw:
    """Half a second of sound under the type that was asked for, "mp3" as a rule."""
    kind = _asked(ask).response_format or "mp3"
    made = {"wav": samples.wav, "pcm": samples.pcm}.get(kind, samples.mp3)
    body = made(_SECONDS) if answer.audio is None else answer.audio
    return Raw(headers=(("content-type", _TYPES.get(kind, f"audio/{kind}")),), body=body)


class _Asked(msgspec.Struct):
    n: int | None = None
    response_format: str | None = None


def _asked(ask: Ask) -> _Asked:
    """What JSON asks for; forms ask for one picture."""
    if not ask.header("content-type").startswith("application/json"):
        return _Asked()
    return msgspec.json.decode(ask.body, type=_Asked)
