"""Around a call with fallback: its watchers and costs, the list of models, and the explanation of its routes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from decimal import Decimal
from typing import Any

import pytest

from failover.routes import CUT, STREAM, URL, WHOLE, BlockingTransport, Reply, Transport, refusal
from inference_gateway_sdk import (
    Budget,
    BudgetExceededError,
    Fallback,
    InferenceGatewayClient,
    Ledger,
    Price,
    StreamTruncatedError,
)
from support.worlds import World

A, B, C = "openai/a", "groq/b", "mistral/c"
DOWN = refusal(503, "down")
CRASH = refusal(500, "down")
PRICES = {A: Price(input="0.001", output="0.001"), B: Price(input="0.002", output="0.002")}


@pytest.fixture(params=["async", "blocking"])
def world(request: pytest.FixtureRequest) -> World:
    """Run a test with each of the two clients."""
    return World(request.param)


class Record:
    """A watcher that keeps what it observes."""

    def __init__(self) -> None:
        self.began_calls: list[Any] = []
        self.ends: list[Any] = []

    def began(self, call: Any) -> None:
        self.began_calls.append(call)

    def content(self, state: Any, seconds: float) -> None: ...

    def ended(self, state: Any, call: Any) -> None:
        self.ends.append(call)


def listing(*models: dict[str, Any]) -> Reply:
    """Return a list of models."""
    data = [{"object": "model", "created": 1, "owned_by": "x", "served_by": "x"} | model for model in models]
    return Reply(body=(json.dumps({"object": "list", "data": data}).encode(),))


def priced(amount: str, **more: Any) -> dict[str, Any]:
    """Return the price of a listed model."""
    return {"currency": "USD", "input_per_token": amount, "output_per_token": amount, "source": "community",
            "updated_at": "2026-11-01T00:00:00Z"} | more  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True])
def test_one_logical_call_for_watchers(world: World, *, streamed: bool) -> None:
    """A call over several routes begins once and ends once, with its routes and the sum of its attempts."""
    record = Record()
    transport = Transport({A: [CUT if streamed else DOWN], B: [STREAM if streamed else WHOLE]})

    async def scenario(client: Any) -> None:
        if not streamed:
            await client.generate_content(A, "Hi")
            return
        async with client.generate_content_stream(A, "Hi") as stream:
            await stream.final()

    world.with_client(scenario, URL, watchers=[record], fallback=[B], **transport.options(world))
    (began,), (ended,) = record.began_calls, record.ends
    assert (began.model, ended.end, ended.route) == (A, "whole", B)
    assert [one.model for one in ended.tried] == [A]
    assert ended.attempts == len(transport.asked) == (2 if streamed else 3)


def test_a_stream_that_fails_for_watchers(world: World) -> None:
    """A stream that no route completes ends once, as failed."""
    record = Record()
    transport = Transport({A: [CUT], B: [CUT]})

    async def scenario(client: Any) -> None:
        async with client.generate_content_stream(A, "Hi") as stream:
            with pytest.raises(Exception, match="no route answered"):
                await stream.final()

    world.with_client(scenario, URL, watchers=[record], fallback=[B], **transport.options(world))
    (ended,) = record.ends
    assert (ended.end, [one.model for one in ended.tried]) == ("failed", [A, B])


def test_each_tried_route_is_a_row_of_the_ledger(world: World) -> None:
    """A failed route has a row with bounds, and the row of the answer names the model that answered."""
    ledger = Ledger()
    transport = Transport({A: [CRASH], B: [WHOLE]})

    async def scenario(client: Any) -> Any:
        return await client.generate_content(A, "Hi", max_tokens=10)

    reply = world.with_client(scenario, URL, fallback=[B], ledger=ledger, prices=PRICES, **transport.options(world))
    first, second = ledger.rows()
    assert (first.model, first.total, second.model, second.total) == (A, None, B, Decimal("0.014"))
    assert first.at_least == 0
    assert first.usage is None
    assert reply.cost.total == Decimal("0.014")


def test_a_route_that_refused_costs_nothing() -> None:
    """A 503 is not billed: its row is exact, and 0."""
    ledger = Ledger()
    transport = Transport({A: [DOWN], B: [WHOLE]})
    with InferenceGatewayClient(URL, fallback=[B], ledger=ledger, prices=PRICES,
                                driver=BlockingTransport(transport), max_retries=0) as client:  # fmt: skip
        client.generate_content(A, "Hi", max_tokens=10)
    assert [row.total for row in ledger.rows()] == [0, Decimal("0.014")]


def test_a_budget_covers_each_route(world: World) -> None:
    """A route that the budget does not allow is not asked."""
    transport = Transport({A: [CRASH], B: [WHOLE]})

    with InferenceGatewayClient(URL, prices=PRICES) as client:
        most = client.estimate(A, "Hi", max_tokens=10).at_most
    assert most is not None

    async def scenario(client: Any) -> None:
        with pytest.raises(BudgetExceededError):
            await client.generate_content(A, "Hi", max_tokens=10)

    budget = Budget(most * 2)  # enough for A, but not for B, which costs twice as much, as well
    world.with_client(
        scenario, URL, fallback=[B], budget=budget, prices=PRICES, max_retries=0, **transport.options(world)
    )
    assert transport.models == [A]


LISTED = listing(
    {"id": A, "pricing": priced("0.00001"), "context_window": {"tokens": 1000, "source": "provider"}},
    {"id": "groq/small", "context_window": {"tokens": 5, "source": "provider"}},
    {"id": "groq/unknown"},
    {"id": "groq/cheap", "pricing": priced("0.00001"), "context_window": {"tokens": 1000, "source": "provider"}},
    {"id": "groq/dear", "pricing": priced("0.1"), "context_window": {"tokens": 1000, "source": "provider"}},
    {"id": "groq/mute", "modalities": {"input": ["text"], "output": ["audio"]}},
    {"id": "denied/x"},
)


def explain(world: World, transport: Transport, fallback: Any, messages: Any = "Hi" * 50, **options: Any) -> Any:
    """Return the plan of a chat."""

    async def scenario(client: Any) -> Any:
        return await client.explain(A, messages, fallback=fallback, **options)

    return world.with_client(scenario, URL, **transport.options(world))


def test_automatic_candidates(world: World) -> None:
    """Models of the list that fit are added, those without a known window last, and each other one has its reason."""
    transport = Transport(listing=LISTED)
    plan = explain(world, transport, Fallback(auto=True, max_routes=4, deny=["denied/*"], price_factor=2))
    found = {one.model: (one.place, one.fits, one.reason) for one in plan.candidates}
    assert found == {
        A: (1, True, "the model of the call"),
        "groq/cheap": (2, True, "in the list of models"),
        "groq/unknown": (3, True, "in the list of models"),
        "groq/small": (None, False, "the request has at least 20 tokens, and the context window 5"),
        "groq/dear": (None, False, "it costs more than 2 times the first model"),
        "groq/mute": (None, False, "the model does not generate text"),
    }
    assert (transport.listings, transport.asked) == (1, [])
    assert str(plan).splitlines()[2] == "3.  groq/unknown: in the list of models; price unknown; closed"


@pytest.mark.parametrize(("options", "model"), [
    ({"max_tokens": 2000}, "groq/cheap"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y"}}]}]},
     "groq/mute"),
])  # fmt: skip
def test_what_a_request_needs(options: dict[str, Any], model: str) -> None:
    """The limit of tokens and the images of a request exclude models that cannot take them."""
    plan = explain(World("async"), Transport(listing=LISTED), Fallback(auto=True, max_routes=9), **options)
    (reason,) = (one.reason for one in plan.candidates if one.model == model)
    assert reason in ("max_tokens=2000 is over the context window of 1000", "the model does not accept image")


def test_prices_order_the_routes_after_the_first(world: World) -> None:
    """With prefer="price" the cheapest comes first, and unknown prices and subscriptions last."""
    flat = {"id": "groq/flat", "pricing": priced("0", subscription=True)}
    listed = listing({"id": A}, flat, {"id": "x/b", "pricing": priced("0.3")}, {"id": "x/a", "pricing": priced("0.2")})
    plan = explain(world, Transport(listing=listed), Fallback(auto=True, max_routes=9, prefer="price"))
    assert [one.model for one in plan.candidates] == [A, "x/a", "x/b", "groq/flat"]


def test_latency_orders_the_routes_after_the_first() -> None:
    """With prefer="latency" the fastest route so far comes first."""
    transport = Transport({A: [WHOLE], B: [Reply(body=WHOLE.body, seconds=3.0)], C: [WHOLE]})
    world = World("async")

    async def scenario(client: Any) -> Any:
        for model in (B, C):
            await client.generate_content(model, "Hi")
        return await client.explain(A, "Hi")

    plan = world.with_client(scenario, URL, fallback=Fallback(B, C, prefer="latency"), **transport.options(world))
    assert [one.model for one in plan.candidates] == [A, C, B]


def test_a_plan_shows_health(world: World) -> None:
    """A route that is open has no place, and its wait."""
    transport = Transport({A: [refusal(429, "Please try again in 9s.")], B: [WHOLE]})

    async def scenario(client: Any) -> Any:
        await client.generate_content(A, "Hi")
        return await client.explain(A, "Hi")

    plan = world.with_client(scenario, URL, fallback=[B], **transport.options(world))
    first, second = plan.candidates
    assert (first.model, first.place, second.model, second.place) == (B, 1, A, None)
    assert (second.condition, second.wait) == ("open", 9.0)
    assert str(plan).splitlines()[1] == ("-   openai/a: the model of the call; price unknown; open, 9.0 s to wait")


def test_the_list_is_fetched_once_in_five_minutes(world: World) -> None:
    """The list of models is cached, and a stale one is kept when it cannot be fetched again."""
    transport = Transport({A: [WHOLE]}, listing=LISTED)

    async def scenario(client: Any) -> None:
        for _ in range(3):
            await client.generate_content(A, "Hi")
        assert transport.listings == 1
        transport.now += 301.0
        transport.listing = refusal(404)
        plan = await client.explain(A, "Hi")
        assert transport.listings == 2
        assert "groq/cheap" in {one.model for one in plan.candidates}
        await client.generate_content(A, "Hi")
        assert transport.listings == 2

    fallback = Fallback(auto=True, max_routes=9)
    world.with_client(scenario, URL, fallback=fallback, **transport.options(world))


def test_a_list_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """Without a list the call's own model is asked, and a warning is logged."""
    transport = Transport({A: [WHOLE]})
    with (
        caplog.at_level(logging.WARNING),
        InferenceGatewayClient(URL, fallback=Fallback(auto=True), driver=BlockingTransport(transport)) as client,
    ):
        assert client.generate_content(A, "Hi").meta.route == A
    assert "no routes are added automatically: NotFoundError" in caplog.text


def test_one_task_fetches_the_list() -> None:
    """Calls at the same time share one request for the list."""
    world, transport = World("async"), Transport({A: [WHOLE]}, listing=LISTED)

    async def scenario(client: Any) -> None:
        await asyncio.gather(*(client.generate_content(A, "Hi") for _ in range(20)))

    world.with_client(scenario, URL, fallback=Fallback(auto=True), **transport.options(world))
    assert (transport.listings, len(transport.asked)) == (1, 20)


def test_one_thread_fetches_the_list() -> None:
    """Threads share one request for the list, too."""
    transport = Transport({A: [WHOLE]}, listing=LISTED)
    with InferenceGatewayClient(URL, fallback=Fallback(auto=True), driver=BlockingTransport(transport)) as client:
        threads = [threading.Thread(target=client.generate_content, args=(A, "Hi")) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (transport.listings, len(transport.asked)) == (1, 20)


def test_a_provider_without_a_key_is_out_until_the_list_is_refreshed(world: World) -> None:
    """A provider that the gateway cannot use is not asked, by any of its models, until the list is fetched again."""
    missing = refusal(400, "Provider requires an API key. Please configure the provider's API key.")
    transport = Transport({A: [missing], "openai/a2": [WHOLE], B: [WHOLE]}, listing=LISTED)

    async def scenario(client: Any) -> None:
        for model in (A, "openai/a2"):
            assert (await client.generate_content(model, "Hi")).meta.route == B
        transport.now += 301.0
        assert (await client.generate_content("openai/a2", "Hi")).meta.route == "openai/a2"

    world.with_client(scenario, URL, fallback=Fallback(B, auto=True), **transport.options(world))


def test_a_stream_that_is_left_releases_its_probe(world: World) -> None:
    """A probe that is left shows nothing: the next call probes again."""
    transport = Transport({A: [refusal(429, "try again in 9s"), STREAM], B: [WHOLE]})

    async def scenario(client: Any) -> None:
        await client.generate_content(A, "Hi")
        transport.now += 10.0
        async with client.generate_content_stream(A, "Hi") as stream:
            async for _ in stream:
                break
        assert (await client.explain(A, "Hi")).candidates[0].condition == "half-open"
        with pytest.raises(StreamTruncatedError):
            transport.routes[A] = [CUT]
            async with client.generate_content_stream(A, "Hi") as stream:
                async for _ in stream:
                    pass
        assert (await client.explain(A, "Hi")).candidates[1].condition == "open"

    world.with_client(scenario, URL, fallback=[B], **transport.options(world))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_forgets() -> None:
    """The health of routes is not inherited by a forked child."""
    transport = Transport({A: [refusal(429, "try again in 9s")], B: [WHOLE]})
    with InferenceGatewayClient(URL, fallback=[B], driver=BlockingTransport(transport)) as client:
        client.generate_content(A, "Hi")
        assert [one.condition for one in client.routes()] == ["open", "closed"]
        child = os.fork()
        if not child:
            os._exit(len(client.routes()))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
