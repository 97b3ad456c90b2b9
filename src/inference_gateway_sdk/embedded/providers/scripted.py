"""A provider in this process that needs no key: whatever it is asked, it answers at once, in every dialect, in small.

It stands in for `openai` and `anthropic`, so that each of the gateway's endpoints has somebody behind it. Its text is
made from the prompt; pictures and sounds are real files of their types, and show and say nothing.
"""

from __future__ import annotations

import base64
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct

from .. import go_json
from ..multipart import Form, FormError
from . import samples, scripts
from .provider import Answer, Listed
from .scripts import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from ..chat_schema import ChatRequest
    from .provider import Ask

__all__ = ["SCRIPTED_MODEL", "ScriptedProvider"]

SCRIPTED_MODEL = "scripted"
_SOUND_SECONDS = 0.5
_JSON = "application/json"
_SOUNDS = {"mp3": ("audio/mpeg", samples.mp3), "wav": ("audio/wav", samples.wav), "pcm": ("audio/pcm", samples.pcm)}

_DIALECTS = {
    "/chat/completions": (scripts.chat, scripts.chat_events),
    "/messages": (scripts.message, scripts.message_events),
    "/responses": (scripts.response, scripts.response_events),
}


def _echo(prompt: str) -> str:
    return f"You said: {prompt}"


class ScriptedProvider:
    """A provider whose answers are made on the spot; any model name will do.

    Args:
        answer: The text of an answer from the last thing the user said. Default: it is repeated.
    """

    def __init__(self, answer: Callable[[str], str] = _echo) -> None:
        self._answer = answer

    async def start(self) -> None:
        """There is nothing to begin."""

    async def stop(self) -> None:
        """There is nothing to let go of."""

    async def models(self) -> list[Listed]:
        """The one name it is listed under."""
        return [Listed(id=SCRIPTED_MODEL, object="model", created=scripts.CREATED, owned_by="scripted")]

    async def chat(self, request: ChatRequest) -> bytes:
        """As `Provider.chat`."""
        return go_json.encode(scripts.chat(self._chat_turn(request)))

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """As `Provider.chat_stream`."""
        for event in scripts.chat_events(self._chat_turn(request)):
            for line in event.splitlines(keepends=True):
                yield line

    @asynccontextmanager
    async def exchange(self, ask: Ask) -> AsyncGenerator[Answer]:
        """As `Provider.exchange`: an answer in the dialect of the path."""
        try:
            answer = self._exchanged(ask)
        except (msgspec.DecodeError, FormError, UnicodeDecodeError, RecursionError) as error:
            answer = _refused(400, f"the scripted provider cannot read this request: {error}")
        async with aclosing(answer.pieces):
            yield answer

    def _exchanged(self, ask: Ask) -> Answer:
        path = ask.path.partition("?")[0]
        if ask.method == "GET" and path == "/models":
            return _whole(200, _JSON, go_json.encode({"object": "list", "data": [_listing()]}))
        if ask.method != "POST":
            return _unknown(ask)
        if path.startswith("/images/"):
            return _pictured(ask)
        if path.startswith("/audio/"):
            return _sounded(ask)
        return self._spoken(path, ask)

    def _spoken(self, path: str, ask: Ask) -> Answer:
        """The answer in words."""
        if path not in _DIALECTS:
            return _unknown(ask)
        request = msgspec.json.decode(ask.body, type=_Talk)
        turn = self._turn(request.model, request.messages or request.input)
        whole, events = _DIALECTS[path]
        if request.stream:
            return _answer(200, (("content-type", "text/event-stream"),), events(turn))
        return _whole(200, _JSON, go_json.encode(whole(turn)))

    def _chat_turn(self, request: ChatRequest) -> Turn:
        messages = request.messages or []
        return self._turn(
            request.model, [{"role": each.role, "content": msgspec.json.decode(each.content)} for each in messages]
        )

    def _turn(self, model: str, said: object) -> Turn:
        prompt = _last_of_user(said)
        return Turn(model, prompt, self._answer(prompt))


class _Talk(Struct):
    """As much of a request in any of the dialects as matters here."""

    model: str = ""
    stream: bool | None = None
    messages: list[object] = []
    input: str | list[object] = ""


class _Depiction(Struct):
    prompt: str = ""
    n: int | None = None


class _Utterance(Struct):
    response_format: str | None = None


def _last_of_user(said: object) -> str:
    """The text the user said last: a plain one, or that of the last message of theirs."""
    if isinstance(said, str):
        return said
    entries = [cast("dict[str, object]", each) for each in cast("list[object]", said) if isinstance(each, dict)]
    theirs = (_text(entry.get("content")) for entry in reversed(entries) if entry.get("role") == "user")
    return next(theirs, "")


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = cast("list[object]", content) if isinstance(content, list) else []
    texts = [cast("dict[str, object]", part).get("text") for part in parts if isinstance(part, dict)]
    return " ".join(text for text in texts if isinstance(text, str))


def _pictured(ask: Ask) -> Answer:
    """A square picture for each one asked for, its colour drawn from the prompt."""
    kind = ask.path.removeprefix("/images/").partition("?")[0]
    if kind == "generations":
        wanted = msgspec.json.decode(ask.body, type=_Depiction)
    elif kind in ("edits", "variations"):
        wanted = _depiction(ask)
    else:
        return _unknown(ask)
    picture = base64.b64encode(samples.png(f"{kind}: {wanted.prompt}")).decode()
    images = [{"b64_json": picture, "revised_prompt": wanted.prompt}] * min(max(wanted.n or 1, 1), 10)
    return _whole(200, _JSON, go_json.encode({"created": scripts.CREATED, "data": images}))


def _depiction(ask: Ask) -> _Depiction:
    form = Form.parse(ask.header("content-type"), ask.body)
    count = form.text("n")
    return _Depiction(form.text("prompt"), int(count) if count.isdecimal() and len(count) < 3 else None)


def _sounded(ask: Ask) -> Answer:
    """Half a second of sound, in one of the types that can be made here."""
    if ask.path.partition("?")[0] not in ("/audio/speech", "/audio/sfx", "/audio/music"):
        return _unknown(ask)
    wanted = msgspec.json.decode(ask.body, type=_Utterance).response_format or "mp3"
    if wanted not in _SOUNDS:
        return _refused(400, f"the scripted provider makes {', '.join(_SOUNDS)}: set response_format to one of them")
    content_type, make = _SOUNDS[wanted]
    return _whole(200, content_type, make(_SOUND_SECONDS))


def _listing() -> dict[str, object]:
    return {"id": SCRIPTED_MODEL, "object": "model", "created": scripts.CREATED, "owned_by": "scripted"}


def _unknown(ask: Ask) -> Answer:
    return _refused(404, f"the scripted provider has nothing at {ask.method} {ask.path}")


def _refused(status: int, text: str) -> Answer:
    """A refusal in the shape of the dialects it speaks: Anthropic's has one more key at the top than OpenAI's."""
    error = {"type": "invalid_request_error", "message": text, "param": None, "code": None}
    return _whole(status, _JSON, go_json.encode({"type": "error", "error": error}))


def _whole(status: int, content_type: str, body: bytes) -> Answer:
    return _answer(status, (("content-type", content_type), ("content-length", str(len(body)))), [body])


def _answer(status: int, headers: tuple[tuple[str, str], ...], pieces: Iterable[bytes]) -> Answer:
    return Answer(status=status, headers=headers, pieces=_each(pieces))


async def _each(pieces: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece
