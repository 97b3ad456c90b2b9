# Derived from audio_async.py by scripts/derive_blocking.py: do not edit.
"""The clients' methods for sound: speech, sound effects and music."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.call import streamed
from .._wire.target import Target
from .byte_stream_blocking import ByteStream
from .settings import split

if TYPE_CHECKING:
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._wire.audio import Audio
    from .._wire.call import Call
    from .params import MusicParams, SoundEffectParams, SpeechParams
    from .session_blocking import Session
    from .settings import Settings
    from .token import TokenSource

__all__ = ["AudioMethods"]


class AudioMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: Session
        _settings: Settings[TokenSource]

    def create_speech(
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
        from .._wire.audio import speech_call

        settings, given = split(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return self._session.send(call, settings)

    def create_sound_effect(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> Audio:
        """A sound effect made from a text (contract: POST /audio/sfx; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: What should be heard.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 0.5 to 30.
        """
        from .._wire.audio import sound_effect_call

        settings, given = split(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._session.send(call, settings)

    def create_music(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> Audio:
        """A piece of music composed from a text (contract: POST /audio/music; gateways newer than 0.48).

        Args:
            model: As in `create_speech`.
            prompt: What should be played.
            provider: As in `create_speech`.
            **params: As in `create_speech`; `duration_seconds` from 3 to 600.
        """
        from .._wire.audio import music_call

        settings, given = split(self._settings, params)
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
        """The same as `create_speech`, in pieces as they come. Nothing is sent before the `with` block is entered."""
        from .._wire.audio import speech_call

        settings, given = split(self._settings, params)
        call = speech_call(Target.resolve(model, provider), input, voice, given, settings.extra_body)
        return self._sound(call, settings)

    def create_sound_effect_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[SoundEffectParams]
    ) -> ByteStream:
        """The same as `create_sound_effect`, in pieces as they come."""
        from .._wire.audio import sound_effect_call

        settings, given = split(self._settings, params)
        call = sound_effect_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def create_music_stream(
        self, model: str, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[MusicParams]
    ) -> ByteStream:
        """The same as `create_music`, in pieces as they come."""
        from .._wire.audio import music_call

        settings, given = split(self._settings, params)
        call = music_call(Target.resolve(model, provider), prompt, given, settings.extra_body)
        return self._sound(call, settings)

    def _sound(self, call: Call[Audio], settings: Settings[TokenSource]) -> ByteStream:
        from .._streams.raw import ByteDialect
        from .._wire.audio import refuse_text

        return ByteStream(
            self._session,
            streamed(call, lambda: ByteDialect("sound")),
            settings,
            lambda reply: refuse_text(reply, call.provider, call.model),
        )
