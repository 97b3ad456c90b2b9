"""The fault types: small frozen structs with a name, parameters and defaults.

`fault(name, **parameters)` makes one. It rejects unknown names and suggests the nearest one. For an event stream,
`after` counts the events that are sent unchanged before the fault. In a shorter stream the fault comes at the end. In
any other body it comes before the second half, or with `after=0` before the first. Seconds of None last until the
client leaves.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from ..._model.type_info import build_converter

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
    """An invalid fault, rule or plan. The message explains what to write instead."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which an answer goes wrong.

    Attributes:
        name: Its name in a header, a file and `fault()`.
    """

    name: ClassVar[str] = ""


class NoFault(Fault, frozen=True):
    """No fault: a step of a sequence with the normal answer."""

    name = "answer"


class Status(Fault, frozen=True):
    """An answer with this status in place of the real one.

    Attributes:
        status: From 200 to 599.
        body: The body; "" for an empty one, None for an error in the envelope of the route.
        content_type: The `Content-Type` header.
        retry_after: The `Retry-After` header: seconds, or an HTTP date.
    """

    name = "status"
    status: Code = 503
    body: str | None = None
    content_type: HeaderText = "application/json"
    retry_after: HeaderText | int | float | None = None

    def __post_init__(self) -> None:
        """Convert `retry_after` to the text of the header."""
        if self.retry_after is not None:
            force_setattr(self, "retry_after", str(self.retry_after))


class Refuse(Fault, frozen=True):
    """The gateway stops listening: this request's connection is closed unanswered, and new ones are refused.

    Attributes:
        seconds: The duration.
    """

    name = "refuse"
    seconds: Seconds = 1.0


class ResetBeforeHeaders(Fault, frozen=True):
    """The connection is reset after the request was read, before any byte of an answer.

    Attributes:
        delay: Seconds of silence before the reset.
    """

    name = "reset-before-headers"
    delay: Seconds = 0.0


class CloseBeforeHeaders(Fault, frozen=True):
    """The connection is closed after the request was read, before any byte of an answer.

    Attributes:
        delay: Seconds of silence before the close.
    """

    name = "close-before-headers"
    delay: Seconds = 0.0


class StallBeforeHeaders(Fault, frozen=True):
    """Silence after the request was read, then the real answer.

    Attributes:
        seconds: The duration; None until the client leaves.
    """

    name = "stall-before-headers"
    seconds: Seconds | None = None


class TrickleHeaders(Fault, frozen=True):
    """A status line, then headers one after another without end.

    Attributes:
        interval: Seconds between two headers.
    """

    name = "trickle-headers"
    interval: Interval = 0.05


class MidBodyFault(Fault, frozen=True):
    """A fault in the middle of a body.

    Attributes:
        after: The number of events sent before the fault.
    """

    after: After = 2


class ResetMidBody(MidBodyFault, frozen=True):
    """The connection is reset in the middle of the body.

    Attributes:
        after: The number of events sent before the fault.
    """

    name = "reset-mid-body"


class CloseMidBody(MidBodyFault, frozen=True):
    """The connection is closed in the middle of an event, and of an HTTP chunk.

    Attributes:
        after: The number of events sent before the fault.
    """

    name = "close-mid-body"


class StallMidBody(MidBodyFault, frozen=True):
    """Silence in the middle of the body, then the rest.

    Attributes:
        after: The number of events sent before the fault.
        seconds: The duration; None until the client leaves.
    """

    name = "stall-mid-body"
    seconds: Seconds | None = None


class TrickleComments(MidBodyFault, frozen=True):
    """Comments in the middle of an event stream, or blank lines before any other body, then the rest.

    Attributes:
        after: The number of events sent before the fault.
        interval: Seconds between two comments.
        seconds: The duration; None until the client leaves.
    """

    name = "trickle-comments"
    interval: Interval = 0.05
    seconds: Seconds | None = None


class TrickleChunkSize(MidBodyFault, frozen=True):
    """The size of an HTTP chunk, digit by digit, without end.

    Attributes:
        after: The number of events sent before the fault.
        interval: Seconds between two digits.
    """

    name = "trickle-chunk-size"
    interval: Interval = 0.05


class Truncate(MidBodyFault, frozen=True):
    """The body ends early but in valid framing, as the real gateway ends a provider's broken stream.

    Attributes:
        after: The number of events sent before the fault.
        mid_event: Send half of another event as well.
    """

    name = "truncate"
    mid_event: bool = False


class MissingDone(Fault, frozen=True):
    """An event stream without its last event: `[DONE]`, `message_stop` or `response.completed`."""

    name = "missing-done"


class MalformedChunk(MidBodyFault, frozen=True):
    """An HTTP chunk whose size is not a number.

    Attributes:
        after: The number of events sent before the fault.
    """

    name = "malformed-chunk"


class MalformedEvent(MidBodyFault, frozen=True):
    """An event whose data is not JSON, then the rest. In any other body the data replaces the second half.

    Attributes:
        after: The number of events sent before the fault.
        data: The event's data.
    """

    name = "malformed-event"
    data: HeaderText = '{"id": oops'


class ErrorEvent(MidBodyFault, frozen=True):
    """An error in the route's dialect in place of an event, then the end. Any other body is replaced by the error.

    Attributes:
        after: The number of events sent before the fault.
        code: The error code, as an HTTP status.
        message: The error message.
    """

    name = "error-event"
    code: Code = 503
    message: str = "the provider is overloaded"


class WrongContentType(Fault, frozen=True):
    """The real answer under another content type.

    Attributes:
        content_type: The `Content-Type` header.
    """

    name = "wrong-content-type"
    content_type: HeaderText = "text/html"


class OversizedEvent(MidBodyFault, frozen=True):
    """An event, or another body, with added blanks that make it larger than a reader may accept.

    Attributes:
        after: The number of events sent before the fault.
        size: The number of added bytes.
    """

    name = "oversized-event"
    size: Size = 65 * 1024 * 1024


class CloseOnReuse(Fault, frozen=True):
    """The real answer, on a connection that is closed as soon as another request arrives on it.

    Attributes:
        reset: Reset the connection instead of closing it.
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
"""All fault types by name."""

