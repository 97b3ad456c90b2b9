"""The provider that misbehaves: over sockets by the fault player, or in virtual time by a transport of the client."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from failover.sixteen.scenarios import TEXT, Played, Timings, Try
from inference_gateway_sdk._client.runtime import AsyncRuntime, Runtime
from inference_gateway_sdk.embedded import Access, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.faults import Fault, FaultPlan, RequestInfo, Rule
from inference_gateway_sdk.transport import DeadlineExceeded, NoResponse, TruncatedResponse
from support.server import DONE, chunk, event
from support.weights import nowhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failover.sixteen.scenarios import Scenario
    from support.worlds import World

JITTER = 0.99  # the random number of all delays: the longest ones


class Clock:
    """The time of one client. Waiting between attempts takes none, but counts."""

    def __init__(self, *, virtual: bool) -> None:
        self._virtual = virtual
        self._now = 1000.0 if virtual else 0.0
        self._waited = 0.0

    def monotonic(self) -> float:
        """Return the client's clock. Over sockets the transport has the real one, so delays do not move it."""
        return self._now if self._virtual else time.monotonic() + self._now

    def logged(self) -> float:
        """Return the time as it would be if the delays had been waited for."""
        return self.monotonic() + self._waited

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def runtime(self, world: World) -> Runtime | AsyncRuntime:
        """Return the client's clock, sleep and random source."""

        def sleep(seconds: float) -> None:
            if self._virtual:
                self._now += seconds
            else:
                self._waited += seconds

        async def async_sleep(seconds: float) -> None:
            sleep(seconds)

        wall, random = (lambda: 1_700_000_000.0), (lambda: JITTER)
        if world.blocking:
            return Runtime(self.monotonic, wall, sleep, random)
        return AsyncRuntime(self.monotonic, wall, async_sleep, random)


