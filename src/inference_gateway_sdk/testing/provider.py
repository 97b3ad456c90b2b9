"""The provider that answers from scripts: chat, images, audio and injected faults."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing, asynccontextmanager
from difflib import get_close_matches
from time import monotonic
from typing import TYPE_CHECKING, TypeGuard

import msgspec
from msgspec.structs import replace

from .._model.type_info import strict_decode
from ..embedded import go_json
from ..embedded.faults import KINDS, Fault, FaultError, FaultPlan, fault
from ..embedded.faults.kinds import ErrorEvent
from ..embedded.forwarding import Lines
from ..embedded.problems import Problem
from ..embedded.providers import scripted
from ..embedded.providers.provider import Listed, ProviderResponse, ProviderStatusError, listed_models
from ..embedded.providers.scripts import CREATED, DIALECTS, Conversation
from .answer import STATUSES, Refusal, ScriptedAnswer, refusal_of
from .recording_middleware import REQUEST_CONTEXT
from .script import Raw

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

    from ..embedded.chat_schema import ChatRequest
    from ..embedded.faults import RequestInfo
    from ..embedded.faults.plan import Listener
    from ..embedded.providers.provider import ModelDetails, ProviderRequest
    from ..embedded.providers.scripts import ScriptedTurn
    from .expectations import Expectations
    from .recording_middleware import RequestContext
    from .script import Outcome

__all__ = [
    "ExpectationProvider",
    "ScriptedFaults",
    "Unmatched",
    "audio_answer",
    "error_event",
    "fault_of",
    "has_text",
    "image_answer",
    "is_status",
]


_SECONDS = 0.5
_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav"}


def image_answer(answer: ScriptedAnswer, outgoing: ProviderRequest) -> Raw:
    """Return the requested number of images. The answer's text is the prompt as revised by the model."""
    prompt = answer.text or REQUEST_CONTEXT.get().request.text
    data = scripted.png(prompt) if answer.image is None else answer.image
    image: dict[str, object] = {"b64_json": base64.b64encode(data).decode(), "revised_prompt": prompt}
    images = [image] * _count(outgoing)
    body = msgspec.json.encode({"created": CREATED, "data": images})
    return Raw(headers=(("content-type", "application/json"),), body=body)


def _count(outgoing: ProviderRequest) -> int:
    wanted = _media_request(outgoing).n
    return wanted if wanted and wanted > 0 else 1


def audio_answer(answer: ScriptedAnswer, outgoing: ProviderRequest) -> Raw:
    """Return half a second of sound in the requested format, "mp3" by default."""
    kind = _media_request(outgoing).response_format or "mp3"
    made = {"wav": scripted.wav, "pcm": scripted.pcm}.get(kind, scripted.mp3)
    body = made(_SECONDS) if answer.audio is None else answer.audio
    return Raw(headers=(("content-type", _TYPES.get(kind, f"audio/{kind}")),), body=body)


class _MediaRequest(msgspec.Struct):
    n: int | None = None
    response_format: str | None = None


def _media_request(outgoing: ProviderRequest) -> _MediaRequest:
    """Return the options of a JSON body. A form gets one image."""
    if not outgoing.header("content-type").startswith("application/json"):
        return _MediaRequest()
    return strict_decode(outgoing.body, _MediaRequest)


__tracebackhide__ = True  # pytest shows the test's line and not this module's

_NO_FAULTS = ("answer", "status")  # scripts have `reply` and statuses of their own for these
_PATHS = {"chat": "/chat/completions", "messages": "/messages", "responses": "/responses"}