T = TypeVar("T", bound=Struct)


def fault(name: str, /, **parameters: object) -> Fault:
    """Make a fault by name. Numbers and booleans may be given as text.

    Raises:
        FaultError: The name or a parameter is unknown, or a value is invalid.
    """
    if name not in KINDS:
        choices = f": use one of {', '.join(KINDS)}"
        raise FaultError(f"unknown fault {name!r}{_nearest(name, KINDS) or choices}")
    return checked(KINDS[name], parameters, f"fault {name!r}")


def checked(kind: type[T], parameters: dict[str, object], what: str) -> T:
    """Convert parameters to a struct.

    Raises:
        FaultError: A field is unknown or its value is invalid. The message begins with `what`.
    """
    known = kind.__struct_fields__
    for name in parameters:
        if name not in known:
            has = "it has none" if not known else f"it has {', '.join(known)}"
            raise FaultError(f"{what} has no parameter {name!r}{_nearest(name, known) or f': {has}'}")
    try:
        value: T = build_converter(kind, strict=False)(parameters)
    except msgspec.ValidationError as error:
        raise FaultError(f"{what}: {_sentence(error)}") from error
    return value


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, tuple(known), 1)
    return f": did you mean {close[0]!r}?" if close else ""


def _sentence(error: msgspec.ValidationError) -> str:
    """Return msgspec's objection to a value, with the parameter's name in front."""
    text, _, place = str(error).replace("`", "").partition(" - at $.")
    if "regex" in text:
        text = "expected printable ASCII on one line"
    return f"{place or 'a value'} is wrong: {text[:1].lower()}{text[1:]}"