@dataclass
class Game:
    """One scenario in play, at one wall. The log times of its tries are those of its client's clock."""

    scenario: Scenario
    timings: Timings
    clock: Clock
    played: Played = field(init=False)

    def __post_init__(self) -> None:
        self.played = Played(self.timings)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of the scenario: the first one only records."""
        scenario = self.scenario
        yield Rule("answer", model=f"*{scenario.model}", when=self._record)
        faults = scenario.faults(self.timings)
        if scenario.sequence:
            yield Rule(faults[0], model=f"*{scenario.model}", when=self._in_outage)
        else:
            times = None if scenario.for_good else len(faults)
            yield Rule(faults, model=f"*{scenario.model}", times=times)
        if scenario.refuses_prefill:
            body = {"error": {"message": "This model does not support assistant message prefill.", "code": 400}}
            refused = f"status; status=400; body={json.dumps(json.dumps(body))}"
            yield Rule(refused, model=f"*{scenario.second}", when=_is_prefilled)

    def _record(self, asked: RequestInfo) -> bool:
        size = len(json.dumps(json.loads(asked.body)["messages"]))
        self.played.tries.append(Try(self.clock.logged(), size))
        return False

    def _in_outage(self, _: RequestInfo) -> bool:
        return self.clock.logged() < self.played.began + self.timings.outage


def _is_prefilled(asked: RequestInfo) -> bool:
    return json.loads(asked.body)["messages"][-1]["role"] == "assistant"


class Wall:
    """The provider over sockets.

    Attributes:
        url: Its address, as that of a gateway.
        plan: Its faults.
    """

    def __init__(self, url: str, plan: FaultPlan) -> None:
        self.url = url
        self.plan = plan

    def stage(self, game: Game) -> None:
        """Play the faults of a scenario from now on."""
        for rule in game.rules():
            self.plan.add(rule)


@contextmanager
def wall(*, gateway: bool) -> Iterator[Wall]:
    """Run the provider, and with `gateway` an embedded gateway with the quirks of v0.48 between it and the client."""
    plan = FaultPlan()
    with running(scripted=ScriptedProvider(lambda _: TEXT), local=nowhere(), faults=plan) as url:
        if not gateway:
            yield Wall(url, plan)
            return
        access = {name: Access(url=f"{url}/proxy/{name}", key="k") for name in ("openai", "groq")}
        with running(Settings(port=0, access=access, quirks="v0.48"), local=nowhere()) as between:
            yield Wall(between, plan)


# --- virtual time


def events(model: str) -> list[bytes]:
    """Return the events of a healthy stream: the role, 60 words, the finish, usage, the end."""
    words = TEXT.split(" ")
    texts = [word if number == 0 else f" {word}" for number, word in enumerate(words)]
    usage = {"prompt_tokens": 3, "completion_tokens": len(words), "total_tokens": 3 + len(words)}
    report = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [],
        "usage": usage,
    }
    pieces = [chunk("", delta={"role": "assistant"}, model=model), *(chunk(text, model=model) for text in texts)]
    return [*pieces, chunk(finish="stop", model=model), event(report), DONE]


class Answer:
    """A response in virtual time: its pieces, each after so many seconds. A piece may be a failure."""

    def __init__(self, clock: Clock, status: int, kind: str, pieces: list[tuple[float, bytes | Exception]],
                 headers: tuple[tuple[str, str], ...] = ()) -> None:  # fmt: skip
        self.status = status
        self.headers = [("content-type", kind), *headers]
        self._clock = clock
        self._pieces = pieces
        self.gone = False

    def read(self, deadline: float | None = None) -> bytes:
        if self.gone:
            raise TruncatedResponse("the response was abandoned")
        if not self._pieces:
            return b""
        seconds, piece = self._pieces[0]
        left = pause(self._clock, seconds, deadline)
        if left:
            self._pieces[0] = left, piece
            raise DeadlineExceeded("body")
        del self._pieces[0]
        if isinstance(piece, Exception):
            raise piece
        return piece

    def release(self) -> None:
        self.abandon()

    def abandon(self) -> None:
        self.gone = True


class AsyncAnswer(Answer):
    """The same for the async client."""

    async def read(self, deadline: float | None = None) -> bytes:  # type: ignore[override]
        return super().read(deadline)

    async def release(self) -> None:  # type: ignore[override]
        self.abandon()


def pause(clock: Clock, seconds: float, deadline: float | None) -> float:
    """Let seconds pass, but not beyond the deadline. Return the seconds that are left."""
    room = seconds if deadline is None else max(0.0, deadline - clock.monotonic())
    clock.advance(min(seconds, room))
    return max(0.0, seconds - room)


class VirtualTransport:
    """A transport whose provider misbehaves by a plan of faults, in virtual time."""

    kind = Answer

    def __init__(self, game: Game) -> None:
        self._clock = game.clock
        self._plan = FaultPlan(game.rules())

    def open(self, method: str, url: str, headers: Any, body: bytes | None, *, deadline: float | None = None,
             connect_seconds: float | None = None) -> Any:  # fmt: skip
        del headers, connect_seconds
        path = "/" + url.split("/", 3)[3]
        content = {"content-type": "application/json"}
        found = self._plan.choose(RequestInfo(method=method, path=path, headers=content, body=body or b""))
        asked = json.loads(body or b"{}")
        if found is not None and found.name == "status":
            return self._status(found)
        if found is not None and found.name == "reset-before-headers":
            raise NoResponse("the connection was reset")
        if found is not None and found.name == "stall-before-headers":
            if pause(self._clock, getattr(found, "seconds"), deadline):  # noqa: B009
                raise DeadlineExceeded("headers")
            found = None
        if not asked.get("stream"):
            return self.kind(self._clock, 200, "application/json", [(0.0, whole(asked["model"]))])
        return self.kind(self._clock, 200, "text/event-stream", _pieces(asked["model"], found))

    def close(self) -> None:
        """Do nothing: no resources are held."""

    def _status(self, found: Any) -> Answer:
        headers = () if found.retry_after is None else (("retry-after", found.retry_after),)
        return self.kind(self._clock, found.status, found.content_type, [(0.0, found.body.encode())], headers)


class AsyncVirtualTransport(VirtualTransport):
    """The same for the async client."""

    kind = AsyncAnswer

    async def open(self, *given: Any, **options: Any) -> Any:  # type: ignore[override]
        return super().open(*given, **options)

    async def aclose(self) -> None:
        """Do nothing: no resources are held."""


def whole(model: str) -> bytes:
    """Return a healthy answer that is not streamed."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}
    return json.dumps(
        {"id": "c1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    ).encode()


def _pieces(model: str, found: Fault | None) -> list[tuple[float, bytes | Exception]]:
    """Return the pieces of a stream with a fault."""
    pieces: list[tuple[float, bytes | Exception]] = [(0.0, piece) for piece in events(model)]
    after = getattr(found, "after", 0)
    match None if found is None else found.name:
        case None | "answer":
            pass
        case "stall-mid-body":
            pieces[after] = getattr(found, "seconds"), pieces[after][1]  # noqa: B009
        case "reset-mid-body":
            pieces[after:] = [(0.0, TruncatedResponse("the connection was reset"))]
        case "malformed-event":
            pieces.insert(after, (0.0, b'data: {"id": oops\n\n'))
        case "missing-done":
            del pieces[-1]
        case other:
            raise AssertionError(f"{other} is not known in virtual time")
    return pieces
