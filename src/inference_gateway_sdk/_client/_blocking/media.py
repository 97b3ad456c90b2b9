# Derived from ../_async/media.py by scripts/derive_blocking.py: do not edit.
"""The client's methods for images and audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._wire.call import Target, stream_call
from ..._wire.url import GatewayUrl
from ..settings import ClientSettings, resolve, split_params
from ..signatures import with_signatures
from .stream import ByteStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.images import Image, ImagesResponse
    from ..._wire.audio import Audio
    from ..._wire.call import Call
    from .. import keywords
    from ..params import (
        ImageEditParams,
        ImageParams,
        ImageVariationParams,
        MusicParams,
        SoundEffectParams,
        SpeechParams,
    )
    from ..runtime import File, TokenSource
    from .session import Session

__all__ = ["AudioMethods", "ImagesMethods"]


@with_signatures
class ImagesMethods:
    """A mix-in with the methods of the image endpoints."""

    if TYPE_CHECKING:
        _session: Session
        _settings: ClientSettings[TokenSource]

    def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Generate images from a text (contract: POST /images/generations).

        The gateway's default timeouts are short for images (gateway-behaviour.md#limits-and-timeouts). An error caused
        by one of them names the gateway's setting in its hint.

        Args:
            prompt: Description of the image.
            provider: The provider of a bare model name, or without `model`, of the default model.
            **params: `model`, the contract's other parameters, and request options: `timeout`, `max_retries`,
                `headers`, `extra_query`, `extra_body`.
        """
        if TYPE_CHECKING:
            keywords.image_params(**params)
        from ..._wire.images import generation_call

        settings, given = split_params(self._settings, params)
        return self._session.send(generation_call(prompt, given, provider, settings.extra_body), settings)

    def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Edit images as a text describes (contract: POST /images/edits).

        Args:
            image: One image, or several to combine. Each is bytes, a path, or an open binary file.
            prompt: Description of the result.
            provider: As in `generate_image`.
            **params: `mask`, `model`, the contract's other parameters, and request options.
        """
        if TYPE_CHECKING:
            keywords.image_edit_params(**params)
        from ..._wire.images import edit_call
        from ..runtime import read_upload

        settings, given = split_params(self._settings, params)
        several = image if isinstance(image, (list, tuple)) else [image]
        uploads = [read_upload(one, "image") for one in several]
        mask = given.pop("mask", None)
        over = None if mask is None else read_upload(mask, "mask")
        call = edit_call(uploads, over, prompt, given, provider=provider, extra=settings.extra_body)
        return self._session.send(call, settings)

    def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Create variations of an image (contract: POST /images/variations; gateways up to 0.48).

        Args:
            image: Bytes, a path, or an open binary file.
            provider: As in `generate_image`.
            **params: `model`, the contract's other parameters, and request options.
        """
        if TYPE_CHECKING:
            keywords.image_variation_params(**params)
        from ..._wire.images import variation_call
        from ..runtime import read_upload

        settings, given = split_params(self._settings, params)
        upload = read_upload(image, "image")
        return self._session.send(variation_call(upload, given, provider, settings.extra_body), settings)

    def fetch_image(self, image: Image) -> bytes:
        """Return the bytes of an image: decoded from the response if they are in it, else fetched from its URL.

        The client's token, headers and certificate are not sent to that URL, and redirects are not followed. A `driver`
        that may add credentials (`Httpx2Driver`) is not used. Loopback and link-local addresses, and names that lead
        to them, are refused unless the gateway runs on the same host.

        Raises:
            ValueError: The image has neither bytes nor an http URL, or the URL is refused.
            ConnectError: The URL's name leads to a refused address.
            GatewayError: The image could not be fetched. Such URLs expire.
        """
        from ..._wire.images import fetch_call

        if image.b64_json:
            return image.bytes()
        server, call, may_connect = fetch_call(image.url, self._session.url.root)
        settings = self._settings
        bare = resolve(
            ClientSettings(
                token=settings.token,
                timeouts=settings.timeouts,
                max_retries=settings.max_retries,
                retry=settings.retry,
                max_body=settings.max_body,
            ),
            {"token": None},
        )
        return self._session.send_elsewhere(GatewayUrl.parse(server), call, bare, may_connect)


@with_signatures
class AudioMethods:
    """A mix-in with the methods of the audio endpoints."""

    if TYPE_CHECKING:
        _session: Session
        _settings: ClientSettings[TokenSource]

    def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """Convert text to speech (contract: POST /audio/speech; gateways newer than 0.48).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: The text to speak, at most 4096 characters.
            voice: Name or id of one of the provider's voices.
            provider: The provider of a bare model name.
            **params: The contract's other parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`.
        """
        if TYPE_CHECKING:
            keywords.speech_params(**params)
        from ..._wire.audio import speech_call

        settings, given = split_params(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return self._session.send(call, settings)

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """Generate a sound effect from a text (contract: POST /audio/sfx; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: Description of the sound.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 0.5 to 30.
        """
        if TYPE_CHECKING:
            keywords.sound_effect_params(**params)
        from ..._wire.audio import sound_effect_call

        settings, given = split_params(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._session.send(call, settings)

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """Compose music from a text (contract: POST /audio/music; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: Description of the music.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 3 to 600.
        """
        if TYPE_CHECKING:
            keywords.music_params(**params)
        from ..._wire.audio import music_call

        settings, given = split_params(self._settings, params)
        call = music_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._session.send(call, settings)

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> ByteStream:
        """Stream the audio of `create_speech`. Nothing is sent before the `with` block is entered."""
        if TYPE_CHECKING:
            keywords.speech_params(**params)
        from ..._wire.audio import speech_call

        settings, given = split_params(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return self._sound(call, settings)

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """Stream the audio of `create_sound_effect`. Nothing is sent before the `with` block is entered."""
        if TYPE_CHECKING:
            keywords.sound_effect_params(**params)
        from ..._wire.audio import sound_effect_call

        settings, given = split_params(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """Stream the audio of `create_music`. Nothing is sent before the `with` block is entered."""
        if TYPE_CHECKING:
            keywords.music_params(**params)
        from ..._wire.audio import music_call

        settings, given = split_params(self._settings, params)
        call = music_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def _sound(self, call: Call[Audio], settings: ClientSettings[TokenSource]) -> ByteStream:
        from ..._streams.dialect import ByteDialect
        from ..._wire.audio import reject_text

        return ByteStream(
            self._session,
            stream_call(call, lambda: ByteDialect("sound"), accept=call.accept),
            settings,
            lambda reply: reject_text(reply, call.provider, call.model),
        )
