"""The contract's types: models.

Derived from openapi.yaml by scripts/generate_types: do not edit.
"""
# fmt: off

from typing import Literal, TYPE_CHECKING, TypeAlias

from .._model.display import ModelListing
from .._model.model import Model as _Model, Required
from .._model.open_types import OpenEnum
from .._model.unknown_fields import WithMeta
from .gateway import ProviderValue

__all__ = [
    "ContextWindow",
    "ContextWindowSource",
    "ListModelsResponse",
    "Modality",
    "Model",
    "ModelModalities",
    "Pricing",
    "PricingSource",
]


class ContextWindowSource(OpenEnum):
    """The origin of the number: the running model, its provider's list, or a table kept by the community."""

    RUNTIME = "runtime"
    PROVIDER = "provider"
    COMMUNITY = "community"


if TYPE_CHECKING:
    ContextWindowSourceValue: TypeAlias = ContextWindowSource | Literal["runtime", "provider", "community"] | str
    """A `ContextWindowSource`, or any other string: gateways send values that no contract lists."""
else:
    ContextWindowSourceValue = ContextWindowSource


class ContextWindow(_Model, kw_only=True):
    """The context window of a model."""

    tokens: Required[int]
    """The number of tokens of prompt and answer together."""
    source: Required[ContextWindowSourceValue]
    """The origin of the number: the running model, its provider's list, or a table kept by the community."""


class PricingSource(OpenEnum):
    """The origin of the prices: the provider's list, or a table kept by the community."""

    PROVIDER = "provider"
    COMMUNITY = "community"


if TYPE_CHECKING:
    PricingSourceValue: TypeAlias = PricingSource | Literal["provider", "community"] | str
    """A `PricingSource`, or any other string: gateways send values that no contract lists."""
else:
    PricingSourceValue = PricingSource


class Pricing(_Model, kw_only=True):
    """The prices of a model per token. Amounts are decimal text; parse them with `Decimal`."""

    currency: Required[str]
    """The currency as a three-letter code (ISO 4217), such as `USD`."""
    input_per_token: Required[str]
    """The price of an input token."""
    output_per_token: Required[str]
    """The price of a generated token."""
    cache_read_per_token: str | None = None
    """The price of a token read from the provider's cache."""
    cache_write_per_token: str | None = None
    """The price of a token written to the provider's cache."""
    source: Required[PricingSourceValue]
    """The origin of the prices: the provider's list, or a table kept by the community."""
    updated_at: Required[str]
    """The time the prices were recorded (RFC 3339)."""
    subscription: bool | None = None
    """Paid by subscription, so a price of 0 does not mean free."""


class Modality(OpenEnum):
    """A kind of content."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


if TYPE_CHECKING:
    ModalityValue: TypeAlias = Modality | Literal["text", "image", "audio", "video"] | str
    """A `Modality`, or any other string: gateways send values that no contract lists."""
else:
    ModalityValue = Modality


class ModelModalities(_Model, kw_only=True):
    """A model's modalities."""

    input: list[ModalityValue]
    """The modalities that the model accepts."""
    output: list[ModalityValue]
    """The modalities that the model generates."""


class Model(_Model, kw_only=True):
    """An available model."""

    id: Required[str]
    """`provider/name`; pass it as `model` without changes."""
    object: Required[str]
    """`model`; empty if the provider does not send it."""
    created: Required[int]
    """The release time in Unix seconds; 0 if the provider does not send it."""
    owned_by: Required[str]
    """The owner of the model; empty if the provider does not send it."""
    served_by: Required[ProviderValue]
    """The provider that runs the model."""
    modalities: ModelModalities | None = None
    """The input and output modalities, if requested and known."""
    context_window: ContextWindow | None = None
    """The context window, if requested and known."""
    pricing: Pricing | None = None
    """The prices, if requested and known."""


class ListModelsResponse(ModelListing, WithMeta, _Model, kw_only=True):
    """The available models."""

    provider: ProviderValue | None = None
    """The provider of the models, if one was requested."""
    object: Required[str]
    """The type of the object, `list`."""
    data: list[Model]
    """The models, in no particular order."""
