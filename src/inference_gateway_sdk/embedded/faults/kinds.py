"""The faults there are: each a small frozen struct with a name, parameters and defaults.

`fault(name, **parameters)` makes one and refuses what it does not know, with the nearest name. Of an answer that is an
event stream, `after` counts the events that are sent before the fault, untouched; a shorter stream has the fault at its
end. Any other body has the fault before its second half, or with `after=0` before it begins. Seconds that are None are
for ever: until the client leaves.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["KINDS", "Fault", "FaultError", "MidBodyFault", "checked", "fault"]

After = Annotated[int, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Interval = Annotated[float, Meta(gt=0, le=3_600)]
Code = Annotated[int, Meta(ge=200, le=599)]
Size = Annotated[int, Meta(ge=1, le=1_000_000_000)]
HeaderText = Annotated[str, Meta(pattern=r"^[\x20-\x7e]+$")]


class FaultError(ValueError):
    """A fault, a rule or a plan that cannot be; the message says what to write instead."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which an answer goes wrong.

    Attributes:
        name: What it is called in a header, a file and `fault()`.
    """

    name: ClassVar[str] = ""


class NoFault(Fault, frozen=True):
    """Nothing goes wrong: a step of a sequence that is answered as it would be without it."""

    name = "answer"


class Status(Fault, frozen=True):
    """An answer with this status in place of the real one.

    Attributes:
        status: From 200 to 599.
        body: The body; "" for none, None for an error in the envelope of the route.
        content_type: What the body says it is.
        retry_after: The `Retry-After` header: seconds, or an HTTP date.
    """

    name = "status"
    status: Code = 503
    body: str | None = None
    content_type: HeaderText = "application/json"
    retry_after: HeaderText | int | float | None = None

    def __post_init__(self) -> None:
        """Keep `retry_after` as the header's text, however it was given."""
        if self.retry_after is not None:
            force_setattr(self, "retry_after", str(self.retry_after))


class Refuse(Fault, frozen=True):
    """The gateway stops listening: this request's connection is closed unanswered, and new ones are refused.

    Attributes:
        seconds: How long.
    """

    name = "refuse"
    seconds: Seconds = 1.0


class ResetBeforeHeaders(Fault, frozen=True):
    """The connection is reset when the request has been read, before any byte of an answer.

    Attributes:
        delay: Seconds of silence first.
    """

    name = "reset-before-headers"
    delay: Seconds = 0.0


class CloseBeforeHeaders(Fault, frozen=True):
    """The connection is closed when the request has been read, before any byte of an answer.

    Attributes:
        delay: Seconds of silence first.
    """

    name = "close-before-headers"
    delay: Seconds = 0.0


class StallBeforeHeaders(Fault, frozen=True):
    """Silence when the request has been read, and then the real answer.

    Attributes:
        seconds: How long; None for ever.
    """

    name = "stall-before-headers"
    seconds: Seconds | None = None


class TrickleHeaders(Fault, frozen=True):
    """A status line, and then one header after another, without end.

    Attributes:
        interval: Seconds between two headers.
    """

    name = "trickle-headers"
    interval: Interval = 0.05


class MidBodyFault(Fault, frozen=True):
    """A fault in the middle of a body.

    Attributes:
        after: Events sent first.
    """

    after: After = 2


class ResetMidBody(MidBodyFault, frozen=True):
    """The connection is reset in the middle of the body.

    Attributes:
        after: Events sent first.
    """

    name = "reset-mid-body"


class CloseMidBody(MidBodyFault, frozen=True):
    """The connection is closed in the middle of an event, and of a chunk of HTTP.

    Attributes:
        after: Events sent first.
    """

    name = "close-mid-body"


class StallMidBody(MidBodyFault, frozen=True):
    """Silence in the middle of the body, and then the rest.

    Attributes:
        after: Events sent first.
        seconds: How long; None for ever.
    """

    name = "stall-mid-body"
    seconds: Seconds | None = None


class TrickleComments(MidBodyFault, frozen=True):
    """Comments in the middle of an event stream, blank lines before any other body, and then the rest.

    Attributes:
        after: Events sent first.
        interval: Seconds between two comments.
        seconds: How long; None for ever.
    """

    name = "trickle-comments"
    interval: Interval = 0.05
    seconds: Seconds | None = None


class TrickleChunkSize(MidBodyFault, frozen=True):
    """The size of an HTTP chunk, one digit after another, without end.

    Attributes:
        after: Events sent first.
        interval: Seconds between two digits.
    """

    name = "trickle-chunk-size"
    interval: Interval = 0.05


