"""One call over a route with faults on it, and its result: the answer or the error, the attempts, the delays."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from client.invented import Invented
from inference_gateway_sdk import GatewayError, Timeouts
from inference_gateway_sdk.embedded.faults import Fault, FaultPlan, Rule

if TYPE_CHECKING:
    from support.worlds import World

MODEL = "openai/any"
PROMPT = "one two three"
ANSWER = "You wrote: one two three"  # the scripted provider's
PATIENT = Timeouts(response=20, first_content=20, idle=20)
HASTY = Timeouts(response=0.15, first_content=0.15, idle=20)
HASTY_IDLE = Timeouts(response=20, first_content=20, idle=0.15)


@dataclass
class Outcome:
    """The result of one call.

    Attributes:
        answer: The whole answer.
        texts: The pieces that a stream handed over; None for a chat that is not streamed.
        error: The error that it raised.
        attempts: How many requests met the rule.
        pauses: The seconds the client would have slept between attempts.
    """

    answer: Any = None
    texts: list[str] | None = None
    error: GatewayError | None = None
    attempts: int = 0
    pauses: list[float] = field(default_factory=list)


class Route:
    """The route to one gateway, with one client at a time."""

    def __init__(self, world: World, url: str, plan: FaultPlan) -> None:
        self.world = world
        self.url = url
        self.plan = plan

    def whole(self, rule: Rule | Fault | str, **options: Any) -> Outcome:
        """Make a chat that is not streamed, with only this rule on the route."""
        return self._call(rule, whole, options)

    def streamed(self, rule: Rule | Fault | str, **options: Any) -> Outcome:
        """Make a streamed chat, with only this rule on the route."""
        return self._call(rule, streamed, options)

    def calls(self, rule: Rule | Fault | str, *calls: Callable[[Any, Outcome], Any], **options: Any) -> list[Outcome]:
        """Make several calls of one client in a row, with only this rule on the route."""
        invented = Invented()
        self.plan.clear()
        rule = self.plan.add(rule)
        outcomes = [Outcome() for _ in calls]

        async def scenario(client: Any) -> None:
            for call, outcome in zip(calls, outcomes, strict=True):
                before = self.plan.taken(rule), len(invented.pauses)
                try:
                    await call(client, outcome)
                except GatewayError as error:
                    outcome.error = error
                outcome.attempts = self.plan.taken(rule) - before[0]
                outcome.pauses = invented.pauses[before[1] :]

        options.setdefault("timeout", PATIENT)
        self.world.with_client(scenario, self.url, _runtime=invented.runtime(self.world), **options)
        return outcomes

    def await_listening(self) -> None:
        """Wait until connections are accepted again."""
        address = urlsplit(self.url)
        for _ in range(500):
            try:
                socket.create_connection((address.hostname, address.port), timeout=5).close()
            except ConnectionRefusedError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the gateway does not listen again")

    def _call(self, rule: Rule | Fault | str, call: Callable[[Any, Outcome], Any], options: Any) -> Outcome:
        return self.calls(rule, call, **options)[0]


async def whole(client: Any, outcome: Outcome) -> None:
    """Make one chat that is not streamed."""
    outcome.answer = await client.generate_content(MODEL, PROMPT)


async def streamed(client: Any, outcome: Outcome) -> None:
    """Stream one chat to its end."""
    texts = outcome.texts = list[str]()
    async with client.generate_content_stream(MODEL, PROMPT) as stream:
        async for chunk in stream:
            if chunk.text:
                texts.append(chunk.text)
        outcome.answer = await stream.final()