class ScriptedFaults(FaultPlan):
    """The plan of faults that scripts ask for."""

    def __init__(self) -> None:
        super().__init__()
        self._has_listener = False
        self._shut_until = 0.0

    @property
    def refuses(self) -> bool:
        """True while a gateway without a socket refuses connections."""
        return monotonic() < self._shut_until

    def attach(self, listener: Listener | None) -> None:
        """Set the listening socket, as `FaultPlan.attach` does."""
        self._has_listener = listener is not None
        super().attach(listener)

    def shut_for(self, seconds: float) -> None:
        """Refuse connections for this many seconds, also those without a socket."""
        self._shut_until = monotonic() + seconds
        if self._has_listener:
            super().shut_for(seconds)

    def reads_body(self, method: str, path: str) -> bool:
        """Return False: the script has been chosen already."""
        del method, path
        return False

    def choose(self, asked: RequestInfo) -> Fault | None:
        """Return the fault of the script that was chosen for the current request."""
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
    """Return the fault, set to come after the last event with content."""
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
    """Return whether an event of a stream has content, in any dialect."""
    first = event.partition(b"\n")[0]
    if first.startswith(b"event: "):
        return first == b"event: content_block_delta" or first.endswith(b".delta")
    return b'"delta":{"' in event and b'"role":"assistant"' not in event


def is_status(what: str | int | Fault) -> TypeGuard[str | int]:
    """Return whether this is a status and not a fault on the wire."""
    return isinstance(what, int) or (isinstance(what, str) and what in STATUSES)


def fault_of(what: str | int | Fault, **parameters: object) -> Fault:
    """Return the fault of this name, written with hyphens or underscores.

    Raises:
        ValueError: The name or a parameter is unknown.
    """
    if isinstance(what, Fault):
        if parameters:
            raise ValueError(f"fail() got a fault and {', '.join(parameters)}: pass the parameters to fault()")
        return what
    if not isinstance(what, str):
        raise TypeError(f"a failure must be a status, a name or a fault, got {what!r}")
    name = what.replace("_", "-")
    known = [each for each in KINDS if each not in _NO_FAULTS]
    if name not in known:
        raise ValueError(f"unknown failure {what!r}: {_name_hint(what, name, known)}")
    try:
        return fault(name, **parameters)
    except FaultError as error:
        raise ValueError(str(error)) from None


def _name_hint(what: str, name: str, known: list[str]) -> str:
    """Return a hint for an unknown name: similar names, and all known ones."""
    near = [each for each in known if name in each]
    near = near or get_close_matches(what, STATUSES, 1) or get_close_matches(name, known, 1)
    meant = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    return (
        f"{meant}use a status from 400 to 599, also as {', '.join(STATUSES)}; "
        f"or a fault on the wire: {', '.join(known)}."
    )


def error_event(what: str | int) -> Fault:
    """Return the fault that sends this status as an error inside a stream."""
    refusal = refusal_of(what)
    return ErrorEvent(code=refusal.status, message=refusal.message)


_JSON = "application/json"
_EVENTS = "text/event-stream"


class Unmatched(Problem):
    """The answer to a request without a script. Clients do not retry it."""

    def __init__(self, why: str) -> None:
        super().__init__(404, why)

    def envelope(self) -> dict[str, object]:
        """Return the error in an envelope that clients of every dialect read."""
        return {"type": "error", "error": {"type": "not_found_error", "message": self.text}}


