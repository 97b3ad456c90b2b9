"""The four modes, and the moment when the file is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from inference_gateway_sdk.testing.cassettes import Cassette, CassetteError, CassetteMissError, cassette
from inference_gateway_sdk.testing.cassettes.file import load
from testing_cassettes.stub import StubAnswer, StubDriver, read_all

ROOT = "http://server"


class Server:
    """A driver that answers each path with the path and a count, so that answers are distinguishable."""

    def __init__(self) -> None:
        self.count = 0
        self.stub = StubDriver(self._answer)

    def _answer(self, request: object) -> StubAnswer:
        self.count += 1
        return StubAnswer(pieces=[f'"{request.url.removeprefix(ROOT)} {self.count}"'.encode()])  # type: ignore[attr-defined]

    def get(self, tape: Cassette, *paths: str) -> list[str]:
        driver = tape.driver(self.stub)
        return [read_all(driver.open("GET", ROOT + path, [], None)).decode().strip('"') for path in paths]


@pytest.fixture
def server() -> Server:
    """Return a server that has answered nothing yet."""
    return Server()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path without a cassette."""
    return tmp_path / "cassettes" / "it.json"


def paths(file: Path) -> list[str]:
    """Return the recorded paths."""
    return [exchange.request.url.removeprefix(ROOT) for exchange in load(file)]


def test_once_records_when_there_is_no_file(server: Server, path: Path) -> None:
    """Every request is sent, also a repeated one, and recorded in order."""
    with cassette(path) as tape:
        assert server.get(tape, "/a", "/b", "/a") == ["/a 1", "/b 2", "/a 3"]
        assert not path.exists()
    assert paths(path) == ["/a", "/b", "/a"]


def test_once_plays_each_recording_once_in_order_when_there_is_one(server: Server, path: Path) -> None:
    """The server is not used, a repeated request gets its answers in order, and a new one is a miss."""
    with cassette(path) as tape:
        server.get(tape, "/a", "/b", "/a")
    before = path.read_bytes()
    with cassette(path, "once") as tape:
        assert server.get(tape, "/a", "/a", "/b") == ["/a 1", "/a 3", "/b 2"]
        with pytest.raises(CassetteMissError, match='mode "once" adds nothing to an existing file'):
            server.get(tape, "/c")
        with pytest.raises(CassetteMissError, match="which was played already"):
            server.get(tape, "/a")
        assert len(tape.misses) == 2
    assert server.count == 3
    assert path.read_bytes() == before


def test_none_only_plays(server: Server, path: Path) -> None:
    """Without a file every request is a miss, and no file is written."""
    with cassette(path, "none") as tape, pytest.raises(CassetteMissError, match="the file does not exist"):
        server.get(tape, "/a")
    assert not path.exists()
    with cassette(path) as tape:
        server.get(tape, "/a")
    with cassette(path, "none") as tape:
        assert server.get(tape, "/a") == ["/a 1"]
        with pytest.raises(CassetteMissError, match='mode "none" never records'):
            server.get(tape, "/b")
    assert server.count == 1


def test_new_plays_what_is_there_and_adds_the_rest(server: Server, path: Path) -> None:
    """A request whose recordings are all played is new too; recordings of this run are not played in it."""
    with cassette(path, "new") as tape:
        assert server.get(tape, "/a") == ["/a 1"]
    with cassette(path, "new") as tape:
        assert server.get(tape, "/b", "/a", "/a", "/a") == ["/b 2", "/a 1", "/a 3", "/a 4"]
        assert len(tape.exchanges) == 4
    assert paths(path) == ["/a", "/b", "/a", "/a"]


def test_new_leaves_a_file_alone_to_which_nothing_is_added(server: Server, path: Path) -> None:
    """A file without additions keeps its edits and its modification time."""
    with cassette(path) as tape:
        server.get(tape, "/a")
    path.write_text(path.read_text("utf-8") + "\n\n", "utf-8")
    before = path.read_bytes()
    with cassette(path, "new") as tape:
        server.get(tape, "/a")
    assert path.read_bytes() == before


