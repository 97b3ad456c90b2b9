"""Turns the body of an error, in whatever envelope it came, into what it says: message, code, status, request id.

Known envelopes: the gateway's string, which may hold JSON again (WIRE section 6); OpenAI's and Anthropic's objects;
guardrails' `error` with `message`; FastAPI's `detail`; Google's list; RFC 9457's `title` and `detail`; HTML; text.
Nothing here raises, whatever comes.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec

from .redaction import redact

__all__ = ["Finding", "Json", "find", "parse"]

Json: TypeAlias = Any
"""What a JSON text turns into: dict, list, str, int, float, bool or None."""

_DEEPEST: Final = 12  # each envelope costs two steps, and the gateway wraps twice what may be wrapped already
_MOST_ITEMS: Final = 8  # of a list of errors, or of the path to a field
_LONGEST_MESSAGE: Final = 2000
_LONGEST_HTML: Final = 8 * 1024
_LONGEST_CODE: Final = 200
_TRIES: Final = 16  # places at which JSON inside text is looked for

_TITLE: Final = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^<>]*>")
_MARKUP: Final = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE | re.DOTALL)
_OPENING: Final = re.compile(r'(?:data:)?\s*\{\s*"(?:error|message)"\s*:\s*"')
_CLOSING: Final = re.compile(r'"\s*\}\s*\Z')
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+")

# Where a message, or an envelope that holds one, may lie in an object; the first that has one counts.
_PLACES: Final = (
    "error",
    "message",
    "detail",
    "errors",
    "error_message",
    "error_description",
    "msg",
    "title",
    "response",
)
_STATUS_KEYS: Final = ("code", "status", "status_code", "statusCode", "http_status")

# Codes and types of OpenAI, Anthropic, Google (canonical codes) and what is modelled on them.
_STATUS_OF_CODE: Final = {
    code: status
    for status, codes in {
        400: "invalid_request_error invalid_request bad_request bad_request_error invalid_argument failed_precondition "
        "context_length_exceeded invalid_prompt invalid_value not_supported_error",
        401: "authentication_error invalid_api_key invalid_authentication unauthorized unauthenticated",
        402: "billing_error payment_required",
        403: "permission_error permission_denied forbidden access_denied",
        404: "not_found_error not_found model_not_found",
        408: "request_timeout",
        413: "request_too_large payload_too_large",
        415: "unsupported_media_type",
        422: "unprocessable_entity unprocessable_entity_error validation_error",
        429: "rate_limit_exceeded rate_limit_error rate_limit rate_limited rate_limit_reached too_many_requests "
        "insufficient_quota quota_exceeded resource_exhausted",
        500: "server_error internal_server_error internal_error internal api_error",
        502: "bad_gateway upstream_error",
        503: "service_unavailable service_unavailable_error engine_overloaded engine_overloaded_error unavailable",
        504: "timeout_error gateway_timeout deadline_exceeded timeout",
        529: "overloaded_error overloaded",
    }.items()
    for code in codes.split()
}


class Finding(msgspec.Struct, frozen=True):
    """What an error's body says.

    Attributes:
        message: The innermost message, "" when there is none.
        code: The innermost error code, else its type, None when there is none.
        status: The HTTP status that the body names or its codes stand for, None when there is none.
        request_id: None when there is none.
        shape: What the message was found in; "" when there is none.
    """

    message: str = ""
    code: str | int | None = None
    status: int | None = None
    request_id: str | None = None
    shape: Literal["", "json", "html", "text"] = ""


def parse(text: bytes | str) -> tuple[bool, Json]:
    """Whether the text is JSON, and its value."""
    try:
        return True, msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:  # lone surrogates, NaN and numbers out of range, which msgspec refuses and servers send
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def find(value: Json) -> Finding:
    """What this body, already parsed where it is JSON, says."""
    return _find(value, _DEEPEST)


def _find(value: Json, depth: int) -> Finding:
    if depth == 0:
        return Finding()
    match value:
        case str():
            return _find_in_text(value, depth)
        case dict():
            return _find_in_object(cast("dict[str, Json]", value), depth)
        case list():
            return _find_in_list(cast("list[object]", value), depth)
        case _:
            return Finding()


def _find_in_text(text: str, depth: int) -> Finding:
    if _MARKUP.match(text):
        return Finding(_text_of_page(text[:_LONGEST_HTML]), shape="html")
    inner = _find(_json_inside(text), depth - 1)
    if inner.message:
        return inner
    opening = _OPENING.match(text)  # the gateway's unescaped frame: JSON but for the quotes within (WIRE section 13)
    unescaped = _tidy(_CLOSING.sub("", text[opening.end() :])) if opening else ""
    if unescaped:
        return Finding(unescaped, shape="json")
    message = _tidy(text)
    return Finding(message, shape="text" if message else "")


def _json_inside(text: str) -> Json:
    """The JSON that the text is, or the first error envelope standing inside it; None when there is neither."""
    if text.lstrip()[:1] in {"{", "[", '"'}:
        valid, value = parse(text.encode("utf-8", "surrogatepass"))
        if valid:
            return value
    start = -1
    for _ in range(_TRIES):
        start = text.find("{", start + 1)
        if start < 0:
            break
        value = _json_at(text, start)
        if _is_envelope(value):
            return value
    return None


def _json_at(text: str, start: int) -> Json:
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value


def _is_envelope(value: Json) -> bool:
    """Whether this is an error by its keys, and not a piece of data that some message quotes."""
    return isinstance(value, dict) and (
        "error" in value or "errors" in value or ("message" in value and ("code" in value or "type" in value))
    )


def _find_in_object(value: dict[str, Json], depth: int) -> Finding:
    inner = _find_in_places(value, depth)
    return Finding(
        message=inner.message,
        code=inner.code if inner.code is not None else _code(value),
        status=inner.status or _status(value),
        request_id=inner.request_id or _text(value.get("request_id")),
        shape="json" if inner.shape == "text" else inner.shape,
    )


def _find_in_places(value: dict[str, Json], depth: int) -> Finding:
    for place in _PLACES:
        found = _find(value.get(place), depth - 1)
        if found.message:
            return msgspec.structs.replace(found, message=_with_context(place, found.message, value))
    return Finding()


def _with_context(place: str, message: str, value: dict[str, Json]) -> str:
    """The message with what its object says beside it: a guardrail's reason, the place of a field that is wrong."""
    reason, where = value.get("message"), value.get("loc")
    if place == "error" and isinstance(value["error"], str) and isinstance(reason, str) and reason.strip():
        reason = _tidy(reason)
        return message if reason == message else f"{message}: {reason}"
    if place == "msg" and isinstance(where, list):
        steps = cast("list[object]", where)[:_MOST_ITEMS]
        return _tidy(f"{'.'.join(str(step) for step in steps if isinstance(step, str | int))}: {message}")
    return message


