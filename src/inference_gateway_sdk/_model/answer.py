"""What every answer of an operation offers beside its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kept import kept_of

if TYPE_CHECKING:
    from .meta import Meta

__all__ = ["Answer"]


class Answer:
    """Mixed into every type that an operation answers with."""

    __slots__ = ()

    @property
    def meta(self) -> Meta | None:
        """How the answer came: status, headers, time; None for objects that came from no client."""
        return kept_of(self).marks.meta
