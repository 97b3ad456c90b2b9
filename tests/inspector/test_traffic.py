"""The stored traffic: times, versions, and the bounds of its memory."""

from __future__ import annotations

from typing import Any

from inference_gateway_sdk.embedded.request_log import RequestRecord
from inference_gateway_sdk.inspector.traffic import RecordedTraffic, Traffic

SCOPE: Any = {"headers": [(b"X-A", b"1")], "query_string": b"a=b"}


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def begun(traffic: Traffic) -> RecordedTraffic:
    """Return a new request in the traffic."""
    return traffic.begin(RequestRecord("POST", "/v1/chat/completions"), SCOPE)


def test_times_are_relative_to_the_start() -> None:
    """The head, the first piece and the end have the seconds since the request arrived."""
    clock = Clock()
    traffic = Traffic(clock, lambda: 5.0)
    entry = begun(traffic)
    for now, step in (
        (100.5, lambda: traffic.add_head(entry, [(b"Content-Type", b"text/plain")])),
        (101.0, lambda: traffic.add_piece(entry, b"one")),
        (102.0, lambda: traffic.add_piece(entry, b"two")),
        (103.0, lambda: traffic.end(entry)),
    ):
        clock.now = now
        step()
    assert (entry.started, entry.head, entry.first, entry.ended) == (5.0, 0.5, 1.0, 3.0)
    assert entry.timed_pieces() == [(1.0, b"one"), (2.0, b"two")]
    assert (entry.count, entry.size, entry.answer_headers) == (2, 6, (("content-type", "text/plain"),))
    assert (entry.headers, entry.query) == ((("x-a", "1"),), "a=b")


def test_only_requests_that_changed_are_returned() -> None:
    """A reader that names a version gets what changed after it."""
    traffic = Traffic()
    one, two = begun(traffic), begun(traffic)
    seen = traffic.version
    assert traffic.changed(0) == [one, two]
    traffic.add_piece(one, b"x")
    assert traffic.changed(seen) == [one]
    assert traffic.changed(traffic.version) == []


def test_further_pieces_settle_nothing() -> None:
    """The first piece changes the summary; further ones change only its counters, until the end."""
    traffic = Traffic()
    entry = begun(traffic)
    traffic.add_piece(entry, b"x")
    seen = entry.settled
    assert seen == traffic.version
    traffic.add_piece(entry, b"y")
    assert (entry.settled, entry.version) == (seen, traffic.version)
    traffic.end(entry)
    assert entry.settled == traffic.version > seen


def test_the_number_of_requests_is_bounded() -> None:
    """The oldest request leaves the list, and later pieces of it hold no memory."""
    traffic = Traffic()
    first = begun(traffic)
    traffic.add_request(first, b"body")
    for _ in range(1000):
        begun(traffic)
    assert traffic.oldest == 2
    assert traffic.find(1) is None
    traffic.add_piece(first, b"late")
    assert (first.pieces, first.request, first.count) == ([], bytearray(), 1)


def test_a_body_is_stored_up_to_its_bound() -> None:
    """Of long bodies the first part is kept; all bytes and pieces are counted."""
    traffic, size = Traffic(), 600 * 1024
    entry = begun(traffic)
    traffic.add_request(entry, b"q" * size)
    traffic.add_request(entry, b"q")
    traffic.add_piece(entry, b"a" * size)
    traffic.add_piece(entry, b"a")
    assert (len(entry.request), entry.request_size) == (256 * 1024, size + 1)
    assert (sum(len(data) for _, data in entry.pieces), entry.size, entry.count) == (512 * 1024, size + 1, 2)


def test_the_number_of_stored_pieces_is_bounded() -> None:
    """Further pieces are only counted."""
    traffic = Traffic()
    entry = begun(traffic)
    for _ in range(5000):
        traffic.add_piece(entry, b"x")
    assert len(entry.pieces) < 4000
    assert entry.count == 5000


def test_the_oldest_bodies_make_room() -> None:
    """All bodies together stay within the bound; requests without a body are still listed."""
    traffic = Traffic(most_held=1000)
    entries = [begun(traffic) for _ in range(5)]
    for entry in entries:
        traffic.add_request(entry, b"x" * 400)
    assert [entry.forgotten for entry in entries] == [True, True, True, False, False]
    assert [len(entry.request) for entry in entries] == [0, 0, 0, 400, 400]
    assert len(traffic.changed(0)) == 5


def test_clearing_empties_the_list() -> None:
    """A cleared request is not listed again, even if its stream goes on."""
    traffic = Traffic()
    entry = begun(traffic)
    traffic.clear()
    traffic.add_piece(entry, b"x")
    assert traffic.changed(0) == []
    assert (traffic.oldest, entry.pieces) == (2, [])


def test_no_body_is_in_a_repr() -> None:
    """A log or a traceback that shows an entry shows no body, query or header."""
    traffic = Traffic()
    entry = begun(traffic)
    traffic.add_request(entry, b"secret")
    assert repr(entry) == "<RecordedTraffic 1: POST /v1/chat/completions>"
