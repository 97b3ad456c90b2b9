"""Error responses: find the message in any body, choose the exception class, attach the hint."""

from __future__ import annotations

import html
import json
import math
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

import msgspec

from .. import errors
from .._model.json_values import is_object
from .headers import redact_text
from .hints import hint_for, is_certificate_failure

if TYPE_CHECKING:
    from .._model.model import Model
    from .call import Reply
    from .headers import Headers

__all__ = [
    "FoundError",
    "Json",
    "find_error",
    "is_error_object",
    "parse_error_body",
    "read_bad_frame",
    "read_error",
    "read_error_object",
    "read_stream_error",
    "reject_hollow",
]


Json: TypeAlias = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

_MAX_DEPTH: Final = 12  # each envelope takes two levels, and the gateway wraps errors that may be wrapped already
_MAX_ITEMS: Final = 8  # entries of a list of errors, or steps of the path to a field
_LONGEST_MESSAGE: Final = 2000
_LONGEST_HTML: Final = 8 * 1024
_LONGEST_CODE: Final = 200
_MAX_ATTEMPTS_IN_TEXT: Final = 16  # positions at which JSON inside text is tried

_TITLE: Final = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_INVISIBLE_HTML: Final = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^<>]*>")
_MARKUP: Final = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE | re.DOTALL)
_OPENING: Final = re.compile(r'(?:data:)?\s*\{\s*"(?:error|message)"\s*:\s*"')
_CLOSING: Final = re.compile(r'"\s*\}\s*\Z')
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")

# The fields of an object that may hold a message, or an envelope with one; the first with a message wins.
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

# Codes and types of OpenAI, Anthropic and Google (canonical codes), and of APIs modelled on them.
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


class FoundError(msgspec.Struct, frozen=True):
    """The content of an error's body.

    Attributes:
        message: The innermost message, "" when there is none.
        code: The innermost error code, else its type, None when there is neither.
        status: The HTTP status that the body names or its codes map to, None when there is none.
        request_id: The request id in the body, None when there is none.
        shape: The format the message was found in; "" when there is none.
    """

    message: str = ""
    code: str | int | None = None
    status: int | None = None
    request_id: str | None = None
    shape: Literal["", "json", "html", "text"] = ""


def parse_error_body(text: bytes | str) -> tuple[bool, Json]:
    """Return whether the text is JSON, and its value."""
    try:
        return True, msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:  # lone surrogates, NaN and numbers out of range: msgspec refuses them, but servers send them
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def find_error(value: Json) -> FoundError:
    r"""Return the error in a body.

    `value` is a parsed value if the body is JSON, else the text. The innermost message counts, because the gateway
    embeds a provider's error as text. Here it is "slow down", with the code 429:

        {"error": "{\"error\": {\"message\": \"slow down\", \"code\": 429}}"}
    """
    return _find(value, _MAX_DEPTH)


def _find(value: Json, depth: int) -> FoundError:
    if depth == 0:
        return FoundError()
    match value:
        case str():
            return _find_in_text(value, depth)
        case dict():
            return _find_in_object(cast("dict[str, Json]", value), depth)
        case list():
            return _find_in_list(cast("list[object]", value), depth)
        case _:
            return FoundError()


def _find_in_text(text: str, depth: int) -> FoundError:
    if _MARKUP.match(text):
        return FoundError(_text_of_page(text[:_LONGEST_HTML]), shape="html")
    inner = _find(_json_inside(text), depth - 1)
    if inner.message:
        return inner
    # A frame in which the gateway did not escape the message (gateway-behaviour.md#mcp-tools). Only the inner quotes
    # keep it from being JSON: {"error":"model "gpt-9" not found"}
    opening = _OPENING.match(text)
    unescaped = _clean_text(_CLOSING.sub("", text[opening.end() :])) if opening else ""
    if unescaped:
        return FoundError(unescaped, shape="json")
    message = _clean_text(text)
    return FoundError(message, shape="text" if message else "")


def _json_inside(text: str) -> Json:
    """Return the text's JSON value, or the first error envelope inside the text; None when there is neither."""
    if text.lstrip()[:1] in {"{", "[", '"'}:
        valid, value = parse_error_body(text.encode("utf-8", "surrogatepass"))
        if valid:
            return value
    start = -1
    for _ in range(_MAX_ATTEMPTS_IN_TEXT):
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
    """Return whether the keys are those of an error, and not of data that a message quotes."""
    return isinstance(value, dict) and (
        "error" in value or "errors" in value or ("message" in value and ("code" in value or "type" in value))
    )


