"""Plays scenarios with a client and returns their verdicts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from failover.sixteen.scenarios import FAST, FULL, SIXTEEN, TEXT, Played, Result, Scenario, Timings, Verdict, judge
from failover.sixteen.wall import AsyncVirtualTransport, Clock, Game, VirtualTransport
from inference_gateway_sdk import Timeouts

if TYPE_CHECKING:
    from failover.sixteen.wall import Wall
    from support.worlds import World

Way: TypeAlias = Literal["final", "loop"]

PROMPT = [{"role": "user", "content": "Write sixty words."}]
_PATIENT = 60.0
_SILENT = frozenset({"S06", "S07", "S09"})  # the scenarios in which a limit of the client must expire


class Score(NamedTuple):
    """The verdict on one scenario.

    Attributes:
        id: The scenario.
        verdict: The verdict.
        failed: The names of the failed checks.
        played: What happened.
    """

    id: str
    verdict: Verdict
    failed: tuple[str, ...]
    played: Played

    def __str__(self) -> str:
        errors = "; ".join(f"{type(one.error).__name__}: {one.error}" for one in self.played.results if one.error)
        return f"{self.id} {self.verdict} {', '.join(self.failed)} {errors}".strip()


def play_all(world: World, way: Way, at: Wall | None, *, fallback: bool = True) -> list[Score]:
    """Play the sixteen: at a wall all at once and fast, or (None) one after another in virtual time."""
    if at is None:
        return [play(scenario, world, way, None, FULL, fallback=fallback) for scenario in SIXTEEN]
    at.plan.clear()
    with ThreadPoolExecutor(len(SIXTEEN)) as pool:
        return list(pool.map(lambda scenario: play(scenario, world, way, at, FAST, fallback=fallback), SIXTEEN))


def play(
    scenario: Scenario, world: World, way: Way, at: Wall | None, timings: Timings, *, fallback: bool = True
) -> Score:
    """Play one scenario with a new client and judge it."""
    game = Game(scenario, timings, Clock(virtual=at is None))
    game.played.fallback = fallback
    options: dict[str, Any] = {"timeout": _limits(scenario, timings, virtual=at is None)}
    if at is None:
        options["driver"] = (VirtualTransport if world.blocking else AsyncVirtualTransport)(game)
    else:
        at.stage(game)
    if fallback:
        options["fallback"] = [f"groq/{scenario.second}"]

    async def scenario_of(client: Any) -> None:
        game.played.began = game.clock.logged()
        for number in range(timings.calls if scenario.sequence else 1):
            if number:
                game.clock.advance(max(0.0, game.played.began + number * timings.every - game.clock.logged()))
            game.played.results.append(await _call(client, way, game))
        probe = client.with_options(fallback=None) if fallback else client
        game.played.alive = (await probe.generate_content("openai/fb-ok", PROMPT)).text == TEXT

    url = "http://wall.invalid" if at is None else at.url
    world.with_client(scenario_of, url, _runtime=game.clock.runtime(world), **options)
    verdict, failed = judge(scenario, game.played)
    return Score(scenario.id, verdict, failed, game.played)


def _limits(scenario: Scenario, timings: Timings, *, virtual: bool) -> Timeouts:
    """Return the client's limits. Over sockets, those that must not expire are long: the machine may be slow."""
    if virtual or scenario.id in _SILENT:
        return Timeouts(response=_PATIENT, first_content=timings.limit, idle=timings.limit)
    return Timeouts(response=_PATIENT, first_content=_PATIENT, idle=_PATIENT)


async def _call(client: Any, way: Way, game: Game) -> Result:
    """Make one streamed call, and read it by `final()` or in a loop over its chunks."""
    result = Result(began=game.clock.logged())
    try:
        async with client.generate_content_stream(f"openai/{game.scenario.model}", PROMPT) as stream:
            if way == "loop":
                async for chunk in stream:
                    result.text += chunk.text or ""
            answer = await stream.final()
    except Exception as error:
        result.error = error
    else:
        result.text = answer.text if way == "final" else result.text
        result.model, result.usage = answer.model, answer.usage
        result.route = answer.meta.route or f"openai/{game.scenario.model}"
    result.seconds = game.clock.logged() - result.began
    return result
