"""Generate the table of the contract's operations, for the client and the embedded gateway."""

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
        method: The HTTP method, in upper case.
        path: The path below /v1, or below the gateway's root.
        at_root: True when the path is below the gateway's root.
        request: The name of the request body's type. None without a body, or if the contract names no type.
        answer: The name of the complete answer's type. None for bytes, or if the contract names no type.
        chunk: The name of the type of one streamed event, None if the operation does not stream.
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
    """Return the source of `operations.py`."""
    rows = (
        f"    {literal(op.id)}: Operation({literal(op.method)}, {literal(op.path)}, {op.at_root}, "
        f"{literal(op.request)}, {literal(op.answer)}, {literal(op.chunk)}),"
        for op in contract.operations
    )
    return HEADER.format(about="The contract's operations, by operation id.") + _BODY.format(rows="\n".join(rows))
