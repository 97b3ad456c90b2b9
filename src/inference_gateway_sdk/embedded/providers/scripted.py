"""The scripted provider: answers without a model. The same request gets the same answer, but for video jobs."""

from __future__ import annotations

import array
import base64
import io
import json
import math
import struct
import sys
import wave
import zlib
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ..._model.type_info import strict_decode
from .. import go_json
from ..multipart import Form, FormError
from .json_instance import NoInstance, instance
from .provider import Listed, ProviderResponse, ProviderStatusError, listed_models, read_details
from .scripted_videos import ScriptedVideos
from .scripts import CREATED, DIALECTS, Conversation, ConversationTool, ScriptedCall, ScriptedTurn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping

    from ..chat_schema import ChatRequest
    from .provider import ModelDetails, ProviderRequest

__all__ = ["SCRIPTED_MODEL", "ScriptedProvider", "mp3", "pcm", "png", "wav"]


_SIDE = 64  # pixels
_RATE = 24_000  # samples per second, as in OpenAI's raw audio


def png(seed: str) -> bytes:
    """Return a PNG of 64 by 64 pixels (https://www.w3.org/TR/png-3/) in a colour derived from the seed."""
    colour = zlib.crc32(seed.encode(errors="replace")).to_bytes(4, "big")[:3]
    rows = (b"\0" + colour * _SIDE) * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)  # 8 bits per channel, RGB without alpha
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pcm(seconds: float) -> bytes:
    """Return a quiet 440 Hz tone as 16-bit little-endian samples, mono, 24,000 per second."""
    step = 2 * math.pi * 440 / _RATE
    samples = array.array("h", (round(4000 * math.sin(step * at)) for at in range(round(seconds * _RATE))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def wav(seconds: float) -> bytes:
    """Return the same tone as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(pcm(seconds))
    return file.getvalue()


def mp3(seconds: float) -> bytes:
    """Return silence: empty frames of MPEG-1 layer III (ISO/IEC 11172-3), 32 kbit/s, 44,100 Hz, mono."""
    frame = b"\xff\xfb\x10\xc0" + bytes(100)  # 144 * 32000 // 44100 = 104 bytes
    return frame * max(1, round(seconds * 44_100 / 1152))


SCRIPTED_MODEL = "scripted"
_MODEL = {"id": SCRIPTED_MODEL, "object": "model", "created": CREATED, "owned_by": "scripted"}
_SOUND_SECONDS = 0.5
_JSON = "application/json"
_SOUNDS = {"mp3": ("audio/mpeg", mp3), "wav": ("audio/wav", wav), "pcm": ("audio/pcm", pcm)}
_CHAT = DIALECTS["/chat/completions"]
_UNREADABLE = (msgspec.DecodeError, FormError, UnicodeDecodeError, RecursionError)


class _Unable(Exception):  # noqa: N818  (the name describes the request)
    """The scripted provider cannot make the requested answer. The message gives the reason."""


class ScriptedProvider:
    """A provider that generates its answers without a model. It accepts any model name.

    The same request gets the same answer, but for jobs that generate videos: each request for one moves it on.

    Args:
        answer: Return the text of an answer, given the user's last text or the last tool results. The text is also used
            unchanged when JSON was requested. By default the given text is repeated, and JSON is made from its schema.
        models: Models to list, with their details: `{"openai/gpt-4o": ModelDetails(context_window=128_000)}`. By
            default each provider lists one model without details.

    Raises:
        TypeError: `models` is not a mapping of names to `ModelDetails`.
        ValueError: A name has no provider.
    """

    def __init__(
        self, answer: Callable[[str], str] | None = None, *, models: Mapping[str, ModelDetails] | None = None
    ) -> None:
        self._answer = answer
        self._videos = ScriptedVideos()
        self._models = None if models is None else read_details(models)

    def serving(self, provider: str) -> ScriptedProvider:
        """Return the provider to use under this id, which lists only the models of the id."""
        if self._models is None:
            return self
        own = {name: details for name, details in self._models.items() if name.startswith(f"{provider}/")}
        return ScriptedProvider(self._answer, models=own)

    async def start(self) -> None:
        """Do nothing: no preparation is needed."""

    async def stop(self) -> None:
        """Do nothing: no resources are held."""

    async def models(self) -> list[Listed]:
        """Return the listed models: those with details, or the only one."""
        models = {f"/{SCRIPTED_MODEL}": None} if self._models is None else self._models
        return listed_models(models, "scripted")

    async def chat(self, request: ChatRequest) -> bytes:
        """Return the body of the answer, as `ModelProvider.chat` does."""
        return go_json.encode(_CHAT.whole(self._chat_turn(request)))

    async def chat_stream(self, request: ChatRequest) -> AsyncGenerator[bytes]:
        """Yield the lines of the answer, as `ModelProvider.chat_stream` does."""
        for event in _CHAT.events(self._chat_turn(request)):
            for line in event.splitlines(keepends=True):
                yield line

    @asynccontextmanager
    async def exchange(self, outgoing: ProviderRequest) -> AsyncGenerator[ProviderResponse]:
        """Open an answer in the dialect of the path, as `ModelProvider.exchange` does."""
        try:
            answer = self._answer_to(outgoing)
        except _UNREADABLE as error:
            answer = _refused(400, f"the scripted provider cannot read this request: {error}")
        except _Unable as error:
            answer = _refused(400, str(error))
        async with aclosing(answer.pieces):
            yield answer

    def _answer_to(self, outgoing: ProviderRequest) -> ProviderResponse:
        path = outgoing.path.partition("?")[0]
        if outgoing.method == "GET" and path == "/models":
            return _whole(200, _JSON, go_json.encode({"object": "list", "data": [_MODEL]}))
        if path == "/videos" or path.startswith("/videos/"):
            answer = self._videos.answer(outgoing.method, path, outgoing.header("content-type"), outgoing.body)
            return _not_found(outgoing) if answer is None else _whole(*answer)
        if outgoing.method != "POST":
            return _not_found(outgoing)
        if path.startswith("/images/"):
            return _image_answer(outgoing)
        if path.startswith("/audio/"):
            return _audio_answer(outgoing)
        return self._text_answer(path, outgoing)

    def _text_answer(self, path: str, outgoing: ProviderRequest) -> ProviderResponse:
        """Return the answer of a text endpoint."""
        if path not in DIALECTS:
            return _not_found(outgoing)
        conversation = Conversation.read(outgoing.body)
        turn = self._turn(conversation)
        if conversation.stream:
            return _answer(200, (("content-type", "text/event-stream"),), DIALECTS[path].events(turn))
        return _whole(200, _JSON, go_json.encode(DIALECTS[path].whole(turn)))

    def _chat_turn(self, request: ChatRequest) -> ScriptedTurn:
        try:
            return self._turn(Conversation.read(msgspec.json.encode(request)))
        except _UNREADABLE as error:  # the gateway does not check every part of a chat
            raise ProviderStatusError(
                400, _refusal(f"the scripted provider cannot read this request: {error}")
            ) from error
        except _Unable as error:
            raise ProviderStatusError(400, _refusal(str(error))) from error

    def _turn(self, conversation: Conversation) -> ScriptedTurn:
        """Return the next turn of the conversation.

        Raises:
            _Unable: It requires a tool call or a JSON answer that cannot be made.
        """
        turn = ScriptedTurn(
            conversation.model,
            conversation.prompt,
            choices=conversation.choices,
            alternatives=conversation.alternatives,
            usage=conversation.usage,
            settings=conversation.settings,
        )
        if tool := _tool_to_call(conversation):
            arguments = _json_for(tool.schema, conversation.prompt, f"the tool {tool.name!r}")
            if not arguments.startswith("{"):
                raise _Unable(f"the arguments of the tool {tool.name!r} are not an object")
            return replace(turn, calls=(ScriptedCall(tool.name, arguments, str(conversation.length)),))
        return _cut_to_limits(replace(turn, text=self._text(conversation)), conversation)

    def _text(self, conversation: Conversation) -> str:
        quoted = " ".join(conversation.results) or conversation.prompt
        if self._answer is not None:
            return self._answer(quoted)
        if conversation.form is not None:
            return _json_for(conversation.form, quoted, "the answer")
        return f"Tool result: {quoted}" if conversation.results else f"You wrote: {quoted}"


def _tool_to_call(conversation: Conversation) -> ConversationTool | None:
    """Return the tool to call: the required one, or the first when the last message is the user's."""
    if conversation.named is not None:
        for tool in conversation.tools:
            if tool.name == conversation.named:
                return tool
        raise _Unable(f"tool_choice names {conversation.named!r}, which is not among the tools")
    wanted = conversation.choice == "required" or (conversation.choice == "auto" and conversation.asked)
    return next(iter(conversation.tools), None) if wanted else None


def _json_for(schema: object, text: str, whose: str) -> str:
    """Return JSON that fits the schema, with the text in strings that the schema does not restrict."""
    try:
        return json.dumps(instance(schema, text), ensure_ascii=False)
    except NoInstance as error:
        raise _Unable(f"the scripted provider cannot make a value for the schema of {whose}: {error}") from error


def _cut_to_limits(turn: ScriptedTurn, conversation: Conversation) -> ScriptedTurn:
    """Return the turn with its text cut at the first stop sequence or the token limit."""
    found = [(at, stop) for stop in conversation.stops if (at := turn.text.find(stop)) >= 0]
    if found:
        at, stop = min(found)
        turn = replace(turn, text=turn.text[:at], end="stop_sequence", stop_sequence=stop)
    limit = conversation.limit
    if limit is not None and len(turn.pieces) > limit:
        return replace(turn, text="".join(turn.pieces[:limit]), end="length", stop_sequence=None)
    return turn


class _ImageRequest(Struct):
    prompt: str = ""
    n: int | None = None


class _SpeechRequest(Struct):
    response_format: str | None = None


def _image_answer(outgoing: ProviderRequest) -> ProviderResponse:
    """Return a square picture per requested image, in a colour derived from the prompt."""
    kind = outgoing.path.removeprefix("/images/").partition("?")[0]
    if kind == "generations":
        wanted = strict_decode(outgoing.body, _ImageRequest)
    elif kind in ("edits", "variations"):
        wanted = _read_image_form(outgoing)
    else:
        return _not_found(outgoing)
    picture = base64.b64encode(png(f"{kind}: {wanted.prompt}")).decode()
    images = [{"b64_json": picture, "revised_prompt": wanted.prompt}] * min(max(wanted.n or 1, 1), 10)
    return _whole(200, _JSON, go_json.encode({"created": CREATED, "data": images}))


def _read_image_form(outgoing: ProviderRequest) -> _ImageRequest:
    form = Form.parse(outgoing.header("content-type"), outgoing.body)
    count = form.text("n")
    return _ImageRequest(form.text("prompt"), int(count) if count.isdecimal() and len(count) < 3 else None)


def _audio_answer(outgoing: ProviderRequest) -> ProviderResponse:
    """Return half a second of sound in the requested format."""
    if outgoing.path.partition("?")[0] not in ("/audio/speech", "/audio/sfx", "/audio/music"):
        return _not_found(outgoing)
    wanted = strict_decode(outgoing.body, _SpeechRequest).response_format or "mp3"
    if wanted not in _SOUNDS:
        return _refused(400, f"the scripted provider makes {', '.join(_SOUNDS)}: set response_format to one of them")
    content_type, make = _SOUNDS[wanted]
    return _whole(200, content_type, make(_SOUND_SECONDS))


def _not_found(outgoing: ProviderRequest) -> ProviderResponse:
    return _refused(404, f"the scripted provider has nothing at {outgoing.method} {outgoing.path}")


def _refused(status: int, text: str) -> ProviderResponse:
    return _whole(status, _JSON, _refusal(text))


def _refusal(text: str) -> bytes:
    """Encode an error in the shape of all dialects: Anthropic's has one more key at the top level than OpenAI's."""
    error = {"type": "invalid_request_error", "message": text, "param": None, "code": None}
    return go_json.encode({"type": "error", "error": error})


def _whole(status: int, content_type: str, body: bytes) -> ProviderResponse:
    return _answer(status, (("content-type", content_type), ("content-length", str(len(body)))), [body])


def _answer(status: int, headers: tuple[tuple[str, str], ...], pieces: Iterable[bytes]) -> ProviderResponse:
    return ProviderResponse(status=status, headers=headers, pieces=_each(pieces))


async def _each(pieces: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece
