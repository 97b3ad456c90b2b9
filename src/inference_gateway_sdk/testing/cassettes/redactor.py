"""Removal of secrets from recorded exchanges: bodies, headers, stream pieces."""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, unquote_plus

from msgspec import Struct
from msgspec.structs import replace

from ..._wire.headers import Headers
from .contents import COMPACT, NotJsonError, is_array, is_object, laid_out, members_of, read_shallow, styled
from .exchange import Ending, Exchange, Piece, RecordedAnswer
from .redaction import HIDDEN, hide_pairs, hide_text, hides_pair, is_base64, may_hold_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .exchange import Pairs, RecordedRequest
    from .redaction import Redaction

__all__ = ["FORM", "Edit", "Redactor", "edited", "hide_body", "hide_json", "named_secrets"]


FORM = "application/x-www-form-urlencoded"


def hide_body(data: bytes, redaction: Redaction, known: Iterable[str] = (), content_type: str = "") -> bytes:
    """Return a body, or a part of one, without its secrets. Bytes without secrets are unchanged.

    JSON keeps its layout. Bytes that are not UTF-8 are searched as Latin-1.
    """
    known = tuple(known)
    if not may_hold_secrets(data.decode("latin-1"), redaction, _bytewise(known)):
        return data
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return hide_text(data.decode("latin-1"), redaction, known).encode("latin-1", "replace")
    if content_type.startswith(FORM):
        return hide_pairs(text, redaction, known).encode()
    try:
        value, layout = _value(text)
    except NotJsonError:
        return _unless_equal(text, hide_text(text, redaction, _spellings(known)), data)
    hidden = hide_json(value, redaction, known)
    return data if hidden == value else styled(hidden, layout).encode()


def hide_json(value: Any, redaction: Redaction, known: Iterable[str] = ()) -> Any:
    """Return a value without its secrets: strings and numbers under a secret's name, and texts that look like keys."""
    known = tuple(known)
    if is_object(value):
        return {
            hide_text(name, redaction, known): _hide_leaves(item) if secret else hide_json(item, redaction, known)
            for name, item, secret in _members(value, redaction)
        }
    if is_array(value):
        return [hide_json(item, redaction, known) for item in value]
    if not isinstance(value, str):
        return value
    if is_base64(value):
        return _without(value, known)
    return hide_text(_hide_json_text(value, redaction, known), redaction, known)


def _hide_json_text(text: str, redaction: Redaction, known: tuple[str, ...]) -> str:
    """Return JSON that is inside a string, such as a tool's arguments or result, without its secrets."""
    if not may_hold_secrets(text, redaction, known):
        return text
    try:
        value, layout = _nested_json(text)
    except NotJsonError:
        return text
    hidden = hide_json(value, redaction, known)
    return text if hidden == value else styled(hidden, layout)


def _nested_json(text: str) -> tuple[Any, str]:
    """Return the object, array or text that a string holds as JSON, and its style.

    Raises:
        NotJsonError: It holds none.
    """
    if not text.lstrip().startswith(("{", "[", '"')):
        raise NotJsonError("no JSON object, array or string")
    return _value(text)


def named_secrets(value: Any, redaction: Redaction) -> Iterator[str]:
    """Yield the texts under a secret's name, anywhere in the value."""
    if is_object(value):
        for _, item, secret in _members(value, redaction):
            yield from _texts(item) if secret else named_secrets(item, redaction)
    elif is_array(value):
        for item in value:
            yield from named_secrets(item, redaction)
    elif isinstance(value, str):
        with suppress(NotJsonError):
            yield from named_secrets(_nested_json(value)[0], redaction)


def _members(value: dict[str, Any], redaction: Redaction) -> Iterator[tuple[str, Any, bool]]:
    """Yield each member and whether it is a secret, by its own name or as in `{"name": "api_key", "value": ...}`."""
    label = next((value[key] for key in ("name", "key") if isinstance(value.get(key), str)), "")
    labelled = bool(label) and (redaction.hides_field(label) or _is_secret_header(label, redaction))
    for name, item in value.items():
        yield name, item, redaction.hides_field(name, value) or (labelled and name == "value")


def _is_secret_header(label: str, redaction: Redaction) -> bool:
    return "-" in label and redaction.hides_header(label)


def _hide_leaves(value: Any) -> Any:
    """Return the value with each string and number hidden. Booleans and null are not secrets."""
    if is_object(value):
        return {name: _hide_leaves(item) for name, item in value.items()}
    if is_array(value):
        return [_hide_leaves(item) for item in value]
    return value if value is None or isinstance(value, bool) or value == "" else HIDDEN


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in members_of(value):
        yield from _texts(item)


def _value(text: str) -> tuple[Any, str]:
    """Return the value of a JSON text and its layout, or the compact layout for one without a name."""
    try:
        return laid_out(text)
    except NotJsonError:
        return read_shallow(text), COMPACT


