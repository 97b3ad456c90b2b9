"""The contract's types: audio.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Literal, TYPE_CHECKING, TypeAlias

from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum

__all__ = [
    "CreateMusicRequest",
    "CreateMusicRequestResponseFormat",
    "CreateSFXRequest",
    "CreateSfxRequest",
    "CreateSfxRequestResponseFormat",
    "CreateSpeechRequest",
    "CreateSpeechRequestResponseFormat",
]


class CreateSpeechRequestResponseFormat(OpenEnum):
    """The file format of the audio."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"


if TYPE_CHECKING:
    CreateSpeechRequestResponseFormatValue: TypeAlias = CreateSpeechRequestResponseFormat | Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | str
    """A `CreateSpeechRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateSpeechRequestResponseFormatValue = CreateSpeechRequestResponseFormat


class CreateSpeechRequest(_Model, kw_only=True):
    """A text to convert to speech."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    input: Required[str]
    """The text to speak, at most 4096 characters."""
    voice: Required[str]
    """The voice, by its name or id at the provider."""
    instructions: str | None = None
    """Instructions for the speech, such as mood, pace or accent."""
    response_format: CreateSpeechRequestResponseFormatValue | None = None
    """The file format of the audio."""
    speed: float | int | None = None
    """The speed of the speech; 1 is normal."""
    language: str | None = None
    """The language of the text as two letters (ISO 639-1)."""
    reference_audio: str | None = None
    """A recording of the voice to imitate, as base64."""


class CreateSfxRequestResponseFormat(OpenEnum):
    """The file format of the audio."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    PCM = "pcm"


if TYPE_CHECKING:
    CreateSfxRequestResponseFormatValue: TypeAlias = CreateSfxRequestResponseFormat | Literal["mp3", "opus", "aac", "flac", "pcm"] | str
    """A `CreateSfxRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateSfxRequestResponseFormatValue = CreateSfxRequestResponseFormat


class CreateSfxRequest(_Model, kw_only=True):
    """A prompt for a sound effect."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    prompt: Required[str]
    """A text that describes the sound."""
    duration_seconds: float | int | None = None
    """The length in seconds; if left out, the model decides."""
    prompt_influence: float | int | None = None
    """The influence of the prompt, from 0 (loose) to 1 (exact)."""
    loop: bool | None = None
    """Generate a sound that loops without a gap."""
    response_format: CreateSfxRequestResponseFormatValue | None = None
    """The file format of the audio."""


class CreateMusicRequestResponseFormat(OpenEnum):
    """The file format of the audio."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    PCM = "pcm"


if TYPE_CHECKING:
    CreateMusicRequestResponseFormatValue: TypeAlias = CreateMusicRequestResponseFormat | Literal["mp3", "opus", "aac", "flac", "pcm"] | str
    """A `CreateMusicRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateMusicRequestResponseFormatValue = CreateMusicRequestResponseFormat


class CreateMusicRequest(_Model, kw_only=True):
    """A prompt for a piece of music."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    prompt: Required[str]
    """A text that describes the music."""
    duration_seconds: float | int | None = None
    """The length in seconds; if left out, the model decides."""
    instrumental: bool | None = None
    """Generate music without vocals."""
    response_format: CreateMusicRequestResponseFormatValue | None = None
    """The file format of the audio."""


CreateSFXRequest = CreateSfxRequest
"""The published name of `CreateSfxRequest`."""
