"""The client's methods for images and audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._wire.call import Target, stream_call
from ..._wire.url import GatewayUrl
from ..settings import ClientSettings, resolve, split_params
from ..uploads import async_read_upload
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from ..._generated.gateway import Provider
    from ..._generated.images import Image, ImagesResponse
    from ..._wire.audio import Audio
    from ..._wire.call import Call
    from ..params import (
        ImageEditParams,
        ImageParams,
        ImageVariationParams,
        MusicParams,
        SoundEffectParams,
        SpeechParams,
    )
    from ..runtime import AsyncTokenSource
    from ..uploads import File
    from .session import AsyncSession

__all__ = ["AsyncAudioMethods", "AsyncImagesMethods"]


class AsyncImagesMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text (contract: POST /images/generations).

        The gateway's limits are short for pictures (gateway-behaviour.md#limits-and-timeouts): a timeout of its own is
        told with the setting.

        Args:
            prompt: What to draw.
            provider: The provider of a bare model name, or alone for its default model.
            **params: `model` and the contract's other parameters, and how the call is made: `timeout`, `max_retries`,
                `headers`, `extra_query`, `extra_body`.
        """
        from ..._wire.images import generation_call

        settings, given = split_params(self._settings, params)
        return await self._session.send(generation_call(prompt, given, provider, settings.extra_body), settings)

    async def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says (contract: POST /images/edits).

        Args:
            image: The picture, or several to draw from: bytes, a path, or an open binary file each.
            prompt: What the result shall show.
            provider: As in `generate_image`.
            **params: `mask`, `model` and the contract's other parameters, and how the call is made.
        """
        from ..._wire.images import edit_call

        settings, given = split_params(self._settings, params)
        several = image if isinstance(image, (list, tuple)) else [image]
        uploads = [await async_read_upload(one, "image") for one in several]
        mask = given.pop("mask", None)
        over = None if mask is None else await async_read_upload(mask, "mask")
        call = edit_call(uploads, over, prompt, given, provider=provider, extra=settings.extra_body)
        return await self._session.send(call, settings)

    async def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one (contract: POST /images/variations; gateways up to 0.48).

        Args:
            image: Bytes, a path, or an open binary file.
            provider: As in `generate_image`.
            **params: `model` and the contract's other parameters, and how the call is made.
        """
        from ..._wire.images import variation_call

        settings, given = split_params(self._settings, params)
        upload = await async_read_upload(image, "image")
        return await self._session.send(variation_call(upload, given, provider, settings.extra_body), settings)

    async def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes: decoded where they came with the answer, else fetched from its address.

        Neither the token, a header nor a certificate of the client goes to that address, and no redirect is followed.
        A `driver` that may add any (`Httpx2Driver`) is passed over. Addresses of this machine and of the link
        (169.254.0.0/16, fe80::/10) are refused unless the gateway runs on the same host.

        Raises:
            ValueError: The picture has neither bytes nor an http address, or one that is refused.
            GatewayError: It could not be fetched; such addresses are good for a while only.
        """
        from ..._wire.images import fetch_call

        if image.b64_json:
            return image.bytes()
        server, call = fetch_call(image.url, self._session.url.root)
        settings = self._settings
        bare = resolve(
            ClientSettings(
                token=settings.token, timeouts=settings.timeouts, max_retries=settings.max_retries, retry=settings.retry
            ),
            {"token": None},
        )
        return await self._session.send_elsewhere(GatewayUrl.parse(server), call, bare)


class AsyncAudioMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def create_speech(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> Audio:
        """A text spoken aloud (contract: POST /audio/speech; gateways newer than 0.48).

        Args:
            model: "provider/name", or a bare name with `provider`.
            input: What to say, at most 4096 characters.
            voice: Who speaks: one of the provider's voices by name or id.
            provider: The provider of a bare model name.
            **params: The contract's other parameters, and how the call is made: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`.
        """
        from ..._wire.audio import speech_call

        settings, given = split_params(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return await self._session.send(call, settings)

    async def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text (contract: POST /audio/sfx; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: What should be heard.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 0.5 to 30.
        """
        from ..._wire.audio import sound_effect_call

        settings, given = split_params(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return await self._session.send(call, settings)

    async def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text (contract: POST /audio/music; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: What should be played.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 3 to 600.
        """
        from ..._wire.audio import music_call

        settings, given = split_params(self._settings, params)
        call = music_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return await self._session.send(call, settings)

    def create_speech_stream(
        self,
        model: str,
        input: str,
        voice: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[SpeechParams],
    ) -> AsyncByteStream:
        """The same as `create_speech`, in pieces as they come. Nothing is sent before the `with` block is entered."""
        from ..._wire.audio import speech_call

        settings, given = split_params(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return self._sound(call, settings)

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> AsyncByteStream:
        """The same as `create_sound_effect`, in pieces as they come."""
        from ..._wire.audio import sound_effect_call

        settings, given = split_params(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> AsyncByteStream:
        """The same as `create_music`, in pieces as they come."""
        from ..._wire.audio import music_call

        settings, given = split_params(self._settings, params)
        call = music_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def _sound(self, call: Call[Audio], settings: ClientSettings[AsyncTokenSource]) -> AsyncByteStream:
        from ..._streams.dialect import ByteDialect
        from ..._wire.audio import reject_text

        return AsyncByteStream(
            self._session,
            stream_call(call, lambda: ByteDialect("sound"), accept=call.accept),
            settings,
            lambda reply: reject_text(reply, call.provider, call.model),
        )
