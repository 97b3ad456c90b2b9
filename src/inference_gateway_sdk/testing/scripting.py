"""The methods that add scripts: `reply`, `stream`, `fail` and `respond`, for all requests or for those of `on`.

Each call adds one script. Scripts answer in the order in which they were added, one request each unless `times` is
given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from .answer import UNSET, ScriptedAnswer, refusal_of, scripted_answer
from .provider import error_event, fault_of, is_status
from .received import OF_A_MODEL
from .script import Condition, Raw, Script, call, condition_of, place_of_caller, times_of

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from ..embedded.faults import Fault
    from .answer import ToolCallLike, UsageLike
    from .expectations import Expectations
    from .received import Endpoint, ReceivedRequest
    from .script import Outcome

__all__ = ["Scripting", "Times"]

__tracebackhide__ = True  # pytest shows the test's line and not this module's

Times: TypeAlias = int | Literal["always"]

_FILLER = "One two three four five six seven eight."


class Scripting:
    """Adds scripts for the requests that meet a condition."""

    def __init__(self, expectations: Expectations, condition: Condition) -> None:
        self._expectations = expectations
        self._condition = condition

    def on(
        self,
        *,
        endpoint: Endpoint | None = None,
        model: str | None = None,
        content: str | re.Pattern[str] | None = None,
        where: Callable[[ReceivedRequest], object] | None = None,
    ) -> Scripting:
        """Return an object that adds scripts for the requests that meet all given conditions.

        Args:
            endpoint: The kind of endpoint. Without it, scripts answer all requests to models, in any dialect.
            model: The model's name, with its provider in front; `*` matches any characters. Without a slash, the bare
                name.
            content: A text in the last message (a prompt, or a tool's result), or a pattern to find there.
            where: A predicate on requests.

        Raises:
            TypeError: An argument has the wrong type.
            ValueError: An argument has an invalid value, or none is given.
        """
        return Scripting(self._expectations, condition_of(endpoint, model, content, where))

    def reply(
        self,
        text: str | None = None,
        *,
        json: object = UNSET,
        tool_calls: Iterable[ToolCallLike] = (),
        reasoning: str | None = None,
        usage: UsageLike | None = None,
        finish_reason: str | None = None,
        image: bytes | None = None,
        audio: bytes | None = None,
        times: Times = 1,
        optional: bool = False,
    ) -> Script:
        """Answer in the dialect of the request. Streams send the text word by word.

        Args:
            text: The text of the answer.
            json: A value, a struct or a pydantic model to encode as the text.
            tool_calls: The tool calls: `("weather", {"city": "Oslo"})`, a `ToolCall`, or a call of an earlier answer.
            reasoning: The reasoning before the text.
            usage: `(prompt tokens, completion tokens)` or a `CompletionUsage`; the number of words by default.
            finish_reason: The finish reason of a chat: "stop", "length", "tool_calls", "content_filter".
            image: The bytes of an image for requests that ask for one; a plain square by default.
            audio: The bytes of a sound for requests that ask for one; half a second of sound by default.
            times: The number of requests to answer, or "always".
            optional: Accept that no request uses the script.

        Raises:
            TypeError: An argument has the wrong type, or none is given.
            ValueError: Arguments contradict each other, or a value is invalid.
        """
        given = _given(locals())
        answer = scripted_answer(
            text,
            json=json,
            tool_calls=tool_calls,
            reasoning=reasoning,
            usage=usage,
            finish_reason=finish_reason,
            image=image,
            audio=audio,
        )
        return self._add(answer, call("reply", *_first(given, "text"), given=given), times, optional=optional)

    def stream(
        self,
        pieces: Iterable[str],
        *,
        pause: float = 0.0,
        then: str | int | Fault | None = None,
        tool_calls: Iterable[ToolCallLike] = (),
        reasoning: str | None = None,
        usage: UsageLike | None = None,
        finish_reason: str | None = None,
        times: Times = 1,
        optional: bool = False,
    ) -> Script:
        """Answer with these pieces, one event each. A request without a stream gets the whole text at once.

        Args:
            pieces: The pieces of the text.
            pause: Seconds between two pieces.
            then: A failure after the last piece. A status or its name becomes an error inside the stream. A fault on
                the wire is given as "reset-mid-body" or `fault("stall-mid-body", seconds=1)`.
            tool_calls: As in `reply`; sent after the pieces.
            reasoning: As in `reply`; sent before the pieces.
            usage: As in `reply`.
            finish_reason: As in `reply`.
            times: As in `reply`.
            optional: As in `reply`.

        Raises:
            TypeError: As in `reply`.
            ValueError: As in `reply`, or the failure is unknown.
        """
        given = _given(locals())
        answer = scripted_answer(
            pieces=pieces,
            pause=pause,
            tool_calls=tool_calls,
            reasoning=reasoning,
            usage=usage,
            finish_reason=finish_reason,
        )
        written = call(
            "stream", list(answer.pieces or ()), given={name: given[name] for name in given if name != "pieces"}
        )
        fault = None if then is None else _after_all(then)
        return self._add(answer, written, times, optional=optional, fault=fault, at_end=True)

    def fail(
        self,
        what: str | int | Fault,
        *,
        message: str | None = None,
        code: str | int | None = None,
        retry_after: float | None = None,
        times: Times = 1,
        optional: bool = False,
        **parameters: float | str | bool | None,
    ) -> Script:
        """Fail with a status, or with a fault on the wire.

        Args:
            what: A status from 400 to 599 or its name ("rate_limit", "overloaded", "unauthorized", ...), or a fault on
                the wire by name ("reset-before-headers", "truncate", ...; docs/faults.md has the table).
            message: The provider's error message (statuses).
            code: The provider's error code (statuses).
            retry_after: Seconds for the `Retry-After` header (statuses).
            times: The number of requests to fail, or "always".
            optional: Accept that no request uses the script.
            **parameters: The parameters of a fault on the wire, such as `after=2`.

        Raises:
            ValueError: The failure or a parameter is unknown.
        """
        given = _given(locals())
        given.pop("parameters", None)
        written = call("fail", *_first(given, "what"), given={**given, **parameters})
        if is_status(what):
            if parameters:
                raise ValueError(f"fail({what!r}) is a status and has no {', '.join(parameters)}")
            refusal = refusal_of(what, message=message, code=code, retry_after=retry_after)
            return self._add(refusal, written, times, optional=optional)
        facts = {"message": message, "code": code, "retry_after": retry_after}
        parameters |= {name: value for name, value in facts.items() if value is not None}
        filler = scripted_answer(_FILLER)
        return self._add(filler, written, times, optional=optional, fault=fault_of(what, **parameters))

    def respond(
        self,
        status: int = 200,
        *,
        json: object = UNSET,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        times: Times = 1,
        optional: bool = False,
    ) -> Script:
        """Answer with exactly these bytes as the provider's answer, in no particular dialect.

        Args:
            status: The HTTP status.
            json: A value to encode as the body, with the content type of JSON.
            body: The body.
            headers: The provider's headers. The gateway passes on those that it always passes on.
            times: As in `reply`.
            optional: As in `reply`.

        Raises:
            ValueError: The status is invalid, or both `json` and `body` are given.
        """
        given = _given(locals())
        written = call("respond", *_first(given, "status"), given=given)
        return self._add(_raw(status, json, body, headers or {}), written, times, optional=optional)

    def _add(
        self,
        outcome: Outcome,
        written: str,
        times: Times,
        *,
        optional: bool,
        fault: Fault | None = None,
        at_end: bool = False,
    ) -> Script:
        script = Script(
            outcome,
            self._condition,
            times=times_of(times),
            optional=optional,
            written=written,
            place=place_of_caller(),
            fault=fault,
            at_end=at_end,
        )
        endpoint = self._condition.endpoint
        if (
            isinstance(outcome, ScriptedAnswer)
            and fault is None
            and endpoint is not None
            and endpoint not in OF_A_MODEL
        ):
            raise ValueError(f"endpoint={endpoint!r} is not a model's: use {_INSTEAD.get(endpoint, _RESPOND)}")
        return self._expectations.add(script)


_RESPOND = "respond(...) or fail(...)"
_INSTEAD = {"models": "scripted_gateway(models=[...]), or gateway.models = [...]"}


def _after_all(then: str | int | Fault) -> Fault:
    """Return the fault that comes after a stream's pieces."""
    return error_event(then) if is_status(then) else fault_of(then)


def _raw(status: int, json: object, body: str | bytes | None, headers: Mapping[str, str]) -> Raw:
    if not 200 <= status <= 599:
        raise ValueError(f"respond({status!r}): use a status from 200 to 599")
    if json is not UNSET and body is not None:
        raise ValueError("json= and body= exclude each other: pass one of them")
    pairs = tuple((name.lower(), value) for name, value in headers.items())
    if json is UNSET:
        return Raw(status=status, headers=pairs, body=body.encode() if isinstance(body, str) else body or b"")
    if "content-type" not in dict(pairs):
        pairs = (("content-type", "application/json"), *pairs)
    return Raw(status=status, headers=pairs, body=msgspec.json.encode(json))


def _given(arguments: dict[str, object]) -> dict[str, object]:
    """Return the arguments that differ from their defaults, to show in reports."""
    usual: dict[str, object] = {
        "json": UNSET, "tool_calls": (), "pause": 0.0, "times": 1, "optional": False, "parameters": {}, "status": 200,
    }  # fmt: skip
    del arguments["self"]
    return {name: value for name, value in arguments.items() if value != usual.get(name)}


def _first(given: dict[str, object], name: str) -> list[object]:
    """Remove an argument from `given` and return it, to show it without its name."""
    return [given.pop(name)] if name in given else []
