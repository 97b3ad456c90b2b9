"""The provider that answers from scripts: chat, pictures, sound and injected faults."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing, asynccontextmanager
from difflib import get_close_matches
from time import monotonic
from typing import TYPE_CHECKING, TypeGuard

import msgspec
from msgspec.structs import replace

from ..embedded import go_json
from ..embedded.faults import KINDS, Fault, FaultError, FaultPlan, fault
from ..embedded.faults.kinds import ErrorEvent
from ..embedded.forwarding import Lines
from ..embedded.problems import Problem
from ..embedded.providers import scripted
from ..embedded.providers.provider import Listed, Refused
from ..embedded.providers.provider import ProviderResponse as ProviderAnswer
from ..embedded.providers.scripts import CREATED, DIALECTS, Conversation
from .answer import STATUSES, Refusal, ScriptedAnswer, refusal_of
from .recording_middleware import REQUEST_CONTEXT
from .script import Raw

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from ..embedded.chat_schema import ChatRequest
    from ..embedded.faults import RequestInfo
    from ..embedded.faults.plan import Listener
    from ..embedded.providers.provider import Ask
    from ..embedded.providers.scripts import ScriptedTurn
    from .expectations import Expectations
    from .recording_middleware import RequestContext
    from .script import Outcome

__all__ = [
    "ExpectationProvider",
    "ScriptedFaults",
    "Unmatched",
    "error_event",
    "fault_of",
    "has_text",
    "is_status",
    "picture",
    "sound",
]


_SECONDS = 0.5
_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav"}


def picture(answer: ScriptedAnswer, ask: Ask) -> Raw:
    """As many pictures as were asked for; the text of the answer is the prompt as the model understood it."""
    prompt = answer.text or REQUEST_CONTEXT.get().request.text
    data = scripted.png(prompt) if answer.image is None else answer.image
    image: dict[str, object] = {"b64_json": base64.b64encode(data).decode(), "revised_prompt": prompt}
    images = [image] * _count(ask)
    body = msgspec.json.encode({"created": CREATED, "data": images})
    return Raw(headers=(("content-type", "application/json"),), body=body)


def _count(ask: Ask) -> int:
    wanted = _media_request(ask).n
    return wanted if wanted and wanted > 0 else 1


def sound(answer: ScriptedAnswer, ask: Ask) -> Raw:
    """Half a second of sound under the type that was asked for, "mp3" as a rule."""
    kind = _media_request(ask).response_format or "mp3"
    made = {"wav": scripted.wav, "pcm": scripted.pcm}.get(kind, scripted.mp3)
    body = made(_SECONDS) if answer.audio is None else answer.audio
    return Raw(headers=(("content-type", _TYPES.get(kind, f"audio/{kind}")),), body=body)


class _MediaRequest(msgspec.Struct):
    n: int | None = None
    response_format: str | None = None


def _media_request(ask: Ask) -> _MediaRequest:
    """What JSON asks for; forms ask for one picture."""
    if not ask.header("content-type").startswith("application/json"):
        return _MediaRequest()
    return msgspec.json.decode(ask.body, type=_MediaRequest)


__tracebackhide__ = True  # pytest shows the test's line, not ours

_NO_FAULTS = ("answer", "status")  # replies and statuses have words of their own here
_PATHS = {"chat": "/chat/completions", "messages": "/messages", "responses": "/responses"}


class ScriptedFaults(FaultPlan):
    """The plan of the gateway's fault player."""

    def __init__(self) -> None:
        super().__init__()
        self._has_listener = False
        self._shut_until = 0.0

    @property
    def refuses(self) -> bool:
        """Whether a gateway without a socket is not to be reached now."""
        return monotonic() < self._shut_until

    def attach(self, listener: Listener | None) -> None:
        """As `FaultPlan.attach`."""
        self._has_listener = listener is not None
        super().attach(listener)

    def shut_for(self, seconds: float) -> None:
        """Refuse connections for so long, also those that need no socket."""
        self._shut_until = monotonic() + seconds
        if self._has_listener:
            super().shut_for(seconds)

    def reads_body(self, method: str, path: str) -> bool:
        """Nothing more need be read: the script is chosen already."""
        del method, path
        return False

    def choose(self, asked: RequestInfo) -> Fault | None:
        """The fault of the script for the request that is on its way."""
        del asked
        context = REQUEST_CONTEXT.get(None)
        if context is None or context.script is None or context.script.fault is None:
            return None
        chosen = context.script.fault
        if isinstance(chosen, ErrorEvent) and not context.request.stream:
            return None
        context.answered = True
        self.count(chosen)
        return _placed(chosen, context) if context.script.at_end else chosen


