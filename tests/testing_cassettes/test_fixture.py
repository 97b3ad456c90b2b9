"""The fixture `cassette` in a suite of its own: the file's path, the source of the mode, and a failed test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_gateway_sdk.embedded import ScriptedProvider, running
from inference_gateway_sdk.testing.cassettes.exchange import place_of
from inference_gateway_sdk.testing.cassettes.file import load

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    """Return a scripted gateway."""
    with running(scripted=ScriptedProvider()) as url:
        yield url


SUITE = """
import asyncio
import os
import pytest
from inference_gateway_sdk import AsyncInferenceGatewayClient, InferenceGatewayClient

URL = os.environ["TRIED_URL"]

def ask(cassette, what="Hi"):
    with InferenceGatewayClient(URL, driver=cassette.driver()) as client:
        return client.generate_content("openai/any", what).text

def test_blocking(cassette):
    assert ask(cassette) == "You wrote: Hi"

@pytest.mark.parametrize("what", ["a/b", "c"])
def test_parameters(cassette, what):
    assert ask(cassette, what) == f"You wrote: {what}"

class TestGroup:
    def test_async(self, cassette):
        async def talk():
            async with AsyncInferenceGatewayClient(URL, driver=cassette.async_driver()) as client:
                return (await client.generate_content("openai/any", "Hi")).text
        assert asyncio.run(talk()) == "You wrote: Hi"

@pytest.mark.cassette("named.json", mode="new")
def test_named(cassette):
    assert ask(cassette) == "You wrote: Hi"
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Write the suite above to its own folder, without a listening server."""
    monkeypatch.setenv("TRIED_URL", "http://localhost:1")
    pytester.makepyfile(test_it=SUITE)
    return pytester


def files(suite: pytest.Pytester) -> list[str]:
    """Return the cassettes of the suite."""
    return sorted(str(path.relative_to(suite.path)) for path in suite.path.rglob("*.json"))


def test_a_suite_records_once_and_plays_without_a_server(
    suite: pytest.Pytester, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each test has a file with its name; the second run needs no server, nor does a third in play-only mode."""
    monkeypatch.setenv("TRIED_URL", gateway)
    suite.runpytest("-q").assert_outcomes(passed=5)
    recorded = files(suite)
    assert [name for name in recorded if "a-b" not in name] == [
        "cassettes/test_it/TestGroup.test_async.json",
        "cassettes/test_it/test_blocking.json",
        "cassettes/test_it/test_parameters[c].json",
        "named.json",
    ]
    assert len(recorded) == 5
    assert any(name.startswith("cassettes/test_it/test_parameters[a-b]-") for name in recorded)
    monkeypatch.setenv("TRIED_URL", "http://localhost:1")
    suite.runpytest("-q").assert_outcomes(passed=5)
    suite.runpytest("-q", "--cassette-mode=none").assert_outcomes(passed=5)
    assert files(suite) == recorded


def test_the_command_line_outranks_the_marker(suite: pytest.Pytester) -> None:
    """With `--cassette-mode=none` no test records, whatever its marker."""
    result = suite.runpytest("-q", "--cassette-mode=none")
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(["*CassetteMissError: no recording answers POST /v1/chat/completions: the file does*"])
    assert files(suite) == []


def test_a_test_that_fails_records_nothing(
    pytester: pytest.Pytester, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed test or a skip writes no recording, because half a conversation would be played as a whole one."""
    monkeypatch.setenv("TRIED_URL", gateway)
    pytester.makepyfile(
        test_it=SUITE.partition("def test_blocking")[0]
        + """
def test_fails(cassette):
    ask(cassette)
    assert False

def test_skips(cassette):
    ask(cassette)
    pytest.skip("this account has no such model")

def test_passes(cassette):
    ask(cassette)
"""
    )
    pytester.runpytest("-q").assert_outcomes(passed=1, failed=1, skipped=1)
    assert files(pytester) == ["cassettes/test_it/test_passes.json"]


def test_a_miss_that_the_code_swallows_fails_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A miss whose error the code under test swallows fails the test."""
    monkeypatch.setenv("TRIED_URL", "http://localhost:1")
    pytester.makepyfile(
        test_it=SUITE.partition("def test_blocking")[0]
        + """
def test_apology(cassette):
    try:
        ask(cassette)
    except Exception:
        pass
"""
    )
    result = pytester.runpytest("-q", "--cassette-mode=none")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no recording answers POST /v1/chat/completions*"])


def test_arguments_by_place_are_refused(pytester: pytest.Pytester) -> None:
    """The marker takes a path by position, and the other arguments by name only."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.cassette("a.json", "none")
        def test_it(cassette): ...
        """
    )
    result = pytester.runpytest("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes only the path by position: pass the others by name*"])


def test_two_tests_never_share_a_file() -> None:
    """Names that would collide, and names that are too long, are made distinct by a hash."""
    file = Path("tests/test_it.py")
    tests = [
        "test_a",
        "test_a[x/y]",
        "test_a[x-y]",
        "test_a[x:y]",
        "TestA::test_a",
        "TestA.test_a[/]",
        "t" * 300,
        "t" * 301,
    ]
    places = [place_of(file, test) for test in tests]
    assert len(set(places)) == len(tests)
    assert all(len(place.name) < 140 for place in places)
    assert places[0] == Path("tests/cassettes/test_it/test_a.json")
    assert places[4] == Path("tests/cassettes/test_it/TestA.test_a.json")


def test_the_file_is_a_cassette(suite: pytest.Pytester, gateway: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cassette()` reads the file that the fixture wrote."""
    monkeypatch.setenv("TRIED_URL", gateway)
    suite.runpytest("-q", "-k", "named").assert_outcomes(passed=1, deselected=4)
    (exchange,) = load(suite.path / "named.json")
    assert json.loads(exchange.request.body or b"")["model"] == "openai/any"
