"""The pytest plugin, in test runs of its own: passes, failures, output, and its cost when unused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inference_gateway_sdk._version import install_command

pytest_plugins = ["pytester"]

ASK = """
    import asyncio, unittest
    import pytest
    from inference_gateway_sdk import AsyncInferenceGatewayClient, GatewayError, InferenceGatewayClient

    def ask(client=None, prompt="Hi", model="openai/gpt-4o"):
        with client or InferenceGatewayClient() as client:
            return client.generate_content(model, prompt).text

    async def ask_async(client):
        async with client.generate_content_stream("openai/gpt-4o", "Hi") as stream:
            return [text async for text in stream.text()]
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Runner:
    """Run tests with these helpers at the top."""
    return Runner(pytester)


class Runner:
    """A runner of a test file, quiet and with warnings as errors."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, code: str, *options: str) -> pytest.RunResult:
        from textwrap import dedent

        self.pytester.makepyfile(test_app=dedent(ASK) + dedent(code))
        return self.pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider", "-p", "no:cov", *options)


def test_fixtures_work_with_every_way_to_run_a_coroutine(run: Runner) -> None:
    """Blocking tests, `asyncio.run` and anyio's plugin work; the clients need no closing and no fixed loop."""
    result = run("""
        def test_blocking(gateway, gateway_client):
            gateway.fail("rate_limit", retry_after=30)
            gateway.reply("Hello")
            assert ask(gateway_client) == "Hello"

        def test_asyncio_run(gateway, async_gateway_client):
            gateway.stream(["Hel", "lo"], times=2)
            assert asyncio.run(ask_async(async_gateway_client)) == ["Hel", "lo"]
            assert asyncio.run(ask_async(async_gateway_client)) == ["Hel", "lo"]

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(gateway, async_gateway_client):
            gateway.stream(["Hel", "lo"])
            assert await ask_async(async_gateway_client) == ["Hel", "lo"]

        @pytest.fixture
        async def answer(gateway, async_gateway_client):
            gateway.stream(["Hel", "lo"])
            yield await ask_async(async_gateway_client)

        @pytest.mark.anyio
        async def test_anyio_in_a_fixture(answer):
            assert answer == ["Hel", "lo"]
    """)
    result.assert_outcomes(passed=4)


