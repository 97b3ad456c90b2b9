"""The pytest plugin: fixtures with a scripted gateway or a cassette, and the failure of tests without their scripts.

pytest loads this file in every run, so it imports nothing of the package; the fixtures do, when a test asks for one.
Each fixture is an ordinary function: it belongs to no event loop, and works with pytest-asyncio, anyio's plugin and
`asyncio.run` alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from . import AsyncInferenceGatewayClient, InferenceGatewayClient
    from .testing import Cassette, ScriptedGateway

_GATEWAY = pytest.StashKey["ScriptedGateway"]()
_CASSETTE = pytest.StashKey["Cassette"]()
_FAILED = pytest.StashKey[bool]()
_OPTIONS = ("sockets", "check_unused", "models", "settings", "tools")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say what cassettes do."""
    parser.getgroup("inference-gateway").addoption(
        "--cassette-mode",
        choices=("once", "none", "new", "all"),
        help="what the fixture `cassette` does, whatever the test's marker says: record when there is no file (once, "
        "the default), only play (none), add what is new (new), record again (all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "gateway(sockets=True, check_unused=True, models=..., settings=..., tools=...): how the fixture `gateway` is "
        "made; the arguments are those of inference_gateway_sdk.testing.scripted_gateway",
    )
    config.addinivalue_line(
        "markers",
        "cassette(path=..., mode='once', match_on=..., repeat=..., speed=..., redaction=...): how the fixture "
        "`cassette` is made; the arguments are those of inference_gateway_sdk.testing.cassette, the path is taken from "
        "the test's folder",
    )


@pytest.fixture
def gateway(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedGateway]:
    """A real gateway on a free loopback port, whose providers answer what the test scripts: gateway.reply("Hello").

    While the test runs, INFERENCE_GATEWAY_URL leads to it, so that code which makes its own client finds it.
    The test fails when a request had no script, and when a script had no request.
    """
    from .testing import scripted_gateway

    options = _options(request.node)
    scripted = scripted_gateway(**options)
    scripted.start()
    try:
        monkeypatch.delenv("INFERENCE_GATEWAY_TOKEN", raising=False)  # it is for another gateway
        if options.get("sockets", True):
            for name, value in scripted.environ.items():
                monkeypatch.setenv(name, value)
        request.node.stash[_GATEWAY] = scripted
        yield scripted
    finally:
        scripted.close()  # what it has to say, it has said when the test ended


@pytest.fixture
def gateway_client(gateway: ScriptedGateway) -> InferenceGatewayClient:
    """A blocking client of the fixture `gateway`. It repeats what fails, without waiting in between."""
    return gateway.client()


@pytest.fixture
def async_gateway_client(gateway: ScriptedGateway) -> AsyncInferenceGatewayClient:
    """An async client of the fixture `gateway`. It repeats what fails, without waiting in between."""
    return gateway.async_client()


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """The test's own cassette: requests through `cassette.driver()` are recorded the first time and played afterwards.

    It lies beside the test's file, in `cassettes/FILE/TEST.json`. A test that fails records nothing; one whose request
    finds nothing fails, even when the code under test swallows the error.
    """
    from .testing.cassettes import cassette as open_cassette
    from .testing.cassettes import place_of

    options = _cassette_options(request.node)
    path = options.pop("path", None) or place_of(request.path, request.node.nodeid.partition("::")[2])
    with open_cassette(request.path.parent / path, **options) as cassette:
        request.node.stash[_CASSETTE] = cassette
        yield cassette
        if request.node.stash.get(_FAILED, True):
            cassette.discard()


def _cassette_options(item: pytest.Item) -> dict[str, Any]:
    """What the test's nearest marker says, and the command line above it."""
    marker = item.get_closest_marker("cassette")
    if marker is not None and len(marker.args) > 1:
        pytest.fail("pytest.mark.cassette takes the path, and its other arguments by name", pytrace=False)
    options = dict(marker.kwargs) if marker is not None else {}
    if marker is not None and marker.args:
        options["path"] = marker.args[0]
    mode = item.config.getoption("--cassette-mode")
    return options if mode is None else {**options, "mode": mode}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test failed, for the fixtures that end after it."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = not report.passed
    return report


def _options(item: pytest.Item) -> dict[str, Any]:
    """What the test's markers say, the nearest first."""
    options: dict[str, Any] = {}
    for marker in item.iter_markers("gateway"):
        if marker.args:
            pytest.fail("pytest.mark.gateway takes its arguments by name, such as sockets=False", pytrace=False)
        for name, value in marker.kwargs.items():
            if name not in _OPTIONS:
                pytest.fail(f"pytest.mark.gateway has no {name!r}: it has {', '.join(_OPTIONS)}", pytrace=False)
            options.setdefault(name, value)
    return options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail the test itself, and not its teardown, when its scripts and requests did not meet."""
    try:
        yield
    except Exception as error:
        scripted = item.stash.get(_GATEWAY, None)
        if scripted is not None:
            scripted.annotate(error)
        raise
    complaint = _complaint(item)
    if complaint:
        pytest.fail(complaint, pytrace=False)


def _complaint(item: pytest.Item) -> str:
    """What is wrong with a test that has not failed; "" for nothing."""
    cassette = item.stash.get(_CASSETTE, None)
    if cassette is not None and cassette.misses:
        return str(cassette.misses[0])
    scripted = item.stash.get(_GATEWAY, None)
    if scripted is None:
        return ""
    from .testing import UnmatchedRequestError, UnusedScriptError

    try:
        scripted.check()
    except (UnmatchedRequestError, UnusedScriptError) as error:
        return str(error)
    return ""
