"""The cassette file: loading, saving in a readable form, and the nearest recorded request for a miss."""

from __future__ import annotations

import json
import os
import secrets
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .contents import (
    ContentError,
    Fields,
    NotJsonError,
    body_fields,
    body_of,
    is_array,
    is_object,
    members_of,
    piece_fields,
    piece_of,
    read_json,
)
from .exchange import CassetteFileError, Ending, Exchange, Piece, RecordedAnswer, RecordedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .exchange import Pairs

__all__ = ["VERSION", "Line", "document", "load", "nearest", "parse", "save", "shown_miss", "written"]


_WIDTH: Final = 110
_STEP: Final = "  "


class Line:
    """A value that is written on one line."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: Any = value


def document(value: Any) -> str:
    """Return the value as JSON text that ends with a line break."""
    return _document_text(value, "", 0) + "\n"


def _document_text(value: Any, margin: str, taken: int) -> str:
    """Return the value's text, whose first line has `taken` characters before it."""
    if isinstance(value, Line):
        return _flat_line(value.value)
    if not members_of(value):
        return _flat_line(value)
    if not _holds_line(value):
        flat = _flat_line(value)
        if taken + len(flat) <= _WIDTH:
            return flat
    return _broken_lines(value, margin)


def _broken_lines(value: Any, margin: str) -> str:
    inner = margin + _STEP
    if is_object(value):
        labels = [(f"{inner}{_flat_line(name)}: ", item) for name, item in value.items()]
        opening, closing = "{}"
    else:
        labels = [(inner, item) for item in members_of(value)]
        opening, closing = "[]"
    rows = [label + _document_text(item, inner, len(label)) for label, item in labels]
    return f"{opening}\n" + ",\n".join(rows) + f"\n{margin}{closing}"


def _holds_line(value: Any) -> bool:
    """Return whether a `Line` is somewhere inside the value."""
    if isinstance(value, Line):
        return True
    return any(_holds_line(item) for item in members_of(value))


