"""Name look-ups: shared while they run, and each failure reaches the call that waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk._transport import routing
from support.worlds import World

FOUND = [(2, 1, 6, "", ("192.0.2.1", 80))]
PATIENCE = 20.0


class Resolver:
    """The system's resolver, which answers when it is released."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[str] = []
        self.error: BaseException | None = None

    def __call__(self, host: str, *_: Any, **__: Any) -> Any:
        self.asked.append(host)
        self.go_on.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return FOUND


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Replace the system's resolver with one that hangs."""
    resolver = Resolver()
    monkeypatch.setattr(routing.socket, "getaddrinfo", resolver)
    yield resolver
    resolver.go_on.set()


def test_calls_for_one_name_share_a_lookup(resolver: Resolver) -> None:
    """Fifty calls to a name whose resolver hangs leave one thread, and all of them receive its result."""
    results: SimpleQueue[Any] = SimpleQueue()
    for _ in range(50):
        routing.look_up("shared.test", 80, results.put)
    routing.look_up("other.test", 80, results.put)
    assert [thread.name for thread in threading.enumerate()].count("look up shared.test") == 1
    resolver.go_on.set()
    assert [results.get(timeout=PATIENCE) for _ in range(51)] == [FOUND] * 51
    assert sorted(resolver.asked) == ["other.test", "shared.test"]


def test_a_lookup_that_hangs_long_is_not_shared(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds a call starts a new look-up, because the network may have changed."""
    now = [100.0]
    monkeypatch.setattr(routing, "monotonic", lambda: now[0])
    results: SimpleQueue[Any] = SimpleQueue()
    routing.look_up("slow.test", 80, results.put)
    now[0] += 11
    routing.look_up("slow.test", 80, results.put)
    resolver.go_on.set()
    assert [results.get(timeout=PATIENCE) for _ in range(2)] == [FOUND] * 2
    assert resolver.asked == ["slow.test"] * 2


def test_any_failure_of_the_resolver_is_delivered(resolver: Resolver) -> None:
    """An unexpected exception in the look-up ends the call instead of leaving it to its deadline."""
    resolver.error = MemoryError("no memory")
    resolver.go_on.set()
    results: SimpleQueue[Any] = SimpleQueue()
    routing.look_up("failing.test", 80, results.put)
    found = results.get(timeout=PATIENCE)
    assert (type(found), str(found)) == (OSError, "MemoryError: no memory")


def test_a_system_without_a_thread_left_is_a_connect_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call raises an error of the package, and the next call tries again."""

    def start(thread: threading.Thread) -> None:
        if thread.name.startswith("look up"):
            raise RuntimeError("can't start new thread")
        original(thread)

    original = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)

    async def scenario(client: Any) -> None:
        for _ in range(2):
            with pytest.raises(sdk.ConnectError, match="can't start new thread"):
                await client.list_models()

    world.with_client(scenario, "http://no-thread.test", max_retries=0)
    assert not routing._lookups


@pytest.mark.parametrize("host", ["a..test", f"{'l' * 64}.test"], ids=["empty-label", "long-label"])
def test_a_host_name_that_cannot_exist_is_a_connect_error(world: World, host: str) -> None:
    """A label that is empty or over 63 characters raises `ConnectError`, which names the host."""

    async def scenario(client: Any) -> None:
        with pytest.raises(sdk.ConnectError, match=f"cannot resolve {host}: not a valid host name"):
            await client.list_models()

    world.with_client(scenario, f"http://{host}", max_retries=0)
