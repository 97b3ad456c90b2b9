"""The contract's types: video.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum
from .._model.unknown_fields import WithMeta

__all__ = ["CreateVideoRequest", "VideoJob", "VideoJobError", "VideoJobObject", "VideoJobStatus"]


class CreateVideoRequest(_Model, kw_only=True):
    """A prompt and files for a video, sent as a form."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    prompt: str | None = None
    """A text that describes the video. A model that animates a portrait to a recording reads only the framing from it,
    not what is spoken.
    """
    input_reference: Any | None = None
    """A picture that the video begins with, or the portrait to animate."""
    reference_images: list[Any] | None = None
    """Pictures of a character, which keep it alike from shot to shot. Few models use them."""
    audio: Any | None = None
    """A WAV or MPEG recording that the portrait speaks. The video is then as long as it, whatever `seconds` is."""
    seconds: str | None = None
    """The length in seconds, as text: `8`. Each provider takes only some lengths."""
    size: str | None = None
    """Width and height in pixels, such as `1280x720`. Each provider takes only some sizes."""


class VideoJobObject(OpenEnum):
    """The type of the object, `video`."""

    VIDEO = "video"


if TYPE_CHECKING:
    VideoJobObjectValue: TypeAlias = VideoJobObject | Literal["video"] | str
    """A `VideoJobObject`, or any other string: gateways send values that no contract lists."""
else:
    VideoJobObjectValue = VideoJobObject


class VideoJobStatus(OpenEnum):
    """The progress of the job."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


if TYPE_CHECKING:
    VideoJobStatusValue: TypeAlias = VideoJobStatus | Literal["queued", "in_progress", "completed", "failed"] | str
    """A `VideoJobStatus`, or any other string: gateways send values that no contract lists."""
else:
    VideoJobStatusValue = VideoJobStatus


class VideoJobError(_Model, kw_only=True):
    """The reason, if the job failed."""

    code: str | None = None
    """A short code for the reason."""
    message: str | None = None
    """The error message."""


class VideoJob(WithMeta, _Model, kw_only=True):
    """A job that generates a video."""

    id: Required[str]
    """The id to ask for the job with. It may name the provider; send it back unchanged."""
    object: Required[VideoJobObjectValue] = field(default_factory=lambda: VideoJobObject.VIDEO)
    """The type of the object, `video`."""
    model: Required[str]
    """The model that generates the video."""
    status: Required[VideoJobStatusValue]
    """The progress of the job."""
    progress: int | None = None
    """The progress in percent."""
    created_at: Required[int]
    """The creation time in Unix seconds."""
    completed_at: int | None = None
    """The completion time in Unix seconds; null until then."""
    seconds: str | None = None
    """The length of the video in seconds, as text."""
    size: str | None = None
    """The width and height of the video in pixels."""
    error: VideoJobError | None = None
    """The reason, if the job failed."""
