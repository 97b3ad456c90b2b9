"""Print the files of the package that one blocking streamed chat uses, with the calls in each.

    python scripts/trace_stream.py            print the list
    python scripts/trace_stream.py --check    also exit 1 above the bound

A server on a loopback port answers with two chunks. `sys.setprofile` counts the functions called from entering the
`with` block to leaving it. The second of two chats is counted: the first one imports modules.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import inference_gateway_sdk
from inference_gateway_sdk import InferenceGatewayClient

if TYPE_CHECKING:
    from types import FrameType

PACKAGE = str(Path(inference_gateway_sdk.__file__).parent)
MOST_FILES = 28
CHUNK = (
    'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
    '"delta":{"role":"assistant","content":"%s"},"finish_reason":%s}]}\n\n'
)
BODY = (CHUNK % ("Hel", "null") + CHUNK % ("lo", '"stop"') + "data: [DONE]\n\n").encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(BODY)


def serve(listener: socket.socket) -> None:
    """Answer each request of one connection with the same stream."""
    connection, _ = listener.accept()
    with connection:
        while connection.recv(65536):
            connection.sendall(HEAD + BODY)


def traced(client: InferenceGatewayClient) -> Counter[str]:
    """Return the calls of one streamed chat, by file."""
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(PACKAGE):
            calls[name.removeprefix(PACKAGE + "/")] += 1

    sys.setprofile(profile)
    try:
        with client.generate_content_stream("openai/gpt-4o", "Hi") as stream:
            text = "".join(chunk.text for chunk in stream)
    finally:
        sys.setprofile(None)
    if text != "Hello":
        raise SystemExit(f"unexpected text in the stream: {text!r}")
    return calls


def main(arguments: list[str]) -> int:
    """Print the files; return 1 if there are too many and `--check` was given."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        with InferenceGatewayClient(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", max_retries=0) as client:
            traced(client)
            calls = traced(client)
    for name, count in sorted(calls.items()):
        print(f"{count:5}  {name}")
    print(f"{len(calls)} files, {calls.total()} calls")
    return 1 if len(calls) > MOST_FILES and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
