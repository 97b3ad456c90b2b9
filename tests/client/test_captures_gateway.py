"""Recorded answers of the gateway, served byte for byte, give both clients the results in the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from client.authority import authority_pem, certified
from client.captures_page import PAGE, written
from client.gateway_table import CONSTRUCTED, RECORDED
from client.outcomes import ChatResult, Expected, Lists, Raises, raised, returned
from client.recorded import Recording, ask, recordings, serve
from inference_gateway_sdk import GatewayError
from support.server import Request, Server, serving

if TYPE_CHECKING:
    from support.worlds import World

RECORDINGS = recordings()
# Two forms of one request, of which the client sends the other (gateway-behaviour.md#routing), and requests that
# no method makes.
SENT_OTHERWISE = {"base/chat_both"}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name: str, world: World) -> None:
    """A recorded answer gives the result in the table, and the request equals the recorded one."""
    request = _check(world, RECORDINGS[name], RECORDED[name])
    if name not in SENT_OTHERWISE:
        _check_request(request, RECORDINGS[name])


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_constructed(name: str, world: World) -> None:
    """An answer built from the gateway's known behaviour gives the result in the table."""
    _, recording, expected = CONSTRUCTED[name]
    _check(world, recording, expected)


def test_every_recording_has_its_row() -> None:
    """The table leaves out no recording of these endpoints, and has no row without a recording."""
    assert RECORDED.keys() == RECORDINGS.keys()


def test_whole_answers_lose_nothing(world: World) -> None:
    """An encoded answer equals the received JSON, except for fields that were null."""
    for name, expected in RECORDED.items():
        recording = RECORDINGS[name]
        if isinstance(expected, Lists) or (isinstance(expected, ChatResult) and not recording.streamed):
            result, _, _ = _ask(world, recording)
            came = json.loads(recording.answer.partition(b"\r\n\r\n")[2])
            assert _without_nulls(result.to_dict()) == _without_nulls(came), name


def test_page() -> None:
    """The documentation page matches the table."""
    assert PAGE.read_text() == written()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _check(world: World, recording: Recording, expected: Expected) -> Request:
    result, server, url = _ask(world, recording)
    more = expected.more if isinstance(expected, ChatResult | Lists) else {}
    if isinstance(result, GatewayError):
        assert isinstance(expected, Raises), repr(result)
        outcome: Expected = raised(result, expected, url)
    else:
        outcome = returned(result, more)
    assert outcome == expected
    assert len(server.requests) == 1
    return server.requests[0]


def _ask(world: World, recording: Recording) -> tuple[Any, Server, str]:
    """Return the client's result or error, the server, and its address."""

    async def scenario(client: Any) -> Any:
        try:
            return await ask(client, recording)
        except GatewayError as error:
            return error

    with serving(
        lambda connection, request: serve(recording, connection, request),
        certified() if recording.tls else None,
        read_bodies=recording.ended != "reset",
    ) as server:
        options: dict[str, Any] = {"ca": authority_pem()} if recording.tls else {}
        return world.with_client(scenario, server.url, max_retries=0, **options), server, server.url


def _check_request(request: Request, recording: Recording) -> None:
    sent = Recording(request.method, request.target, None, b"")
    assert (sent.method, sent.path) == (recording.method, recording.path)
    assert {name: set(value.split(",")) for name, value in sent.query.items()} == {
        name: set(value.split(",")) for name, value in recording.query.items()
    }
    if recording.body is not None and recording.ended != "reset":
        body = request.json()
        if recording.streamed:
            assert body.pop("stream_options") == {"include_usage": True}
        assert body == recording.body
