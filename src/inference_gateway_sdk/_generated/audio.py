"""The contract's types: audio.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum

__all__ = [
    "CreateMusicRequest",
    "CreateMusicRequestResponseFormat",
    "CreateSfxRequest",
    "CreateSfxRequestResponseFormat",
    "CreateSpeechRequest",
    "CreateSpeechRequestResponseFormat",
]


class CreateSpeechRequestResponseFormat(OpenEnum):
    """The sound's file format."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"


class CreateSpeechRequest(_Model, kw_only=True):
    """A text to speak."""

    model: Required[str]
    """`provider/name`, or a bare name when the provider is given beside it."""
    input: Required[str]
    """The text, at most 4096 characters."""
    voice: Required[str]
    """Who speaks: one of the provider's voices by name or id."""
    instructions: str | None = None
    """How to speak: mood, pace, accent."""
    response_format: CreateSpeechRequestResponseFormat | None = None
    """The sound's file format."""
    speed: float | int | None = None
    """How fast to speak; 1 is the natural pace."""
    language: str | None = None
    """The text's language as two letters (ISO 639-1)."""
    reference_audio: str | None = None
    """A sample of the voice to imitate, as base64."""


class CreateSfxRequestResponseFormat(OpenEnum):
    """The sound's file format."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    PCM = "pcm"


class CreateSfxRequest(_Model, kw_only=True):
    """A sound effect to make from a text."""

    model: Required[str]
    """`provider/name`, or a bare name when the provider is given beside it."""
    prompt: Required[str]
    """What should be heard."""
    duration_seconds: float | int | None = None
    """How long it lasts; left out, the model decides."""
    prompt_influence: float | int | None = None
    """How closely to follow the prompt, from loosely (0) to exactly (1)."""
    loop: bool | None = None
    """Whether the end joins the beginning without a seam."""
    response_format: CreateSfxRequestResponseFormat | None = None
    """The sound's file format."""


class CreateMusicRequestResponseFormat(OpenEnum):
    """The sound's file format."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    PCM = "pcm"


class CreateMusicRequest(_Model, kw_only=True):
    """A piece of music to compose from a text."""

    model: Required[str]
    """`provider/name`, or a bare name when the provider is given beside it."""
    prompt: Required[str]
    """What should be played."""
    duration_seconds: float | int | None = None
    """How long it lasts; left out, the model decides."""
    instrumental: bool | None = None
    """Whether to do without singing."""
    response_format: CreateMusicRequestResponseFormat | None = None
    """The sound's file format."""