def _find_in_list(value: list[object], depth: int) -> Finding:
    found = [finding for finding in (_find(item, depth - 1) for item in value[:_MOST_ITEMS]) if finding.message]
    if not found:
        return Finding()
    return msgspec.structs.replace(found[0], message=_cut("; ".join(finding.message for finding in found)))


def _code(value: dict[str, Json]) -> str | int | None:
    code = value.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    kind = _text(value.get("type"))
    return _text(code) or (kind if kind != "error" else None)


def _status(value: dict[str, Json]) -> int | None:
    numbers = (_number(value.get(key)) for key in _STATUS_KEYS)
    names = (_STATUS_OF_CODE.get(str(value.get(key)).lower()) for key in ("code", "status", "type"))
    return next((status for status in (*numbers, *names) if status), None)


def _number(value: Json) -> int | None:
    """The status of an error that this value is, as a number or in digits."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdecimal():
        value = int(value)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 400 <= value <= 599
    return int(value) if usable else None


def _text(value: Json) -> str | None:
    return _tidy(value)[:_LONGEST_CODE] or None if isinstance(value, str) else None


def _text_of_page(page: str) -> str:
    title = _TITLE.search(page)
    text = html.unescape(title[1]) if title else ""
    return _tidy(text) or _tidy(html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", page))))[:200]


def _tidy(text: str) -> str:
    """One printable line without secrets, of bounded length."""
    return _cut(redact(_UNPRINTABLE.sub(" ", text[: 4 * _LONGEST_MESSAGE]).strip()))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."
