r"""A fault as text, for headers and files: its name, and behind semicolons its parameters.

    reset-mid-body; after=3
    status; status=429; retry_after=1; body="{\"error\": \"slow down; please\"}"

A value with a semicolon, a quotation mark or blanks at its ends stands in quotation marks, as a JSON string.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from .kinds import Fault, FaultError, fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse"]

_STRING = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*({_STRING}|[^;\"]*?)\s*(?:;|$)")


def parse(given: str | Mapping[str, object]) -> Fault:
    """The fault that a text or a mapping describes; the mapping has its name under "name".

    Raises:
        FaultError: It describes none; the message says why, in a sentence.
    """
    if isinstance(given, str):
        name, _, rest = given.partition(";")
        return fault(name.strip(), **_parameters(rest, given))
    parameters = {key.replace("-", "_"): value for key, value in given.items()}
    named = parameters.pop("name", None)
    if not isinstance(named, str):
        raise FaultError(f'a fault needs its name: write {{ name = "status", ... }} and not {dict(given)!r}')
    return fault(named, **parameters)


def _parameters(text: str, whole: str) -> dict[str, object]:
    found: dict[str, object] = {}
    place = 0
    while text[place:].strip():
        match = _PARAMETER.match(text, place)
        if match is None:
            raise FaultError(f"{whole!r}: after the name of a fault, write ; parameter=value and so on")
        key = match[1].replace("-", "_")
        if key in found:
            raise FaultError(f"{whole!r}: {key} is given twice")
        found[key] = _read(match[2], whole)
        place = match.end()
    return found


def _read(value: str, whole: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return msgspec.json.decode(value.encode(), type=str)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise FaultError(f"{whole!r}: {value} is not a JSON string: {error}") from error
