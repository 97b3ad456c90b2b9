"""A provider for a gateway to talk to: the model name picks the behaviour. Logs every request it gets.

scripted_provider.py PORT LOG.jsonl      serves the OpenAI wire (chat, models, responses, images) and Anthropic's /messages under /v1 and /
"""

import json
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOG = open(sys.argv[2], "a", buffering=1)


def chunk(text=None, finish=None, cid="c1", **more):
    d = {"content": text} if text is not None else {}
    d.update(more.pop("delta", {}))
    return (
        b"data: "
        + json.dumps(
            {
                "id": cid,
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "up-model",
                "choices": [{"index": 0, "delta": d, "finish_reason": finish}],
                **more,
            }
        ).encode()
        + b"\n\n"
    )


USAGE = b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"up-model","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"x_detail":{"a":1}}}\n\n'
DONE = b"data: [DONE]\n\n"
GOOD = [
    chunk(delta={"role": "assistant", "content": ""}),
    chunk("Hel", service_tier="x"),
    chunk("lo", delta={"novel": 1, "content": "lo"}),
    chunk(finish="stop"),
    USAGE,
    DONE,
]
ANSWER = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "up-model",
    "system_fingerprint": "fp",
    "service_tier": "scale",
    "vendor": {"a": 1},
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "vendor_idx": 1,
            "message": {
                "role": "assistant",
                "content": "Hello",
                "refusal": None,
                "annotations": [],
                "reasoning_details": [{"d": 1}],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "total_tokens": 2,
        "x_detail": {"a": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
}
TOOLS = dict(
    ANSWER,
    choices=[
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "t1",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": "s", "more": 1}, "other": 1},
                        "vendor": 2,
                    }
                ],
            },
        }
    ],
)


