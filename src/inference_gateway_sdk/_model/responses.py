"""Conveniences of the Responses dialect.

The class they are mixed into is made from the contract, one room up: here stands only what it must look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from .arguments import Arguments
from .display import AnswerDisplay
from .kept import kept_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ResponseAnswer"]

CallT = TypeVar("CallT")


class _Output(Protocol):
    @property
    def output(self) -> Sequence[object]: ...


class ResponseAnswer(AnswerDisplay, Generic[CallT]):
    """Mixed into `Response`."""

    __slots__ = ()

    @property
    def output_text(self: _Output) -> str | None:
        """The text of all messages joined; None when there is none. Refusals and thinking are not part of it."""
        parts = [part for item in self.output for part in getattr(item, "content", None) or ()]
        texts = [text for part in parts if isinstance(text := getattr(part, "text", None), str)]
        return "".join(texts) if texts else None

    @property
    def tool_calls(self) -> list[CallT]:
        """The calls of your functions, possibly none; tools that the provider runs itself are not among them."""
        items = cast("_Output", self).output
        return [cast("CallT", item) for item in items if isinstance(item, Arguments)]

    @property
    def complete(self) -> bool:
        """False when the stream this was assembled from ended early and that was accepted; see also `status`."""
        return kept_of(self).marks.complete
