"""The contract's operations as a table for client and embedded gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .text import HEADER, literal

if TYPE_CHECKING:
    from .contract import Contract

__all__ = ["operations_module"]

_BODY = '''
from typing import NamedTuple

__all__ = ["OPERATIONS", "Operation"]


class Operation(NamedTuple):
    """One operation of the contract.

    Attributes:
        method: HTTP method, upper case.
        path: Path below /v1, or below the gateway's root.
        at_root: Which of the two.
        request: Name of the request body's type, None where there is none or it is free.
        answer: Name of the whole answer's type, None where it is bytes or free.
        chunk: Name of the type of one event of the streamed answer, None where nothing is streamed.
    """

    method: str
    path: str
    at_root: bool
    request: str | None
    answer: str | None
    chunk: str | None


OPERATIONS = {{
{rows}
}}
'''


def operations_module(contract: Contract) -> str:
    """The source of `operations.py`."""
    rows = (
        f"    {literal(op.id)}: Operation({literal(op.method)}, {literal(op.path)}, {op.at_root}, "
        f"{literal(op.request)}, {literal(op.answer)}, {literal(op.chunk)}),"
        for op in contract.operations
    )
    return HEADER.format(about="The contract's operations, by operation id.") + _BODY.format(rows="\n".join(rows))
