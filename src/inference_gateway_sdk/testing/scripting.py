"""The words in which a test writes scripts: `reply`, `stream`, `fail` and `respond`, for all requests or those of `on`.

Each call adds one script to the playbook. Scripts answer in the order they were written, one request each unless
`times` says otherwise.
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

__tracebackhide__ = True  # pytest shows the test's line, not ours

Times: TypeAlias = int | Literal["always"]

_FILLER = "One two three four five six seven eight."


class Scripting:
    """Writes scripts for the requests that a condition is true of."""

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
        """Write scripts for some requests only: those for which all that is given is true.

        Args:
            endpoint: What is asked. Scripts without it answer whatever a model is asked, in any dialect.
            model: The model's name, with its provider in front; `*` stands for anything. Without a slash, the name
                alone.
            content: Stands in the last message (a prompt, or a tool's result), or is found there if it is a pattern.
            where: Says whether a request is meant.

        Raises:
            TypeError: An argument is of another type.
            ValueError: It makes no sense; the message names it.
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
        """ScriptedAnswer with this, in whatever dialect is asked for; streams bring it word by word.

        Args:
            text: What the model says.
            json: The same as JSON: a value, a struct, a pydantic model.
            tool_calls: The tools it calls: `("weather", {"city": "Oslo"})`, a `ToolCall`, or a call of an answer.
            reasoning: What it thinks first.
            usage: `(prompt tokens, completion tokens)` or a `CompletionUsage`; as many as there are words otherwise.
            finish_reason: As a chat says it: "stop", "length", "tool_calls", "content_filter".
            image: The bytes of a picture, for requests that ask for one; a square of one colour otherwise.
            audio: The bytes of a sound, for requests that ask for one; half a second of it otherwise.
            times: How many requests are answered so, or "always".
            optional: Nothing is wrong when no request comes for it.

        Raises:
            TypeError: Nothing is said, or an argument is of another type.
            ValueError: Arguments contradict each other, or make no sense.
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
        """ScriptedAnswer with these pieces, each in an event of its own; at once and whole if no stream is asked for.

        Args:
            pieces: What the model says.
            pause: Seconds between two pieces.
            then: What goes wrong once all pieces have come: a status or its name, which is then an error inside the
                stream, or a fault on the wire, such as "reset-mid-body" or `fault("stall-mid-body", seconds=1)`.
            tool_calls: As in `reply`; they come behind the pieces.
            reasoning: As in `reply`; it comes before them.
            usage: As in `reply`.
            finish_reason: As in `reply`.
            times: As in `reply`.
            optional: As in `reply`.

        Raises:
            TypeError: As in `reply`.
            ValueError: As in `reply`, or there is no such failure.
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
        """Fail with a status, or on the wire.

        Args:
            what: A status from 400 to 599 or its name ("rate_limit", "overloaded", "unauthorized", ...), or a fault on
                the wire by name ("reset-before-headers", "truncate", ...; docs/faults.md has the table).
            message: What the provider says of it (statuses).
            code: The provider's own code for it (statuses).
            retry_after: Seconds, for the `Retry-After` header (statuses).
            times: How many requests fail so, or "always".
            optional: Nothing is wrong when no request comes for it.
            **parameters: Of the fault on the wire, such as `after=2`.

        Raises:
            ValueError: There is no such failure, or it has no such parameter.
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
        """Let the provider answer with these very bytes, for what has no words here: no dialect is put on them.

        Args:
            status: The HTTP status.
            json: The body as JSON; its content type goes without saying.
            body: The body.
            headers: As the provider sends them: the gateway passes on what it passes on.
            times: As in `reply`.
            optional: As in `reply`.

        Raises:
            ValueError: The status is none, or there are two bodies.
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
            raise ValueError(f"no model answers at endpoint={endpoint!r}: write {_INSTEAD.get(endpoint, _RESPOND)}")
        return self._expectations.add(script)


_RESPOND = "respond(...) or fail(...)"
_INSTEAD = {"models": "scripted_gateway(models=[...]), or gateway.models = [...]"}


def _after_all(then: str | int | Fault) -> Fault:
    """What comes once a stream's pieces have come."""
    return error_event(then) if is_status(then) else fault_of(then)


def _raw(status: int, json: object, body: str | bytes | None, headers: Mapping[str, str]) -> Raw:
    if not 200 <= status <= 599:
        raise ValueError(f"respond({status!r}): a status is a number from 200 to 599")
    if json is not UNSET and body is not None:
        raise ValueError("json= and body= are two ways to write the body: give one of them")
    pairs = tuple((name.lower(), value) for name, value in headers.items())
    if json is UNSET:
        return Raw(status=status, headers=pairs, body=body.encode() if isinstance(body, str) else body or b"")
    if "content-type" not in dict(pairs):
        pairs = (("content-type", "application/json"), *pairs)
    return Raw(status=status, headers=pairs, body=msgspec.json.encode(json))


def _given(arguments: dict[str, object]) -> dict[str, object]:
    """The arguments that were given, for a script's own text."""
    usual: dict[str, object] = {
        "json": UNSET, "tool_calls": (), "pause": 0.0, "times": 1, "optional": False, "parameters": {}, "status": 200,
    }  # fmt: skip
    del arguments["self"]
    return {name: value for name, value in arguments.items() if value != usual.get(name)}


def _first(given: dict[str, object], name: str) -> list[object]:
    """The argument that is written without its name, taken out of the others."""
    return [given.pop(name)] if name in given else []
