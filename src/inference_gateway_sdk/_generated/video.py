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
    """A video to make, sent as a form. No gateway is known to serve it yet."""

    model: Required[str]
    """`provider/name`, or a bare name when the provider is given beside it."""
    prompt: str | None = None
    """What should be seen."""
    input_reference: Any | None = None
    """A picture to begin from."""
    reference_images: list[Any] | None = None
    """Pictures that guide the look."""
    audio: Any | None = None
    """The sound to go with it."""
    seconds: str | None = None
    """How long it lasts."""
    size: str | None = None
    """Width and height in pixels, such as `1280x720`."""


class VideoJobObject(OpenEnum):
    """Marks the body as a video."""

    VIDEO = "video"


if TYPE_CHECKING:
    VideoJobObjectValue: TypeAlias = VideoJobObject | Literal["video"] | str
    """A `VideoJobObject`, or any other string: gateways send values that no contract lists."""
else:
    VideoJobObjectValue = VideoJobObject


class VideoJobStatus(OpenEnum):
    """How far it has come."""

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
    """Why it failed, if it did."""

    type: str | None = None
    """The kind of failure."""
    message: str | None = None
    """The failure in words."""


class VideoJob(_Model, kw_only=True):
    """A video in the making."""

    id: Required[str]
    """By which the job is asked for."""
    object: Required[VideoJobObjectValue] = field(default_factory=lambda: VideoJobObject.VIDEO)
    """Marks the body as a video."""
    model: Required[str]
    """The model at work."""
    status: Required[VideoJobStatusValue]
    """How far it has come."""
    progress: int | None = None
    """Percent done."""
    created_at: int | None = None
    """When it was ordered, in Unix seconds."""
    completed_at: int | None = None
    """When it was done, in Unix seconds."""
    seconds: str | None = None
    """How long the video lasts."""
    size: str | None = None
    """The video's width and height in pixels."""
    error: VideoJobError | None = None
    """Why it failed, if it did."""
