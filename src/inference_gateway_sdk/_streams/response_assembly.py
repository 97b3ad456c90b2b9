"""The events of a Responses stream to one whole `Response`; linear in their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.responses import Response
from .._model.json_value import is_array
from .._model.kept import mark_incomplete
from .._wire import codec
from .response_items import Items

if TYPE_CHECKING:
    from .._generated.responses import ResponseStreamEvent

__all__ = ["ENDS", "ResponseAssembly"]

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The events after which nothing follows; each holds the whole response."""


class ResponseAssembly:
    """The response in the making."""

    __slots__ = ("_adopted", "_fields", "_items", "_output")

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._items = Items()
        self._output: list[Any] | None = None  # as a snapshot of the whole has it
        self._adopted: Response | None = None

    def add(self, event: ResponseStreamEvent) -> None:
        """Fold one event; kinds nobody listed change nothing, but for the items and parts they carry."""
        last = event.type in ENDS
        if last:
            self._fields.pop("status", None)  # of a snapshot before
        if event.response is not None:
            self._take(codec.to_builtins(event.response), last=last)
        elif not last:
            self._items.add(event)
        if last and not self._fields.get("status"):
            self._fields["status"] = event.type.removeprefix("response.")

    def adopt(self, answer: Response) -> None:
        """Take a whole answer as what was assembled, unless it holds nothing."""
        if answer.output:
            self._adopted = answer

    def turns(self, *, complete: bool) -> list[Response]:
        """The response so far, the only turn there is; empty before it begins."""
        return [] if self._empty else [self._built(complete)]

    @property
    def _empty(self) -> bool:
        return not (self._fields or len(self._items) or self._adopted)

    def _built(self, complete: bool) -> Response:
        answer = self._adopted or codec.from_builtins(self._whole(), Response)
        if not complete:
            mark_incomplete(answer)
        return answer

    def _whole(self) -> dict[str, Any]:
        output = self._items.built() if self._output is None else self._output
        return {"object": "response", **self._fields, "output": output}

    def _take(self, snapshot: dict[str, Any], *, last: bool) -> None:
        """A snapshot of the whole: its facts replace earlier ones.

        The last one's output counts where it holds as many items as were told: some providers leave it empty.
        """
        output = snapshot.pop("output", None)
        self._fields.update(snapshot)
        if not is_array(output):
            return
        if last and len(output) >= len(self._items):
            self._output = output
        elif not len(self._items):
            self._items.begin(output)