def _flat_line(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else _encodable(text)


def _encodable(text: str) -> str:
    """Escape characters that UTF-8 cannot encode (lone surrogates), and those that break lines of a diff."""
    return "".join([_escape(char) if _needs_escape(char) else char for char in text])


def _needs_escape(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or char in "\x7f\x85\u2028\u2029\ufeff"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}"


_DIFF_LINES: Final = 60
_COMPARED_LENGTH: Final = 4000  # characters of a request: enough to find the nearest, in a short time
_DIFF_WIDTH: Final = 240


def shown_miss(asked: RecordedRequest, recorded: Sequence[tuple[RecordedRequest, bool]], why: str) -> str:
    """Describe a miss, with a diff to the nearest recorded request.

    Args:
        asked: The request, with its secrets hidden as in the file.
        recorded: The requests of the file, each with whether it was played already.
        why: The reason, from the rules of the mode.
    """
    first = f"no recording answers {asked.method} {_field_path(asked)}: {why}"
    at = nearest(asked, recorded)
    if at is None:
        return first
    other, played = recorded[at]
    which = f"the nearest is number {at + 1} of {len(recorded)}" + (", which was played already" if played else "")
    if (diff := _diff(other, asked)) == "":
        return f"{first}\n{which}: the same request"
    return f"{first}\n{which}:\n{diff}"


def nearest(asked: RecordedRequest, recorded: Sequence[tuple[RecordedRequest, bool]]) -> int | None:
    """Return the index of the most similar recorded request, or None if there are none.

    Of two equally similar ones, the one that was not played yet is chosen.
    """
    if not recorded:
        return None
    scores = [(_similarity(asked, request), not played) for request, played in recorded]
    return max(range(len(scores)), key=lambda index: scores[index])


def _similarity(asked: RecordedRequest, recorded: RecordedRequest) -> tuple[bool, float]:
    """Compare method and path first, then the text."""
    same_place = (asked.method, _place(asked)) == (recorded.method, _place(recorded))
    texts = (
        "\n".join(_rendered(asked))[:_COMPARED_LENGTH].split(),
        "\n".join(_rendered(recorded))[:_COMPARED_LENGTH].split(),
    )
    return same_place, SequenceMatcher(None, *texts, autojunk=False).ratio()


def _diff(recorded: RecordedRequest, asked: RecordedRequest) -> str:
    lines = [
        line.rstrip("\n") for line in unified_diff(_rendered(recorded), _rendered(asked), "recorded", "asked", n=2)
    ]
    more = len(lines) - _DIFF_LINES
    shown = [line if len(line) <= _DIFF_WIDTH else line[:_DIFF_WIDTH] + " ..." for line in lines[:_DIFF_LINES]]
    return "\n".join([*shown, f"... and {more} more lines"] if more > 0 else shown)


def _rendered(request: RecordedRequest) -> list[str]:
    """Return the request as lines: the parts that the default matchers compare, with sorted keys."""
    head = f"{request.method} {_field_path(request)}"
    if not request.body:
        return [head]
    fields = body_fields(request.body)
    if "json" in fields:
        return [head, *document(_sorted(fields["json"])).splitlines()]
    return [head, *str(fields.get("text") or fields.get("base64", "")).splitlines()]


def _sorted(value: object) -> object:
    if is_object(value):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if is_array(value) else value


def _place(request: RecordedRequest) -> str:
    return urlsplit(request.url).path


def _field_path(request: RecordedRequest) -> str:
    parts = urlsplit(request.url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


VERSION: Final = 1
_EVENT: Final = 3  # lines of an event: its name, its data, and the empty line that ends it


def save(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write the cassette atomically: to a temporary file, which then replaces the old one."""
    text = written(exchanges)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load(path: Path) -> list[Exchange]:
    """Load the exchanges of a cassette.

    Raises:
        FileNotFoundError: The file does not exist.
        CassetteFileError: The file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CassetteFileError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return parse(text)
    except (NotJsonError, ContentError) as error:
        raise CassetteFileError(f"{path}: {error}: correct the file, or remove it and record again") from None


def written(exchanges: Iterable[Exchange]) -> str:
    """Return the text of a cassette."""
    return document({"cassette": VERSION, "exchanges": [_exchange_fields(exchange) for exchange in exchanges]})


def parse(text: str) -> list[Exchange]:
    """Parse the exchanges of a cassette's text.

    Raises:
        NotJsonError: The text is not JSON.
        ContentError: The JSON is not a cassette of this version.
    """
    fields = Fields.of(read_json(text), "$")
    version = fields.given("cassette")
    if version != VERSION:
        raise ContentError(f"$.cassette is {version!r}: this package reads version {VERSION}")
    return [_exchange(Fields.of(item, f"$.exchanges[{at}]")) for at, item in enumerate(fields.list("exchanges"))]


def _exchange_fields(exchange: Exchange) -> dict[str, Any]:
    request = _request_fields(exchange.request)
    if isinstance(exchange.outcome, Ending):
        return {"request": request, "failure": _ending_fields(exchange.outcome)}
    return {"request": request, "answer": _answer_fields(exchange.outcome)}


def _exchange(fields: Fields) -> Exchange:
    request = _request(fields.inner("request"))
    if "failure" in fields:
        return Exchange(request, _ending(fields.inner("failure")))
    return Exchange(request, _answer(fields.inner("answer")))


def _request_fields(request: RecordedRequest) -> dict[str, Any]:
    fields = {"method": request.method, "url": request.url, "headers": _lines(request.headers)}
    return fields if request.body is None else fields | body_fields(request.body)


def _request(fields: Fields) -> RecordedRequest:
    return RecordedRequest(fields.string("method"), fields.string("url"), _pairs(fields), fields.read(body_of))


def _answer_fields(answer: RecordedAnswer) -> dict[str, Any]:
    fields = {"at": answer.at, "status": answer.status, "headers": _lines(answer.headers)}
    if answer.end == Ending("complete", answer.at):
        if not answer.pieces:
            return fields
        if len(answer.pieces) == 1 and answer.pieces[0].at == answer.at:
            return fields | body_fields(answer.pieces[0].data)
    pieces = [_piece_line(piece) for piece in answer.pieces]
    return fields | {"pieces": pieces, "end": _ending_fields(answer.end)}


def _piece_line(piece: Piece) -> Line | dict[str, Any]:
    """Return a piece on one line, or with one line for each of its lines if it has several events."""
    fields = {"at": piece.at, **piece_fields(piece.data)}
    lines = fields.get("lines", ())
    return Line(fields) if len(lines) <= _EVENT else fields | {"lines": [Line(line) for line in lines]}


def _answer(fields: Fields) -> RecordedAnswer:
    at, status, headers = fields.number("at"), fields.whole("status"), _pairs(fields)
    if "pieces" not in fields:
        body = fields.read(body_of)
        whole = () if body is None else (Piece(at, body),)
        return RecordedAnswer(at, status, headers, whole, Ending("complete", at))
    items = [Fields.of(item, f"{fields.path}.pieces[{n}]") for n, item in enumerate(fields.list("pieces"))]
    pieces = tuple([Piece(item.number("at"), item.read(piece_of)) for item in items])
    return RecordedAnswer(at, status, headers, pieces, _ending(fields.inner("end")))


def _ending_fields(ending: Ending) -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": ending.kind, "at": ending.at}
    if ending.why:
        fields["why"] = ending.why
    if ending.which:
        fields["which"] = ending.which
    return fields | ({"permanent": True} if ending.permanent else {})


def _ending(fields: Fields) -> Ending:
    return Ending(
        fields.kind("kind"),
        fields.number("at"),
        fields.string("why", ""),
        fields.string("which", ""),
        fields.flag("permanent"),
    )


def _lines(headers: Pairs) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def _pairs(fields: Fields) -> Pairs:
    return tuple([_pair(line, f"{fields.path}.headers") for line in fields.list("headers")])


def _pair(line: object, path: str) -> tuple[str, str]:
    name, colon, value = line.partition(": ") if isinstance(line, str) else ("", "", "")
    if not colon:
        raise ContentError(f"{path} must be strings such as 'content-type: text/plain', got {line!r}")
    return name, value
