"""A JSON object of a cassette read member by member, with errors that say where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

from .contents import ContentError
from .exchange import Kind
from .json_kinds import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fields"]

T = TypeVar("T")
_KINDS: tuple[Kind, ...] = get_args(Kind)


class Fields:
    """One object and the path to it ("$.exchanges[2].answer")."""

    __slots__ = ("_members", "path")

    def __init__(self, members: dict[str, Any], path: str) -> None:
        self._members = members
        self.path = path

    @classmethod
    def of(cls, value: object, path: str) -> Fields:
        """The object that stands at a path.

        Raises:
            ContentError: Something else stands there.
        """
        if not is_object(value):
            raise ContentError(f"{path} must be an object, got {_shown(value)}")
        return cls(value, path)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def given(self, name: str) -> Any:
        """What stands under a name, None for nothing."""
        return self._members.get(name)

    def inner(self, name: str) -> Fields:
        """The object under a name."""
        return Fields.of(self.given(name), f"{self.path}.{name}")

    def list(self, name: str) -> list[Any]:
        """The list under a name."""
        value = self.given(name)
        return value if is_array(value) else self._wrong(name, "a list")

    def string(self, name: str, default: str | None = None) -> str:
        """The text under a name; the default, if there is one, where nothing stands there."""
        value = self._members.get(name, default)
        return value if isinstance(value, str) else self._wrong(name, "a string")

    def number(self, name: str) -> float:
        """The seconds under a name."""
        value = self.given(name)
        ok = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return float(value) if ok else self._wrong(name, "a number of seconds")

    def whole(self, name: str) -> int:
        """The status under a name."""
        value = self.given(name)
        return value if type(value) is int and 100 <= value <= 999 else self._wrong(name, "a status")

    def flag(self, name: str) -> bool:
        """Whether true stands under a name; nothing is false."""
        value = self._members.get(name, False)
        return value if isinstance(value, bool) else self._wrong(name, "true or false")

    def kind(self, name: str) -> Kind:
        """The kind of ending under a name."""
        for kind in _KINDS:
            if kind == self.given(name):
                return kind
        raise ContentError(f"{self.path}.{name} must be one of {', '.join(_KINDS)}, got {_shown(self.given(name))}")

    def read(self, reader: Callable[[dict[str, Any]], T]) -> T:
        """What a reader makes of the whole object; its error is told where it happened."""
        try:
            return reader(self._members)
        except ContentError as error:
            raise ContentError(f"{self.path}: {error}") from None

    def _wrong(self, name: str, what: str) -> Any:
        raise ContentError(f"{self.path}.{name} must be {what}, got {_shown(self.given(name))}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
