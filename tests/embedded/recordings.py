"""The recordings of the real gateway: requests as sent, and the provider upstream."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

DATA = Path(__file__).resolve().parents[1] / "data"
CAPTURES = DATA / "captures" / "gateway"


# Cases that other modules replay, because they need an MCP server or an issuer of tokens.
MCP_CASES = ("mcpsel/chat_nokey", "mcpsel/mcp_s", "mcpsel/mcp_s_err", "mcpsel/tools_list", "mcpdead/chat")
TOKEN_CASES = ("auth/none", "auth/nope")

# The provider of the real gateway, whose long waits may be shorter.
PROVIDER = """
import runpy, sys, time
whole, pace = time.sleep, float(sys.argv[1])
time.sleep = lambda seconds: whole(seconds * pace if seconds >= 1 else seconds)
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def asked(name: str) -> bytes:
    """Return the request as sent; the body of one was cut short in the record."""
    head, _, body = (CAPTURES / f"{name}.request.txt").read_bytes().partition(b"\n\n")
    announced = re.search(rb"Content-Length: ([0-9]+)", head)
    length = int(announced[1]) if announced else 0
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body[:length].ljust(length, b"x")


@contextmanager
def provider_behind(folder: Path, *, pace: float = 1.0) -> Iterator[str]:
    """Yield the address of the real gateway's provider.

    Args:
        folder: For its log.
        pace: The fraction that is left of its waits of a second or more.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = DATA / "scripted_provider.py"
    command = [sys.executable, "-c", PROVIDER, str(pace), str(program), str(port), str(folder / "log.jsonl")]
    with subprocess.Popen(command) as process:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def _await(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the provider did not start")


def certificates(folder: Path) -> tuple[str, str, str]:
    """Files with an authority's certificate, a certificate for 127.0.0.1 that it signed, and the key of that."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for pem in issued.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    return str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem")
