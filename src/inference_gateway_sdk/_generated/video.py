"""The contract's types: video.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from msgspec import field

from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum

__all__ = ["CreateVideoRequest", "VideoJob", "VideoJobError", "VideoJobObject", "VideoJobStatus"]


class CreateVideoRequest(_Model, kw_only=True):
    """A prompt for a video, sent as a form. Current gateways are not known to serve it."""

    model: Required[str]
    """`provider/name`, or a bare name together with a provider."""
    prompt: str | None = None
    """A text that describes the video."""
    input_reference: Any | None = None
    """An image that the video starts from."""
    reference_images: list[Any] | None = None
    """Images that guide the look of the video."""
    audio: Any | None = None
    """The audio track of the video."""
    seconds: str | None = None
    """The length in seconds."""
    size: str | None = None
    """Width and height in pixels, such as `1280x720`."""


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
    """The error, if the job failed."""

    type: str | None = None
    """The error's type."""
    message: str | None = None
    """The error message."""


class VideoJob(_Model, kw_only=True):
    """A video that is being generated."""

    id: Required[str]
    """The id by which the job can be queried."""
    object: Required[VideoJobObjectValue] = field(default_factory=lambda: VideoJobObject.VIDEO)
    """The type of the object, `video`."""
    model: Required[str]
    """The model that generates the video."""
    status: Required[VideoJobStatusValue]
    """The progress of the job."""
    progress: int | None = None
    """The progress in percent."""
    created_at: int | None = None
    """The creation time in Unix seconds."""
    completed_at: int | None = None
    """The completion time in Unix seconds."""
    seconds: str | None = None
    """The length of the video in seconds."""
    size: str | None = None
    """The width and height of the video in pixels."""
    error: VideoJobError | None = None
    """The error, if the job failed."""