class ExpectationProvider:
    """A `ModelProvider` that answers from scripts.

    Args:
        id: The provider's id.
        expectations: The scripts.
        models: Return all models, with their providers in front, and their details.
    """

    def __init__(
        self, id: str, expectations: Expectations, models: Callable[[], Mapping[str, ModelDetails | None]]
    ) -> None:
        self._id = id
        self._expectations = expectations
        self._models = models

    async def start(self) -> None:
        """Do nothing: no preparation is needed."""

    async def stop(self) -> None:
        """Do nothing: no resources are held."""

    async def models(self) -> list[Listed]:
        """Return the models of this provider."""
        own = {name: details for name, details in self._models().items() if name.startswith(f"{self._id}/")}
        return listed_models(own, self._id)

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the answer, as `ModelProvider.chat` does."""
        outcome = self._claim(request)
        if isinstance(outcome, ScriptedAnswer):
            return go_json.encode(_CHAT.whole(_turn(outcome, msgspec.json.encode(request))))
        return _accepted(outcome).body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of the answer, as `ModelProvider.chat_stream` does."""
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
    async def exchange(self, outgoing: ProviderRequest) -> AsyncGenerator[ProviderResponse]:
        """Open the answer, as `ModelProvider.exchange` does."""
        answer = self._answer_to(outgoing)
        async with aclosing(answer.pieces):
            yield answer

    def _answer_to(self, outgoing: ProviderRequest) -> ProviderResponse:
        outcome = self._claim(None)
        path = outgoing.path.partition("?")[0]
        if isinstance(outcome, Raw):
            return _whole(outcome)
        if isinstance(outcome, Refusal):
            return _whole(_refused(outcome, path))
        if path.startswith("/images/"):
            return _whole(image_answer(outcome, outgoing))
        if path.startswith("/audio/"):
            return _whole(audio_answer(outcome, outgoing))
        return self._text_answer(path, outgoing, outcome)

    def _text_answer(self, path: str, outgoing: ProviderRequest, answer: ScriptedAnswer) -> ProviderResponse:
        """Return the answer in the dialect of the path."""
        dialect = next((dialect for end, dialect in DIALECTS.items() if path.endswith(end)), None)
        if dialect is None or outgoing.method != "POST":
            request = REQUEST_CONTEXT.get().request
            why = f"No dialect is known for an answer to {request}: script its bytes with gateway.respond(...)."
            raise Unmatched(self._expectations.miss(request, why))
        try:
            turn = _turn(answer, outgoing.body)
        except ProviderStatusError as error:
            return _whole(Raw(status=error.status, headers=(("content-type", _JSON),), body=error.body))
        if REQUEST_CONTEXT.get().request.stream:
            pieces = _paced(dialect.events(turn), answer.pause)
            return ProviderResponse(status=200, headers=(("content-type", _EVENTS),), pieces=pieces)
        return _whole(Raw(headers=(("content-type", _JSON),), body=go_json.encode(dialect.whole(turn))))

    def _claim(self, further: ChatRequest | None) -> Outcome:
        """Return the outcome of the script for this request, and count its use.

        A gateway that runs tools itself asks several times for one request. Then each turn has a script.

        Raises:
            Unmatched: There is no script.
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
    """Return the answer as the next turn of the conversation in this body.

    Raises:
        ProviderStatusError: The body is not a conversation, which the gateway itself does not check.
    """
    try:
        return answer.turn(Conversation.read(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        unread = refusal_of(400, message=f"the scripted provider cannot read this request: {error}")
        raise ProviderStatusError(400, _refused(unread, "").body) from error


def _accepted(outcome: Refusal | Raw) -> Raw:
    """Return an outcome as the bytes of a 200.

    Raises:
        ProviderStatusError: The outcome has another status.
    """
    raw = _refused(outcome, "") if isinstance(outcome, Refusal) else outcome
    if raw.status != 200:
        raise ProviderStatusError(raw.status, raw.body)
    return raw


def _refused(refusal: Refusal, path: str) -> Raw:
    body = msgspec.json.encode(refusal.envelope(path))
    return Raw(status=refusal.status, headers=(("content-type", _JSON),), body=body)


def _whole(raw: Raw) -> ProviderResponse:
    headers = (*raw.headers, ("content-length", str(len(raw.body))))
    return ProviderResponse(status=raw.status, headers=headers, pieces=_once(raw.body))


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


async def _paced(events: Iterator[bytes], pause: float) -> AsyncGenerator[bytes]:
    """Yield the events, with a pause between two events with content."""
    prompt = False
    for event in events:
        if prompt and pause:
            await asyncio.sleep(pause)
        prompt = has_text(event)
        yield event
