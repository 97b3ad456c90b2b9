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
    """Who says so: the running model, its provider's list, or a table kept by the community."""

    RUNTIME = "runtime"
    PROVIDER = "provider"
    COMMUNITY = "community"


if TYPE_CHECKING:
    ContextWindowSourceValue: TypeAlias = ContextWindowSource | Literal["runtime", "provider", "community"] | str
    """A `ContextWindowSource`, or any other string: gateways send values that no contract lists."""
else:
    ContextWindowSourceValue = ContextWindowSource


class ContextWindow(_Model, kw_only=True):
    """How many tokens a model takes in one go."""

    tokens: Required[int]
    """Prompt and answer together."""
    source: Required[ContextWindowSourceValue]
    """Who says so: the running model, its provider's list, or a table kept by the community."""


class PricingSource(OpenEnum):
    """Who says so: the provider's list, or a table kept by the community."""

    PROVIDER = "provider"
    COMMUNITY = "community"


if TYPE_CHECKING:
    PricingSourceValue: TypeAlias = PricingSource | Literal["provider", "community"] | str
    """A `PricingSource`, or any other string: gateways send values that no contract lists."""
else:
    PricingSourceValue = PricingSource


class Pricing(_Model, kw_only=True):
    """What a model costs per token. Amounts are decimal text; read them with `Decimal`."""

    currency: Required[str]
    """Three-letter code (ISO 4217), such as `USD`."""
    input_per_token: Required[str]
    """Price of a token read."""
    output_per_token: Required[str]
    """Price of a token generated."""
    cache_read_per_token: str | None = None
    """Price of a token found in the provider's cache."""
    cache_write_per_token: str | None = None
    """Price of a token put into the provider's cache."""
    source: Required[PricingSourceValue]
    """Who says so: the provider's list, or a table kept by the community."""
    updated_at: Required[str]
    """When the figures were taken (RFC 3339)."""
    subscription: bool | None = None
    """Paid by subscription, so that a price of 0 does not mean free."""


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
    """What a model takes and gives."""

    input: list[ModalityValue]
    """What it takes."""
    output: list[ModalityValue]
    """What it gives."""


class Model(_Model, kw_only=True):
    """A model that can be asked."""

    id: Required[str]
    """`provider/name`, to be given as `model` exactly as it stands."""
    object: Required[str]
    """`model`; empty where the provider says nothing."""
    created: Required[int]
    """When it came out, in Unix seconds; 0 where the provider says nothing."""
    owned_by: Required[str]
    """Who made it; empty where the provider says nothing."""
    served_by: Required[ProviderValue]
    """The provider that runs it."""
    modalities: ModelModalities | None = None
    """What it takes and gives, when asked for and known."""
    context_window: ContextWindow | None = None
    """How much it takes, when asked for and known."""
    pricing: Pricing | None = None
    """What it costs, when asked for and known."""


class ListModelsResponse(ModelListing, WithMeta, _Model, kw_only=True):
    """The models on offer."""

    provider: ProviderValue | None = None
    """Whose models these are, when one provider was asked for."""
    object: Required[str]
    """The word `list`."""
    data: list[Model]
    """The models, in no fixed order."""
