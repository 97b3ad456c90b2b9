"""The pytest plugin: fixtures for a scripted gateway and a cassette. Tests with missing or unused scripts fail.

pytest loads this file in every run, so it does not import the package. The fixtures import it when a test uses one.
Each fixture is a synchronous function and is not bound to an event loop. So it works with pytest-asyncio, anyio's
plugin and `asyncio.run`.
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
    """Add the option `--cassette-mode`."""
    parser.getgroup("inference-gateway").addoption(
        "--cassette-mode",
        choices=("once", "none", "new", "all"),
        help="mode of the fixture `cassette`, overriding the test's marker: record if there is no file (once, the "
        "default), only play back (none), add new requests (new), record again (all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        "gateway(sockets=True, check_unused=True, models=..., settings=..., tools=...): options of the fixture "
        "`gateway`, which are the arguments of inference_gateway_sdk.testing.scripted_gateway",
    )
    config.addinivalue_line(
        "markers",
        "cassette(path=..., mode='once', match_on=..., repeat=..., speed=..., redaction=...): options of the fixture "
        "`cassette`, which are the arguments of inference_gateway_sdk.testing.cassette; the path is relative to the "
        "test's folder",
    )


@pytest.fixture
def gateway(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedGateway]:
    """Yield a real gateway on a free loopback port, whose providers return scripted replies: gateway.reply("Hello").

    While the test runs, INFERENCE_GATEWAY_URL is set to its URL, so that code that creates its own client uses it.
    The test fails if a request has no script, or if a script is not used.
    """
    from .testing import scripted_gateway

    options = _options(request.node)
    scripted = scripted_gateway(**options)
    scripted.start()
    try:
        monkeypatch.delenv("INFERENCE_GATEWAY_TOKEN", raising=False)  # it belongs to another gateway
        if options.get("sockets", True):
            for name, value in scripted.environ.items():
                monkeypatch.setenv(name, value)
        request.node.stash[_GATEWAY] = scripted
        yield scripted
    finally:
        scripted.close()  # it reports nothing here: pytest_runtest_call has done so


@pytest.fixture
def gateway_client(gateway: ScriptedGateway) -> InferenceGatewayClient:
    """Return a blocking client for the fixture `gateway`. It retries without delays."""
    return gateway.client()


@pytest.fixture
def async_gateway_client(gateway: ScriptedGateway) -> AsyncInferenceGatewayClient:
    """Return an async client for the fixture `gateway`. It retries without delays."""
    return gateway.async_client()


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """Yield the test's cassette. Requests through `cassette.driver()` are recorded once and played back afterwards.

    Its file is `cassettes/FILE/TEST.json` next to the test's file. A failed test records nothing. A test fails if a
    request is not in the cassette, even if the code under test swallows the error.
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
    """Return the options of the test's nearest marker. The command line overrides its mode."""
    marker = item.get_closest_marker("cassette")
    if marker is not None and len(marker.args) > 1:
        pytest.fail("pytest.mark.cassette takes only the path by position: pass the others by name", pytrace=False)
    options = dict(marker.kwargs) if marker is not None else {}
    if marker is not None and marker.args:
        options["path"] = marker.args[0]
    mode = item.config.getoption("--cassette-mode")
    return options if mode is None else {**options, "mode": mode}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store whether the test failed, for the teardown of the fixtures."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = not report.passed
    return report


def _options(item: pytest.Item) -> dict[str, Any]:
    """Return the options of the test's markers. The nearest marker has priority."""
    options: dict[str, Any] = {}
    for marker in item.iter_markers("gateway"):
        if marker.args:
            pytest.fail("pytest.mark.gateway takes its arguments by name, such as sockets=False", pytrace=False)
        for name, value in marker.kwargs.items():
            if name not in _OPTIONS:
                pytest.fail(f"pytest.mark.gateway has no {name!r}: use {', '.join(_OPTIONS)}", pytrace=False)
            options.setdefault(name, value)
    return options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail the test, rather than its teardown, if its scripts and requests do not match."""
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
    """Return the reason to fail a test that has passed so far, or ""."""
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
