"""A provider behind the scripted gateway: whatever is asked of it, it answers what the script for the request says."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..embedded import go_json
from ..embedded.lines import Lines
from ..embedded.problems import Problem
from ..embedded.providers.provider import Answer as ProviderAnswer
from ..embedded.providers.provider import Listed, Refused
from ..embedded.providers.scripts import CREATED, DIALECTS, Conversation
from . import media
from .answer import Answer
from .faults import says
from .refusal import Refusal, refusal_of
from .script import Raw
from .visit import VISIT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from ..embedded.chat_schema import ChatRequest
    from ..embedded.providers.provider import Ask
    from ..embedded.providers.scripts import Turn
    from .playbook import Playbook
    from .script import Outcome

__all__ = ["ScriptedDesk", "Unmatched"]

_JSON = "application/json"
_EVENTS = "text/event-stream"


class Unmatched(Problem):
    """The gateway's answer to a request that no script is for: not one that a client repeats."""

    def __init__(self, why: str) -> None:
        super().__init__(404, why)

    def envelope(self) -> dict[str, object]:
        """The reason where clients of every dialect look for one."""
        return {"type": "error", "error": {"type": "not_found_error", "message": self.text}}


class ScriptedDesk:
    """See `embedded.providers.provider.Provider`.

    Args:
        id: The provider's.
        playbook: Who answers what.
        models: The names of all models, with their providers in front.
    """

    def __init__(self, id: str, playbook: Playbook, models: Callable[[], Iterable[str]]) -> None:
        self._id = id
        self._playbook = playbook
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
        if isinstance(outcome, Answer):
            return go_json.encode(_CHAT.whole(_turn(outcome, msgspec.json.encode(request))))
        return _accepted(outcome).body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        outcome = self._claim(request)
        if isinstance(outcome, Answer):
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
            return _whole(media.picture(outcome, ask))
        if path.startswith("/audio/"):
            return _whole(media.sound(outcome, ask))
        return self._spoken(path, ask, outcome)

    def _spoken(self, path: str, ask: Ask, answer: Answer) -> ProviderAnswer:
        """The answer in the dialect of the path."""
        dialect = next((dialect for end, dialect in DIALECTS.items() if path.endswith(end)), None)
        if dialect is None or ask.method != "POST":
            request = VISIT.get().request
            why = f"No words are known for an answer to {request}: script its bytes, with gateway.respond(...)."
            raise Unmatched(self._playbook.miss(request, why))
        try:
            turn = _turn(answer, ask.body)
        except Refused as error:
            return _whole(Raw(status=error.status, headers=(("content-type", _JSON),), body=error.body))
        if VISIT.get().request.stream:
            pieces = _paced(dialect.events(turn), answer.pause)
            return ProviderAnswer(status=200, headers=(("content-type", _EVENTS),), pieces=pieces)
        return _whole(Raw(headers=(("content-type", _JSON),), body=go_json.encode(dialect.whole(turn))))

    def _claim(self, further: ChatRequest | None) -> Outcome:
        """What the script for this request says.

        The gateway asks more than once for one request when it runs tools by itself: then each turn has a script.

        Raises:
            Unmatched: There is none.
        """
        visit = VISIT.get()
        script, request = visit.script, visit.request
        if visit.turns and further is not None:
            conversation = msgspec.json.encode(replace(further, model=f"{self._id}/{further.model}"))
            request = replace(request, content=conversation)
            script = self._playbook.take(request)
        visit.turns += 1
        visit.answered = True
        if script is None:
            visit.missed = True
            raise Unmatched(self._playbook.miss(request))
        return script.outcome_for(request)


_CHAT = DIALECTS["/chat/completions"]


def _turn(answer: Answer, body: bytes) -> Turn:
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
    said = False
    for event in events:
        if said and pause:
            await asyncio.sleep(pause)
        said = says(event)
        yield event
