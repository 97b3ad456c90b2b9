"""The dependencies of a cassette: only the package itself; a recording gateway names the extra that it needs."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

from inference_gateway_sdk._version import install_command

WITHOUT = """
import sys
for name in ("starlette", "uvicorn", "httpx2", "h11", "pytest"):
    sys.modules[name] = None
from inference_gateway_sdk import InferenceGatewayClient
from inference_gateway_sdk.testing import cassette, recording_gateway
with cassette("it.json", "none") as tape, InferenceGatewayClient("http://h", driver=tape.driver()) as client:
    try:
        client.list_models()
    except Exception as error:
        print(type(error).__name__)
try:
    with recording_gateway("it.json", "http://h"):
        pass
except ImportError as error:
    print(error)
"""


def test_a_cassette_needs_no_extra(tmp_path: Path) -> None:
    """A cassette needs only the clients' own dependencies; the gateway names the missing extra and its install."""
    done = run(
        [sys.executable, "-W", "error", "-c", WITHOUT],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    miss, missing = done.stdout.splitlines()
    assert miss == "CassetteMissError"
    assert missing.startswith("a recording gateway needs ")
    assert missing.endswith(f": {install_command('embedded')}")