def test_all_plays_nothing_and_writes_the_file_anew(server: Server, path: Path) -> None:
    """The file has this run's requests and no older answer; a run without requests does not change it."""
    with cassette(path) as tape:
        server.get(tape, "/a", "/b")
    with cassette(path, "all") as tape:
        assert server.get(tape, "/a") == ["/a 3"]
    assert paths(path) == ["/a"]
    with cassette(path, "all"):
        pass
    assert paths(path) == ["/a"]


def test_repeat_plays_the_last_one_again(server: Server, path: Path) -> None:
    """Polling needs one recording of its last state, not one for each time."""
    with cassette(path) as tape:
        server.get(tape, "/a", "/a", "/b")
    with cassette(path, "none", repeat=True) as tape:
        assert server.get(tape, "/a", "/a", "/a", "/a", "/b", "/b") == ["/a 1", "/a 2", "/a 2", "/a 2", "/b 3", "/b 3"]


def test_unplayed_lists_what_was_not_requested(server: Server, path: Path) -> None:
    """A test can assert that every recording was used."""
    with cassette(path) as tape:
        server.get(tape, "/a", "/b")
        assert tape.unplayed == ()
    with cassette(path) as tape:
        server.get(tape, "/b")
        assert [exchange.request.url for exchange in tape.unplayed] == [f"{ROOT}/a"]


@pytest.mark.parametrize("mode", ["once", "new", "all"])
@pytest.mark.parametrize("error", [ValueError("the test failed"), KeyboardInterrupt(), CassetteMissError("x")])
def test_a_recording_that_is_interrupted_changes_nothing(
    server: Server, path: Path, mode: str, error: BaseException
) -> None:
    """A block that ends by an exception writes no file, not even a partial one."""
    existing = mode != "once"
    if existing:
        with cassette(path) as tape:
            server.get(tape, "/a")
    before = path.read_bytes() if existing else None
    with pytest.raises(type(error)), cassette(path, mode) as tape:  # type: ignore[arg-type]
        server.get(tape, "/b")
        raise error
    assert (path.read_bytes() if existing else None) == before
    assert path.exists() == existing
    assert [entry for entry in path.parent.glob("*") if entry != path] == [] if path.parent.exists() else True


def test_a_request_whose_caller_left_before_the_head_is_left_out(server: Server, path: Path) -> None:
    """A request whose caller left before the head is not recorded."""

    def interrupted(_: object) -> StubAnswer:
        raise KeyboardInterrupt

    with cassette(path) as tape:
        with pytest.raises(KeyboardInterrupt):
            tape.driver(StubDriver(interrupted)).open("GET", f"{ROOT}/left", [], None)
        server.get(tape, "/a")
    assert paths(path) == ["/a"]


def test_a_cassette_is_used_inside_its_block(server: Server, path: Path) -> None:
    """A driver that is used outside the block raises, instead of losing its data."""
    tape = cassette(path)
    with pytest.raises(CassetteError, match="send requests inside its `with` block"):
        server.get(tape, "/a")
    with tape:
        server.get(tape, "/a")
    with pytest.raises(CassetteError, match="send requests inside its `with` block"):
        server.get(tape, "/a")
    assert paths(path) == ["/a"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"mode": "new_episodes"}, "mode must be one of 'once', 'none', 'new', 'all', got 'new_episodes'"),
        ({"speed": "slow"}, "speed must be 'full' or 'original', got 'slow'"),
        ({"match_on": ["uri"]}, "unknown name 'uri' in match_on: use method, scheme, host, path, query, headers, body"),
        ({"match_on": "path"}, "match_on must be a list of names and functions: write ['path']"),
        ({"match_on": [1]}, "match_on has 1: pass names or functions of two requests"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_once(
    path: Path, arguments: dict[str, str | Sequence[object]], complaint: str
) -> None:
    """The error names the argument and its valid values."""
    with pytest.raises((ValueError, TypeError)) as caught:
        cassette(path, **arguments)  # type: ignore[arg-type]
    assert complaint in str(caught.value)


def test_a_closed_client_closes_the_driver_within(server: Server, path: Path) -> None:
    """Closing the client closes the inner driver, which answers no more."""
    with cassette(path) as tape:
        driver = tape.driver(server.stub)
        driver.close()
        assert server.stub.closed
        with pytest.raises(RuntimeError, match="the driver is closed"):
            driver.open("GET", ROOT, [], None)
