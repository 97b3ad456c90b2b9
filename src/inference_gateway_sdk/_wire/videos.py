"""Calls of the videos endpoints (contract: /videos): the job as `VideoJob`, its file as `Video`."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import structs

from .._generated.video import VideoJob, VideoJobStatus
from .._model.arguments import check_number
from .._model.unknown_fields import set_module
from ..errors import (
    DecodingError,
    GatewayError,
    TimeoutError,  # noqa: A004
)
from . import codec
from .audio import MediaFile, reject_text
from .call import Call, Idempotency, check_provider, post_call
from .headers import redact_text
from .images import file_part, form, form_value
from .params import request_fields
from .problem import reject_hollow
from .url import segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .call import Reply, Target
    from .images import FilePart, Upload

__all__ = [
    "Video",
    "VideoFailedError",
    "check_wait",
    "content_call",
    "create_call",
    "file_fields",
    "finished",
    "not_completed",
    "retrieve_call",
    "video_id",
]


@set_module
class Video(MediaFile, kw_only=True):
    """A generated video.

    Attributes:
        bytes: The file's bytes.
        content_type: The media type of the response's `Content-Type` header; "" when it has none.
    """

    def _repr_html_(self) -> str:
        """Return the HTML of a video player, for notebooks."""
        data = base64.b64encode(self.bytes).decode()
        kind = self.content_type if self.content_type.lower().startswith("video/") else "video/mp4"
        return f'<video controls src="data:{html.escape(kind)};base64,{data}"></video>'


@set_module
class VideoFailedError(GatewayError):
    """The provider could not generate a video.

    Attributes:
        video: The `VideoJob`; its `error` has the provider's reason.
        code: The provider's code for the reason, or None.
    """

    def __init__(self, message: str = "", *, video: Any = None, code: str | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.video: VideoJob = video
        self.code = code


_WAV: Final = (b"RIFF", b"WAVE")
_MPEG: Final = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")
_AUDIO_SUFFIXES: Final = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".mpeg": "audio/mpeg", ".mpga": "audio/mpeg"}


def create_call(
    target: Target,
    prompt: object,
    uploads: Sequence[tuple[str, Upload]],
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
) -> Call[VideoJob]:
    """Return the call that starts a job.

    Args:
        target: The model, and the provider.
        prompt: The text, or None.
        uploads: The files, each with the name of its field. A name may occur several times.
        params: The other parameters.
        extra: Fields that the contract does not list.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: A file or the prompt is empty.
    """
    if isinstance(prompt, str) and not prompt.strip():
        raise ValueError("prompt is empty: describe the video, or leave it out")
    seconds = params.get("seconds")
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
        raise TypeError(f'seconds must be a string, got {type(seconds).__name__} {seconds!r}: write "{seconds:g}"')
    given = request_fields("CreateVideoRequest", {"prompt": prompt, **params}, target, extra)
    files = [_audio_part(upload) if name == "audio" else file_part(upload, name) for name, upload in uploads]
    content_type, body = form([(name, form_value(name, value)) for name, value in given.items()], files)
    return post_call("/videos", target, body, _read_created, content_type=content_type, repeat=Idempotency.CAUTIOUSLY)


def file_fields(params: dict[str, Any]) -> list[tuple[str, str, object]]:
    """Remove the files from the parameters of a job; return each with its field's name and its argument's.

    Raises:
        TypeError: `reference_images` is not a list.
    """
    pictures: Any = params.pop("reference_images", None)
    if pictures is not None and not isinstance(pictures, list | tuple):
        raise TypeError(f"reference_images must be a list of files, got {type(pictures).__name__}")
    several = cast("Sequence[object]", pictures or ())
    alone = [(name, name, params.pop(name, None)) for name in ("input_reference", "audio")]
    found = [("reference_images", f"reference_images[{place}]", file) for place, file in enumerate(several)]
    return [*(field for field in alone if field[2] is not None), *found]


def _audio_part(upload: Upload) -> FilePart:
    part = file_part(upload, "audio")
    content = part.content
    if (content[:4], content[8:12]) == _WAV:
        kind = "audio/wav"
    elif content.startswith(_MPEG):
        kind = "audio/mpeg"
    else:
        kind = _AUDIO_SUFFIXES.get(Path(part.filename).suffix.lower(), part.content_type)
    named = f"audio{'.wav' if kind == 'audio/wav' else '.mp3'}" if part.filename == "audio" else part.filename
    return structs.replace(part, content_type=kind, filename=named)


def video_id(video: object) -> str:
    """Return the id of a job, which may be given as the job.

    Raises:
        TypeError: It is neither a `VideoJob` nor a string.
        ValueError: The id is empty, or contains what cannot be part of one path segment.
    """
    given: object = video.id if isinstance(video, VideoJob) else video
    if not isinstance(given, str):
        raise TypeError(f"video must be a VideoJob or its id, got {type(given).__name__}")
    if "/" in given or "\\" in given:  # Go's router decodes %2F before it looks for the route
        raise ValueError(f"video {given[:80]!r} contains a slash: pass the id that create_video() returned")
    if not given.strip():
        raise ValueError("video is empty: pass the id that create_video() returned")
    if not given.isprintable():
        raise ValueError(f"video {given[:80]!r} contains a control character: pass the id that create_video() returned")
    return given


def retrieve_call(video: object, provider: object) -> Call[VideoJob]:
    """Return the call for the state of a job. Raises as `video_id` and `check_provider`."""
    checked = None if provider is None else check_provider(provider)
    return Call(
        method="GET",
        path=f"/videos/{segment(video_id(video), 'video')}",
        read=lambda reply: _read_job(reply, checked, None),
        query=() if checked is None else (("provider", checked),),
        provider=checked,
    )


def content_call(video: object, provider: object) -> Call[Video]:
    """Return the call that downloads the file of a completed job. Raises as `retrieve_call`."""
    job = retrieve_call(video, provider)
    return Call(
        method="GET",
        path=f"{job.path}/content",
        read=lambda reply: _read_video(reply, job.provider),
        query=job.query,
        accept="video/*, application/octet-stream, application/json",
        provider=job.provider,
    )


def check_wait(interval: object, max_wait: object, on_progress: object) -> None:
    """Check the arguments of `wait_for_video`.

    Raises:
        TypeError: One has the wrong type.
        ValueError: A number is not positive, or not finite.
    """
    check_number("interval", interval, "seconds")
    if max_wait is not None:
        check_number("max_wait", max_wait, "seconds")
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be a function of one argument, got {type(on_progress).__name__}")


def finished(job: VideoJob) -> bool:
    """Return whether the video is completed.

    Raises:
        VideoFailedError: The job failed.
    """
    if job.status != VideoJobStatus.FAILED:
        return job.status == VideoJobStatus.COMPLETED
    reason, code = (job.error.message, job.error.code) if job.error is not None else (None, None)
    text = redact_text(reason or "the provider gave no reason")
    raise VideoFailedError(
        f"the video {job.id!r} failed: {text}{f' ({code})' if code else ''}", video=job, code=code, meta=job.meta
    )


def not_completed(video: object, job: VideoJob | None, max_wait: float, url: str) -> TimeoutError:
    """Return the error for a job that is not completed in time."""
    state = ""
    if job is not None:
        state = f", it is {job.status}" + (f" at {job.progress} %" if job.progress is not None else "")
    return TimeoutError(
        f"the video {video_id(video)!r} was not completed within {max_wait:g} s (max_wait){state}",
        hint="the job goes on: wait_for_video() with its id waits again",
        limit="max_wait",
        seconds=max_wait,
        url=url,
        partial=job,
    )


def _read_created(reply: Reply, target: Target) -> VideoJob:
    return _read_job(reply, target.provider, target.model or None)


def _read_job(reply: Reply, provider: str | None, model: str | None) -> VideoJob:
    job = codec.decode(reply.body, VideoJob)
    if not job.id:
        reject_hollow(job, "id", reply, provider=provider, model=model)
    return job


def _read_video(reply: Reply, provider: str | None) -> Video:
    reject_text(reply, provider, None, "a video")
    if not reply.body:
        raise DecodingError("the answer has status 200 but holds no video")
    return Video(bytes=reply.body, content_type=reply.headers.get("content-type", ""))
