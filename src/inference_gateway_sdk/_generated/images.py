"""The contract's types: images.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Any, Literal, TYPE_CHECKING, TypeAlias

from .._model.display import Listing
from .._model.images import ImageMixin
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
    """Width and height of an image in pixels; `auto` lets the model decide. Each model supports only some of the sizes.
    """

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


class Image(ImageMixin, _Model, kw_only=True):
    """One image."""

    b64_json: str | None = None
    """The bytes as base64; the only form that the GPT image models return."""
    url: str | None = None
    """The image's URL, which expires."""
    revised_prompt: str | None = None
    """The prompt as the model revised it, if it did."""


class ImagesResponseUsageInputTokensDetails(_Model, kw_only=True):
    """Input tokens by kind."""

    cached_tokens: int | None = None
    """Tokens read from the provider's cache."""


class ImagesResponseUsage(_Model, kw_only=True):
    """The tokens used, for models that count tokens."""

    total_tokens: int | None = None
    """The sum of input and output tokens."""
    input_tokens: int | None = None
    """Input tokens of text and images."""
    output_tokens: int | None = None
    """Tokens generated."""
    input_tokens_details: ImagesResponseUsageInputTokensDetails | None = None
    """Input tokens by kind."""


class ImagesResponse(Listing, WithMeta, _Model, kw_only=True):
    """The results, each with a URL or base64 data."""

    created: Required[int]
    """The creation time in Unix seconds."""
    data: list[Image]
    """The images."""
    usage: ImagesResponseUsage | None = None
    """The tokens used, for models that count tokens."""
    background: str | None = None
    """The background of the image, such as `opaque` or `transparent`."""
    output_format: str | None = None
    """The file format of the images, such as `png`."""
    quality: str | None = None
    """The images' quality."""
    size: str | None = None
    """The width and height of the images."""


class CreateImageRequestQuality(OpenEnum):
    """The quality of the images. Each model supports only some of the values."""

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
    """Return URLs or bytes; the GPT image models always return bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageRequestResponseFormatValue: TypeAlias = CreateImageRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageRequestResponseFormatValue = CreateImageRequestResponseFormat


class CreateImageRequest(_Model, kw_only=True):
    """A prompt for images, and the settings."""

    prompt: Required[str]
    """A text that describes the image."""
    model: str | None = None
    """`provider/name`, or a bare name together with a provider."""
    n: int | None = None
    """The number of images; some models generate only one."""
    size: ImageSizeValue | None = None
    """The images' size."""
    quality: CreateImageRequestQualityValue | None = None
    """The quality of the images. Each model supports only some of the values."""
    response_format: CreateImageRequestResponseFormatValue | None = None
    """Return URLs or bytes; the GPT image models always return bytes."""


class CreateImageEditRequestQuality(OpenEnum):
    """The quality of the results. Each model supports only some of the values."""

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
    """Return URLs or bytes; the GPT image models always return bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageEditRequestResponseFormatValue: TypeAlias = CreateImageEditRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageEditRequestResponseFormat`, or any other string: gateways send values that no contract lists."""
else:
    CreateImageEditRequestResponseFormatValue = CreateImageEditRequestResponseFormat


class CreateImageEditRequest(_Model, kw_only=True):
    """Images to edit and a prompt, sent as a form."""

    image: Required[Any | list[Any]]
    """The image to edit, or several images to combine. Without a mask, the transparent areas of the image are edited.
    """
    prompt: Required[str]
    """A text that describes the result."""
    mask: Any | None = None
    """A PNG of the same size whose transparent areas mark the parts to edit."""
    model: str | None = None
    """`provider/name`, or a bare name together with a provider."""
    n: int | None = None
    """The number of results."""
    size: ImageSizeValue | None = None
    """The results' size."""
    quality: CreateImageEditRequestQualityValue | None = None
    """The quality of the results. Each model supports only some of the values."""
    response_format: CreateImageEditRequestResponseFormatValue | None = None
    """Return URLs or bytes; the GPT image models always return bytes."""


class CreateImageVariationRequestResponseFormat(OpenEnum):
    """Return URLs or bytes."""

    URL = "url"
    B64_JSON = "b64_json"


if TYPE_CHECKING:
    CreateImageVariationRequestResponseFormatValue: TypeAlias = CreateImageVariationRequestResponseFormat | Literal["url", "b64_json"] | str
    """A `CreateImageVariationRequestResponseFormat`, or any other string: gateways send values that no contract lists.
    """
else:
    CreateImageVariationRequestResponseFormatValue = CreateImageVariationRequestResponseFormat


class CreateImageVariationRequest(_Model, kw_only=True):
    """An image to vary, sent as a form."""

    image: Required[Any]
    """The image to vary."""
    model: str | None = None
    """`provider/name`, or a bare name together with a provider."""
    n: int | None = None
    """The number of variations."""
    size: ImageSizeValue | None = None
    """The variations' size."""
    response_format: CreateImageVariationRequestResponseFormatValue | None = None
    """Return URLs or bytes."""