def _without(text: str, known: tuple[str, ...]) -> str:
    for value in known:
        text = text.replace(value, HIDDEN)
    return text


def _unless_equal(before: str, after: str, data: bytes) -> bytes:
    return data if before == after else after.encode()


def _bytewise(known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values in all spellings, as UTF-8 bytes read as Latin-1."""
    return tuple([value.encode("utf-8", "replace").decode("latin-1") for value in _spellings(known)])


def _spellings(known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values, and the values as JSON escapes them."""
    escaped = [json.dumps(value, ensure_ascii=ascii_)[1:-1] for value in known for ascii_ in (True, False)]
    return tuple(dict.fromkeys((*known, *escaped)))


class Edit(Struct, frozen=True):
    """A replacement of the bytes from `start` to `end` of a whole body by `new`."""

    start: int
    end: int
    new: bytes

    @classmethod
    def between(cls, offset: int, before: bytes, after: bytes) -> Iterator[Edit]:
        """Yield the edit that turns `before`, which begins at `offset`, into `after`, if they differ."""
        if before == after:
            return
        head = _common(before, after)
        tail = _common(before[head:][::-1], after[head:][::-1])
        yield cls(offset + head, offset + len(before) - tail, after[head : len(after) - tail])


def edited(pieces: list[bytes], edits: Iterable[Edit]) -> list[bytes]:
    """Apply edits, which do not overlap, to the pieces of a body. A piece may become empty."""
    pieces = list(pieces)
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        _apply(pieces, edit)
    return pieces


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the common prefix."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _apply(pieces: list[bytes], edit: Edit) -> None:
    begin, new = 0, edit.new
    for at, piece in enumerate(pieces):
        end = begin + len(piece)
        first, last = max(edit.start, begin) - begin, min(edit.end, end) - begin
        # An insertion belongs to the piece before it, or to the first piece.
        if first < last or (edit.start == edit.end and begin <= edit.start <= end):
            pieces[at] = piece[:first] + new + piece[max(first, last) :]
            if edit.start == edit.end:
                return
            new = b""
        begin = end


_SCHEME: Final = re.compile(r"(?i)(bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)[ ]+(\S.*)")
_USER: Final = re.compile(r"(?<=://)[^/?#]*(?=@)")
_WORD: Final = re.compile(r"[a-z]{1,15}|[A-Z]?[a-z_ -]{1,15}")
_SHORTEST: Final = 8  # shorter values would be found inside ordinary text
_LINE: Final = re.compile(rb"[^\n]*\n|[^\n]+")


class Redactor:
    """Hides the secrets of a `Redaction`, and remembers them to hide them elsewhere too."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._known: list[str] = []

    def request(self, request: RecordedRequest) -> RecordedRequest | None:
        """Return the request to record and compare, or None for one that bypasses the cassette."""
        self._learn_request(request)
        hook = self._redaction.before_record_request
        hidden = self._hide_request(request)
        return hidden if hook is None else hook(hidden)

    def exchanges(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Return the exchanges to write, without those that bypass the cassette."""
        exchanges = list(exchanges)
        for exchange in exchanges:
            self._learn(exchange)
        hidden = [(self.request(exchange.request), exchange.outcome) for exchange in exchanges]
        return [Exchange(request, self._outcome(outcome)) for request, outcome in hidden if request is not None]

    def _outcome(self, outcome: RecordedAnswer | Ending) -> RecordedAnswer | Ending:
        if isinstance(outcome, Ending):
            return self._ending(outcome)
        hook = self._redaction.before_record_answer
        hidden = self._hide_answer(outcome)
        return hidden if hook is None else hook(hidden)

    # Hiding

    def _hide_request(self, request: RecordedRequest) -> RecordedRequest:
        body = request.body
        if body:
            body = hide_body(body, self._redaction, self._known, _content_type(request.headers))
        return replace(request, url=self._url(request.url), headers=self._headers(request.headers), body=body)

    def _hide_answer(self, answer: RecordedAnswer) -> RecordedAnswer:
        pieces = self._pieces(answer.pieces, _content_type(answer.headers))
        headers = self._headers(answer.headers)
        grown = sum(len(piece.data) for piece in pieces) - len(answer.body)
        headers = _resized(headers, grown) if grown else headers
        return replace(answer, headers=headers, pieces=pieces, end=self._ending(answer.end))

    def _ending(self, ending: Ending) -> Ending:
        return replace(ending, why=hide_text(ending.why, self._redaction, self._known))

    def _url(self, url: str) -> str:
        url = _USER.sub(HIDDEN, url)
        place, mark, query = url.partition("?")
        return hide_text(place, self._redaction, self._known) + mark + hide_pairs(query, self._redaction, self._known)

    def _headers(self, headers: Pairs) -> Pairs:
        return tuple([(name, self._header(name, value)) for name, value in headers])

    def _header(self, name: str, value: str) -> str:
        if not self._redaction.hides_header(name):
            return hide_text(value, self._redaction, self._known)
        scheme = _SCHEME.fullmatch(value)
        return f"{scheme[1]} {HIDDEN}" if scheme else HIDDEN

    def _pieces(self, pieces: tuple[Piece, ...], content_type: str) -> tuple[Piece, ...]:
        """Return the pieces without secrets. A secret across pieces is hidden in the first; empty ones are dropped."""
        body = b"".join([piece.data for piece in pieces])
        edits = list(self._edits(body, content_type))
        if not edits:
            return pieces
        changed = edited([piece.data for piece in pieces], edits)
        return tuple([Piece(piece.at, data) for piece, data in zip(pieces, changed, strict=True) if data])

    def _edits(self, body: bytes, content_type: str) -> Iterator[Edit]:
        for start, content in self._suspects(body, content_type, self._known):
            hidden = hide_body(content, self._redaction, self._known, content_type)
            yield from Edit.between(start, content, hidden)

    def _suspects(self, body: bytes, content_type: str, known: Iterable[str] = ()) -> Iterator[tuple[int, bytes]]:
        """Yield the parts of a body that may hold secrets and their offsets."""
        known = _bytewise(tuple(known))  # once: a stream has thousands of lines
        for start, content in _contents(body, content_type):
            if may_hold_secrets(content.decode("latin-1"), self._redaction, known):
                yield start, content

    # Learning

    def _learn(self, exchange: Exchange) -> None:
        self._learn_request(exchange.request)
        if isinstance(exchange.outcome, RecordedAnswer):
            answer = exchange.outcome
            self._learn_headers(answer.headers)
            self._learn_body(answer.body, _content_type(answer.headers))

    def _learn_request(self, request: RecordedRequest) -> None:
        self._learn_headers(request.headers)
        if user := _USER.search(request.url):
            self._remember(user[0], *user[0].split(":", 1))
        self._learn_pairs(request.url.partition("?")[2])
        if request.body:
            self._learn_body(request.body, _content_type(request.headers))

    def _learn_headers(self, headers: Pairs) -> None:
        for name, value in headers:
            if self._redaction.hides_header(name):
                scheme = _SCHEME.fullmatch(value)
                self._remember(*_parts(name, scheme[2] if scheme else value))

    def _learn_pairs(self, query: str) -> None:
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if hides_pair(unquote_plus(name), self._redaction):
                self._remember(value, unquote_plus(value))

    def _learn_body(self, body: bytes, content_type: str) -> None:
        if content_type.startswith(FORM):
            self._learn_pairs(body.decode("utf-8", "replace"))
            return
        for _, content in self._suspects(body, content_type):
            with suppress(UnicodeDecodeError, NotJsonError):
                self._remember(*named_secrets(read_shallow(content.decode("utf-8")), self._redaction))

    def _remember(self, *values: str) -> None:
        for value in values:
            for spelling in {value: 0, unquote(value): 0, quote(value, safe=""): 0}:
                if len(spelling) >= _SHORTEST and not _WORD.fullmatch(spelling) and spelling not in self._known:
                    self._known.append(spelling)
        self._known.sort(key=len, reverse=True)  # longest first: one may contain another


def _contents(body: bytes, content_type: str) -> Iterator[tuple[int, bytes]]:
    """Yield the parts to search and their offsets: the data of each line of an event stream, or the whole body."""
    if not content_type.startswith("text/event-stream"):
        yield 0, body
        return
    # b'data: {"key": "x"}\r\n' at 10 becomes 16, b'{"key": "x"}'
    for match in _LINE.finditer(body):
        line = match[0]
        start = line.find(b":") + 1 if line.startswith(b"data:") else 0
        start += line[start : start + 1] == b" "
        yield match.start() + start, line[start:].rstrip(b"\r\n")


def _parts(name: str, value: str) -> list[str]:
    """Return the secret parts of a header's value: the value, a cookie's value, a basic password."""
    values = [value]
    if "cookie" in name.lower():
        pairs = value.split(";") if name.lower() == "cookie" else value.split(";")[:1]
        values = [pair.partition("=")[2].strip() for pair in pairs]
    return [part for whole in values for part in (whole, *_decode_base64(whole))]


def _decode_base64(value: str) -> list[str]:
    """Return a base64 text decoded, and its user and password, as in basic authentication."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except ValueError:  # not base64, or not text in it
        return []
    return [text, *text.split(":", 1)]


def _content_type(headers: Pairs) -> str:
    return Headers(headers).get("content-type", "").strip().lower()


def _resized(headers: Pairs, grown: int) -> Pairs:
    """Return the headers with the new length of the body. The length of a compressed body is left unchanged."""
    if any(name == "content-encoding" for name, _ in headers):
        return headers
    return tuple(
        [
            (name, str(max(0, int(value) + grown)) if name == "content-length" and value.isdecimal() else value)
            for name, value in headers
        ]
    )
