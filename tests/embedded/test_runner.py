"""The start and the end of a gateway with a real socket."""

from __future__ import annotations

import gc
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
import pytest

from inference_gateway_sdk._version import install_command
from inference_gateway_sdk.embedded import ListenError, LocalModel, ScriptedProvider, Settings, running
from inference_gateway_sdk.embedded.runner import hosting
from inference_gateway_sdk.embedded.weights import Place

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.wire


@pytest.fixture
def no_model(tmp_path: Path) -> LocalModel:
    """Return a smoke-test model without weights."""
    return LocalModel(Place(tmp_path / "none.gguf", ours=False))


def test_it_runs_while_the_block_does(no_model: LocalModel) -> None:
    """The address answers inside the block and refuses after it; its thread is gone."""
    before = threading.active_count()
    with running(local=no_model) as url:
        assert httpx2.get(f"{url}/health", trust_env=False).json() == {"message": "OK"}
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/health", trust_env=False)
    assert threading.active_count() == before


def test_two_run_side_by_side(tmp_path: Path) -> None:
    """Each has its own port and providers."""
    first, second = (LocalModel(Place(tmp_path / name, ours=False)) for name in ("a", "b"))
    with running(local=first) as one, running(local=second) as other:
        assert one != other
        assert httpx2.get(f"{one}/health", trust_env=False).status_code == 200
        assert httpx2.get(f"{other}/health", trust_env=False).status_code == 200


def test_a_taken_port_is_named(no_model: LocalModel) -> None:
    """The error names the address that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ListenError, match=f"cannot listen at 127.0.0.1:{port}"),
            running(Settings(port=port), local=no_model),
        ):
            pytest.fail("it listens at a taken port")


def test_an_unknown_host_is_named(no_model: LocalModel) -> None:
    """The error names the host that is not one of this machine."""
    with (
        pytest.raises(ListenError, match=r"cannot listen at 192\.0\.2\.1"),
        running(Settings(host="192.0.2.1", port=0), local=no_model),
    ):
        pytest.fail("it listens at an address that is not ours")


# The server ends its thread as it would end a process.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_does_not_start_raises_and_silences_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A failed start raises, and the log records of other servers in the process are still emitted."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(ListenError, match="did not start"), hosting(app, Settings(port=0)):
        pytest.fail("it serves what did not start")
    logging.getLogger("uvicorn.error").error("heard")
    assert caplog.messages[-1] == "heard"


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    """Without its web framework the package still imports, and serving raises with the install command."""
    program = (
        "import sys; sys.modules['starlette'] = None\n"
        "from inference_gateway_sdk import embedded\n"
        "try: embedded.running\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert install_command("embedded") in done.stdout


def test_the_embedded_gateway_is_not_loaded_before_it_is_asked_for() -> None:
    """The weights can be inspected without the web framework."""
    program = (
        "import sys, inference_gateway_sdk.embedded.weights\n"
        "print([name for name in ('starlette', 'uvicorn', 'httpx2', 'xllamacpp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


def test_a_client_that_leaves_a_stream_is_let_go_in_silence(
    no_model: LocalModel, caplog: pytest.LogCaptureFixture
) -> None:
    """A provider that never waits does not write further events to a connection that was reset."""
    body = json.dumps(
        {"model": "openai/m", "stream": True, "messages": [{"role": "user", "content": "count " * 20_000}]}
    )
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with running(local=no_model, scripted=ScriptedProvider()) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall((head + body).encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert httpx2.get(f"{url}/health", trust_env=False).status_code == 200
    assert not caplog.records


def test_connections_made_at_the_stop_are_closed() -> None:
    """Connections that are accepted while the server stops are closed, rather than left to the garbage collector."""
    for count in range(1, 9):
        opened = []
        with running(Settings(port=0), scripted=ScriptedProvider()) as url:
            place = urlsplit(url)
            for _ in range(count):
                opened.append(socket.create_connection((place.hostname, place.port), timeout=10))
        for sock in opened:
            with suppress(ConnectionResetError):  # it was not accepted yet
                assert sock.recv(1) == b""
            sock.close()
        gc.collect()  # a ResourceWarning is an error