class Truncate(MidBodyFault, frozen=True):
    """The body ends too early, and as if it were whole: so the real gateway ends a provider's broken stream.

    Attributes:
        after: Events sent first.
        mid_event: The half of another event is sent as well.
    """

    name = "truncate"
    mid_event: bool = False


class MissingDone(Fault, frozen=True):
    """An event stream without its last event: `[DONE]`, `message_stop` or `response.completed`."""

    name = "missing-done"


class MalformedChunk(MidBodyFault, frozen=True):
    """A chunk of HTTP whose size is no number.

    Attributes:
        after: Events sent first.
    """

    name = "malformed-chunk"


class MalformedEvent(MidBodyFault, frozen=True):
    """An event whose data is not JSON, and then the rest; any other body is JSON that breaks off in such a way.

    Attributes:
        after: Events sent first.
        data: What stands in the event.
    """

    name = "malformed-event"
    data: HeaderText = '{"id": oops'


class ErrorEvent(MidBodyFault, frozen=True):
    """An error in place of an event, in the route's dialect, and then the end; as the whole body if it is no stream.

    Attributes:
        after: Events sent first.
        code: The code inside, as an HTTP status.
        message: What it says.
    """

    name = "error-event"
    code: Code = 503
    message: str = "the provider is overloaded"


class WrongContentType(Fault, frozen=True):
    """The real answer under another content type.

    Attributes:
        content_type: What it says it is.
    """

    name = "wrong-content-type"
    content_type: HeaderText = "text/html"


class OversizedEvent(MidBodyFault, frozen=True):
    """One event with so many blanks behind its data that it is larger than a reader may want; likewise any other body.

    Attributes:
        after: Events sent first.
        size: Bytes that are added.
    """

    name = "oversized-event"
    size: Size = 65 * 1024 * 1024


class CloseOnReuse(Fault, frozen=True):
    """The real answer, on a connection that is closed as soon as another request arrives on it.

    Attributes:
        reset: It is reset instead.
    """

    name = "close-on-reuse"
    reset: bool = False


_ALL: tuple[type[Fault], ...] = (
    NoFault,
    Status,
    Refuse,
    ResetBeforeHeaders,
    CloseBeforeHeaders,
    StallBeforeHeaders,
    TrickleHeaders,
    ResetMidBody,
    CloseMidBody,
    StallMidBody,
    TrickleComments,
    TrickleChunkSize,
    Truncate,
    MissingDone,
    MalformedChunk,
    MalformedEvent,
    ErrorEvent,
    WrongContentType,
    OversizedEvent,
    CloseOnReuse,
)

KINDS: dict[str, type[Fault]] = {kind.name: kind for kind in _ALL}
"""Every fault by its name."""

T = TypeVar("T", bound=Struct)


def fault(name: str, /, **parameters: object) -> Fault:
    """The fault of this name; numbers and truth values may be given as text.

    Raises:
        FaultError: There is no such fault, or it has no such parameter, or not such a value.
    """
    if name not in KINDS:
        there_are = f": there are {', '.join(KINDS)}"
        raise FaultError(f"there is no fault {name!r}{_nearest(name, KINDS) or there_are}")
    return checked(KINDS[name], parameters, f"fault {name!r}")


def checked(kind: type[T], parameters: dict[str, object], what: str) -> T:
    """The struct with these fields.

    Raises:
        FaultError: A field is unknown or has a value it cannot have; the message begins with `what`.
    """
    known = kind.__struct_fields__
    for name in parameters:
        if name not in known:
            has = "it has none" if not known else f"it has {', '.join(known)}"
            raise FaultError(f"{what} has no parameter {name!r}{_nearest(name, known) or f': {has}'}")
    try:
        return msgspec.convert(parameters, kind, strict=False)
    except msgspec.ValidationError as error:
        raise FaultError(f"{what}: {_sentence(error)}") from error


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, tuple(known), 1)
    return f": did you mean {close[0]!r}?" if close else ""


def _sentence(error: msgspec.ValidationError) -> str:
    """What msgspec has against a value, with the parameter's name in front."""
    text, _, place = str(error).replace("`", "").partition(" - at $.")
    if "regex" in text:
        text = "expected printable ASCII on one line"
    return f"{place or 'a value'} is wrong: {text[:1].lower()}{text[1:]}"
