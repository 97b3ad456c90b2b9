"""The table of results that each answer of the gateway gives a client. `RECORDED` holds answers of a real gateway.

`CONSTRUCTED` holds answers that were not recorded, built from docs/gateway-behaviour.md. docs/captures.md shows both to
readers.
"""

from __future__ import annotations

import json
from typing import Any

from client.outcomes import ChatResult, Expected, Lists, Raises
from client.recorded import HI, Recording
from inference_gateway_sdk import (
    BadGatewayError,
    BadRequestError,
    DeserializationError,
    ForbiddenError,
    GatewayTimeoutError,
    InternalError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    RateLimitError,
    RequestError,
    ServiceUnavailableError,
    StatusError,
    StreamError,
    StreamTruncatedError,
    UnauthorizedError,
)
from support.server import DONE, chunk, event

UNNAMED = (
    "Unable to determine provider for model. Please specify a provider using the ?provider= query parameter or use the"
    " provider/model format (e.g., openai/gpt-4)."
)
NO_KEY = "Provider requires an API key. Please configure the provider's API key."
SILENT = 'Post "http://127.0.0.1:9801/proxy/openai/chat/completions": net/http: timeout awaiting response headers'
UNVERIFIED = (
    'Post "https://127.0.0.1:9821/proxy/openai/chat/completions": tls: failed to verify certificate: x509: certificate'
    " signed by unknown authority"
)
REFUSED = "Failed to reach upstream server: dial tcp 127.0.0.1:9: connect: connection refused"
CUT_OFF = "the stream ended before the answer was whole: choice 0 has no finish_reason"
UNPROVED = "the stream sent [DONE] before the answer was whole: choice 0 has no finish_reason"
CLOSED = "GATEWAY/v1/chat/completions closed the connection after 0.0 s without a response: connection closed"
KEPT = {"service_tier": "x", "choices.0.message.novel": 1, "usage.x_detail.a": 1}
WHOLE = ChatResult("Hello", usage=(1, 1, 2), more={"usage.completion_tokens_details.reasoning_tokens": 1})

