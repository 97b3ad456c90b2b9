"""The real gateway's recorded answers, asked for again: the same requests, with the same provider behind."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference_gateway_sdk.embedded import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Gateways, RawAnswer

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
CAPTURES = SHARED / "captures" / "gateway"

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not beside this checkout"),
]

_HERE = """
base/chat base/chat_429 base/chat_500html base/chat_bad200 base/chat_bare base/chat_big base/chat_both base/chat_down
base/chat_slowhead base/chat_tools base/health base/models base/models_badinclude base/models_include
base/models_nokey base/nope base/s_429 base/s_comments base/s_cut base/s_inband base/s_noeol base/s_ok base/s_slowhead
base/slash base/msg base/msg_err base/msg_openai base/msg_s base/resp base/resp_groq base/resp_s allow/msg base/img
base/tools_list full/img full/edit full/edit_noname allow/denied allow/models route/alias_case eq/post_slash
base/proxy_ctype base/proxy_get base/proxy_n_cut base/proxy_s_both base/proxy_s_err base/metrics_json full/m_json
full/m_part full/m_partpb full/m_type
""".split()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the provider that stood behind the real gateway."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("provider") / "log.jsonl"
    command = [sys.executable, str(SHARED / "gateway" / "scripted_provider.py"), str(port), str(log)]
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


def _settings(provider: str, name: str) -> dict[str, object]:
    """What the real gateway was told, with a shorter wait for a silent provider."""
    access = {
        "openai": Access(url=provider, key="k"),
        "anthropic": Access(url=provider, key="k"),
        "ollama": Access(url=provider),
        "mistral": Access(url="http://127.0.0.1:9/v1", key="k"),
    }
    more: dict[str, object] = {"allowed_models": ("openai/ok",)} if name.startswith("allow/") else {}
    if name.startswith("full/"):
        more = {"images": True, "push_metrics": True}
    return {"access": access, "header_timeout": 0.5 if "slowhead" in name else 10.0, **more}


def _request(recorded: bytes) -> bytes:
    """The request as it was sent; the body of one was cut short in the record."""
    head, _, body = recorded.partition(b"\n\n")
    announced = re.search(rb"Content-Length: ([0-9]+)", head)
    length = int(announced[1]) if announced else 0
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body[:length].ljust(length, b"x")


def _comparable(answer: RawAnswer) -> tuple[int, dict[str, str], list[bytes], bool]:
    return answer.status, answer.headers, answer.chunks, answer.whole


def _words(body: bytes) -> list[bytes]:
    """The answer to a push in pieces whose order does not matter: its reasons, and what stands around them."""
    texts = re.findall(
        rb'unsupported metric \\?"nope\\?"|metric \\?"gen[a-z_.]+\\?": only delta temporality is supported', body
    )
    assert len(texts) == 2
    for text in texts:
        body = body.replace(text, b"")
    return [*texts, body.replace(b", ", b",")]


@pytest.mark.parametrize("name", _HERE)
def test_the_recorded_answer_is_reproduced(
    gateway: Gateways, provider: str, exchange: Callable[..., RawAnswer], raw_answer: type[RawAnswer], name: str
) -> None:
    """Status, headers and body as the real gateway sent them, chunk by chunk; only the date may differ."""
    client = gateway(**_settings(provider, name))
    request = _request((CAPTURES / f"{name}.request.txt").read_bytes())
    recorded = (CAPTURES / f"{name}.response.http").read_bytes()
    ours, theirs = exchange(client, request), raw_answer(recorded)
    for answer in (ours, theirs):
        answer.headers.pop("content-length", None)  # of the same body, but for the port in it
        answer.headers.pop("server", None)  # the provider's, which names its Python
        answer.chunks = [re.sub(rb"127.0.0.1:[0-9]+/proxy", b"HERE/proxy", chunk) for chunk in answer.chunks]
    if name.startswith("full/m_part"):  # the real one gives its reasons in no order, and spaces its JSON by chance
        ours.chunks, theirs.chunks = ([b"".join(sorted(_words(each.chunks[0])))] for each in (ours, theirs))
    if name == "base/models":  # the real one lists providers in no order
        assert sorted(ours.chunks[0]) == sorted(theirs.chunks[0])
        ours.chunks = theirs.chunks
    assert _comparable(ours) == _comparable(theirs)