def _find_in_object(value: dict[str, Json], depth: int) -> FoundError:
    inner = _find_in_places(value, depth)
    return FoundError(
        message=inner.message,
        code=inner.code if inner.code is not None else _code(value),
        status=inner.status or _status(value),
        request_id=inner.request_id or _envelope_text(value.get("request_id")),
        shape="json" if inner.shape == "text" else inner.shape,
    )


def _find_in_places(value: dict[str, Json], depth: int) -> FoundError:
    for place in _PLACES:
        found = _find(value.get(place), depth - 1)
        if found.message:
            return msgspec.structs.replace(found, message=_with_context(place, found.message, value))
    return FoundError()


def _with_context(place: str, message: str, value: dict[str, Json]) -> str:
    """Add the object's other fields to the message: a guardrail's reason, or the location of an invalid field."""
    reason, where = value.get("message"), value.get("loc")
    if place == "error" and isinstance(value["error"], str) and isinstance(reason, str) and reason.strip():
        reason = _clean_text(reason)
        return message if reason == message else f"{message}: {reason}"
    if place == "msg" and isinstance(where, list):
        steps = cast("list[object]", where)[:_MAX_ITEMS]
        return _clean_text(f"{'.'.join(str(step) for step in steps if isinstance(step, str | int))}: {message}")
    return message


def _find_in_list(value: list[object], depth: int) -> FoundError:
    found = [finding for finding in (_find(item, depth - 1) for item in value[:_MAX_ITEMS]) if finding.message]
    if not found:
        return FoundError()
    return msgspec.structs.replace(found[0], message=_truncate("; ".join(finding.message for finding in found)))


def _code(value: dict[str, Json]) -> str | int | None:
    code = value.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    kind = _envelope_text(value.get("type"))
    return _envelope_text(code) or (kind if kind != "error" else None)


def _status(value: dict[str, Json]) -> int | None:
    numbers = (_number(value.get(key)) for key in _STATUS_KEYS)
    names = (_STATUS_OF_CODE.get(str(value.get(key)).lower()) for key in ("code", "status", "type"))
    return next((status for status in (*numbers, *names) if status), None)


