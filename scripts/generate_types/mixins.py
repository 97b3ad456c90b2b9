"""The mix-ins of the generated classes, with a check that none of them hides a field of the contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from .contract import Contract, ContractError, Object

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mixin", "mixins_of"]


class Mixin(NamedTuple):
    """A hand-written class of `_model`: its module, its name, and the contract class it is generic over, if any."""

    module: str
    name: str
    of: str = ""

    @property
    def base(self) -> str:
        """Return the mix-in as it is written among the bases of a class."""
        return f'{self.name}["{self.of}"]' if self.of else self.name

    def offers(self) -> Iterator[str]:
        """Yield the public names that the mix-in adds."""
        cls = getattr(import_module(f"inference_gateway_sdk._model.{self.module}"), self.name)
        for base in cls.__mro__[:-1]:
            yield from (name for name in vars(base) if not name.startswith("_"))

    def refuse_shadowing(self, declaration: Object) -> None:
        """Raise if the mix-in has an attribute with the name of a field.

        Raises:
            ContractError: The message names both.
        """
        for shadowed in {prop.name for prop in declaration.properties} & set(self.offers()):
            raise ContractError(f"{self.name}.{shadowed} would hide {declaration.name}.{shadowed}")


_WITH_META = Mixin("unknown_fields", "WithMeta")

_MIXINS = {
    "CreateChatCompletionResponse": Mixin("answers", "ChatAnswer"),
    "CreateChatCompletionStreamResponse": Mixin("answers", "ChatChunk"),
    "Message": Mixin("answers", "MessageText"),
    "ChatCompletionMessageToolCall": Mixin("answers", "ToolCallMixin"),
    "ChatCompletionMessageToolCallFunction": Mixin("answers", "Arguments"),
    "MessagesResponse": Mixin("answers", "MessagesAnswer", of="MessagesToolUseBlock"),
    "MessagesStreamEvent": Mixin("answers", "MessagesEvent"),
    "MessagesToolUseBlock": Mixin("answers", "ToolInput"),
    "Response": Mixin("answers", "ResponseAnswer", of="ResponseFunctionToolCall"),
    "ResponseFunctionToolCall": Mixin("answers", "Arguments"),
    "ExportMetricsServiceResponse": Mixin("answers", "PushOutcome"),
    "Image": Mixin("images", "ImageMixin"),
    "ImagesResponse": Mixin("display", "Listing"),
    "ListModelsResponse": Mixin("display", "ModelListing"),
    "ListToolsResponse": Mixin("display", "Listing"),
}


def mixins_of(contract: Contract, declaration: Object) -> list[Mixin]:
    """Return the mix-ins of a class: its own, and `WithMeta` for every type that an operation returns."""
    own = [_MIXINS[declaration.name]] if declaration.name in _MIXINS else []
    return own + ([_WITH_META] if declaration.name in contract.answers() else [])