class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            out = b""
            while True:
                n = int(self.rfile.readline().strip() or b"0", 16)
                if n == 0:
                    self.rfile.readline()
                    return out
                out += self.rfile.read(n)
                self.rfile.readline()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def plain(self, status, body, ctype="application/json", **headers):
        b = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Connection", "close")
        for k, v in {
            "Content-Type": ctype,
            "Content-Length": str(len(b)),
            "x-request-id": "req_123",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }.items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(b)

    def sse(self, parts, gap=0.0, abort=False, end=True, ctype="text/event-stream"):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", ctype)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("x-request-id", "req_123")
        self.end_headers()
        for p in parts:
            if isinstance(p, (int, float)):
                time.sleep(p)
                continue
            self.wfile.write(b"%x\r\n%s\r\n" % (len(p), p))
            self.wfile.flush()
            time.sleep(gap)
        if abort:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            self.connection.close()
            return
        if end:
            self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        LOG.write(json.dumps({"m": "GET", "p": self.path, "h": dict(self.headers)}) + "\n")
        if self.path.split("?")[0].rstrip("/").endswith("models"):
            self.plain(
                200,
                {
                    "object": "list",
                    "data": [
                        {
                            "id": "ok",
                            "object": "model",
                            "created": 5,
                            "owned_by": "me",
                            "context_length": 4096,
                            "pricing": {"prompt": "0.1"},
                            "vendor": 1,
                        },
                        {"id": "bare"},
                        {"id": "a/b/c", "object": "model"},
                    ],
                },
            )
        else:
            self.plain(200, {"path": self.path})

    def do_POST(self):
        raw = self.body()
        try:
            req = json.loads(raw)
        except ValueError:
            req = {}
        LOG.write(
            json.dumps(
                {"m": "POST", "p": self.path, "h": dict(self.headers), "b": raw[:4000].decode("utf-8", "replace")}
            )
            + "\n"
        )
        kind, stream, path = str(req.get("model", "")), bool(req.get("stream")), self.path.split("?")[0]
        if path.endswith("/responses"):
            done = {
                "id": "r1",
                "object": "response",
                "created_at": 1,
                "status": "completed",
                "model": "up-model",
                "output": [
                    {
                        "type": "message",
                        "id": "m",
                        "role": "assistant",
                        "status": "completed",
                        "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
                    }
                ],
                "vendor": 1,
            }
            if stream:
                ev = lambda t, **k: f"event: {t}\ndata: {json.dumps({'type': t, **k})}\n\n".encode()
                return self.sse(
                    [
                        ev("response.created", response=dict(done, status="in_progress", output=[])),
                        ev(
                            "response.output_text.delta",
                            item_id="m",
                            output_index=0,
                            content_index=0,
                            delta="Hello",
                            sequence_number=2,
                        ),
                        ev("response.completed", response=done),
                    ]
                )
            return self.plain(200, done)
        if path.endswith("/messages"):
            done = {
                "id": "m1",
                "type": "message",
                "role": "assistant",
                "model": "up-model",
                "content": [{"type": "text", "text": "Hello"}],
                "stop_reason": "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
            if kind == "err":
                return self.plain(
                    529,
                    {
                        "type": "error",
                        "error": {"type": "overloaded_error", "message": "Overloaded"},
                        "request_id": "req_9",
                    },
                    retry_after="3",
                )
            if stream:
                self.close_connection = kind == "fin"
                ev = lambda t, **k: f"event: {t}\ndata: {json.dumps({'type': t, **k})}\n\n".encode()
                gap = [ev("ping")] if kind != "gap" else [35.0]
                return self.sse(
                    [
                        ev("message_start", message=dict(done, content=[], stop_reason=None)),
                        ev("content_block_start", index=0, content_block={"type": "text", "text": ""}),
                        *gap,
                        ev("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello"}),
                        ev("content_block_stop", index=0),
                        ev("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}),
                        ev("message_stop"),
                    ][: 4 if kind in ("cut", "fin") else None]
                    + [0.3] * (kind == "cut"),
                    abort=kind == "cut",
                    end=kind != "fin",
                )
            return self.plain(200, done)
        if "/images/" in path:
            return self.plain(200, {"created": 1, "data": [{"b64_json": "aGk="}], "background": "x"})
        if not path.endswith("/chat/completions"):
            return self.plain(
                200, {"echo": raw.decode("utf-8", "replace")[:500], "ctype": self.headers.get("Content-Type")}
            )
        if kind.startswith("err"):
            return self.plain(
                int(kind[3:6]),
                b"<html>boom</html>"
                if kind.endswith("html")
                else {"error": {"message": "slow down", "type": "t", "code": "c"}},
                retry_after="7",
                x_ratelimit_remaining_requests="0",
            )
        if kind == "slowhead":
            time.sleep(12)
        if kind == "slow25":
            time.sleep(25)
        if kind == "bad200":
            return self.plain(200, {"error": {"message": "not really ok"}})
        if kind == "notjson":
            return self.plain(200, b"not json")
        if not stream:
            return self.plain(
                200,
                TOOLS
                if kind == "tools"
                or req.get("tools")
                and kind == "toolloop"
                and not any(m.get("role") == "tool" for m in req["messages"])
                else ANSWER,
            )
        if kind == "nodone":
            return self.sse(GOOD[:-1])
        if kind == "crlf":
            return self.sse([p.replace(b"\n", b"\r\n") for p in GOOD])
        if kind == "comments":
            return self.sse([b": keepalive\n\n", b"event: x\n\n", b"id: 5\nretry: 10\n\n", *GOOD])
        if kind == "cut":
            return self.sse([*GOOD[:3], 0.3], abort=True)
        if kind == "fin":
            self.close_connection = True
            return self.sse(GOOD[:3], end=False)
        if kind == "lineerr":
            return self.plain(429, b'{"error": {"message": "slow down"}}\n', retry_after="7")
        if kind == "late5":
            return self.sse([5.0, *GOOD])
        if kind == "cleanend":
            return self.sse(GOOD[:3])
        if kind == "noeol":
            return self.sse([*GOOD[:3], GOOD[3].rstrip(b"\n")])
        if kind == "inband":
            return self.sse([*GOOD[:2], b'data: {"error":{"message":"overloaded","code":503}}\n\n', DONE])
        if kind == "plainjson":
            return self.plain(200, ANSWER)
        if kind == "gap":
            return self.sse([*GOOD[:2], 35.0, *GOOD[2:]])
        if kind == "toolloop" and not any(m.get("role") == "tool" for m in req["messages"]):
            names = [t["function"]["name"] for t in req.get("tools", [])]
            name = next((n for n in names if "execute" not in n and "get" not in n), names[0] if names else "f")
            return self.sse(
                [
                    chunk(delta={"role": "assistant"}),
                    chunk(
                        delta={
                            "tool_calls": [
                                {
                                    "index": 0,
                                    "id": "t1",
                                    "type": "function",
                                    "function": {"name": name, "arguments": ""},
                                }
                            ]
                        }
                    ),
                    chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
                    chunk(finish="tool_calls"),
                    USAGE,
                    DONE,
                ]
            )
        return self.sse([p.replace(b'"c1"', b'"c2"') for p in GOOD] if kind == "toolloop" else GOOD)


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that disconnected
            super().handle_error(request, client_address)


Server(("127.0.0.1", int(sys.argv[1])), H).serve_forever()