def _placed(fault: Fault, context: RequestContext) -> Fault:
    """The fault, behind the last event that says something."""
    path, script = _PATHS.get(context.request.endpoint), context.script
    outcome = script.outcome_for(context.request) if script is not None else None
    if path is None or not isinstance(outcome, ScriptedAnswer) or "after" not in fault.__struct_fields__:
        return fault
    try:
        turn = outcome.turn(Conversation.read(context.request.content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return fault  # the provider refuses it
    with_text = [has_text(event) for event in DIALECTS[path].events(turn)]
    last = max((number for number, each in enumerate(with_text, 1) if each), default=1)
    return replace(fault, after=last)


def has_text(event: bytes) -> bool:
    """Whether an event of a stream brings something that was said, in any of the dialects."""
    first = event.partition(b"\n")[0]
    if first.startswith(b"event: "):
        return first == b"event: content_block_delta" or first.endswith(b".delta")
    return b'"delta":{"' in event and b'"role":"assistant"' not in event


def is_status(what: str | int | Fault) -> TypeGuard[str | int]:
    """Whether this says a status, and not what happens on the wire."""
    return isinstance(what, int) or (isinstance(what, str) and what in STATUSES)


def fault_of(what: str | int | Fault, **parameters: object) -> Fault:
    """The fault of this name, written with hyphens or underscores.

    Raises:
        ValueError: There is none, or it has no such parameter.
    """
    if isinstance(what, Fault):
        if parameters:
            raise ValueError(f"{', '.join(parameters)}: a fault that is ready has its parameters already")
        return what
    if not isinstance(what, str):
        raise TypeError(f"a failure is a status, a name or a fault, got {what!r}")
    name = what.replace("_", "-")
    known = [each for each in KINDS if each not in _NO_FAULTS]
    if name not in known:
        raise ValueError(f"there is no failure {what!r}. {_intended(what, name, known)}")
    try:
        return fault(name, **parameters)
    except FaultError as error:
        raise ValueError(str(error)) from None


def _intended(what: str, name: str, known: list[str]) -> str:
    """What may have been meant by a name that is none."""
    near = [each for each in known if name in each]
    near = near or get_close_matches(what, STATUSES, 1) or get_close_matches(name, known, 1)
    meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return (
        f"{meant}There are the statuses from 400 to 599, also as {', '.join(STATUSES)}; "
        f"and the faults on the wire {', '.join(known)}."
    )


def error_event(what: str | int) -> Fault:
    """The error inside a stream that stands for this status."""
    refusal = refusal_of(what)
    return ErrorEvent(code=refusal.status, message=refusal.message)


_JSON = "application/json"
_EVENTS = "text/event-stream"


class Unmatched(Problem):
    """The gateway's answer to a request that no script is for: not one that a client repeats."""

    def __init__(self, why: str) -> None:
        super().__init__(404, why)

    def envelope(self) -> dict[str, object]:
        """The reason where clients of every dialect look for one."""
        return {"type": "error", "error": {"type": "not_found_error", "message": self.text}}


class ExpectationProvider:
    """See `embedded.providers.provider.Provider`.

    Args:
        id: The provider's.
        playbook: Who answers what.
        models: The names of all models, with their providers in front.
    """

    def __init__(self, id: str, expectations: Expectations, models: Callable[[], Iterable[str]]) -> None:
        self._id = id
        self._expectations = expectations
        self._models = models

    async def start(self) -> None:
        """There is nothing to begin."""

    async def stop(self) -> None:
        """There is nothing to let go of."""

    async def models(self) -> list[Listed]:
        """The models of this provider."""
        names = (name.partition("/") for name in self._models())
        return [
            Listed(id=model, object="model", created=CREATED, owned_by=self._id)
            for provider, _, model in names
            if provider == self._id
        ]

    async def chat(self, request: ChatRequest) -> bytes:
        """As `Provider.chat`."""
        outcome = self._claim(request)
        if isinstance(outcome, ScriptedAnswer):
            return go_json.encode(_CHAT.whole(_turn(outcome, msgspec.json.encode(request))))
        return _accepted(outcome).body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        outcome = self._claim(request)
        if isinstance(outcome, ScriptedAnswer):
            pieces = _paced(_CHAT.events(_turn(outcome, msgspec.json.encode(request))), outcome.pause)
        else:
            pieces = _once(_accepted(outcome).body)
        lines = Lines()
        async with aclosing(pieces):
            async for piece in pieces:
                for line in lines.feed(piece):
                    yield line

    @asynccontextmanager
    async def exchange(self, ask: Ask) -> AsyncGenerator[ProviderAnswer]:
        """As `Provider.exchange`."""
        answer = self._exchanged(ask)
        async with aclosing(answer.pieces):
            yield answer

    def _exchanged(self, ask: Ask) -> ProviderAnswer:
        outcome = self._claim(None)
        path = ask.path.partition("?")[0]
        if isinstance(outcome, Raw):
            return _whole(outcome)
        if isinstance(outcome, Refusal):
            return _whole(_refused(outcome, path))
        if path.startswith("/images/"):
            return _whole(picture(outcome, ask))
        if path.startswith("/audio/"):
            return _whole(sound(outcome, ask))
        return self._spoken(path, ask, outcome)

    def _spoken(self, path: str, ask: Ask, answer: ScriptedAnswer) -> ProviderAnswer:
        """The answer in the dialect of the path."""
        dialect = next((dialect for end, dialect in DIALECTS.items() if path.endswith(end)), None)
        if dialect is None or ask.method != "POST":
            request = REQUEST_CONTEXT.get().request
            why = f"No words are known for an answer to {request}: script its bytes, with gateway.respond(...)."
            raise Unmatched(self._expectations.miss(request, why))
        try:
            turn = _turn(answer, ask.body)
        except Refused as error:
            return _whole(Raw(status=error.status, headers=(("content-type", _JSON),), body=error.body))
        if REQUEST_CONTEXT.get().request.stream:
            pieces = _paced(dialect.events(turn), answer.pause)
            return ProviderAnswer(status=200, headers=(("content-type", _EVENTS),), pieces=pieces)
        return _whole(Raw(headers=(("content-type", _JSON),), body=go_json.encode(dialect.whole(turn))))

    def _claim(self, further: ChatRequest | None) -> Outcome:
        """What the script for this request says.

        The gateway asks more than once for one request when it runs tools by itself: then each turn has a script.

        Raises:
            Unmatched: There is none.
        """
        context = REQUEST_CONTEXT.get()
        script, request = context.script, context.request
        if context.turns and further is not None:
            conversation = msgspec.json.encode(replace(further, model=f"{self._id}/{further.model}"))
            request = replace(request, content=conversation)
            script = self._expectations.take(request)
        context.turns += 1
        context.answered = True
        if script is None:
            context.missed = True
            raise Unmatched(self._expectations.miss(request))
        return script.outcome_for(request)


_CHAT = DIALECTS["/chat/completions"]


def _turn(answer: ScriptedAnswer, body: bytes) -> ScriptedTurn:
    """The answer as the next turn of the conversation in this body.

    Raises:
        Refused: There is none in it: the gateway lets parts of a request through unread, and a provider does not.
    """
    try:
        return answer.turn(Conversation.read(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        unread = refusal_of(400, message=f"the scripted provider cannot read this request: {error}")
        raise Refused(400, _refused(unread, "").body) from error


def _accepted(outcome: Refusal | Raw) -> Raw:
    """The bytes of a 200.

    Raises:
        Refused: It has another status.
    """
    raw = _refused(outcome, "") if isinstance(outcome, Refusal) else outcome
    if raw.status != 200:
        raise Refused(raw.status, raw.body)
    return raw


def _refused(refusal: Refusal, path: str) -> Raw:
    body = msgspec.json.encode(refusal.envelope(path))
    return Raw(status=refusal.status, headers=(("content-type", _JSON),), body=body)


def _whole(raw: Raw) -> ProviderAnswer:
    headers = (*raw.headers, ("content-length", str(len(raw.body))))
    return ProviderAnswer(status=raw.status, headers=headers, pieces=_once(raw.body))


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


async def _paced(events: Iterator[bytes], pause: float) -> AsyncGenerator[bytes]:
    """The events, with a pause between two that say something."""
    prompt = False
    for event in events:
        if prompt and pause:
            await asyncio.sleep(pause)
        prompt = has_text(event)
        yield event
