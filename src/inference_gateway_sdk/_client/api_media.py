"""What every client of the gateway can do with pictures and sound, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._generated.images import Image, ImagesResponse
    from .._wire.audio import Audio
    from .byte_stream_async import AsyncByteStream
    from .byte_stream_blocking import ByteStream
    from .params import ImageEditParams, ImageParams, ImageVariationParams, MusicParams, SoundEffectParams, SpeechParams
    from .uploads import File


__all__ = ["AsyncMediaAPI", "MediaAPI"]


class MediaAPI(Protocol):
    """As a blocking client does it."""

    def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text."""
        ...

    def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says."""
        ...

    def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one."""
        ...

    def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes, fetched from its address where they did not come with the answer."""
        ...

    def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """A text spoken aloud."""
        ...

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text."""
        ...

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text."""
        ...

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> ByteStream:
        """A text spoken aloud, in pieces as they come."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """A sound effect made from a text, in pieces as they come."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """A piece of music composed from a text, in pieces as they come."""
        ...


class AsyncMediaAPI(Protocol):
    """As an async client does it."""

    async def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text."""
        ...

    async def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says."""
        ...

    async def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one."""
        ...

    async def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes, fetched from its address where they did not come with the answer."""
        ...

    async def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """A text spoken aloud."""
        ...

    async def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text."""
        ...

    async def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text."""
        ...

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> AsyncByteStream:
        """A text spoken aloud, in pieces as they come."""
        ...

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> AsyncByteStream:
        """A sound effect made from a text, in pieces as they come."""
        ...

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> AsyncByteStream:
        """A piece of music composed from a text, in pieces as they come."""
        ...
