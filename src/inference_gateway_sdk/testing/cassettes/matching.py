"""Which recorded exchange answers a request, and what each mode does."""

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
    """What a mode comes to for a file that is there or not.

    Attributes:
        plays: What is recorded answers.
        records: What is not goes to the server, and into the file.
        keeps: What the file held stays in it.
        why: What to tell whoever asks for what is not recorded.
    """

    plays: bool
    records: bool
    keeps: bool = True
    why: str = ""


def rules(mode: str, *, exists: bool) -> Rules:
    """The rules of a mode.

    Raises:
        ValueError: There is no such mode.
    """
    match mode, exists:
        case "once", True:
            return Rules(plays=True, records=False, why='mode "once" adds nothing to a file that is there')
        case "once", False:
            return Rules(plays=False, records=True)
        case "none", True:
            return Rules(plays=True, records=False, why='mode "none" never records')
        case "none", False:
            return Rules(plays=True, records=False, why='there is no such file, and mode "none" never records')
        case "new", _:
            return Rules(plays=True, records=True)
        case "all", _:
            return Rules(plays=False, records=True, keeps=False)
        case _:
            raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")


Matcher: TypeAlias = "Callable[[RecordedRequest, RecordedRequest], bool]"
"""Whether two requests are the same to it; called with the one that is asked and the one that is recorded."""

_BOUNDARY: Final = re.compile(r"multipart/[^;]+;.*\bboundary=\"?([^\";]+)", re.IGNORECASE)


def matchers(match_on: Iterable[str | Matcher]) -> tuple[Matcher, ...]:
    """The functions that are meant.

    Raises:
        ValueError: There is no matcher of that name.
        TypeError: It is neither a name nor a function.
    """
    if isinstance(match_on, str):
        raise TypeError(f"match_on must be a list of names and functions: write [{match_on!r}]")
    return tuple([_matcher(item) for item in match_on])


def _matcher(item: str | Matcher) -> Matcher:
    if not isinstance(item, str):
        if not callable(item):
            raise TypeError(f"match_on holds {item!r}: give names or functions of two requests")
        return item
    if item not in MATCHERS:
        raise ValueError(f"match_on knows no {item!r}: there are {', '.join(MATCHERS)}, and functions of two requests")
    return MATCHERS[item]


def body_value(request: RecordedRequest) -> Any:
    """The body as it is compared: JSON without the order of its keys, a form without its boundary, else its bytes."""
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