def _number(value: Json) -> int | None:
    """Return the error status that the value is, as a number or as digits."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdecimal():
        value = int(value)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 400 <= value <= 599
    return int(value) if usable else None


def _envelope_text(value: Json) -> str | None:
    return _clean_text(value)[:_LONGEST_CODE] or None if isinstance(value, str) else None


def _text_of_page(page: str) -> str:
    title = _TITLE.search(page)
    text = html.unescape(title[1]) if title else ""
    return _clean_text(text) or _clean_text(html.unescape(_TAG.sub(" ", _INVISIBLE_HTML.sub(" ", page))))[:200]


def _clean_text(text: str) -> str:
    """Return one printable line of limited length, without secrets."""
    return _truncate(redact_text(_UNPRINTABLE.sub(" ", text[: 4 * _LONGEST_MESSAGE]).strip()))


def _truncate(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 3] + "..."


_LONGEST_JSON: Final = 1024 * 1024  # a longer body is not searched for its message
_LONGEST_BODY: Final = 64 * 1024  # the part of the body that `StatusError.body` holds
_EXCERPT: Final = 120

_CLASSES: Final[dict[int, type[errors.StatusError]]] = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    413: errors.PayloadTooLargeError,
    415: errors.UnsupportedMediaTypeError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
    500: errors.InternalError,
    502: errors.BadGatewayError,
    503: errors.ServiceUnavailableError,
    504: errors.GatewayTimeoutError,
    529: errors.OverloadedError,
}
# Go's messages for a failed request of the gateway to itself, and for a provider that did not respond in time. Both
# have status 400 (gateway-behaviour.md#faults-of-the-inner-hop, #timeouts).
_INNER_HOP: Final = re.compile(r'(?:Post|Get) "https?://[^"]*/proxy/')
_UPSTREAM_TIMEOUTS: Final = ("timeout awaiting response headers", "context deadline exceeded", "Client.Timeout")


def read_error(
    status: int,
    headers: Headers,
    body: bytes,
    *,
    now: float | None = None,
    provider: str | None = None,
    model: str | None = None,
    path: str = "",
    elapsed: float = 0.0,
) -> errors.StatusError:
    """Return the exception for a response with a status of 400 or more.

    Args:
        status: The HTTP status.
        headers: The response headers.
        body: The complete body, decoded.
        now: Seconds since the epoch, for a `Retry-After` that is a date. Without it, such a date is ignored.
        provider: The requested provider, None when unknown.
        model: The requested model, None when unknown.
        path: The call's path, for the hint.
        elapsed: Seconds that the attempt took, for the hint; 0.0 when unknown.
    """
    value, content = _value(body)
    found = find_error(value)
    provider = headers.get("x-selected-provider") or provider  # of an alias, the deployment that was asked
    model = headers.get("x-selected-model") or model
    return _class_of(status, found.message)(
        _message(status, found),
        status=status,
        code=found.code,
        body=content,
        headers=headers,
        request_id=headers.get("x-request-id") or headers.get("request-id") or found.request_id,
        provider=provider,
        model=model,
        retry_after=_retry_after(headers, now, status, found.message, body),
        hint=hint_for(status, found.message, provider=provider, model=model, path=path, elapsed=elapsed),
    )


def read_stream_error(
    value: Json, text: bytes = b"", *, provider: str | None = None, model: str | None = None
) -> errors.GatewayError:
    """Return the exception for an error object inside a 200 stream.

    Its class follows from the status inside the object; without a status it is a `StreamError`.

    Args:
        value: The parsed JSON value of the whole frame.
        text: The frame's bytes, for an object without a message.
        provider: The requested provider, None when unknown.
        model: The requested model, None when unknown.
    """
    found = find_error(value)
    message = found.message or f"the stream sent an error without a message: {_excerpt(text)}"
    return _in_stream(found, message, value, provider, model)


def is_error_object(value: object) -> bool:
    """Return whether a JSON value is an error instead of an answer; an `error` that is null is not one."""
    return is_object(value) and bool(value.get("error") or value.get("object") == "error")


def read_error_object(
    value: Json, body: bytes = b"", *, provider: str | None = None, model: str | None = None, path: str = ""
) -> errors.StatusError:
    """Return the error for a whole response that has status 200 and holds an error object.

    Its class is that of the status inside the object. Without one it is a plain StatusError with the status 200.

    Args:
        value: The object, parsed.
        body: The response's body, for an object without a message.
        provider: The provider asked, None when unknown.
        model: The model asked, None when unknown.
        path: The call's path, for the hint.
    """
    found = find_error(value)
    status = found.status or 200
    message = found.message or f"the response is an error without a message: {_excerpt(body)}"
    return (errors.StatusError if status == 200 else _class_of(status, found.message))(
        message,
        status=status,
        code=found.code,
        body=value,
        request_id=found.request_id,
        provider=provider,
        model=model,
        retry_after=_wait_in_text(status, message, body),
        hint=hint_for(status, found.message, provider=provider, model=model, path=path),
    )


def reject_hollow(
    answer: Model, key: str, reply: Reply, *, provider: str | None = None, model: str | None = None
) -> None:
    """Raise if a 200 lacks what its endpoint answers with: it holds an error object, or something else.

    Args:
        answer: The body, decoded.
        key: The member that the endpoint's answer has.
        reply: The response.
        provider: The provider asked, None when unknown.
        model: The model asked, None when unknown.

    Raises:
        StatusError: It is an error object.
        DeserializationError: It is another object, without `key`.
    """
    value = answer.to_dict()
    if key in value:
        return
    if is_error_object(value):
        raise read_error_object(value, reply.body, provider=provider, model=model)
    raise errors.DeserializationError(f"the response has status {reply.status} but holds no {key}", path=f"$.{key}")


def read_bad_frame(text: bytes, *, provider: str | None = None, model: str | None = None) -> errors.GatewayError:
    """Return the exception for a frame that is not JSON.

    The gateway embeds a provider's error without escaping it (gateway-behaviour.md#mcp-tools). The inner error is still
    found, and its status decides the class as in `read_stream_error`. Any other frame is a `StreamError` that quotes
    the start of the frame.
    """
    readable = _text(text)
    found = find_error(readable)
    if found.shape == "html":
        message = f"the stream sent {_page(found)} instead of events"
    elif found.shape == "json":
        message = found.message
    else:
        message = f"the stream sent a frame that is not JSON: {_excerpt(text)}"
    return _in_stream(found, message, readable, provider, model)


def _in_stream(
    found: FoundError, message: str, body: Json, provider: str | None, model: str | None
) -> errors.GatewayError:
    hint = hint_for(found.status or 200, found.message, provider=provider, model=model)
    if found.status is None:
        return errors.StreamError(message, hint=hint)
    return _class_of(found.status, found.message)(
        message,
        status=found.status,
        code=found.code,
        body=body,
        request_id=found.request_id,
        provider=provider,
        model=model,
        retry_after=_wait_in_text(found.status, message),
        hint=hint,
    )


def _class_of(status: int, message: str) -> type[errors.StatusError]:
    if status == 400 and any(text in message for text in _UPSTREAM_TIMEOUTS):
        return errors.GatewayTimeoutError
    if status == 400 and _INNER_HOP.match(message) and not is_certificate_failure(message):
        return errors.BadGatewayError
    return _CLASSES.get(status, errors.InternalError if 500 <= status <= 599 else errors.StatusError)


def _message(status: int, found: FoundError) -> str:
    if found.shape == "html":
        return f"{_phrase(status)} ({_page(found)})"
    return found.message or _phrase(status)


def _page(found: FoundError) -> str:
    return f"an HTML page: {found.message}" if found.message else "an HTML page"


def _phrase(status: int) -> str:
    """Return the name of the status."""
    if status == 529:
        return "Overloaded"  # not registered; Anthropic uses it
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"


def _value(body: bytes) -> tuple[Json, Json]:
    """Return the value to search for a message, and the value to keep as the body: parsed JSON if valid, else text."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        return None, None
    valid, value = parse_error_body(body) if len(body) <= _LONGEST_JSON else (False, None)
    text = _text(body)
    if not valid:
        return text, text
    return value, value if len(body) <= _LONGEST_BODY else text