def test_the_environment_leads_to_the_gateway(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients use no proxy and no token of another gateway; the environment is restored afterwards."""
    monkeypatch.setenv("INFERENCE_GATEWAY_URL", "http://real.invalid")
    monkeypatch.setenv("INFERENCE_GATEWAY_TOKEN", "secret")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("no_proxy", "intranet.invalid")
    result = run("""
        import os

        def test_inside(gateway):
            gateway.reply("Hello")
            assert ask() == "Hello"
            assert "authorization" not in gateway.request.headers
            assert os.environ["NO_PROXY"] == "intranet.invalid,127.0.0.1"

        def test_outside():
            assert os.environ["INFERENCE_GATEWAY_URL"] == "http://real.invalid"
            assert os.environ["INFERENCE_GATEWAY_TOKEN"] == "secret"
    """)
    result.assert_outcomes(passed=2)


def test_an_unmatched_request_fails_the_test_even_if_it_was_swallowed(run: Runner) -> None:
    """An unmatched request fails the test itself, with the nearest script, and without our frames in the report."""
    result = run("""
        def test_swallowed(gateway):
            gateway.on(model="openai/gpt-4").reply("Hello", optional=True)
            try:
                ask()
            except GatewayError:
                pass
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "No script answers request 1 (POST /v1/chat/completions):",
        "    model     openai/gpt-4o",
        "    content   'Hi'",
        "The nearest script is gateway.on(model='openai/gpt-4').reply('Hello', optional=True)",
        "(test_app.py:*), and differs in:",
        "    - openai/gpt-4",
        "    + openai/gpt-4o",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*pytest_plugin*")
    result.stdout.no_fnmatch_line("During handling of*")


def test_an_unmatched_request_is_reported_with_the_failure(run: Runner) -> None:
    """The failed assertion is kept, followed by the unmatched request."""
    result = run("""
        def test_wrong(gateway):
            try:
                answer = ask()
            except GatewayError:
                answer = "sorry"
            assert answer == "Hello"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError*", "E*No script answers request 1*", "E*There are no scripts:*"])


def test_an_unused_script_fails_the_test(run: Runner) -> None:
    """An unused script fails the test unless the script, the marker or another failure prevents it."""
    result = run("""
        def test_unused(gateway):
            gateway.on(endpoint="messages").reply("Hello", times=2)
            gateway.reply("Hi")
            ask()

        def test_optional(gateway):
            gateway.reply("Hello", optional=True)

        @pytest.mark.gateway(check_unused=False)
        def test_marked(gateway):
            gateway.reply("Hello")

        def test_failed_anyway(gateway):
            gateway.reply("Hello")
            assert 1 == 2

        def test_skipped(gateway):
            gateway.reply("Hello")
            pytest.skip("this account has no such model")
    """)
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines([
        "A script was not used:",
        "    gateway.on(endpoint='messages').reply('Hello', times=2)  (test_app.py:*, used 0 of 2)",
        "The received requests:",
        "    request 1 (POST /v1/chat/completions) for openai/gpt-4o",
        "Pass optional=True for a script that need not be used.",
    ])  # fmt: skip
    assert result.stdout.str().count("A script was not used") == 2, "once in the report, once in the summary"


def test_a_misuse_is_shown_at_the_tests_own_line(run: Runner) -> None:
    """The report shows the test's line, without frames of ours."""
    result = run("""
        def test_misuse(gateway):
            gateway.reply()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*gateway.reply()", "E*TypeError: reply() needs a text, *"])
    result.stdout.no_fnmatch_line("*testing/*.py*")


def test_the_marker_sets_the_gateways_options(run: Runner) -> None:
    """The nearest marker of test, class or file sets the gateway's options; an unknown option is an error."""
    result = run("""
        from inference_gateway_sdk.embedded import Settings

        pytestmark = pytest.mark.gateway(sockets=False, models=["groq/a"])

        def test_file(gateway, gateway_client, async_gateway_client):
            assert repr(gateway) == "<ScriptedGateway in process>"
            gateway.reply("Hello", times=2)
            assert ask(gateway_client) == "Hello"
            with pytest.raises(RuntimeError, match="has no socket"):
                gateway.url
            assert asyncio.run(ask_async(async_gateway_client)) == ["Hello"]

        @pytest.mark.gateway(sockets=True, settings=Settings(pools={"fast": [("openai", "a"), ("groq", "b")]}))
        def test_own(gateway):
            gateway.reply("Hello")
            with InferenceGatewayClient() as client:
                assert client.generate_content("fast", "Hi").text == "Hello"
                assert [model.id for model in client.list_models().data] == ["groq/a"]

        @pytest.mark.gateway(sokets=True)
        def test_unknown(gateway):
            pass

        @pytest.mark.gateway(True)
        def test_positional(gateway):
            pass
    """, "--strict-markers")  # fmt: skip
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*pytest.mark.gateway has no 'sokets': use sockets, check_unused, *"])
    result.stdout.fnmatch_lines(["*pytest.mark.gateway takes its arguments by name, such as sockets=False*"])


def test_each_test_has_a_gateway_of_its_own(run: Runner) -> None:
    """No script or request reaches the next test; afterwards nothing listens."""
    result = run("""
        urls = []

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test_one(gateway, gateway_client, name):
            for url in urls:
                with pytest.raises(GatewayError), InferenceGatewayClient(url, max_retries=0) as gone:
                    gone.generate_content("openai/x", "Hi")
            urls.append(gateway.url)
            gateway.reply(name)
            assert ask(gateway_client) == name
            assert len(gateway.requests) == 1
    """)
    result.assert_outcomes(passed=3)


def test_unittest_cases_have_it_too(run: Runner) -> None:
    """A unittest case uses a fixture, or a context manager without pytest."""
    result = run("""
        from inference_gateway_sdk.testing import scripted_gateway

        class Cases(unittest.TestCase):
            def setUp(self):
                self.gateway = self.enterContext(scripted_gateway())
                self.client = self.gateway.client()

            def test_answer(self):
                self.gateway.reply("Hello")
                self.assertEqual(ask(self.client), "Hello")

            def test_unmatched(self):
                with self.assertRaises(GatewayError):
                    ask(self.client)

        class AsyncCases(unittest.IsolatedAsyncioTestCase):
            async def test_answer(self):
                async with scripted_gateway() as gateway:
                    gateway.stream(["Hel", "lo"])
                    self.assertEqual(await ask_async(gateway.async_client()), ["Hel", "lo"])

        @pytest.mark.usefixtures("gateway")
        class WithFixture(unittest.TestCase):
            def test_unmatched(self):
                with self.assertRaises(GatewayError):
                    ask()
    """)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*UnmatchedRequestError: No script answers request 1*"])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "unittest", "test_app.Cases.test_answer", "test_app.AsyncCases"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_gateway_for_many_tests_is_made_by_the_user(run: Runner) -> None:
    """A fixture of any scope may use the context manager, with a reset between tests."""
    result = run("""
        from inference_gateway_sdk.testing import scripted_gateway

        @pytest.fixture(scope="module")
        def server():
            with scripted_gateway() as running:
                yield running

        @pytest.fixture
        def shared(server):
            server.reset()
            yield server
            server.check()

        @pytest.mark.parametrize("name", ["a", "b"])
        def test_one(shared, name):
            shared.reply(name)
            assert ask(shared.client()) == name
    """)
    result.assert_outcomes(passed=2)


COUNT = """
import sys

import pytest


class Count:
    def pytest_collection_finish(self):
        ours = sorted(name for name in sys.modules if name.split(".")[0] == "inference_gateway_sdk")
        theirs = [name for name in ("msgspec", "httptools", "starlette", "uvicorn", "ssl") if name in sys.modules]
        print("LOADED", ours, theirs)


pytest.main(["-q", "-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:cov", *sys.argv[1:]], plugins=[Count()])
"""


def test_it_costs_nothing_when_it_is_not_used(pytester: pytest.Pytester) -> None:
    """At pytest's start only the plugin's file and the package's empty root are imported."""
    pytester.makepyfile("def test_nothing():\n    pass\n")
    count = pytester.makepyfile(count=COUNT)
    options = ["-p", "no:schemathesis", "-p", "no:asyncio"]
    lines = []
    for more in ([], ["-p", "no:inference_gateway_sdk"]):
        done = pytester.run(sys.executable, count, *options, *more, timeout=60)
        lines += [line for line in done.outlines if line.startswith("LOADED")]
    theirs = lines[1].partition("] ")[2]
    assert lines[0] == f"LOADED ['inference_gateway_sdk', 'inference_gateway_sdk.pytest_plugin'] {theirs}"
    assert lines[1].startswith("LOADED [] ")


def test_a_missing_extra_is_named() -> None:
    """The error of a missing extra has the install command."""
    code = "import sys; sys.modules['uvicorn'] = None; from inference_gateway_sdk.testing import scripted_gateway"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    last = done.stderr.splitlines()[-1]
    assert last == f"ImportError: the scripted gateway needs uvicorn: {install_command('embedded')}"
    assert "During handling" not in done.stderr


def test_the_fixtures_are_listed_with_what_they_are(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` shows the first line of each fixture."""
    result = pytester.runpytest_inprocess("--fixtures", "-q", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines_random([
        "gateway -- *",
        "    Yield a real gateway on a free loopback port, whose providers return scripted*",
        "gateway_client -- *",
        "async_gateway_client -- *",
    ])  # fmt: skip
