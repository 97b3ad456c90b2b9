"""Matching of requests with recorded ones, and the rules of each mode."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args
from urllib.parse import SplitResult, parse_qsl, urlsplit

from msgspec import Struct

from ..._wire.headers import Headers
from .contents import NotJsonError, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .exchange import RecordedRequest

__all__ = ["MATCHERS", "Matcher", "Mode", "Rules", "body_value", "matchers", "rules"]


Mode: TypeAlias = Literal["once", "none", "new", "all"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)


class Rules(Struct, frozen=True):
    """The rules of a mode, for an existing or a missing file.

    Attributes:
        plays: Recorded requests are played.
        records: Other requests go to the server and are recorded.
        keeps: The file keeps its exchanges.
        why: The reason to give for a request that is neither played nor recorded.
    """

    plays: bool
    records: bool
    keeps: bool = True
    why: str = ""


def rules(mode: str, *, exists: bool) -> Rules:
    """Return the rules of a mode.

    Raises:
        ValueError: The mode is unknown.
    """
    match mode, exists:
        case "once", True:
            return Rules(plays=True, records=False, why='mode "once" adds nothing to an existing file')
        case "once", False:
            return Rules(plays=False, records=True)
        case "none", True:
            return Rules(plays=True, records=False, why='mode "none" never records')
        case "none", False:
            return Rules(plays=True, records=False, why='the file does not exist, and mode "none" never records')
        case "new", _:
            return Rules(plays=True, records=True)
        case "all", _:
            return Rules(plays=False, records=True, keeps=False)
        case _:
            raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")


Matcher: TypeAlias = "Callable[[RecordedRequest, RecordedRequest], bool]"
"""A function that compares a new request with a recorded one and returns whether they match."""

_BOUNDARY: Final = re.compile(r"multipart/[^;]+;.*\bboundary=\"?([^\";]+)", re.IGNORECASE)


def matchers(match_on: Iterable[str | Matcher]) -> tuple[Matcher, ...]:
    """Return the matchers for names and functions.

    Raises:
        ValueError: A name is unknown.
        TypeError: An item is neither a name nor a function.
    """
    if isinstance(match_on, str):
        raise TypeError(f"match_on must be a list of names and functions: write [{match_on!r}]")
    return tuple([_matcher(item) for item in match_on])


def _matcher(item: str | Matcher) -> Matcher:
    if not isinstance(item, str):
        if not callable(item):
            raise TypeError(f"match_on has {item!r}: pass names or functions of two requests")
        return item
    if item not in MATCHERS:
        raise ValueError(f"unknown name {item!r} in match_on: use {', '.join(MATCHERS)} or a function of two requests")
    return MATCHERS[item]


def body_value(request: RecordedRequest) -> Any:
    """Return the body for comparison: JSON with sorted keys, a form without its boundary, or else the bytes."""
    body = request.body or b""
    try:
        return json.dumps(read_json(body.decode("utf-8")), sort_keys=True)
    except (UnicodeDecodeError, NotJsonError):
        boundary = _BOUNDARY.match(Headers(request.headers).get("content-type", ""))
        return body.replace(boundary[1].encode(), b"boundary") if boundary else body


def _url(request: RecordedRequest) -> SplitResult:
    return urlsplit(request.url)


def _query(request: RecordedRequest) -> list[tuple[str, str]]:
    return sorted(parse_qsl(_url(request).query, keep_blank_values=True))


def _headers(request: RecordedRequest) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in request.headers)


def _same(part: Callable[[RecordedRequest], object]) -> Matcher:
    return lambda asked, recorded: part(asked) == part(recorded)


MATCHERS: Final[dict[str, Matcher]] = {
    "method": _same(lambda request: request.method),
    "scheme": _same(lambda request: _url(request).scheme),
    "host": _same(lambda request: _url(request).netloc.lower()),
    "path": _same(lambda request: _url(request).path or "/"),
    "query": _same(_query),
    "headers": _same(_headers),
    "body": _same(body_value),
}
