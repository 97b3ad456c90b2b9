"""A provider behind the scripted gateway: whatever is asked of it, it answers what the script for the request says."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..embedded.lines import Lines
from ..embedded.problems import Problem
from ..embedded.providers.provider import Answer as ProviderAnswer
from ..embedded.providers.provider import Listed, Refused
from . import media
from .answer import Answer
from .dialects import chat, messages, responses
from .dialects.turn import CREATED, Turn
from .refusal import Refusal
from .script import Raw
from .visit import VISIT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

    from ..embedded.chat_schema import ChatRequest
    from ..embedded.providers.provider import Ask
    from .dialects.turn import Event
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
        outcome, turn = self._chat_turn(request)
        if isinstance(outcome, Answer):
            return msgspec.json.encode(chat.whole(turn))
        raw = _refused(outcome, chat.error) if isinstance(outcome, Refusal) else outcome
        if raw.status != 200:
            raise Refused(raw.status, raw.body)
        return raw.body

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        outcome, turn = self._chat_turn(request)
        if isinstance(outcome, Refusal):
            raise Refused(outcome.status, msgspec.json.encode(chat.error(outcome)))
        if isinstance(outcome, Raw) and outcome.status != 200:
            raise Refused(outcome.status, outcome.body)
        pieces = _once(outcome.body) if isinstance(outcome, Raw) else _paced(chat.events(turn), outcome.pause)
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
            return _whole(_refused(outcome, messages.error if path.endswith("/messages") else chat.error))
        if path.startswith("/images/"):
            return _whole(media.picture(outcome, ask))
        if path.startswith("/audio/"):
            return _whole(media.sound(outcome, ask))
        return self._spoken(path, ask, outcome)

    def _spoken(self, path: str, ask: Ask, answer: Answer) -> ProviderAnswer:
        """The answer in the dialect of the path."""
        dialect = next((each for end, each in _DIALECTS if path.endswith(end)), None)
        if dialect is None or ask.method != "POST":
            request = VISIT.get().request
            why = f"No words are known for an answer to {request}: script its bytes, with gateway.respond(...)."
            raise Unmatched(self._playbook.miss(request, why))
        said = msgspec.json.decode(ask.body, type=_Asked)
        turn = Turn(answer=answer, model=said.model, prompt=VISIT.get().request.text, choices=said.n or 1)
        whole, events = dialect
        if said.stream:
            return ProviderAnswer(
                status=200, headers=(("content-type", _EVENTS),), pieces=_paced(events(turn), answer.pause)
            )
        return _whole(Raw(headers=(("content-type", _JSON),), body=msgspec.json.encode(whole(turn))))

    def _chat_turn(self, request: ChatRequest) -> tuple[Outcome, Turn]:
        outcome = self._claim(request)
        asked = VISIT.get().request
        answer = outcome if isinstance(outcome, Answer) else Answer()
        return outcome, Turn(answer=answer, model=request.model, prompt=asked.text, choices=request.n or 1)

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


class _Asked(msgspec.Struct):
    """As much of a request in any dialect as an answer depends on."""

    model: str = ""
    stream: bool | None = None
    n: int | None = None


_DIALECTS = (
    ("/chat/completions", (chat.whole, chat.events)),
    ("/messages", (messages.whole, messages.events)),
    ("/responses", (responses.whole, responses.events)),
)


def _refused(refusal: Refusal, worded: Callable[[Refusal], dict[str, object]]) -> Raw:
    body = msgspec.json.encode(worded(refusal))
    return Raw(status=refusal.status, headers=(("content-type", _JSON),), body=body)


def _whole(raw: Raw) -> ProviderAnswer:
    headers = (*raw.headers, ("content-length", str(len(raw.body))))
    return ProviderAnswer(status=raw.status, headers=headers, pieces=_once(raw.body))


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


async def _paced(events: Iterator[Event], pause: float) -> AsyncGenerator[bytes]:
    """The events' bytes, with a pause between two that say something."""
    said = False
    for event in events:
        if said and pause:
            await asyncio.sleep(pause)
        said = event.says
        yield event.data
