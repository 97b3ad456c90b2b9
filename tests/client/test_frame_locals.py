"""No secret is found in the locals of any frame of a failure, by the ways in which error trackers look at them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import inference_gateway_sdk as sdk
from support.server import Connection, Request, serving

if TYPE_CHECKING:
    from support.worlds import World

TOKEN, HEADER, PASSWORD = "planted-token", "planted-header", "planted-password"
PLANTS = (TOKEN, HEADER, PASSWORD, "cGxhbnRlZC11c2VyOnBsYW50ZWQtcGFzc3dvcmQ=")  # the last as Basic authentication
_DEPTH = 8


@dataclass(frozen=True)
class Failure:
    """One way in which a transport fails."""

    name: str
    serve: Callable[[Connection, Request], Any] | None
    options: dict[str, Any] = field(default_factory=dict)
    proxied: bool = False


FAILURES = [
    Failure("refused", None),
    Failure("closed", lambda connection, _: connection.close()),
    Failure("garbage", lambda connection, _: connection.send(b"garbage\r\n\r\n")),
    Failure("late", lambda connection, _: connection.stall(), {"timeout": 0.2}),
    Failure("cut", lambda c, _: (c.head(200, length=99), c.send(b"x"), c.close())),
    Failure("reset", lambda connection, _: connection.reset()),
    Failure("refused by a proxy", lambda connection, _: connection.json({}, 407), proxied=True),
    Failure("proxy closed", lambda connection, _: connection.close(), proxied=True),
]


def reachable(value: object, depth: int = _DEPTH) -> Iterable[str]:
    """Yield every text that a tracker which walks containers, rich, or `capture_locals` would record of a value."""
    yield repr(value)
    if depth == 0:
        return
    yield from _parts(value, depth - 1)


def _parts(value: Any, depth: int) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from reachable(key, depth)
            yield from reachable(item, depth)
    elif isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes | bytearray | memoryview):
        for item in value:
            yield from reachable(item, depth)
    show = getattr(type(value), "__rich_repr__", None)
    if show is not None:
        for item in show(value) or ():
            yield from reachable(item, depth)


def leaks(error: BaseException) -> list[str]:
    """Return the places where a plant is found, as "file:function:local"."""
    found = []
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None:
            continue
        pending += [current.__cause__, current.__context__]
        for frame, _ in traceback.walk_tb(current.__traceback__):
            if "inference_gateway_sdk" not in frame.f_code.co_filename:
                continue
            for name, value in frame.f_locals.items():
                if any(plant in text for text in reachable(value) for plant in PLANTS):
                    found.append(f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_code.co_name}:{name}")
    return found


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_no_frame_of_a_transport_failure_holds_a_secret(world: World, failure: Failure, *, stream: bool) -> None:
    """Neither token, custom header nor proxy password is reachable from the locals of any frame."""

    async def ask(client: Any) -> None:
        if not stream:
            await client.generate_content("openai/gpt-4o", "Hi")
            return
        async with client.generate_content_stream("openai/gpt-4o", "Hi") as chunks:
            async for _ in chunks:
                pass

    with serving(failure.serve or (lambda connection, _: connection.close())) as server:
        url = server.url
        if failure.serve is None:
            server.stop()
        options = {"headers": {"X-Team": HEADER}, "max_retries": 0, **failure.options}
        if failure.proxied:
            address = url.removeprefix("http://").partition("/")[0]
            options["proxy"] = f"http://planted-user:{PASSWORD}@{address}"
            url = "http://gateway.example/v1"
        with pytest.raises(sdk.GatewayError) as caught:
            world.with_client(ask, url, TOKEN, **options)
    assert leaks(caught.value) == []