RECORDED: dict[str, Expected] = {
    # Health and models
    "base/health": True,
    "base/models": Lists(
        tuple(
            f"{provider}/{name}" for provider in ("anthropic", "ollama", "openai") for name in ("ok", "bare", "a/b/c")
        ),
        {"data.0.served_by": "anthropic", "data.1.created": 0, "data.1.owned_by": ""},
    ),
    "base/models_include": Lists(
        ("openai/ok", "openai/bare", "openai/a/b/c"),
        {"provider": "openai", "data.0.context_window": {"source": "provider", "tokens": 4096}},
    ),
    "base/models_badinclude": Raises(BadRequestError, 400, 'unknown include value "x"', "context_window, pricing"),
    "base/models_nokey": Raises(BadRequestError, 400, NO_KEY, "set GROQ_API_KEY", provider="groq"),
    "allow/models": Lists(("openai/ok",)),
    "real/models": Lists(("llamacpp/smol",), {"data.0.context_window": {"source": "runtime", "tokens": 4096}}),
    # Whole chat answers
    "base/chat": WHOLE,
    "base/chat_both": WHOLE,
    "guard/block": WHOLE,
    "base/chat_tools": ChatResult(
        None,
        "tool_calls",
        (1, 1, 2),
        {"choices.0.message.tool_calls.0.extra_content.google": {"more": 1, "thought_signature": "s"}},
    ),
    "real/chat": ChatResult("The capital of France is Paris.", "stop", (27, 8, 35)),
    "real/chat_schema": ChatResult('{\n  "answer": "no"\n}', "stop", (29, 11, 40)),
    # Whole chat answers with an error
    "base/chat_bad200": Raises(
        DeserializationError,
        None,
        "the answer has status 200 but holds no choices",
        "the provider sent an error object",
    ),
    "base/chat_429": Raises(RateLimitError, 429, "slow down", provider="openai"),
    "base/chat_500html": Raises(InternalError, 500, "Internal Server Error (an HTML page: boom)"),
    "base/chat_bare": Raises(BadRequestError, 400, UNNAMED, 'write model="openai/gpt-4o", or provider="openai"'),
    "route/alias_case": Raises(BadRequestError, 400, UNNAMED, "only a routing alias of the gateway, spelt exactly"),
    "base/chat_big": Raises(PayloadTooLargeError, 413, "Request body too large", "SERVER_MAX_REQUEST_BODY_SIZE"),
    "base/chat_down": Raises(BadGatewayError, 502, REFUSED, "MISTRAL_API_URL"),
    "base/chat_slowhead": Raises(GatewayTimeoutError, 400, SILENT, "CLIENT_RESPONSE_HEADER_TIMEOUT"),
    "full/chat_slow25": Raises(GatewayTimeoutError, 504, "Request timed out", "SERVER_READ_TIMEOUT"),
    "eq/chat_slow": Raises(RequestError, None, f"{CLOSED} before any response", "speaks TLS"),
    "allow/denied": Raises(
        ForbiddenError, 403, "Model not allowed. Please check the list of allowed models.", "ALLOWED_MODELS"
    ),
    "auth/none": Raises(UnauthorizedError, 401, "unauthorized", "INFERENCE_GATEWAY_TOKEN"),
    "guard/x_block": Raises(ForbiddenError, 403, "request blocked by guardrails: no cards"),
    "guard/x_blockresp": Raises(ForbiddenError, 403, "response blocked by guardrails: no cards"),
    "guard/x_failed": Raises(
        ForbiddenError,
        403,
        "guardrail evaluation failed: request blocked by guardrails",
        "guardrail evaluator failed",
    ),
    "mcpdead/chat": Raises(BadRequestError, 400, "Failed to decode request", "X-MCP-Bypass"),
    "mcpsel/chat_nokey": Raises(InternalError, 500, "Provider not available", "GROQ_API_KEY"),
    "tls/selfhop_untrusted": Raises(BadRequestError, 400, UNVERIFIED, "SERVER_HOST"),
    # Streams
    "base/s_ok": ChatResult("Hello", more=KEPT),
    "base/s_comments": ChatResult("Hello", more=KEPT),
    "route/alias_s": ChatResult("Hello", more=KEPT, selected="openai/ok"),
    "real/chat_s": ChatResult("The capital of France is Paris.", "stop", (27, 8, 35)),
    "mcpsel/mcp_s": ChatResult(
        "Hello", usage=None, more={"id": "c2", "choices.0.message.novel": 1}, earlier=("mcp_tools_get",)
    ),
    # Streams with an error, or that end early
    "base/s_429": Raises(RateLimitError, 429, "slow down", provider="openai"),
    "base/s_slowhead": Raises(GatewayTimeoutError, 400, SILENT, "CLIENT_RESPONSE_HEADER_TIMEOUT"),
    "base/s_cut": Raises(StreamTruncatedError, None, CUT_OFF, "on_truncation", partial="Hello"),
    "base/s_noeol": Raises(StreamTruncatedError, None, CUT_OFF, "on_truncation", partial="Hello"),
    "base/s_inband": Raises(ServiceUnavailableError, 503, "overloaded", partial="Hel", provider="openai"),
    "mcpsel/mcp_s_err": Raises(StreamError, None, "slow down"),
    "tls/late5": Raises(RequestError, None, f"{CLOSED} without TLS close_notify before any response"),
    # Routes that the gateway does not serve in this form
    "base/nope": Raises(NotFoundError, 404, "Requested route is not found", "older than the endpoint"),
    "auth/nope": Raises(UnauthorizedError, 401, "unauthorized", "INFERENCE_GATEWAY_TOKEN"),
    "base/slash": Raises(StatusError, 301, '<a href="/v1/models">Moved Permanently</a>.', "redirects are not followed"),
    "eq/post_slash": Raises(StatusError, 307, "Temporary Redirect", "redirects are not followed"),
}


def _head(status: int, reason: str, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} {reason}", *lines, "Connection: close", "", ""]).encode()


def _response(status: int, error: Any, *lines: str, reason: str = "Reason", ctype: str = "application/json") -> bytes:
    """Return a whole answer in the gateway's own envelope if `error` is text, or `error` unchanged."""
    body = json.dumps({"error": error} if isinstance(error, str) else error).encode()
    return _head(status, reason, f"Content-Type: {ctype}", f"Content-Length: {len(body)}", *lines) + body


