"""The client's methods for videos: jobs that run for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from ..._wire.call import Target, stream_call
from ...errors import TimeoutError  # noqa: A004
from ..hooks import async_ask
from ..settings import split_params, without_body
from ..signatures import with_signatures
from .stream import AsyncByteStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Unpack

    from ..._generated.gateway import Provider
    from ..._generated.video import VideoJob
    from ..._wire.call import Call
    from ..._wire.images import Upload
    from ..._wire.videos import Video
    from .. import keywords
    from ..params import ListOptions, VideoParams
    from ..runtime import AsyncTokenSource
    from ..settings import ClientSettings
    from .session import AsyncSession

__all__ = ["AsyncVideosMethods"]


@with_signatures
class AsyncVideosMethods:
    """A mix-in with the methods of the video endpoints."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: ClientSettings[AsyncTokenSource]

    async def create_video(
        self,
        model: str,
        prompt: str | None = None,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[VideoParams],
    ) -> VideoJob:
        """Start a job that generates a video (contract: POST /videos; gateways newer than 0.48).

        The result is the job, not the video: pass it to `wait_for_video`, then to `download_video`.

        Args:
            model: "provider/name", or a bare name with `provider`.
            prompt: Description of the video. A model that animates a portrait to `audio` needs none.
            provider: The provider of a bare model name.
            **params: `input_reference`, `reference_images` and `audio` (each bytes, a path, or an open binary file),
                the contract's other parameters, and request options: `timeout`, `max_retries`, `headers`,
                `extra_query`, `extra_body`.

        Raises:
            TypeError: An argument has the wrong type, such as `seconds` that is a number. Nothing is sent.
            ValueError: An argument has an invalid value. Nothing is sent.
            NotFoundError: The gateway does not serve videos. The hint names the version and the setting.
        """
        if TYPE_CHECKING:
            keywords.video_params(**params)
        from ..._wire.videos import create_call, file_fields
        from ..runtime import async_read_upload

        settings, given = split_params(self._settings, params)
        target = Target.resolve(model, provider)
        uploads: list[tuple[str, Upload]] = []
        for name, argument, file in file_fields(given):
            uploads.append((name, await async_read_upload(file, argument)))
        return await self._session.send(create_call(target, prompt, uploads, given, settings.extra_body), settings)

    async def retrieve_video(
        self, video: VideoJob | str, *, provider: Provider | str | None = None, **options: Unpack[ListOptions]
    ) -> VideoJob:
        """Return the current state of a job (contract: GET /videos/{video_id}).

        Args:
            video: The job, or its id.
            provider: The provider that runs the job, if the id does not name it.
            **options: Request options: `timeout`, `max_retries`, `headers`, `extra_query`.

        Raises:
            ValueError: The id contains a slash, or is empty. Nothing is sent.
            NotFoundError: The provider has no such job, or the gateway does not serve videos.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.videos import retrieve_call

        return await self._session.send(retrieve_call(video, provider), without_body(self._settings, options))

    async def wait_for_video(
        self,
        video: VideoJob | str,
        *,
        provider: Provider | str | None = None,
        interval: float = 5.0,
        max_wait: float | None = 1200.0,
        on_progress: Callable[[VideoJob], Any] | None = None,
        **options: Unpack[ListOptions],
    ) -> VideoJob:
        """Ask for a job until its video is completed, and return the completed job.

        Args:
            video: The job, or its id. For a job that is already completed, nothing is sent.
            provider: As in `retrieve_video`.
            interval: Seconds between two requests.
            max_wait: The most seconds to wait in all, or None for no limit.
            on_progress: Called with the job when its status or its progress has changed.
            **options: As in `retrieve_video`. `timeout` applies to each request.

        Raises:
            VideoFailedError: The job failed. `video` is the job, with the provider's reason.
            TimeoutError: The video is not completed after `max_wait`. `partial` is the last state of the job.
            ValueError: An argument has an invalid value. Nothing is sent.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire import videos

        videos.check_wait(interval, max_wait, on_progress)
        call = videos.retrieve_call(video, provider)
        settings = without_body(self._settings, options)
        runtime = self._session.runtime
        deadline = None if max_wait is None else runtime.monotonic() + max_wait
        job = None if isinstance(video, str) else video
        seen: object = None
        while True:
            if job is not None:
                if on_progress is not None and seen != (job.status, job.progress):
                    seen = (job.status, job.progress)
                    await async_ask("on_progress", on_progress, job)
                if videos.finished(job):
                    return job
                await runtime.sleep(interval if deadline is None else min(interval, deadline - runtime.monotonic()))
            left = None if deadline is None else deadline - runtime.monotonic()
            if max_wait is not None and left is not None and left <= 0:
                raise videos.not_completed(video, job, max_wait, self._session.url.root)
            job = await self._ask(call, settings, left, job)

    async def _ask(
        self,
        call: Call[VideoJob],
        settings: ClientSettings[AsyncTokenSource],
        left: float | None,
        last: VideoJob | None,
    ) -> VideoJob | None:
        """Return the state of the job, or its last state if no answer came within `left` seconds."""
        total = settings.timeouts.total
        if left is None or (total is not None and total <= left):
            return await self._session.send(call, settings)
        timeouts = structs.replace(settings.timeouts, total=left)
        try:
            return await self._session.send(call, structs.replace(settings, timeouts=timeouts))
        except TimeoutError as error:
            if error.limit != "total":
                raise
            return last

    async def download_video(
        self, video: VideoJob | str, *, provider: Provider | str | None = None, **options: Unpack[ListOptions]
    ) -> Video:
        """Download the file of a completed job (contract: GET /videos/{video_id}/content).

        It is held in memory, up to `max_body` of the client. `download_video_stream` does without.

        Args:
            video: The job, or its id.
            provider: As in `retrieve_video`.
            **options: As in `retrieve_video`.

        Raises:
            NotFoundError: The video is not completed, the job failed, or the gateway does not serve videos.
            DecodingError: The response holds something other than a video.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._wire.videos import content_call

        return await self._session.send(content_call(video, provider), without_body(self._settings, options))

    def download_video_stream(
        self, video: VideoJob | str, *, provider: Provider | str | None = None, **options: Unpack[ListOptions]
    ) -> AsyncByteStream:
        """Stream the file of `download_video`. Nothing is sent before the `with` block is entered.

        Args:
            video: As in `download_video`.
            provider: As in `retrieve_video`.
            **options: As in `retrieve_video`.
        """
        if TYPE_CHECKING:
            keywords.list_options(**options)
        from ..._streams.dialect import ByteDialect
        from ..._wire.audio import reject_text
        from ..._wire.videos import content_call

        call = content_call(video, provider)
        return AsyncByteStream(
            self._session,
            stream_call(call, lambda: ByteDialect("video"), accept=call.accept),
            without_body(self._settings, options),
            lambda reply: reject_text(reply, call.provider, None, "a video"),
        )
