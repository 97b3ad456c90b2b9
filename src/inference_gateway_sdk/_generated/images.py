"""The contract's types: images.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from .._model.display import Listing
from .._model.images import Picture
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum
from .._model.unknown_fields import WithMeta

__all__ = [
    "CreateImageEditRequest",
    "CreateImageEditRequestQuality",
    "CreateImageEditRequestResponseFormat",
    "CreateImageRequest",
    "CreateImageRequestQuality",
    "CreateImageRequestResponseFormat",
    "CreateImageVariationRequest",
    "CreateImageVariationRequestResponseFormat",
    "Image",
    "ImageSize",
    "ImagesResponse",
    "ImagesResponseUsage",
    "ImagesResponseUsageInputTokensDetails",
]


class ImageSize(OpenEnum):
    """Width and height of a picture in pixels; `auto` leaves it to the model. Models take some of them only."""

    AUTO = "auto"
    SIZE_256X256 = "256x256"
    SIZE_512X512 = "512x512"
    SIZE_1024X1024 = "1024x1024"
    SIZE_1536X1024 = "1536x1024"
    SIZE_1024X1536 = "1024x1536"
    SIZE_1792X1024 = "1792x1024"
    SIZE_1024X1792 = "1024x1792"


if TYPE_CHECKING:
    ImageSizeValue: TypeAlias = ImageSize | Literal["auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792"] | str
    """A `ImageSize`, or any other string: gateways send values that no contract lists."""
else:
    ImageSizeValue = ImageSize


class Image(Picture, _Model, kw_only=True):
    """One picture."""

    b64_json: str | None = None
    """Its bytes as base64; the only form the GPT image models give."""
    url: str | None = None
    """Where to fetch it, for a while."""
    revised_prompt: str | None = None
    """What the model made of the prompt, if it reworded it."""


class ImagesResponseUsageInputTokensDetails(_Model, kw_only=True):
    """What the tokens read consisted of."""

    cached_tokens: int | None = None
    """Taken from the provider's cache."""


class ImagesResponseUsage(_Model, kw_only=True):
    """Tokens used, where the model counts in tokens."""

    total_tokens: int | None = None
    """Read and generated together."""
    input_tokens: int | None = None
    """Tokens read, of text and pictures."""
    output_tokens: int | None = None
    """Tokens generated."""
    input_tokens_details: ImagesResponseUsageInputTokensDetails | None = None
    """What the tokens read consisted of."""


class ImagesResponse(Listing, WithMeta, _Model, kw_only=True):
    """The pictures made."""

    created: Required[int]
    """When they were made, in Unix seconds."""
    data: list[Image]
    """The pictures."""
    usage: ImagesResponseUsage | None = None
    """Tokens used, where the model counts in tokens."""
    background: str | None = None
    """What lies behind the subject, such as `opaque` or `transparent`."""
    output_format: str | None = None
    """The pictures' file format, such as `png`."""
    quality: str | None = None
    """The quality they were made in."""
    size: str | None = None
    """Their width and height."""


class CreateImageRequestQuality(OpenEnum):
    """How much care to take. Models take some of the values only."""

    AUTO = "auto"
    STANDARD = "standard"
    HD = "hd"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


if TYPE_CHECKING:
    CreateImageRequestQualityValue: TypeAlias = CreateImageRequestQuality | Literal["auto", "standard", "hd", "low", "medium", "high"] | str
    """A `CreateImageRequestQuality`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageRequestQualityValue = CreateImageRequestQuality


class CreateImageRequestResponseFormat(OpenEnum):
    """Whether to get addresses or bytes; the GPT image models always give bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageRequestResponseFormatValue: TypeAlias = CreateImageRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageRequestResponseFormatValue = CreateImageRequestResponseFormat


class CreateImageRequest(_Model, kw_only=True):
    """A picture to make from a text."""

    prompt: Required[str]
    """What to draw."""
    model: str | None = None
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int | None = None
    """How many pictures to make; some models make only one."""
    size: ImageSizeValue | None = None
    """How large they shall be."""
    quality: CreateImageRequestQualityValue | None = None
    """How much care to take. Models take some of the values only."""
    response_format: CreateImageRequestResponseFormatValue | None = None
    """Whether to get addresses or bytes; the GPT image models always give bytes."""


class CreateImageEditRequestQuality(OpenEnum):
    """How much care to take. Models take some of the values only."""

    AUTO = "auto"
    STANDARD = "standard"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


if TYPE_CHECKING:
    CreateImageEditRequestQualityValue: TypeAlias = CreateImageEditRequestQuality | Literal["auto", "standard", "low", "medium", "high"] | str
    """A `CreateImageEditRequestQuality`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageEditRequestQualityValue = CreateImageEditRequestQuality


class CreateImageEditRequestResponseFormat(OpenEnum):
    """Whether to get addresses or bytes; the GPT image models always give bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageEditRequestResponseFormatValue: TypeAlias = CreateImageEditRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageEditRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageEditRequestResponseFormatValue = CreateImageEditRequestResponseFormat


class CreateImageEditRequest(_Model, kw_only=True):
    """Pictures to change as a text says, sent as a form."""

    image: Required[Any | list[Any]]
    """The picture to change, or several to draw from. Without a mask its transparent areas are what is changed."""
    prompt: Required[str]
    """What the result shall show."""
    mask: Any | None = None
    """A PNG of the same size, transparent where the picture may be changed."""
    model: str | None = None
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int | None = None
    """How many results to make."""
    size: ImageSizeValue | None = None
    """How large they shall be."""
    quality: CreateImageEditRequestQualityValue | None = None
    """How much care to take. Models take some of the values only."""
    response_format: CreateImageEditRequestResponseFormatValue | None = None
    """Whether to get addresses or bytes; the GPT image models always give bytes."""


class CreateImageVariationRequestResponseFormat(OpenEnum):
    """Whether to get addresses or bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageVariationRequestResponseFormatValue: TypeAlias = CreateImageVariationRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageVariationRequestResponseFormat`, or any other string: gateways send values that no contract lists.
    """
else:
    CreateImageVariationRequestResponseFormatValue = CreateImageVariationRequestResponseFormat


class CreateImageVariationRequest(_Model, kw_only=True):
    """A picture to vary, sent as a form."""

    image: Required[Any]
    """The picture to vary."""
    model: str | None = None
    """`provider/name`, or a bare name when the provider is given beside it."""
    n: int | None = None
    """How many variations to make."""
    size: ImageSizeValue | None = None
    """How large they shall be."""
    response_format: CreateImageVariationRequestResponseFormatValue | None = None
    """Whether to get addresses or bytes."""
