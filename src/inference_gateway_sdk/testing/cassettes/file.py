"""A list of exchanges as a cassette's text, and back; `load` and `save` are the only ones that touch the disk.

The text is JSON with a version number. Every exchange that is written is read back equal, to the byte and in order.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from .contents import ContentError, Fields, body_fields, body_of, piece_fields, piece_of
from .document import Line, document
from .exchange import CassetteFileError, Ending, Exchange, Piece, RecordedAnswer, RecordedRequest
from .layouts import NotJsonError, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .exchange import Pairs

__all__ = ["VERSION", "load", "parse", "save", "written"]

VERSION: Final = 1
_EVENT: Final = 3  # lines of an event: its name, its data, and the empty one behind them


def save(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write the cassette whole: until the last moment, what stood there before stands there still."""
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
    """The exchanges of a cassette.

    Raises:
        FileNotFoundError: There is none.
        CassetteFileError: It cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CassetteFileError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return parse(text)
    except (NotJsonError, ContentError) as error:
        raise CassetteFileError(f"{path}: {error}. Mend it, or remove it and record again") from None


def written(exchanges: Iterable[Exchange]) -> str:
    """The cassette's text."""
    return document({"cassette": VERSION, "exchanges": [_exchange_fields(exchange) for exchange in exchanges]})


def parse(text: str) -> list[Exchange]:
    """The exchanges of a cassette's text.

    Raises:
        NotJsonError: It is no JSON.
        ContentError: It is JSON, and no cassette of this version.
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
    """A piece on one line; one of several events with a line for each of theirs."""
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
        raise ContentError(f"{path} must be lines such as 'content-type: text/plain', got {line!r}")
    return name, value
