"""The delay before another attempt, the number of attempts, and attempts with a new token."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from client.asking import answers, ask_chat, ask_models, ask_stream, caught, first, refusing
from client.invented import Invented
from client.misbehaviour import HEAD, silent
from inference_gateway_sdk import (
    GatewayError,
    RateLimitError,
    ServiceUnavailableError,
    StreamStalledError,
    TimeoutError,  # noqa: A004
    Timeouts,
    UnauthorizedError,
)
from support.server import Connection, Handler, Request, serving
from support.worlds import World

pytestmark = pytest.mark.wire

# Pauses


WALL = 1_700_000_000.0
RETRY_AFTER = {
    "seconds": ("Retry-After: 7", 7.0),
    "a fraction": ("Retry-After: 0.5", 0.5),
    "a date": (f"Retry-After: {formatdate(WALL + 9, usegmt=True)}", 9.0),
    "a date that has passed": (f"Retry-After: {formatdate(WALL - 9, usegmt=True)}", 0.25),
    "milliseconds": ("Retry-After-Ms: 1500", 1.5),
    "sixty seconds": ("Retry-After: 60", 60.0),
    "over sixty seconds": ("Retry-After: 61", None),
    "a date over sixty seconds away": (f"Retry-After: {formatdate(WALL + 3600, usegmt=True)}", None),
    "zero": ("Retry-After: 0", 0.25),
    "nonsense": ("Retry-After: soon", 0.25),
}


@pytest.mark.parametrize("scenario", [ask_chat, ask_stream], ids=["whole", "stream"])
@pytest.mark.parametrize("name", RETRY_AFTER)
def test_a_retry_after_is_honoured_up_to_a_minute(world: World, name: str, scenario: Any) -> None:
    """The delay is the response's Retry-After, in seconds or as a date; over a minute the error is raised."""
    header, pause = RETRY_AFTER[name]
    invented = Invented(wall=WALL)
    with serving(first(refusing(429, header), answers)) as server:
        outcome = caught(world, scenario, server.url, invented)
        seen = len(server.requests)
    if pause is None:
        assert isinstance(outcome, RateLimitError)
        assert (outcome.retry_after or 0) > 60
        assert (seen, invented.pauses) == (1, [])
        assert f"retry after {outcome.retry_after:g} s]" in str(outcome)
        assert "is over longest_retry_after=60" in (outcome.hint or "")
    else:
        assert not isinstance(outcome, GatewayError)
        assert (seen, invented.pauses) == (2, [pause])


@pytest.mark.parametrize(
    ("random", "pauses"),
    [(0.0, [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]), (0.5, [0.375, 0.75, 1.5, 3.0, 6.0, 6.0])],
)
def test_pauses_double_up_to_eight_seconds_and_are_spread_by_chance(
    world: World, random: float, pauses: list[float]
) -> None:
    """Each delay is twice the last, and its second half is random."""
    invented = Invented(random=random)
    with serving(refusing(503)) as server:
        error = caught(world, ask_chat, server.url, invented, max_retries=6)
        assert len(server.requests) == 7
    assert isinstance(error, ServiceUnavailableError)
    assert error.meta.attempts == 7
    assert invented.pauses == pauses


# Limits


def test_no_retries_means_one_try(world: World) -> None:
    """`max_retries=0` on the client raises the first error."""
    invented = Invented()
    with serving(refusing(503)) as server:
        for scenario in (ask_chat, ask_models, ask_stream):
            assert isinstance(caught(world, scenario, server.url, invented, max_retries=0), ServiceUnavailableError)
        assert len(server.requests) == 3
    assert invented.pauses == []


def test_a_call_may_set_its_own_number_of_retries(world: World) -> None:
    """`max_retries` on a call or a copy applies to that alone."""
    invented = Invented()

    async def scenario(client: Any) -> None:
        for ask, tries in (
            (lambda: client.generate_content("p/m", "hi", max_retries=1), 2),
            (lambda: client.list_models(max_retries=3), 4),
            (lambda: client.with_options(max_retries=0).list_models(), 1),
            (lambda: client.list_models(), 3),
        ):
            before = len(server.requests)
            with pytest.raises(ServiceUnavailableError):
                await ask()
            assert len(server.requests) - before == tries
        before = len(server.requests)
        with pytest.raises(ServiceUnavailableError):
            async with client.generate_content_stream("p/m", "hi", max_retries=4):
                pass
        assert len(server.requests) - before == 5

    with serving(refusing(503)) as server:
        caught(world, scenario, server.url, invented)