def _text(body: bytes) -> str:
    return body[:_LONGEST_BODY].decode("utf-8", "replace")


def _excerpt(text: bytes) -> str:
    shown = redact_text(_text(text[: 2 * _EXCERPT]))
    return repr(shown if len(shown) <= _EXCERPT else shown[:_EXCERPT] + "...")


def _retry_after(
    headers: Headers, now: float | None, status: int = 0, message: str = "", body: bytes = b""
) -> float | None:
    """Return the seconds to wait before a retry, never negative.

    Both RFC 9110 section 10.2.3 (`Retry-After: 2`, or a date) and OpenAI's `retry-after-ms: 2000` are read. The gateway
    drops both headers and keeps the provider's words, which are read without them (gateway-behaviour.md#errors).
    """
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is None and now is not None:
        seconds = _seconds_until(text, now)
    return _wait_in_text(status, message, body) if seconds is None else seconds


_BUSY: Final = (429, 503)
_LONGEST_WAIT: Final = 7 * 86400.0
_AMOUNT: Final = r"\d{1,6}(?:\.\d{1,9})?"
_UNIT: Final = r"(?:d(?:ays?)?|h(?:ours?)?|ms|milliseconds?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])"
# "Please try again in 7m12.48s.", "Please retry after 26 seconds.", "please try again after 1 seconds"
_WAIT: Final = re.compile(
    rf"\b(?:retry|try again|wait)(?:ing)? (?:again )?(?:after |in |for )?((?:{_AMOUNT} ?{_UNIT} ?){{1,4}})",
    re.IGNORECASE,
)
_PART: Final = re.compile(rf"({_AMOUNT}) ?({_UNIT})", re.IGNORECASE)
# "retryDelay": "34s" of Google, and {"estimated_time": 20.0} of a model that is being loaded; the gateway escapes both.
_DELAY: Final = re.compile(
    rf'"?retryDelay\\{{0,8}}"\s{{0,4}}:\s{{0,4}}\\{{0,8}}"({_AMOUNT})s|estimated_time\\{{0,8}}"\s{{0,4}}:\s{{0,4}}({_AMOUNT})'
)
_SECONDS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


def _wait_in_text(status: int | None, message: str, body: bytes = b"") -> float | None:
    """Return the seconds that a refusal asks to wait in its message or body, None for another status or none."""
    if status not in _BUSY:
        return None
    seconds = None
    if found := _WAIT.search(message):
        seconds = sum(float(amount) * _unit_seconds(unit.lower()) for amount, unit in _PART.findall(found[1]))
    elif found := _DELAY.search(_text(body)):
        seconds = float(found[1] or found[2])
    return seconds if seconds is not None and seconds <= _LONGEST_WAIT else None


def _unit_seconds(unit: str) -> float:
    return 0.001 if unit in ("ms", "millisecond", "milliseconds") else _SECONDS[unit[0]]


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _seconds_until(date: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime  # slow to import, and such dates are rare

    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