def _streams(*events: bytes, status: int = 200) -> bytes:
    """Return an event stream relayed line by line, as the gateway does."""
    head = _head(status, "Reason", "Content-Type: text/event-stream", "Transfer-Encoding: chunked")
    lines = b"".join(events).splitlines(keepends=True)
    return head + b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines) + b"0\r\n\r\n"


def _chat(answer: bytes, model: str = "openai/ok", *, stream: bool = False, query: str = "") -> Recording:
    return Recording("POST", f"/v1/chat/completions{query}", {"model": model, "messages": HI, "stream": stream}, answer)


def _stream(answer: bytes, model: str = "openai/ok") -> Recording:
    return _chat(answer, model, stream=True)


def _models(answer: bytes, query: str = "") -> Recording:
    return Recording("GET", f"/v1/models{query}", None, answer)


_ANSWER = {
    "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": "Hello", "role": "assistant"}}],
    "created": 1,
    "id": "c1",
    "model": "up-model",
    "object": "chat.completion",
    "usage": {"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2},
}
_UNENDED = {**_ANSWER, "choices": [{**_ANSWER["choices"][0], "finish_reason": ""}]}  # type: ignore[index,dict-item]
_GOOD = [chunk("", delta={"role": "assistant"}), chunk("Hel"), chunk("lo"), chunk(finish="stop")]
_USAGE = event({"id": "c1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}})
_INNER = '{"error": {"message": "slow down", "type": "t", "code": "c"}}'
_CALLS = [
    chunk(delta={"role": "assistant"}),
    chunk(delta={"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "mcp_time_in", "arguments": ""}}]}),
    chunk(delta={"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
    chunk(finish="tool_calls"),
]
_SECOND = [piece.replace(b'"c1"', b'"c2"') for piece in _GOOD]
_BROKEN_FRAME = b'data: {"error": "Failed to start streaming: ' + _INNER.encode() + b'"}\n\n'
_BROKEN_AGAIN = b'data: {"error": "' + _INNER.encode() + b'"}\n\n'

CONSTRUCTED: dict[str, tuple[str, Recording, Expected]] = {
    # By name: the chapters, the exchange and the result.
    "health behind a failing guardrail": (
        "17",
        Recording("GET", "/health", None, _response(403, {"error": "guardrail evaluation failed", "message": "x"})),
        False,
    ),
    "models, none configured": ("7", _models(_response(200, {"data": [], "object": "list"})), Lists(())),
    "models, provider out of reach": (
        "6",
        _models(_response(502, "Failed to list models"), "?provider=mistral"),
        Raises(BadGatewayError, 502, "Failed to list models", "MISTRAL_API_KEY", provider="mistral"),
    ),
    "models, provider unknown": (
        "3",
        _models(_response(400, "Provider not found. Please check the list of supported providers."), "?provider=foo"),
        Raises(
            BadRequestError,
            400,
            "Provider not found. Please check the list of supported providers.",
            "unknown to this gateway",
        ),
    ),
    "models, deadline": (
        "6",
        _models(_response(504, "Request timed out"), "?provider=mistral"),
        Raises(GatewayTimeoutError, 504, "Request timed out", "SERVER_READ_TIMEOUT"),
    ),
    "chat by alias": (
        "3",
        _chat(_response(200, _ANSWER, "X-Selected-Provider: ollama", "X-Selected-Model: ok"), "fast"),
        ChatResult("Hello", usage=(1, 1, 2), selected="ollama/ok"),
    ),
    "chat by alias, provider says no": (
        "3",
        _chat(_response(429, _INNER, "X-Selected-Provider: ollama", "X-Selected-Model: ok"), "fast"),
        Raises(RateLimitError, 429, "slow down", provider="ollama"),
    ),
    "chat without a finish": ("8", _chat(_response(200, _UNENDED)), ChatResult("Hello", "", (1, 1, 2))),
    "chat, provider sends no JSON": (
        "6",
        _chat(_response(400, "invalid character 'o' in literal null (expecting 'u')")),
        Raises(BadRequestError, 400, "invalid character 'o' in literal null (expecting 'u')", "OPENAI_API_URL"),
    ),
    "chat, provider overloaded": (
        "6",
        _chat(
            _response(
                529,
                '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
                reason="529 status code 529",
            )
        ),
        Raises(OverloadedError, 529, "Overloaded"),
    ),
    "chat, model denied": (
        "3",
        _chat(_response(403, "Model is disallowed. Please use a different model.")),
        Raises(ForbiddenError, 403, "Model is disallowed. Please use a different model.", "DISALLOWED_MODELS"),
    ),
    "chat, llama.cpp without a key": (
        "21",
        _chat(_response(400, NO_KEY), "llamacpp/smol"),
        Raises(BadRequestError, 400, NO_KEY, "LLAMACPP_API_KEY on it to any text"),
    ),
    "chat, guardrail on the inner hop": (
        "17",
        _chat(_response(403, '{"error":"request blocked by guardrails","message":"no cards"}')),
        Raises(ForbiddenError, 403, "request blocked by guardrails: no cards"),
    ),
    "chat, oversize behind guardrails": (
        "4",
        _chat(_response(400, "failed to read request body")),
        Raises(BadRequestError, 400, "failed to read request body", "SERVER_MAX_REQUEST_BODY_SIZE"),
    ),
    "chat, oversize with telemetry": (
        "4",
        _chat(_response(413, "request body too large")),
        Raises(PayloadTooLargeError, 413, "request body too large", "SERVER_MAX_REQUEST_BODY_SIZE"),
    ),
    "chat by alias with MCP on": (
        "13",
        _chat(_response(400, "Unsupported model: fast"), "fast"),
        Raises(BadRequestError, 400, "Unsupported model: fast", "X-MCP-Bypass"),
    ),
    "chat, MCP agent fails": (
        "13",
        _chat(_response(500, "Failed to execute MCP tools")),
        Raises(InternalError, 500, "Failed to execute MCP tools", "the gateway's log has the reason"),
    ),
    "stream without [DONE]": ("9", _stream(_streams(*_GOOD, _USAGE)), ChatResult("Hello")),
    "stream with CR LF": (
        "9",
        _stream(_streams(*(piece.replace(b"\n", b"\r\n") for piece in [*_GOOD, _USAGE, DONE]))),
        ChatResult("Hello"),
    ),
    "stream ends without a finish": (
        "9",
        _stream(_streams(*_GOOD[:3])),
        Raises(StreamTruncatedError, None, CUT_OFF, "on_truncation", partial="Hello"),
    ),
    "stream ends without a finish, with [DONE]": (
        "9",
        _stream(_streams(*_GOOD[:3], DONE)),
        Raises(StreamTruncatedError, None, UNPROVED, "on_truncation", partial="Hello"),
    ),
    "stream with nothing in it": (
        "9",
        _stream(_streams()),
        Raises(StreamTruncatedError, None, "the event stream ended with nothing in it", "before its first line"),
    ),
    "plain JSON instead of a stream": (
        "9",
        _stream(_streams(json.dumps(_ANSWER).encode() + b"\n")),
        Raises(
            StreamError,
            None,
            f"the answer is not an event stream but plain JSON: {json.dumps(_ANSWER)[:200]!r}",
            "ask without streaming",
            partial="Hello",
        ),
    ),
    "stream refused at its start": (
        "6",
        _stream(_response(429, '{"error": {"message": "slow down"}}\n', ctype="text/event-stream")),
        Raises(RateLimitError, 429, "slow down"),
    ),
    "stream of a bare name": (
        "3",
        _stream(_response(400, UNNAMED), "gpt-4"),
        Raises(BadRequestError, 400, UNNAMED, "'gpt-4' names no provider"),
    ),
    "stream, MCP in direct mode": (
        "13",
        _stream(_streams(*_CALLS, *_SECOND, DONE)),
        ChatResult("Hello", usage=None, more={"id": "c2"}, earlier=("mcp_time_in",)),
    ),
    "stream, MCP, error between turns": (
        "13",
        _stream(_streams(*_CALLS, _BROKEN_FRAME, DONE)),
        Raises(StreamError, None, "slow down", partial=""),
    ),
    "stream, MCP, two error frames": (
        "13",
        _stream(_streams(_BROKEN_FRAME, _BROKEN_AGAIN)),
        Raises(StreamError, None, "slow down"),
    ),
    "stream, MCP, first frame an error": (
        "13",
        _stream(_streams(b'data: {"error": "Failed to start streaming: no route"}\n\n', DONE, status=503)),
        Raises(ServiceUnavailableError, 503, "Failed to start streaming: no route"),
    ),
}