@pytest.mark.parametrize("scenario", [ask_chat, ask_stream], ids=["whole", "stream"])
def test_total_ends_the_tries_when_the_next_pause_would_overrun_it(world: World, scenario: Any) -> None:
    """A delay that exceeds the rest of `total` is not made: the last error is raised instead."""
    invented = Invented()
    with serving(refusing(503)) as server:
        error = caught(world, scenario, server.url, invented, timeout=Timeouts(total=0.7))
        assert isinstance(error, ServiceUnavailableError)
        assert len(server.requests) == 2
    assert invented.pauses == [0.25]


@pytest.mark.parametrize(
    ("scenario", "error"), [(ask_chat, TimeoutError), (ask_stream, StreamStalledError)], ids=["whole", "stream"]
)
def test_total_bounds_all_attempts_together(world: World, scenario: Any, error: type[Any]) -> None:
    """A later attempt has only the rest that earlier attempts and delays left of `total`."""
    invented = Invented()
    with serving(first(refusing(503), silent)) as server:
        outcome = caught(world, scenario, server.url, invented, timeout=Timeouts(total=0.6))
        assert len(server.requests) == 2
    assert isinstance(outcome, error)
    assert (outcome.limit, outcome.seconds) == ("total", 0.6)
    assert outcome.elapsed < 0.6, "the pause of 0.25 s counts, though it was not slept"


# Tokens


def requires(token: str) -> Handler:
    """Return a gateway that accepts only this token."""

    def handler(connection: Connection, request: Request) -> None:
        if request.headers.get("authorization") == f"Bearer {token}":
            answers(connection, request)
        else:
            connection.json({"error": "unauthorized"}, 401)

    return handler


@pytest.mark.parametrize("scenario", [ask_chat, ask_stream], ids=["whole", "stream"])
def test_a_token_function_is_asked_again_once_after_a_401(world: World, scenario: Any) -> None:
    """An expired token is replaced and the request repeated at once, even without retries."""
    tokens = ["old", "new", "never asked for"]
    invented = Invented()
    with serving(requires("new")) as server:
        outcome = caught(world, scenario, server.url, invented, token=lambda: tokens.pop(0), max_retries=0)
        assert not isinstance(outcome, GatewayError)
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer old", "Bearer new"]
    assert tokens == ["never asked for"]
    assert invented.pauses == []


def test_a_second_401_is_the_answer(world: World) -> None:
    """A fresh token that is refused too is an error: the function is not called again."""
    asked = []

    def token() -> str:
        asked.append(None)
        return f"token{len(asked)}"

    with serving(requires("another")) as server:
        error = caught(world, ask_chat, server.url, Invented(), token=token)
        assert len(server.requests) == 2
    assert isinstance(error, UnauthorizedError)
    assert len(asked) == 2


def test_a_string_token_is_not_tried_again(world: World) -> None:
    """Without another token to try, a 401 is raised at once."""
    with serving(requires("another")) as server:
        assert isinstance(caught(world, ask_chat, server.url, Invented(), token="mine"), UnauthorizedError)
        assert len(server.requests) == 1


def test_a_refreshed_request_keeps_its_retries(world: World) -> None:
    """The attempt with a new token does not count as a retry."""
    tokens = ["old", "new"]
    invented = Invented()
    with serving(first(requires("new"), refusing(503), refusing(503), answers)) as server:
        assert caught(world, ask_chat, server.url, invented, token=lambda: tokens.pop(0)) == "Hello"
        assert len(server.requests) == 4
    assert invented.pauses == [0.25, 0.5]


def test_the_head_of_a_broken_answer_is_enough_for_its_status(world: World) -> None:
    """An error whose body is truncated still counts as its status."""

    def broken(connection: Connection, request: Request) -> None:
        connection.send(HEAD.replace(b"200 OK", b"503 Busy"))
        connection.close()

    invented = Invented()
    with serving(first(broken, answers)) as server:
        assert caught(world, ask_stream, server.url, invented) == (["Hel", "lo"], 2)
    with serving(first(broken, answers)) as server:
        assert caught(world, ask_chat, server.url, invented) == "Hello"
